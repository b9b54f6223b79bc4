"""Other ways for vouchers into Coupa: external payables, payments only, keys in a custom field, a dynamic chart."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_books import TODAY
from scenario_site import Site, outcome, outcomes

BILLED = {
    "invoice-number": "PAPER-1",
    "invoice-date": "2026-02-20",
    "supplier": {"number": "4343"},
    "currency": {"code": "GBP"},
    "account-type": {"name": "JDE"},
    "line-level-taxation": False,
    "tax-amount": "0.00",
    "invoice-lines": [{"type": "InvoiceAmountLine", "description": "As billed", "price": "100.00"}],
}
"""An invoice that a supplier billed in Coupa."""


@pytest.fixture
def payables(testbed: Site) -> Site:
    """A site that writes Coupa Pay's external payables."""
    testbed.configure("invoices", mode="external_payables")
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    return testbed


def test_an_approved_voucher_is_an_external_payable_and_no_invoice(payables: Site) -> None:
    """Given a voucher approved for payment, when it is synced, then Coupa Pay holds it under our source and key."""
    payables.books.voucher(costs=(("30.5010", "100.00"),), tax="20.00")
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}
    held = payables.spend.one("payables/external/payables")
    assert (held["source-name"], held["source-reference"]) == ("JDE", "00001/PV/4711")
    assert (held["document-number"], Decimal(held["payable-amount"])) == ("INV-4711", Decimal(120))
    assert payables.spend.state()["invoices"]["count"] == 0


@pytest.mark.reason("not_approved_for_payment")
def test_a_voucher_on_hold_is_no_payable_until_it_is_approved(payables: Site) -> None:
    """Given a voucher with pay status H, when it is synced it is held; when it is approved in JD Edwards, it goes."""
    entry = payables.books.voucher(status="H")
    assert outcomes(payables.sync("invoices")["invoices"]) == {"held": 1}
    assert payables.exception("invoices").reason == "not_approved_for_payment"
    payables.books.act("set_pay_status", entry, PST="A")
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}


def test_an_external_payable_follows_changes_payments_and_voids(payables: Site) -> None:
    """Given an external payable
    when its amount changes, a part is paid, and another is voided in JD Edwards, then each is told."""
    entry, other = payables.books.voucher(1), payables.books.voucher(2)
    payables.sync("invoices")
    payables.books.line(entry, 1, "30.5010", "110.00")
    payables.books.change_items(entry, "110.00")
    assert outcome(payables.sync("invoices")["invoices"], entry.document) == "updated"
    payables.books.pay(entry, "30.00")
    payables.books.void(other)
    assert outcomes(payables.sync("invoices")["invoices"]) == {"updated": 2}
    held = {each["source-reference"]: each for each in payables.spend.all("payables/external/payables")}
    assert (Decimal(held[entry.key]["payable-amount"]), Decimal(held[entry.key]["paid-amount"])) == (110, 30)
    assert held[entry.key]["paid-date"].startswith(TODAY.isoformat())
    assert held[other.key]["status"] == "voided"
    assert payables.sync("invoices")["invoices"].writes == 0


def test_a_lost_answer_makes_no_second_payable(payables: Site) -> None:
    """Given a payable whose creation was not answered, when the sync goes on, then it is found by source and key."""
    rule = {"system": "coupa", "route": "POST /api/payables/external/payables", "kind": "drop_after", "calls": [1]}
    payables.sandbox.post("/faults", [rule])
    payables.books.voucher()
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}
    assert payables.spend.state()["external_payables"]["count"] == 1


# -- payments only ------------------------------------------------------------------------------------------------


@pytest.mark.reason("invoice_not_linked")
def test_a_site_whose_invoices_are_born_in_coupa_gets_payments_only(testbed: Site) -> None:
    """Given a site where suppliers bill in Coupa, and an approved invoice there
    when its voucher is synced nothing is created and it is held until it is linked by hand;
    when it is linked, it is released, gets its payment, and nothing else of it is touched."""
    testbed.configure("invoices", mode="payment_update_only")
    number = testbed.spend.create("invoices", BILLED)
    testbed.spend.set("invoices", number, status="approved")
    entry = testbed.books.voucher()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert testbed.exception("invoices").reason == "invoice_not_linked"
    testbed.books.pay(entry)
    testbed.link("invoices", entry.document, "invoices", number)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    held = testbed.spend.invoice("PAPER-1")
    assert (held["paid"], [payment["amount-paid"] for payment in held["payments"]]) == (True, ["100.00"])
    assert (held["internal-note"], held["invoice-lines"][0]["description"]) == (None, "As billed")
    assert not testbed.exceptions("invoices")


def test_a_link_that_is_set_by_hand_after_the_payment_is_found_by_the_sweep(testbed: Site) -> None:
    """Given a voucher that was paid before anyone linked its invoice, so that it passed for history
    when it is linked by hand and the nightly sweep runs, then the payment is told."""
    testbed.configure("invoices", mode="payment_update_only")
    testbed.books.pay(testbed.books.voucher(1))
    entry = testbed.books.voucher(2)
    testbed.books.pay(entry, number=5002)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"ignored": 2}
    number = testbed.spend.create("invoices", BILLED)
    testbed.spend.set("invoices", number, status="approved")
    testbed.link("invoices", entry.document, "invoices", number)
    assert testbed.sweep("invoices").missed == [entry.document]
    assert testbed.spend.invoice("PAPER-1")["paid"] is True


# -- the key ------------------------------------------------------------------------------------------------------


def test_the_key_may_be_kept_in_a_custom_field(testbed: Site) -> None:
    """Given a site that has a custom field for the voucher's key
    when a voucher is synced and the answer is lost, then the key is in that field, and it is found again by it."""
    testbed.configure("invoices", key_custom_field="jde-voucher")
    rule = {"system": "coupa", "route": "POST /api/invoices", "kind": "drop_after", "calls": [1]}
    testbed.sandbox.post("/faults", [rule])
    testbed.books.voucher()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    held = testbed.spend.invoice("INV-4711")
    assert (held["custom-fields"]["jde-voucher"], held["internal-note"]) == ("00001/PV/4711", None)


def test_a_custom_field_that_coupa_does_not_have_stops_after_one_invoice(testbed: Site) -> None:
    """Given a setting that names a custom field which Coupa, without a word, drops
    when three vouchers are synced
    then one invoice is created, the others are not, and the message says which field to add."""
    testbed.configure("invoices", key_custom_field="jde-document")
    for doc in (1, 2, 3):
        testbed.books.voucher(doc)
    report = testbed.sync("invoices")["invoices"]
    assert report.error is not None and "add the custom field jde-document" in f"{report.error} {report.error.fix}"
    assert testbed.spend.state()["invoices"]["count"] == 1
    assert outcomes(report) == {"created": 1, "failed": 2}


# -- a dynamic chart ----------------------------------------------------------------------------------------------


def test_lines_of_a_dynamic_chart_name_their_account_by_its_code(site: Site) -> None:
    """Given a chart in Coupa whose accounts come into being on first use
    when a voucher on two accounts is synced after their segments, then its lines made the accounts they need."""
    site.configure("accounts", chart="JDE dynamic")
    site.books.voucher(costs=(("30.5010", "100.00"), ("30.5020.01", "5.00")))
    assert outcomes(site.sync()["invoices"]) == {"created": 1}
    held = site.spend.invoice("INV-4711")
    assert [line["account"]["code"] for line in held["invoice-lines"]] == ["30-5010", "30-5020-01"]
    assert site.spend.state()["accounts"]["count"] == 2
    assert site.sync()["invoices"].writes == 0


def test_a_voucher_on_a_unit_that_coupas_lookup_lacks_is_held_until_it_is_delivered(site: Site) -> None:
    """Given a dynamic chart, and a voucher on a unit that was just added in JD Edwards
    when only the invoices are synced it is held; when the accounts are delivered too, it goes."""
    site.configure("accounts", chart="JDE dynamic")
    site.sync("suppliers", "accounts")
    site.books.upsert("F0006", {"MCU": "60", "DL01": "Museums", "CO": "00001"})
    aid = site.books.account("60.5010", "Museum repairs").removeprefix("F0901:")
    entry = site.books.voucher()
    site.books.line(entry, 1, "60.5010", "100.00", AID=aid)
    assert outcomes(site.sync("invoices")["invoices"]) == {"held": 1}
    assert site.exception("invoices").reason == "account_not_linked"
    site.sync("accounts")
    assert outcomes(site.sync("invoices", first=TODAY, last=TODAY)["invoices"]) == {"created": 1}
