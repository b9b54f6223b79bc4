"""The sandbox as the command line knows it: a process of its own, started here and talked to over HTTP."""

from __future__ import annotations

import json
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.connections import Settings
    from connector_resources.home import Home

HOST = "127.0.0.1"
DEFAULT_PORT = 8900
# the control port and one for each system that there may be
PORTS = 10
START_SECONDS = 300.0
STOP_SECONDS = 15.0


def command(arguments: Sequence[str]) -> list[str]:
    """How the sandbox is started."""
    return [sys.executable, "-m", "connector_sandbox", *arguments]


def free_port_base(start: int = DEFAULT_PORT) -> int:
    """The first base from `start` on, in tens, of which all ports are free."""
    for base in range(start, start + 1000, 10):
        if all(_free(base + offset) for offset in range(PORTS)):
            return base
    raise UnusableInput(f"no free ports from {start} to {start + 1000}: give --port-base")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def served(arguments: Sequence[str], log: Path) -> Iterator[dict[str, Any]]:
    """Run a sandbox until the block ends; gives its ready line. `log` takes what it says meanwhile.

    Raises UnusableInput with the sandbox's own words where it does not start.
    """
    with log.open("wb") as errors:
        process = subprocess.Popen(command(arguments), stdout=subprocess.PIPE, stderr=errors)  # noqa: S603 - ourselves
        try:
            yield _ready(process, log)
        finally:
            _stop(process)


def _ready(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    stdout = process.stdout
    if stdout is None:
        raise AssertionError("the sandbox was started without a pipe")
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=lambda: lines.put(stdout.readline()), name="sandbox-ready", daemon=True).start()
    try:
        line = lines.get(timeout=START_SECONDS)
    except queue.Empty:
        raise UnusableInput(f"the sandbox was not ready within {START_SECONDS:g} s (see {log})") from None
    if not line:
        process.wait(STOP_SECONDS)
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        why = said[-1].removeprefix("connector_sandbox: ") if said else f"exit code {process.returncode}"
        raise UnusableInput(f"the sandbox does not start: {why}")
    ready: dict[str, Any] = json.loads(line)
    return ready


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def credentials_of(port_base: int) -> dict[str, Mapping[str, Any]]:
    """System -> the made-up login that the sandbox on this port accepts, under the vendor's own names.

    Raises UnusableInput where no sandbox answers.
    """
    url = f"http://{HOST}:{port_base}/credentials"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            found: dict[str, Mapping[str, Any]] = json.loads(answer.read())
    except (urllib.error.URLError, OSError, ValueError):
        raise UnusableInput(
            f"no sandbox answers on port {port_base}: start it with `connector sandbox serve --port-base {port_base}`"
        ) from None
    return found


def keep_credentials(home: Home, settings: Settings, logins: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the sandbox's logins into the home's credential store."""
    store = home.credentials()
    for connection in settings.connections.values():
        for name in connection.CREDENTIALS:
            store.set(connection.name, name, str(vendors_own(logins[connection.system], name)))


def vendors_own(login: Mapping[str, Any], name: str) -> Any:
    """A credential of a sandbox's login by our name for it; the vendor may write it with capitals (`devKey`)."""
    first, *others = name.split("_")
    return login[name] if name in login else login["".join([first, *(each.capitalize() for each in others)])]


def days_held(settings: Settings, logins: Mapping[str, Mapping[str, Any]]) -> tuple[date, date]:
    """The first and the last day of change in the entities that the flows read by day.

    Raises UnusableInput where there is no row with a date.
    """
    from connector_assets.pairs.registry import flows_on
    from connector_assets.systems.registry import system_of

    days: list[date] = []
    for integration in settings.integrations.values():
        daily: dict[str, set[str]] = {}
        for flow in flows_on(integration):
            for source in flow.sources:
                if source.daily:
                    daily.setdefault(integration.connections[source.role], set()).add(source.entity)
        for name, entities in sorted(daily.items()):
            connection = settings.connection(name)
            system, login = system_of(connection.system), logins[connection.system]
            credentials = {each: str(vendors_own(login, each)) for each in connection.CREDENTIALS}
            with system.client()(connection, credentials) as client:
                days += system.days_held(client, entities)
    if not days:
        raise UnusableInput("the sandbox holds no row with a date")
    return min(days), max(days)
