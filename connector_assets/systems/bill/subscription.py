"""Our subscription to BILL's events: created, corrected, turned on again, and what it missed read from its history
(bill sections 7.1 and 7.5).

BILL shows the key of its signatures once. The idempotency key of the call that returns it is in the ledger before the
call is sent, and the signature key is in the credential store before anything else is done. Whatever dies in between,
the next check asks with the same idempotency key and gets the same answer. A lost key is rotated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from connector_assets.systems.bill.notifications import hints_in_history
from connector_assets.systems.receivers import BillReceiver
from connector_resources.bill import BillClient, EventRecord, Subscription
from connector_resources.bill.events import VERSION
from connector_resources.credentials import CredentialStore
from connector_resources.errors import ConnectorError, Refused, UnusableInput
from connector_resources.inbox_settings import FORMER_SECURITY_KEY, SECURITY_KEY
from connector_resources.ledger import Ledger
from connector_resources.ledger.subscriptions import REPEATED_FOR, KeptSubscription

log = logging.getLogger(__name__)

# clocks differ, and a notification is tried for some time before BILL gives it up
OVERLAP = timedelta(minutes=15)
# BILL's history goes back so far
HISTORY = timedelta(days=180)
# a signature that we refuse makes us rotate the key, though not again and again where that is not the cure
ROTATE_AGAIN_AFTER = timedelta(hours=1)
TOGETHER = 200  # notifications of the history that are kept in one transaction
BY_HAND = "CLIENT"  # the actor of a status that was not set by BILL itself
NOT_SIGNED = 401


class NotSubscribed(ConnectorError):
    """The subscription is not as it should be, and only a person can change that."""


class Found(NamedTuple):
    """The subscription that is ours, and others of the same name and address, which only bring everything twice."""

    mine: Subscription | None
    doubles: tuple[Subscription, ...]


def found_among(subscriptions: Iterable[Subscription], receiver: BillReceiver, kept: KeptSubscription) -> Found:
    """Ours is the one whose key we have, else the oldest of our name that leads to our address."""
    listed = list(subscriptions)
    known = [each for each in listed if each.id == kept.subscription]
    same = [each for each in listed if each.name == receiver.settings.name and each.notification_url == receiver.url]
    same.sort(key=lambda each: (each.created_time is None, each.created_time, each.id))
    mine = next(iter([*known, *same]), None)
    return Found(mine, tuple(each for each in same if mine is not None and each.id != mine.id))


def kinds_of(client: BillClient, receiver: BillReceiver) -> list[str]:
    """The kinds of event that are wanted and that this organisation's catalog has."""
    return receiver.settings.chosen(each.type for each in client.events.catalog())


def is_known(store: CredentialStore, kept: KeptSubscription, mine: Subscription) -> bool:
    """Whether we have the key of its signatures."""
    return kept.subscription == mine.id and SECURITY_KEY in store.get(kept.connection)


def difference(receiver: BillReceiver, mine: Subscription, kinds: list[str]) -> dict[str, Any]:
    """What is to be changed of it; nothing where it is as the settings say."""
    wanted = {"name": receiver.settings.name, "notificationUrl": receiver.url}
    held = {"name": mine.name, "notificationUrl": mine.notification_url}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if held[name] != value}
    if mine.types != set(kinds):
        changes["events"] = [{"type": kind, "version": VERSION} for kind in kinds]
    return changes


class SubscriptionKeeper:
    """Keeps the subscription of one connection. Any number of processes may do so at once."""

    def __init__(self, ledger: Ledger, receiver: BillReceiver, store: CredentialStore) -> None:
        self._ledger = ledger
        self._kept = ledger.subscriptions
        self._receiver = receiver
        self._store = store
        self._name = receiver.connection.name

    def look(self, client: BillClient, *, catch_up: bool, by_hand: bool = False) -> list[str]:
        """Put the subscription right, and say what was done. With `catch_up`, or where it was off, its history is read.
        `by_hand`: turn it on even if somebody turned it off.

        Raises NotSubscribed for what a person has to decide, and what the client raises. What was in the way is kept
        for `connector ping`, as is that nothing was.
        """
        now = self._ledger.clock.now()
        try:
            done = self._put_right(client, now, catch_up=catch_up, by_hand=by_hand)
        except ConnectorError as error:
            self._kept.note(self._name, checked_at=now, problem=" ".join(str(error).split()))
            raise
        self._kept.note(self._name, checked_at=now, problem=None)
        return done

    def rotate(self, client: BillClient) -> None:
        """Have a new key made; the former one counts for a while. Raises NotSubscribed where there is no
        subscription."""
        mine = found_among(client.events.subscriptions(), self._receiver, self._kept.get(self._name)).mine
        if mine is None:
            raise NotSubscribed(f"{self._name} has no subscription: `connector inbox serve` makes it")
        self._rotate(client, mine.id, self._kept.key_for(self._name, "rotate"))

    def _put_right(self, client: BillClient, now: datetime, *, catch_up: bool, by_hand: bool) -> list[str]:
        done: list[str] = []
        kinds = kinds_of(client, self._receiver)
        if not kinds:
            wanted = ", ".join(self._receiver.settings.events)
            raise NotSubscribed(f"the catalog of {self._name} has none of {wanted}: changes are polled")
        kept = self._kept.get(self._name)
        mine, doubles = found_among(client.events.subscriptions(), self._receiver, kept)
        if mine is None:
            mine = self._create(client, kinds)
            # a subscription that was lost brings nothing of the time without it; that is polled
            kept = self._kept.get(self._name)
            done.append(f"subscription {mine.id} is made, for {len(kinds)} kinds of events")
        if not is_known(self._store, kept, mine):
            self._regain(client, kept, mine, kinds)
            done.append("the key of its signatures was not known: there is a new one")
        elif kept.rotate_key is not None:
            self._rotate(client, mine.id, kept.rotate_key)
        for each in doubles:
            client.events.delete(each.id)
            done.append(f"subscription {each.id} was a double: it is deleted")
        if changes := difference(self._receiver, mine, kinds):
            client.events.update(mine.id, changes)
            done.append(f"{' and '.join(sorted(changes))} of the subscription are as connections.yaml has them")
        since = self._since(mine, now)
        if not mine.enabled:
            done += self._turn_on(client, mine, since, now, by_hand=by_hand)
        if catch_up or not mine.enabled:
            new = self._read_history(client, mine, since)
            done += [f"{new} events that had not come are read from the history"] if new else []
        # it is on: what came before this is here, or is being tried, or will turn it off
        self._kept.note(self._name, seen_until=now)
        self._forget_former_key(now)
        return done

    # -- the key ------------------------------------------------------------------------------------------------------

    def _create(self, client: BillClient, kinds: list[str]) -> Subscription:
        made = self._created(client, kinds)
        if made.security_key is not None:
            self._keep(made.security_key.get_secret_value())
            self._kept.created(self._name, made.id)
        return made

    def _created(self, client: BillClient, kinds: list[str]) -> Subscription:
        key = self._kept.key_for(self._name, "create")
        return client.events.create_subscription(self._receiver.settings.name, kinds, self._receiver.url, key)

    def _regain(self, client: BillClient, kept: KeptSubscription, mine: Subscription, kinds: list[str]) -> None:
        """The key of a subscription that is ours: in the answer to its creation if that can be had again, else a new
        one."""
        asked_at = kept.create_key_at
        if kept.create_key is not None and asked_at and self._ledger.clock.now() - asked_at < REPEATED_FOR:
            # a refusal: this subscription was not made by that call
            with suppress(Refused):
                again = self._created(client, kinds)
                if again.id == mine.id and again.security_key is not None:
                    self._keep(again.security_key.get_secret_value())
                    self._kept.created(self._name, mine.id)
                    return
        self._rotate(client, mine.id, self._kept.key_for(self._name, "rotate"))

    def _rotate(self, client: BillClient, subscription: str, key: str) -> None:
        self._keep(client.events.rotate_key(subscription, key).get_secret_value())
        self._kept.rotated(self._name, subscription)
        log.info("%s: the key of its signatures was changed", self._name)

    def _keep(self, key: str) -> None:
        """The former key first: of what is under way, nothing is refused whatever dies here."""
        present = self._store.get(self._name).get(SECURITY_KEY)
        if present == key:
            return
        if present is not None:
            self._store.set(self._name, FORMER_SECURITY_KEY, present)
        self._store.set(self._name, SECURITY_KEY, key)

    def _forget_former_key(self, now: datetime) -> None:
        lasts = timedelta(hours=self._receiver.settings.former_key_hours)
        for connection, name, since in self._store.list():
            if (connection, name) == (self._name, FORMER_SECURITY_KEY) and now - since > lasts:
                # another process may have been quicker
                with suppress(UnusableInput):
                    self._store.delete(connection, name)

    # -- on and off, and the history ----------------------------------------------------------------------------------

    def _turn_on(
        self, client: BillClient, mine: Subscription, since: datetime, now: datetime, *, by_hand: bool
    ) -> list[str]:
        why = mine.status.reason or "BILL gave no reason"
        if mine.status.actor == BY_HAND and not by_hand:
            raise NotSubscribed(
                f"subscription {mine.id} of {self._name} was turned off by somebody ({why}); "
                f"`connector inbox enable {self._name}` turns it on again"
            )
        done = []
        kept = self._kept.get(self._name)
        cured = kept.rotated_at is not None and now - kept.rotated_at <= ROTATE_AGAIN_AFTER
        if not cured and any(_was_not_signed(each) for each in client.events.history(mine.id, since)):
            # its signatures are by another key than ours, or a proxy before us says so
            self._rotate(client, mine.id, self._kept.key_for(self._name, "rotate"))
            done.append("its signatures were not by the key that we have: there is a new one")
        client.events.enable(mine.id)
        self._kept.note(self._name, enabled_at=now, off_reason=why)
        return [*done, f"the subscription was off ({why}): it is on again"]

    def _since(self, mine: Subscription, now: datetime) -> datetime:
        seen = self._kept.get(self._name).seen_until
        begun = seen - OVERLAP if seen is not None else mine.created_time
        return max(begun or now - HISTORY, now - HISTORY)

    def _read_history(self, client: BillClient, mine: Subscription, since: datetime) -> int:
        """Everything of the history into the inbox, which knows what it has; how many hints are new."""
        hints = (hints_in_history(self._receiver, each) for each in client.events.history(mine.id, since))
        return sum(self._ledger.inbox.take_all(some, self._receiver.integrations) for some in _in_parts(hints))


def _was_not_signed(record: EventRecord) -> bool:
    return NOT_SIGNED in (record.status_code, *(each.status_code for each in record.retries))


def _in_parts(messages: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(messages, TOGETHER)):
        yield part
