"""When a voucher is not posted: it waits without a word for some days, and what takes money back never waits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from scenario_books import TODAY
from scenario_site import Site, outcomes, tally

D = Decimal
FLOW = "invoices"
DAY = 24 * 3600


@pytest.fixture
def payables(testbed: Site) -> Site:
    """A site that writes Coupa Pay's external payables."""
    testbed.configure(FLOW, mode="external_payables")
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    return testbed


def run(testbed: Site, days: int = 0) -> dict[str, int]:
    """One run of the flow, so many days later over that day alone."""
    day = TODAY + timedelta(days=days)
    return outcomes(testbed.sync(FLOW, first=day, last=day)[FLOW])


@pytest.mark.as_delivered("jde.posting_moves_date")
def test_a_voucher_is_sent_once_it_is_posted(testbed: Site) -> None:
    """Given a voucher that a clerk entered and nobody has posted
    when the sync runs, then the batch is posted at night, which leaves the date of the rows as it is
    then it waits by a rule, without an exception; the next day's run asks for it by its key and sends it, once."""
    entry = testbed.books.voucher(posted=False)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report), report.writes) == ({"ignored": 1}, {"not_posted_yet": 1}, 0)
    assert testbed.exceptions(FLOW) == []
    testbed.sandbox.clock.advance(DAY)
    assert run(testbed, 1) == {"ignored": 1}
    testbed.books.post(entry)
    assert run(testbed, 1) == {"created": 1}
    assert D(testbed.spend.invoice("INV-4711")["total-with-taxes"]) == D("100.00")
    assert run(testbed, 1) == {}


@pytest.mark.reason("not_posted")
def test_a_voucher_that_nobody_posts_is_an_exception_that_names_its_batch(testbed: Site) -> None:
    """Given a voucher that is not posted for three days
    when the sync runs
    then it is an exception that names the batch; when the batch is posted it is sent without anybody's replay."""
    entry = testbed.books.voucher(4711, posted=False)
    assert run(testbed) == {"ignored": 1}
    testbed.sandbox.clock.advance(2 * DAY)
    assert run(testbed, 2) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("not_posted", "V 4711")
    assert run(testbed, 2) == {"held": 1}
    testbed.books.post(entry)
    assert run(testbed, 2) == {"created": 1}
    assert testbed.exceptions(FLOW) == []


def test_a_site_may_have_vouchers_sent_before_they_are_posted(testbed: Site) -> None:
    """Given `posted: any`, when an unposted voucher is synced, then it is a draft at once."""
    testbed.configure(FLOW, posted="any")
    testbed.books.voucher(posted=False)
    assert run(testbed) == {"created": 1}


def test_a_site_may_wait_longer(testbed: Site) -> None:
    """Given ten days within which batches are posted, when five have passed, then nobody is told."""
    testbed.configure(FLOW, unposted_after_days=10)
    testbed.books.voucher(posted=False)
    testbed.sandbox.clock.advance(5 * DAY)
    assert outcomes(testbed.sync(FLOW, last=TODAY + timedelta(days=5))[FLOW]) == {"ignored": 1}


@pytest.mark.as_delivered("jde.changed_rows")
def test_an_increase_waits_for_posting_and_a_reduction_does_not(testbed: Site) -> None:
    """Given a draft of 100.00
    when its voucher is raised to 130.00, then posted, then reduced to 80.00
    then the draft stays as it is until the batch is posted; the reduction goes at once. Audit rows count nowhere."""
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    testbed.books.change(entry, "130.00")
    assert run(testbed) == {"unchanged": 1}
    assert testbed.spend.total() == D("100.00")
    assert testbed.exceptions(FLOW) == []
    testbed.books.post(entry)
    testbed.sandbox.clock.advance(DAY)
    assert run(testbed, 1) == {"updated": 1}
    assert testbed.spend.total() == D("130.00")
    testbed.books.change(entry, "80.00")
    assert run(testbed, 1) == {"updated": 1}
    assert testbed.spend.total() == D("80.00")


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_void_never_waits_for_posting(testbed: Site) -> None:
    """Given a draft whose voucher was raised and not posted again, and a voucher that was never posted
    when a clerk voids both
    then the draft is voided at once, and nothing is ever said of the other."""
    sent, new = testbed.books.voucher(1), testbed.books.voucher(2, posted=False)
    assert run(testbed) == {"created": 1, "ignored": 1}
    testbed.books.change(sent, "130.00")
    for entry in (sent, new):
        testbed.books.void(entry)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"updated": 1, "ignored": 1}, {"settled_before_go_live": 1})
    assert testbed.spend.invoice("INV-1")["status"] == "voided"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_never_waits_for_posting(testbed: Site) -> None:
    """Given an approved invoice whose voucher was raised and is not posted
    when JD Edwards pays a part of it
    then the payment is told at once, and the invoice stays at what is posted."""
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    testbed.spend.approve("INV-4711")
    testbed.books.change(entry, "130.00")
    testbed.books.pay(entry, "40.00")
    assert run(testbed) == {"updated": 1}
    invoice = testbed.spend.invoice("INV-4711")
    assert [D(each["amount-paid"]) for each in invoice["payments"]] == [D("40.00")]
    assert testbed.spend.total() == D("100.00")
    assert run(testbed) == {"unchanged": 1}


@pytest.mark.as_delivered("jde.changed_rows")
def test_an_external_payable_waits_for_posting_with_what_would_raise_it(payables: Site) -> None:
    """Given a voucher that is not posted, for Coupa Pay to pay
    when it is posted, later raised without being posted, and paid in part
    then it becomes a payable once it is posted, the payment is told at once, and the increase after its posting."""
    entry = payables.books.voucher(posted=False)
    assert run(payables) == {"ignored": 1}
    payables.books.post(entry)
    assert run(payables) == {"created": 1}
    payables.books.change(entry, "130.00")
    assert run(payables) == {"unchanged": 1}
    payables.books.pay(entry, "40.00")
    assert run(payables) == {"updated": 1}
    held = payables.spend.one("payables/external/payables")
    assert (D(held["payable-amount"]), D(held["paid-amount"])) == (D("100.00"), D("40.00"))
    payables.books.post(entry)
    assert run(payables) == {"updated": 1}
    held = payables.spend.one("payables/external/payables")
    assert (D(held["payable-amount"]), D(held["paid-amount"])) == (D("130.00"), D("40.00"))


def test_invoices_that_are_born_in_coupa_wait_for_no_posting(testbed: Site) -> None:
    """Given a site whose invoices are born in Coupa
    when a voucher that is not posted is synced
    then it asks for its link at once, since nothing is made of it."""
    testbed.configure(FLOW, mode="payment_update_only")
    testbed.books.voucher(posted=False)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "invoice_not_linked"


def test_a_voucher_from_before_the_start_date_waits_as_well(testbed: Site) -> None:
    """Given an old voucher that was changed since the start date, and is not posted
    when it is asked for again by its key, and posted
    then it still waits, and is sent."""
    testbed.configure(FLOW, unposted_after_days=90)
    entry = testbed.books.voucher(posted=False)
    testbed.books.change_items(entry, DGJ="2026-02-20", DICJ="2026-02-20", DIVJ="2026-02-20")
    assert run(testbed) == {"ignored": 1}
    testbed.sandbox.clock.advance(DAY)
    report = testbed.sync(FLOW, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=1))[FLOW]
    assert tally(report) == {"not_posted_yet": 1}
    testbed.books.post(entry)
    assert run(testbed, 1) == {"created": 1}
