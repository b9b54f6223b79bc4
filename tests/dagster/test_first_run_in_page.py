"""The first run of an installation done through Dagster's page, with its daemon, as a browser would do it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorStatus, ScheduleInstigatorData
from dagster_site import NAME, DagsterSite
from loopback import free_port

from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
from connector_assets.orchestration.runs import range_tags
from connector_assets.orchestration.source_assets import source_key
from connector_resources.instance.page import page_served

pytestmark = pytest.mark.slow
LOCATION = {"repositoryLocationName": "connector_assets", "repositoryName": "__repository__"}
LAUNCH = """mutation($run: ExecutionParams!) { launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
AGAIN = """mutation($again: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $again) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
BACKFILL = """mutation($backfill: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $backfill) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
START = """mutation($schedule: ScheduleSelector!) { startSchedule(scheduleSelector: $schedule) {
    __typename ... on ScheduleStateResult { scheduleState { id status } } ... on PythonError { message } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status tags { key value } } } }"
EVENTS = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
    __typename ... on MessageEvent { message } ... on ExecutionStepFailureEvent { error { message stack } } } } } }"""
RESOURCES = """query($where: RepositorySelector!) { allTopLevelResourceDetailsOrError(repositorySelector: $where) {
    __typename ... on ResourceDetailsList { results { name configuredValues { key value type } } } } }"""
ASSET = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    groupName kinds
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } }
    assetChecksOrError { ... on AssetChecks { checks { name blocking
        partitionStatuses { ... on AssetCheckTimePartitionStatuses { ranges { status startKey endKey } } }
    } } }
} } }"""
TICKS = """query($schedule: ScheduleSelector!) { scheduleOrError(scheduleSelector: $schedule) { ... on Schedule {
    scheduleState { ticks { status skipReason } } } } }"""


class Page:
    """Dagster's page, asked as its own browser code asks; `told` is every answer it ever gave."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reported: list[str] = []

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        self.reported.append(text)
        answered = json.loads(text)
        assert "errors" not in answered, text
        [found] = answered["data"].values()
        return found

    def launch(self, tags: dict[str, str]) -> str:
        shown = [{"key": key, "value": value} for key, value in tags.items()]
        run = {"selector": {**LOCATION, "pipelineName": NAME}, "executionMetadata": {"tags": shown}}
        reported = self.ask(LAUNCH, run=run)
        assert reported["__typename"] == "LaunchRunSuccess", reported
        return str(reported["run"]["runId"])

    def again(self, run_id: str) -> str:
        reported = self.ask(AGAIN, again={"parentRunId": run_id, "strategy": "ALL_STEPS", "useParentRunTags": True})
        assert reported["__typename"] == "LaunchRunSuccess", reported
        return str(reported["run"]["runId"])

    def ended(self, run_id: str) -> str:
        def now() -> Any:
            status = self.ask(STATUS, id=run_id)["status"]
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        return str(until(now))


def until(condition: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.2)
    return found


@pytest.fixture
def page(site: DagsterSite) -> Iterator[Page]:
    site.configure(lambda settings: settings["integrations"][NAME].update(schedule="* * * * *"))
    with page_served(site.home.path, port=free_port()) as address:
        yield Page(address)


def launch_backfill(page: Page, site: DagsterSite) -> str:
    flow = [source_key("jde", "F0411"), mapped_key(NAME, "invoices"), delivered_key(NAME, "invoices")]
    reported = page.ask(
        BACKFILL,
        backfill={"assetSelection": [{"path": key.path} for key in flow], "partitionNames": site.names[:2]},
    )
    assert reported["__typename"] == "LaunchBackfillSuccess", reported
    return str(reported["backfillId"])


def start_schedule(page: Page, site: DagsterSite) -> None:
    """Turn the poll on, a minute and a half ago, so that its first tick is due when the daemon looks next: it does so
    at each full minute."""
    reported = page.ask(START, schedule={**LOCATION, "scheduleName": f"{NAME}_poll"})
    assert reported["__typename"] == "ScheduleStateResult", reported
    with site.instance() as instance:
        [state] = instance.all_instigator_state(instigator_statuses={InstigatorStatus.RUNNING})
        earlier = ScheduleInstigatorData("* * * * *", start_timestamp=time.time() - 90)
        instance.update_instigator_state(state.with_data(earlier))


def first_tick(page: Page) -> Any:
    reported = page.ask(TICKS, schedule={**LOCATION, "scheduleName": f"{NAME}_poll"})["scheduleState"]["ticks"]
    return next((tick for tick in reversed(reported) if tick["status"] != "STARTED"), None)


def finished_runs_of(site: DagsterSite, backfill: str) -> list[dg.DagsterRun]:
    with site.instance() as instance:
        found = instance.get_runs(dg.RunsFilter(tags={"dagster/backfill": backfill}))
    return [run for run in found if run.is_finished]


def test_the_first_run_its_repetitions_a_backfill_and_the_poll(page: Page, site: DagsterSite) -> None:
    first = page.launch(range_tags(site.first, site.last))
    assert page.ended(first) == "SUCCESS"
    state = site.state()
    assert state["invoices"]["count"] > 50
    whole = [{"status": "MATERIALIZED", "startKey": site.names[0], "endKey": site.names[-1]}]
    shown = page.ask(ASSET, key={"path": delivered_key(NAME, "invoices").path})
    assert (shown["groupName"], shown["kinds"]) == (NAME, ["coupa"])
    assert shown["assetPartitionStatuses"]["ranges"] == whole
    shown = page.ask(ASSET, key={"path": mapped_key(NAME, "invoices").path})
    checks = {check["name"]: check for check in shown["assetChecksOrError"]["checks"]}
    assert (checks["shape"]["blocking"], checks["rows"]["blocking"]) == (True, False)
    assert [each["status"] for each in checks["shape"]["partitionStatuses"]["ranges"]] == ["SUCCEEDED"]

    start_schedule(page, site)

    # a run of the command is an ordinary run: seen in the page, and executed again from it
    written = site.writes()
    by_command = site.run()
    assert by_command.success
    assert page.ended(by_command.run_id) == "SUCCESS"
    backfill = launch_backfill(page, site)
    assert page.ended(page.again(by_command.run_id)) == "SUCCESS"

    # the poll, turned on meanwhile, says at its first tick why there is nothing to run
    tick = until(lambda: first_tick(page))
    assert tick["status"] == "SKIPPED", tick
    assert tick["skipReason"].startswith(("nothing changed in the sources", "run ")), tick

    [filled] = until(lambda: finished_runs_of(site, backfill))
    assert filled.status is dg.DagsterRunStatus.SUCCESS
    assert range_tags(site.days[0], site.days[1]).items() <= filled.tags.items()
    assert site.writes() == written
    assert site.state() == state

    for run in (first, by_command.run_id, filled.run_id):
        page.ask(EVENTS, id=run)
    page.ask(RESOURCES, where=LOCATION)
    for secret in site.secrets():
        assert not any(secret in reported for reported in page.reported)
    assert "jde_client" in page.reported[-1]
