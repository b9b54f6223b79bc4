"""The chain that makes the audit trail tamper-evident: each event carries a hash over the hash before it and itself.

One chain a flow, since one for all would make every writer wait for every other. An event's *place* is its number in
its chain, from 1. Its hash is the SHA-256, in lower-case hexadecimal, of twelve fields, each written as a netstring
(`<number of bytes>:<bytes>,` in UTF-8), or as `-,` where it is null, one after the other in this order:

     1  previous    hash of the event at the place before; 64 zeros at place 1
     2  place       decimal digits
     3  at          `YYYY-MM-DDTHH:MM:SS.ffffffZ`, UTC
     4  flow
     5  key
     6  event
     7  source_id
     8  target_id
     9  run
    10  partition
    11  actor
    12  detail      the JSON text as the ledger keeps it, byte for byte

Every column is in it but `id`, which the database gives out; ids rise along a chain, and `proving` looks that they do.
Lengths stand in front, so that no two different events are the same bytes.

The head of a chain, its number of events and its last hash, is a row of `audit_heads`. A transaction locks the heads
of its flows as the last thing it does, in their order: nobody who holds a head waits for anything else but heads that
come after it, so that writers never wait for each other in a ring.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, update

from connector_resources.ledger.database import insert_into
from connector_resources.ledger.models import audit_events, audit_heads

GENESIS = "0" * 64


class Entry(NamedTuple):
    """What an event's hash covers beside the hash before it and its place; `detail` is JSON text."""

    at: datetime
    flow: str
    key: str
    event: str
    source_id: str | None
    target_id: str | None
    run: str | None
    partition: str | None
    actor: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many events it has, and the hash of the last."""

    count: int
    hash: str


def canonical(previous: str, place: int, entry: Entry) -> bytes:
    """The bytes that are hashed; different for every two different events."""
    at, *rest = entry
    return "".join(map(_field, (previous, str(place), instant_text(at), *rest))).encode()


def digest(previous: str, place: int, entry: Entry) -> str:
    """The hash of an event at a place of its chain, behind the event of hash `previous`."""
    return hashlib.sha256(canonical(previous, place, entry)).hexdigest()


@lru_cache(maxsize=64)  # the events of a transaction share theirs
def instant_text(at: datetime) -> str:
    """An aware instant as it is hashed: `2026-03-02T09:00:00.000000Z`."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _field(value: str | None) -> str:
    if value is None:
        return "-,"
    size = len(value) if value.isascii() else len(value.encode())
    return f"{size}:{value},"


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add events to the ends of their chains. The last thing that a transaction does, and done once."""
    ends = _taken(connection, Counter(entry.flow for entry in entries))
    rows: list[dict[str, Any]] = []
    for entry in entries:
        end = ends[entry.flow]
        place = end.count + 1
        hash = digest(end.hash, place, entry)
        ends[entry.flow] = Head(place, hash)
        rows.append({**entry._asdict(), "detail_text": entry.detail, "place": place, "hash": hash})
    connection.execute(_INSERT, rows)
    connection.execute(_MOVE, [{"chain": flow, "last": ends[flow].hash} for flow in sorted(ends)])


# the detail is JSON text already, since it was hashed as such
_INSERT = audit_events.insert().values(
    {column.name: bindparam(column.name) for column in audit_events.c if column.name not in ("id", "detail")}
    | {"detail": bindparam("detail_text", type_=Text())}
)
_MOVE = update(audit_heads).where(audit_heads.c.flow == bindparam("chain")).values(hash=bindparam("last"))


def _taken(connection: Connection, events: Counter[str]) -> dict[str, Head]:
    """The ends of these chains before this many events are added; ours alone until the transaction ends."""
    statement = _taking(connection.dialect.name)
    rows = [{"flow": flow, "events": events[flow], "hash": GENESIS} for flow in sorted(events)]
    return {row.flow: Head(row.events - events[row.flow], row.hash) for row in connection.execute(statement, rows)}


@cache
def _taking(dialect: str) -> Any:
    """One statement makes what is missing and locks what is there, in the order of its rows."""
    insert = insert_into(audit_heads, dialect)
    return insert.on_conflict_do_update(
        index_elements=[audit_heads.c.flow], set_={"events": audit_heads.c.events + insert.excluded.events}
    ).returning(audit_heads.c.flow, audit_heads.c.events, audit_heads.c.hash)
