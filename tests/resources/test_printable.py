"""Nothing in a vendor's words takes effect where they are shown."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_assets.cli import show
from connector_assets.cli.exits import tell
from connector_assets.orchestration.metadata import held_table
from connector_resources.errors import Refused
from connector_resources.instance.log_file import LogFile
from connector_resources.ledger import Problem
from connector_resources.printable import Printable, printable, printable_json

EVIL = "\x1b[2J\x1b]8;;http://evil\x1b\\Acme\x1b]0;title\x07\x9b31m\u202e Ltd\u2066\x00\x08\r\x85\x7f\u2028"
CONTROLS = "\x1b\x9b\x00\x08\r\x85\x7f\u2028\u202e\u2066"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (EVIL, "Acme Ltd"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("Zürich – 中文 🙂", "Zürich – 中文 🙂"),
        # a string that never ends hides nothing that follows
        ("\x1b]0;and the rest", "]0;and the rest"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_what_a_terminal_obeys_goes_and_the_rest_stays(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_takes_effect_is_left(text: str) -> None:
    found = printable(text)
    assert not set(found) & set(CONTROLS) and printable(found) == found
    found.encode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_stays_exact(text: str) -> None:
    shown = printable_json(json.dumps({"value": text}, ensure_ascii=False))
    assert json.loads(shown) == {"value": text} and not set(shown) & set(CONTROLS)


def test_all_outlets_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    show.print_line(EVIL)
    show.print_table(EVIL, [EVIL, "b"], [[EVIL, None]])
    tell(str(Refused(EVIL)))
    tell(EVIL)
    said = capsys.readouterr()
    assert said.out.count("Acme Ltd") == 4 and said.err == "Acme Ltd\nAcme Ltd\n"
    assert not set(said.out) & set(CONTROLS)
    # Dagster and logs print an error by themselves
    assert str(Refused(EVIL)) == "Acme Ltd"
    show.print_json({"value": EVIL, "half": "\ud83d"})
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"value": EVIL, "half": "?"} and not set(shown) & set(CONTROLS)


def test_dagsters_tables_and_the_logs(tmp_path: Path) -> None:
    (record,) = held_table({EVIL: [Problem("too_long", "name", value=EVIL, message=EVIL, fix="")]}).records
    assert {record.data[name] for name in ("key", "value", "message")} == {"Acme Ltd"}
    entry = logging.LogRecord("n", logging.INFO, "", 0, "%s", (f"{EVIL}\n2026-03-02 INFO forged",), None)
    LogFile(str(tmp_path / "log")).handle(entry)
    assert (tmp_path / "log").read_text() == "Acme Ltd\n    2026-03-02 INFO forged\n"
    assert Printable().format(entry).startswith("Acme Ltd\n")
