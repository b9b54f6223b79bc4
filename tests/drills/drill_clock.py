"""One time for a drill, read from two clocks: ours, which somebody may put back, and the vendors'."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# a Monday morning
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NINE.date()
YESTERDAY = TODAY - timedelta(days=1)


class Time:
    """Seconds since the drill's beginning. They pass when something waits, or is said to take time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pass_by(self, seconds: float) -> None:
        """Let `seconds` go by."""
        if seconds > 0:
            self.seconds += seconds


class Hands:
    """A clock over a time, as our side and the sandbox read it: wall time, a monotonic reading, waiting."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.wrong_by = 0.0

    def now(self) -> datetime:
        """The instant that this clock shows, in UTC."""
        return NINE + timedelta(seconds=self._time.seconds + self.wrong_by)

    def monotonic(self) -> float:
        """Seconds that nobody can set."""
        return self._time.seconds

    def sleep(self, seconds: float) -> None:
        """Wait, which takes no time of the machine's."""
        self._time.pass_by(seconds)

    def put_back(self, seconds: float) -> None:
        """Somebody sets the wall clock; the monotonic reading is not impressed."""
        self.wrong_by -= seconds
