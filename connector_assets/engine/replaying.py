"""Replay: bring chosen documents, of any day, to an outcome now, and touch no others.

The records are read again by key, with the reference data that they need; partitions are not run again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from connector_assets.engine.duplicates import REASON, report_duplicates
from connector_assets.engine.flow import Flow
from connector_assets.engine.pipeline import Pipeline, merge
from connector_assets.engine.report import FlowReport
from connector_assets.engine.task import policy_of
from connector_resources.ledger import Change


@dataclass
class Replay:
    """What became of the documents of one flow; `gone` are the keys that the source no longer holds."""

    report: FlowReport
    gone: list[str] = field(default_factory=list)


def replay(flows: Sequence[Flow], keys_by_flow: Mapping[str, Collection[str]]) -> list[Replay]:
    """Deliver the released documents by the flows' full names: of the integration's `flows`, in their order."""
    chosen = [flow for flow in flows if keys_by_flow.get(flow.full_name)]
    return [_replay(flow, sorted(set(keys_by_flow[flow.full_name]))) for flow in chosen]


def _replay(flow: Flow, keys: list[str]) -> Replay:
    land_reference_data(flow)
    if flow.context.ledger.findings.of(flow.full_name, REASON, keys):
        # what a person has voided in the target is seen nowhere else
        report_duplicates(flow, keys)
    pipeline = Pipeline(flow, policy_of(flow))
    records = {each.key for each in pipeline.unreadable.open()} & set(keys)
    keys = [key for key in keys if key not in records]
    days = _days(flow, keys)
    if records:
        merge(days, pipeline.unreadable.read_again(records))
    report = pipeline.deliver(pipeline.map(days))
    gone = sorted(set(keys) - report.results.keys() - pipeline.unreadable.blocked.keys())
    # what is not there cannot be tried again: without this its release would make every poll run for it
    changes = [Change(flow=flow.full_name, key=key, release_claim=False) for key in gone]
    flow.context.ledger.record(changes, flow.context.now())
    return Replay(report, gone)


def land_reference_data(flow: Flow) -> None:
    """Read the snapshots of a flow again: what a person has just put right may be in them."""
    for source in flow.sources:
        if not source.daily:
            flow.context.reader(source.role).land_snapshot(source.entity)


def _days(flow: Flow, keys: list[str]) -> dict[str, date | None]:
    """The keys with the partitions that they were last seen in."""
    known = flow.context.ledger.deliveries.load(flow.full_name, keys)
    days: dict[str, date | None] = {}
    for key in keys:
        partition = known[key].partition if key in known else None
        days[key] = date.fromisoformat(partition) if partition else None
    return days
