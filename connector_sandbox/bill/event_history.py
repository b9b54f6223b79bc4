"""The events of each subscription and what became of their deliveries (bill section 7.1)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from connector_sandbox.bill.errors import Refusal, timestamp
from connector_sandbox.bill.subscriptions import Keep, Subscription
from connector_sandbox.kernel.clock import SandboxClock

KEPT = timedelta(days=180)
_PAGE, _LARGEST_PAGE = 20, 100


class Attempt(msgspec.Struct):
    """One delivery: when, what the receiver answered, and why there was no answer."""

    time: datetime
    status: int | None
    reason: str = ""


class Event(msgspec.Struct):
    """One notification of one subscription."""

    id: str
    number: int
    type: str
    version: str
    subscription_id: str
    entity_id: str | None
    payload: str
    created_time: datetime
    key: str
    """The subscription's security key when this happened."""
    attempts: list[Attempt] = []
    waiting: bool = False
    """Whether it is still to be sent."""

    def shown(self, *, status_of: str) -> dict[str, Any]:
        """The event record; an attempt that nobody answered has no status."""
        places = {"first": 0, "last": -1}
        status = _status(self.attempts[places[status_of]]) if self.attempts else {}
        return {
            "id": self.id,
            "type": self.type,
            "version": self.version,
            "subscriptionId": self.subscription_id,
            "payload": self.payload,
            "createdTime": timestamp(self.created_time),
            **status,
        }

    def retries(self) -> list[dict[str, Any]]:
        """What came after the first attempt."""
        return [
            {"attemptNumber": number, "createdTime": timestamp(attempt.time), **_status(attempt)}
            for number, attempt in enumerate(self.attempts[1:], 1)
        ]


_Row = TypeVar("_Row", Event, Subscription)


class History:
    """The events of an organisation, in the order in which they happened."""

    def __init__(self, clock: SandboxClock, keep: Keep) -> None:
        self._clock = clock
        self._keep = keep
        self.by_id: dict[str, Event] = {}
        self._last = 0
        self._epoch = 0

    def restore(self, records: Mapping[str, Any]) -> None:
        """Hold these and no others."""
        events = (msgspec.convert(record, Event) for record in records.values())
        self.by_id = {each.id: each for each in sorted(events, key=lambda event: event.number)}
        self._last = max((each.number for each in self.by_id.values()), default=0)

    def dump(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {key: _record(each) for key, each in self.by_id.items()}

    def next_number(self) -> int:
        """The place of the next event."""
        self._last += 1
        return self._last

    def add(self, event: Event) -> None:
        """An event that just happened."""
        self.by_id[event.id] = event
        self.changed(event)

    def changed(self, event: Event) -> None:
        """Tell the store."""
        self._keep(event.id, _record(event))

    def get(self, subscription_id: str, key: str) -> Event:
        """One; Refusal when the subscription has none of this id."""
        event = self.by_id.get(key)
        if event is None or event.subscription_id != subscription_id or self._is_too_old(event):
            raise Refusal(404, "BDC_1120", "No data found.")
        return event

    def forget(self, subscription_id: str) -> None:
        """The subscription is gone."""
        for key in [each.id for each in self.by_id.values() if each.subscription_id == subscription_id]:
            del self.by_id[key]
            self._keep(key, None)

    def page(self, subscription_id: str, query: Mapping[str, str], *, status_of: str) -> dict[str, Any]:
        """{"results", "nextPage"} of what `query` asks for, the newest first unless `ascending`."""
        since, until = _time(query, "createdTimeFrom"), _time(query, "createdTimeTo")
        found = [
            each
            for each in self.by_id.values()
            if each.subscription_id == subscription_id
            and not self._is_too_old(each)
            and (since is None or each.created_time >= since)
            and (until is None or each.created_time <= until)
            and query.get("entityId") in (None, each.entity_id)
        ]
        return self.cut(
            found,
            lambda event: {**event.shown(status_of=status_of), "retries": event.retries()},
            query,
            ascending=_flag(query, "ascending"),
        )

    def cut(
        self, rows: list[_Row], show: Callable[[_Row], dict[str, Any]], query: Mapping[str, str], *, ascending: bool
    ) -> dict[str, Any]:
        """The page that `query` asks for; there is no way back (bill section 4)."""
        most, after = _most(query), self._place(query.get("page"))
        sign = 1 if ascending else -1
        left = [row for row in rows if after is None or row.number * sign > after * sign]
        left.sort(key=lambda row: row.number * sign)
        answer: dict[str, Any] = {"results": [show(row) for row in left[:most]]}
        if len(left) > most:
            token = f"{self._epoch}.{left[most - 1].number}".encode()
            answer["nextPage"] = urlsafe_b64encode(token).decode().rstrip("=")
        return answer

    def kill_links(self) -> None:
        """All tokens of further pages die."""
        self._epoch += 1

    def _place(self, token: str | None) -> int | None:
        if not token:
            return None
        try:
            epoch, place = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(".")
            if int(epoch) == self._epoch:
                return int(place)
        except ValueError:
            pass  # As one that died: refused below.
        raise Refusal(400, None, "page: the page token is not valid")

    def _is_too_old(self, event: Event) -> bool:
        return event.created_time < self._clock.now() - KEPT


def _record(event: Event) -> dict[str, Any]:
    return {**msgspec.structs.asdict(event), "attempts": [msgspec.structs.asdict(each) for each in event.attempts]}


def _status(attempt: Attempt) -> dict[str, Any]:
    return {} if attempt.status is None else {"statusCode": attempt.status}


def _most(query: Mapping[str, str]) -> int:
    given = query.get("max", str(_PAGE))
    most = int(given) if given.isdecimal() and len(given) < 5 else 0
    if not 1 <= most <= _LARGEST_PAGE:
        raise Refusal(400, None, f"max: must be between 1 and {_LARGEST_PAGE}")
    return most


def _flag(query: Mapping[str, str], name: str) -> bool:
    given = query.get(name, "false").lower()
    if given not in ("true", "false"):
        raise Refusal(400, None, f"{name}: must be true or false")
    return given == "true"


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        # An unencoded + of an offset arrives as a space.
        moment = datetime.fromisoformat(query[name].strip('"').replace(" ", "+"))
    except ValueError:
        raise Refusal(400, None, f"{name}: {query[name]!r} is not a date-time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
