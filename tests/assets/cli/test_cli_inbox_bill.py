"""`connector inbox` for BILL's events: HTTPS, the subscription, its commands, and the sandbox that trusts this home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from bill_inbox import BILL, RETRIES, VENDOR, connection_of, free_port, log_in
from clerks import Cli

from connector_assets.cli import demo, sandbox, sandboxes
from connector_assets.cli.init import make_sandbox_home
from connector_assets.cli.sandbox import serving
from connector_assets.run_setup import open_client
from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_sandbox.testing import Sandbox, running


def with_inbox(home: Home, public_url: str = "https://127.0.0.1:8980", **more: Any) -> None:
    """Take events for BILL's connection, and for no other."""
    settings = yaml.safe_load(home.connections_file.read_text())
    settings["connections"][BILL] |= {"inbox": {"public_url": public_url}, **more}
    home.connections_file.write_text(yaml.safe_dump(settings))


class TestWhatItRefuses:
    def test_plain_http_where_it_is_reached_from_elsewhere(self, cli: Cli, home: Home) -> None:
        with_inbox(home)
        said = cli("inbox", "serve", "--host", "0.0.0.0", "--port", "0")
        assert (said.code, said.out) == (2, "")
        assert "BILL sends over HTTPS alone: at 0.0.0.0 give --tls-cert and --tls-key" in said.err
        assert not home.tls.exists()

    def test_a_key_without_a_certificate(self, cli: Cli, home: Home) -> None:
        with_inbox(home)
        assert "give --tls-cert as well" in cli("inbox", "serve", "--tls-key", "key.pem").err

    def test_a_certificate_that_is_none(self, cli: Cli, home: Home, tmp_path: Path) -> None:
        with_inbox(home)
        (tmp_path / "cert.pem").write_text("none")
        said = cli("inbox", "serve", "--tls-cert", str(tmp_path / "cert.pem"))
        assert said.code == 2 and "no certificate with its key in PEM" in said.err

    def test_a_connection_without_its_organisation(self, cli: Cli, home: Home) -> None:
        with_inbox(home)
        home.credentials().delete(BILL, "organization_id")
        said = cli("inbox", "serve")
        assert said.code == 2 and "connector credentials set bill organization_id" in said.err

    @pytest.mark.parametrize("act", ["rotate", "enable"])
    def test_a_connection_that_takes_no_events_of_bill(self, cli: Cli, home: Home, act: str) -> None:
        for name in (BILL, "coupa"):
            said = cli("inbox", act, name)
            assert said.code == 2 and f"{name} is no BILL connection with an inbox" in said.err
        assert "no connection 'nobody'" in cli("inbox", act, "nobody").err


@pytest.fixture
def bill(home: Home) -> Iterator[Sandbox]:
    """A BILL that answers, to which the home's connection leads."""
    with running(world={}, only=[BILL], limits=False) as served:
        with_inbox(home, **connection_of(served))
        log_in(home, served)
        yield served


class TestCommands:
    def test_the_key_is_rotated_and_shown_to_nobody(self, cli: Cli, home: Home, bill: Sandbox) -> None:
        assert "bill has no subscription" in cli("inbox", "rotate", BILL).err
        made = cli("inbox", "enable", BILL)
        assert made.code == 0 and "is made, for 10 kinds of events" in made.err
        before = home.credentials().get(BILL)["inbox_security_key"]
        said = cli("inbox", "rotate", BILL)
        after = home.credentials().get(BILL)
        assert said.code == 0 and after["inbox_security_key"] != before == after["inbox_former_security_key"]
        shown = said.out + said.err + cli("credentials", "list").out + cli("ping", BILL).out
        assert before not in shown and after["inbox_security_key"] not in shown

    def test_what_somebody_turned_off_is_turned_on(self, cli: Cli, home: Home, bill: Sandbox) -> None:
        cli("inbox", "enable", BILL)
        client = open_client(home, home.settings().connection(BILL))
        [ours] = client.events.subscriptions()
        client.events.disable(ours.id)
        reported = json.loads(cli("ping", BILL, "--json").out)["connections"][0]["checks"]
        assert [each["fix"] for each in reported if each["name"] == "inbox" and not each["ok"]] == [
            "connector inbox enable bill"
        ]
        said = cli("inbox", "enable", BILL)
        assert said.code == 0 and "it is on again" in said.err
        assert client.events.subscription(ours.id).enabled
        assert "nothing was missed" in cli("inbox", "enable", BILL).err
        client.close()

    def test_ping_looks_at_it_and_says_what_to_do(self, cli: Cli, home: Home, bill: Sandbox) -> None:
        def said() -> tuple[int, list[tuple[bool, str]]]:
            answer = cli("ping", BILL, "--json")
            checks = json.loads(answer.out)["connections"][0]["checks"]
            return answer.code, [(each["ok"], each["detail"]) for each in checks if each["name"] == "inbox"]

        code, before = said()
        assert code == 1 and before[0] == (False, "there is no subscription")
        cli("inbox", "enable", BILL)
        _, after = said()
        assert [ok for ok, _ in after] == [True] * 4


class TestTheSandboxOfThisHome:
    def test_it_trusts_the_authority_of_the_homes_inbox_unless_told_otherwise(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        started: list[list[str]] = []
        monkeypatch.setattr(os, "execv", lambda program, words: started.append(words))
        cli("sandbox", "serve")
        cli("sandbox", "serve", "--trust", "other.pem")
        trusted = [words[words.index("--trust") + 1] for words in started]
        assert trusted == [str(tmp_path / "home" / "tls" / "ca.pem"), "other.pem"]

    def test_so_does_the_demos(self, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        started: list[Any] = []

        @contextmanager
        def served(arguments: list[str], log: Path) -> Iterator[None]:
            started.append(arguments)
            raise UnusableInput("no sandbox today")
            yield

        monkeypatch.setattr(demo, "served", served)
        assert cli("demo").code == 2
        assert started[0][started[0].index("--trust") + 1] == str(tmp_path / "home" / "tls" / "ca.pem")


@pytest.mark.slow
def test_a_home_for_the_sandbox_is_told_of_a_new_vendor(cli: Cli, tmp_path: Path) -> None:
    """Given a sandbox that this command line started, and a home that points at it; when the inbox is served and a
    vendor is entered; then the inbox made the subscription, and BILL told of the vendor over TLS."""
    home = Home(tmp_path / "home")
    home.create()
    base, port = sandboxes.free_port_base(9300), free_port()
    words = serving(base, size=1, limits="off", trust=sandbox.inbox_authority(home))
    with sandboxes.served(words, tmp_path / "log"):
        make_sandbox_home(home, base)
        with_inbox(home, f"https://127.0.0.1:{port}")
        control = f"http://127.0.0.1:{base}"
        requests.post(f"{control}/options", json={BILL: {"event_retry_seconds": RETRIES}}, timeout=60)
        main = "from connector_assets.cli import main; main()"
        command = [sys.executable, "-c", main, "inbox", "serve", "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                ready = json.loads(process.stdout.readline())
                assert (ready["url"], ready["connections"]) == (
                    f"https://127.0.0.1:{port}",
                    {BILL: {"bill": "/bill/bill"}},
                )
                healthy = requests.get(f"{ready['url']}/health", verify=ready["authority"], timeout=60)
                assert healthy.status_code in (200, 503)
                wait_until(lambda: home.ledger().subscriptions.get(BILL).seen_until is not None)
                client = open_client(home, home.settings().connection(BILL))
                id = client.vendors.create(VENDOR).id
                client.close()
                report = requests.post(f"{control}/call-outs/flush", json={}, timeout=60).json()[BILL]
                assert (report["sent"], report["failed"]) == (1, 0)
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate(timeout=60)
            finally:
                process.kill()
        assert (process.returncode, errors) == (0, "")
        assert [each.record for each in home.ledger().inbox.pending("jde_bill")] == [id]
        logged = (home.logs / "inbox.log").read_text()
        assert "is made, for 10 kinds of events" in logged and "reported 1 records, 1 of them new" in logged
        assert home.credentials().get(BILL)["inbox_security_key"] not in logged
    home.close()


def wait_until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(600):
        if true():
            return
        pause.wait(0.1)
    raise AssertionError("it never came true")
