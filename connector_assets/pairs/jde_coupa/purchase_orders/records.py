"""A purchase order in Coupa's terms: the request bodies, and what comes back (coupa section 3.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connector_assets.documents.jde.orders.reading import plain
from connector_assets.engine.document import Document, Target, version_text
from connector_assets.engine.money import amount_text, smallest
from connector_assets.engine.references import number_of
from connector_assets.pairs.jde_coupa.accounts.links import AccountLinks
from connector_assets.pairs.jde_coupa.purchase_orders.settings import PurchaseOrderSettings
from connector_resources.coupa.order_models import (
    AMOUNT_LINE,
    EXTERNAL_ORDER,
    ORDER_CANCELLED,
    ORDER_CLOSED,
    QUANTITY_LINE,
    OrderLine,
    PurchaseOrder,
)

ZERO = Decimal(0)
# the part of the content that create and update carry; that it is in force, cancelled or closed is reported by other
# calls
BASE = ("key", "number", "supplier", "currency", "amount", "ship_to", "term", "lines")


def base_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that create and update carry."""
    return {name: content[name] for name in BASE}


def in_order(lines: Collection[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Lines by their numbers, `2` before `10`."""
    return sorted(lines, key=lambda line: _place(line["line"]))


def line_content(line: Mapping[str, Any], *, by_amount: bool) -> dict[str, Any]:
    """A mapped line in the terms of the content; an amount line has neither quantity nor unit."""
    by_amount = by_amount or not line["quantity"]
    return {
        "line": line["line"],
        "description": line["description"],
        "quantity": None if by_amount else plain(line["quantity"]),
        "price": amount_text(line["line_amount"] if by_amount else line["price"]),
        "uom": None if by_amount else line["uom_code"],
        "account": line["account_code"],
        "need_by": line["need_by"].isoformat() if line["need_by"] else None,
    }


class OrderBodies:
    """Writes the bodies. `accounts` leads from a line to its account."""

    def __init__(self, settings: PurchaseOrderSettings, accounts: AccountLinks) -> None:
        self.settings = settings
        self.accounts = accounts

    def create(self, document: Document) -> dict[str, Any]:
        """The whole order."""
        return {
            "type": EXTERNAL_ORDER,
            "version": 1,
            "transmission-method-override": self.settings.transmission,
            "ship-to-user": {"login": self.settings.ship_to_user},
            **self._header(document, BASE),
            "order-lines": [self._line(document, place) for place in range(len(document.content["lines"]))],
        }

    def update(self, document: Document, fields: Collection[str], current: Target) -> dict[str, Any]:
        """What differs: of the header the `fields`, of the lines those that are new, other or too many."""
        body = self._header(document, fields)
        if "lines" in fields:
            body["order-lines"] = self._changed_lines(document, current)
        return body

    def _header(self, document: Document, fields: Collection[str]) -> dict[str, Any]:
        content = document.content
        custom = self.settings.key_custom_field
        whole: dict[str, dict[str, Any]] = {
            "number": {"po-number": content["number"]},
            "supplier": {"supplier": {"id": number_of(document.facts["row"]["supplier_id"])}},
            "currency": {"currency": {"code": content["currency"]}},
            "ship_to": {"ship-to-address": {"location-code": content["ship_to"]}},
            "term": {"payment-term": {"code": content["term"]}} if content["term"] else {},
            "key": {"custom-fields": {custom: content["key"]}} if custom else {},
        }
        return {name: value for field, part in whole.items() if field in fields for name, value in part.items()}

    def _changed_lines(self, document: Document, current: Target) -> list[dict[str, Any]]:
        """Lines that exist are named by their id, to be changed in place; one without a number of ours is removed."""
        held = {line["line"]: line for line in current.content["lines"]}
        ids = {line.line_num: line.id for line in current.raw.order_lines}
        lines = [
            ({"id": ids[wanted["line"]]} if wanted["line"] in ids else {}) | self._line(document, place)
            for place, wanted in enumerate(document.content["lines"])
            if held.get(wanted["line"]) != wanted
        ]
        numbers = {line["line"] for line in document.content["lines"]}
        surplus = [line.id for line in current.raw.order_lines if line.line_num not in numbers]
        return lines + [{"id": id, "_delete": True} for id in surplus]

    def _line(self, document: Document, place: int) -> dict[str, Any]:
        content = document.content["lines"][place]
        source = in_order(document.facts["lines"])[place]
        body: dict[str, Any] = {
            "line-num": content["line"],
            "type": AMOUNT_LINE if content["quantity"] is None else QUANTITY_LINE,
            "description": content["description"],
            "price": content["price"],
            "currency": {"code": document.content["currency"]},
            "account": self.accounts.account(source, content["account"]),
        }
        if content["quantity"] is not None:
            body["quantity"] = content["quantity"]
        if content["uom"]:
            body["uom"] = {"code": content["uom"]}
        if content["need_by"]:
            body["need-by-date"] = content["need_by"]
        return body


def observe(order: PurchaseOrder, settings: PurchaseOrderSettings) -> Target:
    """A Coupa order in the terms of this flow's content."""
    field = settings.key_custom_field
    key = order.custom(field) if field else settings.key_of(order.po_number or "")
    unit = smallest(order.currency.code if order.currency else None)
    content = {
        "key": str(key).removeprefix("F4301:") if key else None,
        "number": order.po_number,
        "supplier": order.supplier.number if order.supplier else None,
        "currency": order.currency.code if order.currency else None,
        "amount": amount_text(sum((_total(line, unit) for line in order.order_lines), Decimal("0.00"))),
        "ship_to": order.ship_to_address.location_code if order.ship_to_address else None,
        "term": order.payment_term.code if order.payment_term else None,
        "lines": [
            {
                "line": line.line_num or "",
                "description": line.description,
                "quantity": None if _by_amount(line) else plain(line.quantity or ZERO),
                "price": amount_text(line.price or ZERO),
                "uom": line.uom.code if line.uom and not _by_amount(line) else None,
                "account": line.account.code if line.account else None,
                "need_by": line.need_by_date.isoformat() if line.need_by_date else None,
            }
            for line in sorted(order.order_lines, key=lambda each: _place(each.line_num))
        ],
        "void": order.status in ORDER_CANCELLED,
        "closed": order.status in ORDER_CLOSED,
    }
    return Target(
        str(order.id),
        content,
        status=order.status or "",
        label=order.po_number or "",
        raw=order,
        version=version_text(order.updated_at),
    )


def _total(line: OrderLine, unit: Decimal) -> Decimal:
    """A line's amount, in whole `unit`s of its currency."""
    amount = (line.price or ZERO) * (Decimal(1) if _by_amount(line) else line.quantity or ZERO)
    return (amount if line.total is None else line.total).quantize(unit, ROUND_HALF_UP)


def _by_amount(line: OrderLine) -> bool:
    return line.type == AMOUNT_LINE or line.quantity is None


def _place(number: str | None) -> tuple[Decimal, str]:
    try:
        return Decimal(number or "0"), ""
    except InvalidOperation:
        return Decimal("Infinity"), number or ""
