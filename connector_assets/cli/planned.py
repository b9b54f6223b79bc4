"""`connector sync --plan`: what a sync would write, without writing it. No Dagster run; the ledger keeps the plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connector_assets.cli.arguments import actor, run_name
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON
from connector_assets.cli.syncing import needs_a_person, planned_only
from connector_assets.engine.flow import Flow
from connector_assets.engine.pipeline import Mapped, Pipeline
from connector_assets.engine.replaying import land_reference_data
from connector_assets.engine.report import FlowReport
from connector_assets.engine.task import policy_of
from connector_assets.orchestration.letting_in import Chosen, read_chosen
from connector_assets.run_setup import open_run_context
from connector_resources.connections import IntegrationSettings
from connector_resources.home import Home
from connector_resources.ledger import Ledger
from connector_resources.ledger.releasing import LINK


@dataclass
class Plan:
    """What a plan came to; `notes` are for the person at the terminal."""

    run: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def plan_reason(self) -> str | None:
        """Why a sync would be a plan only, where it would."""
        return next((entry["plan_reason"] for entry in self.entries if entry.get("plan_reason")), None)

    def as_json(self) -> dict[str, Any]:
        """What `connector sync --plan --json` prints."""
        reason = self.plan_reason
        entry = {"run": None, "plan": True, "plan_id": self.run, "flows": self.entries}
        return entry | ({"plan_reason": reason} if reason else {})

    def lines(self) -> list[str]:
        """What the plan is called and what can be done with it, for a person."""
        waits = [entry["flow"] for entry in self.entries if entry.get("plan_reason")]
        if waits:
            return [planned_only(self.run, waits)]
        calls = sum(each["request"] is not None for entry in self.entries for each in entry["documents"])
        documents = "1 document" if calls == 1 else f"{calls or 'no'} documents"
        then = [
            f"  look at it again: connector plans show {self.run}",
            f"  send exactly this: connector sync --apply {self.run}",
        ]
        return [f"plan {self.run}: {documents} to send", *(then if calls else [])]

    def code(self, ledger: Ledger, flows: Sequence[str]) -> int:
        """The exit code: 1 where a person would be needed, now or after the sync."""
        waits = self.plan_reason or any(map(needs_a_person, self.entries))
        return NEEDS_A_PERSON if waits or any(ledger.exceptions.open(flow) for flow in flows) else DONE


def plan_flows(
    home: Home,
    integration: IntegrationSettings,
    kinds: Sequence[type[Flow]],
    days: tuple[date, date] | None,
    chosen: Chosen | None = None,
) -> Plan:
    """Read, map and check the documents of these flows, and plan what would be done with each: those of the days and
    what is due, or those that a person would let in."""
    plan = Plan(run_name("plan"))
    planned: set[str] = set()
    with open_run_context(home, integration.name, plan.run, actor=actor(), reading=True) as run_context:
        run_context.foresee()
        for kind in kinds:
            flow = kind(run_context)
            pipeline = Pipeline(flow, policy_of(flow), lets_in=chosen is not None)
            mapped = _mapped(pipeline, days) if chosen is None else read_chosen(pipeline, chosen)
            report = pipeline.deliver(mapped, mode="plan")
            entry = report.as_json()
            first = _only_waiting(mapped, planned)
            if first:
                entry["waits_for_this_plan"] = first
                plan.notes.append(
                    f"{flow.full_name}: {first} held documents wait only for records that this sync creates first:"
                    f" plan again once it is done"
                )
            elsewhere = _waiting_for_others(mapped, {f"{integration.name}/{kind.name}" for kind in kinds})
            if elsewhere:
                count, others = elsewhere
                plan.notes.append(
                    f"{flow.full_name}: {count} held documents wait only for what {' and '.join(others)} would link:"
                    f" connector sync {integration.name} --plan plans them together"
                )
            plan.entries.append(entry)
            planned |= _waits_released(flow, report)
    return plan


def _mapped(pipeline: Pipeline, days: tuple[date, date] | None) -> Mapped:
    flow = pipeline.flow
    if flow.partitioned and days is not None:
        pipeline.land(*days)
        # what an earlier plan set aside is planned again, whatever day it is of
        set_aside = flow.context.ledger.exceptions.open(flow.full_name, reason="changed_since_plan")
        again: dict[str, date | None] = {each.key: None for each in set_aside}
        return pipeline.map(again | pipeline.keys_of(*days, due=True))
    land_reference_data(flow)
    return pipeline.map(flow.all_keys())


def _waits_released(flow: Flow, report: FlowReport) -> set[str]:
    """What others wait for and this flow would link."""
    linked = {"created", "adopted", "staged"}
    return {f"{LINK}{flow.full_name}:{each.key}" for each in report.results.values() if each.outcome in linked}


def _only_waiting(mapped: Mapped, planned: set[str]) -> int:
    """How many held documents have no problem but a link that the flows before them would make."""
    return sum(
        bool(problems) and all(problem.waits_for in planned for problem in problems)
        for problems in mapped.findings.rows.values()
    )


def _waiting_for_others(mapped: Mapped, own: Collection[str]) -> tuple[int, list[str]] | None:
    """How many held documents have no problem but links of flows that are not in the plan, and these flows."""
    count, others = 0, set[str]()
    for problems in mapped.findings.rows.values():
        waits = {(each.waits_for or "").removeprefix(LINK).partition(":")[0] for each in problems}
        links = all((each.waits_for or "").startswith(LINK) for each in problems)
        if problems and links and not waits & set(own):
            count, others = count + 1, others | waits
    return (count, sorted(others)) if count else None
