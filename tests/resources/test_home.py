"""A home: where its state is, and that two of them do not touch each other."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alembic import command
from alembic.config import Config

from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_resources.ledger import Change, migrate
from connector_resources.ledger.database import Database, normalised

YAML = "start_date: 2026-01-01\nconnections:\n  jde: {url: 'http://127.0.0.1:1/jderest'}\n"


def home(path: Path, **environment: str) -> Home:
    made = Home(path, environment)
    made.create()
    made.connections_file.write_text(YAML)
    return made


def test_a_home_is_found_and_always_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONNECTOR_HOME", raising=False)
    assert Home.locate().path == tmp_path / ".connector"
    monkeypatch.setenv("CONNECTOR_HOME", "elsewhere")
    assert Home.locate().path == tmp_path / "elsewhere"
    assert Home.locate("given").path == tmp_path / "given"
    assert Home.locate().dagster_home == tmp_path / "elsewhere" / "dagster"
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_without_settings_is_no_home(tmp_path: Path) -> None:
    empty = Home(tmp_path / "empty", {})
    for use in (empty.require, empty.settings, empty.ledger, empty.landing, empty.credentials):
        with pytest.raises(UnusableInput, match=r"no home at .*empty: run `connector init`"):
            use()
    assert not empty.path.exists()


def test_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    made = home(tmp_path / "one")
    assert made.path.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableInput, match="no home can be made"):
        Home(tmp_path / "file" / "home", {}).create()


def test_everything_is_under_one_home(tmp_path: Path) -> None:
    made = home(tmp_path / "one")
    ledger = made.ledger()
    assert made.ledger() is ledger and Home(made.path, {}).ledger() is ledger
    assert made.settings().connections.keys() == {"jde"}
    made.credentials().set("jde", "password", "secret")
    assert made.credentials().get("jde") == {"password": "secret"}
    assert made.landing().url == str(made.path / "landing")
    assert {"ledger.sqlite", "keys"} <= {each.name for each in made.path.iterdir()}
    made.close()
    assert made.ledger() is not ledger
    made.close()


def test_two_homes_do_not_touch_on_either_database(tmp_path: Path, database_url: str) -> None:
    shared = {} if database_url.startswith("sqlite") else {"CONNECTOR_DATABASE_URL": database_url}
    one, other = home(tmp_path / "one", **shared), home(tmp_path / "other", **shared)
    one.ledger().record([Change("a/b", "A:1", state="settled")])
    assert other.ledger().deliveries.counts("a/b") == {}
    assert one.ledger().deliveries.counts("a/b") == {"settled": 1}
    one.close()
    other.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_ledger_may_be_elsewhere(tmp_path: Path, scheme: str) -> None:
    made = Home(tmp_path / "x", {"CONNECTOR_DATABASE_URL": f"{scheme}://u:topsecret@h:5432/d?sslmode=require"})
    assert made.ledger_url == "postgresql+psycopg2://u:topsecret@h:5432/d?sslmode=require"
    assert "topsecret" not in repr(made)
    assert Home(tmp_path / "x", {"CONNECTOR_LANDING_URL": "s3://bucket/x"}).landing_url == "s3://bucket/x"


@pytest.mark.parametrize(
    ("folder", "schema"),
    [(".connector", "connector_ledger"), ("My Home-2", "my_home_2_ledger"), ("2026", "h_2026_ledger")],
)
def test_the_schema_is_named_after_the_folder(tmp_path: Path, folder: str, schema: str) -> None:
    assert Home(tmp_path / folder, {}).ledger_schema == schema
    assert Home(tmp_path / folder, {"CONNECTOR_SCHEMA_PREFIX": "Prod"}).ledger_schema == "prod_ledger"


def test_long_names_do_not_meet_in_one_schema(tmp_path: Path) -> None:
    names = [Home(tmp_path / ("x" * 100 + end), {}).ledger_schema for end in "ab"]
    assert len(set(names)) == 2 and all(len(name) <= 63 for name in names)
    with pytest.raises(UnusableInput, match="gives no schema name: set CONNECTOR_SCHEMA_PREFIX"):
        _ = Home(tmp_path / "---", {}).ledger_schema


def test_a_home_of_the_version_before_gets_its_numbers_encrypted(tmp_path: Path) -> None:
    """Given a home whose ledger and landing store are of the revision before numbers were encrypted
    when its landing store is opened, then what landed is there, and no file has the number in the clear."""
    made = home(tmp_path / "one")
    landing = made.path / "landing" / "jde" / "F0101"
    landing.mkdir(parents=True)
    rows = [{"AN8": 4343, "TAX": "GB123456789"}, {"AN8": 4344, "TAX": None}]
    pq.write_table(pa.Table.from_pylist(rows), landing / "old.parquet")
    other = landing.parent / "F0411"
    other.mkdir()
    before = Database(normalised(made.ledger_url))
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with before.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        insert = "INSERT INTO landing_objects (connection, entity, run, kind, path, rows, schema_hash, at) VALUES "
        for number, entity in enumerate(("F0101", "F0411"), start=1):
            values = f"('jde', '{entity}', 'r{number}', 'keys', 'jde/{entity}/old.parquet', 2, '', '2026-03-02 09:00')"
            connection.exec_driver_sql(insert + values)
    before.close()

    store = made.landing()
    (landed,) = made.ledger().landing.for_run("r1")
    assert store.read(landed).to_pylist() == rows and landed.path != "jde/F0101/old.parquet"
    assert not [each for each in made.path.rglob("*") if each.is_file() and b"GB123456789" in each.read_bytes()]
    (left,) = made.ledger().landing.for_run("r2")
    assert left.path == "jde/F0411/old.parquet" and made.keys_file.exists()
    assert made.rotate_keys() == (0, []) and made.landing().read(landed).to_pylist() == rows
    made.close()
