"""An installation whose every part is a process of its own: sandboxes, commands, run workers. All can be killed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg
import yaml
from ledger_places import forget_home
from process_commands import Command, be_a_run_worker, be_the_command
from process_sandbox import SandboxProcess
from throwaway_postgres import PostgresServer

from connector_resources.home import Home

NAME = "jde_coupa"
INVOICES = f"{NAME}/invoices"
SIZE = 120
DAYS = 7  # of the thirty that the sandbox has: Dagster's work grows with the days, and its work is not what is tested
EFFECT_WINDOW_SECONDS = 2.0
PATIENCE_SECONDS = 120
LATE_SECONDS = 0.5  # time enough for a test to do its worst


def until(condition: Callable[[], Any], what: str, seconds: float = 120, pause: float = 0.01) -> Any:
    """Wait for something to become true; what it is then."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"did not happen in time: {what}"
        time.sleep(pause)
    return found


@dataclass
class ProcessSite:
    """A home, its database (None: SQLite) and the sandbox that it is connected to."""

    folder: Path
    sandbox: SandboxProcess
    database: str | None = None
    _commands: list[Command] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """CONNECTOR_HOME."""
        return self.folder / "home"

    def _environ(self) -> dict[str, str]:
        own = {
            "CONNECTOR_HOME": str(self.path),
            "CONNECTOR_INSTANCE": os.environ["CONNECTOR_INSTANCE"],
            "CONNECTOR_PATIENCE_SECONDS": str(PATIENCE_SECONDS),
        }
        if self.database is not None:
            own["CONNECTOR_DATABASE_URL"] = self.database
        dropped = ("CONNECTOR_", "DAGSTER_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return kept | own

    # -- processes ------------------------------------------------------------------------------------------------

    def start(self, *arguments: str) -> Command:
        """`connector …`, at work when this returns."""
        return self._begin(be_the_command, list(arguments))

    def start_run(self, day: str) -> Command:
        """A process that executes a run of the invoices for this partition."""
        return self._begin(be_a_run_worker, (INVOICES, day))

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

    def start_until(
        self, call: Mapping[str, str], number: int, *arguments: str, faults: Sequence[Mapping[str, Any]] = ()
    ) -> Command:
        """A sync of the invoices, or another command, in the middle of its work: calls of this kind are answered late
        from `number` on, and two of them wait for their answers now. `faults` are what goes wrong before."""
        self.sandbox.script(*faults, {**call, "kind": "delay", "seconds": LATE_SECONDS, "from": number})
        before = self.sandbox.called(call)
        command = self.start(*(arguments or ("sync", INVOICES)), "--json")
        until(lambda: self.sandbox.called(call) > before + number, f"{number} times {call['route']}")
        return command

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
            days = {key: str(each.partition) for key, each in ledger.deliveries.load(INVOICES, keys).items()}
            spoilt = [finding.message for proof in ledger.audit.prove() for finding in proof.findings]
        return End(self.sandbox.invoices(), self.states(), self.undecided(), days, spoilt)

    def runs(self) -> list[dg.DagsterRun]:
        """Dagster's runs, the newest first."""
        environment = {**self._environ(), "DAGSTER_HOME": str(self.path / "dagster")}
        with patch.dict(os.environ, environment), dg.DagsterInstance.get() as instance:
            return list(instance.get_runs())

    def delivering(self) -> set[str]:
        """The runs under way that have mapped their invoices."""
        under_way = [run.run_id for run in self.runs() if not run.is_finished]
        with self.ledger() as ledger:
            reports = {run: {report.flow for report in ledger.reports.of(run)} for run in under_way}
        return {run for run, flows in reports.items() if f"{INVOICES}/mapped" in flows}


@dataclass(frozen=True)
class End:
    """What a site has come to: Coupa's invoices, our documents by their states, those that nobody knows about, the
    partition of each, and where the audit trail is not what was written."""

    invoices: list[tuple[str, ...]]
    states: dict[str, int]
    undecided: list[str]
    days: dict[str, str]
    spoilt: list[str]

    def of_day(self, day: str) -> list[tuple[str, ...]]:
        """The invoices of one partition."""
        return [invoice for invoice in self.invoices if self.days[f"F0411:{invoice[0]}"] == day]

    @property
    def documents(self) -> int:
        """How many vouchers there are, those that a rule ignores too."""
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
        site = ProcessSite(folder, SandboxProcess(folder / "state", SIZE), self._database)
        site.sandbox.start()
        try:
            assert site.start("init", "--sandbox", "--port-base", str(site.sandbox.base)).wait() == 0
            site.configure(several_calls)
            site.run("sync", f"{NAME}/suppliers", expect=(1,))
            site.run("sync", f"{NAME}/accounts")
        finally:
            site.close()
        if self._database is not None:
            forget_home(self._database, "home_ledger")

    def copy(self, to: Path) -> ProcessSite:
        """A site of its own, on ports of its own."""
        for name in ("home", "state"):
            shutil.copytree(self._folder / name, to / name, dirs_exist_ok=True)
        site = ProcessSite(to, SandboxProcess(to / "state", SIZE), self._new_database(self._database))
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
