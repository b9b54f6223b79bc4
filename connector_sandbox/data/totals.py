"""The control figures of a world, counted from its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from .reference import smallest
from .world import Row, Tables, Value, document_key


def document_amounts(items: Sequence[Row]) -> dict[str, Decimal]:
    """Currency -> gross amount of pay items (F0411): AG of domestic ones, ACR of foreign ones, by CRCD."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        gross = item["ACR"] if item["CRRM"] == "F" else item["AG"]
        if isinstance(gross, Decimal):
            amounts[str(item["CRCD"])] += gross
    return dict(sorted(amounts.items()))


def order_amounts(headers: Sequence[Row], lines: Sequence[Row]) -> dict[str, Decimal]:
    """Currency -> ordered amount of order lines that are not cancelled: AEXP, of foreign orders (CRRM F) FEA."""
    foreign = {_order(header) for header in headers if header["CRRM"] == "F"}
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        extended = line["FEA"] if _order(line) in foreign else line["AEXP"]
        if line["LTTR"] != "980" and isinstance(extended, Decimal):
            amounts[str(line["CRCD"])] += extended
    return dict(sorted(amounts.items()))


def _order(row: Row) -> tuple[Value, ...]:
    return tuple(row[alias] for alias in ("KCOO", "DCTO", "DOCO", "SFXO"))


def as_text(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Amounts as JSON holds them."""
    return {currency: str(amount.quantize(smallest(currency))) for currency, amount in amounts.items()}


def control_figures(tables: Tables) -> dict[str, Any]:
    """Counts, amounts per currency, and the first and last UPMJ (ISO; None where no row has one)."""
    items = tables.get("F0411", [])
    days = {row["UPMJ"] for rows in tables.values() for row in rows}
    known = sorted(day for day in days if isinstance(day, date))
    return {
        "documents": len({document_key(item) for item in items}),
        "pay_items": len(items),
        "ledger_lines": len(tables.get("F0911", [])),
        "suppliers": len(tables.get("F0401", [])),
        "accounts": len(tables.get("F0901", [])),
        "amounts": as_text(document_amounts(items)),
        "orders": len(tables.get("F4301", [])),
        "order_lines": len(tables.get("F4311", [])),
        "receipts": len(tables.get("F43121", [])),
        "order_amounts": as_text(order_amounts(tables.get("F4301", []), tables.get("F4311", []))),
        "start_date": known[0].isoformat() if known else None,
        "end_date": known[-1].isoformat() if known else None,
    }
