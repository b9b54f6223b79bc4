"""A vendor's rate limit: calls pass at a steady rate, some may queue, the others are turned away."""

from __future__ import annotations

import asyncio

from connector_sandbox.kernel.clock import SandboxClock


class LeakyBucket:
    """Lets `per_second` calls through each second, evenly; up to `queue` calls wait for their turn."""

    def __init__(self, clock: SandboxClock, *, per_second: float, queue: int) -> None:
        self._clock = clock
        self._gap = 1 / per_second
        self._longest_wait = queue * self._gap
        self._next_turn = 0.0

    async def enter(self) -> bool:
        """Wait for a turn; False at once when the queue is full."""
        now = self._clock.monotonic()
        turn = max(now, self._next_turn)
        wait = turn - now
        # The small allowance is for the sum of many gaps, which is not exact.
        if wait > self._longest_wait + self._gap / 1000:
            return False
        self._next_turn = turn + self._gap
        if wait > 0:
            await asyncio.sleep(wait)
        return True

    def reset(self) -> None:
        """Forget what passed (the clock may have been moved)."""
        self._next_turn = 0.0
