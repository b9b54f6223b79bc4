"""What most commands begin with: the home, the names on the command line, who is asking."""

from __future__ import annotations

import getpass
import os
import secrets
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from connector_resources.errors import UnusableInput
from connector_resources.private import bring_private

if TYPE_CHECKING:
    from connector_assets.engine.flow import Flow
    from connector_resources.connections import IntegrationSettings, Settings
    from connector_resources.home import Home


def existing_home() -> Home:
    """The home that CONNECTOR_HOME names. Raises UnusableInput where `connector init` has not been run."""
    from connector_resources.home import Home

    home = Home.locate()
    home.require()
    bring_private(home.path)
    # everything that is imported from here on, Dagster's definitions too, is about this home
    os.environ["CONNECTOR_HOME"] = str(home.path)
    return home


def writing_home() -> Home:
    """The same, for a command that writes. Raises CopiedHome, with nothing done, where the ledger belongs elsewhere."""
    home = existing_home()
    home.ledger().home.require()
    return home


def actor() -> str:
    """Who is asking, for the audit trail: the name of the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def day_of(text: str | None, option: str) -> date | None:
    """A day on the command line. Raises UnusableInput unless it is YYYY-MM-DD."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # Python takes 20260302 and 2026-W10-1 for days too
    if found is None or found.isoformat() != text:
        raise UnusableInput(f"{option} {text}: a day is written YYYY-MM-DD")
    return found


def chosen_flows(settings: Settings, target: str) -> tuple[IntegrationSettings, tuple[type[Flow], ...]]:
    """`INTEGRATION` or `INTEGRATION/FLOW`: the integration and its flows in their order.

    Raises UnusableInput naming what there is.
    """
    from connector_assets.pairs.registry import flow_class, flows_on

    name, _, flow = target.partition("/")
    integration = settings.integration(name)
    flows = flows_on(integration)
    if "/" not in target:
        return integration, flows
    chosen = flow_class(integration.kind, flow)
    if chosen not in flows:
        raise UnusableInput(f"{target} is off: name {flow} under integrations.{name}.flows in connections.yaml")
    return integration, (chosen,)


def require_flow(settings: Settings, target: str) -> tuple[IntegrationSettings, type[Flow]]:
    """As `chosen_flows`, where one flow must be named."""
    integration, flows = chosen_flows(settings, target)
    if "/" not in target:
        names = ", ".join(f"{integration.name}/{flow.name}" for flow in flows)
        raise UnusableInput(f"{target} is an integration: name one of its flows ({names})")
    return integration, flows[0]


def require_credentials(home: Home, settings: Settings, integration: IntegrationSettings) -> None:
    """Raise UnusableInput naming the first credential that a connection of the integration lacks."""
    store = home.credentials()
    for name in integration.connections.values():
        store.get(name, settings.connection(name).CREDENTIALS)


def require_systems(home: Home, settings: Settings, integration: IntegrationSettings) -> None:
    """Log in to both systems and out again, so that an outage is one line and not a failed step for each table.

    Raises what the client raises: LoginRefused, Unavailable, or UnusableInput for a credential that is missing.
    """
    from connector_assets.run_setup import open_client

    for name in integration.connections.values():
        client = open_client(home, settings.connection(name))
        try:
            client.log_in()
        finally:
            client.close()


def run_name(kind: str) -> str:
    """The id of work that is no Dagster run: `plan-20260302T090000Z-1f2e`."""
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
