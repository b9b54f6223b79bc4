"""Bodies to the byte through a text, and the setting that says who is asked."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_assets.engine.approval import Approval, Money, read_approval
from connector_assets.engine.frozen import body_hash, body_of, body_text
from connector_assets.pairs.registry import check_flows
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
INSTANTS = st.datetimes(timezones=st.just(UTC))
PLAIN = st.none() | st.booleans() | st.integers() | st.text() | NUMBERS | st.dates() | INSTANTS
BODIES = st.dictionaries(
    st.text(), st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
)


def kinds(value: Any) -> Any:
    """The value with the types and the order of everything in it."""
    if isinstance(value, dict):
        return [(name, kinds(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [kinds(inner) for inner in value]
    return type(value), str(value)


@given(BODIES)
def test_a_body_comes_back_as_it_was(body: dict[str, Any]) -> None:
    again = body_of(body_text(body))
    assert kinds(again) == kinds(body)
    assert body_hash(again) == body_hash(body)


def test_numbers_and_strings_stay_what_they_are_on_the_wire() -> None:
    body = {"amount": Decimal("10.00"), "text": "10.00", "whole": Decimal("10"), "count": 10, "a": 1}
    encoder = msgspec.json.Encoder(decimal_format="number")
    sent = encoder.encode(body)
    assert sent == b'{"amount":10.00,"text":"10.00","whole":10,"count":10,"a":1}'
    assert encoder.encode(body_of(body_text(body))) == sent
    others = (Decimal("10.00"), "10.00", 10, Decimal(10), None)
    assert len({body_hash({"x": value}) for value in others}) == len(others)


def test_the_order_of_the_fields_makes_no_other_request() -> None:
    assert body_hash({"a": 1, "b": [1, 2]}) == body_hash({"b": [1, 2], "a": 1})
    assert body_hash({"b": [2, 1]}) != body_hash({"b": [1, 2]})


def test_the_text_holds_nothing_that_a_database_refuses() -> None:
    text = body_text({"name": "\x00 \ud800 €"})
    assert text.isascii() and body_of(text)["name"] == "\x00 \ud800 €"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"amount": 10.5}, ValueError),
        ({"amount": {"$decimal": "1"}}, ValueError),
        ({"file": b"x"}, TypeError),
    ],
)
def test_what_cannot_be_kept_is_refused(body: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        body_text(body)


# -- the setting ------------------------------------------------------------------------------------------------------


def integration(**flows: Any) -> IntegrationSettings:
    return IntegrationSettings(name="pair", kind="jde_coupa", flows=flows)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, None),
        ("required", Approval()),
        ({"above": "10000.00"}, Approval(Decimal("10000.00"))),
        ({"above": 10000}, Approval(Decimal(10000))),
        ({"above": {"GBP": "10.00", "EUR": "0"}}, Approval({"GBP": Decimal("10.00"), "EUR": Decimal(0)})),
    ],
)
def test_what_the_setting_may_say(given: Any, read: Approval | None) -> None:
    settings = integration(invoices={"mode": "invoices_draft", "approval": given})
    assert read_approval(settings, "invoices", carries_money=True) == read
    # beside the flow's own settings, which do not know it
    check_flows(settings)


@pytest.mark.parametrize(
    ("flow", "given", "line"),
    [
        ("invoices", "yes", "invoices.approval: must be `required` or `above:` with an amount"),
        ("invoices", True, "invoices.approval: must be `required` or `above:` with an amount"),
        ("invoices", {"below": "1"}, "invoices.approval: must be `required` or `above:` with an amount"),
        ("invoices", {"above": {}}, "invoices.approval.above: names no currency"),
        ("invoices", {"above": 10000.0}, "invoices.approval.above: must be an amount that is not negative, in quotes"),
        ("invoices", {"above": "-1"}, "invoices.approval.above: must be an amount"),
        ("invoices", {"above": "NaN"}, "invoices.approval.above: must be an amount"),
        ("invoices", {"above": {"GBP": "ten"}}, "invoices.approval.above.GBP: must be an amount"),
        ("suppliers", {"above": "10.00"}, "suppliers.approval.above: suppliers carries no money: use `required`"),
    ],
)
def test_what_it_may_not_say(flow: str, given: Any, line: str) -> None:
    with pytest.raises(UnusableInput) as refused:
        check_flows(integration(**{flow: {"approval": given}}))
    assert f"connections.yaml: integrations.pair.flows.{line}" in str(refused.value)


def test_an_amount_that_is_not_known_always_waits() -> None:
    assert Approval(Decimal(10)).asks([Money(Decimal(1), "GBP"), Money(None, "GBP")])
    assert not Approval(Decimal(10)).asks([Money(Decimal(10), "GBP")])
