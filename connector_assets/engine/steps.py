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
from connector_assets.engine.outcomes import Doubts, close, read_targets
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Recorder, Told
from connector_assets.engine.sending import Answer, Defect, NotSent, Sender
from connector_assets.engine.task import Pace, Work
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


def told_of(error: ConnectorError) -> dict[str, str]:
    """What is known of a call that had no effect, and what proves it."""
    return {"message": str(error), "proof": error.proof or "nothing of it was sent"}


class Steps:
    """Takes the steps of one flow's works."""

    def __init__(self, flow: Flow, pace: Pace, claims: Claims, doubts: Doubts) -> None:
        self.flow = flow
        self.gate = Gate(flow)
        self.pace = pace
        self.claims = claims
        self.doubts = doubts
        self.reach = doubts.reach
        self.ledger = flow.bench.ledger
        self.clock = flow.bench.clock
        self.recorder = Recorder(flow)
        self.sender = Sender(flow, pace, self.reach)
        self._defect: Exception | None = None
        # documents that were left alone for now, and may go in the same run
        self.once_more: set[str] = set()
        self._heard = False
        self._unheard: ConnectorError | None = None
        self._jitter = Random()  # noqa: S311 - spreads retries, protects nothing

    def run(self, works: Sequence[Work]) -> None:
        """Bring each work to its result, or park it."""
        self._heard, self._unheard = False, None
        while live := [work for work in works if work.alive]:
            if self.reach.stopped is not None:
                self._record([(work, self._fail(work, self.reach.stopped)) for work in live])
                break
            self._round(live)
        if self._heard:
            self.reach.answered("write")
        elif self._unheard is not None:
            self.reach.failed("write", self._unheard)

    def _round(self, works: Sequence[Work]) -> None:
        told: list[Told] = []
        reading: list[Work] = []
        doing: list[tuple[Work, Step]] = []
        for work in works:
            if work.rounds >= ROUNDS:
                where = f"{self.flow.full_name}: {work.document.key}"
                raise AssertionError(f"{where} did not converge in {ROUNDS} rounds; a defect of the flow")
            work.rounds += 1
            decision = self.flow.decide(work.document, work.known, work.target)
            if work.unfinished and not (isinstance(decision, Do) and (decision.step.creates or decision.step.prepares)):
                # a create of before may still come, and nothing that is done now keeps it away
                told.append((work, self.doubts.park(work)))
            elif isinstance(decision, NeedTarget) or (isinstance(decision, Do) and self.gate.must_see(work)):
                reading.append(work)
            elif isinstance(decision, Do):
                doing.append((work, decision.step))
            else:
                told.append((work, self._conclude(work, decision)))
        self._record(told)
        if reading:
            self._read(reading)
        if doing:
            self._record(self.doubts.namesakes(doing))
            self._record(self.doubts.repeats([(work, step) for work, step in doing if work.alive]))
            doing = self._admitted([(work, step) for work, step in doing if work.alive])
        if doing:
            self._act(doing)

    def _admitted(self, doing: Sequence[tuple[Work, Step]]) -> list[tuple[Work, Step]]:
        """The steps that may be taken without asking a person, or that a person has let go."""
        admitted, told = self.gate.admit(doing)
        self._record(told)
        approved_now = [work for work, _ in told if work.alive]
        if approved_now:
            self.gate.reload(approved_now)
        return admitted

    def _conclude(self, work: Work, decision: Done | Hold | Ignore, **values: Any) -> Change:
        now = self.clock.now()
        later = now + timedelta(seconds=self.pace.recheck_seconds) if decision.waiting is not None else None
        if isinstance(decision, Ignore):
            looked_at = now if decision.again else later
            if decision.again:
                self.once_more.add(work.document.key)
            return replace(work.ignore(decision.rule, decision.waiting, looked_at), **values)
        if isinstance(decision, Hold):
            due_at = now if decision.again else later
            held = work.hold(decision.problems, conflict=decision.conflict, due_at=due_at, waiting=decision.waiting)
            return replace(held, **values)
        work.finish(work.outcome or "unchanged")
        told = work.outcome is not None or work.known.state != "settled"
        return work.change(
            state="settled",
            outcome=work.outcome or "unchanged",
            content=work.target.content if work.target else work.known.content,
            content_hash=work.document.hash,
            waiting=decision.waiting,
            due_at=later,
            problems=[],
            events=[work.event("settled", outcome=work.outcome or "unchanged", waiting=decision.waiting)]
            if told
            else [],
            **values,
        )

    def _read(self, works: Sequence[Work]) -> None:
        try:
            targets, blocked = without_unreadable(works, lambda some: read_targets(self.flow, some))
        except SystemProblem as error:
            self.reach.failed("read", error)
            self._record([(work, self._fail(work, error)) for work in works])
            return
        self.reach.answered("read")
        told: list[Told] = [(work, self.doubts.unreadable(work, record)) for work, record in blocked]
        works = [work for work in works if work.alive]
        for work in works:
            work.target = targets.get(work.known.target_id or "")
            work.seen = True
            if work.target is None:
                told.append((work, work.hold([problem(self.flow.lost_reason, "", work.known.target_id)])))
            elif moved := work.follow(self.flow, work.target, state="sending"):
                told.append((work, moved))
        self._record(told)

    # -- acting ---------------------------------------------------------------------------------------------------

    def _act(self, doing: Sequence[tuple[Work, Step]]) -> None:
        # before the claims are looked at: what stood still in between is not sent any more
        opened_at = self.clock.now()
        self.claims.keep([work for work, _ in doing])
        doing = [(work, step) for work, step in doing if work.alive]
        ids = self.ledger.intents.open([self._intent(work, step) for work, step in doing], opened_at)
        for (work, _), intent in zip(doing, ids, strict=True):
            work.intent, work.opened_at = intent, opened_at
        answers, interruption = self.sender.send(doing)
        answers = self._second_look(doing, answers)
        if all(isinstance(answer, NotSent) for answer in answers):
            for work, _ in doing:
                work.tries += 1
        self._record(
            [(work, self._outcome(work, step, answer)) for (work, step), answer in zip(doing, answers, strict=True)]
        )
        if interruption is not None:
            raise interruption
        if self._defect is not None:
            raise self._defect
        self._after([work for work, _ in doing], answers)

    def _intent(self, work: Work, step: Step) -> NewIntent:
        row = work.staged if work.approved else None
        approval = {"staged": row.id, "approved_by": row.decided_by} if row is not None else {}
        return NewIntent(
            flow=self.flow.full_name,
            key=work.document.key,
            step=step.name,
            body_hash=body_hash(step.body),
            run=self.flow.bench.run,
            partition=work.partition,
            detail={
                "refuses_second": step.refuses_second,
                "stage": step.stage,
                "content": work.document.hash,
                "sent": {name: work.document.content[name] for name in self.flow.named_by},
                "changes": {each.field: value_print(each.after) for each in step.changes},
                **approval,
            },
            seen_hash=work.document.hash,
            read_at=work.document.read_at,
        )

    def _second_look(self, doing: Sequence[tuple[Work, Step]], answers: Sequence[Answer]) -> list[Answer]:
        """What was refused may be there all the same: the network delivered the call twice, an earlier one took effect
        after all, or a target that does several things of its own was stopped at a later one."""
        refused = [
            (work, step)
            for (work, step), each in zip(doing, answers, strict=True)
            if isinstance(each, Refused) and not step.prepares
        ]
        creates = [work for work, step in refused if step.creates]
        found: dict[str, Answer] = dict(self._done_already([each for each in refused if not each[1].creates]))
        try:
            found |= self.doubts.found_after_refusal(creates)
        except SystemProblem as error:
            unknown = OutcomeUnknown(f"refused, and whether it is there could not be looked up: {error}")
            found |= {work.document.key: unknown for work in creates}
        return [found.get(work.document.key, answer) for (work, _), answer in zip(doing, answers, strict=True)]

    def _done_already(self, refused: Sequence[tuple[Work, Step]]) -> dict[str, Target]:
        """Of works whose change was refused, the targets of those that do not ask for it any more as they are."""
        works = [work for work, _ in refused]
        try:
            targets = read_targets(self.flow, works)
        except SystemProblem:
            # the refusal stands: a person sees to it
            return {}
        intents = self.ledger.intents.unfinished(self.flow.full_name, [work.document.key for work in works])
        found = {}
        for work, step in refused:
            target = targets.get(work.known.target_id or "")
            if target is None:
                continue
            decision = self.flow.decide(work.document, replace(work.known, state="sending"), target)
            done = isinstance(decision, Done) and decision.waiting is None
            shown = self.flow.shows_effect(intents.get(work.document.key, ()), target)
            if done or shown or (isinstance(decision, Do) and decision.step.name != step.name):
                found[work.document.key] = target
        return found

    def _outcome(self, work: Work, step: Step, answer: Answer) -> Change:
        """The ledger change for one answer; a document that both sides now agree on settles in the same change."""
        if work.intent is None:
            raise AssertionError("an answer without an intent")
        if isinstance(answer, Target):
            self._heard = True
            return self._accepted(work, step, answer)
        if isinstance(answer, Prepared):
            self._heard = True
            return self._prepared(work, step)
        if isinstance(answer, Defect):
            self._defect = self._defect or answer.error
            return self._doubt(work, step, answer)
        if isinstance(answer, Refused | NotFound):
            self._heard = True
            return self._refused(work, step, answer)
        if isinstance(answer, TooLong):
            return self._too_long(work, answer)
        if not isinstance(answer, NotSent):
            self._unheard = answer
        if isinstance(answer, OutcomeUnknown):
            return self._doubt(work, step, answer)
        if isinstance(answer, NotSent):
            work.rounds -= 1
        else:
            work.tries += 1
        # an answer of the vendor proves it, or nothing of it left
        result: IntentResult = "not_processed" if answer.proof else "not_sent"
        close = [(work.intent, result, told_of(answer))]
        if isinstance(answer, NotAllowed) or work.tries >= self.pace.tries:
            return self._fail(work, answer, close_intents=close, attempts_delta=1)
        return work.change(state="sending", close_intents=close, release_claim=False)

    def _doubt(self, work: Work, step: Step, answer: OutcomeUnknown | Defect) -> Change:
        until = self.doubts.sent(work.document.key)
        work.said = str(answer)
        sent_at = f"; sent at {work.opened_at.isoformat(timespec='seconds')}" if work.opened_at else ""
        work.known = replace(work.known, state="in_doubt", due_at=until)
        return work.change(
            state="in_doubt",
            outcome="in_doubt",
            due_at=until,
            problems=[problem("outcome_unknown", "", f"{step.name}: {answer}{sent_at}")],
            events=[work.event("in_doubt", step=step.name, message=str(answer))],
            release_claim=False,
        )

    def _prepared(self, work: Work, step: Step) -> Change:
        """Done in the source system: the flow says what is next. With it, those of before that were lost are over."""
        over = [each for each in work.unfinished if each.step == step.name]
        work.unfinished = [each for each in work.unfinished if each not in over]
        work.known = replace(work.known, state="sending", released=False)
        return work.change(
            state="sending",
            close_intents=[(work.intent, "done", {}), *((each.id, "absent", {}) for each in over)],
            release_claim=False,
        )

    def _accepted(self, work: Work, step: Step, target: Target) -> Change:
        first = not work.linked and work.known.target_id is None
        moved = work.known.target_id not in (None, target.id)
        work.target, work.seen = target, True
        work.outcome = work.next_outcome(step)
        work.known = replace(
            work.known,
            state="sending",
            released=False,
            target_id=target.id,
            stage=step.stage or work.known.stage,
            content=target.content,
        )
        work.linked = True
        common: dict[str, Any] = {
            "target_entity": self.flow.target_entity,
            "target_id": target.id,
            "stage": work.known.stage,
            # with this one there, the target refuses those that were sent before it
            "close_intents": [(work.intent, "done", {}), *close(work, "absent")],
        }
        work.unfinished = []
        if first or moved:
            common["link"] = self.flow.link(work.document, target, "created")
        try:
            decision: Decision = self.flow.decide(work.document, work.known, target)
        except Exception as error:  # noqa: BLE001 - a defect; raised again once the slice's outcomes are recorded
            self._defect = self._defect or error
            return work.change(state="sending", content=target.content, **common)
        if isinstance(decision, Done) and (step.creates or _shows(target, step)):
            return self._conclude(work, decision, **common)
        # accepted is agreed, whatever keeps the rest: should we end here, it is no stranger's change
        common["content"] = target.content
        if not isinstance(decision, Do) or decision.step.name == step.name:
            # the answer does not show what was done, or shows what keeps us from going on: it may be the one of another
            # call for the same record. The target is looked at before that is believed, or done twice
            work.target = None
        return work.change(state="sending", release_claim=False, **common)

    def _refused(self, work: Work, step: Step, error: Refused | NotFound) -> Change:
        closing = [(work.intent, "refused", told_of(error))]
        if work.unfinished:
            # for another reason than its name: the one that was sent before may still come
            return self.doubts.park(work, close_intents=closing)
        fields = error.fields if isinstance(error, Refused) else ()
        problems = [problem("refused_by_target", each.field, each.message) for each in fields] or [
            problem("refused_by_target", step.name, str(error))
        ]
        work.finish("refused")
        return work.change(
            state="refused",
            outcome="refused",
            # a person is waited for now, and nothing else: not due until then
            waiting=None,
            due_at=None,
            problems=problems,
            close_intents=closing,
            attempts_delta=1,
            events=[work.event("refused", step=step.name, **told_of(error))],
        )

    def _too_long(self, work: Work, error: TooLong) -> Change:
        """Our own client took it for longer than the target takes: it waits for a person, and nothing was sent."""
        closing: list[tuple[int | None, IntentResult, dict[str, Any]]] = [(work.intent, "not_sent", told_of(error))]
        if work.unfinished:
            return self.doubts.park(work, close_intents=closing)
        found = [problem("too_long", each.field, each.message) for each in error.fields]
        return work.hold(found, close_intents=closing, attempts_delta=1)

    def _fail(self, work: Work, error: ConnectorError, **values: Any) -> Change:
        events = [] if work.unfinished else [work.event("failed", message=str(error))]
        return self.doubts.unanswered(work, error, events=events, **values)

    def _after(self, works: Sequence[Work], answers: Sequence[Answer]) -> None:
        """Look up what is in doubt at once, wait where the target asked for it, stop where nothing will get through."""
        for error in answers:
            if isinstance(error, NotAllowed):
                self.reach.failed("write", error)
        doubtful = [w for w, answer in zip(works, answers, strict=True) if isinstance(answer, OutcomeUnknown)]
        if doubtful:
            intents = self.ledger.intents.unfinished(self.flow.full_name, [w.document.key for w in doubtful])
            for work in doubtful:
                work.unfinished = list(intents.get(work.document.key, ()))
            self.doubts.resolve(doubtful)
        self._wait(
            [
                (work, answer)
                for work, answer in zip(works, answers, strict=True)
                if work.alive and isinstance(answer, RateLimited | Unavailable) and not isinstance(answer, NotSent)
            ]
        )

    def _wait(self, told: Sequence[tuple[Work, RateLimited | Unavailable]]) -> None:
        """Before the next round: as long as the target asked for, else a little longer each time."""
        if not told or self.reach.stopped is not None:
            return
        seconds = 0.0
        for work, error in told:
            asked = error.retry_after if isinstance(error, RateLimited) else None
            if asked is not None and asked > self.pace.longest_wait_seconds:
                # longer than a run waits: the next one comes when there is something to be had
                self.reach.stop(error)
                return
            cap = min(self.pace.backoff_seconds * 2 ** (work.tries - 1), self.pace.backoff_cap_seconds)
            seconds = max(seconds, self._jitter.uniform(0, cap) if asked is None else asked)
        self.claims.sleep(seconds, [work for work, _ in told])

    def _record(self, told: Sequence[Told]) -> None:
        self.recorder.record(told)
