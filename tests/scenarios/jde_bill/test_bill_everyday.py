"""Everyday cases of bills that are born in BILL: accounts that ask for more than an amount, lines of several
companies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_born import FLOW, bill, costs, items, run, switched_on, vouchers
from bill_site import BillSite


@pytest.fixture(autouse=True)
def _on(town: BillSite) -> None:
    switched_on(town)


@pytest.mark.reason("subledger_required")
@pytest.mark.parametrize("posting", ["L", "S"])
def test_an_account_that_asks_for_a_subledger_is_held_before_the_write(town: BillSite, posting: str) -> None:
    """Given an account that JD Edwards posts to with a subledger only
    when a bill on it is synced, then it is held and nothing reaches JD Edwards; once the code is gone, it goes."""
    town.books.account("30.5010", "Grounds upkeep", posting=posting)
    id = bill(town)
    assert run(town) == {"held": 1}
    assert (town.exception(FLOW).reason, town.exception(FLOW).value) == ("subledger_required", "30.5010")
    assert vouchers(town) == []
    town.books.account("30.5010", "Grounds upkeep")
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert costs(town, id) == [("30.5010", Decimal(100))]


@pytest.mark.reason("units_required")
def test_an_account_that_asks_for_units_is_held_before_the_write(town: BillSite) -> None:
    """Given an account that JD Edwards posts to with a number of units only
    when a bill on it is synced, then it is held and nothing reaches JD Edwards; once the code is gone, it goes."""
    town.books.account("30.5010", "Grounds upkeep", posting="U")
    id = bill(town)
    assert run(town) == {"held": 1}
    assert (town.exception(FLOW).reason, town.exception(FLOW).value) == ("units_required", "30.5010")
    assert vouchers(town) == []
    town.books.account("30.5010", "Grounds upkeep")
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert costs(town, id) == [("30.5010", Decimal(100))]


@pytest.mark.reason("several_companies")
def test_lines_of_several_companies_are_never_booked_in_the_first_lines(town: BillSite) -> None:
    """Given a bill with lines on accounts of two companies, when it is synced, then it is held and names both;
    where the site says which company owes all of them, the voucher is that company's."""
    id = bill(town, costs=(("30.5010", "60.00"), ("50.5010", "40.00")))
    assert run(town) == {"held": 1}
    assert (town.exception(FLOW).reason, town.exception(FLOW).value) == ("several_companies", "00001, 00002")
    assert vouchers(town) == []
    town.configure(FLOW, company="00001")
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert {item["CO"] for item in items(town, id)} == {"00001"}
