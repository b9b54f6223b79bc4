"""Tax by its explanation code (F0411.EXR1): what a bill is for, and what its lines are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from bill_owed import FLOW, bill_of, item, lines, owing, run, unexplained
from bill_site import BillSite
from scenario_books import CHART

D = Decimal
COSTS = (("30.5010", "60.00"), ("40.5010", "40.00"))
DOLLARS: dict[str, Any] = {"currency": "USD", "rate": "0.7841"}


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, also for bills in another currency."""
    testbed.configure("vendors", other_currencies="second_vendor")
    return owing(testbed)


def synced(owed: BillSite, money: dict[str, Any]) -> dict[str, int]:
    if money:
        owed.sync("vendors")
    return run(owed)


@pytest.mark.parametrize("money", [{}, DOLLARS], ids=["domestic", "foreign"])
@pytest.mark.parametrize(
    ("code", "total", "reported"),
    [("V", "120.00", ["72.00", "48.00"]), ("S", "100.00", ["60.00", "40.00"]), ("U", "100.00", ["60.00", "40.00"])],
)
def test_a_bill_is_for_what_the_supplier_is_owed(
    owed: BillSite, code: str, total: str, reported: list[str], money: dict[str, Any]
) -> None:
    """Given a voucher with costs of 100.00 that stores 20.00 of tax
    when bills are synced, then VAT is in the lines in proportion; sales tax is in them already, and use tax is not
    owed to the supplier: of both nothing is added. A second run changes nothing, and both systems agree."""
    entry = owed.books.voucher(costs=COSTS, tax="20.00", tax_code=code, **money)
    assert synced(owed, money) == {"created": 1}
    bill = bill_of(owed, entry)
    assert D(bill["amount"]) == D(total)
    assert [amount for _, amount in lines(owed, bill)] == [D(amount) for amount in reported]
    assert run(owed) == {"unchanged": 1}
    assert unexplained(owed) == []


@pytest.mark.parametrize("code", ["S", "U"])
def test_sales_and_use_tax_are_no_line_of_their_own(owed: BillSite, code: str) -> None:
    """Given the setting `tax: line`, when vouchers with sales or use tax are synced, then the lines are the costs."""
    owed.configure(FLOW, tax="line", tax_account=CHART["40.4110"]["AID"])
    entry = owed.books.voucher(costs=COSTS, tax="20.00", tax_code=code)
    assert run(owed) == {"created": 1}
    assert lines(owed, bill_of(owed, entry)) == [("30.5010", D("60.00")), ("40.5010", D("40.00"))]


@pytest.mark.parametrize("money", [{}, DOLLARS], ids=["domestic", "foreign"])
def test_use_tax_in_the_lines_is_never_billed(owed: BillSite, money: dict[str, Any]) -> None:
    """Given a site that distributes use tax with the costs: 100.00 owed, 110.00 in the lines
    when bills are synced, then the bill and its lines come to 100.00."""
    entry = owed.books.voucher(costs=COSTS, tax="10.00", tax_code="U", **money)
    column, more = ("ACR", {"CRCD": "USD", "CRRM": "F"}) if money else ("AA", {})
    owed.books.line(entry, 1, "30.5010", "66.00", **{column: "66.00"}, **more)
    owed.books.line(entry, 2, "40.5010", "44.00", **{column: "44.00"}, **more)
    assert synced(owed, money) == {"created": 1}
    bill = bill_of(owed, entry)
    assert D(bill["amount"]) == D("100.00")
    assert lines(owed, bill) == [("30.5010", D("60.00")), ("40.5010", D("40.00"))]


@pytest.mark.reason("tax_not_explained")
def test_a_tax_whose_place_nothing_proves_is_not_billed(owed: BillSite) -> None:
    """Given a voucher with tax of code B that is in the lines in part
    when bills are synced, then it is held with the code; its site says that B is in the lines, and they are corrected,
    then it is billed as it stands."""
    entry = owed.books.voucher(costs=(("30.5010", "120.00"),), tax="20.00", tax_code="S")
    item(owed, entry, EXR1="B")
    owed.books.line(entry, 1, "30.5010", "108.00")
    assert run(owed) == {"held": 1}
    [reported] = owed.exceptions(FLOW)
    assert (reported.reason, reported.value) == ("tax_not_explained", "B")
    owed.configure(FLOW, tax_rules={"B": "in_lines"})
    owed.books.line(entry, 1, "30.5010", "120.00")
    assert run(owed) == {"created": 1}
    assert lines(owed, bill_of(owed, entry)) == [("30.5010", D("120.00"))]
