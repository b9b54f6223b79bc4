"""The pay items that are handed over to BILL: in JD Edwards, before a bill or credit of them can be used in BILL."""

from __future__ import annotations

from connector_assets.documents.jde.keys import Row
from connector_assets.documents.jde.vouchers.handing_step import HandOverStep
from connector_assets.documents.jde.vouchers.pay_items import PayItem, item_key, items_of, voucher_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, Target
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_resources.ledger import Delivery


class Handing(HandOverStep):
    """Hands over the pay items of one flow."""

    def __init__(self, context: RunContext, settings: PayableSettings) -> None:
        super().__init__(context, settings.handed_over_status)
        self.movable = settings.released_statuses

    def leaves_selectable(self, row: Row) -> bool:
        """Whether JDE's own payment run may select a row of F0411, once it is handed over where that is done."""
        return self.run.selectable(row if self.status is None else {**row, "PST": self.status})

    def pending(self, document: Document) -> bool:
        """Whether pay items of a document still are to be handed over."""
        return bool(document.facts["row"]["hand_over"]) and not self.is_done(document)

    def step(self, document: Document, known: Delivery, target: Target | None) -> Decision | None:
        """What has to be done first; None where nothing has."""
        if not self.pending(document) or self.status is None:
            return None
        items = [each for each in self._items(document) if each.status != self.status]
        before = ",".join(sorted({each.status for each in items}))
        return self.put(document, known, target, [each.suffix for each in items], self.movable, before)

    def problems(self) -> list[str]:
        """What a site still has to do so that one system alone pays, one sentence each; asks JDE."""
        if self.status is not None:
            return self.status_problems()
        selected = [] if self.narrow else [each for each in self.movable if each in self.run.pay_statuses]
        if not selected:
            return []
        return [
            f"vouchers are sent to BILL on pay status {', '.join(selected)}, which JD Edwards' payment run selects:"
            f" set handed_over_status, or payment_run of {self.context.connection('jde').name} if the run selects less"
        ]

    @staticmethod
    def _items(document: Document) -> list[PayItem]:
        """The open pay items that a document's record is for."""
        row, own = document.facts["row"], set(document.content["items"])
        voucher = voucher_of(row["key"])
        return [item for item in items_of(row["items"]) if item.payable and item_key(voucher, item.suffix) in own]
