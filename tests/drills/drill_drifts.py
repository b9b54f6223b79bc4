"""What other people do to the records while we read them, between two of our calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from drill_faults import Fault
from drill_hands import Clerks
from drill_line import Exchange
from drill_process import Process
from requests import Response

if TYPE_CHECKING:
    from drill_scenes import Scene, Workshop

GROWS, SHRINKS = "source_grows", "source_shrinks"
TARGET_GROWS, TARGET_SHRINKS = "target_grows", "target_shrinks"
DRIFTS = (GROWS, SHRINKS, TARGET_GROWS, TARGET_SHRINKS)
# in the middle of a call, another process of ours begins with the same documents, and ends
BESIDE = "beside"


class Drifts:
    """The drifts of one case. `foreign_records` are the target's records that are none of ours, `seen` all that ever
    were."""

    def __init__(self, workshop: Workshop, scene: Scene) -> None:
        self.foreign_records = list(scene.foreign_records)
        self.seen = set(scene.foreign_records)
        self._workshop, self._scene = workshop, scene
        self.clerks = Clerks(workshop.testbed, workshop.acts(scene.variant))
        self._there = list(scene.foreign_records)
        self._done: set[str] = set()

    def named(self, name: str) -> Fault:
        """The drift of that name, as a fault: somebody acts, then the call is answered. Each happens once."""
        acts = {
            GROWS: self._source_grows,
            SHRINKS: self._source_shrinks,
            TARGET_GROWS: self._target_grows,
            TARGET_SHRINKS: self._target_shrinks,
            BESIDE: self._beside,
        }

        def happens(exchange: Exchange) -> Response:
            if name in self._done:
                return exchange.take_effect()
            self._done.add(name)
            # what was read before the other came is old when it is used
            answer = exchange.take_effect() if name == BESIDE and exchange.safe else None
            acts[name]()
            return answer or exchange.take_effect()

        return Fault(name, happens)

    def _beside(self) -> None:
        process = self._workshop.site.database.process
        self._workshop.deliver(self._scene, Process(), patient=False)
        self._workshop.site.database.process = process

    def _source_grows(self) -> None:
        self._act(self._workshop.acts(self._scene.variant).late)

    def _source_shrinks(self) -> None:
        self._act(self._workshop.acts(self._scene.variant).forget)

    def _act(self, act: Callable[..., Any]) -> None:
        act(self._workshop.testbed)

    def _target_grows(self) -> None:
        effects = self._workshop.site.traffic.effects
        before, target = len(effects), self._workshop.target(self._scene.variant)
        self._act(self._workshop.acts(self._scene.variant).foreign_record)
        # with what comes along with them, such as an order's first revision
        coming = dict.fromkeys((entity, number) for system, entity, number in effects[before:] if system == target)
        self.foreign_records += coming
        self.seen.update(coming)

    def _target_shrinks(self) -> None:
        while self._there:
            leaving = self._there.pop()
            self._workshop.acts(self._scene.variant).leave(self._workshop.testbed, leaving)
            # its number may be given to another
            self.foreign_records.remove(leaving)
