"""One payer: what BILL pays is handed over in JD Edwards first, and never payable in both systems."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from bill_ordered import bill_of as order_bill_of
from bill_ordered import ordering
from bill_ordered import voucher as order_voucher
from bill_originals import bill as enter_bill
from bill_originals import items, switched_on
from bill_owed import bill_of, credit_of, item, key, owing, pay_in_bill, run, schedule
from bill_paid import open_items, posted
from bill_site import BillSite
from bill_wire import tap
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_site import outcomes

from connector_assets.documents.jde.vouchers import handing_over
from connector_assets.documents.jde.vouchers.handing_step import NAME as HANDING
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.reasons import severity_of
from connector_assets.pairs.registry import flow_class
from connector_resources.ledger import NewIntent
from connector_resources.ledger.intents import Intents

D = Decimal
HAND_OVER, VOID = "ML_VoucherPayStatus", "ML_PaymentVoid"
CREATE, RESTORE = "POST bills", "POST bills/*/restore"
CALL = "POST /jderest/v3/orchestrator/{name}"
ALL_IS_DUE = "2026-03-31"


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The flows that bring vouchers to BILL and its payments back, with the orchestrations of the sandbox's site."""
    owing(testbed, "payments")
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    return testbed


def statuses(site: BillSite, entry: Entry) -> list[str]:
    """The pay statuses of a voucher."""
    return [status for _, status in open_items(site, entry)]


def jde_pays(site: BillSite) -> int:
    """How many payments JD Edwards' own run makes, of all that is ever due."""
    return len(site.sandbox.post("/rows", {"system": "jde", "act": "payment_run", "date": ALL_IS_DUE})["PYID"])


def problems(site: BillSite, flow: str = "bills") -> list[str]:
    """What `ping` says that a site still has to do."""
    with site.context() as context:
        return flow_class("jde_bill", flow)(context).startup_problems()


# -- handed over first -------------------------------------------------------------------------------------------------


def test_a_voucher_is_handed_over_before_its_bill_exists(owed: BillSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an approved voucher of two pay items, when it is synced
    then JD Edwards has it on the handed-over status before the bill is made, its payment run pays nothing of it, and
    the next sync has nothing to do."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    wire = tap(monkeypatch)
    assert run(owed) == {"created": 1, "ignored": 1}
    assert wire.calls == [HAND_OVER, CREATE]
    assert (statuses(owed, entry), D(bill_of(owed, entry)["amount"])) == (["B", "B"], D(100))
    assert jde_pays(owed) == 0
    again = owed.sync("bills")["bills"]
    assert (again.writes, owed.exceptions("bills")) == (0, [])
    assert problems(owed) == []


def test_many_vouchers_are_handed_over_each_before_the_call_that_makes_its_bill(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given five vouchers, then each is handed over by a call of its own, and all of them before the bills that go in
    one call."""
    entries = [owed.books.voucher(4711 + place) for place in range(5)]
    wire = tap(monkeypatch)
    assert run(owed) == {"created": 5}
    assert wire.calls == [HAND_OVER, CREATE, *[HAND_OVER] * 4, "POST bills/bulk"]
    assert [statuses(owed, each) for each in entries] == [["B"]] * 5


def test_what_is_held_is_not_handed_over(owed: BillSite) -> None:
    """Given a voucher that cannot be a bill yet, then JD Edwards keeps it as it is: nobody else could pay it."""
    entry = owed.books.voucher(supplier=9999)
    assert run(owed) == {"held": 1} and statuses(owed, entry) == ["A"]


def test_a_debit_memo_is_handed_over_before_its_credit_exists(owed: BillSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a debit memo, then JD Edwards' run takes nothing off by it, for BILL does."""
    owing(owed, "vendor_credits")
    memo = owed.books.voucher(5001, kind="PD", costs=[("30.5010", "-50.00")])
    wire = tap(monkeypatch)
    assert run(owed, "vendor_credits") == {"created": 1}
    assert wire.calls == [HAND_OVER, "POST vendor-credits"]
    assert (statuses(owed, memo), D(credit_of(owed, memo)["amount"])) == (["B"], D(50))


def test_the_voucher_of_an_order_that_is_a_bill_is_handed_over_too(testbed: BillSite) -> None:
    """Given an order that BILL pays by a bill of its own, when its voucher is entered
    then JD Edwards' payment run does not pay the same once more, and the voucher is no second bill."""
    buyers = ordering(testbed)
    order = buyers.order()
    testbed.sync("purchase_order_bills", "bills")
    assert order_bill_of(testbed, order)
    entry = order_voucher(testbed, order)
    reports = testbed.sync("purchase_order_bills", "bills")
    assert reports["bills"].rules() == {"billed_by_order": 1}
    assert statuses(testbed, entry) == ["B"] and jde_pays(testbed) == 0
    assert len(testbed.bill.all("bills")) == 1
    assert testbed.sync("bills")["bills"].writes == 0


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_to_the_handing_over_costs_nothing(
    owed: BillSite, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given that the answer, or the call itself, is lost on its way
    then the voucher is looked at, handed over where it is not, and one bill is made, after it."""
    entry = owed.books.voucher()
    owed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    wire = tap(monkeypatch)
    assert run(owed) == {"created": 1}
    assert wire.calls == [HAND_OVER, *([HAND_OVER] if kind == "drop_before" else []), CREATE]
    assert (statuses(owed, entry), owed.exceptions("bills")) == (["B"], [])


@pytest.mark.reason("refused_by_target")
@pytest.mark.beyond_the_page("Voucher No  is no field", "DocumentNumber is required")
@pytest.mark.as_delivered("jde.required_inputs")
def test_a_handing_over_that_jd_edwards_refuses_makes_no_bill(owed: BillSite) -> None:
    """Given that JD Edwards refuses the call, then there is no bill, the voucher stays as it was and a person is told;
    once the orchestration is mended and the voucher replayed, it goes."""
    broken = {"name": HAND_OVER, "inputs": {"DocumentNumber": "Voucher No "}}
    owed.connect("jde", orchestrations=ORCHESTRATIONS | {"voucher_pay_status": broken})
    entry = owed.books.voucher()
    assert run(owed) == {"refused": 1}
    assert (statuses(owed, entry), owed.bill.all("bills")) == (["A"], [])
    ignored = owed.sandbox.get("/options")["jde"]["superfluous_inputs"] == "ignored"
    said = "Required input DocumentNumber is missing" if ignored else "Input Voucher No is not declared"
    assert said in owed.exception("bills").message
    owed.connect("jde", orchestrations=ORCHESTRATIONS)
    owed.replay("bills")
    assert run(owed) == {"created": 1}
    assert statuses(owed, entry) == ["B"] and bill_of(owed, entry)


def test_a_success_that_did_not_set_the_status_is_not_believed(owed: BillSite) -> None:
    """Given an orchestration that answers success and sets nothing, then no bill is made, however often it is tried;
    once it works, the next sync makes it."""
    entry = owed.books.voucher()
    owed.sandbox.post("/options", {"jde": {"pay_status_is_set": False}})
    owed.sync("bills")
    assert (statuses(owed, entry), owed.bill.all("bills")) == (["A"], [])
    reported = owed.exception("bills")
    assert reported.reason == "outcome_unknown" and reported.value.startswith(
        "hand over: voucher_pay_status was called"
    )
    assert f"does not show: {entry.key.removeprefix('F0411:')}/001, 100.00 GBP open on pay status A" in reported.value
    owed.sandbox.post("/options", {"jde": {"pay_status_is_set": True}})
    owed.sandbox.clock.advance(600)
    owed.sync("bills")
    assert statuses(owed, entry) == ["B"] and bill_of(owed, entry)
    assert not owed.exceptions("bills")


@pytest.mark.parametrize("status", ["H", "#"])
def test_what_a_person_held_since_it_was_read_is_left_to_him(owed: BillSite, status: str) -> None:
    """Given a voucher that was read as approved, when a clerk holds it, or a payment run takes it, before it is handed
    over, then its status is not touched and no bill is made; the next sync reads it as it is."""
    entry = owed.books.voucher()
    with owed.context() as context:
        flow = owed._flow(context, "bills")
        pipeline = Pipeline(flow, owed._policy(flow))
        pipeline.land(YESTERDAY, TODAY)
        mapped = pipeline.map(pipeline.changed_keys(YESTERDAY, TODAY))
        item(owed, entry, PST=status)
        report = pipeline.deliver(mapped)
    assert (outcomes(report), statuses(owed, entry), owed.bill.all("bills")) == ({"failed": 1}, [status], [])
    assert owed.sync("bills")["bills"].rules() == {"not_approved": 1}
    assert (statuses(owed, entry), owed.bill.all("bills"), owed.exceptions("bills")) == ([status], [], [])


def test_a_run_that_dies_after_the_handing_over_makes_the_bill_later(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a run that dies between both calls, then the voucher is handed over and nobody pays it for the moment; the
    next run makes its one bill, and hands nothing over again."""
    entry = owed.books.voucher()

    def die(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("connector_assets.pairs.jde_bill.bills.steps.BillSteps._create", die)
        run(owed)
    assert (statuses(owed, entry), owed.bill.all("bills")) == (["B"], [])
    owed.sandbox.clock.advance(600)
    wire = tap(monkeypatch)
    assert run(owed) == {"created": 1}
    assert wire.calls == [CREATE] and bill_of(owed, entry)


@pytest.mark.parametrize("where", ["in the handing over", "after it"])
def test_a_run_that_dies_around_the_handing_over_leaves_pay_items_in_one_bill(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Given a voucher of two pay items and a run that dies before it was about to make the bill, then nothing in BILL
    tells of the first pay item alone: the next run makes one bill of both, under the supplier's number."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    hand_over, open_intents = handing_over.hand_over, Intents.open

    def die_in_it(*call: Any) -> Any:
        hand_over(*call)
        raise KeyboardInterrupt

    def die_after_it(intents: Intents, new: Sequence[NewIntent], *now: Any) -> Any:
        if any(each.step != HANDING for each in new):
            raise KeyboardInterrupt
        return open_intents(intents, new, *now)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if where == "after it":
            patch.setattr(Intents, "open", die_after_it)
        else:
            patch.setattr(handing_over, "hand_over", die_in_it)
        run(owed)
    assert (statuses(owed, entry), owed.bill.all("bills")) == (["B", "B"], [])
    owed.sandbox.clock.advance(600)
    assert run(owed)["created"] == 1
    made = bill_of(owed, entry)
    assert (len(owed.bill.all("bills")), D(made["amount"])) == (1, D(100))
    assert made["invoice"]["invoiceNumber"] == f"INV-{entry.doc}"


def test_a_plan_shows_the_handing_over_and_lets_the_bill_go_with_it(owed: BillSite) -> None:
    """Given a plan of a voucher, then it shows the change in JD Edwards, and who applies it lets the bill go too."""
    entry = owed.books.voucher()
    plan = owed.plan("bills")
    assert (statuses(owed, entry), owed.bill.all("bills")) == (["A"], [])
    assert outcomes(owed.apply(plan)["bills"]) == {"created": 1}
    assert statuses(owed, entry) == ["B"] and bill_of(owed, entry)


def test_one_approval_is_for_both_calls(owed: BillSite) -> None:
    """Given a flow whose documents somebody must approve, then nothing is handed over before they have; one approval is
    enough for the voucher and its bill."""
    owed.configure("bills", approval="required")
    entry = owed.books.voucher()
    assert run(owed) == {"staged": 1} and statuses(owed, entry) == ["A"]
    assert owed.approve("bills") == 1
    assert run(owed) == {"created": 1}
    assert statuses(owed, entry) == ["B"] and bill_of(owed, entry)


# -- what people do --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_bill", ["unpaid", "scheduled", "paid in part"])
def test_a_clerk_who_sets_the_voucher_back_to_a_finds_it_handed_over_again(
    owed: BillSite, in_bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a bill that BILL can pay, is about to pay, or has paid a part of
    when a clerk sets its voucher back to a status that JD Edwards' run selects
    then the next sync hands it over again, and the bill stays as it is."""
    entry = owed.books.voucher()
    run(owed)
    made = bill_of(owed, entry)
    if in_bill == "scheduled":
        schedule(owed, made)
    elif in_bill == "paid in part":
        pay_in_bill(owed, made, "30.00")
        owed.sync("payments")
    owed.sandbox.clock.advance(60)
    owed.books.act("set_pay_status", entry, PST="A")
    wire = tap(monkeypatch)
    owed.sync("bills")
    assert wire.calls == [HAND_OVER]
    assert (statuses(owed, entry), jde_pays(owed), owed.exceptions("bills")) == (["B"], 0, [])
    assert not bill_of(owed, entry)["archived"]


def test_one_pay_item_that_came_back_does_not_leave_its_bill(owed: BillSite) -> None:
    """Given a bill of two pay items, when a clerk sets one of them back, then it is handed over again and the bill is
    for both as before."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    run(owed)
    item(owed, entry, "002", PST="A")
    owed.sync("bills")
    assert (statuses(owed, entry), D(bill_of(owed, entry)["amount"])) == (["B", "B"], D(100))


@pytest.mark.reason("payable_in_both")
def test_where_it_cannot_be_handed_over_again_a_person_is_told_with_the_amount(owed: BillSite) -> None:
    """Given a voucher that a clerk set back to A, and an orchestration that is gone
    then the next sync tells that both could pay it, of high severity; once it is back, it is handed over and over."""
    entry = owed.books.voucher()
    run(owed)
    owed.books.act("set_pay_status", entry, PST="A")
    owed.connect("jde", orchestrations={})
    owed.sync("bills")
    reported = {each.reason: each for each in owed.exceptions("bills")}
    assert reported.keys() == {"payable_in_both", "orchestration_not_configured"}
    assert severity_of("payable_in_both") == "high"
    assert "00001/PV/4711/001, 100.00 GBP open on pay status A; bills 00n" in reported["payable_in_both"].value
    owed.connect("jde", orchestrations=ORCHESTRATIONS)
    owed.replay("bills")
    run(owed)
    assert (statuses(owed, entry), owed.exceptions("bills")) == (["B"], [])


def test_a_clerk_who_holds_a_voucher_takes_it_from_bill_and_gives_it_back(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a handed-over voucher, when a clerk holds it, then its bill is archived and JD Edwards keeps their status;
    when they approve it again, then it is handed over before the bill can be paid again."""
    entry = owed.books.voucher()
    run(owed)
    owed.books.act("set_pay_status", entry, PST="H")
    run(owed)
    assert (statuses(owed, entry), bill_of(owed, entry)["archived"]) == (["H"], True)
    owed.books.act("set_pay_status", entry, PST="A")
    wire = tap(monkeypatch)
    run(owed)
    assert wire.calls == [HAND_OVER, RESTORE]
    assert (statuses(owed, entry), bill_of(owed, entry)["archived"]) == (["B"], False)


def test_a_clerk_who_pays_a_handed_over_voucher_by_hand_closes_its_bill(owed: BillSite) -> None:
    """Given a handed-over voucher, when a clerk pays it in JD Edwards by hand, then BILL has nothing left to pay."""
    entry = owed.books.voucher()
    run(owed)
    owed.books.pay(entry)
    run(owed)
    made = bill_of(owed, entry)
    assert (D(made["dueAmount"]), made["paymentStatus"]) == (D(0), "PAID")
    assert not owed.exceptions("bills")


@pytest.mark.parametrize("in_bill", ["VOIDED", "CANCELED", "FUNDING_FAILED_VOIDED"])
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_payment_that_is_cancelled_in_bill_never_puts_the_voucher_within_jd_edwards_reach(
    owed: BillSite, in_bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a voucher that BILL has paid, when BILL takes the payment back
    then one orchestration voids it in JD Edwards and puts the voucher back on the handed-over status: JD Edwards' run
    pays nothing, and BILL can pay the bill again."""
    entry = owed.books.voucher()
    run(owed)
    paid = pay_in_bill(owed, bill_of(owed, entry))
    owed.sync("payments")
    assert posted(owed) == [(D(100), False)]
    owed.bill.act("move_payment", id=paid, single_status=in_bill)
    wire = tap(monkeypatch)
    owed.sync("bills", "payments")
    assert wire.calls == [VOID]
    assert (posted(owed), statuses(owed, entry), jde_pays(owed)) == ([(D(100), True)], ["B"], 0)
    reports = owed.sync("bills", "payments")
    assert [report.writes for report in reports.values()] == [0, 0]
    assert not owed.exceptions("bills") and not owed.exceptions("payments")


@pytest.mark.reason("no_return_status")
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_an_orchestration_that_cannot_put_the_voucher_back_voids_nothing(owed: BillSite) -> None:
    """Given a site whose orchestration for voiding has no input for the pay status
    then `ping` says so, and a payment that BILL takes back is not voided but told, of high severity; once the
    orchestration has it, the voucher is open on the handed-over status."""
    entry = owed.books.voucher()
    run(owed)
    paid = pay_in_bill(owed, bill_of(owed, entry))
    owed.sync("payments")
    old = {"name": VOID, "inputs": {"ReturnStatus": "No Such Input"}}
    owed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_void": old})
    assert problems(owed, "payments") == [
        "jde_bill/payments: payment_void: ML_PaymentVoid has no input 'No Such Input'"
    ]
    owed.bill.act("move_payment", id=paid, single_status="VOIDED")
    owed.sync("payments")
    reported = owed.exception("payments")
    assert (reported.reason, severity_of(reported.reason)) == ("no_return_status", "high")
    assert (posted(owed), statuses(owed, entry)) == ([(D(100), False)], ["P"])
    owed.connect("jde", orchestrations=ORCHESTRATIONS)
    owed.replay("payments")
    owed.sync("payments")
    assert (posted(owed), statuses(owed, entry)) == ([(D(100), True)], ["B"])
    assert problems(owed, "payments") == []


def test_an_orchestration_that_ignores_the_return_status_is_told_until_it_is_handed_over(owed: BillSite) -> None:
    """Given an orchestration that takes the pay status and sets none, when BILL takes a payment back
    then the voucher that is open on A is told at once, of high severity; the next sync hands it over again, and then
    there is nothing to be told."""
    entry = owed.books.voucher()
    run(owed)
    paid = pay_in_bill(owed, bill_of(owed, entry))
    owed.sync("payments")
    owed.sandbox.post("/options", {"jde": {"pay_status_is_set": False}})
    owed.bill.act("move_payment", id=paid, single_status="VOIDED")
    owed.sync("payments")
    reported = owed.exception("payments")
    assert (reported.reason, reported.value) == (
        "payable_in_both",
        "00001/PV/4711/001, 100.00 GBP open on pay status A",
    )
    owed.sandbox.post("/options", {"jde": {"pay_status_is_set": True}})
    owed.sync("bills", "payments")
    assert (statuses(owed, entry), jde_pays(owed)) == (["B"], 0)
    assert not owed.exceptions("bills") and not owed.exceptions("payments")


@pytest.mark.parametrize("lacks", [False, True])
def test_a_journal_that_is_taken_back_opens_the_voucher_on_the_handed_over_status(owed: BillSite, lacks: bool) -> None:
    """Given a site that posts BILL's payments as journals, when one is taken back
    then the entry that does so opens the voucher on the handed-over status; without an input for it, none is made."""
    accounts = {"payables_accounts": {"*": "30.5010"}, "clearing_accounts": {"*": "40.5010"}}
    owed.configure("payments", mode="journal", never_selected=["B"], journal_closes_pay_item=True, **accounts)
    entry = owed.books.voucher()
    run(owed)
    paid = pay_in_bill(owed, bill_of(owed, entry))
    owed.sync("payments")
    assert open_items(owed, entry) == [(D(0), "P")]
    if lacks:
        journal = ORCHESTRATIONS["payment_journal"] | {"inputs": {"ReturnStatus": "No Such Input"}}
        owed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_journal": journal})
    owed.bill.act("move_payment", id=paid, single_status="VOIDED")
    owed.sync("payments")
    if lacks:
        assert "no_return_status" in {each.reason for each in owed.exceptions("payments")}
        assert open_items(owed, entry) == [(D(0), "P")]
        owed.connect("jde", orchestrations=ORCHESTRATIONS)
        owed.replay("payments")
        owed.sync("payments")
    assert (open_items(owed, entry), jde_pays(owed)) == ([(D(100), "B")], 0)
    assert not owed.exceptions("payments")


# -- found later -----------------------------------------------------------------------------------------------------


def test_the_sweep_finds_and_mends_what_a_clerk_did_without_moving_the_date(owed: BillSite) -> None:
    """Given a voucher that was set back to A by a program that leaves the date as it was
    then no sync sees it, the sweep does, and hands it over again."""
    entry = owed.books.voucher()
    run(owed)
    owed.books.act("set_pay_status", entry, PST="A")
    owed.books.upsert("F0411", _named(entry), undated=True)
    owed.sync("bills", due=False, first=YESTERDAY, last=YESTERDAY)
    assert statuses(owed, entry) == ["A"]
    found = owed.sweep("bills")
    assert found.in_both == [key(entry)]
    assert (statuses(owed, entry), owed.exceptions("bills")) == (["B"], [])
    assert owed.sweep("bills").in_both == []


@pytest.mark.parametrize("how", ["sync", "sweep"])
def test_a_voucher_of_an_order_that_is_a_bill_is_told_where_nothing_hands_it_over(testbed: BillSite, how: str) -> None:
    """Given an order that BILL pays, and a site that hands nothing over, when its voucher is entered on A
    then both systems could pay what was ordered, and that is told until the voucher is on another status."""
    buyers = ordering(testbed)
    testbed.flows["bills"] = {"handed_over_status": None}
    order = buyers.order()
    testbed.sync("purchase_order_bills", "bills")
    entry = order_voucher(testbed, order)

    def look() -> None:
        testbed.sync("purchase_order_bills", "bills")
        if how == "sweep":
            testbed.sweep("bills")

    look()
    reported = testbed.exception("bills")
    assert reported.reason == "payable_in_both"
    assert reported.value.endswith(f"on pay status A; BILL pays it by the bill of order OP {order.number}")
    testbed.books.act("set_pay_status", entry, PST="H")
    look()
    assert not testbed.exceptions("bills")


@pytest.mark.reason("left_by_order")
def test_what_a_voucher_is_above_the_bill_of_its_order_is_not_forgotten(testbed: BillSite) -> None:
    """Given an order that BILL has paid, and a voucher for it that is larger, since it has tax
    when the payment is posted, then what is left, which JD Edwards' run does not select, is told until a clerk releases
    it to that run; it is not handed over again, and JD Edwards pays it once."""
    buyers = ordering(testbed)
    testbed.flows["payments"] = {}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    order = buyers.order()
    flows = ("purchase_order_bills", "bills", "payments")
    testbed.sync(*flows)
    entry = order_voucher(testbed, order, costs=(("30.5010", "25.00"),), tax="5.00")
    testbed.sync(*flows)
    assert open_items(testbed, entry) == [(D(30), "B")]
    pay_in_bill(testbed, order_bill_of(testbed, order))
    testbed.sync(*flows)
    assert open_items(testbed, entry) == [(D(5), "B")]
    testbed.sync(*flows)
    reported = testbed.exception("bills")
    assert (reported.reason, reported.value) == ("left_by_order", "00001/PV/4711/001, 5.00 GBP on pay status B")
    testbed.books.act("set_pay_status", entry, PST="A")
    testbed.sync(*flows)
    assert (statuses(testbed, entry), testbed.exceptions("bills")) == (["A"], [])
    assert jde_pays(testbed) == 1 and open_items(testbed, entry) == [(D(0), "P")]


def test_what_was_adopted_is_handed_over_by_the_next_sync(owed: BillSite) -> None:
    """Given bills that were in BILL before the connector was there, when they are adopted
    then their vouchers, which JD Edwards' run still selects, are handed over by the next sync."""
    entry = owed.books.voucher()
    run(owed)
    with owed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", mode="adopt")
        item(blank, entry, PST="A")
        assert outcomes(blank.sync("bills", mode="adopt")["bills"]) == {"adopted": 1}
        assert statuses(blank, entry) == ["A"]
        blank.sync("bills")
        assert (statuses(blank, entry), len(blank.bill.all("bills"))) == (["B"], 1)
        assert not blank.exceptions("bills")


@pytest.mark.parametrize("how", ["sync", "sweep"])
def test_a_clerk_releases_a_voucher_of_a_bill_that_was_born_in_bill(testbed: BillSite, how: str) -> None:
    """Given a bill that was born in BILL, and its voucher on a pay status that no payment run selects
    when a clerk of JD Edwards sets the voucher to A, then the next sync tells that both could pay it, with the amount;
    once they have set it back, the one after that tells it no more."""
    switched_on(testbed)
    testbed.flows["bills"] = {}
    testbed.sync("bills")
    enter_bill(testbed)
    testbed.sync("bills", "approved_bills")
    [voucher] = items(testbed)
    assert not testbed.exceptions("bills")
    named = {"KCO": voucher["KCO"], "DCT": voucher["DCT"].strip(), "DOC": voucher["DOC"]}

    def look(status: str) -> None:
        testbed.sandbox.post("/rows", {"system": "jde", "act": "set_pay_status", **named, "PST": status})
        testbed.sweep("bills") if how == "sweep" else testbed.sync("bills", "approved_bills")

    look("A")
    reported = testbed.exception("bills")
    assert (reported.reason, severity_of(reported.reason)) == ("payable_in_both", "high")
    assert f"/PV/{voucher['DOC']}/001, 100.00 GBP open on pay status A; bill 00n" in reported.value
    look("H")
    assert not testbed.exceptions("bills")


# -- without an orchestration ----------------------------------------------------------------------------------------


def declared(testbed: BillSite, **payment_run: Any) -> BillSite:
    """A site that hands nothing over, and says what its payment run selects."""
    owing(testbed, handed_over_status=None)
    testbed.connect("jde", orchestrations={}, payment_run=payment_run)
    return testbed


@pytest.mark.reason("not_handed_over")
def test_without_handing_over_what_jd_edwards_selects_is_no_bill(testbed: BillSite) -> None:
    """Given a site that neither hands over nor declares that its run leaves anything, as BILL's default was
    then `ping` fails with one line, and no bill is made; a person is told of each voucher."""
    declared(testbed)
    entry = testbed.books.voucher()
    assert problems(testbed) == [
        "jde_bill/bills: vouchers are sent to BILL on pay status A, which JD Edwards' payment run selects:"
        " set handed_over_status, or payment_run of jde if the run selects less"
    ]
    assert run(testbed) == {"held": 1}
    reported = testbed.exception("bills")
    assert (reported.reason, reported.value) == ("not_handed_over", "00001/PV/4711/001, 100.00 GBP on pay status A")
    assert (statuses(testbed, entry), testbed.bill.all("bills")) == (["A"], [])


def test_a_site_whose_run_selects_by_instrument_sends_what_it_leaves(testbed: BillSite) -> None:
    """Given a run that selects the payment instruments T and C alone, then vouchers of another one go to BILL as they
    are, and those of T do not; `ping` has nothing to say."""
    declared(testbed, payment_instruments=["T", "C"])
    testbed.sandbox.post("/options", {"jde": {"run_payment_instruments": ["T", "C"]}})
    ours, theirs = testbed.books.voucher(4711), testbed.books.voucher(4712)
    item(testbed, ours, PYIN="X")
    assert problems(testbed) == []
    assert run(testbed) == {"created": 1, "held": 1}
    assert testbed.exception("bills").key == key(theirs)
    assert bill_of(testbed, ours) and statuses(testbed, ours) == ["A"]
    assert jde_pays(testbed) == 1 and statuses(testbed, theirs) == ["P"] and statuses(testbed, ours) == ["A"]


def test_an_instrument_that_a_clerk_changes_later_is_told_until_it_is_back(testbed: BillSite) -> None:
    """Given a bill of a voucher that JD Edwards' run leaves alone by its instrument
    when a clerk gives it one that the run selects, then that is an exception of high severity, by the sync and by the
    sweep, until it is changed back."""
    declared(testbed, payment_instruments=["T"])
    entry = testbed.books.voucher()
    item(testbed, entry, PYIN="X")
    run(testbed)
    item(testbed, entry, PYIN="T")
    run(testbed)
    assert [each.reason for each in testbed.exceptions("bills")] == ["payable_in_both"]
    [said] = problems(testbed)
    assert "1 of what BILL can pay is what JD Edwards' payment run selects too: 00001/PV/4711/001, 100.00 GBP" in said
    assert testbed.sweep("bills").in_both == []
    assert [each.reason for each in testbed.exceptions("bills")] == ["payable_in_both"]
    item(testbed, entry, PYIN="X")
    run(testbed)
    assert not testbed.exceptions("bills")


def test_a_bank_account_that_the_run_does_not_pay_from_keeps_a_voucher_for_bill(testbed: BillSite) -> None:
    """Given a run that pays from one bank account alone, then what is on another one goes to BILL."""
    declared(testbed, bank_accounts=["12345"])
    entry, other = testbed.books.voucher(4711), testbed.books.voucher(4712)
    item(testbed, entry, GLBA="00099999")
    item(testbed, other, GLBA="00012345")
    assert run(testbed) == {"created": 1, "held": 1} and bill_of(testbed, entry)


@pytest.mark.parametrize(
    ("settings", "acts", "said"),
    [
        ({"handed_over_status": "A", "pay_statuses": ["V"]}, ORCHESTRATIONS, "is one that JD Edwards' payment run"),
        ({"handed_over_status": "B"}, {}, "needs an orchestration for voucher_pay_status"),
        pytest.param(
            {"handed_over_status": "B"},
            {"voucher_pay_status": {"name": HAND_OVER, "inputs": {"PayItems": "Items"}}},
            "ML_VoucherPayStatus has no input 'Items'",
            marks=pytest.mark.beyond_the_page("Items is no field"),
        ),
        pytest.param(
            {"handed_over_status": "B"},
            {"voucher_pay_status": {"name": "Gone"}},
            "there is no orchestration 'Gone'",
            marks=pytest.mark.beyond_the_page("orchestration Gone is on no page"),
        ),
    ],
)
@pytest.mark.as_delivered("jde.discovered_arrays")
def test_ping_says_what_a_site_still_has_to_do(
    testbed: BillSite, settings: dict[str, Any], acts: dict[str, Any], said: str
) -> None:
    """Given a handed-over status that the run selects, or an orchestration that is missing or lacks an input
    then `ping` says it in one line, and no bill is made."""
    owing(testbed, **settings)
    testbed.connect("jde", orchestrations=acts)
    [reported] = problems(testbed)
    assert said in reported
    entry = testbed.books.voucher(status=settings.get("pay_statuses", ["A"])[0])
    run(testbed)
    # an orchestration without the input sets the whole voucher, which is what its only pay item needs
    assert testbed.bill.all("bills") == [] or (statuses(testbed, entry) == ["B"] and "'Items'" in said)


def _named(entry: Entry) -> dict[str, Any]:
    return {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
