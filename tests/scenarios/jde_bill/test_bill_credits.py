"""Debit memos and negative vouchers of JD Edwards as vendor credits of BILL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, compared, credit_of, item, key, lines, marked, owing, run, unexplained
from bill_site import BillSite
from scenario_books import Entry

from connector_assets.engine.reasons import severity_of

D = Decimal


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, and credits go there too."""
    return owing(testbed, CREDITS)


def memo(testbed: BillSite, amount: str = "-50.00", *, doc: int = 801, **more: str) -> Entry:
    """A debit memo."""
    return testbed.books.voucher(doc, kind="PD", costs=(("30.5010", amount),), **{"invoice": "CR-1", **more})  # type: ignore[arg-type]


def apply(testbed: BillSite, credit: str, bill: str, amount: str) -> None:
    """A user of BILL applies a credit to a bill."""
    testbed.bill.act("apply_credit", id=credit, bill={"id": bill}, amount=amount)


@pytest.mark.quick("jde_bill/vendor_credits")
def test_a_debit_memo_becomes_a_credit_to_the_penny(owed: BillSite) -> None:
    """Given a debit memo of 60.00 with tax, and a voucher of the same supplier
    when bills and credits are synced
    then BILL holds a bill and a credit of 60.00 above nought, unapplied, each once; both systems agree."""
    owed.books.voucher(1)
    entry = owed.books.voucher(801, kind="PD", costs=(("30.5010", "-20.00"), ("30.5020", "-30.00")), tax="-10.00")
    assert (run(owed), run(owed, CREDITS)) == ({"created": 1}, {"created": 1})
    credit = credit_of(owed, entry)
    assert (D(credit["amount"]), credit["status"], credit["referenceNumber"]) == (D("60.00"), "NOT_APPLIED", "INV-801")
    assert (credit["creditDate"], credit["description"]) == ("2026-02-20", marked(entry))
    assert lines(owed, credit, "vendorCreditLineItems") == [("30.5010", D("24.00")), ("30.5020", D("36.00"))]
    assert (run(owed), run(owed, CREDITS)) == ({"unchanged": 1}, {"unchanged": 1})
    both = compared(owed, CREDITS)
    assert both.differences == []
    assert both.source.as_json() == both.target.as_json() == {"documents": 1, "amounts": {"GBP": "60.00"}}


def test_a_pay_item_below_nought_is_a_credit_of_its_own(owed: BillSite) -> None:
    """Given a voucher of 80.00 made of 100.00 and of 20.00 below nought
    when bills and credits are synced
    then BILL holds a bill of 100.00 and a credit of 20.00."""
    entry = owed.books.voucher(costs=(("30.5010", "80.00"),), items=("100.00", "-20.00"))
    assert (run(owed), run(owed, CREDITS)) == ({"created": 1}, {"created": 1})
    assert D(bill_of(owed, entry)["amount"]) == D("100.00")
    assert D(credit_of(owed, entry, "002")["amount"]) == D("20.00")


def test_a_credit_that_is_not_applied_follows_its_memo(owed: BillSite) -> None:
    """Given a credit of which nothing is applied
    when its memo changes, is settled in part by JD Edwards, and then is voided
    then the credit follows, and is archived in the end."""
    entry = memo(owed)
    assert run(owed, CREDITS) == {"created": 1}
    owed.books.change_items(entry, "-40.00", VINV="CR-2")
    owed.books.line(entry, 1, "30.5010", "-40.00")
    assert run(owed, CREDITS) == {"updated": 1}
    credit = credit_of(owed, entry)
    assert (D(credit["amount"]), credit["referenceNumber"]) == (D("40.00"), "CR-2")
    item(owed, entry, AAP="-30.00")
    assert run(owed, CREDITS) == {"updated": 1}
    assert D(credit_of(owed, entry)["amount"]) == D("30.00")
    assert unexplained(owed, CREDITS) == []
    item(owed, entry, AAP="0.00", PST="P", VOD="V")
    assert run(owed, CREDITS) == {"updated": 1}
    assert credit_of(owed, entry)["archived"] is True
    assert run(owed, CREDITS) == {"unchanged": 1}
    assert unexplained(owed, CREDITS) == []


def test_an_archived_credit_is_followed_by_another(owed: BillSite) -> None:
    """Given a credit that was archived while its memo was on hold
    when the memo is approved again
    then a new credit takes its place, for BILL restores none."""
    entry = memo(owed)
    run(owed, CREDITS)
    item(owed, entry, PST="H")
    assert run(owed, CREDITS) == {"updated": 1}
    first = credit_of(owed, entry)
    assert first["archived"] is True
    item(owed, entry, PST="A")
    assert run(owed, CREDITS) == {"updated": 1}
    live = [each for each in owed.bill.all(CREDITS) if not each["archived"]]
    assert len(live) == 1 and live[0]["id"] != first["id"]
    assert run(owed, CREDITS) == {"unchanged": 1}
    assert unexplained(owed, CREDITS) == []


@pytest.mark.reason("credit_already_applied")
@pytest.mark.parametrize("what", ["void", "reduce"])
def test_a_credit_that_is_applied_already_is_of_the_highest_severity(owed: BillSite, what: str) -> None:
    """Given a credit that somebody applied to a bill in BILL
    when JD Edwards voids or reduces its memo
    then nothing of the credit is touched, and there is an exception of high severity."""
    bill, entry = owed.books.voucher(1), memo(owed)
    run(owed)
    run(owed, CREDITS)
    apply(owed, credit_of(owed, entry)["id"], bill_of(owed, bill)["id"], "50.00")
    before = credit_of(owed, entry)
    if what == "void":
        item(owed, entry, AAP="0.00", PST="P", VOD="V")
    else:
        owed.books.change_items(entry, "-40.00")
        owed.books.line(entry, 1, "30.5010", "-40.00")
    assert run(owed, CREDITS) == {"held": 1}
    found = owed.exception(CREDITS)
    assert (found.key, found.reason, severity_of(found.reason)) == (key(entry), "credit_already_applied", "high")
    assert credit_of(owed, entry) == before


def test_a_credit_is_not_taken_for_a_bill_of_its_number(owed: BillSite) -> None:
    """Given a memo with the number of the invoice that it corrects
    when both are synced
    then each goes under that number: a credit is no second invoice."""
    bill = owed.books.voucher(1, invoice="A-1")
    entry = memo(owed, invoice="A-1")
    assert (run(owed), run(owed, CREDITS)) == ({"created": 1}, {"created": 1})
    assert bill_of(owed, bill)["invoice"]["invoiceNumber"] == credit_of(owed, entry)["referenceNumber"] == "A-1"


def test_a_credit_that_somebody_entered_in_bill_is_not_made_twice(owed: BillSite) -> None:
    """Given a credit that a person entered in BILL with our vendor and number
    when the memo is synced
    then it is held."""
    owed.books.voucher(1)
    run(owed)
    run(owed, CREDITS)
    memo(owed, doc=800, invoice="CR-0")
    run(owed, CREDITS)
    vendor = owed.bill.all(FLOW)[0]["vendorId"]
    body = {
        "vendorId": vendor,
        "referenceNumber": "cr-1",
        "creditDate": "2026-02-25",
        "vendorCreditLineItems": [{"amount": "50.00"}],
    }
    owed.bill.act("enter_credit", body=body)
    entry = memo(owed)
    assert run(owed, CREDITS) == {"unchanged": 1, "held": 1}
    assert owed.reasons(CREDITS) == {key(entry): {"natural_key_taken"}}
