"""What a sync would do, and the two ways to go live on systems that already hold data: adopt and baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from connector_assets.engine.claims import Claims
from connector_assets.engine.document import (
    Do,
    Document,
    Done,
    Hold,
    Ignore,
    NeedTarget,
    Step,
    Target,
    canonical,
    fingerprint,
)
from connector_assets.engine.engine import nothing_new, standing
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import freeze
from connector_assets.engine.gate import Gate
from connector_assets.engine.linking import SAID
from connector_assets.engine.outcomes import OutcomeResolver, as_linked, close, read_targets
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Recorder, TaskChange
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.references import Reference, references_in
from connector_assets.engine.report import FollowUp, Planned, Result
from connector_assets.engine.task import DeliveryPolicy, DeliveryTask, tasks_of
from connector_assets.engine.unreadable import record_problem, without_unreadable
from connector_resources.ledger import Change, NewLink, Origin, Problem
from connector_resources.ledger.foreseen import ForeseenLinks


class Planner:
    """Plans, adopts and baselines one flow; sends nothing that creates or changes anything."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, *, owner: str) -> None:
        self.flow = flow
        self.policy = policy
        self.owner = owner
        self.ledger = flow.context.ledger
        self.clock = flow.context.clock
        self.claims = Claims(flow, policy, owner)
        self.resolver = OutcomeResolver(flow, policy)
        self.recorder = Recorder(flow)
        self.gate = Gate(flow)
        # why documents would be held, of those that the last plan was about
        self.held: list[tuple[str, Problem]] = []

    def plan(
        self, documents: Sequence[Document], *, look_up: bool, goes_on: bool = False
    ) -> tuple[list[Result], list[Planned]]:
        """What `deliver` would do next with each document. With `look_up` the target is asked for documents of the
        same natural key, which `--adopt` would link; with `goes_on` a sync links them as well, and goes on with what is
        to be done then, so that the plan says that, too."""
        tasks = tasks_of(self.flow, documents, self.owner)
        asked = [w for w in tasks if look_up and w.known.target_id is None and not _settled_by_rule(w)]
        # what bears the name of a record that is not there yet is not there either
        asked = [
            w for w in asked if not any(references_in([w.document.content.get(n) for n in self.flow.lookup_fields]))
        ]
        self.flow.adopting = look_up and not goes_on
        try:
            hits, unseen = without_unreadable(asked, self._find)
        finally:
            self.flow.adopting = False
        taken = self.resolver.why_not_ours({document.key: document for document in documents}, hits)
        linked = [w for w in tasks if w.known.target_id and not _nothing_new(w)]
        targets, unread = without_unreadable(linked, lambda some: read_targets(self.flow, some))
        adopting = [w for w in asked if goes_on and w.document.deliverable and not w.unfinished]
        adopting = [w for w in adopting if hits.get(w.document.key) and w.document.key not in taken]
        # as the engine does: a look-up need not show all of a record
        seen, unsure = without_unreadable(adopting, lambda some: self._read_hits(some, hits))
        self.held = []
        for task, record in [*unseen, *unread, *unsure]:
            # whether it is there, and what it holds, is not known
            self._hold(task, [record_problem(record)])
        results, planned = [], []
        for task in tasks:
            key = task.document.key
            if task.result is not None:
                results.append(task.result)
                continue
            result, entry = self._plan_one(task, hits.get(key, []), taken.get(key), targets | seen)
            results.append(result)
            if entry is not None:
                planned.append(entry)
        self._report_left(results)
        return results, planned

    def _plan_one(
        self, task: DeliveryTask, found: Sequence[Target], taken: Problem | None, targets: dict[str, Target]
    ) -> tuple[Result, Planned | None]:
        document, known = task.document, task.known
        if _nothing_new(task):
            return standing(document, known), None
        if task.unfinished:
            task.finish("in_doubt")
        elif document.ignored is not None:
            task.finish("ignored", document.ignored)
        elif document.problems:
            self._hold(task, document.problems)
        elif found and taken is not None:
            self._hold(task, [taken])
            return _result(task), Planned(document.key, "hold", [], None)
        elif found:
            return self._adopting(task, found[0], targets.get(found[0].id))
        else:
            return self._decide(task, targets)
        return _result(task), None

    def _adopting(self, task: DeliveryTask, found: Target, seen: Target | None) -> tuple[Result, Planned]:
        """A document that is in the target already: it is linked, and where a sync would go on (`seen` is the record as
        it was read then), the call that follows is the planned one."""
        document = task.document
        self._expect(document, found, "matched")
        if seen is not None and seen.id == found.id and task.finding is None:
            linked = as_linked(task.known, found)
            decision = self.flow.decide(document, linked, seen)
            if isinstance(decision, Do):
                task.known, task.target = linked, seen
                task.finish("adopted" if self.gate.lets_go(task, decision.step) else "staged")
                return _result(task), self._planned(task, decision.step)
        task.finish("adopted")
        return _result(task), Planned(document.key, "adopt", [], None)

    def _read_hits(self, tasks: Sequence[DeliveryTask], hits: Mapping[str, Sequence[Target]]) -> dict[str, Target]:
        return self.flow.read([hits[task.document.key][0].id for task in tasks]) if tasks else {}

    def _decide(self, task: DeliveryTask, targets: dict[str, Target]) -> tuple[Result, Planned | None]:
        document, known = task.document, task.known
        target = targets.get(known.target_id or "")
        decision = self.flow.decide(document, known, None)
        if isinstance(decision, NeedTarget):
            if target is None:
                self._hold(task, [problem(self.flow.lost_reason, "", known.target_id)])
                return _result(task), None
            decision = self.flow.decide(document, known, target)
        match decision:
            case Do(_) if task.finding is not None:
                self._hold(task, [task.finding])
            case Do(step):
                task.target = target
                task.finish(step.outcome if self.gate.lets_go(task, step) else "staged")
                if step.creates and known.target_id is None:
                    self._expect(document, self._made(document), "created")
                elif target is not None:
                    self._expect_restored(document, target)
                return _result(task), self._planned(task, step)
            case Done():
                task.finish("unchanged")
            case Hold(problems, conflict=conflict):
                self._hold(task, problems, "conflict" if conflict else "held")
            case Ignore(rule):
                task.finish("ignored", rule)
        return _result(task), None

    def _planned(self, task: DeliveryTask, step: Step) -> Planned:
        document = task.document
        after = self._after(document)
        return Planned(
            document.key,
            step.name,
            step.shown_changes(),
            dict(step.body),
            frozen=freeze(document, step, task.target),
            day=document.day,
            amount=document.amount,
            currency=document.currency,
            after=after,
            then=self._then(task, step),
            content=canonical(document.content) if after else None,
        )

    def _hold(self, task: DeliveryTask, problems: Sequence[Problem], outcome: str = "held") -> None:
        task.finish(outcome)
        self.held += [(task.document.key, each) for each in problems]

    def _then(self, task: DeliveryTask, step: Step) -> FollowUp | None:
        """The call that a step prepares: it belongs to the plan as what follows any call does, and is shown with it."""
        if not step.prepares:
            return None
        decision = self.flow.decide(self.flow.prepared(task.document), task.known, task.target)
        if not isinstance(decision, Do) or decision.step.prepares:
            return None
        return FollowUp(decision.step.name, decision.step.shown_changes(), dict(decision.step.body))

    # -- what later flows of the plan may refer to ------------------------------------------------------------------

    def _made(self, document: Document) -> Target:
        """The record that a document would become: its id and label are what the target will say."""
        name, key = self.flow.name, document.key
        label = Reference(name, key, "label").text
        return Target(Reference(name, key).text, document.content, label=label)

    def _expect(self, document: Document, target: Target, origin: Origin) -> None:
        """From now on the document counts as linked to this record, where the run foresees and others refer to it."""
        if isinstance(self.ledger.links, ForeseenLinks) and (self.flow.master_data or not self.flow.partitioned):
            link: NewLink = self.flow.link(document, target, origin)
            link = replace(link, flow=self.flow.full_name, source_key=document.key)
            self.ledger.links.expect(link, self.clock.now())

    def _expect_restored(self, document: Document, target: Target) -> None:
        """A record that is out of use there, and that the plan puts in use again, may be referred to."""
        links = self.ledger.links
        again = document.content.get("active") and target.content.get("active") is False
        if again and isinstance(links, ForeseenLinks):
            links.restore(self.flow.full_name, document.key, target.id)

    def _report_left(self, results: Sequence[Result]) -> None:
        """Later flows of the plan say why what they refer to is not linked, as they would after a sync."""
        links, name = self.ledger.links, self.flow.full_name
        if isinstance(links, ForeseenLinks):
            links.left |= {(name, each.key): each.rule for each in results if each.rule and each.rule not in SAID}
            for key, why in reversed(self.held):
                links.left[name, key] = why

    def _after(self, document: Document) -> tuple[Referred, ...]:
        """What a document refers to that is only expected, in the order in which the plan makes it."""
        links, integration = self.ledger.links, self.flow.context.integration.name
        if not isinstance(links, ForeseenLinks):
            return ()
        found = [each for each in self.flow.refers_to(document) if links.expects(f"{integration}/{each[0]}", each[1])]
        return tuple(sorted(found, key=lambda each: (links.flows.index(f"{integration}/{each[0]}"), each[1])))

    # -- the ways to go live ----------------------------------------------------------------------------------------

    def adopt(self, documents: Sequence[Document]) -> list[Result]:
        """Link documents to existing target records by natural key and key fields, writing nothing to the target.
        What the target does not hold is left for the next sync, under the rule `not_in_target`."""
        self.flow.adopting = True
        try:
            return self._in_slices(documents, self._adopt)
        finally:
            self.flow.adopting = False

    def baseline(self, documents: Sequence[Document]) -> list[Result]:
        """Mark documents as seen: they are ignored until they change."""
        return self._in_slices(documents, self._baseline)

    def _in_slices(
        self, documents: Sequence[Document], settle: Callable[[Sequence[DeliveryTask]], list[TaskChange]]
    ) -> list[Result]:
        """Slice by slice: claim, settle, record, give back. What another run has claimed is left as it stands."""
        results: list[Result] = []
        for start in range(0, len(documents), self.policy.slice_size):
            part = documents[start : start + self.policy.slice_size]
            mine = self.claims.take([document.key for document in part])
            try:
                tasks = tasks_of(self.flow, part, self.owner)
                self.recorder.record(settle([task for task in tasks if task.document.key in mine]))
            finally:
                self.claims.give_back(mine)
            results += [task.result or standing(task.document, task.known) for task in tasks]
        return results

    def _adopt(self, tasks: Sequence[DeliveryTask]) -> list[TaskChange]:
        """What has a result already, or is in the last word of a rule, stands."""
        open_tasks = [w for w in tasks if w.known.target_id is None and not _nothing_new(w)]
        candidates = {w.document.key: w.document for w in open_tasks if w.document.ignored is None}
        asked = [task for task in open_tasks if task.document.key in candidates]
        hits, blocked = without_unreadable(asked, self._find)
        changes: list[TaskChange] = [(task, self.resolver.unreadable(task, record)) for task, record in blocked]
        open_tasks = [task for task in open_tasks if task.alive]
        taken = self.resolver.why_not_ours({w.document.key: w.document for w in asked if w.alive}, hits)
        for task in open_tasks:
            document = task.document
            found = hits.get(document.key)
            if found and document.key in taken and not task.unfinished:
                # an attempt, so that it is looked up before anything is ever sent for it
                tried = 0 if self.flow.lookup_before_create else 1
                changes.append((task, task.hold([taken[document.key]], attempts_delta=tried)))
            elif found and document.key not in taken:
                changes.append((task, self._link(task, found[0])))
            elif task.unfinished:
                # the next sync decides what became of our own call
                continue
            elif document.ignored is not None:
                waits = self.flow.ignored_until.get(document.ignored)
                changes.append((task, task.ignore(document.ignored, waits, self.clock.now() if waits else None)))
            elif document.problems:
                changes.append((task, task.hold(document.problems)))
            else:
                task.finish("ignored", "not_in_target")
        return changes

    def _find(self, tasks: Sequence[DeliveryTask]) -> dict[str, list[Target]]:
        return self.flow.look_up([task.document for task in tasks]) if tasks else {}

    def _link(self, task: DeliveryTask, hit: Target) -> Change:
        task.target = hit
        ours = bool(task.unfinished)
        task.finish("created" if ours else "adopted")
        return task.change(
            state="settled",
            outcome="created" if ours else "adopted",
            target_entity=self.flow.target_entity,
            target_id=hit.id,
            content=hit.content,
            content_hash=fingerprint(hit.content),
            due_at=None,
            waiting=None,
            close_intents=close(task, "found"),
            link=self.flow.link(task.document, hit, "created" if ours else "matched"),
            problems=[],
            events=[task.event("found" if ours else "adopted", by=self.flow.natural_key)],
        )

    def _baseline(self, tasks: Sequence[DeliveryTask]) -> list[TaskChange]:
        """What is linked, or may be in the target by a call of ours, is no history."""
        changes: list[TaskChange] = []
        for task in tasks:
            if task.known.target_id is None and not task.unfinished:
                task.finish("ignored", "before_baseline")
                change = task.change(
                    state="baseline", outcome="baseline", due_at=None, problems=[], events=[task.event("baseline")]
                )
                changes.append((task, change))
        return changes


def _settled_by_rule(task: DeliveryTask) -> bool:
    return task.document.ignored is not None or _nothing_new(task)


def _nothing_new(task: DeliveryTask) -> bool:
    return nothing_new(task.document, task.known, approved=task.approved)


def _result(task: DeliveryTask) -> Result:
    if task.result is None:
        raise AssertionError(f"{task.document.key} was planned without a result; a defect")
    return task.result
