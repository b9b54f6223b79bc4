"""Which orders have a bill of their own: for the flow that creates it, and for the vouchers, which then get none.

By the ledger an order is billed if it is linked, or a call for it is under way, unless its bill was archived when it
was last seen: nobody pays that bill, and the vouchers of the order are billed again. If the ledger was lost, the marker
at the start of a bill's description decides.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from connector_assets.documents.jde.keys import ORDER_KEY, order_key, order_parts
from connector_assets.documents.jde.orders.vouchers import Order
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_bill.marker import ORDER, keys_of
from connector_assets.pairs.jde_bill.payables.covered import Described
from connector_assets.pairs.jde_bill.payables.sent_before import UNDERWAY
from connector_assets.pairs.jde_bill.purchase_order_bills.settings import FLOW, order_bill_settings


def orders_covered(record: Described) -> list[str]:
    """The key of the order that a bill came from, alone in a list; empty for a bill of anything else."""
    return [key for key in keys_of(record.description) if key.startswith(f"{ORDER}:")]


def order_named(key: str) -> Order:
    """(KCOO, DCTO, DOCO) of a document key, `F4301:00100/OP/100234/000`; its suffix is no part of it, for vouchers do
    not tell it reliably."""
    return order_parts(key.rpartition("/")[0])


class OrderBills:
    """Our memory of an integration's bills of orders."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.full_name = f"{context.integration.name}/{FLOW}"

    @property
    def used(self) -> bool:
        """Whether the site makes bills of orders."""
        return FLOW in self.context.integration.settings.flows

    @cached_property
    def suffix(self) -> str:
        """The suffix (SFXO) that purchase orders have here."""
        return order_bill_settings(self.context.integration.settings).order_suffix

    def key(self, order: Order) -> str:
        """The document key of an order."""
        return f"{order_key(dict(zip(ORDER_KEY, order, strict=True)))}/{self.suffix}"

    def sent(self, keys: Collection[str]) -> dict[str, bool]:
        """Key -> whether its bill was archived when it was last seen, of orders that BILL has, or may have."""
        links = self.context.ledger.links.of(self.full_name, keys)
        known = self.context.ledger.deliveries.load(self.full_name, keys)
        underway = {key for key, each in known.items() if each.state in UNDERWAY}
        archived = {key for key, each in known.items() if (each.content or {}).get("void")} - underway
        return {key: key in archived for key in {*links, *underway}}

    def billed(self, orders: Collection[Order]) -> set[Order]:
        """Those of these orders whose vouchers are no bills."""
        keys = {self.key(order): order for order in orders}
        return {keys[key] for key, archived in self.sent(list(keys)).items() if not archived}
