"""Forgetting old runs: Dagster never does by itself (dagster#33785), and a poll each quarter of an hour adds up.

What stays for ever, small as it is: the newest event of each kind per asset and day, so that the page still shows
which days are materialized, the newest result of each check, and the runs that failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from sqlalchemy import Connection, delete, func, or_, select

from connector_resources.dagster_private.runs import FINISHED_STATUSES, DagsterEventType
from connector_resources.dagster_private.storage import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorage,
    SqlEventLogStorageTable,
)
from connector_resources.instance.sqlite_events import OpenEventLogStorage

KEEP_DAYS = 90
RUNS_AT_A_TIME = 500
UNFINISHED = [status for status in DagsterRunStatus if status not in FINISHED_STATUSES]
LINEAGE = [
    DagsterEventType.ASSET_MATERIALIZATION.value,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
    DagsterEventType.ASSET_OBSERVATION.value,
]


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was forgotten."""

    runs: int
    events: int


def purge(instance: DagsterInstance, *, keep_days: int = KEEP_DAYS, now: datetime | None = None) -> Purged:
    """Forget what is older than `keep_days`: logs of finished runs, superseded asset events, and good runs' entries.

    `now` is an aware instant, for tests. Safe while runs are going on, and to be interrupted and called again.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=keep_days)
    going_on = {run.run_id for run in instance.get_runs(RunsFilter(statuses=UNFINISHED))}
    storage = cast(SqlEventLogStorage, instance.event_log_storage)
    with storage.index_connection() as connection:
        events = _forget_events(connection, before.astimezone(UTC).replace(tzinfo=None), going_on)
    if isinstance(storage, OpenEventLogStorage):
        storage.remove_runs(before.timestamp(), going_on)
    return Purged(_forget_runs(instance, before), events)


def _forget_events(connection: Connection, before: datetime, going_on: set[str]) -> int:
    events, checks, tags = SqlEventLogStorageTable, AssetCheckExecutionsTable, AssetEventTagsTable
    newest = select(func.max(events.c.id)).where(events.c.dagster_event_type.in_(LINEAGE))
    newest = newest.group_by(events.c.dagster_event_type, events.c.asset_key, events.c.partition)
    lineage = func.coalesce(events.c.dagster_event_type, "").in_(LINEAGE)
    gone = connection.execute(
        delete(events).where(
            events.c.timestamp < before,
            events.c.run_id.not_in(going_on),
            or_(~lineage, events.c.id.not_in(newest)),
        )
    ).rowcount
    connection.execute(delete(tags).where(tags.c.event_timestamp < before, tags.c.event_id.not_in(select(events.c.id))))
    newest_check = select(func.max(checks.c.id)).group_by(checks.c.asset_key, checks.c.check_name, checks.c.partition)
    connection.execute(
        delete(checks).where(
            checks.c.evaluation_event_timestamp < before,
            checks.c.run_id.not_in(going_on),
            checks.c.id.not_in(newest_check),
        )
    )
    return gone


def _forget_runs(instance: DagsterInstance, before: datetime) -> int:
    """Drop the entries of good and cancelled runs; the failed ones stay, since a failed day refers to its run."""
    gone = 0
    good = RunsFilter(statuses=[DagsterRunStatus.SUCCESS, DagsterRunStatus.CANCELED], updated_before=before)
    while runs := instance.get_runs(good, limit=RUNS_AT_A_TIME):
        for run in runs:
            _forget_run(instance, run)
        gone += len(runs)
    return gone


def _forget_run(instance: DagsterInstance, run: DagsterRun) -> None:
    instance.compute_log_manager.delete_logs(prefix=[run.run_id])
    instance.run_storage.delete_run(run.run_id)
    folder = Path(instance.storage_directory()) / run.run_id
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
