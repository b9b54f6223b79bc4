"""The invoice numbers of orders as bills, and when they are due."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connector_assets.pairs.jde_bill.purchase_order_bills.settings import OrderBillSettings

ORDERS = st.tuples(
    st.integers(1, 99_999_999), st.sampled_from(["OP", "O1", "1O", "ZZ"]), st.sampled_from(["00001", "00100", "0010A"])
)


def number(settings: OrderBillSettings, order: tuple[int, str, str], *, only: bool = False) -> str | None:
    found = settings.numbers_of(
        {"order_number": order[0], "order_type": order[1], "company": order[2]}, only_company=only
    )
    return found[0] if found else None


@pytest.mark.parametrize("template", ["PO{DOCO}-{DCTO}", "{DCTO}.{DOCO}", "{KCOO}/{DOCO}/{DCTO}"])
@given(one=ORDERS, other=ORDERS)
def test_no_two_orders_have_one_number(template: str, one: tuple[int, str, str], other: tuple[int, str, str]) -> None:
    settings = OrderBillSettings(invoice_number=template)
    numbers = number(settings, one), number(settings, other)
    assert (numbers[0] == numbers[1]) == (one == other)
    assert all(each is not None and len(each) <= 21 for each in numbers)


def test_the_company_is_named_where_there_are_several() -> None:
    settings = OrderBillSettings()
    assert number(settings, (100234, "OP", "00100"), only=True) == "PO100234-OP"
    assert number(settings, (100234, "OP", "00100")) == "PO100234-OP-00100"
    assert number(OrderBillSettings(invoice_number="{KCOO}-{DCTO}-{DOCO}"), (7, "OP", "00100")) == "00100-OP-7"


def test_what_would_not_be_this_orders_alone_is_no_number() -> None:
    assert number(OrderBillSettings(), (100234, "O-", "00100")) is None


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("PO{DOCO}", "must hold"),
        ("PO{DCTO}{DOCO}", "set apart"),
        ("{DOCO}X{DCTO}", "set apart"),
        ("{DOCO}-{DCTO}X", "set apart"),
        ("ORDER {DOCO} TYPE {DCTO}", "longer than 21"),
        ("{DOCO}-{DCTO}-{AN8}", "may only hold"),
        ("{DOCO:>8}-{DCTO}", "may only hold"),
        ("{DOCO-{DCTO}", "invoice_number"),
    ],
)
def test_a_template_that_could_collide_is_refused(template: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        OrderBillSettings(invoice_number=template)


def test_due_is_counted_from_the_order_or_from_what_was_promised() -> None:
    ordered, promised = date(2026, 2, 27), date(2026, 3, 20)
    assert OrderBillSettings().due_on(ordered, promised) == date(2026, 3, 29)
    assert OrderBillSettings(due="promised_date", due_days=0).due_on(ordered, promised) == promised
    assert OrderBillSettings(due="promised_date").due_on(ordered, None) is None
