"""Credits that somebody applied to a bill by hand, without a payment, and what that means for JD Edwards.

JD Edwards learns of a credit through the payment that applies it. A credit applied by itself (bill sections 3.2 and
3.5) settles part of the bill in BILL alone, while voucher and debit memo both stay open in JD Edwards.
"""

from __future__ import annotations

from collections.abc import Collection

from connector_assets.documents.jde.keys import VOUCHER_KEY, voucher_key, voucher_parts
from connector_assets.documents.jde.vouchers.pay_items import voucher_of
from connector_assets.engine.context import RunContext

CREDITS = "vendor_credits"


def settled_with(context: RunContext, credits: Collection[str], payments: Collection[str]) -> bool:
    """Whether each of these payments of JD Edwards (PYID), at least one, also settles a debit memo that is one of these
    credits (id): a payment of another kind has nothing to do with them."""
    flow = f"{context.integration.name}/{CREDITS}"
    links = context.ledger.links.by_target(flow, CREDITS, list(credits))
    if not payments or links.keys() != set(credits):
        return False
    memos = {voucher_of(link.source_key) for link in links.values()}
    rows = context.reader("jde").complete("F0414", VOUCHER_KEY, [voucher_parts(each) for each in sorted(memos)])
    return set(payments) <= {str(row["PYID"]) for row in rows if voucher_key(row) in memos}
