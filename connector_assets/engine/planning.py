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
from connector_assets.engine.outcomes import Doubts, as_linked, close, read_targets
from connector_assets.engine.reasons import problem
from connector_assets.engine.recorder import Recorder, Told
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.references import Reference, references_in
from connector_assets.engine.report import FollowUp, Planned, Result
from connector_assets.engine.task import Pace, Work, works_of
from connector_assets.engine.unreadable import record_problem, without_unreadable
from connector_resources.ledger import Change, NewLink, Origin, Problem
from connector_resources.ledger.foreseen import ForeseenLinks


class Planner:
    """Plans, adopts and baselines one flow; sends nothing that creates or changes anything."""

    def __init__(self, flow: Flow, pace: Pace, *, owner: str) -> None:
        self.flow = flow
        self.pace = pace
        self.owner = owner
        self.ledger = flow.bench.ledger
        self.clock = flow.bench.clock
        self.claims = Claims(flow, pace, owner)
        self.doubts = Doubts(flow, pace)
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
        works = works_of(self.flow, documents, self.owner)
        asked = [w for w in works if look_up and w.known.target_id is None and not _settled_by_rule(w)]
        # what bears the name of a record that is not there yet is not there either
        asked = [w for w in asked if not any(references_in([w.document.content.get(n) for n in self.flow.named_by]))]
        self.flow.adopting = look_up and not goes_on
        try:
            hits, unseen = without_unreadable(asked, self._find)
        finally:
            self.flow.adopting = False
        taken = self.doubts.why_not_ours({document.key: document for document in documents}, hits)
        linked = [w for w in works if w.known.target_id and not _nothing_new(w)]
        targets, unread = without_unreadable(linked, lambda some: read_targets(self.flow, some))
        adopting = [w for w in asked if goes_on and w.document.deliverable and not w.unfinished]
        adopting = [w for w in adopting if hits.get(w.document.key) and w.document.key not in taken]
        # as the engine does: a look-up need not show all of a record
        seen, unsure = without_unreadable(adopting, lambda some: self._read_hits(some, hits))
        self.held = []
        for work, record in [*unseen, *unread, *unsure]:
            # whether it is there, and what it holds, is not known
            self._hold(work, [record_problem(record)])
        results, planned = [], []
        for work in works:
            key = work.document.key
            if work.result is not None:
                results.append(work.result)
                continue
            result, entry = self._plan_one(work, hits.get(key, []), taken.get(key), targets | seen)
            results.append(result)
            if entry is not None:
                planned.append(entry)
        self._tell_left(results)
        return results, planned

    def _plan_one(
        self, work: Work, found: Sequence[Target], taken: Problem | None, targets: dict[str, Target]
    ) -> tuple[Result, Planned | None]:
        document, known = work.document, work.known
        if _nothing_new(work):
            return standing(document, known), None
        if work.unfinished:
            work.finish("in_doubt")
        elif document.ignored is not None:
            work.finish("ignored", document.ignored)
        elif document.problems:
            self._hold(work, document.problems)
        elif found and taken is not None:
            self._hold(work, [taken])
            return _result(work), Planned(document.key, "hold", [], None)
        elif found:
            return self._adopting(work, found[0], targets.get(found[0].id))
        else:
            return self._decide(work, targets)
        return _result(work), None

    def _adopting(self, work: Work, found: Target, seen: Target | None) -> tuple[Result, Planned]:
        """A document that is in the target already: it is linked, and where a sync would go on (`seen` is the record as
        it was read then), the call that follows is the planned one."""
        document = work.document
        self._expect(document, found, "matched")
        if seen is not None and seen.id == found.id and work.finding is None:
            linked = as_linked(work.known, found)
            decision = self.flow.decide(document, linked, seen)
            if isinstance(decision, Do):
                work.known, work.target = linked, seen
                work.finish("adopted" if self.gate.lets_go(work, decision.step) else "staged")
                return _result(work), self._planned(work, decision.step)
        work.finish("adopted")
        return _result(work), Planned(document.key, "adopt", [], None)

    def _read_hits(self, works: Sequence[Work], hits: Mapping[str, Sequence[Target]]) -> dict[str, Target]:
        return self.flow.read([hits[work.document.key][0].id for work in works]) if works else {}

    def _decide(self, work: Work, targets: dict[str, Target]) -> tuple[Result, Planned | None]:
        document, known = work.document, work.known
        target = targets.get(known.target_id or "")
        decision = self.flow.decide(document, known, None)
        if isinstance(decision, NeedTarget):
            if target is None:
                self._hold(work, [problem(self.flow.lost_reason, "", known.target_id)])
                return _result(work), None
            decision = self.flow.decide(document, known, target)
        match decision:
            case Do(_) if work.finding is not None:
                self._hold(work, [work.finding])
            case Do(step):
                work.target = target
                work.finish(step.outcome if self.gate.lets_go(work, step) else "staged")
                if step.creates and known.target_id is None:
                    self._expect(document, self._made(document), "created")
                elif target is not None:
                    self._expect_restored(document, target)
                return _result(work), self._planned(work, step)
            case Done():
                work.finish("unchanged")
            case Hold(problems, conflict=conflict):
                self._hold(work, problems, "conflict" if conflict else "held")
            case Ignore(rule):
                work.finish("ignored", rule)
        return _result(work), None

    def _planned(self, work: Work, step: Step) -> Planned:
        document = work.document
        after = self._after(document)
        return Planned(
            document.key,
            step.name,
            step.shown_changes(),
            dict(step.body),
            frozen=freeze(document, step, work.target),
            day=document.day,
            amount=document.amount,
            currency=document.currency,
            after=after,
            then=self._then(work, step),
            content=canonical(document.content) if after else None,
        )

    def _hold(self, work: Work, problems: Sequence[Problem], outcome: str = "held") -> None:
        work.finish(outcome)
        self.held += [(work.document.key, each) for each in problems]

    def _then(self, work: Work, step: Step) -> FollowUp | None:
        """The call that a step prepares: it belongs to the plan as what follows any call does, and is shown with it."""
        if not step.prepares:
            return None
        decision = self.flow.decide(self.flow.prepared(work.document), work.known, work.target)
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

    def _tell_left(self, results: Sequence[Result]) -> None:
        """Later flows of the plan say why what they refer to is not linked, as they would after a sync."""
        links, name = self.ledger.links, self.flow.full_name
        if isinstance(links, ForeseenLinks):
            links.left |= {(name, each.key): each.rule for each in results if each.rule and each.rule not in SAID}
            for key, why in reversed(self.held):
                links.left[name, key] = why

    def _after(self, document: Document) -> tuple[Referred, ...]:
        """What a document refers to that is only expected, in the order in which the plan makes it."""
        links, integration = self.ledger.links, self.flow.bench.integration.name
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

    def _in_slices(self, documents: Sequence[Document], settle: Callable[[Sequence[Work]], list[Told]]) -> list[Result]:
        """Slice by slice: claim, settle, record, give back. What another run has claimed is left as it stands."""
        results: list[Result] = []
        for start in range(0, len(documents), self.pace.slice_size):
            part = documents[start : start + self.pace.slice_size]
            mine = self.claims.take([document.key for document in part])
            try:
                works = works_of(self.flow, part, self.owner)
                self.recorder.record(settle([work for work in works if work.document.key in mine]))
            finally:
                self.claims.give_back(mine)
            results += [work.result or standing(work.document, work.known) for work in works]
        return results

    def _adopt(self, works: Sequence[Work]) -> list[Told]:
        """What has a result already, or is in the last word of a rule, stands."""
        open_works = [w for w in works if w.known.target_id is None and not _nothing_new(w)]
        candidates = {w.document.key: w.document for w in open_works if w.document.ignored is None}
        asked = [work for work in open_works if work.document.key in candidates]
        hits, blocked = without_unreadable(asked, self._find)
        told: list[Told] = [(work, self.doubts.unreadable(work, record)) for work, record in blocked]
        open_works = [work for work in open_works if work.alive]
        taken = self.doubts.why_not_ours({w.document.key: w.document for w in asked if w.alive}, hits)
        for work in open_works:
            document = work.document
            found = hits.get(document.key)
            if found and document.key in taken and not work.unfinished:
                # an attempt, so that it is looked up before anything is ever sent for it
                tried = 0 if self.flow.looks_first else 1
                told.append((work, work.hold([taken[document.key]], attempts_delta=tried)))
            elif found and document.key not in taken:
                told.append((work, self._link(work, found[0])))
            elif work.unfinished:
                # the next sync decides what became of our own call
                continue
            elif document.ignored is not None:
                waits = self.flow.ignored_until.get(document.ignored)
                told.append((work, work.ignore(document.ignored, waits, self.clock.now() if waits else None)))
            elif document.problems:
                told.append((work, work.hold(document.problems)))
            else:
                work.finish("ignored", "not_in_target")
        return told

    def _find(self, works: Sequence[Work]) -> dict[str, list[Target]]:
        return self.flow.look_up([work.document for work in works]) if works else {}

    def _link(self, work: Work, hit: Target) -> Change:
        work.target = hit
        ours = bool(work.unfinished)
        work.finish("created" if ours else "adopted")
        return work.change(
            state="settled",
            outcome="created" if ours else "adopted",
            target_entity=self.flow.target_entity,
            target_id=hit.id,
            content=hit.content,
            content_hash=fingerprint(hit.content),
            due_at=None,
            waiting=None,
            close_intents=close(work, "found"),
            link=self.flow.link(work.document, hit, "created" if ours else "matched"),
            problems=[],
            events=[work.event("found" if ours else "adopted", by=self.flow.natural_key)],
        )

    def _baseline(self, works: Sequence[Work]) -> list[Told]:
        """What is linked, or may be in the target by a call of ours, is no history."""
        told: list[Told] = []
        for work in works:
            if work.known.target_id is None and not work.unfinished:
                work.finish("ignored", "before_baseline")
                change = work.change(
                    state="baseline", outcome="baseline", due_at=None, problems=[], events=[work.event("baseline")]
                )
                told.append((work, change))
        return told


def _settled_by_rule(work: Work) -> bool:
    return work.document.ignored is not None or _nothing_new(work)


def _nothing_new(work: Work) -> bool:
    return nothing_new(work.document, work.known, approved=work.approved)


def _result(work: Work) -> Result:
    if work.result is None:
        raise AssertionError(f"{work.document.key} was planned without a result; a defect")
    return work.result
