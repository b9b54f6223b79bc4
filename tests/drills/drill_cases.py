"""One case: what goes wrong, when the process dies, and the runs until nothing is left to do."""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drill_drifts import BESIDE, DRIFTS, GROWS, Drifts
from drill_faults import ANOTHER_ONE, SWAPPED, TWICE, WINDOW, Swap, named
from drill_hands import CLERKS
from drill_line import Position
from drill_process import Death, Process
from drill_scenes import Scene, Workshop
from drill_truth import (
    BOOKKEEPING,
    DUPLICATE,
    GUESSED,
    UNDECIDED_,
    Truth,
    Verdict,
    guessed_links,
    judge,
    judge_doubled,
    judge_namesake,
    truth_of,
)
from drill_variants import Variant, every_variant

from connector_assets.documents.jde.voucher_entry.writer import FIRST
from connector_assets.engine.duplicates import report_duplicates
from connector_assets.orchestration.sweep import sweep
from connector_resources.errors import ConnectorError

# what a new process finds: it is started at once, in the middle of the effect window, when everything is over
LATER = (0.0, WINDOW / 2, 3000.0)
# a process that is started sooner knows that the one before it is dead; a later one waits for the end of its lease
FREES_SECONDS = 300.0
# longer than a claim's lease and everything that may still be under way
QUIET_SECONDS = 900.0
RUNS = 8
# calls that a case can need at most; more means that somebody asks again and again without waiting
MOST_CALLS = 2000
# when, by its stamps, the source was changed
MOVE_SECONDS = 60.0
MOVES = ("amend", "undo")
TWICE_NAMES = frozenset(fault.name for fault in TWICE)
LOST_TWICE = "delivered_twice_lost"
FAULT = re.compile(r"(write|read)(\d+)=(\w+)")
DEATH = re.compile(r"dies@(\d+)\+([\d.]+)s")
# of so many cases one is run once more when all is done: which one, its name says
ONCE_MORE = 4


@dataclass(frozen=True)
class Case:
    """`faults`: which call goes wrong and how; `deaths`: the boundary at which each process dies, and the seconds until
    the next one is started. `reading`: the first process reads the source itself, else it begins with what was read.
    `stale`: an older frame is delivered once more, after a newer one. `moved`: what people do to the source's documents
    when the first process has ended, 'amend' or 'undo'. `unapproved`: everything waits for an approval that nobody
    gives. `planned`: everything is planned, and the first two processes apply that plan."""

    variant: Variant
    situation: str
    faults: tuple[tuple[str, int, str], ...] = ()
    deaths: tuple[tuple[int, float], ...] = ()
    reading: bool = False
    stale: bool = False
    moved: str = ""
    unapproved: bool = False
    planned: bool = False

    @property
    def name(self) -> str:
        """All of it in one text, by which it is replayed."""
        parts = [f"{self.variant.name} / {self.situation}"]
        parts += ["reading"] if self.reading else []
        parts += ["stale"] if self.stale else []
        parts += ["unapproved"] if self.unapproved else []
        parts += ["planned"] if self.planned else []
        parts += [self.moved] if self.moved else []
        parts += [f"{kind}{number}={fault}" for kind, number, fault in self.faults]
        parts += [f"dies@{boundary}+{seconds:g}s" for boundary, seconds in self.deaths]
        return " / ".join(parts)

    @classmethod
    def parse(cls, name: str) -> Case:
        """The case of that name. Raises KeyError or ValueError where there is none."""
        which, situation, *parts = name.split(" / ")
        variant = {each.name: each for each in every_variant()}[which]
        faults = [match for part in parts if (match := FAULT.fullmatch(part))]
        deaths = [match for part in parts if (match := DEATH.fullmatch(part))]
        found = cls(
            variant,
            situation,
            tuple((match[1], int(match[2]), match[3]) for match in faults),
            tuple((int(match[1]), float(match[2])) for match in deaths),
            reading="reading" in parts,
            stale="stale" in parts,
            unapproved="unapproved" in parts,
            planned="planned" in parts,
            moved=next((each for each in MOVES if each in parts), ""),
        )
        if found.name != name:
            raise ValueError(f"no case is called {name!r}; that is near it: {found.name!r}")
        return found


@dataclass
class Story:
    """What happened in a case: the boundaries and the numbers of calls of its first process, all calls, the verdict."""

    crossed: list[str] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    reported: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    truth: Truth | None = None


class NoGoodEndError(AssertionError):
    """A run goes wrong in which nothing was made to go wrong: there is nothing to compare others with."""


def run_case(workshop: Workshop, case: Case) -> Story:
    """Run a case to its end, and judge it by the run in which nothing goes wrong."""
    scene = workshop.scene(case.variant, case.situation)
    if case.unapproved:
        return _unapproved(workshop, scene, case)
    late = any(name == GROWS for _, _, name in case.faults)
    expected = end(workshop, scene, *(["late"] if late else []), *([case.moved] if case.moved else []))
    story, drifts = _happen(workshop, scene, case)
    faults = {name for _, _, name in case.faults}
    if faults & set(CLERKS):
        _sweep(workshop, scene)
        judged = drifts.clerks.judge(expected, _truth(workshop, scene, drifts, expected))
    elif ANOTHER_ONE.name in faults:
        judged = judge_namesake(expected, _truth(workshop, scene, drifts, expected))
    elif faults & TWICE_NAMES:
        guessed = guessed_links(expected, _truth(workshop, scene, drifts, expected)) if LOST_TWICE in faults else ()
        doubled = workshop.site.traffic.doubled
        _look_for_doubles(workshop, scene)
        story.truth = _truth(workshop, scene, drifts, expected)
        judged = judge_doubled(expected, story.truth, doubled, guessed)
    else:
        story.truth = _truth(workshop, scene, drifts, expected)
        judged = judge(expected, story.truth)
    for key, words in _payable_in_both(workshop, scene).items():
        story.verdict.add(DUPLICATE, f"{key} can be paid in both systems: {words}")
    story.verdict.doubled, story.verdict.named = judged.doubled, judged.named
    for count, whats in judged.found.items():
        for what in whats:
            story.verdict.add(count, what)
    return story


def _unapproved(workshop: Workshop, scene: Scene, case: Case) -> Story:
    """What is sent although nobody has let it go."""
    workshop.asks = True
    try:
        story, _ = _happen(workshop, scene, case)
    finally:
        workshop.asks = False
    if sent := workshop.site.traffic.counts["write"]:
        story.verdict.add(GUESSED, f"{sent} calls were sent without an approval")
    return story


def _payable_in_both(workshop: Workshop, scene: Scene) -> Mapping[str, str]:
    """What both systems could pay at the end of a case."""
    workshop.site.traffic.plan = {}
    flow, _ = workshop.flow(scene.variant, Process())
    found = flow.payable_in_both(None)
    flow.context.close()
    return found or {}


def _sweep(workshop: Workshop, scene: Scene) -> None:
    """The slower look at all keys."""
    workshop.site.traffic.plan = {}
    flow, _ = workshop.flow(scene.variant, Process())
    sweep(flow)
    flow.context.close()


def _look_for_doubles(workshop: Workshop, scene: Scene) -> None:
    """What the next sweep finds in the target."""
    workshop.site.traffic.plan = {}
    flow, _ = workshop.flow(scene.variant, Process())
    report_duplicates(flow, flow.context.ledger.deliveries.keys(flow.full_name))
    flow.context.close()


def end(workshop: Workshop, scene: Scene, *moves: str, before: bool = False) -> Truth:
    """The end of a scene in which nothing goes wrong, when people did these acts after the first run, or `before`."""
    if (moves, before) not in scene.ends:
        case = Case(scene.variant, scene.situation)
        story, drifts = _happen(workshop, scene, case, () if before else moves, moves if before else ())
        found = _truth(workshop, scene, drifts, None)
        if story.verdict or found.left:
            raise NoGoodEndError(
                f"{scene.name} does not come to a good end without a fault: {story.verdict}{found.left}"
            )
        scene.ends[moves, before] = found
    return scene.ends[moves, before]


def _truth(workshop: Workshop, scene: Scene, drifts: Drifts, expected: Truth | None) -> Truth:
    site, target = workshop.site, workshop.target(scene.variant)
    # what only a stranger's record has come into is none of ours
    touched = [
        (system, entity)
        for system, entity, number in site.traffic.effects
        if system == target and (entity, number) not in drifts.seen
    ]
    entities = {each for each in touched if each[1] not in BOOKKEEPING}
    entities |= set(expected.content) if expected else set()
    site.traffic.plan = {}
    flow, _ = workshop.flow(scene.variant, Process())
    three_way = workshop.acts(scene.variant).three_way
    foreign_records = {*drifts.foreign_records, *drifts.clerks.duplicates}
    found = truth_of(flow, site.systems, sorted(entities), foreign_records, three_way and three_way(workshop.testbed))
    flow.context.close()
    return found


def _happen(
    workshop: Workshop, scene: Scene, case: Case, after: Sequence[str] = (), before: Sequence[str] = ()
) -> tuple[Story, Drifts]:
    site, drifts = workshop.site, Drifts(workshop, scene)
    plan: dict[Position, Any] = {}
    swap = Swap()
    for kind, number, name in case.faults:
        drift = drifts.named(name) if name in (*DRIFTS, BESIDE) else None
        drift = drifts.clerks.named(name) if name in CLERKS else drift
        plan[kind, number] = drift or (swap if name == SWAPPED else named(kind, name))
    site.put_back(scene.state, plan)
    workshop.pairs = any(name == SWAPPED for _, _, name in case.faults)
    site.traffic.turn = threading.Condition() if workshop.pairs else None
    runs = Runs(workshop, scene, case)
    runs.act(before)
    if not before:
        runs.first()
    workshop.pairs, site.traffic.turn = False, None
    runs.act([*after, *([case.moved] if case.moved else [])])
    runs.until_quiet()
    story = runs.story
    story.reported = site.traffic.reported
    for what in site.traffic.unannounced:
        story.verdict.add(GUESSED, f"{what} was sent before its intent was recorded")
    if (calls := sum(site.traffic.counts.values())) > MOST_CALLS:
        story.verdict.add(UNDECIDED_, f"{calls} calls: somebody asks without waiting")
    return story, drifts


class Runs:
    """The processes of one case, one after the other."""

    def __init__(self, workshop: Workshop, scene: Scene, case: Case) -> None:
        self.workshop, self.scene, self.case = workshop, scene, case
        self.site = workshop.site
        self.story = Story()
        self.finished = False
        self._deaths = iter(case.deaths)
        self._unfinished = False
        self._left_behind = False
        self._source = workshop.source(scene.variant)

    def act(self, moves: Sequence[str]) -> None:
        """People change the source's documents."""
        for move in moves:
            with self.site.stamped(self.scene.state.seconds + MOVE_SECONDS):
                getattr(self.workshop.acts(self.scene.variant), move)(self.workshop.testbed)
            self.site.traffic.reported.append(f"--- {move}: the source changes")
            self.finished = False

    def first(self) -> None:
        """The run that the case is about; then the one that brings an older frame, where the case has one."""
        workshop, scene = self.workshop, self.scene
        if self.case.planned:
            self._apply(workshop.plan(scene))
            return
        if self.case.reading:
            process = self._process(lambda process: workshop.run(scene, process, days=True, whole=True))
        else:
            process = self._process(lambda process: workshop.deliver(scene, process))
        self.story.crossed, self.story.counts = process.crossed, dict(self.site.traffic.counts)
        if self.case.stale:
            older = scene.older
            finished = self.finished
            self._process(lambda process: workshop.deliver(scene, process, older))
            self.finished = finished

    def _apply(self, plan: str) -> None:
        """Apply a plan, and once more when everything is over: that finishes it. What it left to a sync comes then."""
        workshop, scene = self.workshop, self.scene
        before = dict(self.site.traffic.counts)
        process = self._process(lambda process: workshop.apply(scene, process, plan))
        counts = self.site.traffic.counts
        self.story.crossed = process.crossed
        self.story.counts = {kind: counts[kind] - before.get(kind, 0) for kind in counts}
        self.site.time.pass_by(QUIET_SECONDS)
        self.site.traffic.arrive()
        self._process(lambda process: workshop.apply(scene, process, plan))
        self.finished = False

    def until_quiet(self) -> None:
        """Run as a schedule would: the days again until a run came to its end, then what is due. In some cases the days
        are read once more at last, with nothing left to do."""
        for _ in range(RUNS):
            if self.finished and not self._due():
                if zlib.crc32(self.case.name.encode()) % ONCE_MORE:
                    return
                before = len(self.site.traffic.effects)
                self._process(lambda process: self.workshop.run(self.scene, process, days=True))
                if len(self.site.traffic.effects) == before and self.finished and not self._due():
                    return
            else:
                days = not self.finished
                self._process(lambda process: self.workshop.run(self.scene, process, days=days))  # noqa: B023
            self.site.time.pass_by(QUIET_SECONDS)
            self.site.traffic.arrive()
        if not {name for _, _, name in self.case.faults} & set(CLERKS):
            # what a person must look at may be looked for at each run, until they do
            self.story.verdict.add(UNDECIDED_, f"there is something left to do after {RUNS} runs")

    def _process(self, work: Callable[[Process], Any]) -> Process:
        """One process: to its end, or to its death."""
        boundary, seconds = next(self._deaths, (None, 0.0))
        process = Process(boundary)
        if self._left_behind:
            work = self._freeing(work)
        self.finished = self._unfinished = False
        before = len(self.site.traffic.effects)
        self.site.traffic.reported.append(
            f"--- a process begins{'' if boundary is None else f', to die at {boundary}'}"
        )
        try:
            report = work(process)
            self.finished, self._unfinished = True, bool(report.unfinished())
            self.site.traffic.reported.append(f"--- {report.sentence()}")
        except Death as death:
            self.site.traffic.reported.append(f"--- it dies: {death}; {seconds:g} s later")
            self.site.time.pass_by(seconds)
            self._left_behind = seconds < FREES_SECONDS
        except ConnectorError as error:
            self.site.traffic.reported.append(f"--- the run fails: {error}")
        except Exception as error:  # noqa: BLE001 - a defect is what the drill is looking for
            self.story.verdict.add(UNDECIDED_, f"a run ended in {error!r}")
        if any(system == self._source for system, _, _ in self.site.traffic.effects[before:]):
            # the source changed while it was read: the next tick's probe sees that
            self.finished = False
        return process

    def _freeing(self, work: Callable[[Process], Any]) -> Callable[[Process], Any]:
        """First let go of the claims of the dead, as a run does that is started on their machine."""

        def working(process: Process) -> Any:
            flow, _ = self.workshop.flow(self.scene.variant, process)
            deliveries = flow.context.ledger.deliveries
            for owner in sorted(deliveries.owners(flow.full_name)):
                deliveries.release_all(flow.full_name, owner)
            return work(process)

        self._left_behind = False
        return working

    def _due(self) -> bool:
        """Whether a schedule would start a run now, or will when some time has passed."""
        if self._unfinished or self.site.traffic.late:
            return True
        flow, _ = self.workshop.flow(self.scene.variant, Process())
        ledger, name = flow.context.ledger, flow.full_name
        settled = {"settled", "held", "refused", "conflict", "ignored", "baseline", "staged"}
        waiting = set(ledger.deliveries.waiting(name))
        return (
            bool(set(ledger.deliveries.due(name, flow.context.now())) - waiting)
            or bool(ledger.deliveries.counts(name).keys() - settled)
            # the voucher that these wait for is known by now, or a person has to look at it
            or any(each.waiting == FIRST for each in ledger.deliveries.load(name, sorted(waiting)).values())
        )
