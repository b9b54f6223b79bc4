"""Tables that people keep: no cell is a formula to a spreadsheet, and what is read is what was written."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_resources.ledger import csv_files
from connector_resources.ledger.csv_files import guarded, unguarded

START = st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "\n", "'", "''", "\uff1d", "-1", "x\r=1"])


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44 20", "'+44 20"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-1+1", "'-1+1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        # amounts stay numbers, names stay as they are
        ("-12.50", "-12.50"),
        ("-7", "-7"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(value: str, cell: str) -> None:
    assert guarded(value) == cell and unguarded(cell) == value


@given(START, st.text())
def test_every_value_comes_back(start: str, rest: str) -> None:
    value = start + rest
    assert unguarded(guarded(value)) == value
    assert guarded(value)[:1] not in ("=", "+", "@", "\t", "\r", "\n") and unguarded("'s") == "'s"


def test_a_table_comes_back_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("")
    path.chmod(0o644)
    values = ["=1+1", "'=1", "-12.50", "a\r=1", 'with "quotes", commas\nand lines', "'s-Hertogenbosch", "\t=2"]
    assert csv_files.write(path, ("key", "value"), [(str(n), value) for n, value in enumerate(values)]) == len(values)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [row["value"] for _, row in csv_files.read(path, ("key", "value"), keys=[("key",)])] == values
    with path.open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+@\t\r" and cell]
    assert b"a\r=1" in path.read_bytes() and b'"a\r=1"' in path.read_bytes(), "a bare one would begin a row"
