"""BILL's limits kept by one process alone, for a client that has no ledger to keep them with others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connector_resources.bill.errors import seconds_to_next_hour
from connector_resources.clock import Clock
from connector_resources.connections.bill import BillConnection
from connector_resources.errors import RateLimited


class LocalSlots:
    """`Slots` of this process: so many calls in flight over both APIs, and so many in a clock hour."""

    def __init__(self, connection: BillConnection, clock: Clock) -> None:
        self._name = connection.name
        self._budget = connection.limits.calls_per_hour
        self._places = threading.BoundedSemaphore(connection.limits.in_flight)
        self._clock = clock
        self._lock = threading.Lock()
        self._hour = ""
        self._used = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a place for one exchange. Raises RateLimited where this hour's calls are used up."""
        with self._places:
            self._count()
            yield

    def exhausted(self) -> None:
        """BILL said that this hour's calls are used up."""
        with self._lock:
            self._turn_hour()
            self._used = self._budget

    def _count(self) -> None:
        with self._lock:
            self._turn_hour()
            if self._used >= self._budget:
                left = seconds_to_next_hour(self._clock.now())
                raise RateLimited(
                    f"{self._name}: the calls of this hour are used up; the next hour begins in {left:.0f} s",
                    connection=self._name,
                    retry_after=left,
                )
            self._used += 1

    def _turn_hour(self) -> None:
        hour = self._clock.now().strftime("%Y-%m-%dT%H")
        if hour != self._hour:
            self._hour, self._used = hour, 0
