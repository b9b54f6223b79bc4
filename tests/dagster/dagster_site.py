"""A home that Dagster loads, between the two systems of a sandbox; its runs are those of the `connector` command."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import yaml
from dagster._core.definitions.reconstruct import ReconstructableJob

from connector_assets import definitions
from connector_assets.orchestration import runs
from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
from connector_assets.orchestration.partitions import days_from
from connector_resources.home import Home
from connector_resources.instance.prepare import prepare_dagster_home
from connector_sandbox.data import load_seed
from connector_sandbox.testing import Sandbox

DAYS = 3
SIZE = 60
NAME = "jde_coupa"
FLOWS = ("suppliers", "accounts", "invoices")
CREDENTIALS = {"jde": ("username", "password"), "coupa": ("client_id", "client_secret")}


def small_world() -> dict[str, Any]:
    """The seed's content, changed within the last few days in place of the last thirty."""
    world = load_seed(1, SIZE)
    first = today() - timedelta(days=DAYS - 1)
    for rows in world["jde"].values():
        for row in rows:
            if row.get("UPMJ") is not None:
                row["UPMJ"] = first + timedelta(days=row["UPMJ"].toordinal() % DAYS)
                if row["UPMJ"] == today() and row.get("UPMT"):
                    row["UPMT"] = 1  # nothing is stamped later than now, at any time of the day
    return dict(world)


def today() -> date:
    """The sandbox's JD Edwards is in London."""
    return datetime.now(ZoneInfo("Europe/London")).date()


@dataclass(frozen=True)
class FirstRun:
    """A first run that was made before the test: how it ended, the calls that it made, what Coupa held after it."""

    result: runs.RunResult
    calls: Counter[str]
    coupa: Any


class DagsterSite:
    """The installation: `home` has its settings and credentials, DAGSTER_HOME and CONNECTOR_HOME name it."""

    def __init__(self, sandbox: Sandbox, home: Home) -> None:
        self.sandbox = sandbox
        self.home = home
        self.first_run: FirstRun | None = None
        self.days = [today() - timedelta(days=DAYS - 1 - each) for each in range(DAYS)]
        self.names = [day.isoformat() for day in self.days]
        self.first, self.last = self.days[0], self.days[-1]
        self.tomorrow = self.last + timedelta(days=1)

    # -- settings -------------------------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """What `connections.yaml` holds unless a test changes it."""
        near = {"time_zone": "Europe/London", "effect_window_seconds": 0}
        limits = {"in_flight": 4, "backoff_seconds": 0.01, "retries": 1}
        return {
            "start_date": self.first.isoformat(),
            "connections": {
                "jde": {"system": "jde", "url": self.sandbox.url("jde"), "limits": limits, **near},
                "coupa": {
                    "system": "coupa",
                    "url": self.sandbox.url("coupa"),
                    "limits": {**limits, "per_second": None},
                    "settle_seconds": 0,
                    **near,
                },
            },
            "integrations": {NAME: {"flows": {"accounts": {"chart": "JDE"}}}},
        }

    def configure(self, change: Callable[[dict[str, Any]], None] = lambda settings: None) -> None:
        """Write `connections.yaml`, the credentials that its connections need, and load the definitions anew."""
        settings = self.settings()
        change(settings)
        self.home.create()
        self.home.connections_file.write_text(yaml.safe_dump(settings))
        known = self.sandbox.get("/credentials")
        for name, connection in settings["connections"].items():
            system = connection.get("system", name)
            for credential in CREDENTIALS.get(system, ()):
                self.home.credentials().set(name, credential, known[system][credential])
        self.load()

    def load(self) -> None:
        """Load the definitions of this home anew."""
        prepare_dagster_home(self.home.path)
        importlib.reload(definitions)
        # a process of the command knows one set of definitions; this one has had others
        ReconstructableJob.get_repository_definition.cache_clear()
        ReconstructableJob.get_definition.cache_clear()

    # -- runs -----------------------------------------------------------------------------------------------------

    def run(
        self,
        *days: date,
        job: str = NAME,
        tags: Mapping[str, str] | None = None,
        assets: Collection[dg.AssetKey] | None = None,
    ) -> runs.RunResult:
        """A run over these days, from the first to the last given; over all days by default."""
        first, last = (days[0], days[-1]) if days else (self.first, self.last)
        return runs.execute(job, first_day=first, last_day=last, tags=tags or {}, asset_selection=assets)

    def deliver(self, flow: str, *days: date) -> runs.RunResult:
        """The asset that writes, by itself."""
        return self.run(*days, assets=[delivered_key(NAME, flow)])

    def run_job(self, job: str) -> runs.RunResult:
        """A run of a job without days."""
        return runs.execute(job, first_day=None, last_day=None, tags={})

    def assets_of(self, flow: str) -> list[dg.AssetKey]:
        """The keys of what a flow reads, of its mapped and of its delivered asset."""
        graph = definitions.defs.resolve_asset_graph()
        mapped, delivered = mapped_key(NAME, flow), delivered_key(NAME, flow)
        read = [key for key in graph.get(mapped).parent_keys if key.path[0] != NAME]
        return [*read, mapped, delivered]

    def outcomes(self, run: runs.RunResult, integration: str = NAME) -> dict[str, dict[str, int]]:
        """Flow -> the outcomes that occurred in this run."""
        reports = {each.flow: each.report for each in self.home.ledger().reports.of(run.run_id)}
        return {
            flow: {name: count for name, count in reports[f"{integration}/{flow}"]["outcomes"].items() if count}
            for flow in FLOWS
            if f"{integration}/{flow}" in reports
        }

    # -- what is seen ---------------------------------------------------------------------------------------------

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """Dagster's instance of this home."""
        with dg.DagsterInstance.get() as opened:
            yield opened

    def statuses(self, key: dg.AssetKey) -> list[str | None]:
        """MATERIALIZED, FAILED or None of each day."""
        with self.instance() as instance:
            found = instance.get_status_by_partition(key, self.names, days_from(self.first)) or {}
        return [status.value if (status := found.get(name)) else None for name in self.names]

    def metadata(self, key: dg.AssetKey, day: date | None = None) -> dict[str, Any]:
        """The metadata of the newest materialization, of one day where one is given."""
        with self.instance() as instance:
            partitions = [day.isoformat()] if day else None
            records = dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions)
            found = instance.fetch_materializations(records, limit=1).records
        materialized = found[0].asset_materialization
        assert materialized is not None
        return {name: value.value for name, value in materialized.metadata.items()}

    def checks(self, key: dg.AssetKey, name: str) -> dict[str | None, dg.AssetCheckEvaluation]:
        """Day -> the newest evaluation of a check."""
        with self.instance() as instance:
            found = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(key, name), limit=100)
        evaluations: dict[str | None, dg.AssetCheckEvaluation] = {}
        for record in reversed(found):
            event = record.event.dagster_event if record.event else None
            if event is not None and event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                evaluation = event.asset_check_evaluation_data
                evaluations[evaluation.partition] = evaluation
        return evaluations

    def state(self) -> dict[str, Any]:
        """What Coupa holds: counts and totals."""
        found: dict[str, Any] = self.sandbox.get("/state")["coupa"]
        return found

    def calls(self) -> Counter[str]:
        """How often each route was called, of both systems."""
        routes = self.sandbox.get("/faults")["routes"]
        return Counter({route: count for system in routes.values() for route, count in system.items()})

    def writes(self) -> int:
        """Calls to Coupa that may have changed something."""
        routes = self.sandbox.get("/faults")["routes"].get("coupa", {})
        return sum(n for route, n in routes.items() if not route.startswith("GET ") and "oauth2" not in route)

    def secrets(self) -> list[str]:
        """The made-up passwords of both systems."""
        known = self.sandbox.get("/credentials")
        return [known["jde"]["password"], known["coupa"]["client_secret"]]

    # -- what users of JD Edwards do ------------------------------------------------------------------------------

    def touch_voucher(self, changed: date | None = None) -> str:
        """A voucher gets a remark, today or on the day given; its document key."""
        row = next(row for row in self.sandbox.systems["jde"].dump()["F0411"].values() if row["DCT"] == "PV")
        touched = {name: row[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0, "RMK": "seen by the clerk"}
        if changed is not None:
            touched |= {"UPMJ": changed.isoformat(), "UPMT": 120000}
        self.sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [touched]})
        return f"F0411:{row['KCO']}/{row['DCT']}/{row['DOC']}"
