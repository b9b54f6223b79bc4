"""Vouchers that are paid in several parts, whose parts are the whole to the smallest unit, in both currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from bill_owed import FLOW as BILLS
from bill_owed import bill_of, owing
from bill_paid import FLOW, bill, pay, run, settled, switch_on, table, vendor
from bill_site import BillSite
from scenario_books import TODAY
from scenario_site import outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_bill.payments.flow import Payments
from connector_assets.pairs.registry import flow_class

D = Decimal
# currency, company's currency for one of it, parts, gross of the pay items
CASES = pytest.mark.parametrize(
    ("currency", "rate", "parts", "items"),
    [
        ("GBP", "1", ("33.33", "33.33", "33.34"), ("100.00",)),
        ("GBP", "1", ("33.33", "33.33", "33.34"), ("33.34", "33.33", "33.33")),
        ("USD", "0.7841", ("33.33", "33.33", "33.34"), ("100.00",)),
        ("USD", "0.7841", ("33.33", "33.33", "33.34"), ("50.01", "49.99")),
        ("USD", "0.0333", ("0.01", "0.02", "99.97"), ("100.00",)),
        ("JPY", "0.0053", ("3333", "3333", "3334"), ("10000",)),
        ("JPY", "0.0053", ("3333", "3333", "3334"), ("3334", "3333", "3333")),
    ],
)


def left(testbed: BillSite) -> set[tuple[Decimal, Decimal, str]]:
    """What is open of the pay items, in the company's currency and their own, and their pay status."""
    return {(D(row.get("AAP", 0)), D(row.get("FAP", 0)), row["PST"].strip()) for row in table(testbed, "F0411")}


@CASES
def test_what_bill_pays_in_parts_closes_the_pay_items_exactly(
    testbed: BillSite, currency: str, rate: str, parts: tuple[str, ...], items: tuple[str, ...]
) -> None:
    """Given a bill that BILL pays in three parts, then each is posted with its own amount, and the last closes all pay
    items: nothing stays open in either currency."""
    switch_on(testbed)
    whole = sum(map(D, parts))
    more: dict[str, Any] = {"items": items, "currency": currency, "rate": rate}
    pounds = currency == "GBP"
    entry = testbed.books.voucher(supplier=4343 if pounds else 4344, costs=[("30.5010", str(whole))], **more)
    payee = vendor(testbed) if pounds else vendor(testbed, f"Bolt Brothers ({currency})", currency)
    id = bill(testbed, entry, str(whole), *(f"{each:03d}" for each in range(1, len(items) + 1)), payee=payee)
    for number, part in enumerate(parts, 1):
        pay(testbed, {"id": id, "amount": part} if number < len(parts) else id)
        assert run(testbed)["created"] == 1
    assert left(testbed) == {(D(0), D(0), "P")}
    column = "PAAP" if currency == "GBP" else "PFAP"
    by_payment: dict[int, Decimal] = {}
    for row in table(testbed, "F0414"):
        by_payment[row["PYID"]] = by_payment.get(row["PYID"], D(0)) + D(row.get(column, 0))
    assert [by_payment[each] for each in sorted(by_payment)] == list(map(D, parts))
    base = sum(D(row["AG"]) for row in table(testbed, "F0411"))
    assert sum(settled(testbed).values()) == base
    assert testbed.exceptions(FLOW) == []
    with testbed.context() as context:
        assert compare(Payments(context)).unexplained == []


@CASES
def test_what_jd_edwards_pays_in_parts_closes_the_bill_exactly(
    testbed: BillSite, currency: str, rate: str, parts: tuple[str, ...], items: tuple[str, ...]
) -> None:
    """Given a bill, when JD Edwards pays its voucher in three parts, then each is recorded in BILL as it was paid, and
    nothing stays due."""
    testbed.configure("vendors", other_currencies="second_vendor")
    owing(testbed)
    more: dict[str, Any] = {"items": items, "currency": currency, "rate": rate}
    entry = testbed.books.voucher(supplier=4344, costs=[("30.5010", str(sum(map(D, parts))))], **more)
    testbed.sync("vendors")
    assert outcomes(testbed.sync(BILLS)[BILLS])["created"] == 1
    for number, part in enumerate(parts, 5001):
        amount = {"amount": part} if currency == "GBP" else {"foreign": part}
        testbed.books.act("pay_voucher", entry, date=TODAY, number=number, **amount)
        assert outcomes(testbed.sync(BILLS)[BILLS])["updated"] == 1
    assert left(testbed) == {(D(0), D(0), "P")}
    held = bill_of(testbed, entry)
    assert (held["paymentStatus"], D(held["dueAmount"])) == ("PAID", D(0))
    recorded = sorted(D(each["amount"]) for each in testbed.bill.all("payments"))
    assert recorded == sorted(map(D, parts))
    assert testbed.sync(BILLS)[BILLS].writes == 0
    assert testbed.exceptions(BILLS) == []
    with testbed.context() as context:
        assert compare(flow_class("jde_bill", BILLS)(context)).unexplained == []
