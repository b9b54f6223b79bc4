"""Plans in the ledger: what a sync would send, kept so that exactly that can be sent later.

A plan is a report of each of its flows, and beside it the flow's documents with their frozen calls. The documents are
written first: a flow's report says that its plan is whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.frozen import Frozen, body_of, body_text, kept
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.references import shown
from connector_assets.engine.report import DaysRead, FlowReport, FollowUp, Planned
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Ledger, Link, Report

# raised when a plan of an earlier version cannot be applied by this one
FORMAT = 2
PLANNED = "/planned"
CALL = ("step", "content_hash", "target_id", "target_version")


@dataclass(frozen=True)
class FlowPlan:
    """One flow's part of a plan. `connections` says where its integration's connections led, `report` is as the command
    prints it, without the documents. `whole` are the days that the plan is all of."""

    flow: str
    at: datetime
    by: str
    connections: Mapping[str, str]
    report: Mapping[str, Any]
    documents: list[Planned]
    whole: DaysRead | None = None

    def calls(self, plan: str, made: Mapping[Referred, Link] | None = None) -> dict[str, Frozen]:
        """Key -> its frozen call, of the documents for which something would be sent. `made` are the links of what
        earlier flows of the plan have made: they take the place of the references."""
        return {each.key: replace(_filled(each, made or {}), plan=plan) for each in self.documents if each.frozen}

    @property
    def referred(self) -> set[Referred]:
        """What earlier flows of the plan are to make first, (flow's name, key)."""
        return {each for planned in self.documents for each in planned.after}

    def entry(self) -> dict[str, Any]:
        """The flow's entry in what `connector sync --plan --json` prints."""
        return {**self.report, "documents": [each.as_json() for each in self.documents]}


@dataclass(frozen=True)
class Plan:
    """A whole plan; `flows` by their full names, in the order in which they were planned."""

    id: str
    integration: str
    flows: dict[str, FlowPlan]


def keep(context: RunContext, report: FlowReport) -> None:
    """Keep a flow's plan in the ledger, under the run's name."""
    reports, now = context.ledger.reports, context.now()
    documents = [_stored(each) for each in report.planned]
    reports.put(context.run, f"{report.flow}{PLANNED}", {"documents": documents}, at=now)
    calls = sum(each.frozen is not None for each in report.planned)
    head: dict[str, Any] = {"format": FORMAT, "by": context.actor, "connections": _connections(context), "calls": calls}
    if report.whole is not None:
        to = {entity: day.isoformat() for entity, day in report.whole.to.items()}
        head["whole"] = {"first": report.whole.first.isoformat(), "to": to}
    entry = {name: value for name, value in report.as_json().items() if name != "documents"}
    reports.put(context.run, report.flow, {**entry, "plan": head}, plan=True, at=now)


def load(ledger: Ledger, id: str) -> Plan:
    """A plan by its id. Raises UnusableInput where there is none, or where another version made it."""
    reports = {each.flow: each for each in ledger.reports.of(id)}
    heads = [each for each in reports.values() if each.plan]
    if not heads:
        raise UnusableInput(f"there is no plan {id}: connector plans list")
    if any(each.report.get("plan", {}).get("format") != FORMAT for each in heads):
        raise UnusableInput(f"the plan {id} was made by another version of ml-connector: plan again")
    flows = {each.flow: _flow_plan(each, reports[f"{each.flow}{PLANNED}"]) for each in heads}
    return Plan(id, heads[0].flow.partition("/")[0], flows)


def require_same_systems(plan: Plan, context: RunContext) -> None:
    """Raise UnusableInput where the integration's connections lead elsewhere than they did when the plan was made."""
    if any(each.connections != _connections(context) for each in plan.flows.values()):
        raise UnusableInput(f"the plan {plan.id} was made for other addresses than connections.yaml has: plan again")


def _connections(context: RunContext) -> dict[str, str]:
    return {role: f"{each.name} {each.url}" for role, each in sorted(context.integration.connections.items())}


def _flow_plan(head: Report, documents: Report) -> FlowPlan:
    report = dict(head.report)
    made = report.pop("plan")
    planned = [_planned(stored) for stored in documents.report["documents"]]
    return FlowPlan(head.flow, head.at, made["by"], made["connections"], report, planned, _days(made.get("whole")))


def _days(stored: Mapping[str, Any] | None) -> DaysRead | None:
    if stored is None:
        return None
    to = {entity: date.fromisoformat(day) for entity, day in stored["to"].items()}
    return DaysRead(date.fromisoformat(stored["first"]), to)


def _filled(planned: Planned, made: Mapping[Referred, Link]) -> Frozen:
    frozen = planned.frozen
    if frozen is None:
        raise AssertionError(f"{planned.key} was planned without a call")
    lacking = [each for each in planned.after if each not in made]
    if lacking:
        return replace(frozen, lacks=", ".join(map(shown, lacking)))
    return frozen.referring(planned.content, made) if planned.content is not None else frozen


def _stored(planned: Planned) -> dict[str, Any]:
    """A document for the ledger, whose JSON keeps neither the order of fields nor numbers with a fraction: the body is
    a text to it."""
    stored: dict[str, Any] = {
        "key": planned.key,
        "action": planned.action,
        "changes": planned.changes,
        "day": planned.day,
        "amount": planned.amount,
        "currency": planned.currency,
    }
    if planned.after:
        stored |= {"after": [list(each) for each in planned.after], "content": planned.content}
    if planned.then is not None:
        then = planned.then
        stored["then"] = {"action": then.action, "changes": then.changes, "text": body_text(then.request)}
    if planned.frozen is not None:
        stored["call"] = {name: getattr(planned.frozen, name) for name in CALL} | {"text": planned.frozen.body}
    return stored


def _planned(stored: Mapping[str, Any]) -> Planned:
    frozen = kept(**stored["call"]) if "call" in stored else None
    return Planned(
        stored["key"],
        stored["action"],
        stored["changes"],
        body_of(frozen.body) if frozen is not None else None,
        frozen=frozen,
        day=date.fromisoformat(stored["day"]) if stored["day"] else None,
        amount=Decimal(stored["amount"]) if stored["amount"] is not None else None,
        currency=stored["currency"],
        after=tuple((flow, key) for flow, key in stored.get("after", ())),
        content=stored.get("content"),
        then=_then(stored["then"]) if "then" in stored else None,
    )


def _then(stored: Mapping[str, Any]) -> FollowUp:
    return FollowUp(stored["action"], stored["changes"], body_of(stored["text"]))
