"""Applying a plan: what it says is sent, to the byte, and nothing else.

The plan's documents are read anew by key on both sides, with the reference data that they need. What is not as it was
planned, on either side, is held as `changed_since_plan`; documents outside the plan are not touched. Like a replay this
is no Dagster run: it is about documents of many days and works through none of them, so that no partition would be told
truly of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from connector_assets.delivery.flow import Flow
from connector_assets.delivery.pipeline import Pipeline
from connector_assets.delivery.plans import FlowPlan, Plan, require_same_systems
from connector_assets.delivery.report import FlowReport
from connector_assets.delivery.workbench import Workbench
from connector_assets.opening import flows_of, pace_of
from connector_assets.replaying import land_reference_data
from connector_resources.errors import UnusableInput


@dataclass
class Applied:
    """What became of the planned documents of one flow; `gone` are the keys that the source no longer holds."""

    report: FlowReport
    gone: list[str] = field(default_factory=list)


def apply(bench: Workbench, plan: Plan, only: Collection[str] | None = None) -> list[Applied]:
    """Send what a plan says, flow by flow (by their full names; all of them), in the order in which flows need each
    other's links.

    Raises UnusableInput, with nothing sent, where the plan was made for other systems, or for a flow that waits to be
    opened.
    """
    require_same_systems(plan, bench)
    wanted = plan.flows.keys() if only is None else plan.flows.keys() & set(only)
    chosen = [flow for flow in flows_of(bench) if flow.full_name in wanted]
    for flow in chosen:
        if plan.flows[flow.full_name].calls(plan.id):
            _require_open(flow)
    return [_apply(flow, plan.flows[flow.full_name], plan.id) for flow in chosen]


def _require_open(flow: Flow) -> None:
    if Pipeline(flow, pace_of(flow)).must_plan_first("plan"):
        raise UnusableInput(
            f"{flow.full_name} was planned only, since the target holds documents: sync it with --adopt or --baseline,"
            f" then plan again"
        )


def _apply(flow: Flow, planned: FlowPlan, plan: str) -> Applied:
    calls = planned.calls(plan)
    if not calls:
        return Applied(FlowReport(flow.full_name, flow.carries_money))
    land_reference_data(flow)
    # what a plan holds a person let in, however old it is
    pipeline = Pipeline(flow, pace_of(flow), lets_in=True)
    days = {each.key: each.day for each in planned.documents if each.key in calls}
    report = pipeline.deliver(pipeline.map(days), plan=calls)
    return Applied(report, sorted(calls.keys() - report.results.keys()))
