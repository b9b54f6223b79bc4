"""Bringing each document into the target exactly once: a converging loop, not a script.

For every document: load what is known, decide the next step, record the intent, act, record the outcome, until the
document is settled or waits. Work is done in slices. The intents of a slice are committed together before its first
call is sent, and its outcomes together after the last; in between, the calls run in threads. A process that dies at any
point leaves intents without outcomes. Those are looked up in the target before anything else is done with their
documents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from connector_assets.engine.circuit_breaker import CircuitBreaker
from connector_assets.engine.claims import Claims
from connector_assets.engine.document import Document
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import Frozen
from connector_assets.engine.gate import REJECTED
from connector_assets.engine.outcomes import OutcomeResolver
from connector_assets.engine.recorder import Recorder, TaskChange
from connector_assets.engine.report import AccountingError, Result
from connector_assets.engine.steps import Steps
from connector_assets.engine.task import DeliveryPolicy, DeliveryTask, tasks_of
from connector_assets.engine.unreadable import REASON, WAITS
from connector_resources.ledger import Delivery

# documents that go alone until a flow has settled its first one
CANARIES = 10
# seconds after which another run's claim is looked at again: it usually ends before its lease
CLAIM_SECONDS = 1.0


class Engine:
    """Delivers the documents of one flow. One engine a run and flow; not shared between threads.

    With `plan` (key -> planned call) the plan is applied: what is in it is sent to the byte, and what is not as it was
    planned is held. After `deliver`, `stopped` holds the error that ended the work early (the system cannot be reached,
    or refuses the login or the permission), else None: every document still has its one outcome.
    """

    def __init__(
        self, flow: Flow, policy: DeliveryPolicy, *, owner: str, plan: Mapping[str, Frozen] | None = None
    ) -> None:
        self.flow = flow
        self.plan = plan
        self.policy = policy
        self.owner = owner
        self.ledger = flow.context.ledger
        self.clock = flow.context.clock
        self.breaker = CircuitBreaker()
        self.claims = Claims(flow, policy, owner)
        self.resolver = OutcomeResolver(flow, policy, self.breaker)
        self.steps = Steps(flow, policy, self.claims, self.resolver)
        self.recorder = Recorder(flow)
        # what this run had done with a document before it had to wait with it
        self._so_far: dict[str, str | None] = {}

    @property
    def stopped(self) -> Exception | None:
        """Why the work ended early, if it did."""
        return self.breaker.stopped

    def deliver(self, documents: Sequence[Document]) -> list[Result]:
        """Bring every document to its one outcome.

        Documents of one key twice are a defect of the caller: raises AccountingError before anything is sent.
        """
        if len({document.key for document in documents}) != len(documents):
            raise AccountingError(f"{self.flow.full_name}: one key stands twice among the documents")
        if self.plan is not None and not self.plan.keys() >= {document.key for document in documents}:
            raise AccountingError(f"{self.flow.full_name}: a document that is not in the plan which is applied")
        with ThreadPoolExecutor(self.policy.workers, thread_name_prefix=self.flow.name) as pool:
            self.steps.sender.pool = pool
            results = {each.key: each for part in self._ends_first(documents) for each in self._through(part)}
            while self.steps.once_more and self.stopped is None and not self.flow.awaits_first():
                # they have waited for one that this run has brought to its end
                left = [document for document in documents if document.key in self.steps.once_more]
                self.steps.once_more.clear()
                results |= {each.key: each for each in self._through(left)}
                if len(self.steps.once_more) >= len(left):
                    break
        return list(results.values())

    def _ends_first(self, documents: Sequence[Document]) -> list[Sequence[Document]]:
        """Documents that are void in the source, then the others: a target with unique numbers accepts the number of a
        void document again, but only once it knows that the document is void."""
        ends = [document for document in documents if document.deliverable and document.content.get("void")]
        if not ends or self._is_first(0):
            return [documents]
        ended = {document.key for document in ends}
        return [ends, [document for document in documents if document.key not in ended]]

    def _through(self, documents: Sequence[Document]) -> list[Result]:
        results: list[Result] = []
        again: list[Document] = []
        for part in self._slices(documents):
            done, parked = self._slice(part)
            results += done
            again += parked
        return results + self._return_to(again)

    def _slices(self, documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
        """Slices of the pace's size. Until the flow has settled its first document, and as long as the flow itself says
        so, those that may be sent go one by one, so that a wrong setting in the target shows on one document and not on
        two hundred."""
        start, alone = 0, 0
        while start < len(documents) and (
            self.flow.goes_alone({each.key for each in documents[start:]}) or self._is_first(alone)
        ):
            alone += 1
            ends = (index for index in range(start, len(documents)) if documents[index].deliverable)
            canary = next(ends, len(documents))
            yield from self._parts(documents[start:canary])
            yield from self._parts(documents[canary : canary + 1])
            start = min(canary + 1, len(documents))
        yield from self._parts(documents[start:])

    def _is_first(self, alone: int) -> bool:
        """Whether the flow has settled nothing yet; `alone` counts the documents sent alone in this run."""
        return alone < CANARIES and not self.ledger.deliveries.counts(self.flow.full_name).get("settled")

    def _parts(self, documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
        for index in range(0, len(documents), self.policy.slice_size):
            yield documents[index : index + self.policy.slice_size]

    def _return_to(self, documents: list[Document]) -> list[Result]:
        """Come back to documents of unknown outcome or claimed by another run, as long as waiting can change
        something."""
        results: list[Result] = []
        patience = self.clock.monotonic() + self.policy.patience_seconds
        while documents and self.policy.wait_for_outcomes and self.stopped is None:
            moments = self._moments(documents)
            seconds = max((min(moments.values()) - self.clock.now()).total_seconds(), 0)
            if self.clock.monotonic() + seconds > patience:
                break
            if seconds:
                self.clock.sleep(seconds)
                continue
            now = self.clock.now()
            ready = [document for document in documents if moments[document.key] <= now]
            documents = [document for document in documents if moments[document.key] > now]
            for part in self._parts(ready):
                done, parked = self._slice(part)
                results += done
                documents += parked
        known = self.ledger.deliveries.load(self.flow.full_name, [document.key for document in documents])
        return results + [standing(document, known.get(document.key)) for document in documents]

    def _moments(self, documents: Sequence[Document]) -> dict[str, datetime]:
        """Key -> when it may be decided: its effect window ends, or the other run may have released it."""
        now = self.clock.now()
        known = self.ledger.deliveries.load(self.flow.full_name, [document.key for document in documents])
        moments = {document.key: now for document in documents}
        for key, delivery in known.items():
            if delivery.claimed_by not in (None, self.owner) and (delivery.claimed_until or now) > now:
                moments[key] = now + timedelta(seconds=CLAIM_SECONDS)
            elif delivery.state == "in_doubt":
                moments[key] = self.resolver.when(delivery)
        return moments

    def _slice(self, documents: Sequence[Document]) -> tuple[list[Result], list[Document]]:
        """Work one slice to its end: results, and the documents to come back to."""
        known = self.ledger.deliveries.load(self.flow.full_name, [document.key for document in documents])
        approved = self._approved([key for key, each in known.items() if each.state == "staged"])
        results: list[Result] = []
        left: list[Document] = []
        for document in documents:
            delivery = known.get(document.key)
            if delivery is not None and nothing_new(document, delivery, approved=document.key in approved):
                results.append(standing(document, delivery))
            else:
                left.append(document)
        if not left:
            return results, []
        mine = self.claims.take([document.key for document in left])
        parked = [document for document in left if document.key not in mine]
        try:
            tasks = tasks_of(self.flow, [document for document in left if document.key in mine], self.owner)
            for task in tasks:
                task.outcome = self._so_far.pop(task.document.key, None)
                task.planned = self.plan.get(task.document.key) if self.plan else None
            self._settle(tasks)
        except BaseException:
            # interrupted, or a defect: what was not finished need not wait for the end of our lease
            self.claims.give_back(mine)
            raise
        waiting = [task for task in tasks if task.result is None]
        self._so_far |= {task.document.key: task.outcome for task in waiting}
        results += [task.result for task in tasks if task.result is not None]
        return results, parked + [task.document for task in waiting]

    def _approved(self, staged: Collection[str]) -> set[str]:
        """Those of the staged documents that a person approved."""
        if self.plan is not None or not staged:
            return set(staged)
        rows = self.ledger.staged.of(self.flow.full_name, staged)
        return {key for key, row in rows.items() if row.state == "approved"}

    def _settle(self, tasks: list[DeliveryTask]) -> None:
        """Bring claimed tasks to a result, or park them (no result, and a time in the ledger to come back)."""
        self.resolver.resolve(tasks)
        self._without_a_call([task for task in tasks if task.alive])
        self.steps.run([task for task in tasks if task.alive])

    def _without_a_call(self, tasks: list[DeliveryTask]) -> None:
        """Documents that a rule ignores or a check holds need no call."""
        changes: list[TaskChange] = []
        for task in tasks:
            if task.document.ignored is not None:
                changes.append((task, task.ignore(task.document.ignored, *self._until(task.document))))
            elif task.document.problems:
                changes.append((task, task.hold(task.document.problems, **self._looked_at_again(task.document))))
        self.recorder.record(changes)

    def _looked_at_again(self, document: Document) -> dict[str, Any]:
        """What was held since a record of it could not be read is looked at in each run until it can be; so is what
        somebody has to do something about elsewhere that the source's changes do not show."""
        if any(each.reason == REASON for each in document.problems):
            return {"waiting": WAITS, "due_at": self.clock.now()}
        waits = next((wait for each in document.problems if (wait := self.flow.held_until.get(each.reason))), None)
        return {"waiting": waits, "due_at": self._later} if waits else {}

    def _until(self, document: Document) -> tuple[str | None, datetime | None]:
        """What a document waits for that a rule ignores for now, and when to look at it again."""
        waits = self.flow.ignored_until.get(document.ignored or "")
        if not waits:
            return None, None
        again = self.flow.looks_again_at(document)
        return waits, max(again, self._later) if again else self._later

    @property
    def _later(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.policy.recheck_seconds)


def nothing_new(document: Document, known: Delivery, *, approved: bool = False) -> bool:
    """Whether the ledger's last outcome of a document still holds: nothing is called and nothing is written.
    `approved`: a person has approved its staged call."""
    seen = known.seen_hash == document.hash
    if known.read_at is not None and document.read_at < known.read_at and not seen:
        # mapped before what was delivered last was read: a rerun of an old partition must not turn time back
        return True
    if known.released or (document.moved and known.state == "settled"):
        return False
    if known.state == "settled":
        return seen and known.content_hash == document.hash and known.waiting is None and not document.problems
    if known.state == "refused":
        # the same again would be refused again: waits for a person, or for another content
        return seen and document.deliverable
    if known.state == "ignored":
        said = known.outcome in ("dismissed", REJECTED)
        return seen and (said or (known.outcome == document.ignored and known.waiting is None))
    if known.state == "staged":
        return seen and document.deliverable and not approved
    return known.state == "baseline" and seen


def standing(document: Document, known: Delivery | None) -> Result:
    """The outcome of a document that is left as it is."""
    outcome, rule = "failed", None
    if known is not None:
        match known.state:
            case "settled":
                outcome = "unchanged"
            case "ignored":
                outcome, rule = "ignored", known.outcome
            case "baseline":
                outcome, rule = "ignored", "before_baseline"
            case "held" | "staged" | "refused" | "failed" | "conflict" | "in_doubt":
                outcome = known.state
            case "sending":
                outcome = "in_doubt"
    return Result(document.key, outcome, document.day, document.amount, document.currency, rule)
