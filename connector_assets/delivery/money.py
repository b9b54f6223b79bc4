"""Amounts: as text for comparing, sending and printing, and shared out to the smallest unit of their currency. A float
never holds one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
# currencies without a smaller unit, and those of which a thousand make one (ISO 4217); all others have cents
WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
THOUSANDTHS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


def smallest(currency: str | None) -> Decimal:
    """The smallest amount of a currency: 1 yen, 0.001 dinar, and 0.01 of any other one or of none that is known."""
    if currency in WHOLE:
        return Decimal(1)
    return Decimal("0.001") if currency in THOUSANDTHS else CENT


def prorated(weights: Sequence[Decimal], total: Decimal, unit: Decimal) -> list[Decimal]:
    """`total` in the proportions of `weights`, each part in whole `unit`s but the last, which takes what rounding left:
    the sum is `total`. Weights that come to it in whole units stay as they are. Raises ValueError where they come to
    nothing."""
    whole = sum(weights, ZERO)
    if not whole:
        raise ValueError("lines that come to nothing cannot make an amount")
    if whole == total and all(weight % unit == 0 for weight in weights):
        return list(weights)
    parts = [(total * weight / whole).quantize(unit, ROUND_HALF_UP) for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]


def amount_text(amount: Decimal) -> str:
    """Plain decimal notation with at least two decimals, and no zeros beyond them: `-12.50`, `0.125`, `100.00`."""
    shown = format(amount.normalize(), "f")
    whole, _, decimals = shown.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"
