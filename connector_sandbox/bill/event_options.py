"""The switches for what is not established about BILL's events, and for what may befall them on their way."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class EventOptions(msgspec.Struct, forbid_unknown_fields=True):
    """Part of what POST /options {"bill": {...}} takes."""

    trust: str = ""
    """A PEM file of authorities that receivers of events may have their certificate from, besides the machine's own.
    It is looked at before each delivery, so that it may appear, or change, later."""
    payment_events: bool = True
    """Whether the organisation's catalog has events of payments: for long only some partners had (bill section 7.2)."""
    payment_progress_updates_bill: bool = False
    """Whether what a payment does to its bill (scheduled, paid) is a `bill.updated`: not documented."""
    payload_as_string: bool = False
    """Whether the body of a delivery is a JSON string that holds the notification: the rules page says so, samples
    show an object (bill section 7.3)."""
    sign_with_old_key: bool = False
    """Whether a notification that waited while the key was rotated is signed with the key of before."""
    event_record_status: Literal["last", "first"] = "last"
    """Whose answer `statusCode` of an event record is: that of the last attempt or of the first."""
    event_post_seconds: _Seconds = 0.0
    """How long the two calls with an idempotent key take, so that a second one can meet the first."""
    event_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    """How long a receiver may take to answer."""
    event_retry_seconds: tuple[_Seconds, ...] = (2, 4, 8, 16)
    """The waits before each further attempt, on the sandbox's clock."""
    event_losses: _Share = 0.0
    """The part of the notifications that is never sent."""
    event_losses_in_history: bool = True
    """Whether the history knows of those."""
    event_doubles: _Share = 0.0
    """The part of the notifications that is sent twice."""
    event_order: Literal["kept", "shuffled"] = "kept"
    """In which order those that wait are sent."""
    event_seed: int = 1
    """What chance begins with."""
