"""Values as Coupa writes them, and fields that are asked for by name."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as clock
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


# as the vendor's pages and recorded documents print them (coupa section 3.4.1)
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-01", date(2024, 5, 1)),
        ("2008-10-28T00:00:00-07:00", date(2008, 10, 28)),
        ("2019-08-13T00:00:00Z", date(2019, 8, 13)),
        ("2018-11-16T09:16:07-06:00", date(2018, 11, 16)),
        ("2026-03-06T23:59:59-08:00", date(2026, 3, 6)),  # in UTC it is the 7th
        ("2018-12-16T23:59:59-06:00", date(2018, 12, 16)),
        ("2024-03-18T23:59:59Z", date(2024, 3, 18)),
        ("2024-03-18T23:59:59.999+13:00", date(2024, 3, 18)),
        ("2024-03-18T00:30:00+13:00", date(2024, 3, 18)),  # in UTC it is the 17th
        ("2015-02-05T00:00:00", date(2015, 2, 5)),
        ("2019-10-22 00:00:00 -0900", date(2019, 10, 22)),
        ('"2019-10-22 00:00:00 -0900"', date(2019, 10, 22)),
        ("9/11/2019", date(2019, 9, 11)),
        ("12/1/2019", date(2019, 12, 1)),
        (datetime(2026, 3, 6, 23, 59, 59, tzinfo=DENVER), date(2026, 3, 6)),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_the_one_that_is_printed(text: object, day: date | None) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize("text", ["2024-05-01Tnoon", "2024-05-32", "13/13/2019", "2024-05", "soon", 7])
def test_what_is_no_date_is_told(text: object) -> None:
    with pytest.raises(ValueError, match=r"date|day|month"):
        day_of(text)


@settings(max_examples=100)
@given(
    day=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    time=st.times(),
    offset=st.integers(-12 * 4, 14 * 4),
)
def test_a_date_comes_back_from_any_hour_and_offset(day: date, time: clock, offset: int) -> None:
    shown = datetime.combine(day, time, timezone(timedelta(minutes=15 * offset)))
    assert day_of(shown.isoformat()) == day


def test_instants_have_zones() -> None:
    assert instant_of("2018-11-05T04:22:34-06:00") == datetime(2018, 11, 5, 10, 22, 34, tzinfo=UTC)
    assert instant_of("2018-11-05 04:22:34 -0600") == datetime(2018, 11, 5, 10, 22, 34, tzinfo=UTC)
    assert instant_of("9/12/2019", DENVER) == datetime(2019, 9, 12, tzinfo=DENVER)
    assert instant_of("2018-11-05T04:22:34", DENVER) == datetime(2018, 11, 5, 4, 22, 34, tzinfo=DENVER)
    with pytest.raises(ValueError, match="date-time"):
        instant_of("yesterday")


def test_a_payment_knows_its_day_in_either_zone() -> None:
    payment = Payment.model_validate({"amount-paid": "989.0000", "payment-date": "2024-05-30T18:00:00-06:00"})
    assert payment.on(date(2024, 5, 31))  # sent as midnight in UTC by an older version
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
