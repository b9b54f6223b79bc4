"""Who gets the next slot: the rule, without a database. All that is here runs inside one exclusive transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass
class Holder:
    """A process, as all others see it: how many slots it holds, how many more it wants, its place in the queue.

    `expires` is in seconds of the clock that they share; `host`, `pid` and `born` say which process it is.
    """

    id: str
    holding: int
    wants: int
    turn: int
    expires: float
    host: str
    pid: int
    born: str


Holders = dict[str, Holder]


def last_turn(holders: Holders) -> int:
    """A place behind everybody."""
    return 1 + max((each.turn for each in holders.values()), default=0)


def settle(holders: Holders, slots: int, now: float, lease: float, gone: Callable[[Holder], bool]) -> None:
    """Forget who has gone, and give free slots to those who wait: to who holds fewest, then to who waits longest."""
    for each in list(holders.values()):
        if each.expires <= now or gone(each):
            del holders[each.id]
        elif each.expires > now + lease:
            # the clock was set back: who lives says so within a lease of the new time
            each.expires = now + lease
    free = slots - sum(each.holding for each in holders.values())
    while free > 0 and (waiting := [each for each in holders.values() if each.wants > 0]):
        following = min(waiting, key=lambda each: (each.holding, each.turn))
        following.turn = last_turn(holders)
        following.holding += 1
        following.wants -= 1
        free -= 1


def owed(mine: Holder, others: Collection[Holder]) -> int:
    """How many of my slots others should have in their turn: as long as one who waits holds fewer than I."""
    left, count = mine.holding, 0
    waiting = [[each.holding, each.wants] for each in others if each.wants > 0]
    while waiting:
        poorest = min(waiting)
        if poorest[0] >= left:
            break
        poorest[0] += 1
        poorest[1] -= 1
        left -= 1
        count += 1
        waiting = [each for each in waiting if each[1] > 0]
    return count


def wanted(others: Collection[Holder]) -> int:
    """How many slots others wait for."""
    return sum(each.wants for each in others)
