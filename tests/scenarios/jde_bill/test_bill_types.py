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
def test_a_voucher_without_an_invoice_date_waits_for_one(town: BillSite, flow: str) -> None:
    """Given a voucher (a debit memo) that a clerk entered without an invoice date (DIVJ), which BILL requires
    when it is synced
    then it is held before anything is handed over or sent, and names the field; with a date it goes."""
    owing(town, CREDITS)
    credit = flow == CREDITS
    entry = town.books.voucher(kind="PD" if credit else "PV", costs=(("30.5010", "-10.00" if credit else "10.00"),))
    item(town, entry, DIVJ=None)
    assert run(town, flow) == {"held": 1}
    told = town.exception(flow)
    assert (told.key, told.field) == (key(entry), "invoice_date")
    assert town.bill.all(flow) == []
    item(town, entry, DIVJ="2026-02-20")
    assert run(town, flow) == {"created": 1}


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
def test_numbers_come_as_numbers_or_as_texts(town: BillSite, field: str, value: Any) -> None:
    """Given a payment whose numbers BILL writes as numbers, or as texts with leading zeros
    when payments are synced, then it is posted to the penny."""
    switch_on(town)
    entry = town.books.voucher(costs=(("30.5010", "40.00"),))
    bill_paid.pay(town, bill_paid.bill(town, entry, "40.00"))
    town.sandbox.post("/faults", [{**PAYMENTS, "field": field, "value": value}])
    assert bill_paid.run(town) == {"created": 1}
    assert open_items(town, entry) == [(D("0.00"), "P")]


def test_a_bill_that_is_not_there_any_more_is_told(town: BillSite) -> None:
    """Given a bill of ours that is gone in BILL, which answers 404 with BDC_1205
    when its voucher changes, so that it is to be changed
    then a person is told that it is gone, and no second one is made."""
    owing(town)
    entry = town.books.voucher()
    assert run(town) == {"created": 1}
    made = bill_of(town, entry)
    town.sandbox.post("/rows", {"system": "bill", "entity": FLOW, "id": made["id"], "delete": True})
    item(town, entry, DDJ="2026-05-31")
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "missing_in_target"
    assert town.bill.all(FLOW) == []


def test_nothing_is_invented_for_the_name_on_payments(town: BillSite) -> None:
    """Given a supplier of JD Edwards, which has no name for payments
    then its vendor has none from us, and one that a user of BILL enters stays when its address changes."""
    owing(town)
    made = town.bill.one("vendors", shortName="JDE 4343")
    assert "payeeName" not in made.get("paymentInformation", {})
    town.bill.act("edit_vendor", id=made["id"], set={"paymentInformation": {"payeeName": "Anvil Holdings"}})
    town.books.supplier(4343, "Anvil & Sons", terms="N10")
    town.books.upsert("F0116", {"AN8": 4343, "EFTB": "2020-01-01", "ADD1": "9 Low Street"})
    town.sync("vendors")
    after = town.bill.get("vendors", made["id"])
    assert after["address"]["line1"] == "9 Low Street"
    assert after["paymentInformation"]["payeeName"] == "Anvil Holdings"
