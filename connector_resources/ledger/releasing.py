"""Making documents due again: by a mapping, a link, or a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from connector_resources.ledger.database import by_flow, chunks, within
from connector_resources.ledger.models import deliveries, exceptions


def release_waiting(
    connection: Connection, waits_for: Collection[str], now: datetime, integration: str | None = None
) -> list[tuple[str, str]]:
    """Release the documents with an open exception that waits for one of these; returns their (flow, key)."""
    found: set[tuple[str, str]] = set()
    for part in chunks(waits_for):
        query = select(exceptions.c.flow, exceptions.c.key).where(
            exceptions.c.waits_for.in_(part), exceptions.c.closed_at.is_(None)
        )
        if integration is not None:
            query = query.where(within(exceptions.c.flow, integration))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return set_released(connection, sorted(found), now)


def set_released(connection: Connection, documents: Sequence[tuple[str, str]], now: datetime) -> list[tuple[str, str]]:
    """Make these (flow, key) due now."""
    for flow, keys in by_flow(documents):
        chosen = update(deliveries).where(deliveries.c.flow == flow, deliveries.c.key.in_(keys))
        connection.execute(chosen.values(released=True, updated_at=now))
    return list(documents)
