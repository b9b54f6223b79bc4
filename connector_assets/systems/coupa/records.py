"""How Coupa's documents land: a few plain columns for people, and the whole record as text.

A record has more parts than a table has columns, so it lands as canonical JSON: hyphen keys as Coupa writes them,
sorted, exact decimals as strings, instants with the offset that they came with. `record_of` makes the client's model of
it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from connector_assets.systems.records import (
    AMOUNT,
    DAY,
    MOMENT,
    RECORD,
    WIDE,
    Column,
    DocumentKind,
    day_of,
    in_utc,
    shown_amount,
)
from connector_resources.coupa import Invoice, PayPayment, PurchaseOrder
from connector_resources.coupa.fields import Selected, hyphenated
from connector_resources.coupa.shapes import Shape


def record_text(record: Shape) -> str:
    """A record as canonical JSON: what was not read is not in it."""
    return json.dumps(_plain(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def record_of(entity: str, text: str) -> Any:
    """The client's model of a landed record, equal to the one that was read.

    But for one thing: a number with a fraction in a custom field comes back as text, as Coupa writes its own.
    """
    return DOCUMENTS[entity].model.model_validate(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return {hyphenated(name): _plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def _invoice_total(invoice: Invoice) -> Decimal | None:
    return invoice.gross_total if invoice.total_with_taxes is None else invoice.total_with_taxes


def _order_total(order: PurchaseOrder) -> Decimal:
    """The sum of the lines: Coupa's own totals, else price by quantity; an amount line has its amount as price."""
    total = Decimal(0)
    for line in order.order_lines:
        quantity = Decimal(1) if line.quantity is None else line.quantity
        total = WIDE.add(
            total, line.total if line.total is not None else WIDE.multiply(line.price or Decimal(0), quantity)
        )
    return total


def _columns(
    number: str,
    *,
    supplier: str,
    currency: str,
    amount: tuple[tuple[Selected, ...], Callable[[Any], Decimal | None]],
) -> dict[str, Column]:
    """The columns of one kind; `number` is both the column and the field that people know a document by."""
    total_fields, total = amount
    payee: tuple[Selected, ...] = ({supplier: ["number"]},)
    money: tuple[Selected, ...] = ({currency: ["code"]},)
    return {
        "id": Column(pa.int64(), ("id",), lambda record, zone: record.id),
        DAY: Column(pa.date32(), ("updated_at",), lambda record, zone: day_of(record.updated_at, zone)),
        "updated_at": Column(MOMENT, ("updated_at",), lambda record, zone: in_utc(record.updated_at)),
        number: Column(pa.string(), (number,), lambda record, zone: getattr(record, number)),
        "status": Column(pa.string(), ("status",), lambda record, zone: record.status),
        "supplier": Column(pa.string(), payee, lambda record, zone: _inner(record, supplier, "number")),
        "currency": Column(pa.string(), money, lambda record, zone: _inner(record, currency, "code")),
        "amount": Column(AMOUNT, total_fields, lambda record, zone: shown_amount(total(record))),
        RECORD: Column(pa.string(), None, lambda record, zone: record_text(record)),
    }


def _inner(record: Any, association: str, name: str) -> Any:
    found = getattr(record, association)
    return None if found is None else getattr(found, name)


DOCUMENTS: Mapping[str, DocumentKind] = {
    "invoices": DocumentKind(
        "invoices",
        Invoice,
        _columns(
            "invoice_number",
            supplier="supplier",
            currency="currency",
            amount=(("gross_total", "total_with_taxes"), _invoice_total),
        ),
    ),
    "purchase_orders": DocumentKind(
        "purchase_orders",
        PurchaseOrder,
        _columns(
            "po_number",
            supplier="supplier",
            currency="currency",
            amount=(({"order_lines": ["price", "quantity", "total"]},), _order_total),
        ),
        keys=frozenset({"id", "po_number"}),
    ),
    "payments": DocumentKind(
        "pay_payments",
        PayPayment,
        _columns(
            "payment_identifier",
            supplier="payee",
            currency="pay_to_currency",
            amount=(("pay_to_total",), lambda payment: payment.pay_to_total),
        ),
    ),
}
