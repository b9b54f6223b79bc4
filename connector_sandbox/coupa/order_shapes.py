"""What purchase orders, their lines and their revisions consist of (coupa section 3.3)."""

from __future__ import annotations

from decimal import Decimal

from connector_sandbox.coupa.master import CUSTOM, FLAG
from connector_sandbox.coupa.schema import ID, READ_ONLY_INSTANT, STAMPS, Entity, Field, Shape, Unique, ref, text

EXTERNAL = "ExternalOrderHeader"
"""The type of an order whose source of truth is the ERP; `OrderHeader` is one that originates in Coupa."""
BY_QUANTITY, BY_AMOUNT = "OrderQuantityLine", "OrderAmountLine"

ORDER_STATUSES = (
    "draft", "buyer_hold", "supplier_hold", "currency_hold", "supplier_window_hold", "issued", "soft_closed",
    "cancelled", "closed", "error", "expensed", "exported",
)  # fmt: skip
TRANSMISSION_STATUSES = (
    "created", "deferred", "deferred_processing", "pending_manual", "pending_manual_cancel",
    "awaiting_online_purchase", "scheduled_for_email", "sent_via_email", "scheduled_for_cxml", "scheduled_for_xml",
    "sent_via_cxml", "sent_via_xml", "sent_manually", "purchased_online", "transmission_failure",
)  # fmt: skip

_MONEY = Field("decimal", scale=6)
_COMPUTED = Field("decimal", read_only=True, default=Decimal("0.00"))
_ALLOCATION = Shape(
    {"id": ID, "account": ref("accounts"), "pct": Field("decimal", scale=10), "amount": _MONEY, "period": text()}
)
# Items and contracts are resources of their own that no sync of ours reads: what was said about them is kept.
_ITEM = Shape({"id": ID, "name": text(), "item-number": text()})
_CONTRACT = Shape({"id": ID, "name": text(), "number": text()})
_LINE_FIELDS = {
    "id": ID,
    "created-at": READ_ONLY_INSTANT,
    "updated-at": READ_ONLY_INSTANT,
    "type": text(choices=(BY_QUANTITY, BY_AMOUNT), default=BY_QUANTITY),
    "order-header-id": Field("int", read_only=True),
    "line-num": text(),
    "description": text(),
    "price": _MONEY,
    "quantity": Field("decimal", places=1),
    "total": Field("decimal", read_only=True),
    "uom": ref("uoms"),
    "currency": ref("currencies"),
    "account-type": ref("account_types"),
    "account": ref("accounts"),
    "account-allocations": Field("lines", shape=_ALLOCATION),
    "commodity": ref("commodities"),
    "department": ref("departments"),
    "need-by-date": Field("instant"),
    "item": Field("nested", shape=_ITEM),
    "contract": Field("nested", shape=_CONTRACT),
    "source-part-num": text(),
    "supp-aux-part-num": text(),
    "match-type": text(choices=("direct_matching", "3-way-fifo", "3-way", "2-way", "none")),
    "receipt-required": FLAG,
    "external-reference-number": text(),
    "received": Field("decimal", read_only=True, places=1, default=Decimal("0.0")),
    "invoiced": Field("decimal", read_only=True, places=1, default=Decimal("0.0")),
    "total-invoiced": _COMPUTED,
    "status": text(read_only=True, default="created"),
    "version": Field("int", read_only=True, default=1),
    "custom-fields": CUSTOM,
}

ORDER = Entity(
    "purchase_orders", "order_header", "OrderHeader",
    Shape(
        {
            **STAMPS,
            "type": text(choices=(EXTERNAL, "OrderHeader"), default="OrderHeader"),
            "po-number": text(20, label="PO number"),
            "version": Field("int"), "internal-revision": Field("int", read_only=True, default=1),
            "status": text(50, read_only=True, default="draft", choices=ORDER_STATUSES,
                           spellings=(("canceled", "cancelled"),)),
            "transmission-status": text(read_only=True, default="created", choices=TRANSMISSION_STATUSES),
            "transmission-method-override": text(
                30, choices=("supplier_default", "email", "do_not_transmit"), default="supplier_default"),
            "transmission-emails": text(None),
            "supplier": ref("suppliers"), "supplier-site": ref("supplier_sites"), "currency": ref("currencies"),
            "ship-to-address": ref("addresses"), "ship-to-user": ref("users"), "ship-to-attention": text(),
            "payment-term": ref("payment_terms"), "shipping-term": ref("shipping_terms"), "payment-method": text(),
            "order-lines": Field("lines", shape=Shape(_LINE_FIELDS)),
            "exported": FLAG, "last-exported-at": READ_ONLY_INSTANT,
            "change-type": text(read_only=True, choices=("change", "revision", "confirmation")),
            "classification": text(), "confirm-by-hrs": Field("int"), "acknowledged-flag": FLAG, "hide-price": FLAG,
            "reason-insight-code": text(read_only=True),
            "custom-fields": CUSTOM,
        }
    ),
    keys=("id", "po-number"), stub=("id", "po-number", "version", "status"),
    required=("po-number", "supplier", "ship-to-address", "ship-to-user"),
    unique=(Unique(("po-number",), "po-number", "PO number"),), indexed=("supplier", "status"),
)  # fmt: skip
ORDER_LINE = Entity(
    "purchase_order_lines", "order_line", "OrderLine",
    Shape({**_LINE_FIELDS, "order-header": ref("purchase_orders", read_only=True)}),
    indexed=("order-header", "status"),
)  # fmt: skip
"""A view of the lines of all orders: `Tables` keeps it, the orders hold what is in it."""
ORDER_REVISION = Entity(
    "purchase_order_revisions", "order_header_revision", "OrderHeaderRevision",
    Shape(
        {
            **STAMPS, "order-header": ref("purchase_orders", read_only=True), "po-number": text(read_only=True),
            "version": Field("int", read_only=True), "internal-revision": Field("int", read_only=True),
            "status": text(read_only=True), "total": Field("decimal", read_only=True),
            "change-type": text(read_only=True),
        }
    ),
    indexed=("order-header", "po-number"),
)  # fmt: skip

ORDERS = (ORDER, ORDER_LINE, ORDER_REVISION)
"""In the order in which content is loaded."""
