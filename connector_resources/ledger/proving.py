"""Proving that the audit trail is what was written: each chain walked from its first event to its head.

It finds a row that was edited, is missing (anywhere, the end included), was added or put elsewhere by anyone who did
not also rewrite everything behind it. Who can write to the database and knows how the hashes are made can rewrite a
chain from some place to its end, or take a chain away altogether; that is found by `anchors`, heads that were printed
earlier and kept where the forger cannot reach them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, Text, select, tuple_, type_coerce

from connector_resources.ledger.chain import GENESIS, Entry, Head, digest
from connector_resources.ledger.database import Database
from connector_resources.ledger.models import audit_events as events
from connector_resources.ledger.models import audit_heads as heads

PAGE = 2000
# findings told for each chain; where places were shifted, everything behind them is one
SHOWN = 20

Kind = Literal["edited", "missing", "inserted", "reordered", "head", "anchor"]

# as the database keeps them: what was edited may be neither an instant nor JSON any more
RAW = tuple(type_coerce(events.c[name], Text).label(name) for name in Entry._fields)


class Finding(NamedTuple):
    """One thing that is not as it was written. `event` is its row's id, `place` where in the chain; None: no row."""

    flow: str
    kind: Kind
    event: int | None
    place: int | None
    message: str


@dataclass
class ChainProof:
    """What came of one chain: its head as the ledger has it (None: there is none), and what was found, at most TOLD."""

    flow: str
    head: Head | None = None
    findings: list[Finding] = field(default_factory=list)
    more: int = 0


def prove(database: Database, anchors: Mapping[str, Head]) -> Iterator[ChainProof]:
    """Walk every chain, in the order of the flows. Memory does not grow with the trail.

    Events that are added meanwhile are proved as far as they are read. `anchors` is flow -> head as it once was.
    """
    for flow in _flows(database, anchors):
        yield _Walk(database, flow, anchors.get(flow)).proof()


def read_heads(database: Database) -> dict[str, Head]:
    """Flow -> the head of its chain, in the order of the flows."""
    with database.read() as connection:
        return {
            row.flow: Head(row.events, row.hash) for row in connection.execute(select(heads).order_by(heads.c.flow))
        }


def _flows(database: Database, anchors: Mapping[str, Head]) -> list[str]:
    """Every flow that has a chain, or should have one."""
    with database.read() as connection:
        found = set(connection.execute(select(heads.c.flow)).scalars()) | set(anchors)
        flow: str | None = None
        # from one flow to the next along the index: DISTINCT would read every event
        while (flow := _next_flow(connection, flow)) is not None:
            found.add(flow)
    return sorted(found)


def _next_flow(connection: Connection, after: str | None) -> str | None:
    query = select(events.c.flow).order_by(events.c.flow).limit(1)
    found: str | None = connection.scalar(query if after is None else query.where(events.c.flow > after))
    return found


class _Walk:
    """The walk along one chain."""

    def __init__(self, database: Database, flow: str, anchor: Head | None) -> None:
        self._db = database
        self._anchor = anchor
        self._proof = ChainProof(flow)
        self._place = 0
        self._hash = GENESIS
        self._last_id = 0

    def proof(self) -> ChainProof:
        """Walk from the first event to the head."""
        for row in self._rows():
            self._step(row)
        self._end()
        return self._proof

    def _rows(self) -> Iterator[Row[Any]]:
        """The chain's rows by place, page by page, until the head has nothing more to tell of.

        The head is read after the page, so that it never falls short of it; where it is ahead, what was added in
        between is the next page.
        """
        chosen = select(events.c.id, events.c.place, events.c.hash, *RAW).where(events.c.flow == self._proof.flow)
        chosen = chosen.order_by(events.c.place, events.c.id).limit(PAGE)
        page = chosen
        while True:
            with self._db.read() as connection:
                rows = list(connection.execute(page))
            yield from rows
            head = self._proof.head = self._read_head()
            if not rows or (len(rows) < PAGE and (head is None or head.count <= self._place)):
                return
            page = chosen.where(tuple_(events.c.place, events.c.id) > (rows[-1].place, rows[-1].id))

    def _read_head(self) -> Head | None:
        with self._db.read() as connection:
            query = select(heads.c.events, heads.c.hash).where(heads.c.flow == self._proof.flow)
            found = connection.execute(query).first()
        return None if found is None else Head(*found)

    def _step(self, row: Row[Any]) -> None:
        if not isinstance(row.place, int) or row.place <= self._place:
            self._report("inserted", row.id, row.place, f"place {row.place} is taken already")
            return
        if row.place > self._place + 1:
            gone = _places(self._place + 1, row.place - 1)
            self._report("missing", row.id, row.place, f"{gone} missing before it")
        elif _hash_of(self._hash, row) != row.hash:
            self._report("edited", row.id, row.place, "it, or the hash of the event before it, is not what was written")
        if row.id <= self._last_id:
            self._report(
                "reordered", row.id, row.place, f"its id is not above that of the event before it, {self._last_id}"
            )
        self._place, self._hash, self._last_id = row.place, row.hash, row.id
        if self._anchor is not None and row.place == self._anchor.count and row.hash != self._anchor.hash:
            self._report(
                "anchor", row.id, row.place, "its hash is not the anchor's: the chain was rewritten up to here"
            )

    def _end(self) -> None:
        head = self._proof.head
        if head is None:
            if self._place:
                self._report("head", None, None, f"the head of this chain of {self._place} events is missing")
        elif head.count > self._place:
            self._report("missing", None, head.count, f"{_places(self._place + 1, head.count)} missing at the end")
        elif head.count < self._place:
            self._report("inserted", None, self._place, f"{_places(head.count + 1, self._place)} behind the head")
        elif head.hash != self._hash:
            self._report("head", None, head.count, "the head's hash is not that of the last event")
        if self._anchor is not None and self._anchor.count > self._place:
            self._report("anchor", None, self._anchor.count, f"the chain once had {self._anchor.count} events")

    def _report(self, kind: Kind, event: int | None, place: int | None, message: str) -> None:
        if len(self._proof.findings) < SHOWN:
            self._proof.findings.append(Finding(self._proof.flow, kind, event, place, message))
        else:
            self._proof.more += 1


def _hash_of(previous: str, row: Row[Any]) -> str | None:
    """The hash that the row's content has in truth; None where it is no content that was ever written."""
    try:
        # behind id, place and hash stands what an entry is made of
        at, *rest = list[Any](row)[3:]
        return digest(previous, row.place, Entry(instant_of(at), *rest))
    except (AttributeError, TypeError, ValueError):
        return None


def instant_of(raw: datetime | str) -> datetime:
    """The instant of a raw row: SQLite keeps it as UTC text without a zone. Raises TypeError, ValueError."""
    return datetime.fromisoformat(raw).replace(tzinfo=UTC) if isinstance(raw, str) else raw


def _places(first: int, last: int) -> str:
    return f"place {first} is" if first == last else f"places {first} to {last} are"
