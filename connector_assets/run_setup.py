"""Putting a run together from a home: clients with their credentials, readers, the run context, the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from connector_assets.engine.context import Integration, Reader, RunContext
from connector_assets.engine.flow import Flow
from connector_assets.pairs.registry import check_flows, check_numbers, flows_on
from connector_assets.systems.registry import system_of
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.connections import Connection, Settings
from connector_resources.home import Home


def open_client(home: Home, connection: Connection, clock: Clock = SYSTEM_CLOCK) -> Any:
    """A client with its credentials; one that takes `slots` shares its vendor's limits with all processes of this home.

    Raises UnusableInput naming a credential that is missing, or the ledger where it cannot be opened.
    """
    credentials = home.credentials().get(connection.name, connection.CREDENTIALS)
    system = system_of(connection.system)
    slots = system.slots(home.ledger(), connection, credentials, clock)
    if slots is None:
        return system.client()(connection, credentials, clock=clock)
    return system.client()(connection, credentials, clock=clock, slots=slots)


def open_reader(context: RunContext, role: str) -> Reader:
    """The reader of the connection in this role."""
    return system_of(context.connection(role).system).reader()(context, role)


def settings_of(home: Home, run: str) -> Settings:
    """The home's settings as a run has them: `connections.yaml` is parsed once for all its steps, and once more only
    where somebody has changed it meanwhile."""
    home.require()
    found = home.connections_file.stat()
    return _settings(home.path, run, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _settings(path: Path, run: str, changed: int, size: int) -> Settings:
    return Home(path).settings()


def integration_of(settings: Settings, name: str) -> Integration:
    """A configured integration with its connections. Raises UnusableInput when it, a flow of it or one of them
    is broken."""
    found = settings.integration(name)
    check_flows(found)
    check_numbers(settings, found)
    connections = {role: settings.connection(connection) for role, connection in found.connections.items()}
    return Integration(found.name, found.kind, connections, found)


@contextmanager
def open_run_context(
    home: Home,
    name: str,
    run: str,
    *,
    client: Callable[[Connection], Any] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    actor: str = "connector",
    reading: bool = False,
) -> Iterator[RunContext]:
    """The tools of one run over one integration. With `client` the clients are another's, who closes them.

    Raises CopiedHome where the ledger belongs to another place, unless the work is `reading` only.
    """
    settings = settings_of(home, run)
    if not reading:
        home.ledger().home.require()
    context = RunContext(
        integration=integration_of(settings, name),
        ledger=home.ledger(),
        landing=home.landing(),
        open_client=client or (lambda connection: open_client(home, connection, clock)),
        open_reader=open_reader,
        start_date=settings.start_date,
        run=run,
        clock=clock,
        actor=actor,
    )
    try:
        yield context
    finally:
        if client is None:
            context.close()


def flows_of(context: RunContext) -> list[Flow]:
    """All flows of the run's integration."""
    return [flow(context) for flow in flows_on(context.integration.settings)]
