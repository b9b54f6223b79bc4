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
def _on(town: BillSite) -> None:
    switch_on(town)
    owing(town)


def sent(town: BillSite, doc: int = 4711) -> tuple[Entry, str]:
    """A voucher that is a bill of BILL: the voucher, and the bill's id."""
    entry = town.books.voucher(doc)
    run_bills(town)
    return entry, str(bill_of(town, entry)["id"])


def recorded(town: BillSite) -> list[Decimal]:
    """The payments of JD Edwards that BILL shows."""
    return [Decimal(each["amount"]) for each in town.bill.all("payments") if each["onlinePayment"] is False]


def due(town: BillSite, id: str) -> Decimal:
    """What is due of a bill."""
    return Decimal(town.bill.get("bills", id)["dueAmount"])


def forget_bills(town: BillSite) -> None:
    """The ledger forgets which bills were made."""
    with town.ledger._db.write() as connection:
        for table in ("links", "exceptions", "intents", "deliveries"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_bill/bills'")


def test_a_payment_that_jd_edwards_made_under_a_number_of_our_range_is_recorded(town: BillSite) -> None:
    """Given a site whose own payment numbers lie in the range that BILL's payments get
    when JD Edwards has paid a voucher, then that is recorded on its bill as any other payment; nothing stays due."""
    entry, id = sent(town)
    town.books.pay(entry, number=IN_RANGE)
    assert run_bills(town) == {"updated": 1}
    assert (recorded(town), due(town, id)) == ([Decimal(100)], NOTHING)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"ignored": 1}
    assert run_bills(town) == {"unchanged": 1} and recorded(town) == [Decimal(100)]


def test_what_bill_paid_is_not_told_to_it_again(town: BillSite) -> None:
    """Given a voucher of which BILL paid a part and JD Edwards, by a number of our range, the rest
    then the first is told to nobody and the second to BILL, once; both agree."""
    entry, id = sent(town)
    pay(town, {"id": id, "amount": "40.00"})
    run(town)
    town.books.pay(entry, number=IN_RANGE)
    run_bills(town)
    assert (recorded(town), due(town, id)) == ([Decimal(60)], NOTHING)
    assert open_items(town, entry) == [(NOTHING, "P")]


@pytest.mark.parametrize("bills_too", [False, True])
def test_a_lost_ledger_reads_in_bill_what_it_paid(town: BillSite, bills_too: bool) -> None:
    """Given a payment of BILL that is posted on a part of a voucher, when the ledger is lost
    then the payment is known by the number that is made of its id as BILL shows it: it is not recorded there again."""
    entry, id = sent(town)
    pay(town, {"id": id, "amount": "40.00"})
    run(town)
    before = calls(town)
    forget(town, opened=True)
    if bills_too:
        forget_bills(town)
    town.books.change_items(entry, RMK="looked at")
    run_bills(town)
    assert (recorded(town), due(town, id)) == ([], Decimal(60))
    assert run(town) == {"adopted": 1} and calls(town) == before


def test_a_number_of_another_bill_payment_proves_nothing(town: BillSite) -> None:
    """Given a payment of JD Edwards whose number is by chance that of a bill payment of another voucher
    then it is JD Edwards' own, and recorded on the bill of the voucher that it settles."""
    other, other_bill = sent(town, 4799)
    paid = pay(town, other_bill, status="SCHEDULED")
    run(town)
    entry, id = sent(town)
    town.books.pay(entry, number=NumberRules().number(paid.parts[0]))
    run_bills(town)
    assert (recorded(town), due(town, id)) == ([Decimal(100)], NOTHING)
    move(town, paid, "CLEARED")
    run(town)
    assert open_items(town, other) == [(NOTHING, "P")] and town.reasons(FLOW) == {}


def test_a_range_that_is_changed_later_makes_no_payment_of_bills_jd_edwards_own(town: BillSite) -> None:
    """Given a posted payment, when the site gives BILL's payments another range
    then what was posted before is still known by its link, and told to nobody."""
    entry, id = sent(town)
    pay(town, {"id": id, "amount": "40.00"})
    run(town)
    town.configure(FLOW, payment_number_base=70_000_000)
    town.books.change_items(entry, RMK="looked at")
    run_bills(town)
    assert (recorded(town), due(town, id)) == ([], Decimal(60))


@pytest.mark.reason("unreadable_record")
def test_what_may_be_a_payment_that_cannot_be_read_is_not_recorded(town: BillSite) -> None:
    """Given a lost ledger, and a payment of BILL's that cannot be read
    when its voucher changes, then nothing is said of the payment in JD Edwards until it can be read."""
    entry, id = sent(town)
    paid = pay(town, {"id": id, "amount": "40.00"})
    run(town)
    forget(town, opened=True)
    town.books.change_items(entry, RMK="looked at")
    rule = {"system": "bill", "route": "GET /connect/v3/payments*", "match": {"id": paid.id}}
    town.sandbox.post("/faults", [{**rule, "kind": "retype", "field": "billPayments", "value": "none"}])
    run_bills(town)
    assert (recorded(town), due(town, id)) == ([], Decimal(60))
    assert {each.reason for each in town.exceptions("bills")} == {"unreadable_record"}
    town.sandbox.post("/faults", {"rules": [], "replace": True})
    run_bills(town)
    assert (recorded(town), due(town, id), town.exceptions("bills")) == ([], Decimal(60), [])


def test_payments_of_jd_edwards_in_our_range_hold_up_no_first_sync(town: BillSite) -> None:
    """Given a JD Edwards with payments of its own in the range, and none of BILL's
    when the flow runs for the first time, then it is no plan only; and `reconcile` counts them as nobody's."""
    other = town.books.voucher(4799)
    town.books.pay(other, number=IN_RANGE)
    entry, id = sent(town)
    pay(town, id)
    assert run(town) == {"created": 1}
    assert (len(posted(town)), open_items(town, entry)) == (2, [(NOTHING, "P")])
    with town.context() as context:
        found = compare(Payments(context))
    assert (found.differences, found.foreign) == ([], 1)


def test_both_paid_is_told_though_jd_edwards_number_is_of_our_range(town: BillSite) -> None:
    """Given a voucher that JD Edwards paid by a number of our range, and its bill that BILL paid as well
    then that is an exception of high severity on both sides: the money has gone twice."""
    entry, id = sent(town)
    pay(town, id)
    town.books.pay(entry, number=IN_RANGE)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "paid_in_both"
    run_bills(town)
    assert [each.reason for each in town.exceptions("bills")] == ["paid_in_both"]
