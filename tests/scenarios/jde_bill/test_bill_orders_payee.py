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
def buyers(town: BillSite) -> Purchasing:
    """The suppliers are vendors of BILL, and orders become bills."""
    return ordering(town)


def vendor(town: BillSite, number: int) -> str:
    """The vendor of a supplier."""
    return str(town.bill.one("vendors", shortName=f"JDE {number}")["id"])


def bills(town: BillSite, order: Purchase) -> list[tuple[str, bool]]:
    """Vendor, and whether it is archived, of all bills of an order, in the order of their making."""
    found = sorted(bills_of(town, order), key=lambda each: str(each["createdTime"]))
    return [(each["vendorId"], each["archived"]) for each in found]


def give(buyers: Purchasing, order: Purchase, supplier: int) -> None:
    """The buyer gives the order to another supplier, or a merge does."""
    buyers.header(order, AN8=supplier)
    buyers.line(order, 1, AN8=supplier)


def told(town: BillSite) -> tuple[str, str]:
    """Reason and severity of the flow's only exception."""
    exception = town.exception(FLOW)
    return exception.reason, severity_of(exception.reason)


def next_day(town: BillSite) -> None:
    """It is tomorrow; nothing of JD Edwards is of that day."""
    town.sandbox.clock.advance(86_400)


def run_next_day(town: BillSite) -> dict[str, int]:
    """A run over that day alone."""
    return outcomes(town.sync(FLOW, first=NEXT, last=NEXT)[FLOW])


def hold(town: BillSite, value: str = "Y") -> None:
    """A clerk puts the supplier on payment hold, or takes the hold off; no order is touched."""
    town.books.upsert("F0401", {"AN8": SUPPLIER, "HDPY": value})


# -- the supplier of the order -----------------------------------------------------------------------------------------


def test_an_unpaid_bill_goes_to_the_orders_new_supplier(town: BillSite, buyers: Purchasing) -> None:
    """Given an unpaid bill, when the supplier of its order changes, by the buyer or by a merge
    then the old vendor's bill is archived and the new one has a bill of the same amount."""
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    give(buyers, order, OTHER)
    assert run(town, FLOW) == ({"updated": 1},)
    assert bills(town, order) == [(vendor(town, SUPPLIER), True), (vendor(town, OTHER), False)]
    assert run(town, FLOW) == ({"unchanged": 1},)
    assert compared(town, FLOW).differences == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("how", ["scheduled", "partly paid", "paid"])
def test_a_supplier_that_changes_while_the_old_one_is_being_paid_is_urgent(
    town: BillSite, buyers: Purchasing, how: str
) -> None:
    """Given a bill that BILL is about to pay, or has paid
    when the supplier of its order changes
    then the bill stays as it is and that is an exception of high severity, with both and the amount; once the payment
    is called off the bill is the new supplier's."""
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    pay = schedule if how == "scheduled" else pay_in_bill
    payment = pay(town, bill_of(town, order), "25.00" if how == "paid" else "10.00")
    give(buyers, order, OTHER)
    for _ in range(2):
        assert run(town, FLOW) == ({"held": 1},)
    assert told(town) == ("payee_changed", "high")
    value = town.exception(FLOW).value
    assert f"supplier {SUPPLIER}" in value and f"ours supplier {OTHER}" in value and "25.00" in value
    assert bills(town, order) == [(vendor(town, SUPPLIER), False)]
    if how == "scheduled":
        town.bill.act("cancel_payment", id=payment)
        assert run(town, FLOW) == ({"updated": 1},)
        assert bills(town, order) == [(vendor(town, SUPPLIER), True), (vendor(town, OTHER), False)]
        assert not town.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("supplier_not_linked")
@pytest.mark.parametrize("also", ["", "account", "order on hold"])
def test_the_old_supplier_is_not_paid_while_the_new_one_is_no_vendor_yet(
    town: BillSite, buyers: Purchasing, also: str
) -> None:
    """Given an unpaid bill
    when the order goes to a supplier whom BILL does not have, and is held for something else besides
    then the old vendor's bill is archived all the same and that is told; the new one waits until he is a vendor."""
    if also == "order on hold":
        town.configure(FLOW, held_orders="hold")
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    town.books.supplier(4999, "New House")
    give(buyers, order, 4999)
    if also == "account":
        town.books.account("30.5010", "Grounds upkeep", posting="N")
        town.sync("chart_of_accounts")
    if also == "order on hold":
        buyers.header(order, HOLD="B1")
    assert run(town, FLOW) == ({"held": 1},)
    assert bills(town, order) == [(vendor(town, SUPPLIER), True)]
    assert told(town) == ("payee_changed", "high")
    assert "supplier_not_linked" in town.exception(FLOW).value
    assert run(town, FLOW) == ({"held": 1},)
    assert "supplier_not_linked" in town.reasons(FLOW)[key(order)]
    town.books.account("30.5010", "Grounds upkeep")
    buyers.header(order, HOLD="")
    town.sync("vendors", "chart_of_accounts")
    assert run(town, FLOW) == ({"updated": 1},)
    assert bills(town, order)[1:] == [(vendor(town, 4999), False)]
    assert not town.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
def test_a_site_may_have_every_change_of_supplier_decided_by_a_person(town: BillSite, buyers: Purchasing) -> None:
    """Given `on_payee_change: hold`, when the supplier of an order changes to one who is no vendor yet
    then the bill stays, and that is an exception of high severity."""
    town.configure(FLOW, on_payee_change="hold")
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    town.books.supplier(4999, "New House")
    give(buyers, order, 4999)
    assert run(town, FLOW) == ({"held": 1},)
    assert told(town) == ("payee_changed", "high")
    assert bills(town, order) == [(vendor(town, SUPPLIER), False)]


# -- the vendor of the bill --------------------------------------------------------------------------------------------


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["open", "scheduled", "partly paid", "paid"])
def test_a_bill_that_somebody_gives_to_another_vendor_is_urgent(town: BillSite, buyers: Purchasing, state: str) -> None:
    """Given the bill of an order, in whatever state
    when somebody gives it to another vendor in BILL the next day, while nothing changes in JD Edwards
    then the next sync says so, of high severity; given back, it is well again."""
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    if state != "open":
        pay = schedule if state == "scheduled" else pay_in_bill
        pay(town, bill_of(town, order), "25.00" if state == "paid" else "10.00")
        run(town, FLOW)
    next_day(town)
    assert run_next_day(town) == {}
    id = bill_of(town, order)["id"]
    town.bill.set("bills", id, vendorId=vendor(town, OTHER))
    for _ in range(2):
        assert run_next_day(town) == {"held": 1}
    assert told(town) == ("payee_changed", "high")
    differing = [(each.field, each.source, each.target) for each in compared(town, FLOW).differences]
    assert ("vendor", vendor(town, SUPPLIER), vendor(town, OTHER)) in differing
    town.bill.set("bills", id, vendorId=vendor(town, SUPPLIER))
    assert run_next_day(town) == {"unchanged": 1}
    assert not town.exceptions(FLOW)


def test_jde_wins_over_who_repoints_where_the_site_says_so(town: BillSite, buyers: Purchasing) -> None:
    """Given `on_conflict: source`, when somebody gives the bill of an order to another vendor in BILL
    then that bill is archived, and the supplier has one again."""
    town.configure(FLOW, on_conflict="source")
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    next_day(town)
    town.bill.set("bills", bill_of(town, order)["id"], vendorId=vendor(town, OTHER))
    assert run_next_day(town) == {"updated": 1}
    assert bills(town, order) == [(vendor(town, OTHER), True), (vendor(town, SUPPLIER), False)]


# -- the supplier on payment hold --------------------------------------------------------------------------------------


@pytest.mark.reason("supplier_on_hold")
def test_an_order_of_a_supplier_on_hold_waits_for_its_release(town: BillSite, buyers: Purchasing) -> None:
    """Given a supplier on payment hold, when his order is synced, then it is held with his number;
    once the hold is released, the next sync sends it, though the order did not move."""
    hold(town)
    buyers.order()
    assert run(town, FLOW) == ({"held": 1},)
    assert (town.exception(FLOW).reason, town.exception(FLOW).value) == ("supplier_on_hold", str(SUPPLIER))
    next_day(town)
    hold(town, "")
    assert run_next_day(town) == {"created": 1}
    assert not town.exceptions(FLOW)


def test_a_hold_that_comes_later_archives_the_bill_until_it_is_released(town: BillSite, buyers: Purchasing) -> None:
    """Given an unpaid bill, when its supplier goes on payment hold and no order moves
    then the next sync archives it, and the release restores it."""
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    next_day(town)
    hold(town)
    assert run_next_day(town) == {"updated": 1}
    assert bills(town, order) == [(vendor(town, SUPPLIER), True)]
    assert run_next_day(town) == {"unchanged": 1} or not town.exceptions(FLOW)
    hold(town, "N")
    assert run_next_day(town) == {"updated": 1}
    assert bills(town, order) == [(vendor(town, SUPPLIER), False)]
    assert not town.exceptions(FLOW)


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("how", ["scheduled", "partly paid"])
def test_a_hold_while_bill_pays_is_urgent(town: BillSite, buyers: Purchasing, how: str) -> None:
    """Given a bill that BILL is about to pay, or has paid in part, when its supplier goes on payment hold
    then that is of high severity, and well once the hold is released."""
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    pay = schedule if how == "scheduled" else pay_in_bill
    pay(town, bill_of(town, order), "10.00")
    next_day(town)
    hold(town)
    assert run_next_day(town) == {"held": 1}
    assert told(town) == ("already_scheduled", "high")
    assert f"F0401.HDPY of {SUPPLIER}" in town.exception(FLOW).message
    hold(town, "N")
    assert run_next_day(town) in ({"unchanged": 1}, {"updated": 1})
    assert not town.exceptions(FLOW)


@pytest.mark.reason("held_after_sent")
def test_the_bill_of_a_closed_order_is_told_while_its_supplier_is_on_hold(town: BillSite, buyers: Purchasing) -> None:
    """Given the unpaid bill of an order that is closed, which is not changed any more
    when its supplier goes on payment hold
    then that is of high severity as long as BILL can pay it, and well once the hold is released."""
    order = buyers.order()
    assert run(town, FLOW) == ({"created": 1},)
    buyers.close(order)
    run(town, FLOW)
    next_day(town)
    hold(town)
    for _ in range(2):
        assert run_next_day(town) == {"held": 1}
    assert told(town) == ("held_after_sent", "high")
    assert bills(town, order) == [(vendor(town, SUPPLIER), False)]
    hold(town, "N")
    assert run_next_day(town) == {"unchanged": 1}
    assert not town.exceptions(FLOW)
    hold(town)
    assert run_next_day(town) == {"held": 1}
    pay_in_bill(town, bill_of(town, order), "25.00")
    run_next_day(town)
    assert not town.exceptions(FLOW)
