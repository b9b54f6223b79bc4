"""How dates are written (coupa section 3.4.1), and which are taken."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, invoice

from connector_sandbox.testing import Sandbox

WINTER = "2025-11-06T00:00:00-08:00"


@pytest.fixture
def western(stocked: Coupa, sandbox: Sandbox) -> Coupa:
    """An instance of California, with a term of 120 days that gives a discount within 10."""
    sandbox.post("/options", {"coupa": {"time_zone": "America/Los_Angeles"}})
    term = {"code": "NET 120", "days-for-net-payment": 120, "days-for-discount-payment": 10, "discount-rate": "2"}
    stocked.post("payment_terms", term)
    stocked.put("suppliers/1", {"payment-term": {"code": "NET 120"}})
    return stocked


def test_due_dates_are_the_last_second_of_their_day_with_the_offset_of_that_day(western: Coupa) -> None:
    made = western.invoice(**{"invoice-date": WINTER})
    assert made["invoice-date"] == WINTER
    # the vendor's example: 6 November and 120 days
    assert made["net-due-date"] == "2026-03-06T23:59:59-08:00"
    assert made["discount-due-date"] == "2025-11-16T23:59:59-08:00"
    across = western.invoice("INV-2", **{"invoice-date": "2025-10-20"})
    assert across["invoice-date"] == "2025-10-20T00:00:00-07:00"
    assert across["net-due-date"] == "2026-02-17T23:59:59-08:00"


def test_other_times_are_printed_by_option(western: Coupa, sandbox: Sandbox) -> None:
    western.invoice(**{"invoice-date": "2025-11-06"})
    sandbox.post("/options", {"coupa": {"invoice_time": "23:16:07", "due_time": "00:00:00"}})
    shown = western.get("invoices/1")
    assert shown["invoice-date"] == "2025-11-06T23:16:07-08:00"
    assert shown["net-due-date"] == "2026-03-06T00:00:00-08:00"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2025-11-06", WINTER),
        ("2025-11-06T00:00:00", WINTER),
        ("11/6/2025", WINTER),
        ("2025-11-06T00:00:00-08:00", WINTER),
        ("2025-11-06T09:16:07-08:00", "2025-11-06T09:16:07-08:00"),
        ('"2025-11-06 00:00:00 -0800"', WINTER),
        ("2025-11-06T00:00:00Z", "2025-11-05T16:00:00-08:00"),
    ],
)
def test_every_form_of_a_date_is_taken_and_its_time_is_kept(western: Coupa, sent: str, shown: str) -> None:
    fields = ("invoice-date", "delivery-date", "payment-date")
    made = western.invoice(**dict.fromkeys(fields, sent))
    assert [made[name] for name in fields] == [shown] * 3


def test_a_plain_date_may_be_midnight_in_utc(western: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"dates_placed": "utc"}})
    made = western.invoice(**{"invoice-date": "2025-11-06", "payment-date": "2025-11-06"})
    assert made["invoice-date"] == made["payment-date"] == "2025-11-05T16:00:00-08:00"


def test_lists_find_and_sort_dates_with_and_without_a_time(western: Coupa) -> None:
    for number, on in (("A", "2025-11-07"), ("B", "2025-11-06T09:16:07-08:00"), ("C", "2025-11-05")):
        western.invoice(number, **{"invoice-date": on})

    def numbers(**query: Any) -> list[str]:
        return [each["invoice-number"] for each in western.get("invoices", **query)]

    assert numbers(order_by="invoice_date") == ["C", "B", "A"]
    assert numbers(**{"invoice-date[gt]": "2025-11-06T00:00:00-08:00"}) == ["A", "B"]
    assert numbers(**{"net-due-date[lt]": "2026-03-07T00:00:00-08:00"}) == ["B", "C"]


def test_a_date_in_the_body_of_an_order_is_placed_as_well(western: Coupa) -> None:
    line = western.order()["order-lines"][0]
    made = western.put("purchase_orders/1", {"order-lines": [{"id": line["id"], "need-by-date": "2025-11-06"}]})
    assert made["order-lines"][0]["need-by-date"] == WINTER
    assert (
        "is not a valid date"
        in western.refused("POST", "invoices", invoice("X", **{"invoice-date": "6 Nov"}))["invoice_header"][0]
    )
