"""What is known of the writes of one step: until when the first may leave, and whether one left without a proof of what
became of it.

A write may wait for its turn, for a slot, for a login. What looks for a lost write afterwards counts from the promise
that it leaves by then or not at all. And whatever fails after a write has left, a read behind it or our own code, its
effect is unknown, unless an answer proves that there was none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Departure:
    """`leaves_by`: the first write leaves before this monotonic reading of the session's clock, None: whenever its turn
    comes. `open`: writes that left and may have had an effect."""

    leaves_by: float | None = None
    open: int = 0


_CURRENT: ContextVar[Departure | None] = ContextVar("departure", default=None)


@contextmanager
def departing(departure: Departure) -> Iterator[None]:
    """The writes of this thread in here are those that `departure` tells of."""
    token = _CURRENT.set(departure)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def aside() -> Iterator[None]:
    """A login on the way of a write is not that write."""
    token = _CURRENT.set(None)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def too_late(now: float) -> bool:
    """Whether a write that would leave now breaks the promise. Once one has left in time, what follows may take longer:
    that something was sent is known."""
    departure = _CURRENT.get()
    if departure is None or departure.leaves_by is None:
        return False
    if now > departure.leaves_by:
        return True
    departure.leaves_by = None
    return False


def left() -> None:
    """A write is on its way."""
    if (departure := _CURRENT.get()) is not None:
        departure.open += 1


def without_effect() -> None:
    """The write that left last had no effect: that much is proved."""
    if (departure := _CURRENT.get()) is not None:
        departure.open -= 1
