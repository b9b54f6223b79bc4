"""The way of the notifications to their receivers: the order, the attempts, the end of a subscription (bill 7.5).

All that is remembered changes on the event loop alone; only the post itself runs in a thread. Each subscription has
one task, which sends one notification at a time and ends when nothing waits; a notification that waits for its next
attempt does not hold up the others.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from connector_sandbox.bill.errors import Refusal
from connector_sandbox.bill.event_bodies import minified
from connector_sandbox.bill.event_history import Attempt, Event, History
from connector_sandbox.bill.event_options import EventOptions
from connector_sandbox.bill.event_post import Answer, Poster
from connector_sandbox.bill.subscriptions import Subscription, Subscriptions
from connector_sandbox.kernel.clock import SandboxClock

_GATHERING_SECONDS = 0.05
"""How long events are gathered before they are sent in another order."""
_TICK_SECONDS = 0.02
"""How often the sandbox's clock is looked at, for it may be turned."""
SUCCESS = 200
"""Exactly this one (bill section 7.5)."""


def check_on(subscription: Subscription) -> None:
    """Refusal when nothing is sent to the subscription."""
    if not subscription.enabled:
        raise Refusal(400, None, "The subscription is not enabled: nothing is sent.")


@dataclass(frozen=True, slots=True)
class _Job:
    event_id: str
    tries: int = 0
    """Attempts before this one."""
    is_double: bool = False
    """Sent beside the real one; what is answered does not count."""


@dataclass(slots=True)
class _Queue:
    ready: deque[_Job] = field(default_factory=deque)
    later: list[tuple[float, int, _Job]] = field(default_factory=list)
    """(when on the sandbox's clock, a number that keeps the order, what)."""
    task: asyncio.Task[None] | None = None
    pushed: int = 0


class Deliveries:
    """Sends the events that wait, and notes in the history what became of them."""

    def __init__(
        self,
        clock: SandboxClock,
        options: Callable[[], EventOptions],
        subscriptions: Subscriptions,
        history: History,
    ) -> None:
        self._clock = clock
        self._options = options
        self._subscriptions = subscriptions
        self._history = history
        self._poster = Poster()
        self._queues: dict[str, _Queue] = {}
        self.forget()

    def forget(self) -> None:
        """Nothing was sent and nothing waits."""
        for queue in self._queues.values():
            if queue.task is not None:
                queue.task.cancel()
        self._queues = {}
        self._failed: dict[str, str] = {}
        self._sent = self._lost = 0
        self.reseed()

    def reseed(self) -> None:
        """Chance begins again."""
        # Two, so that which ones are lost does not hang on how fast the receiver is.
        seed = self._options().event_seed
        self._fate, self._order = random.Random(seed), random.Random(seed)  # noqa: S311 - faults, not secrets

    def resume(self) -> None:
        """Queue what waited when the sandbox ended; it goes on with the next call of `wake`."""
        for event in self._history.by_id.values():
            if event.waiting:
                self._queue_of(event).ready.append(_Job(event.id, len(event.attempts)))

    def is_lost(self) -> bool:
        """Whether chance loses the next event on its way."""
        lost = self._fate.random() < self._options().event_losses
        self._lost += lost
        return lost

    def send(self, event: Event) -> None:
        """Queue a new event, twice if chance says so."""
        queue = self._queue_of(event)
        queue.ready.append(_Job(event.id))
        if self._fate.random() < self._options().event_doubles:
            queue.ready.append(_Job(event.id, is_double=True))
        self.wake()

    def halt(self, subscription_id: str) -> None:
        """Nothing more is sent to a subscription that is off or gone; what waited stays in the history."""
        queue = self._queues.get(subscription_id)
        if queue is None:
            return
        for job in [*queue.ready, *(job for _, _, job in queue.later)]:
            self._give_up(job)
        queue.ready.clear()
        queue.later.clear()

    async def once(self, subscription: Subscription, event: Event) -> None:
        """Send an event now, without another attempt; Refusal when the subscription is off."""
        check_on(subscription)
        answer = await self._post(subscription, event, subscription.security_key)
        if event.id in self._history.by_id:
            self._note(event, answer)

    def wake(self) -> None:
        """See to it that what waits is sent; before the sandbox serves there is nobody to do so."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        for subscription_id, queue in self._queues.items():
            if queue.task is None and (queue.ready or queue.later):
                queue.task = loop.create_task(self._empty(subscription_id, queue))

    def report(self) -> dict[str, Any]:
        """Counts, and what failed: never what was in it."""
        self.wake()
        waiting = (len(each.ready) + len(each.later) + (each.task is not None) for each in self._queues.values())
        failures = [
            {"event": key, "type": event.type, "subscription": event.subscription_id, "id": event.entity_id,
             "reason": reason}
            for key, reason in self._failed.items()
            if (event := self._history.by_id.get(key)) is not None
        ]  # fmt: skip
        return {
            "sent": self._sent,
            "failed": len(failures),
            "dropped": self._lost,
            "waiting": sum(waiting),
            "failures": failures,
        }

    def resend(self) -> dict[str, Any]:
        """Send again what failed, as far as its subscription is on."""
        again = [
            event
            for key in self._failed
            if (event := self._history.by_id.get(key)) is not None
            and self._subscriptions.by_id[event.subscription_id].enabled
        ]
        for event in again:
            del self._failed[event.id]
            event.waiting = True
            self._history.changed(event)
            self._queue_of(event).ready.append(_Job(event.id))
        self.wake()
        return {"resent": len(again)}

    async def wait(self, seconds: float) -> None:
        """Return when nothing waits, or after so long."""
        until = asyncio.get_running_loop().time() + seconds
        while self.report()["waiting"] and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_TICK_SECONDS)

    def _queue_of(self, event: Event) -> _Queue:
        return self._queues.setdefault(event.subscription_id, _Queue())

    async def _empty(self, subscription_id: str, queue: _Queue) -> None:
        try:
            if self._options().event_order == "shuffled":
                await asyncio.sleep(_GATHERING_SECONDS)
            while (job := await self._next(queue)) is not None:
                await self._attempt(subscription_id, queue, job)
        finally:
            queue.task = None

    async def _next(self, queue: _Queue) -> _Job | None:
        while queue.ready or queue.later:
            while queue.later and queue.later[0][0] <= self._clock.monotonic():
                queue.ready.append(heappop(queue.later)[2])
            if queue.ready:
                if self._options().event_order == "shuffled":
                    queue.ready.rotate(-self._order.randrange(len(queue.ready)))
                return queue.ready.popleft()
            await asyncio.sleep(_TICK_SECONDS)
        return None

    async def _attempt(self, subscription_id: str, queue: _Queue, job: _Job) -> None:
        subscription, event = self._subscriptions.by_id.get(subscription_id), self._history.by_id.get(job.event_id)
        if subscription is None or event is None:
            return
        if not subscription.enabled:
            self._give_up(job)
            return
        key = event.key if self._options().sign_with_old_key else subscription.security_key
        answer = await self._post(subscription, event, key)
        if job.is_double or event.id not in self._history.by_id:
            return
        event.waiting = False
        waits = self._options().event_retry_seconds
        if answer.status != SUCCESS and job.tries < len(waits) and subscription.enabled:
            event.waiting = True
            queue.pushed += 1
            due = self._clock.monotonic() + waits[job.tries]
            heappush(queue.later, (due, queue.pushed, _Job(event.id, job.tries + 1)))
        self._note(event, answer)
        if answer.status == SUCCESS or event.waiting:
            return
        self._failed[event.id] = answer.reason
        if subscription.enabled:
            tries = job.tries + 1
            self._subscriptions.disable(subscription, f"Notification {event.id} failed after {tries} attempts.")
            self.halt(subscription_id)

    async def _post(self, subscription: Subscription, event: Event, key: str) -> Answer:
        options = self._options()
        seconds = options.event_timeout_seconds
        body = minified(event.payload) if options.payload_as_string else event.payload.encode()
        post = asyncio.to_thread(self._poster.post, subscription.notification_url, body, key, seconds, options.trust)
        try:
            return await asyncio.wait_for(post, seconds)
        except TimeoutError:
            return Answer(None, f"no answer within {seconds:g} seconds")

    def _note(self, event: Event, answer: Answer) -> None:
        event.attempts = [*event.attempts, Attempt(self._clock.now(), answer.status, answer.reason)]
        if answer.status == SUCCESS:
            self._sent += 1
            self._failed.pop(event.id, None)
        self._history.changed(event)

    def _give_up(self, job: _Job) -> None:
        event = self._history.by_id.get(job.event_id)
        if event is not None and event.waiting:
            event.waiting = False
            self._history.changed(event)
