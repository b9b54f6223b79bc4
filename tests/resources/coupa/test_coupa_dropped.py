"""Fields that Coupa dropped silently are noticed; the same value written otherwise is not a drop."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_resources.coupa import Account, Invoice, Supplier, dropped


def words(length: int) -> st.SearchStrategy[str]:
    """Any text of a record that can be read."""
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=length)


def came(model: Any, **fields: Any) -> Any:
    return model.model_validate({"id": 1} | {k.replace("_", "-"): v for k, v in fields.items()})


def test_a_read_only_code_is_dropped() -> None:
    account = came(Account, code="SF-10", segment_1="SF", name="Bolts")
    assert dropped({"code": "SF-11", "segment-1": "SF", "name": "Bolts"}, account) == ["code"]


def test_a_field_that_did_not_come_back_is_dropped() -> None:
    assert dropped({"name": "A", "never-heard-of": 1, "number": "1"}, came(Supplier, name="A")) == [
        "never-heard-of",
        "number",
    ]


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        ({"tax-amount": "2.50"}, {"tax-amount": "2.500000"}),
        ({"tax-amount": Decimal("2.50")}, {"tax-amount": "2.5"}),
        ({"paid": True}, {"paid": "true"}),
        ({"invoice-date": "2024-05-01"}, {"invoice-date": "2024-05-01T00:00:00-06:00"}),
        ({"invoice-date": date(2024, 5, 1)}, {"invoice-date": "2024-05-01T23:59:59-06:00"}),
        ({"payment-date": "2024-05-31T00:00:00Z"}, {"payment-date": "2024-05-30T18:00:00-06:00"}),
        ({"supplier": {"number": "4343"}}, {"supplier": {"id": 8, "name": "S", "number": "4343"}}),
        ({"currency": {"code": "USD"}}, {"currency": {"id": 1, "code": "USD", "decimals": 2}}),
        ({"internal-note": ""}, {"internal-note": None}),
        ({"custom-fields": {"jde-key": "A", "n": 5}}, {"custom-fields": {"jde_key": "A", "n": "5.0"}}),
        ({"custom-fields": {"site": {"name": "X"}}}, {"custom-fields": {"site": {"id": 4, "name": "X"}}}),
    ],
)
def test_the_same_value_in_another_form_is_kept(sent: dict[str, Any], got: dict[str, Any]) -> None:
    zone = ZoneInfo("America/Denver")
    invoice = Invoice.model_validate({"id": 1, **got}, context={"zone": zone})
    assert dropped(sent, invoice, zone=zone) == []


@pytest.mark.parametrize(
    ("sent", "got", "lost"),
    [
        ({"invoice-number": "0012"}, {"invoice-number": "12"}, "invoice-number"),
        ({"supplier": {"number": "1"}}, {"supplier": {"id": 2, "number": "2"}}, "supplier.number"),
        ({"supplier": {"number": "1"}}, {"supplier": None}, "supplier"),
        ({"tax-amount": "2.50"}, {"tax-amount": "2.51"}, "tax-amount"),
        ({"tax-amount": "2.50"}, {"tax-amount": None}, "tax-amount"),
        ({"custom-fields": {"jde-key": "A"}}, {"custom-fields": {}}, "custom-fields.jde-key"),
        ({"custom-fields": {"jde-key": "01"}}, {"custom-fields": {"jde-key": "1"}}, "custom-fields.jde-key"),
        ({"invoice-lines": [{"price": "1"}]}, {"invoice-lines": []}, "invoice-lines[0]"),
        ({"invoice-lines": [{"price": "1"}]}, {"invoice-lines": [{"price": "2"}]}, "invoice-lines[0].price"),
    ],
)
def test_another_value_is_a_drop(sent: dict[str, Any], got: dict[str, Any], lost: str) -> None:
    assert dropped(sent, came(Invoice, **got)) == [lost]


def test_the_account_of_a_line_may_be_named_with_its_chart() -> None:
    line = {"price": "2.5", "account": {"code": "1-6110", "account-type": {"name": "US CoA"}}}
    got = {"price": "2.50", "account": {"id": 3, "code": "1-6110"}}
    assert dropped({"invoice-lines": [line]}, came(Invoice, invoice_lines=[got])) == []
    other = {"price": "2.50", "account": {"id": 4, "code": "1-6111"}}
    assert dropped({"invoice-lines": [line]}, came(Invoice, invoice_lines=[other])) != []


def test_appended_payments_are_found_among_those_before() -> None:
    payment = {"amount-paid": "5.00", "notes": "2"}
    before = {"id": 1, "amount-paid": "5.0000", "notes": "1"}
    after = {"id": 2, "amount-paid": "5.0000", "notes": "2"}
    assert dropped({"payments": [payment]}, came(Invoice, payments=[before, after])) == []
    assert dropped({"payments": [payment]}, came(Invoice, payments=[before, before])) == ["payments[0]"]


def test_a_written_address_is_compared_field_by_field() -> None:
    sent = {"primary-address": {"street1": "1 Forge Rd", "city": "Denver", "country": {"code": "US"}}}
    got = {"street1": "1 Forge Rd", "city": None, "country": {"id": 1, "code": "US"}}
    assert dropped(sent, came(Supplier, primary_address=got)) == ["primary-address.city"]


@settings(max_examples=80)
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "name": words(20),
            "number": st.text("0123456789-", min_size=1, max_size=8),
            "on-hold": st.booleans(),
            "payment-term": st.fixed_dictionaries({"code": words(8)}),
            "custom-fields": st.dictionaries(st.text("abc", min_size=1), st.text(max_size=5), max_size=3),
        },
    )
)
def test_what_comes_back_as_sent_is_never_a_drop(body: dict[str, Any]) -> None:
    assert dropped(body, came(Supplier, **body)) == []
