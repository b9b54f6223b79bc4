"""The header X-Idempotent-Key of the events API (bill section 7.1)."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector_sandbox.bill.errors import Refusal
from connector_sandbox.bill.subscriptions import Keep
from connector_sandbox.kernel.clock import SandboxClock

HEADER = "X-Idempotent-Key"
_CACHED = timedelta(hours=24)


class IdempotentKeys:
    """The answers of the calls that succeeded, for a day, and the calls that are under way."""

    def __init__(self, clock: SandboxClock, keep: Keep) -> None:
        self._clock = clock
        self._keep = keep
        self._answers: dict[str, dict[str, Any]] = {}
        self._under_way: set[str] = set()

    def restore(self, records: Mapping[str, Any]) -> None:
        """Hold these and no others."""
        self._answers = dict(records)

    def dump(self) -> dict[str, Any]:
        """What `restore` takes."""
        return dict(self._answers)

    async def once(self, key: str | None, call: str, work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """What `work` answers, or answered when the same call came with this key; Refusal for a bad key, or for
        one that is in use."""
        if key is None:
            raise Refusal(400, None, f"Required request header {HEADER!r} is not present.")
        known = f"{call} {_checked(key)}"
        cached = self._answers.get(known)
        if cached is not None and self._clock.now() - _time(cached) < _CACHED:
            answer: dict[str, Any] = cached["answer"]
            return answer
        if known in self._under_way:
            raise Refusal(429, None, f"A request with this {HEADER} is already in progress.")
        self._under_way.add(known)
        try:
            answer = await work()
        finally:
            self._under_way.discard(known)
        self._answers[known] = {"time": self._clock.now(), "answer": answer}
        self._keep(known, self._answers[known])
        return answer


def _checked(key: str) -> str:
    try:
        given = uuid.UUID(key)
    except ValueError:
        given = None
    if given is None or given.version != 4 or str(given) != key.lower():
        raise Refusal(400, None, f"{HEADER} must be a UUID of version 4.")
    return str(given)


def _time(cached: Mapping[str, Any]) -> datetime:
    time: datetime = cached["time"]
    return time
