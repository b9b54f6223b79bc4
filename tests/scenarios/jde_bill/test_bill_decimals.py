"""Currencies without decimals, and with three: BILL takes two at most."""

from __future__ import annotations

from decimal import Decimal

import bill_originals
import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, lines, owing, pay_in_bill, run
from bill_paid import open_items, settled, switch_on
from bill_site import BillSite
from scenario_orders import Purchasing
from scenario_site import outcomes

D = Decimal
COSTS = ("30.5010", "30.5020", "40.5010")


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, also for bills in another currency."""
    testbed.configure("vendors", other_currencies="second_vendor")
    return owing(testbed)


@pytest.mark.reason("too_many_decimals")
def test_thousandths_of_a_dinar_are_held_and_never_rounded(owed: BillSite) -> None:
    """Given vouchers of 10.125 and of 10.000 dinars whose lines have thousandths
    when bills are synced, then the first is held with its amount, and the second is a bill of 10.00 whose lines have
    two decimals and come to it."""
    first = owed.books.voucher(1, costs=(("30.5010", "10.125"),), currency="KWD", rate="2.55")
    parts = zip(COSTS, ("3.334", "3.333", "3.333"), strict=True)
    second = owed.books.voucher(2, costs=tuple(parts), currency="KWD", rate="2.55")
    owed.sync("vendors")
    assert run(owed) == {"held": 1, "created": 1}
    [reported] = owed.exceptions(FLOW)
    assert (reported.key.startswith(first.document), reported.reason, reported.value) == (
        True,
        "too_many_decimals",
        "10.125",
    )
    bill = bill_of(owed, second)
    assert D(bill["amount"]) == D("10.00")
    assert [amount for _, amount in lines(owed, bill)] == [D("3.33"), D("3.33"), D("3.34")]
    assert run(owed) == {"held": 1, "unchanged": 1}


def test_yen_are_shared_out_in_whole_yen(owed: BillSite) -> None:
    """Given a voucher of 1000 yen with 100 VAT over three lines
    when bills are synced, then no line has a fraction of a yen, and they come to 1100."""
    parts = zip(COSTS, ("334", "333", "333"), strict=True)
    entry = owed.books.voucher(costs=tuple(parts), tax="100", tax_code="V", currency="JPY", rate="0.0052")
    owed.sync("vendors")
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    amounts = [amount for _, amount in lines(owed, bill)]
    assert D(bill["amount"]) == sum(amounts) == D(1100) and all(amount % 1 == 0 for amount in amounts)


def test_the_decimals_are_those_of_f0013_where_it_is_shown(owed: BillSite) -> None:
    """Given a JD Edwards that keeps hundredths of a yen, and a voucher of 1000 yen with use tax in its three lines
    when bills are synced, then BILL's lines are in hundredths; where F0013 is not shown, in whole yen as ISO 4217 says;
    and ping says which it is."""
    owed.books.upsert("F0013", {"CRCD": "JPY", "DL01": "Yen", "CDEC": "2"})
    entries = []
    for doc in (1, 2):
        parts = tuple(zip(COSTS, ("334", "333", "333"), strict=True))
        entries.append(owed.books.voucher(doc, costs=parts, tax="50", tax_code="U", currency="JPY", rate="0.0052"))
        for place, account in enumerate(COSTS, 1):
            owed.books.line(entries[-1], place, account, "350", ACR="350", CRCD="JPY", CRRM="F")
    owed.sync("vendors")

    def reported() -> tuple[bool, str]:
        with owed.context() as context:
            [found] = [each for each in context.client("jde").ping() if each.name == "currencies"]
        return found.ok, found.detail

    assert reported() == (True, "decimals of 7 currencies by F0013; unlike ISO 4217: JPY 2, not 0")
    owed.sync(FLOW)
    assert [amount for _, amount in lines(owed, bill_of(owed, entries[0]))] == [D("333.33"), D("333.33"), D("333.34")]
    owed.sandbox.post("/options", {"jde": {"hidden_tables": ["F0013"]}})
    try:
        assert reported() == (True, "F0013 is not shown: amounts have the decimals that ISO 4217 gives their currency")
        entries.append(owed.books.voucher(3, costs=parts, tax="50", tax_code="U", currency="JPY", rate="0.0052"))
        for place, account in enumerate(COSTS, 1):
            owed.books.line(entries[-1], place, account, "350", ACR="350", CRCD="JPY", CRRM="F")
        assert run(owed)["created"] == 1
        assert [amount for _, amount in lines(owed, bill_of(owed, entries[-1]))] == [D(333), D(333), D(334)]
    finally:
        owed.sandbox.post("/options", {"jde": {"hidden_tables": []}})


def test_a_credit_in_yen_is_in_whole_yen(owed: BillSite) -> None:
    """Given a debit memo of 999 yen, then BILL has a vendor credit of 999 in whole lines."""
    owing(owed, CREDITS)
    entry = owed.books.voucher(
        kind="PD", costs=(("30.5010", "-500"), ("40.5010", "-499")), currency="JPY", rate="0.0052"
    )
    owed.sync("vendors")
    assert run(owed, CREDITS) == {"created": 1}
    found = credit_of(owed, entry)
    assert [amount for _, amount in lines(owed, found, "vendorCreditLineItems")] == [D(500), D(499)]


@pytest.mark.parametrize(("currency", "gross", "part"), [("KWD", "10.12", "3.37"), ("JPY", "1001", "334")])
def test_what_bill_pays_is_booked_in_the_smallest_unit(owed: BillSite, currency: str, gross: str, part: str) -> None:
    """Given a bill of a voucher, when BILL pays a part of it and then the rest
    then JD Edwards has both amounts as they are, and nothing is left open in either currency."""
    switch_on(owed)
    entry = owed.books.voucher(costs=(("30.5010", gross),), currency=currency, rate="2.5")
    owed.sync("vendors")
    run(owed)
    bill = bill_of(owed, entry)
    for amount in (part, None):
        pay_in_bill(owed, bill, amount)
        assert "created" in outcomes(owed.sync("payments")["payments"])
    assert settled(owed, "PFAP") == {f"{entry.key}/001": D(gross)}
    assert open_items(owed, entry) == open_items(owed, entry, foreign=True) == [(D(0), "P")]


def test_an_order_in_yen_is_a_bill_in_whole_yen(owed: BillSite) -> None:
    """Given an order of 3 at 33.4 yen, which is 100, then its bill is of 100 yen."""
    owed.flows["purchase_order_bills"] = {}
    Purchasing(owed.books).order(7, ("30.5010", "3", "33.4"), currency="JPY", rate="0.0052", smallest="1")
    # a supplier has a vendor in a currency in which it is owed something
    owed.books.voucher(currency="JPY", rate="0.0052")
    owed.sync("vendors")
    report = owed.sync("purchase_order_bills")["purchase_order_bills"]
    assert outcomes(report) == {"created": 1}
    assert report.as_json()["amounts"]["JPY"]["settled"] == "100"
    [bill] = owed.bill.all("bills")
    assert D(bill["amount"]) == D(100)


def test_a_bill_of_a_fraction_of_a_yen_is_held(testbed: BillSite) -> None:
    """Given bills in yen that were entered in BILL, one of 10.50 and one of three at 33.50, which BILL computes
    when they are synced, then the first is held with its amount, and the second is a voucher of 101 whole yen."""
    bill_originals.switched_on(testbed, mode="direct", exchange_rate="mapping")
    testbed.map_value("exchange_rates", "JPY/GBP", "0.0052")
    payee = bill_originals.vendor(testbed)
    testbed.bill.set("vendors", payee, billCurrency="JPY")
    bill_originals.bill(testbed, "WEB-1", costs=(("30.5010", "10.50"),))
    body = bill_originals.line(testbed, "30.5010", "0") | {"amount": None, "quantity": 3, "price": "33.5"}
    second = bill_originals.bill(testbed, "WEB-2", billLineItems=[body])
    assert bill_originals.run(testbed) == {"held": 1, "created": 1}
    [reported] = testbed.exceptions(bill_originals.FLOW)
    assert (reported.reason, reported.value) == ("too_many_decimals", "10.5")
    [item] = bill_originals.items(testbed, second)
    assert (D(item["ACR"]), D(item["AG"])) == (D(101), D("0.53"))
