"""Where vendors are paid is looked at before BILL gets anything new to pay, also where their own flow has not run."""

from __future__ import annotations

from collections.abc import Sequence

from connector_assets.delivery.document import Document
from connector_assets.delivery.flow import Flow
from connector_assets.integrations.jde_bill.vendors import Vendors


def look_before_paying(flow: Flow, documents: Sequence[Document]) -> None:
    """Look, where any of these documents may be made: that tells what changed, and holds them."""
    keys = [document.key for document in documents if document.deliverable]
    if len(flow.bench.ledger.links.of(flow.full_name, keys)) < len(keys):
        Vendors(flow.bench).look_at_accounts(whole=False)
