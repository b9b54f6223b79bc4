"""Subscriptions and notifications of the Connect Events API as models (bill section 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, SecretStr

from connector_resources.bill.shapes import Flag, Instant, Many, Number, Record, Shape, Text


class EventType(Shape):
    """A kind of event that the organisation can subscribe to."""

    type: str
    versions: Annotated[tuple[str | int, ...], Many] = ()


class SubscribedEvent(Shape):
    """A kind of event that a subscription covers."""

    type: str
    version: str | int | None = None


class SubscriptionStatus(Shape):
    """Whether notifications are sent; BILL itself (`actor` SYSTEM) turns one off after a failed delivery."""

    enabled: Flag = None
    reason: Text = None
    actor: Text = None


class Subscription(Record):
    """A subscription. `security_key` comes once, with the answer to its creation."""

    name: Text = None
    organization_id: Text = None
    status: SubscriptionStatus = SubscriptionStatus()
    events: Annotated[tuple[SubscribedEvent, ...], Many] = ()
    notification_url: Text = None
    security_key: SecretStr | None = None

    @property
    def enabled(self) -> bool:
        """Whether BILL says that it sends."""
        return self.status.enabled is True

    @property
    def types(self) -> frozenset[str]:
        """The kinds of event that it covers."""
        return frozenset(event.type for event in self.events)


class DeliveryTry(Shape):
    """One further try to deliver a notification."""

    attempt_number: Number = None
    created_time: Instant = None
    status_code: Number = None


class EventRecord(Record):
    """A notification as the history keeps it, delivered or not; `payload` is its body as a text."""

    type: Text = None
    version: str | int | None = None
    subscription_id: Text = None
    payload: str | dict[str, Any] | None = Field(default=None, repr=False)
    status_code: Number = None
    retries: Annotated[tuple[DeliveryTry, ...], Many] = ()

    def notification(self) -> Mapping[str, Any]:
        """The body, parsed. Raises ValueError where there is none."""
        return notification(self.payload)


def notification(content: object) -> Mapping[str, Any]:
    """A notification's body as an object (bill section 7.3): also where it is a text, or stands in `payload` as one.

    Amounts are Decimals. Raises ValueError where there is no object.
    """
    for _ in range(3):  # a text in a text in `payload` is the deepest that is known
        if isinstance(content, str | bytes):
            content = json.loads(content, parse_float=Decimal)
        elif isinstance(content, Mapping) and "metadata" not in content and isinstance(content.get("payload"), str):
            content = content["payload"]
        else:
            break
    if isinstance(content, str | bytes):
        content = json.loads(content, parse_float=Decimal)
    if not isinstance(content, Mapping):
        raise ValueError("the notification is no object")
    return content
