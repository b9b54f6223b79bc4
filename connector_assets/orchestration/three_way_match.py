"""The asset of the three-way match at each sync, and its check with what does not agree."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import pyarrow as pa

from connector_assets.documents.three_way_match import Comparison, Discrepancy, discrepancies
from connector_assets.orchestration.events import newest_materializations
from connector_assets.orchestration.flow_assets import ONE_RUN, OWNERS, delivered_key, run_context_of
from connector_assets.orchestration.metadata import ROW_COUNT, column_schema, shown_on, table_record
from connector_assets.orchestration.partitions import days_of
from connector_assets.orchestration.resources import resource_key
from connector_assets.orchestration.source_assets import as_dagster_failure, refuse_future, source_key
from connector_assets.pairs.registry import flows_on
from connector_resources.connections import IntegrationSettings

NAME = "side_by_side"
CHECK = "discrepancies"
SHOWN = 50
COLUMNS = ("key", "what", "order", "receipt", "invoice", "voucher", "why")
SCHEMA = pa.schema([("day", pa.date32()), *((name, pa.string()) for name in COLUMNS)])


def three_way_match_key(integration: str) -> dg.AssetKey:
    """`<integration>/side_by_side`."""
    return dg.AssetKey([integration, NAME])


def three_way_match_keys(integration: IntegrationSettings, match: type[Comparison]) -> list[dg.AssetKey]:
    """The asset and what it reads: its part of a run of some flows only."""
    read = (source_key(integration.connections[source.role], source.entity) for source in match.sources)
    return [*read, three_way_match_key(integration.name)]


def three_way_match_asset(
    integration: IntegrationSettings, match: type[Comparison], days: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    """What does not agree among the orders, receipts, invoices and vouchers that changed in the days of a run."""
    key = three_way_match_key(integration.name)
    connections = integration.connections

    @dg.asset(
        key=key,
        deps=[
            *(source_key(connections[source.role], source.entity) for source in match.sources),
            *(delivered_key(integration.name, flow.name) for flow in flows_on(integration) if flow.partitioned),
        ],
        partitions_def=days,
        backfill_policy=ONE_RUN,
        group_name=integration.name,
        kinds={"parquet"},
        owners=OWNERS,
        description="Orders, receipts, invoices and vouchers that changed, side by side: where they do not agree.",
        metadata=column_schema(SCHEMA),
        required_resource_keys={resource_key(connection) for connection in connections.values()},
        output_required=False,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=key,
                partitions_def=days,
                description="Amount, quantity, currency, supplier and account of order, receipt, invoice and voucher.",
            )
        ],
    )
    def three_way_match(context: dg.AssetExecutionContext) -> Iterator[Any]:
        chosen = days_of(context.partition_keys)
        with as_dagster_failure(), run_context_of(context, integration) as run_context:
            refuse_future(chosen, run_context.integration.connections.values(), run_context.now())
            matters = match(run_context).of(chosen[0], chosen[-1])
            found = list(discrepancies(matters))
            rows = [{"day": each.day, **{name: getattr(each, name) for name in COLUMNS}} for each in found]
            window = (chosen[0], chosen[-1])
            landed = run_context.landing.write(
                integration.name, NAME, run_context.run, "window", rows, SCHEMA, window=window
            )
        by_day = {day: [each for each in found if shown_on(each.day, chosen) == day] for day in chosen}
        for day, own in by_day.items():
            compared = sum(shown_on(matter.day, chosen) == day for matter in matters)
            counts = {ROW_COUNT: len(own), "compared": compared, "object": landed.path}
            context.add_asset_metadata(counts, partition_key=day.isoformat())
        yield dg.MaterializeResult()
        for spec in context.assets_def.check_specs:
            yield dg.Output(None, output_name=context.assets_def.get_output_name_for_asset_check_key(spec.key))
        about = newest_materializations(context, chosen)
        for day, own in by_day.items():
            yield dg.AssetCheckEvaluation(
                check_name=CHECK,
                asset_key=key,
                passed=not own,
                partition=day.isoformat(),
                blocking=False,
                severity=dg.AssetCheckSeverity.WARN,
                target_materialization_data=about.get(day),
                metadata={"discrepancies": len(own), "table": table(own)},
            )

    return three_way_match


def table(found: Sequence[Discrepancy]) -> dg.TableMetadataValue:
    """The first fifty discrepancies, each document in its column."""
    rows = [table_record({name: getattr(each, name) for name in COLUMNS}) for each in found[:SHOWN]]
    return dg.MetadataValue.table(rows, schema=dg.TableSchema([dg.TableColumn(name, "string") for name in COLUMNS]))
