"""Amounts as text: for comparing, sending and printing. A float never holds one."""

from __future__ import annotations

from decimal import Decimal


def amount_text(amount: Decimal) -> str:
    """Plain decimal notation with at least two decimals, and no zeros beyond them: `-12.50`, `0.125`, `100.00`."""
    shown = format(amount.normalize(), "f")
    whole, _, decimals = shown.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"
