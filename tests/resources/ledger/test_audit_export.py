"""The trail in the hands of others: exact, safe to open, and proved by the recipe that the documents give."""

from __future__ import annotations

import csv
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from connector_resources.clock import ManualClock
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Ledger, NewEvent, exporting
from connector_resources.ledger.chain import GENESIS, Entry, digest

FLOW, OTHER = "jde_coupa/invoices", "jde_coupa/suppliers"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "audit.md"
# each of them something that CSV, a spreadsheet or a careless reader would spoil
TEXTS = [
    None,
    "",
    "'",
    "''",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\tx",
    "\rx",
    "'=1",
    "a,b",
    'say "x"',
    "two\r\nlines",
    " x ",
    "Ü中🚀",
]


@pytest.fixture
def trail(ledger: Ledger, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Two flows, an event an hour, exported page by page."""
    monkeypatch.setattr(exporting, "PAGE", 5)
    for number, text in enumerate(TEXTS):
        ledger.audit.append(
            [
                NewEvent("sent", FLOW, f"A:{number}", target_id=text, actor=text, detail={"text": text}),
                *[_other(number)],
            ],
            clock.now(),
        )
        clock.advance(3600)
    return ledger


def _other(number: int) -> NewEvent:
    return NewEvent("held", OTHER, f"S:{number}", run="r")


def from_csv(path: Path) -> list[dict[str, Any]]:
    """The rows of an exported CSV, its cells taken back to what they were."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            {name: cell.removeprefix("'") if cell else None for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]
    for row in rows:
        assert row["at"] is not None
        row |= {"place": int(row["place"] or 0), "id": int(row["id"] or 0), "at": datetime.fromisoformat(row["at"])}
    return rows


def from_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def in_ledger(ledger: Ledger) -> list[dict[str, Any]]:
    """What the ledger holds, as a row of the export says it."""
    with ledger._db.read() as connection:
        rows = connection.exec_driver_sql(
            'SELECT flow, place, id, key, event, source_id, target_id, run, "partition", actor, detail, hash'
            " FROM audit_events ORDER BY flow, place"
        )
        return [dict(row._mapping) for row in rows]


@pytest.mark.parametrize("name", ["trail.csv", "trail.parquet", "trail.CSV"])
def test_every_event_is_exported_exactly_and_with_the_hash_before_it(trail: Ledger, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert trail.audit.export(path) == 2 * len(TEXTS)
    rows = from_csv(path) if path.suffix.lower() == ".csv" else from_parquet(path)
    assert list(rows[0]) == list(exporting.COLUMNS)
    kept = in_ledger(trail)
    assert [{name: row[name] for name in kept[0]} for row in rows] == kept
    last: dict[str, str] = {}
    for row in rows:
        entry = Entry(**{name: row[name] for name in Entry._fields})
        assert row["previous"] == last.get(row["flow"], GENESIS)
        assert row["hash"] == digest(row["previous"], row["place"], entry)
        last[row["flow"]] = row["hash"]
    assert last == {flow: head.hash for flow, head in trail.audit.chains().items()}


def test_no_cell_of_a_csv_is_a_formula(trail: Ledger, tmp_path: Path) -> None:
    trail.audit.export(tmp_path / "trail.csv")
    with (tmp_path / "trail.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_part_is_chosen_by_flow_and_by_instants(trail: Ledger, tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "part.parquet"
    begin = datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert trail.audit.export(path, FLOW, begin, begin + timedelta(hours=3)) == 3
    rows = from_parquet(path)
    assert [row["place"] for row in rows] == [3, 4, 5]
    # each can be proved by itself, since the hash before it is there
    entries = [Entry(**{name: row[name] for name in Entry._fields}) for row in rows]
    assert [digest(row["previous"], row["place"], entry) for row, entry in zip(rows, entries, strict=True)] == [
        row["hash"] for row in rows
    ]
    assert trail.audit.export(path, "no/flow") == 0 and from_parquet(path) == []


def recipe(path: Path) -> list[str]:
    """What the recipe of the documents says of a file."""
    (script,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_recipe_of_the_documents_proves_an_export_and_finds_what_was_changed_in_it(
    trail: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "trail.csv"
    trail.audit.export(path)
    heads = [f"{flow} {head.count} {head.hash}" for flow, head in trail.audit.chains().items()]
    assert recipe(path) == ["0 wrong", *heads]
    path.write_text(path.read_text(encoding="utf-8").replace("A:4,", "A:5,"), encoding="utf-8")
    assert f"not as it was written: {FLOW} 5" in recipe(path)


def test_a_file_is_there_when_it_is_whole_and_the_owners_alone(
    trail: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trail.csv"
    trail.audit.export(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnusableInput, match=r"trail.csv: cannot be written: No space left on device"):
        trail.audit.export(path)
    assert path.read_bytes() == before and list(tmp_path.glob("*trail*")) == [path]


@pytest.mark.parametrize("name", ["trail", "trail.txt", "no/where.csv"])
def test_a_file_that_cannot_be_is_told_in_one_line(trail: Ledger, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        trail.audit.export(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value) and "\n" not in str(caught.value)


def test_an_event_without_an_instant_is_not_exported_as_if_it_were_one(ledger: Ledger, tmp_path: Path) -> None:
    if not ledger._db.is_sqlite:
        return
    ledger.audit.append([_other(1)])
    with ledger._db.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_events_no_update")
        connection.exec_driver_sql("UPDATE audit_events SET at = 'never'")
    with pytest.raises(UnusableInput, match=r"event 1 of jde_coupa/suppliers was edited.*connector audit verify"):
        ledger.audit.export(tmp_path / "trail.csv")
