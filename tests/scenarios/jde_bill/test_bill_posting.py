"""When a voucher is not posted: it waits without a word for some days, and what takes money back never waits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, owing, run, unexplained
from bill_site import BillSite
from scenario_books import TODAY
from scenario_site import outcomes, tally

D = Decimal
DAY = 24 * 3600


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(testbed, CREDITS)


def later(testbed: BillSite, days: int) -> None:
    """So many days pass; what is read by day then begins there, so that a voucher of today comes by its key alone."""
    testbed.sandbox.clock.advance(days * DAY)


def run_on(testbed: BillSite, days: int, flow: str = FLOW) -> dict[str, int]:
    """One run that many days later, over that day alone."""
    day = TODAY + timedelta(days=days)
    return outcomes(testbed.sync(flow, first=day, last=day)[flow])


def amounts(testbed: BillSite) -> list[tuple[Decimal, bool]]:
    """Amount of each bill, and whether it is archived."""
    return [(D(each["amount"]), each["archived"]) for each in testbed.bill.all(FLOW)]


def test_a_voucher_is_sent_once_it_is_posted(owed: BillSite) -> None:
    """Given a voucher that a clerk entered and nobody has posted
    when the sync runs, then the batch is posted at night, which leaves the date of the rows as it is
    then it waits by a rule, without an exception; the next day's run asks for it by its key and sends it, once."""
    entry = owed.books.voucher(posted=False)
    report = owed.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report), report.writes) == ({"ignored": 1}, {"not_posted_yet": 1}, 0)
    assert owed.exceptions(FLOW) == []
    later(owed, 1)
    assert run_on(owed, 1) == {"ignored": 1}
    owed.books.post(entry)
    assert run_on(owed, 1) == {"created": 1}
    assert D(bill_of(owed, entry)["amount"]) == D("100.00")
    assert run_on(owed, 1) == {"unchanged": 1}
    assert unexplained(owed) == []


def test_a_batch_whose_posting_moves_the_date_brings_its_vouchers_by_day(owed: BillSite) -> None:
    """Given a site whose posting sets the date of the rows
    when a voucher is posted
    then it is sent all the same."""
    owed.sandbox.post("/options", {"jde": {"posting_moves_date": True}})
    entry = owed.books.voucher(posted=False)
    assert run(owed) == {"ignored": 1}
    owed.books.post(entry)
    assert run(owed) == {"created": 1}


@pytest.mark.reason("not_posted")
def test_a_voucher_that_nobody_posts_is_an_exception_that_names_its_batch(owed: BillSite) -> None:
    """Given a voucher that is not posted for three days
    when the sync runs
    then it is an exception that names the batch, once; when the batch is posted it is sent without anybody's replay."""
    entry = owed.books.voucher(4711, posted=False)
    assert run(owed) == {"ignored": 1}
    later(owed, 1)
    assert run_on(owed, 1) == {"ignored": 1}
    later(owed, 1)
    assert run_on(owed, 2) == {"held": 1}
    reported = owed.exception(FLOW)
    assert (reported.reason, reported.value) == ("not_posted", "V 4711")
    assert "batch V 4711" in reported.message
    assert run_on(owed, 2) == {"held": 1}
    owed.books.post(entry)
    assert run_on(owed, 2) == {"created": 1}
    assert owed.exceptions(FLOW) == []


def test_an_unposted_voucher_is_not_checked_before_it_is_posted(owed: BillSite) -> None:
    """Given a voucher whose distribution is still being entered
    when the sync runs before it is posted
    then nothing is said of the distribution; it is once the voucher is posted as it is."""
    entry = owed.books.voucher(posted=False)
    owed.books.delete_line(entry, 1)
    assert run(owed) == {"ignored": 1}
    assert owed.exceptions(FLOW) == []
    owed.books.post(entry)
    assert run(owed) == {"held": 1}
    assert owed.exception(FLOW).reason == "distribution_missing"


def test_a_site_may_have_vouchers_sent_before_they_are_posted(owed: BillSite) -> None:
    """Given `posted: any`
    when an unposted voucher is synced
    then it is a bill at once."""
    owed.configure(FLOW, posted="any")
    owed.books.voucher(posted=False)
    assert run(owed) == {"created": 1}


def test_a_site_may_have_other_values_that_mean_posted(owed: BillSite) -> None:
    """Given a site whose ledger says P of what is posted
    when a voucher has P, and another one D, which that site does not list
    then the first is sent and the other waits."""
    owed.configure(FLOW, posted_values=["P"])
    first, _ = owed.books.voucher(1), owed.books.voucher(2)
    owed.books.change_items(first, POST="P")
    assert run(owed) == {"created": 1, "ignored": 1}


@pytest.mark.as_delivered("jde.changed_rows")
def test_an_increase_waits_for_posting_and_a_reduction_does_not(owed: BillSite) -> None:
    """Given a bill of 100.00
    when its voucher is raised to 130.00, which opens the batch again, then posted, then reduced to 80.00
    then the bill stays at 100.00 until it is posted; the reduction goes at once; the audit rows are counted nowhere."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.change(entry, "130.00")
    assert run(owed) == {"unchanged": 1}
    assert amounts(owed) == [(D("100.00"), False)]
    assert owed.exceptions(FLOW) == []
    owed.books.post(entry)
    later(owed, 1)
    assert run_on(owed, 1) == {"updated": 1}
    assert amounts(owed) == [(D("130.00"), False)]
    assert unexplained(owed) == []
    owed.books.change(entry, "80.00")
    assert run_on(owed, 1) == {"updated": 1}
    assert amounts(owed) == [(D("80.00"), False)]
    assert unexplained(owed) == []


@pytest.mark.reason("not_posted")
@pytest.mark.as_delivered("jde.changed_rows")
def test_an_increase_that_nobody_posts_is_an_exception(owed: BillSite) -> None:
    """Given a bill whose voucher was raised, and whose batch was never posted again
    when three days have passed
    then it is an exception; posted, the bill follows by itself."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.change(entry, "130.00")
    assert run(owed) == {"unchanged": 1}
    later(owed, 3)
    assert run_on(owed, 3) == {"held": 1}
    assert owed.exception(FLOW).reason == "not_posted"
    owed.books.post(entry)
    assert run_on(owed, 3) == {"updated": 1}
    assert amounts(owed) == [(D("130.00"), False)]


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_void_never_waits_for_posting(owed: BillSite) -> None:
    """Given a bill whose voucher was raised and not posted again, and a voucher that was never posted
    when a clerk voids both
    then the bill is archived at once, and nothing is ever said of the other."""
    sent, new = owed.books.voucher(1), owed.books.voucher(2, posted=False)
    assert run(owed) == {"created": 1, "ignored": 1}
    owed.books.change(sent, "130.00")
    for entry in (sent, new):
        owed.books.void(entry)
    report = owed.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"updated": 1, "ignored": 1}, {"settled_before_go_live": 1})
    assert amounts(owed) == [(D("100.00"), True)]


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_hold_never_waits_for_posting_and_its_release_does(owed: BillSite) -> None:
    """Given a bill whose voucher was raised and is not posted
    when the pay item is put on hold, and released
    then the bill is archived at once, and restored with the new amount once the batch is posted."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.change(entry, "130.00")
    owed.books.act("set_pay_status", entry, PST="H")
    assert run(owed) == {"updated": 1}
    assert amounts(owed) == [(D("100.00"), True)]
    owed.books.act("set_pay_status", entry, PST="A")
    assert run(owed) == {"unchanged": 1}
    assert amounts(owed) == [(D("100.00"), True)]
    owed.books.post(entry)
    assert run(owed) == {"updated": 1}
    assert amounts(owed) == [(D("130.00"), False)]


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_never_waits_for_posting(owed: BillSite) -> None:
    """Given a bill of two pay items, one of which was raised and is not posted
    when JD Edwards pays the other one
    then the payment is recorded on the bill at once; the increase is refused once it is posted, as of any bill of which
    something is paid."""
    entry = owed.books.voucher(costs=(("30.5010", "100.00"),), items=("60.00", "40.00"))
    assert run(owed) == {"created": 1, "ignored": 1}
    owed.books.change(entry, "70.00")
    owed.books.act("pay_voucher", entry, date=TODAY, number=5001, SFX="002")
    assert run(owed)["updated"] == 1
    bill = bill_of(owed, entry)
    assert (D(bill["amount"]), D(bill["paidAmount"])) == (D("100.00"), D("40.00"))
    assert owed.exceptions(FLOW) == []
    owed.books.post(entry)
    assert run(owed)["held"] == 1
    assert owed.exception(FLOW).reason == "bill_in_payment"


def test_a_credit_waits_for_posting_as_well(owed: BillSite) -> None:
    """Given a debit memo that is not posted
    when it is synced, posted, and synced again
    then it becomes a vendor credit then."""
    entry = owed.books.voucher(kind="PD", costs=(("30.5010", "-40.00"),), posted=False)
    assert run(owed, CREDITS) == {"ignored": 1}
    owed.books.post(entry)
    assert run(owed, CREDITS) == {"created": 1}
    assert D(credit_of(owed, entry)["amount"]) == D("40.00")


def test_the_sweep_leaves_an_unposted_voucher_waiting(owed: BillSite) -> None:
    """Given an unposted voucher that has no date of change
    when the sweep finds it, and it is posted
    then it waits, and the next run sends it."""
    entry = owed.books.voucher(posted=False, undated=True)
    owed.sweep(FLOW)
    assert owed.exceptions(FLOW) == [] and amounts(owed) == []
    owed.books.post(entry)
    assert run(owed) == {"created": 1}


def test_a_waiting_voucher_that_is_deleted_is_let_go(owed: BillSite) -> None:
    """Given an unposted voucher that waits
    when a clerk deletes it
    then it is asked for by its key without harm, and the sweep lets it go."""
    entry = owed.books.voucher(posted=False)
    assert run(owed) == {"ignored": 1}
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company}
    owed.books.delete("F0411", key | {"SFX": "001", "SFXE": 0})
    owed.books.delete_line(entry, 1)
    assert run(owed) == {}
    owed.sweep(FLOW)
    assert owed.exceptions(FLOW) == []


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_lost_ledger_finds_the_bill_of_a_voucher_that_was_opened_again(owed: BillSite) -> None:
    """Given a bill whose voucher was raised and is not posted, and a ledger that is lost
    when the new installation syncs
    then the bill is found again, there is no second one, and the increase follows once it is posted."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.change(entry, "130.00")
    with owed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", mode="adopt")
        blank.sync(FLOW, mode="adopt")
        run(blank)
        assert amounts(owed) == [(D("100.00"), False)]
        blank.books.post(entry)
        assert run(blank) == {"updated": 1}
        assert amounts(owed) == [(D("130.00"), False)]
