"""Coupa prints a business date as a moment with an offset: its day is the one printed, whoever reads it where."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import born
from scenario_books import TODAY
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

TO_COUPA = "payments_to_coupa"


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, by the batch files."""
    return Payables(testbed)


ZONES = pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland", "UTC"])


@pytest.mark.as_delivered("coupa.dates_placed")
@ZONES
@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_an_invoice_is_due_on_the_day_that_coupa_prints(
    testbed: Site, payables: Payables, zone: str, mode: str
) -> None:
    """Given an instance far from us, and an invoice that was written at nine and is due at the last second of a day
    when it is synced, then its voucher has the dates that stand on the invoice, and no other day."""
    testbed.configure(FLOW, mode=mode)
    testbed.spend.configure(time_zone=zone, invoice_time="09:16:07", due_time="23:59:59")
    id = payables.invoice(payment_term={"code": "N30"})
    shown = testbed.spend.one("invoices", id=str(id))
    assert (shown["invoice-date"][:19], shown["net-due-date"][:19]) == ("2026-03-01T09:16:07", "2026-03-31T23:59:59")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["DIVJ"], item["DDJ"]) == (date(2026, 3, 1), date(2026, 3, 31))
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.as_delivered("coupa.dates_placed")
@ZONES
@pytest.mark.parametrize("shown", ["list", "wrapped", "single"])
def test_the_day_of_a_payment_is_the_same_in_coupa_wherever_its_instance_is(
    testbed: Site, zone: str, shown: str
) -> None:
    """Given an instance far from Greenwich, which shows payments in any of the documented forms
    when JD Edwards paid an invoice that was born there
    then Coupa shows the payment on the day that JD Edwards paid it, and it is told once."""
    testbed.flows[TO_COUPA] = {}
    testbed.spend.configure(time_zone=zone, payments_shown=shown)
    testbed.connect("coupa", time_zone=zone)
    found = born(testbed)
    testbed.books.act("pay_voucher", found.voucher, date=TODAY, number=5001)
    testbed.sync(TO_COUPA)
    held: dict[str, Any] = testbed.spend.one("invoices", id=str(found.id))
    [payment] = held["payments"]
    assert (held["payment-date"][:10], held["paid"]) == (TODAY.isoformat(), True)
    assert (payment["payment-date"][:10], Decimal(payment["amount-paid"])) == (TODAY.isoformat(), Decimal(120))
    assert testbed.sync(TO_COUPA)[TO_COUPA].writes == 0
    assert testbed.exceptions(TO_COUPA) == []


def test_a_payment_that_an_instance_places_at_midnight_in_utc_is_told_once(testbed: Site) -> None:
    """Given an instance in the Americas that keeps a plain date as midnight in UTC, and prints it as the evening before
    when a payment is told, then it is known again though another day is printed, and is not told a second time."""
    testbed.flows[TO_COUPA] = {}
    testbed.spend.configure(time_zone="America/Los_Angeles", dates_placed="utc")
    testbed.connect("coupa", time_zone="America/Los_Angeles")
    found = born(testbed)
    testbed.books.act("pay_voucher", found.voucher, date=TODAY, number=5001)
    testbed.sync(TO_COUPA)
    [payment] = testbed.spend.one("invoices", id=str(found.id))["payments"]
    assert payment["payment-date"][:10] == (TODAY - timedelta(days=1)).isoformat()
    assert testbed.sync(TO_COUPA)[TO_COUPA].writes == 0
    assert len(testbed.spend.one("invoices", id=str(found.id))["payments"]) == 1
