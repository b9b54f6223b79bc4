"""A bill of BILL as a mapped row of `approved_bills`: its columns, their checks, and what both sides agree on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.documents.jde.voucher_entry import mapping as vouchers
from connector_assets.engine.checks import FrameChecks
from connector_assets.engine.money import CENT, amount_text, smallest
from connector_assets.pairs.jde_bill.approved_bills.settings import ApprovedBillSettings
from connector_assets.pairs.jde_bill.marker import key_of
from connector_assets.pairs.jde_bill.payables.numbers import is_coded
from connector_resources.bill import Bill, BillLine, Classifications

SOURCE = "bill"
ZERO = Decimal("0.00")
# `approvalStatus` and `paymentStatus` that say nothing, and are read again later (bill section 8)
UNKNOWN = (None, "UNDEFINED")
UNPAID = "UNPAID"
# what a business unit may be in BILL -> the line's field that names its record
UNITS = {"departments": "department_id", "locations": "location_id", "accounting_classes": "accounting_class_id"}
HOLDS = {**vouchers.HOLDS, "paid_there": ("archived_while_paid", "bill")}
LINE_HOLDS = {column: (why, "account") for column, why in vouchers.LINE_HOLDS.items()}
COLUMNS: dict[str, str] = {
    "bill_id": "str",
    **vouchers.COLUMNS,
    "usable": "bool",
    "known": "bool",
    "born_as": "str?",
    "payment_status": "str?",
    "supplier_id": "str?",
    "vendor": "str?",
    **dict.fromkeys(HOLDS, "str?"),
}
LINE_COLUMNS: dict[str, str] = {
    **vouchers.LINE_COLUMNS,
    "account_id": "str?",
    **dict.fromkeys(UNITS.values(), "str?"),
    **dict.fromkeys(LINE_HOLDS, "str?"),
}


def mapped(
    key: str, day: date | None, bill: Bill, settings: ApprovedBillSettings
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of a bill and its lines, as far as the bill itself tells: who the vendor is, and the currency, is read
    beside it, and `totalled` is done then."""
    amounts = [_amount(line) for line in bill.lines]
    number = bill.invoice.invoice_number if bill.invoice else None
    shown = [f"PO {bill.purchase_order_number}" if bill.purchase_order_number else "", bill.description or ""]
    document = blank(key, day, bill.id, bill.approval_status or "") | {
        "amount": bill.amount,
        "void": not bill.usable or bill.approval_status not in settings.approval_statuses,
        "usable": bill.usable,
        "known": _known(bill),
        "born_as": key_of(bill.description) or (number if is_coded(number) else None),
        "payment_status": bill.payment_status,
        "full_number": number,
        "number": settings.short(number or ""),
        "supplier_id": bill.vendor_id,
        "invoice_date": bill.invoice.invoice_date if bill.invoice else None,
        "due_date": bill.due_date,
        "remark": " ".join(each for each in shown if each) or None,
        "no_lines": None if bill.lines else "no lines",
    }
    return document, [
        _line(key, place, bill, *each) for place, each in enumerate(zip(bill.lines, amounts, strict=True), 1)
    ]


def totalled(row: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    """Complete a row and its lines by the bill's currency: what BILL left to compute, and what the lines come to."""
    # BILL's amounts have two decimals at most (bill section 8)
    unit = max(smallest(row["currency"]), CENT)
    for line in lines:
        if line.pop("computed"):
            line["line_amount"] = line["line_amount"].quantize(unit, ROUND_HALF_UP)
    spent = sum((line["line_amount"] for line in lines), ZERO)
    total = spent if row["amount"] is None else row["amount"]
    gap = spent - total
    row |= {
        "amount": total,
        "pay_items": json.dumps([{"gross": amount_text(total), "tax": "0.00", "area": ""}]),
        "gap": amount_text(gap, row["currency"]) if gap else None,
    }


def _line(key: str, place: int, bill: Bill, line: BillLine, amount: Decimal) -> dict[str, Any]:
    own, whole = line.classifications or Classifications(), bill.classifications or Classifications()
    return {
        "key": key,
        "line": place,
        **{name: getattr(own, name) or getattr(whole, name) for name in UNITS.values()},
        "account_id": own.chart_of_account_id or whole.chart_of_account_id,
        "aid": None,
        "account": None,
        "company": None,
        "line_amount": amount,
        "computed": line.amount is None,
        "tax_share": None,
        "description": line.description or None,
        **dict.fromkeys(LINE_HOLDS),
    }


def _amount(line: BillLine) -> Decimal:
    """The line's amount; where it has none, quantity times price, which BILL rounds (bill section 3.2)."""
    if line.amount is not None:
        return line.amount
    return (line.quantity or ZERO) * (line.price or ZERO)


def _known(bill: Bill) -> bool:
    """Whether BILL says what a decision needs: that the bill is there, its approval, and before a voucher is taken back
    whether it is paid."""
    if bill.approval_status in UNKNOWN or (bill.record_status is None and bill.archived is None):
        return False
    return bill.usable or bill.payment_status not in UNKNOWN


def blank(key: str, day: date | None, id: str, status: str) -> dict[str, Any]:
    """A mapped row of which nothing is known but its id."""
    return vouchers.blank(COLUMNS, key, day, status) | {"bill_id": id, "usable": False, "known": True}


def checks(waits_for: Callable[[str, Mapping[str, Any]], str | None]) -> FrameChecks:
    """The pandera schemas; `waits_for` says what a held row waits for."""
    return vouchers.checks("approved bill", COLUMNS, LINE_COLUMNS, HOLDS, LINE_HOLDS, waits_for)


def content(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What both sides shall agree on."""
    return vouchers.content(SOURCE, row, lines)
