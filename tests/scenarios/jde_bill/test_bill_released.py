"""New vendors that wait until AP has looked at them: BILL has no hold of vendors, so that their documents wait."""

from __future__ import annotations

import pytest
from bill_owed import CREDITS, FLOW, bill_of, owing, run
from bill_site import BillSite
from vendor_clerk import names, sync

NEW = 4242


@pytest.fixture
def careful(testbed: BillSite) -> BillSite:
    """A site whose new vendors are on hold; the town's two are in BILL from before."""
    owing(testbed, CREDITS)
    testbed.configure("vendors", new_suppliers="on_hold")
    testbed.books.supplier(NEW, "Cutter Ltd", tax_id="GB987654321")
    return testbed


@pytest.mark.reason("supplier_not_released")
def test_documents_of_a_new_vendor_are_held_until_ap_releases_him(careful: BillSite) -> None:
    """Given a new supplier with a voucher and a debit memo, and a voucher of an old one
    when all is synced, then it is a vendor and the old one's bill is made, and its documents wait; once a person has
    released it they go by themselves, and stay released whatever of it changes."""
    first = careful.books.voucher(1, supplier=NEW)
    careful.books.voucher(2, costs=(("30.5010", "-5.00"),), items=["-5.00"], supplier=NEW, kind="PD")
    careful.books.voucher(3)
    sync(careful)
    assert "Cutter Ltd" in names(careful)
    assert run(careful) == {"created": 1, "held": 1}
    assert run(careful, CREDITS) == {"held": 1}
    reported = careful.exception(FLOW)
    assert (reported.reason, reported.value) == ("supplier_not_released", str(NEW))
    assert f"mappings set jde_bill released_vendors {NEW} yes" in reported.fix
    careful.map_value("released_vendors", str(NEW), "yes")
    assert run(careful)["created"] == 1
    assert run(careful, CREDITS) == {"created": 1}
    assert bill_of(careful, first)["vendorName"] == "Cutter Ltd"
    careful.books.upsert("F0101", {"AN8": NEW, "ALPH": "Cutter and Sons"})
    sync(careful)
    careful.books.voucher(4, supplier=NEW)
    assert run(careful)["created"] == 1


def test_a_vendor_that_is_found_in_bill_is_not_new(testbed: BillSite) -> None:
    """Given a vendor that BILL's users entered, when the supplier is linked to it and then changed, then its bills
    go: it is in use."""
    owing(testbed)
    testbed.configure("vendors", new_suppliers="on_hold")
    address = {"line1": "1 Old Street", "city": "Northmoor", "zipOrPostalCode": "NM1 1AA", "country": "GB"}
    body = {"name": "Cutter Ltd", "address": address, "billCurrency": "GBP"}
    testbed.bill.act("enter_vendor", body=body)
    testbed.books.supplier(NEW, "Cutter Ltd", tax_id="GB987654321")
    sync(testbed)
    testbed.books.upsert("F0101", {"AN8": NEW, "ALPH": "Cutter and Sons"})
    sync(testbed)
    testbed.books.voucher(1, supplier=NEW)
    assert run(testbed) == {"created": 1}


def test_a_site_that_does_not_ask_for_it_holds_nobody(testbed: BillSite) -> None:
    """Given the default, then a new vendor's bill is made at once; turning the setting on later holds no old vendor."""
    owing(testbed)
    testbed.books.supplier(NEW, "Cutter Ltd", tax_id="GB987654321")
    testbed.books.voucher(1, supplier=NEW)
    sync(testbed)
    assert run(testbed) == {"created": 1}
    testbed.configure("vendors", new_suppliers="on_hold")
    sync(testbed)
    testbed.books.voucher(2, supplier=NEW)
    assert run(testbed)["created"] == 1
