"""What a sync would do, and the two ways to go live on systems that already hold data: adopt and baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connector_assets.delivery.claims import Claims
from connector_assets.delivery.document import (
    Do,
    Document,
    Done,
    Hold,
    Ignore,
    NeedTarget,
    Step,
    Target,
    fingerprint,
)
from connector_assets.delivery.doubt import Doubts, close, read_targets
from connector_assets.delivery.engine import nothing_new, standing
from connector_assets.delivery.flow import Flow
from connector_assets.delivery.frozen import freeze
from connector_assets.delivery.gate import Gate
from connector_assets.delivery.recorder import Recorder, Told
from connector_assets.delivery.report import Planned, Result
from connector_assets.delivery.unreadable import without_unreadable
from connector_assets.delivery.work import Pace, Work, works_of
from connector_resources.ledger import Change


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

    def plan(self, documents: Sequence[Document], *, look_up: bool) -> tuple[list[Result], list[Planned]]:
        """What `deliver` would do next with each document. With `look_up` the target is asked for documents of the
        same natural key, which `--adopt` would link."""
        works = works_of(self.flow, documents, self.owner)
        asked = [w for w in works if look_up and w.known.target_id is None and not _settled_by_rule(w)]
        hits, unseen = without_unreadable(asked, self._find)
        taken = self.doubts.why_not_ours({document.key: document for document in documents}, hits)
        linked = [w for w in works if w.known.target_id and not _nothing_new(w)]
        targets, unread = without_unreadable(linked, lambda some: read_targets(self.flow, some))
        for work, _ in [*unseen, *unread]:
            # whether it is there, and what it holds, is not known
            work.finish("held")
        results, planned = [], []
        for work in works:
            key = work.document.key
            if work.result is not None:
                results.append(work.result)
                continue
            result, entry = self._plan_one(work, bool(hits.get(key)), key in taken, targets)
            results.append(result)
            if entry is not None:
                planned.append(entry)
        return results, planned

    def _plan_one(
        self, work: Work, found: bool, taken: bool, targets: dict[str, Target]
    ) -> tuple[Result, Planned | None]:
        document, known = work.document, work.known
        if _nothing_new(work):
            return standing(document, known), None
        if work.unfinished:
            work.finish("in_doubt")
        elif document.ignored is not None:
            work.finish("ignored", document.ignored)
        elif document.problems:
            work.finish("held")
        elif found:
            work.finish("held" if taken else "adopted")
            return _result(work), Planned(document.key, "hold" if taken else "adopt", [], None)
        else:
            return self._decide(work, targets)
        return _result(work), None

    def _decide(self, work: Work, targets: dict[str, Target]) -> tuple[Result, Planned | None]:
        document, known = work.document, work.known
        target = targets.get(known.target_id or "")
        decision = self.flow.decide(document, known, None)
        if isinstance(decision, NeedTarget):
            if target is None:
                work.finish("held")
                return _result(work), None
            decision = self.flow.decide(document, known, target)
        match decision:
            case Do(_) if work.finding is not None:
                work.finish("held")
            case Do(step):
                work.target = target
                work.finish(step.outcome if self.gate.lets_go(work, step) else "staged")
                return _result(work), _planned(work, step)
            case Done():
                work.finish("unchanged")
            case Hold(conflict=conflict):
                work.finish("conflict" if conflict else "held")
            case Ignore(rule):
                work.finish("ignored", rule)
        return _result(work), None

    def adopt(self, documents: Sequence[Document]) -> list[Result]:
        """Link documents to existing target records by natural key and key fields, writing nothing to the target.
        What the target does not hold is left for the next sync, under the rule `not_in_target`."""
        return self._in_slices(documents, self._adopt)

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
                told.append((work, work.ignore(document.ignored)))
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


def _planned(work: Work, step: Step) -> Planned:
    document = work.document
    return Planned(
        document.key,
        step.name,
        step.shown_changes(),
        dict(step.body),
        frozen=freeze(document, step, work.target),
        day=document.day,
        amount=document.amount,
        currency=document.currency,
    )


def _result(work: Work) -> Result:
    if work.result is None:
        raise AssertionError(f"{work.document.key} was planned without a result; a defect")
    return work.result
