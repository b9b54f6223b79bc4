"""BILL's notifications as hints: which record changed, and when; nothing else of their bodies is used (bill section
7.3).

A genuine notification is never refused for its content: BILL would send it again, and finally turn the subscription
off. The poll reads the change in any case.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connector_assets.systems.receivers import BillReceiver, Keys
from connector_assets.systems.refusal import Refusal
from connector_resources.bill.event_models import EventRecord, notification
from connector_resources.bill.signature import signed_message
from connector_resources.inbox_settings import BILL_DOCUMENTS
from connector_resources.ledger.inbox import InboxEvent, Scheme
from connector_resources.values import instant_of

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_STATUS = re.compile(r"[A-Z][A-Z0-9_]{0,49}")
MOST_BILLS = 100  # of one payment that failed


def genuine(body: bytes, signatures: Sequence[str], keys: Keys) -> bytes | None:
    """What of the body is signed by one of the keys; None where nothing is, or where there are several signatures."""
    return signed_message(body, signatures[0], keys.signing) if len(signatures) == 1 else None


def hints_of(receiver: BillReceiver, message: bytes, organisation: str) -> list[InboxEvent]:
    """The hints of a genuine message, one or more of them, or none where it tells of no document of ours. Raises
    Refusal: 401 for another organisation's, 400 for what is no notification."""
    try:
        content = notification(message)
        metadata = content["metadata"]
        its = metadata["organizationId"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise Refusal(400, "the body is no notification") from None
    if its != organisation:
        log.warning("%s: a genuine notification is of another organisation", receiver.connection.name)
        raise Refusal(401, "Unauthorized")
    return _hints(receiver, content, _text(metadata.get("eventId")), "notification")


def hints_in_history(receiver: BillReceiver, record: EventRecord) -> list[InboxEvent]:
    """The hints of a notification as BILL's history keeps it; of one without a readable body: what its record says."""
    try:
        content = record.notification()
        metadata = content["metadata"]
        event_id = _text(metadata.get("eventId"))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        content, event_id = {"metadata": {"eventType": record.type}}, None
    event_id = event_id or _text(record.id)
    found = _hints(receiver, content, event_id, "history")
    return [_dated(each, record.created_time) for each in found]


def _dated(event: InboxEvent, at: datetime | None) -> InboxEvent:
    """What has no time of its own happened when it was reported, not when the history is read."""
    if event.updated_at is not None or at is None:
        return event
    return InboxEvent(
        connection=event.connection,
        document=event.document,
        record=event.record,
        updated_at=at,
        status=event.status,
        paid=None,
        scheme=event.scheme,
        relay_event=event.relay_event,
    )


def _hints(
    receiver: BillReceiver, content: Mapping[str, Any], event_id: str | None, scheme: Scheme
) -> list[InboxEvent]:
    metadata = content["metadata"]
    kind = metadata.get("eventType") if isinstance(metadata, Mapping) else None
    family = kind.partition(".")[0] if isinstance(kind, str) else ""
    if family not in BILL_DOCUMENTS:
        log.warning("%s reports something that is no document here: nothing is kept", receiver.connection.name)
        return []
    entity = content.get(family)
    entity = entity if isinstance(entity, Mapping) else {}
    updated_at = _instant(entity.get("updatedTime"))
    status = entity.get("status") if family == "payment" else entity.get("paymentStatus")
    return [
        InboxEvent(
            connection=receiver.connection.name,
            document=document,
            record=record,
            updated_at=updated_at,
            status=status if isinstance(status, str) and _STATUS.fullmatch(status) else None,
            paid=None,
            scheme=scheme,
            relay_event=event_id,
        )
        for document, record in _records(family, entity, event_id)
    ]


def _records(family: str, entity: Mapping[str, Any], event_id: str | None) -> list[tuple[str, str]]:
    """(document, record) that a notification is about. A payment that was never made may have no id, and its bills are
    told then; where nothing is named, the event stands for the record: that something changed is enough."""
    if (record := _text(entity.get("id"))) is not None:
        return [(BILL_DOCUMENTS[family], record)]
    bills = entity.get("bills")
    if family == "payment" and isinstance(bills, list):
        ids = {_text(each.get("id")) for each in bills[:MOST_BILLS] if isinstance(each, Mapping)}
        if named := sorted(each for each in ids if each is not None):
            return [(BILL_DOCUMENTS["bill"], each) for each in named]
    return [(BILL_DOCUMENTS[family], event_id or "unknown")]


def _text(value: Any) -> str | None:
    """An id, as long as it is one."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _instant(value: Any) -> datetime | None:
    try:
        found = instant_of(value)
        return None if found is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
