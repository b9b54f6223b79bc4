"""Payments of BILL when calls, ledgers or orchestrations are lost: found again, and never posted twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bill_owed import bill_of, owing
from bill_paid import FLOW, bill, calls, forget, move, open_items, pay, posted, run, settled, switch_on
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_site import outcomes, planned

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_bill.payments.flow import Payments
from connector_assets.pairs.jde_bill.payments.numbers import NumberRules

NOTHING = Decimal(0)
CALL = "POST /jderest/v3/orchestrator/{name}"


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switch_on(testbed)


def problems(testbed: BillSite) -> list[str]:
    """What `ping` says of the flow."""
    with testbed.context() as context:
        return Payments(context).startup_problems()


# -- lost calls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_posts_nothing_twice(testbed: BillSite, kind: str) -> None:
    """Given a payment whose posting lost its answer
    then it is looked for by number and pay item; only where it is not there is it sent again, after the window."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    before = testbed.clock.now()
    assert run(testbed) == {"created": 1}
    assert (posted(testbed), open_items(testbed, entry)) == ([(Decimal(100), False)], [(NOTHING, "P")])
    assert calls(testbed) == (1 if kind == "drop_after" else 2)
    if kind == "drop_before":
        assert testbed.clock.now() - before >= timedelta(seconds=120)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_lost_answer_to_a_second_posting_posts_nothing_twice(testbed: BillSite, kind: str) -> None:
    """Given a payment that was taken back and is paid again under its id
    when that posting loses its answer, then JD Edwards has one in force, whichever way it went."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    move(testbed, paid, "VOIDED")
    run(testbed)
    move(testbed, paid, "CLEARED")
    testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [calls(testbed) + 1]}])
    run(testbed)
    assert sorted(posted(testbed), key=lambda each: each[1]) == [(Decimal(100), False), (Decimal(100), True)]
    assert open_items(testbed, entry) == [(NOTHING, "P")]
    assert run(testbed) == {"unchanged": 1}


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_lost_answer_to_a_reversal_reverses_once(testbed: BillSite, kind: str) -> None:
    """Given a payment that is taken back, and a void that loses its answer, then it is void once."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    testbed.bill.act("void_payment", id=paid.id)
    testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [calls(testbed) + 1]}])
    run(testbed)
    assert (posted(testbed), open_items(testbed, entry)) == ([(Decimal(100), True)], [(Decimal(100), "B")])
    assert run(testbed) == {"unchanged": 1}


# -- lost memory -------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_posts_nothing_a_second_time(testbed: BillSite) -> None:
    """Given posted payments, one of a voucher that is closed by it, when the ledger forgets all of them
    then the next sync is a plan that would create none, and adopting links them; nothing is sent."""
    first, second = testbed.books.voucher(), testbed.books.voucher(4712)
    pay(testbed, bill(testbed, first, "100.00"))
    pay(testbed, {"id": bill(testbed, second, "100.00"), "amount": "45.00"})
    run(testbed)
    forget(testbed, opened=False)
    report = testbed.sync(FLOW)[FLOW]
    assert (report.plan, report.plan_reason) == (True, "target_not_empty")
    assert [each.action for each in planned(report).values()] == ["adopt", "adopt"]
    adopted = testbed.sync(FLOW, mode="adopt")[FLOW]
    assert (outcomes(adopted), adopted.writes) == ({"adopted": 2}, 0)
    assert run(testbed) == {"unchanged": 2} and calls(testbed) == 2


def test_a_restored_ledger_finds_what_was_posted_since(testbed: BillSite) -> None:
    """Given a ledger that was restored from before a payment, then the payment is found in JD Edwards, not posted."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    forget(testbed, opened=True)
    assert run(testbed) == {"adopted": 1}
    assert calls(testbed) == 1


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_restored_ledger_takes_back_what_was_posted_and_voided_since(testbed: BillSite) -> None:
    """Given a ledger restored from before a payment that BILL has taken back meanwhile
    then the payment is found in JD Edwards and voided there."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    forget(testbed, opened=True)
    testbed.bill.act("void_payment", id=paid.id)
    run(testbed)
    assert (posted(testbed), open_items(testbed, entry)) == ([(Decimal(100), True)], [(Decimal(100), "B")])
    assert run(testbed) in ({"unchanged": 1}, {"ignored": 1})


def test_a_payment_under_our_number_on_another_voucher_is_another_one(testbed: BillSite) -> None:
    """Given a payment of another voucher that somebody entered under the number that ours gets
    then ours is posted on its own pay item, and the other is left alone."""
    entry, other = testbed.books.voucher(), testbed.books.voucher(4799)
    paid = pay(testbed, bill(testbed, entry, "100.00"), status="SCHEDULED")
    run(testbed)
    testbed.books.pay(other, number=NumberRules().number(paid.parts[0]))
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]
    assert settled(testbed) == {f"{entry.key}/001": Decimal(100), f"{other.key}/001": Decimal(100)}


# -- a plan, an approval, a person -------------------------------------------------------------------------------------


def test_a_plan_shows_what_would_be_posted_and_applies_it(testbed: BillSite) -> None:
    """Given a paid bill, when the operator plans, nothing is written; when the plan is applied, that is posted."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    plan = testbed.plan(FLOW)
    assert (calls(testbed), open_items(testbed, entry)) == (0, [(Decimal(100), "A")])
    assert outcomes(testbed.apply(plan)[FLOW]) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]


def test_a_payment_may_wait_for_an_approval(testbed: BillSite) -> None:
    """Given a site that approves what is posted, then a payment waits, and is posted once it is let go."""
    testbed.configure(FLOW, approval="required")
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    assert run(testbed) == {"staged": 1} and calls(testbed) == 0
    testbed.approve(FLOW)
    assert run(testbed) == {"created": 1}


def test_the_sweep_finds_a_payment_that_no_day_showed(testbed: BillSite) -> None:
    """Given a payment of before the days that are polled, then the sweep posts it."""
    entry = testbed.books.voucher()
    run(testbed)
    pay(testbed, bill(testbed, entry, "100.00"))
    testbed.sandbox.clock.advance(2 * 86_400)
    later = TODAY + timedelta(days=2)
    assert outcomes(testbed.sync(FLOW, first=later, last=later)[FLOW]) == {}
    assert len(testbed.sweep(FLOW).missed) == 1
    assert open_items(testbed, entry) == [(NOTHING, "P")]


# -- the site ----------------------------------------------------------------------------------------------------------


@pytest.mark.as_delivered("jde.discovered_arrays")
def test_a_site_without_the_orchestrations_is_told(testbed: BillSite) -> None:
    """Given a connection that names no orchestration to void payments
    then nothing is posted, since it could not be taken back, and `ping` says so; and what an orchestration lacks."""
    own = {name: ORCHESTRATIONS[name] for name in ("payment_record",)}
    testbed.connect("jde", orchestrations=own)
    pay(testbed, bill(testbed, testbed.books.voucher(), "100.00"))
    assert run(testbed) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == (
        "orchestration_not_configured",
        "payment_void",
    )
    reported = f"jde_bill/{FLOW}: jde names no orchestration for payment_void: set orchestrations.payment_void"
    assert problems(testbed) == [reported]
    wrong: dict[str, Any] = {"name": "ML_PaymentRecord", "inputs": {"Credits": "DebitMemos"}}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_record": wrong})
    assert problems(testbed) == [f"jde_bill/{FLOW}: payment_record: ML_PaymentRecord has no input 'DebitMemos'"]
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    assert problems(testbed) == []


# -- from one end to the other -----------------------------------------------------------------------------------------


def test_a_voucher_goes_to_bill_is_paid_there_and_closed_here(testbed: BillSite) -> None:
    """Given a voucher of two pay items that JD Edwards approved
    when its bill was made by the bills flow and paid in BILL in two parts, one of them voided later
    then after each step both systems have the same open, to the penny, and no flow takes the other's work for news."""
    owing(testbed)
    testbed.sync("chart_of_accounts", "departments")
    entry = testbed.books.voucher(costs=[("30.5010", "70.05"), ("40.5010", "30.00")], items=("60.05", "40.00"))
    testbed.sync("bills")
    made = bill_of(testbed, entry)
    assert Decimal(made["amount"]) == Decimal("100.05")
    first = pay(testbed, {"id": made["id"], "amount": "70.00"})
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P"), (Decimal("30.05"), "B")]
    assert testbed.sync("bills")["bills"].writes == 0
    pay(testbed, made["id"])
    run(testbed)
    assert open_items(testbed, entry) == [(NOTHING, "P"), (NOTHING, "P")]
    testbed.bill.act("void_payment", id=first.id)
    run(testbed)
    assert testbed.sync("bills")["bills"].writes == 0
    due = bill_of(testbed, entry)["dueAmount"]
    assert sum(amount for amount, _ in open_items(testbed, entry)) == Decimal(due) == Decimal(70)
    with testbed.context() as context:
        assert compare(Payments(context)).differences == []
    assert not testbed.exceptions("bills") and not testbed.exceptions(FLOW)
