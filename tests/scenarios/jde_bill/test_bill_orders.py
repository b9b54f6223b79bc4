"""Purchase orders of JD Edwards as bills of BILL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_ordered import FLOW, bill_of, bills_of, key, marked, ordering, payable, run
from bill_owed import compared, lines, pay_in_bill, schedule
from bill_site import BillSite
from scenario_orders import Purchasing
from scenario_site import outcomes, tally

from connector_assets.engine.reasons import severity_of

D = Decimal
LINES = (("30.5010", "10", "2.50"), ("40.5010", "3", "33.3333"), ("30.5020", "0", "19.99"))


@pytest.fixture
def buyers(testbed: BillSite) -> Purchasing:
    """The suppliers are vendors of BILL, and orders become bills."""
    return ordering(testbed)


@pytest.mark.quick("jde_bill/purchase_order_bills")
def test_an_approved_order_becomes_a_bill_to_the_penny(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an approved order of 144.99 in three lines, one of them a lump sum
    when orders are synced
    then BILL holds one bill of it: the supplier's vendor, the order's date, due thirty days later, its lines on their
    accounts with what they were extended to; a second run changes nothing, and both systems agree."""
    order = buyers.order(100234, *LINES)
    assert run(testbed) == ({"created": 1}, {})
    bill = bill_of(testbed, order)
    assert bill["invoice"] == {"invoiceNumber": "PO100234-OP-00001", "invoiceDate": "2026-02-27"}
    assert (bill["purchaseOrderNumber"], bill["dueDate"], D(bill["amount"])) == ("OP 100234", "2026-03-29", D("144.99"))
    assert testbed.bill.get("vendors", bill["vendorId"])["name"] == "Anvil & Sons"
    assert lines(testbed, bill) == [("30.5010", D("25.00")), ("40.5010", D("100.00")), ("30.5020", D("19.99"))]
    units = {each["id"]: each["name"] for each in testbed.bill.all("departments")}
    named = [units[line["classifications"]["departmentId"]].split()[0] for line in bill["billLineItems"]]
    assert named == ["30", "40", "30"]
    assert run(testbed) == ({"unchanged": 1}, {})
    both = compared(testbed, FLOW)
    assert both.differences == []
    assert both.source.as_json() == both.target.as_json() == {"documents": 1, "amounts": {"GBP": "144.99"}}


def test_only_approved_orders_go(testbed: BillSite, buyers: Purchasing) -> None:
    """Given orders in approval, on hold, cancelled, closed, and of another type
    when orders are synced
    then none is sent, each by a stated rule; the one in approval is once it is approved."""
    waiting = buyers.order(1, next_status="230")
    buyers.order(2, hold="B1")
    buyers.cancel(buyers.order(3))
    buyers.close(buyers.order(4))
    buyers.order(5, kind="OS")
    report = testbed.sync(FLOW)[FLOW]
    assert tally(report) == {"not_approved": 1, "on_hold": 1, "cancelled_before_sent": 1, "closed_before_go_live": 1}
    assert testbed.bill.all("bills") == []
    buyers.line(waiting, 1, NXTR="280")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "ignored": 3}
    assert [each["description"] for each in testbed.bill.all("bills")] == [marked(waiting)]
    assert testbed.exceptions(FLOW) == []


def test_the_due_date_may_be_counted_from_what_was_promised(testbed: BillSite) -> None:
    """Given the setting `due: promised_date` with ten days
    when an order is synced whose second line was promised later
    then its bill is due ten days after that."""
    buyers = ordering(testbed, due="promised_date", due_days=10)
    order = buyers.order(100234, *LINES)
    buyers.line(order, 2, PDDJ="2026-04-01")
    assert run(testbed, FLOW) == ({"created": 1},)
    assert bill_of(testbed, order)["dueDate"] == "2026-04-11"


def test_a_foreign_order_goes_to_a_vendor_of_its_currency_alone(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order in dollars from a supplier whose vendor has its bills in pounds
    when orders are synced
    then it is held; once the vendors flow makes a second vendor, the bill is made there for the foreign amount."""
    order = buyers.order(100234, currency="USD", rate="0.8")
    assert run(testbed, FLOW) == ({"held": 1},)
    assert testbed.reasons(FLOW) == {key(order): {"currency_not_the_vendors"}}
    vendor = testbed.bill.one("vendors", name="Anvil & Sons")
    duplicate = {name: vendor[name] for name in ("address", "accountType")} | {
        "name": "Anvil USD",
        "billCurrency": "USD",
    }
    id = str(testbed.bill.act("enter_vendor", body=duplicate)["id"])
    testbed.configure("vendors", other_currencies="second_vendor")
    testbed.link("vendors", "F0401:4343/USD", "vendors", id)
    testbed.sync("vendors")
    testbed.replay(FLOW)
    assert run(testbed, FLOW) == ({"created": 1},)
    bill = bill_of(testbed, order)
    assert (bill["vendorId"], D(bill["amount"])) == (id, D("25.00"))


def test_an_order_waits_for_its_account_and_its_supplier(testbed: BillSite, buyers: Purchasing) -> None:
    """Given orders of an unknown supplier, and on an account that takes no postings
    when orders are synced, then both are held with their reasons, and nothing is in BILL."""
    foreign_record = buyers.order(1, supplier=9999)
    blocked = buyers.order(2, ("40.5010", "10", "2.50"))
    testbed.books.account("40.5010", "Blocked", posting="N")
    assert run(testbed, FLOW) == ({"held": 2},)
    assert testbed.reasons(FLOW) == {
        key(foreign_record): {"supplier_not_linked"},
        key(blocked): {"account_not_postable"},
    }
    assert testbed.bill.all("bills") == []


def test_what_changes_before_it_is_paid_is_changed_in_bill(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order whose bill is there
    when the buyer changes a quantity, and then adds a line
    then the bill follows both times, and is no other bill."""
    order = buyers.order()
    run(testbed)
    id = bill_of(testbed, order)["id"]
    buyers.change(order, quantity="12")
    assert run(testbed) == ({"updated": 1}, {})
    buyers.copy_line(order, 2, ("40.5010", "1", "7.50"))
    assert run(testbed) == ({"updated": 1}, {})
    bill = bill_of(testbed, order)
    assert (bill["id"], D(bill["amount"])) == (id, D("37.50"))
    assert lines(testbed, bill) == [("30.5010", D("30.00")), ("40.5010", D("7.50"))]
    assert compared(testbed, FLOW).differences == []


def test_a_cancelled_order_is_archived_as_long_as_nobody_pays(testbed: BillSite, buyers: Purchasing) -> None:
    """Given two orders whose bills are there, one of them scheduled
    when the buyer cancels both
    then the bill of the one is archived, and the other is an exception of high severity."""
    first, second = buyers.order(1), buyers.order(2)
    run(testbed)
    schedule(testbed, bill_of(testbed, second))
    buyers.cancel(first)
    buyers.cancel(second)
    assert run(testbed, FLOW) == ({"updated": 1, "held": 1},)
    assert (bill_of(testbed, first)["archived"], bill_of(testbed, second)["archived"]) == (True, False)
    reported = testbed.exception(FLOW)
    assert (reported.key, reported.reason, severity_of(reported.reason)) == (key(second), "already_scheduled", "high")
    assert "cancelled" in reported.message
    assert run(testbed, FLOW) == ({"unchanged": 1, "held": 1},)


def test_an_order_that_waits_for_approval_again_is_out_of_reach(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order whose bill is there
    when the order goes back into approval with a higher quantity
    then its bill is archived, and restored with the new amount once it is approved."""
    order = buyers.order()
    run(testbed)
    buyers.change(order, quantity="20")
    buyers.line(order, 1, NXTR="230")
    assert run(testbed, FLOW) == ({"updated": 1},)
    assert bill_of(testbed, order)["archived"]
    buyers.line(order, 1, NXTR="400")
    assert run(testbed, FLOW) == ({"updated": 1},)
    bill = bill_of(testbed, order)
    assert (bill["archived"], D(bill["amount"])) == (False, D("50.00"))


def test_a_closed_order_leaves_its_bill_as_it_is(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order whose bill is there, when the buyer closes it, then nothing is called for it in BILL."""
    order = buyers.order()
    run(testbed)
    before = bill_of(testbed, order)
    buyers.close(order)
    assert run(testbed, FLOW) == ({"unchanged": 1},)
    assert bill_of(testbed, order) == before
    assert testbed.exceptions(FLOW) == []


def test_a_bill_that_is_in_payment_is_not_changed(testbed: BillSite, buyers: Purchasing) -> None:
    """Given an order whose bill BILL has paid
    when the buyer orders less, then a person is told with high severity, and the bill stays as it is."""
    order = buyers.order()
    run(testbed)
    pay_in_bill(testbed, bill_of(testbed, order))
    buyers.change(order, quantity="4")
    assert run(testbed, FLOW) == ({"held": 1},)
    assert testbed.exception(FLOW).reason == "already_scheduled"
    assert D(bill_of(testbed, order)["amount"]) == D("25.00")


def test_somebody_elses_bill_of_our_number_is_never_taken(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a bill that a user of BILL has entered under the number of an order
    when orders are synced, then the order is held, and no second bill is made."""
    earlier = buyers.order(1)
    run(testbed, FLOW)
    body = {
        "vendorId": bill_of(testbed, earlier)["vendorId"],
        "dueDate": "2026-03-22",
        "invoice": {"invoiceNumber": "PO2-OP-00001", "invoiceDate": "2026-02-20"},
        "billLineItems": [{"amount": "25.00"}],
    }
    testbed.bill.act("enter_bill", body=body)
    order = buyers.order(2)
    assert run(testbed, FLOW) == ({"unchanged": 1, "held": 1},)
    assert testbed.reasons(FLOW) == {key(order): {"natural_key_taken"}}
    assert bills_of(testbed, order) == []
    assert len(payable(testbed)) == 2


def test_a_lost_answer_is_looked_up(testbed: BillSite, buyers: Purchasing) -> None:
    """Given a create whose answer is lost, then the bill is found again by its marker, and there is one."""
    order = buyers.order()
    rule = {"route": "POST /connect/v3/bills", "kind": "drop_after", "calls": [1]}
    testbed.sandbox.post("/faults", {"replace": True, "rules": [rule]})
    assert run(testbed, FLOW) == ({"created": 1},)
    assert len(testbed.sandbox.get("/faults")["fired"]) == 1
    assert len(bills_of(testbed, order)) == 1


def test_orders_and_vouchers_go_in_one_first_run_and_what_others_entered_is_planned_for(
    testbed: BillSite, buyers: Purchasing
) -> None:
    """Given a new installation with an order and a voucher
    when all is synced for the first time
    then both are bills, for the bill of the order is ours; a memory that was lost knows of neither, and only plans."""
    buyers.order()
    testbed.books.voucher(4711)
    assert run(testbed) == ({"created": 1}, {"created": 1})
    testbed.books.voucher(4712)
    with testbed.forgetting() as blank:
        assert blank.sync("bills")["bills"].writes == 0
    assert run(testbed) == ({"unchanged": 1}, {"created": 1, "unchanged": 1})
