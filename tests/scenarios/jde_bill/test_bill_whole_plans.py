"""The first plan of BILL is whole: vendors, accounts and units, and the bills and credits that refer to them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from bill_ordered import FLOW as ORDER_BILLS
from bill_ordered import marked as order_marker
from bill_originals import FLOW as BORN
from bill_originals import bill, owed, switched_on
from bill_owed import CREDITS, bill_of, credit_of, key, lines, owing
from bill_paid import pay
from bill_site import BillSite
from scenario_orders import Purchasing
from scenario_site import outcome, outcomes
from scenario_wire import no_reference_leaves

from connector_assets.engine import plans
from connector_assets.engine.applying import apply
from connector_assets.engine.report import FlowReport
from connector_assets.run_setup import flows_of

D = Decimal
LISTS = ("chart_of_accounts", "departments", "vendors")
CHAIN = (*LISTS, "bills", CREDITS)


@pytest.fixture(autouse=True)
def _no_reference_leaves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with no_reference_leaves(monkeypatch):
        yield


def apply_flows(site: BillSite, plan: str, flow: str) -> FlowReport:
    """The operator applies one flow of a plan."""
    with site.context("clerk") as context:
        [done] = apply(context, flows_of(context), plans.load(site.ledger, plan), [f"{site.NAME}/{flow}"])
    return done.report


@pytest.fixture
def start(site: BillSite) -> BillSite:
    """Nothing is in BILL; bills and credits are on."""
    return owing(site, CREDITS)


def entries(site: BillSite, plan: str, flow: str) -> dict[str, dict[str, Any]]:
    """What a plan shows of a flow, by document key."""
    entry = plans.load(site.ledger, plan).flows[f"jde_bill/{flow}"].entry()
    return {each["key"]: each for each in entry["documents"]}


def test_the_first_plan_of_an_empty_organisation_is_applied_in_one_go(start: BillSite) -> None:
    """Given an empty organisation, a voucher in two pay items on two accounts, and a debit memo
    when all is planned, then bills and credit are planned after their vendor, accounts and units, and nothing is
    written; when it is applied, BILL holds them for the right vendor, on the right accounts; then there is nothing more
    to do."""
    entry = start.books.voucher(1, costs=(("30.5010", "60.00"), ("40.5010", "40.00")), items=["70.00", "30.00"])
    memo = start.books.voucher(801, kind="PD", costs=(("30.5020", "-50.00"),), supplier=4344)
    plan = start.plan(*CHAIN)
    assert start.bill.all("vendors") == [] and start.bill.all("bills") == []
    planned = entries(start, plan, "bills")
    assert {(each["action"], each["then"]["action"]) for each in planned.values()} == {("hand over", "create")}
    shown = planned[key(entry)]
    assert shown["request"]["DocumentNumber"] == entry.doc
    bill = shown["then"]["request"]
    assert bill["vendorId"] == {"$link": "vendors/4343"}
    first = bill["billLineItems"][0]["classifications"]
    assert first == {
        "chartOfAccountId": {"$link": "chart_of_accounts/00010001"},
        "departmentId": {"$link": "departments/30"},
    }
    assert shown["after"] == [
        "chart_of_accounts/00010001",
        "chart_of_accounts/00010004",
        "departments/30",
        "departments/40",
        "vendors/4343",
    ]
    assert "vendors/4344" in entries(start, plan, CREDITS)[key(memo)]["after"]

    reports = start.apply(plan)
    assert outcomes(reports["bills"]) == {"created": len(planned)}
    assert outcomes(reports[CREDITS]) == {"created": 1}
    names = {each["id"]: each["name"] for each in start.bill.all("vendors")}
    bill, credit = bill_of(start, entry), credit_of(start, memo)
    assert bill["invoice"] == shown["then"]["request"]["invoice"]
    assert (names[bill["vendorId"]], names[credit["vendorId"]]) == ("Anvil & Sons", "Bolt Brothers")
    assert {account for account, _ in lines(start, bill)} == {"30.5010", "40.5010"}
    assert sum(D(each["amount"]) for each in start.bill.all("bills")) == D("100.00")
    again = start.sync(*CHAIN)
    assert [each.writes for each in again.values()] == [0] * len(CHAIN)


def test_one_pay_item_of_a_voucher_is_applied_though_the_others_are_not_in_the_plan(start: BillSite) -> None:
    """Given a voucher of which one pay item is on hold, when its plan is applied, then the approved one is a bill, and
    the other one stays where it is."""
    entry = start.books.voucher(1, items=["70.00", "30.00"])
    named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFXE": 0}
    start.books.upsert("F0411", {**named, "SFX": "002", "PST": "H"})
    plan = start.plan(*CHAIN)
    assert list(entries(start, plan, "bills")) == [key(entry)]
    report = start.apply(plan)["bills"]
    assert {each: result.outcome for each, result in report.results.items()} == {key(entry): "created"}
    assert [D(each["amount"]) for each in start.bill.all("bills")] == [D("70.00")]


def test_a_second_vendor_of_another_currency_is_planned_and_so_are_his_bills(start: BillSite) -> None:
    """Given a site that has second vendors, and a voucher in dollars of a supplier with pounds, when all is planned on
    an empty organisation, then the voucher comes after the vendor of its currency, and goes to it."""
    start.configure("vendors", other_currencies="second_vendor")
    entry = start.books.voucher(1, currency="USD", rate="0.80")
    plan = start.plan(*CHAIN)
    shown = entries(start, plan, "bills")[key(entry)]
    assert shown["then"]["request"]["vendorId"] == {"$link": "vendors/4343/USD"}
    assert outcomes(start.apply(plan)["bills"]) == {"created": 1}
    vendor = start.bill.get("vendors", bill_of(start, entry)["vendorId"])
    assert vendor["billCurrency"] == "USD"


def test_what_the_plan_restores_may_be_referred_to(start: BillSite) -> None:
    """Given an account that somebody archived in BILL, and that the site has restored
    when all is planned, then a voucher on it is planned after it, and not held; when it is applied it is a bill, which
    a sync leaves as it is."""
    start.sync(*LISTS)
    entry = start.books.voucher(1, costs=(("30.5010", "100.00"),))
    start.bill.act("archive_account", id=start.bill.account("30.5010")["id"])
    start.configure("chart_of_accounts", on_conflict="source")
    plan = start.plan(*CHAIN)
    assert [each["action"] for each in entries(start, plan, "chart_of_accounts").values()] == ["restore"]
    shown = entries(start, plan, "bills")[key(entry)]
    assert shown["after"] == ["chart_of_accounts/00010001"]
    report = start.apply(plan)
    assert (outcomes(report["chart_of_accounts"]), outcomes(report["bills"])) == ({"updated": 1}, {"created": 1})
    assert not start.bill.account("30.5010")["archived"]
    assert [each.writes for each in start.sync(*CHAIN).values()] == [0] * len(CHAIN)


def test_where_what_the_plan_restores_stays_archived_nothing_is_sent_on_it(start: BillSite) -> None:
    """Given such a plan, when the bills alone are applied, then the voucher is held, and sent once the account is in
    use."""
    start.sync(*LISTS)
    entry = start.books.voucher(1, costs=(("30.5010", "100.00"),))
    start.bill.act("archive_account", id=start.bill.account("30.5010")["id"])
    start.configure("chart_of_accounts", on_conflict="source")
    plan = start.plan(*CHAIN)
    assert outcomes(apply_flows(start, plan, "bills")) == {"held": 1}
    assert start.reasons("bills") == {key(entry): {"archived_in_target"}}
    assert outcomes(start.apply(plan)["bills"]) == {"created": 1}


def test_a_bill_of_an_order_comes_after_its_vendor_too(site: BillSite) -> None:
    """Given an approved order that becomes a bill, when all is planned on an empty organisation, then it is planned
    after its vendor, and applied."""
    owing(site)
    site.flows[ORDER_BILLS] = {}
    order = Purchasing(site.books).order(100234, ("30.5010", "10", "2.50"))
    plan = site.plan(*LISTS, ORDER_BILLS, "bills")
    (shown,) = entries(site, plan, ORDER_BILLS).values()
    assert shown["request"]["vendorId"] == {"$link": "vendors/4343"}
    assert outcomes(site.apply(plan)[ORDER_BILLS]) == {"created": 1}
    assert [each["description"] for each in site.bill.all("bills")] == [order_marker(order)]


@pytest.mark.reason("supplier_not_linked")
def test_a_vendor_that_changed_since_keeps_his_bills_back(start: BillSite) -> None:
    """Given a plan of an empty organisation, when a supplier changes in JD Edwards before it is applied, then it is set
    aside, and its bill waits in the plan; the other supplier's goes."""
    waits, goes = start.books.voucher(1, supplier=4343), start.books.voucher(2, supplier=4344)
    plan = start.plan(*CHAIN)
    start.books.supplier(4343, "Anvil & Daughters")
    with start.context("clerk") as context:
        done = {each.report.flow: each for each in apply(context, flows_of(context), plans.load(start.ledger, plan))}
    bills = done["jde_bill/bills"]
    assert (outcome(bills.report, key(waits)), outcome(bills.report, key(goes))) == ("held", "created")
    assert bills.after == {key(waits): ["vendors/4343"]}
    assert [D(each["amount"]) for each in start.bill.all("bills")] == [D("100.00")]
    again = start.apply(start.plan(*CHAIN))
    assert outcomes(again["bills"]) == {"created": 1}
    assert len(start.bill.all("bills")) == 2


def test_a_bill_that_a_vendor_there_already_has_is_found_by_the_plan(start: BillSite) -> None:
    """Given an installation that lost its ledger after vendors and bills were made, when all is planned anew, then
    vendors and bills are known again: nothing would be made a second time."""
    entry = start.books.voucher(1)
    start.sync(*CHAIN)
    with start.forgetting() as blank:
        plan = blank.plan(*CHAIN)
        assert entries(blank, plan, "vendors")["F0401:4343"]["action"] == "adopt"
        assert entries(blank, plan, "bills")[key(entry)]["action"] == "adopt"


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize("route", ["vendors", "vendors/bulk", "bills", "bills/bulk"])
def test_a_line_that_fails_while_a_plan_is_applied_makes_nothing_twice(start: BillSite, route: str, kind: str) -> None:
    """Given a plan of an empty organisation for a dozen vouchers, when a call's answer is lost as vendors or bills are
    made, then applying it, once more where it has to be, leaves each of them there once."""
    for doc in range(12):
        start.books.voucher(100 + doc, supplier=4343 + doc % 2)
    plan = start.plan(*CHAIN)
    rule = {"system": "bill", "route": f"POST /connect/v3/{route}", "kind": kind, "calls": [1]}
    start.sandbox.post("/faults", {"replace": True, "rules": [rule]})
    start.apply(plan)
    start.sandbox.post("/faults", {"replace": True, "rules": []})
    reports = start.apply(plan)
    assert outcomes(reports["bills"]) == {"unchanged": 12}
    assert sorted(each["name"] for each in start.bill.all("vendors")) == ["Anvil & Sons", "Bolt Brothers"]
    bills = start.bill.all("bills")
    assert sorted(each["description"] for each in bills) == [f"JDE 00001-PV-{100 + doc}-001" for doc in range(12)]
    assert not any(start.exceptions(flow) for flow in CHAIN)


def test_applying_that_dies_behind_the_hand_over_is_finished_by_applying_again(
    start: BillSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a plan of an empty organisation, when the process dies once a voucher was handed over in JD Edwards, before
    its bill was made, then applying the plan again makes the bill."""
    from connector_assets.pairs.jde_bill.bills.steps import BillSteps

    class Dead(BaseException):
        pass

    def dies(*_: Any) -> Any:
        raise Dead

    entry = start.books.voucher(1)
    plan = start.plan(*CHAIN)
    with monkeypatch.context() as patched, pytest.raises(Dead):
        patched.setattr(BillSteps, "_create", dies)
        start.apply(plan)
    assert start.bill.all("bills") == []
    start.sandbox.clock.advance(1000)
    report = start.apply(plan)["bills"]
    assert outcomes(report) == {"created": 1}
    assert bill_of(start, entry)["invoice"]["invoiceNumber"] == "INV-1"


def test_a_payment_of_what_the_plan_makes_comes_with_the_next_plan(testbed: BillSite) -> None:
    """Given a bill that was born in BILL and that BILL has paid, when all is planned, then its voucher is planned, and
    the payment that settles it is held, saying what it waits for; once the plan is applied, the next plan has it, and
    JD Edwards owes nothing any more."""
    switched_on(testbed)
    testbed.flows |= {"bills": {}, "payments": {}}
    flows = (*LISTS, "bills", BORN, "payments")
    pay(testbed, bill(testbed))
    plan = testbed.plan(*flows)
    (voucher,) = entries(testbed, plan, BORN).values()
    assert voucher["action"] == "create"
    reported = plans.load(testbed.ledger, plan).flows["jde_bill/payments"].entry()
    assert (reported["outcomes"]["held"], entries(testbed, plan, "payments")) == (1, {})
    assert len(reported["held"]) == 1 and reported["held"][0]["message"]
    reports = testbed.apply(plan)
    assert outcomes(reports[BORN]) == {"created": 1}
    assert owed(testbed) == D("100.00")
    assert outcomes(testbed.apply(testbed.plan(*flows))["payments"]) == {"created": 1}
    assert owed(testbed) == 0
