"""The connections that take events, each with its settings, its secrets as they are now, and who reads it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from connector_assets.systems.receivers import AnyReceiver, Keys, Receiver
from connector_assets.systems.registry import system_of
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.connections import Settings
from connector_resources.credentials import CredentialStore
from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_resources.inbox_settings import (
    CLIENT_ID,
    CLIENT_SECRET,
    FORMER_SECURITY_KEY,
    SECURITY_KEY,
)

# credentials take effect at once, give or take these seconds: a flood of requests is not to be one of decryptions
FRESH_SECONDS = 2.0
# a key that BILL has just made is needed sooner
ANXIOUS_SECONDS = 0.2
ORGANISATION = "organization_id"


class Client(NamedTuple):
    """A login at our token endpoint, and the connection that it is for."""

    connection: str
    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Client({self.connection!r})"


class Secrets:
    """The inbox's credentials of all places, read again every few seconds."""

    def __init__(
        self, store: CredentialStore, receivers: Mapping[str, AnyReceiver], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, str]]] = {}

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._receivers)})"

    def of(self, connection: str) -> dict[str, str]:
        """Name -> value. Raises UnusableInput naming one that is missing."""
        return self._read(connection, FRESH_SECONDS)

    def keys(self, connection: str, *, anxious: bool = False) -> Keys:
        """The keys of a BILL connection, the present one first; none before there is a subscription. `anxious`: what
        was signed with none of those told last may be signed with one that is quite new."""
        found = self._read(connection, ANXIOUS_SECONDS if anxious else FRESH_SECONDS)
        signing = tuple(found[name] for name in (SECURITY_KEY, FORMER_SECURITY_KEY) if name in found)
        return Keys(signing, found[ORGANISATION])

    def _read(self, connection: str, fresh_seconds: float) -> dict[str, str]:
        with self._lock:
            read_at, found = self._known.get(connection, (None, {}))
            if read_at is None or self._clock.monotonic() - read_at > fresh_seconds:
                receiver = self._receivers[connection]
                needed = receiver.settings.credential_names if isinstance(receiver, Receiver) else (ORGANISATION,)
                found = self._store.get(connection, needed)
                self._known[connection] = (self._clock.monotonic(), found)
            return found

    def clients(self) -> list[Client]:
        """All logins for tokens."""
        found = []
        for name, receiver in self._receivers.items():
            if isinstance(receiver, Receiver) and receiver.settings.bearer is not None:
                secrets = self.of(name)
                found.append(Client(name, secrets[CLIENT_ID], secrets[CLIENT_SECRET]))
        return found


def receivers_of(settings: Settings) -> dict[str, AnyReceiver]:
    """Connection -> where its events come in, of those whose settings have an inbox."""
    found: dict[str, AnyReceiver] = {}
    for name, connection in settings.connections.items():
        readers = tuple(each.name for each in settings.integrations.values() if name in each.connections.values())
        receiver = system_of(connection.system).receiver(connection, readers)
        if receiver is not None:
            found[name] = receiver
    return found


def open_receivers(home: Home) -> tuple[dict[str, AnyReceiver], Secrets]:
    """What `connector inbox serve` serves. Raises UnusableInput where there is nothing to serve, where a credential is
    missing, and where what comes in would lead nowhere or could be two clients'."""
    settings = home.settings()
    receivers = receivers_of(settings)
    if not receivers:
        broken = "".join(f"; {reason}" for reason in settings.broken_connections.values())
        raise UnusableInput(f"no connection of {settings.path} has an inbox: set `inbox` of one{broken}")
    for name, receiver in receivers.items():
        if not receiver.integrations:
            raise UnusableInput(f"{name} has an inbox, but no integration that can be used reads it")
    secrets = Secrets(home.credentials(), receivers)
    for name in receivers:
        secrets.of(name)
    ids = [client.id for client in secrets.clients()]
    if len(set(ids)) < len(ids):
        raise UnusableInput(f"two connections have the same {CLIENT_ID}: a token would be for either")
    return receivers, secrets
