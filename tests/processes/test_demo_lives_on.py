"""`connector demo` as a process: after the first sync people act in both systems, and the ways back are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def outcomes(run: dict[str, Any], integration: str = "jde_coupa") -> dict[str, dict[str, int]]:
    """Flow -> the outcomes that occurred in a run."""
    return {
        each["flow"].partition("/")[2]: {name: count for name, count in each["outcomes"].items() if count}
        for each in run["flows"]
        if each["flow"].startswith(f"{integration}/")
    }


def its_requests_are_those_of_the_pages(heard: dict[str, dict[str, int]]) -> None:
    """Each path, header, parameter and field of both pairs is one of the vendors' descriptions (tests/described)."""
    assert not heard["wrong"], heard["wrong"]
    # and they were listened to: reads and writes of all three
    assert heard["sent"].keys() >= OF_A_DEMO, OF_A_DEMO - heard["sent"].keys()


TESTS = Path(__file__).parents[1]
OF_A_DEMO = {
    *("POST /jderest/v2/tokenrequest", "POST /jderest/v2/dataservice", "POST /jderest/v3/orchestrator/{name}"),
    *("POST /api/suppliers", "POST /api/accounts", "POST /api/invoices", "PUT /api/invoices/{id}"),
    *("POST /api/purchase_orders", "PUT /api/purchase_orders/{id}/issue_without_send", "GET /api/invoices"),
    *("POST /connect/v3/login", "POST /connect/v3/vendors/bulk", "POST /connect/v3/bills/bulk"),
    *("POST /connect/v3/vendor-credits", "POST /connect/v3/bills/record-payment", "GET /connect/v3/payments"),
}
# the fewest vouchers among which there is a debit memo of a supplier with other vouchers
SIZE = 50


def test_a_demo_goes_on_until_every_flow_has_had_something_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "CONNECTOR_HOME": str(tmp_path / "home"), "PYTHONPATH": str(TESTS)}
    heard_in = tmp_path / "heard.json"
    command = [sys.executable, "-m", "described.aloud", str(heard_in), "demo", "--size", str(SIZE), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    reported = json.loads(done.stdout)
    its_requests_are_those_of_the_pages(json.loads(heard_in.read_text(encoding="utf-8")))

    first, bill = outcomes(reported), outcomes(reported, "jde_bill")
    assert first["invoices"] == {"created": SIZE}
    assert first["purchase_orders"]["created"] > 0
    assert first["approved_invoices"] == {}
    # one list of flows over both integrations, in the order of their runs
    assert (reported["run"], len(reported["runs"])) == (reported["runs"][0], 2)
    assert bill["chart_of_accounts"]["created"] == first["accounts"]["created"]
    assert bill["departments"]["created"] > 0
    assert bill["bills"]["created"] + bill["vendor_credits"]["created"] == SIZE
    assert bill["approved_bills"] == bill["payments"] == {}

    # each half of the day is a sync of either pair
    assert len(reported["later"]) == 4
    morning, afternoon = (outcomes(each) for each in reported["later"][0::2])
    # five invoices of the clerks' own and three for orders; the approvers got twelve vouchers' invoices through
    assert morning["approved_invoices"] == {"created": 8, "ignored": SIZE}
    assert morning["approvals"]["adopted"] == 12
    assert afternoon["payments_to_coupa"]["adopted"] == 6
    assert afternoon["approved_invoices"] == {"unchanged": 8, "ignored": SIZE}
    assert afternoon["approvals"]["unchanged"] == 12

    morning, afternoon = (outcomes(each, "jde_bill") for each in reported["later"][1::2])
    # three bills of one vendor, one in part and one by mistake
    assert morning["payments"] == {"created": 5}
    assert morning["approved_bills"] == {"created": 1, "ignored": bill["bills"]["created"]}
    # the vouchers of Coupa's own invoices are bills too, that of the negative one is a credit
    assert (morning["bills"]["created"], morning["vendor_credits"]["created"]) == (7, 1)
    assert morning["bills"]["updated"] == 1
    # one is taken back and the clerk's bill is paid; what JD Edwards paid in the morning comes back, and is left alone
    assert afternoon["payments"] == {"created": 1, "updated": 1, "unchanged": 4, "ignored": 1}
    # six vouchers of Coupa's invoices are paid in JD Edwards, and one of its own is on hold
    assert afternoon["bills"]["updated"] == 7
    assert afternoon["approved_bills"]["unchanged"] == 1

    for run in (reported, *reported["later"]):
        assert all(each["read"] == sum(each["outcomes"].values()) for each in run["flows"])
