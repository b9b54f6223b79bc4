"""Everyday cases of approved invoices, each with an outcome of its own: accounts that ask for more than an amount,
lines of several companies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


@pytest.mark.reason("subledger_required")
@pytest.mark.parametrize("posting", ["L", "S"])
def test_an_account_that_asks_for_a_subledger_is_held_before_the_write(
    testbed: Site, payables: Payables, posting: str
) -> None:
    """Given an account that JD Edwards posts to with a subledger only
    when an invoice on it is synced, then it is held and nothing reaches JD Edwards; once the code is gone, it goes."""
    testbed.books.account("30.5010", "Grounds upkeep", posting=posting)
    id = payables.invoice()
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("subledger_required", "30-5010")
    assert payables.vouchers() == []
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.costs(id) == [("30.5010", Decimal(100))]


@pytest.mark.reason("units_required")
def test_an_account_that_asks_for_units_is_held_before_the_write(testbed: Site, payables: Payables) -> None:
    """Given an account that JD Edwards posts to with a number of units only
    when an invoice on it is synced, then it is held and nothing reaches JD Edwards; once the code is gone, it goes."""
    testbed.books.account("30.5010", "Grounds upkeep", posting="U")
    id = payables.invoice()
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("units_required", "30-5010")
    assert payables.vouchers() == []
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.costs(id) == [("30.5010", Decimal(100))]


def test_an_account_whose_subledger_must_be_blank_takes_the_voucher(testbed: Site, payables: Payables) -> None:
    """Given an account of posting edit code X, which refuses subledgers, then its invoice goes: we send none."""
    testbed.books.account("30.5010", "Grounds upkeep", posting="X")
    payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


@pytest.mark.reason("several_companies")
def test_lines_of_several_companies_are_never_booked_in_the_first_lines(testbed: Site, payables: Payables) -> None:
    """Given an invoice with lines on accounts of two companies, when it is synced, then it is held and names both;
    where the site says which company owes all of them, the voucher is that company's."""
    id = payables.invoice(costs=(("30-5010", "60.00"), ("50-5010", "40.00")))
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("several_companies", "00001, 00002")
    assert payables.vouchers() == []
    testbed.configure(FLOW, mode="direct", company="00001")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert {item["CO"] for item in payables.items(id)} == {"00001"}


def test_an_invoice_that_is_voided_is_taken_back_whatever_its_accounts_ask(testbed: Site, payables: Payables) -> None:
    """Given an invoice whose voucher was made, and an account that asks for a subledger since
    when the invoice is voided, then the voucher is voided all the same."""
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.books.account("30.5010", "Grounds upkeep", posting="L")
    payables.act("void_invoice", id=id)
    testbed.sync(FLOW)
    assert [status for _, _, status in payables.vouchers()] == ["void"]
