"""The two assets of every flow: what it maps and checks, and what it delivers. They are built alike for all flows."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import dagster as dg

from connector_assets.engine.checks import mapped_columns
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Flow
from connector_assets.engine.one_payer import REASON as PAYABLE_IN_BOTH
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.task import policy_of
from connector_assets.engine.watermarks import advance_watermarks
from connector_assets.orchestration.dead_runs import free_claims_of_the_dead
from connector_assets.orchestration.events import GL_DATES, ONE_PAYER, mapped_events, one_payer_events, report_delivered
from connector_assets.orchestration.metadata import mapped_schema
from connector_assets.orchestration.partitions import days_of
from connector_assets.orchestration.resources import resource_key
from connector_assets.orchestration.source_assets import as_dagster_failure, refuse_future, source_key
from connector_assets.pairs.registry import flows_on, pair_of
from connector_assets.run_setup import open_run_context
from connector_resources.connections import Connection, IntegrationSettings
from connector_resources.home import Home

# run tags that the command and the schedules set
MODE_TAG = "connector/mode"
DUE_TAG = "connector/due"
OWNERS = ["team:finance-integration"]
ONE_RUN = dg.BackfillPolicy.single_run()


def mapped_key(integration: str, flow: str) -> dg.AssetKey:
    """`<integration>/<flow>/mapped`."""
    return dg.AssetKey([integration, flow, "mapped"])


def delivered_key(integration: str, flow: str) -> dg.AssetKey:
    """`<integration>/<flow>/delivered`."""
    return dg.AssetKey([integration, flow, "delivered"])


def flow_keys(flow: type[Flow], integration: IntegrationSettings) -> list[dg.AssetKey]:
    """What a run of one flow alone consists of: the assets that it reads, its mapped and its delivered one."""
    read = dict.fromkeys(source_key(integration.connections[each.role], each.entity) for each in flow.sources)
    return [*read, mapped_key(integration.name, flow.name), delivered_key(integration.name, flow.name)]


def flow_assets(
    flow: type[Flow], integration: IntegrationSettings, days: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The mapped and the delivered asset of one flow of one integration."""
    return [_mapped(flow, integration, days), _delivered(flow, integration, days)]


def _mapped(
    flow: type[Flow], integration: IntegrationSettings, days: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    key = mapped_key(integration.name, flow.name)
    connections = integration.connections
    on = {each.name for each in flows_on(integration)}

    @dg.asset(
        key=key,
        deps=[
            *(source_key(connections[source.role], source.entity) for source in flow.sources),
            *(delivered_key(integration.name, other) for other in flow.after if other in on),
        ],
        partitions_def=days if flow.partitioned else None,
        backfill_policy=ONE_RUN if flow.partitioned else None,
        group_name=integration.name,
        kinds={"pandas", "pandera"},
        owners=OWNERS,
        description=f"{flow.title}: rows as documents, checked. Rows that fail are set aside with their reasons.",
        metadata=mapped_schema(mapped_columns(flow.document_columns)),
        required_resource_keys=clients_of(integration),
        output_required=False,
        check_specs=[
            *([_gl_dates(key, days if flow.partitioned else None)] if flow.gl_column else []),
            dg.AssetCheckSpec(
                "shape",
                asset=key,
                blocking=True,
                partitions_def=days if flow.partitioned else None,
                description="Columns, types, and keys unique across the frame.",
            ),
            dg.AssetCheckSpec(
                "rows",
                asset=key,
                partitions_def=days if flow.partitioned else None,
                description="Rows that may not be written, each with its reason; the others go on.",
            ),
        ],
    )
    def mapped(context: dg.AssetExecutionContext) -> Iterator[Any]:
        chosen = _days(context, flow)
        with as_dagster_failure(), run_context_of(context, integration) as run_context:
            found = flow(run_context)
            pipeline = Pipeline(found, policy_of(found))
            if chosen:
                refuse_future(chosen, run_context.integration.connections.values(), run_context.now())
                # a source that is behind has landed nothing of the days that it has not begun
                keys = pipeline.keys_of(chosen[0], chosen[-1], due=DUE_TAG in context.run.tags)
            else:
                keys = pipeline.all_keys()
                pipeline.unreadable.read_again()
            result = pipeline.map(keys)
            pipeline.report_unreadable()
            if not result.findings.shape:
                pipeline.store(result, (chosen[0], chosen[-1]) if chosen else None)
        yield from mapped_events(context, chosen, result, gl_column=flow.gl_column)

    return mapped


def _gl_dates(key: dg.AssetKey, days: dg.DailyPartitionsDefinition | None) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        GL_DATES,
        asset=key,
        partitions_def=days,
        description="Documents of a closed period, which are written or taken back with the first open day after it as "
        "G/L date.",
    )


def _delivered(
    flow: type[Flow], integration: IntegrationSettings, days: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    key = delivered_key(integration.name, flow.name)
    payers = dg.AssetCheckSpec(
        ONE_PAYER, asset=key, description="Documents that both systems could pay now; none shall be, at any time."
    )

    @dg.asset(
        key=key,
        deps=[mapped_key(integration.name, flow.name)],
        partitions_def=days if flow.partitioned else None,
        backfill_policy=ONE_RUN if flow.partitioned else None,
        group_name=integration.name,
        kinds={pair_of(integration.kind).roles[flow.target_role]},
        owners=OWNERS,
        description=f"{flow.title}: each document brought to its one outcome, through the ledger.",
        required_resource_keys=clients_of(integration),
        check_specs=[payers] if flow.is_paid else None,
    )
    def delivered(context: dg.AssetExecutionContext) -> Iterator[Any]:
        chosen = _days(context, flow)
        with as_dagster_failure(), run_context_of(context, integration) as run_context:
            found = flow(run_context)
            pipeline = Pipeline(found, policy_of(found))
            result = pipeline.check(pipeline.load(chosen or None))
            for dead in free_claims_of_the_dead(context.instance, found):
                context.log.info(f"run {dead} was killed: its claims are free")
            mode = context.run.tags.get(MODE_TAG, "apply")
            report = pipeline.deliver(result, mode=mode, baseline_to=chosen[-1] if chosen else None)
            if report.error is None and not report.plan:
                advance_watermarks(found, chosen)
            both = run_context.ledger.exceptions.open(found.full_name, reason=PAYABLE_IN_BOTH) if flow.is_paid else []
        report_delivered(context, chosen, report)
        yield dg.MaterializeResult()
        if flow.is_paid:
            yield from one_payer_events(context, chosen, both)

    return delivered


def _days(context: dg.AssetExecutionContext, flow: type[Flow]) -> list[date]:
    """The days of this run; none for a flow that is read whole."""
    return days_of(context.partition_keys) if flow.partitioned else []


def clients_of(integration: IntegrationSettings) -> set[str]:
    """The keys of the resources that a run of this integration needs: the clients of its connections."""
    return {resource_key(connection) for connection in integration.connections.values()}


def run_context_of(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, integration: IntegrationSettings
) -> AbstractContextManager[RunContext]:
    """The context of this run; its clients are the run's resources, which log out when the run ends."""

    def client(connection: Connection) -> Any:
        return getattr(context.resources, resource_key(connection.name)).client(connection)

    return open_run_context(Home.locate(), integration.name, context.run_id, client=client)
