"""Old runs are forgotten; what the page shows of each day is not."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import house_definitions
import pytest
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from sqlalchemy import func, select

from connector_assets.orchestration import runs
from connector_resources.instance.prepare import prepare_dagster_home
from connector_resources.instance.purge import purge

DELIVERED = house_definitions.delivered.key
DAYS = ["2026-08-03", "2026-08-04", "2026-08-05"]


@pytest.fixture
def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("CONNECTOR_DATABASE_URL", database_url)
    return prepare_dagster_home(tmp_path / "home")


def run(job: str = "house", days: bool = True) -> runs.RunResult:
    first, last = (date(2026, 8, 3), date(2026, 8, 5)) if days else (None, None)
    return runs.execute(job, first_day=first, last_day=last, tags={}, module="house_definitions")


def statuses(instance: dg.DagsterInstance) -> list[str | None]:
    found = instance.get_status_by_partition(DELIVERED, DAYS, house_definitions.DAYS) or {}
    return [status.value if (status := found[day]) else None for day in DAYS]


def events(instance: dg.DagsterInstance) -> int:
    with instance.event_log_storage.index_connection() as connection:
        return connection.scalar(select(func.count()).select_from(SqlEventLogStorageTable)) or 0


def test_old_runs_go_and_the_days_they_made_stay(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = datetime.now(UTC) + timedelta(days=91)
    first, second = run(), run()
    with monkeypatch.context() as bad:
        bad.setenv("HOUSE_BAD_DAY", "2026-08-04")
        failed = run()

    with dg.DagsterInstance.get() as instance:
        before = events(instance)
        purged = purge(instance, now=later)

        assert (purged.runs, events(instance)) == (2, before - purged.events)
        assert purged.events > 0
        assert [left.run_id for left in instance.get_runs()] == [failed.run_id]
        for gone in (first, second):
            assert instance.all_logs(gone.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS) == []
        assert statuses(instance) == ["MATERIALIZED", "FAILED", "MATERIALIZED"]
        newest = instance.get_latest_materialization_event(house_definitions.vouchers.key)
        assert newest is not None and newest.run_id == failed.run_id
        assert purge(instance, now=later).runs == 0


def test_recent_and_unfinished_runs_stay_whole(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        finished = run()
        logs = len(instance.all_logs(finished.run_id))

        assert purge(instance, keep_days=90) == purge(instance, keep_days=90)
        assert purge(instance).runs == 0
        assert len(instance.all_logs(finished.run_id)) == logs


def test_the_log_of_a_run_under_way_stays_however_old(home: Path) -> None:
    going_on = dg.DagsterRun(job_name="house", status=dg.DagsterRunStatus.STARTED)
    with dg.DagsterInstance.get() as instance:
        instance.add_run(going_on)
        instance.report_engine_event("still at it", going_on)

        purge(instance, now=datetime.now(UTC) + timedelta(days=400))

        assert [entry.message for entry in instance.all_logs(going_on.run_id)] == ["still at it"]
