"""Sites of real processes, each a copy of one that was prepared once on its database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from process_site import End, Prepared, ProcessSite
from throwaway_postgres import PostgresServer

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it has committed, whatever happens to it."""
    server = PostgresServer(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("sqlite"), None)


@pytest.fixture(scope="session")
def on_postgres(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("postgres"), server)


@pytest.fixture(scope="session")
def undisturbed(on_sqlite: Prepared, tmp_path_factory: pytest.TempPathFactory) -> End:
    """What a site comes to when nothing goes wrong: each other must come to the same, whatever happens to it."""
    site = on_sqlite.copy(tmp_path_factory.mktemp("undisturbed"))
    try:
        done = site.sync()
        end = site.end()
    finally:
        site.close()
    assert len(end.invoices) == done["created"] == end.states["settled"] > 20
    assert end.undecided == [] and end.spoilt == []
    return end


@pytest.fixture
def site(on_sqlite: Prepared, tmp_path: Path) -> Iterator[ProcessSite]:
    """A site on SQLite."""
    yield from _until_the_end(on_sqlite.copy(tmp_path))


@pytest.fixture
def on_server(on_postgres: Prepared, tmp_path: Path) -> Iterator[ProcessSite]:
    """A site on PostgreSQL."""
    yield from _until_the_end(on_postgres.copy(tmp_path))


@pytest.fixture(params=BOTH)
def both_sites(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProcessSite]:
    """A site on each database in turn."""
    prepared: Prepared = request.getfixturevalue(f"on_{request.param}")
    yield from _until_the_end(prepared.copy(tmp_path))


def _until_the_end(site: ProcessSite) -> Iterator[ProcessSite]:
    try:
        yield site
    finally:
        site.close()
