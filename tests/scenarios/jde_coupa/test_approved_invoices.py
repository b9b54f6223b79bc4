"""Invoices approved in Coupa become vouchers of JD Edwards: by the batch files, and entered at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes


@pytest.fixture
def payables(town: Site) -> Payables:
    """The flow is on, by the batch files."""
    return Payables(town)


def test_an_approved_invoice_becomes_a_voucher_of_the_batch(town: Site, payables: Payables) -> None:
    """Given an invoice of two lines and tax that its approvers let go in Coupa
    when it is synced, then its rows go through the batch files, and a voucher of JD Edwards comes of them, approved for
    payment, with its distribution and our mark; the link names the voucher, and the next sync sends nothing."""
    id = payables.invoice(costs=(("30-5010", "100.00"), ("40-5010", "50.00")), tax="30.00")
    report = town.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(180), "A")]
    [item] = payables.items(id)
    assert (item["AN8"], item["VINV"], Decimal(item["STAM"]), item["DCT"]) == (4343, "WEB-1", Decimal(30), "PV")
    assert payables.costs(id) == [("30.5010", Decimal(100)), ("40.5010", Decimal(50))]
    assert payables.link(id) == f"{item['KCO']}/PV/{item['DOC']}"
    again = town.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)
