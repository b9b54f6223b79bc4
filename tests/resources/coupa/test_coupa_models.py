"""Values as Coupa writes them, and fields that are asked for by name."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_resources.coupa import Account, Invoice, Payment, RemitToAddress, Supplier
from connector_resources.coupa.fields import Selection
from connector_resources.coupa.values import day_of, decimal_of, instant_of
from connector_resources.coupa.wire import body, query

DENVER = ZoneInfo("America/Denver")


def test_keys_with_hyphens_or_underscores_and_decimals_from_strings() -> None:
    for keys in (("invoice-number", "gross-total"), ("invoice_number", "gross_total")):
        invoice = Invoice.model_validate({"id": "4835", keys[0]: "INV-7781", keys[1]: "25.00", "new-in-r44": 1})
        assert (invoice.id, invoice.invoice_number, invoice.gross_total) == (
            4835,
            "INV-7781",
            Decimal("25.00"),
        )


def test_a_float_is_no_amount() -> None:
    with pytest.raises(ValueError, match="float"):
        decimal_of(0.1)
    with pytest.raises(ValueError, match="float"):
        body({"price": 2.5})


@settings(max_examples=100)
@given(amount=st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_amounts_survive_the_wire_to_the_digit(amount: Decimal) -> None:
    sent = body({"price": amount})["price"]
    assert isinstance(sent, str)
    assert "E" not in sent
    assert decimal_of(sent) == amount


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-01", date(2024, 5, 1)),
        ("2024-05-01T00:00:00-07:00", date(2024, 5, 1)),
        ("2024-05-01T00:00:00Z", date(2024, 5, 1)),
        ("2024-05-01T06:00:00Z", date(2024, 5, 1)),  # Denver's midnight, shown in UTC
        ("2024-05-02T00:00:00.000-06:00", date(2024, 5, 2)),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_the_midnight_of_the_instance(text: str | None, day: date | None) -> None:
    assert day_of(text, DENVER) == day


@settings(max_examples=100)
@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), hours=st.integers(-12, 14))
def test_a_date_comes_back_from_any_offset(day: date, hours: int) -> None:
    shown = datetime(day.year, day.month, day.day, tzinfo=timezone(timedelta(hours=hours)))
    assert day_of(shown.isoformat()) == day


def test_instants_have_zones() -> None:
    assert instant_of("2018-11-05T04:22:34-06:00") == datetime(2018, 11, 5, 10, 22, 34, tzinfo=UTC)
    assert instant_of("2018-11-05 04:22:34 -0600") == datetime(2018, 11, 5, 10, 22, 34, tzinfo=UTC)
    assert instant_of("2018-11-05T04:22:34", DENVER) == datetime(2018, 11, 5, 4, 22, 34, tzinfo=DENVER)
    with pytest.raises(ValueError, match="date-time"):
        instant_of("yesterday")


def test_a_payment_knows_its_day_in_either_zone() -> None:
    payment = Payment.model_validate({"amount-paid": "989.0000", "payment-date": "2024-05-30T18:00:00-06:00"})
    assert payment.on(date(2024, 5, 31))  # sent as UTC midnight
    assert payment.on(date(2024, 5, 30))
    assert not payment.on(date(2024, 5, 29))


def test_custom_fields_keep_their_names_and_are_found_by_either_spelling() -> None:
    invoice = Invoice.model_validate({"id": 1, "custom-fields": {"jde-voucher": "00001-PV-77"}})
    assert invoice.custom("jde_voucher") == invoice.custom("jde-voucher") == "00001-PV-77"
    assert invoice.custom("other") is None
    assert Invoice.model_validate({"id": 1, "custom-fields": None}).custom_fields == {}


def test_an_older_answer_gives_the_country_as_a_plain_name() -> None:
    address = RemitToAddress.model_validate({"id": 1, "remit_to_code": "A", "country": "United States"})
    assert address.country is not None
    assert address.country.name == "United States"


def test_tax_numbers_are_not_in_a_repr() -> None:
    supplier = Supplier.model_validate({"id": 1, "tax-id": "12-3456789", "primary-address": {"vat-number": "GB9"}})
    assert supplier.tax_id == "12-3456789"
    assert "3456789" not in repr(supplier)
    assert "GB9" not in repr(supplier)


def test_segments_end_with_the_last_one_in_use() -> None:
    account = Account.model_validate({"id": 1, "segment-1": "SF", "segment-2": None, "segment-3": "X"})
    assert account.segments == ("SF", "", "X")


def test_lists_may_be_null() -> None:
    assert Invoice.model_validate({"id": 1, "payments": None, "invoice-lines": None}).payments == ()


def test_fields_are_asked_for_in_underscores_with_their_associations() -> None:
    asked = json.loads(Selection(Supplier).query)
    assert {"id", "name", "number", "updated_at"} <= {item for item in asked if isinstance(item, str)}
    assert {"payment_term": ["id", "code"]} in asked
    assert {"custom_fields": {}} in asked
    assert not any("-" in json.dumps(item) for item in asked)


def test_a_trimmed_read_always_has_the_id_and_knows_its_fields() -> None:
    chosen = Selection(Invoice, ["invoice-number", {"supplier": ["number"]}, "payments"])
    assert json.loads(chosen.query) == [
        "id",
        "invoice_number",
        {"supplier": ["number"]},
        {"payments": ["id", "amount_paid", "payment_date", "notes", "check_number"]},
    ]
    with pytest.raises(ValueError, match="invoice-nr"):
        Selection(Invoice, ["invoice-nr"])


def test_what_is_missing_is_named_inside_lists_and_objects_too() -> None:
    chosen = Selection(Invoice, ["status", "supplier", {"invoice_lines": ["price", "status"]}])
    record: dict[str, Any] = {"id": 1, "supplier": None, "invoice-lines": [{"price": "1"}, {}]}
    assert chosen.missing(record) == ["status", "invoice-lines.price"]
    assert chosen.missing({"id": 1, "status": "x", "supplier": {"id": 1}, "invoice_lines": []}) == [
        "supplier.name",
        "supplier.number",
    ]


def test_an_older_tenant_has_custom_fields_at_the_top() -> None:
    chosen = Selection(Invoice, ["status", "custom_fields"], top_level_custom=["jde-key"])
    assert json.loads(chosen.query) == ["id", "status", "jde_key"]
    record = {"id": 1, "status": "draft", "jde-key": "K"}
    assert chosen.missing(record) == []
    assert chosen.missing({"id": 1, "status": "draft"}) == ["jde-key"]
    assert Invoice.model_validate(chosen.gathered(record)).custom("jde-key") == "K"
    assert chosen.spread({"status": "x", "custom-fields": {"jde-key": "K"}}) == {
        "status": "x",
        "jde-key": "K",
    }


def test_query_values() -> None:
    assert query({"active": True, "status[in]": ["approved", "voided"], "day": date(2024, 5, 1), "n": 3}) == [
        ("active", "true"),
        ("status[in]", "approved,voided"),
        ("day", "2024-05-01"),
        ("n", "3"),
    ]
    shown = datetime(2024, 5, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert query({"updated-at[gt]": shown}) == [("updated-at[gt]", "2024-05-01T00:00:00Z")]
