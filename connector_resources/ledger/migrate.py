"""Bringing a ledger to this code's revision, once, however many processes open it first at the same time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from connector_resources.errors import StorageProblem, UnusableInput
from connector_resources.ledger.database import Database

VERSION_TABLE = "ledger_version"
HEAD = "0011"


def migrate(database: Database) -> None:
    """Upgrade to HEAD. Raises UnusableInput for a ledger that cannot be opened, or that a newer version wrote."""
    try:
        _to_head(database)
    except StorageProblem as problem:
        raise UnusableInput(f"the ledger at {database.place} cannot be opened: {problem.why}") from None


def _to_head(database: Database) -> None:
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"{database.schema}.migrate"}
            )
        revision = _revision(connection)
        if revision != HEAD:
            _upgrade(connection, revision, database.place)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return None if found is None else str(found)


def _upgrade(connection: Connection, revision: str | None, place: str) -> None:
    # imported here: Alembic is expensive to load, and a ledger that is up to date does not need it
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise UnusableInput(
            f"the ledger at {place} was written by a newer version of ml-connector (revision {revision}): "
            "upgrade the software"
        )
    command.upgrade(config, "head")
