"""Days between JD Edwards and BILL: each flow's today is its own source's, wherever its system is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import bill_originals
import pytest
from bill_site import BillSite
from scenario_books import TODAY, YESTERDAY
from scenario_days import ANGELES, TOKYO, Apart, set_apart
from scenario_site import outcome, outcomes

FLOWS = ("chart_of_accounts", "vendors", "bills", bill_originals.FLOW)

APART = {
    "JD Edwards is in tomorrow": Apart(
        datetime(2026, 3, 3, 5, tzinfo=UTC), TOKYO, ANGELES, (date(2026, 3, 3), date(2026, 3, 2))
    ),
    "JD Edwards is in the next month": Apart(
        datetime(2026, 3, 31, 16, tzinfo=UTC), TOKYO, ANGELES, (date(2026, 4, 1), date(2026, 3, 31))
    ),
    "BILL is in tomorrow": Apart(
        datetime(2026, 3, 2, 23, tzinfo=UTC), ANGELES, TOKYO, (date(2026, 3, 2), date(2026, 3, 3))
    ),
}


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("how", ["sync", "tick"])
def test_what_was_entered_a_minute_ago_is_read_wherever_its_system_is(testbed: BillSite, name: str, how: str) -> None:
    """Given JD Edwards and BILL in places where it is not the same day
    when a supplier, a voucher of its own and a bill are entered now and all flows are synced, by the command or a tick
    then the vendor, the bill and the voucher of the other bill are made by that sync, and the next one writes nothing.
    """
    apart = APART[name]
    set_apart(testbed, apart)
    bill_originals.switched_on(testbed)
    testbed.flows["bills"] = {}
    supplier = testbed.books.supplier(4399, "Quarry & Sons")
    voucher = testbed.books.voucher(4711, supplier=4399)
    born = bill_originals.bill(testbed)
    days = testbed.days(*FLOWS) if how == "sync" else testbed.tick(*FLOWS).days
    assert days == (YESTERDAY, max(apart.dates))
    reports = testbed.sync(*FLOWS, first=days[0], last=days[1])
    assert outcome(reports["vendors"], supplier) == "created"
    assert {key: each.outcome for key, each in reports["bills"].results.items() if voucher.key in key} == {
        f"F0411:{voucher.key}/001": "created"
    }
    assert outcome(reports[bill_originals.FLOW], f"bills:{born}") == "created"
    again = testbed.sync(*FLOWS, first=days[0], last=days[1])
    assert {flow: each.writes for flow, each in again.items()} == dict.fromkeys(FLOWS, 0)


def test_a_first_sync_reads_the_pay_items_without_a_date_and_says_how_much_they_are(testbed: BillSite) -> None:
    """Given a voucher without a date of change, when the bills are synced for the first time,
    then it is a bill, and the report says that it had no date, with its money."""
    testbed.flows["bills"] = {}
    testbed.books.voucher(1, undated=True, costs=(("30.5010", "70.00"),))
    testbed.books.voucher(2)
    report = testbed.sync("bills", first=YESTERDAY, last=TODAY, first_ever=True)["bills"]
    assert outcomes(report) == {"created": 2}
    assert report.as_json()["first_sync"] == {"without_a_date": 1, "amounts": {"GBP": "70.00"}, "before_start_date": 0}
