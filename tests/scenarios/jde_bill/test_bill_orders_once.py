"""An order and its vouchers are one liability in BILL, whichever comes first, and whatever is forgotten."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_ordered import FLOW, bill_of, bills_of, key, marked, ordering, payable, run, voucher
from bill_owed import bill_of as voucher_bill
from bill_owed import compared, pay_in_bill, schedule
from bill_owed import marked as voucher_marked
from bill_paid import open_items, posted, settled
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_orders import Purchasing
from scenario_site import outcome, tally

from connector_assets.engine.reasons import severity_of

D = Decimal
PAYMENTS = "payments"


@pytest.fixture
def buyers(testbed: BillSite) -> Purchasing:
    """The suppliers are vendors of BILL, orders and vouchers become bills, and payments go to JD Edwards."""
    buyers = ordering(testbed)
    testbed.flows[PAYMENTS] = {}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    return buyers


@pytest.mark.parametrize("typed", [False, True])
def test_the_voucher_of_a_billed_order_is_no_bill(testbed: BillSite, buyers: Purchasing, typed: bool) -> None:
    """Given an order that is a bill, and a voucher for it, its number typed by a clerk or written by JD Edwards
    when both flows run, then the voucher is left alone by rule, and there is one liability of 25.00."""
    order = buyers.order()
    run(testbed)
    entry = voucher(testbed, order, typed=typed)
    report = testbed.sync(FLOW, "bills")["bills"]
    assert tally(report) == {"billed_by_order": 1}
    assert outcome(report, f"{entry.document}/001") == "ignored"
    assert [(each["description"], D(each["amount"])) for each in payable(testbed)] == [(marked(order), D("25.00"))]


def test_an_order_that_was_vouchered_first_is_no_bill(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order in approval whose voucher is a bill already
    when the order is approved, then it is left alone by rule, also after it changed again."""
    order = buyers.order(next_status="230")
    entry = voucher(testbed, order)
    assert run(testbed) == ({"ignored": 1}, {"created": 1})
    buyers.line(order, 1, NXTR="400")
    report = testbed.sync(FLOW, "bills")[FLOW]
    assert tally(report) == {"order_has_vouchers": 1}
    buyers.change(order, quantity="11")
    assert run(testbed) == ({"ignored": 1}, {"unchanged": 1})
    assert [each["description"] for each in payable(testbed)] == [voucher_marked(entry)]


def test_both_in_one_run_are_one_bill(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order and its voucher that nobody has seen before
    when one run brings both, then the voucher is the bill."""
    order = buyers.order()
    entry = voucher(testbed, order)
    assert run(testbed) == ({"ignored": 1}, {"created": 1})
    assert [each["description"] for each in payable(testbed)] == [voucher_marked(entry)]


def test_a_lost_ledger_does_not_bill_twice(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a billed order with a voucher, and a vouchered one, and then the ledger is lost
    when both flows run with an empty one, in either order
    then the bills are linked again, and nothing is made."""
    billed, vouchered = buyers.order(1), buyers.order(2)
    voucher(testbed, vouchered, 4712)
    run(testbed)
    voucher(testbed, billed, 4711)
    run(testbed)
    before = {each["id"] for each in testbed.bill.all("bills")}
    assert len(before) == 2
    with testbed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", mode="adopt")
        blank.sync(FLOW, "bills", mode="adopt")
        # the vouchers first, and without a link of the order: its bill says whose it is
        reports = blank.sync("bills", FLOW)
        assert tally(reports["bills"]) == {"billed_by_order": 1}
        assert tally(reports[FLOW]) == {"order_has_vouchers": 1}
        assert outcome(reports[FLOW], key(billed)) == "unchanged"
        assert {each["id"] for each in testbed.bill.all("bills")} == before


def test_the_bill_of_an_order_tells_the_voucher_that_no_link_is_left(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a billed order, and a ledger that knows nothing of it, not even that there is such a flow
    when the voucher of the order comes, then it is left alone all the same."""
    order = buyers.order()
    run(testbed)
    voucher(testbed, order)
    with testbed.forgetting() as blank:
        blank.flows = {name: settings for name, settings in blank.flows.items() if name != FLOW}
        blank.sync("chart_of_accounts", "departments", "vendors", mode="adopt")
        blank.sync("bills", mode="adopt")
        assert tally(blank.sync("bills")["bills"]) == {"billed_by_order": 1}
    assert len(payable(testbed)) == 1


def test_a_voucher_that_is_paid_to_somebody_else_is_known_by_its_order(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a billed order, whose voucher a clerk enters for another supplier, and the ledger is lost
    when the vouchers are synced first, then the order's bill is found with the order's supplier."""
    order = buyers.order()
    run(testbed)
    voucher(testbed, order, supplier=4344)
    with testbed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", mode="adopt")
        blank.sync("bills", mode="adopt")
        assert tally(blank.sync("bills")["bills"]) == {"billed_by_order": 1}
    assert len(payable(testbed)) == 1


def test_the_payment_of_an_orders_bill_settles_its_vouchers(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order of 100.00 whose bill BILL has paid before there was a voucher
    when its vouchers of 60.00 and 40.00 come one after the other
    then the payment waits for both, and settles both at once, to the penny."""
    order = buyers.order(100234, ("30.5010", "40", "2.50"))
    run(testbed)
    pay_in_bill(testbed, bill_of(testbed, order), date="2026-03-02")
    assert run(testbed, FLOW, "bills", PAYMENTS) == ({"unchanged": 1}, {}, {"held": 1})
    assert testbed.exception(PAYMENTS).reason == "voucher_not_linked"
    first = voucher(testbed, order, 4711, costs=(("30.5010", "60.00"),))
    assert run(testbed, FLOW, "bills", PAYMENTS)[2] == {"held": 1}
    assert testbed.exception(PAYMENTS).reason == "more_than_open"
    second = voucher(testbed, order, 4712, costs=(("30.5010", "40.00"),))
    assert run(testbed, FLOW, "bills", PAYMENTS) == ({"unchanged": 1}, {"ignored": 2}, {"created": 1})
    assert posted(testbed) == [(D("100.00"), False)]
    assert settled(testbed) == {f"{first.key}/001": D("60.00"), f"{second.key}/001": D("40.00")}
    assert open_items(testbed, first) == open_items(testbed, second) == [(D(0), "P")]
    assert [testbed.exceptions(flow) for flow in (FLOW, "bills", PAYMENTS)] == [[], [], []]
    assert run(testbed, FLOW, "bills", PAYMENTS) == ({"unchanged": 1}, {"ignored": 2}, {"unchanged": 1})
    assert compared(testbed, FLOW).differences == []


def test_what_jde_pays_of_a_voucher_is_recorded_on_the_orders_bill(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a billed order whose voucher JD Edwards pays itself
    when the flows run, then the payment is recorded on the bill, once, and BILL has nothing left to pay."""
    order = buyers.order()
    run(testbed)
    entry = voucher(testbed, order)
    testbed.books.pay(entry)
    assert run(testbed) == ({"updated": 1}, {"ignored": 1})
    bill = bill_of(testbed, order)
    assert (bill["paymentStatus"], D(bill["dueAmount"])) == ("PAID", D(0))
    assert run(testbed, FLOW, PAYMENTS) == ({"unchanged": 1}, {"ignored": 1})
    assert [each["onlinePayment"] for each in testbed.bill.all("payments")] == [False]


def test_what_both_are_about_to_pay_is_told_at_once(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a billed order whose payment is scheduled in BILL
    when JD Edwards pays its voucher, then a person is told with high severity."""
    order = buyers.order()
    run(testbed)
    schedule(testbed, bill_of(testbed, order))
    testbed.books.pay(voucher(testbed, order))
    assert run(testbed, FLOW) == ({"held": 1},)
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("already_scheduled", "high")


def test_the_vouchers_of_an_archived_order_are_bills_again(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order that was billed, put back into approval, and then vouchered
    when both flows run, and the order is approved again
    then the voucher is the bill, and the order's stays archived."""
    order = buyers.order()
    run(testbed)
    buyers.line(order, 1, NXTR="230")
    run(testbed)
    entry = voucher(testbed, order)
    assert run(testbed) == ({"unchanged": 1}, {"created": 1})
    buyers.line(order, 1, NXTR="400")
    assert run(testbed) == ({"ignored": 1}, {"unchanged": 1})
    assert [each["archived"] for each in bills_of(testbed, order)] == [True]
    assert [each["id"] for each in payable(testbed)] == [voucher_bill(testbed, entry)["id"]]


def test_a_voucher_that_waited_is_a_bill_once_its_order_is_not(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a billed order with a voucher, which is left alone
    when the buyer cancels the order, then its bill is archived, and the next run makes a bill of the voucher."""
    order = buyers.order()
    run(testbed)
    entry = voucher(testbed, order)
    assert run(testbed)[1] == {"ignored": 1}
    buyers.cancel(order)
    run(testbed)
    run(testbed)
    assert [each["id"] for each in payable(testbed)] == [voucher_bill(testbed, entry)["id"]]
