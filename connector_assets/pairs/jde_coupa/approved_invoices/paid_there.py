"""What Coupa shows as paid of an invoice that originates there, in full or in part, and its payer did not pay.

Nobody books that in JD Edwards. If JD Edwards pays, its payment run would pay it again; if Coupa Pay pays, the voucher
would stay open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.voucher_entry.records import Held, VoucherRecords
from connector_assets.documents.jde.vouchers.pay_item_texts import is_open
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_coupa.approved_invoices.settings import ApprovedInvoiceSettings
from connector_assets.pairs.jde_coupa.mark_and_payer import PAYMENT_FLOWS
from connector_assets.pairs.jde_coupa.payments_to_coupa.otherwise import UnderWay, not_ours
from connector_resources.ledger import Delivery

ZERO = Decimal("0.00")


class PaidThere:
    """Fills the column `paid_there` of mapped rows; one a run, since Coupa Pay's payments are read once."""

    def __init__(self, context: RunContext, settings: ApprovedInvoiceSettings, vouchers: VoucherRecords) -> None:
        self.context = context
        self.vouchers = vouchers
        self._jde_pays = settings.payer == "jde"
        self._reads_coupa_pay = not self._jde_pays and PAYMENT_FLOWS["coupa"] in context.integration.settings.flows

    def fill(self, documents: Sequence[dict[str, Any]]) -> None:
        """`documents` are mapped rows; `paid_there` holds what the invoice itself says, where it is marked as paid.

        Nobody pays an invoice once more that JD Edwards has paid, or whose payment we told."""
        rows = [row for row in documents if row["paid_there"] or row["payments"] != "[]"]
        known = self._recorded(rows)
        shown = {row["key"]: self._shown(row, known.get(row["key"])) for row in rows}
        rows = [row for row in rows if row["paid_there"] or shown[row["key"]]]
        held = self.vouchers.of({row["invoice_id"] for row in rows}) if rows else {}
        for row in rows:
            vouchers = [each for each in held.get(row["invoice_id"], ()) if not each.void]
            is_left = any(each.in_batch or any(map(is_open, each.rows)) for each in vouchers)
            hand, theirs, ours = shown[row["key"]], self._pays(row), known.get(row["key"])
            if self._jde_pays and not _exceeds(row, vouchers):
                hand = ""
            all_told = ours is not None and ours.state == "settled" and (ours.content or {}).get("paid")
            if hand and (is_left or not vouchers or theirs):
                row["paid_there"] = hand
            elif all_told or (vouchers and not is_left) or theirs:
                row["paid_there"] = None

    def _recorded(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Delivery]:
        """Document key -> how Coupa was informed of the payments of JD Edwards."""
        keys = {row["key"]: f"F0411:invoice/{row['invoice_id']}" for row in rows}
        flow = f"{self.context.integration.name}/{PAYMENT_FLOWS['jde']}"
        known = self.context.ledger.deliveries.load(flow, list(keys.values()))
        return {key: known[name] for key, name in keys.items() if name in known}

    def _shown(self, row: Mapping[str, Any], known: Delivery | None) -> str:
        """The payments on an invoice that may be a person's, in words."""
        entries = json.loads(row["payments"])
        if self._jde_pays:
            # one that ended takes its voucher back, and one that is marked as paid says so itself
            whole = row["void"] or row["paid_there"]
            ours = (known.content or {}).get("payments", []) if known else []
            others = [] if whole else not_ours({"payments": ours}, {"payments": entries})
            net = sum((Decimal(each["amount"]) for each in others), ZERO) * _sign(row)
            words = ", ".join(f"payment {each['note'] or '?'} of {each['amount']}" for each in others)
            words = words if net > 0 else ""
        elif self._reads_coupa_pay and entries:
            words = self._under_way.by_hand(str(row["invoice_id"]), entries, credit=_sign(row) < 0)
        else:
            words = ""
        return f"{words}, on invoice {row['full_number']}" if words else ""

    def _pays(self, row: Mapping[str, Any]) -> bool:
        """Whether Coupa Pay, which pays here, pays an invoice; as far as we can read it."""
        if self._jde_pays:
            return False
        return not self._reads_coupa_pay or bool(self._under_way.of(str(row["invoice_id"]))[0])

    @cached_property
    def _under_way(self) -> UnderWay:
        return UnderWay(self.context)


def _exceeds(row: Mapping[str, Any], vouchers: Sequence[Held]) -> bool:
    """Whether Coupa shows more as paid than JD Edwards has settled, so that JD Edwards would pay some of it again."""
    shown = sum((Decimal(each["amount"]) for each in json.loads(row["payments"])), ZERO)
    settled = sum((each.total("AG", "ACR") - each.total("AAP", "FAP") for each in vouchers if not each.in_batch), ZERO)
    return shown * _sign(row) > settled * _sign(row)


def _sign(row: Mapping[str, Any]) -> int:
    return -1 if row["amount"] and row["amount"] < 0 else 1
