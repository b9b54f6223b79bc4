"""Amounts in the smallest unit of their currency: shared out, and as text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_assets.engine.money import Units, amount_text, prorated, smallest

UNITS = st.sampled_from((Decimal(1), Decimal("0.01"), Decimal("0.001")))


@given(UNITS, st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.integers(-(10**9), 10**9))
def test_shares_are_whole_units_and_come_to_the_total(unit: Decimal, weights: list[int], total: int) -> None:
    if not sum(weights):
        weights = [1, *weights]
    parts = prorated([Decimal(weight) for weight in weights], total * unit, unit)
    assert sum(parts) == total * unit
    assert all(part % unit == 0 for part in parts)


@given(UNITS, st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.integers(1, 10**9))
def test_no_share_is_further_off_than_rounding(unit: Decimal, weights: list[int], total: int) -> None:
    parts = prorated([Decimal(weight) for weight in weights], total * unit, unit)
    exact = [total * unit * weight / sum(weights) for weight in weights]
    # the last one takes what rounding left of the others
    assert all(abs(part - share) <= unit for part, share in list(zip(parts, exact, strict=True))[:-1])
    assert abs(parts[-1] - exact[-1]) <= unit * len(parts)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1000.00", "JPY", "1000"),
        ("0", "JPY", "0"),
        ("-0.5", "JPY", "-0.5"),
        ("1.25", "KWD", "1.250"),
        ("1.2345", "KWD", "1.2345"),
        ("12.5", "GBP", "12.50"),
        ("12.5", None, "12.50"),
        ("1E+3", "USD", "1000.00"),
    ],
)
def test_an_amount_shows_its_currencys_decimals_and_hides_none(amount: str, currency: str | None, text: str) -> None:
    assert amount_text(Decimal(amount), currency) == text


def test_a_system_may_say_other_decimals_than_iso() -> None:
    own = Units(lambda: {"JPY": 2, "XYZ": 4})
    assert [own.of(code) for code in ("JPY", "XYZ", "KWD", None)] == [
        Decimal("0.01"),
        Decimal("0.0001"),
        Decimal("0.001"),
        Decimal("0.01"),
    ]
    assert smallest("JPY") == Decimal(1)
