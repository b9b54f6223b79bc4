"""Documents that a person lets in, by key or by days before the start date: a run without partitions.

The start date is the first partition, so earlier days have none. Such a run reads and delivers the documents that were
asked for, and moves no watermark. The audit trail says who let in a document that the start date had excluded.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

import dagster as dg

from connector_assets.engine.flow import Flow
from connector_assets.engine.pipeline import Mapped, Pipeline
from connector_assets.engine.replaying import land_reference_data
from connector_assets.engine.report import FlowReport
from connector_assets.engine.start_date import of_before
from connector_assets.engine.task import policy_of
from connector_assets.orchestration.flow_assets import clients_of, delivered_key, run_context_of
from connector_assets.orchestration.metadata import report_metadata
from connector_assets.orchestration.schedules import INTEGRATION_TAG
from connector_assets.orchestration.source_assets import as_dagster_failure
from connector_assets.pairs.registry import flows_on
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, NewEvent

LET_IN = "_let_in"
TAG = "connector/let_in"
EVENT = "let_in"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is let in, of these flows by their names: documents by key, each with its day of change, or those that
    changed in `days`, both included. `by` is who asked for it, `mode` as `Pipeline.deliver` has it."""

    flows: tuple[str, ...]
    by: str
    keys: Mapping[str, date | None] = field(default_factory=dict)
    days: tuple[date, date] | None = None
    mode: str = "apply"

    def as_text(self) -> str:
        """As a run's tag keeps it, so that the run says what it was and can be executed again."""
        keys = {key: day.isoformat() if day else None for key, day in self.keys.items()}
        days = [day.isoformat() for day in self.days or ()]
        content = {"flows": self.flows, "by": self.by, "keys": keys, "days": days, "mode": self.mode}
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `as_text` has written."""
        content = json.loads(text)
        keys = {key: date.fromisoformat(day) if day else None for key, day in content["keys"].items()}
        days = tuple(map(date.fromisoformat, content["days"]))
        return cls(tuple(content["flows"]), content["by"], keys, (days[0], days[-1]) if days else None, content["mode"])


def named(flow: Flow, wanted: Collection[str]) -> dict[str, date | None]:
    """The documents of these keys, with their days; the key of a voucher stands for all of its pay items. Raises
    UnusableInput for a key that the source does not hold."""
    keys = flow.all_keys()
    found: dict[str, date | None] = {}
    for name in wanted:
        own = {key: day for key, day in keys.items() if key == name or key.startswith(f"{name}/")}
        if not own:
            like = f": the keys of this flow are such as {min(keys)}" if keys else ""
            raise UnusableInput(f"{flow.full_name}: the source holds no {name}{like}")
        found |= own
    return found


def let_in(flow: Flow, chosen: Chosen) -> FlowReport:
    """Deliver what a person lets in of one flow."""
    pipeline = Pipeline(flow, policy_of(flow), lets_in=True)
    mapped = read_chosen(pipeline, chosen)
    _remember(flow, mapped, chosen)
    return pipeline.deliver(mapped, mode=chosen.mode, baseline_to=chosen.days[1] if chosen.days else None)


def read_chosen(pipeline: Pipeline, chosen: Chosen) -> Mapped:
    """Read, map and check what is let in of the pipeline's flow."""
    if chosen.days is not None:
        pipeline.land(*chosen.days)
        return pipeline.map(pipeline.changed_keys(*chosen.days))
    land_reference_data(pipeline.flow)
    return pipeline.map(chosen.keys)


def _remember(flow: Flow, mapped: Mapped, chosen: Chosen) -> None:
    """Say in the audit trail who let in what the start date would leave alone."""
    old = of_before(flow, mapped.frames)
    how = "key" if chosen.keys else " to ".join(day.isoformat() for day in chosen.days or ())
    events = [NewEvent(EVENT, actor=chosen.by, detail={"by": how, "mode": chosen.mode})]
    changes = [
        Change(flow=flow.full_name, key=key, run=flow.context.run, release_claim=False, events=events)
        for key in sorted(old)
    ]
    flow.context.ledger.record(changes, flow.context.now())


def let_in_job(integration: IntegrationSettings) -> dg.JobDefinition:
    """`<integration>_let_in`: what `connector sync --key` and `--before-start` run. The run's tag says what it is."""

    @dg.op(
        name=f"{integration.name}_letting_in",
        required_resource_keys=clients_of(integration),
        description="Documents that a person lets in, by key or by days before the start date.",
    )
    def letting_in(context: dg.OpExecutionContext) -> None:
        with (
            as_dagster_failure(),
            run_context_of(context, integration) as run_context,
        ):
            text = context.run.tags.get(TAG)
            if text is None:
                raise UnusableInput("nothing says what is to be let in: connector sync FLOW --key KEY does")
            chosen = Chosen.parse(text)
            for kind in flows_on(integration):
                if kind.name in chosen.flows:
                    _report(context, integration.name, kind.name, let_in(kind(run_context), chosen))

    @dg.job(
        name=f"{integration.name}{LET_IN}",
        tags={INTEGRATION_TAG: integration.name},
        description=f"Documents of {integration.name} that a person lets in: connector sync --key, --before-start.",
    )
    def job() -> None:
        letting_in()

    return job


def _report(context: dg.OpExecutionContext, integration: str, flow: str, report: FlowReport) -> None:
    """Show the report with the delivered asset; a flow with failed or doubtful documents ends the run."""
    metadata = report_metadata(report)
    context.log.info(report.sentence())
    context.log_event(dg.AssetObservation(delivered_key(integration, flow), metadata=metadata))
    if report.error is not None or report.unfinished():
        why = f": {report.error}" if report.error else ""
        raise dg.Failure(f"{report.sentence()}{why}", metadata=metadata, allow_retries=False) from report.error
