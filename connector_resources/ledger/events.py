"""Adding to the audit trail, inside whatever transaction brings the event about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector_resources.ledger.models import audit_events as table
from connector_resources.ledger.rows import NewEvent


def add_events(connection: Connection, events: Sequence[NewEvent], now: datetime) -> None:
    """Append; an event without an instant of its own happened now."""
    if events:
        connection.execute(table.insert(), [_values(event, now) for event in events])


def _values(event: NewEvent, now: datetime) -> dict[str, Any]:
    return {
        "at": event.at or now,
        "flow": event.flow,
        "key": event.key,
        "event": event.event,
        "source_id": event.source_id,
        "target_id": event.target_id,
        "run": event.run,
        "partition": event.partition,
        "actor": event.actor,
        "detail": dict(event.detail),
    }
