"""Whose payment is it: BILL's own payments in JD Edwards are those that can be known or read, whatever their number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import bill_of, owing
from bill_owed import run as run_bills
from bill_paid import FLOW, NOTHING, calls, forget, move, open_items, pay, posted, run, switch_on
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_bill.payments.flow import Payments
from connector_assets.pairs.jde_bill.payments.numbers import NumberRules

IN_RANGE = 80_000_017


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switch_on(testbed)
    owing(testbed)


def sent(testbed: BillSite, doc: int = 4711) -> tuple[Entry, str]:
    """A voucher that is a bill of BILL: the voucher, and the bill's id."""
    entry = testbed.books.voucher(doc)
    run_bills(testbed)
    return entry, str(bill_of(testbed, entry)["id"])


def recorded(testbed: BillSite) -> list[Decimal]:
    """The payments of JD Edwards that BILL shows."""
    return [Decimal(each["amount"]) for each in testbed.bill.all("payments") if each["onlinePayment"] is False]


def due(testbed: BillSite, id: str) -> Decimal:
    """What is due of a bill."""
    return Decimal(testbed.bill.get("bills", id)["dueAmount"])


def forget_bills(testbed: BillSite) -> None:
    """The ledger forgets which bills were made."""
    with testbed.ledger._db.write() as connection:
        for table in ("links", "exceptions", "intents", "deliveries"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_bill/bills'")


def test_a_payment_that_jd_edwards_made_under_a_number_of_our_range_is_recorded(testbed: BillSite) -> None:
    """Given a site whose own payment numbers lie in the range that BILL's payments get
    when JD Edwards has paid a voucher, then that is recorded on its bill as any other payment; nothing stays due."""
    entry, id = sent(testbed)
    testbed.books.pay(entry, number=IN_RANGE)
    assert run_bills(testbed) == {"updated": 1}
    assert (recorded(testbed), due(testbed, id)) == ([Decimal(100)], NOTHING)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"ignored": 1}
    assert run_bills(testbed) == {"unchanged": 1} and recorded(testbed) == [Decimal(100)]


def test_what_bill_paid_is_not_told_to_it_again(testbed: BillSite) -> None:
    """Given a voucher of which BILL paid a part and JD Edwards, by a number of our range, the rest
    then the first is told to nobody and the second to BILL, once; both agree."""
    entry, id = sent(testbed)
    pay(testbed, {"id": id, "amount": "40.00"})
    run(testbed)
    testbed.books.pay(entry, number=IN_RANGE)
    run_bills(testbed)
    assert (recorded(testbed), due(testbed, id)) == ([Decimal(60)], NOTHING)
    assert open_items(testbed, entry) == [(NOTHING, "P")]


@pytest.mark.parametrize("bills_too", [False, True])
def test_a_lost_ledger_reads_in_bill_what_it_paid(testbed: BillSite, bills_too: bool) -> None:
    """Given a payment of BILL that is posted on a part of a voucher, when the ledger is lost
    then the payment is known by the number that is made of its id as BILL shows it: it is not recorded there again."""
    entry, id = sent(testbed)
    pay(testbed, {"id": id, "amount": "40.00"})
    run(testbed)
    before = calls(testbed)
    forget(testbed, opened=True)
    if bills_too:
        forget_bills(testbed)
    testbed.books.change_items(entry, RMK="looked at")
    run_bills(testbed)
    assert (recorded(testbed), due(testbed, id)) == ([], Decimal(60))
    assert run(testbed) == {"adopted": 1} and calls(testbed) == before


def test_a_number_of_another_bill_payment_proves_nothing(testbed: BillSite) -> None:
    """Given a payment of JD Edwards whose number is by chance that of a bill payment of another voucher
    then it is JD Edwards' own, and recorded on the bill of the voucher that it settles."""
    other, other_bill = sent(testbed, 4799)
    paid = pay(testbed, other_bill, status="SCHEDULED")
    run(testbed)
    entry, id = sent(testbed)
    testbed.books.pay(entry, number=NumberRules().number(paid.parts[0]))
    run_bills(testbed)
    assert (recorded(testbed), due(testbed, id)) == ([Decimal(100)], NOTHING)
    move(testbed, paid, "CLEARED")
    run(testbed)
    assert open_items(testbed, other) == [(NOTHING, "P")] and testbed.reasons(FLOW) == {}


def test_a_range_that_is_changed_later_makes_no_payment_of_bills_jd_edwards_own(testbed: BillSite) -> None:
    """Given a posted payment, when the site gives BILL's payments another range
    then what was posted before is still known by its link, and told to nobody."""
    entry, id = sent(testbed)
    pay(testbed, {"id": id, "amount": "40.00"})
    run(testbed)
    testbed.configure(FLOW, payment_number_base=70_000_000)
    testbed.books.change_items(entry, RMK="looked at")
    run_bills(testbed)
    assert (recorded(testbed), due(testbed, id)) == ([], Decimal(60))


@pytest.mark.reason("unreadable_record")
def test_what_may_be_a_payment_that_cannot_be_read_is_not_recorded(testbed: BillSite) -> None:
    """Given a lost ledger, and a payment of BILL's that cannot be read
    when its voucher changes, then nothing is said of the payment in JD Edwards until it can be read."""
    entry, id = sent(testbed)
    paid = pay(testbed, {"id": id, "amount": "40.00"})
    run(testbed)
    forget(testbed, opened=True)
    testbed.books.change_items(entry, RMK="looked at")
    rule = {"system": "bill", "route": "GET /connect/v3/payments*", "match": {"id": paid.id}}
    testbed.sandbox.post("/faults", [{**rule, "kind": "retype", "field": "billPayments", "value": "none"}])
    run_bills(testbed)
    assert (recorded(testbed), due(testbed, id)) == ([], Decimal(60))
    assert {each.reason for each in testbed.exceptions("bills")} == {"unreadable_record"}
    testbed.sandbox.post("/faults", {"rules": [], "replace": True})
    run_bills(testbed)
    assert (recorded(testbed), due(testbed, id), testbed.exceptions("bills")) == ([], Decimal(60), [])


def test_payments_of_jd_edwards_in_our_range_hold_up_no_first_sync(testbed: BillSite) -> None:
    """Given a JD Edwards with payments of its own in the range, and none of BILL's
    when the flow runs for the first time, then it is no plan only; and `reconcile` counts them as nobody's."""
    other = testbed.books.voucher(4799)
    testbed.books.pay(other, number=IN_RANGE)
    entry, id = sent(testbed)
    pay(testbed, id)
    assert run(testbed) == {"created": 1}
    assert (len(posted(testbed)), open_items(testbed, entry)) == (2, [(NOTHING, "P")])
    with testbed.context() as context:
        found = compare(Payments(context))
    assert (found.differences, found.foreign) == ([], 1)


def test_both_paid_is_told_though_jd_edwards_number_is_of_our_range(testbed: BillSite) -> None:
    """Given a voucher that JD Edwards paid by a number of our range, and its bill that BILL paid as well
    then that is an exception of high severity on both sides: the money has gone twice."""
    entry, id = sent(testbed)
    pay(testbed, id)
    testbed.books.pay(entry, number=IN_RANGE)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "paid_in_both"
    run_bills(testbed)
    assert [each.reason for each in testbed.exceptions("bills")] == ["paid_in_both"]
