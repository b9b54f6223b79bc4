"""A home of its own for each test, and the command line in this process."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from clerks import Cli, Said

with warnings.catch_warnings():
    # Typer re-exports what click deprecates; it is imported here before any test counts warnings as errors
    warnings.simplefilter("ignore", DeprecationWarning)
    from connector_assets.cli.app import run
from connector_assets.templates import sandbox_connections
from connector_resources.home import Home
from connector_resources.ledger import Ledger

# ports at which nothing listens
PORT_BASE = 1


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home" / "dagster"))
    for name in ("CONNECTOR_DATABASE_URL", "CONNECTOR_KEYS", "CONNECTOR_LANDING_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run one command line: `cli("exceptions", "list", "--json")`."""

    def call(*arguments: str) -> Said:
        capfd.readouterr()
        code = run(arguments)
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return call


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home's folder with the sandbox's connections, at ports where nothing listens, and its credentials."""
    made = Home(tmp_path_factory.mktemp("furnished") / "home", {"CONNECTOR_INSTANCE": "tests"})
    made.create()
    text = sandbox_connections(date(2026, 2, 1), PORT_BASE)
    # nobody will answer: the pauses between two tries would be for nothing
    made.connections_file.write_text(text.replace("limits: {", "limits: {backoff_seconds: 0.01, "))
    store = made.credentials()
    for connection, name in (
        ("jde", "username"),
        ("jde", "password"),
        ("coupa", "client_id"),
        ("coupa", "client_secret"),
        ("bill", "dev_key"),
        ("bill", "username"),
        ("bill", "password"),
        ("bill", "organization_id"),
    ):
        store.set(connection, name, f"secret-{name}")
    made.close()
    return made.path


@pytest.fixture
def home(furnished: Path, tmp_path: Path) -> Iterator[Home]:
    """A furnished home of the test's own."""
    made = Home(shutil.copytree(furnished, tmp_path / "home"))
    yield made
    made.close()


@pytest.fixture
def ledger(home: Home) -> Ledger:
    """The home's ledger."""
    return home.ledger()
