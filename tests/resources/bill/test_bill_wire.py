"""What goes out: filters whose values cannot be escaped, exact money (bill sections 4 and 8)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from bill_fake import FakeBill
from hypothesis import given
from hypothesis import strategies as st

from connector_resources.bill import BillClient, wire
from connector_resources.bill.wire import Condition

# names of everyday letters and of what BILL's syntax is made of, and any others
NAMES = st.text(st.sampled_from('aB1 ,:"\\.-'), min_size=1, max_size=8) | st.text(min_size=1, max_size=20)
ONE_PART = re.compile(r'name:(?:eq|sw):(?:"[^"]*"|[A-Za-z0-9_.-]+)', re.DOTALL)


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ({"paymentStatus": "PAID"}, "paymentStatus:eq:PAID"),
        ({"archived": False}, "archived:eq:false"),
        ({"amount:gte": Decimal("1E+2")}, "amount:gte:100"),
        ({"billCurrency": ["USD", "CAD"]}, 'billCurrency:in:"USD,CAD"'),
        ({"id:nin": ("00n01",)}, 'id:nin:"00n01"'),
        ({"dueDate:lt": date(2026, 3, 31)}, 'dueDate:lt:"2026-03-31"'),
        ({"name:sw": "Acm"}, 'name:sw:"Acm"'),
        ({"name": "Acme, Inc."}, 'name:eq:"Acme, Inc."'),
        ({"name": "A:B"}, 'name:eq:"A:B"'),
        ({"name": 'Acme "West" Ltd'}, 'name:sw:"Acme"'),
        ({"name": "Acme \\ Co"}, 'name:sw:"Acme"'),
    ],
)
def test_values_are_quoted_as_bill_reads_them(filters: Any, sent: str) -> None:
    [condition] = wire.conditions(filters)
    assert condition.sent({"name"}) == sent


def test_instants_go_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 1, 1, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert Condition("updatedTime", "gte", moment).sent() == 'updatedTime:gte:"2026-01-01T00:30:00.123Z"'
    with pytest.raises(ValueError, match="zone"):
        Condition("updatedTime", "gte", datetime(2026, 1, 1)).sent()  # noqa: DTZ001


@pytest.mark.parametrize("filters", [{"name:like": "x"}, {"name:eq": ["a", "b"]}])
def test_a_filter_that_bill_does_not_know_is_our_mistake(filters: Any) -> None:
    with pytest.raises(ValueError, match="name"):
        wire.conditions(filters)


@given(NAMES, NAMES)
def test_nothing_in_a_name_can_break_out_of_its_filter(name: str, other: str) -> None:
    """What is sent is one condition, and it is never narrower than what was meant."""
    condition = Condition("name", "eq", name)
    sent = condition.sent({"name"})
    assert condition.holds({"name": name})
    assert condition.holds({"name": other}) == (other.casefold() == name.casefold())
    if sent is None:
        return
    assert ONE_PART.fullmatch(sent)
    op, value = sent.split(":", 2)[1:]
    if op == "sw":
        assert name.startswith(value.strip('"')) and not condition.exact()
    else:
        assert value.strip('"') == name.strip('"') and condition.exact()


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_list_is_sent_only_where_its_commas_are_ours(names: list[str]) -> None:
    condition = Condition("name", "in", names)
    sent = condition.sent()
    if sent is None:
        assert not condition.exact() and all(condition.holds({"name": name}) for name in names)
    else:
        assert sent.removeprefix('name:in:"').removesuffix('"').split(",") == names


def test_a_vendor_whose_name_holds_a_quote_is_found(fake: FakeBill, client: BillClient) -> None:
    names = ['Acme "West" Ltd', "Acme East", '"Quoted"', "Acme, Inc.", "A:B & C + D"]
    fake.lists["vendors"] = [{"id": f"009{n}", "name": name, "archived": False} for n, name in enumerate(names)]
    found = client.vendors.named([*names, "Nobody"])
    assert {name: [vendor.name for vendor in vendors] for name, vendors in found.items()} == {
        **{name: [name] for name in names},
        "Nobody": [],
    }
    sent = "".join(seen.raw_query for seen in fake.api())
    assert "%22A%3AB%20%26%20C%20%2B%20D%22" in sent
    assert "+" not in sent and '"' not in sent


def test_money_goes_digit_by_digit(fake: FakeBill, client: BillClient) -> None:
    fake.lists["bills"] = []
    lines = [{"amount": Decimal("90071992547409.93")}, {"amount": Decimal("1180.5000")}, {"amount": Decimal("1E+3")}]
    client.bills.create(
        {"vendorId": "00901A", "dueDate": date(2026, 3, 31), "description": None, "billLineItems": lines}
    )
    [seen] = fake.api("POST")
    assert b'"amount":90071992547409.93' in seen.body
    assert b'"amount":1180.5}' in seen.body and b'"amount":1000}' in seen.body
    assert b'"dueDate":"2026-03-31"' in seen.body
    assert b"description" not in seen.body


def test_a_change_may_set_a_field_to_null(fake: FakeBill, client: BillClient) -> None:
    fake.lists["vendors"] = [{"id": "00901A", "name": "A"}]
    client.vendors.update("00901A", {"email": None})
    assert fake.api("PATCH")[0].json == {"email": None}


@pytest.mark.parametrize("amount", [1.5, Decimal("0.005"), Decimal("NaN")])
def test_what_is_no_exact_amount_is_not_sent(fake: FakeBill, client: BillClient, amount: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        client.bills.create({"billLineItems": [{"amount": amount}]})
    assert fake.api() == []


def test_a_price_may_have_more_decimals() -> None:
    assert wire.body({"price": Decimal("0.00125")}) == {"price": Decimal("0.00125")}
