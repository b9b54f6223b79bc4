"""The subscriptions to a vendor's events that we keep: what we need to know to put one right again.

A vendor that makes the key of its signatures tells it once, in the answer to a call with an idempotent key. That key is
here before the call is sent, so that an answer that was lost is had by asking again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from connector_resources.clock import Clock
from connector_resources.ledger.database import Database
from connector_resources.ledger.inbox_models import inbox_subscriptions as table

Deed = Literal["create", "rotate"]
# BILL repeats an answer for 24 hours (bill section 7.1)
REPEATED_FOR = timedelta(hours=23)


@dataclass(frozen=True, slots=True)
class KeptSubscription:
    """What is known of a connection's subscription; all None before there was one.

    `subscription` is the vendor's id of the one whose security key we have. `create_key` and `rotate_key` are those of
    calls whose outcome is not known to be kept. What was created before `seen_until` is in the inbox. `problem` is
    what stood in the way at `checked_at`.
    """

    connection: str
    subscription: str | None = None
    create_key: str | None = None
    create_key_at: datetime | None = None
    rotate_key: str | None = None
    rotate_key_at: datetime | None = None
    seen_until: datetime | None = None
    rotated_at: datetime | None = None
    enabled_at: datetime | None = None
    off_reason: str | None = None
    checked_at: datetime | None = None
    problem: str | None = None


_COLUMNS = [table.c[name] for name in KeptSubscription.__dataclass_fields__]


class Subscriptions:
    """The group `ledger.subscriptions`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def get(self, connection: str) -> KeptSubscription:
        """What is known of this connection's."""
        with self._db.read() as db:
            row = db.execute(select(*_COLUMNS).where(table.c.connection == connection)).first()
        return KeptSubscription(connection) if row is None else KeptSubscription(*row)

    def key_for(self, connection: str, deed: Deed) -> str:
        """The idempotent key of a call, a UUID4: that of the last such call as long as its outcome is not kept and the
        vendor would repeat its answer, else a new one. It is durable when this returns."""
        now = self._clock.now()
        key, key_at = table.c[f"{deed}_key"], table.c[f"{deed}_key_at"]
        with self._db.write() as db:
            self._ensure(db, connection)
            row = db.execute(select(key, key_at).where(table.c.connection == connection).with_for_update()).one()
            if row[0] is not None and now - row[1] < REPEATED_FOR:
                return str(row[0])
            made = str(uuid.uuid4())
            values = {key.name: made, key_at.name: now}
            db.execute(update(table).where(table.c.connection == connection).values(values))
            return made

    def created(self, connection: str, subscription: str) -> None:
        """The vendor has a subscription of ours, and its security key is kept."""
        gone = {"create_key": None, "create_key_at": None, "rotate_key": None, "rotate_key_at": None}
        self.note(connection, subscription=subscription, rotated_at=None, enabled_at=None, off_reason=None, **gone)

    def rotated(self, connection: str, subscription: str) -> None:
        """Its security key was changed, and the new one is kept."""
        gone = {"create_key": None, "create_key_at": None, "rotate_key": None, "rotate_key_at": None}
        self.note(connection, subscription=subscription, rotated_at=self._clock.now(), **gone)

    def note(self, connection: str, **values: Any) -> None:
        """Set fields of a `KeptSubscription`, and no others."""
        with self._db.write() as db:
            self._ensure(db, connection)
            db.execute(update(table).where(table.c.connection == connection).values(values))

    def _ensure(self, db: Connection, connection: str) -> None:
        db.execute(self._db.insert(table).values(connection=connection).on_conflict_do_nothing())
