"""`jde_bill/bills`: approved pay items of JD Edwards (F0411, their distribution in F0911) as bills of BILL.

What is shared with the vendor credits is in `payable/flow.py`; what is done with a bill in `payable/bill_steps.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.delivery.document import Decision, Document, Target
from connector_assets.delivery.flow import Source
from connector_assets.integrations.jde_bill.payable.bill_records import BillRecords
from connector_assets.integrations.jde_bill.payable.bill_steps import BillSteps, wanted_of
from connector_assets.integrations.jde_bill.payable.flow import SOURCES, Payables
from connector_assets.integrations.jde_bill.payable.settings import PayableSettings
from connector_assets.integrations.jde_bill.payable.steps import description
from connector_resources.errors import NotAllowed
from connector_resources.ledger import Delivery


class BillsSettings(PayableSettings):
    """What a site decides about bills."""


class Bills(Payables):
    """Vouchers of JDE to BILL."""

    name = "bills"
    title = "Approved vouchers of JD Edwards as bills"
    sources = (*SOURCES, Source("bill", "bills"))
    target_entity = "bills"
    side = 1
    number_name = "invoice number"
    Settings = BillsSettings

    @cached_property
    def records(self) -> BillRecords:
        """BILL's bills."""
        return BillRecords(self.bench)

    @cached_property
    def steps(self) -> BillSteps:
        """What is done with them."""
        return BillSteps(self, self.records)

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        due = row["due"].isoformat() if row["due"] else None
        return super().content(row, lines) | {"due": due, "order": row["order"]}

    def holds_any(self) -> bool:
        return self.records.holds_any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return self.records.find(documents)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return self.records.read(ids)

    def targets(self) -> list[Target]:
        return self.records.all()

    def total_of(self, document: Document, target: Target) -> Decimal:
        return wanted_of(document, target).total

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return self.steps.decide(document, known, target)

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        if target.content["items"] == document.content["items"]:
            return None
        return NotAllowed(
            f"{self.full_name}: BILL did not keep the description of bill {target.id}, which begins with "
            f"{description(document)!r}; without it a lost answer could not be looked up",
            fix="find out what changes the description of bills in BILL, then run again",
            connection=self.bench.connection("bill").name,
        )
