"""`make drill`: the whole matrix, then as many cases by chance as are asked for; or one case again, by its name.

Ends with one line, `drill: cases=N runs=N lost=N duplicate=N undecided=N guessed=N doubled=N named=N`, and exit code 1
where one of the first four counts is not 0, or a record that the network doubled is not named.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context

from drill_brief import brief
from drill_campaign import Campaign
from drill_cases import Case, NoGoodEndError, Story, run_case
from drill_inbox import forged
from drill_matrix import EVERYTHING, USUAL, cases, signature
from drill_scenes import FIRST, LATER, Workshop
from drill_truth import COUNTS, UNDECIDED_
from drill_variants import Variant, every_variant

SHARDS = 6  # parts of a scene, so that the cores end together
DRAWN = 50  # cases by chance in one task
BY_CHANCE = "by chance"

Found = tuple[Counter[str], Counter[str], list[str]]
"""Cases by row of the matrix, wrong ends by count, and what is to be shown of them."""


@cache
def workshop(kind: str) -> Workshop:
    """This process's own."""
    return Workshop(kind)


@cache
def distinct(kind: str) -> tuple[Variant, ...]:
    """The variants that send something else than those before them: of two that send the same, one is enough."""
    found: dict[object, Variant] = {}
    for variant in every_variant():
        if variant.kind == kind:
            found.setdefault((variant.flow, signature(workshop(kind), variant)), variant)
    return tuple(found.values())


def matrix(name: str, situation: str, shard: int, everything: bool) -> Found:
    """A share of one scene's cases."""
    variant = {each.name: each for each in every_variant()}[name]
    depth = EVERYTHING if everything else USUAL
    reported = cases(workshop(variant.kind), variant, situation, depth, (shard, SHARDS))
    return _found((each.row, each.case, each.story) for each in reported)


def campaign(kind: str, seed: int, first: int, last: int) -> Found:
    """The cases by chance of these numbers."""
    drawn = Campaign(workshop(kind), [each for each in every_variant() if each.kind == kind])
    made = (drawn.case(seed, number) for number in range(first, last))
    return _found((BY_CHANCE, case, run_case(workshop(kind), case)) for case in made)


def _found(reported: Iterator[tuple[str, Case, Story]]) -> Found:
    rows: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    shown = []
    for row, case, story in reported:
        rows[row] += 1
        wrong.update(counts_of(story))
        if story.verdict:
            died = f"    it died {story.crossed[-1]}\n" if case.deaths and story.crossed else ""
            shown.append(f"{case.name}\n{died}{story.verdict}\n    again: make drill ONLY='{case.name}'")
    return rows, wrong, shown


def again(name: str) -> int:
    """One case, with everything that happened in it."""
    case = Case.parse(name)
    story = run_case(workshop(case.variant.kind), case)
    print("\n".join(story.reported), story.verdict, sep="\n")
    return _last_line(1, 0, counts_of(story))


def counts_of(story: Story) -> Counter[str]:
    """What a case adds to the last line."""
    wrong = Counter({count: len(whats) for count, whats in story.verdict.found.items()})
    wrong.update(doubled=story.verdict.doubled, named=story.verdict.named)
    return wrong


def _last_line(reported: int, runs: int, wrong: Counter[str]) -> int:
    counts = " ".join(f"{count}={wrong[count]}" for count in (*COUNTS, "doubled", "named"))
    print(f"drill: cases={reported} runs={runs} {counts}")
    return 1 if any(wrong[count] for count in COUNTS) or wrong["doubled"] != wrong["named"] else 0


def in_brief(flow: str) -> int:
    """The brief part of one flow, and what knocks at the inbox, until something is found."""
    variant = next(each for each in every_variant() if each.name == flow)
    crossed: set[str] = set()
    reported = 0
    # what the inbox says of each forgery
    logging.disable()
    if found := forged(1):
        print(found)
        return _last_line(1, 0, Counter({count: len(whats) for count, whats in found.found.items()}))
    try:
        for situation in (FIRST, LATER):
            for each in brief(workshop(variant.kind), variant, situation, crossed):
                reported += 1
                if each.story.verdict:
                    print(each.case.name, each.story.verdict, sep="\n")
                    return _last_line(reported, 0, counts_of(each.story))
    except NoGoodEndError as error:
        print(error)
        return _last_line(reported, 0, Counter({UNDECIDED_: 1}))
    return _last_line(reported, 0, Counter())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="drill", description=__doc__)
    parser.add_argument("--runs", type=int, default=0, help="cases by chance after the matrix")
    parser.add_argument("--seed", type=int, default=1, help="what the cases by chance are drawn with")
    parser.add_argument("--only", metavar="NAME", help="one case again, by its name")
    parser.add_argument("--brief", metavar="FLOW", help="the part of the matrix that the tests tell, of one flow")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--no-matrix", action="store_true", help="only the cases by chance")
    chosen = parser.parse_args(arguments)
    if chosen.only:
        return again(chosen.only)
    if chosen.brief:
        return in_brief(chosen.brief)
    everything = os.environ.get("CONNECTOR_DRILL") == "all"
    kinds = list(dict.fromkeys(each.kind for each in every_variant()))
    table: dict[str, Counter[str]] = {}
    wrong: Counter[str] = Counter()
    # a process that is forked would take our threads' locks with it
    with ProcessPoolExecutor(chosen.jobs, get_context("spawn"), warnings.simplefilter, ("ignore",)) as pool:
        tasks = {}
        for variant in [] if chosen.no_matrix else [each for kind in kinds for each in distinct(kind)]:
            for situation in (FIRST, LATER):
                for shard in range(SHARDS):
                    task = pool.submit(matrix, variant.name, situation, shard, everything)
                    tasks[task] = f"{variant.name} / {situation}"
        for first in range(0, chosen.runs, DRAWN):
            kind = kinds[first // DRAWN % len(kinds)]
            task = pool.submit(campaign, kind, chosen.seed, first, min(first + DRAWN, chosen.runs))
            tasks[task] = f"{BY_CHANCE}, seed {chosen.seed}"
        for number, done in enumerate(as_completed(tasks), 1):
            rows, faults, shown = done.result()
            print(f"{number} of {len(tasks)} parts run", end="\r", file=sys.stderr, flush=True)
            table.setdefault(tasks[done], Counter()).update(rows)
            wrong += faults
            for each in shown:
                print(each, flush=True)
    _print_matrix(table)
    drawn = sum(rows[BY_CHANCE] for rows in table.values())
    return _last_line(sum(rows.total() for rows in table.values()) - drawn, drawn, wrong)


def _print_matrix(table: dict[str, Counter[str]]) -> None:
    """How many cases of each sort every scene had."""
    columns = sorted({row for rows in table.values() for row in rows})
    width = max(map(len, table), default=0)
    for number, column in enumerate(columns):
        print(f"{'':{width}}  {'     |' * number}     {column}")
    for name in sorted(table):
        print(f"{name:{width}}  " + "".join(f"{table[name][column] or '.':>6}" for column in columns))
