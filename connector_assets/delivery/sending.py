"""Sending a slice's calls in threads, and what may come back besides the vendor's answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

from connector_assets.delivery.document import Step, Target
from connector_assets.delivery.flow import Flow
from connector_assets.delivery.reach import Reach
from connector_assets.delivery.work import Pace, Work
from connector_resources.errors import ConnectorError, Unavailable

log = logging.getLogger(__name__)


class NotSent(Unavailable):
    """We ourselves did not send the call."""


@dataclass(frozen=True)
class Defect:
    """An error of ours in the middle of a call: whether it was sent is not known. Raised again once all outcomes of the
    slice are recorded."""

    error: Exception

    def __str__(self) -> str:
        # the text of an error that nobody foresaw may hold anything
        return f"ended in {type(self.error).__name__}, a defect"


Answer = Target | ConnectorError | Defect


class Sender:
    """Sends the calls of one engine. After `halted`, which an interruption sets, none is begun."""

    def __init__(self, flow: Flow, pace: Pace, reach: Reach) -> None:
        self.flow = flow
        self.pace = pace
        self.reach = reach
        self.clock = flow.bench.clock
        self.pool: ThreadPoolExecutor | None = None
        self.halted = False

    def send(self, doing: Sequence[tuple[Work, Step]]) -> tuple[list[Answer], BaseException | None]:
        """The answers, in order, and what interrupted the wait for them (a signal): the calls under way were waited for
        all the same, so that their outcomes can be recorded."""
        if self.pool is None:
            raise AssertionError("steps run inside Engine.deliver")
        futures = [self.pool.submit(self._send, work, step) for work, step in doing]
        interruption: BaseException | None = None
        try:
            wait(futures)
        except BaseException as error:  # noqa: BLE001 - a signal; raised again when the outcomes are recorded
            interruption = error
            self.halted = True
            wait(futures)
        return [future.result() for future in futures], interruption

    def _send(self, work: Work, step: Step) -> Answer:
        if self.halted:
            return NotSent("not sent: interrupted")
        if self.reach.stopped is not None:
            return NotSent(f"not sent: {self.reach.stopped}")
        waited = self.clock.now() - (work.opened_at or self.clock.now())
        if waited > timedelta(seconds=self.pace.send_within):
            # what an intent may still have in flight is bounded, or a crash could never be looked up
            return NotSent(f"not sent within {self.pace.send_within:g} s of its intent")
        try:
            answer = step.send(step.body)
            if step.creates:
                # at once, so that the calls behind this one are not sent
                self.reach.stop(self.flow.distrust(work.document, answer))
        except ConnectorError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a defect, not to take the other outcomes of the slice with it
            defect = Defect(error)
            log.error("%s: %s of %s %s", self.flow.full_name, step.name, work.document.key, defect)
            return defect
        return answer
