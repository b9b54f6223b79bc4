"""`changes: log`: changed vouchers are found by JD Edwards' outbound log (jde-ais section 16), and what it does not
tell by the batches and by the sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_site import Site, outcomes
from test_scans import counted, scans

from connector_resources.errors import UnusableInput

FLOW = "invoices"


@pytest.fixture
def logged(testbed: Site) -> Site:
    """A site that logs vouchers and journals."""
    testbed.sandbox.post("/options", {"jde": {"outbound_log": ["JDEVOUCH", "JDEJE"]}})
    testbed.connect("jde", changes="log", orchestrations=ORCHESTRATIONS)
    return testbed


@pytest.mark.as_delivered("jde.changed_rows")
def test_polls_bring_what_the_log_names(logged: Site) -> None:
    """Given a site with the outbound log, when a voucher is entered, and then changed, then polls bring both."""
    entry = logged.books.voucher()
    assert outcomes(logged.sync(FLOW)[FLOW]) == {"created": 1}
    logged.books.change(entry, "90.00")
    assert outcomes(logged.sync(FLOW)[FLOW]) == {"updated": 1}


def test_the_log_tells_what_left_no_date(logged: Site) -> None:
    """Given a speed status change that does not move the audit date, when a poll runs days later
    then the log tells it: the voucher is read again at the day of the log."""
    entry = logged.books.voucher()
    logged.sync(FLOW)
    logged.configure(FLOW, send_pay_statuses=["A", "P"])
    logged.sandbox.post("/options", {"jde": {"speed_status_moves_date": False}})
    logged.sandbox.clock.advance(3 * 86_400)
    named = {"KCO": entry.company, "DCT": entry.kind, "DOC": entry.doc, "SFX": "001"}
    logged.books.act("speed_status_change", vouchers=[named], set={"PST": "H"})
    late = TODAY + timedelta(days=3)
    logged.sync(FLOW, first=late - timedelta(days=1), last=late)
    assert logged.exception(FLOW).reason == "not_approved_for_payment"


def test_a_probe_sees_the_log_move(logged: Site) -> None:
    """Given a synced site, when nothing moves a probe finds nothing new in its log; when a clerk changes a pay item by
    the speed status change, it does, without a question to F0411."""
    entry = logged.books.voucher()
    reader_says = []
    for act in (None, None, "speed_status_change"):
        if act:
            logged.sandbox.clock.advance(60)
            named = {"KCO": entry.company, "DCT": entry.kind, "DOC": entry.doc, "SFX": "001"}
            logged.books.act(act, vouchers=[named], set={"PST": "H"})
        counted(logged)
        with logged.context() as context:
            reader_says.append(context.reader("jde").stamp("F0411"))
        assert scans(logged)["F0411"]["rows"] == 0
    assert reader_says[0] == reader_says[1] != reader_says[2]


def test_days_that_the_log_may_have_lost_are_read_by_date(logged: Site) -> None:
    """Given a purged log, when days of longer ago than it keeps are read, then they are read by their audit date."""
    logged.connect("jde", changes="log", log_days=1)
    logged.books.voucher(changed=TODAY - timedelta(days=3))
    logged.books.act("purge_outbound")
    logged.start = TODAY - timedelta(days=5)
    found = logged.sync(FLOW, first=TODAY - timedelta(days=4), last=TODAY)[FLOW]
    assert outcomes(found) == {"created": 1}


def test_a_deleted_voucher_is_found_by_the_sweep(logged: Site) -> None:
    """Given a voucher in Coupa that was not posted, when it is deleted, of which the log says nothing
    then the sweep tells a person."""
    logged.configure(FLOW, posted="any")
    entry = logged.books.voucher(posted=False)
    logged.sync(FLOW)
    logged.books.act("delete_voucher", entry)
    assert outcomes(logged.sync(FLOW)[FLOW]) in ({}, {"unchanged": 1})
    assert logged.sweep(FLOW).deleted == [entry.document]


def test_a_site_without_the_log_is_told_so(testbed: Site) -> None:
    """Given `changes: log` where the user may not read the log, when a poll runs, then it says what to do."""
    testbed.connect("jde", changes="log")
    testbed.sandbox.post("/options", {"jde": {"hidden_tables": ["F0411Z3"], "hidden_answer": "403"}})
    testbed.books.voucher()
    with pytest.raises(UnusableInput, match="changes: log needs the outbound log F0411Z3"):
        testbed.sync(FLOW)


def test_a_site_that_does_not_grant_the_batches_is_read_all_the_same(testbed: Site) -> None:
    """Given a user who may not read F0011, when a voucher changes, then polls bring it by its own date."""
    testbed.sandbox.post("/options", {"jde": {"hidden_tables": ["F0011"], "hidden_answer": "403"}})
    testbed.books.voucher()
    assert testbed.tick(FLOW).days is not None
    with testbed.context() as context:
        [granted] = [each for each in context.client("jde").ping() if each.name == "permissions"]
    assert not granted.ok and "F0011" in granted.detail
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
