"""The chart of accounts of JD Edwards in BILL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from bill_site import BillSite
from scenario_books import CHART
from scenario_site import outcome, outcomes, planned, tally

from connector_assets.engine.reconciling import compare

FLOW = "chart_of_accounts"
GROUNDS = f"F0901:{CHART['30.5010']['AID']}"


def fail(site: BillSite, *rules: Mapping[str, Any]) -> None:
    """Script these faults, in place of those before."""
    site.sandbox.post("/faults", {"replace": True, "rules": [{"system": "bill", **rule} for rule in rules]})


@pytest.mark.quick("jde_bill/chart_of_accounts")
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
    assert held["30.5010"]["account"]["type"] == "UNSPECIFIED"
    # the first goes alone, so that a wrong setting shows on one; the others go together
    assert report.writes == 2
    assert outcomes(site.sync(FLOW)[FLOW]) == {"unchanged": 6, "ignored": 5}


def test_a_number_that_begins_with_zeros_keeps_them(testbed: BillSite) -> None:
    """Given an account of unit 00001 that is opened for postings, when it is synced, then its zeros are in BILL too."""
    key = testbed.books.account("00001.4110", "Trade creditors")
    assert outcome(testbed.sync(FLOW)[FLOW], key) == "created"
    assert testbed.bill.account("00001.4110")["name"] == "00001.4110 Trade creditors"


def test_a_renamed_account_is_renamed_and_nothing_else_is_touched(testbed: BillSite) -> None:
    """Given an account in BILL, when its description changes in JD Edwards, then BILL's changes, by one call."""
    testbed.books.account("30.5010", 'Grounds, "trees" & hedges: all')
    report = testbed.sync(FLOW)[FLOW]
    assert (outcome(report, GROUNDS), report.writes) == ("updated", 1)
    assert testbed.bill.account("30.5010")["name"] == '30.5010 Grounds, "trees" & hedges: all'
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_an_account_that_is_closed_to_postings_is_archived_and_restored_when_it_is_opened(testbed: BillSite) -> None:
    """Given an account in BILL
    when its posting edit code becomes I in JD Edwards it is archived, and it is restored when it is opened again."""
    testbed.books.account("30.5010", "Grounds upkeep", posting="I")
    assert outcome(testbed.sync(FLOW)[FLOW], GROUNDS) == "updated"
    assert testbed.bill.account("30.5010")["archived"] is True
    testbed.books.account("30.5010", "Grounds upkeep")
    assert outcome(testbed.sync(FLOW)[FLOW], GROUNDS) == "updated"
    assert testbed.bill.account("30.5010")["archived"] is False


def test_an_account_that_a_user_of_bill_archives_is_restored_by_the_next_sync(testbed: BillSite) -> None:
    """Given an account in BILL that JD Edwards posts to
    when a user archives and renames it, so that no bill could have it any more
    then the next sync restores it and gives it its name back, though nothing changed in JD Edwards."""
    id = testbed.bill.account("30.5010")["id"]
    testbed.bill.act("edit_account", id=id, set={"name": "Old grounds"})
    testbed.bill.act("archive_account", id=id)
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"updated": 1, "unchanged": 5, "ignored": 5}
    held = testbed.bill.account("30.5010")
    assert (held["id"], held["archived"], held["name"]) == (id, False, "30.5010 Grounds upkeep")
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.reason("changed_on_both_sides")
def test_a_site_that_wants_to_be_asked_is_asked_and_nothing_is_written(testbed: BillSite) -> None:
    """Given settings that leave changes in BILL to a person
    when a user of BILL archives an account, then it is in conflict and stays archived;
    when the site then lets JD Edwards win and replays, it is restored."""
    testbed.configure(FLOW, on_conflict="hold")
    id = testbed.bill.account("30.5010")["id"]
    testbed.bill.act("archive_account", id=id)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcome(report, GROUNDS), report.writes) == ("conflict", 0)
    assert testbed.exception(FLOW).reason == "changed_on_both_sides"
    testbed.configure(FLOW, on_conflict="source")
    testbed.replay(FLOW)
    assert outcome(testbed.sync(FLOW)[FLOW], GROUNDS) == "updated"
    assert testbed.bill.get(FLOW, id)["archived"] is False
    assert not testbed.exceptions(FLOW)


def test_an_account_that_a_user_made_in_bill_is_linked(testbed: BillSite) -> None:
    """Given an account that a user made in BILL, archived meanwhile, under a name of their own
    when JD Edwards gets the account of the same number
    then it is linked, restored and named as the others, and its type stays the user's."""
    body = {"name": "Lifts", "account": {"type": "OTHER_EXPENSE", "number": "40.5099"}}
    id = testbed.bill.create(FLOW, body)
    testbed.bill.act("archive_account", id=id)
    key = testbed.books.account("40.5099", "Lifts and escalators")
    assert outcome(testbed.sync(FLOW)[FLOW], key) == "adopted"
    held = testbed.bill.account("40.5099")
    assert (held["id"], held["archived"], held["name"]) == (id, False, "40.5099 Lifts and escalators")
    assert held["account"]["type"] == "OTHER_EXPENSE"


@pytest.mark.reason("refused_by_target")
def test_a_name_that_bill_has_already_is_refused_in_bills_words_and_goes_through_once_it_is_free(
    testbed: BillSite,
) -> None:
    """Given an account without a number in BILL that bears the very name of one to come when that one is synced, then
    it waits with what BILL says; when the user has renamed theirs, a replay creates it."""
    id = testbed.bill.create(FLOW, {"name": "40.5099 Lifts"})
    key = testbed.books.account("40.5099", "Lifts")
    assert outcome(testbed.sync(FLOW)[FLOW], key) == "refused"
    found = testbed.exception(FLOW)
    assert (found.reason, found.key) == ("refused_by_target", key)
    testbed.bill.act("edit_account", id=id, set={"name": "Lifts of old"})
    testbed.replay(FLOW)
    assert outcome(testbed.sync(FLOW)[FLOW], key) == "created"


def test_types_are_by_object_where_the_site_says_so(site: BillSite) -> None:
    """Given settings that call objects 5000 to 5019 expenses, when the chart is synced, then those are, and no other;
    what a user of BILL then makes of the others is left to them."""
    site.configure(FLOW, account_types=[{"from": "5000", "to": "5019", "type": "EXPENSE"}])
    site.sync(FLOW)
    types = {each["account"]["number"]: each["account"]["type"] for each in site.bill.all(FLOW)}
    assert (types["30.5010"], types["30.5020"]) == ("EXPENSE", "UNSPECIFIED")
    id = site.bill.account("30.5020")["id"]
    site.bill.act("edit_account", id=id, set={"account": {"type": "FIXED_ASSET", "number": "30.5020"}})
    assert site.sync(FLOW)[FLOW].writes == 0
    assert site.bill.account("30.5020")["account"]["type"] == "FIXED_ASSET"


def test_accounts_of_one_description_are_told_apart_by_their_numbers(site: BillSite) -> None:
    """Given a site that names accounts by their description alone, and two of one description
    when the chart is synced, then both are in BILL, their numbers in their names."""
    site.configure(FLOW, name="{DL01}")
    site.books.account("40.5077", "Grounds upkeep")
    site.sync(FLOW)
    assert site.bill.account("40.5077")["name"] == "Grounds upkeep (40.5077)"
    assert site.bill.account("30.5010")["name"] == "Grounds upkeep (30.5010)"
    assert site.bill.account("30.5020")["name"] == "Playgrounds"


@pytest.mark.reason("account_missing_in_target")
@pytest.mark.reason("archived_in_target")
def test_a_site_whose_chart_is_kept_in_bill_by_others(site: BillSite) -> None:
    """Given a site that only validates, with one of JD Edwards' accounts in BILL and another one archived there
    when the chart is synced, then the first is linked, the second and those that BILL lacks are held, each with what to
    do, and nothing is written; a user restores the one and enters another, and both are linked."""
    site.configure(FLOW, mode="validate_only")
    site.bill.create(FLOW, {"name": "Grounds", "account": {"number": "30.5010"}})
    gone = site.bill.create(FLOW, {"name": "Playgrounds", "account": {"number": "30.5020"}})
    site.bill.act("archive_account", id=gone)
    report = site.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"adopted": 1, "held": 5, "ignored": 5}, 0)
    reasons = [reason for own in site.reasons(FLOW).values() for reason in own]
    assert (reasons.count("account_missing_in_target"), reasons.count("archived_in_target")) == (4, 1)
    site.bill.act("restore_account", id=gone)
    site.bill.create(FLOW, {"name": "Housing", "account": {"number": "40.5010"}})
    report = site.sync(FLOW)[FLOW]
    assert (len(site.exceptions(FLOW)), report.writes) == (3, 0)


def test_a_new_installation_on_an_organisation_that_holds_accounts_plans_first_and_adopts(
    testbed: BillSite,
) -> None:
    """Given an installation that lost its ledger, and the accounts that it made, in BILL
    when the chart is synced, it only plans; when it adopts, all are found by their numbers and linked;
    and the sync after it writes nothing."""
    before = {each["id"] for each in testbed.bill.all(FLOW)}
    with testbed.forgetting() as blank:
        report = blank.sync(FLOW)[FLOW]
        assert (report.plan, report.plan_reason, report.writes) == (True, "target_not_empty", 0)
        assert planned(report)[GROUNDS].action == "adopt"
        assert outcomes(blank.sync(FLOW, mode="adopt")[FLOW]) == {"adopted": 6, "ignored": 5}
        assert blank.sync(FLOW)[FLOW].writes == 0
    assert {each["id"] for each in testbed.bill.all(FLOW)} == before


def test_requests_and_answers_that_get_lost_leave_each_account_once(site: BillSite) -> None:
    """Given a line that loses a request for many accounts, and the answer to the next one
    when the chart is synced, then BILL holds each account once, and a further sync writes nothing."""
    for place in range(20):
        site.books.account(f"40.{6000 + place}", f"Works {place}")
    create = {"route": "POST /connect/v3/classifications/chart-of-accounts*"}
    fail(
        site,
        {**create, "kind": "drop_before", "calls": [2]},
        {**create, "kind": "drop_after", "calls": [3]},
    )
    report = site.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 26, "ignored": 5}
    assert [each["kind"] for each in site.sandbox.get("/faults")["fired"]] == ["drop_before", "drop_after"]
    fail(site)
    numbers = [each["account"]["number"] for each in site.bill.all(FLOW)]
    assert (len(numbers), len(set(numbers))) == (26, 26)
    assert site.sync(FLOW)[FLOW].writes == 0


def test_reconcile_reads_both_systems_anew_and_tells_what_a_user_of_bill_changed(testbed: BillSite) -> None:
    """Given accounts in agreement, when a user of BILL archives one, then the comparison says so, and of nothing
    else; an account that only BILL knows is counted as foreign."""
    with testbed.context() as context:
        assert compare(testbed._flow(context, FLOW)).unexplained == []
    testbed.bill.create(FLOW, {"name": "Petty cash of BILL's own"})
    testbed.bill.act("archive_account", id=testbed.bill.account("30.5010")["id"])
    with testbed.context() as context:
        found = compare(testbed._flow(context, FLOW))
    reported = [(each.key, each.field, each.source, each.target) for each in found.unexplained]
    assert reported == [(GROUNDS, "active", "yes", "no")]
    assert found.foreign == 1
