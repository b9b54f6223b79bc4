"""The start date between JD Edwards and BILL, and what JD Edwards has paid when it is first seen: since BILL pays,
that is never payable there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, compared, item, key, owing, pay_in_bill, run
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY
from scenario_site import outcome, outcomes, tally

D = Decimal
BEFORE = YESTERDAY - timedelta(days=30)


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The flow was opened by a first run an hour ago."""
    owing(testbed)
    testbed.books.voucher(4700)
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(3600)
    return testbed


# -- of before --------------------------------------------------------------------------------------------------------


def test_the_sweep_leaves_alone_what_is_of_before_and_counts_it(testbed: BillSite) -> None:
    """Given two vouchers of before the start date, one of two pay items, and one that no day tells of
    when the sweep compares all keys, the last one is a bill; each pay item of the others is counted with what is open
    of it; so it is by the next sweep, and both systems agree from before the start date but for the rule."""
    owing(testbed)
    testbed.books.voucher(1, changed=BEFORE)
    testbed.books.voucher(2, items=("60.00", "40.00"), changed=BEFORE)
    new = testbed.books.voucher(3, undated=True)
    for _ in range(2):
        found = testbed.sweep(FLOW)
        assert tally(found.report) == {"before_start_date": 3}
        assert found.report.amounts()["GBP"]["ignored"] == D("200.00")
    assert D(bill_of(testbed, new)["amount"]) == D("100.00")
    assert testbed.bill.state()["bills"]["count"] == 1


def test_a_voucher_of_before_is_let_in_with_all_its_pay_items(testbed: BillSite) -> None:
    """Given a voucher of two pay items of before, when a person lets it in by its key, it is one bill of both."""
    owing(testbed)
    entry = testbed.books.voucher(items=("60.00", "40.00"), changed=BEFORE)
    testbed.sweep(FLOW)
    assert tally(testbed.let_in(FLOW, entry.document)) == {"in_another_bill": 1}
    assert D(bill_of(testbed, entry)["amount"]) == D("100.00")
    assert outcomes(testbed.sweep(FLOW).report) == {"ignored": 1, "unchanged": 1}
    assert compared(testbed).unexplained == []


def test_payments_of_before_are_not_posted(testbed: BillSite) -> None:
    """Given a bill that BILL paid before the start date, and a ledger that never saw the payment
    when the sweep looks at the payments it is left alone; when a person lets it in, it is posted."""
    owing(testbed, "payments")
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = testbed.books.voucher()
    testbed.sync(FLOW)
    pay_in_bill(testbed, bill_of(testbed, entry))
    testbed.start = TODAY + timedelta(days=1)
    found = testbed.sweep("payments")
    assert (tally(found.report), found.report.writes) == ({"before_start_date": 1}, 0)
    assert found.report.amounts()["GBP"]["ignored"] == D("100.00")
    assert outcomes(testbed.let_in("payments", *found.before)) == {"created": 1}


def test_a_payment_of_before_takes_nothing_from_one_of_now(testbed: BillSite) -> None:
    """Given a bill of 100.00 of which BILL paid 30.00 before the start date, as a clerk entered in JDE, and 70.00
    since
    when the sweep looks at both payments, the second one is posted, for what the first one was is not open any more."""
    owing(testbed, "payments")
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = testbed.books.voucher()
    testbed.sync(FLOW)
    pay_in_bill(testbed, bill_of(testbed, entry), "30.00")
    testbed.books.pay(entry, "30.00")
    testbed.sandbox.clock.advance(86_400)
    pay_in_bill(testbed, bill_of(testbed, entry), "70.00")
    testbed.start = TODAY + timedelta(days=1)
    found = testbed.sweep("payments")
    assert outcomes(found.report) == {"created": 1, "ignored": 1}
    assert testbed.exceptions("payments") == []


# -- paid when it is first seen ---------------------------------------------------------------------------------------


def test_what_jde_has_paid_when_it_is_first_seen_is_no_bill(owed: BillSite) -> None:
    """Given a voucher that JDE paid before it was first seen
    when bills are synced it is ignored by a rule of its own, with its money, again and again
    when JDE voids the payment the voucher is open again: the next sync makes the bill."""
    entry = owed.books.voucher(1)
    owed.books.pay(entry)
    for _ in range(2):
        report = owed.sync(FLOW)[FLOW]
        assert (outcome(report, key(entry)), tally(report)) == ("ignored", {"paid_in_jde": 1})
        assert report.amounts()["GBP"]["ignored"] == D("100.00")
    assert owed.bill.state()["bills"]["count"] == 1
    owed.books.void_payment()
    assert outcome(owed.sync(FLOW)[FLOW], key(entry)) == "created"
    assert D(bill_of(owed, entry)["dueAmount"]) == D("100.00")
    assert compared(owed).unexplained == []


def test_reconciling_explains_what_jde_has_paid(owed: BillSite) -> None:
    """Given a voucher that JDE paid before it was first seen, when both systems are compared, what is open agrees, and
    the voucher lacks in BILL by the rule."""
    entry = owed.books.voucher(1)
    owed.books.pay(entry)
    owed.sync(FLOW)
    found = compared(owed)
    assert [(each.key, each.explained_by) for each in found.differences] == [(key(entry), "rule:paid_in_jde")]
    assert found.source.amounts == found.target.amounts == {"GBP": D("100.00")}


def test_of_a_pay_item_that_jde_paid_in_part_the_rest_is_a_bill(owed: BillSite) -> None:
    """Given a pay item of 100.00 of which JDE paid 40.00 before it was first seen
    when bills are synced, BILL has a bill of 60.00, and nothing of the 40.00 is recorded or payable there."""
    entry = owed.books.voucher(1)
    owed.books.pay(entry, "40.00")
    assert outcome(owed.sync(FLOW)[FLOW], key(entry)) == "created"
    bill = bill_of(owed, entry)
    assert (D(bill["amount"]), D(bill["dueAmount"])) == (D("60.00"), D("60.00"))
    assert owed.bill.all("payments") == []
    assert owed.sync(FLOW)[FLOW].writes == 0
    assert compared(owed).unexplained == []


def test_each_pay_item_is_counted_by_itself(owed: BillSite) -> None:
    """Given a voucher of two pay items, the first of which JDE paid before it was first seen
    when bills are synced the first is counted as paid in JDE with its 70.00, and the second is a bill of 30.00
    when JDE voids the payment, the first is a bill of its own."""
    entry = owed.books.voucher(1, items=("70.00", "30.00"))
    owed.books.pay(entry, "70.00")
    report = owed.sync(FLOW)[FLOW]
    assert (tally(report), outcome(report, key(entry, "002"))) == ({"paid_in_jde": 1}, "created")
    assert report.results[key(entry)].amount == D("70.00")
    assert D(bill_of(owed, entry, "002")["dueAmount"]) == D("30.00")
    owed.books.void_payment()
    assert outcome(owed.sync(FLOW)[FLOW], key(entry)) == "created"
    assert D(bill_of(owed, entry)["dueAmount"]) == D("70.00")
    assert D(bill_of(owed, entry, "002")["dueAmount"]) == D("30.00")


def test_what_was_history_when_the_flow_was_opened_stays_so(testbed: BillSite) -> None:
    """Given vouchers that JDE paid on the day on which the flow is opened
    when they are synced again, the one of before the opening is history, the one of after it was paid in JDE."""
    owing(testbed)
    first, second = testbed.books.voucher(1), testbed.books.voucher(2)
    testbed.books.pay(first, number=1)
    assert tally(testbed.sync(FLOW)[FLOW]) == {"settled_before_go_live": 1}
    third = testbed.books.voucher(3)
    testbed.books.pay(third, number=3)
    report = testbed.sync(FLOW)[FLOW]
    assert {each: report.results[key(each)].rule for each in (first, second, third)} == {
        first: "settled_before_go_live",
        second: None,
        third: "paid_in_jde",
    }


def test_with_a_go_live_date_what_was_paid_since_is_looked_for(testbed: BillSite) -> None:
    """Given a site that went live today, whose BILL lacks the bill of a voucher that JDE paid today
    when bills are synced, BILL is asked for it, and the voucher is counted as paid in JDE."""
    owing(testbed, go_live=TODAY.isoformat())
    entry = testbed.books.voucher()
    testbed.books.pay(entry)
    report = testbed.sync(FLOW)[FLOW]
    assert tally(report) == {"paid_in_jde": 1}
    assert report.amounts()["GBP"]["ignored"] == D("100.00")


def test_a_voucher_that_waited_and_was_paid_in_jde_is_no_bill(owed: BillSite) -> None:
    """Given a voucher on hold that JDE releases and pays at once, when bills are synced, it was paid in JDE."""
    entry = owed.books.voucher(1, status="H")
    assert tally(owed.sync(FLOW)[FLOW]) == {"not_approved": 1}
    item(owed, entry, PST="A")
    owed.books.pay(entry)
    assert tally(owed.sync(FLOW)[FLOW]) == {"paid_in_jde": 1}


def test_a_credit_that_jde_settled_when_it_is_first_seen_is_no_credit(testbed: BillSite) -> None:
    """Given a debit memo that JDE settled before it was first seen, when credits are synced, it is counted so."""
    owing(testbed, CREDITS)
    testbed.books.voucher(1, kind="PD", costs=(("30.5010", "-50.00"),))
    assert run(testbed, CREDITS) == {"created": 1}
    testbed.sandbox.clock.advance(3600)
    entry = testbed.books.voucher(2, kind="PD", costs=(("30.5010", "-30.00"),))
    testbed.books.pay(entry)
    report = testbed.sync(CREDITS)[CREDITS]
    assert report.results[key(entry)].rule == "paid_in_jde"
    assert report.amounts()["GBP"]["ignored"] == D("30.00")
