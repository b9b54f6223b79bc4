"""Dagster's event log in SQLite: its databases stay open, and a batch of events is one transaction."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dagster import EventLogEntry
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import OperationalError

from connector_resources.dagster_private.sqlite import INDEX_SHARD_NAME, SqliteEventLogStorage
from connector_resources.dagster_private.storage import ConfigurableClassData, SqlEventLogStorageMetadata
from connector_resources.instance.open_databases import OpenDatabases
from connector_resources.instance.revisions import is_current, make_sqlite_tables

OPEN_RUNS = 8  # databases of single runs kept open; a page that lists runs reads many once and returns to few


class _Batch(threading.local):
    """The connections of the batch of events that a thread is storing, each in its transaction."""

    connections: dict[str, Connection] | None = None
    transactions: ExitStack


class OpenEventLogStorage(SqliteEventLogStorage):
    """The event log: an index of all runs and one database per run, as Dagster lays them out."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open = OpenDatabases(OPEN_RUNS + 1)
        self._tables: set[str] = set()
        self._asset_key_columns: set[str] = set()
        self._batch = _Batch()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A connection in a transaction; one at a time, as in Dagster's own, save within a batch of events."""
        if (batch := self._batch.connections) is not None:
            if shard not in batch:
                batch[shard] = self._batch.transactions.enter_context(self._engine(shard).begin())
            yield batch[shard]
            return
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store these events in one transaction of each database, where Dagster's own begins several for each event."""
        with self._db_lock, ExitStack() as transactions:
            self._batch.connections, self._batch.transactions = {}, transactions
            try:
                super().store_event_batch(events)
            finally:
                self._batch.connections = None

    def _engine(self, shard: str) -> Engine:
        url = self.conn_string_for_shard(shard)
        if shard in self._initialized_dbs and not Path(self.path_for_shard(shard)).exists():
            self._initialized_dbs.discard(shard)  # another process has purged this run
            self._open.forget(url)
        engine = self._open.engine(url)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Make the tables that a database lacks; Dagster's own way tries again where another process is at it too."""
        with suppress(OperationalError), engine.connect() as connection:
            if make_sqlite_tables(connection, SqlEventLogStorageMetadata) or is_current(connection):
                return
        super()._initdb(engine, for_index_shard)

    def has_table(self, table_name: str) -> bool:
        """Whether the index database has this table. Asked at each event, inside a transaction of the same database."""
        if table_name in self._tables:
            return True
        with self._open.engine(self.conn_string_for_shard(INDEX_SHARD_NAME)).connect() as connection:
            if found := bool(inspect(connection).has_table(table_name)):
                self._tables.add(table_name)
            return found

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Whether the table of assets has this column. Asked at each event, too."""
        if column_name not in self._asset_key_columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._asset_key_columns.add(column_name)
        return column_name in self._asset_key_columns

    def remove_runs(self, before: float, keep: Collection[str]) -> None:
        """Delete the databases of runs last written before this moment (epoch seconds), save those to keep."""
        for run_id in self.get_all_run_ids():
            path = Path(self.path_for_shard(run_id))
            if run_id in keep or path.stat().st_mtime >= before:
                continue
            with self._db_lock:
                self._open.forget(self.conn_string_for_shard(run_id))
                self._initialized_dbs.discard(run_id)
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)

    def dispose(self) -> None:
        """Stop watching, and close all databases."""
        super().dispose()
        with self._db_lock:
            self._open.close()
