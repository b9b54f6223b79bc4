"""The drill over every flow that exists: a death at each boundary, each fault at each call, a part of what both make.

`make drill` tells all of it, and as many cases by chance as one asks for.
"""

from __future__ import annotations

from functools import cache

import pytest
from drill_campaign import Campaign
from drill_cases import Case, tell
from drill_matrix import Depth, cases, signature
from drill_scenes import FIRST, LATER, Workshop
from drill_variants import Variant, every_variant

from connector_assets.integrations.kinds import KINDS

QUICK = Depth(deaths=1, faults=1, moves=12, pairs=48, reading=24, looking=96)
DRAWN = 60

pytestmark = pytest.mark.slow


@cache
def workshop(kind: str) -> Workshop:
    """One a test process: what it has prepared is used by all its tests."""
    return Workshop(kind)


@cache
def sent_by(variant: Variant) -> object:
    """What a variant sends."""
    return signature(workshop(variant.kind), variant)


@pytest.mark.parametrize("situation", [FIRST, LATER])
@pytest.mark.parametrize("variant", every_variant(), ids=lambda each: each.name.replace("/", ":"))
def test_whatever_goes_wrong_each_document_arrives_once(variant: Variant, situation: str) -> None:
    before = every_variant()[: every_variant().index(variant)]
    if any(sent_by(each) == sent_by(variant) for each in before if each.flow == variant.flow):
        # to the drill it is the one before: its plain run is told, and nothing else
        assert not tell(workshop(variant.kind), Case(variant, situation)).verdict
        return
    told = 0
    for each in cases(workshop(variant.kind), variant, situation, QUICK, (0, 1)):
        told += 1
        assert not each.story.verdict, f"make drill ONLY='{each.case.name}'\n{each.story.verdict}"
    assert told >= 10


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_cases_by_chance_end_as_if_nothing_had_happened(kind: str) -> None:
    drawn = Campaign(workshop(kind), [each for each in every_variant() if each.kind == kind])
    names = set()
    for number in range(DRAWN):
        case = drawn.case(20, number)
        assert drawn.case(20, number) == case
        names.add(case.name)
        story = tell(workshop(kind), case)
        assert not story.verdict, f"make drill ONLY='{case.name}'\n{story.verdict}"
    assert len(names) > DRAWN / 2


def test_every_flow_is_drilled() -> None:
    drilled = {(each.kind, each.flow) for each in every_variant()}
    assert drilled == {(kind, flow.name) for kind, flows in KINDS.items() for flow in flows}
