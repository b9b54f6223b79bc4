"""Cases by chance, each made from its number alone, so that any of them can be told again.

Up to three faults and two deaths at once, at calls and boundaries that the variant's plain run has, and sometimes
people who change the source meanwhile.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from drill_cases import LATER as PAUSES
from drill_cases import MOVES, Case, Story, run_case
from drill_faults import READ_FAULTS, WRITE_FAULTS
from drill_matrix import whenever
from drill_scenes import FIRST, LATER, Workshop
from drill_variants import Variant

MOST_FAULTS, MOST_DEATHS = 3, 2


class Campaign:
    """Draws cases for one kind. Plain runs are told once for each scene."""

    def __init__(self, workshop: Workshop, variants: Sequence[Variant]) -> None:
        self.workshop = workshop
        self.variants = variants
        self._plain: dict[tuple[Variant, str], Story] = {}
        self._moves: dict[tuple[Variant, str], list[str]] = {}

    def case(self, seed: int, number: int) -> Case:
        """The case of this number in the campaign of this seed."""
        chance = random.Random(f"{seed}:{number}")
        variant, situation = chance.choice(self.variants), chance.choice((FIRST, LATER))
        plain = self._plain_run(variant, situation)
        faults: dict[tuple[str, int], str] = {}
        for _ in range(chance.randint(0, MOST_FAULTS)):
            kind, known = chance.choice((("write", WRITE_FAULTS), ("write", WRITE_FAULTS), ("read", READ_FAULTS)))
            # one more than there are: a call that only a fault brings about
            faults[kind, chance.randrange(plain.counts[kind] + 1)] = chance.choice(known).name
        deaths = [
            (chance.randrange(len(plain.crossed)), chance.choice(PAUSES)) for _ in range(chance.randint(0, MOST_DEATHS))
        ]
        return Case(
            variant,
            situation,
            tuple((kind, place, name) for (kind, place), name in sorted(faults.items())),
            tuple(deaths),
            moved=chance.choice(["", "", *self._possible_moves(variant, situation)]),
        )

    def _plain_run(self, variant: Variant, situation: str) -> Story:
        scene = variant, situation
        if scene not in self._plain:
            self._plain[scene] = run_case(self.workshop, Case(variant, situation))
        return self._plain[scene]

    def _possible_moves(self, variant: Variant, situation: str) -> list[str]:
        scene = variant, situation
        if scene not in self._moves:
            self._moves[scene] = [move for move in MOVES if whenever(self.workshop, variant, situation, move)]
        return self._moves[scene]
