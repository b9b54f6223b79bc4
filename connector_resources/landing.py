"""The landing store: what was read, as immutable Parquet objects in any fsspec location.

Each write is a new object; nothing is overwritten and nothing renamed. The ledger's registration makes an
object count: one that a crash left behind is never read. Columns of tax and bank numbers are encrypted (`encrypted`):
no file, and nobody who copies one, has them in the clear.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from connector_resources.encrypted import Keys, Undecipherable, decrypt, encrypt, encrypted_columns, kept_schema
from connector_resources.errors import ConnectorError, StorageProblem, UnusableInput
from connector_resources.ledger import LandedObject, LandingKind, Ledger
from connector_resources.unreadable import Unreadable

BATCH = 10_000
# rows below which a compressor and a thread for each column take longer than what they save
SMALL = 500
# the part of an object's footer that tells of records that could not be read
NOTE = "connector.unreadable"
SEAL, SEAL_BYTES = "seal", 32
SEAL_TRIES, SEAL_SECONDS = 50, 0.02


class LandingProblem(ConnectorError):
    """A landed object that cannot be read, or rows that cannot be landed."""


class MissingObject(LandingProblem):
    """A landed object that is registered, and has no file."""


class LandingStore:
    """Writes and reads landed objects. On a local disk files are the owner's alone."""

    def __init__(self, url: str, ledger: Ledger, keys: Keys | None = None) -> None:
        """`url` is any fsspec location, or a local folder; without `keys` nothing that has an encrypted column is
        written or read. Raises UnusableInput for a location that cannot be used.
        """
        self.url = url
        self.ledger = ledger
        self._keys = keys
        try:
            self._fs, root = url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise UnusableInput(f"the landing store {_place(url)} cannot be used: {error}") from None
        self._root = str(root).rstrip("/")

    def __repr__(self) -> str:
        return f"LandingStore({_place(self.url)!r})"

    def write(
        self,
        connection: str,
        entity: str,
        run: str,
        kind: LandingKind,
        rows: Iterable[Mapping[str, Any]] | pa.Table,
        schema: pa.Schema,
        window: tuple[date, date] | None = None,
        unreadable: Callable[[], Sequence[Unreadable]] = tuple,
    ) -> LandedObject:
        """Land rows as one new object and register it; `window` is its first and last day, both inclusive.

        `unreadable`, asked once the rows have all come, gives the records that could not be read; they are kept in the
        object's footer.
        Rows are written as they come, so that an object may be larger than memory. Raises LandingProblem
        naming the column when a row does not fit the schema, StorageProblem when the store takes no more: nothing is
        registered then.
        """
        counted = _Counted(rows, schema)
        path = self.keep(connection, entity, kind, run, counted.tables(), schema, unreadable)
        digest = hashlib.sha256(schema.remove_metadata().to_string().encode()).hexdigest()[:16]
        return self.ledger.landing.register(connection, entity, run, kind, path, counted.rows, digest, window=window)

    def keep(
        self,
        connection: str,
        entity: str,
        kind: LandingKind,
        run: str,
        tables: Iterable[pa.Table],
        schema: pa.Schema,
        unreadable: Callable[[], Sequence[Unreadable]] = tuple,
    ) -> str:
        """Write tables of this schema as one new file, and return its path in the store. Nothing is registered.

        Raises LandingProblem for tables that do not fit, StorageProblem when the store takes no more.
        """
        path = f"{connection}/{entity}/{kind}-{_safe(run)}-{secrets.token_hex(8)}.parquet"
        try:
            kept, change = self._encrypting(schema)
            with self._create(path) as file:
                left = iter(tables)
                first = next(left, schema.empty_table())
                compression = "none" if first.num_rows < SMALL else "zstd"
                with pq.ParquetWriter(file, kept, compression=compression) as writer:
                    for table in chain([first], left):
                        writer.write_table(change(table))
                    if notes := [each.as_json() for each in unreadable()]:
                        writer.add_key_value_metadata({NOTE: json.dumps(notes)})
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise LandingProblem(f"{connection}/{entity}: rows do not fit their columns: {_line(error)}") from error
        except OSError as error:
            raise self._trouble(error) from error
        return path

    def _encrypting(self, schema: pa.Schema) -> tuple[pa.Schema, Callable[[pa.Table], pa.Table]]:
        """The schema in which tables are kept, and what makes one of a declared table."""
        if not encrypted_columns(schema):
            return schema, lambda table: table
        name, key = self._needed_keys.current()
        kept = kept_schema(schema, name)
        return kept, lambda table: encrypt(table, kept, key)

    @property
    def _needed_keys(self) -> Keys:
        if self._keys is None:
            raise LandingProblem(f"the landing store {_place(self.url)} was opened without the keys of its columns")
        return self._keys

    def read(self, objects: LandedObject | Sequence[LandedObject]) -> pa.Table:
        """All rows of an object, or of several in their order, in the clear. Raises LandingProblem when one is missing
        or damaged, or encrypted with a key that cannot be had.
        """
        if isinstance(objects, LandedObject):
            return self._read(objects)
        tables = [self._read(each) for each in objects]
        if not tables:
            raise ValueError("there is no table of no objects")
        try:
            # an object from before a column was added lacks it
            return pa.concat_tables(tables, promote_options="default")
        except pa.ArrowException as error:
            raise LandingProblem(f"{objects[0].connection}/{objects[0].entity}: {_line(error)}") from error

    def read_day(self, connection: str, entity: str, day: date) -> pa.Table | None:
        """The newest object whose window covers the day, with all of its days; None where none does."""
        found = self.ledger.landing.newest(connection, entity, day)
        return self.read(found) if found else None

    @cached_property
    def seal(self) -> bytes:
        """Random bytes that belong to this store, made when they are first asked for.

        A digest with them as its key shows values apart, and only who can read the values here anyway can undo it.
        """
        for _ in range(SEAL_TRIES):
            try:
                with self._fs.open(f"{self._root}/{SEAL}", "rb") as file:
                    found = bytes(file.read())
            except FileNotFoundError:
                found = self._make_seal()
            if len(found) == SEAL_BYTES:
                return found
            # another process is about to write it
            time.sleep(SEAL_SECONDS)
        raise LandingProblem(f"{SEAL} in {_place(self.url)} is damaged: delete it")

    def _make_seal(self) -> bytes:
        made = secrets.token_bytes(SEAL_BYTES)
        try:
            with self._create(SEAL) as file:
                file.write(made)
        except FileExistsError:
            return b""
        except OSError as error:
            raise self._trouble(error) from error
        return made

    def _trouble(self, error: OSError) -> StorageProblem:
        return StorageProblem(f"the landing store {_place(self.url)}", error.strerror or _line(error))

    def files(self, connection: str, entity: str) -> list[tuple[str, datetime]]:
        """Every file of an entity, registered or not, and when it was last written to. A store that does not show
        this of its files has none here."""
        folder = f"{self._root}/{connection}/{entity}"
        try:
            found = [str(each) for each in self._fs.find(folder, maxdepth=1)]
            written = [self._fs.modified(each) for each in found]
        except (FileNotFoundError, NotImplementedError):
            return []
        return [
            (f"{connection}/{entity}/{name.rpartition('/')[2]}", at if at.tzinfo else at.replace(tzinfo=UTC))
            for name, at in zip(found, written, strict=True)
        ]

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        try:
            self._fs.rm_file(f"{self._root}/{path}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._trouble(error) from error

    def _read(self, landed: LandedObject) -> pa.Table:
        name = f"{landed.connection}/{landed.entity} of run {landed.run} ({landed.path})"
        try:
            with self._fs.open(f"{self._root}/{landed.path}", "rb") as file:
                parquet = pq.ParquetFile(file)
                table = parquet.read(use_threads=landed.rows >= SMALL)
                note = (parquet.metadata.metadata or {}).get(NOTE.encode())
        except FileNotFoundError:
            now = self.ledger.landing.get(landed.id)
            if now is not None and now.path != landed.path:
                # written again since we were reported where it is
                return self._read(now)
            raise MissingObject(f"the landed object {name} is missing: read it again") from None
        except (OSError, pa.ArrowException) as error:
            raise LandingProblem(f"the landed object {name} cannot be read: {_line(error)}") from error
        if table.num_rows != landed.rows:
            raise LandingProblem(f"the landed object {name} holds {table.num_rows} rows, not {landed.rows}")
        try:
            table = decrypt(table, self._needed_keys) if encrypted_columns(table.schema) else table
        except (Undecipherable, UnusableInput) as error:
            raise LandingProblem(f"the landed object {name} cannot be read: {_line(error)}") from None
        return table if note is None else table.replace_schema_metadata({**(table.schema.metadata or {}), NOTE: note})

    @contextmanager
    def _create(self, path: str) -> Iterator[BinaryIO]:
        full = f"{self._root}/{path}"
        if not isinstance(self._fs, LocalFileSystem):
            self._fs.makedirs(full.rpartition("/")[0], exist_ok=True)
            with self._fs.open(full, "wb") as file:
                yield file
            return
        _make_private_folders(Path(self._root), Path(full).parent)
        descriptor = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as local:
                yield local
                local.flush()
                # registered means readable, after a power cut too
                os.fsync(local.fileno())
        except Exception:  # whatever the writing ends in, ours or the caller's; it is raised again
            # what is not whole is of no use to anybody, least of all on a disk that is full
            Path(full).unlink()
            raise


def unreadable_in(table: pa.Table) -> list[Unreadable]:
    """The records that could not be read when this object was landed."""
    note = (table.schema.metadata or {}).get(NOTE.encode())
    return [] if note is None else [Unreadable.from_json(each) for each in json.loads(note)]


def _make_private_folders(root: Path, folder: Path) -> None:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    current = root
    for part in folder.relative_to(root).parts:
        current = current / part
        current.mkdir(mode=0o700, exist_ok=True)


class _Counted:
    """The rows of an object as tables, counted as they pass."""

    def __init__(self, rows: Iterable[Mapping[str, Any]] | pa.Table, schema: pa.Schema) -> None:
        self.rows = 0
        self._tables = _tables(rows, schema)

    def tables(self) -> Iterator[pa.Table]:
        for table in self._tables:
            self.rows += table.num_rows
            yield table


def _tables(rows: Iterable[Mapping[str, Any]] | pa.Table, schema: pa.Schema) -> Iterator[pa.Table]:
    if isinstance(rows, pa.Table):
        yield rows.select(schema.names).cast(schema)
        return
    known = set(schema.names)
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        for row in batch:
            # Arrow would leave an unknown column out without a word
            if not row.keys() <= known:
                raise ValueError(f"unknown column {sorted(row.keys() - known)[0]}")
        yield _table(batch, schema)


def _table(batch: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        try:
            columns.append(pa.array([row.get(field.name) for row in batch], type=field.type, from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise ValueError(f"column {field.name}: {_line(error)}") from error
    return pa.table(columns, schema=schema)


def _safe(run: str) -> str:
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in run)


def _place(url: str) -> str:
    """The address without user and password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
