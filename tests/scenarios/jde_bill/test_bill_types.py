"""What BILL writes in two ways is read in both, what it requires is asked for before, what is gone is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import bill_paid
import pytest
from bill_owed import CREDITS, FLOW, bill_of, item, key, owing, run
from bill_paid import open_items, switch_on
from bill_site import BillSite

D = Decimal
PAYMENTS = {"system": "bill", "route": "GET /connect/v3/payments*", "kind": "retype"}


@pytest.mark.parametrize("flow", [FLOW, CREDITS])
def test_a_voucher_without_an_invoice_date_waits_for_one(testbed: BillSite, flow: str) -> None:
    """Given a voucher (a debit memo) that a clerk entered without an invoice date (DIVJ), which BILL requires
    when it is synced
    then it is held before anything is handed over or sent, and names the field; with a date it goes."""
    owing(testbed, CREDITS)
    credit = flow == CREDITS
    entry = testbed.books.voucher(kind="PD" if credit else "PV", costs=(("30.5010", "-10.00" if credit else "10.00"),))
    item(testbed, entry, DIVJ=None)
    assert run(testbed, flow) == {"held": 1}
    reported = testbed.exception(flow)
    assert (reported.key, reported.field) == (key(entry), "invoice_date")
    assert testbed.bill.all(flow) == []
    item(testbed, entry, DIVJ="2026-02-20")
    assert run(testbed, flow) == {"created": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("disbursementInfo", {"checkDisbursement": {"checkNumber": 8051}}),
        ("disbursementInfo", {"checkDisbursement": {"checkNumber": "0008051"}}),
        ("disbursementInfo", {"rppsDisbursement": {"traceNumber": 2124, "batchNumber": 35}}),
        ("disbursementInfo", {"rppsDisbursement": {"traceNumber": "002124", "batchNumber": "0035"}}),
        ("transactionNumber", "P24123101 - 0411839"),
        ("transactionNumber", 24123101),
        ("updatedTime", "2026-03-02T09:10:00.302Z"),
        ("updatedTime", "2026-03-02T09:10:00.302+00:00"),
        ("amount", 40),
    ],
)
def test_numbers_come_as_numbers_or_as_texts(testbed: BillSite, field: str, value: Any) -> None:
    """Given a payment whose numbers BILL writes as numbers, or as texts with leading zeros
    when payments are synced, then it is posted to the penny."""
    switch_on(testbed)
    entry = testbed.books.voucher(costs=(("30.5010", "40.00"),))
    bill_paid.pay(testbed, bill_paid.bill(testbed, entry, "40.00"))
    testbed.sandbox.post("/faults", [{**PAYMENTS, "field": field, "value": value}])
    assert bill_paid.run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(D("0.00"), "P")]


def test_a_bill_that_is_not_there_any_more_is_told(testbed: BillSite) -> None:
    """Given a bill of ours that is gone in BILL, which answers 404 with BDC_1205
    when its voucher changes, so that it is to be changed
    then a person is told that it is gone, and no second one is made."""
    owing(testbed)
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    made = bill_of(testbed, entry)
    testbed.sandbox.post("/rows", {"system": "bill", "entity": FLOW, "id": made["id"], "delete": True})
    item(testbed, entry, DDJ="2026-05-31")
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "missing_in_target"
    assert testbed.bill.all(FLOW) == []


def test_nothing_is_invented_for_the_name_on_payments(testbed: BillSite) -> None:
    """Given a supplier of JD Edwards, which has no name for payments
    then its vendor has none from us, and one that a user of BILL enters stays when its address changes."""
    owing(testbed)
    made = testbed.bill.one("vendors", shortName="JDE 4343")
    assert "payeeName" not in made.get("paymentInformation", {})
    testbed.bill.act("edit_vendor", id=made["id"], set={"paymentInformation": {"payeeName": "Anvil Holdings"}})
    testbed.books.supplier(4343, "Anvil & Sons", terms="N10")
    testbed.books.upsert("F0116", {"AN8": 4343, "EFTB": "2020-01-01", "ADD1": "9 Low Street"})
    testbed.sync("vendors")
    after = testbed.bill.get("vendors", made["id"])
    assert after["address"]["line1"] == "9 Low Street"
    assert after["paymentInformation"]["payeeName"] == "Anvil Holdings"
