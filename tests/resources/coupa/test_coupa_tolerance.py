"""What Coupa's documents print in more than one way is read in all of them (coupa sections 3.0.1, 3.5.1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from coupa_fake import FakeCoupa, Reply

from connector_resources.coupa import CoupaClient, Invoice, LookupValue
from connector_resources.coupa.unwrapping import unwrapped
from connector_resources.errors import NotFound, OutcomeUnknown, SystemProblem

INVOICES = "/api/invoices"
ASKED: list[Any] = ["paid", "payment_date", "payment_notes", "payments"]
ONE = {"amount_paid": "199.98", "check_number": "1003", "notes": "1003", "payment_date": "9/12/2019"}
TWO = {"amount_paid": "510", "check_number": "1004", "notes": "1004", "payment_date": "9/12/2019"}
NOTED = "CHECK|#1003|USD|989.00|FULLY PAID|"
READ_ONE = (Decimal("199.98"), "1003", date(2019, 9, 12))
READ_TWO = (Decimal(510), "1004", date(2019, 9, 12))


def nil(text: str) -> dict[str, str]:
    """An element that says it is nil, and holds a value."""
    return {"nil": "true", "#text": text}


FORMS: dict[str, tuple[dict[str, Any], bool | None, list[tuple[Decimal, str, date]]]] = {
    "X1": (
        {
            "paid": True,
            "payment-date": "2009-06-23T00:00:00-08:00",
            "payment-notes": NOTED,
            "payments": {"payment": {"amount-paid": "989.00", "notes": "1003", "payment-date": "2009-06-23"}},
        },
        True,
        [(Decimal(989), "1003", date(2009, 6, 23))],
    ),
    "X2": (
        {
            "paid": None,
            "payment-date": None,
            "payment-notes": None,
            "invoice-date": '"2019-10-22 00:00:00 -0900"',
            "payments": {"payment": {"amount-paid": "199.98", "notes": "1003", "payment-date": "2019-09-12"}},
        },
        None,
        [READ_ONE],
    ),
    "X3": (
        {
            "paid": None,
            "payment-date": None,
            "payment-notes": None,
            "payments": {
                "payment": [
                    {"amount-paid": "199.98", "check-number": "1003", "payment-date": "2019-09-12", "notes": None},
                    {"amount-paid": "510", "check-number": "1004", "payment-date": "2019-09-12", "notes": ""},
                ]
            },
        },
        None,
        [READ_ONE, READ_TWO],
    ),
    "X4": (
        {
            "paid": True,
            "payment-date": {"nil": "true"},
            "payment-notes": {"nil": "true"},
            "payments": {
                "payment": {
                    "amount-paid": nil("100.23"),
                    "notes": nil("232"),
                    "payment-date": nil("2010-09-25T02:22:11Z"),
                }
            },
        },
        True,
        [(Decimal("100.23"), "232", date(2010, 9, 25))],
    ),
    "J1": (
        {"paid": "false", "payment_date": "9/11/2019", "payment_notes": "n", "payments": {"payment": ONE}},
        False,
        [READ_ONE],
    ),
    "J2": (
        {"paid": "false", "payment_date": "9/11/2019", "payment_notes": "n", "payments": {"payment": [ONE, TWO]}},
        False,
        [READ_ONE, READ_TWO],
    ),
    "J3": (
        {"paid": "false", "payment_date": "9/11/2019", "payment_notes": "n", "payments": [ONE, TWO]},
        False,
        [READ_ONE, READ_TWO],
    ),
    "J4": (
        {
            "paid": "true",
            "payment-date": "2019-08-13T00:00:00Z",
            "payment-notes": "n",
            "payments": {
                "payment": [
                    {
                        "amount-paid": "989.00",
                        "payment-date": "2019-08-13T00:00:00Z",
                        "notes": "1003",
                        "payable-type": "InvoiceHeader",
                        "payable-id": "4835",
                    }
                ]
            },
        },
        True,
        [(Decimal(989), "1003", date(2019, 8, 13))],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_documented_form_of_payments_is_read(fake: FakeCoupa, client: CoupaClient, form: str) -> None:
    body, paid, payments = FORMS[form]
    ids = [{**each, "id": str(n)} for n, each in enumerate(_several(body["payments"]), 1)]
    reported = {**body, "payments": ids if isinstance(body["payments"], list) else {"payment": ids}}
    if isinstance(body["payments"], dict) and isinstance(body["payments"]["payment"], dict):
        reported["payments"] = {"payment": ids[0]}
    fake.once("GET", f"{INVOICES}/4835", Reply(200, {"id": "4835", **reported}))
    found = client.invoices.get(4835, fields=ASKED)
    assert (found.id, found.paid) == (4835, paid)
    read = [
        (each.amount_paid, each.notes or each.check_number, each.payment_date.date() if each.payment_date else None)
        for each in found.payments
    ]
    assert read == payments
    assert [each.id for each in found.payments] == list(range(1, len(payments) + 1))


def _several(payments: Any) -> list[dict[str, Any]]:
    inner = payments["payment"] if isinstance(payments, dict) else payments
    return inner if isinstance(inner, list) else [inner]


def test_wrapped_lists_and_doubled_objects_are_plain() -> None:
    record = {
        "payee": {"payee": {"id": "7", "number": None}},
        "tax-lines": {"tax-line": {"amount": "1"}},
        "addresses": {"address": [{"id": 1}]},
        "payments": {"payment": None},
        "custom-fields": {"custom-fields": {"custom-field": 1}, "nil": "x"},
        "account": {"account-type": {"name": "US"}},
    }
    assert unwrapped(record) == {
        "payee": {"id": "7", "number": None},
        "tax-lines": [{"amount": "1"}],
        "addresses": [{"id": 1}],
        "payments": [],
        "custom-fields": {"custom-fields": {"custom-field": 1}, "nil": "x"},
        "account": {"account-type": {"name": "US"}},
    }


@pytest.mark.parametrize(("text", "flag"), [("yes", True), ("No", False), ("true", True), ("", None), (None, None)])
def test_booleans_come_as_text(text: str | None, flag: bool | None) -> None:
    assert LookupValue.model_validate({"id": "9", "active": text}).active is flag


def test_ids_and_counters_come_as_text() -> None:
    line = {"id": "78762", "line-num": "1", "order-line-id": "57685", "order-line-num": 1, "po-number": 100234}
    made = Invoice.model_validate({"id": "4835", "supplier": {"id": "1538"}, "invoice-lines": [line]})
    [found] = made.invoice_lines
    assert (made.id, made.supplier and made.supplier.id) == (4835, 1538)
    assert (found.id, found.line_num, found.order_line_id, found.order_line_num) == (78762, 1, 57685, "1")
    assert found.po_number == "100234"


def test_a_list_without_a_hit_is_empty_in_both_documented_answers(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.sequence(
        "GET",
        INVOICES,
        [
            Reply(200, []),
            Reply(404, b"<errors><error>No results match your search criteria.</error></errors>"),
            Reply(404, {"errors": {"base": ["Not found."]}}),
        ],
    )
    assert client.invoices.find("NONE") == []
    assert client.invoices.find("NONE") == []
    with pytest.raises(NotFound):
        client.invoices.find("NONE")


def test_payments_are_asked_for_in_json_and_an_answer_in_xml_is_none(fake: FakeCoupa, client: CoupaClient) -> None:
    """The XML forms are bodies that Coupa takes (section 3.5.1). It answers as `Accept` asks; what answers in XML all
    the same tells nothing of an invoice: a read fails, and of a write nothing is known."""
    xml = b"<invoice-header><id>4835</id><paid>true</paid></invoice-header>"
    fake.once("GET", f"{INVOICES}/4835", Reply(200, xml))
    with pytest.raises(SystemProblem):
        client.invoices.get(4835, fields=ASKED)
    fake.once("PUT", f"{INVOICES}/4835", Reply(200, xml))
    with pytest.raises(OutcomeUnknown):
        client.invoices.update(4835, {"paid": True})
    read, written = fake.api("GET")[-1], fake.api("PUT")[-1]
    assert read.headers["accept"] == written.headers["accept"] == "application/json"
    assert written.headers["content-type"] == "application/json"
