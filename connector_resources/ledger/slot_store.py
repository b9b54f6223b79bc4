"""Where processes meet over slots: the ledger's table, one exclusive transaction at a time, a quick word of changes.

SQLite tells a connection that another has written (`data_version`), which costs microseconds to ask; PostgreSQL has
NOTIFY. Both desks have a database connection of their own, used by one thread.
"""

from __future__ import annotations

import os
import select
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any

from sqlalchemy import Connection, delete, insert, text, update
from sqlalchemy import select as query
from sqlalchemy.exc import DBAPIError

from connector_resources.errors import StorageProblem
from connector_resources.ledger.database import Database, trouble_of
from connector_resources.ledger.slot_models import slot_holders as table
from connector_resources.ledger.slot_queue import Holder, Holders

# how often SQLite is asked whether another process has written, in seconds: by who waits, and by who only holds
EAGER, CALM = 0.002, 0.005
# how often PostgreSQL is looked at although it told of nothing: a pooler between may have swallowed the word
EAGER_LOOK, CALM_LOOK = 0.05, 0.25


class Busy(Exception):
    """Another transaction keeps the ledger; to be tried again."""


def ticks() -> float:
    """Seconds of the machine's own clock, which nobody sets and which counts a suspended machine's time too."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def open_slot_store(database: Database, scope: str, lease: float) -> SlotStore:
    """A desk of this scope. Raises StorageProblem where the ledger cannot be used."""
    with _as_storage_problem(database):
        return SqliteSlotStore(database, scope) if database.is_sqlite else PostgresSlotStore(database, scope, lease)


@contextmanager
def _as_storage_problem(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code == sqlite3.SQLITE_BUSY:
                raise Busy(str(error.orig)) from None
        if (why := trouble_of(error)) is None:
            raise
        raise StorageProblem(f"the ledger at {database.place}", why) from error


class SlotStore(ABC):
    """One scope's holders, for one thread."""

    def __init__(self, database: Database, scope: str) -> None:
        self._db = database
        self._scope = scope
        self._connection = database.engine.connect()
        # our settings of it are not for others
        self._connection.detach()

    @abstractmethod
    def changed(self) -> bool:
        """Whether another may have written since the last look."""

    @abstractmethod
    def wait(self, seconds: float, *, eager: bool) -> None:
        """Until somebody calls `wake`, another may have written, or the time is over."""

    @abstractmethod
    def wake(self) -> None:
        """End a wait; from any thread."""

    @abstractmethod
    def _begin(self, connection: Connection) -> float:
        """Keep all others out of the scope; the shared clock's seconds."""

    @abstractmethod
    def _report(self, connection: Connection) -> None:
        """Let others know, once this is committed."""

    def look(self) -> Holders:
        """Everybody, as committed."""
        with _as_storage_problem(self._db), self._connection.begin():
            return self._load(self._connection)

    @contextmanager
    def exchange(self) -> Iterator[tuple[Holders, float]]:
        """Everybody, to be changed in place, and the shared clock's seconds; nobody else changes them meanwhile.

        What was changed is committed at the end. Raises Busy, with nothing done, where it is not our turn yet.
        """
        writer = self._connection.execution_options(ledger_write=True)
        try:
            with _as_storage_problem(self._db), writer.begin():
                now = self._begin(writer)
                holders = self._load(writer)
                before = {each.id: copy(each) for each in holders.values()}
                yield holders, now
                self._save(writer, before, holders)
        finally:
            self._connection.execution_options(ledger_write=False)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _load(self, connection: Connection) -> Holders:
        columns = [each for each in table.c if each is not table.c.scope]
        rows = connection.execute(query(*columns).where(table.c.scope == self._scope))
        return {row[0]: Holder(*row) for row in rows}

    def _save(self, connection: Connection, before: Holders, after: Holders) -> None:
        others_see = before.keys() != after.keys()
        for each in after.values():
            values = {name: value for name, value in vars(each).items() if name != "id"}
            known = before.get(each.id)
            if known is None:
                connection.execute(insert(table).values(scope=self._scope, holder=each.id, **values))
            elif known != each:
                here = (table.c.scope == self._scope) & (table.c.holder == each.id)
                connection.execute(update(table).where(here).values(values))
                others_see |= (known.holding, known.wants) != (each.holding, each.wants)
        if missing := before.keys() - after.keys():
            connection.execute(delete(table).where(table.c.scope == self._scope, table.c.holder.in_(missing)))
        if others_see:
            self._report(connection)


class SqliteSlotStore(SlotStore):
    """All processes are on one machine, and share its clock."""

    def __init__(self, database: Database, scope: str) -> None:
        super().__init__(database, scope)
        self._word = threading.Event()
        # after a power cut no holder is left: these rows need not be on the disk before anything else happens; and who
        # has calls in flight does not stand in a queue for the ledger
        for setting in ("synchronous=NORMAL", "busy_timeout=0"):
            self._raw.execute(f"PRAGMA {setting}")
        self._version = -1

    @property
    def _raw(self) -> Any:
        return self._connection.connection.dbapi_connection

    def _asked(self) -> int:
        return int(self._raw.execute("PRAGMA data_version").fetchone()[0])

    def changed(self) -> bool:
        return self._asked() != self._version

    def look(self) -> Holders:
        # before the look: what is written in between is seen again rather than missed
        self._version = self._asked()
        return super().look()

    def wait(self, seconds: float, *, eager: bool) -> None:
        until = ticks() + seconds
        while not self._word.wait(min(EAGER if eager else CALM, max(until - ticks(), 0.0))):
            if self.changed() or ticks() >= until:
                break
        self._word.clear()

    def wake(self) -> None:
        self._word.set()

    def _begin(self, connection: Connection) -> float:
        return ticks()

    def _report(self, connection: Connection) -> None:
        """`data_version` tells."""


class PostgresSlotStore(SlotStore):
    """Processes anywhere; the server's clock is theirs."""

    def __init__(self, database: Database, scope: str, lease: float) -> None:
        super().__init__(database, scope)
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._ear, False)
        os.set_blocking(self._mouth, False)
        self._looked = 0.0
        self._heard = True
        self._eager = True
        self._name = f"{database.schema}.slots.{scope}"
        with self._connection.begin():
            # who stands still in the middle of an exchange must not keep the others out
            limit = {"limit": f"{max(1, round(lease * 1000))}ms"}
            self._connection.execute(
                text("SELECT set_config('idle_in_transaction_session_timeout', :limit, false)"), limit
            )
            found = self._connection.execute(text("SELECT md5(:name), pg_backend_pid()"), {"name": self._name}).one()
            self._channel, self._pid = f"slots_{found[0]}", int(found[1])
            self._connection.exec_driver_sql(f"LISTEN {self._channel}")

    @property
    def _raw(self) -> Any:
        return self._connection.connection.dbapi_connection

    def changed(self) -> bool:
        self._drain()
        return self._heard or ticks() - self._looked > (EAGER_LOOK if self._eager else CALM_LOOK)

    def _drain(self) -> None:
        try:
            self._raw.poll()
        except self._connection.dialect.loaded_dbapi.Error as error:
            # not through SQLAlchemy, which would have told it apart
            raise StorageProblem(f"the ledger at {self._db.place}", " ".join(str(error).split())) from error
        if any(word.pid != self._pid for word in self._raw.notifies):
            self._heard = True
        self._raw.notifies.clear()

    def look(self) -> Holders:
        self._heard = False
        self._looked = ticks()
        return super().look()

    def wait(self, seconds: float, *, eager: bool) -> None:
        self._eager = eager
        pause = min(seconds, EAGER_LOOK if eager else CALM_LOOK)
        if pause > 0 and not self._heard:
            select.select([self._raw, self._ear], [], [], pause)
        with suppress(BlockingIOError):
            os.read(self._ear, 4096)

    def wake(self) -> None:
        with suppress(OSError):  # full: it wakes anyway; closed: nobody sleeps
            os.write(self._mouth, b".")

    def _begin(self, connection: Connection) -> float:
        lock = text("SELECT pg_advisory_xact_lock(hashtext(:name)), extract(epoch FROM clock_timestamp())")
        return float(connection.execute(lock, {"name": self._name}).one()[1])

    def _report(self, connection: Connection) -> None:
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": self._channel})

    def close(self) -> None:
        try:
            super().close()
        finally:
            os.close(self._ear)
            mouth, self._mouth = self._mouth, -1
            os.close(mouth)
