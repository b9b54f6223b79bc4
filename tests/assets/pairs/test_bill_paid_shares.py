"""How what BILL paid is shared over pay items."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector_assets.pairs.jde_bill.payments.bills import PayItem
from connector_assets.pairs.jde_bill.payments.shares import OpenItems

NOTHING = Decimal(0)
CENTS = st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) / 100)


def item(suffix: str, gross: str, open: str | None = None, base: str | None = None) -> PayItem:
    """A pay item; `base` is what is open in the company's currency, where that is another."""
    left = Decimal(gross if open is None else open)
    return PayItem(
        company="00001",
        type="PV",
        number=4711,
        suffix=suffix,
        books="00001",
        status="A",
        currency="GBP",
        foreign=base is not None,
        gross=Decimal(gross),
        open=left,
        base_gross=Decimal(base or gross),
        base_open=Decimal(base) if base else left,
        supplier=4343,
    )


def shares(open: OpenItems, items: list[PayItem], amount: str) -> list[tuple[str, Decimal, Decimal]] | None:
    taken = open.take(items, Decimal(amount))
    return None if taken is None else [(each.item.suffix, each.amount, each.base) for each in taken]


def test_the_first_pay_items_are_settled_first_and_payments_follow_each_other() -> None:
    items, open = [item("001", "40.00"), item("002", "0.00"), item("003", "60.00")], OpenItems()
    assert shares(open, items, "50.00") == [("001", Decimal(40), Decimal(40)), ("003", Decimal(10), Decimal(10))]
    assert shares(open, items, "50.01") is None
    assert shares(open, items, "50.00") == [("003", Decimal(50), Decimal(50))]
    assert open.left(items) == NOTHING


def test_a_credit_is_taken_below_nought_and_never_above() -> None:
    memos, open = [item("001", "-30.00")], OpenItems()
    assert shares(open, memos, "20.00") is None
    assert shares(open, memos, "-30.01") is None
    assert shares(open, memos, "-20.00") == [("001", Decimal(-20), Decimal(-20))]


def test_what_is_taken_back_is_what_was_closed() -> None:
    items, closed = [item("001", "40.00", "0.00"), item("002", "60.00", "55.00")], OpenItems(closed=True)
    assert shares(closed, items, "45.01") is None
    assert shares(closed, items, "45.00") == [("001", Decimal(40), Decimal(40)), ("002", Decimal(5), Decimal(5))]


def test_the_last_part_of_a_foreign_pay_item_takes_what_rounding_left() -> None:
    items, open = [item("001", "100.00", base="78.41")], OpenItems()
    parts = [shares(open, items, amount) for amount in ("33.33", "33.33", "33.34")]
    assert [base for part in parts for _, _, base in part or ()] == [
        Decimal(each) for each in ("26.13", "26.14", "26.14")
    ]


@given(st.lists(CENTS, min_size=1, max_size=5), st.lists(CENTS, min_size=1, max_size=5), CENTS)
def test_shares_make_the_amount_to_the_penny_and_never_more_than_is_open(
    grosses: list[Decimal], payments: list[Decimal], base: Decimal
) -> None:
    items = [item(f"{place:03d}", str(gross), base=str(base)) for place, gross in enumerate(grosses, 1)]
    open, left, based = OpenItems(), sum(grosses, NOTHING), NOTHING
    for amount in payments:
        taken = open.take(items, amount)
        if amount > left:
            assert taken is None
            continue
        assert taken is not None and sum((each.amount for each in taken), NOTHING) == amount
        left -= amount
        based += sum((each.base for each in taken), NOTHING)
        assert open.left(items) == left
    assert abs(based) <= base * len(items)


@given(
    st.sampled_from((Decimal(1), Decimal("0.01"), Decimal("0.001"))),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    st.integers(1, 10**9),
)
def test_the_base_amounts_are_whole_units_of_the_companys_currency(unit: Decimal, parts: list[int], base: int) -> None:
    """Whatever parts a pay item is paid in, each base amount is a whole number of units, and all come to the base."""
    whole = Decimal(sum(parts))
    own = replace(item("001", str(whole), base=str(base * unit)), base_unit=unit)
    open, taken = OpenItems(), []
    for part in parts:
        taken += open.take([own], Decimal(part)) or []
    assert all(each.base % unit == 0 for each in taken)
    assert sum((each.base for each in taken), NOTHING) == base * unit
