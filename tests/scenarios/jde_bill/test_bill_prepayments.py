"""Prepayments: two marked pay items, one to be paid now and one that takes as much off a later invoice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, item, lines, owing, run
from bill_site import BillSite
from scenario_books import CHART, Entry

D = Decimal


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """Both flows are on."""
    return owing(testbed, CREDITS)


def prepaid(testbed: BillSite, mark: str = "1") -> Entry:
    """A clerk enters a prepayment of 100.00: JD Edwards distributes none of it, and the part to be taken off waits."""
    entry = testbed.books.voucher(costs=[], items=["100.00", "-100.00"])
    item(testbed, entry, "001", RP1=mark)
    item(testbed, entry, "002", RP1=mark, PST="H")
    return entry


@pytest.mark.reason("prepayment")
def test_a_prepayment_is_held_by_its_own_reason(owed: BillSite) -> None:
    """Given a prepayment, then no bill is made of it and the exception says what it is and of how much; the part on
    hold is left alone quietly."""
    prepaid(owed)
    assert run(owed) == {"held": 1}
    reported = owed.exception(FLOW)
    assert (reported.reason, D(reported.value)) == ("prepayment", D(100))
    assert owed.sync(CREDITS)[CREDITS].rules() == {"not_approved": 1}
    assert owed.bill.all(FLOW) == []


def test_a_prepayment_is_paid_on_the_account_that_the_site_names(owed: BillSite) -> None:
    """Given the setting `prepayment_account`, then BILL pays the prepayment on that account; what it takes off a later
    invoice is a vendor credit on the same account once AP releases it, and not before."""
    account = {"prepayment_account": CHART["40.4110"]["AID"]}
    owed.configure(FLOW, **account)
    owed.configure(CREDITS, **account)
    entry = prepaid(owed)
    assert run(owed) == {"created": 1}
    assert lines(owed, bill_of(owed, entry)) == [("40.4110", D(100))]
    assert owed.sync(CREDITS)[CREDITS].rules() == {"not_approved": 1}
    item(owed, entry, "002", PST="A")
    assert run(owed, CREDITS) == {"created": 1}
    credit = credit_of(owed, entry, "002")
    assert lines(owed, credit, "vendorCreditLineItems") == [("40.4110", D(100))]
    assert run(owed) == {"unchanged": 1}


def test_the_mark_alone_makes_no_prepayment(owed: BillSite) -> None:
    """Given a site that uses the category code for something else, then a voucher of that code is a bill like any."""
    entry = owed.books.voucher(costs=[("30.5010", "100.00")])
    item(owed, entry, RP1="1")
    assert run(owed) == {"created": 1}
    assert lines(owed, bill_of(owed, entry)) == [("30.5010", D(100))]
