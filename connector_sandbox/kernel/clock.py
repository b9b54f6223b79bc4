"""The sandbox's clock: the machine's, shifted by what the control interface asked for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Now, for every system of one sandbox. Tests turn its hands with POST /clock."""

    def __init__(self) -> None:
        self._shift = timedelta(0)

    def now(self) -> datetime:
        """The current instant of the sandbox, in UTC."""
        return datetime.now(UTC) + self._shift

    def monotonic(self) -> float:
        """Seconds for lifetimes and time-outs; they jump when the clock is moved, so that a token ages."""
        return time.monotonic() + self._shift.total_seconds()

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds`."""
        self._shift += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Make `instant` the current one; it must have a zone."""
        if instant.tzinfo is None:
            raise ValueError("the sandbox clock is set to an instant with a zone")
        self._shift = instant.astimezone(UTC) - datetime.now(UTC)

    def reset(self) -> None:
        """Back to the machine's time."""
        self._shift = timedelta(0)
