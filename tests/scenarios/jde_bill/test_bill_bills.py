"""Approved vouchers of JD Edwards as bills of BILL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import FLOW, bill_of, lines, marked, owing, run
from bill_site import BillSite

D = Decimal


@pytest.fixture
def owed(town: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(town)


def test_an_approved_voucher_becomes_a_bill_to_the_penny(owed: BillSite) -> None:
    """Given an approved voucher of 120.00 with 20.00 tax, its costs on three accounts
    when bills are synced
    then BILL holds one bill of 120.00 with the supplier's number, dates and vendor, its lines the costs with the tax in
    proportion; a second run changes nothing, and both systems agree."""
    costs = (("30.5010", "33.33"), ("30.5020", "33.33"), ("40.5010", "33.34"))
    entry = owed.books.voucher(costs=costs, tax="20.00", invoice="A-20418", remark="Fences")
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    assert bill["description"] == f"{marked(entry)} | Fences"
    assert bill["invoice"] == {"invoiceNumber": "A-20418", "invoiceDate": "2026-02-20"}
    assert (bill["dueDate"], D(bill["amount"]), D(bill["dueAmount"])) == ("2026-03-22", D("120.00"), D("120.00"))
    assert owed.bill.get("vendors", bill["vendorId"])["name"] == "Anvil & Sons"
    assert lines(owed, bill) == [("30.5010", D("40.00")), ("30.5020", D("40.00")), ("40.5010", D("40.00"))]
    assert run(owed) == {"unchanged": 1}
    assert owed.reconcile(FLOW).differences == []
