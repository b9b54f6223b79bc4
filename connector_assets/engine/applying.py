"""Applying a plan: exactly what it contains is sent, byte for byte, and nothing else.

The plan's documents are read again by key on both sides, with the reference data that they need. A document that
differs from the plan, on either side, is held as `changed_since_plan`. Documents outside the plan are not touched.
Applying is no Dagster run, and neither is a replay: it handles documents of many days and completes none of these days,
so it must not mark a partition.

It goes flow by flow. A reference to what an earlier flow of the plan creates stands for the record that this plan
created, or that a sync created of the same document since. A link that a person set, or a record that existed before,
is not what was planned. When everything that a plan says of a flow is in the target, and the plan was whole (it left
nothing of its days to a sync), the flow's watermarks move to the days to which the plan read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import Frozen
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.plans import FlowPlan, Plan, require_same_systems
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.references import shown
from connector_assets.engine.replaying import land_reference_data
from connector_assets.engine.report import SETTLED, FlowReport
from connector_assets.engine.task import policy_of
from connector_assets.engine.watermarks import advance_as_planned
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Link


@dataclass
class Applied:
    """What became of the planned documents of one flow; `gone` are the keys that the source no longer holds, `after`
    says of those that were not sent what they refer to that is not made yet, as plans show it."""

    report: FlowReport
    gone: list[str] = field(default_factory=list)
    after: dict[str, list[str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The flow's entry in what `connector sync --apply --json` prints."""
        return self.report.as_json() | {"gone_in_source": self.gone, "waits_for_plan": self.after}


def apply(context: RunContext, flows: Sequence[Flow], plan: Plan, only: Collection[str] | None = None) -> list[Applied]:
    """Send what a plan says: of the integration's `flows`, in their order, those of `only` (full names; None: all).

    Raises UnusableInput, with nothing sent, where the plan was made for other systems, or for a flow that waits to be
    opened.
    """
    require_same_systems(plan, context)
    wanted = plan.flows.keys() if only is None else plan.flows.keys() & set(only)
    chosen = [flow for flow in flows if flow.full_name in wanted]
    for flow in chosen:
        if plan.flows[flow.full_name].calls(plan.id):
            _require_open(flow)
    return [_apply(flow, plan) for flow in chosen]


def _require_open(flow: Flow) -> None:
    if Pipeline(flow, policy_of(flow)).must_plan_first("plan"):
        raise UnusableInput(
            f"{flow.full_name} was planned only, since the target holds documents: sync it with --adopt or --baseline,"
            f" then plan again"
        )


def _apply(flow: Flow, plan: Plan) -> Applied:
    planned = plan.flows[flow.full_name]

    def filled() -> dict[str, Frozen]:
        return planned.calls(plan.id, _made(flow.context, plan, planned))

    calls = filled()
    if not calls:
        _advance(flow, planned)
        return Applied(FlowReport(flow.full_name, flow.carries_money))
    land_reference_data(flow)
    # what a plan holds a person let in, however old it is
    pipeline = Pipeline(flow, policy_of(flow), lets_in=True)
    days = {each.key: each.day for each in planned.documents if each.key in calls}
    report = pipeline.deliver(pipeline.map(days), plan=calls, filled=filled)
    made = _made(flow.context, plan, planned)
    left = {key for key, each in report.results.items() if each.outcome not in SETTLED}
    after = {
        each.key: [shown(other) for other in each.after if other not in made]
        for each in planned.documents
        if each.key in left and not made.keys() >= set(each.after)
    }
    gone = sorted(calls.keys() - report.results.keys())
    if report.error is None and not left and not gone:
        _advance(flow, planned)
    return Applied(report, gone, after)


def _advance(flow: Flow, planned: FlowPlan) -> None:
    if planned.whole is not None:
        advance_as_planned(flow, planned.whole)


def _made(context: RunContext, plan: Plan, planned: FlowPlan) -> dict[Referred, Link]:
    """The links of what a flow's documents refer to, of those that came into being as it was planned."""
    made: dict[Referred, Link] = {}
    referred = planned.referred
    for name in {flow for flow, _ in referred}:
        full_name = f"{plan.integration}/{name}"
        adopted, there = set[str](), set[str]()
        for each in plan.flows[full_name].documents:
            if each.frozen is None:
                adopted.add(each.key)
            elif each.frozen.target_id is not None:
                # linked before, however it was, and only put in use again
                there.add(each.key)
        links = context.ledger.links.of(full_name, [key for flow, key in referred if flow == name])
        made |= {
            (name, key): link
            for key, link in links.items()
            if key in there or link.origin == ("matched" if key in adopted else "created")
        }
    return made
