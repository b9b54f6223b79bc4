"""Runs that a command makes: what the command learns of them, and that they are ordinary runs to Dagster."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from house_definitions import DAYS, delivered

from connector_assets.orchestration import runs
from connector_resources.errors import UnusableInput
from connector_resources.instance.prepare import prepare_dagster_home

MODULE = "house_definitions"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    prepare_dagster_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as opened:
        yield opened


def days(first: str, last: str) -> dict[str, date]:
    return {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last)}


def materialized(instance: dg.DagsterInstance, *key: str) -> list[str | None]:
    found = instance.fetch_materializations(dg.AssetKey(key), limit=100, ascending=True)
    return [record.partition_key for record in found.records]


def test_a_range_is_one_run_of_partitioned_and_unpartitioned_assets(instance: dg.DagsterInstance) -> None:
    result = runs.execute("house", **days("2026-08-03", "2026-08-05"), tags={"who": "me"}, module=MODULE)

    assert (result.status, result.success, result.failures) == ("SUCCESS", True, ())
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["dagster/asset_partition_range_start"] == "2026-08-03"
    assert run.tags["dagster/asset_partition_range_end"] == "2026-08-05"
    assert (run.tags["who"], run.tags["connector/integration"]) == ("me", "house")
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "connector_assets"
    assert materialized(instance, "house", "delivered") == ["2026-08-03", "2026-08-04", "2026-08-05"]
    assert materialized(instance, "jde", "F0901") == [None]


def test_one_day_is_the_partition_of_that_day(instance: dg.DagsterInstance) -> None:
    result = runs.execute("house", **days("2026-08-03", "2026-08-03"), tags={}, module=MODULE)

    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["dagster/partition"] == "2026-08-03"
    assert materialized(instance, "house", "delivered") == ["2026-08-03"]


def test_only_the_selected_assets_run(instance: dg.DagsterInstance) -> None:
    selected = [dg.AssetKey(["jde", "F0411"])]
    result = runs.execute("house", **days("2026-08-03", "2026-08-04"), tags={}, asset_selection=selected, module=MODULE)

    assert result.success
    assert materialized(instance, "jde", "F0411") == ["2026-08-03", "2026-08-04"]
    assert materialized(instance, "house", "delivered") == []


def test_a_failed_day_is_that_day_alone(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_BAD_DAY", "2026-08-04")
    result = runs.execute("house", **days("2026-08-03", "2026-08-05"), tags={}, module=MODULE)

    assert result.status == "FAILURE"
    assert result.failures == (runs.StepFailure("house__delivered", "Failure", "2 documents failed"),)
    statuses = instance.get_status_by_partition(delivered.key, ["2026-08-03", "2026-08-04", "2026-08-05"], DAYS)
    assert statuses is not None
    assert {day: status.value if status else None for day, status in statuses.items()} == {
        "2026-08-03": "MATERIALIZED",
        "2026-08-04": "FAILED",
        "2026-08-05": "MATERIALIZED",
    }


def test_an_error_is_told_by_its_class_and_what_follows_it_is_not_executed(
    instance: dg.DagsterInstance,
) -> None:
    result = runs.execute("breaks", first_day=None, last_day=None, tags={}, module=MODULE)

    assert result.failures == (runs.StepFailure("house__broken", "ValueError", "the cupboard is bare"),)
    assert materialized(instance, "house", "after") == []
    assert materialized(instance, "jde", "F0901") == [None]


def test_nothing_is_printed_and_the_log_is_in_the_home(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    runs.execute("house", **days("2026-08-03", "2026-08-03"), tags={}, module=MODULE)

    assert capfd.readouterr() == ("", "")
    (log,) = (home / "logs").iterdir()
    assert "reading vouchers" in log.read_text()


@pytest.mark.parametrize(
    ("job", "chosen", "said"),
    [
        ("nosuch", days("2026-08-03", "2026-08-03"), "there is no job nosuch"),
        ("house", days("2026-07-31", "2026-08-03"), "2026-07-31 is outside the partitions, which go from 2026-08-01"),
        ("house", days("2026-08-03", "2099-01-01"), "2099-01-01 is outside the partitions"),
        ("house", days("2026-08-04", "2026-08-03"), "the range ends before it begins"),
        ("breaks", days("2026-08-03", "2026-08-03"), "breaks has no partitions"),
    ],
)
def test_what_cannot_be_run_makes_no_run(
    instance: dg.DagsterInstance, job: str, chosen: dict[str, date], said: str
) -> None:
    with pytest.raises(UnusableInput, match=said):
        runs.execute(job, **chosen, tags={}, module=MODULE)
    assert instance.get_runs() == []


def test_the_environment_is_the_homes(home: Path) -> None:
    assert os.environ["DAGSTER_HOME"] == str(home / "dagster")
