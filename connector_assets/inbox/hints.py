"""What a body's documents come to: events of the inbox. What cannot be known for sure is refused in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from connector_assets.inbox.bodies import Found
from connector_assets.systems.refusal import Refusal
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.inbox_settings import InboxSettings
from connector_resources.ledger.inbox import InboxEvent, Scheme

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_STATUS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,49}")
_PAID = {"true": True, "false": False, True: True, False: False}


def events_of(
    connection: CoupaConnection,
    settings: InboxSettings,
    documents: Sequence[Found],
    *,
    scheme: Scheme,
    called: str | None = None,
    relay_event: str | None = None,
    signature: str | None = None,
) -> list[InboxEvent]:
    """One event a document. `called` is what the address calls them. Raises Refusal 422 for an unknown kind of
    document, for one that body and address call differently, and for a field that cannot be read."""
    return [
        InboxEvent(
            connection=connection.name,
            document=_document(settings, called, found.name),
            record=_record(found.fields.get("id")),
            updated_at=_updated_at(found.fields.get("updated-at"), connection),
            status=_status(found.fields.get("status")),
            paid=_paid(found.fields.get("paid")),
            scheme=scheme,
            relay_event=relay_event,
            signature=signature,
        )
        for found in documents
    ]


def _document(settings: InboxSettings, called: str | None, name: str | None) -> str:
    known = ", ".join(sorted(set(settings.documents.values())))
    by_address = settings.document(called) if called is not None else None
    if called is not None and by_address is None:
        raise Refusal(422, f"the address names an unknown kind of document; known are {known}")
    by_body = settings.document(name) if name is not None else None
    if by_address is not None and by_body is not None and by_address != by_body:
        raise Refusal(422, f"the address says {by_address}, the body {by_body}")
    found = by_address or by_body
    if found is None:
        raise Refusal(422, f"the body does not say which kind of document it is; known are {known}")
    return found


def _record(value: Any) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(text):
        raise Refusal(422, "the document has no usable id")
    return text


def _updated_at(value: Any, connection: CoupaConnection) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(cast(str, value))
        return (found if found.tzinfo else found.replace(tzinfo=connection.zone)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Refusal(422, "the document's updated-at is not a time like 2024-05-02T09:00:00-07:00") from None


def _status(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _STATUS.fullmatch(value):
        raise Refusal(422, "the document's status is no status")
    return value


def _paid(value: Any) -> bool | None:
    if value is None or value == "":
        return None
    # 1 equals True, and is no answer
    value = value.lower() if isinstance(value, str) else value
    if not isinstance(value, bool | str) or value not in _PAID:
        raise Refusal(422, "the document's paid is neither true nor false")
    return _PAID[value]
