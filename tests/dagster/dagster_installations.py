"""Installations that many tests start from: made once a process, and copied for each test."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from dagster_site import DagsterSite, FirstRun
from ledger_places import forget_home
from throwaway_postgres import PostgresServer

from connector_resources.home import Home
from connector_sandbox.testing import Sandbox


@dataclass(frozen=True)
class Kept:
    """An installation to be copied: its home, its database where that is in PostgreSQL, and what its first run left."""

    home: Path
    database: str | None
    first_run: FirstRun | None


class Shelf:
    """The installations on one kind of database; `server` where it is PostgreSQL. Each is made when first asked for."""

    def __init__(self, sandbox: Sandbox, folder: Path, server: PostgresServer | None) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.server = server

    @cached_property
    def new(self) -> Kept:
        """Nothing was ever synced."""
        with self._making("new") as (path, database, _):
            return Kept(path, database, None)

    @cached_property
    def synced(self) -> Kept:
        """After its first run."""
        with self._making("synced") as (path, database, site):
            result = site.run()
            assert result.success, result.failures
            held = deepcopy(self.sandbox.systems["coupa"].dump())
            return Kept(path, database, FirstRun(result, site.calls(), held))

    @contextmanager
    def copied(self, kept: Kept, path: Path, environment: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
        """A copy of it at `path`, and the sandbox as it left it."""
        self.sandbox.post("/reset")
        if kept.first_run is not None:
            self.sandbox.systems["coupa"].restore(deepcopy(kept.first_run.coupa))
        shutil.copytree(kept.home, path)
        database = self._database(kept.database)
        try:
            with self._installed(path, database, environment) as site:
                site.first_run = kept.first_run
                site.load()
                yield site
        finally:
            if self.server is not None:
                self.server.execute(f"DROP DATABASE {database} WITH (FORCE)")

    @contextmanager
    def _making(self, name: str) -> Iterator[tuple[Path, str | None, DagsterSite]]:
        self.sandbox.post("/reset")
        path, database = self.folder / name / "home", self._database()
        with (
            pytest.MonkeyPatch.context() as environment,
            self._installed(path, database, environment) as site,
        ):
            site.configure()
            yield path, database, site
            if self.server is not None and database is not None:
                forget_home(self.server.url(database), site.home.ledger_schema)

    def _database(self, template: str | None = None) -> str | None:
        if self.server is None:
            return None
        name = f"test_{secrets.token_hex(8)}"
        self.server.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    @contextmanager
    def _installed(self, path: Path, database: str | None, environment: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
        environment.delenv("CONNECTOR_DATABASE_URL", raising=False)
        if self.server is not None and database is not None:
            environment.setenv("CONNECTOR_DATABASE_URL", self.server.url(database))
        environment.setenv("CONNECTOR_HOME", str(path))
        environment.setenv("DAGSTER_HOME", "set by prepare_dagster_home, restored by the test")
        # doubts are left to the next run in place of being waited out
        environment.setenv("CONNECTOR_PATIENCE_SECONDS", "0")
        site = DagsterSite(self.sandbox, Home(path))
        try:
            yield site
        finally:
            site.home.close()
