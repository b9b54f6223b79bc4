"""Two schedules per integration, started by an administrator: a poll and the nightly sweep.

The poll starts a run when there is something to do, and otherwise says why not. It ticks whenever any of its flows may
be due. At the tick, the flows' own cron lines and the close calendar decide which are due, and the run has only those.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from connector_assets.engine.flow import Flow
from connector_assets.orchestration import cadence
from connector_assets.orchestration.flow_assets import DUE_TAG, flow_keys
from connector_assets.orchestration.probes import probe
from connector_assets.orchestration.runs import range_tags
from connector_assets.orchestration.three_way_match import three_way_match_keys
from connector_assets.pairs.registry import comparison_of, flows_on
from connector_resources.connections import IntegrationSettings
from connector_resources.dagster_private.definitions import UnresolvedAssetJobDefinition
from connector_resources.dagster_private.runs import NOT_FINISHED_STATUSES
from connector_resources.errors import ConnectorError
from connector_resources.home import Home

INTEGRATION_TAG = "connector/integration"
WHY_TAG = "connector/why"
POLL = "poll"  # the run under which the ledger keeps when a flow was last looked at
LONGEST_WHY = 200  # a tag is for a glance


def poll_schedule(integration: IntegrationSettings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The poll of one integration; its cron lines come from the settings, of which there is one at least."""
    lines = cadence.all_lines(integration, [flow.name for flow in flows_on(integration)])

    @dg.schedule(
        name=f"{integration.name}_poll",
        job=job,
        cron_schedule=lines[0] if len(lines) == 1 else lines,
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


def tick(instance: dg.DagsterInstance, integration: str, now: datetime | None = None) -> dg.RunRequest | dg.SkipReason:
    """What a tick of an integration's poll comes to: one run over the days that matter, or why there is none.

    Without a run key: what is asked for again was not delivered, and Dagster would drop it without a word. `now` is for
    tests.
    """
    now = now or datetime.now(UTC)
    busy = run_under_way(instance, integration)
    if busy is not None:
        return dg.SkipReason(f"run {busy.run_id} of {integration} is queued or running")
    try:
        return _tick(Home.locate(), integration, now)
    except ConnectorError as error:
        return dg.SkipReason(str(error))


def _tick(home: Home, integration: str, now: datetime) -> dg.RunRequest | dg.SkipReason:
    settings = home.settings().integration(integration)
    flows = flows_on(settings)
    names = [flow.name for flow in flows]
    chosen: Sequence[type[Flow]] = flows
    if not cadence.of_one_beat(settings, names):
        ledger = home.ledger()
        marks = {name: ledger.reports.latest(_looked(integration, name)) for name in names}
        looked_at = {name: mark.at for name, mark in marks.items() if mark is not None}
        due = cadence.due(settings, names, looked_at, now)
        if not due:
            return dg.SkipReason(cadence.next_due(settings, names, now))
        chosen = [flow for flow in flows if flow.name in due]
    found = probe(home, integration, [flow.name for flow in chosen])
    if found.answered and not cadence.of_one_beat(settings, names):
        for flow in chosen:
            ledger.reports.put(POLL, _looked(integration, flow.name), {"why": found.why}, at=now)
    if found.days is None:
        return dg.SkipReason(found.why)
    tags = range_tags(*found.days) | {DUE_TAG: "yes", WHY_TAG: found.why[:LONGEST_WHY]}
    if len(chosen) == len(flows):
        return dg.RunRequest(tags=tags)
    keys = dict.fromkeys(key for flow in chosen for key in flow_keys(flow, settings))
    match = comparison_of(settings)
    if match is not None and any(flow.partitioned for flow in chosen):
        # the documents of the days are compared at each sync, whichever flows it is of
        keys |= dict.fromkeys(three_way_match_keys(settings, match))
    return dg.RunRequest(tags=tags, asset_selection=list(keys))


def _looked(integration: str, flow: str) -> str:
    """Under what name the ledger keeps when a poll last looked at a flow."""
    return f"{integration}/{flow}/polled"


def run_under_way(instance: dg.DagsterInstance, integration: str) -> dg.DagsterRun | None:
    """A run of the integration's jobs, or one that a person made of its assets alone, which has no tag of ours."""
    for run in instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES))):
        if run.tags.get(INTEGRATION_TAG) == integration:
            return run
        if any(key.path[0] == integration for key in run.asset_selection or ()):
            return run
    return None
