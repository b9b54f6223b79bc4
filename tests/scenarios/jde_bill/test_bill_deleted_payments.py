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
def _deletes(town: BillSite) -> None:
    town.sandbox.post("/options", {"jde": {"unposted_payment_void": "deleted"}})


@pytest.mark.parametrize("lost", [None, "drop_after", "drop_before"])
def test_a_payment_that_our_void_deletes_is_taken_back_once_and_posted_anew_once(
    town: BillSite, lost: str | None
) -> None:
    """Given a posted payment that BILL takes back, when our void deletes it, and its answer is lost or not
    then its voucher is open again, sync, sweep and comparison find nothing wrong, and no second void is sent; paid
    again under its id, it is posted once more, once."""
    switch_on(town)
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"))
    run(town)
    move(town, paid, "VOIDED")
    if lost is not None:
        town.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": lost, "calls": [calls(town) + 1]}])
    assert run(town) == {"updated": 1}
    assert (posted(town), open_items(town, entry)) == ([], [(Decimal(100), "B")])
    done = calls(town)
    assert run(town) == {"unchanged": 1}
    town.sweep(FLOW)
    assert (town.exceptions(FLOW), calls(town)) == ([], done)
    with town.context() as context:
        assert compare(Payments(context)).as_json()["differences"] == []
    move(town, paid, "CLEARED")
    run(town)
    assert run(town) == {"unchanged": 1}
    assert (posted(town), open_items(town, entry)) == ([(Decimal(100), False)], [(Decimal(0), "P")])


def test_a_voucher_that_jde_would_pay_once_its_payment_is_deleted_is_told_until_it_is_handed_over(
    town: BillSite,
) -> None:
    """Given an orchestration that puts no voucher back on the handed-over status, when our void deletes a payment
    then a person is told, at each look, that JD Edwards pays the voucher, until it is on that status."""
    switch_on(town)
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"))
    run(town)
    town.sandbox.post("/options", {"jde": {"pay_status_is_set": False}})
    move(town, paid, "VOIDED")
    for _ in range(2):
        assert run(town) == {"held": 1}
        told = town.exception(FLOW)
        assert told.reason == "payable_in_both" and entry.key in told.value
    town.sandbox.post("/options", {"jde": {"pay_status_is_set": True}})
    town.books.act("set_pay_status", entry, PST="B")
    assert run(town) == {"unchanged": 1} and town.exceptions(FLOW) == []


@pytest.mark.reason("payment_taken_back")
def test_a_payment_of_jd_edwards_that_is_deleted_asks_for_a_person(town: BillSite) -> None:
    """Given a payment of JD Edwards that is recorded on its bill, when a clerk voids it before it is posted
    then the next sync tells it, and BILL shows the bill as paid until somebody has voided the payment there too."""
    owing(town)
    entry = town.books.voucher()
    bill_owed.run(town)
    town.books.pay(entry)
    bill_owed.run(town)
    town.sandbox.clock.advance(60)
    town.books.void_payment()
    for _ in range(2):
        bill_owed.run(town)
        assert town.exception(bill_owed.FLOW).reason == "payment_taken_back"
    [payment] = town.bill.all("payments")
    town.bill.act("void_payment", id=payment["id"])
    town.bill.act("move_payment", id=payment["id"], single_status="VOIDED")
    town.replay(bill_owed.FLOW)
    bill_owed.run(town)
    assert town.exceptions(bill_owed.FLOW) == []
    assert Decimal(bill_of(town, entry)["dueAmount"]) == Decimal(100)
