"""An invoice of Coupa as a mapped row of `approved_invoices`: its columns, what holds it, what both sides agree on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.delivery.checks import FrameChecks, mapped_columns, reason, row_schema, shape_schema
from connector_assets.delivery.money import amount_text
from connector_assets.integrations.from_coupa import payables as coupa
from connector_assets.integrations.jde_coupa.approved import orders
from connector_assets.integrations.jde_coupa.approved.records import by_account
from connector_assets.integrations.jde_coupa.approved.settings import ApprovedInvoiceSettings
from connector_assets.integrations.jde_coupa.birthplace import voucher_key_on
from connector_resources.coupa.models import Invoice

ZERO = Decimal("0.00")
# a column of the mapped row that says why it is held -> the reason, and how the field is called to a person
HOLDS = {
    "no_number": ("required_field_blank", "number"),
    "no_date": ("required_field_blank", "invoice_date"),
    "no_currency": ("required_field_blank", "currency"),
    "long_number": ("too_long", "number"),
    "unknown_supplier": ("supplier_not_linked", "supplier"),
    "unmapped_term": ("payment_term_not_mapped", "payment_term"),
    "unmapped_tax": ("tax_code_not_mapped", "tax_code"),
    "unmapped_charge": ("charge_not_mapped", "charge"),
    "unmapped_rate": ("exchange_rate_not_mapped", "currency"),
    "withheld": ("withholding_tax", "withholding_tax"),
    "positive": ("credit_note_positive", "amount"),
    "gap": ("distribution_does_not_agree", "amount"),
    "no_lines": ("distribution_missing", "lines"),
    "closed": ("period_closed", "gl_date"),
    "twin": ("possible_duplicate", "number"),
    "payer": ("payer_settings_differ", "pay_status"),
    "many_gone": ("many_deleted", "status"),
}
LINE_HOLDS = {
    "missing_account": "account_not_found",
    "closed_account": "account_not_postable",
    **orders.HOLDS,
}

COLUMNS: dict[str, str] = {
    "invoice_id": "int",
    "status": "str",
    "void": "bool",
    "born_as": "str?",
    "told_voucher": "str?",
    "in_jde": "bool",
    "full_number": "str?",
    "number": "str?",
    "supplier_id": "int?",
    "supplier": "str?",
    "supplier_exists": "bool",
    "an8": "int?",
    "invoice_date": "date?",
    "due_date": "date?",
    "term_code": "str?",
    "term": "str?",
    "tax": "money",
    "taxes": "str",
    "pay_items": "str",
    "remark": "str?",
    "company": "str?",
    "foreign": "bool",
    "rate": "money?",
    "gl_date": "date?",
    "not_open": "str?",
    **dict.fromkeys(HOLDS, "str?"),
}
LINE_COLUMNS: dict[str, str] = {
    "line": "int",
    "account_id": "str?",
    "account_code": "str?",
    "charge": "str?",
    "aid": "str?",
    "account": "str?",
    "company": "str?",
    "line_amount": "money",
    "description": "str?",
    **orders.COLUMNS,
    **dict.fromkeys(LINE_HOLDS, "str?"),
}


def mapped(
    key: str, day: date | None, invoice: Invoice, settings: ApprovedInvoiceSettings, key_field: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of an invoice and its lines, as far as the invoice itself tells; `key_field` is the custom field in which
    the invoices flow writes the key of a voucher."""
    costs, total = coupa.costs_of(invoice), coupa.total_of(invoice)
    taxes = coupa.taxes_of(invoice, costs)
    tax = sum((each.amount for each in taxes), ZERO)
    gap = sum((cost.amount for cost in costs), ZERO) + tax - total
    withheld = coupa.withheld(invoice)
    supplier = invoice.supplier
    wrong = coupa.is_credit(invoice) and total > 0
    document = blank(key, day, invoice.id, invoice.status or "") | {
        "amount": total,
        "currency": invoice.currency.code if invoice.currency else None,
        "void": invoice.status not in settings.statuses,
        "born_as": voucher_key_on(invoice, key_field),
        "told_voucher": _told(invoice, settings.voucher_custom_field),
        "full_number": invoice.invoice_number,
        "number": settings.short(invoice.invoice_number or ""),
        "supplier_id": supplier.id if supplier else None,
        "supplier": (supplier.number or supplier.name) if supplier else None,
        "invoice_date": invoice.invoice_date,
        "due_date": invoice.net_due_date,
        "term_code": invoice.payment_term.code if invoice.payment_term else None,
        "tax": tax,
        "taxes": json.dumps([[each.code, str(each.amount), str(each.net)] for each in taxes]),
        "remark": invoice.invoice_lines[0].description if invoice.invoice_lines else None,
        "withheld": amount_text(withheld) if withheld else None,
        "positive": amount_text(total) if wrong else None,
        "gap": amount_text(gap) if gap else None,
        "no_lines": "no lines" if not costs else None,
    }
    lines = [
        {
            "key": key,
            "line": place,
            "account_id": str(cost.account_id) if cost.account_id else None,
            "account_code": cost.account_code,
            "charge": cost.charge or None,
            "aid": None,
            "account": None,
            "company": None,
            "line_amount": cost.amount,
            "description": cost.description or None,
            "order": cost.order or None,
            "order_line": cost.order_line or None,
            "quantity": cost.quantity if cost.order else None,
            **dict.fromkeys(LINE_HOLDS),
        }
        for place, cost in enumerate(costs, 1)
    ]
    return document, lines


def _told(invoice: Invoice, field: str | None) -> str | None:
    """The voucher that Coupa shows on the invoice, where it is told."""
    value = invoice.custom(field) if field else None
    return str(value) if value else None


def blank(key: str, day: date | None, id: int, status: str) -> dict[str, Any]:
    """A mapped row of which nothing is known but its id."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    return row | {
        "key": key,
        "day": day,
        "ignored": None,
        "amount": None,
        "currency": None,
        "invoice_id": id,
        "status": status,
        "void": False,
        "in_jde": False,
        "supplier_exists": False,
        "foreign": False,
        "tax": ZERO,
        "taxes": "[]",
        "pay_items": "[]",
    }


def checks(waits_for: Callable[[str, Mapping[str, Any]], str | None]) -> FrameChecks:
    """The pandera schemas; `waits_for` says what a held row waits for."""
    holds = {column: [reason(why, lambda values: values.isna())] for column, (why, _) in HOLDS.items()}
    return FrameChecks(
        document_shape=shape_schema("approved invoices", mapped_columns(COLUMNS), unique=["key"]),
        document_rows=row_schema("approved invoices", holds),
        line_shape=shape_schema("approved invoice lines", {"key": "str"} | dict(LINE_COLUMNS), unique=["key", "line"]),
        line_rows=row_schema(
            "approved invoice lines",
            {column: [reason(why, lambda values: values.isna())] for column, why in LINE_HOLDS.items()},
        ),
        names={column: name for column, (_, name) in HOLDS.items()}
        | dict.fromkeys(LINE_HOLDS, "account")
        | dict.fromkeys(orders.HOLDS, "order"),
        waits_for=waits_for,
    )


def content(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What both sides shall agree on."""
    gone = row["currency"] is None
    return {
        "invoice": str(row["invoice_id"]),
        "number": row["number"],
        "date": row["invoice_date"].isoformat() if row["invoice_date"] else None,
        "supplier": str(row["an8"]) if row["an8"] is not None else None,
        "currency": row["currency"],
        "amount": None if gone else amount_text(row["amount"]),
        "tax": amount_text(row["tax"]),
        "lines": by_account((_booked_on(line), line["line_amount"]) for line in lines),
        "void": row["void"],
    }


def _booked_on(line: Mapping[str, Any]) -> str:
    """What a line is booked on: its account by the short id (AID), which outlives another number, or the order line
    that JDE knows the account of."""
    if not line["order_number"]:
        return line["aid"] or ""
    return orders.order_name(line["order_company"], line["order_type"], line["order_number"], line["order_line"])
