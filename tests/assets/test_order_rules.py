"""Purchase orders by themselves: the number that they bear in Coupa, and the price that makes their amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from connector_assets.documents.jde.orders.reading import plain, unit_price
from connector_assets.pairs.jde_coupa.purchase_orders.settings import PurchaseOrderSettings

ROW = {"company": "00001", "order_type": "OP", "order_number": 100234}
KEY = "F4301:00001/OP/100234"


def settings(**given: Any) -> PurchaseOrderSettings:
    return PurchaseOrderSettings(ship_to_user="erp_receiver", **given)


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ("{DOCO}-{DCTO}-{KCOO}", "100234-OP-00001"),
        ("{KCOO}{DCTO}{DOCO}", "00001OP100234"),
        ("JDE.{DOCO}/{DCTO}.{KCOO}", "JDE.100234/OP.00001"),
        ("{DOCO}-{DCTO}-{SFXO}-{KCOO}", "100234-OP-000-00001"),
        ("{DCTO}{DOCO}{DCTO}-{KCOO}", "OP100234OP-00001"),
    ],
)
def test_a_number_tells_whose_it_is(rule: str, number: str) -> None:
    made = settings(po_number=rule)
    assert made.number_of(ROW) == number
    assert made.key_of(number) == KEY


@pytest.mark.parametrize(
    "number", ["", "100234", "PO-77", "0100234-OP-00001", "100234-OR-00001", "100234-OP-00001-2", "100234-OP-0001"]
)
def test_a_number_that_the_rule_never_makes_is_nobodys(number: str) -> None:
    assert settings().key_of(number) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"po_number": "{DOCO}-{DCTO}"}, "without KCOO a key_custom_field is needed"),
        ({"po_number": "{DOCO}-{DCTO}-{KCOO}-{MCU}"}, "MCU is not one of"),
        ({"po_number": "{DOCO"}, "po_number"),
    ],
)
def test_a_rule_that_does_not_name_the_order_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**given)


def test_with_the_key_in_a_custom_field_the_number_need_not_tell_it() -> None:
    made = settings(po_number="{DOCO}", key_custom_field="jde-order")
    assert (made.number_of(ROW), made.key_of("100234")) == ("100234", None)


@pytest.mark.parametrize(
    ("quantity", "cost", "extended", "price"),
    [
        ("10", "2.5", "25.00", "2.5"),
        ("3", "0.3333", "1.00", "0.3333"),
        # the unit cost is rounded itself: the amount tells the price
        ("3000", "0.3333", "1000.00", "0.333333"),
        ("-700", "1.4286", "-1000.00", "1.428571"),
        # off by more than rounding
        ("10", "2.5", "25.02", None),
        ("10", "2.5", "-25.00", None),
        # so many that no price with six decimals makes the amount
        ("700000", "0.1429", "100000.00", None),
    ],
)
def test_the_price_makes_the_extended_amount(quantity: str, cost: str, extended: str, price: str | None) -> None:
    found = unit_price(Decimal(quantity), Decimal(cost), Decimal(extended), Decimal("0.01"))
    assert found == (None if price is None else Decimal(price))


@pytest.mark.parametrize(("number", "text"), [("1.000", "1"), ("10", "10"), ("1.5", "1.5"), ("31.000", "31")])
def test_line_numbers_are_text_without_idle_zeros(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text
