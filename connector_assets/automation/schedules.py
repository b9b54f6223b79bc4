"""Two schedules per integration, started by an administrator: a poll that runs when there is something to do and says
why not otherwise, and the nightly sweep."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from connector_assets.automation.probes import probe
from connector_assets.integrations.assets import DUE_TAG
from connector_assets.runs import range_tags
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import ConnectorError
from connector_resources.home import Home

INTEGRATION_TAG = "connector/integration"
WHY_TAG = "connector/why"
LONGEST_WHY = 200  # a tag is for a glance


def poll_schedule(integration: IntegrationSettings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The poll of one integration; its cron line comes from the settings."""

    @dg.schedule(
        name=f"{integration.name}_poll",
        job=job,
        cron_schedule=integration.schedule or integration.DEFAULT_SCHEDULE,
        execution_timezone="UTC",
        description=f"Runs {integration.name} when a source changed since the watermark or documents are due.",
    )
    # unannotated: Dagster looks at the annotation of the context, which is a text here
    def poll(context):  # type: ignore[no-untyped-def]
        return tick(context.instance, integration.name)

    return poll


def sweep_schedule(integration: IntegrationSettings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The nightly sweep of one integration."""
    return dg.ScheduleDefinition(
        name=f"{integration.name}_nightly_sweep",
        job=job,
        cron_schedule="0 3 * * *",
        execution_timezone="UTC",
        description=f"Compares all keys of {integration.name} once a night.",
    )


def tick(instance: dg.DagsterInstance, integration: str) -> dg.RunRequest | dg.SkipReason:
    """What a tick of an integration's poll comes to: one run over the days that matter, or why there is none.

    Without a run key: what is asked for again was not delivered, and Dagster would drop it without a word.
    """
    busy = run_under_way(instance, integration)
    if busy is not None:
        return dg.SkipReason(f"run {busy.run_id} of {integration} is queued or running")
    try:
        found = probe(Home.locate(), integration)
    except ConnectorError as error:
        return dg.SkipReason(str(error))
    if found.days is None:
        return dg.SkipReason(found.why)
    return dg.RunRequest(tags=range_tags(*found.days) | {DUE_TAG: "yes", WHY_TAG: found.why[:LONGEST_WHY]})


def run_under_way(instance: dg.DagsterInstance, integration: str) -> dg.DagsterRun | None:
    """A run of the integration's jobs, or one that a person made of its assets alone, which has no tag of ours."""
    for run in instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES))):
        if run.tags.get(INTEGRATION_TAG) == integration:
            return run
        if any(key.path[0] == integration for key in run.asset_selection or ()):
            return run
    return None
