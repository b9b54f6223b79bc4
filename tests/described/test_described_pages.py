"""The descriptions themselves: they take the vendors' own examples, and see what is wrong in a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from described import bill, coupa, jde
from described.routes import Route, Sent, problems

BILL_HEADERS = {"devKey": "k", "sessionId": "s", "Accept": "application/json"}
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
COUPA_HEADERS = {"Authorization": "Bearer t", **JSON}
JDE_HEADERS = {"jde-AIS-Auth": "t", "jde-AIS-Auth-Device": "d", **JSON}
VENDOR, ACCOUNT, UNIT = "00901ABCDEFGHIJKLMNO", "0ca01ABCDEFGHIJKLMNO", "0de01ABCDEFGHIJKLMNO"


def said(
    routes: Sequence[Route], method: str, path: str, headers: Mapping[str, str], body: Any = None, **query: str
) -> list[str]:
    """What the description says of a request, without its route."""
    url = f"http://x{path}" + (f"?{urlencode(query)}" if query else "")
    sent = Sent.of(method, url, headers, None if body is None else json.dumps(body))
    return [each.split(": ", 1)[-1] for each in problems(routes, sent)]


def bill_says(method: str, path: str, body: Any = None, **query: str) -> list[str]:
    """Of a request to BILL."""
    headers = BILL_HEADERS if body is None else BILL_HEADERS | JSON
    return said(bill.ROUTES, method, f"/connect/v3/{path}", headers, body, **query)


def coupa_says(method: str, path: str, body: Any = None, **query: str) -> list[str]:
    """Of a request to Coupa."""
    return said(coupa.ROUTES, method, f"/api/{path}", COUPA_HEADERS, body, **query)


def jde_says(body: Any, path: str = "v2/dataservice") -> list[str]:
    """Of a request to JD Edwards."""
    return said(jde.ROUTES, "POST", f"/jderest/{path}", JDE_HEADERS, body)


# Section 3.1 and 3.2 of the sheet on BILL, sections 3.1, 3.3, 3.4, 3.5 and 3.5.2 of that on Coupa, as printed there.
SHEET_VENDOR = {
    "name": "Acme Drilling Supply",
    "accountType": "BUSINESS",
    "shortName": "JDE 4242",
    "email": "ap@acme.example",
    "billCurrency": "USD",
    "address": {
        "line1": "1 Dock Rd",
        "city": "Houston",
        "stateOrProvince": "TX",
        "zipOrPostalCode": "77002",
        "country": "US",
    },
    "additionalInfo": {"taxId": "12-3456789", "taxIdType": "EIN", "track1099": True},
}
SHEET_BILL = {
    "vendorId": VENDOR,
    "dueDate": "2026-03-31",
    "purchaseOrderNumber": "OP 00012345",
    "description": "JDE 00100-PV-778812-00001",
    "invoice": {"invoiceNumber": "ACM-20418", "invoiceDate": "2026-03-01"},
    "billLineItems": [
        {
            "amount": 1180.50,
            "description": "Drill bits",
            "classifications": {"chartOfAccountId": ACCOUNT, "departmentId": UNIT},
        }
    ],
}
SHEET_SUPPLIER = {
    "name": "Anvil & Sons",
    "number": "4343",
    "status": "active",
    "po-method": "prompt",
    "po-change-method": "prompt",
    "invoice-matching-level": "2-way",
    "payment-method": "invoice",
    "payment-term": {"code": "Net 30"},
    "primary-contact": {"email": "ap@anvil.example", "name-given": "Ana", "name-family": "Vil"},
    "primary-address": {
        "street1": "1 Forge Rd",
        "city": "Denver",
        "state": "CO",
        "postal-code": "80202",
        "country": {"code": "US"},
    },
}
SHEET_ORDER = {
    "type": "ExternalOrderHeader",
    "po-number": "JDE-100234-OP",
    "version": 1,
    "currency": {"code": "USD"},
    "supplier": {"number": "4343"},
    "ship-to-address": {"location-code": "M30"},
    "ship-to-user": {"login": "erp_receiver"},
    "payment-term": {"code": "Net 30"},
    "transmission-method-override": "do_not_transmit",
    "order-lines": [
        {
            "line-num": "1",
            "type": "OrderQuantityLine",
            "description": "Bolts",
            "quantity": "10",
            "price": "2.50",
            "uom": {"code": "EA"},
            "currency": {"code": "USD"},
            "account": {"code": "1-6110-200", "account-type": {"name": "US CoA"}},
        }
    ],
}
SHEET_PAYABLE = {
    "source-name": "JDE",
    "source-reference": "00100-PV-778812-001",
    "document-number": "INV-7781",
    "document-type": "invoice",
    "document-date": "2024-05-01",
    "due-date": "2024-05-31",
    "document-amount": "989.00",
    "payable-amount": "989.00",
    "currency": {"code": "USD"},
    "account-type": {"name": "US CoA"},
    "payable-detail": {"supplier-id": 1538},
}
SHEET_QUESTION = {
    "targetName": "F0411",
    "targetType": "table",
    "dataServiceType": "BROWSE",
    "findOnEntry": "TRUE",
    "outputType": "GRID_DATA",
    "maxPageSize": "500",
    "enableNextPageProcessing": True,
    "returnControlIDs": "F0411.KCO|F0411.DOC|F0411.DCT|F0411.SFX|F0411.AN8|F0411.VINV|F0411.AG|F0411.UPMJ",
    "query": {
        "autoFind": True,
        "matchType": "MATCH_ALL",
        "condition": [
            {
                "controlId": "F0411.UPMJ",
                "operator": "GREATER_EQUAL",
                "value": [{"content": "2", "specialValueId": "TODAY_MINUS_DAY"}],
            }
        ],
    },
    "aggregation": {"orderBy": [{"column": "F0411.UPMJ", "direction": "ASC"}]},
}
LITERAL = [{"content": "1", "specialValueId": "LITERAL"}]
SELECTED = '["id","invoice_number",{"invoice_lines":["id","line_num"]},{"custom_fields":{}}]'


def test_what_the_sheets_print_is_a_request_of_their_pages() -> None:
    assert bill_says("POST", "vendors", SHEET_VENDOR) == []
    assert bill_says("POST", "bills", SHEET_BILL) == []
    query = {"max": "100", "filters": 'updatedTime:gte:"2026-01-01T00:00:00.000Z"', "sort": "updatedTime:asc"}
    for path in ("vendors", "bills", "payments"):
        assert bill_says("GET", path, None, **query) == []
    assert coupa_says("POST", "suppliers", SHEET_SUPPLIER) == []
    assert coupa_says("POST", "purchase_orders", SHEET_ORDER) == []
    assert coupa_says("POST", "payables/external/payables", SHEET_PAYABLE) == []
    asked = {
        "limit": "50",
        "fields": SELECTED,
        "updated-at[gt_or_eq]": "2024-05-01T00:00:00Z",
        "order_by": "updated_at",
    }
    assert coupa_says("GET", "invoices", None, **asked, dir="asc", **{"supplier[number]": "4343"}) == []
    assert jde_says(SHEET_QUESTION) == []


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"id": "00n01ABCDEFGHIJKLMNO"}, "id is only answered, never sent"),
        ({"glPostingDate": "2026-03-01"}, "glPostingDate is no field of any page"),
        ({"dueDate": "31/03/2026"}, "dueDate is not of the form"),
        ({"vendorId": "4242"}, "vendorId is not of the form"),
        ({"invoice": {"invoiceNumber": "A-1"}}, "invoice.invoiceDate is required and not sent"),
        ({"invoice": {"invoiceNumber": "A" * 22, "invoiceDate": "2026-03-01"}}, "invoice.invoiceNumber has 22"),
        ({"billLineItems": []}, "billLineItems has 0 members"),
        ({"billLineItems": [{"amount": "1.00"}]}, "billLineItems[].amount is no number"),
        ({"billLineItems": [{"amount": 1.005}]}, "billLineItems[].amount has more than 2 decimals"),
        ({"billLineItems": [{"amount": 1, "chartOfAccountId": ACCOUNT}]}, "chartOfAccountId is no field"),
        ({"classifications": {"jobId": "job01ABCDEFGHIJKLMNO"}}, "classifications.jobId is no field"),
        ({"description": None}, "description is no string"),
    ],
)
def test_a_bill_that_bill_does_not_know_is_seen(changed: dict[str, Any], wrong: str) -> None:
    [found] = bill_says("POST", "bills", SHEET_BILL | changed)
    assert wrong in found


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        ("bills", {"max": "101"}, "max is 101"),
        ("bills", {}, "max is not sent"),
        ("bills", {"max": "1", "start": "0"}, "parameter start is on no page"),
        ("bills", {"max": "1", "filters": "invoice.invoiceNumber:eq:A-1"}, "invoice.invoiceNumber:eq is on no page"),
        ("payments", {"max": "1", "filters": "billId:eq:00n01"}, "billId:eq is on no page"),
        ("bills", {"max": "1", "filters": "updatedTime:gte:2026-01-01"}, "updatedTime is no time in quotes"),
        ("bills", {"max": "1", "filters": f"vendorId:in:{VENDOR}"}, "vendorId:in takes its value in quotes"),
        ("vendors", {"max": "1", "filters": 'name:eq:"Acme"x'}, "filters cannot be read"),
        ("bills", {"max": "1", "sort": "amount:asc"}, "sort=amount:asc is on no page"),
    ],
)
def test_a_list_that_bill_does_not_know_is_seen(path: str, query: dict[str, str], wrong: str) -> None:
    [found] = bill_says("GET", path, None, **query)
    assert wrong in found


def test_paths_and_headers_are_looked_at() -> None:
    [found] = bill_says("POST", "vendors/00901ABCDEFGHIJKLMNO", SHEET_VENDOR)
    assert found.endswith("is on no page")
    [found] = said(bill.ROUTES, "GET", "/connect/v3/payments/stp01", BILL_HEADERS | {"apiToken": "x"})
    assert found == "header apitoken is on no page"
    [found] = said(coupa.ROUTES, "GET", "/api/invoices/1", {"Authorization": "Bearer t", "Accept": "application/json"})
    assert found == "header content-type is not sent"
    [found] = said(jde.ROUTES, "GET", "/jderest/discover", {"jde-AIS-Auth": "t", "Accept": "application/json"})
    assert found == "header jde-ais-auth-device is not sent"
    [found] = said(bill.ROUTES, "POST", "/connect/v3/logout", BILL_HEADERS, {})
    assert found == "a body of 2 bytes, and the page has none"


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("suppliers", {"name": "x" * 101}, "name has 101 characters"),
        ("suppliers", {"po-method": "fax"}, "po-method is none of"),
        ("suppliers", {"remit-to-addresses": []}, "remit-to-addresses is only answered"),
        ("suppliers", {"payment_term": {"code": "Net 30"}}, "payment_term is no field"),
    ],
)
def test_a_supplier_that_coupa_does_not_know_is_seen(path: str, body: dict[str, Any], wrong: str) -> None:
    [found] = coupa_says("POST", path, SHEET_SUPPLIER | body)
    assert wrong in found


def test_an_update_of_a_supplier_takes_a_text_away_but_no_name_and_no_reference() -> None:
    assert coupa_says("PUT", "suppliers/1", {"tax-id": None, "primary-address": {"street2": None}}) == []
    [found] = coupa_says("PUT", "suppliers/1", {"name": None})
    assert found == "name is no string: None"
    [found] = coupa_says("POST", "suppliers", SHEET_SUPPLIER | {"tax-id": None})
    assert found == "tax-id is no string: None"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"fields": '["id","due_amount"]'}, "due_amount is no attribute"),
        ({"fields": '["id","invoice-number"]'}, "written with hyphens"),
        ({"fields": '[{"invoice_lines":["vendor"]}]'}, "vendor is no attribute"),
        ({"fields": '["id"]', "limit": "51"}, "limit is '51'"),
        ({"fields": '["id"]', "updated-at[gt]": "2024-05-01"}, "has no zone"),
        ({"fields": '["id"]', "supplier[nummer]": "1"}, "nummer is no attribute"),
        ({"fields": '["id"]', "status[one_of]": "paid"}, "one-of is no attribute"),
        ({"fields": '["id"]', "order_by": "updated-at"}, "order_by is updated-at"),
    ],
)
def test_a_list_that_coupa_does_not_know_is_seen(query: dict[str, str], wrong: str) -> None:
    found = coupa_says("GET", "invoices", None, **{"limit": "50"} | query)
    assert len(found) == 1 and wrong in found[0]


def test_a_payment_is_told_to_coupa_with_dates_of_its_pages() -> None:
    reported = {
        "paid": True,
        "payment-date": "2024-05-31T00:00:00-07:00",
        "payments": [{"amount-paid": "989.00", "payment-date": "2024-05-31", "notes": "1003"}],
    }
    assert coupa_says("PUT", "invoices/1", reported) == []
    [found] = coupa_says("PUT", "invoices/1", reported | {"payment-date": "2024-05-31T00:00:00Z"})
    assert "payment-date is not of the form" in found
    [found] = coupa_says("PUT", "invoices/1", reported | {"payments": [{"id": 1, **reported["payments"][0]}]})  # type: ignore[index]
    assert found == "payments[].id is only answered, never sent"


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"returnControlIDs": "F0411.RPAN8"}, "F0411.RPAN8 is not in the sheet"),
        ({"returnControlIDs": "F0101.AN8"}, "F0101.AN8 is no column of F0411"),
        ({"targetName": "F9999"}, "table F9999 is not in the sheet"),
        ({"maxPageSize": 500}, "maxPageSize is no string"),
        ({"outputType": "VERSION1"}, "outputType is none of"),
        ({"findOnEntry": True}, "findOnEntry is no string"),
        ({"filter": "x"}, "filter is no field"),
    ],
)
def test_a_question_that_jd_edwards_does_not_know_is_seen(changed: dict[str, Any], wrong: str) -> None:
    found = jde_says(SHEET_QUESTION | changed)
    assert found and wrong in found[0]


@pytest.mark.parametrize(
    ("operator", "values", "wrong"),
    [
        ("BETWEEN", 1, "has 1 values"),
        ("EQUAL", 2, "has 2 values"),
        ("LIST", 0, "has 0 values"),
        ("STR_BLANK", 1, "has 1 values"),
        ("STARTS_WITH", 1, "operator is none of"),
    ],
)
def test_a_condition_that_jd_edwards_does_not_know_is_seen(operator: str, values: int, wrong: str) -> None:
    value = LITERAL * values
    query = {"autoFind": True, "condition": [{"controlId": "F0411.DOC", "operator": operator, "value": value}]}
    [found] = jde_says(SHEET_QUESTION | {"query": query})
    assert wrong in found
    for good, several in (("BETWEEN", 2), ("EQUAL", 1), ("LIST", 3), ("STR_BLANK", 0)):
        query["condition"] = [{"controlId": "F0411.DOC", "operator": good, "value": LITERAL * several}]
        assert jde_says(SHEET_QUESTION | {"query": query}) == []


def test_an_orchestration_gets_strings_of_its_page_and_nothing_else() -> None:
    inputs = {
        "DocumentCompany": "00001",
        "DocumentType": "PV",
        "DocumentNumber": "4711",
        "PayStatus": "A",
        "PayItems": [{"PayItem": "001"}],
    }
    path = "v3/orchestrator/ML_VoucherPayStatus"
    assert jde_says(inputs, path) == []
    assert jde_says(inputs | {"DocumentNumber": 4711}, path) == ["DocumentNumber is no string: 4711"]
    assert jde_says(inputs | {"PayItems": [{"Item": "1"}]}, path)[-1] == "PayItems[].Item is no field of any page"
    assert jde_says({}, "v3/orchestrator/ML_Gone") == ["orchestration Gone is on no page"]


def test_the_sheet_names_the_columns_of_each_table_that_is_read() -> None:
    """What reads the sheet finds its tables whole, so that a column is not missed for the way it is written down."""
    known = jde.columns()
    assert {"DOC", "DCT", "KCO", "SFX", "SFXE", "VINV", "UPMJ", "UPMT", "RP1", "URRF"} <= known["F0411"]
    assert {"ADD1", "ADD4", "CTY1", "EFTB", "UPMT"} <= known["F0116"] and "EMAL" not in known["F0115"]
    assert {"TDAY", "NXTR", "FEA"} <= known["F4311"] and "UPMT" not in known["F4311"]
    assert {"PYID", "RC5", "PFAP"} <= known["F0414"] and {"ICUT", "ICU", "UPMJ"} <= known["F0011"]
    assert not {"RPAN8", "DDJX"} & known["F0411"]
