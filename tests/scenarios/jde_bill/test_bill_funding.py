"""What BILL took from the bank, beside what JD Edwards credits the bank account with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_paid import FLOW, NOTHING, Paid, bill, move, open_items, pay, run, switch_on, vendor
from bill_site import BillSite
from scenario_books import HOME, Entry

RATE = "1.25"


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switch_on(testbed)
    testbed.bill.configure(exchange_rates={"GBP": "1.27", "EUR": RATE})


def in_dollars(testbed: BillSite) -> None:
    """The company keeps its books in dollars, as BILL's bank account is."""
    [company] = [row for row in testbed.sandbox.systems["jde"].dump()["F0010"].values() if row["CO"] == HOME]
    testbed.books.upsert("F0010", {**company, "CRCD": "USD"})


def foreign(testbed: BillSite, rate: str, *amounts: str) -> tuple[Entry, Paid]:
    """Vouchers of a supplier in euros, at a rate of JD Edwards, paid by BILL together; the last one."""
    payee = vendor(testbed, "Bolt Brothers (EUR)", "EUR")
    entries = [
        testbed.books.voucher(4720 + place, supplier=4344, costs=[("30.5010", amount)], currency="EUR", rate=rate)
        for place, amount in enumerate(amounts)
    ]
    bills = [bill(testbed, entry, amount, payee=payee) for entry, amount in zip(entries, amounts, strict=True)]
    return entries[-1], pay(testbed, *bills)


@pytest.mark.reason("bank_credit_differs")
def test_a_bank_that_was_charged_another_amount_than_jd_edwards_credits_is_told(testbed: BillSite) -> None:
    """Given a voucher of 100 euros at JD Edwards' rate of 1.10, and BILL that exchanged at 1.25
    when BILL has paid, then the payment is posted once, and the 15 dollars between the two are an exception;
    the payment stands, and no later run says or does anything more."""
    in_dollars(testbed)
    entry, _ = foreign(testbed, "1.10", "100.00")
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == (
        "bank_credit_differs",
        "125.00 USD taken, 110.00 USD credited, 15.00 USD apart",
    )
    assert open_items(testbed, entry, foreign=True) == [(NOTHING, "P")]
    assert run(testbed) == {"held": 1}
    assert len(testbed.sandbox.systems["jde"].dump()["F0413"]) == 1


def test_where_both_exchanged_alike_nothing_is_said(testbed: BillSite) -> None:
    """Given two bills in one payment, at the same rate in both systems, then each is posted, to the cent."""
    in_dollars(testbed)
    foreign(testbed, RATE, "33.33", "66.67")
    assert run(testbed) == {"created": 2}


def test_the_failed_payment_of_such_a_difference_is_taken_back(testbed: BillSite) -> None:
    """Given a payment that is told of, when BILL voids it, then it is voided in JD Edwards like any other."""
    in_dollars(testbed)
    entry, paid = foreign(testbed, "1.10", "100.00")
    assert run(testbed) == {"held": 1}
    move(testbed, paid, "VOIDED")
    assert run(testbed) == {"updated": 1}
    assert [amount for amount, _ in open_items(testbed, entry, foreign=True)] == [Decimal(100)]


def test_a_company_of_another_currency_is_not_compared(testbed: BillSite) -> None:
    """Given a company that keeps its books in pounds, then dollars that BILL took say nothing of its bank credit."""
    foreign(testbed, "0.80", "100.00")
    assert run(testbed) == {"created": 1}


def test_a_site_sets_how_far_apart_they_may_be(testbed: BillSite) -> None:
    """Given a site that lets fifteen dollars be, then the same payment is settled."""
    in_dollars(testbed)
    switch_on(testbed, funding_tolerance="15")
    foreign(testbed, "1.10", "100.00")
    assert run(testbed) == {"created": 1}
