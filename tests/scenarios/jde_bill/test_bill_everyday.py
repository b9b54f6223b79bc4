"""Everyday cases of bills that are born in BILL: accounts that ask for more than an amount, lines of several
companies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_originals import FLOW, bill, costs, items, run, switched_on, vouchers
from bill_site import BillSite


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switched_on(testbed)


@pytest.mark.reason("subledger_required")
@pytest.mark.parametrize("posting", ["L", "S"])
def test_an_account_that_asks_for_a_subledger_is_held_before_the_write(testbed: BillSite, posting: str) -> None:
    """Given an account that JD Edwards posts to with a subledger only
    when a bill on it is synced, then it is held and nothing reaches JD Edwards; once the code is gone, it goes."""
    testbed.books.account("30.5010", "Grounds upkeep", posting=posting)
    id = bill(testbed)
    assert run(testbed) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("subledger_required", "30.5010")
    assert vouchers(testbed) == []
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert costs(testbed, id) == [("30.5010", Decimal(100))]


@pytest.mark.reason("units_required")
def test_an_account_that_asks_for_units_is_held_before_the_write(testbed: BillSite) -> None:
    """Given an account that JD Edwards posts to with a number of units only
    when a bill on it is synced, then it is held and nothing reaches JD Edwards; once the code is gone, it goes."""
    testbed.books.account("30.5010", "Grounds upkeep", posting="U")
    id = bill(testbed)
    assert run(testbed) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("units_required", "30.5010")
    assert vouchers(testbed) == []
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert costs(testbed, id) == [("30.5010", Decimal(100))]


@pytest.mark.reason("several_companies")
def test_lines_of_several_companies_are_never_booked_in_the_first_lines(testbed: BillSite) -> None:
    """Given a bill with lines on accounts of two companies, when it is synced, then it is held and names both;
    where the site says which company owes all of them, the voucher is that company's."""
    id = bill(testbed, costs=(("30.5010", "60.00"), ("50.5010", "40.00")))
    assert run(testbed) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("several_companies", "00001, 00002")
    assert vouchers(testbed) == []
    testbed.configure(FLOW, company="00001")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert {item["CO"] for item in items(testbed, id)} == {"00001"}
