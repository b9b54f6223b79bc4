"""Lists: page sizes, tokens, filters and sort (bill section 4)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sandbox_bill_caller import Bill

from connector_sandbox.testing import Sandbox


def names(bill: Bill, **parameters: Any) -> list[str]:
    return [each["name"] for each in bill.every("vendors", **parameters)]


@pytest.fixture
def three(bill: Bill) -> Bill:
    for name in ("Bolt Works", "Acme, Inc.", "acme tools"):
        bill.vendor(name)
    return bill


@pytest.mark.parametrize(("most", "status"), [("0", 400), ("101", 400), ("ten", 400), ("1", 200), ("100", 200)])
def test_a_page_has_1_to_100(bill: Bill, most: str, status: int) -> None:
    assert bill.ask("GET", "vendors", params={"max": most}).status_code == status


def test_a_page_has_20_unless_told_otherwise_and_the_last_has_no_next(bill: Bill) -> None:
    for number in range(41):
        bill.vendor(f"Vendor {number:02}")
    first = bill.get("vendors")
    assert len(first["results"]) == 20 and "prevPage" not in first
    second = bill.get("vendors", page=first["nextPage"])
    third = bill.get("vendors", page=second["nextPage"])
    assert len(third["results"]) == 1 and "nextPage" not in third
    assert bill.get("vendors", page=third["prevPage"])["results"] == second["results"]
    assert names(bill, max=7, sort="name:desc") == [f"Vendor {number:02}" for number in reversed(range(41))]


def test_nothing_is_skipped_where_records_change_between_two_pages(bill: Bill) -> None:
    made = [bill.vendor(f"Vendor {number}") for number in range(4)]
    page = bill.get("vendors", max=2, sort="name:asc")
    bill.vendor("Vendor -1")
    bill.patch(f"vendors/{made[1]['id']}", {"phone": "1"})
    rest = bill.get("vendors", max=2, sort="name:asc", page=page["nextPage"])
    assert [each["name"] for each in rest["results"]] == ["Vendor 2", "Vendor 3"]


def test_a_token_is_for_its_own_list_only(three: Bill) -> None:
    token = three.get("vendors", max=1, sort="name:asc")["nextPage"]
    assert three.refused("GET", "vendors", params={"page": token, "sort": "name:desc"})[1] == "BDC_1119"
    assert three.refused("GET", "vendors", params={"page": token[:-3] + "abc"})[1] == "BDC_1119"
    assert three.get("vendors", page=token)["results"] == three.get("vendors", page=token, max=1)["results"]


def test_a_dead_link_kills_the_tokens(three: Bill, sandbox: Sandbox) -> None:
    token = three.get("vendors", max=1)["nextPage"]
    rule = {"system": "bill", "route": "GET /connect/v3/vendors", "kind": "dead_link", "calls": [1]}
    sandbox.post("/faults", rule)
    assert three.refused("GET", "vendors", params={"page": token})[:2] == (400, "BDC_1119")
    assert len(three.every("vendors", max=1)) == 3


def test_an_empty_page_can_have_a_next_one(three: Bill) -> None:
    three.options(empty_page_every=2)
    pages, token = [], None
    for _ in range(9):
        page = three.get("vendors", max=1, **({"page": token} if token else {}))
        pages.append(len(page["results"]))
        token = page.get("nextPage")
        if token is None:
            break
    assert pages == [1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ('name:eq:"Acme, Inc."', ["Acme, Inc."]),
        ("name:eq:Bolt Works", ["Bolt Works"]),
        ('name:sw:"ac"', ["Acme, Inc.", "acme tools"]),
        ('name:sw:"ac",archived:eq:false', ["Acme, Inc.", "acme tools"]),
        ('billCurrency:in:"EUR,CAD"', []),
        ('billCurrency:nin:"EUR,CAD"', ["Bolt Works", "Acme, Inc.", "acme tools"]),
        ("address.country:ne:US", []),
        ('createdTime:gte:"2020-01-01T00:00:00.000Z",updatedTime:lt:"2020-01-01"', []),
        ("createdTime:gt:2020-01-01T10:00", ["Bolt Works", "Acme, Inc.", "acme tools"]),
    ],
)
def test_filters(three: Bill, filters: str, found: list[str]) -> None:
    assert names(three, filters=filters) == found


@pytest.mark.parametrize(
    ("path", "filters", "code"),
    [
        ("vendors", "shortName:eq:x", "BDC_1130"),
        ("vendors", "name:in:x", "BDC_1131"),
        ("vendors", "name:like:x", "BDC_1131"),
        ("vendors", "name", "BDC_1130"),
        ("vendors", "name:eq:Acme, Inc.", "BDC_1130"),
        ("vendors", 'name:eq:"open', "BDC_1119"),
        ("vendors", 'name:eq:"a"b', "BDC_1119"),
        ("vendors", "archived:eq:perhaps", "BDC_1119"),
        ("vendors", "createdTime:gte:yesterday", "BDC_1119"),
        ("bills", "invoice.invoiceNumber:eq:A-1", "BDC_1130"),
        ("bills", "approvalStatus:eq:APPROVED", "BDC_1130"),
        ("payments", "billId:eq:x", "BDC_1130"),
        ("classifications/chart-of-accounts", "account.number:eq:1", "BDC_1130"),
    ],
)
def test_only_what_is_documented_can_be_filtered(bill: Bill, path: str, filters: str, code: str) -> None:
    assert bill.refused("GET", path, params={"filters": filters})[:2] == (400, code)
    bill.options(bad_filter_status=422)
    assert bill.refused("GET", path, params={"filters": filters})[:2] == (422, code)


def test_only_what_is_documented_can_be_sorted_by(bill: Bill) -> None:
    for path, sort in (("bills", "amount:asc"), ("vendors", "name:up"), ("payments", "status:asc")):
        assert bill.refused("GET", path, params={"sort": sort})[:2] == (400, "BDC_1119")


def test_several_sorts(three: Bill) -> None:
    one = three.listed("vendors", filters='name:eq:"acme tools"')[0]
    three.post(f"vendors/{one['id']}/archive", status=200)
    assert names(three, sort="archived:desc,name:asc") == ["acme tools", "Acme, Inc.", "Bolt Works"]


def test_a_list_has_archived_records_unless_the_option_says_otherwise(three: Bill) -> None:
    one = three.listed("vendors", filters='name:eq:"acme tools"')[0]
    three.post(f"vendors/{one['id']}/archive", status=200)
    assert len(names(three)) == 3 and names(three, filters="archived:eq:true") == ["acme tools"]
    three.options(lists_archived="exclude")
    assert len(names(three)) == 2 and names(three, filters="archived:eq:true") == ["acme tools"]


def test_times_are_utc_with_milliseconds_and_move_with_each_change(bill: Bill, sandbox: Sandbox) -> None:
    sandbox.post("/clock", {"now": "2026-01-05T23:45:00.127Z"})
    made = bill.vendor()
    assert re.fullmatch(r"2026-01-05T23:4\d:\d\d\.\d{3}\+00:00", made["createdTime"])
    sandbox.post("/clock", {"advance": 20 * 60})
    changed = bill.patch(f"vendors/{made['id']}", {"phone": "1"})
    assert changed["updatedTime"] > changed["createdTime"] == made["createdTime"]
    later = {"filters": 'updatedTime:gte:"2026-01-06T00:00:00.000Z"', "sort": "updatedTime:asc"}
    assert [each["id"] for each in bill.listed("vendors", **later)] == [made["id"]]
