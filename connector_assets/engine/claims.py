"""The documents that a run has claimed, kept for as long as it works on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from connector_assets.engine.flow import Flow
from connector_assets.engine.task import DeliveryPolicy, DeliveryTask


class Claims:
    """One run's claims in one flow. They are prolonged long before they run out, so that a live run never loses one; a
    run that stood still for longer than its lease finds out before it sends anything."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, owner: str) -> None:
        self.flow = flow
        self.policy = policy
        self.owner = owner
        self.deliveries = flow.context.ledger.deliveries
        self.clock = flow.context.clock
        self._until = self.clock.now()
        self._taken = self.clock.monotonic()

    def take(self, keys: Collection[str]) -> set[str]:
        """Claim what is free; returns what is ours. The rest is another run's."""
        self._started()
        return self.deliveries.claim(self.flow.full_name, keys, self.owner, self.policy.lease_seconds)

    def keep(self, tasks: Sequence[DeliveryTask]) -> None:
        """Prolong these works' claims once a third of the lease has gone. A work that another run took is parked."""
        third = self.policy.lease_seconds / 3
        # by both readings, since the wall clock may be set while we work
        left = self._until - self.clock.now()
        if left > timedelta(seconds=2 * third) and self.clock.monotonic() - self._taken < third:
            return
        self._started()
        keys = [task.document.key for task in tasks]
        ours = self.deliveries.renew(self.flow.full_name, keys, self.owner, self.policy.lease_seconds)
        for task in tasks:
            if task.document.key not in ours:
                task.parked = True

    def sleep(self, seconds: float, tasks: Sequence[DeliveryTask]) -> None:
        """Wait, keeping the claims of these works."""
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            self.clock.sleep(min(left, self.policy.lease_seconds / 6))
            self.keep([task for task in tasks if task.alive])

    def give_back(self, keys: Collection[str]) -> None:
        """Let others have these documents at once, rather than at the end of the lease."""
        self.deliveries.release(self.flow.full_name, keys, self.owner)

    def _started(self) -> None:
        self._until = self.clock.now() + timedelta(seconds=self.policy.lease_seconds)
        self._taken = self.clock.monotonic()
