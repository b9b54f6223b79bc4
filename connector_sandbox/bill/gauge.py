"""BILL's limits, and a count of everything that came (bill section 5.1).

A call is under way from the moment it has arrived until its answer goes out, however long a scripted fault keeps it;
one that is refused for the limit takes no place, but counts in the highest number ever seen.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from connector_sandbox.bill.errors import Refusal
from connector_sandbox.bill.options import Options
from connector_sandbox.kernel.clock import SandboxClock

_TOO_MANY = "Max number of concurrent requests per organization reached."


class Ticket:
    """What was found when a call arrived."""

    __slots__ = ("login", "refusal")

    def __init__(self, refusal: Refusal | None, *, login: bool) -> None:
        self.refusal = refusal
        self.login = login


class Gauge:
    """Counts the calls of the one developer key and organisation that there are."""

    def __init__(self, clock: SandboxClock, options: Callable[[], Options], *, limits: bool) -> None:
        self._clock = clock
        self._options = options
        self._limits = limits
        self._under_way = 0
        self._places = 0
        self.forget()

    def forget(self) -> None:
        """Nothing came yet. What is under way still is."""
        self._highest = self._under_way
        self._refused: Counter[str] = Counter()
        self._hours: Counter[str] = Counter()
        self._logins: Counter[str] = Counter()
        self._last_logins: deque[float] = deque()

    def arrived(self, *, login: bool) -> Ticket:
        """A call begins. What the limits say of it is decided now."""
        self._under_way += 1
        self._highest = max(self._highest, self._under_way)
        ticket = Ticket(self._refusal(login=login), login=login)
        if ticket.refusal is None:
            self._places += 1
        return ticket

    def left(self, ticket: Ticket) -> None:
        """Its answer goes out."""
        self._under_way -= 1
        if ticket.refusal is None:
            self._places -= 1

    def refused(self, refusal: Refusal) -> None:
        """A call was answered so, by a limit or for any other reason."""
        self._refused[refusal.code or str(refusal.status)] += 1

    def report(self) -> dict[str, Any]:
        """{"in_flight": {"now", "highest", "limit"}, "refused": {code: n}, "hours": {hour: n}, "logins": {hour: n}}."""
        limit = self._options().in_flight if self._limits else 0
        return {
            "in_flight": {"now": self._under_way, "highest": self._highest, "limit": limit},
            "refused": dict(self._refused),
            "hours": dict(self._hours),
            "logins": dict(self._logins),
        }

    def _refusal(self, *, login: bool) -> Refusal | None:
        options = self._options()
        hour = self._clock.now().strftime("%Y-%m-%dT%H")
        self._hours[hour] += 1
        if login:
            self._logins[hour] += 1
        problem = self._problem(options, hour, login=login) if self._limits else None
        return None if problem is None else Refusal(options.limit_status, *problem)

    def _problem(self, options: Options, hour: str, *, login: bool) -> tuple[str, str] | None:
        if 0 < options.calls_per_hour < self._hours[hour]:
            return "BDC_1144", f"Max number of allowed requests per hour reached: {options.calls_per_hour}."
        if login and 0 < options.logins_per_hour < self._logins[hour]:
            return "BDC_1144", f"Max number of allowed requests per hour reached: {options.logins_per_hour}."
        if 0 < options.in_flight <= self._places:
            return "BDC_1322", _TOO_MANY
        if login and not self._login_allowed(options.logins_per_minute):
            return "BDC_1144", f"Max number of allowed requests per minute reached: {options.logins_per_minute}."
        return None

    def _login_allowed(self, per_minute: int) -> bool:
        now = self._clock.monotonic()
        while self._last_logins and not 0 <= now - self._last_logins[0] < 60:
            self._last_logins.popleft()
        if 0 < per_minute <= len(self._last_logins):
            return False
        self._last_logins.append(now)
        return True
