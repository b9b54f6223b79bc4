"""What senders tell of changed records, kept until a run has looked; and the tokens with which they come.

An event is a hint: which record changed, and when. No body is kept. Each integration that reads the connection drains
its own events: at most one batch at a time, since one run reads all that a batch is about.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, and_, delete, func, or_, select, update

from connector_resources.clock import Clock
from connector_resources.ledger.database import Database
from connector_resources.ledger.inbox_models import inbox_batches as batches
from connector_resources.ledger.inbox_models import inbox_events as events
from connector_resources.ledger.inbox_models import inbox_tokens as tokens

Scheme = Literal["call_out", "relay", "notification", "history"]
BatchOutcome = Literal["read", "left_to_poll"]
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A record of a connection changed, says its sender. What the body did not tell is None.

    `relay_event` and `signature` (a digest of it) identify a relay's message; call-outs have neither. BILL's
    notifications, sent to us or read from its history, have their event id as `relay_event`.
    """

    connection: str
    document: str
    record: str
    updated_at: datetime | None
    status: str | None
    paid: bool | None
    scheme: Scheme
    relay_event: str | None = None
    signature: str | None = None

    @property
    def content(self) -> str:
        """What makes two events the same: connection, document, record, updated_at, status and paid, as a digest."""
        at = None if self.updated_at is None else self.updated_at.astimezone(UTC).isoformat()
        said = [self.connection, self.document, self.record, at, self.status, self.paid]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that waits to be drained."""

    id: int
    integration: str
    connection: str
    document: str
    record: str
    updated_at: datetime | None
    status: str | None
    paid: bool | None
    scheme: Scheme
    received_at: datetime


class EventGroup(NamedTuple):
    """What a batch tells of one kind of document: how many events, and the earliest instant that they speak of (of one
    without a date: when it came)."""

    connection: str
    document: str
    events: int
    earliest: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that one run is to see to. `attempt` counts from 1; nothing is to be done before `due_at`."""

    id: str
    integration: str
    attempt: int
    opened_at: datetime
    due_at: datetime
    groups: tuple[EventGroup, ...]


_PENDING = [events.c[name] for name in Pending.__dataclass_fields__]


class Inbox:
    """The group `ledger.inbox`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def take(self, message: Sequence[InboxEvent], integrations: Sequence[str]) -> int:
        """Keep the events of one message for each of the integrations, durably; how many of them are new.

        A message whose relay's id or signature is known, and an event of known content, are repetitions and change
        nothing. Of events without `updated_at` only those are known that were not drained yet.
        """
        return self.take_all([message], integrations)

    def take_all(self, messages: Iterable[Sequence[InboxEvent]], integrations: Sequence[str]) -> int:
        """As `take`, of several messages at once: all are kept, or none."""
        new = 0
        with self._db.write() as db:
            for message in messages:
                wanted = [name for name in integrations if not (message and _repeated(db, name, message[0]))]
                for event in message:
                    stored = [self._insert(db, name, event) for name in wanted]
                    new += any(stored)
        return new

    def _insert(self, db: Connection, integration: str, event: InboxEvent) -> bool:
        values = {
            "integration": integration,
            "connection": event.connection,
            "document": event.document,
            "record": event.record,
            "updated_at": event.updated_at,
            "status": event.status,
            "paid": event.paid,
            "scheme": event.scheme,
            "relay_event": event.relay_event,
            "signature": event.signature,
            "content": event.content,
            "received_at": self._clock.now(),
        }
        # any of the unique indexes may say no
        statement = self._db.insert(events).values(values).on_conflict_do_nothing().returning(events.c.id)
        return db.execute(statement).first() is not None

    def pending(self, integration: str, limit: int = 1000) -> list[Pending]:
        """Events that no batch has, the oldest first."""
        waiting = and_(events.c.integration == integration, events.c.batch.is_(None))
        with self._db.read() as db:
            rows = db.execute(select(*_PENDING).where(waiting).order_by(events.c.id).limit(limit))
            return [Pending(*row) for row in rows]

    def waiting(self) -> int:
        """How many events no batch has, of all integrations."""
        with self._db.read() as db:
            return int(db.execute(select(func.count()).where(events.c.batch.is_(None))).scalar_one())

    def batch(self, integration: str) -> Batch | None:
        """The integration's open batch; where there is none, a new one of all that is pending; else None."""
        with self._db.read() as db:
            # in this order: what another process claims between the two is in the batch that is seen then
            waits = db.execute(select(events.c.id).where(*_unclaimed(integration)).limit(1)).first()
            found = _open_batch(db, integration)
        if found is not None or waits is None:
            return found
        now = self._clock.now()
        id = f"inbox-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        insert = self._db.insert(batches).values(
            id=id, integration=integration, attempt=1, opened_at=now, due_at=now, done_at=None, outcome=None
        )
        with self._db.write() as db:
            # another process may have been quicker: then that batch is the open one
            if db.execute(insert.on_conflict_do_nothing().returning(batches.c.id)).first() is not None:
                db.execute(update(events).where(*_unclaimed(integration)).values(batch=id))
            return _open_batch(db, integration)

    def done(self, batch: str, outcome: BatchOutcome = "read") -> None:
        """A run has seen to the batch, or it is left to the poll."""
        with self._db.write() as db:
            db.execute(
                update(batches)
                .where(batches.c.id == batch, batches.c.done_at.is_(None))
                .values(done_at=self._clock.now(), outcome=outcome)
            )

    def again(self, batch: str, attempt: int, due_at: datetime) -> None:
        """The run of this attempt failed: the next one is not due before an instant. A second time changes nothing."""
        same = and_(batches.c.id == batch, batches.c.attempt == attempt, batches.c.done_at.is_(None))
        with self._db.write() as db:
            db.execute(update(batches).where(same).values(attempt=attempt + 1, due_at=due_at))

    def purge(self, connection: str, older_than: datetime, *, timeless: bool = True) -> int:
        """Forget a connection's events that came before an instant and tell of nothing after it, and batches and tokens
        that ended before it; how many events. What is forgotten is no repetition any more.

        Without `timeless`, what has an id or a signature and no time stays: nothing else would tell that it is old.
        """
        before = or_(events.c.updated_at.is_(None), events.c.updated_at < older_than)
        old = and_(events.c.connection == connection, events.c.received_at < older_than, before)
        if not timeless:
            nameless = and_(events.c.relay_event.is_(None), events.c.signature.is_(None))
            old = and_(old, or_(events.c.updated_at.is_not(None), nameless))
        with self._db.write() as db:
            gone = len(db.execute(delete(events).where(old).returning(events.c.id)).all())
            db.execute(delete(batches).where(batches.c.done_at < older_than))
            db.execute(delete(tokens).where(tokens.c.expires_at < older_than))
        return gone

    # -- tokens -------------------------------------------------------------------------------------------------------

    def issue_token(self, connection: str, client_id: str, seconds: float) -> str:
        """A new token with which this client may come for so long. Only a digest of it is kept; ended ones go."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        values = {
            "digest": _digest(token),
            "connection": connection,
            "client_id": client_id,
            "issued_at": now,
            "expires_at": now + timedelta(seconds=seconds),
        }
        with self._db.write() as db:
            db.execute(delete(tokens).where(tokens.c.expires_at <= now))
            db.execute(self._db.insert(tokens).values(values))
        return token

    def token_valid(self, token: str, connection: str, client_id: str) -> bool:
        """Whether we issued this token to this client for this connection, and it has not ended."""
        digest = _digest(token)
        query = select(tokens.c.digest, tokens.c.connection, tokens.c.client_id, tokens.c.expires_at)
        with self._db.read() as db:
            row = db.execute(query.where(tokens.c.digest == digest)).first()
        if row is None:
            return False
        signed = "\n".join((digest, connection, client_id)).encode()
        kept = "\n".join((row.digest, row.connection, row.client_id)).encode()
        return hmac.compare_digest(signed, kept) and bool(row.expires_at > self._clock.now())

    def revoke_tokens(self, connection: str) -> int:
        """End all tokens of a connection; how many there were. Its client has to log in again."""
        with self._db.write() as db:
            mine = tokens.c.connection == connection
            return len(db.execute(delete(tokens).where(mine).returning(tokens.c.digest)).all())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _unclaimed(integration: str) -> tuple[Any, ...]:
    return events.c.integration == integration, events.c.batch.is_(None)


def _repeated(db: Connection, integration: str, event: InboxEvent) -> bool:
    """Whether the relay's message was here before."""
    marks = [
        column == value
        for column, value in ((events.c.relay_event, event.relay_event), (events.c.signature, event.signature))
        if value is not None
    ]
    if not marks:
        return False
    place = and_(events.c.integration == integration, events.c.connection == event.connection)
    return db.execute(select(events.c.id).where(place, or_(*marks)).limit(1)).first() is not None


def _open_batch(db: Connection, integration: str) -> Batch | None:
    query = select(batches.c.id, batches.c.attempt, batches.c.opened_at, batches.c.due_at)
    row = db.execute(query.where(batches.c.integration == integration, batches.c.done_at.is_(None))).first()
    if row is None:
        return None
    groups = tuple(EventGroup(*each) for each in db.execute(_event_groups(row.id)))
    return Batch(row.id, integration, row.attempt, row.opened_at, row.due_at, groups)


def _event_groups(batch: str) -> Select[Any]:
    kind = (events.c.connection, events.c.document)
    earliest = func.min(func.coalesce(events.c.updated_at, events.c.received_at))
    return select(*kind, func.count(), earliest).where(events.c.batch == batch).group_by(*kind).order_by(*kind)
