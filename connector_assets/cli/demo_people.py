"""What people do in the sandbox's systems between the syncs of a demo, so that it shows the ways back too. Nobody acts
on a real ledger's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING

from connector_assets.pairs.registry import pair_of
from connector_assets.run_setup import open_client

if TYPE_CHECKING:
    from connector_assets.pairs.people import People
    from connector_resources.connections import IntegrationSettings
    from connector_resources.home import Home

# the halves of their day, each of them followed by a sync
ACTS = ("morning", "afternoon")


@contextmanager
def people_of(home: Home, integration: IntegrationSettings, port: int, today: date) -> Iterator[People]:
    """The people of an integration whose pair has some, with a login of their own to look with."""
    settings, people = home.settings(), pair_of(integration.kind).people()
    assert people is not None, f"nobody acts in {integration.kind}"
    with ExitStack() as stack:
        clients = {
            role: stack.enter_context(open_client(home, settings.connection(connection)))
            for role, connection in integration.connections.items()
        }
        yield people(home, integration, port, today, **clients)
