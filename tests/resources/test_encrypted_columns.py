"""Encrypted columns of the landing store: unreadable on the disk, exact when read, readable after every rotation."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.fernet import Fernet
from ledger_places import new_ledger
from sqlalchemy import update

from connector_assets.systems.bill.records import DOCUMENTS
from connector_resources.column_keys import ColumnKeys
from connector_resources.credentials import KEPT_KEYS, KEYS_VARIABLE, CredentialStore, KeySource
from connector_resources.encrypted import encrypted_field
from connector_resources.errors import ConnectorError, UnusableInput
from connector_resources.jde.tables import TABLES
from connector_resources.landed_in_clear import COLUMNS, encrypt_landed
from connector_resources.landing import LandingProblem, LandingStore
from connector_resources.ledger import LandedObject, Ledger
from connector_resources.ledger.models import landing_objects

NUMBERS = ["98-7654321", "98-7654321", None, "", "GB 123 4567 89", "é" * 20]
SCHEMA = pa.schema([("AN8", pa.int64()), encrypted_field("TAX", {"meaning": "tax id"})])
CLEAR = pa.schema([("AN8", pa.int64()), ("TAX", pa.string())])
ROWS: list[dict[str, Any]] = [{"AN8": n, "TAX": value} for n, value in enumerate(NUMBERS)]


def opened(folder: Path, ledger: Ledger, **environment: str) -> LandingStore:
    return LandingStore(str(folder / "landing"), ledger, ColumnKeys(ledger, KeySource(folder / "keys", environment)))


@pytest.fixture
def store(tmp_path: Path, ledger: Ledger) -> LandingStore:
    return opened(tmp_path, ledger)


def land(store: LandingStore, rows: Any = ROWS, schema: pa.Schema = SCHEMA, entity: str = "F0101") -> LandedObject:
    return store.write("jde", entity, "run", "keys", rows, schema)


def raw(store: LandingStore, landed: LandedObject) -> bytes:
    return Path(store.url, landed.path).read_bytes()


def reported(store: LandingStore, landed: LandedObject) -> str:
    with pytest.raises(LandingProblem) as caught:
        store.read(landed)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_numbers_are_in_no_file_and_come_back_exactly(store: LandingStore) -> None:
    landed = land(store)
    assert b"7654321" not in raw(store, landed) and "é".encode() * 20 not in raw(store, landed)
    assert store.read(landed).to_pylist() == ROWS and store.read(landed).schema == SCHEMA
    kept = pq.read_table(Path(store.url, landed.path)).column("TAX").to_pylist()
    # what is missing stays so, and equal numbers are encrypted once
    assert (
        kept[2:4] == [None, ""]
        and kept[0] == kept[1]
        and kept[0] != pq.read_table(Path(store.url, land(store).path)).column("TAX").to_pylist()[0]
    )
    assert store.read(land(store, [])).num_rows == 0


def test_a_column_groups_and_compares_once_it_is_read(store: LandingStore) -> None:
    counted = store.read([land(store), land(store)]).group_by("TAX").aggregate([("AN8", "count")]).to_pylist()
    assert {each["TAX"]: each["AN8_count"] for each in counted}["98-7654321"] == 4


def test_the_columns_of_tax_and_bank_numbers_are_declared() -> None:
    def hidden(schema: pa.Schema) -> set[str]:
        return {each.name for each in schema if b"encrypted" in (each.metadata or {})}

    assert hidden(TABLES["F0101"].schema()) == COLUMNS["F0101"] == {"TAX", "TX2", "TXCT"}
    assert hidden(DOCUMENTS["vendors"].schema) == COLUMNS["vendors"]
    assert not hidden(DOCUMENTS["bills"].schema)


def test_without_keys_nothing_lands_in_the_clear(tmp_path: Path, ledger: Ledger) -> None:
    bare = LandingStore(str(tmp_path / "landing"), ledger)
    with pytest.raises(LandingProblem, match="without the keys of its columns"):
        land(bare)
    assert not list(tmp_path.rglob("*.parquet"))


def test_what_landed_stays_readable_over_every_rotation(tmp_path: Path, ledger: Ledger, store: LandingStore) -> None:
    landed = [land(store)]
    for _ in range(KEPT_KEYS + 2):
        source = KeySource(tmp_path / "keys", {})
        CredentialStore(ledger, source, {}).rotate()
        ColumnKeys(ledger, source).renew()
        landed.append(land(opened(tmp_path, ledger)))
    fresh = opened(tmp_path, ledger)
    assert all(fresh.read(each).to_pylist() == ROWS for each in landed)
    names = {pq.read_schema(Path(store.url, each.path)).field("TAX").metadata[b"encrypted"] for each in landed}
    assert len(names) == len(landed), "what lands after a rotation has a key of its own"
    # a process that has the store open goes on, and reads what others landed since
    assert store.read(landed[-1]).to_pylist() == ROWS and store.read(land(store)).to_pylist() == ROWS


def test_an_old_key_reads_until_it_is_rotated(tmp_path: Path, ledger: Ledger) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    landed = land(opened(tmp_path, ledger, CONNECTOR_KEYS=old))
    both = {KEYS_VARIABLE: f"{new},{old}"}
    assert opened(tmp_path, ledger, **both).read(landed).to_pylist() == ROWS
    CredentialStore(ledger, KeySource(tmp_path / "keys", both), {}).rotate()
    assert opened(tmp_path, ledger, CONNECTOR_KEYS=new).read(landed).to_pylist() == ROWS


def test_what_cannot_be_read_is_one_line(tmp_path: Path, ledger: Ledger, store: LandingStore) -> None:
    landed = land(store)
    foreign_record = Fernet.generate_key().decode()
    lost = opened(tmp_path, ledger, CONNECTOR_KEYS=foreign_record)
    assert "encrypted with a key that CONNECTOR_KEYS lacks: restore that one" in reported(lost, landed)
    assert foreign_record not in reported(lost, landed)
    # work goes on with a key of its own, and reading again brings back what was lost
    assert lost.read(land(lost)).to_pylist() == ROWS
    token = pq.read_table(Path(store.url, landed.path)).column("TAX")[0].as_py().encode()
    Path(store.url, landed.path).write_bytes(raw(store, landed).replace(token, token[:-9] + b"AAAAAAA=="))
    assert "cannot be read: column TAX is damaged" in reported(store, landed)
    with Ledger.open(new_ledger(tmp_path / "other.sqlite")) as other:
        own = opened(tmp_path, other)
        copied = own.write("jde", "F0101", "run", "keys", ROWS, SCHEMA)
        Path(own.url, copied.path).write_bytes(raw(store, land(store)))
        assert "not of one home, or of one backup" in reported(own, copied)
    (tmp_path / "keys").unlink()
    assert "keys of the credential store are missing" in reported(opened(tmp_path, ledger), land(store))
    with pytest.raises(UnusableInput, match="are missing"):
        # a new file would hide that the old one is lost
        land(opened(tmp_path, ledger))


def test_a_rotation_leaves_a_key_that_it_cannot_read(tmp_path: Path, ledger: Ledger) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    landed = land(opened(tmp_path, ledger, CONNECTOR_KEYS=old))
    source = KeySource(tmp_path / "keys", {KEYS_VARIABLE: new})
    CredentialStore(ledger, source, {}).rotate()
    assert len(ColumnKeys(ledger, source).lost()) == 1
    assert opened(tmp_path, ledger, CONNECTOR_KEYS=old).read(landed).to_pylist() == ROWS


# -- what landed in the clear ---------------------------------------------------------------------------------------


def in_clear(store: LandingStore) -> LandedObject:
    """An object as versions without encryption left it, marked as migration 0006 marks it."""
    landed = land(store, schema=CLEAR)
    with store.ledger._db.write() as db:
        own = landing_objects.c.id == landed.id
        db.execute(update(landing_objects).where(own).values(clear_path=landing_objects.c.path))
    assert b"7654321" in raw(store, landed)
    return landed


def files(store: LandingStore) -> list[Path]:
    return sorted(Path(store.url).rglob("*.parquet"))


def assert_nothing_in_clear(store: LandingStore) -> None:
    assert not store.ledger.landing.in_clear()
    assert not [each for each in files(store) if b"7654321" in each.read_bytes()]


def test_what_landed_in_the_clear_is_written_anew(store: LandingStore) -> None:
    before = [in_clear(store), in_clear(store)]
    assert encrypt_landed(store) == 2 and encrypt_landed(store) == 0
    assert_nothing_in_clear(store)
    now = [store.ledger.landing.get(each.id) for each in before]
    assert all(each is not None and store.read(each).to_pylist() == ROWS for each in now)
    assert len(files(store)) == 2
    # whoever was told of the old file before reads the new one
    assert store.read(before[0]).to_pylist() == ROWS


@pytest.mark.parametrize("dies_at", ["move", "delete", "cleared"])
def test_who_dies_on_the_way_leaves_the_rest_to_the_next(
    store: LandingStore, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    landed = in_clear(store)
    target = store if dies_at == "delete" else store.ledger.landing

    def die(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(target, dies_at, die)
        with pytest.raises(KeyboardInterrupt):
            encrypt_landed(store)
    assert store.read(landed).to_pylist() == ROWS
    encrypt_landed(store)
    assert_nothing_in_clear(store)
    assert store.read(landed).to_pylist() == ROWS


def test_two_that_write_anew_at_once_do_no_harm(store: LandingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = in_clear(store)
    keep = store.keep

    def overtaken(*args: Any, **named: Any) -> str:
        path = keep(*args, **named)
        monkeypatch.undo()
        assert encrypt_landed(store) == 1
        return path

    monkeypatch.setattr(store, "keep", overtaken)
    encrypt_landed(store)
    assert_nothing_in_clear(store)
    assert len(files(store)) == 1 and store.read(landed).to_pylist() == ROWS


def test_what_is_damaged_is_told_and_what_is_missing_is_not(
    store: LandingStore, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, missing = in_clear(store), in_clear(store)
    Path(store.url, damaged.path).write_bytes(b"7654321")
    Path(store.url, missing.path).unlink()
    assert encrypt_landed(store) == 1
    assert [each.id for each, _ in store.ledger.landing.in_clear()] == [damaged.id]
    assert "numbers are in the clear: restore it, or delete its file" in caplog.text
    Path(store.url, damaged.path).unlink()
    assert encrypt_landed(store) == 1 and not store.ledger.landing.in_clear()


def test_what_a_crash_left_unregistered_is_deleted_after_a_day(store: LandingStore) -> None:
    landed = in_clear(store)
    left, fresh = (Path(store.url, landed.path).with_name(f"keys-{name}.parquet") for name in ("left", "fresh"))
    for each in (left, fresh):
        each.write_bytes(b"7654321")
    long_ago = time.time() - timedelta(hours=25).total_seconds()
    os.utime(left, (long_ago, long_ago))
    os.utime(Path(store.url, landed.path), (long_ago, long_ago))
    assert encrypt_landed(store) == 2
    assert not left.exists() and fresh.exists(), "another process may be about to register it"
    assert store.read(landed).to_pylist() == ROWS


@pytest.fixture
def elsewhere(tmp_path: Path, ledger: Ledger) -> Iterator[LandingStore]:
    keys = ColumnKeys(ledger, KeySource(tmp_path / "keys", {}))
    yield LandingStore(f"memory://landing-{secrets.token_hex(4)}", ledger, keys)


def test_it_is_the_same_in_any_store(elsewhere: LandingStore) -> None:
    landed = land(elsewhere, schema=CLEAR)
    with elsewhere.ledger._db.write() as db:
        db.execute(update(landing_objects).values(clear_path=landing_objects.c.path))
    assert encrypt_landed(elsewhere) == 1 and elsewhere.read(landed).to_pylist() == ROWS
    ((_, written),) = elsewhere.files("jde", "F0101")
    assert datetime.now(UTC) - written < timedelta(minutes=1)
    assert isinstance(LandingProblem(""), ConnectorError)
