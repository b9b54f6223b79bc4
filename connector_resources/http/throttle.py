"""Client-side rate and in-flight limit of one connection.

pyrate-limiter can read an injected clock but always sleeps on the machine's own, so a drill on a turned clock
would wait in real time; a token bucket is small enough to keep here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connector_resources.clock import Clock
from connector_resources.errors import RateLimited, UnusableInput

# A vendor that asks for more than this is told about at once: a run does not sleep through an hour.
LONGEST_WAIT_SECONDS = 120.0


class Throttle:
    """At most `in_flight` calls at once, `per_second` with `burst` at once; pauses when the vendor asks."""

    def __init__(self, *, connection: str, in_flight: int, per_second: float | None, burst: int, clock: Clock) -> None:
        if in_flight < 1 or burst < 1 or (per_second is not None and per_second <= 0):
            raise UnusableInput(
                f"connection {connection}: limits in_flight and burst are at least 1, per_second is above 0"
            )
        self._connection = connection
        self._slots = threading.BoundedSemaphore(in_flight)
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._burst
        self._read_at = clock.monotonic()
        self._held_until = self._read_at

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place and for the rate, then hold the place for the body."""
        with self._slots:
            while wait := self._wait():
                self._clock.sleep(wait)
            yield

    def hold(self, seconds: float) -> None:
        """The vendor asked for a pause: nobody sends before it is over."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def _wait(self) -> float:
        """Seconds until this call may go; 0 takes the token."""
        with self._lock:
            now = self._clock.monotonic()
            held = self._held_until - now
            if held > LONGEST_WAIT_SECONDS:
                raise RateLimited(
                    f"{self._connection} asked not to be called for another {held:.0f} s",
                    connection=self._connection,
                    retry_after=held,
                )
            if held > 0:
                return held
            if self._per_second is None:
                return 0.0
            self._tokens = min(self._burst, self._tokens + (now - self._read_at) * self._per_second)
            self._read_at = now
            if self._tokens >= 1.0 - 1e-9:  # a hair below one is rounding, and would ask for a sleep of nothing
                self._tokens -= 1.0
                return 0.0
            return (1.0 - self._tokens) / self._per_second
