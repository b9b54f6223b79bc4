"""One case of each flow, for `make quick`: the first answer is lost, the process dies of it, and a new one goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drill_cases import Case, run_case
from drill_command import workshop
from drill_faults import WINDOW
from drill_scenes import FIRST, LATER, Workshop
from drill_variants import Variant, usual_site

from connector_assets.pairs.registry import all_flows

FLOWS = [Variant(kind, flow.name, usual_site(kind)) for kind, flows in all_flows().items() for flow in flows]


def writing(variant: Variant) -> tuple[Workshop, Case]:
    """A case in which something is written and nothing goes wrong."""
    shop = workshop(variant.kind)
    first = Case(variant, FIRST)
    return shop, first if run_case(shop, first).counts["write"] else Case(variant, LATER)


@pytest.mark.quick
@pytest.mark.parametrize("variant", FLOWS, ids=lambda variant: f"{variant.kind}:{variant.flow}")
def test_a_lost_answer_and_the_death_that_follows(variant: Variant) -> None:
    shop, plain = writing(variant)
    lost = replace(plain, faults=(("write", 0, "drop_after"),))
    crossed = run_case(shop, lost).crossed
    answered = next(
        number for number, what in enumerate(crossed) if what.startswith("after ") and " ledger." not in what
    )
    story = run_case(shop, replace(lost, deaths=((answered, WINDOW / 2),)))
    assert story.crossed[-1].startswith("after ")
    assert not story.verdict, story.verdict


@pytest.mark.quick
@pytest.mark.parametrize("variant", FLOWS, ids=lambda variant: f"{variant.kind}:{variant.flow}")
def test_a_time_out_whose_effect_comes_later(variant: Variant) -> None:
    shop, plain = writing(variant)
    verdict = run_case(shop, replace(plain, faults=(("write", 0, "time_out_late"),))).verdict
    assert not verdict, verdict
