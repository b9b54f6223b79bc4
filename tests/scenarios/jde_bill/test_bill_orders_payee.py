"""Who is paid by the bill of an order: its supplier changes or is on payment hold, or somebody repoints the bill."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from bill_ordered import FLOW, bill_of, bills_of, key, ordering, run
from bill_owed import compared, pay_in_bill, schedule
from bill_site import BillSite
from scenario_books import TODAY
from scenario_orders import Purchase, Purchasing
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
SUPPLIER, OTHER = 4343, 4344
NEXT = TODAY + timedelta(days=1)


@pytest.fixture
def buyers(testbed: BillSite) -> Purchasing:
    """The suppliers are vendors of BILL, and orders become bills."""
    return ordering(testbed)


def vendor(testbed: BillSite, number: int) -> str:
    """The vendor of a supplier."""
    return str(testbed.bill.one("vendors", shortName=f"JDE {number}")["id"])


def bills(testbed: BillSite, order: Purchase) -> list[tuple[str, bool]]:
    """Vendor, and whether it is archived, of all bills of an order, in the order of their making."""
    found = sorted(bills_of(testbed, order), key=lambda each: str(each["createdTime"]))
    return [(each["vendorId"], each["archived"]) for each in found]


def give(buyers: Purchasing, order: Purchase, supplier: int) -> None:
    """The buyer gives the order to another supplier, or a merge does."""
    buyers.header(order, AN8=supplier)
    buyers.line(order, 1, AN8=supplier)


def reported(testbed: BillSite) -> tuple[str, str]:
    """Reason and severity of the flow's only exception."""
    exception = testbed.exception(FLOW)
    return exception.reason, severity_of(exception.reason)


def next_day(testbed: BillSite) -> None:
    """It is tomorrow; nothing of JD Edwards is of that day."""
    testbed.sandbox.clock.advance(86_400)


def run_next_day(testbed: BillSite) -> dict[str, int]:
    """A run over that day alone."""
    return outcomes(testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW])


def hold(testbed: BillSite, value: str = "Y") -> None:
    """A clerk puts the supplier on payment hold, or takes the hold off; no order is touched."""
    testbed.books.upsert("F0401", {"AN8": SUPPLIER, "HDPY": value})


# -- the supplier of the order -----------------------------------------------------------------------------------------


def test_an_unpaid_bill_goes_to_the_orders_new_supplier(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an unpaid bill, when the supplier of its order changes, by the buyer or by a merge
    then the old vendor's bill is archived and the new one has a bill of the same amount."""
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    give(buyers, order, OTHER)
    assert run(testbed, FLOW) == ({"updated": 1},)
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), True), (vendor(testbed, OTHER), False)]
    assert run(testbed, FLOW) == ({"unchanged": 1},)
    assert compared(testbed, FLOW).differences == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("how", ["scheduled", "partly paid", "paid"])
def test_a_supplier_that_changes_while_the_old_one_is_being_paid_is_urgent(
    testbed: BillSite, buyers: Purchasing, how: str
) -> None:
    """Given a bill that BILL is about to pay, or has paid
    when the supplier of its order changes
    then the bill stays as it is and that is an exception of high severity, with both and the amount; once the payment
    is called off the bill is the new supplier's."""
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    pay = schedule if how == "scheduled" else pay_in_bill
    payment = pay(testbed, bill_of(testbed, order), "25.00" if how == "paid" else "10.00")
    give(buyers, order, OTHER)
    for _ in range(2):
        assert run(testbed, FLOW) == ({"held": 1},)
    assert reported(testbed) == ("payee_changed", "high")
    value = testbed.exception(FLOW).value
    assert f"supplier {SUPPLIER}" in value and f"ours supplier {OTHER}" in value and "25.00" in value
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), False)]
    if how == "scheduled":
        testbed.bill.act("cancel_payment", id=payment)
        assert run(testbed, FLOW) == ({"updated": 1},)
        assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), True), (vendor(testbed, OTHER), False)]
        assert not testbed.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("supplier_not_linked")
@pytest.mark.parametrize("also", ["", "account", "order on hold"])
def test_the_old_supplier_is_not_paid_while_the_new_one_is_no_vendor_yet(
    testbed: BillSite, buyers: Purchasing, also: str
) -> None:
    """Given an unpaid bill
    when the order goes to a supplier whom BILL does not have, and is held for something else besides
    then the old vendor's bill is archived all the same and that is told; the new one waits until it is a vendor."""
    if also == "order on hold":
        testbed.configure(FLOW, held_orders="hold")
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    testbed.books.supplier(4999, "New House")
    give(buyers, order, 4999)
    if also == "account":
        testbed.books.account("30.5010", "Grounds upkeep", posting="N")
        testbed.sync("chart_of_accounts")
    if also == "order on hold":
        buyers.header(order, HOLD="B1")
    assert run(testbed, FLOW) == ({"held": 1},)
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), True)]
    assert reported(testbed) == ("payee_changed", "high")
    assert "supplier_not_linked" in testbed.exception(FLOW).value
    assert run(testbed, FLOW) == ({"held": 1},)
    assert "supplier_not_linked" in testbed.reasons(FLOW)[key(order)]
    testbed.books.account("30.5010", "Grounds upkeep")
    buyers.header(order, HOLD="")
    testbed.sync("vendors", "chart_of_accounts")
    assert run(testbed, FLOW) == ({"updated": 1},)
    assert bills(testbed, order)[1:] == [(vendor(testbed, 4999), False)]
    assert not testbed.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
def test_a_site_may_have_every_change_of_supplier_decided_by_a_person(testbed: BillSite, buyers: Purchasing) -> None:
    """Given `on_payee_change: hold`, when the supplier of an order changes to one who is no vendor yet
    then the bill stays, and that is an exception of high severity."""
    testbed.configure(FLOW, on_payee_change="hold")
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    testbed.books.supplier(4999, "New House")
    give(buyers, order, 4999)
    assert run(testbed, FLOW) == ({"held": 1},)
    assert reported(testbed) == ("payee_changed", "high")
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), False)]


# -- the vendor of the bill --------------------------------------------------------------------------------------------


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["open", "scheduled", "partly paid", "paid"])
def test_a_bill_that_somebody_gives_to_another_vendor_is_urgent(
    testbed: BillSite, buyers: Purchasing, state: str
) -> None:
    """Given the bill of an order, in whatever state
    when somebody gives it to another vendor in BILL the next day, while nothing changes in JD Edwards
    then the next sync says so, of high severity; given back, it is well again."""
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    if state != "open":
        pay = schedule if state == "scheduled" else pay_in_bill
        pay(testbed, bill_of(testbed, order), "25.00" if state == "paid" else "10.00")
        run(testbed, FLOW)
    next_day(testbed)
    assert run_next_day(testbed) == {}
    id = bill_of(testbed, order)["id"]
    testbed.bill.set("bills", id, vendorId=vendor(testbed, OTHER))
    for _ in range(2):
        assert run_next_day(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high")
    differing = [(each.field, each.source, each.target) for each in compared(testbed, FLOW).differences]
    assert ("vendor", vendor(testbed, SUPPLIER), vendor(testbed, OTHER)) in differing
    testbed.bill.set("bills", id, vendorId=vendor(testbed, SUPPLIER))
    assert run_next_day(testbed) == {"unchanged": 1}
    assert not testbed.exceptions(FLOW)


def test_jde_wins_over_who_repoints_where_the_site_says_so(testbed: BillSite, buyers: Purchasing) -> None:
    """Given `on_conflict: source`, when somebody gives the bill of an order to another vendor in BILL
    then that bill is archived, and the supplier has one again."""
    testbed.configure(FLOW, on_conflict="source")
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    next_day(testbed)
    testbed.bill.set("bills", bill_of(testbed, order)["id"], vendorId=vendor(testbed, OTHER))
    assert run_next_day(testbed) == {"updated": 1}
    assert bills(testbed, order) == [(vendor(testbed, OTHER), True), (vendor(testbed, SUPPLIER), False)]


# -- the supplier on payment hold --------------------------------------------------------------------------------------


@pytest.mark.reason("supplier_on_hold")
def test_an_order_of_a_supplier_on_hold_waits_for_its_release(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a supplier on payment hold, when its order is synced, then it is held with its number;
    once the hold is released, the next sync sends it, though the order did not move."""
    hold(testbed)
    buyers.order()
    assert run(testbed, FLOW) == ({"held": 1},)
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("supplier_on_hold", str(SUPPLIER))
    next_day(testbed)
    hold(testbed, "")
    assert run_next_day(testbed) == {"created": 1}
    assert not testbed.exceptions(FLOW)


def test_a_hold_that_comes_later_archives_the_bill_until_it_is_released(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an unpaid bill, when its supplier goes on payment hold and no order moves
    then the next sync archives it, and the release restores it."""
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    next_day(testbed)
    hold(testbed)
    assert run_next_day(testbed) == {"updated": 1}
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), True)]
    assert run_next_day(testbed) == {"unchanged": 1} or not testbed.exceptions(FLOW)
    hold(testbed, "N")
    assert run_next_day(testbed) == {"updated": 1}
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), False)]
    assert not testbed.exceptions(FLOW)


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("how", ["scheduled", "partly paid"])
def test_a_hold_while_bill_pays_is_urgent(testbed: BillSite, buyers: Purchasing, how: str) -> None:
    """Given a bill that BILL is about to pay, or has paid in part, when its supplier goes on payment hold
    then that is of high severity, and well once the hold is released."""
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    pay = schedule if how == "scheduled" else pay_in_bill
    pay(testbed, bill_of(testbed, order), "10.00")
    next_day(testbed)
    hold(testbed)
    assert run_next_day(testbed) == {"held": 1}
    assert reported(testbed) == ("already_scheduled", "high")
    assert f"F0401.HDPY of {SUPPLIER}" in testbed.exception(FLOW).message
    hold(testbed, "N")
    assert run_next_day(testbed) in ({"unchanged": 1}, {"updated": 1})
    assert not testbed.exceptions(FLOW)


@pytest.mark.reason("held_after_sent")
def test_the_bill_of_a_closed_order_is_told_while_its_supplier_is_on_hold(
    testbed: BillSite, buyers: Purchasing
) -> None:
    """Given the unpaid bill of an order that is closed, which is not changed any more
    when its supplier goes on payment hold
    then that is of high severity as long as BILL can pay it, and well once the hold is released."""
    order = buyers.order()
    assert run(testbed, FLOW) == ({"created": 1},)
    buyers.close(order)
    run(testbed, FLOW)
    next_day(testbed)
    hold(testbed)
    for _ in range(2):
        assert run_next_day(testbed) == {"held": 1}
    assert reported(testbed) == ("held_after_sent", "high")
    assert bills(testbed, order) == [(vendor(testbed, SUPPLIER), False)]
    hold(testbed, "N")
    assert run_next_day(testbed) == {"unchanged": 1}
    assert not testbed.exceptions(FLOW)
    hold(testbed)
    assert run_next_day(testbed) == {"held": 1}
    pay_in_bill(testbed, bill_of(testbed, order), "25.00")
    run_next_day(testbed)
    assert not testbed.exceptions(FLOW)
