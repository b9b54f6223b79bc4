"""Everything that Dagster loads: assets, jobs, schedules and resources of the integrations of this home.

Loading opens neither network nor ledger. Without a home the sandbox's connections are loaded, so that the lineage can
be seen before anything is set up. An integration whose settings are broken shows as a failing check and does not affect
the others.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from connector_assets.inbox.receivers import receivers_of
from connector_assets.orchestration.broken import broken_asset
from connector_assets.orchestration.cadence import all_lines
from connector_assets.orchestration.flow_assets import flow_assets
from connector_assets.orchestration.housekeeping import purge_job, purge_schedule
from connector_assets.orchestration.inbox_sensor import inbox_sensor
from connector_assets.orchestration.letting_in import LET_IN, let_in_job
from connector_assets.orchestration.partitions import days_from
from connector_assets.orchestration.resources import ConnectionResource, resource_key
from connector_assets.orchestration.schedules import INTEGRATION_TAG, poll_schedule, sweep_schedule
from connector_assets.orchestration.source_assets import source_asset, source_key
from connector_assets.orchestration.sweep import sweep_asset
from connector_assets.orchestration.three_way_match import three_way_match_asset
from connector_assets.pairs.registry import check_flows, check_numbers, comparison_of, flows_on
from connector_assets.systems.registry import system_of
from connector_assets.templates import sandbox_connections
from connector_resources.connections import IntegrationSettings, Settings
from connector_resources.dagster_private.definitions import UnresolvedAssetJobDefinition
from connector_resources.errors import UnusableInput
from connector_resources.home import Home

# the two features of Dagster's that are used although they are not final yet
warnings.filterwarnings("ignore", r"Parameter `backfill_policy` of", dg.BetaWarning)
warnings.filterwarnings("ignore", r"Specifying a partitions_def on an AssetCheckSpec", dg.PreviewWarning)


SWEEP = "_sweep"


@dataclass
class Integration:
    """What one integration brings: the assets of its run in the order of its flows, and those of its sweep."""

    settings: IntegrationSettings
    synced: list[dg.AssetsDefinition]
    swept: list[dg.AssetsDefinition]

    @property
    def job_names(self) -> tuple[str, ...]:
        """Of its run, of its sweep, and of what a person lets in."""
        return _job_names(self.settings.name)

    def job(self) -> UnresolvedAssetJobDefinition:
        """All flows as the steps of one run: a run is expensive and a step is cheap."""
        name = self.settings.name
        return self._job(name, self.synced, f"All flows of {name} as the steps of one run.")

    def sweep_job(self) -> UnresolvedAssetJobDefinition:
        """The sweep of all flows."""
        name = self.settings.name
        described = f"All keys of {name} compared: what the days missed, and deletions."
        return self._job(f"{name}{SWEEP}", self.swept, described)

    def _job(self, name: str, assets: list[dg.AssetsDefinition], description: str) -> UnresolvedAssetJobDefinition:
        keys = dg.AssetSelection.assets(*(asset.key for asset in assets))
        return dg.define_asset_job(
            name, selection=keys, tags={INTEGRATION_TAG: self.settings.name}, description=description
        )


def load_settings(home: Home) -> Settings:
    """The home's settings; the sandbox's where there is no home."""
    if home.connections_file.is_file():
        return home.settings()
    start = datetime.now(UTC).date() - timedelta(days=90)
    return Settings.parse(sandbox_connections(start), Path("connections.yaml"))


def build(settings: Settings) -> dg.Definitions:
    """The definitions of these settings."""
    days = days_from(settings.start_date)
    sources: dict[dg.AssetKey, dg.AssetsDefinition] = {}
    integrations: list[Integration] = []
    broken = dict(settings.broken)
    for each in settings.integrations.values():
        try:
            check_flows(each)
            check_numbers(settings, each)
            _refuse_name(each.name, integrations)
        except UnusableInput as error:
            broken[each.name] = str(error)
            continue
        read = [sources.setdefault(asset.key, asset) for asset in _sources(settings, each, days)]
        written = [asset for flow in flows_on(each) for asset in flow_assets(flow, each, days)]
        swept = [sweep_asset(flow, each) for flow in flows_on(each)]
        if match := comparison_of(each):
            written.append(three_way_match_asset(each, match, days))
        integrations.append(Integration(each, [*read, *written], swept))
    return _definitions(settings, integrations, broken)


def _job_names(integration: str) -> tuple[str, ...]:
    return integration, f"{integration}{SWEEP}", f"{integration}{LET_IN}"


def _refuse_name(name: str, others: list[Integration]) -> None:
    """Two jobs of one name would take the whole location down."""
    taken = {purge_job.name, *(job for each in others for job in each.job_names)}
    clash = taken & set(_job_names(name))
    if clash:
        raise UnusableInput(f"integrations.{name}: there is a job {min(clash)} already: choose another name")


def _sources(
    settings: Settings, integration: IntegrationSettings, days: dg.DailyPartitionsDefinition
) -> Iterator[dg.AssetsDefinition]:
    """The source assets that an integration reads, each once; another may read the same ones."""
    seen = set()
    flows = [
        *(flow.sources for flow in flows_on(integration)),
        *([match.sources] if (match := comparison_of(integration)) else []),
    ]
    wanted = [source for sources in flows for source in sources]
    entities = {(source.role, source.entity) for source in wanted}
    for source in wanted:
        connection = settings.connections[integration.connections[source.role]]
        key = source_key(connection.name, source.entity)
        if key not in seen:
            seen.add(key)
            described = system_of(connection.system).entities.get(source.entity)
            leads = described.follows if described else None
            follows = [source_key(connection.name, leads)] if leads and (source.role, leads) in entities else []
            yield source_asset(integration.name, connection, source, days, follows)


def _definitions(settings: Settings, integrations: list[Integration], broken: dict[str, str]) -> dg.Definitions:
    assets = {asset.key: asset for each in integrations for asset in (*each.synced, *each.swept)}
    jobs: list[UnresolvedAssetJobDefinition | dg.JobDefinition] = [purge_job]
    schedules = [purge_schedule]
    sensors = []
    with_inbox = {name for place in receivers_of(settings).values() for name in place.integrations}
    for each in integrations:
        job, sweep_job = each.job(), each.sweep_job()
        jobs += [job, sweep_job, let_in_job(each.settings)]
        if all_lines(each.settings, [flow.name for flow in flows_on(each.settings)]):
            schedules += [poll_schedule(each.settings, job), sweep_schedule(each.settings, sweep_job)]
        if each.settings.name in with_inbox:
            sensors.append(inbox_sensor(each.settings, job))
    return dg.Definitions(
        assets=[*assets.values(), *(broken_asset(name, reason) for name, reason in sorted(broken.items()))],
        jobs=jobs,
        schedules=schedules,
        sensors=sensors,
        resources={resource_key(name): ConnectionResource(connection=name) for name in settings.connections},
        executor=dg.in_process_executor,
    )


defs = build(load_settings(Home.locate()))
