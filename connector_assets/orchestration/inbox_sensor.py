"""The sensor that drains the inbox: one run for all pending events of an integration, over the days that they name.

An event only changes when a run happens: the run reads the systems like any other. A batch is done when a run of it has
succeeded. A batch whose run failed is tried again, each time later, and finally left to the poll, which needs no
events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from connector_assets.engine.context import RunContext
from connector_assets.inbox.age import forget
from connector_assets.orchestration.flow_assets import DUE_TAG
from connector_assets.orchestration.probes import waits_for_opening
from connector_assets.orchestration.runs import range_tags
from connector_assets.orchestration.schedules import LONGEST_WHY, WHY_TAG, run_under_way
from connector_assets.run_setup import flows_of, open_run_context
from connector_resources.connections import IntegrationSettings
from connector_resources.connections.bill import BillConnection
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.dagster_private.definitions import UnresolvedAssetJobDefinition
from connector_resources.errors import ConnectorError
from connector_resources.home import Home
from connector_resources.ledger import Batch, Ledger

BATCH_TAG = "connector/inbox_batch"
ATTEMPT_TAG = "connector/inbox_attempt"
# Dagster looks every five seconds: at five it would miss every other look
INTERVAL_SECONDS = 4
FIRST_PAUSE = timedelta(minutes=1)  # after a failed run, doubled each time
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 6


def inbox_sensor(integration: IntegrationSettings, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """The sensor of one integration; started by an administrator, as the schedules are."""

    @dg.sensor(
        name=f"{integration.name}_inbox",
        job=job,
        minimum_interval_seconds=INTERVAL_SECONDS,
        description=f"Runs {integration.name} when its systems report changed records (`connector inbox serve`).",
    )
    # unannotated: Dagster looks at the annotation of the context, which is a text here
    def inbox(context):  # type: ignore[no-untyped-def]
        # the cursor is the day of the last purge; what was drained is the ledger's to know
        this_day = datetime.now(UTC).date().isoformat()
        drained = drain(context.instance, integration.name, purge=context.cursor != this_day)
        context.update_cursor(this_day)
        return drained

    return inbox


def drain(instance: dg.DagsterInstance, integration: str, *, purge: bool = False) -> dg.RunRequest | dg.SkipReason:
    """What a look into the inbox comes to: the run of a batch, or why there is none. With `purge`, what is older than
    repetitions are known goes before."""
    busy = run_under_way(instance, integration)
    if busy is not None:
        return dg.SkipReason(f"run {busy.run_id} of {integration} is queued or running")
    try:
        with open_run_context(Home.locate(), integration, "inbox") as run_context:
            if purge:
                _purge(run_context)
            return _next(instance, run_context)
    except ConnectorError as error:
        return dg.SkipReason(str(error))


def _next(instance: dg.DagsterInstance, run_context: RunContext) -> dg.RunRequest | dg.SkipReason:
    integration, ledger = run_context.integration.name, run_context.ledger
    flows = flows_of(run_context)
    if all(waits_for_opening(flow) for flow in flows):
        return dg.SkipReason(f"{integration} waits for --adopt or --baseline: its events wait with it")
    batch = ledger.inbox.batch(integration)
    if batch is not None:
        _settle(ledger, batch, _runs_of(instance, batch), run_context.now())
        batch = ledger.inbox.batch(integration)
    if batch is None:
        return dg.SkipReason("no events")
    if batch.due_at > run_context.now():
        return dg.SkipReason(f"the run of batch {batch.id} failed: it is tried again at {batch.due_at:%H:%M:%S} UTC")
    why = ", ".join(f"{each.events} events of {each.connection}/{each.document}" for each in batch.groups)
    own = {BATCH_TAG: batch.id, ATTEMPT_TAG: str(batch.attempt), DUE_TAG: "yes", WHY_TAG: why[:LONGEST_WHY]}
    # asked for again until Dagster has made the run, which it does once for a key
    return dg.RunRequest(run_key=f"{batch.id}-{batch.attempt}", tags=range_tags(*days_of(run_context, batch)) | own)


def _runs_of(instance: dg.DagsterInstance, batch: Batch) -> Sequence[dg.DagsterRun]:
    """The runs that were made for a batch, Dagster's own retries of a crashed one among them; all have ended."""
    return instance.get_runs(dg.RunsFilter(tags={BATCH_TAG: batch.id}))


def _settle(ledger: Ledger, batch: Batch, runs: Sequence[dg.DagsterRun], now: datetime) -> None:
    """Close the batch, or make it due again, by what became of its runs; one without a run stays as it is."""
    if any(run.status is dg.DagsterRunStatus.SUCCESS for run in runs):
        ledger.inbox.done(batch.id)
    elif any(run.tags.get(ATTEMPT_TAG) == str(batch.attempt) for run in runs):
        if batch.attempt >= MOST_ATTEMPTS:
            ledger.inbox.done(batch.id, "left_to_poll")
        else:
            pause = min(FIRST_PAUSE * 2 ** (batch.attempt - 1), LONGEST_PAUSE)
            ledger.inbox.again(batch.id, batch.attempt, now + pause)


def days_of(run_context: RunContext, batch: Batch) -> tuple[date, date]:
    """From the earliest day that an event speaks of, in its connection's zone, or that it still is in one of the
    systems, to the latest: each source reads up to its own today."""
    zones = {each.name: each.zone for each in run_context.integration.connections.values()}
    # of a connection that the integration does not read any more, nothing is to be read
    spoken = [
        shown.earliest.astimezone(zones[shown.connection]).date() for shown in batch.groups if shown.connection in zones
    ]
    todays = [run_context.today(role) for role in run_context.integration.connections]
    return max(run_context.start_date, min([*todays, *spoken])), max(todays)


def _purge(run_context: RunContext) -> None:
    for connection in run_context.integration.connections.values():
        if isinstance(connection, CoupaConnection | BillConnection):
            forget(run_context.ledger, connection, run_context.now())
