"""Source assets: one per entity of a connection, read as it is into the landing store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import dagster as dg

from connector_assets.engine.context import Reader
from connector_assets.engine.flow import Source
from connector_assets.orchestration.metadata import ROW_COUNT, column_schema
from connector_assets.orchestration.partitions import days_of
from connector_assets.orchestration.resources import resource_key
from connector_assets.run_setup import open_run_context, settings_of
from connector_assets.systems.registry import system_of
from connector_resources.connections import Connection
from connector_resources.errors import ConnectorError
from connector_resources.home import Home


def source_key(connection: str, entity: str) -> dg.AssetKey:
    """`<connection>/<entity>`."""
    return dg.AssetKey([connection, entity])


def source_asset(
    integration: str,
    connection: Connection,
    source: Source,
    days: dg.DailyPartitionsDefinition,
    follows: Sequence[dg.AssetKey] = (),
) -> dg.AssetsDefinition:
    """The asset of one entity. `integration` is one that reads it, and lends its settings; `follows` are the assets
    whose rows lead to its own."""
    resource, system = resource_key(connection.name), system_of(connection.system)
    described = system.entities.get(source.entity)

    @dg.asset(
        key=source_key(connection.name, source.entity),
        deps=follows,
        partitions_def=days if source.daily else None,
        backfill_policy=dg.BackfillPolicy.single_run() if source.daily else None,
        group_name=connection.name,
        kinds={connection.system, "parquet"},
        owners=["team:data"],
        description=described.description if described else f"{source.entity} of {connection.name}.",
        metadata=column_schema(system.reader().schema(source.entity)),
        required_resource_keys={resource},
    )
    def read(context: dg.AssetExecutionContext) -> None:
        client = getattr(context.resources, resource).client
        with (
            as_dagster_failure(),
            open_run_context(Home.locate(), integration, context.run_id, client=client) as run_context,
        ):
            reader = run_context.reader(source.role)
            # asked before the rows are read: what changes meanwhile is found by the next probe
            stamp = reader.stamp(source.entity)
            if source.daily:
                chosen = days_of(context.partition_keys)
                connections = settings_of(Home.locate(), context.run_id).connections
                refuse_future(chosen, connections.values(), run_context.now())
                rows = _read_days(context, reader, source.entity, chosen, run_context.today(source.role))
            else:
                landed = reader.land_snapshot(source.entity)
                rows = landed.rows
                unreadable_now = len(reader.unreadable_of_snapshot(source.entity))
                context.add_asset_metadata({ROW_COUNT: rows, "unreadable": unreadable_now, "object": landed.path})
            read_name = f"{connection.name}/{source.entity}"
            run_context.ledger.reports.put(
                run_context.run, read_name, {"stamp": stamp, "rows": rows}, at=run_context.now()
            )

    return read


def count_days(pages: Iterable[list[dict[str, Any]]], column: str) -> Counter[date]:
    """Rows per day of change."""
    return Counter(row[column] for page in pages for row in page)


def refuse_future(days: list[date], connections: Iterable[Connection], now: datetime) -> None:
    """Days that have not begun in any of these connections cannot be read: they would look read and be empty."""
    today, latest = max((now.astimezone(each.zone).date(), each.name) for each in connections)
    late = [day for day in days if day > today]
    if late:
        raise dg.Failure(
            f"{late[0].isoformat()} is out of range: it is still {today.isoformat()} in {latest}", allow_retries=False
        )


def _read_days(context: dg.AssetExecutionContext, reader: Reader, entity: str, days: list[date], today: date) -> int:
    """Read these days, as far as they have begun where the source is; the others are read once they have. Returns the
    number of rows."""
    begun = [day for day in days if day <= today]
    landed = reader.land_window(entity, begun[0], begun[-1]) if begun else None
    for day in days:
        if landed is None or day > today:
            waits = {ROW_COUNT: 0, "not begun": f"it is still {today.isoformat()} here: the next run reads this day"}
            context.add_asset_metadata(waits, partition_key=day.isoformat())
    if landed is None:
        return 0
    counted = count_days(reader.windows(entity, begun[0], begun[-1]), reader.day_column)
    unreadable = Counter(each.day or begun[-1] for each in reader.unreadable(entity, begun[0], begun[-1]))
    for day in begun:
        rows = {ROW_COUNT: counted[day], "unreadable": unreadable[day], "object": landed.path}
        context.add_asset_metadata(rows, partition_key=day.isoformat())
    return landed.rows


@contextmanager
def as_dagster_failure() -> Iterator[None]:
    """Turn the errors that ml-connector tells on purpose into failures of a step that are not retried."""
    try:
        yield
    except ConnectorError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
