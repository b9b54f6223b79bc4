"""Amounts: as text for comparing, sending and printing, and prorated in the smallest unit of their currency. Never a
float."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from connector_resources.currencies import iso_decimals

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


class Units:
    """The smallest amount of each currency, as a system has it: `told` gives its decimals by code, and is asked on
    first use alone. Of a currency that it does not show, ISO 4217's."""

    def __init__(self, decimals: Callable[[], Mapping[str, int]] = dict) -> None:
        self._reported = decimals

    def of(self, currency: str | None) -> Decimal:
        """1 yen, 0.001 dinar; 0.01 of any other one or of none that is known."""
        decimals = self._reported().get(currency) if currency else None
        return smallest(currency) if decimals is None else Decimal(1).scaleb(-decimals)


ISO = Units()


def smallest(currency: str | None) -> Decimal:
    """The smallest amount of a currency by ISO 4217: 1 yen, 0.001 dinar, and 0.01 of any other one or of none that is
    known."""
    return Decimal(1).scaleb(-iso_decimals(currency))


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


def amount_text(amount: Decimal, currency: str | None = None) -> str:
    """Plain decimal notation with at least two decimals, and no zeros beyond them: `-12.50`, `0.125`, `100.00`; with a
    `currency` at least as many as that has: `1000` yen, `1.250` dinars."""
    shown = format(amount.normalize(), "f")
    whole, _, decimals = shown.partition(".")
    exponent = smallest(currency).as_tuple().exponent
    decimals = decimals.ljust(-exponent if isinstance(exponent, int) else 0, "0")
    return f"{whole}.{decimals}" if decimals else whole
