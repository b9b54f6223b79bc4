"""A drill that cannot fail is worth nothing: each of these takes one safeguard away, and the drill says what comes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import drill_command
import drill_scenes
import pytest
from drill_cases import Case, run_case
from drill_faults import WRITE_FAULTS
from drill_scenes import FIRST, LATER, Workshop
from drill_truth import DUPLICATE, GUESSED, LOST, UNDECIDED_
from drill_variants import every_variant
from mutants import MUTANTS, Mutant, checkout

from connector_assets.engine.engine import Engine
from connector_assets.engine.steps import Steps
from connector_assets.pairs.jde_coupa.invoices.flow import Invoices
from connector_resources.ledger.deliveries import Deliveries
from connector_resources.ledger.intents import Intents

pytestmark = pytest.mark.slow

INVOICES = next(each for each in every_variant() if each.name == "jde_coupa/invoices")


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """With the end of a run in which nothing goes wrong worked out, before anything is taken away."""
    made = Workshop(INVOICES.kind)
    assert not run_case(made, Case(INVOICES, FIRST)).verdict
    yield made
    made.close()


def found(workshop: Workshop, *faults: str) -> set[str]:
    """What the drill counts when the first call that creates goes wrong in these ways, in a case each."""
    counts: set[str] = set()
    for fault in faults:
        counts |= run_case(workshop, Case(INVOICES, FIRST, (("write", 0, fault),))).verdict.found.keys()
    return counts


def deaths(workshop: Workshop) -> Iterator[set[str]]:
    """What the drill counts for a death at each boundary."""
    for boundary in range(len(run_case(workshop, Case(INVOICES, FIRST)).crossed)):
        yield set(run_case(workshop, Case(INVOICES, FIRST, deaths=((boundary, 3000.0),))).verdict.found)


def test_with_every_safeguard_nothing_is_found(workshop: Workshop) -> None:
    assert found(workshop, *(fault.name for fault in WRITE_FAULTS)) == set()


def test_look_ups_that_find_nothing_lead_to_duplicates(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Invoices, "find", lambda flow, documents: {})
    assert DUPLICATE in found(workshop, "drop_after", "503_after")


def test_no_effect_window_leads_to_duplicates(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    policy_of = drill_scenes.policy_of
    monkeypatch.setattr(
        drill_scenes, "policy_of", lambda flow: replace(policy_of(flow), effect_window=0.0, send_within=0.0)
    )
    assert DUPLICATE in found(workshop, "drop_late", "time_out_late")


def test_a_target_that_is_wrongly_trusted_to_refuse_a_second_one_leads_to_duplicates(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent: Callable[..., Any] = Steps._intent

    def trusting(steps: Steps, work: Any, step: Any) -> Any:
        return intent(steps, work, replace(step, refuses_second=True))

    monkeypatch.setattr(Steps, "_intent", trusting)
    assert DUPLICATE in found(workshop, "drop_late", "time_out_late")


def test_intents_that_are_forgotten_leave_something_undecided(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Intents, "unfinished", lambda intents, flow, keys: {})
    assert set().union(*deaths(workshop)) & {DUPLICATE, UNDECIDED_}


def test_documents_that_nobody_comes_back_to_are_lost_or_undecided(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deliveries, "due", lambda deliveries, flow, now: [])
    monkeypatch.setattr(Engine, "_return_to", lambda engine, documents: [])
    counts = found(workshop, "503_before", "drop_after")
    assert counts & {LOST, UNDECIDED_, GUESSED}


def test_a_clock_that_is_put_back_while_a_namesake_is_lost_lets_nobody_ask_for_ever() -> None:
    name = f"jde_coupa/suppliers / {LATER} / write0=drop_before / write1=drop_before / read7=clock_back"
    reported = run_case(drill_command.workshop("jde_coupa"), Case.parse(name))
    assert not reported.verdict
    assert sum("write" in line for line in reported.reported) > 4


def test_an_account_that_is_renumbered_while_it_is_sent_is_found_under_the_number_that_was_sent() -> None:
    name = f"jde_bill/chart_of_accounts / {FIRST} / amend / dies@7+60s"
    reported = run_case(drill_command.workshop("jde_bill"), Case.parse(name))
    assert not reported.verdict
    assert reported.crossed[-1].startswith("after bill POST")


def test_a_bill_whose_voucher_changes_while_it_is_sent_is_found_by_the_amount_that_was_sent() -> None:
    name = (
        f"jde_bill/bills on_conflict=source / {FIRST} / amend / write0=drop_before / write1=answer_cut"
        " / write2=503_before / dies@23+60s / dies@11+0s"
    )
    assert not run_case(drill_command.workshop("jde_bill"), Case.parse(name)).verdict


# two cases that campaigns found, each now with its death at every boundary
FOUND = {
    "a read of the vendors that failed, and answers of other calls": (
        "jde_bill/bills duplicates=send / later / amend / read2=half_body / write0=answer_twice / write8=answer_cut"
    ),
    "a change that came late, and the answer of the call before it": (
        "jde_bill/purchase_order_bills on_conflict=source / later / amend / write0=drop_late / write2=half_body"
        " / write5=answer_twice"
    ),
}
FIRST_FOUND = (
    f"{FOUND['a read of the vendors that failed, and answers of other calls']} / dies@62+0s / dies@0+3000s",
    f"{FOUND['a change that came late, and the answer of the call before it']} / dies@23+3000s",
    # a gateway's page in answer to the question whether Coupa takes external orders
    "jde_coupa/purchase_orders line_kind=amount / first / read2=page / write2=page_after",
    # a gateway's 404 in answer to a reading in the middle of a step
    "jde_bill/bills at=posts_journals / later / read7=404 / write4=drop_after / write9=half_body",
    # one of two was taken for what was made anew
    "jde_coupa/approved_invoices mode=direct / later / write2=delivered_twice_lost",
    "jde_bill/vendor_credits on_conflict=source / later / write4=delivered_twice_lost",
    # an older frame after a process that died while it brought back what a person had archived
    "jde_bill/chart_of_accounts / later / stale / dies@3+0s",
    "jde_bill/vendors on_conflict=source / later / stale / dies@27+0s",
    # what is none of ours comes in while we look
    "jde_bill/departments on_conflict=hold / first / write1=drop_before / read7=target_grows",
    "jde_coupa/purchase_orders issue=issue / later / write3=drop_after / write4=drop_after / read1=target_grows",
)


@pytest.mark.parametrize("name", FIRST_FOUND)
def test_what_a_campaign_found_stays_mended(name: str) -> None:
    case = Case.parse(name)
    verdict = run_case(drill_command.workshop(case.variant.kind), case).verdict
    assert not verdict, f"make drill ONLY='{name}'\n{verdict}"


@pytest.mark.parametrize("name", FOUND.values(), ids=FOUND)
def test_what_a_campaign_found_does_not_stand_at_another_boundary(name: str) -> None:
    made = drill_command.workshop("jde_bill")
    case = Case.parse(name)
    for boundary in range(len(run_case(made, case).crossed)):
        dying = replace(case, deaths=((boundary, 3000.0),))
        verdict = run_case(made, dying).verdict
        assert not verdict, f"make drill ONLY='{dying.name}'\n{verdict}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_brief_drill_by_itself_sees_each_safeguard_that_is_taken_away(mutant: Mutant) -> None:
    with checkout(mutant) as (copy, environment):
        command = [sys.executable, str(copy / "tests" / "drills"), "--brief", mutant.variant]
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("drill: "), "the drill ended in a defect of its own"
