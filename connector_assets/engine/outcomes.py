"""When the outcome of a call is not known: look in the target, believe what is found, wait before believing nothing.

A hit of a look-up is ours only if it is linked to no other document and its key fields agree; otherwise the document is
held as `natural_key_taken`, never adopted. Nothing found is believed once the connection's effect window has passed
since the call was sent. Where the target itself refuses a second document of that key, the same is sent again at once:
the lost call may still come, and stays open until the target has taken the second one, or the window has passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector_assets.engine.circuit_breaker import Reach
from connector_assets.engine.document import Do, Document, Done, Step, Target, fingerprint, value_print
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import body_hash
from connector_assets.engine.gate import changed_since_plan
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Recorder
from connector_assets.engine.task import Pace, Work
from connector_assets.engine.unreadable import WAITS, record_problem, without_unreadable
from connector_assets.engine.words import beside
from connector_resources.errors import ConnectorError, SystemProblem
from connector_resources.ledger import Change, Delivery, IntentResult, Problem
from connector_resources.unreadable import Unreadable


class Doubts:
    """Resolves the doubts of one flow's works."""

    def __init__(self, flow: Flow, pace: Pace, reach: Reach | None = None) -> None:
        self.flow = flow
        self.pace = pace
        self.reach = reach or Reach()
        self.ledger = flow.bench.ledger
        self.clock = flow.bench.clock
        self.recorder = Recorder(flow)
        # key -> monotonic reading until which a call of ours may still take effect: the wall clock may be set meanwhile
        self._lands_until: dict[str, float] = {}

    def resolve(self, works: Sequence[Work]) -> None:
        """Look up every work whose last call has no outcome, or that was tried before without becoming a link."""
        creating, changing = [], []
        for work in works:
            if work.known.target_id is not None:
                changing += [work] if work.unfinished else []
            elif work.unfinished or (
                # a call that was let go some time ago may have been made by somebody else since
                work.document.deliverable and (work.tried or self.flow.looks_first or work.approved)
            ):
                creating.append(work)
        told = [(work, self._look_up) for work in creating] + [(work, self._look_at) for work in changing]
        if self.reach.stopped is not None:
            # what is not in doubt is failed by the steps, for the same reason
            stopped = self.reach.stopped
            self.recorder.record([(work, self.unanswered(work, stopped)) for work, _ in told if work.unfinished])
            return
        self.recorder.record(self._look_up(creating) + self._look_at(changing))

    # -- looking for what was created -----------------------------------------------------------------------------

    def _look_up(self, works: Sequence[Work]) -> list[tuple[Work, Change]]:
        if not works:
            return []
        try:
            hits, blocked = without_unreadable(works, self._find)
        except SystemProblem as error:
            self.reach.failed("read", error)
            return [(work, self.unanswered(work, error)) for work in works]
        self.reach.answered("read")
        unreadable = [(work, self.unreadable(work, record)) for work, record in blocked]
        works = [work for work in works if work.alive]
        taken = self.why_not_ours({work.document.key: work.sent for work in works}, hits)
        told = []
        for work in works:
            change = self._seen(work, hits.get(work.document.key, []), taken.get(work.document.key))
            told += [(work, change)] if change is not None else []
        return unreadable + told

    def _find(self, works: Sequence[Work]) -> dict[str, list[Target]]:
        return self.flow.look_up([work.sent for work in works]) if works else {}

    def why_not_ours(
        self, documents: Mapping[str, Document], hits: Mapping[str, Sequence[Target]]
    ) -> dict[str, Problem]:
        """Key -> why its hits may not be taken for this document; those whose one hit is it are absent."""
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

    def found_after_refusal(self, works: Sequence[Work]) -> dict[str, Target]:
        """Of works whose second create was refused, those whose first one took effect after all. Raises SystemProblem
        where the target cannot be asked."""
        documents = {work.document.key: work.document for work in works}
        hits = self.flow.look_up(list(documents.values())) if documents else {}
        taken = self.why_not_ours(documents, hits)
        return {key: hits[key][0] for key in documents if hits.get(key) and key not in taken}

    def _seen(self, work: Work, hits: Sequence[Target], taken: Problem | None) -> Change | None:
        """What a look-up means for a document."""
        # where the plan itself says that it is there, it is linked, and the planned call follows
        as_planned = work.planned is not None and hits and taken is None and work.planned.target_id == hits[0].id
        if hits and work.planned is not None and not (as_planned or work.unfinished or work.known.attempts):
            return work.hold([changed_since_plan("target", work.planned)])
        if hits and taken is None:
            return self._found(work, hits[0])
        if work.unfinished:
            # another's document there does not say that ours will not arrive
            believed_at = self.believed_at(work)
            if believed_at > self.clock.now():
                may_go = self._may_go_again(work, hits)
                return self._again(work, believed_at) if may_go else self.park(work, believed_at)
        if taken is not None:
            # what was never sent is looked up again all the same where the flow always looks first: no attempt of ours
            tried = 0 if self.flow.looks_first and not work.unfinished else 1
            return work.hold([taken], close_intents=close(work, "unknown"), attempts_delta=tried, due_at=None)
        return self._absent(work) if work.unfinished else None

    def _found(self, work: Work, hit: Target) -> Change:
        work.target = hit
        work.linked = True
        # what we never sent was there before us
        ours = bool(work.unfinished or work.known.attempts)
        work.outcome = "created" if ours else "adopted"
        work.known = replace(as_linked(work.known, hit), stage=_stage(work))
        return self._go_on(
            work,
            target_entity=self.flow.target_entity,
            target_id=hit.id,
            content=hit.content,
            content_hash=work.known.content_hash,
            stage=work.known.stage,
            close_intents=close(work, "found"),
            link=self.flow.link(work.document, hit, "created" if ours else "matched"),
            events=[work.event("found", by=self.flow.natural_key)],
        )

    # -- looking at what was changed ------------------------------------------------------------------------------

    def _look_at(self, works: Sequence[Work]) -> list[tuple[Work, Change]]:
        if not works:
            return []
        try:
            targets, blocked = without_unreadable(works, lambda some: read_targets(self.flow, some))
        except SystemProblem as error:
            self.reach.failed("read", error)
            return [(work, self.unanswered(work, error)) for work in works]
        self.reach.answered("read")
        unreadable = [(work, self.unreadable(work, record)) for work, record in blocked]
        works = [work for work in works if work.alive]
        found = {work.document.key: targets.get(work.known.target_id or "") for work in works}
        moved = [
            (work, change)
            for work in works
            if (target := found[work.document.key]) is not None and (change := work.follow(self.flow, target))
        ]
        self.recorder.record(moved)
        return unreadable + [(work, self._changed(work, found[work.document.key])) for work in works if work.alive]

    def _changed(self, work: Work, target: Target | None) -> Change:
        """A call that changed something took effect when the flow, seeing the target, asks for nothing more."""
        if target is None:
            return work.hold(
                [problem(self.flow.lost_reason, "", work.known.target_id)],
                close_intents=close(work, "unknown"),
                due_at=None,
            )
        work.target, work.seen = target, True
        work.known = replace(work.known, content=_agreed(work, target))
        if self.flow.shows_effect(work.unfinished, target):
            return self._took_effect(work)
        known = replace(work.known, state="sending")
        decision = self.flow.decide(work.document, known, target) if work.document.deliverable else None
        if isinstance(decision, Done) and work.meant:
            return self._took_effect(work)
        believed_at = self.believed_at(work)
        if believed_at > self.clock.now():
            return self.park(work, believed_at)
        if isinstance(decision, Do) and work.meant and decision.step.name in {each.step for each in work.unfinished}:
            return self._absent(work)
        # from now on the target as it is tells what is to be done, whether or not the call had a part in it
        if not work.meant:
            work.known = replace(work.known, stage=self.flow.doubted(known, work.unfinished, target))
        return self._go_on(
            work, stage=work.known.stage, content=work.known.content, close_intents=close(work, "unknown")
        )

    def _took_effect(self, work: Work) -> Change:
        work.outcome = work.outcome or "updated"
        content = work.target.content if work.target else work.known.content
        work.known = replace(work.known, stage=_stage(work), content=content)
        return self._go_on(
            work,
            stage=work.known.stage,
            content=content,
            close_intents=close(work, "found"),
            events=[work.event("found", steps=[intent.step for intent in work.unfinished])],
        )

    def _go_on(self, work: Work, **values: Any) -> Change:
        work.known = replace(work.known, state="sending")
        work.unfinished = []
        return work.change(state="sending", due_at=None, release_claim=False, **values)

    def _may_go_again(self, work: Work, hits: Sequence[Target]) -> bool:
        """Whether the create may be sent again while the one that was lost may still come: the target takes one of
        them, whichever comes first, as long as both give the document the same name."""
        return (
            not hits
            and work.document.deliverable
            and work.sent is work.document
            and all(intent.detail.get("refuses_second") for intent in work.unfinished)
            and len(work.unfinished) < self.pace.tries
            # what a person has let go is decided anew once it is known what became of the first
            and not (self.flow.approval or work.staged or work.planned)
        )

    def _again(self, work: Work, believed_at: datetime) -> Change:
        """The lost calls stay open: should we end before the next one has its outcome, they are looked up again, under
        the name that they gave."""
        work.known = replace(work.known, state="in_doubt", due_at=believed_at)
        return work.change(
            state="in_doubt",
            due_at=believed_at,
            attempts_delta=1,
            events=[work.event("absent", steps=[intent.step for intent in work.unfinished])],
            release_claim=False,
        )

    def namesakes(self, doing: Sequence[tuple[Work, Step]]) -> list[tuple[Work, Change]]:
        """Park the works whose step gives them another name while a create that was sent before may still come: the
        target refuses that one only as long as its name is taken."""
        names = set(self.flow.named_by)
        renamed = [work for work, step in doing if not step.creates and names & {each.field for each in step.changes}]
        if not renamed:
            return []
        now = self.clock.now()
        lands = timedelta(seconds=self.pace.lands_within)
        keys = [work.document.key for work in renamed]
        lost = self.ledger.intents.lost_since(self.flow.full_name, keys, now - lands)
        until = {key: self._landed(key, opened_at) for key, opened_at in lost.items()}
        waiting = [work for work in renamed if until.get(work.document.key, now) > now]
        return [(work, self.park(work, until[work.document.key])) for work in waiting]

    def repeats(self, doing: Sequence[tuple[Work, Step]]) -> list[tuple[Work, Change]]:
        """Park the works whose step is the very call that the target accepted last, as long as that may still take
        effect: a copy of the target that lags behind, or an answer of before, does not show it yet."""
        again = [(work, step) for work, step in doing if not (step.creates or step.prepares)]
        if not again:
            return []
        now = self.clock.now()
        lands = timedelta(seconds=self.pace.lands_within)
        keys = [work.document.key for work, _ in again]
        done = self.ledger.intents.done_since(self.flow.full_name, keys, now - lands)
        waiting = []
        for work, step in again:
            said, opened_at = done.get(work.document.key, (None, now))
            if (
                said == (step.name, body_hash(step.body))
                and (until := self._landed(work.document.key, opened_at)) > now
            ):
                waiting.append((work, self.park(work, until, steps=step.name)))
        return waiting

    def _landed(self, key: str, opened_at: datetime) -> datetime:
        """When a call of this intent has landed or never will, however the wall clock was set since."""
        now = self.clock.now()
        if key not in self._lands_until and opened_at <= now:
            return opened_at + timedelta(seconds=self.pace.lands_within)
        return self._reached(key)

    def _reached(self, key: str) -> datetime:
        """When no call for this document that was sent so far can land any more, by the clock that nobody sets."""
        until = self._lands_until.setdefault(key, self.clock.monotonic() + self.pace.lands_within)
        return self.clock.now() + timedelta(seconds=max(until - self.clock.monotonic(), 0))

    # -- waiting --------------------------------------------------------------------------------------------------

    def sent(self, key: str) -> datetime:
        """A call for this document was sent just now and its outcome is not known; returns when nothing found may be
        believed."""
        self._lands_until[key] = self.clock.monotonic() + self.pace.effect_window
        return self.clock.now() + timedelta(seconds=self.pace.effect_window)

    def when(self, delivery: Delivery) -> datetime:
        """When a document in doubt can be decided at the latest, however the wall clock was set."""
        now = self.clock.now()
        due = delivery.due_at or now
        if delivery.key not in self._lands_until and due <= now + timedelta(seconds=self.pace.lands_within):
            return due
        # further than that no call ever reaches: such an instant was written before the clock was put back
        return self._reached(delivery.key)

    def believed_at(self, work: Work) -> datetime:
        """When a look-up that finds nothing may be believed."""
        now = self.clock.now()
        if work.document.key in self._lands_until or (work.known.state == "in_doubt" and work.known.due_at is not None):
            return self.when(work.known)
        # nobody knows when a process that died had sent it, but not later than this after the intent
        opened_at = max(intent.opened_at for intent in work.unfinished)
        return min(opened_at, now) + timedelta(seconds=self.pace.lands_within)

    def park(self, work: Work, until: datetime | None = None, *, steps: str = "", **values: Any) -> Change:
        """Come back to a work then; without `until`, when a look-up that finds nothing may be believed. `steps` names
        the calls in doubt, where they are not the unfinished ones."""
        until = until or self.believed_at(work)
        steps = steps or ", ".join(intent.step for intent in work.unfinished)
        work.parked = True
        return work.change(
            state="in_doubt",
            outcome="in_doubt",
            due_at=until,
            problems=[problem("outcome_unknown", "", f"{steps}: {work.said}" if work.said else steps)],
            events=[] if work.known.state == "in_doubt" else [work.event("in_doubt", until=until.isoformat())],
            **values,
        )

    def _absent(self, work: Work) -> Change:
        change = work.change(
            # due, should we end before the next attempt: nobody else would remember it
            state="failed" if work.known.target_id is None else "sending",
            close_intents=close(work, "absent"),
            attempts_delta=1,
            due_at=self.clock.now() if work.known.target_id is None else None,
            events=[work.event("absent", steps=[intent.step for intent in work.unfinished])],
            release_claim=False,
        )
        self._lands_until.pop(work.document.key, None)
        work.unfinished = []
        work.absent = True
        return change

    def unanswered(self, work: Work, error: ConnectorError, **values: Any) -> Change:
        """The target cannot be asked, or takes no call: the next run goes on."""
        state = "in_doubt" if work.unfinished else "failed"
        work.finish(state)
        return work.change(
            state=state,
            outcome=state,
            due_at=self.believed_at(work) if work.unfinished else self.clock.now(),
            problems=[problem("outcome_unknown" if work.unfinished else "not_answered", "", str(error))],
            **values,
        )

    def unreadable(self, work: Work, record: Unreadable) -> Change:
        """A record of the target that this document asks for is there and cannot be read: whether it is the document,
        and what it holds, is not known. Nothing is sent, and the next run looks again."""
        if not work.unfinished:
            return work.hold([record_problem(record)], waiting=WAITS, due_at=self.clock.now())
        work.finish("in_doubt")
        due = max(self.believed_at(work), self.clock.now())
        return work.change(state="in_doubt", outcome="in_doubt", due_at=due, problems=[record_problem(record)])


def as_linked(known: Delivery, hit: Target) -> Delivery:
    """What is known of a document once the record that a look-up found is taken for it, and it is under way."""
    agreed = fingerprint(hit.content)
    return replace(known, state="sending", target_id=hit.id, content=hit.content, content_hash=agreed)


def read_targets(flow: Flow, works: Sequence[Work]) -> dict[str, Target]:
    """The targets that these works are linked to, by id. Raises SystemProblem."""
    ids = [work.known.target_id for work in works if work.known.target_id]
    return flow.read(ids) if ids else {}


def _agreed(work: Work, target: Target) -> dict[str, Any] | None:
    """What both sides last agreed on, and of the target's fields those that hold what a call in doubt has sent: that is
    no stranger's change, whatever the source has become since."""
    if work.known.content is None:
        return None
    sent = {name: told for intent in work.unfinished for name, told in intent.detail.get("changes", {}).items()}
    ours = {name: held for name, held in target.content.items() if sent.get(name) == value_print(held)}
    return {**work.known.content, **ours}


def _stage(work: Work) -> str | None:
    """What the target is known to have accepted once the calls in doubt turn out to have had their effect."""
    stages = [intent.detail.get("stage") for intent in work.unfinished]
    return next((str(stage) for stage in reversed(stages) if stage), work.known.stage)


def close(work: Work, result: IntentResult) -> list[tuple[int, IntentResult, dict[str, str]]]:
    """How the intents without an outcome of a work are closed."""
    return [(intent.id, result, {}) for intent in work.unfinished]
