"""The dead and the living: what the launcher says of a run, and what is done about it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus

from connector_resources.instance.launcher import CrashAwareRunLauncher, end_dead_runs
from connector_resources.instance.prepare import prepare_dagster_home
from connector_resources.instance.running import HOST_TAG, executing_process, marked_running, this_host

STARTED = dg.DagsterRunStatus.STARTED
HERE = {HOST_TAG: this_host()}
GONE = {".dagster/grpc_info": '{"host": "localhost", "socket": "/nowhere/at/all"}'}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    monkeypatch.setattr("connector_resources.instance.launcher.ASK_PAUSE_SECONDS", 0.0)
    return prepare_dagster_home(tmp_path)


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as opened:
        yield opened


def started(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    run = dg.DagsterRun(job_name="house", status=STARTED, tags=tags)
    return instance.add_run(run)


def health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> WorkerStatus:
    assert isinstance(instance.run_launcher, CrashAwareRunLauncher)
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_command_that_lives_is_running(instance: dg.DagsterInstance, home: Path) -> None:
    run = started(instance, **HERE)
    with marked_running(home, run.run_id):
        assert executing_process(home, run.run_id) == os.getpid()
        assert health(instance, run) is WorkerStatus.RUNNING
        assert end_dead_runs(instance) == []
    assert health(instance, run) is WorkerStatus.FAILED


def test_a_killed_command_is_failed_although_its_mark_is_still_there(instance: dg.DagsterInstance, home: Path) -> None:
    run = started(instance, **HERE)
    code = (
        "import sys; from pathlib import Path; from connector_resources.instance.running import marked_running\n"
        f"with marked_running(Path({str(home)!r}), {run.run_id!r}): print('ready', flush=True); sys.stdin.read()"
    )
    command = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert command.stdout is not None and command.stdout.readline() == b"ready\n"
    assert health(instance, run) is WorkerStatus.RUNNING

    command.kill()
    command.communicate()
    assert (home / "running" / run.run_id).exists()
    assert end_dead_runs(instance) == [run.run_id]
    after = instance.get_run_by_id(run.run_id)
    assert after is not None and after.status is dg.DagsterRunStatus.FAILURE


def test_a_command_on_another_machine_is_left_alone(instance: dg.DagsterInstance) -> None:
    run = started(instance, **{HOST_TAG: "elsewhere"})
    assert health(instance, run) is WorkerStatus.RUNNING
    assert end_dead_runs(instance) == []


def test_a_run_whose_code_server_is_gone_is_failed(instance: dg.DagsterInstance) -> None:
    run = started(instance, **GONE)
    assert end_dead_runs(instance) == [run.run_id]


def test_a_run_executed_again_by_a_code_server_is_asked_for_there(instance: dg.DagsterInstance, home: Path) -> None:
    """The page copies the tags of the command's run, its host among them."""
    run = started(instance, **HERE, **GONE)
    with marked_running(home, run.run_id):
        assert health(instance, run) is WorkerStatus.FAILED


def test_a_run_that_was_to_be_stopped_is_cancelled(instance: dg.DagsterInstance) -> None:
    run = instance.add_run(dg.DagsterRun(job_name="house", status=dg.DagsterRunStatus.CANCELING, tags=HERE))
    assert end_dead_runs(instance) == [run.run_id]
    after = instance.get_run_by_id(run.run_id)
    assert after is not None and after.status is dg.DagsterRunStatus.CANCELED


def test_finished_runs_and_launches_under_way_are_not_touched(instance: dg.DagsterInstance) -> None:
    instance.add_run(dg.DagsterRun(job_name="house", status=dg.DagsterRunStatus.SUCCESS, tags=HERE))
    instance.add_run(dg.DagsterRun(job_name="house", status=dg.DagsterRunStatus.NOT_STARTED))
    assert end_dead_runs(instance) == []
