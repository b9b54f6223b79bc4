"""The payment numbers that BILL's payments get in JD Edwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connector_assets.pairs.jde_bill.payments.numbers import HIGHEST_NUMBER, NumberRules, number_rules
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput

RULES = NumberRules()


def test_a_bill_payment_has_one_number_for_ever() -> None:
    # SHA-256 is nobody's invention of today: the number of an id is the same on every machine, in every release
    assert RULES.number("blp01ABCDEFGHIJKLMNO") == 85_055_826
    assert NumberRules(payment_number_base=5_000, payment_number_span=1_000).number("blp01ABCDEFGHIJKLMNO") == 5_826


@given(
    st.text(min_size=1),
    st.integers(1, HIGHEST_NUMBER - 1_000),
    st.integers(1_000, HIGHEST_NUMBER),
)
def test_every_number_is_within_the_range_that_is_bills(id: str, base: int, span: int) -> None:
    span = min(span, HIGHEST_NUMBER - base + 1)
    rules = NumberRules(payment_number_base=base, payment_number_span=span)
    assert base <= rules.number(id) <= rules.last_number <= HIGHEST_NUMBER
    assert rules.ours(rules.number(id))


@pytest.mark.parametrize(
    ("number", "ours"),
    [(79_999_999, False), (80_000_000, True), (89_999_999, True), (90_000_000, False), (None, False), (0, False)],
)
def test_which_numbers_may_be_those_of_payments_of_bill(number: Any, ours: bool) -> None:
    assert RULES.ours(number) is ours


def test_a_range_of_more_than_eight_digits_is_refused() -> None:
    with pytest.raises(ValidationError, match="DOCM has eight digits"):
        NumberRules(payment_number_base=99_000_000, payment_number_span=10_000_000)


def test_the_range_is_the_one_that_the_flow_payments_is_set_to() -> None:
    settings: dict[str, Any] = {"payment_number_base": 7_000_000, "payment_number_span": 1_000, "mode": "settle"}
    integration = IntegrationSettings(
        name="b", kind="jde_coupa", connections={"jde": "jde", "coupa": "coupa"}, flows={"payments": settings}
    )
    rules = number_rules(integration)
    assert (rules.payment_number_base, rules.last_number) == (7_000_000, 7_000_999)
    wrong = integration.model_copy(update={"flows": {"payments": {"payment_number_span": 1}}})
    with pytest.raises(UnusableInput, match=r"b\.flows\.payments\.payment_number_span"):
        number_rules(wrong)
