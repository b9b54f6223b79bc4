"""What a flow works with: its integration's settings, the clients and readers of its connections, the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast, overload
from zoneinfo import ZoneInfo

from connector_resources.checks import Check
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.connections import Connection, IntegrationSettings
from connector_resources.http import CallCount
from connector_resources.landing import LandingStore
from connector_resources.ledger import LandedObject, Ledger
from connector_resources.unreadable import Unreadable

# in a stamp: the entity whose stamp it is, where several have one
SAME_AS = "same_as"


class Client(Protocol):
    """What every client can: it counts its calls, answers `ping`, and logs out."""

    @property
    def calls(self) -> CallCount:
        """Requests really sent so far."""

    def log_in(self) -> None:
        """Log in now and not on first use, so that a system that is down or refuses us is known beforehand."""

    def ping(self) -> list[Check]:
        """Whether the system can be reached and used, and what to do where not; never raises."""

    def close(self) -> None:
        """Log out."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


C = TypeVar("C")
K = TypeVar("K", bound=Connection)


class Reader(Protocol):
    """Reads one connection's entities into the landing store, and out of it. Rows are dicts by column."""

    day_column: str
    may_lack_days: bool

    def stamp(self, entity: str) -> dict[str, Any]:
        """A cheap reading that differs when the entity changed, such as its latest change."""

    def land_window(self, entity: str, first: date, last: date) -> LandedObject:
        """Read the rows changed in these days, as they are."""

    def land_snapshot(self, entity: str) -> LandedObject:
        """Read the whole entity."""

    def windows(self, entity: str, first: date, last: date) -> Iterator[list[dict[str, Any]]]:
        """The landed rows of these days, from the newest object of each day."""

    def unreadable(self, entity: str, first: date, last: date) -> list[Unreadable]:
        """The records of these days that could not be read when they were landed."""

    def snapshot(self, entity: str) -> list[dict[str, Any]]:
        """The rows of the newest landed snapshot."""

    def unreadable_of_snapshot(self, entity: str) -> list[Unreadable]:
        """The records that could not be read when the newest snapshot was landed."""

    def complete(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> list[dict[str, Any]]:
        """Read by key what is there now: all rows whose `columns` equal one of `keys`; landed before it returns.

        Raises UnreadableRecord where one of them cannot be read, unless the caller sets such records aside.
        """

    def read_again(self, entity: str, id: str, day: date | None) -> list[dict[str, Any]]:
        """The rows of one record that could not be read, by its id; of one that has none by which it could be asked
        for, all rows of its `day`. Raises UnreadableRecord as `complete` does."""

    def all_rows(self, entity: str, columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """Every row of the entity, these columns only; not landed."""

    def decimals(self) -> Mapping[str, int]:
        """Currency -> how many decimals the system gives it; empty where it does not say. Read once a run."""

    def currency_warning(self, currency: str) -> str:
        """Why amounts of a currency may not be what the system shows; '' where nothing speaks against them."""


@dataclass(frozen=True)
class Integration:
    """One configured integration: `connections` maps a role ('jde', 'coupa') to the connection's settings."""

    name: str
    kind: str
    connections: dict[str, Connection]
    settings: IntegrationSettings


@dataclass
class RunContext:
    """The tools of one run over one integration. Clients open on first use and close together."""

    integration: Integration
    ledger: Ledger
    landing: LandingStore
    open_client: Callable[[Connection], Any]
    open_reader: Callable[[RunContext, str], Reader]
    start_date: date
    run: str
    clock: Clock = SYSTEM_CLOCK
    actor: str = "connector"
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)
    _before: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)
    _readers: dict[str, Reader] = field(default_factory=dict, repr=False)

    def foresee(self) -> None:
        """Take the links that planned documents would get for made: for a run that plans flow after flow, before its
        first flow is made."""
        self.ledger = self.ledger.foreseeing()

    @overload
    def connection(self, role: str) -> Connection: ...

    @overload
    def connection(self, role: str, kind: type[K]) -> K: ...

    def connection(self, role: str, kind: type[K] | None = None) -> Connection | K:
        """The settings of the connection in this role; `kind` says which system's they are."""
        return self.integration.connections[role]

    @overload
    def client(self, role: str) -> Client: ...

    @overload
    def client(self, role: str, kind: type[C]) -> C: ...

    def client(self, role: str, kind: type[C] | None = None) -> Client | C:
        """The client of the connection in this role, one for all threads; `kind` says which system's it is."""
        if role not in self._clients:
            client = self._clients[role] = self.open_client(self.connection(role))
            # a client that is shared with other runs' contexts has made calls before
            self._before[role] = (client.calls.read, client.calls.write)
        return cast(Client, self._clients[role])

    def reader(self, role: str) -> Reader:
        """What reads the entities of the connection in this role into the landing store."""
        if role not in self._readers:
            self._readers[role] = self.open_reader(self, role)
        return self._readers[role]

    def time_zone(self, role: str) -> ZoneInfo:
        """The zone in which that system writes its dates."""
        return ZoneInfo(self.connection(role).time_zone)

    def today(self, role: str) -> date:
        """That system's today."""
        return self.clock.now().astimezone(self.time_zone(role)).date()

    def now(self) -> datetime:
        """The instant, in UTC."""
        return self.clock.now().astimezone(UTC)

    def calls(self) -> tuple[int, int]:
        """Reads and writes really sent so far, over all clients of this run, since it first used them."""
        reads = sum(client.calls.read - self._before[role][0] for role, client in self._clients.items())
        writes = sum(client.calls.write - self._before[role][1] for role, client in self._clients.items())
        return reads, writes

    def close(self) -> None:
        """Log out everywhere; every client is closed even when one fails to."""
        clients, self._clients = list(self._clients.values()), {}
        errors: list[Exception] = []
        for client in clients:
            try:
                client.close()
            except Exception as error:  # noqa: BLE001 - the others must be closed too; raised below
                errors.append(error)
        if errors:
            raise errors[0]
