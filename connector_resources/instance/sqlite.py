"""Dagster's SQLite storage with its databases kept open.

Dagster's own also reads all its migrations whenever it opens a database; here they are read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import OperationalError

from connector_resources.dagster_private.sqlite import (
    DagsterSqliteStorage,
    RunStorageSqlMetadata,
    ScheduleStorageSqlMetadata,
    SqliteRunStorage,
    SqliteScheduleStorage,
    create_db_conn_string,
)
from connector_resources.dagster_private.storage import AlembicVersion, ConfigurableClassData, DagsterStorage
from connector_resources.instance.open_databases import OpenDatabases
from connector_resources.instance.revisions import is_current, make_sqlite_tables, revisions
from connector_resources.instance.sqlite_events import OpenEventLogStorage


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
