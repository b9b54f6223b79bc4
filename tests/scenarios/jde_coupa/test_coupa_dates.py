"""Coupa prints a business date as a moment with an offset: its day is the one printed, whoever reads it where."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scenario_books import TODAY
from scenario_born import born
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

TO_COUPA = "payments_to_coupa"


@pytest.fixture
def payables(town: Site) -> Payables:
    """The flow is on, by the batch files."""
    return Payables(town)


ZONES = pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland", "UTC"])


@ZONES
@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_an_invoice_is_due_on_the_day_that_coupa_prints(town: Site, payables: Payables, zone: str, mode: str) -> None:
    """Given an instance far from us, and an invoice that was written at nine and is due at the last second of a day
    when it is synced, then its voucher has the dates that stand on the invoice, and no other day."""
    town.configure(FLOW, mode=mode)
    town.spend.configure(time_zone=zone)
    id = payables.invoice()
    there = ZoneInfo(zone)
    written = datetime(2026, 3, 1, 9, 16, 7, tzinfo=there).isoformat()
    due = datetime(2026, 3, 31, 23, 59, 59, tzinfo=there).isoformat()
    town.spend.set("invoices", id, invoice_date=written, net_due_date=due)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["DIVJ"], item["DDJ"]) == (date(2026, 3, 1), date(2026, 3, 31))
    assert town.sync(FLOW)[FLOW].writes == 0


@ZONES
def test_the_day_of_a_payment_is_the_same_in_coupa_wherever_its_instance_is(town: Site, zone: str) -> None:
    """Given an instance far from Greenwich, when JD Edwards paid an invoice that was born there
    then Coupa shows the payment on the day that JD Edwards paid it, and it is told once."""
    town.flows[TO_COUPA] = {}
    town.spend.configure(time_zone=zone)
    town.connect("coupa", time_zone=zone)
    found = born(town)
    town.books.act("pay_voucher", found.voucher, date=TODAY, number=5001)
    town.sync(TO_COUPA)
    held: dict[str, Any] = town.spend.one("invoices", id=str(found.id))
    assert (held["payment-date"][:10], held["paid"]) == (TODAY.isoformat(), True)
    assert [Decimal(each["amount-paid"]) for each in held["payments"]] == [Decimal(120)]
    assert town.sync(TO_COUPA)[TO_COUPA].writes == 0
    assert town.exceptions(TO_COUPA) == []
