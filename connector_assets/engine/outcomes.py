"""When the outcome of a call is unknown: look in the target, believe what is found, and wait before believing absence.

A record that a look-up finds is ours only if it is linked to no other document and its key fields agree. Otherwise the
document is held as `natural_key_taken`, never adopted. Absence is believed once the connection's effect window has
passed since the call was sent. If the target itself refuses a second document of that key, the same call is sent again
at once. The lost call may still arrive; it stays open until the target has accepted the second one, or the window has
passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector_assets.engine.circuit_breaker import CircuitBreaker
from connector_assets.engine.document import Do, Document, Done, Step, Target, fingerprint, value_print
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import body_hash
from connector_assets.engine.gate import changed_since_plan
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Recorder
from connector_assets.engine.task import DeliveryPolicy, DeliveryTask
from connector_assets.engine.unreadable import WAITS, record_problem, without_unreadable
from connector_assets.engine.words import beside
from connector_resources.errors import ConnectorError, SystemProblem
from connector_resources.ledger import Change, Delivery, IntentResult, Problem
from connector_resources.unreadable import Unreadable


class OutcomeResolver:
    """Resolves the unknown outcomes of one flow's tasks."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, breaker: CircuitBreaker | None = None) -> None:
        self.flow = flow
        self.policy = policy
        self.breaker = breaker or CircuitBreaker()
        self.ledger = flow.context.ledger
        self.clock = flow.context.clock
        self.recorder = Recorder(flow)
        # key -> monotonic reading until which a call of ours may still take effect: the wall clock may be set meanwhile
        self._lands_until: dict[str, float] = {}

    def resolve(self, tasks: Sequence[DeliveryTask]) -> None:
        """Look up every task whose last call has no outcome, or that was tried before without becoming a link."""
        creating, changing = [], []
        for task in tasks:
            if task.known.target_id is not None:
                changing += [task] if task.unfinished else []
            elif task.unfinished or (
                # a call that was let go some time ago may have been made by somebody else since
                task.document.deliverable and (task.tried or self.flow.lookup_before_create or task.approved)
            ):
                creating.append(task)
        looked_at = [(task, self._look_up) for task in creating] + [(task, self._look_at) for task in changing]
        if self.breaker.stopped is not None:
            # what is not of unknown outcome is failed by the steps, for the same reason
            stopped = self.breaker.stopped
            self.recorder.record([(task, self.unanswered(task, stopped)) for task, _ in looked_at if task.unfinished])
            return
        self.recorder.record(self._look_up(creating) + self._look_at(changing))

    # -- looking for what was created -----------------------------------------------------------------------------

    def _look_up(self, tasks: Sequence[DeliveryTask]) -> list[tuple[DeliveryTask, Change]]:
        if not tasks:
            return []
        try:
            hits, blocked = without_unreadable(tasks, self._find)
        except SystemProblem as error:
            self.breaker.failed("read", error)
            return [(task, self.unanswered(task, error)) for task in tasks]
        self.breaker.answered("read")
        unreadable = [(task, self.unreadable(task, record)) for task, record in blocked]
        tasks = [task for task in tasks if task.alive]
        taken = self.why_not_ours({task.document.key: task.sent for task in tasks}, hits)
        changes = []
        for task in tasks:
            change = self._seen(task, hits.get(task.document.key, []), taken.get(task.document.key))
            changes += [(task, change)] if change is not None else []
        return unreadable + changes

    def _find(self, tasks: Sequence[DeliveryTask]) -> dict[str, list[Target]]:
        return self.flow.look_up([task.sent for task in tasks]) if tasks else {}

    def why_not_ours(
        self, documents: Mapping[str, Document], hits: Mapping[str, Sequence[Target]]
    ) -> dict[str, Problem]:
        """Key -> why the records found must not be adopted; documents with exactly one acceptable record are absent."""
        words = self._why_not_ours(documents, hits)
        return {key: self.flow.taken(documents[key], hits[key], why) for key, why in words.items()}

    def _why_not_ours(self, documents: Mapping[str, Document], hits: Mapping[str, Sequence[Target]]) -> dict[str, str]:
        answering = Counter(hit.id for key in documents for hit in hits.get(key, ()))
        owners = self.ledger.links.by_target(self.flow.full_name, self.flow.target_entity, list(answering))
        found = {}
        for key, document in documents.items():
            own = hits.get(key, ())
            if not own:
                continue
            owner = owners.get(own[0].id)
            if len(own) > 1:
                found[key] = f"{len(own)} documents of this key: {', '.join(hit.id for hit in own)}"
            elif owner is not None and owner.source_key != key:
                found[key] = f"{own[0].id} is linked to {owner.source_key}"
            elif differing := self.flow.disagreements(document, own[0]):
                words = (f"{each.field} is {beside(each.before, each.after)}" for each in differing)
                found[key] = f"{own[0].id}: {', '.join(words)}"
            elif answering[own[0].id] > 1 and owner is None:
                found[key] = f"{own[0].id} answers to {answering[own[0].id]} documents of ours"
        return found

    def found_after_refusal(self, tasks: Sequence[DeliveryTask]) -> dict[str, Target]:
        """Of works whose second create was refused, those whose first one took effect after all. Raises SystemProblem
        where the target cannot be asked."""
        documents = {task.document.key: task.document for task in tasks}
        hits = self.flow.look_up(list(documents.values())) if documents else {}
        taken = self.why_not_ours(documents, hits)
        return {key: hits[key][0] for key in documents if hits.get(key) and key not in taken}

    def _seen(self, task: DeliveryTask, hits: Sequence[Target], taken: Problem | None) -> Change | None:
        """What a look-up means for a document."""
        # where the plan itself says that it is there, it is linked, and the planned call follows
        as_planned = task.planned is not None and hits and taken is None and task.planned.target_id == hits[0].id
        if hits and task.planned is not None and not (as_planned or task.unfinished or task.known.attempts):
            return task.hold([changed_since_plan("target", task.planned)])
        if hits and taken is None:
            return self._found(task, hits[0])
        if task.unfinished:
            # another's document there does not say that ours will not arrive
            believed_at = self.believed_at(task)
            if believed_at > self.clock.now():
                may_go = self._may_go_again(task, hits)
                return self._again(task, believed_at) if may_go else self.park(task, believed_at)
        if taken is not None:
            # what was never sent is looked up again all the same where the flow always looks first: no attempt of ours
            tried = 0 if self.flow.lookup_before_create and not task.unfinished else 1
            return task.hold([taken], close_intents=close(task, "unknown"), attempts_delta=tried, due_at=None)
        return self._absent(task) if task.unfinished else None

    def _found(self, task: DeliveryTask, hit: Target) -> Change:
        task.target = hit
        task.linked = True
        # what we never sent was there before us
        ours = bool(task.unfinished or task.known.attempts)
        task.outcome = "created" if ours else "adopted"
        task.known = replace(as_linked(task.known, hit), stage=_stage(task))
        return self._go_on(
            task,
            target_entity=self.flow.target_entity,
            target_id=hit.id,
            content=hit.content,
            content_hash=task.known.content_hash,
            stage=task.known.stage,
            close_intents=close(task, "found"),
            link=self.flow.link(task.document, hit, "created" if ours else "matched"),
            events=[task.event("found", by=self.flow.natural_key)],
        )

    # -- looking at what was changed ------------------------------------------------------------------------------

    def _look_at(self, tasks: Sequence[DeliveryTask]) -> list[tuple[DeliveryTask, Change]]:
        if not tasks:
            return []
        try:
            targets, blocked = without_unreadable(tasks, lambda some: read_targets(self.flow, some))
        except SystemProblem as error:
            self.breaker.failed("read", error)
            return [(task, self.unanswered(task, error)) for task in tasks]
        self.breaker.answered("read")
        unreadable = [(task, self.unreadable(task, record)) for task, record in blocked]
        tasks = [task for task in tasks if task.alive]
        found = {task.document.key: targets.get(task.known.target_id or "") for task in tasks}
        moved = [
            (task, change)
            for task in tasks
            if (target := found[task.document.key]) is not None and (change := task.follow(self.flow, target))
        ]
        self.recorder.record(moved)
        return unreadable + [(task, self._changed(task, found[task.document.key])) for task in tasks if task.alive]

    def _changed(self, task: DeliveryTask, target: Target | None) -> Change:
        """A call that changed something took effect when the flow, seeing the target, asks for nothing more."""
        if target is None:
            return task.hold(
                [problem(self.flow.lost_reason, "", task.known.target_id)],
                close_intents=close(task, "unknown"),
                due_at=None,
            )
        task.target, task.seen = target, True
        task.known = replace(task.known, content=_agreed(task, target))
        if self.flow.shows_effect(task.unfinished, target):
            return self._took_effect(task)
        known = replace(task.known, state="sending")
        decision = self.flow.decide(task.document, known, target) if task.document.deliverable else None
        if isinstance(decision, Done) and task.meant:
            return self._took_effect(task)
        believed_at = self.believed_at(task)
        if believed_at > self.clock.now():
            return self.park(task, believed_at)
        if isinstance(decision, Do) and task.meant and decision.step.name in {each.step for each in task.unfinished}:
            return self._absent(task)
        # from now on the target as it is tells what is to be done, whether or not the call had a part in it
        if not task.meant:
            progress = self.flow.progress_after_unknown(known, task.unfinished, target)
            task.known = replace(task.known, stage=str(progress) if progress else None)
        return self._go_on(
            task, stage=task.known.stage, content=task.known.content, close_intents=close(task, "unknown")
        )

    def _took_effect(self, task: DeliveryTask) -> Change:
        task.outcome = task.outcome or "updated"
        content = task.target.content if task.target else task.known.content
        task.known = replace(task.known, stage=_stage(task), content=content)
        return self._go_on(
            task,
            stage=task.known.stage,
            content=content,
            close_intents=close(task, "found"),
            events=[task.event("found", steps=[intent.step for intent in task.unfinished])],
        )

    def _go_on(self, task: DeliveryTask, **values: Any) -> Change:
        task.known = replace(task.known, state="sending")
        task.unfinished = []
        return task.change(state="sending", due_at=None, release_claim=False, **values)

    def _may_go_again(self, task: DeliveryTask, hits: Sequence[Target]) -> bool:
        """Whether the create may be sent again while the one that was lost may still come: the target takes one of
        them, whichever comes first, as long as both give the document the same name."""
        return (
            not hits
            and task.document.deliverable
            and task.sent is task.document
            and all(intent.detail.get("refuses_second") for intent in task.unfinished)
            and len(task.unfinished) < self.policy.tries
            # what a person has let go is decided again once it is known what became of the first
            and not (self.flow.approval or task.staged or task.planned)
        )

    def _again(self, task: DeliveryTask, believed_at: datetime) -> Change:
        """The lost calls stay open: if the process ends before the next call has its outcome, they are looked up again,
        under the name that they sent."""
        task.known = replace(task.known, state="in_doubt", due_at=believed_at)
        return task.change(
            state="in_doubt",
            due_at=believed_at,
            attempts_delta=1,
            events=[task.event("absent", steps=[intent.step for intent in task.unfinished])],
            release_claim=False,
        )

    def namesakes(self, doing: Sequence[tuple[DeliveryTask, Step]]) -> list[tuple[DeliveryTask, Change]]:
        """Park the tasks whose step sends another name while an earlier create may still arrive: the target refuses
        that create only as long as its name is taken."""
        names = set(self.flow.lookup_fields)
        renamed = [task for task, step in doing if not step.creates and names & {each.field for each in step.changes}]
        if not renamed:
            return []
        now = self.clock.now()
        lands = timedelta(seconds=self.policy.lands_within)
        keys = [task.document.key for task in renamed]
        lost = self.ledger.intents.lost_since(self.flow.full_name, keys, now - lands)
        until = {key: self._landed(key, opened_at) for key, opened_at in lost.items()}
        waiting = [task for task in renamed if until.get(task.document.key, now) > now]
        return [(task, self.park(task, until[task.document.key])) for task in waiting]

    def repeats(self, doing: Sequence[tuple[DeliveryTask, Step]]) -> list[tuple[DeliveryTask, Change]]:
        """Park the works whose step is the very call that the target accepted last, as long as that may still take
        effect: a copy of the target that lags behind, or an answer of before, does not show it yet."""
        again = [(task, step) for task, step in doing if not (step.creates or step.prepares)]
        if not again:
            return []
        now = self.clock.now()
        lands = timedelta(seconds=self.policy.lands_within)
        keys = [task.document.key for task, _ in again]
        done = self.ledger.intents.done_since(self.flow.full_name, keys, now - lands)
        waiting = []
        for task, step in again:
            said, opened_at = done.get(task.document.key, (None, now))
            if (
                said == (step.name, body_hash(step.body))
                and (until := self._landed(task.document.key, opened_at)) > now
            ):
                waiting.append((task, self.park(task, until, steps=step.name)))
        return waiting

    def _landed(self, key: str, opened_at: datetime) -> datetime:
        """The time by which a call of this intent has taken effect or never will, however the wall clock was set
        since."""
        now = self.clock.now()
        if key not in self._lands_until and opened_at <= now:
            return opened_at + timedelta(seconds=self.policy.lands_within)
        return self._reached(key)

    def _reached(self, key: str) -> datetime:
        """The time by which every call sent so far for this document has taken effect or never will, by a clock that
        nobody sets."""
        until = self._lands_until.setdefault(key, self.clock.monotonic() + self.policy.lands_within)
        return self.clock.now() + timedelta(seconds=max(until - self.clock.monotonic(), 0))

    # -- waiting --------------------------------------------------------------------------------------------------

    def sent(self, key: str) -> datetime:
        """A call for this document was sent just now and its outcome is unknown; returns when absence may be
        believed."""
        self._lands_until[key] = self.clock.monotonic() + self.policy.effect_window
        return self.clock.now() + timedelta(seconds=self.policy.effect_window)

    def when(self, delivery: Delivery) -> datetime:
        """When a document of unknown outcome can be decided at the latest, however the wall clock was set."""
        now = self.clock.now()
        due = delivery.due_at or now
        if delivery.key not in self._lands_until and due <= now + timedelta(seconds=self.policy.lands_within):
            return due
        # further than that no call ever reaches: such an instant was written before the clock was put back
        return self._reached(delivery.key)

    def believed_at(self, task: DeliveryTask) -> datetime:
        """When a look-up that finds nothing may be believed."""
        now = self.clock.now()
        if task.document.key in self._lands_until or (task.known.state == "in_doubt" and task.known.due_at is not None):
            return self.when(task.known)
        # nobody knows when a process that died had sent it, but not later than this after the intent
        opened_at = max(intent.opened_at for intent in task.unfinished)
        return min(opened_at, now) + timedelta(seconds=self.policy.lands_within)

    def park(self, task: DeliveryTask, until: datetime | None = None, *, steps: str = "", **values: Any) -> Change:
        """Come back to a work then; without `until`, when a look-up that finds nothing may be believed. `steps` names
        the calls of unknown outcome, where they are not the unfinished ones."""
        until = until or self.believed_at(task)
        steps = steps or ", ".join(intent.step for intent in task.unfinished)
        task.parked = True
        return task.change(
            state="in_doubt",
            outcome="in_doubt",
            due_at=until,
            problems=[problem("outcome_unknown", "", f"{steps}: {task.said}" if task.said else steps)],
            events=[] if task.known.state == "in_doubt" else [task.event("in_doubt", until=until.isoformat())],
            **values,
        )

    def _absent(self, task: DeliveryTask) -> Change:
        change = task.change(
            # due, should we end before the next attempt: nobody else would remember it
            state="failed" if task.known.target_id is None else "sending",
            close_intents=close(task, "absent"),
            attempts_delta=1,
            due_at=self.clock.now() if task.known.target_id is None else None,
            events=[task.event("absent", steps=[intent.step for intent in task.unfinished])],
            release_claim=False,
        )
        self._lands_until.pop(task.document.key, None)
        task.unfinished = []
        task.absent = True
        return change

    def unanswered(self, task: DeliveryTask, error: ConnectorError, **values: Any) -> Change:
        """The target cannot be asked, or accepts no call: the next run goes on."""
        state = "in_doubt" if task.unfinished else "failed"
        task.finish(state)
        return task.change(
            state=state,
            outcome=state,
            due_at=self.believed_at(task) if task.unfinished else self.clock.now(),
            problems=[problem("outcome_unknown" if task.unfinished else "not_answered", "", str(error))],
            **values,
        )

    def unreadable(self, task: DeliveryTask, record: Unreadable) -> Change:
        """A record of the target that this document needs exists and cannot be read. It is not known whether it is the
        document's, or what it holds. Nothing is sent, and the next run looks again."""
        if not task.unfinished:
            return task.hold([record_problem(record)], waiting=WAITS, due_at=self.clock.now())
        task.finish("in_doubt")
        due = max(self.believed_at(task), self.clock.now())
        return task.change(state="in_doubt", outcome="in_doubt", due_at=due, problems=[record_problem(record)])


def as_linked(known: Delivery, hit: Target) -> Delivery:
    """What is known of a document once the record that a look-up found is linked to it, and it is under way."""
    agreed = fingerprint(hit.content)
    return replace(known, state="sending", target_id=hit.id, content=hit.content, content_hash=agreed)


def read_targets(flow: Flow, tasks: Sequence[DeliveryTask]) -> dict[str, Target]:
    """The targets that these tasks are linked to, by id. Raises SystemProblem."""
    ids = [task.known.target_id for task in tasks if task.known.target_id]
    return flow.read(ids) if ids else {}


def _agreed(task: DeliveryTask, target: Target) -> dict[str, Any] | None:
    """What both sides last agreed on, and of the target's fields those that hold what a call of unknown outcome has
    sent: that is no change of somebody else, whatever the source has become since."""
    if task.known.content is None:
        return None
    sent = {name: kept for intent in task.unfinished for name, kept in intent.detail.get("changes", {}).items()}
    ours = {name: held for name, held in target.content.items() if sent.get(name) == value_print(held)}
    return {**task.known.content, **ours}


def _stage(task: DeliveryTask) -> str | None:
    """What the target is known to have accepted once the calls of unknown outcome turn out to have had their effect."""
    stages = [intent.detail.get("stage") for intent in task.unfinished]
    return next((str(stage) for stage in reversed(stages) if stage), task.known.stage)


def close(task: DeliveryTask, result: IntentResult) -> list[tuple[int, IntentResult, dict[str, str]]]:
    """How the open intents of a task are closed."""
    return [(intent.id, result, {}) for intent in task.unfinished]
