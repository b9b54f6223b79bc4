"""Opening a ledger: its revision, its tables, who may be first, and what is refused."""

from __future__ import annotations

import logging
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from forks import FORKS

if TYPE_CHECKING:
    from conftest import Place, PostgresServer

from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, Ledger, migrate
from connector_resources.ledger.models import metadata

MIGRATIONS = Path(migrate.__file__).parent / "migrations"


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_the_migrations_make_what_the_models_say(bare_place: Place) -> None:
    with Ledger.open(bare_place.url, bare_place.schema) as ledger, ledger._db.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrate.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(ledger: Ledger, ledger_place: Place) -> None:
    with ledger._db.write() as connection:
        connection.exec_driver_sql("UPDATE ledger_version SET version_num = '9999'")
    with pytest.raises(UnusableInput, match=r"newer version of ml-connector \(revision 9999\): upgrade") as caught:
        Ledger.open(ledger_place.url, ledger_place.schema)
    assert "\n" not in str(caught.value)


def _open(url: str, schema: str | None, start: object) -> None:
    start.wait(30)  # type: ignore[attr-defined]
    with Ledger.open(url, schema) as opened:
        opened.record([Change("a/b", "A:1", attempts_delta=1)])


def test_many_processes_may_open_a_new_ledger_at_once(bare_place: Place) -> None:
    start = FORKS.Barrier(3)
    openers = [FORKS.Process(target=_open, args=(bare_place.url, bare_place.schema, start)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0, 0, 0]
    with Ledger.open(bare_place.url, bare_place.schema) as ledger:
        assert ledger.deliveries.load("a/b", ["A:1"])["A:1"].attempts == 3


def test_sqlite_writes_ahead_durably_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        with ledger._db.read() as connection:
            settings = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        assert settings == ["wal", 2, 1, 30_000]
        ledger.flows.open("a/b", "adopt", ledger.clock.now())
        assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_write_transactions_take_their_place_at_once(tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: a second writer waits at its first step instead of failing at its last."""
    file = tmp_path / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        other = sqlite3.connect(file, timeout=0.01, isolation_level=None)
        with ledger._db.read():
            other.execute("BEGIN IMMEDIATE").execute("ROLLBACK")
        with ledger._db.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////nowhere/at/all/ledger.sqlite", "cannot be opened"),
        ("sqlite://", "needs a file"),
        ("mysql://u:topsecret@h/x", "SQLite or PostgreSQL, not in mysql"),
        ("not a url", "is not a database URL"),
        ("postgresql://u:topsecret@127.0.0.1:1/x", "cannot be opened"),
    ],
)
def test_a_ledger_that_cannot_be_opened_is_told_in_one_line_without_the_password(url: str, message: str) -> None:
    with pytest.raises(UnusableInput, match=message) as caught:
        Ledger.open(url, "some_ledger")
    assert "topsecret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("these are not the bytes you are looking for" * 100)
    with pytest.raises(UnusableInput, match="not a database"):
        Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


@pytest.mark.postgres
def test_two_schemas_of_one_database_do_not_touch(postgres_server: PostgresServer) -> None:
    url = postgres_server.url("postgres")
    with Ledger.open(url, "one-home_ledger") as one, Ledger.open(url, 'ano"ther%_ledger') as other:
        one.record([Change("a/b", "A:1", state="settled")])
        assert other.deliveries.counts("a/b") == {}
        assert one.deliveries.counts("a/b") == {"settled": 1}


def test_opening_says_nothing(bare_place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Ledger.open(bare_place.url, bare_place.schema).close()
    assert caplog.records == []
