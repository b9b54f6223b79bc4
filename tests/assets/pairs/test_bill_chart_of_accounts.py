"""The JDE chart of accounts in BILL: names, numbers, types, what is archived and restored, what is found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bill_lists import LocalTestbed, outcomes
from ledger_places import new_ledger

from connector_assets.pairs.jde_bill.chart_of_accounts import ChartSettings, TypeRange
from connector_resources.clock import ManualClock
from connector_resources.ledger import Ledger

FLOW = "chart_of_accounts"


@pytest.fixture
def testbed(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> LocalTestbed:
    return LocalTestbed(ledger, clock, tmp_path)


def reasons(testbed: LocalTestbed) -> dict[str, str]:
    return {each.key: each.reason for each in testbed.ledger.exceptions.open(flow=f"jde_bill/{FLOW}")}


def test_an_account_is_its_number_with_leading_zeros_and_its_description(testbed: LocalTestbed) -> None:
    testbed.account("10001", "00001", "1110", "01", name="Petty cash")
    assert outcomes(testbed.sync(FLOW)) == {"created": 1}
    [(verb, body)] = testbed.bill.accounts.sent
    assert (verb, body) == (
        "create",
        {
            "name": "00001.1110.01 Petty cash",
            "description": "Petty cash",
            "account": {"type": "UNSPECIFIED", "number": "00001.1110.01"},
        },
    )
    assert outcomes(testbed.sync(FLOW)) == {"unchanged": 1}
    assert len(testbed.bill.accounts.sent) == 1


def test_accounts_that_take_no_postings_are_not_sent_and_those_that_stop_to_are_archived(testbed: LocalTestbed) -> None:
    testbed.account("10001", "30", "5010")
    testbed.account("10002", "30", "5020", posting="N")
    report = testbed.sync(FLOW)
    assert outcomes(report) == {"created": 1, "ignored": 1}
    assert dict(report.rules()) == {"not_postable": 1}
    testbed.account("10001", "30", "5010", name="Renamed too", posting="I")
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1, "ignored": 1}
    # what is archived is of no use to anybody: its name stays
    assert [verb for verb, _ in testbed.bill.accounts.sent] == ["create", "archive"]
    assert outcomes(testbed.sync(FLOW)) == {"unchanged": 1, "ignored": 1}
    testbed.account("10001", "30", "5010", name="Renamed too")
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1, "ignored": 1}
    assert testbed.bill.accounts.one(archived=False)["name"] == "30.5010 Renamed too"
    assert [verb for verb, _ in testbed.bill.accounts.sent] == ["create", "archive", "restore", "update"]


def test_what_a_user_of_bill_archives_and_renames_is_put_right_at_the_next_run(testbed: LocalTestbed) -> None:
    testbed.account("10001", "30", "5010")
    testbed.sync(FLOW)
    [id] = testbed.bill.accounts.records
    testbed.bill.accounts.records[id] |= {"archived": True, "name": "Old stuff"}
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1}
    assert testbed.bill.accounts.records[id]["archived"] is False
    assert testbed.bill.accounts.records[id]["name"] == "30.5010 Works"
    assert outcomes(testbed.sync(FLOW)) == {"unchanged": 1}


def test_a_site_may_want_to_be_asked_about_what_users_of_bill_change(testbed: LocalTestbed) -> None:
    testbed.flows[FLOW] = {"on_conflict": "hold"}
    key = testbed.account("10001", "30", "5010")
    testbed.sync(FLOW)
    [id] = testbed.bill.accounts.records
    testbed.bill.accounts.records[id]["name"] = "Grounds"
    assert outcomes(testbed.sync(FLOW)) == {"conflict": 1}
    assert reasons(testbed) == {key: "changed_on_both_sides"}
    assert [verb for verb, _ in testbed.bill.accounts.sent] == ["create"]
    # put back in BILL, both agree again
    testbed.bill.accounts.records[id]["name"] = "30.5010 Works"
    assert outcomes(testbed.sync(FLOW)) == {"unchanged": 1}
    assert reasons(testbed) == {}


def test_types_are_by_object_and_left_to_bill_where_no_range_says(testbed: LocalTestbed) -> None:
    testbed.flows[FLOW] = {"account_types": [{"from": "5000", "to": "5999", "type": "EXPENSE"}], "default_type": "BANK"}
    testbed.account("10001", "30", "5010")
    testbed.account("10002", "30", "1110")
    testbed.sync(FLOW)
    accounts = testbed.bill.accounts
    types = {each["account"]["number"]: each["account"]["type"] for each in accounts.records.values()}
    assert types == {"30.5010": "EXPENSE", "30.1110": "BANK"}
    for record in accounts.records.values():
        record["account"] = {**record["account"], "type": "OTHER_ASSET"}
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1, "unchanged": 1}
    assert accounts.sent[-1] == ("update", {"account": {"type": "EXPENSE", "number": "30.5010"}})


@pytest.mark.parametrize(
    ("objekt", "within"), [("5000", True), ("599901", True), ("4999", False), ("6000", False), ("5A10", False)]
)
def test_a_range_covers_what_begins_with_its_bounds(objekt: str, within: bool) -> None:
    assert TypeRange.model_validate({"from": "5000", "to": "5999", "type": "EXPENSE"}).covers(objekt) is within


def test_accounts_that_would_share_a_name_have_their_number_added(testbed: LocalTestbed) -> None:
    testbed.flows[FLOW] = {"name": "{DL01}"}
    testbed.account("10001", "30", "5010", name="Works")
    testbed.account("10002", "40", "5010", name="WORKS")
    testbed.account("10003", "40", "5020", name="Repairs")
    testbed.account("10004", "40", "5030", name="Repairs", posting="N")
    assert outcomes(testbed.sync(FLOW)) == {"created": 3, "ignored": 1}
    names = {each["name"] for each in testbed.bill.accounts.records.values()}
    assert names == {"Works (30.5010)", "WORKS (40.5010)", "Repairs"}


def test_without_its_ledger_an_installation_finds_every_account_again(
    testbed: LocalTestbed, clock: ManualClock, tmp_path: Path
) -> None:
    for place in range(5):
        testbed.account(f"1000{place}", "30", f"501{place}")
    testbed.sync(FLOW)
    sent = len(testbed.bill.accounts.sent)
    with Ledger.open(new_ledger(tmp_path / "another.sqlite"), clock=clock) as blank:
        testbed.ledger = blank
        assert testbed.sync(FLOW).plan_reason == "target_not_empty"
        assert outcomes(testbed.sync(FLOW, mode="adopt")) == {"adopted": 5}
        assert outcomes(testbed.sync(FLOW)) == {"unchanged": 5}
    assert len(testbed.bill.accounts.sent) == sent


def test_history_may_be_left_as_it_is(testbed: LocalTestbed) -> None:
    testbed.account("10001", "30", "5010")
    testbed.bill.accounts.put(name="Something", account={"number": "9"})
    assert outcomes(testbed.sync(FLOW, mode="baseline")) == {"ignored": 1}
    testbed.account("10002", "30", "5020")
    assert outcomes(testbed.sync(FLOW)) == {"created": 1, "ignored": 1}


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_call_without_an_answer_is_looked_up_in_a_list_that_was_read_after_it(
    testbed: LocalTestbed, lost: str
) -> None:
    testbed.account("10001", "30", "5010")
    testbed.sync(FLOW)
    testbed.account("10002", "30", "5020")
    testbed.account("10003", "30", "5030")
    testbed.bill.accounts.lose = lost
    assert outcomes(testbed.sync(FLOW)) == {"created": 2, "unchanged": 1}
    numbers = [each["account"]["number"] for each in testbed.bill.accounts.records.values()]
    assert sorted(numbers) == ["30.5010", "30.5020", "30.5030"]


def test_an_account_that_someone_entered_meanwhile_is_linked_once_it_is_restored(testbed: LocalTestbed) -> None:
    testbed.account("10001", "30", "5010")
    testbed.sync(FLOW)
    id = testbed.bill.accounts.put(name="Lifts", account={"type": "EXPENSE", "number": "30.5099"})
    testbed.bill.accounts.archive(id)
    key = testbed.account("10002", "30", "5099", name="Lifts")
    assert testbed.sync(FLOW).results[key].outcome == "adopted"
    assert testbed.bill.accounts.records[id]["archived"] is False
    assert testbed.bill.accounts.records[id]["account"]["type"] == "EXPENSE"
    assert len(testbed.bill.accounts.records) == 2


def test_two_accounts_of_one_number_in_bill_wait_for_a_person(testbed: LocalTestbed) -> None:
    testbed.account("10001", "30", "5010")
    testbed.sync(FLOW)
    for name in ("Lifts", "Lifts, old"):
        testbed.bill.accounts.put(name=name, account={"number": "30.5099"})
    key = testbed.account("10002", "30", "5099")
    assert testbed.sync(FLOW).results[key].outcome == "held"
    assert reasons(testbed) == {key: "natural_key_taken"}


def test_a_site_that_only_validates_links_what_there_is_and_holds_the_rest(testbed: LocalTestbed) -> None:
    testbed.flows[FLOW] = {"mode": "validate_only"}
    first, second = testbed.account("10001", "30", "5010"), testbed.account("10002", "30", "5020")
    id = testbed.bill.accounts.put(name="Anything", account={"number": "30.5010"})
    assert outcomes(testbed.sync(FLOW)) == {"adopted": 1, "held": 1}
    assert reasons(testbed) == {second: "account_missing_in_target"}
    testbed.bill.accounts.records[id]["archived"] = True
    assert outcomes(testbed.sync(FLOW)) == {"held": 2}
    assert reasons(testbed) == {first: "archived_in_target", second: "account_missing_in_target"}
    testbed.bill.accounts.records[id]["archived"] = False
    assert testbed.sync(FLOW).results[first].outcome == "unchanged"
    assert testbed.bill.accounts.sent == []


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"name": "{number} {COLOUR}"}, "COLOUR is not one of"),
        ({"name": "{number"}, "expected '}'"),
        ({"unique_name": "{name}"}, "must have number in it"),
        ({"account_types": [{"from": "1", "to": "2", "type": "GOLD"}]}, "account_types"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ChartSettings.model_validate(settings)
