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
def payables(town: Site) -> Site:
    """A site that writes Coupa Pay's external payables."""
    town.configure(FLOW, mode="external_payables")
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    return town


def run(town: Site, days: int = 0) -> dict[str, int]:
    """One run of the flow, so many days later over that day alone."""
    day = TODAY + timedelta(days=days)
    return outcomes(town.sync(FLOW, first=day, last=day)[FLOW])


@pytest.mark.as_delivered("jde.posting_moves_date")
def test_a_voucher_is_sent_once_it_is_posted(town: Site) -> None:
    """Given a voucher that a clerk entered and nobody has posted
    when the sync runs, then the batch is posted at night, which leaves the date of the rows as it is
    then it waits by a rule, without an exception; the next day's run asks for it by its key and sends it, once."""
    entry = town.books.voucher(posted=False)
    report = town.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report), report.writes) == ({"ignored": 1}, {"not_posted_yet": 1}, 0)
    assert town.exceptions(FLOW) == []
    town.sandbox.clock.advance(DAY)
    assert run(town, 1) == {"ignored": 1}
    town.books.post(entry)
    assert run(town, 1) == {"created": 1}
    assert D(town.spend.invoice("INV-4711")["total-with-taxes"]) == D("100.00")
    assert run(town, 1) == {}


@pytest.mark.reason("not_posted")
def test_a_voucher_that_nobody_posts_is_an_exception_that_names_its_batch(town: Site) -> None:
    """Given a voucher that is not posted for three days
    when the sync runs
    then it is an exception that names the batch; when the batch is posted it is sent without anybody's replay."""
    entry = town.books.voucher(4711, posted=False)
    assert run(town) == {"ignored": 1}
    town.sandbox.clock.advance(2 * DAY)
    assert run(town, 2) == {"held": 1}
    told = town.exception(FLOW)
    assert (told.reason, told.value) == ("not_posted", "V 4711")
    assert run(town, 2) == {"held": 1}
    town.books.post(entry)
    assert run(town, 2) == {"created": 1}
    assert town.exceptions(FLOW) == []


def test_a_site_may_have_vouchers_sent_before_they_are_posted(town: Site) -> None:
    """Given `posted: any`, when an unposted voucher is synced, then it is a draft at once."""
    town.configure(FLOW, posted="any")
    town.books.voucher(posted=False)
    assert run(town) == {"created": 1}


def test_a_site_may_wait_longer(town: Site) -> None:
    """Given ten days within which batches are posted, when five have passed, then nobody is told."""
    town.configure(FLOW, unposted_after_days=10)
    town.books.voucher(posted=False)
    town.sandbox.clock.advance(5 * DAY)
    assert outcomes(town.sync(FLOW, last=TODAY + timedelta(days=5))[FLOW]) == {"ignored": 1}


@pytest.mark.as_delivered("jde.changed_rows")
def test_an_increase_waits_for_posting_and_a_reduction_does_not(town: Site) -> None:
    """Given a draft of 100.00
    when its voucher is raised to 130.00, then posted, then reduced to 80.00
    then the draft stays as it is until the batch is posted; the reduction goes at once. Audit rows count nowhere."""
    entry = town.books.voucher()
    assert run(town) == {"created": 1}
    town.books.change(entry, "130.00")
    assert run(town) == {"unchanged": 1}
    assert town.spend.total() == D("100.00")
    assert town.exceptions(FLOW) == []
    town.books.post(entry)
    town.sandbox.clock.advance(DAY)
    assert run(town, 1) == {"updated": 1}
    assert town.spend.total() == D("130.00")
    town.books.change(entry, "80.00")
    assert run(town, 1) == {"updated": 1}
    assert town.spend.total() == D("80.00")


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_void_never_waits_for_posting(town: Site) -> None:
    """Given a draft whose voucher was raised and not posted again, and a voucher that was never posted
    when a clerk voids both
    then the draft is voided at once, and nothing is ever said of the other."""
    sent, new = town.books.voucher(1), town.books.voucher(2, posted=False)
    assert run(town) == {"created": 1, "ignored": 1}
    town.books.change(sent, "130.00")
    for entry in (sent, new):
        town.books.void(entry)
    report = town.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"updated": 1, "ignored": 1}, {"settled_before_go_live": 1})
    assert town.spend.invoice("INV-1")["status"] == "voided"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_never_waits_for_posting(town: Site) -> None:
    """Given an approved invoice whose voucher was raised and is not posted
    when JD Edwards pays a part of it
    then the payment is told at once, and the invoice stays at what is posted."""
    entry = town.books.voucher()
    assert run(town) == {"created": 1}
    town.spend.approve("INV-4711")
    town.books.change(entry, "130.00")
    town.books.pay(entry, "40.00")
    assert run(town) == {"updated": 1}
    invoice = town.spend.invoice("INV-4711")
    assert [D(each["amount-paid"]) for each in invoice["payments"]] == [D("40.00")]
    assert town.spend.total() == D("100.00")
    assert run(town) == {"unchanged": 1}


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


def test_invoices_that_are_born_in_coupa_wait_for_no_posting(town: Site) -> None:
    """Given a site whose invoices are born in Coupa
    when a voucher that is not posted is synced
    then it asks for its link at once, since nothing is made of it."""
    town.configure(FLOW, mode="payment_update_only")
    town.books.voucher(posted=False)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "invoice_not_linked"


def test_a_voucher_from_before_the_start_date_waits_as_well(town: Site) -> None:
    """Given an old voucher that was changed since the start date, and is not posted
    when it is asked for again by its key, and posted
    then it still waits, and is sent."""
    town.configure(FLOW, unposted_after_days=90)
    entry = town.books.voucher(posted=False)
    town.books.change_items(entry, DGJ="2026-02-20", DICJ="2026-02-20", DIVJ="2026-02-20")
    assert run(town) == {"ignored": 1}
    town.sandbox.clock.advance(DAY)
    report = town.sync(FLOW, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=1))[FLOW]
    assert tally(report) == {"not_posted_yet": 1}
    town.books.post(entry)
    assert run(town, 1) == {"created": 1}
