"""If Coupa Pay pays the invoices that originate in Coupa: what JD Edwards has paid of their vouchers by itself."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector_assets.documents.coupa import payables as coupa
from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import VOUCHER_KEY, by, text, voucher_parts
from connector_assets.documents.jde.payments.reading import payments_of
from connector_assets.documents.jde.vouchers.handing_over import rows_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_coupa.paging import by_ids
from connector_assets.pairs.jde_coupa.payments_to_coupa.otherwise import UnderWay
from connector_assets.pairs.jde_coupa.payments_to_jde.origin import OwnPayments
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.models import DEAD, VOIDED

ZERO = Decimal("0.00")


def paid_by_both(context: RunContext, owners: Mapping[str, str]) -> dict[str, str]:
    """Invoice id -> in words what JD Edwards paid of its voucher while Coupa can pay it, or has; `owners` are vouchers
    (`00001/PV/4711`) with the invoices that they were made of. A clerk who pays by hand what Coupa Pay pays tells
    Coupa nothing."""
    rows = rows_of(context, {voucher_parts(each) for each in owners})
    paid = by([row for row in rows if row.get("AAP") != row.get("AG") and text(row.get("VOD")) != "V"], *VOUCHER_KEY)
    ours = _own(context, {"/".join(map(str, key)): key for key in paid}, rows) if paid else {}
    found: dict[str, str] = {}
    invoices = by_ids(context.client("coupa", CoupaClient).invoices, {owners[each] for each in ours})
    held: dict[str, Any] = {str(each.id): each for each in invoices}
    under_way = UnderWay(context)
    for voucher, amount in ours.items():
        invoice = held.get(owners[voucher])
        if invoice is None or invoice.status in DEAD | {VOIDED}:
            continue
        total = coupa.total_of(invoice)
        theirs, words = under_way.of(owners[voucher])
        if invoice.paid and abs(amount + theirs) <= abs(total):
            continue
        shown = f"invoice {invoice.invoice_number} of {amount_text(total)}, {invoice.status}"
        in_words = f"{voucher}, {amount_text(amount)} of it paid by JD Edwards itself; {shown}; Coupa pays it"
        found[owners[voucher]] = ", ".join(filter(None, (in_words, words)))
    return found


def _own(context: RunContext, vouchers: Mapping[str, Any], rows: Any) -> dict[str, Decimal]:
    """Voucher -> what JD Edwards has paid of it that Coupa Pay has not; of those alone of which it has."""
    jde = context.reader("jde")
    details = jde.complete("F0414", VOUCHER_KEY, list(vouchers.values()))
    headers = jde.complete("F0413", ["PYID"], [(each,) for each in {row["PYID"] for row in details}])
    elsewhere = OwnPayments(context)(headers, details)
    own = {row["PYID"]: row for row in headers if row["PYID"] not in elsewhere}
    by_voucher, items = by(details, *VOUCHER_KEY), by(rows, *VOUCHER_KEY)
    found = {}
    for name, key in vouchers.items():
        mine = [row for row in by_voucher.get(key, ()) if row["PYID"] in own]
        entries = payments_of(items[key], mine, own, foreign=is_foreign(items[key][0]))
        if amount := sum((Decimal(each["amount"]) for each in entries), ZERO):
            found[name] = amount
    return found
