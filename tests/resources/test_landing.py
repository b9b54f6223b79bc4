"""The landing store: immutable objects, exact values, and only what is complete counts."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connector_resources.errors import ConnectorError, StorageProblem, UnusableInput
from connector_resources.landing import BATCH, LandingProblem, LandingStore
from connector_resources.ledger import Ledger

SCHEMA = pa.schema([("DOC", pa.int64()), ("AG", pa.decimal128(15, 2)), ("DGJ", pa.date32()), ("RMK", pa.string())])
ROWS: list[dict[str, Any]] = [
    {"DOC": 1, "AG": Decimal("441476141.46"), "DGJ": date(2026, 3, 2), "RMK": "é"},
    {"DOC": 2, "AG": None},
]
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path, ledger: Ledger) -> LandingStore:
    url = str(tmp_path / "landing") if request.param == "local" else f"memory://landing-{secrets.token_hex(4)}"
    return LandingStore(url, ledger)


def land(store: LandingStore, rows: Any = ROWS, window: tuple[date, date] | None = (MONDAY, TUESDAY)) -> Any:
    return store.write("jde", "F0411", "run/1", "window", rows, SCHEMA, window)


def test_rows_come_back_exactly(store: LandingStore) -> None:
    landed = land(store)
    assert landed.rows == 2 and (landed.window_from, landed.window_to) == (MONDAY, TUESDAY)
    table = store.read(landed)
    assert table.schema == SCHEMA
    assert table.to_pylist() == [ROWS[0], {"DOC": 2, "AG": None, "DGJ": None, "RMK": None}]
    assert store.read_day("jde", "F0411", TUESDAY) == table
    assert store.read_day("jde", "F0411", date(2026, 3, 4)) is None


def test_each_write_is_a_new_object(store: LandingStore) -> None:
    first, second = land(store), land(store, ROWS[:1])
    assert first.path != second.path and first.schema_hash == second.schema_hash
    assert store.read(first).num_rows == 2 and store.read([first, second]).num_rows == 3
    newest = store.read_day("jde", "F0411", MONDAY)
    assert newest is not None and newest.num_rows == 1


def test_tables_empty_and_large_ones_land_as_well(store: LandingStore) -> None:
    assert store.read(land(store, [])).schema == SCHEMA
    assert store.read(land(store, pa.Table.from_pylist(ROWS, SCHEMA))).num_rows == 2
    many = store.read(land(store, ({"DOC": n} for n in range(BATCH + 1))))
    assert many.num_rows == BATCH + 1 and many["DOC"][-1].as_py() == BATCH


def test_objects_from_before_a_column_was_added_are_read_with_it_empty(store: LandingStore) -> None:
    old = land(store)
    schema = SCHEMA.append(pa.field("CRCD", pa.string()))
    new = store.write("jde", "F0411", "run-2", "window", [{"DOC": 3, "CRCD": "GBP"}], schema)
    assert new.schema_hash != old.schema_hash
    assert store.read([old, new])["CRCD"].to_pylist() == [None, None, "GBP"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"DOC": 1, "AG": 1.5}, "column AG"),
        ({"DOC": 1, "AG": Decimal("1.234")}, "column AG"),
        ({"DOC": "x"}, "column DOC"),
        ({"DOC": 1, "NEW": 1}, "unknown column NEW"),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_nothing_counts(
    store: LandingStore, row: dict[str, Any], message: str
) -> None:
    with pytest.raises(LandingProblem, match=message) as caught:
        land(store, [ROWS[0], row])
    assert "jde/F0411" in str(caught.value) and "\n" not in str(caught.value)
    assert store.read_day("jde", "F0411", MONDAY) is None


def test_a_store_that_takes_no_more_is_trouble_of_ours_and_nothing_half_written_is_left(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = LandingStore(str(tmp_path / "landing"), ledger)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(
            StorageProblem, match=r"the landing store .*/landing cannot be used: No space left on device"
        ):
            land(store)
    assert list((tmp_path / "landing").rglob("*.parquet")) == []
    assert store.read_day("jde", "F0411", MONDAY) is None
    assert land(store).rows == 2


def test_what_a_crash_left_behind_is_never_read(store: LandingStore) -> None:
    def crash() -> Iterator[dict[str, Any]]:
        yield from ROWS * BATCH
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        land(store, crash())
    assert store.read_day("jde", "F0411", MONDAY) is None
    assert land(store).rows == 2


def test_files_are_the_owners_alone(tmp_path: Path, ledger: Ledger) -> None:
    store = LandingStore(str(tmp_path / "landing"), ledger)
    land(store)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "landing").rglob("*") if path.is_file()}
    assert modes == {0o600}
    folders = [tmp_path / "landing", *(path for path in (tmp_path / "landing").rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700} and len(folders) == 3


def test_a_missing_or_damaged_object_is_told_clearly(tmp_path: Path, ledger: Ledger) -> None:
    store = LandingStore(str(tmp_path / "landing"), ledger)
    landed = land(store)
    file = tmp_path / "landing" / landed.path
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ConnectorError, match=r"jde/F0411 of run run/1 .* cannot be read"):
        store.read(landed)
    file.unlink()
    with pytest.raises(ConnectorError, match="is missing: read it again"):
        store.read(landed)


def test_a_store_that_cannot_be_used_is_refused_without_its_password(ledger: Ledger) -> None:
    with pytest.raises(UnusableInput, match="landing store nosuch://h/x cannot be used") as caught:
        LandingStore("nosuch://me:topsecret@h/x", ledger)
    assert "topsecret" not in str(caught.value)


def test_a_store_keeps_its_seal(store: LandingStore) -> None:
    """It is random, the same for everyone who opens the store, and for the owner alone where files have owners."""
    again = LandingStore(store.url, store.ledger)
    assert len(store.seal) == 32 and again.seal == store.seal
    path = Path(store.url) / "seal"
    if not store.url.startswith("memory:"):
        assert path.stat().st_mode & 0o077 == 0
        path.write_bytes(b"short")
        with pytest.raises(LandingProblem, match="damaged"):
            _ = LandingStore(store.url, store.ledger).seal
