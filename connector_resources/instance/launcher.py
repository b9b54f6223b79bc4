"""Dagster's default launcher, and what it lacks: a run whose machine or process died does not stay STARTED for ever.

Named by dagster.yaml. The daemon's run monitoring asks it every few seconds; `end_dead_runs` asks it without a daemon.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from connector_resources.dagster_private.launching import (
    CanCancelExecutionRequest,
    CanCancelExecutionResult,
    CheckRunHealthResult,
    DagsterUserCodeUnreachableError,
    DefaultRunLauncher,
    WorkerStatus,
)
from connector_resources.dagster_private.runs import GRPC_INFO_TAG
from connector_resources.dagster_private.storage import deserialize_value
from connector_resources.instance.running import HOST_TAG, executing_process, this_host

if TYPE_CHECKING:
    from connector_resources.dagster_private.launching import DagsterGrpcClient

ASK_TIMES = 3  # a code server on another machine may be out of reach for a moment
ASK_PAUSE_SECONDS = 1.0
ASK_TIMEOUT_SECONDS = 10


class CrashAwareRunLauncher(DefaultRunLauncher):
    """Launches runs in the code server, as the default launcher does, and knows the dead from the living."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Tells run monitoring to ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """RUNNING or FAILED, with the reason.

        A run launched in a code server carries the server's address and is asked for there; one executed by a
        command has the command's mark in the home, and is taken for alive as long as it may be on another machine.
        """
        if GRPC_INFO_TAG in run.tags:
            return self._ask_code_server(run)
        host = run.tags.get(HOST_TAG)
        if host is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "nothing says which process executes it")
        if host != this_host():
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"executed by a command on {host}")
        if executing_process(self._home, run.run_id):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "the command that executed the run has ended")

    def terminate(self, run_id: str) -> bool:
        """Stop a run; one that a command executes is interrupted as by Ctrl-C."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or GRPC_INFO_TAG in run.tags or HOST_TAG not in run.tags:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        process = executing_process(self._home, run_id) if run.tags[HOST_TAG] == this_host() else None
        if process is None:
            return False
        self._instance.report_run_canceling(run)
        os.kill(process, signal.SIGINT)
        return True

    @property
    def _home(self) -> Path:
        return Path(self._instance.root_directory)

    def _ask_code_server(self, run: DagsterRun) -> CheckRunHealthResult:
        # the default launcher's own way to the server, which answers None once the run has finished meanwhile
        found = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        client = cast("DagsterGrpcClient | None", found)
        if client is None:
            return CheckRunHealthResult(WorkerStatus.SUCCESS, "finished meanwhile")
        request = CanCancelExecutionRequest(run_id=run.run_id)
        for attempt in range(1, ASK_TIMES + 1):
            try:
                answer = client.can_cancel_execution(request, timeout=ASK_TIMEOUT_SECONDS)
            except DagsterUserCodeUnreachableError:
                if attempt < ASK_TIMES:
                    time.sleep(ASK_PAUSE_SECONDS)
                continue
            if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            return CheckRunHealthResult(WorkerStatus.FAILED, "the code server no longer executes the run")
        return CheckRunHealthResult(WorkerStatus.FAILED, "the code server that executed the run is gone")


def end_dead_runs(instance: DagsterInstance) -> list[str]:
    """Mark the runs of dead processes as failed, as the daemon would; gives their ids."""
    launcher = instance.run_launcher
    if not launcher.supports_check_run_worker_health:
        return []
    ended = []
    begun = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    for run in instance.get_runs(RunsFilter(statuses=begun)):
        if run.status is not DagsterRunStatus.STARTED and HOST_TAG not in run.tags:
            continue  # a launch under way
        health = launcher.check_run_worker_health(run)
        now = instance.get_run_by_id(run.run_id)
        if health.status is not WorkerStatus.FAILED or now is None or now.status is not run.status:
            continue
        if run.status is DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, health.msg)
        else:
            instance.report_run_failed(run, health.msg)
        ended.append(run.run_id)
    return ended
