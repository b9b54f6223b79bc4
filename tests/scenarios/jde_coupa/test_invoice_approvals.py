"""Coupa's approvals of invoices that came from JD Edwards: they release the vouchers for payment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scenario_books import Entry
from scenario_payables import Payables
from scenario_site import NAME, Site, outcome, outcomes

from connector_assets.engine import plans

APPROVALS = "approvals"
WRITES = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}


@pytest.fixture
def voucher(testbed: Site) -> Iterator[Entry]:
    """A voucher on hold that is in Coupa as a draft; approvals are synced."""
    Payables(testbed)
    testbed.flows[APPROVALS] = {}
    entry = testbed.books.voucher(4711, status="H")
    testbed.sync("invoices")
    yield entry


def statuses(testbed: Site, doc: int = 4711) -> list[str]:
    """The pay statuses of a voucher's pay items."""
    return [row["PST"] for row in Payables(testbed).rows("F0411") if row["DOC"] == doc]


@pytest.mark.quick("jde_coupa/approvals")
def test_an_approval_releases_the_voucher(testbed: Site, voucher: Entry) -> None:
    """Given a voucher on pay status H whose invoice is a draft in Coupa, when it is synced, then nothing is decided;
    when the approvers let it go there, then the voucher is on A; further syncs send nothing, and no voucher is made."""
    report = testbed.sync(APPROVALS)[APPROVALS]
    assert (report.rules(), report.writes, statuses(testbed)) == ({"not_decided": 1}, 0, ["H"])
    testbed.spend.approve("INV-4711")
    testbed.sandbox.clock.advance(60)
    # its voucher was there before: it is linked, and released
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"adopted": 1}
    assert statuses(testbed) == ["A"]
    reports = testbed.sync(APPROVALS, "approved_invoices")
    assert {report.writes for report in reports.values()} == {0}
    assert len(Payables(testbed).rows("F0411")) == 1


def test_all_pay_items_are_released(testbed: Site, voucher: Entry) -> None:
    """Given a voucher of two pay items, one of them released already, when its invoice is approved, both are on A."""
    entry = testbed.books.voucher(4712, items=("60.00", "40.00"), status="H", supplier=4344)
    testbed.sync("invoices")
    testbed.books.change_items(entry, "60.00", PST="A")
    testbed.spend.approve("INV-4712")
    assert outcome(testbed.sync(APPROVALS)[APPROVALS], "invoices:2") == "adopted"
    assert statuses(testbed, 4712) == ["A", "A"]


def test_what_is_paid_or_void_is_left_alone(testbed: Site, voucher: Entry) -> None:
    """Given a voucher that was released and paid in JD Edwards without waiting, and one that was voided
    when their invoices are approved in Coupa, then nothing is sent."""
    other = testbed.books.voucher(4712, status="H", supplier=4344)
    testbed.sync("invoices")
    testbed.books.act("set_pay_status", voucher, PST="A")
    testbed.books.pay(voucher)
    testbed.spend.approve("INV-4711")
    testbed.spend.approve("INV-4712")
    testbed.books.void(other)
    report = testbed.sync(APPROVALS)[APPROVALS]
    assert (outcomes(report), report.writes) == ({"adopted": 2}, 0)


@pytest.mark.reason("pay_status_differs")
def test_another_hold_is_somebodys_decision(testbed: Site, voucher: Entry) -> None:
    """Given a voucher that a clerk put on a hold code of the site, when its invoice is approved, then it is held;
    with that code among the waiting ones a replay releases it."""
    testbed.books.act("set_pay_status", voucher, PST="X")
    testbed.spend.approve("INV-4711")
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"held": 1}
    assert (testbed.exception(APPROVALS).value, statuses(testbed)) == ("X", ["X"])
    testbed.configure(APPROVALS, waiting_statuses=["H", "X"])
    testbed.replay(APPROVALS)
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"updated": 1}
    assert statuses(testbed) == ["A"]


def test_a_rejection_holds_the_voucher_where_the_site_wants_that(testbed: Site, voucher: Entry) -> None:
    """Given a released voucher whose invoice is disputed in Coupa, when it is synced, then nothing happens by default;
    with a hold status the voucher is on it, and back on A when the dispute is over."""
    clerk = Payables(testbed)
    testbed.spend.approve("INV-4711")
    testbed.sync(APPROVALS)
    testbed.sandbox.clock.advance(60)
    clerk.act("dispute_invoice", id=1)
    assert testbed.sync(APPROVALS)[APPROVALS].rules() == {"not_decided": 1}
    testbed.configure(APPROVALS, hold_status="H")
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"updated": 1}
    assert statuses(testbed) == ["H"]
    testbed.sandbox.clock.advance(60)
    clerk.act("withdraw_dispute", id=1)
    clerk.act("approve_invoice", id=1)
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"updated": 1}
    assert statuses(testbed) == ["A"]


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_is_looked_at(testbed: Site, voucher: Entry, kind: str) -> None:
    """Given an answer that is lost, before or after the status was set, when it is synced, then the voucher is on A."""
    testbed.spend.approve("INV-4711")
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**WRITES, "kind": kind, "calls": [1]}]})
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"adopted": 1}
    assert (statuses(testbed), testbed.exceptions(APPROVALS)) == (["A"], [])


def test_a_voucher_that_jde_no_longer_has_is_held(testbed: Site, voucher: Entry) -> None:
    """Given an invoice whose voucher was deleted in JD Edwards, when it is approved, then it is held."""
    key = {"DOC": 4711, "DCT": "PV", "KCO": "00001", "SFX": "001", "SFXE": 0}
    testbed.books.delete("F0411", key)
    testbed.spend.approve("INV-4711")
    assert outcomes(testbed.sync(APPROVALS)[APPROVALS]) == {"held": 1}
    assert testbed.exception(APPROVALS).reason == "voucher_not_linked"


def test_an_approval_is_planned_then_applied(testbed: Site, voucher: Entry) -> None:
    """Given an approved invoice, when it is planned, then the plan shows the change of status and nothing is sent;
    applied, it is; applied again or synced, nothing is sent."""
    testbed.spend.approve("INV-4711")
    plan = testbed.plan("invoices", APPROVALS)
    [shown] = planned_documents(testbed, plan)
    assert (shown["action"], shown["request"]["PayStatus"]) == ("pay_status", "A")
    assert shown["changes"] == [{"field": "pay_status", "from": "H", "to": "A"}]
    # the voucher is there, and its key stands on the invoice: nothing of the plan comes before it
    assert (shown["after"], statuses(testbed)) == ([], ["H"])
    assert outcomes(testbed.apply(plan)[APPROVALS]) == {"adopted": 1}
    assert statuses(testbed) == ["A"]
    assert [testbed.apply(plan)[APPROVALS].writes, testbed.sync(APPROVALS)[APPROVALS].writes] == [0, 0]


@pytest.mark.reason("changed_since_plan")
def test_a_voucher_that_a_clerk_holds_since_is_not_released_by_the_plan(testbed: Site, voucher: Entry) -> None:
    """Given a plan that releases a voucher, when a clerk gives it another pay status before the plan is applied, then
    nothing is sent, though it is in JD Edwards as planned otherwise; with the status of before the next plan does."""
    testbed.configure(APPROVALS, waiting_statuses=["H", "X"])
    testbed.spend.approve("INV-4711")
    plan = testbed.plan(APPROVALS)
    testbed.books.act("set_pay_status", voucher, PST="X")
    report = testbed.apply(plan)[APPROVALS]
    assert (outcomes(report), report.writes, statuses(testbed)) == ({"held": 1}, 0, ["X"])
    assert testbed.exception(APPROVALS).reason == "changed_since_plan"
    assert outcomes(testbed.apply(testbed.plan(APPROVALS))[APPROVALS]) == {"updated": 1}
    assert statuses(testbed) == ["A"]


def test_another_home_plans_what_its_approvals_would_send(testbed: Site, voucher: Entry) -> None:
    """Given a Coupa that another installation has filled, where an invoice is approved, when this one plans all, then
    invoices would be adopted only, and the release of the voucher is planned by the key on its invoice; applying it
    releases the voucher."""
    testbed.spend.approve("INV-4711")
    with testbed.forgetting() as blank:
        blank.sync("suppliers", "accounts", mode="adopt")
        plan = blank.plan("invoices", APPROVALS)
        actions = [each["action"] for each in planned_documents(blank, plan, "invoices")]
        [shown] = planned_documents(blank, plan)
        assert (actions, shown["action"], shown["after"]) == (["adopt"], "pay_status", [])
        assert outcomes(blank.apply(plan)[APPROVALS]) == {"adopted": 1}
    assert statuses(testbed) == ["A"]


def planned_documents(testbed: Site, plan: str, flow: str = APPROVALS) -> list[dict[str, Any]]:
    """What a plan shows of a flow's documents."""
    documents: list[dict[str, Any]] = plans.load(testbed.ledger, plan).flows[f"{NAME}/{flow}"].entry()["documents"]
    return documents
