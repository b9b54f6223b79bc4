"""The sandbox as a process: its ready line, its end, what survives a kill, and what it refuses to start with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from loopback import free_port

from connector_sandbox.kernel.store import Journal
from connector_sandbox.kernel.system import BadCommandError
from connector_sandbox.testing import running

PORTS = 10  # more than the control interface and all systems need


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    base = free_port(PORTS)
    command = [sys.executable, "-m", "connector_sandbox", "--port-base", str(base), "--limits", "off", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running_one:
        try:
            assert running_one.stdout is not None
            yield running_one, json.loads(running_one.stdout.readline())
        finally:
            running_one.kill()


def caller(ready: dict[str, Any]) -> tuple[str, requests.Session]:
    url = ready["systems"]["coupa"]
    login = requests.get(ready["control"] + "/credentials", timeout=10).json()["coupa"]
    form = {name: value for name, value in login.items() if isinstance(value, str)}
    session = requests.Session()
    token = session.post(f"{url}/oauth2/token", form, timeout=10).json()["access_token"]
    session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
    return url, session


@pytest.mark.slow
def test_content_survives_a_kill_and_the_process_stops_cleanly_when_told(tmp_path: Path) -> None:
    state = ("--size", "20", "--state", str(tmp_path / "state"))
    with process(*state) as (killed, ready):
        assert ready["ready"] is True and set(ready["systems"]) >= {"coupa"}
        assert ready["systems"]["jde"].endswith("/jderest")
        url, session = caller(ready)
        for name in ("Parks", "Roads"):
            assert session.post(f"{url}/api/departments", json={"name": name}, timeout=10).status_code == 201
        session.put(f"{url}/api/departments/1", json={"name": "Green"}, timeout=10)
        before = requests.get(ready["control"] + "/state", timeout=30).json()
        killed.kill()
        killed.wait()
    with process(*state) as (again, ready):
        url, session = caller(ready)
        assert requests.get(ready["control"] + "/state", timeout=30).json() == before
        names = [each["name"] for each in session.get(f"{url}/api/departments", timeout=10).json()]
        assert names == ["Green", "Roads"]
        assert session.post(f"{url}/api/departments", json={"name": "Third"}, timeout=10).json()["id"] == 3
        requests.post(ready["control"] + "/reset", timeout=30)
        again.send_signal(signal.SIGTERM)
        assert again.wait(20) == 0
        assert again.stdout is not None and again.stderr is not None
        assert (again.stdout.read(), again.stderr.read()) == ("", "")
    with process(*state) as (_, ready):
        url, session = caller(ready)
        assert session.get(f"{url}/api/departments", timeout=10).json() == []


@pytest.mark.slow
def test_bill_is_told_whose_certificates_to_trust(tmp_path: Path) -> None:
    later = tmp_path / "authority.pem"
    with process("--size", "5", "--trust", str(later)) as (_, ready):
        assert requests.get(ready["control"] + "/options", timeout=30).json()["bill"]["trust"] == str(later)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--faults", "nowhere.json"], "nowhere.json: No such file or directory"),
        (["--ledger", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_2(arguments: list[str], line: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connector_sandbox", "--port-base", str(free_port(PORTS)), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert line in ended.stderr and ended.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_named() -> None:
    with running(world={}, only=["coupa"]) as first:
        base = int(first.control.rpartition(":")[2])
        with (
            pytest.raises(BadCommandError, match=f"port {base} of 127.0.0.1"),
            running(world={}, only=["coupa"], port_base=base),
        ):
            pass


def test_systems_that_do_not_exist_are_named() -> None:
    with pytest.raises(BadCommandError, match="no system 'sap'"), running(world={}, only=["sap"]):
        pass
    with running(world={}, only=["coupa"]) as sandbox, pytest.raises(ValueError, match="no system 'sap'"):
        sandbox.post("/rows", {"system": "sap"})


def test_the_state_of_a_running_sandbox_survives_in_the_same_process_too(tmp_path: Path) -> None:
    with running(world={}, only=["coupa"], state=tmp_path) as sandbox:
        sandbox.post("/rows", {"system": "coupa", "entity": "departments", "create": {"name": "Parks"}})
    with running(world={}, only=["coupa"], state=tmp_path) as sandbox:
        assert sandbox.get("/state")["coupa"]["departments"]["count"] == 1


def test_a_journal_forgets_a_change_that_was_being_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "coupa")
    assert journal.read() is None
    journal.rewrite({"invoices": {"1": {"total": Decimal("1.50")}, "2": {"total": Decimal(2)}}})
    journal.changed("invoices", "1", {"total": Decimal("1.70")})
    journal.changed("invoices", "2", None)
    journal.close()
    with (tmp_path / "coupa.jsonl").open("a") as file:
        file.write('["invoices","3",{"tot')
    content = journal.read()
    assert content == {"invoices": {"1": {"total": Decimal("1.70")}}}
    assert content["invoices"]["1"]["total"].as_tuple().exponent == -2


@pytest.mark.parametrize("text", ["", "hello\n", '{"sandbox":"jde","format":1}\n', '{"sandbox":"coupa","format":2}\n'])
def test_a_file_that_is_not_this_sandboxs_state_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "coupa.jsonl").write_text(text)
    with pytest.raises(BadCommandError, match="not the state of this sandbox"):
        Journal(tmp_path, "coupa").read()


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "coupa.jsonl").write_text('{"sandbox":"coupa","format":1}\nnonsense\n["invoices","1",null]\n')
    with pytest.raises(BadCommandError, match="line 2"):
        Journal(tmp_path, "coupa").read()
