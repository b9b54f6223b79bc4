"""JDE business units in BILL: as departments, locations or classes, and those that an operator maps himself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bill_lists import NAME, LocalTestbed, outcomes

from connector_assets.pairs.jde_bill.departments import DepartmentSettings
from connector_resources.clock import ManualClock
from connector_resources.ledger import Ledger

FLOW = "departments"


@pytest.fixture
def testbed(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> LocalTestbed:
    return LocalTestbed(ledger, clock, tmp_path)


def test_a_unit_is_a_department_that_begins_with_its_number(testbed: LocalTestbed) -> None:
    testbed.unit("30", "Parks")
    assert outcomes(testbed.sync(FLOW)) == {"created": 1}
    assert testbed.bill.departments.sent == [("create", {"name": "30 Parks", "shortName": "30"})]
    testbed.unit("30", "Parks and trees")
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1}
    assert testbed.bill.departments.sent[-1] == ("update", {"name": "30 Parks and trees"})
    assert outcomes(testbed.sync(FLOW)) == {"unchanged": 1}


@pytest.mark.parametrize("kind", ["locations", "accounting_classes"])
def test_units_may_be_something_else_in_bill(testbed: LocalTestbed, kind: str) -> None:
    testbed.flows[FLOW] = {"as": kind}
    testbed.unit("30", "Parks")
    assert outcomes(testbed.sync(FLOW)) == {"created": 1}
    assert getattr(testbed.bill, kind).one(name="30 Parks")["shortName"] == "30"
    assert testbed.bill.departments.records == {}
    [link] = testbed.ledger.links.all(flow=f"{NAME}/{FLOW}")
    assert link.target_entity == kind


def test_units_of_other_types_are_left_alone_and_archived_where_they_are_linked(testbed: LocalTestbed) -> None:
    testbed.flows[FLOW] = {"unit_types": ["BU"]}
    testbed.unit("30", "Parks", kind="BU")
    testbed.unit("1", "Balance sheet", kind="BS")
    report = testbed.sync(FLOW)
    assert outcomes(report) == {"created": 1, "ignored": 1}
    assert dict(report.rules()) == {"unit_type": 1}
    testbed.unit("30", "Parks", kind="BS")
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1, "ignored": 1}
    assert testbed.bill.departments.one(name="30 Parks")["archived"] is True


def test_a_department_that_somebody_made_is_known_by_its_name_or_its_short_name(testbed: LocalTestbed) -> None:
    testbed.unit("1", "First")
    testbed.sync(FLOW)
    by_name = testbed.bill.departments.put(name="30 Parks department")
    by_short_name = testbed.bill.departments.put(name="Housing", shortName="40")
    foreign_record = testbed.bill.departments.put(name="300 Roads")
    testbed.unit("30", "Parks")
    testbed.unit("40", "Housing")
    report = testbed.sync(FLOW)
    assert outcomes(report) == {"adopted": 2, "unchanged": 1}
    held = testbed.bill.departments.records
    assert (held[by_name]["name"], held[by_name]["shortName"]) == ("30 Parks", "30")
    assert held[by_short_name]["name"] == "40 Housing"
    assert held[foreign_record]["name"] == "300 Roads"


def test_a_unit_that_an_operator_maps_gets_no_department(testbed: LocalTestbed) -> None:
    testbed.ledger.mappings.set(NAME, "departments", "40", "30 Parks", "clerk", testbed.clock.now())
    testbed.unit("30", "Parks")
    testbed.unit("40", "Housing")
    report = testbed.sync(FLOW)
    assert outcomes(report) == {"created": 1, "ignored": 1}
    assert dict(report.rules()) == {"mapped_by_hand": 1}


def test_a_unit_whose_name_and_short_name_a_user_took_away_gets_them_back(testbed: LocalTestbed) -> None:
    testbed.unit("30", "Parks")
    testbed.sync(FLOW)
    [id] = testbed.bill.departments.records
    testbed.bill.departments.records[id] |= {"name": "Green", "shortName": ""}
    assert outcomes(testbed.sync(FLOW)) == {"updated": 1}
    assert testbed.bill.departments.records[id]["name"] == "30 Parks"
    assert testbed.bill.departments.records[id]["shortName"] == "30"
    assert len(testbed.bill.departments.records) == 1


def test_a_site_that_only_validates_holds_the_units_that_bill_lacks(testbed: LocalTestbed) -> None:
    testbed.flows[FLOW] = {"mode": "validate_only"}
    testbed.unit("30", "Parks")
    key = testbed.unit("40", "Housing")
    testbed.bill.departments.put(name="30 Green")
    assert outcomes(testbed.sync(FLOW)) == {"adopted": 1, "held": 1}
    [found] = testbed.ledger.exceptions.open(flow=f"{NAME}/{FLOW}")
    assert (found.key, found.reason, found.value) == (key, "department_missing_in_target", "40")
    assert testbed.bill.departments.sent == []


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"name": "{DL01} {MCU}"}, "must be {MCU}"),
        ({"name": "{MCU}{DL01}"}, "must be {MCU}"),
        ({"name": "{MCU}x{DL01}"}, "must be {MCU}"),
        ({"name": "{MCU} {TOWN}"}, "TOWN is not one of"),
        ({"short_name": "{DL01}"}, "must have MCU in it"),
        ({"as": "jobs"}, "departments"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        DepartmentSettings.model_validate(settings)
