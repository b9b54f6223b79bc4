"""To which home a ledger belongs: an id, made once, and the place where it may be written.

A copy brings the id and the place along, and is opened elsewhere: there it is read and not written, until a person says
that it is the one to write from now on (`claim`). Two ledgers that know of the same documents and not of each other
would make each of them twice.

The place of a ledger in SQLite is the host's name and the file's real path, or what CONNECTOR_INSTANCE says, alone, as
for a container, whose host has another name each time. Neither inode nor device is in it: they change under a good
home. In PostgreSQL the place is the cluster's own identifier, made by initdb and kept by standbys, with the names of
database and schema: any number of machines write through it, and a dump that is restored in another cluster, or a
database made with another as its template, is another place.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, update

from connector_resources.clock import Clock
from connector_resources.errors import CopiedHome
from connector_resources.ledger.database import Database
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import audit_events
from connector_resources.ledger.models import home as table
from connector_resources.ledger.rows import NewEvent

INSTANCE_VARIABLE = "CONNECTOR_INSTANCE"
# the chain of the audit trail that claims are in
CHAIN = "home"
CLAIMED = "home_claimed"
_PLACE = select(table.c.place)


@dataclass(frozen=True, slots=True)
class Belonging:
    """The home of a ledger; `generation` counts from 1 and rises with each claim, `since` is the claim's instant."""

    id: str
    generation: int
    place: str
    since: datetime


class HomeId:
    """The group `ledger.home`. Its `here` is the place where this process has the ledger open."""

    def __init__(self, database: Database, clock: Clock, environment: Mapping[str, str] | None = None) -> None:
        self._db = database
        self._clock = clock
        with database.read() as connection:
            self.here = _place(connection, database, os.environ if environment is None else environment)
            known = connection.scalar(_PLACE)
        if known is None:
            known = self._make()
        # a file may be claimed from another host that shares it, a database stays where it is
        self._settled = not database.is_sqlite and known == self.here
        database.fence = self._fence

    def get(self) -> Belonging:
        """To which home the ledger belongs, and where that was opened last."""
        with self._db.read() as connection:
            return _read(connection)

    def require(self) -> None:
        """Raise CopiedHome unless the ledger belongs here."""
        with self._db.read() as connection:
            self._fence(connection)

    def claim(self, actor: str) -> tuple[Belonging, Belonging]:
        """Make the ledger belong here, in the audit trail too; what it was before and is now. One that does already
        stays as it is."""
        with self._db.write(even_copied=True) as connection:
            before = _read(connection)
            if before.place == self.here:
                return before, before
            after = Belonging(before.id, before.generation + 1, self.here, self._clock.now())
            connection.execute(update(table).values(generation=after.generation, place=after.place, since=after.since))
            detail = {"from": before.place, "to": after.place, "generation": after.generation}
            event = NewEvent(CLAIMED, flow=CHAIN, key=f"home:{after.id}", actor=actor, detail=detail)
            add_events(connection, [event], after.since)
        return before, after

    def last_event_at(self) -> datetime | None:
        """When the audit trail was last written: of two copies, it shows which one was worked with. None: never."""
        with self._db.read() as connection:
            newest = select(func.max(audit_events.c.id)).scalar_subquery()
            found: datetime | None = connection.scalar(select(audit_events.c.at).where(audit_events.c.id == newest))
            return found

    def _make(self) -> str | None:
        """Make the ledger belong here, unless another process is first; the place where it belongs then."""
        row = {"only": 1, "id": str(uuid.uuid4()), "generation": 1, "place": self.here, "since": self._clock.now()}
        with self._db.write(even_copied=True) as connection:
            connection.execute(self._db.insert(table).values(row).on_conflict_do_nothing(index_elements=["only"]))
            return connection.scalar(_PLACE)

    def _fence(self, connection: Connection) -> None:
        """Raise CopiedHome where this transaction is about a ledger that belongs elsewhere."""
        if self._settled:
            return
        # plain text, since each transaction that writes begins with it
        place = connection.exec_driver_sql("SELECT place FROM home").scalar()
        if place != self.here:
            raise CopiedHome(
                f"this home was copied or moved: its ledger belongs to {place}, and this is {self.here}. It can be "
                "read; nothing is written, since two copies that write make each document twice. If the other one "
                "will never write again, `connector home claim` lets this one write"
            )


def _read(connection: Connection) -> Belonging:
    row = connection.execute(select(table.c.id, table.c.generation, table.c.place, table.c.since)).one()
    return Belonging(*row)


def _place(connection: Connection, database: Database, environment: Mapping[str, str]) -> str:
    if not database.is_sqlite:
        return _in_postgres(connection, database)
    instance = environment.get(INSTANCE_VARIABLE, "").strip()
    if instance:
        return f"{INSTANCE_VARIABLE}={instance}"
    return f"{socket.gethostname().lower()}:{Path(database.engine.url.database or '').resolve()}"


def _in_postgres(connection: Connection, database: Database) -> str:
    allowed = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE'), current_database()"
    may, name = connection.exec_driver_sql(allowed).one()
    # everybody may, unless an administrator took the right away: then a restored dump of the same names is not seen
    cluster = connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar() if may else "?"
    return f"PostgreSQL cluster {cluster}, database {name}, schema {database.schema}"
