"""Dagster's page and its daemon on one home, for one person at one machine.

Bound to loopback: open-source Dagster has no login (deploy/README.md says how to put one in front).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from connector_resources.errors import UnusableInput
from connector_resources.instance.prepare import packaged, prepare_dagster_home

HOST = "127.0.0.1"
START_SECONDS = 180.0
STOP_SECONDS = 30.0


@contextmanager
def page_served(home: Path, *, port: int = 3000, workspace: Path | None = None) -> Iterator[str]:
    """Webserver and daemon on this home while the block runs; gives the page's address once it answers.

    What they print goes to `<home>/logs/page.log`. Raises UnusableInput when the port is taken or they do not start.
    """
    _refuse_taken(port)
    dagster_home = prepare_dagster_home(home)
    load = ["-w", str(workspace or packaged("workspace.yaml"))]
    log = dagster_home.parent / "logs" / "page.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("a") as output:
        processes = [
            _started("dagster_webserver", [*load, "-h", HOST, "-p", str(port)], output),
            _started("dagster._daemon", ["run", *load], output),
        ]
        try:
            address = f"http://{HOST}:{port}"
            _await_answer(f"{address}/server_info", processes, log)
            yield address
        finally:
            _stop(processes)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise UnusableInput(f"port {port} is taken: choose another with --port (make ui UI_PORT=…)") from None


def _started(module: str, arguments: Sequence[str], output: IO[str]) -> subprocess.Popen[bytes]:
    """A process group of its own, so that Ctrl-C reaches it through us alone and it stops in order."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(  # noqa: S603  # our own interpreter, and arguments that no one else chose
        command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
    )


def _await_answer(url: str, processes: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            raise UnusableInput(f"Dagster's webserver or daemon has ended while starting: see {log}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # always http on loopback
            return
        time.sleep(0.2)
    raise UnusableInput(f"Dagster's page did not answer within {START_SECONDS:.0f} s: see {log}")


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
