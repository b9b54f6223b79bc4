"""`connector init`: a home to start from."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from connector_assets.cli.arguments import day_of
from connector_assets.cli.exits import tell
from connector_assets.cli.sandbox import PortBase
from connector_assets.cli.sandboxes import DEFAULT_PORT, credentials_of, days_held, keep_credentials
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.home import Home

DAYS_BACK = 90


def init(
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Point at a sandbox that runs on this machine.")] = False,
    port_base: PortBase = DEFAULT_PORT,
    start: Annotated[
        str | None, typer.Option("--start-date", metavar="DAY", help="The first day that is read, YYYY-MM-DD.")
    ] = None,
) -> None:
    """Write a commented connections.yaml to start from, into CONNECTOR_HOME."""
    from connector_assets.templates import site_connections
    from connector_resources.home import Home

    home = Home.locate()
    if home.connections_file.exists():
        raise UnusableInput(f"{home.connections_file} exists already: edit it, or set CONNECTOR_HOME to another folder")
    day = day_of(start, "--start-date")
    if sandbox:
        make_sandbox_home(home, port_base, start_date=day)
        tell(
            f"{home.connections_file} points at the sandbox on port {port_base}; next: connector sync jde_coupa --plan"
        )
        return
    write_connections(home, site_connections(day or datetime.now(UTC).date() - timedelta(days=DAYS_BACK)))
    tell(
        f"{home.connections_file} is written: look at every line, then `connector credentials set` and `connector ping`"
    )


def make_sandbox_home(home: Home, port_base: int, *, start_date: date | None = None) -> tuple[date, date]:
    """A home that points at a running sandbox, credentials included; it begins at the sandbox's earliest day, unless
    `start_date` is given. Returns the sandbox's first and last day.

    Raises UnusableInput, before anything is written, where no sandbox answers.
    """
    from connector_assets.templates import sandbox_connections
    from connector_resources.connections import Settings

    logins = credentials_of(port_base)
    today = datetime.now(UTC).date()
    draft = Settings.parse(sandbox_connections(today, port_base), home.connections_file)
    first, last = days_held(draft, logins)
    write_connections(home, sandbox_connections(start_date or first, port_base))
    keep_credentials(home, home.settings(), logins)
    return first, last


def write_connections(home: Home, text: str) -> None:
    """Make the home with this connections.yaml, readable by its owner alone."""
    home.create()
    try:
        descriptor = os.open(home.connections_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UnusableInput(f"{home.connections_file} cannot be written: {error.strerror}") from None
