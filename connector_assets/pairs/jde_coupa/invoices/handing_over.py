"""The vouchers that are handed over to Coupa Pay: in JD Edwards, before Coupa holds anything of them that can be paid.

Handed over is what the payment run of JD Edwards could select (`payment_run` of its connection); what the run does not
select needs no step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connector_assets.documents.jde.keys import Row, by, voucher_key, voucher_parts
from connector_assets.documents.jde.vouchers import handing_over
from connector_assets.documents.jde.vouchers.handing_step import HandOverStep
from connector_assets.documents.jde.vouchers.pay_item_texts import pay_item_words
from connector_assets.engine.document import Decision, Document, Target
from connector_resources.ledger import Delivery

# columns of a mapped row: the pay items that JDE's payment run selects, as SFX, and in words
COLUMNS: Mapping[str, str] = {"selectable": "str", "selectable_told": "str?"}
NOTHING: Mapping[str, Any] = {"selectable": "", "selectable_told": None}


class Handing(HandOverStep):
    """Hands over the vouchers of the flow `invoices`."""

    def columns(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """Voucher key -> what its pay items as they are now say in these columns."""
        found = self.selectable(keys)
        return {
            key: {
                "selectable": " ".join(sorted({row["SFX"] for row in found.get(key, ())})),
                "selectable_told": in_words(found[key]) if key in found else None,
            }
            for key in keys
        }

    def selectable(self, keys: Collection[str]) -> dict[str, list[Row]]:
        """Voucher key -> the rows of its open pay items that JDE's payment run selects; of those alone that have
        any."""
        rows = handing_over.rows_of(self.context, {voucher_parts(key) for key in keys})
        own = [{**row, "": voucher_key(row)} for row in rows if self.run.selectable(row)]
        return by(own, "")

    def taken(self, keys: Collection[str]) -> dict[str, list[Row]]:
        """As `selectable`, with those that a payment run has in hand."""
        rows = handing_over.rows_of(self.context, {voucher_parts(key) for key in keys})
        own = [{**row, "": voucher_key(row)} for row in rows if handing_over.jde_pays(self.run, row)]
        return by(own, "")

    def pending(self, document: Document) -> bool:
        """Whether pay items of a document still are to be handed over."""
        return bool(document.facts["row"]["selectable"]) and self.status is not None and not self.is_done(document)

    def step(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """What has to be done first."""
        row = document.facts["row"]
        return self.put(document, known, target, row["selectable"].split(), self.run.pay_statuses, row["pay_status"])

    def problems(self) -> list[str]:
        """What a site still has to do so that Coupa Pay alone pays, one sentence each; asks JDE."""
        if self.status is not None:
            return self.status_problems()
        if self.narrow:
            return []
        return [
            f"Coupa Pay pays vouchers, and JD Edwards' payment run selects those on pay status "
            f"{', '.join(self.run.pay_statuses)}: set handed_over_status, or payment_run of "
            f"{self.context.connection('jde').name} if the run selects less"
        ]


def in_words(rows: Sequence[Row]) -> str:
    """Pay items in words."""
    return "; ".join(map(pay_item_words, rows))
