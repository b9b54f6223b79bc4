"""Currencies without decimals, and with three: amounts are what they are, and nothing is rounded to cents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_orders import Purchasing, figures, held, with_orders
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

D = Decimal


@pytest.fixture
def gulf(testbed: Site) -> Site:
    """Coupa has dinars, too."""
    testbed.spend.create("currencies", {"code": "KWD", "decimals": 3, "active": True})
    return testbed


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
    reported = {}
    for doc, currency, owed, tax, part in ((1, "KWD", "10.000", "0.500", "3.500"), (2, "JPY", "1000", "50", "350")):
        split = {"KWD": ("3.334", "3.333", "3.333"), "JPY": ("334", "333", "333")}[currency]
        entry = gulf.books.voucher(
            doc, costs=tuple(zip(accounts, split, strict=True)), tax=tax, tax_code="U", currency=currency, rate="2"
        )
        for place, account in enumerate(accounts, 1):
            gulf.books.line(entry, place, account, part, ACR=part, CRCD=currency, CRRM="F")
        reported[f"INV-{doc}"] = D(owed)
    assert outcomes(gulf.sync("invoices")["invoices"]) == {"created": 2}
    for number, owed in reported.items():
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


@pytest.mark.reason("too_many_decimals")
def test_an_invoice_of_a_fraction_of_a_yen_is_held(gulf: Site) -> None:
    """Given a Coupa that keeps hundredths of a yen, and an approved invoice of 100.50 yen
    when it is synced, then it is held with its amount, since JD Edwards has no such voucher, and nothing is rounded."""
    gulf.spend.set("currencies", gulf.spend.one("currencies", code="JPY")["id"], decimals=2)
    payables = Payables(gulf)
    gulf.configure(FLOW, mode="direct", exchange_rate="mapping")
    gulf.ledger.mappings.set("jde_coupa", "exchange_rates", "JPY/GBP", "0.0052", "clerk", gulf.clock.now())
    id = payables.invoice(costs=(("30-5010", "100.50"),), currency="JPY")
    assert outcomes(gulf.sync(FLOW)[FLOW]) == {"held": 1}
    [reported] = [each for each in gulf.exceptions(FLOW) if each.reason == "too_many_decimals"]
    assert (reported.value, payables.items(id)) == ("100.5", [])
    # JD Edwards' own decimals decide, not ISO's
    gulf.books.upsert("F0013", {"CRCD": "JPY", "DL01": "Yen", "CDEC": "2"})
    assert outcomes(gulf.sync(FLOW)[FLOW]) == {"created": 1}
    assert D(payables.items(id)[0]["ACR"]) == D("100.50")


def test_orders_come_to_the_smallest_unit_of_their_currency(gulf: Site) -> None:
    """Given orders whose quantity times unit cost JD Edwards rounded to a thousandth of a dinar, and to a yen
    when they are synced, then Coupa has them with these amounts, and nothing is held."""
    yard = with_orders(gulf)
    buyers = Purchasing(yard.books)
    kuwait = buyers.order(7, ("30.5010", "3", "0.3335"), currency="KWD", rate="2.55", smallest="0.001")
    japan = buyers.order(8, ("30.5010", "3", "33.4"), currency="JPY", rate="0.0052", smallest="1")
    report = yard.sync("purchase_orders")["purchase_orders"]
    assert outcomes(report) == {"created": 2}
    assert [total for *_, total in figures(held(yard, kuwait))] == [D("1.001")]
    assert [total for *_, total in figures(held(yard, japan))] == [D(100)]
    reported = report.as_json()["amounts"]
    assert (reported["KWD"]["settled"], reported["JPY"]["settled"]) == ("1.001", "100")
    assert outcomes(yard.sync("purchase_orders")["purchase_orders"]) == {"unchanged": 2}


@pytest.mark.parametrize(("currency", "gross", "part"), [("KWD", "10.125", "3.375"), ("JPY", "1001", "334")])
def test_what_jde_pays_reaches_coupa_in_the_smallest_unit(gulf: Site, currency: str, gross: str, part: str) -> None:
    """Given an invoice that was born in Coupa, and its voucher
    when JD Edwards pays a part of it, and then the rest, then Coupa is told both amounts as they are."""
    gulf.flows["payments_to_coupa"] = {}
    found = born(gulf, gross, currency=currency, rate="2.5")
    gulf.books.act("pay_voucher", found.voucher, date=TODAY, number=5001, foreign=part)
    gulf.sync("payments_to_coupa")
    assert paid(gulf, found.id) == (False, [D(part)], D(gross) - D(part))
    gulf.books.pay(found.voucher, number=5002)
    report = gulf.sync("payments_to_coupa")["payments_to_coupa"]
    assert outcomes(report) == {"updated": 1}
    assert paid(gulf, found.id) == (True, [D(part), D(gross) - D(part)], D(0))


@pytest.mark.parametrize(("currency", "gross", "part"), [("KWD", "10.125", "3.375"), ("JPY", "1001", "334")])
def test_what_coupa_pays_is_booked_in_the_smallest_unit(gulf: Site, currency: str, gross: str, part: str) -> None:
    """Given an invoice that was born in Coupa, and its voucher
    when Coupa Pay pays a part of it, and then the rest, then JD Edwards has both, and nothing is left open."""
    gulf.flows["payments_to_jde"] = {}
    gulf.connect("coupa", scopes=gulf.sandbox.get("/credentials")["coupa"]["scope"].split())
    gulf.connect("jde", orchestrations=ORCHESTRATIONS)
    found = born(gulf, gross, currency=currency, rate="2.5")
    for amount in (part, str(D(gross) - D(part))):
        more: dict[str, Any] = {"status": "completed_successfully", "date": TODAY.isoformat()}
        act(gulf, "make_payment", invoices=[{"id": found.id, "amount": amount}], **more)
        gulf.sync("payments_to_jde")
    details = gulf.sandbox.systems["jde"].dump()["F0414"].values()
    assert [D(row["PFAP"]) for row in details] == [D(part), D(gross) - D(part)]
    [item] = gulf.sandbox.systems["jde"].dump()["F0411"].values()
    assert (D(item.get("FAP", 0)), D(item.get("AAP", 0)), item["PST"].strip()) == (D(0), D(0), "P")


def test_a_credit_in_yen_is_a_credit_of_whole_yen(gulf: Site) -> None:
    """Given a debit memo of 999 yen over two accounts, then Coupa has a credit note of it in whole yen."""
    costs = (("30.5010", "-500"), ("40.5010", "-499"))
    gulf.books.voucher(kind="PD", costs=costs, currency="JPY", rate="0.0052")
    assert outcomes(gulf.sync("invoices")["invoices"]) == {"created": 1}
    held_there = gulf.spend.invoice("INV-4711")
    assert D(held_there["total-with-taxes"]) == D(-999)
    assert [D(line["total"]) for line in held_there["invoice-lines"]] == [D(-500), D(-499)]


def test_an_external_payable_is_to_the_smallest_unit(gulf: Site) -> None:
    """Given vouchers in dinars and in yen, of which JD Edwards has paid a part
    when external payables are synced, then Coupa Pay has both amounts to the thousandth and to the yen."""
    gulf.configure("invoices", mode="external_payables")
    gulf.connect("coupa", scopes=gulf.sandbox.get("/credentials")["coupa"]["scope"].split())
    dinars = gulf.books.voucher(1, costs=(("30.5010", "10.125"),), currency="KWD", rate="2.5")
    yen = gulf.books.voucher(2, costs=(("30.5010", "1001"),), currency="JPY", rate="0.0052")
    assert outcomes(gulf.sync("invoices")["invoices"]) == {"created": 2}
    gulf.books.act("pay_voucher", dinars, date=TODAY, number=5001, foreign="3.375")
    gulf.books.act("pay_voucher", yen, date=TODAY, number=5002, foreign="334")
    assert outcomes(gulf.sync("invoices")["invoices"]) == {"updated": 2}
    there = {each["document-number"]: each for each in gulf.spend.all("payables/external/payables")}
    amounts = {
        number: (D(each["document-amount"]), D(each["payable-amount"]), D(each["paid-amount"]))
        for number, each in there.items()
    }
    assert amounts == {
        "INV-1": (D("10.125"), D("10.125"), D("3.375")),
        "INV-2": (D(1001), D(1001), D(334)),
    }
