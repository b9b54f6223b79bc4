"""What a person recorded on an invoice as paid while Coupa Pay pays it too: the money leaves twice.

It is not established how Coupa shows its own payment on an invoice (coupa section 3.5). An entry is Coupa Pay's if a
note names the payment, or if a completed payment has its amount. A payment that is still under way has paid nothing
yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")


def by_hand(
    entries: Sequence[Mapping[str, str]], payments: Sequence[Mapping[str, Any]], over: Collection[str], *, credit: bool
) -> str:
    """The `entries` (date, note, amount) on an invoice that are no payment of Coupa Pay, in words; '' where they come
    to nothing. `payments` are Coupa Pay's of the invoice, `over` the statuses of those that have left."""
    free, left = list(payments), list(entries)
    for counts in (_named, lambda entry, row: row["status"] in over):
        for entry in list(left):
            match = next((row for row in free if _of_amount(entry, row) and counts(entry, row)), None)
            if match is not None:
                free.remove(match)
                left.remove(entry)
    net = sum((Decimal(entry["amount"]) for entry in left), ZERO) * (-1 if credit else 1)
    return ", ".join(f"payment {entry['note'] or '?'} of {entry['amount']}" for entry in left) if net > 0 else ""


def _named(entry: Mapping[str, str], row: Mapping[str, Any]) -> bool:
    return str(row["payment"]) in entry["note"]


def _of_amount(entry: Mapping[str, str], row: Mapping[str, Any]) -> bool:
    return Decimal(entry["amount"]) in (row["amount"], row["amount"] + row["discount"])
