"""One installation between two systems, driven as the Dagster assets drive it, over real HTTP. `Site` is between JD
Edwards and Coupa; another pair's is a class of it (`bill_site.BillSite`)."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self
from uuid import uuid4

from landing_places import landing_store
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY, Books
from scenario_spend import Spend

from connector_assets.cli.sandboxes import vendors_own
from connector_assets.cli.syncing import days_of_sync
from connector_assets.engine import plans
from connector_assets.engine.applying import apply
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Flow
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.report import FlowReport
from connector_assets.engine.task import DeliveryPolicy, policy_of
from connector_assets.orchestration.letting_in import Chosen, let_in, named
from connector_assets.orchestration.probes import Finding, look
from connector_assets.orchestration.sweep import Sweep, sweep
from connector_assets.pairs.registry import flow_class
from connector_assets.run_setup import flows_of, integration_of, open_reader
from connector_assets.systems.registry import system_of
from connector_resources.connections import Connection, Settings
from connector_resources.ledger import ExceptionRow, Ledger, NewLink, Staged
from connector_resources.ledger.approving import Chosen as Approved
from connector_sandbox.testing import Sandbox

NAME = "jde_coupa"
ALL = ("suppliers", "accounts", "invoices")
# the pay status of what Coupa Pay pays, and how it is set
HANDED_OVER = "B"
HANDING = {name: ORCHESTRATIONS[name] for name in ("voucher_pay_status",)}


class Hands:
    """The clock of the sandbox, for our side too: what waits turns the hands for both, and takes no time.

    What happens late in the sandbox happens in real time; where a scenario is about that, `patient` waits really.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._clock = sandbox.clock
        self.patient = False

    def now(self) -> Any:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0 and self.patient:
            time.sleep(seconds)
        elif seconds > 0:
            self._clock.advance(seconds)


@dataclass
class Site:
    """A home with its ledger and landing store. Each `sync` is a run of its own with logins of its own."""

    sandbox: Sandbox
    folder: Path
    ledger: Ledger
    clock: Hands
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    start: date = YESTERDAY

    # the integration and its kind, the system beside JD Edwards, and the flows that a sync brings where none is named
    NAME: ClassVar[str] = NAME
    SYSTEM: ClassVar[str] = "coupa"
    ALL: ClassVar[tuple[str, ...]] = ALL

    def __post_init__(self) -> None:
        self.books = Books(self.sandbox)
        self.open()

    def open(self) -> None:
        """What is of this pair: its flows, its connections, and the hands of the other system's users."""
        self.spend = Spend(self.sandbox)
        self.flows = {"suppliers": {}, "accounts": {"chart": "JDE"}, "invoices": {}, **self.flows}
        local = self.local()
        self.connections = {
            "jde": {
                "system": "jde",
                "url": self.sandbox.url("jde"),
                "orchestrations": HANDING,
                "currency_decimals": "as_served",
                **local,
            },
            "coupa": {"system": "coupa", "url": self.sandbox.url("coupa"), "settle_seconds": 0, **local},
        }
        self.connections["coupa"]["limits"] = {**local["limits"], "per_second": None}

    def close(self) -> None:
        """Let the connections go."""
        self.spend.close()

    @contextmanager
    def forgetting(self) -> Iterator[Self]:
        """The same installation after it lost its ledger and all that it had read."""
        folder = self.folder / "another"
        folder.mkdir()
        with Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", clock=self.clock) as ledger:
            blank = type(self)(self.sandbox, folder, ledger, self.clock, flows=self.flows)
            blank.connections = self.connections
            try:
                yield blank
            finally:
                blank.close()

    @staticmethod
    def local() -> dict[str, Any]:
        """What every connection to the sandbox has."""
        return {"time_zone": "Europe/London", "limits": {"in_flight": 4, "backoff_seconds": 0.01}}

    # -- settings -------------------------------------------------------------------------------------------------

    def written(self) -> dict[str, Any]:
        """The flows as connections.yaml has them. What Coupa Pay pays is handed over first, unless a scenario says
        otherwise."""
        invoices = self.flows.get("invoices", {})
        if "payments_to_jde" in self.flows or invoices.get("mode") == "external_payables":
            return self.flows | {"invoices": {"handed_over_status": HANDED_OVER} | invoices}
        return self.flows

    def configure(self, flow: str, **settings: Any) -> None:
        """Change settings of a flow, as one edits connections.yaml."""
        self.flows[flow] = self.flows[flow] | settings

    def connect(self, name: str, **settings: Any) -> None:
        """Change settings of a connection."""
        self.connections[name] = self.connections[name] | settings

    @contextmanager
    def context(self, actor: str = "connector") -> Iterator[RunContext]:
        """The tools of one new run."""
        text = {
            "start_date": self.start.isoformat(),
            "connections": self.connections,
            "integrations": {self.NAME: {"flows": self.written(), **self.settings}},
        }
        settings = Settings.parse(json.dumps(text), self.folder / "connections.yaml")
        assert not settings.broken, settings.broken
        context = RunContext(
            integration=integration_of(settings, self.NAME),
            ledger=self.ledger,
            landing=landing_store(self.folder / "landing", self.ledger),
            open_client=self._client,
            open_reader=open_reader,
            start_date=settings.start_date,
            run=uuid4().hex,
            clock=self.clock,
            actor=actor,
        )
        try:
            yield context
        finally:
            context.close()

    def _client(self, connection: Connection) -> Any:
        known = self.sandbox.get("/credentials")[connection.system]
        credentials = {name: str(vendors_own(known, name)) for name in connection.CREDENTIALS}
        return system_of(connection.system).client()(connection, credentials, clock=self.clock)

    # -- runs -----------------------------------------------------------------------------------------------------

    def in_zone(self, role: str, zone: str) -> None:
        """A system is elsewhere, and its connection says so."""
        self.connect(role, time_zone=zone)
        if role != "bill":
            # BILL's instants are in UTC wherever its organisation is
            self.sandbox.post("/options", {role: {"time_zone": zone}})

    def days(self, *names: str, first: date | None = None, last: date | None = None) -> tuple[date, date] | None:
        """The first and last day that `connector sync` of these flows is of."""
        with self.context() as context:
            return days_of_sync(context, [self._flow(context, name) for name in names or self.ALL], first, last)

    def tick(self, *names: str) -> Finding:
        """What a tick of the schedule finds to do for these flows."""
        with self.context() as context:
            return look(context, [self._flow(context, name) for name in names or self.ALL])

    def sync(
        self,
        *names: str,
        first: date = YESTERDAY,
        last: date = TODAY,
        mode: str = "apply",
        due: bool = True,
        first_ever: bool = False,
    ) -> dict[str, FlowReport]:
        """One run over these flows (all of them) and days: land, map, check, deliver, as the assets do; with
        `first_ever` as their first one, which looks for what has no day too."""
        with self.context() as context:
            return {
                name: self._run(self._flow(context, name), first, last, mode, due, first_ever)
                for name in names or self.ALL
            }

    def _run(self, flow: Flow, first: date, last: date, mode: str, due: bool, first_ever: bool = False) -> FlowReport:
        pipeline = Pipeline(flow, self._policy(flow))
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        pipeline.land(first, last)
        if flow.partitioned and first_ever:
            keys = pipeline.keys_of(first, last, due=due)
        elif flow.partitioned:
            keys = pipeline.changed_keys(first, last)
            keys = (pipeline.due_keys() if due else {}) | keys
        else:
            keys = flow.all_keys()
        mapped = pipeline.map(keys)
        pipeline.store(mapped, (first, last) if flow.partitioned else None)
        loaded = pipeline.check(pipeline.load(days if flow.partitioned else None))
        return pipeline.deliver(loaded, mode=mode, baseline_to=last if mode == "baseline" else None)

    def plan(self, *names: str) -> str:
        """The operator plans from the start date on; returns the plan's id."""
        with self.context("planner") as context:
            context.foresee()
            for name in names or self.ALL:
                self._run(self._flow(context, name), self.start, TODAY, "plan", True)
            return context.run

    def apply(self, plan: str) -> dict[str, FlowReport]:
        """The operator applies a plan."""
        with self.context("clerk") as context:
            done = apply(context, flows_of(context), plans.load(self.ledger, plan))
        return {each.report.flow.partition("/")[2]: each.report for each in done}

    def sweep(self, name: str) -> Sweep:
        """The slower look at all keys."""
        with self.context() as context:
            return sweep(self._flow(context, name))

    def let_in(self, name: str, *keys: str, days: tuple[date, date] | None = None, mode: str = "apply") -> FlowReport:
        """The operator lets documents in: by key, or those of days before the start date."""
        with self.context() as context:
            flow = self._flow(context, name)
            found = named(flow, keys) if keys else {}
            return let_in(flow, Chosen((name,), "clerk", found, days, mode))

    def _flow(self, context: RunContext, name: str) -> Flow:
        return flow_class(self.NAME, name)(context)

    def _policy(self, flow: Flow) -> DeliveryPolicy:
        return replace(policy_of(flow), **self.policy)

    # -- what the operator sees and does --------------------------------------------------------------------------

    def reasons(self, flow: str) -> dict[str, set[str]]:
        """Document key -> the reasons of its open exceptions."""
        found: dict[str, set[str]] = {}
        for each in self.exceptions(flow):
            found.setdefault(each.key, set()).add(each.reason)
        return found

    def exceptions(self, flow: str) -> list[ExceptionRow]:
        """The open exceptions of a flow."""
        return self.ledger.exceptions.open(flow=f"{self.NAME}/{flow}")

    def exception(self, flow: str) -> ExceptionRow:
        """The only open exception of a flow."""
        found = self.exceptions(flow)
        assert len(found) == 1, [(each.key, each.reason) for each in found]
        return found[0]

    def replay(self, flow: str, reason: str | None = None) -> None:
        """The operator says: try again."""
        self.ledger.exceptions.release(flow=f"{self.NAME}/{flow}", reason=reason, actor="clerk", now=self.clock.now())

    def dismiss(self, id: str) -> None:
        """The operator says: leave it."""
        self.ledger.exceptions.dismiss(id, actor="clerk", note="seen", now=self.clock.now())

    def waiting(self, flow: str) -> list[Staged]:
        """What of a flow waits for an approval."""
        return self.ledger.staged.waiting(Approved(flow=f"{self.NAME}/{flow}"))

    def approve(self, flow: str, **rule: Any) -> int:
        """The approver lets go what waits, or what a rule chooses; returns how many."""
        chosen = Approved(flow=f"{self.NAME}/{flow}", **rule)
        return len(self.ledger.staged.approve(chosen, actor="approver", note="checked", now=self.clock.now()))

    def reject(self, flow: str) -> None:
        """The approver says no to all that waits."""
        self.ledger.staged.reject(
            Approved(flow=f"{self.NAME}/{flow}"), actor="approver", note="no", now=self.clock.now()
        )

    def map_term(self, ours: str, theirs: str) -> None:
        """The operator maps a payment term."""
        self.map_value("payment_terms", ours, theirs)

    def map_value(self, table: str, ours: str, theirs: str) -> None:
        """The operator sets a value of a mapping."""
        self.ledger.mappings.set(self.NAME, table, ours, theirs, "clerk", self.clock.now())

    def link(self, flow: str, key: str, entity: str, id: int | str, label: str = "") -> None:
        """The operator links two records by hand."""
        link = NewLink(
            flow=f"{self.NAME}/{flow}",
            source_connection="jde",
            source_key=key,
            target_connection=self.SYSTEM,
            target_entity=entity,
            target_id=str(id),
            target_label=label,
            origin="set",
        )
        self.ledger.links.set(link, "clerk", self.clock.now())

    def link_born(self, flow: str, key: str, voucher: str) -> None:
        """The operator links a document that was born in the other system to its voucher (`00001/PV/4711`)."""
        link = NewLink(
            flow=f"{self.NAME}/{flow}",
            source_connection=self.SYSTEM,
            source_key=key,
            target_connection="jde",
            target_entity="F0411",
            target_id=voucher,
            origin="set",
        )
        self.ledger.links.set(link, "clerk", self.clock.now())


def outcomes(report: FlowReport) -> dict[str, int]:
    """The outcomes that occurred, with their numbers."""
    return {name: number for name, number in report.outcomes().items() if number}


def outcome(report: FlowReport, key: str) -> str:
    """What became of one document."""
    return report.results[key].outcome


def planned(report: FlowReport) -> Mapping[str, Any]:
    """The plan's entries by document key."""
    return {each.key: each for each in report.planned}


def tally(report: FlowReport) -> Counter[str]:
    """Rules and how many documents each ignored."""
    return Counter(report.rules())
