"""The chart of accounts of JD Edwards in Coupa."""

from __future__ import annotations

import pytest
from scenario_books import CHART
from scenario_payables import Payables
from scenario_site import Site, outcome, outcomes, planned, tally

from connector_resources.errors import UnusableInput

GROUNDS = f"F0901:{CHART['30.5010']['AID']}"


@pytest.mark.quick("jde_coupa/accounts")
def test_a_static_chart_gets_one_account_for_each_that_accepts_postings(site: Site) -> None:
    """Given six accounts that accept A/P postings and five that do not
    when the accounts are synced into a static chart
    then Coupa holds the six, with unit, object and subsidiary as segments, and the others are ignored by rule."""
    report = site.sync("accounts")["accounts"]
    held = {each["code"]: each for each in site.spend.all("accounts")}
    assert outcomes(report) == {"created": 6, "ignored": 5}
    assert tally(report) == {"not_postable": 5}
    assert (held["30-5020-01"]["segment-3"], held["30-5010"]["segment-3"]) == ("01", None)
    assert held["30-5010"]["name"] == "Grounds upkeep"
    assert held["30-5010"]["account-type"]["name"] == "JDE"


def test_a_renamed_account_is_renamed(testbed: Site) -> None:
    """Given an account in Coupa, when its description changes in JD Edwards, then Coupa's changes, and only that."""
    testbed.books.account("30.5010", "Grounds and trees")
    report = testbed.sync("accounts")["accounts"]
    assert (outcome(report, GROUNDS), report.writes) == ("updated", 1)
    assert testbed.spend.one("accounts", code="30-5010")["name"] == "Grounds and trees"


def test_an_account_without_a_description_is_no_obstacle(testbed: Site) -> None:
    """Given an account in Coupa, when its description is taken away in JD Edwards, then the sync goes through."""
    testbed.books.account("30.5010", "")
    assert outcome(testbed.sync("accounts")["accounts"], GROUNDS) == "updated"
    assert testbed.sync("accounts")["accounts"].writes == 0


def test_an_account_that_is_closed_to_postings_becomes_inactive(testbed: Site) -> None:
    """Given an account in Coupa
    when its posting edit code becomes I in JD Edwards it becomes inactive, and active again when it is opened."""
    testbed.books.account("30.5010", "Grounds upkeep", posting="I")
    assert outcome(testbed.sync("accounts")["accounts"], GROUNDS) == "updated"
    assert testbed.spend.one("accounts", code="30-5010")["active"] is False
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.sync("accounts")
    assert testbed.spend.one("accounts", code="30-5010")["active"] is True


def test_an_account_that_a_user_made_in_coupa_is_linked(testbed: Site) -> None:
    """Given an account that a user made in Coupa
    when JD Edwards gets the account of the same segments, then it is linked, not created again."""
    segments = {"segment-1": "40", "segment-2": "5099", "name": "Lifts"}
    number = testbed.spend.create("accounts", {"account-type": {"name": "JDE"}, **segments})
    key = testbed.books.account("40.5099", "Lifts")
    assert outcome(testbed.sync("accounts")["accounts"], key) == "adopted"
    assert testbed.spend.one("accounts", code="40-5099")["id"] == number


@pytest.mark.reason("account_missing_in_target")
def test_validate_only_links_what_coupa_holds_and_holds_what_it_lacks(site: Site) -> None:
    """Given a site whose chart is kept in Coupa by others, with one of JD Edwards' accounts in it
    when the accounts are only validated
    then that one is linked, the others are held with what to do, nothing is created,
    and one that is added in Coupa is linked after a replay."""
    site.configure("accounts", mode="validate_only")
    site.spend.create("accounts", {"account-type": {"name": "JDE"}, "segment-1": "30", "segment-2": "5010"})
    report = site.sync("accounts")["accounts"]
    assert outcomes(report) == {"adopted": 1, "held": 5, "ignored": 5}
    assert (report.writes, outcome(report, GROUNDS)) == (0, "adopted")
    assert {each.reason for each in site.exceptions("accounts")} == {"account_missing_in_target"}
    site.spend.create("accounts", {"account-type": {"name": "JDE"}, "segment-1": "30", "segment-2": "5020"})
    site.replay("accounts")
    assert outcomes(site.sync("accounts")["accounts"]) == {"adopted": 1, "held": 4, "ignored": 5, "unchanged": 1}


def test_a_dynamic_chart_gets_the_values_of_its_segments(site: Site) -> None:
    """Given a chart in Coupa whose accounts come into being on first use
    when the accounts are synced to it
    then its lookups hold the units with their names, the objects and the subsidiaries, and no account is loaded."""
    site.configure("accounts", chart="JDE dynamic")
    report = site.sync("accounts")["accounts"]
    values = {(each["lookup"]["name"], each["external-ref-num"]): each for each in site.spend.all("lookup_values")}
    assert values["Cost centre", "30"]["name"] == "Parks"
    assert ("Object", "5020") in values and ("Subsidiary", "01") in values
    assert site.spend.state()["accounts"]["count"] == 0
    # a value that stands in no account that accepts postings is of no use: 5190, 4433, and the balance-sheet units
    assert ("Object", "5190") not in values and ("Cost centre", "00001") not in values
    assert site.sync("accounts")["accounts"].writes == 0
    assert outcomes(report)["created"] == len(values)


def test_values_of_one_description_are_told_apart_by_their_numbers(site: Site) -> None:
    """Given two business units of one description, in different case, where Coupa takes a name once in a lookup
    when the accounts are synced, then both have their number in their names, whichever came first, and the others
    have none; a third one of that description is told apart, too."""
    site.configure("accounts", chart="JDE dynamic")
    for unit, name in (("61", "Depot"), ("62", "DEPOT")):
        site.books.upsert("F0006", {"MCU": unit, "DL01": name, "CO": "00001"})
        site.books.account(f"{unit}.5010", "Repairs")
    site.sync("accounts")
    assert site.exceptions("accounts") == []
    names = {each["external-ref-num"]: each["name"] for each in site.spend.all("lookup_values")}
    assert (names["61"], names["62"], names["30"]) == ("Depot (61)", "DEPOT (62)", "Parks")
    site.books.upsert("F0006", {"MCU": "63", "DL01": "Depot", "CO": "00001"})
    site.books.account("63.5010", "Repairs")
    assert outcomes(site.sync("accounts")["accounts"])["created"] == 1
    assert site.spend.one("lookup_values", **{"external-ref-num": "63"})["name"] == "Depot (63)"
    assert site.sync("accounts")["accounts"].writes == 0


def test_dependent_values_stand_under_the_value_that_they_depend_on(site: Site) -> None:
    """Given a chart whose third segment depends on the second one, and two objects that both have a subsidiary 01
    when the accounts are synced, then each object has a value 01 of its own below it; a voucher goes to the account
    of its own object, and comes to rest."""
    segments = [
        {"name": "Unit", "lookup": "Cost centre", "required": True},
        {"name": "Object", "lookup": "Object", "required": True},
        {"name": "Subsidiary", "lookup": "Object", "required": False, "depends-on": 2},
    ]
    chart = {"name": "JDE levels", "currency": {"code": "GBP"}, "dynamic-flag": True, "active": True}
    site.spend.create("account_types", {**chart, "segments": segments})
    lookups = {"MCU": "Cost centre", "OBJ": "Object", "SUB": "Object"}
    site.configure("accounts", chart="JDE levels", lookups=lookups, depends_on={"SUB": "OBJ"})
    site.books.account("30.5010.01", "Grounds, mowing")
    # what is below comes after what is above, in one sync
    report = site.sync("suppliers", "accounts")["accounts"]
    assert outcomes(report) == {"created": 8, "ignored": 4}
    assert site.exceptions("accounts") == []
    values = {each["id"]: each for each in site.spend.all("lookup_values", **{"lookup[name]": "Object"})}
    below = {
        (values[each["parent"]["id"]]["external-ref-num"], each["external-ref-num"])
        for each in values.values()
        if each["parent"]
    }
    assert {("5010", "01"), ("5020", "01")} <= below
    assert site.sync("accounts")["accounts"].writes == 0
    site.books.voucher(costs=(("30.5020.01", "5.00"),))
    assert outcomes(site.sync("invoices")["invoices"]) == {"created": 1}
    [line] = site.spend.invoice("INV-4711")["invoice-lines"]
    assert line["account"]["code"] == "30-5020-01"


def test_an_invoice_on_another_chart_is_not_booked_by_its_code(testbed: Site) -> None:
    """Given an invoice on the account of another chart that has the code of one of ours
    when it is synced, then it is held: one code may stand in two charts for two things."""
    payables = Payables(testbed)
    chart = {"name": "Northmoor US", "currency": {"code": "USD"}, "dynamic-flag": False, "active": True}
    testbed.spend.create("account_types", chart)
    own = {"account-type": {"name": "Northmoor US"}}
    account = testbed.spend.create("accounts", {**own, "segment-1": "30", "segment-2": "5010", "active": True})
    lines = [payables.line(1, "30-5010", "100.00") | {"account": {"id": account}}]
    payables.invoice(invoice_lines=lines, account_type={"name": "Northmoor US"})
    assert outcomes(testbed.sync("approved_invoices")["approved_invoices"]) == {"held": 1}
    assert testbed.exception("approved_invoices").reason == "account_not_found"


def test_a_unit_that_is_renamed_is_renamed_in_its_lookup(site: Site) -> None:
    """Given the values of a dynamic chart, when a business unit is renamed in JD Edwards, then its value is too."""
    site.configure("accounts", chart="JDE dynamic")
    site.sync("accounts")
    site.books.upsert("F0006", {"MCU": "30", "DL01": "Parks and trees"})
    report = site.sync("accounts")["accounts"]
    assert (outcome(report, "F0006:30"), report.writes) == ("updated", 1)
    assert site.spend.one("lookup_values", **{"external-ref-num": "30"})["name"] == "Parks and trees"


def test_with_several_charts_one_has_to_be_named(site: Site) -> None:
    """Given a Coupa with two charts and settings that name none
    when the accounts are synced, then one line names the setting and the charts, and nothing is written."""
    site.configure("accounts", chart=None)
    with pytest.raises(UnusableInput) as refused:
        site.sync("accounts")
    text = str(refused.value)
    assert "integrations.jde_coupa.flows.accounts.chart" in text and "JDE, JDE dynamic" in text
    assert "\n" not in text
    assert site.spend.state()["accounts"]["count"] == 0


def test_a_blank_segment_in_between_keeps_its_place(site: Site) -> None:
    """Given a site whose second segment is the subsidiary, which most accounts do not have
    when an account without one is planned, then its object is segment 3, not 2."""
    site.configure("accounts", segments=["MCU", "SUB", "OBJ"])
    plan = planned(site.sync("accounts", mode="plan")["accounts"])
    assert plan[GROUNDS].request["segment-3"] == "5010"
    assert "segment-2" not in plan[GROUNDS].request


def test_an_account_that_appears_later_is_found_by_the_sweep_too(testbed: Site) -> None:
    """Given a delivered chart, when an account is added and the nightly sweep runs, then Coupa has it."""
    key = testbed.books.account("40.5077", "Boilers")
    assert testbed.sweep("accounts").report.results[key].outcome == "created"


def test_an_account_that_is_linked_by_hand_serves_the_vouchers_that_waited_for_it(site: Site) -> None:
    """Given a site that only validates, and a voucher held for an account that Coupa calls otherwise
    when a person links the two accounts, then the voucher is released and its line is on that account."""
    site.configure("accounts", mode="validate_only")
    site.books.voucher()
    site.sync()
    assert site.exception("invoices").reason == "account_not_linked"
    body = {"account-type": {"name": "JDE"}, "segment-1": "PARKS", "segment-2": "GROUNDS"}
    site.link("accounts", GROUNDS, "accounts", site.spend.create("accounts", body))
    assert outcomes(site.sync("invoices")["invoices"]) == {"created": 1}
    assert site.spend.invoice("INV-4711")["invoice-lines"][0]["account"]["code"] == "PARKS-GROUNDS"
    assert site.sync("invoices")["invoices"].writes == 0
