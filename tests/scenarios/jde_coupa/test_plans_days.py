"""Where the next sync begins once a plan was applied: after it if nothing of its days is left, never after a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from scenario_books import TODAY
from scenario_site import NAME, Site, outcome, outcomes

from connector_assets.engine import plans
from connector_assets.engine.applying import apply
from connector_assets.run_setup import flows_of

START, TOMORROW = TODAY - timedelta(days=20), TODAY + timedelta(days=1)
FLOWS = ("suppliers", "invoices")
CREATE = {"system": "coupa", "route": "POST /api/invoices"}


@pytest.fixture
def long_ago(site: Site) -> Site:
    """A site whose history begins some weeks ago; nothing was ever synced."""
    site.start = START
    return site


def begins(site: Site) -> tuple[date, ...]:
    """Where the next sync of each flow begins."""
    found = [site.days(name) for name in FLOWS]
    return tuple(days[0] for days in found if days is not None)


def apply_flows(site: Site, plan: str, *flows: str) -> None:
    with site.context("clerk") as context:
        apply(context, flows_of(context), plans.load(site.ledger, plan), [f"{NAME}/{flow}" for flow in flows])


def fail(site: Site, **rule: Any) -> None:
    site.sandbox.post("/faults", {"replace": True, "rules": [{**CREATE, **rule}] if rule else []})


def test_a_plan_that_was_whole_is_where_the_next_sync_goes_on(long_ago: Site) -> None:
    """Given a plan of all days on an empty Coupa, which holds nothing back
    when it is made, the next sync still begins with the start date; when it is applied, with the day before the last
    that the plan read; that sync reads no voucher of before, announces no first sync, and sends nothing."""
    old = long_ago.books.voucher(1, changed=START + timedelta(days=3))
    new = long_ago.books.voucher(2)
    plan = long_ago.plan()
    assert begins(long_ago) == (START, START)
    assert outcomes(long_ago.apply(plan)["invoices"]) == {"created": 2}
    assert begins(long_ago) == (TODAY - timedelta(days=1),) * 2
    assert long_ago.tick().days == (TODAY - timedelta(days=1), TODAY)
    days = long_ago.days("invoices")
    assert days is not None
    report = long_ago.sync("invoices", first=days[0], last=days[1], first_ever=True)["invoices"]
    assert (outcome(report, new.document), report.writes) == ("unchanged", 0)
    assert old.document not in report.results
    assert report.as_json().get("first_sync") is None


def test_what_changes_between_a_plan_and_its_applying_is_read_by_the_next_sync(long_ago: Site) -> None:
    """Given a plan, and a voucher that is entered an hour after it, with no days of overlap
    when the plan is applied the next morning
    then the next sync begins with the day of the plan, and brings that voucher."""
    long_ago.settings["overlap_days"] = 0
    long_ago.books.voucher(1)
    plan = long_ago.plan()
    long_ago.sandbox.clock.advance(3600)
    later = long_ago.books.voucher(2)
    long_ago.sandbox.clock.advance(24 * 3600)
    assert outcomes(long_ago.apply(plan)["invoices"]) == {"created": 1}
    assert begins(long_ago) == (TODAY, TODAY)
    days = long_ago.days("invoices")
    assert days == (TODAY, TOMORROW)
    report = long_ago.sync("invoices", first=days[0], last=days[1], first_ever=True)["invoices"]
    assert outcome(report, later.document) == "created"


def test_a_plan_of_which_something_is_set_aside_moves_nothing_until_it_is_sent(long_ago: Site) -> None:
    """Given a plan of two vouchers, of which one is corrected before it is applied
    when it is applied, then the next sync of the invoices begins with the start date, that of the suppliers does not;
    when the next plan has sent the corrected one, the invoices go on after it."""
    long_ago.books.voucher(1)
    corrected = long_ago.books.voucher(2)
    plan = long_ago.plan()
    long_ago.books.line(corrected, 1, "30.5010", "150.00")
    long_ago.books.change_items(corrected, "150.00")
    assert outcomes(long_ago.apply(plan)["invoices"]) == {"created": 1, "held": 1}
    assert begins(long_ago) == (TODAY - timedelta(days=1), START)
    again = long_ago.plan()
    assert outcomes(long_ago.apply(again)["invoices"]) == {"created": 1}
    assert begins(long_ago) == (TODAY - timedelta(days=1),) * 2


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(lambda site: site.books.voucher(2, terms="X99"), id="held"),
        pytest.param(lambda site: site.books.voucher(2, posted=False), id="not posted yet"),
    ],
)
def test_what_a_plan_left_to_a_sync_is_not_passed_over(long_ago: Site, left: Callable[[Site], Any]) -> None:
    """Given a plan that holds a voucher, or leaves one alone until it is posted, which no plan writes down
    when it is applied, then the next sync begins with the start date, and the ledger knows of that voucher after it."""
    long_ago.books.voucher(1)
    entry = left(long_ago)
    plan = long_ago.plan()
    assert outcomes(long_ago.apply(plan)["invoices"]) == {"created": 1}
    assert begins(long_ago) == (TODAY - timedelta(days=1), START)
    assert long_ago.ledger.deliveries.load(f"{NAME}/invoices", [entry.document]) == {}
    long_ago.sync("invoices", first=START)
    assert entry.document in long_ago.ledger.deliveries.load(f"{NAME}/invoices", [entry.document])


def test_of_a_plan_that_is_applied_in_part_that_part_moves(long_ago: Site) -> None:
    """Given a plan of suppliers, accounts and invoices, when the suppliers alone are applied, then they alone go on
    after it; when the rest is, the invoices do too."""
    long_ago.books.voucher(1)
    plan = long_ago.plan()
    apply_flows(long_ago, plan, "suppliers")
    assert begins(long_ago) == (TODAY - timedelta(days=1), START)
    apply_flows(long_ago, plan, "accounts", "invoices")
    assert begins(long_ago) == (TODAY - timedelta(days=1),) * 2


def test_applying_that_fails_midway_moves_nothing_until_it_is_finished(long_ago: Site) -> None:
    """Given a plan of three vouchers, when Coupa does not answer from the second on, then the invoices' next sync
    begins with the start date; when the plan is applied once more, each is there once, and they go on after it."""
    for doc in (1, 2, 3):
        long_ago.books.voucher(doc)
    plan = long_ago.plan()
    fail(long_ago, kind="drop_before", **{"from": 2})
    reports = long_ago.apply(plan)["invoices"]
    assert outcomes(reports).get("created", 0) < 3
    assert begins(long_ago) == (TODAY - timedelta(days=1), START)
    fail(long_ago)
    long_ago.sandbox.clock.advance(700)
    assert set(outcomes(long_ago.apply(plan)["invoices"])) <= {"created", "unchanged"}
    assert long_ago.spend.state()["invoices"]["count"] == 3
    assert begins(long_ago) == (TODAY - timedelta(days=1),) * 2


def test_a_plan_of_days_that_leave_a_gap_moves_nothing(long_ago: Site) -> None:
    """Given a plan that begins after the start date, when it is applied, then the next sync begins with that."""
    long_ago.books.voucher(1)
    long_ago.start = TODAY
    plan = long_ago.plan()
    long_ago.start = START
    assert outcomes(long_ago.apply(plan)["invoices"]) == {"created": 1}
    assert begins(long_ago) == (START, START)
