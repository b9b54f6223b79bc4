"""Days between JD Edwards and Coupa: each flow's today is its own source's, and what has no day at all is read by the
first sync."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from coupa_originals import invoice
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY
from scenario_days import ANGELES, LONDON, TOKYO, Apart, set_apart
from scenario_site import Site, outcome, outcomes

from connector_assets.cli.tables import first_sync
from connector_assets.pairs.registry import flow_class
from connector_resources.errors import UnusableInput

BORN = "approved_invoices"

APART = {
    "JD Edwards is in tomorrow": Apart(
        datetime(2026, 3, 2, 16, tzinfo=UTC), TOKYO, LONDON, (date(2026, 3, 3), date(2026, 3, 2))
    ),
    "JD Edwards is in the next month": Apart(
        datetime(2026, 3, 31, 20, tzinfo=UTC), TOKYO, LONDON, (date(2026, 4, 1), date(2026, 3, 31))
    ),
    "Coupa is in tomorrow": Apart(
        datetime(2026, 3, 3, 5, tzinfo=UTC), ANGELES, LONDON, (date(2026, 3, 2), date(2026, 3, 3))
    ),
    "Coupa is in the next month": Apart(
        datetime(2026, 3, 31, 16, tzinfo=UTC), LONDON, TOKYO, (date(2026, 3, 31), date(2026, 4, 1))
    ),
}


@pytest.fixture(params=APART)
def apart(request: pytest.FixtureRequest, testbed: Site) -> Apart:
    """The two systems are in places where it is not the same day; invoices of Coupa become vouchers."""
    chosen = APART[request.param]
    set_apart(testbed, chosen)
    testbed.flows[BORN] = {"mode": "direct"}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    return chosen


def entered(testbed: Site) -> tuple[str, str, int]:
    """A clerk of each system enters something now: a supplier, a voucher of its own, an invoice."""
    supplier = testbed.books.supplier(4399, "Quarry & Sons")
    return supplier, testbed.books.voucher(4711, supplier=4399).document, invoice(testbed, "WEB-1", "80.00")


@pytest.mark.parametrize("how", ["sync", "tick"])
def test_what_was_entered_a_minute_ago_is_read_wherever_its_system_is(testbed: Site, apart: Apart, how: str) -> None:
    """Given JD Edwards and Coupa in places where it is not the same day
    when a supplier, a voucher and an invoice are entered now and all flows are synced, by the command or a tick
    then each is delivered by that sync, though the other system is not in that day yet, or no longer."""
    supplier, voucher, number = entered(testbed)
    flows = (*testbed.ALL, BORN)
    days = testbed.days(*flows) if how == "sync" else testbed.tick(*flows).days
    assert days == (YESTERDAY, max(apart.dates))
    reports = testbed.sync(*flows, first=days[0], last=days[1])
    assert outcome(reports["suppliers"], supplier) == "created"
    assert outcome(reports["invoices"], voucher) == "created"
    assert outcome(reports[BORN], f"invoices:{number}") == "created"
    again = testbed.sync(*flows, first=days[0], last=days[1])
    assert {name: each.writes for name, each in again.items()} == dict.fromkeys(flows, 0)


@pytest.mark.parametrize("flow", ["suppliers", "approvals"])
def test_a_flow_alone_ends_with_its_own_sources_today(testbed: Site, apart: Apart, flow: str) -> None:
    """Given two systems of different dates, when a flow that reads one of them is synced alone, its last day is its own
    source's today; a later one is refused, and the sentence names the system that it has not begun in."""
    testbed.flows["approvals"] = {}
    own = apart.dates[0] if flow == "suppliers" else apart.dates[1]
    days = testbed.days(flow)
    assert days is not None and days[1] == own
    role = "jde" if flow == "suppliers" else "coupa"
    with pytest.raises(UnusableInput, match=f"it is still {own} in {role}"):
        testbed.days(flow, last=own + timedelta(days=1))


def test_a_backfill_of_the_later_today_reads_the_system_that_is_in_it(testbed: Site, apart: Apart) -> None:
    """Given two systems of different dates, when the later of their days alone is filled in
    then what was entered in the system that is in it is delivered, and the other's waits for its own day's sync."""
    supplier, voucher, number = entered(testbed)
    flows = (*testbed.ALL, BORN)
    days = testbed.days(*flows, first=max(apart.dates), last=max(apart.dates))
    assert days == (max(apart.dates), max(apart.dates))
    reports = testbed.sync(*flows, first=days[0], last=days[1])
    read = [key for name in ("suppliers", "invoices", BORN) for key in reports[name].results]
    jde_first = apart.dates[0] > apart.dates[1]
    assert set(read) == ({supplier, voucher} if jde_first else {f"invoices:{number}"})
    with pytest.raises(UnusableInput, match="it is still"):
        testbed.days(*flows, last=max(apart.dates) + timedelta(days=1))


# -- no usable day ----------------------------------------------------------------------------------------------------

TOMORROW = TODAY + timedelta(days=1)


def test_a_first_sync_reads_what_has_no_usable_date_and_says_how_much_it_is(testbed: Site) -> None:
    """Given a voucher without a date of change, one whose date is still to come, one of now and one of long ago
    when the invoices are synced for the first time
    then the first three are sent, and the report says how many had no usable date, their money, and how many older ones
    were left."""
    none = testbed.books.voucher(1, undated=True, costs=(("30.5010", "70.00"),))
    late = testbed.books.voucher(2, changed=date(2062, 7, 1), costs=(("30.5010", "80.00"),))
    now = testbed.books.voucher(3)
    testbed.books.voucher(4, changed=YESTERDAY - timedelta(days=90))
    report = testbed.sync("invoices", first_ever=True)["invoices"]
    assert {each.document: outcome(report, each.document) for each in (none, late, now)} == dict.fromkeys(
        (none.document, late.document, now.document), "created"
    )
    reported = report.as_json()
    assert reported["first_sync"] == {"without_a_date": 2, "amounts": {"GBP": "150.00"}, "before_start_date": 1}
    assert first_sync(reported) == (
        "first sync: 2 without a usable date of change were read too (150.00 GBP); "
        "1 of before start_date were not read: connector sweep shows their amounts"
    )
    assert report.amounts()["GBP"]["settled"] == Decimal("250.00")


def test_a_later_change_of_a_date_that_is_still_to_come_is_found_by_the_sweep(testbed: Site) -> None:
    """Given a voucher whose date of change is years ahead, and which was sent
    when its amount is corrected and the date stays what it is
    then no day's sync can see it, and the next sweep corrects the invoice."""
    entry = testbed.books.voucher(2, changed=date(2062, 7, 1))
    assert outcomes(testbed.sync("invoices", first_ever=True)["invoices"]) == {"created": 1}
    testbed.books.voucher(2, changed=date(2062, 7, 1), costs=(("30.5010", "110.00"),))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {}
    found = testbed.sweep("invoices")
    assert found.missed == [entry.document]
    assert Decimal(testbed.spend.invoice("INV-2")["gross-total"]) == Decimal("110.00")


def test_once_the_flow_has_a_watermark_the_sweep_alone_looks_for_them(testbed: Site) -> None:
    """Given invoices that were synced before, when they are synced again, not all keys are read."""
    testbed.books.voucher(1, undated=True)
    with testbed.context() as context:
        read = [each.entity for each in flow_class(testbed.NAME, "invoices")(context).sources if each.daily]
    now = testbed.clock.now()
    for entity in read:
        testbed.ledger.watermarks.advance("jde_coupa/invoices", entity, TODAY, probe=None, run="earlier", now=now)
    report = testbed.sync("invoices", first_ever=True)["invoices"]
    assert (outcomes(report), report.as_json().get("first_sync")) == ({}, None)
    assert testbed.sweep("invoices").missed == ["F0411:00001/PV/1"]
