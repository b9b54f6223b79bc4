"""Currencies without decimals, and with three: BILL takes two at most."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import FLOW, bill_of, lines, owing, run
from bill_site import BillSite

D = Decimal
COSTS = ("30.5010", "30.5020", "40.5010")


@pytest.fixture
def owed(town: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, also for bills in another currency."""
    town.configure("vendors", other_currencies="second_vendor")
    return owing(town)


@pytest.mark.reason("too_many_decimals")
def test_thousandths_of_a_dinar_are_held_and_never_rounded(owed: BillSite) -> None:
    """Given vouchers of 10.125 and of 10.000 dinars whose lines have thousandths
    when bills are synced, then the first is held with its amount, and the second is a bill of 10.00 whose lines have
    two decimals and come to it."""
    first = owed.books.voucher(1, costs=(("30.5010", "10.125"),), currency="KWD", rate="2.55")
    parts = zip(COSTS, ("3.334", "3.333", "3.333"), strict=True)
    second = owed.books.voucher(2, costs=tuple(parts), currency="KWD", rate="2.55")
    owed.sync("vendors")
    assert run(owed) == {"held": 1, "created": 1}
    [told] = owed.exceptions(FLOW)
    assert (told.key.startswith(first.document), told.reason, told.value) == (True, "too_many_decimals", "10.125")
    bill = bill_of(owed, second)
    assert D(bill["amount"]) == D("10.00")
    assert [amount for _, amount in lines(owed, bill)] == [D("3.33"), D("3.33"), D("3.34")]
    assert run(owed) == {"held": 1, "unchanged": 1}


def test_yen_are_shared_out_in_whole_yen(owed: BillSite) -> None:
    """Given a voucher of 1000 yen with 100 VAT over three lines
    when bills are synced, then no line has a fraction of a yen, and they come to 1100."""
    parts = zip(COSTS, ("334", "333", "333"), strict=True)
    entry = owed.books.voucher(costs=tuple(parts), tax="100", tax_code="V", currency="JPY", rate="0.0052")
    owed.sync("vendors")
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    amounts = [amount for _, amount in lines(owed, bill)]
    assert D(bill["amount"]) == sum(amounts) == D(1100) and all(amount % 1 == 0 for amount in amounts)
