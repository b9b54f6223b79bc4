"""One sandbox for all tests of this folder, put back before each, and homes of Dagster's beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from dagster_site import DagsterSite, small_world

from connector_resources.home import Home
from connector_sandbox.testing import Sandbox, running


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """Both systems over real HTTP, without rate limits, holding a small seed."""
    with running(world=small_world(), limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    """The sandbox as it was at the start."""
    served.post("/reset")
    return served


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
    """A new installation on SQLite; nothing was ever synced."""
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    yield from _installed(sandbox, tmp_path / "home", monkeypatch)


@pytest.fixture
def both_sites(
    sandbox: Sandbox, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterSite]:
    """A new installation on each database in turn."""
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("CONNECTOR_DATABASE_URL", database_url)
    yield from _installed(sandbox, tmp_path / "home", monkeypatch)


@pytest.fixture(scope="session")
def first_run(served: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A home after its first run, and what Coupa holds then: to be copied, since a run takes longer than a test."""
    served.post("/reset")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
        for site in _installed(served, tmp_path_factory.mktemp("synced") / "home", monkeypatch):
            assert site.run().success
            return site.home.path, deepcopy(served.systems["coupa"].dump())
    raise AssertionError("no site")


@pytest.fixture
def synced(
    first_run: tuple[Path, Any], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterSite]:
    """An installation on SQLite after its first run."""
    home, held = first_run
    shutil.copytree(home, tmp_path / "home")
    sandbox.systems["coupa"].restore(deepcopy(held))
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    yield from _installed(sandbox, tmp_path / "home", monkeypatch)


def _installed(sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
    monkeypatch.setenv("CONNECTOR_HOME", str(path))
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
    # doubts are left to the next run in place of being waited out
    monkeypatch.setenv("CONNECTOR_PATIENCE_SECONDS", "0")
    site = DagsterSite(sandbox, Home(path))
    try:
        site.configure()
        yield site
    finally:
        site.home.close()
