"""The vendors' bank accounts are read before BILL gets anything new to pay, even if their own flow has not run."""

from __future__ import annotations

from collections.abc import Sequence

from connector_assets.documents.jde.vouchers.pay_items import voucher_of
from connector_assets.engine.document import Document
from connector_assets.engine.duplicates import report_duplicates_among
from connector_assets.engine.flow import Flow
from connector_assets.pairs.jde_bill.vendors.flow import Vendors


def look_before_paying(flow: Flow, documents: Sequence[Document]) -> None:
    """Look, where any of these documents may be made: that tells what changed, and holds them."""
    keys = [document.key for document in documents if document.deliverable]
    if len(flow.context.ledger.links.of(flow.full_name, keys)) < len(keys):
        Vendors(flow.context).look_at_accounts(whole=False)


def look_at_foreign_records(flow: Flow, documents: Sequence[Document]) -> None:
    """Tell of the records that bear our marker beside the linked one of a document: somebody entered them in BILL."""
    rows = [document.facts["row"] for document in documents]
    ids = {str(row["beside"]) for row in rows if row["beside"]}
    if not ids:
        return
    vouchers = {voucher_of(row["key"]) for row in rows if row["beside"]}
    keys = [row["key"] for row in rows if voucher_of(row["key"]) in vouchers]
    links = flow.context.ledger.links.of(flow.full_name, keys)
    report_duplicates_among(flow, list(flow.read({*ids, *(link.target_id for link in links.values())}).values()))
