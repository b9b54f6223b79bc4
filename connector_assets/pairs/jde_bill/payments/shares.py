"""How a payment of BILL is distributed over pay items: in their order, each in full as far as the amount goes.

Payments of one run for the same pay items are posted one after the other, so that the second finds what the first has
left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.pairs.jde_bill.payments.bills import PayItem

ZERO = Decimal("0.00")
Key = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class Share:
    """So much of a pay item is settled: in the document's currency, and as `base` in the company's."""

    item: PayItem
    amount: Decimal
    base: Decimal

    def line(self, key: str) -> dict[str, Any]:
        """As a line of a mapped document."""
        return {"key": key, "credit": None, "item": self.item.name, "amount": self.amount, "base": self.base}


class OpenItems:
    """What is open of pay items while the payments of a run are shared over them; with `closed` what is not open any
    more, while payments are taken back."""

    def __init__(self, *, closed: bool = False) -> None:
        self._closed = closed
        self._open: dict[Key, tuple[Decimal, Decimal]] = {}

    def left(self, items: Sequence[PayItem]) -> Decimal:
        """What is open of these pay items together; negative for credits."""
        return sum((self._of(item)[0] for item in items), ZERO)

    def take(self, items: Sequence[PayItem], amount: Decimal) -> list[Share] | None:
        """Take an amount (for credits a negative one) from pay items; None, and nothing taken, where less is open."""
        left = self.left(items)
        if abs(amount) > abs(left) or (amount and (amount > 0) != (left > 0)):
            return None
        shares = list(self._shares(items, amount))
        for share in shares:
            open, base = self._of(share.item)
            self._open[share.item.key] = (open - share.amount, base - share.base)
        return shares

    def _shares(self, items: Sequence[PayItem], amount: Decimal) -> Iterator[Share]:
        for item in items:
            open, base = self._of(item)
            taken = open if abs(open) <= abs(amount) else amount
            if taken and (taken > 0) == (amount > 0):
                amount -= taken
                yield Share(item, taken, base if taken == open else _part(base, taken, open, item.base_unit))

    def _of(self, item: PayItem) -> tuple[Decimal, Decimal]:
        there = (item.open, item.base_open)
        if self._closed:
            there = (item.gross - item.open, item.base_gross - item.base_open)
        return self._open.get(item.key, there)


def _part(base: Decimal, taken: Decimal, open: Decimal, unit: Decimal) -> Decimal:
    return (base * taken / open).quantize(unit, ROUND_HALF_UP)
