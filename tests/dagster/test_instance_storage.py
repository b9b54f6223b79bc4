"""One dagster.yaml for both databases; the SQLite one kept open, the PostgreSQL one pooled and in its own schema."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import house_definitions
import pytest
from dagster._core.events import StepMaterializationData
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from forks import forked
from sqlalchemy import Connection, make_url

from connector_assets.orchestration import runs
from connector_resources.errors import UnusableInput
from connector_resources.instance import open_databases
from connector_resources.instance.postgres import PooledPostgresStorage
from connector_resources.instance.prepare import prepare_dagster_home
from connector_resources.instance.sqlite import OpenSqliteStorage
from connector_resources.instance.storage import ConnectorStorage, schema_name, with_search_path

assert house_definitions.defs


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
    for name in ("CONNECTOR_DATABASE_URL", "CONNECTOR_HOME", "CONNECTOR_SCHEMA_PREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("CONNECTOR_DATABASE_URL", plain(database_url))
    prepare_dagster_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as opened:
        yield opened


def plain(url: str) -> str:
    """As users write it: without the driver."""
    return url.replace("postgresql+psycopg2://", "postgresql://")


def run() -> runs.RunResult:
    days = {"first_day": date(2026, 8, 3), "last_day": date(2026, 8, 9)}
    return runs.execute("house", **days, tags={}, module="house_definitions")


def test_a_range_run_is_recorded_day_by_day_on_both_databases(instance: dg.DagsterInstance) -> None:
    assert run().success

    found = instance.fetch_materializations(dg.AssetKey(["jde", "F0411"]), limit=100, ascending=True).records
    assert [record.partition_key for record in found] == [f"2026-08-0{day}" for day in range(3, 10)]
    counts = [record.asset_materialization.metadata["dagster/row_count"].value for record in found]
    assert counts == [0, 1, 2, 3, 4, 5, 6]
    assert instance.get_runs_count() == 1


def test_two_homes_in_one_database_do_not_see_each_others_runs(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    assert run().success
    prepare_dagster_home(tmp_path / "other")

    with dg.DagsterInstance.get() as other:
        assert other.get_runs_count() == 0
    assert instance.get_runs_count() == 1


def test_sqlite_files_are_dagsters_own(tmp_path: Path) -> None:
    prepare_dagster_home(tmp_path)
    result = run()

    stock = DagsterSqliteStorage.from_local(str(tmp_path / "dagster"))
    with dg.DagsterInstance.get() as instance:
        ours = instance.all_logs(result.run_id)
    theirs = stock.event_log_storage.get_logs_for_run(result.run_id)
    assert [entry.message for entry in theirs] == [entry.message for entry in ours]
    assert stock.run_storage.get_runs_count() == 1


def test_sqlite_tables_are_dagsters_own(tmp_path: Path) -> None:
    for made in (DagsterSqliteStorage.from_local(str(tmp_path / "theirs")), OpenSqliteStorage(str(tmp_path / "ours"))):
        made.event_log_storage.get_logs_for_run("a run")
        made.run_storage.dispose()
        made.event_log_storage.dispose()

    def tables(folder: Path) -> dict[Path, list[tuple[Any, ...]]]:
        found = {}
        for file in folder.rglob("*.db"):
            with closing(sqlite3.connect(file)) as database:
                made = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name")
                version = database.execute("SELECT version_num FROM alembic_version")
                marks = "SELECT name FROM secondary_indexes WHERE migration_completed IS NOT NULL ORDER BY name"
                done = database.execute(marks) if file.name != "a run.db" else ()
                mode = database.execute("PRAGMA journal_mode")
                found[file.relative_to(folder)] = [*made, *version, *done, *mode]
        return found

    assert len(tables(tmp_path / "ours")) == 4
    assert tables(tmp_path / "ours") == tables(tmp_path / "theirs")


def materialized(key: dg.AssetKey, day: str) -> dg.EventLogEntry:
    """What Dagster stores of one day of an asset."""
    what = StepMaterializationData(dg.AssetMaterialization(key, partition=day))
    event = dg.DagsterEvent(dg.DagsterEventType.ASSET_MATERIALIZATION.value, "house", event_specific_data=what)
    return dg.EventLogEntry(None, "debug", "", "a run", 1_785_000_000.0, job_name="house", dagster_event=event)


def test_a_batch_of_events_is_stored_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = OpenSqliteStorage(str(tmp_path))
    log, key = storage.event_log_storage, dg.AssetKey(["jde", "F0411"])
    days = ["2026-08-03", "2026-08-04", "2026-08-05"]
    events = [materialized(key, day) for day in days]

    def refuse(connection: Connection, event: dg.EventLogEntry, event_id: int) -> None:
        if event is events[-1]:
            raise RuntimeError("the power is out")

    with monkeypatch.context() as failing, pytest.raises(RuntimeError):
        failing.setattr(log, "_store_asset_event", refuse)
        log.store_event_batch(events)
    assert log.get_logs_for_run("a run") == []
    assert log.get_materialized_partitions(key) == set()

    log.store_event_batch(events)
    assert log.get_logs_for_run("a run") == events
    assert log.get_materialized_partitions(key) == set(days)
    log.dispose()
    storage.run_storage.dispose()


def test_sqlite_databases_are_opened_once_for_many_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_dagster_home(tmp_path)
    opened: list[str] = []
    open_one = open_databases._opened
    monkeypatch.setattr(open_databases, "_opened", lambda url: (opened.append(url), open_one(url))[1])

    run()

    # runs, schedules, the events' index and the run's own events, once by each of two instances at most
    assert len(opened) <= 8


def test_a_run_purged_by_another_process_is_empty_and_no_error(tmp_path: Path) -> None:
    prepare_dagster_home(tmp_path)
    result = run()
    with dg.DagsterInstance.get() as instance:
        assert instance.all_logs(result.run_id)
        for file in (tmp_path / "dagster" / "history" / "runs").glob(f"{result.run_id}.db*"):
            file.unlink()
        assert instance.all_logs(result.run_id) == []


def test_few_run_databases_stay_open(tmp_path: Path) -> None:
    databases = open_databases.OpenDatabases(limit=2)
    engines = [databases.engine(f"sqlite:///{tmp_path / str(number)}.db") for number in range(3)]
    for engine in engines[1:]:
        with engine.connect() as connection:
            connection.exec_driver_sql("select 1")

    assert databases.engine(f"sqlite:///{tmp_path / '2'}.db") is engines[2]
    assert databases.engine(f"sqlite:///{tmp_path / '0'}.db") is not engines[0]
    databases.close()


def test_connections_of_a_parent_process_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    databases = open_databases.OpenDatabases(limit=2)
    url = f"sqlite:///{tmp_path / 'one.db'}"
    parents = databases.engine(url)
    with parents.connect() as connection:
        raw = connection.connection.dbapi_connection
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert databases.engine(url) is not parents
    assert isinstance(raw, sqlite3.Connection)
    assert raw.execute("select 1").fetchone() == (1,)
    raw.close()
    databases.close()


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_killed_server_connection_is_replaced(instance: dg.DagsterInstance, request: pytest.FixtureRequest) -> None:
    assert instance.get_runs_count() == 0
    request.getfixturevalue("postgres_server").execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )
    assert instance.get_runs_count() == 0


def test_the_storage_is_chosen_by_the_environment(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOR_DATABASE_URL", plain(database_url).replace("postgresql:", "postgres:"))
    storage = ConnectorStorage.from_config_value(None, {"base_dir": str(tmp_path)})
    expected = OpenSqliteStorage if database_url.startswith("sqlite") else PooledPostgresStorage
    assert type(storage) is expected
    storage.run_storage.dispose()
    storage.event_log_storage.dispose()


def test_without_any_home_nothing_appears_where_a_home_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    home = tmp_path / ".connector"
    monkeypatch.setenv("CONNECTOR_HOME", str(home))

    assert Path(sqlite_storage().base_dir).parent == tmp_path / "temporary"
    assert not home.exists()

    home.mkdir()
    (home / "connections.yaml").touch()
    assert sqlite_storage().base_dir == str(home / "dagster")


def sqlite_storage() -> OpenSqliteStorage:
    storage = ConnectorStorage.from_config_value(None, {})
    assert isinstance(storage, OpenSqliteStorage)
    storage.run_storage.dispose()
    storage.event_log_storage.dispose()
    return storage


@pytest.mark.parametrize(
    ("dagster_home", "home", "prefix", "schema"),
    [
        ("/srv/.connector/dagster", "", "", "connector_dagster"),
        ("/srv/Site-A 2/dagster", "", "", "site_a_2_dagster"),
        ("/opt/dagster/home", "/srv/site-b", "", "site_b_dagster"),
        ("/srv/site/dagster", "/srv/site", "Team.X", "team_x_dagster"),
    ],
)
def test_the_schema_is_named_after_the_home(
    dagster_home: str, home: str, prefix: str, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOR_HOME", home)
    monkeypatch.setenv("CONNECTOR_SCHEMA_PREFIX", prefix)
    assert schema_name(Path(dagster_home)) == schema


def test_the_search_path_joins_options_that_are_there() -> None:
    url = make_url("postgresql+psycopg2://u:p@h/d?options=-cstatement_timeout%3D5s")
    assert with_search_path(url, "x_dagster").query["options"] == "-cstatement_timeout=5s -csearch_path=x_dagster"


def test_a_database_that_does_not_answer_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_DATABASE_URL", "postgresql://someone:secretword@127.0.0.1:1/nothing")
    with pytest.raises(UnusableInput, match="CONNECTOR_DATABASE_URL") as reported:
        prepare_dagster_home(tmp_path)
    assert "secretword" not in str(reported.value)
    assert "\n" not in str(reported.value)


def test_a_sites_own_settings_stay_and_ours_are_renewed(tmp_path: Path) -> None:
    settings = prepare_dagster_home(tmp_path) / "dagster.yaml"
    ours = settings.read_text()

    settings.write_text("# ml-connector: of an older version\n")
    prepare_dagster_home(tmp_path)
    assert settings.read_text() == ours

    settings.write_text("telemetry: {enabled: false}\n")
    prepare_dagster_home(tmp_path)
    assert settings.read_text() == "telemetry: {enabled: false}\n"


def look_into(home: Path) -> None:
    """The life of a process that prepares a home and opens it."""
    prepare_dagster_home(home)
    dg.DagsterInstance.get().get_runs_count()


@pytest.mark.slow
def test_processes_that_start_together_on_a_fresh_home_all_start(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("CONNECTOR_DATABASE_URL", plain(database_url))
    processes = [forked(look_into, tmp_path / "home") for _ in range(4)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
