"""A connection as a Dagster resource: it holds only the connection's name, so no secret is in Dagster's config."""

import threading
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from connector_assets.run_setup import open_client
from connector_resources.connections import Connection
from connector_resources.home import Home


class ConnectionResource(dg.ConfigurableResource[Any]):
    """The client of one connection, opened on first use of a run and logged out at its end."""

    connection: str

    _client: Any = PrivateAttr(default=None)
    _opening: Any = PrivateAttr(default_factory=threading.Lock)

    def client(self, settings: Connection) -> Any:
        """The client, one for all steps of the run."""
        with self._opening:
            if self._client is None:
                self._client = open_client(Home.locate(), settings)
            return self._client

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Log out, so that no session is left behind in the vendor's system."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def resource_key(connection: str) -> str:
    """The resource's key in the definitions."""
    return f"{connection}_client"
