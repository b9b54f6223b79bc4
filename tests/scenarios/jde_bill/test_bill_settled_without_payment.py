"""What JD Edwards closed without a payment (a journal, netting, a write-off): pay status and open amount prove nothing.
BILL is told the payments that there were, cannot pay the rest any more, and a person is told of it."""

from __future__ import annotations

from decimal import Decimal

import bill_ordered as ordered
import bill_owed as owing
import bill_paid as paying
import pytest
from bill_site import BillSite

FLOW, CREDITS = owing.FLOW, owing.CREDITS


def payable(testbed: BillSite) -> Decimal:
    """What BILL can pay."""
    bills = [each for each in testbed.bill.all(FLOW) if not each["archived"]]
    return sum((Decimal(each["dueAmount"]) for each in bills), Decimal(0))


@pytest.mark.reason("settled_without_payment")
def test_a_bill_whose_voucher_a_journal_closed_is_taken_back_and_told(testbed: BillSite) -> None:
    """Given a bill in BILL, when a clerk closes its voucher by a journal
    then BILL cannot pay it, no payment is recorded there, and a person is told; open again, BILL can pay it again."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="P", AAP="0")
    assert owing.run(testbed) == {"held": 1}
    assert payable(testbed) == 0 and testbed.bill.all("payments") == []
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("settled_without_payment", "100.00 GBP")
    assert testbed.sync(FLOW)[FLOW].writes == 0
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="A", AAP="100.00")
    owing.run(testbed)
    assert payable(testbed) == Decimal(100) and testbed.exceptions(FLOW) == []


@pytest.mark.reason("settled_without_payment")
def test_what_was_written_off_after_a_part_was_paid_is_told(testbed: BillSite) -> None:
    """Given a bill of 100.00, when JD Edwards pays 30.00 of it and a clerk writes off the rest
    then BILL has the 30.00 and nothing more to pay, and a person is told of the 70.00."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    testbed.books.pay(entry, "30.00")
    testbed.books.change_items(entry, PST="P", AAP="0")
    owing.run(testbed)
    assert payable(testbed) == 0
    assert [Decimal(each["amount"]) for each in testbed.bill.all("payments")] == [Decimal(30)]
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("settled_without_payment", "70.00 GBP")
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.parametrize("amount", ["98.00", None])
def test_what_a_payment_settled_is_nothing_to_tell(testbed: BillSite, amount: str | None) -> None:
    """Given a bill, when JD Edwards pays it, with or without a discount, then nobody has to look at it."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    more = {"amount": amount, "discount": "2.00"} if amount else {}
    testbed.books.act("pay_voucher", entry, number=5001, **more)
    owing.run(testbed)
    assert payable(testbed) == 0 and testbed.exceptions(FLOW) == []


def test_a_credit_that_a_journal_closed_is_taken_back_and_told(testbed: BillSite) -> None:
    """Given a credit in BILL, when a clerk closes its debit memo by a journal
    then nobody can apply it in BILL any more, and a person is told."""
    owing.owing(testbed, CREDITS)
    entry = testbed.books.voucher(costs=(("30.5010", "-100.00"),))
    owing.run(testbed, CREDITS)
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="P", AAP="0")
    assert owing.run(testbed, CREDITS) == {"held": 1}
    assert [each["archived"] for each in testbed.bill.all(CREDITS)] == [True]
    assert testbed.exception(CREDITS).reason == "settled_without_payment"


def test_what_was_closed_before_it_was_sent_is_not_told_as_paid(testbed: BillSite) -> None:
    """Given a voucher that waits for its approval, when a clerk closes it by a journal
    then it is no bill, by the rule that says that nothing is open, not that it was paid."""
    owing.owing(testbed)
    entry = testbed.books.voucher(status="H")
    owing.run(testbed)
    testbed.books.change_items(entry, PST="P", AAP="0")
    assert testbed.sync(FLOW)[FLOW].rules() == {"nothing_open": 1}


def test_a_payment_of_bill_that_was_booked_as_a_journal_is_told(testbed: BillSite) -> None:
    """Given a bill that BILL has paid, when a clerk books that as a journal which closes the voucher
    then both agree, and nobody has to look at it."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    paying.pay(testbed, owing.bill_of(testbed, entry)["id"])
    testbed.books.change_items(entry, PST="P", AAP="0")
    owing.run(testbed)
    assert testbed.exceptions(FLOW) == [] and payable(testbed) == 0


@pytest.mark.reason("already_scheduled")
def test_the_bill_of_an_order_whose_voucher_a_journal_closed_is_told_high(testbed: BillSite) -> None:
    """Given the bill of an order in BILL, when a clerk closes the order's voucher by a journal
    then a person is told, with high severity, since BILL could pay it once more; opened again, nobody is."""
    order = ordered.ordering(testbed).order()
    ordered.run(testbed)
    entry = ordered.voucher(testbed, order)
    ordered.run(testbed)
    assert testbed.exceptions(ordered.FLOW) == []
    [open_] = [Decimal(row["AAP"]) for row in paying.table(testbed, "F0411")]
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="P", AAP="0")
    ordered.run(testbed)
    assert testbed.exception(ordered.FLOW).reason == "already_scheduled"
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="A", AAP=str(open_))
    ordered.run(testbed)
    assert testbed.exceptions(ordered.FLOW) == []
