"""Lists: filters, operators, order and pages."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, line

from connector_sandbox.testing import Sandbox


@pytest.fixture
def many(stocked: Coupa) -> Coupa:
    """Sixty invoices of two suppliers."""
    stocked.supplier("Beta Ltd", "5000")
    for n in range(1, 61):
        number = "4343" if n % 2 else "5000"
        stocked.invoice(f"INV-{n}", supplier={"number": number}, **{"invoice-lines": [line(f"{n}.50")]})
    return stocked


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [each["id"] for each in found]


def test_a_page_has_at_most_fifty_records_from_the_first_id(many: Coupa) -> None:
    assert ids(many.get("invoices")) == list(range(1, 51))
    assert ids(many.get("invoices", limit=500)) == list(range(1, 51))
    assert ids(many.get("invoices", limit=5, offset=58)) == [59, 60]
    assert many.get("invoices", offset=60) == []


def test_keyset_paging_by_id(many: Coupa) -> None:
    seen: list[int] = []
    while page := many.get("invoices", **{"id[gt]": seen[-1] if seen else 0, "order_by": "id", "limit": 25}):
        seen += ids(page)
    assert seen == list(range(1, 61))


def test_descending_order_and_order_by_another_attribute(many: Coupa) -> None:
    assert ids(many.get("invoices", dir="desc", limit=2)) == [60, 59]
    assert ids(many.get("invoices", order_by="gross_total", dir="desc", limit=2)) == [60, 59]
    by_number = many.get("suppliers", order_by="number", dir="desc")
    assert [each["number"] for each in by_number] == ["5000", "4343"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"invoice-number": "INV-7"}, 1),
        ({"invoice_number": "inv-7"}, 1),
        ({"invoice-number": "INV"}, 0),
        ({"invoice-number[contains]": "v-1"}, 11),
        ({"invoice-number[starts_with]": "INV-6"}, 2),
        ({"invoice-number[ends_with]": "-60"}, 1),
        ({"invoice-number[in]": "INV-1,INV-2,INV-99"}, 2),
        ({"invoice-number[not_in]": "INV-1,INV-2", "id[lt_or_eq]": "4"}, 2),
        ({"invoice-number[not_eq]": "INV-1", "id[lt]": "3"}, 1),
        ({"gross-total[gt]": "58.5"}, 2),
        ({"gross-total[gt_or_eq]": "58.50", "gross-total[lt]": "60.5"}, 2),
        ({"status": "draft", "limit": "3"}, 3),
        ({"exported": "false", "id[gt]": "55"}, 5),
        ({"paid": "true"}, 0),
        ({"payment-notes[blank]": "true", "id[gt]": "58"}, 2),
        ({"supplier[blank]": "false", "id[gt]": "58"}, 2),
        ({"supplier[number]": "5000", "limit": "50"}, 30),
        ({"supplier[name][contains]": "beta", "limit": "50"}, 30),
        ({"supplier_id": "2", "id[gt]": "50"}, 5),
        ({"supplier[id]": "2", "invoice-number": "INV-2"}, 1),
        ({"account-type[name]": "JDE", "currency[code]": "GBP", "id": "5"}, 1),
        ({"invoice-lines[account][code]": "39284-9270", "id[gt]": "59"}, 1),
        ({"invoice-lines[account][code]": "other"}, 0),
    ],
)
def test_filters(many: Coupa, query: dict[str, str], count: int) -> None:
    assert len(many.get("invoices", **query)) == count


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ({"colour": "red"}, "Unknown attribute or operator in colour"),
        ({"supplier[shade]": "red"}, "Unknown attribute or operator in supplier[shade]: shade. Known: account_number"),
        ({"invoice-number[like]": "x"}, "Unknown attribute or operator"),
        ({"updated-at[contains]": "2024"}, "works on text only"),
        ({"created-at[blank]": "true"}, "does not work on the date"),
        ({"updated-at[gt]": "yesterday"}, "is not a valid date"),
        ({"id[gt]": "x"}, "is not a number"),
        ({"supplier": "4343"}, "Name one: supplier[id]"),
        ({"custom-fields[jde-document]": "1"}, "Unknown attribute"),
        ({"limit": "-1"}, "limit=-1"),
        ({"limit": "many"}, "limit=many"),
        ({"dir": "up"}, "dir=up"),
        ({"order_by": "supplier"}, "order_by=supplier"),
    ],
)
def test_a_query_that_cannot_be_understood_is_400_with_a_hint(coupa: Coupa, query: dict[str, str], hint: str) -> None:
    assert hint in coupa.refused("GET", "invoices", params=query)["query"][0]


def test_custom_fields_can_be_filtered_where_the_option_says_so(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"custom_field_filters": True}})
    stocked.invoice("A", **{"custom-fields": {"jde-document": "1"}})
    stocked.invoice("B", **{"custom-fields": {"jde-document": "2"}})
    assert ids(stocked.get("invoices", **{"custom-fields[jde-document]": "2"})) == [2]


def test_a_watermark_on_updated_at(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/clock", {"now": "2024-05-01T08:00:00Z"})
    first, second = stocked.invoice("A")["id"], stocked.invoice("B")["id"]
    sandbox.post("/clock", {"now": "2024-05-02T08:00:00Z"})
    stocked.put(f"invoices/{first}", {"comments": "seen"})
    order = {"order_by": "updated_at", "dir": "asc"}
    assert ids(stocked.get("invoices", **order)) == [second, first]
    assert ids(stocked.get("invoices", **{"updated-at[gt_or_eq]": "2024-05-02T09:00:00+01:00", **order})) == [first]
    # A date without time is midnight UTC.
    assert ids(stocked.get("invoices", **{"updated-at[gt]": "2024-05-02"})) == [first]
    assert ids(stocked.get("invoices", **{"updated-at[lt]": "2024-05-02"})) == [second]


def test_an_unencoded_plus_becomes_a_space_and_shifts_the_filter(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/clock", {"now": "2024-05-02T07:30:00Z"})
    stocked.invoice()
    encoded = stocked.ask("GET", "invoices?updated-at[gt]=2024-05-02T08:00:00%2B01:00").json()
    plain = stocked.ask("GET", "invoices?updated-at[gt]=2024-05-02T08:00:00+01:00").json()
    assert (len(encoded), len(plain)) == (1, 0)


def test_invoice_date_is_compared_as_midnight_of_the_instance(stocked: Coupa) -> None:
    stocked.invoice()  # Of 1 June, which begins at 23:00 UTC on 31 May in London.
    assert len(stocked.get("invoices", **{"invoice-date[lt]": "2024-06-01"})) == 1
    assert len(stocked.get("invoices", **{"invoice-date[gt_or_eq]": "2024-05-31T23:00:00Z"})) == 1
    assert len(stocked.get("invoices", order_by="invoice_date", **{"invoice-date[gt]": "2024-06-02"})) == 0


def test_paging_by_offset_over_what_one_marks_skips_records(many: Coupa) -> None:
    seen: list[int] = []
    offset = 0
    while page := many.get("invoices", exported="false", limit=10, offset=offset):
        for each in page:
            many.put(f"invoices/{each['id']}?exported=true")
        seen += ids(page)
        offset += 10
    assert len(seen) == 30
