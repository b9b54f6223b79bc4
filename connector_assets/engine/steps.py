"""Decide, record the intent, act, record the outcome: round after round until a slice's documents are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from connector_assets.engine.claims import Claims
from connector_assets.engine.document import (
    Decision,
    Do,
    Done,
    Hold,
    Ignore,
    NeedTarget,
    Prepared,
    Step,
    Target,
    value_print,
)
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import body_hash
from connector_assets.engine.gate import Gate
from connector_assets.engine.outcomes import OutcomeResolver, close, read_targets
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Recorder, TaskChange
from connector_assets.engine.sending import Answer, Defect, NotSent, Sender
from connector_assets.engine.task import DeliveryPolicy, DeliveryTask
from connector_assets.engine.unreadable import without_unreadable
from connector_resources.errors import (
    ConnectorError,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SystemProblem,
    TooLong,
    Unavailable,
)
from connector_resources.ledger import Change, IntentResult, NewIntent

# calls and conclusions of one document in one run; a flow that needs more goes round in circles
ROUNDS = 20


def _shows(target: Target, step: Step) -> bool:
    """Whether an answer shows the fields as they were sent."""
    return all(
        value_print(target.content[each.field]) == value_print(each.after)
        for each in step.changes
        if each.field in target.content
    )


def cause_of(error: ConnectorError) -> dict[str, str]:
    """What is known of a call that had no effect, and what proves it."""
    return {"message": str(error), "proof": error.proof or "nothing of it was sent"}


class Steps:
    """Takes the steps of one flow's tasks."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, claims: Claims, resolver: OutcomeResolver) -> None:
        self.flow = flow
        self.gate = Gate(flow)
        self.policy = policy
        self.claims = claims
        self.resolver = resolver
        self.breaker = resolver.breaker
        self.ledger = flow.context.ledger
        self.clock = flow.context.clock
        self.recorder = Recorder(flow)
        self.sender = Sender(flow, policy, self.breaker)
        self._defect: Exception | None = None
        # documents that were left alone for now, and may go in the same run
        self.once_more: set[str] = set()
        self._heard = False
        self._unheard: ConnectorError | None = None
        self._jitter = Random()  # noqa: S311 - spreads retries, protects nothing

    def run(self, tasks: Sequence[DeliveryTask]) -> None:
        """Bring each task to its result, or park it."""
        self._heard, self._unheard = False, None
        while live := [task for task in tasks if task.alive]:
            if self.breaker.stopped is not None:
                self._record([(task, self._fail(task, self.breaker.stopped)) for task in live])
                break
            self._round(live)
        if self._heard:
            self.breaker.answered("write")
        elif self._unheard is not None:
            self.breaker.failed("write", self._unheard)

    def _round(self, tasks: Sequence[DeliveryTask]) -> None:
        changes: list[TaskChange] = []
        reading: list[DeliveryTask] = []
        doing: list[tuple[DeliveryTask, Step]] = []
        for task in tasks:
            if task.rounds >= ROUNDS:
                where = f"{self.flow.full_name}: {task.document.key}"
                raise AssertionError(f"{where} did not converge in {ROUNDS} rounds; a defect of the flow")
            task.rounds += 1
            decision = self.flow.decide(task.document, task.known, task.target)
            if task.unfinished and not (isinstance(decision, Do) and (decision.step.creates or decision.step.prepares)):
                # a create of before may still come, and nothing that is done now keeps it away
                changes.append((task, self.resolver.park(task)))
            elif isinstance(decision, NeedTarget) or (isinstance(decision, Do) and self.gate.must_see(task)):
                reading.append(task)
            elif isinstance(decision, Do):
                doing.append((task, decision.step))
            else:
                changes.append((task, self._conclude(task, decision)))
        self._record(changes)
        if reading:
            self._read(reading)
        if doing:
            self._record(self.resolver.namesakes(doing))
            self._record(self.resolver.repeats([(task, step) for task, step in doing if task.alive]))
            doing = self._admitted([(task, step) for task, step in doing if task.alive])
        if doing:
            self._act(doing)

    def _admitted(self, doing: Sequence[tuple[DeliveryTask, Step]]) -> list[tuple[DeliveryTask, Step]]:
        """The steps that may be taken without approval, or that a person has approved."""
        admitted, changes = self.gate.admit(doing)
        self._record(changes)
        approved_now = [task for task, _ in changes if task.alive]
        if approved_now:
            self.gate.reload(approved_now)
        return admitted

    def _conclude(self, task: DeliveryTask, decision: Done | Hold | Ignore, **values: Any) -> Change:
        now = self.clock.now()
        later = now + timedelta(seconds=self.policy.recheck_seconds) if decision.waiting is not None else None
        if isinstance(decision, Ignore):
            looked_at = now if decision.again else later
            if decision.again:
                self.once_more.add(task.document.key)
            return replace(task.ignore(decision.rule, decision.waiting, looked_at), **values)
        if isinstance(decision, Hold):
            due_at = now if decision.again else later
            held = task.hold(decision.problems, conflict=decision.conflict, due_at=due_at, waiting=decision.waiting)
            return replace(held, **values)
        task.finish(task.outcome or "unchanged")
        is_news = task.outcome is not None or task.known.state != "settled"
        return task.change(
            state="settled",
            outcome=task.outcome or "unchanged",
            content=task.target.content if task.target else task.known.content,
            content_hash=task.document.hash,
            waiting=decision.waiting,
            due_at=later,
            problems=[],
            events=[task.event("settled", outcome=task.outcome or "unchanged", waiting=decision.waiting)]
            if is_news
            else [],
            **values,
        )

    def _read(self, tasks: Sequence[DeliveryTask]) -> None:
        try:
            targets, blocked = without_unreadable(tasks, lambda some: read_targets(self.flow, some))
        except SystemProblem as error:
            self.breaker.failed("read", error)
            self._record([(task, self._fail(task, error)) for task in tasks])
            return
        self.breaker.answered("read")
        changes: list[TaskChange] = [(task, self.resolver.unreadable(task, record)) for task, record in blocked]
        tasks = [task for task in tasks if task.alive]
        for task in tasks:
            task.target = targets.get(task.known.target_id or "")
            task.seen = True
            if task.target is None:
                changes.append((task, task.hold([problem(self.flow.lost_reason, "", task.known.target_id)])))
            elif moved := task.follow(self.flow, task.target, state="sending"):
                changes.append((task, moved))
        self._record(changes)

    # -- acting ---------------------------------------------------------------------------------------------------

    def _act(self, doing: Sequence[tuple[DeliveryTask, Step]]) -> None:
        # before the claims are looked at: what stood still in between is not sent any more
        opened_at = self.clock.now()
        self.claims.keep([task for task, _ in doing])
        doing = [(task, step) for task, step in doing if task.alive]
        ids = self.ledger.intents.open([self._intent(task, step) for task, step in doing], opened_at)
        for (task, _), intent in zip(doing, ids, strict=True):
            task.intent, task.opened_at = intent, opened_at
        answers, interruption = self.sender.send(doing)
        answers = self._second_look(doing, answers)
        if all(isinstance(answer, NotSent) for answer in answers):
            for task, _ in doing:
                task.tries += 1
        self._record(
            [(task, self._outcome(task, step, answer)) for (task, step), answer in zip(doing, answers, strict=True)]
        )
        if interruption is not None:
            raise interruption
        if self._defect is not None:
            raise self._defect
        self._after([task for task, _ in doing], answers)

    def _intent(self, task: DeliveryTask, step: Step) -> NewIntent:
        row = task.staged if task.approved else None
        approval = {"staged": row.id, "approved_by": row.decided_by} if row is not None else {}
        return NewIntent(
            flow=self.flow.full_name,
            key=task.document.key,
            step=step.name,
            body_hash=body_hash(step.body),
            run=self.flow.context.run,
            partition=task.partition,
            detail={
                "refuses_second": step.refuses_second,
                "stage": str(step.progress) if step.progress else None,
                "content": task.document.hash,
                "sent": {name: task.document.content[name] for name in self.flow.lookup_fields},
                "changes": {each.field: value_print(each.after) for each in step.changes},
                **approval,
            },
            seen_hash=task.document.hash,
            read_at=task.document.read_at,
        )

    def _second_look(self, doing: Sequence[tuple[DeliveryTask, Step]], answers: Sequence[Answer]) -> list[Answer]:
        """A refused document may be in the target all the same: the network delivered the call twice, an earlier call
        took effect after all, or a target that does several things in one call was stopped at a later one."""
        refused = [
            (task, step)
            for (task, step), each in zip(doing, answers, strict=True)
            if isinstance(each, Refused) and not step.prepares
        ]
        creates = [task for task, step in refused if step.creates]
        found: dict[str, Answer] = dict(self._done_already([each for each in refused if not each[1].creates]))
        try:
            found |= self.resolver.found_after_refusal(creates)
        except SystemProblem as error:
            unknown = OutcomeUnknown(f"refused, and whether it is there could not be looked up: {error}")
            found |= {task.document.key: unknown for task in creates}
        return [found.get(task.document.key, answer) for (task, _), answer in zip(doing, answers, strict=True)]

    def _done_already(self, refused: Sequence[tuple[DeliveryTask, Step]]) -> dict[str, Target]:
        """Of tasks whose change was refused, the targets that already hold the change."""
        tasks = [task for task, _ in refused]
        try:
            targets = read_targets(self.flow, tasks)
        except SystemProblem:
            # the refusal stands: a person sees to it
            return {}
        intents = self.ledger.intents.unfinished(self.flow.full_name, [task.document.key for task in tasks])
        found = {}
        for task, step in refused:
            target = targets.get(task.known.target_id or "")
            if target is None:
                continue
            decision = self.flow.decide(task.document, replace(task.known, state="sending"), target)
            done = isinstance(decision, Done) and decision.waiting is None
            shown = self.flow.shows_effect(intents.get(task.document.key, ()), target)
            if done or shown or (isinstance(decision, Do) and decision.step.name != step.name):
                found[task.document.key] = target
        return found

    def _outcome(self, task: DeliveryTask, step: Step, answer: Answer) -> Change:
        """The ledger change for one answer. A document on which both sides now agree is settled in the same change."""
        if task.intent is None:
            raise AssertionError("an answer without an intent")
        if isinstance(answer, Target):
            self._heard = True
            return self._accepted(task, step, answer)
        if isinstance(answer, Prepared):
            self._heard = True
            return self._prepared(task, step)
        if isinstance(answer, Defect):
            self._defect = self._defect or answer.error
            return self._outcome_unknown(task, step, answer)
        if isinstance(answer, Refused | NotFound):
            self._heard = True
            return self._refused(task, step, answer)
        if isinstance(answer, TooLong):
            return self._too_long(task, answer)
        if not isinstance(answer, NotSent):
            self._unheard = answer
        if isinstance(answer, OutcomeUnknown):
            return self._outcome_unknown(task, step, answer)
        if isinstance(answer, NotSent):
            task.rounds -= 1
        else:
            task.tries += 1
        # an answer of the vendor proves it, or nothing of it left
        result: IntentResult = "not_processed" if answer.proof else "not_sent"
        close = [(task.intent, result, cause_of(answer))]
        if isinstance(answer, NotAllowed) or task.tries >= self.policy.tries:
            return self._fail(task, answer, close_intents=close, attempts_delta=1)
        return task.change(state="sending", close_intents=close, release_claim=False)

    def _outcome_unknown(self, task: DeliveryTask, step: Step, answer: OutcomeUnknown | Defect) -> Change:
        until = self.resolver.sent(task.document.key)
        task.said = str(answer)
        sent_at = f"; sent at {task.opened_at.isoformat(timespec='seconds')}" if task.opened_at else ""
        task.known = replace(task.known, state="in_doubt", due_at=until)
        return task.change(
            state="in_doubt",
            outcome="in_doubt",
            due_at=until,
            problems=[problem("outcome_unknown", "", f"{step.name}: {answer}{sent_at}")],
            events=[task.event("in_doubt", step=step.name, message=str(answer))],
            release_claim=False,
        )

    def _prepared(self, task: DeliveryTask, step: Step) -> Change:
        """The preparing step is done in the source system, and the flow says what is next. Earlier lost calls of it are
        closed."""
        over = [each for each in task.unfinished if each.step == step.name]
        task.unfinished = [each for each in task.unfinished if each not in over]
        task.known = replace(task.known, state="sending", released=False)
        return task.change(
            state="sending",
            close_intents=[(task.intent, "done", {}), *((each.id, "absent", {}) for each in over)],
            release_claim=False,
        )

    def _accepted(self, task: DeliveryTask, step: Step, target: Target) -> Change:
        first = not task.linked and task.known.target_id is None
        moved = task.known.target_id not in (None, target.id)
        task.target, task.seen = target, True
        task.outcome = task.next_outcome(step)
        task.known = replace(
            task.known,
            state="sending",
            released=False,
            target_id=target.id,
            stage=str(step.progress) if step.progress else task.known.stage,
            content=target.content,
        )
        task.linked = True
        common: dict[str, Any] = {
            "target_entity": self.flow.target_entity,
            "target_id": target.id,
            "stage": task.known.stage,
            # with this one there, the target refuses those that were sent before it
            "close_intents": [(task.intent, "done", {}), *close(task, "absent")],
        }
        task.unfinished = []
        if first or moved:
            common["link"] = self.flow.link(task.document, target, "created")
        try:
            decision: Decision = self.flow.decide(task.document, task.known, target)
        except Exception as error:  # noqa: BLE001 - a defect; raised again once the slice's outcomes are recorded
            self._defect = self._defect or error
            return task.change(state="sending", content=target.content, **common)
        if isinstance(decision, Done) and (step.creates or _shows(target, step)):
            return self._conclude(task, decision, **common)
        # accepted is agreed, whatever keeps the rest: should we end here, it is no change of somebody else
        common["content"] = target.content
        if not isinstance(decision, Do) or decision.step.name == step.name:
            # the answer does not show what was done, or shows what keeps us from going on: it may be the one of another
            # call for the same record. The target is looked at before that is believed, or done twice
            task.target = None
        return task.change(state="sending", release_claim=False, **common)

    def _refused(self, task: DeliveryTask, step: Step, error: Refused | NotFound) -> Change:
        closing = [(task.intent, "refused", cause_of(error))]
        if task.unfinished:
            # for another reason than its name: the one that was sent before may still come
            return self.resolver.park(task, close_intents=closing)
        fields = error.fields if isinstance(error, Refused) else ()
        problems = [problem("refused_by_target", each.field, each.message) for each in fields] or [
            problem("refused_by_target", step.name, str(error))
        ]
        task.finish("refused")
        return task.change(
            state="refused",
            outcome="refused",
            # a person is waited for now, and nothing else: not due until then
            waiting=None,
            due_at=None,
            problems=problems,
            close_intents=closing,
            attempts_delta=1,
            events=[task.event("refused", step=step.name, **cause_of(error))],
        )

    def _too_long(self, task: DeliveryTask, error: TooLong) -> Change:
        """Our own client found it longer than the target accepts: it waits for a person, and nothing was sent."""
        closing: list[tuple[int | None, IntentResult, dict[str, Any]]] = [(task.intent, "not_sent", cause_of(error))]
        if task.unfinished:
            return self.resolver.park(task, close_intents=closing)
        found = [problem("too_long", each.field, each.message) for each in error.fields]
        return task.hold(found, close_intents=closing, attempts_delta=1)

    def _fail(self, task: DeliveryTask, error: ConnectorError, **values: Any) -> Change:
        events = [] if task.unfinished else [task.event("failed", message=str(error))]
        return self.resolver.unanswered(task, error, events=events, **values)

    def _after(self, tasks: Sequence[DeliveryTask], answers: Sequence[Answer]) -> None:
        """Look up unknown outcomes at once, wait if the target asked for it, stop if no call will get through."""
        for error in answers:
            if isinstance(error, NotAllowed):
                self.breaker.failed("write", error)
        unknown = [w for w, answer in zip(tasks, answers, strict=True) if isinstance(answer, OutcomeUnknown)]
        if unknown:
            intents = self.ledger.intents.unfinished(self.flow.full_name, [w.document.key for w in unknown])
            for task in unknown:
                task.unfinished = list(intents.get(task.document.key, ()))
            self.resolver.resolve(unknown)
        self._wait(
            [
                (task, answer)
                for task, answer in zip(tasks, answers, strict=True)
                if task.alive and isinstance(answer, RateLimited | Unavailable) and not isinstance(answer, NotSent)
            ]
        )

    def _wait(self, answers: Sequence[tuple[DeliveryTask, RateLimited | Unavailable]]) -> None:
        """Before the next round: as long as the target asked for, else a little longer each time."""
        if not answers or self.breaker.stopped is not None:
            return
        seconds = 0.0
        for task, error in answers:
            asked = error.retry_after if isinstance(error, RateLimited) else None
            if asked is not None and asked > self.policy.longest_wait_seconds:
                # longer than a run waits: the next one comes when there is something to be had
                self.breaker.stop(error)
                return
            cap = min(self.policy.backoff_seconds * 2 ** (task.tries - 1), self.policy.backoff_cap_seconds)
            seconds = max(seconds, self._jitter.uniform(0, cap) if asked is None else asked)
        self.claims.sleep(seconds, [task for task, _ in answers])

    def _record(self, changes: Sequence[TaskChange]) -> None:
        self.recorder.record(changes)
