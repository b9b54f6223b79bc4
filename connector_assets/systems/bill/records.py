"""How BILL's documents land: a few plain columns for people, and the whole record as text.

The text is canonical JSON of the client's model: its attributes that came (BILL omits what is unset, bill section 3.0),
sorted, exact decimals as strings, instants with their offset. `record_of` makes the model of it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from connector_assets.systems.records import (
    AMOUNT,
    DAY,
    MOMENT,
    RECORD,
    Column,
    DocumentKind,
    day_of,
    in_utc,
    shown_amount,
)
from connector_resources.bill import Bill, Payment, Vendor, VendorCredit


def record_text(record: BaseModel) -> str:
    """A record as canonical JSON: what did not come is not in it."""
    return json.dumps(_plain(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def record_of(entity: str, text: str) -> Any:
    """The client's model of a landed record, equal to the one that was read."""
    return DOCUMENTS[entity].model.model_validate(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def _columns(*, encrypted: bool = False, **own: tuple[pa.DataType, Callable[[Any], Any]]) -> dict[str, Column]:
    """The columns that all kinds have around those of one kind: its type and what it is of a record. `encrypted` says
    that the record holds tax or bank numbers."""
    return {
        "id": Column(pa.string(), None, lambda record, zone: record.id),
        DAY: Column(pa.date32(), None, lambda record, zone: day_of(record.updated_time, zone)),
        "updated_at": Column(MOMENT, None, lambda record, zone: in_utc(record.updated_time)),
        **{name: _column(kind, value) for name, (kind, value) in own.items()},
        RECORD: Column(pa.string(), None, lambda record, zone: record_text(record), encrypted),
    }


def _column(kind: pa.DataType, value: Callable[[Any], Any]) -> Column:
    return Column(kind, None, lambda record, zone: value(record))


_VENDOR = (pa.string(), lambda record: record.vendor_id)
_MONEY = (AMOUNT, lambda record: shown_amount(record.amount))

DOCUMENTS: Mapping[str, DocumentKind] = {
    "bills": DocumentKind(
        "bills",
        Bill,
        _columns(
            invoice_number=(pa.string(), lambda bill: bill.invoice.invoice_number if bill.invoice else None),
            vendor_id=_VENDOR,
            payment_status=(pa.string(), lambda bill: bill.payment_status),
            approval_status=(pa.string(), lambda bill: bill.approval_status),
            amount=_MONEY,
        ),
    ),
    "payments": DocumentKind(
        "payments",
        Payment,
        _columns(
            vendor_id=_VENDOR,
            status=(pa.string(), lambda payment: payment.status),
            single_status=(pa.string(), lambda payment: payment.single_status),
            amount=_MONEY,
        ),
    ),
    "vendors": DocumentKind(
        "vendors",
        Vendor,
        _columns(
            encrypted=True,
            name=(pa.string(), lambda vendor: vendor.name),
            short_name=(pa.string(), lambda vendor: vendor.short_name),
            bill_currency=(pa.string(), lambda vendor: vendor.bill_currency),
        ),
    ),
    "vendor_credits": DocumentKind(
        "vendor_credits",
        VendorCredit,
        _columns(
            reference_number=(pa.string(), lambda credit: credit.reference_number),
            vendor_id=_VENDOR,
            status=(pa.string(), lambda credit: credit.status),
            amount=_MONEY,
        ),
    ),
}
