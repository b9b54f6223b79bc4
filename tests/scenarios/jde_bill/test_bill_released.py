"""New vendors that wait until AP has looked at them: BILL has no hold of vendors, so that their documents wait."""

from __future__ import annotations

import pytest
from bill_owed import CREDITS, FLOW, bill_of, owing, run
from bill_site import BillSite
from vendor_desk import names, sync

NEW = 4242


@pytest.fixture
def careful(town: BillSite) -> BillSite:
    """A site whose new vendors are on hold; the town's two are in BILL from before."""
    owing(town, CREDITS)
    town.configure("vendors", new_suppliers="on_hold")
    town.books.supplier(NEW, "Cutter Ltd", tax_id="GB987654321")
    return town


@pytest.mark.reason("supplier_not_released")
def test_documents_of_a_new_vendor_are_held_until_ap_releases_him(careful: BillSite) -> None:
    """Given a new supplier with a voucher and a debit memo, and a voucher of an old one
    when all is synced, then he is a vendor and the old one's bill is made, and his documents wait; once a person has
    released him they go by themselves, and stay released whatever of him changes."""
    first = careful.books.voucher(1, supplier=NEW)
    careful.books.voucher(2, costs=(("30.5010", "-5.00"),), items=["-5.00"], supplier=NEW, kind="PD")
    careful.books.voucher(3)
    sync(careful)
    assert "Cutter Ltd" in names(careful)
    assert run(careful) == {"created": 1, "held": 1}
    assert run(careful, CREDITS) == {"held": 1}
    told = careful.exception(FLOW)
    assert (told.reason, told.value) == ("supplier_not_released", str(NEW))
    assert f"mappings set jde_bill released_vendors {NEW} yes" in told.fix
    careful.map_value("released_vendors", str(NEW), "yes")
    assert run(careful)["created"] == 1
    assert run(careful, CREDITS) == {"created": 1}
    assert bill_of(careful, first)["vendorName"] == "Cutter Ltd"
    careful.books.upsert("F0101", {"AN8": NEW, "ALPH": "Cutter and Sons"})
    sync(careful)
    careful.books.voucher(4, supplier=NEW)
    assert run(careful)["created"] == 1


def test_a_vendor_that_is_found_in_bill_is_not_new(town: BillSite) -> None:
    """Given a vendor that BILL's users entered, when the supplier is linked to him and then changed, then his bills
    go: he is in use."""
    owing(town)
    town.configure("vendors", new_suppliers="on_hold")
    address = {"line1": "1 Old Street", "city": "Northmoor", "zipOrPostalCode": "NM1 1AA", "country": "GB"}
    body = {"name": "Cutter Ltd", "address": address, "billCurrency": "GBP"}
    town.bill.act("enter_vendor", body=body)
    town.books.supplier(NEW, "Cutter Ltd", tax_id="GB987654321")
    sync(town)
    town.books.upsert("F0101", {"AN8": NEW, "ALPH": "Cutter and Sons"})
    sync(town)
    town.books.voucher(1, supplier=NEW)
    assert run(town) == {"created": 1}


def test_a_site_that_does_not_ask_for_it_holds_nobody(town: BillSite) -> None:
    """Given the default, then a new vendor's bill is made at once; turning the setting on later holds no old vendor."""
    owing(town)
    town.books.supplier(NEW, "Cutter Ltd", tax_id="GB987654321")
    town.books.voucher(1, supplier=NEW)
    sync(town)
    assert run(town) == {"created": 1}
    town.configure("vendors", new_suppliers="on_hold")
    sync(town)
    town.books.voucher(2, supplier=NEW)
    assert run(town)["created"] == 1
