"""BILL's Connect Events: what the rest of the sandbox sees of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from connector_sandbox.bill.deliveries import Deliveries, check_on
from connector_sandbox.bill.event_bodies import VERSION, catalog, family, notification
from connector_sandbox.bill.event_history import Event, History
from connector_sandbox.bill.event_options import EventOptions
from connector_sandbox.bill.event_triggers import Triggers
from connector_sandbox.bill.idempotent_keys import IdempotentKeys
from connector_sandbox.bill.subscriptions import Keep, Subscription, Subscriptions, made_up_id
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import Content, Store

_SUBSCRIPTIONS, _HISTORY, _KEYS = "event_subscriptions", "event_history", "event_idempotent_keys"
ENTITIES = (_SUBSCRIPTIONS, _HISTORY, _KEYS)
"""What `dump` holds them under."""


class Events:
    """The subscriptions of one organisation, what happened, and what was sent about it.

    `store` gives the place where changes are reported; `view` makes of a family ("bill") and a record of the books
    what a GET of the API shows.
    """

    def __init__(
        self,
        clock: SandboxClock,
        options: Callable[[], EventOptions],
        organization_id: str,
        store: Callable[[], Store],
        view: Callable[[str, Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        self._clock = clock
        self._options = options
        self._organization_id = organization_id
        self._view = view
        self._triggers = Triggers(options)

        def keep(entity: str) -> Keep:
            return lambda key, record: store().changed(entity, key, record)

        self.subscriptions = Subscriptions(clock, organization_id, self.catalog, keep(_SUBSCRIPTIONS))
        self.history = History(clock, keep(_HISTORY))
        self.keys = IdempotentKeys(clock, keep(_KEYS))
        self.deliveries = Deliveries(clock, options, self.subscriptions, self.history)

    def catalog(self) -> list[dict[str, Any]]:
        """[{"type", "versions"}]"""
        return catalog(payments=self._options().payment_events)

    def emit(self, kind: str, record: Mapping[str, Any]) -> None:
        """The books changed (books.Emit).

        If that is an event, it is in the history of every subscription to such events, and sent to those that are on.
        """
        event_type = self._triggers.event_type(kind, record)
        if event_type is None or not any(each["type"] == event_type for each in self.catalog()):
            return
        for subscription in list(self.subscriptions.by_id.values()):
            version = subscription.wants(event_type)
            if version is not None:
                self._report(subscription, event_type, version, self._view(family(event_type), record))

    async def test(self, subscription: Subscription, event_type: str, record: Mapping[str, Any]) -> Event:
        """Send a notification that nothing gave rise to, once."""
        check_on(subscription)
        event = self._event(subscription, event_type, subscription.wants(event_type) or VERSION, record)
        self.history.add(event)
        await self.deliveries.once(subscription, event)
        return event

    def restore(self, content: Content) -> None:
        """Take back what was dumped, and know the payments; an organisation begins without subscriptions."""
        self.deliveries.forget()
        self._triggers.begin(content.get("payments", {}).values())
        self.subscriptions.restore(content.get(_SUBSCRIPTIONS, {}))
        self.history.restore(content.get(_HISTORY, {}))
        self.keys.restore(content.get(_KEYS, {}))
        self.deliveries.resume()

    def dump(self) -> dict[str, dict[str, Any]]:
        """Subscriptions, history and idempotent keys."""
        return {
            _SUBSCRIPTIONS: self.subscriptions.dump(),
            _HISTORY: self.history.dump(),
            _KEYS: self.keys.dump(),
        }

    async def take_time(self) -> None:
        """As long as the option says."""
        seconds = self._options().event_post_seconds
        if seconds:
            await asyncio.sleep(seconds)

    @property
    def status_of(self) -> str:
        """Whose answer an event record tells."""
        return self._options().event_record_status

    def _report(self, subscription: Subscription, event_type: str, version: str, record: Mapping[str, Any]) -> None:
        if not subscription.enabled:
            self.history.add(self._event(subscription, event_type, version, record))
            return
        if self.deliveries.is_lost():
            if self._options().event_losses_in_history:
                self.history.add(self._event(subscription, event_type, version, record))
            return
        event = self._event(subscription, event_type, version, record)
        event.waiting = True
        self.history.add(event)
        self.deliveries.send(event)

    def _event(self, subscription: Subscription, event_type: str, version: str, record: Mapping[str, Any]) -> Event:
        number, now = self.history.next_number(), self._clock.now()
        # As exact as it is shown, so that what was shown can be asked for.
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        key = made_up_id("event", self._organization_id, number, now.isoformat())
        metadata = {
            "eventId": key,
            "subscriptionId": subscription.id,
            "organizationId": self._organization_id,
            "eventType": event_type,
            "version": version,
        }
        return Event(
            id=key,
            number=number,
            type=event_type,
            version=version,
            subscription_id=subscription.id,
            entity_id=record.get("id"),
            payload=notification(metadata, record),
            created_time=now,
            key=subscription.security_key,
        )
