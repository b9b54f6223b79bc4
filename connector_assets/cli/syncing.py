"""One sync as an ordinary Dagster run executed here: which days, what came of it, and the exit code."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from dagster import AssetKey, BetaWarning, DagsterEvent, PreviewWarning, SupersessionWarning

from connector_assets.cli.arguments import actor
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, UNREACHABLE, UNUSABLE, system_problems, tell
from connector_assets.engine import plans
from connector_assets.engine.context import RunContext
from connector_assets.engine.days import todays
from connector_assets.engine.flow import Flow
from connector_assets.engine.report import NEEDS_A_PERSON as WAITING
from connector_assets.engine.report import OUTCOMES
from connector_assets.engine.watermarks import first_day
from connector_assets.orchestration.letting_in import LET_IN, TAG, Chosen, named
from connector_assets.orchestration.runs import execute
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_resources.instance.prepare import prepare_dagster_home
from connector_resources.ledger import Ledger


@dataclass
class Outcome:
    """What a run came to. `entries` are the flows that reported, `missing` those that did not get that far;
    `failures` is failed step -> why, `causes` the class names of the errors behind them."""

    run: str
    entries: list[dict[str, Any]]
    missing: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    causes: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    @property
    def plan_reason(self) -> str | None:
        """Why nothing was written, where a first sync became a plan."""
        return next((entry["plan_reason"] for entry in self.entries if entry.get("plan_reason")), None)

    def as_json(self) -> dict[str, Any]:
        """What `connector sync --json` prints."""
        reason = self.plan_reason
        entry = {"run": self.run, "plan": reason is not None, "flows": self.entries}
        return entry | ({"plan_reason": reason, "plan_id": self.run} if reason else {})

    def lines(self) -> list[str]:
        """What a first sync that only planned is called, and what is to be done first, for a person."""
        waits = [entry["flow"] for entry in self.entries if entry.get("plan_reason")]
        return [planned_only(self.run, waits)] if waits else []

    def code(self, ledger: Ledger, flows: Sequence[str]) -> int:
        """The exit code: of the flows' full names that the run was about."""
        if self.causes & system_problems():
            return UNREACHABLE
        if self.missing and not self.entries and self.causes & {"UnusableInput", "CopiedHome", "NotFound"}:
            return UNUSABLE
        if self.failures or self.missing or self.plan_reason or any(map(needs_a_person, self.entries)):
            return NEEDS_A_PERSON
        return NEEDS_A_PERSON if any(ledger.exceptions.open(flow) for flow in flows) else DONE


def planned_only(plan: str, flows: Sequence[str]) -> str:
    """Why flows were only planned, and what a person has to do before they write anything."""
    first = f"connector sync {flows[0]} --adopt (links what is there) or --baseline"
    return f"plan {plan}: the target holds documents of {', '.join(flows)} already: first {first}, then plan again"


def needs_a_person(entry: Mapping[str, Any]) -> bool:
    """Whether a flow's entry has documents that are not done."""
    return any(entry["outcomes"][name] for name in WAITING)


def days_of_sync(
    run_context: RunContext, flows: Sequence[Flow], first: date | None, last: date | None
) -> tuple[date, date] | None:
    """The first and last day of a sync, both included; None where all flows are read whole.

    Without a last day it is the latest today among the sources: each reads up to its own. Raises UnusableInput for a
    day outside the partitions, or one that has begun in none of them.
    """
    daily = [flow for flow in flows if flow.partitioned]
    if not daily:
        if first is not None or last is not None:
            raise UnusableInput(f"{flows[0].full_name} is read whole: --from and --to do not apply")
        return None
    overlap = run_context.integration.settings.overlap_days
    source, today = _latest_today(daily)
    begin = first if first is not None else min(first_day(flow, overlap) for flow in daily)
    end = last if last is not None else today
    for day in (begin, end):
        if day < run_context.start_date:
            raise UnusableInput(
                f"partition {day} is out of range: start_date in connections.yaml is {run_context.start_date}"
            )
        if day > today:
            raise UnusableInput(f"partition {day} is out of range: it is still {today} in {source}")
    if begin > end:
        where = "" if first is not None else ", where this sync would begin: give --from too"
        raise UnusableInput(f"--to {end} is before {begin}{where}")
    return begin, end


def chosen_of(
    run_context: RunContext,
    flows: Sequence[Flow],
    *,
    keys: Sequence[str],
    days: tuple[date | None, date | None],
    before_start: bool,
    mode: str,
) -> Chosen | None:
    """What a person lets in: documents by key, or by their days. History that is adopted or marked as seen may begin
    before the start date as well. None where the days are those of an ordinary sync.

    Raises UnusableInput for a key that the source does not hold, and for days that are not before the start date.
    """
    daily = [flow for flow in flows if flow.partitioned]
    names = tuple(flow.name for flow in daily)
    first, last = days
    start = run_context.start_date
    old = first is not None and first < start
    if not (keys or before_start or (old and mode in ("adopt", "baseline"))):
        return None
    if not daily:
        raise UnusableInput(f"{flows[0].full_name} is read whole: the start date does not hold for it")
    if keys:
        return Chosen(names, actor(), keys=named(daily[0], keys), mode=mode)
    if first is None:
        raise UnusableInput("--before-start needs --from: the first day to read")
    source, today = _latest_today(daily)
    end = last or (start - timedelta(days=1) if before_start else today)
    for day in (first, end):
        if before_start and day >= start:
            raise UnusableInput(f"{day} is not before start_date {start}: sync it without --before-start")
        if day > today:
            raise UnusableInput(f"{day} is out of range: it is still {today} in {source}")
    return Chosen(names, actor(), days=(first, end), mode=mode)


def _latest_today(flows: Sequence[Flow]) -> tuple[str, date]:
    """The connection in which it is the latest day, and that day."""
    return max(todays(flows).items(), key=lambda each: each[1])


def run_chosen(home: Home, integration: IntegrationSettings, flows: Sequence[type[Flow]], chosen: Chosen) -> Outcome:
    """Deliver what a person lets in through Dagster: a run without partitions."""
    return _run(home, integration, flows, f"{integration.name}{LET_IN}", None, {TAG: chosen.as_text()}, None)


def run_flows(
    home: Home,
    integration: IntegrationSettings,
    flows: Sequence[type[Flow]],
    days: tuple[date, date] | None,
    *,
    whole: bool,
    mode: str | None = None,
) -> Outcome:
    """Run these flows through Dagster. `whole`: they are all of the integration; `mode` is adopt, baseline or None."""
    from connector_assets.orchestration.flow_assets import DUE_TAG, MODE_TAG

    tags = {DUE_TAG: "yes"} | ({MODE_TAG: mode} if mode else {})
    return _run(home, integration, flows, integration.name, days, tags, None if whole else _assets(integration, flows))


def run_sweep(home: Home, integration: IntegrationSettings, flows: Sequence[type[Flow]], *, whole: bool) -> Outcome:
    """Run the sweep of these flows through Dagster."""
    assets = None if whole else [AssetKey([integration.name, flow.name, "swept"]) for flow in flows]
    return _run(home, integration, flows, f"{integration.name}_sweep", None, {}, assets)


def _assets(integration: IntegrationSettings, flows: Sequence[type[Flow]]) -> list[AssetKey]:
    from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
    from connector_assets.orchestration.source_assets import source_key

    sources = [source_key(integration.connections[each.role], each.entity) for flow in flows for each in flow.sources]
    written = [key(integration.name, flow.name) for flow in flows for key in (mapped_key, delivered_key)]
    return [*sources, *written]


def _run(
    home: Home,
    integration: IntegrationSettings,
    flows: Sequence[type[Flow]],
    job: str,
    days: tuple[date, date] | None,
    tags: dict[str, str],
    assets: list[AssetKey] | None,
) -> Outcome:
    """Execute the job here, say on standard error how it goes, and gather what the flows reported, in their order."""
    prepare_dagster_home(home.path)
    first, last = days or (None, None)
    watch = _Watch()
    with warnings.catch_warnings():
        # what of Dagster is in beta is known to us; it is no news for whoever runs a sync
        for category in (BetaWarning, PreviewWarning, SupersessionWarning):
            warnings.simplefilter("ignore", category)
        result = execute(job, first_day=first, last_day=last, tags=tags, asset_selection=assets, on_event=watch)
    reports = {each.flow: each.report for each in home.ledger().reports.of(result.run_id)}
    names = [f"{integration.name}/{flow.name}" for flow in flows]
    reports |= _plan_of(home, result.run_id, reports)
    entries = [_ordered(reports[name]) for name in names if "outcomes" in reports.get(name, {})]
    missing = [name for name in names if name not in reports]
    failures = {failure.step: failure.message for failure in result.failures}
    return Outcome(result.run_id, entries, missing, failures, watch.causes)


def _plan_of(home: Home, run: str, reports: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The entries of those flows that only planned, with their documents."""
    if not any("plan" in report for report in reports.values()):
        return {}
    return {name: each.entry() for name, each in plans.load(home.ledger(), run).flows.items()}


def _ordered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its outcomes in the order in which people read them; a database keeps none."""
    return {**entry, "outcomes": {name: entry["outcomes"][name] for name in OUTCOMES}}


class _Watch:
    """Tells of each step that ends, and keeps the class names of the errors behind those that fail."""

    def __init__(self) -> None:
        self.causes: set[str] = set()

    def __call__(self, event: DagsterEvent) -> None:
        step = (event.step_key or "").replace("__", "/")
        if event.is_step_success:
            tell(f"  {step}: {event.step_success_data.duration_ms / 1000:.1f} s")
        elif event.is_step_failure:
            tell(f"  {step}: failed")
            error = event.step_failure_data.error
            while error is not None:
                self.causes.add(error.cls_name or "")
                error = error.cause
