"""Ordinary Dagster runs, created and executed by a command in its own process: no daemon or webserver is needed.

The run has the code location of workspace.yaml, so the page shows it under its job and can execute it again.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from dagster import AssetKey, DagsterEvent, DagsterInstance, DagsterRun, DagsterRunStatus, JobDefinition
from sqlalchemy.exc import DBAPIError

from connector_resources.dagster_private.postgres import DagsterPostgresException
from connector_resources.dagster_private.runs import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    MAX_RETRIES_TAG,
    PARTITION_NAME_TAG,
    InstanceRef,
    ReconstructableJob,
    ReconstructableRepository,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
    SerializableErrorInfo,
    disable_dagster_warnings,
    execute_run_iterator,
    location_origin_from_module_name,
    make_new_run_id,
)
from connector_resources.errors import StorageProblem, UnusableInput
from connector_resources.instance.launcher import end_dead_runs
from connector_resources.instance.log_file import LogFile
from connector_resources.instance.running import HOST_TAG, marked_running, this_host
from connector_resources.ledger.database import trouble_of

DEFINITIONS = "connector_assets.definitions"
ATTRIBUTE = "defs"
LOCATION = "connector_assets"
REPOSITORY = "__repository__"  # what Dagster calls the one repository of a Definitions object
QUIET_CONSOLE = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class StepFailure:
    """Why one step of a run failed: the class name of the innermost error, and what it says."""

    step: str
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. A step that was not executed because one before it failed is in no list."""

    run_id: str
    status: str  # SUCCESS, FAILURE or CANCELED
    failures: tuple[StepFailure, ...]
    seconds: float

    @property
    def success(self) -> bool:
        """Whether every step did its work."""
        return self.status == DagsterRunStatus.SUCCESS.value


def range_tags(first_day: date, last_day: date) -> dict[str, str]:
    """The tags that make a run work on these days, the last included: the day's own tag when there is one day only.

    Dagster's page shows a one-day run under its partition; for more days it knows the range's first and last.
    """
    if last_day < first_day:
        raise UnusableInput(f"the range ends before it begins: {first_day} to {last_day}")
    if first_day == last_day:
        return {PARTITION_NAME_TAG: first_day.isoformat()}
    return {
        ASSET_PARTITION_RANGE_START_TAG: first_day.isoformat(),
        ASSET_PARTITION_RANGE_END_TAG: last_day.isoformat(),
    }


@disable_dagster_warnings()  # which of Dagster's features are not final yet is no news for the user of a command
def execute(
    job_name: str,
    *,
    first_day: date | None,
    last_day: date | None,
    tags: Mapping[str, str],
    asset_selection: Iterable[AssetKey] | None = None,
    on_event: Callable[[DagsterEvent], None] | None = None,
    module: str = DEFINITIONS,
) -> RunResult:
    """Make a run of this job over these days (both None for a job without partitions) and execute it here.

    DAGSTER_HOME must be prepared (`prepare_dagster_home`). Nothing is printed: the run's log goes to its events and,
    as text, to `<home>/logs`. An interrupt (Ctrl-C, or Terminate in the page) ends the run and this call, with the
    status FAILURE or CANCELED. Raises UnusableInput for an unknown job and for days outside the partitions, and
    StorageProblem when Dagster's database fails: the run stays as it is there until a later command finds it dead.
    """
    started = time.monotonic()
    home = Path(os.environ["DAGSTER_HOME"])
    job = _job(ReconstructableRepository.for_module(module, ATTRIBUTE), job_name)
    days = _day_tags(job.get_definition(), first_day, last_day)
    with _as_storage_problem(), _library_warnings_logged(home), _own_instance(home) as instance:
        end_dead_runs(instance)
        run_id = make_new_run_id()
        with marked_running(home, run_id):
            run = _create(instance, job, run_id, {**tags, **days}, asset_selection, module)
            failures = _work(instance, job, run, on_event)
        ended = instance.get_run_by_id(run_id)
    status = ended.status.value if ended else DagsterRunStatus.FAILURE.value
    return RunResult(run_id, status, failures, time.monotonic() - started)


def _job(repository: ReconstructableRepository, name: str) -> ReconstructableJob:
    known = repository.get_definition().job_names
    if name not in known:
        raise UnusableInput(f"there is no job {name}; there are {', '.join(sorted(known))}")
    return repository.get_reconstructable_job(name)


def _day_tags(job: JobDefinition, first_day: date | None, last_day: date | None) -> dict[str, str]:
    if first_day is None or last_day is None:
        return {}
    partitions = job.partitions_def
    if partitions is None:
        raise UnusableInput(f"{job.name} has no partitions: it takes no days")
    for day in (first_day, last_day):
        if not partitions.has_partition_key(day.isoformat()):
            first, last = partitions.get_first_partition_key(), partitions.get_last_partition_key()
            raise UnusableInput(f"{day} is outside the partitions, which go from {first} to {last}")
    return range_tags(first_day, last_day)


def _create(
    instance: DagsterInstance,
    job: ReconstructableJob,
    run_id: str,
    tags: Mapping[str, str],
    asset_selection: Iterable[AssetKey] | None,
    module: str,
) -> DagsterRun:
    definition = job.get_definition()
    location = location_origin_from_module_name(module, None, None, LOCATION)
    return instance.create_run_for_job(
        definition,
        run_id=run_id,
        run_config=QUIET_CONSOLE,
        # a person is at the command and sees it fail: nothing else is to start it again meanwhile
        tags={**definition.run_tags, **tags, HOST_TAG: this_host(), MAX_RETRIES_TAG: "0"},
        asset_selection=frozenset(asset_selection) if asset_selection is not None else None,
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(location, REPOSITORY), definition.name),
        job_code_origin=job.get_python_origin(),
    )


def _work(
    instance: DagsterInstance,
    job: ReconstructableJob,
    run: DagsterRun,
    on_event: Callable[[DagsterEvent], None] | None,
) -> tuple[StepFailure, ...]:
    failures = []
    for event in execute_run_iterator(job, run, instance):
        if event.is_step_failure:
            failures.append(_failure(event))
        if on_event is not None:
            on_event(event)
    return tuple(failures)


def _failure(event: DagsterEvent) -> StepFailure:
    data = event.step_failure_data
    error: SerializableErrorInfo | None = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    name = (error.cls_name if error else None) or "Failure"
    said = data.user_failure_data.description if data.user_failure_data else None
    # Dagster's text begins with the class: "package.module.Class: what it says"
    said = said or (error.message.partition(": ")[2] if error else "")
    return StepFailure(event.step_key or "", name, said.strip())


@contextmanager
def _as_storage_problem() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, DagsterPostgresException) as error:
        # Dagster tries PostgreSQL again for a while, and then tells of its patience
        found = error if isinstance(error, DBAPIError) else error.__cause__
        if not isinstance(found, DBAPIError) or (why := trouble_of(found)) is None:
            raise
        raise StorageProblem("Dagster's database", why) from error


@contextmanager
def _library_warnings_logged(home: Path) -> Iterator[None]:
    """What libraries log goes to the log file; without this, Python shows their warnings on the terminal."""
    handler = LogFile(str(_log_path(home)))
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _log_path(home: Path) -> Path:
    logs = home.parent / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    return logs / f"{datetime.now(UTC):%Y-%m-%d}.log"


def _own_instance(home: Path) -> DagsterInstance:
    """The home's instance for a process that has a terminal.

    Dagster captures standard output and error of a run through four helper processes; a command keeps its own.
    """
    log_file = {
        "()": "connector_resources.instance.log_file.LogFile",
        "path": str(_log_path(home)),
        "level": "INFO",
    }
    overrides = {
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        "python_logs": {"python_log_level": "INFO", "dagster_handler_config": {"handlers": {"file": log_file}}},
    }
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=overrides))
