"""An installation whose every part is a process of its own: sandboxes, commands, run workers. All can be killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg
import requests
import yaml
from loopback import free_port
from throwaway_postgres import PostgresServer

from connector_assets.cli.sandboxes import PORTS
from connector_resources.home import Home

NAME = "jde_coupa"
INVOICES = f"{NAME}/invoices"
CREATE = {"system": "coupa", "route": "POST /api/invoices"}
REFUSED = {**CREATE, "kind": "status", "status": 400, "body": {"errors": {"invoice_date": ["is in a closed period"]}}}
SUBMIT = {"system": "coupa", "route": "PUT /api/invoices/{id:int}/submit"}
SIZE = 70
DAYS = 14  # of the thirty that the sandbox has: Dagster's work grows with the days, and its work is not what is tested
EFFECT_WINDOW_SECONDS = 2.0
SEND_WITHIN_SECONDS = 1.0
PATIENCE_SECONDS = 120

# Every command is a process forked from one that has these loaded: seconds less for each. What knows a home, as
# connector_assets.definitions does, is not among them.
LOADED = [
    "connector_assets.automation.schedules",
    "connector_assets.automation.sweep",
    "connector_assets.cli.app",
    "connector_assets.cli.syncing",
    "connector_assets.integrations.assets",
    "connector_assets.replaying",
    "connector_resources.instance.storage",
]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(LOADED)


def until(condition: Callable[[], Any], what: str, seconds: float = 60, pause: float = 0.01) -> Any:
    """Wait for something to become true; what it is then."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"did not happen in time: {what}"
        time.sleep(pause)
    return found


# -- the sandbox ------------------------------------------------------------------------------------------------------


class SandboxProcess:
    """`python -m connector_sandbox` on ports that stay the same when it is started again."""

    def __init__(self, state: Path, *, size: int = SIZE) -> None:
        self.state = state
        self.size = size
        self.base = free_port(PORTS)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Serve, from where the state directory left off; ready when this returns."""
        arguments = ["--port-base", self.base, "--size", self.size, "--limits", "off", "--state", self.state]
        command = [sys.executable, "-m", "connector_sandbox", *map(str, arguments)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["ready"] is True

    def kill(self) -> None:
        """`kill -9`."""
        assert self._process is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process = None

    def stop(self) -> None:
        """The end, if it has not come yet."""
        if self._process is not None:
            self.kill()

    def get(self, path: str) -> Any:
        """Ask the control interface."""
        return self._ask(path, None)

    def post(self, path: str, body: Any) -> Any:
        """Tell the control interface."""
        return self._ask(path, json.dumps(body).encode())

    def _ask(self, path: str, body: bytes | None) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.base}{path}", body, timeout=60) as answer:
            return json.load(answer)

    def script(self, *rules: Mapping[str, Any]) -> None:
        """These faults and no others."""
        self.post("/faults", {"replace": True, "rules": list(rules)})

    def called(self, what: Mapping[str, str]) -> int:
        """How often a route was called since the start of the process."""
        return int(self.get("/faults")["routes"].get(what["system"], {}).get(what["route"], 0))

    def coupa(self, entity: str) -> list[dict[str, Any]]:
        """All records of Coupa, read through its API as any other client would."""
        login = self.get("/credentials")["coupa"]
        form = {name: login[name] for name in ("client_id", "client_secret", "grant_type", "scope")}
        url = f"http://127.0.0.1:{self.base + 2}"
        found: list[dict[str, Any]] = []
        with requests.Session() as session:
            token = session.post(f"{url}/oauth2/token", form, timeout=60).json()["access_token"]
            session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
            while True:
                answer = session.get(f"{url}/api/{entity}", params={"offset": len(found), "limit": 50}, timeout=60)
                assert answer.status_code == 200, answer.text
                found += (page := answer.json())
                if len(page) < 50:
                    return found

    def invoices(self) -> list[tuple[str, ...]]:
        """What counts of Coupa's invoices, in order: two of one voucher, or one changed, make a difference."""
        return sorted(
            (
                each["custom-fields"]["jde-voucher"],
                each["invoice-number"],
                each["supplier"]["number"],
                each["currency"]["code"],
                str(each["gross-total"]),
                each["status"],
            )
            for each in self.coupa("invoices")
        )

    def totals(self) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """The vouchers of JD Edwards and the invoices of Coupa, by currency."""
        state = self.get("/state")
        both = state["jde"]["F0411"]["document_totals"], state["coupa"]["invoices"]["totals"]
        read, held = ({currency: Decimal(total) for currency, total in each.items()} for each in both)
        return read, held


# -- commands ---------------------------------------------------------------------------------------------------------


def _be_the_command(arguments: list[str], environment: dict[str, str], output: str, limit: int | None) -> None:
    """The life of a `connector` process, in the process itself."""
    _take_over(environment, output, limit)
    from connector_assets.cli.app import run

    sys.exit(run(arguments))


def _be_a_run_worker(day: str, environment: dict[str, str], output: str, limit: int | None) -> None:
    """The life of a process that executes a run of one partition."""
    _take_over(environment, output, limit)
    from connector_assets.runs import execute
    from connector_resources.instance.prepare import prepare_dagster_home

    prepare_dagster_home(Path(environment["CONNECTOR_HOME"]))
    chosen = date.fromisoformat(day)
    done = execute(NAME, first_day=chosen, last_day=chosen, tags={})
    reports = {each.flow: each.report for each in Home.locate().ledger().reports.of(done.run_id)}
    print(json.dumps({"flows": [reports[INVOICES]]}))
    sys.exit(0 if done.success else 1)


def _take_over(environment: dict[str, str], output: str, limit: int | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{output}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    _hurry()


def _hurry() -> None:
    """What a dead process may have sent is over after a second, in place of the minute of a large run."""
    from dataclasses import replace

    from connector_assets import opening, replaying
    from connector_assets.delivery.flow import Flow
    from connector_assets.delivery.work import Pace
    from connector_assets.integrations import assets

    usual = opening.pace_of

    def hurried(flow: Flow) -> Pace:
        return replace(usual(flow), send_within=SEND_WITHIN_SECONDS)

    assets.pace_of = replaying.pace_of = hurried


class Command:
    """One process at work in a home."""

    def __init__(self, work: Any, what: Any, environment: dict[str, str], output: Path) -> None:
        self._output = output
        self._process = FORKS.Process(target=work, args=(what, environment, str(output), None))
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether it still works."""
        return self._process.is_alive()

    def kill(self) -> None:
        """`kill -9`."""
        assert self.alive, f"it ended before it could be killed: {self.err}"
        self._process.kill()
        self._process.join()

    def wait(self, seconds: float = 120) -> int:
        """Its exit code."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, f"still at work after {seconds} s: {self.err}"
        return self._process.exitcode

    @property
    def err(self) -> str:
        """What it told the person at the terminal."""
        return Path(f"{self._output}.err").read_text()

    @property
    def answer(self) -> Any:
        """What it answered, in JSON."""
        return json.loads(Path(f"{self._output}.out").read_text())


# -- the installation -------------------------------------------------------------------------------------------------


@dataclass
class ProcessSite:
    """A home, its database (None: SQLite) and the sandbox that it is connected to."""

    folder: Path
    sandbox: SandboxProcess
    database: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    _commands: list[Command] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """CONNECTOR_HOME."""
        return self.folder / "home"

    def _environ(self) -> dict[str, str]:
        own = {"CONNECTOR_HOME": str(self.path), "CONNECTOR_PATIENCE_SECONDS": str(PATIENCE_SECONDS)}
        if self.database is not None:
            own["CONNECTOR_DATABASE_URL"] = self.database
        dropped = ("CONNECTOR_", "DAGSTER_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return kept | own | self.environment

    # -- processes ------------------------------------------------------------------------------------------------

    def start(self, *arguments: str) -> Command:
        """`connector …`, at work when this returns."""
        return self._begin(_be_the_command, list(arguments))

    def start_run(self, day: str) -> Command:
        """A process that executes a run of the integration for this partition."""
        return self._begin(_be_a_run_worker, day)

    def _begin(self, work: Any, what: Any) -> Command:
        output = self.folder / f"command-{len(self._commands)}"
        self._commands.append(Command(work, what, self._environ(), output))
        return self._commands[-1]

    def run(self, *arguments: str, expect: tuple[int, ...] = (0,)) -> Any:
        """`connector … --json`, to its end: its answer."""
        command = self.start(*arguments, "--json")
        code = command.wait()
        assert code in expect, f"exit code {code}: {command.err}"
        return command.answer

    @property
    def start_date(self) -> str:
        """The first partition."""
        return str(yaml.safe_load((self.path / "connections.yaml").read_text())["start_date"])

    def sync(self) -> dict[str, int]:
        """Bring the invoices into agreement: how many of each outcome, those that are none left out."""
        return outcomes(self.run("sync", INVOICES, expect=(0, 1)))

    def close(self) -> None:
        """End what is still at work, and the sandbox."""
        for command in self._commands:
            if command.alive:
                command.kill()
        self.sandbox.stop()

    # -- settings -------------------------------------------------------------------------------------------------

    def configure(self, change: Callable[[dict[str, Any]], None] = lambda settings: None) -> None:
        """Change `connections.yaml`; without a change of its own, let it point at this site's sandbox."""
        file = self.path / "connections.yaml"
        settings = yaml.safe_load(file.read_text())
        for offset, (name, path) in enumerate({"jde": "/jderest", "coupa": ""}.items(), 1):
            settings["connections"][name] |= {
                "url": f"http://127.0.0.1:{self.sandbox.base + offset}{path}",
                "effect_window_seconds": EFFECT_WINDOW_SECONDS,
            }
        change(settings)
        file.write_text(yaml.safe_dump(settings))

    # -- what is seen ---------------------------------------------------------------------------------------------

    @contextmanager
    def ledger(self) -> Iterator[Any]:
        """The ledger, opened for a look."""
        home = Home(self.path, self._environ())
        try:
            yield home.ledger()
        finally:
            home.close()

    def states(self, flow: str = INVOICES) -> dict[str, int]:
        """How many documents are in which state."""
        with self.ledger() as ledger:
            return dict(ledger.deliveries.counts(flow))

    def claimed(self, flow: str = INVOICES) -> set[str]:
        """Who works on documents at the moment."""
        with self.ledger() as ledger:
            return set(ledger.deliveries.owners(flow))

    def begun(self, flow: str = INVOICES) -> set[str]:
        """Documents with a call that was written down before it was made."""
        with self.ledger() as ledger:
            return set(ledger.deliveries.keys(flow, ["sending", "in_doubt", "failed", "refused", "settled"]))

    def undecided(self, flow: str = INVOICES) -> list[str]:
        """Documents with a call of which we do not know what became of it."""
        with self.ledger() as ledger:
            return sorted(ledger.intents.unfinished(flow, list(ledger.deliveries.keys(flow))))

    def end(self) -> End:
        """What has become of the invoices, there and here."""
        with self.ledger() as ledger:
            keys = list(ledger.deliveries.keys(INVOICES))
            days = {key: each.partition for key, each in ledger.deliveries.load(INVOICES, keys).items()}
        return End(self.sandbox.invoices(), self.states(), self.undecided(), days)

    def runs(self) -> list[dg.DagsterRun]:
        """Dagster's runs, the newest first."""
        environment = {**self._environ(), "DAGSTER_HOME": str(self.path / "dagster")}
        with patch.dict(os.environ, environment), dg.DagsterInstance.get() as instance:
            return list(instance.get_runs())

    def mapped(self, runs: int) -> bool:
        """Whether the newest so many runs have each mapped their invoices and go on to deliver them."""
        newest = [run for run in self.runs()[:runs] if not run.is_finished]
        with self.ledger() as ledger:
            told = [{report.flow for report in ledger.reports.of(run.run_id)} for run in newest]
        return len(told) == runs and all(f"{INVOICES}/mapped" in flows for flows in told)


@dataclass(frozen=True)
class End:
    """What a site has come to: Coupa's invoices, our documents by their states, those that nobody knows about, and the
    partition of each."""

    invoices: list[tuple[str, ...]]
    states: dict[str, int]
    undecided: list[str]
    days: dict[str, str | None]

    def of_day(self, day: str) -> list[tuple[str, ...]]:
        """The invoices of one partition."""
        return [invoice for invoice in self.invoices if self.days[f"F0411:{invoice[0]}"] == day]

    @property
    def documents(self) -> int:
        """How many vouchers there are."""
        return sum(self.states.values())


def outcomes(answer: Mapping[str, Any], flow: str = INVOICES) -> dict[str, int]:
    """The outcomes of a flow in the answer of a command, those that are none left out."""
    [entry] = [each for each in answer["flows"] if each["flow"] == flow]
    assert entry["read"] == sum(entry["outcomes"].values())
    return {name: count for name, count in entry["outcomes"].items() if count}


class Prepared:
    """Suppliers and accounts in agreement and no invoice sent yet, on one database: made once, to be copied."""

    def __init__(self, folder: Path, server: PostgresServer | None) -> None:
        self._folder = folder
        self._server = server
        self._database = self._new_database()
        self._begin = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
        site = ProcessSite(folder, SandboxProcess(folder / "state"), self._database)
        site.sandbox.start()
        try:
            assert site.start("init", "--sandbox", "--port-base", str(site.sandbox.base)).wait() == 0
            site.configure(several_calls)
            site.run("sync", f"{NAME}/suppliers", expect=(1,))
            site.run("sync", f"{NAME}/accounts")
        finally:
            site.close()

    def copy(self, to: Path) -> ProcessSite:
        """A site of its own, on ports of its own."""
        for name in ("home", "state"):
            shutil.copytree(self._folder / name, to / name, dirs_exist_ok=True)
        site = ProcessSite(to, SandboxProcess(to / "state"), self._new_database(self._database))
        site.configure(lambda settings: settings.update(start_date=self._begin))
        site.sandbox.start()
        return site

    def _new_database(self, template: str | None = None) -> str | None:
        if self._server is None:
            return None
        name = f"site_{secrets.token_hex(8)}"
        like = f" TEMPLATE {template.rpartition('/')[2]}" if template else ""
        self._server.execute(f"CREATE DATABASE {name}{like}")
        # a copied sequence takes its next numbers for logged already, and after a crash would give them again
        self._server.execute("CHECKPOINT")
        return self._server.url(name)


def several_calls(settings: dict[str, Any]) -> None:
    """Each invoice is created and then submitted: what dies may die between the two."""
    settings["integrations"][NAME]["flows"]["invoices"]["submit"] = True
