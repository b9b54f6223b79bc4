"""One connection's way to BILL, shared by its resources: what is repeated, and when nothing more is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from connector_resources.bill.errors import HourSpent, SessionEnded, SlotsTaken
from connector_resources.clock import Clock
from connector_resources.connections.bill import BillConnection
from connector_resources.errors import OutcomeUnknown, RateLimited, Unavailable
from connector_resources.http import Answer, Call, HttpSession
from connector_resources.http.slots import Slots

T = TypeVar("T")

_TRIES = 5  # the call itself, and again after 1, 2, 4 and 8 seconds (bill section 5.4)


class Settling:
    """How long a list may lag behind a write that got no answer (bill section 8.20)."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = clock.monotonic()

    def begin(self) -> None:
        """A write got no answer just now."""
        self._until = self._clock.monotonic() + self._seconds

    def wait(self) -> None:
        """Wait until a list may be believed."""
        self._clock.sleep(max(0.0, self._until - self._clock.monotonic()))


class Channel:
    """Sends calls.

    What BILL rejected before any work is repeated, writes too: `BDC_1322` after 1, 2, 4 and 8 seconds, `BDC_1109`
    after one more new login. `BDC_1144` ends all sending until the next full hour, in all processes.
    """

    def __init__(
        self, http: HttpSession, connection: BillConnection, clock: Clock, settling: Settling, slots: Slots
    ) -> None:
        self.http = http
        self.connection = connection
        self.clock = clock
        self._settling = settling
        self._slots = slots

    def send(self, call: Call) -> Answer:
        """The answer of one call; raises the error vocabulary."""
        try:
            return self.guarded(lambda: self._twice(call))
        except OutcomeUnknown:
            self._settling.begin()
            raise

    def list(self, call: Call) -> Answer:
        """As `send`, for a list: not at once after a write that got no answer."""
        self._settling.wait()
        return self.send(call)

    def guarded(self, act: Callable[[], T]) -> T:
        """The result of `act`, which sends; tried again while all slots are taken."""
        retrying = Retrying(
            sleep=self.clock.sleep,
            stop=stop_after_attempt(_TRIES),
            wait=wait_exponential(multiplier=1, max=8) + wait_random(0, 0.5),
            retry=retry_if_exception_type(SlotsTaken),
            reraise=True,
        )
        try:
            return retrying(act)
        except SlotsTaken as problem:
            fix = "does another integration use the same developer key?"
            raise RateLimited(f"{problem}; {fix}", connection=problem.connection, status=problem.status) from None
        except SessionEnded as problem:
            raise Unavailable(
                f"{problem}; the session was a new one: does another integration log in with the same user?",
                connection=problem.connection,
                status=problem.status,
            ) from None
        except HourSpent:
            self._slots.exhausted()
            raise

    def _twice(self, call: Call) -> Answer:
        """A session that another process ended right after the login gets one more round."""
        try:
            return self.http.send(call)
        except SessionEnded:
            return self.http.send(call)
