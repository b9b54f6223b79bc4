"""From a line's account and business unit to their records in BILL, and why a line has to wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bill_lists import NAME, LocalTestbed

from connector_assets.documents.jde.accounts.of_lines import ACCOUNT_COLUMNS
from connector_assets.engine.checks import frame
from connector_assets.pairs.jde_bill.classifications import COLUMNS, SPELT, UNFILLED, Classified
from connector_resources.clock import ManualClock
from connector_resources.ledger import Ledger

LINE_COLUMNS = {"key": "str", "aid": "str?", "account": "str", **ACCOUNT_COLUMNS, **COLUMNS}


@pytest.fixture
def testbed(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> LocalTestbed:
    """A town with one account and one unit in BILL."""
    testbed = LocalTestbed(ledger, clock, tmp_path)
    testbed.account("10001", "30", "5010")
    testbed.unit("30", "Parks")
    return testbed


def line(aid: str | None = "10001", **more: Any) -> dict[str, Any]:
    reported = {"unit": "30", "object": "5010", "subsidiary": None, "account_company": "00001"}
    reported |= {"account_exists": True, "account_postable": True}
    return {"key": "F0411:1", "aid": aid, "account": "30.5010", **reported, **UNFILLED, **more}


def resolved(testbed: LocalTestbed, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    filled: pd.DataFrame = Classified(testbed.context()).resolve(frame(list(lines), LINE_COLUMNS))
    return [dict(row) for row in filled.to_dict("records")]


def states(row: dict[str, Any]) -> tuple[str, str]:
    return row["account_state"], row["department_state"]


def test_a_line_goes_to_the_records_of_its_account_and_its_unit(testbed: LocalTestbed) -> None:
    testbed.sync("chart_of_accounts")
    testbed.sync("departments")
    [row] = resolved(testbed, line())
    assert states(row) == ("linked", "linked")
    [account], [unit] = testbed.bill.accounts.records, testbed.bill.departments.records
    assert Classified(testbed.context()).body(row) == {"chartOfAccountId": account, "departmentId": unit}


@pytest.mark.parametrize("kind", ["locations", "accounting_classes"])
def test_the_unit_goes_where_the_site_has_its_units(testbed: LocalTestbed, kind: str) -> None:
    testbed.flows["departments"] = {"as": kind}
    testbed.sync("chart_of_accounts")
    testbed.sync("departments")
    [row] = resolved(testbed, line())
    [unit] = getattr(testbed.bill, kind).records
    assert Classified(testbed.context()).body(row)[SPELT[kind]] == unit


def test_why_a_line_waits(testbed: LocalTestbed) -> None:
    rows = resolved(
        testbed,
        line(account_exists=False, account_postable=False),
        line(account_postable=False),
        line(),
        line(unit=None),
    )
    assert [states(row) for row in rows] == [
        ("account_not_found", "department_not_linked"),
        ("account_not_postable", "department_not_linked"),
        ("account_not_linked", "department_not_linked"),
        ("account_not_linked", "linked"),
    ]
    classified = Classified(testbed.context())
    assert classified.waits_for("account_not_linked", rows[2]) == f"link:{NAME}/chart_of_accounts:F0901:10001"
    assert classified.waits_for("department_not_linked", rows[2]) == f"link:{NAME}/departments:F0006:30"
    assert classified.waits_for("account_not_found", rows[0]) is None


def test_records_that_are_archived_in_bill_hold_a_line_unless_this_run_restored_them(testbed: LocalTestbed) -> None:
    testbed.sync("chart_of_accounts")
    testbed.sync("departments")
    [account] = testbed.bill.accounts.records
    testbed.bill.accounts.archive(account)
    [row] = resolved(testbed, line())
    assert states(row) == ("archived_in_target", "linked")
    # the lists were read at the beginning of the run, and then the flow restored the account
    context = testbed.context()
    testbed.sync("chart_of_accounts", context=context)
    assert testbed.bill.accounts.records[account]["archived"] is False
    [after] = Classified(context).resolve(frame([line()], LINE_COLUMNS)).to_dict("records")
    assert after["account_state"] == "linked"


def test_a_unit_of_an_operators_own_choice(testbed: LocalTestbed) -> None:
    testbed.sync("chart_of_accounts")
    green = testbed.bill.departments.put(name="Green", shortName="G")
    named = testbed.bill.departments.put(name="G")
    for chosen, id in (("Green", green), ("G", green), (named, named), (green, green)):
        testbed.ledger.mappings.set(NAME, "departments", "30", chosen, "clerk", testbed.clock.now())
        [row] = resolved(testbed, line())
        assert (row["department_id"], row["department_state"]) == (id, "linked"), chosen
    testbed.ledger.mappings.set(NAME, "departments", "30", "Greeen", "clerk", testbed.clock.now())
    [row] = resolved(testbed, line())
    assert (row["department_id"], row["department_state"]) == (None, "department_not_linked")
    assert Classified(testbed.context()).waits_for("department_not_linked", row) == "departments:30"


def test_a_unit_that_is_not_to_be_in_bill_is_on_no_line(testbed: LocalTestbed) -> None:
    testbed.flows["departments"] = {"unit_types": ["BU"]}
    testbed.sync("chart_of_accounts")
    [row] = resolved(testbed, line())
    assert (row["department_id"], row["department_state"]) == (None, "linked")
    assert "departmentId" not in Classified(testbed.context()).body(row)


def test_no_lines_are_no_obstacle(testbed: LocalTestbed) -> None:
    assert resolved(testbed) == []
