"""An invoice of Coupa as a mapped row of `approved_invoices`: its columns, checks, and what both sides agree on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.documents.coupa import payables as coupa
from connector_assets.documents.coupa.discounts import discount_of
from connector_assets.documents.jde.voucher_entry import mapping as vouchers
from connector_assets.documents.jde.voucher_entry.discounts import DISCOUNT, discount_shown
from connector_assets.documents.jde.voucher_entry.records import order_name
from connector_assets.engine.checks import FrameChecks
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_coupa.approved_invoices import orders
from connector_assets.pairs.jde_coupa.approved_invoices.settings import ApprovedInvoiceSettings
from connector_assets.pairs.jde_coupa.invoices.remit_to import remit_to_of
from connector_assets.pairs.jde_coupa.origin import voucher_key_on
from connector_assets.pairs.jde_coupa.payments_to_coupa.on_invoices import by_coupa_pay, payments_held
from connector_resources.coupa.models import Invoice

ZERO = Decimal("0.00")
SOURCE = "invoice"
# a column of the mapped row that says why it is held -> the reason, and how the field is called to a person
HOLDS = {
    **vouchers.HOLDS,
    "unmapped_term": ("payment_term_not_mapped", "payment_term"),
    "unmapped_tax": ("tax_code_not_mapped", "tax_code"),
    "unruled_tax": ("tax_rule_missing", "tax_code"),
    "use_tax": ("use_tax_charged", "tax_code"),
    "unmapped_charge": ("charge_not_mapped", "charge"),
    "withheld": ("withholding_tax", "withholding_tax"),
    "positive": ("credit_note_positive", "amount"),
    "unclear_discount": ("discount_unclear", "discount"),
    "channel": ("payable_in_both", "payment_channel"),
    "paid_there": ("paid_by_another", "invoice"),
}
LINE_HOLDS = {
    column: (why, "order" if column in orders.HOLDS else "account")
    for column, why in {**vouchers.LINE_HOLDS, **orders.HOLDS}.items()
}

COLUMNS: dict[str, str] = {
    "invoice_id": "int",
    **vouchers.COLUMNS,
    "born_as": "str?",
    "told_voucher": "str?",
    "supplier_id": "int?",
    # the address that the supplier wants the money sent to: its code, or its id
    "remit_to": "str?",
    "term_code": "str?",
    # what may be taken off it, in the sign of the amount, by whoever pays it until that day
    "discount": "money?",
    "discount_until": "date?",
    "taxes": "str",
    # what Coupa shows as paid of it: date, note and amount of each
    "payments": "str",
    **dict.fromkeys(HOLDS, "str?"),
}
LINE_COLUMNS: dict[str, str] = {
    **vouchers.LINE_COLUMNS,
    "account_id": "str?",
    "account_code": "str?",
    "chart": "str?",
    "charge": "str?",
    "tax_code": "str?",
    **orders.COLUMNS,
    **dict.fromkeys(LINE_HOLDS, "str?"),
}


def mapped(
    key: str, day: date | None, invoice: Invoice, settings: ApprovedInvoiceSettings, key_field: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of an invoice and its lines, as far as the invoice itself tells; `key_field` is the custom field in which
    the invoices flow writes the key of a voucher."""
    owed, discount = coupa.payable_of(invoice), discount_of(invoice)
    total, gap = owed.total, owed.net + owed.tax - owed.total
    withheld = coupa.withheld(invoice)
    supplier = invoice.supplier
    document = blank(key, day, invoice.id, invoice.status or "") | {
        "amount": total,
        "currency": invoice.currency.code if invoice.currency else None,
        "void": invoice.status not in settings.statuses,
        "born_as": voucher_key_on(invoice, key_field),
        "told_voucher": _voucher_shown(invoice, settings.voucher_custom_field),
        "full_number": invoice.invoice_number,
        "number": settings.short(invoice.invoice_number or ""),
        "supplier_id": supplier.id if supplier else None,
        "supplier": (supplier.number or supplier.name) if supplier else None,
        "remit_to": remit_to_of(invoice),
        "invoice_date": invoice.invoice_date,
        "due_date": invoice.net_due_date,
        "term_code": invoice.payment_term.code if invoice.payment_term else None,
        "discount": discount.amount if discount else None,
        "discount_until": discount.until if discount else None,
        "tax": owed.tax,
        "taxes": json.dumps([[each.code, str(each.amount), str(each.net)] for each in owed.taxes]),
        "payments": json.dumps(payments_held(invoice)),
        "remark": invoice.invoice_lines[0].description if invoice.invoice_lines else None,
        "withheld": amount_text(withheld) if withheld else None,
        "positive": owed.untold or None,
        "unclear_discount": (discount.untold or None) if discount else None,
        "channel": _by_coupa_pay(invoice) if settings.payer == "jde" else None,
        # of a voucher that is settled, or of which we told the payment, nothing stands, see `ApprovedInvoices`
        "paid_there": _paid_there(invoice) if settings.payer == "jde" or not by_coupa_pay(invoice) else None,
        "gap": amount_text(gap) if gap else None,
        "no_lines": "no lines" if not owed.costs else None,
    }
    lines = [
        {
            "key": key,
            "line": place,
            "account_id": str(cost.account_id) if cost.account_id else None,
            "account_code": cost.account_code,
            "chart": cost.chart,
            "charge": cost.charge or None,
            "aid": None,
            "account": None,
            "company": None,
            "line_amount": cost.amount,
            "tax_code": cost.tax_code or None,
            "tax_share": None,
            "description": cost.description or None,
            "order": cost.order or None,
            "order_line": cost.order_line or None,
            "quantity": cost.quantity if cost.order else None,
            **dict.fromkeys(LINE_HOLDS),
        }
        for place, cost in enumerate(owed.costs, 1)
    ]
    return document, lines


def _by_coupa_pay(invoice: Invoice) -> str | None:
    """What Coupa Pay is about to pay of an invoice, in words."""
    if invoice.paid or not by_coupa_pay(invoice):
        return None
    total = f"{amount_text(coupa.total_of(invoice))} {invoice.currency.code if invoice.currency else ''}".strip()
    return f"invoice {invoice.invoice_number} of {total}, payment channel {invoice.payment_channel}; JD Edwards pays it"


def _paid_there(invoice: Invoice) -> str | None:
    """What Coupa shows as paid, in words."""
    if not invoice.paid or not coupa.total_of(invoice):
        return None
    shown = [f"payment {each['note'] or '?'} of {each['amount']}" for each in payments_held(invoice)]
    by = f", payment channel {invoice.payment_channel}" if by_coupa_pay(invoice) else ""
    return f"{', '.join(shown) or 'the mark `paid`'} on invoice {invoice.invoice_number}{by}"


def _voucher_shown(invoice: Invoice, field: str | None) -> str | None:
    """The voucher that Coupa shows on the invoice, where it is reported."""
    value = invoice.custom(field) if field else None
    return str(value) if value else None


def blank(key: str, day: date | None, id: int, status: str) -> dict[str, Any]:
    """A mapped row of which nothing is known but its id."""
    return vouchers.blank(COLUMNS, key, day, status) | {"invoice_id": id, "taxes": "[]", "payments": "[]"}


def checks(waits_for: Callable[[str, Mapping[str, Any]], str | None]) -> FrameChecks:
    """The pandera schemas; `waits_for` says what a held row waits for."""
    return vouchers.checks("approved invoice", COLUMNS, LINE_COLUMNS, HOLDS, LINE_HOLDS, waits_for)


def content(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What both sides shall agree on."""
    offered = {DISCOUNT: discount_shown(row)} if row["discount"] else {}
    return {**vouchers.content(SOURCE, row, lines, _booked_on), "remit_to": row["remit_to"] or "", **offered}


def _booked_on(line: Mapping[str, Any]) -> str:
    """What a line is booked on: its account by the short id (AID), which outlives another number, or the order line
    that JDE knows the account of."""
    if not line["order_number"]:
        return line["aid"] or ""
    return order_name(line["order_company"], line["order_type"], line["order_number"], line["order_line"])
