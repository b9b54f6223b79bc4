"""A JD Edwards whose processing option deletes what is voided and was not posted: no row tells of the payment then."""

from __future__ import annotations

from decimal import Decimal

import bill_owed
import pytest
from bill_owed import bill_of, owing
from bill_paid import FLOW, bill, calls, move, open_items, pay, posted, run, switch_on
from bill_site import BillSite

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_bill.payments.flow import Payments

CALL = "POST /jderest/v3/orchestrator/{name}"


@pytest.fixture(autouse=True)
def _deletes(testbed: BillSite) -> None:
    testbed.sandbox.post("/options", {"jde": {"unposted_payment_void": "deleted"}})


@pytest.mark.parametrize("lost", [None, "drop_after", "drop_before"])
def test_a_payment_that_our_void_deletes_is_taken_back_once_and_posted_anew_once(
    testbed: BillSite, lost: str | None
) -> None:
    """Given a posted payment that BILL takes back, when our void deletes it, and its answer is lost or not
    then its voucher is open again, sync, sweep and comparison find nothing wrong, and no second void is sent; paid
    again under its id, it is posted once more, once."""
    switch_on(testbed)
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    move(testbed, paid, "VOIDED")
    if lost is not None:
        testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": lost, "calls": [calls(testbed) + 1]}])
    assert run(testbed) == {"updated": 1}
    assert (posted(testbed), open_items(testbed, entry)) == ([], [(Decimal(100), "B")])
    done = calls(testbed)
    assert run(testbed) == {"unchanged": 1}
    testbed.sweep(FLOW)
    assert (testbed.exceptions(FLOW), calls(testbed)) == ([], done)
    with testbed.context() as context:
        assert compare(Payments(context)).as_json()["differences"] == []
    move(testbed, paid, "CLEARED")
    run(testbed)
    assert run(testbed) == {"unchanged": 1}
    assert (posted(testbed), open_items(testbed, entry)) == ([(Decimal(100), False)], [(Decimal(0), "P")])


def test_a_voucher_that_jde_would_pay_once_its_payment_is_deleted_is_told_until_it_is_handed_over(
    testbed: BillSite,
) -> None:
    """Given an orchestration that puts no voucher back on the handed-over status, when our void deletes a payment
    then a person is told, at each look, that JD Edwards pays the voucher, until it is on that status."""
    switch_on(testbed)
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    testbed.sandbox.post("/options", {"jde": {"pay_status_is_set": False}})
    move(testbed, paid, "VOIDED")
    for _ in range(2):
        assert run(testbed) == {"held": 1}
        reported = testbed.exception(FLOW)
        assert reported.reason == "payable_in_both" and entry.key in reported.value
    testbed.sandbox.post("/options", {"jde": {"pay_status_is_set": True}})
    testbed.books.act("set_pay_status", entry, PST="B")
    assert run(testbed) == {"unchanged": 1} and testbed.exceptions(FLOW) == []


@pytest.mark.reason("payment_taken_back")
def test_a_payment_of_jd_edwards_that_is_deleted_asks_for_a_person(testbed: BillSite) -> None:
    """Given a payment of JD Edwards that is recorded on its bill, when a clerk voids it before it is posted
    then the next sync tells it, and BILL shows the bill as paid until somebody has voided the payment there too."""
    owing(testbed)
    entry = testbed.books.voucher()
    bill_owed.run(testbed)
    testbed.books.pay(entry)
    bill_owed.run(testbed)
    testbed.sandbox.clock.advance(60)
    testbed.books.void_payment()
    for _ in range(2):
        bill_owed.run(testbed)
        assert testbed.exception(bill_owed.FLOW).reason == "payment_taken_back"
    [payment] = testbed.bill.all("payments")
    testbed.bill.act("void_payment", id=payment["id"])
    testbed.bill.act("move_payment", id=payment["id"], single_status="VOIDED")
    testbed.replay(bill_owed.FLOW)
    bill_owed.run(testbed)
    assert testbed.exceptions(bill_owed.FLOW) == []
    assert Decimal(bill_of(testbed, entry)["dueAmount"]) == Decimal(100)
