"""Writing the number of JD Edwards' voucher to Coupa's invoice, if the site has a field for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Do, Document, FieldChange, Step, Target
from connector_resources.coupa.client import CoupaClient
from connector_resources.ledger import Delivery


def telling(context: RunContext, field: str | None) -> Callable[[Document, Delivery, Target], Decision | None]:
    """What shows the voucher on the invoice in the custom field `field`; None: nothing does."""

    def tell(document: Document, known: Delivery, target: Target) -> Decision | None:
        held, row = target.raw, document.facts["row"]
        if not field or document.content["void"] or held.void or held.in_batch:
            return None
        if row["told_voucher"] == held.id or known.progress.done == "told":
            return None

        def send(sent: Mapping[str, Any]) -> Target:
            context.client("coupa", CoupaClient).invoices.update(row["invoice_id"], sent)
            return target

        return Do(
            Step(
                name="tell",
                body={"custom-fields": {field: held.id}},
                send=send,
                outcome="updated",
                progress=known.progress.after("told"),
                changes=(FieldChange("told_voucher", row["told_voucher"], held.id),),
            )
        )

    return tell
