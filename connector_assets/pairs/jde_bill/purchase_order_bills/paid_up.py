"""Orders whose bill is fully paid: if their vouchers are for more, mostly for tax, JD Edwards must pay the difference,
and it must not stay handed over."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by
from connector_assets.documents.jde.orders.vouchers import Order, vouchers_of
from connector_assets.documents.jde.payments.reading import paid_by
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills

ZERO = Decimal("0.00")


def paid_up(order_bills: OrderBills, orders: Collection[Order]) -> set[Order]:
    """Those of these orders on whose vouchers JDE has payments, BILL's or its own, for as much as their bill was for
    when it was last seen."""
    reader = order_bills.context.reader("jde")
    keys = {order_bills.key(order): order for order in orders}
    known = order_bills.context.ledger.deliveries.load(order_bills.full_name, list(keys))
    totals = {keys[key]: Decimal((each.content or {}).get("total") or ZERO) for key, each in known.items()}
    items = vouchers_of(reader, [order for order, total in totals.items() if total]) if totals else {}
    vouchers = {tuple(row[column] for column in VOUCHER_KEY) for own in items.values() for row in own}
    details = reader.complete("F0414", VOUCHER_KEY, sorted(vouchers)) if vouchers else []
    payments = sorted({row["PYID"] for row in details})
    headers = reader.complete("F0413", ["PYID"], [(each,) for each in payments]) if payments else []
    live = {row["PYID"] for row in headers if row.get("VDGJ") is None}
    lines = by([row for row in details if row["PYID"] in live], *VOUCHER_KEY)
    return {order for order, own in items.items() if _paid(own, lines) >= totals[order]}


def _paid(items: list[Row], lines: dict[tuple[object, ...], list[Row]]) -> Decimal:
    """What was paid of the vouchers of an order, in their currency."""
    vouchers = by(items, *VOUCHER_KEY)
    sums = (paid_by(own, lines.get(key, []), foreign=is_foreign(own[0])) for key, own in vouchers.items())
    return sum((amount for each in sums for amount in each.values()), ZERO)
