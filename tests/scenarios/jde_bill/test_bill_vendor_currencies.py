"""Suppliers with vouchers in another currency than their own: a vendor of BILL has one currency for all its bills."""

from __future__ import annotations

from bill_site import BillSite
from scenario_books import EURO
from scenario_site import outcome, outcomes, tally
from vendor_clerk import ANVIL, enter, names, sync, vendor

from connector_assets.pairs.jde_bill.vendors.links import VendorLink, VendorLinks

IN_DOLLARS = "F0401:4343/USD"
FLOW = "jde_bill/vendors"


def linked(site: BillSite, number: int, currency: str) -> VendorLink:
    """What the flows that make bills are told."""
    with site.context() as context:
        return VendorLinks(context).of([(number, currency)])[number, currency]


def test_a_voucher_in_another_currency_is_no_vendor_unless_the_site_wants_it(testbed: BillSite) -> None:
    """Given a supplier with pounds and an open voucher in dollars
    when the vendors are synced nothing is made of it, and bills are told that its vendor has another currency."""
    testbed.books.voucher(currency="USD", rate="0.80")
    report = sync(testbed)
    assert (outcomes(report), report.writes) == ({"unchanged": 2}, 0)
    reported = linked(testbed, 4343, "USD")
    assert (reported.id, reported.reason, reported.currency) == (None, "currency_not_the_vendors", "GBP")
    assert linked(testbed, 4343, "GBP") == VendorLink(vendor(testbed, 4343)["id"], currency="GBP")


def test_a_site_may_have_a_vendor_more_for_each_currency(testbed: BillSite) -> None:
    """Given a site that has second vendors, and vouchers in dollars and of a company that keeps its books in euros
    when the vendors are synced the supplier has two more, found again by their short names, and bills go to each;
    when its address changes, all three move."""
    testbed.configure("vendors", other_currencies="second_vendor")
    testbed.books.voucher(4711, currency="USD", rate="0.80")
    testbed.books.voucher(4712, company=EURO, costs=[("50.5010", "30.00")])
    assert outcomes(sync(testbed)) == {"created": 2, "unchanged": 2}
    assert names(testbed) == ["Anvil & Sons", "Anvil & Sons (EUR)", "Anvil & Sons (USD)", "Bolt Brothers"]
    dollars = vendor(testbed, 4343, "USD")
    assert (dollars["billCurrency"], vendor(testbed, 4343, "EUR")["billCurrency"]) == ("USD", "EUR")
    assert linked(testbed, 4343, "USD").id == dollars["id"]
    testbed.books.upsert("F0116", {"AN8": 4343, "EFTB": "2020-01-01", "ADD1": "9 New Road"})
    assert outcomes(sync(testbed)) == {"updated": 3, "unchanged": 1}
    assert {vendor(testbed, 4343, each)["address"]["line1"] for each in ("", "USD", "EUR")} == {"9 New Road"}


def test_a_second_vendor_that_is_not_there_yet_is_waited_for(testbed: BillSite) -> None:
    """Given a site that has second vendors, and a voucher in dollars that was never synced
    when bills ask for the vendor, they are told what to wait for."""
    testbed.configure("vendors", other_currencies="second_vendor")
    reported = linked(testbed, 4343, "USD")
    assert (reported.reason, reported.waits_for) == ("supplier_not_linked", f"link:{FLOW}:{IN_DOLLARS}")
    assert linked(testbed, 9999, "USD").waits_for == f"link:{FLOW}:F0401:9999"


def test_a_voucher_that_is_paid_asks_for_no_vendor_and_one_that_is_there_stays(testbed: BillSite) -> None:
    """Given a paid voucher in dollars, for which no vendor is made
    when another one comes the vendor is made, and it is still there, and unchanged, when that is paid, too."""
    testbed.configure("vendors", other_currencies="second_vendor")
    testbed.books.pay(testbed.books.voucher(4711, currency="USD", rate="0.80"))
    assert outcomes(sync(testbed)) == {"unchanged": 2}
    entry = testbed.books.voucher(4712, currency="USD", rate="0.80")
    assert outcome(sync(testbed), IN_DOLLARS) == "created"
    testbed.books.pay(entry, number=5002)
    assert testbed.sweep("vendors").missed == []
    assert not vendor(testbed, 4343, "USD")["archived"]


def test_the_sweep_finds_a_currency_whose_voucher_has_no_date(testbed: BillSite) -> None:
    """Given a site that turned second vendors on after a voucher was seen
    when the nightly sweep looks at all keys, the vendor is made."""
    testbed.books.voucher(currency="USD", rate="0.80", undated=True)
    sync(testbed)
    testbed.configure("vendors", other_currencies="second_vendor")
    assert testbed.sweep("vendors").missed == [IN_DOLLARS]
    assert vendor(testbed, 4343, "USD")["name"] == "Anvil & Sons (USD)"


def test_a_vendor_of_that_currency_that_bill_has_already_is_taken(testbed: BillSite) -> None:
    """Given a supplier whose dollars BILL pays through a vendor of its own
    when the site has second vendors, that one is linked, and the vendor for pounds is not touched."""
    testbed.configure("vendors", other_currencies="second_vendor")
    id = enter(testbed, "Anvil & Sons (USD)", currency="USD")
    testbed.books.voucher(currency="USD", rate="0.80")
    assert outcome(sync(testbed), IN_DOLLARS) == "adopted"
    assert vendor(testbed, 4343, "USD")["id"] == id
    assert vendor(testbed, 4343)["billCurrency"] == "GBP"


def test_a_supplier_that_is_payable_no_more_is_archived_in_all_its_currencies(testbed: BillSite) -> None:
    """Given a supplier with two vendors, when it is payable no more, both are archived."""
    testbed.configure("vendors", other_currencies="second_vendor")
    testbed.books.voucher(currency="USD", rate="0.80")
    sync(testbed)
    testbed.books.upsert("F0101", {"AN8": 4343, "ATP": "N"})
    report = sync(testbed)
    assert (outcome(report, ANVIL), outcome(report, IN_DOLLARS)) == ("updated", "updated")
    assert vendor(testbed, 4343)["archived"] and vendor(testbed, 4343, "USD")["archived"]
    assert tally(report) == {}
