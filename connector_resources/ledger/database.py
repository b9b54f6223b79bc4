"""One engine for one ledger: how SQLite and PostgreSQL are opened, and what a transaction is on each."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    and_,
    bindparam,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.sql.schema import Table

from connector_resources.errors import StorageProblem, UnusableInput

T = TypeVar("T")

# What a statement asks for, filled in when it is executed. The statements that are executed for every document are put
# together once: putting one together takes SQLAlchemy longer than executing it takes SQLite.
FLOW: BindParameter[str] = bindparam("flow")
KEYS: BindParameter[Sequence[str]] = bindparam("keys", expanding=True)

BUSY_SECONDS = 30
IN_CHUNK = 500
_SQLITE_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
_POSTGRES_TROUBLE = ("08", "53", "57", "58")


def normalised(url: str) -> URL:
    """The URL with the driver that we ship; raises UnusableInput for a database that is neither of the
    two.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnusableInput("CONNECTOR_DATABASE_URL is not a database URL") from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    if parsed.drivername not in ("postgresql+psycopg2", "sqlite"):
        raise UnusableInput(f"the ledger lives in SQLite or PostgreSQL, not in {parsed.drivername}")
    if parsed.drivername == "sqlite" and not parsed.database:
        raise UnusableInput("the ledger needs a file: an SQLite database in memory is forgotten")
    return parsed


class Database:
    """The engine and its two kinds of transaction.

    SQLite: write-ahead log, synchronous=FULL, write transactions begin IMMEDIATE and queue in this process,
    so that a reader never finds at its commit that it cannot become a writer. PostgreSQL: a schema of its own
    as search path. Either raises StorageProblem when the database has gone away or has no room.
    """

    def __init__(self, url: URL, schema: str | None = None) -> None:
        self.schema = schema if url.drivername != "sqlite" else None
        self.place = url.render_as_string(hide_password=True)
        self.is_sqlite = url.drivername == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgres(url, self.schema)
        # raises where the ledger is not to be written, see `belonging`
        self.fence: Callable[[Connection], None] | None = None
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look."""
        with self._as_storage_problem(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, even_copied: bool = False) -> Iterator[Connection]:
        """All or nothing. Raises CopiedHome where the ledger belongs elsewhere, but for `even_copied`: what reading the
        systems leaves behind, which a copy may as well."""
        with (
            self._as_storage_problem(),
            self._writing if self.is_sqlite else nullcontext(),
            self.engine.connect().execution_options(ledger_write=True) as connection,
            connection.begin(),
        ):
            if self.fence is not None and not even_copied:
                self.fence(connection)
            yield connection

    @property
    def dialect(self) -> str:
        """'sqlite' or 'postgresql'."""
        return self.engine.dialect.name

    def insert(self, table: Table) -> Any:
        """The dialect's own INSERT, with ON CONFLICT."""
        return insert_into(table, self.dialect)

    @contextmanager
    def _as_storage_problem(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if (why := trouble_of(error)) is None:
                raise
            raise StorageProblem(f"the ledger at {self.place}", why) from error

    def close(self) -> None:
        """Give all database connections back."""
        self.engine.dispose()


def trouble_of(error: DBAPIError) -> str | None:
    """What is wrong with the database itself, in its own words; None where a statement or its data was wrong.

    SQLite: no room, unreadable, locked by another for too long. PostgreSQL: gone, going, or out of room (classes 08,
    53, 57 and 58 of its codes; an error without a code is the driver's, which lost the connection).
    """
    found = error.orig
    words = str(found).strip().splitlines() or [type(found).__name__]
    if isinstance(found, sqlite3.Error):
        # the lower byte is the kind, the rest says more about it
        code = getattr(found, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return words[0] if code in _SQLITE_TROUBLE else None
    lost = error.connection_invalidated or type(found).__name__ in ("OperationalError", "InterfaceError")
    code = getattr(found, "pgcode", None)
    return words[0] if (lost if code is None else code[:2] in _POSTGRES_TROUBLE) else None


def insert_into(table: Table, dialect: str) -> Any:
    """The dialect's own INSERT, with ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def chunks(items: Collection[T], size: int = IN_CHUNK) -> Iterator[Sequence[T]]:
    """Pieces small enough for an IN list."""
    ordered = list(items)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def by_flow(documents: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """(flow, some of its keys), in order: `flow = … AND key IN …` uses an index where pairs in one IN do not."""
    keys: dict[str, set[str]] = {}
    for flow, key in documents:
        keys.setdefault(flow, set()).add(key)
    for flow in sorted(keys):
        for part in chunks(sorted(keys[flow])):
            yield flow, part


def within(flow: ColumnElement[str], integration: str) -> ColumnElement[bool]:
    """Flows `<integration>/…`: a range, since LIKE ignores case in SQLite and uses no index; '0' follows
    '/'.
    """
    return and_(flow >= f"{integration}/", flow < f"{integration}0")


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=8,
        max_overflow=24,
        pool_timeout=BUSY_SECONDS,
        # an error goes into logs and into Dagster's events, and a record's content does not
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # transactions are ours: the driver would begin them late and without IMMEDIATE
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("ledger_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: Any) -> None:
    """Switch to WAL. SQLite does not queue for this one: of two first openers, the second is told 'locked' at
    once.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _postgres(url: URL, schema: str | None) -> Engine:
    # one round trip for many updates, as inserts have it anyway
    engine = create_engine(
        url,
        executemany_mode="values_plus_batch",
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    if schema is not None:

        @event.listens_for(engine, "connect", insert=True)
        def prepare(connection: Any, _: Any) -> None:
            # outside a transaction, or the pool's first rollback would undo it
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('search_path', %s, false)", (quoted(schema),))
            connection.autocommit = False

    return engine


def quoted(name: str) -> str:
    """A PostgreSQL identifier, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def ensure_schema(url: URL, schema: str) -> None:
    """Create the schema where it is missing; needs no right to create where it exists."""
    engine = create_engine(url)
    try:
        make_schema(engine, schema)
    finally:
        engine.dispose()


def make_schema(engine: Engine, schema: str) -> None:
    """The same, over an engine that is there."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": schema})
        known = connection.scalar(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": schema})
        if known is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {quoted(schema)}".replace("%", "%%"))
