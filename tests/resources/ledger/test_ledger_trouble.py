"""What is told when the ledger's database fails under the work, and what is a mistake of ours instead."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from throwaway_postgres import PostgresServer

from connector_resources.clock import ManualClock
from connector_resources.errors import StorageProblem
from connector_resources.ledger import Ledger, database


def test_a_lock_that_is_never_given_up(tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    file = tmp_path / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}", clock=clock) as ledger:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageProblem, match=r"ledger\.sqlite cannot be used: database is locked"):
            ledger.deliveries.claim("a/b", ["x"], "run", 60)
        other.execute("ROLLBACK")
        other.close()
        assert ledger.deliveries.claim("a/b", ["x"], "run", 60) == {"x"}


def test_no_room_left(tmp_path: Path, clock: ManualClock) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock=clock) as ledger:
        with pytest.raises(StorageProblem, match="database or disk is full"), ledger._db.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            for _ in range(100):
                connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS filler (x)")
                connection.exec_driver_sql("INSERT INTO filler VALUES (zeroblob(100000))")
        assert ledger.deliveries.counts("a/b") == {}


@pytest.mark.postgres
def test_a_connection_that_is_cut(postgres_server: PostgresServer, clock: ManualClock) -> None:
    with Ledger.open(postgres_server.url("postgres"), "trouble", clock=clock) as ledger:
        with pytest.raises(StorageProblem) as reported, ledger._db.write() as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            postgres_server.execute(f"SELECT pg_terminate_backend({own})")
            connection.execute(text("SELECT 1"))
        assert "\n" not in str(reported.value)
        assert postgres_server.password not in str(reported.value)
        assert ledger.deliveries.claim("a/b", ["x"], "run", 60) == {"x"}


def test_a_wrong_statement_is_no_trouble_of_the_database(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError, match="nowhere") as raised, ledger._db.write() as connection:
        connection.execute(text("SELECT x FROM nowhere WHERE y = :y"), {"y": "content of a record"})
    assert "parameters hidden" in str(raised.value)
