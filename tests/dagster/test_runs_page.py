"""A real webserver, daemon and code server: runs of a command in the page, and what a `kill -9` leaves behind."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import dagster as dg
import house_definitions  # noqa: F401  # Dagster looks for it in fewer places than Python did
import pytest
import yaml
from forks import forked
from loopback import free_port

from connector_assets.orchestration import runs
from connector_resources.instance.page import page_served
from connector_resources.instance.prepare import packaged

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
RANGE = {"dagster/asset_partition_range_start": "2026-08-03", "dagster/asset_partition_range_end": "2026-08-05"}


def built(folder: Path, environment: pytest.MonkeyPatch) -> Path:
    """A home for the definitions of the house, whose daemon looks for dead runs each second."""
    environment.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
    environment.setenv("PYTHONPATH", str(HERE))
    environment.delenv("CONNECTOR_DATABASE_URL", raising=False)
    (folder / "workspace.yaml").write_text(
        "load_from:\n  - python_module: {module_name: house_definitions, location_name: connector_assets}\n"
    )
    home = folder / "home"
    settings = yaml.safe_load(packaged("dagster.yaml").read_text())
    settings["run_monitoring"]["poll_interval_seconds"] = 1
    (home / "dagster").mkdir(parents=True)
    (home / "dagster" / "dagster.yaml").write_text(yaml.safe_dump(settings))
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return built(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page whose home keeps the runs of all tests that ask for it."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as environment:
        home = built(folder, environment)
        with page_served(home, port=free_port(), workspace=folder / "workspace.yaml") as address:
            yield address


def ask(page: str, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{page}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        reported = json.load(answer)
    assert "errors" not in reported, reported
    return reported["data"]


def until(condition: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.2)
    return found


def run_in_page(page: str, run_id: str) -> Any:
    query = """query($id: ID!) { runOrError(runId: $id) { ... on Run {
        status jobName stepKeysToExecute tags { key value } repositoryOrigin { repositoryLocationName } } } }"""
    found = ask(page, query, id=run_id)["runOrError"]
    return {**found, "tags": {tag["key"]: tag["value"] for tag in found["tags"]}}


def ended(page: str, run_id: str) -> Any:
    def now() -> Any:
        run = run_in_page(page, run_id)
        return run if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

    return until(now)


def execute_again(page: str, run_id: str, strategy: str) -> str:
    query = """mutation($again: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $again) {
        __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
    again = {"parentRunId": run_id, "strategy": strategy, "useParentRunTags": True}
    reported = ask(page, query, again=again)["launchRunReexecution"]
    assert reported["__typename"] == "LaunchRunSuccess", reported
    return str(reported["run"]["runId"])


def execute(**more: Any) -> runs.RunResult:
    chosen = {"first_day": date(2026, 8, 3), "last_day": date(2026, 8, 5), "tags": {}, **more}
    return runs.execute("house", **chosen, module="house_definitions")


def test_a_commands_run_is_in_the_page_and_executed_again_from_it(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as bad:
        bad.setenv("HOUSE_BAD_DAY", "2026-08-04")
        failed = execute()
    shown = run_in_page(page, failed.run_id)
    assert (shown["status"], shown["jobName"]) == ("FAILURE", "house")
    assert shown["repositoryOrigin"]["repositoryLocationName"] == "connector_assets"

    whole = ended(page, execute_again(page, failed.run_id, "ALL_STEPS"))
    rest = ended(page, execute_again(page, failed.run_id, "FROM_FAILURE"))

    assert (whole["status"], rest["status"]) == ("SUCCESS", "SUCCESS")
    assert RANGE.items() <= whole["tags"].items()
    assert RANGE.items() <= rest["tags"].items()
    assert rest["stepKeysToExecute"] == ["house__delivered"]


def test_terminating_a_commands_run_in_the_page_interrupts_the_command(page: str, tmp_path: Path) -> None:
    command = command_started(tmp_path / "mark", seconds=60)
    (run,) = under_way()
    ask(page, "mutation($id: String!) { terminateRun(runId: $id) { __typename } }", id=run.run_id)

    assert ended(page, run.run_id)["status"] == "CANCELED"
    command.join(30)
    assert command.exitcode == 0


def test_a_killed_command_is_found_out_by_the_daemon(page: str, tmp_path: Path) -> None:
    command = command_started(tmp_path / "mark", seconds=60)
    (run,) = under_way()
    command.kill()
    command.join()

    assert ended(page, run.run_id)["status"] == "FAILURE"


def test_a_killed_machine_leaves_no_run_behind(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is killed at once; the page that is started later finds the run dead, and takes it up again."""
    mark = tmp_path / "mark"
    with monkeypatch.context() as first:
        first.setenv("HOUSE_SECONDS", "300")
        first.setenv("HOUSE_MARK", str(mark))
        with page_served(home, port=free_port(), workspace=tmp_path / "workspace.yaml") as page:
            run_id = launch(page)
            until(mark.exists)
            for process in processes_of(home):
                os.kill(process, signal.SIGKILL)

    with page_served(home, port=free_port(), workspace=tmp_path / "workspace.yaml") as page:
        assert ended(page, run_id)["status"] == "FAILURE"
        (again,) = until(lambda: [run for run in runs_now() if run.parent_run_id == run_id])
        assert ended(page, again.run_id)["status"] == "SUCCESS"


def launch(page: str) -> str:
    query = """mutation($run: ExecutionParams!) { launchRun(executionParams: $run) {
        __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
    selector = {
        "repositoryLocationName": "connector_assets",
        "repositoryName": "__repository__",
        "pipelineName": "house",
    }
    tags = [{"key": key, "value": value} for key, value in RANGE.items()]
    reported = ask(page, query, run={"selector": selector, "executionMetadata": {"tags": tags}})["launchRun"]
    assert reported["__typename"] == "LaunchRunSuccess", reported
    return str(reported["run"]["runId"])


def be_a_command(mark: Path, seconds: int) -> None:
    """The life of a command that makes a run, in the process itself."""
    os.environ |= {"HOUSE_MARK": str(mark), "HOUSE_SECONDS": str(seconds)}
    execute()


def command_started(mark: Path, seconds: int) -> BaseProcess:
    command = forked(be_a_command, mark, seconds)
    until(mark.exists)
    return command


def under_way() -> list[dg.DagsterRun]:
    return [run for run in runs_now() if not run.is_finished]


def runs_now() -> list[dg.DagsterRun]:
    with dg.DagsterInstance.get() as instance:
        return list(instance.get_runs())


def processes_of(home: Path) -> list[int]:
    """All processes whose environment names this home: webserver, daemon, code servers and run workers."""
    wanted = f"DAGSTER_HOME={home / 'dagster'}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in environment:
            found.append(int(entry.name))
    return found
