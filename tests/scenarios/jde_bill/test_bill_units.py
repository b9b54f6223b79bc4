"""Business units of JD Edwards in BILL, as departments, locations or accounting classes."""

from __future__ import annotations

import pytest
from bill_site import BillSite
from scenario_site import outcome, outcomes, tally

from connector_assets.pairs.value_tables import check_known
from connector_resources.errors import UnusableInput

FLOW = "departments"
PARKS = "F0006:30"


@pytest.mark.quick("jde_bill/departments")
def test_each_business_unit_is_a_department(site: BillSite) -> None:
    """Given five business units, when departments are synced
    then BILL holds five that begin with the unit's number and have it as their short name."""
    report = site.sync(FLOW)[FLOW]
    held = {each["shortName"]: each["name"] for each in site.bill.all(FLOW)}
    assert outcomes(report) == {"created": 5}
    assert held["30"] == "30 Parks" and held["00001"] == "00001 Balance sheet"
    assert site.sync(FLOW)[FLOW].writes == 0


@pytest.mark.parametrize("kind", ["locations", "accounting_classes"])
def test_a_site_may_have_its_units_elsewhere(site: BillSite, kind: str) -> None:
    """Given a site whose business units are BILL's locations (or accounting classes)
    when they are synced, then they are there, and nowhere else."""
    site.configure(FLOW, **{"as": kind})
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 5}
    assert site.bill.one(kind, shortName="30")["name"] == "30 Parks"
    assert site.bill.all("departments") == []


def test_units_of_other_types_are_left_alone(site: BillSite) -> None:
    """Given a site that has expense units alone in BILL, when they are synced, the balance-sheet units are ignored."""
    site.configure(FLOW, unit_types=["JB"])
    site.books.upsert("F0006", *({"MCU": unit, "STYL": "JB"} for unit in ("30", "40")))
    report = site.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 2, "ignored": 3}
    assert tally(report) == {"unit_type": 3}


def test_a_unit_that_is_renamed_in_jde_or_in_bill_bears_jdes_name(testbed: BillSite) -> None:
    """Given a department, when JD Edwards renames the unit, it is renamed; when a user of BILL renames and archives
    it, the next sync takes that back."""
    testbed.books.upsert("F0006", {"MCU": "30", "DL01": "Parks and trees"})
    assert outcome(testbed.sync(FLOW)[FLOW], PARKS) == "updated"
    held = testbed.bill.one(FLOW, shortName="30")
    assert held["name"] == "30 Parks and trees"
    testbed.bill.act("edit_account", entity=FLOW, id=held["id"], set={"name": "Green", "shortName": "G"})
    testbed.bill.act("archive_account", entity=FLOW, id=held["id"])
    assert outcome(testbed.sync(FLOW)[FLOW], PARKS) == "updated"
    held = testbed.bill.one(FLOW, id=held["id"])
    assert (held["name"], held["shortName"], held["archived"]) == ("30 Parks and trees", "30", False)


def test_a_department_that_users_of_bill_made_is_linked_by_the_unit_that_it_begins_with(testbed: BillSite) -> None:
    """Given departments that users made for a unit to come, and for something else whose name begins alike
    when the unit comes, then the first is linked and named as the others, and the second stays as it is."""
    ours = testbed.bill.create(FLOW, {"name": "60 Roads department"})
    other = testbed.bill.create(FLOW, {"name": "600 Bridges"})
    testbed.books.upsert("F0006", {"MCU": "60", "DL01": "Roads", "CO": "00001"})
    assert outcome(testbed.sync(FLOW)[FLOW], "F0006:60") == "adopted"
    names = {each["id"]: each["name"] for each in testbed.bill.all(FLOW)}
    assert (names[ours], names[other]) == ("60 Roads", "600 Bridges")


def test_units_that_an_operator_keeps_in_a_department_of_his_own_get_none(site: BillSite) -> None:
    """Given an operator who maps the balance-sheet units to a department of their own
    when departments are synced, then those units get none."""
    site.bill.create(FLOW, {"name": "Finance"})
    for unit in ("00001", "00002"):
        site.map_value("departments", unit, "Finance")
    assert outcomes(site.sync(FLOW, mode="adopt")[FLOW]) == {"ignored": 5}
    report = site.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 3, "ignored": 2}
    assert tally(report) == {"mapped_by_hand": 2}


@pytest.mark.reason("department_missing_in_target")
def test_a_site_whose_departments_are_kept_in_bill_by_others(site: BillSite) -> None:
    """Given a site that only validates, and one department in BILL
    when departments are synced, then it is linked, and the other units are held with what to do."""
    site.configure(FLOW, mode="validate_only")
    site.bill.create(FLOW, {"name": "30 Parks and everything"})
    report = site.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"adopted": 1, "held": 4}, 0)
    assert {reason for own in site.reasons(FLOW).values() for reason in own} == {"department_missing_in_target"}


def test_a_mapping_to_what_bill_does_not_have_is_refused(testbed: BillSite) -> None:
    """Given a department in BILL
    when units are mapped, then its short name and its name are taken, and a misspelt one is refused with the unit; a
    vendor of that id must exist, or be `new`."""
    testbed.sync(FLOW)
    with testbed.context() as context:
        assert check_known(context, {("departments", "40"): "30", ("departments", "50"): "30 Parks"}) == []
        with pytest.raises(UnusableInput, match="departments: the target has no such value: 30 to 'Greeen'"):
            check_known(context, {("departments", "30"): "Greeen"})
        assert check_known(context, {("vendor_matches", "4343"): "new"}) == []
        with pytest.raises(UnusableInput, match="4343 to '00901ABCDEFGHIJKLMNO'"):
            check_known(context, {("vendor_matches", "4343"): "00901ABCDEFGHIJKLMNO"})
