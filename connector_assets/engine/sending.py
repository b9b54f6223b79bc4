"""Sending a slice's calls in threads, and what may happen instead of the vendor's answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

from connector_assets.engine.circuit_breaker import CircuitBreaker
from connector_assets.engine.document import Prepared, Step, Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.task import DeliveryPolicy, DeliveryTask
from connector_resources.errors import ConnectorError, NotFound, OutcomeUnknown, Refused, Unavailable
from connector_resources.http.departure import Departure, departing

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


Answer = Target | Prepared | ConnectorError | Defect
Doing = tuple[DeliveryTask, Step]


class Sender:
    """Sends the calls of one engine. After `halted`, which an interruption sets, none is begun."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, breaker: CircuitBreaker) -> None:
        self.flow = flow
        self.policy = policy
        self.breaker = breaker
        self.clock = flow.context.clock
        self.pool: ThreadPoolExecutor | None = None
        self.halted = False

    def send(self, doing: Sequence[Doing]) -> tuple[list[Answer], BaseException | None]:
        """The answers, in order, and what interrupted the wait for them (a signal): the calls under way were waited for
        all the same, so that their outcomes can be recorded.

        Creates that may go together do. Those of a call that was refused go one by one, to find the guilty one.
        """
        answers: dict[int, Answer] = {}
        refused, interruption = self._in_calls(doing, _calls(doing), answers)
        if refused:
            _, again = self._in_calls(doing, [[index] for index in refused], answers)
            interruption = interruption or again
        return [answers[index] for index in range(len(doing))], interruption

    def _in_calls(
        self, doing: Sequence[Doing], calls: Sequence[Sequence[int]], answers: dict[int, Answer]
    ) -> tuple[list[int], BaseException | None]:
        """Send each call, fill in the answers of its steps; which ones a refusal of several leaves without one."""
        if self.pool is None:
            raise AssertionError("steps run inside Engine.deliver")
        futures = [self.pool.submit(self._send, [doing[index] for index in call]) for call in calls]
        interruption: BaseException | None = None
        try:
            wait(futures)
        except BaseException as error:  # noqa: BLE001 - a signal; raised again when the outcomes are recorded
            interruption = error
            self.halted = True
            wait(futures)
        left: list[int] = []
        for call, future in zip(calls, futures, strict=True):
            found = future.result()
            if len(call) > 1 and any(isinstance(answer, Refused | NotFound) for answer in found):
                left += call
            else:
                answers.update(zip(call, found, strict=True))
        return left, interruption

    def _send(self, doing: Sequence[Doing]) -> list[Answer]:
        """One call, of one step or of several that create; an answer for each."""
        if (not_sent := self._kept_back(doing)) is not None:
            return [not_sent] * len(doing)
        task, step = doing[0]
        until = self.clock.monotonic() + self.policy.send_within - self._waited(doing).total_seconds()
        departure = Departure(until)
        try:
            with departing(departure):
                answers: Sequence[Target | Prepared]
                answers = [step.send(step.body)] if len(doing) == 1 else _sent_together(doing)
            for (task, step), target in zip(doing, answers, strict=True):
                if step.creates and isinstance(target, Target):
                    # at once, so that the calls behind this one are not sent
                    self.breaker.stop(self.flow.distrust(task.document, target))
        except ConnectorError as error:
            return [_meaning(error, departure)] * len(doing)
        except Exception as error:  # noqa: BLE001 - a defect, not to take the other outcomes of the slice with it
            defect = Defect(error)
            log.error("%s: %s of %s %s", self.flow.full_name, step.name, task.document.key, defect)
            return [defect] * len(doing)
        return list(answers)

    def _kept_back(self, doing: Sequence[Doing]) -> NotSent | None:
        """Why nothing is sent any more, if so."""
        if self.halted:
            return NotSent("not sent: interrupted")
        if self.breaker.stopped is not None:
            return NotSent(f"not sent: {self.breaker.stopped}")
        if self._waited(doing) > timedelta(seconds=self.policy.send_within):
            # what an intent may still have in flight is bounded, or a crash could never be looked up
            return NotSent(f"not sent within {self.policy.send_within:g} s of its intent")
        return None

    def _waited(self, doing: Sequence[Doing]) -> timedelta:
        """How long ago the earliest intent was written."""
        now = self.clock.now()
        return max(now - (task.opened_at or now) for task, _ in doing)


def _meaning(error: ConnectorError, departure: Departure) -> ConnectorError:
    """An error says that nothing was sent only where nothing was: whatever failed after a write had left, what became
    of that is unknown. And a document is refused only by the target itself: a reading of this step that another server
    turned away is tried again."""
    if isinstance(error, OutcomeUnknown):
        return error
    if departure.open:
        return OutcomeUnknown(f"{error}; a call of this step had been sent before", read_as=error)
    if isinstance(error, Refused | NotFound) and error.status is not None and not error.proof:
        text = f"{error}; nothing shows that {error.connection} said so"
        return Unavailable(text, connection=error.connection, status=error.status)
    return error


def _calls(doing: Sequence[Doing]) -> list[list[int]]:
    """The steps by index, in the calls in which they go."""
    calls: list[list[int]] = []
    filling: dict[str, list[int]] = {}
    for index, (_, step) in enumerate(doing):
        bulk = step.bulk if step.creates else None
        call = filling.get(bulk.name) if bulk is not None else None
        if bulk is None or call is None or len(call) >= bulk.limit:
            call = []
            calls.append(call)
            if bulk is not None:
                filling[bulk.name] = call
        call.append(index)
    return calls


def _sent_together(doing: Sequence[Doing]) -> Sequence[Target]:
    step = doing[0][1]
    if step.bulk is None:
        raise AssertionError("only steps with a bulk go together")
    targets = step.bulk.send_many([step.body for _, step in doing])
    if len(targets) != len(doing):
        raise OutcomeUnknown(f"{len(doing)} documents were sent in one call, and {len(targets)} came back")
    return targets
