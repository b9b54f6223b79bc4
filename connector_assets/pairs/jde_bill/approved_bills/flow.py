"""`jde_bill/approved_bills`: bills that originate and are approved in BILL become vouchers of JD Edwards.

**Natural key.** The bill's id with a revision, written into the voucher as its mark (VR01); in a batch the transaction
number says the same. `documents/jde/voucher_entry/flow.py` says what follows from that. **Origin.** A bill that was
made of a voucher or an order of JDE never becomes a voucher (`born_in_jde`): it is linked, or its description begins
with our marker, or its number is one of our coded numbers. A voucher with our mark is never sent to BILL (see `marks`).
So there is one liability, with or without the ledger.

BILL pays these bills: their vouchers are on a pay status that no payment run of JDE selects, and the flow `payments`
settles them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from connector_assets.documents.jde.keys import supplier_key
from connector_assets.documents.jde.voucher_entry.flow import Vouchers
from connector_assets.engine.checks import FrameChecks
from connector_assets.engine.flow import Source
from connector_assets.pairs.jde_bill.approved_bills import mapping
from connector_assets.pairs.jde_bill.approved_bills.enrichment import BillEnrichment
from connector_assets.pairs.jde_bill.approved_bills.marks import ORIGIN_FLOW
from connector_assets.pairs.jde_bill.approved_bills.settings import ApprovedBillSettings
from connector_assets.pairs.jde_bill.vendors.settings import FLOW as VENDORS
from connector_assets.pairs.jde_bill.vendors.settings import parts_of, vendor_settings
from connector_resources.bill import Vendor


class ApprovedBills(Vouchers):
    """Bills of BILL to vouchers of JDE."""

    name = ORIGIN_FLOW
    parties_of = VENDORS
    party_entity = "F0401"
    title = "Approved bills of BILL as vouchers of JD Edwards"
    sources = (
        Source("bill", "bills"),
        Source("jde", "F0411"),
        Source("bill", "chart_of_accounts", daily=False),
        Source("jde", "F0010", daily=False),
        Source("jde", "F0006", daily=False),
        Source("jde", "F0901", daily=False),
    )
    after = ("chart_of_accounts", "departments", "vendors", "bills", "purchase_order_bills")
    source_role, source_entity = "bill", "bills"
    source, origin_system = mapping.SOURCE, "BILL"
    natural_key = "mark with the bill id"
    lookup_fields = ("bill", "supplier", "number", "amount", "date", "currency")
    document_columns = mapping.COLUMNS
    line_columns = mapping.LINE_COLUMNS
    holds, line_holds = mapping.HOLDS, mapping.LINE_HOLDS
    Settings = ApprovedBillSettings

    def mapped(self, key: str, day: date | None, record: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return mapping.mapped(key, day, record, self.settings)

    def blank(self, key: str, day: date | None, status: str) -> dict[str, Any]:
        return mapping.blank(key, day, self.id(key), status)

    def complete(self, documents: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
        """The vendor of each bill: its currency is the bill's, and our marker in its shortName is a supplier."""
        reader: Any = self.context.reader("bill")
        ids = sorted({row["supplier_id"] for row in documents if row["supplier_id"]})
        rows = reader.complete("vendors", ["id"], [(id,) for id in ids])
        vendors: dict[str, Vendor] = {row["id"]: reader.record("vendors", row) for row in rows}
        settings = vendor_settings(self.context.integration.settings)
        for row in documents:
            vendor = vendors.get(row["supplier_id"] or "")
            if vendor is not None:
                key = settings.key_in(vendor.short_name)
                row["supplier"] = str(parts_of(key)[0]) if key else None
                row |= {"vendor": vendor.name or vendor.id, "currency": vendor.bill_currency}
        own: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            own.setdefault(line["key"], []).append(line)
        for row in documents:
            if not row["void"]:
                mapping.totalled(row, own.get(row["key"], []))

    def enrichment(self) -> BillEnrichment:
        return BillEnrichment(self)

    @property
    def checks(self) -> FrameChecks:
        return mapping.checks(self.waits_for)

    def waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        if why == "supplier_not_linked" and row["supplier"]:
            return f"link:{self.context.integration.name}/{VENDORS}:{supplier_key(int(row['supplier']))}"
        return super().waits_for(why, row)

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return mapping.content(row, lines)

    def startup_problems(self) -> list[str]:
        problem = self.payer_trouble
        return [*([problem] if problem else []), *super().startup_problems()]
