"""`jde_bill/vendor_credits`: what suppliers owe us in JD Edwards (debit memos, negative vouchers) as vendor credits.

As the bills, with the signs reversed: amounts are positive in BILL. What is shared is in `payables/flow.py`; the steps
of a credit are in `vendor_credits/steps.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import cached_property

from connector_assets.engine.document import Decision, Document, Target
from connector_assets.engine.flow import Source
from connector_assets.pairs.jde_bill.payables.flow import SOURCES, Payables
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_assets.pairs.jde_bill.vendor_credits.records import CreditRecords
from connector_assets.pairs.jde_bill.vendor_credits.steps import CreditSteps, total_of
from connector_resources.ledger import Delivery


class VendorCreditSettings(PayableSettings):
    """What a site decides about vendor credits."""


class VendorCredits(Payables):
    """Negative pay items to BILL."""

    name = "vendor_credits"
    title = "Debit memos of JD Edwards as vendor credits"
    sources = (*SOURCES, Source("bill", "vendor_credits"))
    target_entity = "vendor_credits"
    side = -1
    number_name = "reference number"
    Settings = VendorCreditSettings

    @cached_property
    def records(self) -> CreditRecords:
        """BILL's vendor credits."""
        return CreditRecords(self.context)

    @cached_property
    def steps(self) -> CreditSteps:
        """What is done with them."""
        return CreditSteps(self, self.records)

    def holds_any(self) -> bool:
        return self.records.holds_any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return self.records.find(documents, self.vendors_asked(documents), everywhere=self.memory_is_new)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return self.records.read(ids)

    def targets(self) -> list[Target]:
        return self.records.all()

    def total_of(self, document: Document, target: Target) -> Decimal:
        return total_of(document)

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return self.steps.decide(document, known, target)
