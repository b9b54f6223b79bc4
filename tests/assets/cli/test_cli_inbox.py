"""`connector inbox serve` as a process, what it refuses to begin with, its credentials, and what `ping` says of it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import yaml
from clerks import Cli

from connector_assets.systems.registry import system_of
from connector_resources.checks import Check
from connector_resources.home import Home
from connector_resources.ledger import Ledger

NAMES = ("inbox_client_id", "inbox_client_secret", "inbox_relay_secret")


def configure(home: Home, change: Callable[[dict[str, Any]], None]) -> None:
    settings = yaml.safe_load(home.connections_file.read_text())
    change(settings)
    home.connections_file.write_text(yaml.safe_dump(settings))


def with_inbox(settings: dict[str, Any]) -> None:
    settings["connections"]["coupa"]["inbox"] = {"relay": {}}


@pytest.fixture
def ready(home: Home) -> Home:
    """A home whose Coupa has an inbox and its secrets."""
    configure(home, with_inbox)
    for name in NAMES:
        home.credentials().set("coupa", name, f"s3cret-{name}")
    return home


@contextmanager
def started() -> Iterator[subprocess.Popen[str]]:
    """`connector inbox serve` at a free port."""
    main = "from connector_assets.cli import main; main()"
    command = [sys.executable, "-c", main, "inbox", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def again_while_busy(send: Callable[[], requests.Response]) -> requests.Response:
    """As any sender does: what is answered with 503 is sent again."""
    for _ in range(100):
        answer = send()
        if answer.status_code != 503:
            return answer
        time.sleep(0.1)
    raise AssertionError("busy for ever")


@pytest.mark.slow
def test_it_says_when_it_is_ready_takes_what_comes_and_stops_when_told(ready: Home, ledger: Ledger) -> None:
    with started() as process:
        assert process.stdout is not None
        reported = json.loads(process.stdout.readline())
        assert reported.pop("ready") is True
        url = reported.pop("url")
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", url)
        assert reported == {
            "token": "/oauth2/token",
            "connections": {"coupa": {"call_out": "/call-out/coupa", "relay": "/relay/coupa"}},
        }
        login = ("s3cret-inbox_client_id", "s3cret-inbox_client_secret")
        grant = {"grant_type": "client_credentials"}
        token = again_while_busy(
            lambda: requests.post(f"{url}/oauth2/token", data=grant, auth=login, timeout=60)
        ).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        body = {"id": 1, "status": "approved"}
        sent = again_while_busy(
            lambda: requests.post(f"{url}/call-out/coupa/invoices", json=body, headers=bearer, timeout=60)
        )
        assert sent.status_code == 200
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=60)
    assert (process.returncode, rest, errors) == (0, "", "")
    assert [(each.integration, each.record) for each in ledger.inbox.pending("jde_coupa")] == [("jde_coupa", "1")]
    logged = (ready.logs / "inbox.log").read_text()
    assert "coupa reported 1 records, 1 of them new" in logged
    assert token not in logged and "s3cret" not in logged
    assert (ready.logs / "inbox.log").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_what_was_answered_well_is_there_after_a_kill(ready: Home, ledger: Ledger) -> None:
    token = ledger.inbox.issue_token("coupa", "s3cret-inbox_client_id", 600)
    answered: list[int] = []
    tried: set[int] = set()
    with started() as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]

        def send(first: int) -> None:
            with requests.Session() as session:
                session.headers["Authorization"] = f"Bearer {token}"
                for number in range(first, first + 10_000):
                    tried.add(number)
                    try:
                        answer = session.post(f"{url}/call-out/coupa/invoices", json={"id": number}, timeout=60)
                    except requests.RequestException:
                        return  # killed
                    if answer.status_code == 200:
                        answered.append(number)

        senders = [threading.Thread(target=send, args=(each * 100_000,)) for each in range(4)]
        for sender in senders:
            sender.start()
        while len(answered) < 100 and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        for sender in senders:
            sender.join(120)
    kept = {int(each.record) for each in ledger.inbox.pending("jde_coupa", limit=100_000)}
    assert len(answered) >= 100 and set(answered) <= kept
    # what was kept without a good answer was sent, too: it comes again, and is a repetition then
    assert kept <= tried


class TestWhatItRefuses:
    def test_where_no_connection_has_an_inbox(self, cli: Cli, home: Home) -> None:
        said = cli("inbox", "serve")
        assert said.code == 2 and "has an inbox: set `inbox` of one" in said.err

    @pytest.mark.parametrize("missing", NAMES)
    def test_where_a_secret_is_missing(self, cli: Cli, ready: Home, missing: str) -> None:
        ready.credentials().delete("coupa", missing)
        said = cli("inbox", "serve")
        assert (said.code, said.out) == (2, "")
        assert said.err.strip().endswith(
            f"coupa: the credential {missing} is missing: run `connector credentials set coupa {missing}`"
        )

    def test_where_nothing_reads_the_connection(self, cli: Cli, ready: Home) -> None:
        configure(ready, lambda settings: settings.update(integrations={}))
        said = cli("inbox", "serve")
        assert said.code == 2 and "no integration that can be used reads it" in said.err

    def test_where_two_connections_have_one_client(self, cli: Cli, ready: Home) -> None:
        def second(settings: dict[str, Any]) -> None:
            settings["connections"]["north"] = dict(settings["connections"]["coupa"])
            north = {"kind": "jde_coupa", "connections": {"coupa": "north"}}
            settings["integrations"]["jde_north"] = north

        configure(ready, second)
        for name in NAMES:
            ready.credentials().set("north", name, f"s3cret-{name}")
        said = cli("inbox", "serve")
        assert said.code == 2 and "two connections have the same inbox_client_id" in said.err

    def test_a_port_that_is_taken(self, cli: Cli, ready: Home) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            said = cli("inbox", "serve", "--port", str(port))
        assert said.code == 2 and f"cannot listen at 127.0.0.1 port {port}" in said.err


class TestCredentials:
    def test_they_are_taken_once_there_is_an_inbox(self, cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET", "s3cret")
        reported = cli("credentials", "set", "coupa", "inbox_client_id", "--from-env", "SECRET")
        assert reported.code == 2 and "its credentials are client_id, client_secret" in reported.err
        configure(home, with_inbox)
        assert cli("credentials", "set", "coupa", "inbox_client_id", "--from-env", "SECRET").code == 0
        listed = json.loads(cli("credentials", "list", "--json").out)["credentials"]
        kept = {each["name"]: each["kept"] for each in listed if each["connection"] == "coupa"}
        assert kept["inbox_client_id"] == "stored"
        assert kept["inbox_client_secret"] == kept["inbox_relay_secret"] == "missing"

    @pytest.mark.parametrize("ends", ["set", "delete"])
    def test_tokens_end_with_the_login_for_which_they_were_issued(
        self, cli: Cli, ready: Home, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, ends: str
    ) -> None:
        monkeypatch.setenv("SECRET", "new")
        token = ledger.inbox.issue_token("coupa", "s3cret-inbox_client_id", 60)
        given = ("--from-env", "SECRET") if ends == "set" else ()
        assert cli("credentials", ends, "coupa", "inbox_relay_secret", *given).code == 0
        assert ledger.inbox.token_valid(token, "coupa", "s3cret-inbox_client_id")
        assert cli("credentials", ends, "coupa", "inbox_client_secret", *given).code == 0
        assert not ledger.inbox.token_valid(token, "coupa", "s3cret-inbox_client_id")


def test_ping_tells_whether_the_secrets_are_set(home: Home) -> None:
    assert inbox_checks(home, "coupa") == []
    configure(home, with_inbox)
    [check] = inbox_checks(home, "coupa")
    assert (check.name, check.ok) == ("inbox", False)
    assert "inbox_client_id is missing" in check.detail
    assert check.fix.startswith("connector credentials set coupa inbox_client_id or")
    for name in NAMES:
        home.credentials().set("coupa", name, "s3cret")
    [check] = inbox_checks(home, "coupa")
    assert (check.ok, check.detail) == (True, "takes call-outs and a relay; its secrets are set")
    assert inbox_checks(home, "jde") == []


def inbox_checks(home: Home, name: str) -> list[Check]:
    """What `ping` says of a connection's inbox, without a client."""
    connection = home.settings().connection(name)
    return system_of(connection.system).inbox_checks(home, connection, None, let_in=False)
