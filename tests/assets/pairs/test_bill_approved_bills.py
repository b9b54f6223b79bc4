"""Bills that are born in BILL: their marks, what of a bill says that it came from JD Edwards, and how one is mapped."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connector_assets.pairs.jde_bill.approved_bills.mapping import mapped, totalled
from connector_assets.pairs.jde_bill.approved_bills.marks import MarkRules
from connector_assets.pairs.jde_bill.approved_bills.settings import ApprovedBillSettings
from connector_assets.pairs.jde_bill.payables.numbers import invoice_number, is_coded
from connector_resources.bill import Bill

ID = "00n01ABCDEFGHIJKLMno"
IDS = st.text("0123456789ABCDEFabcdefXYZxyz", min_size=17, max_size=17).map(lambda rest: f"00n{rest}")


@given(id=IDS, revision=st.integers(1, 9))
def test_marks_fit_their_columns_and_are_read_back(id: str, revision: int) -> None:
    rules = MarkRules()
    mark, transaction = rules.mark(id, revision), rules.transaction(id, revision)
    assert (len(mark), len(transaction), len(rules.batch(id, revision))) == (25, 22, 15)
    assert rules.read(mark) == rules.read_transaction(transaction) == (id, revision)
    assert mark.startswith(rules.begins(id)) and transaction.startswith(rules.transaction_begins(id))
    assert mark.startswith(rules.mark_prefix) and transaction.startswith(rules.transactions)
    assert rules.batch(id, revision) not in {rules.batch(id, other) for other in range(1, 10) if other != revision}


@pytest.mark.parametrize("other", ["", None, f"BL-{ID}", f"BL-{ID}-0", f"BL-{ID}-10", f"CPA-{ID}-1", f"BL-{ID}-1x"])
def test_nothing_else_is_a_mark(other: str | None) -> None:
    assert MarkRules().read(other) is None and MarkRules().read_transaction(other) is None


def test_there_is_room_for_nine_revisions() -> None:
    assert [MarkRules().room_for(each) for each in (1, 9, 10)] == [True, True, False]


@pytest.mark.parametrize("prefix", ["", "BL", "bl-", "BILL-"])
def test_a_prefix_that_leaves_no_room_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError):
        MarkRules(mark_prefix=prefix)


@given(own=st.text("ABC123~-", max_size=30), document=st.integers(1, 99_999_999), suffix=st.integers(1, 999))
def test_a_number_of_ours_is_known_and_no_suppliers_own(own: str, document: int, suffix: int) -> None:
    key = f"F0411:00100/PV/{document}/{suffix:03d}"
    coded, plain = invoice_number(own, key, alone=False), invoice_number(own, key, alone=True)
    assert is_coded(coded)
    # a supplier's own number goes as it is only without the sign
    assert is_coded(plain) == (plain == coded)


@pytest.mark.parametrize("number", [None, "", "INV-1", "INV~1", "ACM-2~00100PV00CP1O0", "ACM-20~00100PV00CP1O01"])
def test_what_looks_a_little_like_it_is_not(number: str | None) -> None:
    assert not is_coded(number)


def bill(**more: Any) -> Bill:
    body = {
        "id": ID,
        "archived": False,
        "recordStatus": "ACTIVE",
        "approvalStatus": "APPROVED",
        "paymentStatus": "UNPAID",
        "vendorId": "00901",
        "invoice": {"invoiceNumber": "A-1", "invoiceDate": "2026-03-01"},
        "dueDate": "2026-03-31",
        "amount": Decimal("10.00"),
        "billLineItems": [{"id": "bli1", "amount": Decimal("10.00")}],
    }
    return Bill.model_validate({name: value for name, value in (body | more).items() if value is not None})


def rows(currency: str = "USD", **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The mapped row of a bill and its lines, its vendor's currency known."""
    document, lines = mapped(f"bills:{ID}", None, bill(**more), ApprovedBillSettings())
    document["currency"] = currency
    totalled(document, lines)
    return document, lines


def row(**more: Any) -> dict[str, Any]:
    return rows(**more)[0]


def test_a_line_without_an_amount_is_quantity_times_price() -> None:
    parts = [{"quantity": Decimal(3), "price": Decimal("3.335")}, {"amount": Decimal("-0.01")}]
    document, lines = rows(billLineItems=parts)
    assert [line["line_amount"] for line in lines] == [Decimal("10.01"), Decimal("-0.01")]
    assert document["gap"] is None
    assert json.loads(document["pay_items"]) == [{"gross": "10.00", "tax": "0.00", "area": ""}]


def test_a_line_without_an_amount_is_never_a_fraction_of_a_yen() -> None:
    parts = [{"quantity": Decimal(3), "price": Decimal("3.5")}, {"amount": Decimal("-1")}]
    document, lines = rows("JPY", billLineItems=parts)
    assert [line["line_amount"] for line in lines] == [Decimal(11), Decimal(-1)] and document["gap"] is None


def test_lines_that_do_not_make_the_amount_are_told() -> None:
    assert row(amount=Decimal("10.01"))["gap"] == "-0.01"


def test_what_a_line_is_booked_to_may_be_said_of_the_whole_bill() -> None:
    parts = [{"amount": 4, "classifications": {"chartOfAccountId": "0ca1"}}, {"amount": 6}]
    whole = {"chartOfAccountId": "0ca2", "departmentId": "0de1"}
    _, lines = mapped(f"bills:{ID}", None, bill(billLineItems=parts, classifications=whole), ApprovedBillSettings())
    assert [(line["account_id"], line["department_id"]) for line in lines] == [("0ca1", "0de1"), ("0ca2", "0de1")]


@pytest.mark.parametrize(
    ("more", "known", "void"),
    [
        ({}, True, False),
        ({"approvalStatus": "UNASSIGNED"}, True, False),
        ({"approvalStatus": "ASSIGNED"}, True, True),
        ({"approvalStatus": "UNDEFINED"}, False, True),
        ({"approvalStatus": None}, False, True),
        ({"recordStatus": "DRAFT", "archived": True}, True, True),
        ({"recordStatus": None, "archived": True}, True, True),
        ({"recordStatus": None, "archived": None}, False, True),
        ({"recordStatus": "INACTIVE", "archived": True, "paymentStatus": "UNDEFINED"}, False, True),
        ({"paymentStatus": "UNDEFINED"}, True, False),
    ],
)
def test_what_bill_does_not_tell_decides_nothing(more: dict[str, Any], known: bool, void: bool) -> None:
    document = row(**more)
    assert (document["known"], document["void"]) == (known, void)


def test_a_bill_says_that_it_came_from_jde() -> None:
    assert row(description="JDE 00001-PV-4711-001+002 Works")["born_as"] == "F0411:00001/PV/4711/001"
    assert row(description="JDE PO 00001-OP-12 Works")["born_as"] == "F4301:00001/OP/12/000"
    coded = {"invoiceNumber": "ACM-2~00100PV00CP1O01", "invoiceDate": "2026-03-01"}
    assert row(invoice=coded)["born_as"] == "ACM-2~00100PV00CP1O01"
    assert row(description="Works for JDE 00001-PV-4711-001")["born_as"] is None


def test_the_number_of_an_order_is_carried() -> None:
    assert row(purchaseOrderNumber="45", description="Works")["remark"] == "PO 45 Works"
    assert row()["remark"] is None


def test_a_status_that_jdes_payment_run_selects_is_a_problem() -> None:
    assert ApprovedBillSettings().payer_problem == ""
    assert "pay status A" in ApprovedBillSettings(unpayable_status="A").payer_problem
