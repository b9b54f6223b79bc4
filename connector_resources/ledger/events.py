"""Adding to the audit trail, inside whatever transaction brings the event about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector_resources.ledger import chain
from connector_resources.ledger.models import dump_json
from connector_resources.ledger.rows import NewEvent


def add_events(connection: Connection, events: Sequence[NewEvent], now: datetime) -> None:
    """Append; an event without an instant of its own happened now.

    Call it once, as the last thing of the transaction: it locks the ends of the chains (see `chain`).
    """
    if events:
        chain.append(connection, [_entry(event, now) for event in events])


def _entry(event: NewEvent, now: datetime) -> chain.Entry:
    return chain.Entry(
        at=event.at or now,
        flow=event.flow,
        key=event.key,
        event=event.event,
        source_id=event.source_id,
        target_id=event.target_id,
        run=event.run,
        partition=event.partition,
        actor=event.actor,
        detail=dump_json(dict(event.detail)),
    )
