"""Making documents due again: by a mapping, a link, or a person.

What brings a mapping or a link releases what waits for it in its own transaction. A document may be mapped before and
held after that, and then nobody saw it wait: `arrived_since` tells those, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, exists, func, select, update

from connector_resources.ledger.database import FLOW, KEYS, by_flow, within
from connector_resources.ledger.models import awaited, deliveries, exceptions, links, mappings

LINK = "link:"
# what waits until a finding of another document is over: `finding:<flow>:<key>`
FINDING = "finding"
INTEGRATION: BindParameter[str] = bindparam("integration")
_WAITING = (
    select(exceptions.c.flow, exceptions.c.key)
    .join(awaited, awaited.c.exception == exceptions.c.id)
    .where(awaited.c.source == bindparam("source"), awaited.c.key.in_(KEYS), exceptions.c.closed_at.is_(None))
)


def split_name(name: str) -> tuple[str, str]:
    """What an exception waits for, in two: `link:<flow>:<key>`, `finding:<flow>:<key>` or `<mapping name>:<key>`."""
    source, colon, key = name.removeprefix(LINK).partition(":")
    if not colon:
        raise ValueError(f"{name!r} is nothing to wait for")
    return (f"{LINK}{source}" if name.startswith(LINK) else source), key


def release_linked(connection: Connection, linked: Iterable[tuple[str, str]], now: datetime) -> None:
    """Release what waits for the links of these (flow, source key), inside the transaction that brings them."""
    release_waiting(connection, [f"{LINK}{flow}:{key}" for flow, key in linked], now)


def release_waiting(
    connection: Connection, waits_for: Collection[str], now: datetime, integration: str | None = None
) -> list[tuple[str, str]]:
    """Release the documents with an open exception that waits for one of these; returns their (flow, key)."""
    found: set[tuple[str, str]] = set()
    for source, keys in by_flow(map(split_name, waits_for)):
        query = _WAITING if integration is None else _WAITING.where(within(exceptions.c.flow, integration))
        found.update((row[0], row[1]) for row in connection.execute(query, {"source": source, "keys": keys}))
    # a row that another transaction has in hand is not waited for: it may be waiting for one of ours
    _release(connection, sorted(found), now, skip_locked=True)
    return sorted(found)


def release_found(connection: Connection, documents: Iterable[tuple[str, str]], now: datetime) -> None:
    """Release what waits until the findings of these (flow, key) are over, inside the transaction that ends them."""
    release_waiting(connection, [f"{FINDING}:{flow}:{key}" for flow, key in documents], now)


def set_released(connection: Connection, documents: Sequence[tuple[str, str]], now: datetime) -> None:
    """Make these (flow, key) due now."""
    _release(connection, documents, now, skip_locked=False)


def _release(connection: Connection, documents: Sequence[tuple[str, str]], now: datetime, *, skip_locked: bool) -> None:
    for flow, keys in _locked(connection, documents, skip_locked=skip_locked):
        chosen = update(deliveries).where(deliveries.c.flow == flow, deliveries.c.key.in_(keys))
        connection.execute(chosen.values(released=True, updated_at=now))


def lock_deliveries(connection: Connection, documents: Iterable[tuple[str, str]]) -> None:
    """Take these deliveries in the one order in which everybody does, so that nobody waits in a ring."""
    for _ in _locked(connection, documents, skip_locked=False):
        pass


def _locked(
    connection: Connection, documents: Iterable[tuple[str, str]], *, skip_locked: bool
) -> Iterator[tuple[str, Sequence[str]]]:
    """(flow, some of its keys), those that are ours until the transaction ends. A write transaction of SQLite has
    everything anyway."""
    for flow, keys in by_flow(documents):
        if connection.dialect.name != "sqlite":
            own = and_(deliveries.c.flow == flow, deliveries.c.key.in_(keys))
            query = select(deliveries.c.key).where(own).order_by(deliveries.c.key)
            keys = list(connection.execute(query.with_for_update(skip_locked=skip_locked)).scalars())
        yield flow, keys


def arrived_since() -> Iterator[Select[Any]]:
    """Queries for the keys of a flow, `FLOW` of the integration `INTEGRATION`, that wait for a link or a mapping which
    came after they were last read, or for the end of a finding that is over."""
    waiting = (
        select(deliveries.c.key)
        .join(exceptions, and_(exceptions.c.flow == deliveries.c.flow, exceptions.c.key == deliveries.c.key))
        .join(awaited, awaited.c.exception == exceptions.c.id)
        .where(deliveries.c.flow == FLOW, exceptions.c.flow == FLOW, exceptions.c.closed_at.is_(None))
    )
    linked = and_(links.c.flow == func.substr(awaited.c.source, len(LINK) + 1), links.c.source_key == awaited.c.key)
    yield waiting.join(links, linked).where(
        func.substr(awaited.c.source, 1, len(LINK)) == LINK, links.c.at > deliveries.c.read_at
    )
    mapped = and_(
        mappings.c.integration == INTEGRATION,
        mappings.c.name == awaited.c.source,
        mappings.c.key == awaited.c.key,
    )
    yield waiting.join(mappings, mapped).where(mappings.c.updated_at > deliveries.c.read_at)
    found = exceptions.alias()
    stands = exists().where(
        found.c.stands, found.c.closed_at.is_(None), found.c.flow + ":" + found.c.key == awaited.c.key
    )
    yield waiting.where(awaited.c.source == FINDING, ~stands)
