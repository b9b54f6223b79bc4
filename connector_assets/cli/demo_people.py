"""What people do in the sandbox's systems between the syncs of a demo, so that it shows the ways back too. Nobody acts
on a real ledger's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING

from connector_assets.cli.demo_bill import BillPeople
from connector_assets.cli.demo_coupa import CoupaPeople
from connector_assets.run_setup import open_client

if TYPE_CHECKING:
    from connector_assets.cli.demo_acts import People
    from connector_resources.connections import IntegrationSettings
    from connector_resources.home import Home

# kind of integration -> its people
PEOPLE: dict[str, type[People]] = {"jde_coupa": CoupaPeople, "jde_bill": BillPeople}
# the halves of their day, each of them followed by a sync
ACTS = ("morning", "afternoon")


@contextmanager
def people_of(home: Home, integration: IntegrationSettings, port: int, today: date) -> Iterator[People]:
    """The people of an integration, with a login of their own to look with."""
    settings = home.settings()
    with ExitStack() as stack:
        clients = {
            role: stack.enter_context(open_client(home, settings.connection(connection)))
            for role, connection in integration.connections.items()
        }
        yield PEOPLE[integration.kind](home, integration, port, today, **clients)
