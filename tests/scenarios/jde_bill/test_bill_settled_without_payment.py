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


def payable(town: BillSite) -> Decimal:
    """What BILL can pay."""
    bills = [each for each in town.bill.all(FLOW) if not each["archived"]]
    return sum((Decimal(each["dueAmount"]) for each in bills), Decimal(0))


@pytest.mark.reason("settled_without_payment")
def test_a_bill_whose_voucher_a_journal_closed_is_taken_back_and_told(town: BillSite) -> None:
    """Given a bill in BILL, when a clerk closes its voucher by a journal
    then BILL cannot pay it, no payment is recorded there, and a person is told; open again, BILL can pay it again."""
    owing.owing(town)
    entry = town.books.voucher()
    owing.run(town)
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, PST="P", AAP="0")
    assert owing.run(town) == {"held": 1}
    assert payable(town) == 0 and town.bill.all("payments") == []
    told = town.exception(FLOW)
    assert (told.reason, told.value) == ("settled_without_payment", "100.00 GBP")
    assert town.sync(FLOW)[FLOW].writes == 0
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, PST="A", AAP="100.00")
    owing.run(town)
    assert payable(town) == Decimal(100) and town.exceptions(FLOW) == []


@pytest.mark.reason("settled_without_payment")
def test_what_was_written_off_after_a_part_was_paid_is_told(town: BillSite) -> None:
    """Given a bill of 100.00, when JD Edwards pays 30.00 of it and a clerk writes off the rest
    then BILL has the 30.00 and nothing more to pay, and a person is told of the 70.00."""
    owing.owing(town)
    entry = town.books.voucher()
    owing.run(town)
    town.sandbox.clock.advance(60)
    town.books.pay(entry, "30.00")
    town.books.change_items(entry, PST="P", AAP="0")
    owing.run(town)
    assert payable(town) == 0
    assert [Decimal(each["amount"]) for each in town.bill.all("payments")] == [Decimal(30)]
    assert (town.exception(FLOW).reason, town.exception(FLOW).value) == ("settled_without_payment", "70.00 GBP")
    assert town.sync(FLOW)[FLOW].writes == 0


@pytest.mark.parametrize("amount", ["98.00", None])
def test_what_a_payment_settled_is_nothing_to_tell(town: BillSite, amount: str | None) -> None:
    """Given a bill, when JD Edwards pays it, with or without a discount, then nobody has to look at it."""
    owing.owing(town)
    entry = town.books.voucher()
    owing.run(town)
    more = {"amount": amount, "discount": "2.00"} if amount else {}
    town.books.act("pay_voucher", entry, number=5001, **more)
    owing.run(town)
    assert payable(town) == 0 and town.exceptions(FLOW) == []


def test_a_credit_that_a_journal_closed_is_taken_back_and_told(town: BillSite) -> None:
    """Given a credit in BILL, when a clerk closes its debit memo by a journal
    then nobody can apply it in BILL any more, and a person is told."""
    owing.owing(town, CREDITS)
    entry = town.books.voucher(costs=(("30.5010", "-100.00"),))
    owing.run(town, CREDITS)
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, PST="P", AAP="0")
    assert owing.run(town, CREDITS) == {"held": 1}
    assert [each["archived"] for each in town.bill.all(CREDITS)] == [True]
    assert town.exception(CREDITS).reason == "settled_without_payment"


def test_what_was_closed_before_it_was_sent_is_not_told_as_paid(town: BillSite) -> None:
    """Given a voucher that waits for its approval, when a clerk closes it by a journal
    then it is no bill, by the rule that says that nothing is open, not that it was paid."""
    owing.owing(town)
    entry = town.books.voucher(status="H")
    owing.run(town)
    town.books.change_items(entry, PST="P", AAP="0")
    assert town.sync(FLOW)[FLOW].rules() == {"nothing_open": 1}


def test_a_payment_of_bill_that_was_booked_as_a_journal_is_told(town: BillSite) -> None:
    """Given a bill that BILL has paid, when a clerk books that as a journal which closes the voucher
    then both agree, and nobody has to look at it."""
    owing.owing(town)
    entry = town.books.voucher()
    owing.run(town)
    town.sandbox.clock.advance(60)
    paying.pay(town, owing.bill_of(town, entry)["id"])
    town.books.change_items(entry, PST="P", AAP="0")
    owing.run(town)
    assert town.exceptions(FLOW) == [] and payable(town) == 0


@pytest.mark.reason("already_scheduled")
def test_the_bill_of_an_order_whose_voucher_a_journal_closed_is_told_high(town: BillSite) -> None:
    """Given the bill of an order in BILL, when a clerk closes the order's voucher by a journal
    then a person is told, with high severity, since BILL could pay it once more; opened again, nobody is."""
    order = ordered.ordering(town).order()
    ordered.run(town)
    entry = ordered.voucher(town, order)
    ordered.run(town)
    assert town.exceptions(ordered.FLOW) == []
    [open_] = [Decimal(row["AAP"]) for row in paying.table(town, "F0411")]
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, PST="P", AAP="0")
    ordered.run(town)
    assert town.exception(ordered.FLOW).reason == "already_scheduled"
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, PST="A", AAP=str(open_))
    ordered.run(town)
    assert town.exceptions(ordered.FLOW) == []
