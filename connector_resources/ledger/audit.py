"""The audit trail: what happened to a record, for ever. Rows are only ever added; the database refuses the rest, and
`chain` shows where somebody got round it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, select

from connector_resources.clock import Clock
from connector_resources.ledger import exporting, proving
from connector_resources.ledger.chain import Head
from connector_resources.ledger.database import Database
from connector_resources.ledger.events import add_events
from connector_resources.ledger.links import link_of
from connector_resources.ledger.models import audit_events as table
from connector_resources.ledger.models import deliveries
from connector_resources.ledger.models import links as link_table
from connector_resources.ledger.rows import Event, Link, NewEvent

_COLUMNS = tuple(table.c[name] for name in Event.__slots__)


class Audit:
    """The group `ledger.audit`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def append(self, events: Sequence[NewEvent], now: datetime | None = None) -> None:
        """Add events in one transaction."""
        with self._db.write() as connection:
            add_events(connection, events, now or self._clock.now())

    def of(self, key: str) -> tuple[list[Link], list[Event]]:
        """The links and everything that ever happened to one record, oldest first.

        `key` is a document's key, or `<connection>:<entity>:<id>` of a record on either side.
        """
        with self._db.read() as connection:
            documents = _of_document(connection, key)
            if key.count(":") >= 2:
                documents |= _of_record(connection, key)
            links: list[Link] = []
            events: list[Event] = []
            for flow, document in sorted(documents):
                found = link_table.select().where(link_table.c.flow == flow, link_table.c.source_key == document)
                links += [link_of(row) for row in connection.execute(found)]
                query = select(*_COLUMNS).where(table.c.key == document, table.c.flow == flow)
                events += [Event(*row) for row in connection.execute(query)]
        return links, sorted(events, key=lambda event: event.id)

    def prove(self, anchors: Mapping[str, Head] | None = None) -> Iterator[proving.ChainProof]:
        """Walk every chain, one after the other: see `proving`."""
        return proving.prove(self._db, anchors or {})

    def export(
        self, path: Path, flow: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> int:
        """Write the trail to a CSV or Parquet file and return the number of events: see `exporting`."""
        return exporting.export(self._db, path, flow, since, until)

    def chains(self) -> dict[str, Head]:
        """Flow -> the head of its chain."""
        return proving.read_heads(self._db)


def _of_document(connection: Connection, key: str) -> set[tuple[str, str]]:
    """The (flow, key) under which a document of this key is known."""
    links = select(link_table.c.flow).where(link_table.c.source_key == key)
    events = select(table.c.flow).where(table.c.key == key)
    return {(flow, key) for flow in connection.execute(links.union(events)).scalars()}


def _of_record(connection: Connection, key: str) -> set[tuple[str, str]]:
    system, rest = key.split(":", 1)
    entity, record = rest.split(":", 1)
    return _of_source(connection, system, rest) | _of_target(connection, system, entity, record)


def _of_source(connection: Connection, system: str, key: str) -> set[tuple[str, str]]:
    """Two connections of one system hold documents of one key: only the flows that read this connection
    count.
    """
    return _belonging(connection, _of_document(connection, key), link_table.c.source_connection, system)


def _of_target(connection: Connection, system: str, entity: str, record: str) -> set[tuple[str, str]]:
    """By the link, by a delivery that lost its link, and by events about a link that is no more."""
    links = select(link_table.c.flow, link_table.c.source_key).where(
        link_table.c.target_id == record,
        link_table.c.target_entity == entity,
        link_table.c.target_connection == system,
    )
    delivered = select(deliveries.c.flow, deliveries.c.key).where(
        deliveries.c.target_id == record, deliveries.c.target_entity == entity
    )
    found = {(row[0], row[1]) for row in connection.execute(links.union(delivered))}
    kept = _belonging(connection, found, link_table.c.target_connection, system)
    changed = select(*_COLUMNS).where(table.c.target_id == record, table.c.event.in_(("linked", "unlinked")))
    for event in (Event(*row) for row in connection.execute(changed)):
        if (event.detail.get("target_connection"), event.detail.get("target_entity")) == (system, entity):
            kept.add((event.flow, event.key))
    return kept


def _belonging(
    connection: Connection, documents: set[tuple[str, str]], side: ColumnElement[str], system: str
) -> set[tuple[str, str]]:
    """Those of flows that have this connection on that side. A flow that has linked nothing yet does not say."""
    kept = set()
    for flow, key in documents:
        connected = connection.scalar(select(side).where(link_table.c.flow == flow).limit(1))
        if connected in (None, system):
            kept.add((flow, key))
    return kept
