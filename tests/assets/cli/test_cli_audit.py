"""`connector audit` with a key, and with the words `verify` and `export`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from clerks import Cli, hold, settle

from connector_resources.ledger import Ledger
from connector_resources.ledger.chain import GENESIS

FLOW = "jde_coupa/invoices"


def forge(ledger: Ledger, statement: str) -> None:
    """What somebody does who has the ledger's file."""
    with ledger._db.write() as connection:
        for name in ("events_no_update", "events_no_delete", "heads_no_delete", "heads_grow"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_{name}")
        connection.exec_driver_sql(statement)


@pytest.fixture
def trail(ledger: Ledger) -> Ledger:
    """Two invoices and a supplier: an event each."""
    settle(ledger, "F0411:1", "1538")
    hold(ledger, "F0411:2")
    settle(ledger, "F0401:1", "77", flow="jde_coupa/suppliers")
    return ledger


@pytest.mark.parametrize("line", [("F0411:1", "--json"), ("--json", "F0411:1"), ("record", "F0411:1", "--json")])
def test_a_key_needs_no_command_before_it(cli: Cli, trail: Ledger, line: tuple[str, ...]) -> None:
    said = cli("audit", *line)
    assert said.code == 0
    assert json.loads(said.out)["key"] == "F0411:1"


def test_the_help_names_both_ways(cli: Cli, trail: Ledger) -> None:
    said = cli("audit", "--help")
    assert said.code == 0
    assert all(word in said.out for word in ("KEY", "verify", "export"))
    assert cli("audit").code == 2


def test_a_whole_trail_is_told_with_its_heads(cli: Cli, trail: Ledger) -> None:
    said = cli("audit", "verify", "--json")
    assert said.code == 0
    reported = json.loads(said.out)
    heads = [{"flow": flow, "count": head.count, "hash": head.hash} for flow, head in trail.audit.chains().items()]
    assert reported.pop("at").endswith("+00:00")
    assert reported == {"whole": True, "heads": heads, "anchors": 0, "findings": [], "more": 0}
    assert [each["flow"] for each in heads] == [FLOW, "jde_coupa/suppliers"]
    people = cli("audit", "verify")
    assert people.code == 0
    assert heads[0]["hash"] in people.out and "the trail is whole" in people.out


def test_an_edited_event_is_told_with_its_flow_and_id_and_the_exit_code_says_so(cli: Cli, trail: Ledger) -> None:
    forge(trail, "UPDATE audit_events SET detail = '{}' WHERE id = 2")
    said = cli("audit", "verify", "--json")
    assert said.code == 1
    reported = json.loads(said.out)
    assert reported["whole"] is False
    (finding,) = reported["findings"]
    assert (finding["flow"], finding["kind"], finding["event"], finding["place"]) == (FLOW, "edited", 2, 2)
    people = cli("audit", "verify")
    assert people.code == 1
    assert "edited" in people.out and "1 findings" in people.out


def test_an_earlier_answer_proves_that_the_chains_go_on_from_there(cli: Cli, trail: Ledger, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.json"
    anchors.write_text(cli("audit", "verify", "--json").out)
    hold(trail, "F0411:3")
    said = cli("audit", "verify", "--anchors", str(anchors))
    assert said.code == 0
    assert "continues 2 anchors" in said.out
    # the whole chain of a flow taken away, head and all: what is left is whole
    forge(trail, f"DELETE FROM audit_events WHERE flow = '{FLOW}'")
    forge(trail, f"DELETE FROM audit_heads WHERE flow = '{FLOW}'")
    assert cli("audit", "verify").code == 0
    said = cli("audit", "verify", "--anchors", str(anchors), "--json")
    assert said.code == 1
    (finding,) = json.loads(said.out)["findings"]
    assert (finding["flow"], finding["kind"], finding["message"]) == (FLOW, "anchor", "the chain once had 2 events")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"heads": 1}',
        '{"heads": [{"flow": "a/b", "count": 1}]}',
        '{"heads": [{"flow": "a/b", "count": 1, "hash": "x"}]}',
        json.dumps({"heads": [{"flow": "a/b", "count": "1", "hash": GENESIS}]}),
        json.dumps({"heads": [{"flow": "a/b", "count": True, "hash": GENESIS}]}),
        json.dumps({"heads": [{"flow": 1, "count": 1, "hash": GENESIS}]}),
    ],
)
def test_a_file_that_holds_no_anchors_is_refused_in_one_line(
    cli: Cli, trail: Ledger, tmp_path: Path, text: str
) -> None:
    (tmp_path / "anchors.json").write_text(text)
    said = cli("audit", "verify", "--anchors", str(tmp_path / "anchors.json"))
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "is not what `connector audit verify --json` prints" in said.err
    assert "cannot be read: No such file" in cli("audit", "verify", "--anchors", "nowhere.json").err


def test_the_trail_is_exported_whole_and_in_parts(cli: Cli, trail: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "trail.csv"
    said = cli("audit", "export", str(path))
    assert (said.code, said.out) == (0, "")
    assert f"3 events written to {path}" in said.err
    assert len(path.read_text().splitlines()) == 4
    chosen = ("--flow", FLOW, "--from", "2026-03-02", "--to", "2026-03-02")
    assert "2 events" in cli("audit", "export", str(path), *chosen).err
    assert "0 events" in cli("audit", "export", str(path), "--from", "2026-03-03").err
    assert "0 events" in cli("audit", "export", str(path), "--to", "2026-03-01").err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("trail.txt",), "trail.txt: an audit trail is exported to a file that ends in .csv or .parquet"),
        (("trail.csv", "--flow", "no/flow"), f"no events of 'no/flow'; there are events of: {FLOW}"),
        (("trail.csv", "--from", "2026-3-1"), "--from 2026-3-1: a day is written YYYY-MM-DD"),
        (("trail.csv", "--from", "2026-03-02", "--to", "2026-03-01"), "--from 2026-03-02 is after --to 2026-03-01"),
        ((), "Missing argument 'FILE'"),
    ],
)
def test_an_export_that_cannot_be_is_refused_in_one_line(
    cli: Cli, trail: Ledger, tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    said = cli("audit", "export", *arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert line in said.err
    assert not list(tmp_path.glob("*trail*"))


@pytest.mark.slow
def test_to_look_into_the_ledger_loads_neither_settings_nor_keys_nor_tables(cli: Cli, trail: Ledger) -> None:
    """Most of what a small command takes is the importing, and a second is soon over."""
    words = (
        "import sys; from connector_assets.cli.app import run;"
        "code = run(['audit', 'F0411:1', '--json']); assert code == 0, code;"
        "dear = {'alembic', 'cryptography', 'dagster', 'pandas', 'pyarrow', 'pydantic', 'requests', 'rich', 'yaml'};"
        "loaded = sorted(dear & sys.modules.keys()); assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
