"""What a system is: one object, in the module `system` of its folder.

Everything that lists systems asks these objects. A member imports what it needs when it is called, since commands that
need no client read `connections.yaml` too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from connector_assets.engine.context import Client
    from connector_assets.engine.reasons.entry import Reason
    from connector_assets.systems.reading import LandingReader
    from connector_assets.systems.receivers import AnyReceiver
    from connector_resources.checks import Check
    from connector_resources.clock import Clock
    from connector_resources.connections import Connection
    from connector_resources.connections.base import BaseConnection
    from connector_resources.home import Home
    from connector_resources.http import Slots
    from connector_resources.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity that can be a source: what it holds and by which clock it is read, in words. `follows` is the entity
    whose rows lead to its own, where it is not asked for its own changes."""

    description: str
    follows: str | None = None
    # what a document is called whose key begins with it, and whether the rest of such a key is company, type and number
    noun: str | None = None
    numbered: bool = False


class System:
    """One system: its client, its reader, its entities, its credentials and settings, and what it says by itself."""

    name: ClassVar[str]
    title: ClassVar[str]
    # its port in the sandbox, counted from the control port; systems are listed in this order
    port: ClassVar[int]
    # the settings of a connection to it; `CREDENTIALS` of them names its secrets
    connection: ClassVar[type[BaseConnection]]
    entities: ClassVar[Mapping[str, Entity]] = {}

    def client(self) -> Callable[..., Client]:
        """What opens a client: `client(connection, credentials, clock=…)`, and `slots=…` where there are `slots`."""
        raise NotImplementedError(f"{self.name} has no client")

    def reader(self) -> type[LandingReader]:
        """What reads its entities into the landing store."""
        raise NotImplementedError(f"{self.name} has no reader")

    def slots(
        self, ledger: Ledger, connection: Connection, credentials: Mapping[str, str], clock: Clock
    ) -> Slots | None:
        """The limits of the vendor that all processes of a home share; None where each process keeps its own."""
        return None

    def reasons(self) -> Sequence[Reason]:
        """The reasons of exceptions that only this system can be the cause of."""
        return ()

    def ignoring_rules(self) -> Mapping[str, tuple[str, str]]:
        """Rule by which a record of this system is ignored -> what it looks at, and what undoes it."""
        return {}

    def absent(self, reader: Any, keys: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """Of the keys of records that documents refer to, those of which the system has none -> why, and what to do.
        Raises `ConnectorError`; what cannot be asked is left out."""
        return {}

    def receiver(self, connection: Connection, readers: tuple[str, ...]) -> AnyReceiver | None:
        """Where events of a connection come in; `readers` are the integrations that read it. None: it tells nothing."""
        return None

    def inbox_checks(self, home: Home, connection: Connection, client: Any, *, let_in: bool) -> list[Check]:
        """For `ping`: whether the connection's inbox, if it has one, can take events. `let_in`: the client has logged
        in."""
        return []

    def days_held(self, client: Any, entities: Collection[str]) -> list[date]:
        """The first and the last day of change in each of these entities, where the system can say so."""
        return []

    def template(self, which: str) -> str:
        """Its connection as `connections.yaml` begins with it: `site` or `sandbox`."""
        return template(self, which)


def template(owner: object, which: str) -> str:
    """The text beside an object's module."""
    package = type(owner).__module__.rpartition(".")[0]
    return files(package).joinpath(f"{which}.yaml").read_text("utf-8")
