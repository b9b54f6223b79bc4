"""The chart of accounts of JD Edwards in BILL."""

from __future__ import annotations

from bill_site import BillSite
from scenario_books import CHART
from scenario_site import outcomes, tally

FLOW = "chart_of_accounts"
GROUNDS = f"F0901:{CHART['30.5010']['AID']}"


def test_bill_gets_one_account_for_each_that_accepts_postings(site: BillSite) -> None:
    """Given six accounts that accept A/P postings and five that do not
    when the chart of accounts is synced
    then BILL holds the six, numbered as JD Edwards writes them, and the others are ignored by rule."""
    report = site.sync(FLOW)[FLOW]
    held = {each["account"]["number"]: each for each in site.bill.all(FLOW)}
    assert outcomes(report) == {"created": 6, "ignored": 5}
    assert tally(report) == {"not_postable": 5}
    assert held["30.5020.01"]["name"] == "30.5020.01 Playgrounds, north"
    assert held["30.5010"]["description"] == "Grounds upkeep"
    assert outcomes(site.sync(FLOW)[FLOW]) == {"unchanged": 6, "ignored": 5}
