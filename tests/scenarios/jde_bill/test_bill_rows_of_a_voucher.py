"""What becomes of single rows of a voucher (jde-ais section 15), as BILL pays it: retained and voided pay items,
changes that replace a row, a payment that is void with its vouchers, a number that is used again. Can money go out
twice, to the wrong party, or not at all without a word?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import bill_originals as born
import bill_owed as owing
import bill_paid as paying
import pytest
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

FLOW = owing.FLOW


def payable(testbed: BillSite) -> Decimal:
    """What BILL can pay."""
    bills = [each for each in testbed.bill.all(FLOW) if not each["archived"]]
    return sum((Decimal(each["dueAmount"]) for each in bills), Decimal(0))


def sent(testbed: BillSite, **more: Any) -> Entry:
    """A posted voucher of 100.00 whose bill is in BILL, a minute ago."""
    owing.owing(testbed)
    entry = testbed.books.voucher(**more)
    testbed.books.post(entry)
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    return entry


def void_item(testbed: BillSite, entry: Entry, suffix: str, *, cleared: bool) -> None:
    """A clerk voids one pay item; whether the gross amount is taken off is not established."""
    owing.item(testbed, entry, suffix, VOD="V", PST="P", AAP="0", **({"AG": "0"} if cleared else {}))


def test_a_retainage_is_not_payable_before_it_is_released(testbed: BillSite) -> None:
    """Given a bill of 100.00, when 10.00 are retained in JD Edwards, then BILL can pay 90.00; released, 100.00."""
    entry = sent(testbed)
    testbed.books.act("retain_voucher", entry, amount="10.00")
    owing.run(testbed)
    assert payable(testbed) == Decimal(90)
    testbed.sandbox.clock.advance(60)
    owing.item(testbed, entry, "002", PST="A")
    owing.run(testbed)
    assert payable(testbed) == Decimal(100) and testbed.exceptions(FLOW) == []


@pytest.mark.reason("already_scheduled")
def test_a_retainage_of_what_bill_is_about_to_pay_is_told(testbed: BillSite) -> None:
    """Given a bill whose payment is scheduled, when 10.00 of it are retained in JD Edwards, then a person is told."""
    entry = sent(testbed)
    owing.schedule(testbed, owing.bill_of(testbed, entry))
    testbed.books.act("retain_voucher", entry, amount="10.00")
    owing.run(testbed)
    assert testbed.exceptions(FLOW)[0].reason == "already_scheduled"


@pytest.mark.parametrize("cleared", [True, False])
def test_a_voided_pay_item_is_owed_no_more(testbed: BillSite, cleared: bool) -> None:
    """Given a bill of pay items of 60.00 and 40.00, when a clerk voids the second one, then BILL can pay 60.00, and a
    second sync finds nothing to do."""
    entry = sent(testbed, items=("60.00", "40.00"))
    void_item(testbed, entry, "002", cleared=cleared)
    testbed.books.line(entry, 950, "30.5010", "-40.00", RE="V")
    owing.run(testbed)
    assert payable(testbed) == Decimal(60)
    assert (testbed.sync(FLOW)[FLOW].writes, testbed.exceptions(FLOW)) == (0, [])


@pytest.mark.parametrize(("way", "left"), [("delta", "120.00"), ("opposite", "120.00"), ("replaced", "0.00")])
def test_a_correction_of_a_posted_voucher_is_never_paid_twice(testbed: BillSite, way: str, left: str) -> None:
    """Given a bill of 100.00, when a clerk corrects the posted voucher to 120.00 and posts it, then BILL can pay 120.00
    whatever sign the audit row has; where JD Edwards replaces the row, BILL can pay nothing, and a person is told."""
    testbed.sandbox.post("/options", {"jde": {"changed_rows": way}})
    entry = sent(testbed)
    testbed.books.change(entry, "120.00")
    testbed.books.post(entry)
    owing.run(testbed)
    assert payable(testbed) == Decimal(left)
    reported = [each.reason for each in testbed.exceptions(FLOW)]
    assert reported == (["settled_without_payment"] if way == "replaced" else [])


@pytest.mark.reason("already_scheduled")
def test_a_payment_that_is_void_with_its_voucher_is_told(testbed: BillSite) -> None:
    """Given a bill that BILL was told is paid, when a clerk voids the payment and its voucher with it
    then BILL can pay nothing, and a person is told, with high severity, that it is recorded as paid there."""
    entry = sent(testbed)
    testbed.books.pay(entry)
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    testbed.books.act("void_payment", number=5001, with_vouchers=True)
    owing.run(testbed)
    assert payable(testbed) == 0 and testbed.exception(FLOW).reason == "already_scheduled"


def test_the_number_of_a_void_voucher_is_a_bill_again(testbed: BillSite) -> None:
    """Given a voucher that is void in both systems, when a clerk enters its number anew, then BILL can pay the new one
    alone."""
    entry = sent(testbed)
    testbed.books.void(entry)
    testbed.books.voucher(4799, invoice="INV-4711", costs=(("30.5010", "90.00"),))
    owing.run(testbed)
    assert payable(testbed) == Decimal(90) and testbed.exceptions(FLOW) == []


# -- what BILL paid, told to JD Edwards --------------------------------------------------------------------------------


@pytest.mark.reason("more_than_open")
def test_a_payment_of_a_pay_item_that_is_void_is_told(testbed: BillSite) -> None:
    """Given a bill of pay items of 60.00 and 40.00, when a clerk voids the second one after BILL has paid both
    then nothing is booked, and a person is told that more was paid than is open."""
    paying.switch_on(testbed)
    entry = testbed.books.voucher(items=("60.00", "40.00"))
    paying.pay(testbed, paying.bill(testbed, entry, "100.00", "001", "002"))
    void_item(testbed, entry, "002", cleared=True)
    assert paying.run(testbed) == {"held": 1}
    assert testbed.exception(paying.FLOW).reason == "more_than_open"


@pytest.mark.reason("voucher_blocked")
@pytest.mark.parametrize("status", ["#", "R", "%"])
def test_a_payment_of_what_jd_edwards_keeps_back_is_told(testbed: BillSite, status: str) -> None:
    """Given a bill that BILL has paid, when a part of it is retained, withheld for a tax office, or in a payment run
    that broke off, then nothing is booked before a person has decided; freed and replayed, it is booked once."""
    paying.switch_on(testbed)
    entry = testbed.books.voucher(items=("90.00", "10.00"))
    paying.pay(testbed, paying.bill(testbed, entry, "100.00", "001", "002"))
    owing.item(testbed, entry, "002", PST=status)
    assert paying.run(testbed) == {"held": 1}
    assert testbed.exception(paying.FLOW).reason == "voucher_blocked"
    owing.item(testbed, entry, "002", PST="A")
    testbed.replay(paying.FLOW)
    assert paying.run(testbed) == {"created": 1}


@pytest.mark.reason("more_than_open")
def test_a_payment_of_a_row_that_was_replaced_is_not_booked_blindly(testbed: BillSite) -> None:
    """Given a release that closes the old row of a voucher that is corrected, when BILL has paid the old amount
    then nothing is booked, and a person is told."""
    testbed.sandbox.post("/options", {"jde": {"changed_rows": "replaced"}})
    paying.switch_on(testbed)
    entry = testbed.books.voucher()
    testbed.books.post(entry)
    paying.pay(testbed, paying.bill(testbed, entry, "100.00"))
    testbed.books.change(entry, "120.00")
    assert paying.run(testbed) == {"held": 1}
    assert testbed.exception(paying.FLOW).reason == "more_than_open"


# -- bills that were born in BILL --------------------------------------------------------------------------------------


@pytest.mark.reason("voucher_changed")
@pytest.mark.parametrize("cleared", [True, False])
def test_a_voided_pay_item_of_a_bills_voucher_is_told(testbed: BillSite, cleared: bool) -> None:
    """Given the voucher of a bill that was born in BILL, when a clerk splits it and voids one of the pay items
    then the split is nobody's news, and the void is a conflict of its amount."""
    born.switched_on(testbed)
    id = born.bill(testbed)
    born.run(testbed)
    [row] = born.items(testbed, id)
    entry = Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip())
    testbed.sandbox.clock.advance(60)
    testbed.books.act("split_voucher", entry, SFX="001", amounts=["40.00"])
    assert born.run(testbed) == {"unchanged": 1}
    testbed.sandbox.clock.advance(60)
    void_item(testbed, entry, "002", cleared=cleared)
    assert outcomes(testbed.sync(born.FLOW)[born.FLOW]) == {"conflict": 1}
    assert testbed.exception(born.FLOW).reason == "voucher_changed"
