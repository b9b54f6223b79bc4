"""A real accounts-payable ledger, from end to end, through the command: `make ledger`.

Its control figures are those of its publisher (two quarters of a council's spend): 37,981 vouchers, 441,476,141.46.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector_assets.cli.sandboxes import free_port_base

pytestmark = pytest.mark.ledger

COMMAND = str(Path(sys.executable).with_name("connector"))
REPOSITORY = Path(__file__).resolve().parents[2]
LEDGER = Path(os.environ.get("CONNECTOR_TEST_LEDGER", REPOSITORY.parent / "shared" / "data" / "ap-ledger"))
VOUCHERS = 37_981
TOTAL = Decimal("441476141.46")
FAULTS = [
    {
        "system": "jde",
        "route": "*dataservice*",
        "every": 50,
        "kind": "status",
        "status": 444,
        "body": {"message": "Invalid Token", "exception": "java.lang.Exception", "timeStamp": "2025-03-04:15.17.29"},
        "name": "invalid token",
    },
    {"system": "coupa", "route": "*", "every": 20, "kind": "status", "status": 429, "name": "too many"},
    {"system": "coupa", "route": "POST /api/invoices", "rate": 0.03, "seed": 7, "kind": "drop_after", "name": "lost"},
]


@contextmanager
def sandbox(base: int, *arguments: str) -> Iterator[None]:
    """The sandbox as a process of its own, ended at the end."""
    command = [sys.executable, "-m", "connector_sandbox", "--port-base", str(base), "--limits", "off", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["ready"] is True
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def control(base: int, path: str, body: Any = None) -> Any:
    """Ask the sandbox's control interface."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{base}{path}", data, timeout=120) as answer:
        return json.load(answer)


def connector(home: Path, *arguments: str, expect: tuple[int, ...] = (0, 1)) -> dict[str, Any]:
    """Run the command and give its JSON."""
    done = subprocess.run(
        [COMMAND, *arguments, "--json"],
        env=os.environ | {"CONNECTOR_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in expect, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def init(home: Path, base: int) -> None:
    """A home that points at the sandbox."""
    command = [COMMAND, "init", "--sandbox", "--port-base", str(base)]
    subprocess.run(command, env=os.environ | {"CONNECTOR_HOME": str(home)}, check=True, capture_output=True)


def invoices(answer: dict[str, Any]) -> dict[str, Any]:
    return next(flow for flow in answer["flows"] if flow["flow"] == "jde_coupa/invoices")


def assert_to_the_penny(answer: dict[str, Any], base: int) -> None:
    """Every voucher has one outcome, settled and held add up, and Coupa's own records add up to the settled part."""
    flow = invoices(answer)
    assert flow["read"] == VOUCHERS == sum(flow["outcomes"].values())
    amounts = {name: Decimal(amount) for name, amount in flow["amounts"]["GBP"].items()}
    assert amounts["read"] == TOTAL == amounts["settled"] + amounts["held"]
    assert flow["outcomes"]["held"] < VOUCHERS * 0.02
    state = control(base, "/state")["coupa"]["invoices"]
    assert Decimal(state["totals"]["GBP"]) == amounts["settled"]
    assert state["count"] == VOUCHERS - flow["outcomes"]["held"]


@pytest.fixture
def ledger() -> Path:
    if not LEDGER.is_dir():
        pytest.skip(f"no ledger at {LEDGER}; set CONNECTOR_TEST_LEDGER")
    return LEDGER


def test_the_real_ledger_lands_to_the_penny_and_a_second_run_writes_nothing(tmp_path: Path, ledger: Path) -> None:
    base, home = free_port_base(), tmp_path / "home"
    with sandbox(base, "--ledger", str(ledger)):
        init(home, base)
        days = ("--from", "2016-04-04", "--to", "2016-09-30")
        assert_to_the_penny(connector(home, "sync", "jde_coupa", *days), base)
        before = control(base, "/state")
        again = connector(home, "sync", "jde_coupa", *days)
        assert all(flow["calls"]["write"] == 0 for flow in again["flows"])
        assert control(base, "/state") == before
        assert_to_the_penny(again, base)


def test_faults_and_a_killed_run_change_nothing_in_the_end(tmp_path: Path, ledger: Path) -> None:
    base, home = free_port_base(), tmp_path / "home"
    with sandbox(base, "--ledger", str(ledger)):
        init(home, base)
        control(base, "/faults", FAULTS)
        days = ("--from", "2016-04-04", "--to", "2016-09-30")
        command = [COMMAND, "sync", "jde_coupa", *days]
        with subprocess.Popen(command, env=os.environ | {"CONNECTOR_HOME": str(home)}) as process:
            deadline = time.monotonic() + 900
            while control(base, "/state")["coupa"]["invoices"]["count"] < VOUCHERS // 2:
                assert process.poll() is None, "the run ended before it could be killed"
                assert time.monotonic() < deadline
                time.sleep(0.5)
            process.kill()
        assert_to_the_penny(connector(home, "sync", "jde_coupa", *days), base)
        fired = {fault["name"] for fault in control(base, "/faults")["fired"]}
        assert fired == {"invalid token", "too many", "lost"}
        reconciled = connector(home, "reconcile", "jde_coupa", "--from", "2016-04-04", "--to", "2016-09-30")
        unexplained = [each for flow in reconciled["flows"] for each in flow["differences"] if not each["explained_by"]]
        assert unexplained == []
