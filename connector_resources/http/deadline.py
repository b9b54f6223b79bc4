"""Until when a write may leave: whoever sends it has promised to send it by then or not at all.

A write may wait for its turn, for a slot, for a login. What looks for a lost write afterwards counts from that promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LEAVES_BY: ContextVar[float | None] = ContextVar("leaves_by", default=None)


@contextmanager
def leaving_by(moment: float | None) -> Iterator[None]:
    """The first write of this thread in here leaves before `moment`, a monotonic reading of the session's clock; None:
    whenever its turn comes."""
    token = _LEAVES_BY.set(moment)
    try:
        yield
    finally:
        _LEAVES_BY.reset(token)


def too_late(now: float) -> bool:
    """Whether a write that would leave now breaks the promise. Once one has left in time, what follows may take longer:
    that something was sent is known."""
    moment = _LEAVES_BY.get()
    if moment is not None and now > moment:
        return True
    _LEAVES_BY.set(None)
    return False
