"""Subscriptions to events: what they are, what is refused (bill section 7.1)."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from connector_sandbox.bill.errors import Refusal, timestamp
from connector_sandbox.kernel.clock import SandboxClock

MOST = 10
"""Per organisation (bill section 5.1)."""
_REQUIRED = ("name", "status", "events", "notificationUrl")
Keep = Callable[[str, Any], None]
"""Told what is now under a key; None: nothing."""
Catalog = Callable[[], list[dict[str, Any]]]


class Subscription(msgspec.Struct):
    """One receiver of events."""

    id: str
    number: int
    name: str
    organization_id: str
    events: list[dict[str, str]]
    notification_url: str
    created_time: datetime
    updated_time: datetime
    security_key: str
    enabled: bool
    actor: Literal["CLIENT", "SYSTEM"] = "CLIENT"
    reason: str | None = None

    def wants(self, event_type: str) -> str | None:
        """The version of an event that was asked for; None when the event was not."""
        return next((each["version"] for each in self.events if each["type"] == event_type), None)

    def shown(self) -> dict[str, Any]:
        """As the API answers with it; the key is never in it."""
        reason = {} if self.reason is None else {"reason": self.reason}
        return {
            "id": self.id,
            "name": self.name,
            "organizationId": self.organization_id,
            "status": {"enabled": self.enabled, **reason, "actor": self.actor},
            "events": self.events,
            "notificationUrl": self.notification_url,
            "createdTime": timestamp(self.created_time),
            "updatedTime": timestamp(self.updated_time),
        }


class Subscriptions:
    """Those of one organisation."""

    def __init__(self, clock: SandboxClock, organization_id: str, catalog: Catalog, keep: Keep) -> None:
        self._clock = clock
        self._organization_id = organization_id
        self._catalog = catalog
        self._keep = keep
        self.by_id: dict[str, Subscription] = {}

    def restore(self, records: Mapping[str, Any]) -> None:
        """Hold these and no others."""
        self.by_id = {key: msgspec.convert(record, Subscription) for key, record in records.items()}

    def dump(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {key: msgspec.structs.asdict(each) for key, each in self.by_id.items()}

    def get(self, key: str) -> Subscription:
        """One; Refusal when there is none."""
        if key not in self.by_id:
            raise Refusal(404, "BDC_1120", "No data found.")
        return self.by_id[key]

    def create(self, body: Mapping[str, Any]) -> Subscription:
        """A new one, which has a key."""
        self._check(body, required=True)
        if len(self.by_id) >= MOST:
            raise Refusal(400, None, f"An organization can have at most {MOST} subscriptions.")
        now, number = self._clock.now(), 1 + max((each.number for each in self.by_id.values()), default=0)
        made = Subscription(
            id=made_up_id("subscription", self._organization_id, number, now.isoformat()),
            number=number,
            name=body["name"],
            organization_id=self._organization_id,
            events=_events(body["events"]),
            notification_url=body["notificationUrl"],
            created_time=now,
            updated_time=now,
            security_key=_new_key(),
            enabled=body["status"]["enabled"],
        )
        self._check_unlike_others(made)
        self.by_id[made.id] = made
        self.changed(made)
        return made

    def update(self, subscription: Subscription, body: Mapping[str, Any], *, whole: bool) -> None:
        """Change it as PUT (`whole`) or PATCH does."""
        self._check(body, required=whole)
        made = msgspec.structs.replace(subscription)
        made.name = body.get("name", made.name)
        made.notification_url = body.get("notificationUrl", made.notification_url)
        if "events" in body:
            made.events = _events(body["events"])
        self._check_unlike_others(made)
        if "status" in body:
            made.enabled, made.actor, made.reason = body["status"]["enabled"], "CLIENT", None
        for name in subscription.__struct_fields__:
            setattr(subscription, name, getattr(made, name))
        self._touch(subscription)

    def delete(self, subscription: Subscription) -> None:
        """It is gone, and its name is free."""
        del self.by_id[subscription.id]
        self._keep(subscription.id, None)

    def rotate(self, subscription: Subscription) -> str:
        """A new key; the old one signs nothing new."""
        subscription.security_key = _new_key()
        self._touch(subscription)
        return subscription.security_key

    def disable(self, subscription: Subscription, reason: str) -> None:
        """As BILL itself does when a notification could not be delivered (bill section 7.5)."""
        subscription.enabled, subscription.actor, subscription.reason = False, "SYSTEM", reason
        self._touch(subscription)

    def changed(self, subscription: Subscription) -> None:
        """Tell the store."""
        self._keep(subscription.id, msgspec.structs.asdict(subscription))

    def _touch(self, subscription: Subscription) -> None:
        subscription.updated_time = self._clock.now()
        self.changed(subscription)

    def _check(self, body: Mapping[str, Any], *, required: bool) -> None:
        wrong = [f"{name}: must not be null" for name in _REQUIRED if required and body.get(name) is None]
        given = {
            name: body[name] for name in _REQUIRED if body.get(name) is not None or (name in body and not required)
        }
        checks = {"name": _wrong_name, "status": _wrong_status, "events": self._wrong_events,
                  "notificationUrl": _wrong_url}  # fmt: skip
        wrong += [f"{name}: {fault}" for name, value in given.items() for fault in checks[name](value)]
        if wrong:
            raise Refusal(400, None, *wrong)

    def _wrong_events(self, events: Any) -> list[str]:
        if not isinstance(events, list) or not events:
            return ["must not be empty"]
        known = {each["type"]: each["versions"] for each in self._catalog()}
        wrong = []
        for each in events:
            kind, version = (each.get("type"), each.get("version")) if isinstance(each, Mapping) else (None, None)
            if not isinstance(kind, str) or kind not in known:
                wrong.append(f"unknown event type {kind!r}")
            elif version not in known[kind]:
                wrong.append(f"unknown version {version!r} of event type {kind!r}")
        return wrong

    def _check_unlike_others(self, made: Subscription) -> None:
        def subject(each: Subscription) -> tuple[str, set[str]]:
            return each.notification_url, {event["type"] for event in each.events}

        if any(each.id != made.id and subject(each) == subject(made) for each in self.by_id.values()):
            raise Refusal(400, None, "A subscription with the same events and notificationUrl already exists.")


def made_up_id(*of: object) -> str:
    """A UUID that is the same for the same."""
    chance = random.Random(":".join(map(str, of)))  # noqa: S311 - an id, not a secret
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _new_key() -> str:
    return secrets.token_urlsafe(32)


def _events(given: list[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"type": each["type"], "version": each["version"]} for each in given]


def _wrong_name(name: Any) -> list[str]:
    return [] if isinstance(name, str) and name.strip() else ["must not be blank"]


def _wrong_status(status: Any) -> list[str]:
    enabled = status.get("enabled") if isinstance(status, Mapping) else None
    return [] if isinstance(enabled, bool) else ["enabled must be true or false"]


def _wrong_url(url: Any) -> list[str]:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        good = parts is not None and parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    return [] if good else ["must be an HTTPS URL"]
