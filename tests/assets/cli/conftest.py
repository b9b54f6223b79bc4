"""A home of its own for each test, and the command line in this process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # Typer re-exports what click deprecates; it is imported here before any test counts warnings as errors
    warnings.simplefilter("ignore", DeprecationWarning)
    from connector_assets.cli.app import run
from connector_assets.templates import sandbox_connections
from connector_resources.home import Home
from connector_resources.ledger import Change, Ledger, NewEvent, NewLink, Problem

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# ports at which nothing listens
PORT_BASE = 1


@dataclass
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


Cli = Callable[..., Said]


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


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home with the sandbox's connections, at ports where nothing listens, and its credentials."""
    made = Home(tmp_path / "home")
    made.create()
    made.connections_file.write_text(sandbox_connections(date(2026, 2, 1), PORT_BASE))
    store = made.credentials()
    for connection, name in (
        ("jde", "username"),
        ("jde", "password"),
        ("coupa", "client_id"),
        ("coupa", "client_secret"),
    ):
        store.set(connection, name, f"secret-{name}")
    yield made
    made.close()


@pytest.fixture
def ledger(home: Home) -> Ledger:
    """The home's ledger."""
    return home.ledger()


def hold(
    ledger: Ledger,
    key: str,
    reason: str = "account_not_found",
    *,
    flow: str = "jde_coupa/invoices",
    value: str = "39284.9270",
    waits_for: str | None = None,
    partition: str | None = "2026-02-27",
) -> str:
    """A held document; returns the id of its exception."""
    problem = Problem(reason, "account", value, f"account {value} does not exist", "correct it", waits_for)
    change = Change(
        flow=flow,
        key=key,
        state="held",
        outcome="held",
        run="run-1",
        partition=partition,
        problems=[problem],
        events=[NewEvent("held", detail={"reasons": [reason]})],
    )
    ledger.record([change], NOW)
    return next(each.id for each in ledger.exceptions.open(flow) if each.key == key)


def settle(ledger: Ledger, key: str, target_id: str, *, flow: str = "jde_coupa/invoices") -> None:
    """A settled document with its link."""
    entity = flow.partition("/")[2]
    link = NewLink(
        source_connection="jde",
        target_connection="coupa",
        target_entity=entity,
        target_id=target_id,
        target_label=f"L-{target_id}",
    )
    change = Change(
        flow=flow,
        key=key,
        state="settled",
        outcome="created",
        run="run-1",
        partition="2026-02-27",
        target_entity=entity,
        target_id=target_id,
        link=link,
        problems=[],
        events=[NewEvent("settled", target_id=target_id)],
    )
    ledger.record([change], NOW)


def released(ledger: Ledger, flow: str, keys: Sequence[str]) -> list[str]:
    """Those of the keys that the next sync tries again."""
    known = ledger.deliveries.load(flow, keys)
    return [key for key in keys if known[key].released]
