"""Dagster's SQLite storage with its databases kept open.

Dagster's own opens a fresh engine for every statement: 7 to 9 ms an event, and a range run over half a year writes
more than a thousand of them. Kept open, it is 1.3 ms. Dagster's own also reads all its migrations whenever it opens a
database; here they are read once.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sql import AlembicVersion
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect
from sqlalchemy.exc import OperationalError

from connector_resources.instance.revisions import is_current, make_sqlite_tables, revisions

OPEN_RUNS = 8  # databases of single runs kept open; a page that lists runs reads many once and returns to few


class OpenDatabases:
    """The SQLite engines of one process, for any thread; the least recently used is closed first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()
        self._process = os.getpid()

    def engine(self, url: str) -> Engine:
        """The open engine of this database."""
        with self._lock:
            if self._process != os.getpid():  # forked: the parent's connections are not ours to use or to close
                self._process = os.getpid()
                self._close_all(ours=False)
            engine = self._engines.pop(url, None) or _opened(url)
            self._engines[url] = engine
            if len(self._engines) > self._limit:
                self._engines.popitem(last=False)[1].dispose()
            return engine

    def forget(self, url: str) -> None:
        """Close one database, whose file is gone."""
        with self._lock:
            if engine := self._engines.pop(url, None):
                engine.dispose()

    def close(self) -> None:
        """Close all; a later use opens anew."""
        with self._lock:
            self._close_all(ours=True)

    def _close_all(self, ours: bool) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose(close=ours)


def _opened(url: str) -> Engine:
    """An engine whose connections stay open.

    synchronous=NORMAL is safe for a write-ahead log against a crash of the program; a power cut may lose the last
    moments of a run's log, and that run is then found dead and marked failed. The ledger does not share this setting.
    """
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


class OpenEventLogStorage(SqliteEventLogStorage):
    """The event log: an index of all runs and one database per run, as Dagster lays them out."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open = OpenDatabases(OPEN_RUNS + 1)
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A connection in a transaction; one at a time, as in Dagster's own."""
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

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


class _OneDatabase:
    """What the storages of a single database share."""

    FILE: ClassVar[str]
    TABLES: ClassVar[MetaData]

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._url = conn_string
        self._open = OpenDatabases(2)
        super().__init__(conn_string, inst_data)  # type: ignore[call-arg]  # the Dagster class that follows

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> Self:
        """The storage below this folder, with its tables."""
        Path(base_dir).mkdir(parents=True, exist_ok=True)
        found: Any = cls(create_db_conn_string(base_dir, cls.FILE), inst_data)
        made = current = False
        with suppress(OperationalError), found._open.engine(found._url).connect() as connection:
            made = make_sqlite_tables(connection, cls.TABLES)
            current = made or is_current(connection)
        if not current:
            found.dispose()
            return cast(Self, super().from_local(base_dir, inst_data))  # type: ignore[misc]  # as in __init__
        if made:
            found.migrate()
            found.optimize()
        return cast(Self, found)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in a transaction."""
        with self._open.engine(self._url).begin() as connection:
            yield connection

    def alembic_version(self) -> AlembicVersion:
        """The revision of the database and the newest one."""
        with self.connect() as connection:
            return revisions(connection)

    def share(self, other: _OneDatabase) -> None:
        """Let another's `dispose` close this database too."""
        self._open.close()
        self._open = other._open

    def dispose(self) -> None:
        """Close the database."""
        self._open.close()


class OpenRunStorage(_OneDatabase, SqliteRunStorage):
    """The runs, their tags, and the daemon's heartbeats."""

    FILE = "runs"
    TABLES = RunStorageSqlMetadata


class OpenScheduleStorage(_OneDatabase, SqliteScheduleStorage):
    """Schedules, sensors and their ticks."""

    FILE = "schedules"
    TABLES = ScheduleStorageSqlMetadata


class OpenSqliteStorage(DagsterSqliteStorage):
    """The three together, in the files of Dagster's own: either can open what the other wrote."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # not the parent's, which would open its own three
        DagsterStorage.__init__(self)  # type: ignore[no-untyped-call,arg-type]
        self.base_dir = base_dir
        self._inst_data = inst_data
        home = Path(base_dir)
        self._run_storage = OpenRunStorage.from_local(str(home / "history"))
        self._event_log_storage = OpenEventLogStorage(str(home / "history" / "runs"))
        schedules = OpenScheduleStorage.from_local(str(home / "schedules"))
        schedules.share(self._run_storage)  # an instance disposes of its runs and events, and forgets its schedules
        self._schedule_storage = schedules
