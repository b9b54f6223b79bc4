"""An approval in BILL is for an amount and a payee: what JD Edwards changes of an approved bill is approved again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_ordered import FLOW as ORDERS
from bill_ordered import bill_of as order_bill_of
from bill_ordered import ordering
from bill_owed import FLOW, bill_of, item, owing, run
from bill_site import BillSite
from bill_wire import before
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
CHANGED = pytest.mark.parametrize("asks", ["new_approvers", "nobody"])


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, whose bills all go to an approver."""
    testbed.bill.configure(approval_required=True)
    return owing(testbed)


def raised(testbed: BillSite, entry: Entry, amount: str = "140.00") -> None:
    """JD Edwards owes more of a voucher."""
    testbed.books.change_items(entry, amount)
    testbed.books.line(entry, 1, "30.5010", amount)


def approve(testbed: BillSite, entry: Entry) -> None:
    """The approver says yes to the bill as it is; some time has passed."""
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("approve_bill", id=bill_of(testbed, entry)["id"])
    testbed.sandbox.clock.advance(60)


def ask_again(testbed: BillSite, entry: Entry) -> None:
    """A clerk of BILL puts the approvers on a bill anew."""
    bill = bill_of(testbed, entry)
    waiting = [{**each, "status": "WAITING"} for each in bill["approvers"]]
    testbed.bill.set(FLOW, bill["id"], approvers=waiting, approvalStatus="ASSIGNED")


def stale(testbed: BillSite, reported: str, flow: str = FLOW) -> None:
    """That is what is told, and urgent."""
    found = testbed.exception(flow)
    assert (found.reason, severity_of(found.reason)) == ("approval_stale", "high")
    assert reported in (found.value or ""), found.value


@pytest.mark.reason("approval_stale")
@CHANGED
def test_a_bill_that_grows_after_it_was_approved_waits_for_another_approval(owed: BillSite, asks: str) -> None:
    """Given a bill of 100.00 that its approver has approved, in an organisation that asks nobody again
    when JD Edwards raises it to 140.00
    then the bill is for 140.00, and an exception of high severity says that it was approved for 100.00, at the next
    sync too; once they have approved it again it is well, and stays so."""
    owed.bill.configure(approval_after_change=asks)
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    raised(owed, entry)
    assert run(owed) == {"held": 1}
    assert (D(bill_of(owed, entry)["amount"]), bill_of(owed, entry)["approvalStatus"]) == (D("140.00"), "APPROVED")
    for _ in range(2):
        stale(owed, "approved for 100.00, now 140.00")
        run(owed)
    ask_again(owed, entry)
    approve(owed, entry)
    run(owed)
    assert owed.exceptions(FLOW) == []
    assert run(owed) == {"unchanged": 1}


def test_where_bill_asks_again_nobody_is_told(owed: BillSite) -> None:
    """Given the same, in an organisation whose BILL asks all approvers again
    when JD Edwards raises it, and the approver approves it again
    then nothing is an exception."""
    owed.bill.configure(approval_after_change="all_again")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    raised(owed, entry)
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["approvalStatus"] != "APPROVED"
    approve(owed, entry)
    assert run(owed) == {"unchanged": 1}
    assert owed.exceptions(FLOW) == []


def test_less_than_was_approved_needs_no_approval(owed: BillSite) -> None:
    """Given an approved bill of 100.00
    when JD Edwards lowers it to 80.00, and raises it to 100.00 again
    then nobody is told: that much was approved."""
    owed.bill.configure(approval_after_change="nobody")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    raised(owed, entry, "80.00")
    assert run(owed) == {"updated": 1}
    raised(owed, entry, "100.00")
    run(owed)
    assert D(bill_of(owed, entry)["amount"]) == D("100.00")


@pytest.mark.reason("approval_stale")
def test_what_was_agreed_to_by_a_replay_is_told_again_only_when_it_grows(owed: BillSite) -> None:
    """Given a bill that was raised after its approval, and told
    when its approver agrees without approving it again, so that AP replays
    then it is well, also when its due date changes; when it is raised once more it is told again."""
    owed.bill.configure(approval_after_change="nobody")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    raised(owed, entry)
    assert run(owed) == {"held": 1}
    owed.replay(FLOW)
    assert run(owed) == {"unchanged": 1}
    owed.books.change_items(entry, "140.00", DDJ="2026-05-31")
    assert run(owed) == {"updated": 1}
    assert owed.exceptions(FLOW) == []
    raised(owed, entry, "150.00")
    assert run(owed) == {"held": 1}
    stale(owed, "approved for 140.00, now 150.00")


@pytest.mark.reason("approval_stale")
def test_a_line_more_of_an_approved_bill_is_no_way_round(owed: BillSite) -> None:
    """Given an approved bill
    when its voucher gets another cost, so that the bill is written anew
    then its approver stays on it, and what they approved is told."""
    owed.bill.configure(approval_after_change="new_approvers")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    approvers = bill_of(owed, entry)["approvers"]
    owed.books.change_items(entry, "140.00")
    owed.books.line(entry, 2, "30.5020", "40.00")
    assert run(owed) == {"held": 1}
    stale(owed, "approved for 100.00, now 140.00")
    assert bill_of(owed, entry)["approvers"] == approvers


@pytest.mark.reason("approval_stale")
@pytest.mark.parametrize("call", ["GET bills/*", "PATCH bills/*"])
def test_who_approves_between_two_of_our_calls_has_approved_the_old_amount(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Given a bill of 100.00 that waits for its approver, and whose voucher was raised to 140.00
    when they approve it right before we read it for the last time, or right before we write it
    then what they approved was 100.00, and that is told."""
    owed.bill.configure(approval_after_change="nobody")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    raised(owed, entry)
    done = before(monkeypatch, call, lambda: approve(owed, entry))
    assert run(owed) == {"held": 1}
    assert done == [call]
    assert D(bill_of(owed, entry)["amount"]) == D("140.00")
    stale(owed, "approved for 100.00, now 140.00")


@pytest.mark.reason("approval_stale")
def test_a_run_that_dies_behind_the_increase_is_no_way_round(owed: BillSite) -> None:
    """Given an approved bill of 100.00
    when the answer to the call that raises it is lost
    then the next run finds the bill raised, and tells it all the same."""
    owed.bill.configure(approval_after_change="nobody")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    raised(owed, entry)
    lost = {"system": "bill", "route": "PATCH /connect/v3/bills/{id}", "kind": "drop_after", "calls": [1]}
    owed.sandbox.post("/faults", [lost])
    run(owed)
    run(owed)
    assert D(bill_of(owed, entry)["amount"]) == D("140.00")
    stale(owed, "approved for 100.00, now 140.00")


def test_a_new_payee_of_an_approved_bill_is_approved_again(owed: BillSite) -> None:
    """Given an approved bill of one vendor
    when the payee of its voucher changes
    then the old one is archived, and the new payee's waits for an approval of its own."""
    owed.bill.configure(approval_after_change="nobody")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    old = bill_of(owed, entry)
    item(owed, entry, PYE=4344)
    run(owed)
    new = [each for each in owed.bill.all(FLOW) if each["id"] != old["id"]]
    assert owed.bill.get(FLOW, old["id"])["archived"]
    assert [(each["approvalStatus"], each["archived"]) for each in new] == [("ASSIGNED", False)]


@pytest.mark.reason("approval_stale")
def test_an_order_that_grows_after_its_bill_was_approved(testbed: BillSite) -> None:
    """Given the approved bill of an order
    when the order is for more
    then it is the same."""
    testbed.bill.configure(approval_required=True, approval_after_change="nobody")
    buyers = ordering(testbed)
    order = buyers.order()
    assert outcomes(testbed.sync(ORDERS)[ORDERS]) == {"created": 1}
    made = order_bill_of(testbed, order)
    testbed.bill.act("approve_bill", id=made["id"])
    buyers.change(order, quantity="20")
    assert outcomes(testbed.sync(ORDERS)[ORDERS]) == {"held": 1}
    assert D(order_bill_of(testbed, order)["amount"]) > D(made["amount"])
    stale(testbed, f"approved for {D(made['amount']):.2f}", ORDERS)


def test_a_lost_ledger_does_not_know_for_how_much_a_bill_was_approved(owed: BillSite) -> None:
    """Given a bill that was raised to 140.00 after it was approved for 100.00, and told
    when the ledger is lost
    then nothing is told of it: BILL tells who approved it and when, not for how much, and any edit or payment since
    looks alike. The new ledger knows what the bill is for now: once it is raised again, that is told."""
    owed.bill.configure(approval_after_change="nobody")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    approve(owed, entry)
    raised(owed, entry)
    assert run(owed) == {"held": 1}
    stale(owed, "approved for 100.00, now 140.00")
    with owed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", FLOW, mode="adopt")
        assert run(blank) == {"unchanged": 1}
        assert blank.exceptions(FLOW) == []
        raised(blank, entry, "150.00")
        assert run(blank) == {"held": 1}
        stale(blank, "approved for 140.00, now 150.00")
