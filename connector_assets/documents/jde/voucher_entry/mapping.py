"""The mapped rows of flows that enter vouchers: common columns, their checks, and what both sides agree on.

A flow adds columns of its own, among them the document's id as `<source>_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.voucher_entry import form_1099
from connector_assets.documents.jde.voucher_entry.records import by_account
from connector_assets.engine.checks import FrameChecks, mapped_columns, reason, row_schema, shape_schema
from connector_assets.engine.money import amount_text

ZERO = Decimal("0.00")
# a column of the mapped row that says why it is held -> the reason, and how the field is called to a person
HOLDS: Mapping[str, tuple[str, str]] = {
    "no_number": ("required_field_blank", "number"),
    "no_date": ("required_field_blank", "invoice_date"),
    "no_currency": ("required_field_blank", "currency"),
    "long_number": ("too_long", "number"),
    "unknown_supplier": ("supplier_not_linked", "supplier"),
    "unmapped_rate": ("exchange_rate_not_mapped", "currency"),
    "companies": ("several_companies", "company"),
    "gap": ("distribution_does_not_agree", "amount"),
    "too_fine": ("too_many_decimals", "amount"),
    "no_lines": ("distribution_missing", "lines"),
    "closed": ("period_closed", "gl_date"),
    "twin": ("possible_duplicate", "number"),
    "payer": ("payer_settings_differ", "pay_status"),
    "many_gone": ("many_deleted", "status"),
    "left_with": ("payee_changed", "supplier"),
}
LINE_HOLDS: Mapping[str, str] = {
    "missing_account": "account_not_found",
    "closed_account": "account_not_postable",
    "needs_subledger": "subledger_required",
    "needs_units": "units_required",
}
COLUMNS: Mapping[str, str] = {
    "status": "str",
    "void": "bool",
    "in_jde": "bool",
    # JDE says that its voucher is not as we left it
    "touched": "bool",
    "full_number": "str?",
    "number": "str?",
    "supplier": "str?",
    "supplier_exists": "bool",
    "an8": "int?",
    "invoice_date": "date?",
    "due_date": "date?",
    "term": "str?",
    "tax": "money",
    "pay_items": "str",
    "remark": "str?",
    "company": "str?",
    "foreign": "bool",
    "rate": "money?",
    "base_currency": "str?",
    # the smallest amount of it
    "base_unit": "money?",
    "gl_date": "date?",
    "moved_from": "date?",
    # where the voucher is taken back and the next one made: the day of the void, and the voucher's own
    "void_from": "date?",
    "void_on": "date?",
    "not_open": "str?",
    **form_1099.COLUMNS,
}
LINE_COLUMNS: Mapping[str, str] = {
    "line": "int",
    "aid": "str?",
    "account": "str?",
    "company": "str?",
    "line_amount": "money",
    # tax that is a part of the line's cost in JDE
    "tax_share": "money?",
    "description": "str?",
}


def blank(columns: Mapping[str, str], key: str, day: date | None, status: str) -> dict[str, Any]:
    """A mapped row of which nothing is known but its key."""
    row: dict[str, Any] = dict.fromkeys(columns)
    return row | {
        "key": key,
        "day": day,
        "ignored": None,
        "amount": None,
        "currency": None,
        "status": status,
        "void": False,
        "in_jde": False,
        "touched": False,
        "supplier_exists": False,
        "foreign": False,
        "tax": ZERO,
        "pay_items": "[]",
    }


def cost_of(line: Mapping[str, Any]) -> Decimal:
    """What a line costs in JDE: its amount, and the tax that is in it."""
    amount: Decimal = line["line_amount"]
    return amount + (line["tax_share"] or ZERO)


def checks(
    title: str,
    columns: Mapping[str, str],
    line_columns: Mapping[str, str],
    holds: Mapping[str, tuple[str, str]],
    line_holds: Mapping[str, tuple[str, str]],
    waits_for: Callable[[str, Mapping[str, Any]], str | None],
) -> FrameChecks:
    """The pandera schemas; `holds` and `line_holds` are column -> reason and how a person calls the field, `waits_for`
    says what a held row waits for."""

    def rows(name: str, held: Mapping[str, tuple[str, str]]) -> Any:
        return row_schema(
            name, {column: [reason(why, lambda values: values.isna())] for column, (why, _) in held.items()}
        )

    return FrameChecks(
        document_shape=shape_schema(f"{title}s", mapped_columns(columns), unique=["key"]),
        document_rows=rows(f"{title}s", holds),
        line_shape=shape_schema(f"{title} lines", {"key": "str"} | dict(line_columns), unique=["key", "line"]),
        line_rows=rows(f"{title} lines", line_holds),
        names={column: name for column, (_, name) in (*holds.items(), *line_holds.items())},
        waits_for=waits_for,
    )


def content(
    source: str,
    row: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    booked_on: Callable[[Mapping[str, Any]], str] = lambda line: line["aid"] or "",
) -> dict[str, Any]:
    """What both sides shall agree on; `source` is how the document's id is called. What a line is booked on is its
    account by the short id (AID), which outlives another number, unless `booked_on` says otherwise."""
    gone = row["currency"] is None
    return {
        source: str(row[f"{source}_id"]),
        "number": row["number"],
        "date": row["invoice_date"].isoformat() if row["invoice_date"] else None,
        "supplier": str(row["an8"]) if row["an8"] is not None else None,
        "currency": row["currency"],
        "amount": None if gone else amount_text(row["amount"]),
        "tax": amount_text(row["tax"]),
        "lines": by_account((booked_on(line), cost_of(line)) for line in lines),
        "void": row["void"],
    }
