"""Dagster's PostgreSQL storage over one pool of connections.

Dagster's own connects again for every statement (SQLAlchemy's NullPool), which makes a range run several times slower.
"""

from __future__ import annotations

import os
from typing import Any

from dagster_postgres import (
    DagsterPostgresStorage,
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

from connector_resources.dagster_private.postgres import retry_pg_connection_fn
from connector_resources.dagster_private.storage import AlembicVersion, ConfigurableClassData, DagsterStorage
from connector_resources.instance.revisions import revisions

POOL = 3  # connections that a process keeps; the threads of a busy daemon open up to OVERFLOW more for a while
OVERFLOW = 20
RECYCLE_SECONDS = 600
TABLES = frozenset({"runs", "instance_info", "event_logs", "jobs"})  # by which Dagster knows that its own are there


class PooledRunStorage(PostgresRunStorage):
    """The runs; an instance disposes of it, and with it of the pool that all three share."""

    def alembic_version(self) -> AlembicVersion:
        """The revision of the tables and the newest one."""
        with self.connect() as connection:
            return revisions(connection)

    def dispose(self) -> None:
        """Give all connections back."""
        super().dispose()
        self._engine.dispose()


class PooledPostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules in the schema that the URL's search path names; creates their tables when missing."""

    def __init__(self, url: URL, inst_data: ConfigurableClassData | None = None) -> None:
        # not the parent's, which would make its own three
        DagsterStorage.__init__(self)  # type: ignore[no-untyped-call,arg-type]
        self.postgres_url = url.render_as_string(hide_password=False)
        self.should_autocreate_tables = True
        self._inst_data = inst_data
        engine = pooled_engine(url)
        # each of the three would look with a connection of its own
        missing = not TABLES.issubset(retry_pg_connection_fn(lambda: inspect(engine).get_table_names()))
        self._run_storage = PooledRunStorage(self.postgres_url, missing)
        self._event_log_storage = PostgresEventLogStorage(self.postgres_url, missing)
        self._schedule_storage = PostgresScheduleStorage(self.postgres_url, missing)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = engine


def pooled_engine(url: URL) -> Engine:
    """One pool, in autocommit as Dagster's storages expect; a connection that has died is replaced before its use."""
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=POOL,
        max_overflow=OVERFLOW,
        pool_recycle=RECYCLE_SECONDS,
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "connect")
    def remember(_: Any, record: Any) -> None:
        record.info["process"] = os.getpid()

    @event.listens_for(engine, "checkout")
    def refuse_after_fork(_: Any, record: Any, proxy: Any) -> None:
        if record.info["process"] != os.getpid():  # the parent's: two processes on one connection talk nonsense
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("opened by another process")

    return engine
