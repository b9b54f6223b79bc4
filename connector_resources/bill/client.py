"""The client of one BILL organisation."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from connector_resources.bill import ping
from connector_resources.bill.answers import ANSWERS
from connector_resources.bill.auth import BillAuthorizer, EventsAuthorizer
from connector_resources.bill.bills import Bills, VendorCredits
from connector_resources.bill.channel import Channel, Settling
from connector_resources.bill.classifications import AccountingClasses, ChartOfAccounts, Departments, Locations
from connector_resources.bill.errors import Classifier
from connector_resources.bill.events import Events
from connector_resources.bill.local_slots import LocalSlots
from connector_resources.bill.payments import Payments
from connector_resources.bill.vendors import Vendors
from connector_resources.checks import Check
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.connections.bill import BillConnection
from connector_resources.http import CallCount, HttpLimits, HttpSession
from connector_resources.http.slots import Slots
from connector_resources.redact import redact


class BillClient:
    """One BILL organisation: its resources as attributes, one session, its limits; thread-safe, lazy.

    `credentials` are `dev_key`, `username`, `password` and `organization_id`. `slots` keep the limits with all other
    processes; without them this process keeps them alone. All verbs raise the vocabulary of
    `connector_resources.errors`; reads retry by themselves, writes only where BILL rejected them before any work.
    """

    def __init__(
        self,
        connection: BillConnection,
        credentials: Mapping[str, str],
        *,
        clock: Clock = SYSTEM_CLOCK,
        slots: Slots | None = None,
    ) -> None:
        self.connection = connection
        self._clock = clock
        self._authorizer = BillAuthorizer(connection, credentials, clock)
        shared = slots or LocalSlots(connection, clock)
        classify = Classifier(clock, lambda text: redact(text, self._authorizer.secrets()))
        limits = HttpLimits(**connection.limits.model_dump(exclude={"calls_per_hour"}))
        self._http = HttpSession(
            connection=connection.name,
            base_url=connection.url,
            limits=limits,
            authorizer=self._authorizer,
            answers=ANSWERS,
            classify=classify,
            clock=clock,
            verify=connection.verify,
            fresh_login_seconds=connection.fresh_login_seconds,
            secrets=self._authorizer.secrets,
            slots=shared,
        )
        self._events_http = HttpSession(
            connection=connection.name,
            base_url=connection.events_base,
            limits=limits,
            authorizer=EventsAuthorizer(self._authorizer, self._http),
            answers=ANSWERS,
            classify=classify,
            clock=clock,
            verify=connection.verify,
            fresh_login_seconds=connection.fresh_login_seconds,
            secrets=self._authorizer.secrets,
            slots=shared,
        )
        self._events_http.calls = self._http.calls
        settling = Settling(connection.settle_seconds, clock)
        self._channel = channel = Channel(self._http, connection, clock, settling, shared)
        self.vendors = Vendors(channel)
        self.bills = Bills(channel)
        self.vendor_credits = VendorCredits(channel)
        self.payments = Payments(channel)
        self.accounts = ChartOfAccounts(channel)
        self.departments = Departments(channel)
        self.locations = Locations(channel)
        self.accounting_classes = AccountingClasses(channel)
        self.events = Events(Channel(self._events_http, connection, clock, settling, shared))

    @property
    def calls(self) -> CallCount:
        """How many requests were really sent, logins among the reads."""
        return self._http.calls

    def log_in(self) -> None:
        """Get a session now and not on first use, so that a system that is down or refuses us is known beforehand."""
        self._channel.guarded(lambda: self._authorizer.login(self._http))

    def ping(self) -> list[Check]:
        """Whether this organisation can be reached and read, and what to do where not; never raises."""
        resources = (
            self.vendors,
            self.bills,
            self.vendor_credits,
            self.payments,
            self.accounts,
            self.departments,
            self.locations,
            self.accounting_classes,
        )
        return ping.checks(self._channel, self._authorizer, resources, self.events)

    def close(self) -> None:
        """Log out and release the pooled connections."""
        self._authorizer.log_out(self._http)
        self._events_http.close()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"BillClient({self.connection.name!r})"
