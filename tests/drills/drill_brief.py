"""The part of the matrix that `make test` tells: every write lost before and after, every sort of crash once, a clock
that is put back, and of everything else one case in so many. The whole of it is `make drill`'s."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

from drill_cases import LATER, MOVES, Case, Story, run_case
from drill_drifts import BESIDE, DRIFTS, TARGET_GROWS
from drill_faults import ANOTHER_ONE, PEOPLE, READ_FAULTS, SWAPPED, TWICE, WRITE_FAULTS
from drill_hands import TWINS
from drill_line import FORBIDDEN
from drill_matrix import CaseResult, by_clerks, may_have_namesake, swapped, whenever, writes_to
from drill_scenes import FIRST, Workshop
from drill_variants import Variant

ALWAYS = ("drop_before", "drop_after")
CLOCK = "clock_back"
LATE = ("drop_late", "time_out_late", "503_after")
# of each other sort of case, one in so many
OTHER_FAULTS, MOVED, DEADLY, READING, BESIDES = 16, 48, 6, 128, 3
# what clerks do before or after a first write, and after the one that follows: of a batch, its run
AT_FIRST, AT_SECOND = (*TWINS, "run_by_clerk"), ("rows_purged", "ours_deleted", "ours_voided")


def brief(workshop: Workshop, variant: Variant, situation: str, crashed: set[str]) -> Iterator[CaseResult]:
    """Cases of one scene. `crashed` are the boundaries, by what is done there, at which a process has died already."""
    plain = run_case(workshop, Case(variant, situation))
    case = Case(variant, situation)
    for boundary, what in enumerate(plain.crossed):
        if what not in crashed:
            crashed.add(what)
            yield _reported(workshop, "death", _dying(case, boundary))
    for number in range(plain.counts["write"]):
        for name in ALWAYS:
            lost = replace(case, faults=(("write", number, name),))
            reported = _reported(workshop, name, lost)
            yield reported
            yield from _deadly(workshop, lost, reported.story)
    if plain.counts["write"]:
        yield _reported(workshop, CLOCK, replace(case, faults=(("write", 0, CLOCK),)))
    if workshop.target(variant) in FORBIDDEN and (numbers := writes_to(plain, workshop.target(variant))):
        for fault in PEOPLE:
            yield _reported(workshop, fault.name, replace(case, faults=(("write", numbers[0], fault.name),)))
    if variant == variant.usual:
        yield from _planned(workshop, replace(case, planned=True), crashed)
    for row, each in _by_others(workshop, plain, case):
        yield _reported(workshop, row, each)
    for row, each in _rest(workshop, plain, case):
        yield _reported(workshop, row, each)


def _planned(workshop: Workshop, case: Case, crashed: set[str]) -> Iterator[CaseResult]:
    """A plan that is applied twice: at each sort of boundary the first process dies once, and the first call that
    writes is lost before and after."""
    plain = _reported(workshop, "planned", case)
    yield plain
    for boundary, what in enumerate(plain.story.crossed):
        if f"planned {what}" not in crashed:
            crashed.add(f"planned {what}")
            yield _reported(workshop, "planned", _dying(case, boundary))
    if plain.story.counts.get("write"):
        for name in ALWAYS:
            yield _reported(workshop, "planned", replace(case, faults=(("write", 0, name),)))


def _by_others(workshop: Workshop, plain: Story, case: Case) -> Iterator[tuple[str, Case]]:
    """At the first writes: what comes too late, what the network delivers twice, another document. Another process at
    each read."""
    if not plain.counts["write"]:
        return
    yield from ((SWAPPED, each) for each in swapped(plain, case))
    makes_vouchers = workshop.acts(case.variant).duplicate is not None
    for number in range(plain.counts["read"]):
        # those that make vouchers read much, and are told about clerks besides
        beside = replace(case, faults=(("read", number, BESIDE),))
        if not makes_vouchers or _takes(beside, BESIDES):
            yield BESIDE, beside
    names = [*LATE, *(fault.name for fault in TWICE), BESIDE]
    # the first of all, and the first to the target where the source is written to before
    numbers = writes_to(plain, workshop.target(case.variant))[:1]
    for number in sorted({0, *numbers}):
        yield from ((name, replace(case, faults=(("write", number, name),))) for name in names)
    if makes_vouchers:
        second = min(1, plain.counts["write"] - 1)
        yield from by_clerks(case, [0], AT_FIRST)
        yield from by_clerks(case, [second], AT_SECOND)
    if may_have_namesake(workshop, case):
        yield ANOTHER_ONE.name, replace(case, faults=(("write", numbers[0], ANOTHER_ONE.name),))
    yield "unapproved", replace(case, unapproved=True)


def _rest(workshop: Workshop, plain: Story, case: Case) -> Iterator[tuple[str, Case]]:
    """Of each other sort a few, chosen by their names."""
    faults = [
        replace(case, faults=(("write", number, fault.name),))
        for number in range(plain.counts["write"])
        for fault in WRITE_FAULTS
    ]
    yield from (("fault", each) for each in faults if each.faults[0][2] not in ALWAYS and _takes(each, OTHER_FAULTS))
    for move in MOVES:
        moved = [replace(each, moved=move) for each in faults]
        chosen = [each for each in moved if _takes(each, MOVED)]
        if chosen and whenever(workshop, case.variant, case.situation, move):
            yield from ((move, each) for each in chosen)
    reading = replace(case, reading=True)
    for number in range(plain.counts["read"]):
        for name in (*(fault.name for fault in READ_FAULTS), *DRIFTS):
            each = replace(reading, faults=(("read", number, name),))
            if _takes(each, READING) and not (name == TARGET_GROWS and case.situation == FIRST):
                yield "reading", each


def _deadly(workshop: Workshop, lost: Case, story: Story) -> Iterator[CaseResult]:
    """A death somewhere after the fault."""
    number = zlib.crc32(lost.name.encode())
    if number % DEADLY == 0 and story.crossed:
        yield _reported(workshop, "both", _dying(lost, number // DEADLY % len(story.crossed)))


def _dying(case: Case, boundary: int) -> Case:
    return replace(case, deaths=((boundary, LATER[boundary % len(LATER)]),))


def _reported(workshop: Workshop, row: str, case: Case) -> CaseResult:
    return CaseResult(case, row, run_case(workshop, case))


def _takes(case: Case, part: int) -> bool:
    return zlib.crc32(case.name.encode()) % part == 0
