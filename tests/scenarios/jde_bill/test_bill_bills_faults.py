"""Bills over a line that fails: none is lost, none is there twice, and what JD Edwards paid is recorded once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from bill_owed import FLOW, owing, run, unexplained
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

D = Decimal
VOUCHERS = 24
TOTAL = sum((D(100 + place) for place in range(VOUCHERS)), D(0))
CREATE = {"system": "bill", "route": "POST /connect/v3/bills"}
BULK = {"system": "bill", "route": "POST /connect/v3/bills/bulk"}
RECORD = {"system": "bill", "route": "POST /connect/v3/bills/record-payment"}


@pytest.fixture
def desk(testbed: BillSite) -> BillSite:
    """Twenty-four vouchers of two suppliers."""
    owing(testbed)
    for place in range(VOUCHERS):
        costs = (("30.5010", f"{60 + place}.00"), ("40.5010", "40.00"))
        testbed.books.voucher(1000 + place, costs=costs, supplier=4343 + place % 2)
    return testbed


def fail(site: BillSite, *rules: Mapping[str, Any]) -> None:
    """Script these faults, in place of those before."""
    site.sandbox.post("/faults", {"replace": True, "rules": [dict(rule) for rule in rules]})


def fired(site: BillSite) -> int:
    """How many calls a fault happened to."""
    return len(site.sandbox.get("/faults")["fired"])


def assert_all_there_once(site: BillSite) -> None:
    """Each voucher is one bill, for the total of the books, and a further sync has nothing to do."""
    fail(site)
    held = site.bill.all(FLOW)
    assert sorted(bill["description"] for bill in held) == [f"JDE 00001-PV-{1000 + n}-001" for n in range(VOUCHERS)]
    assert sum((D(bill["amount"]) for bill in held), D(0)) == TOTAL
    assert not site.exceptions(FLOW)
    report = site.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": VOUCHERS}, 0)
    assert unexplained(site) == []


def test_many_bills_go_in_few_calls(desk: BillSite) -> None:
    """Given twenty-four vouchers, when they are synced, then one goes first and alone, and the others in one call."""
    assert run(desk) == {"created": VOUCHERS}
    assert (desk.bill.calls("POST /connect/v3/bills"), desk.bill.calls("POST /connect/v3/bills/bulk")) == (1, 1)
    assert_all_there_once(desk)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "cut", "duplicate"])
@pytest.mark.parametrize("route", [CREATE, BULK], ids=["create", "bulk"])
def test_creates_whose_answers_cannot_be_trusted(desk: BillSite, route: dict[str, str], kind: str) -> None:
    """Given a BILL whose creates are dropped before or after their effect, cut, or answered twice
    when bills are synced, then each is looked up before anything is sent again, and all arrive once."""
    fail(desk, {**route, "kind": kind, "calls": [1]})
    assert run(desk) == {"created": VOUCHERS}
    assert fired(desk) == 1
    assert_all_there_once(desk)


GATEWAYS = [
    *({"status": status} for status in (301, 303, 307, 401, 403, 404, 408, 409, 422, 425, 429)),
    {"status": 400, "body": [{"message": "no"}]},
    {"status": 409, "body": [{"code": "BDC_1171", "severity": "ERROR", "message": "no"}]},
    {"status": 200, "body": "<html><body>Welcome back</body></html>"},
    {"status": 200, "body": []},
]


@pytest.mark.parametrize("answer", GATEWAYS, ids=lambda answer: " ".join(map(str, answer.values())))
def test_what_a_server_in_between_says_after_the_effect(desk: BillSite, answer: dict[str, Any]) -> None:
    """Given a gateway that answers creates in its own name, whatever it says, after they took effect, and a BILL that
    takes a number twice
    when bills are synced, then none of it is taken for BILL's word: each is looked up, and all arrive once."""
    desk.bill.configure(duplicate_invoice_numbers="allow")
    fail(desk, {**CREATE, "kind": "status_after", "calls": [1], **answer}, {**BULK, "kind": "status_after", **answer})
    assert run(desk) == {"created": VOUCHERS}
    assert fired(desk) == 2
    assert_all_there_once(desk)


def test_the_same_where_bill_takes_a_number_twice(desk: BillSite) -> None:
    """Given a BILL that takes a second bill of a number, and creates dropped after and before their effect
    when bills are synced, then no bill is there twice."""
    desk.bill.configure(duplicate_invoice_numbers="allow")
    fail(desk, {**BULK, "kind": "drop_after", "calls": [1]}, {**CREATE, "kind": "drop_before", "calls": [1]})
    assert run(desk) == {"created": VOUCHERS}
    assert_all_there_once(desk)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "cut", "duplicate"])
def test_a_payment_is_recorded_once_whatever_the_answer(desk: BillSite, kind: str) -> None:
    """Given a BILL whose answers to recorded payments get lost
    when JD Edwards has paid five vouchers, then each payment is recorded once, and the bills are paid."""
    assert run(desk) == {"created": VOUCHERS}
    for place in range(5):
        desk.books.pay(Entry(1000 + place, "PV", "00001"), number=7000 + place)
    fail(desk, {**RECORD, "kind": kind, "calls": [1, 3]})
    assert run(desk) == {"updated": 5, "unchanged": VOUCHERS - 5}
    assert fired(desk) == 2
    fail(desk)
    paid = desk.bill.all("payments")
    assert len({each["description"] for each in paid}) == len(paid) == 5
    assert sum((D(each["amount"]) for each in paid), D(0)) == D(510)
    assert unexplained(desk) == []
