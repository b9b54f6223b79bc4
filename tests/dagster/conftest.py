"""One sandbox for all tests of this folder, put back before each, and homes of Dagster's beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from dagster_installations import Shelf
from dagster_site import DagsterSite, small_world

from connector_sandbox.testing import Sandbox, running

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """Both systems over real HTTP, without rate limits, holding a small seed."""
    with running(world=small_world(), limits=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def shelf(
    served: Sandbox, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Shelf]:
    """The installations that are kept to be copied, by the kind of their database."""

    @cache
    def of(kind: str) -> Shelf:
        server = None if kind == "sqlite" else request.getfixturevalue("postgres_server")
        return Shelf(served, tmp_path_factory.mktemp(kind), server)

    return of


@pytest.fixture
def site(shelf: Callable[[str], Shelf], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
    """A new installation on SQLite; nothing was ever synced."""
    kept = shelf("sqlite")
    with kept.copied(kept.new, tmp_path / "home", monkeypatch) as copied:
        yield copied


@pytest.fixture(params=BOTH)
def both_sites(
    request: pytest.FixtureRequest, shelf: Callable[[str], Shelf], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterSite]:
    """A new installation on each database in turn."""
    kept = shelf(request.param)
    with kept.copied(kept.new, tmp_path / "home", monkeypatch) as copied:
        yield copied


@pytest.fixture
def synced(shelf: Callable[[str], Shelf], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
    """An installation on SQLite after its first run."""
    kept = shelf("sqlite")
    with kept.copied(kept.synced, tmp_path / "home", monkeypatch) as copied:
        yield copied


@pytest.fixture(params=BOTH)
def both_synced(
    request: pytest.FixtureRequest, shelf: Callable[[str], Shelf], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterSite]:
    """An installation after its first run, on each database in turn."""
    kept = shelf(request.param)
    with kept.copied(kept.synced, tmp_path / "home", monkeypatch) as copied:
        yield copied
