"""New ledgers by the thousand: a process migrates one of a kind, and the others are copies of it."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import closing
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import event

from connector_resources.ledger import Ledger
from connector_resources.ledger.database import Database, ensure_schema, normalised
from connector_resources.ledger.migrate import migrate

ALONE = """
SELECT count(*) = 0 FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
# whoever changes a table or a trigger writes its row anew, by another transaction
STRUCTURE = """
SELECT version_num, (
    SELECT string_agg(concat(oid, ' ', xmin), ',' ORDER BY oid) FROM (
        SELECT oid, xmin FROM pg_class WHERE relnamespace = current_schema::regnamespace
        UNION ALL
        SELECT pg_trigger.oid, pg_trigger.xmin FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = current_schema::regnamespace
    ) AS found
) FROM ledger_version
"""
# without the triggers that keep the audit trail
EMPTY = """
SET LOCAL session_replication_role = replica;
DO $$ DECLARE it record; BEGIN
    FOR it IN SELECT relname, relkind FROM pg_class WHERE relnamespace = current_schema::regnamespace LOOP
        IF it.relkind = 'r' AND it.relname <> 'ledger_version' THEN EXECUTE format('DELETE FROM %I', it.relname);
        ELSIF it.relkind = 'S' THEN PERFORM setval(it.relname::regclass, 1, false);
        END IF;
    END LOOP;
END $$
"""


def new_ledger(file: Path) -> str:
    """Put an empty ledger where there is none; its URL."""
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.sqlite"
        Ledger.open(f"sqlite:///{file}").close()
        return file.read_bytes()


def forget_home(url: str, schema: str) -> None:
    """Let a ledger in PostgreSQL belong nowhere, so that copies of its database belong where they are opened first."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {schema}.home")


class PostgresLedgers:
    """Schemas of one database, each a ledger. It serves one test after the other, emptied, unless a test changed its
    tables or somebody is connected yet, who might write into it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._structures: dict[str, Any] = {}
        self._free: list[str] = []
        self._connection: Any = None

    def take(self) -> str:
        """The schema of an empty ledger."""
        while self._free and self._run(ALONE) == (True,):
            schema = self._free.pop()
            if self._run(STRUCTURE, schema) == self._structures[schema]:
                self._run(EMPTY, schema)
                return schema
        schema = f"test_{secrets.token_hex(8)}"
        self._run(f"CREATE SCHEMA {schema}")
        self._run(self._migration, schema)
        self._structures[schema] = self._run(STRUCTURE, schema)
        return schema

    def give_back(self, schema: str) -> None:
        """Let another test have it."""
        self._free.append(schema)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()

    @cached_property
    def _migration(self) -> str:
        """What Alembic says to a new schema, to be said again in one go."""
        url, schema = normalised(self.url), f"test_{secrets.token_hex(8)}"
        ensure_schema(url, schema)
        database = Database(url, schema)
        said: list[str] = []

        @event.listens_for(database.engine, "before_cursor_execute")
        def keep(_: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
            if not statement.startswith("SELECT"):
                said.append(cursor.mogrify(statement, parameters).decode())

        migrate(database)
        database.close()
        return ";".join(said)

    def _run(self, statement: str, schema: str = "public") -> Any:
        """The first row that a statement answers."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(self.url)
            self._connection.autocommit = True
        try:
            with self._connection.cursor() as cursor:
                # one message is one transaction
                cursor.execute(f"SET LOCAL search_path = {schema}; {statement}")
                return cursor.fetchone() if cursor.description else None
        except psycopg2.OperationalError:
            # a test may cut everybody off
            if not self._connection.closed:
                raise
            return self._run(statement, schema)
