"""The ledger as the rest sees it: groups of verbs over one database."""

from __future__ import annotations

import copy
import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.errors import ConnectorError, UnusableInput
from connector_resources.ledger import recording
from connector_resources.ledger.approving import StagedCalls
from connector_resources.ledger.audit import Audit
from connector_resources.ledger.bank_accounts import BankAccounts
from connector_resources.ledger.belonging import HomeId
from connector_resources.ledger.database import Database, make_schema, normalised
from connector_resources.ledger.deliveries import Deliveries
from connector_resources.ledger.exceptions import Exceptions
from connector_resources.ledger.findings import Findings
from connector_resources.ledger.foreseen import ForeseenLinks
from connector_resources.ledger.inbox import Inbox
from connector_resources.ledger.intents import Intents
from connector_resources.ledger.links import Links
from connector_resources.ledger.mappings import Mappings
from connector_resources.ledger.migrate import migrate
from connector_resources.ledger.reading import Flows, Landing, Reports, Watermarks
from connector_resources.ledger.releasing import release_waiting
from connector_resources.ledger.rows import Change
from connector_resources.ledger.secrets import Credentials, LandingKeys
from connector_resources.ledger.subscriptions import Subscriptions
from connector_resources.ledger.vouchers_made import VouchersMade

if TYPE_CHECKING:
    from connector_resources.ledger.slots import CallSlots


class Ledger:
    """Our own memory. Thread-safe; open one per process."""

    def __init__(
        self, database: Database, clock: Clock = SYSTEM_CLOCK, environment: Mapping[str, str] | None = None
    ) -> None:
        self._db = database
        self.clock = clock
        self.home = HomeId(database, clock, environment)
        self.deliveries = Deliveries(database, clock)
        self.intents = Intents(database)
        self.links = Links(database)
        self.mappings = Mappings(database)
        self.exceptions = Exceptions(database)
        self.findings = Findings(database)
        self.bank_accounts = BankAccounts(database)
        self.vouchers_made = VouchersMade(database)
        self.staged = StagedCalls(database)
        self.audit = Audit(database, clock)
        self.landing = Landing(database, clock)
        self.watermarks = Watermarks(database, clock)
        self.flows = Flows(database)
        self.reports = Reports(database, clock)
        self.credentials = Credentials(database)
        self.landing_keys = LandingKeys(database)
        self.inbox = Inbox(database, clock)
        self.subscriptions = Subscriptions(database, clock)
        self._slots: dict[tuple[str, str, int, int | None, Clock], CallSlots] = {}
        self._making = threading.Lock()

    @classmethod
    def open(
        cls,
        url: str,
        schema: str | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        environment: Mapping[str, str] | None = None,
    ) -> Ledger:
        """Open the ledger at a database URL, bringing it to this code's revision.

        `schema` is PostgreSQL's, made where it is missing; SQLite has none. One that belongs to no home yet belongs to
        this place from now on; a copy can be read (see `belonging`). `environment` is the process's own if None. Any
        number of processes may open a new ledger at once. Raises UnusableInput, without the password, for a database
        that cannot be opened or that a newer version wrote.
        """
        parsed = normalised(url)
        place = parsed.render_as_string(hide_password=True)
        if parsed.drivername == "sqlite" and parsed.database:
            _make_private(Path(parsed.database))
        elif schema is None:
            raise ValueError("a ledger in PostgreSQL needs a schema of its own")
        database: Database | None = None
        try:
            database = Database(parsed, schema)
            if database.schema is not None:
                make_schema(database.engine, database.schema)
            migrate(database)
            return cls(database, clock, environment)
        except DBAPIError as error:
            if database is not None:
                database.close()
            reason = str(error.orig).strip().splitlines()[0]
            raise UnusableInput(f"the ledger at {place} cannot be opened: {reason}") from None
        except ConnectorError:
            if database is not None:
                database.close()
            raise

    def record(self, changes: Sequence[Change], now: datetime | None = None) -> None:
        """Write a batch of changes in one transaction, all or nothing. Raises LinkTaken."""
        recording.record(self._db, changes, now or self.clock.now())

    def release_for_mapping(self, integration: str, name: str, keys: Collection[str]) -> list[tuple[str, str]]:
        """Make due what is held for these keys of a mapping; setting a mapping does so by itself.

        Returns the (flow, key) of the documents.
        """
        with self._db.write() as connection:
            waits = [f"{name}:{key}" for key in keys]
            return release_waiting(connection, waits, self.clock.now(), integration)

    def release_for_link(self, flow: str, keys: Collection[str]) -> list[tuple[str, str]]:
        """Make due what is held until these source keys of `flow` are linked. Returns the (flow, key)."""
        with self._db.write() as connection:
            waits = [f"link:{flow}:{key}" for key in keys]
            return release_waiting(connection, waits, self.clock.now())

    def foreseeing(self) -> Ledger:
        """This ledger for a run that only plans: its `links` are those that there are and those that the plan expects
        (`ForeseenLinks.expect`). Not to be closed by itself."""
        another = copy.copy(self)
        another.links = ForeseenLinks(self._db)
        return another

    def holds_secrets(self) -> bool:
        """Whether anything here was encrypted with the home's keys: then new ones in their place would lose it."""
        return bool(self.credentials.list() or self.landing_keys.list())

    def call_slots(
        self,
        connection: str,
        *,
        key: str,
        organisation: str,
        in_flight: int,
        calls_per_hour: int | None,
        clock: Clock | None = None,
    ) -> CallSlots:
        """The slots and the hourly budget of a vendor's key, shared by all processes; one object for all clients here.

        `connection` is named in messages. `key` is a secret: the ledger keeps a digest of it. `clock` says which hour
        it is, where that is not the ledger's own.
        """
        clock = clock or self.clock
        which = (key, organisation, in_flight, calls_per_hour, clock)
        # imported here: it brings the HTTP layer along, which most commands do without
        from connector_resources.ledger.slots import CallSlots

        with self._making:
            if which not in self._slots:
                self._slots[which] = CallSlots(
                    self._db,
                    clock,
                    name=connection,
                    key=key,
                    organisation=organisation,
                    in_flight=in_flight,
                    calls_per_hour=calls_per_hour,
                )
            return self._slots[which]

    def close(self) -> None:
        """Give slots and database connections back."""
        with self._making:
            slots, self._slots = list(self._slots.values()), {}
        for each in slots:
            each.close()
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make_private(path: Path) -> None:
    """A new SQLite file is the owner's alone; SQLite gives its log files the same permissions."""
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise UnusableInput(f"the ledger at {path} cannot be opened: {error.strerror}") from None
