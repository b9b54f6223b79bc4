"""Every case of a variant, counted by a run in which nothing goes wrong; and which of them a shorter drill takes.

Deaths: at every boundary of the first process. Faults: every one at every call that creates or changes something; half
of a slice's calls, or all of them, lost. Both together: a death at every boundary from the fault on. Reading: every
fault at every call of reading the source, and of the look-ups that follow a lost answer. Frames out of order.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from drill_cases import LATER, MOVES, Case, Story, end, run_case
from drill_drifts import BESIDE, DRIFTS, TARGET_GROWS, TARGET_SHRINKS
from drill_faults import ANOTHER_ONE, PEOPLE, READ_FAULTS, SWAPPED, TWICE, WRITE_FAULTS
from drill_hands import CLERKS
from drill_line import FORBIDDEN
from drill_scenes import FIRST, Scene, Workshop
from drill_scenes import LATER as GOING_ON
from drill_truth import judge
from drill_variants import MODE, Variant

# what loses several calls of one slice
BATCH_FAULTS = ("drop_before", "drop_after", "503_after", "time_out_late")
# what people did by themselves leaves no telling what a further change should lead to
BY_PEOPLE = frozenset(fault.name for fault in PEOPLE)
# what people submit by hand is left to the approvers, whom the connector bypasses for what it submits itself
BYPASSES = ("bypass_approvals", True)
# flows whose documents have a number of the supplier's, which another invoice may bear, too, in their usual mode
NAMESAKES = frozenset({("jde_coupa", "invoices"), ("jde_bill", "bills")})
NONE, READING, STALE, HALF, ALL, LOOKING = "death", "reading", "stale_frame", "half_batch", "whole_batch", "look-up"


@dataclass(frozen=True)
class Depth:
    """How much of the matrix is told: one case in so many, of each sort. 1 is all of them, 0 none.

    Which ones is a matter of their names, so that it differs from fault to fault and from flow to flow.
    """

    deaths: int = 1
    faults: int = 1
    moves: int = 4
    pairs: int = 12
    reading: int = 12
    looking: int = 24

    def takes(self, case: Case, part: int) -> bool:
        """Whether this case is among them."""
        return bool(part) and zlib.crc32(case.name.encode()) % part == 0


USUAL = Depth()
EVERYTHING = Depth(1, 1, 1, 1, 1, 1)


@dataclass(frozen=True)
class CaseResult:
    """A case that was run; `row` is its row in the matrix."""

    case: Case
    row: str
    story: Story


def signature(workshop: Workshop, variant: Variant) -> tuple[tuple[str, ...], ...]:
    """What a variant sends: two of one signature are one to the drill."""
    reported = [run_case(workshop, Case(variant, situation)) for situation in (FIRST, GOING_ON)]
    return tuple(tuple(each for each in story.crossed if " ledger." not in each) for story in reported)


def cases(
    workshop: Workshop, variant: Variant, situation: str, depth: Depth, shard: tuple[int, int]
) -> Iterator[CaseResult]:
    """Run the cases of one scene, a share of them: shard (1, 4) is the second quarter."""
    plain = run_case(workshop, Case(variant, situation))
    numbered = [
        *((NONE, depth.deaths, each) for each in _deaths(plain, Case(variant, situation))),
        *((row, depth.faults, each) for row, each in _faults(plain, Case(variant, situation))),
        *((STALE, depth.faults, each) for each in _stale(workshop, variant, situation)),
    ]
    moves = [move for move in MOVES if whenever(workshop, variant, situation, move)]
    for number, (row, part, case) in enumerate(numbered):
        if number % shard[1] != shard[0]:
            continue
        story = run_case(workshop, case) if depth.takes(case, part) or depth.pairs == 1 else None
        if story is not None:
            yield CaseResult(case, row, story)
        if row in BY_PEOPLE:
            continue
        for move in moves:
            moved = replace(case, moved=move)
            if depth.takes(moved, depth.moves):
                yield CaseResult(moved, move, run_case(workshop, moved))
        if case.deaths:
            continue
        yield from _deeper(workshop, case, row, depth, story)
    for number, (row, case) in enumerate(_by_others(plain, Case(variant, situation), workshop)):
        if number % shard[1] == shard[0]:
            yield CaseResult(case, row, run_case(workshop, case))
    if variant == variant.usual:
        yield from _reading(workshop, variant, situation, depth, shard)


def _deeper(workshop: Workshop, case: Case, row: str, depth: Depth, story: Story | None) -> Iterator[CaseResult]:
    """What may happen besides, once a fault has happened: a death, and another fault at a look-up."""
    story = story or run_case(workshop, case)
    begin = _fires_at(story, case)
    for boundary in range(begin, len(story.crossed)):
        deadly = replace(case, deaths=((boundary, LATER[boundary % len(LATER)]),))
        if depth.takes(deadly, depth.pairs):
            yield CaseResult(deadly, row, run_case(workshop, deadly))
    if not any(name in ("drop_after", "drop_before") for _, _, name in case.faults):
        return
    for number in range(story.counts["read"]):
        for name in (*(fault.name for fault in READ_FAULTS), TARGET_GROWS, TARGET_SHRINKS):
            if name == TARGET_GROWS and case.situation == FIRST and number < story.counts["before"]:
                # a target that is not empty is only planned for, until a person has opened the flow
                continue
            looking = replace(case, faults=(*case.faults, ("read", number, name)))
            if depth.takes(looking, depth.looking):
                yield CaseResult(looking, LOOKING, run_case(workshop, looking))


def _deaths(plain: Story, case: Case) -> Iterator[Case]:
    for boundary in range(len(plain.crossed)):
        yield replace(case, deaths=((boundary, LATER[boundary % len(LATER)]),))


def _faults(plain: Story, case: Case) -> Iterator[tuple[str, Case]]:
    for number, (_, call) in enumerate(_calls(plain)):
        by_hand = _system(call) in FORBIDDEN and not (call.endswith("/submit") and BYPASSES in case.variant.choices)
        for fault in (*WRITE_FAULTS, *(PEOPLE if by_hand else ())):
            yield fault.name, replace(case, faults=(("write", number, fault.name),))
    for calls in slices(plain):
        if len(calls) < 2:
            continue
        for name in BATCH_FAULTS:
            yield HALF, replace(case, faults=tuple(("write", number, name) for number in calls[len(calls) // 2 :]))
            yield ALL, replace(case, faults=tuple(("write", number, name) for number in calls))


def _by_others(plain: Story, case: Case, workshop: Workshop) -> Iterator[tuple[str, Case]]:
    """A network that delivers a request twice, a second process of ours beside the first, somebody who enters another
    document under the name of ours, and approvals that nobody gives."""
    names = [*(fault.name for fault in TWICE), BESIDE]
    if may_have_namesake(workshop, case):
        first = writes_to(plain, workshop.target(case.variant))[0]
        yield ANOTHER_ONE.name, replace(case, faults=(("write", first, ANOTHER_ONE.name),))
    if workshop.acts(case.variant).duplicate is not None:
        yield from by_clerks(case, range(plain.counts["write"]))
    for number in range(plain.counts["write"]):
        for name in names:
            yield name, replace(case, faults=(("write", number, name),))
    yield from ((SWAPPED, each) for each in swapped(plain, case))
    for number in range(plain.counts["read"]):
        yield BESIDE, replace(case, faults=(("read", number, BESIDE),))
    if plain.counts["write"]:
        yield "unapproved", replace(case, unapproved=True)


def by_clerks(case: Case, numbers: Iterable[int], acts: Iterable[str] = CLERKS) -> Iterator[tuple[str, Case]]:
    """What clerks do by hand at these writes."""
    for number in numbers:
        for name in acts:
            yield name, replace(case, faults=(("write", number, name),))


def swapped(plain: Story, case: Case) -> Iterator[Case]:
    """The answers of the first two calls of each slice, one for the other."""
    for calls in slices(plain):
        if len(calls) > 1:
            yield replace(case, faults=tuple(("write", number, SWAPPED) for number in calls[:2]))


def may_have_namesake(workshop: Workshop, case: Case) -> bool:
    """Whether the case begins by creating what a person may have entered under the same name."""
    sends_papers = MODE not in dict(case.variant.choices)
    return case.situation == FIRST and sends_papers and (case.variant.kind, case.variant.flow) in NAMESAKES


def _stale(workshop: Workshop, variant: Variant, situation: str) -> Iterator[Case]:
    if workshop.scene(variant, situation).older is None:
        return
    case = Case(variant, situation, stale=True)
    yield case
    for boundary in range(len(run_case(workshop, case).crossed)):
        yield replace(case, deaths=((boundary, LATER[boundary % len(LATER)]),))


def _reading(
    workshop: Workshop, variant: Variant, situation: str, depth: Depth, shard: tuple[int, int]
) -> Iterator[CaseResult]:
    """Every flow reads its source in one way, whatever its variant."""
    case = Case(variant, situation, reading=True)
    story = run_case(workshop, case)
    found = [replace(case, deaths=((boundary, LATER[0]),)) for boundary in range(len(story.crossed))]
    for number in range(story.counts["read"]):
        for name in (*(fault.name for fault in READ_FAULTS), *DRIFTS):
            if name == TARGET_GROWS and situation == FIRST:
                continue  # for the same reason
            found.append(replace(case, faults=(("read", number, name),)))
    for number, each in enumerate(found):
        if number % shard[1] == shard[0] and depth.takes(each, depth.reading):
            yield CaseResult(each, READING, run_case(workshop, each))


def whenever(workshop: Workshop, variant: Variant, situation: str, move: str) -> bool:
    """Whether a move leads to the same end before the first run and after it: else there is no telling what the end
    should be when that run was interrupted."""
    scene = workshop.scene(variant, situation)
    if move == "undo" and situation == FIRST:
        return False
    after, before = end(workshop, scene, move), end(workshop, scene, move, before=True)
    return not judge(after, before) and not judge(before, after)


def slices(story: Story) -> list[list[int]]:
    """The numbers of the calls that were sent between two looks at the ledger."""
    found: list[list[int]] = [[]]
    number = 0
    for what in story.crossed:
        if " ledger." in what:
            found += [[]] if found[-1] else []
        elif what.startswith("before "):
            found[-1].append(number)
            number += 1
    return [each for each in found if each]


def _calls(story: Story) -> list[tuple[int, str]]:
    """The calls that create or change something, in their order, each with the boundary before it."""
    crossed = enumerate(story.crossed)
    return [(place, what) for place, what in crossed if what.startswith("before ") and " ledger." not in what]


def _system(call: str) -> str:
    """The system that a call of `_calls` goes to."""
    return call.split()[1]


def writes_to(story: Story, system: str) -> list[int]:
    """The numbers of the writes that go to a system: a flow may write to its source first."""
    return [number for number, (_, call) in enumerate(_calls(story)) if _system(call) == system]


def _fires_at(story: Story, case: Case) -> int:
    """The boundary at which the first of the case's faults happens: a death before it is one without a fault."""
    first = min((number for kind, number, _ in case.faults if kind == "write"), default=0)
    calls = [place for place, _ in _calls(story)]
    return calls[first] if first < len(calls) else len(story.crossed)


def scenes_of(workshop: Workshop, variant: Variant) -> list[Scene]:
    """Both scenes of a variant."""
    return [workshop.scene(variant, situation) for situation in (FIRST, GOING_ON)]
