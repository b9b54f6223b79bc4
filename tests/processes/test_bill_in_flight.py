"""Four workers of one home call BILL at once, as it is documented: never a fourth call in flight, none refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from process_sandbox import SandboxProcess

pytestmark = pytest.mark.slow

WORKERS, CALLS = 4, 30
WORKER = f"""
from concurrent.futures import ThreadPoolExecutor
from connector_assets.run_setup import open_client
from connector_resources.home import Home

home = Home.locate()
client = open_client(home, home.settings().connection("bill"))
with ThreadPoolExecutor(3) as threads:
    list(threads.map(lambda _: client.vendors.holds_any(), range({CALLS})))
client.close()
home.ledger().close()
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxProcess]:
    """BILL as it is documented: three calls in flight, five logins a minute; each list takes a while."""
    sandbox = SandboxProcess(tmp_path / "state", 1, limits=True)
    sandbox.start()
    sandbox.script({"system": "bill", "route": "GET /connect/v3/vendors", "kind": "delay", "seconds": 0.02, "every": 1})
    yield sandbox
    sandbox.stop()


def test_four_workers_keep_to_three_calls_in_flight(tmp_path: Path, sandbox: SandboxProcess) -> None:
    environment = {**os.environ, "CONNECTOR_HOME": str(tmp_path / "home")}
    made = [str(Path(sys.executable).parent / "connector"), "init", "--sandbox", "--port-base", str(sandbox.base)]
    subprocess.run(made, env=environment, check=True, capture_output=True)
    command = [sys.executable, "-c", WORKER]
    workers = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(WORKERS)]
    reported = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * WORKERS, reported
    counted = sandbox.get("/calls")["bill"]
    assert counted["in_flight"]["highest"] == 3
    assert counted["refused"] == {}
    assert sandbox.called({"system": "bill", "route": "GET /connect/v3/vendors"}) >= WORKERS * CALLS
