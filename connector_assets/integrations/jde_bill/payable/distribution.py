"""The lines of a bill: the distribution of its voucher, prorated to the bill's amount.

BILL has no tax field on bills (bill section 3.2): the lines make the amount. Tax is in the lines by the same
proration, or a line of its own (setting `tax`). Each line is rounded, and the last one takes what rounding left, so
that the sum is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
# currencies that have no smaller unit (ISO 4217)
WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)


def prorated(weights: Sequence[Decimal], total: Decimal, currency: str | None = None) -> list[Decimal]:
    """`total` in the proportions of `weights`, in the smallest unit of the currency (cents, if none is given); the sum
    is `total`. Raises ValueError where the weights come to nothing."""
    whole = sum(weights, ZERO)
    if not whole:
        raise ValueError("lines that come to nothing cannot make an amount")
    if whole == total:
        return list(weights)
    unit = Decimal(1) if currency in WHOLE else CENT
    parts = [(total * weight / whole).quantize(unit, ROUND_HALF_UP) for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]
