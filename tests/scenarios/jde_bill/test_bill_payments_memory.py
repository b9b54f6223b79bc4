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
def _on(town: BillSite) -> None:
    switch_on(town)


def problems(town: BillSite) -> list[str]:
    """What `ping` says of the flow."""
    with town.context() as context:
        return Payments(context).startup_problems()


# -- lost calls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_posts_nothing_twice(town: BillSite, kind: str) -> None:
    """Given a payment whose posting lost its answer
    then it is looked for by number and pay item; only where it is not there is it sent again, after the window."""
    entry = town.books.voucher()
    pay(town, bill(town, entry, "100.00"))
    town.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    before = town.clock.now()
    assert run(town) == {"created": 1}
    assert (posted(town), open_items(town, entry)) == ([(Decimal(100), False)], [(NOTHING, "P")])
    assert calls(town) == (1 if kind == "drop_after" else 2)
    if kind == "drop_before":
        assert town.clock.now() - before >= timedelta(seconds=120)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_lost_answer_to_a_second_posting_posts_nothing_twice(town: BillSite, kind: str) -> None:
    """Given a payment that was taken back and is paid again under its id
    when that posting loses its answer, then JD Edwards has one in force, whichever way it went."""
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"))
    run(town)
    move(town, paid, "VOIDED")
    run(town)
    move(town, paid, "CLEARED")
    town.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [calls(town) + 1]}])
    run(town)
    assert sorted(posted(town), key=lambda each: each[1]) == [(Decimal(100), False), (Decimal(100), True)]
    assert open_items(town, entry) == [(NOTHING, "P")]
    assert run(town) == {"unchanged": 1}


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_lost_answer_to_a_reversal_reverses_once(town: BillSite, kind: str) -> None:
    """Given a payment that is taken back, and a void that loses its answer, then it is void once."""
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"))
    run(town)
    town.bill.act("void_payment", id=paid.id)
    town.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [calls(town) + 1]}])
    run(town)
    assert (posted(town), open_items(town, entry)) == ([(Decimal(100), True)], [(Decimal(100), "B")])
    assert run(town) == {"unchanged": 1}


# -- lost memory -------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_posts_nothing_a_second_time(town: BillSite) -> None:
    """Given posted payments, one of a voucher that is closed by it, when the ledger forgets all of them
    then the next sync is a plan that would create none, and adopting links them; nothing is sent."""
    first, second = town.books.voucher(), town.books.voucher(4712)
    pay(town, bill(town, first, "100.00"))
    pay(town, {"id": bill(town, second, "100.00"), "amount": "45.00"})
    run(town)
    forget(town, opened=False)
    report = town.sync(FLOW)[FLOW]
    assert (report.plan, report.plan_reason) == (True, "target_not_empty")
    assert [each.action for each in planned(report).values()] == ["adopt", "adopt"]
    adopted = town.sync(FLOW, mode="adopt")[FLOW]
    assert (outcomes(adopted), adopted.writes) == ({"adopted": 2}, 0)
    assert run(town) == {"unchanged": 2} and calls(town) == 2


def test_a_restored_ledger_finds_what_was_posted_since(town: BillSite) -> None:
    """Given a ledger that was restored from before a payment, then the payment is found in JD Edwards, not posted."""
    entry = town.books.voucher()
    pay(town, bill(town, entry, "100.00"))
    run(town)
    forget(town, opened=True)
    assert run(town) == {"adopted": 1}
    assert calls(town) == 1


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_restored_ledger_takes_back_what_was_posted_and_voided_since(town: BillSite) -> None:
    """Given a ledger restored from before a payment that BILL has taken back meanwhile
    then the payment is found in JD Edwards and voided there."""
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"))
    run(town)
    forget(town, opened=True)
    town.bill.act("void_payment", id=paid.id)
    run(town)
    assert (posted(town), open_items(town, entry)) == ([(Decimal(100), True)], [(Decimal(100), "B")])
    assert run(town) in ({"unchanged": 1}, {"ignored": 1})


def test_a_payment_under_our_number_on_another_voucher_is_another_one(town: BillSite) -> None:
    """Given a payment of another voucher that somebody entered under the number that ours gets
    then ours is posted on its own pay item, and the other is left alone."""
    entry, other = town.books.voucher(), town.books.voucher(4799)
    paid = pay(town, bill(town, entry, "100.00"), status="SCHEDULED")
    run(town)
    town.books.pay(other, number=NumberRules().number(paid.parts[0]))
    move(town, paid, "CLEARED")
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]
    assert settled(town) == {f"{entry.key}/001": Decimal(100), f"{other.key}/001": Decimal(100)}


# -- a plan, an approval, a person -------------------------------------------------------------------------------------


def test_a_plan_shows_what_would_be_posted_and_applies_it(town: BillSite) -> None:
    """Given a paid bill, when the operator plans, nothing is written; when the plan is applied, that is posted."""
    entry = town.books.voucher()
    pay(town, bill(town, entry, "100.00"))
    plan = town.plan(FLOW)
    assert (calls(town), open_items(town, entry)) == (0, [(Decimal(100), "A")])
    assert outcomes(town.apply(plan)[FLOW]) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]


def test_a_payment_may_wait_for_an_approval(town: BillSite) -> None:
    """Given a site that approves what is posted, then a payment waits, and is posted once it is let go."""
    town.configure(FLOW, approval="required")
    entry = town.books.voucher()
    pay(town, bill(town, entry, "100.00"))
    assert run(town) == {"staged": 1} and calls(town) == 0
    town.approve(FLOW)
    assert run(town) == {"created": 1}


def test_the_sweep_finds_a_payment_that_no_day_showed(town: BillSite) -> None:
    """Given a payment of before the days that are polled, then the sweep posts it."""
    entry = town.books.voucher()
    run(town)
    pay(town, bill(town, entry, "100.00"))
    town.sandbox.clock.advance(2 * 86_400)
    later = TODAY + timedelta(days=2)
    assert outcomes(town.sync(FLOW, first=later, last=later)[FLOW]) == {}
    assert len(town.sweep(FLOW).missed) == 1
    assert open_items(town, entry) == [(NOTHING, "P")]


# -- the site ----------------------------------------------------------------------------------------------------------


@pytest.mark.as_delivered("jde.discovered_arrays")
def test_a_site_without_the_orchestrations_is_told(town: BillSite) -> None:
    """Given a connection that names no orchestration to void payments
    then nothing is posted, since it could not be taken back, and `ping` says so; and what an orchestration lacks."""
    own = {name: ORCHESTRATIONS[name] for name in ("payment_record",)}
    town.connect("jde", orchestrations=own)
    pay(town, bill(town, town.books.voucher(), "100.00"))
    assert run(town) == {"held": 1}
    assert (town.exception(FLOW).reason, town.exception(FLOW).value) == ("orchestration_not_configured", "payment_void")
    told = f"jde_bill/{FLOW}: jde names no orchestration for payment_void: set orchestrations.payment_void"
    assert problems(town) == [told]
    wrong: dict[str, Any] = {"name": "ML_PaymentRecord", "inputs": {"Credits": "DebitMemos"}}
    town.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_record": wrong})
    assert problems(town) == [f"jde_bill/{FLOW}: payment_record: ML_PaymentRecord has no input 'DebitMemos'"]
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    assert problems(town) == []


# -- from one end to the other -----------------------------------------------------------------------------------------


def test_a_voucher_goes_to_bill_is_paid_there_and_closed_here(town: BillSite) -> None:
    """Given a voucher of two pay items that JD Edwards approved
    when its bill was made by the bills flow and paid in BILL in two parts, one of them voided later
    then after each step both systems have the same open, to the penny, and no flow takes the other's work for news."""
    owing(town)
    town.sync("chart_of_accounts", "departments")
    entry = town.books.voucher(costs=[("30.5010", "70.05"), ("40.5010", "30.00")], items=("60.05", "40.00"))
    town.sync("bills")
    made = bill_of(town, entry)
    assert Decimal(made["amount"]) == Decimal("100.05")
    first = pay(town, {"id": made["id"], "amount": "70.00"})
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P"), (Decimal("30.05"), "B")]
    assert town.sync("bills")["bills"].writes == 0
    pay(town, made["id"])
    run(town)
    assert open_items(town, entry) == [(NOTHING, "P"), (NOTHING, "P")]
    town.bill.act("void_payment", id=first.id)
    run(town)
    assert town.sync("bills")["bills"].writes == 0
    due = bill_of(town, entry)["dueAmount"]
    assert sum(amount for amount, _ in open_items(town, entry)) == Decimal(due) == Decimal(70)
    with town.context() as context:
        assert compare(Payments(context)).differences == []
    assert not town.exceptions("bills") and not town.exceptions(FLOW)
