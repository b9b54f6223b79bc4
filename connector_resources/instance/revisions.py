"""Whether a database has Dagster's tables as they are today.

Dagster's own answer reads its ninety migrations from their files, 30 ms each time, and each opening asks several times.
"""

from __future__ import annotations

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect

from connector_resources.dagster_private.storage import ALEMBIC_SCRIPTS_LOCATION


@cache
def _migrations() -> ScriptDirectory:
    """Dagster's migrations, read once a process."""
    config = Config()
    config.set_main_option("script_location", ALEMBIC_SCRIPTS_LOCATION)
    return ScriptDirectory.from_config(config)


def revisions(connection: Connection) -> tuple[str | None, str | None]:
    """The revision of a database, None where nothing was ever made in it, and the newest one."""
    return MigrationContext.configure(connection).get_current_revision(), _migrations().get_current_head()


def is_current(connection: Connection) -> bool:
    """Whether nothing is left to be made or migrated."""
    found, newest = revisions(connection)
    return found == newest


def make_sqlite_tables(connection: Connection, tables: MetaData) -> bool:
    """Make the tables of an empty database, in one transaction; False where there are some already."""
    if inspect(connection).get_table_names():
        return False
    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    empty = not inspect(connection).get_table_names()
    if empty:
        tables.create_all(connection)
        MigrationContext.configure(connection).stamp(_migrations(), "head")
    connection.commit()
    return empty
