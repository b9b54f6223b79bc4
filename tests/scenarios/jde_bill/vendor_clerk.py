"""The vendors of BILL in scenarios: those of our suppliers, and those that BILL's users enter."""

from __future__ import annotations

from typing import Any

from bill_site import BillSite

from connector_assets.engine.report import FlowReport

TAX = "12-3456789"
ANVIL, BOLT = "F0401:4343", "F0401:4344"


def sync(site: BillSite, **more: Any) -> FlowReport:
    """One sync of the vendors."""
    return site.sync("vendors", **more)["vendors"]


def names(site: BillSite) -> list[str]:
    """What the vendors of BILL are called, archived ones too."""
    return sorted(each["name"] for each in site.bill.all("vendors"))


def vendor(site: BillSite, number: int, currency: str = "") -> dict[str, Any]:
    """The vendor of a supplier, by its short name."""
    return site.bill.one("vendors", shortName=f"JDE {number} {currency}".strip())


def enter(
    site: BillSite, name: str, *, tax_id: str = "", country: str = "GB", currency: str = "GBP", **more: Any
) -> str:
    """A user of BILL enters a vendor; its id."""
    address = {"line1": "1 Old Street", "city": "Northmoor", "zipOrPostalCode": "NM1 1AA", "country": country}
    info = {"additionalInfo": {"taxId": tax_id}} if tax_id else {}
    body = {"name": name, "address": address, "billCurrency": currency, **info, **more}
    return str(site.bill.act("enter_vendor", body=body)["id"])


def say(site: BillSite, supplier: int | str, vendor: str) -> None:
    """A person says which vendor a supplier is: a vendor's id, or `new`."""
    site.map_value("vendor_matches", str(supplier), vendor)
