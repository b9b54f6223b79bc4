"""Currencies without decimals, and with three: amounts are what they are, and nothing is rounded to cents."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

D = Decimal


@pytest.fixture
def gulf(town: Site) -> Site:
    """Coupa has dinars, too."""
    town.spend.create("currencies", {"code": "KWD", "decimals": 3, "active": True})
    return town


def test_a_voucher_in_dinars_keeps_its_thousandths(gulf: Site) -> None:
    """Given a voucher of 100.125 dinars with 5.005 VAT, when it is synced, then Coupa has it to the thousandth."""
    costs = (("30.5010", "60.063"), ("40.5010", "40.062"))
    gulf.books.voucher(costs=costs, tax="5.005", tax_code="V", currency="KWD", rate="2.55")
    report = gulf.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 1}
    held = gulf.spend.invoice("INV-4711")
    assert (D(held["total-with-taxes"]), D(held["tax-amount"])) == (D("105.130"), D("5.005"))
    assert [D(line["total"]) for line in held["invoice-lines"]] == [D("60.063"), D("40.062")]
    assert report.amounts()["KWD"]["settled"] == D("105.130")
    assert outcomes(gulf.sync("invoices")["invoices"]) == {"unchanged": 1}


def test_use_tax_comes_out_of_dinars_in_thousandths_and_of_yen_in_ones(gulf: Site) -> None:
    """Given vouchers in dinars and in yen with use tax in three equal lines
    when they are synced, then each line is in the currency's smallest unit, and the sums are what is owed."""
    accounts = ("30.5010", "30.5020", "40.5010")
    told = {}
    for doc, currency, owed, tax, part in ((1, "KWD", "10.000", "0.500", "3.500"), (2, "JPY", "1000", "50", "350")):
        split = {"KWD": ("3.334", "3.333", "3.333"), "JPY": ("334", "333", "333")}[currency]
        entry = gulf.books.voucher(
            doc, costs=tuple(zip(accounts, split, strict=True)), tax=tax, tax_code="U", currency=currency, rate="2"
        )
        for place, account in enumerate(accounts, 1):
            gulf.books.line(entry, place, account, part, ACR=part, CRCD=currency, CRRM="F")
        told[f"INV-{doc}"] = D(owed)
    assert outcomes(gulf.sync("invoices")["invoices"]) == {"created": 2}
    for number, owed in told.items():
        held = gulf.spend.invoice(number)
        lines = [D(line["total"]) for line in held["invoice-lines"]]
        unit = D("0.001") if number == "INV-1" else D(1)
        assert sum(lines) == owed and all(line % unit == 0 for line in lines)
        assert max(lines) - min(lines) <= unit


def test_an_invoice_in_dinars_is_split_and_converted_without_a_loss(gulf: Site) -> None:
    """Given an invoice of 33.335 dinars with 1.667 VAT that was approved in Coupa
    when it is synced, then its voucher has the thousandths, and the pounds that they are worth, to the penny."""
    payables = Payables(gulf)
    gulf.configure(FLOW, mode="direct", exchange_rate="mapping", tax_area="GULF/V")
    gulf.ledger.mappings.set("jde_coupa", "exchange_rates", "KWD/GBP", "2.55", "clerk", gulf.clock.now())
    id = payables.invoice(costs=(("30-5010", "33.335"),), tax="1.667", currency="KWD")
    assert outcomes(gulf.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (D(item["ACR"]), D(item["CTAM"]), D(item["AG"])) == (D("35.002"), D("1.667"), D("89.26"))
    assert outcomes(gulf.sync(FLOW)[FLOW]) == {"unchanged": 1}
