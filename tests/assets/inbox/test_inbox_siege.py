"""`connector inbox serve` as documented, without a proxy, while hundreds are connected that never come to a request."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ledger_places import new_ledger
from siege import KINDS, trusting

from connector_assets.inbox.tls import ThrowAway
from connector_resources.home import Home
from connector_resources.ledger import Ledger

SECRET = "relay-key"
SIEGE = Path(__file__).parent / "siege.py"
MAIN = "from connector_assets.cli import main; main()"


def a_home(folder: Path, **serving: Any) -> Home:
    home = Home(folder, {"CONNECTOR_INSTANCE": os.environ["CONNECTOR_INSTANCE"]})
    home.create()
    coupa = {"url": "http://127.0.0.1:9", "time_zone": "UTC", "inbox": {"bearer": None, "relay": {}}}
    settings = {
        "start_date": "2026-01-01",
        "inbox": serving,
        "connections": {"jde": {"url": "http://127.0.0.1:9/jderest"}, "coupa": coupa},
        "integrations": {"jde_coupa": {}},
    }
    home.connections_file.write_text(yaml.safe_dump(settings))
    new_ledger(folder / "ledger.sqlite")
    home.credentials().set("coupa", "inbox_relay_secret", SECRET)
    return home


@contextmanager
def serving(home: Home, limits: str, *options: str) -> Iterator[int]:
    """The port of `connector inbox serve`, begun under these limits (options of ulimit)."""
    serve = shlex.join([sys.executable, "-c", MAIN, "inbox", "serve", "--port", "0", *options])
    shell = ["sh", "-c", f"ulimit {limits}; exec {serve}"]
    with subprocess.Popen(shell, stdout=subprocess.PIPE, text=True, env=environment(home)) as process:
        try:
            assert process.stdout is not None
            yield int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


def environment(home: Home) -> dict[str, str]:
    instance = os.environ["CONNECTOR_INSTANCE"]
    return {"CONNECTOR_HOME": str(home.path), "CONNECTOR_INSTANCE": instance, "PYTHONPATH": ":".join(sys.path)}


@contextmanager
def besieged(port: int, count: int, authority: str) -> Iterator[None]:
    """As many connections as that have been made once; those that are closed come again."""
    command = [sys.executable, str(SIEGE), str(port), str(count), authority]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ""}) as process:
        try:
            assert process.stdout is not None
            made = 0
            while made < count:
                counts = json.loads(process.stdout.readline())["made"]
                made = sum(counts.values())
            assert set(counts) == set(KINDS)
            yield
        finally:
            process.kill()


def tell(port: int, number: int, source: str, authority: str) -> tuple[int, float]:
    """A genuine event from an address; the answer's status, and after how many seconds it came."""
    body = json.dumps({"invoice-header": {"id": number}}).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Timestamp": stamp, "X-Signature": signature}
    where: dict[str, Any] = {"host": "127.0.0.1", "port": port, "timeout": 30, "source_address": (source, 0)}
    tls = None if authority == "-" else trusting(authority)
    began = time.monotonic()
    calling = http.client.HTTPConnection(**where) if tls is None else http.client.HTTPSConnection(**where, context=tls)
    try:
        calling.request("POST", "/relay/coupa", body, headers)
        status = calling.getresponse().status
    finally:
        calling.close()
    return status, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("count", "limits"),
    [(300, {"connections": 160, "each_address": 64}), (2_000, {})],
    ids=["300 with low limits", "2000 as it is installed"],
)
def test_genuine_events_are_answered_within_a_second(
    tmp_path: Path, scheme: str, count: int, limits: dict[str, int]
) -> None:
    home, options, authority = a_home(tmp_path / "home", **limits), [], "-"
    if scheme == "https":
        own = ThrowAway(home.tls)
        own.renew()
        options, authority = ["--tls-cert", str(own.server)], str(own.authority)
    reported = []
    # the soft limit of many a machine is far below what is needed
    with serving(home, "-Sn 200", *options) as port, besieged(port, count, authority):
        for number in range(30):
            # from an address of its own, and from one that it shares with those who besiege
            reported.append(tell(port, number, ("127.0.0.1", "127.0.0.2")[number % 2], authority))
            time.sleep(0.05)
    assert {status for status, _ in reported} == {200}
    # on a machine that computes other tests as well, of which a few may have had their turn
    assert sorted(seconds for _, seconds in reported)[-4] < 1.0
    with Ledger.open(home.ledger_url) as ledger:
        assert {each.record for each in ledger.inbox.pending("jde_coupa")} == {str(number) for number in range(30)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hard", "advice"),
    [(400, ", or set inbox.receivers to 144 or less"), (200, " of a container)")],
)
def test_a_hard_limit_that_is_too_low_is_one_clear_line(tmp_path: Path, hard: int, advice: str) -> None:
    home = a_home(tmp_path / "home", connections=200)
    serve = shlex.join([sys.executable, "-c", MAIN, "inbox", "serve", "--port", "0"])
    done = subprocess.run(
        ["sh", "-c", f"ulimit -n {hard}; exec {serve}"],
        capture_output=True,
        text=True,
        env=environment(home),
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.strip().splitlines()
    assert f"needs 456 open files (200 connections and 256 of its own), and the system allows {hard}" in line
    assert line.endswith(advice)
