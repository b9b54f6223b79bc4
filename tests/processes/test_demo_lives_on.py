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


def test_a_demo_goes_on_until_every_flow_has_had_something_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "CONNECTOR_HOME": str(tmp_path / "home")}
    command = [str(Path(sys.executable).parent / "connector"), "demo", "--size", "30", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    first = outcomes(told)
    assert first["invoices"] == {"created": 30}
    assert first["purchase_orders"]["created"] > 0
    assert first["approved_invoices"] == {}
    # one list of flows over both integrations, in the order of their runs
    assert (told["run"], len(told["runs"])) == (told["runs"][0], 2)
    bill = outcomes(told, "jde_bill")
    assert bill["chart_of_accounts"]["created"] == first["accounts"]["created"]
    assert bill["departments"]["created"] > 0
    morning, afternoon = (outcomes(each) for each in told["later"])
    # five invoices of the clerks' own and three for orders; the approvers got twelve vouchers' invoices through
    assert morning["approved_invoices"] == {"created": 8, "ignored": 30}
    assert morning["approvals"]["adopted"] == 12
    assert afternoon["payments_to_coupa"]["adopted"] == 6
    assert afternoon["approved_invoices"] == {"unchanged": 8, "ignored": 30}
    for run in (told, *told["later"]):
        assert all(each["read"] == sum(each["outcomes"].values()) for each in run["flows"])
