"""The client of one Coupa instance."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from connector_resources.checks import Check
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.coupa import ping
from connector_resources.coupa.accounts import Accounts, AccountTypes
from connector_resources.coupa.answers import ANSWERS
from connector_resources.coupa.auth import CoupaAuthorizer
from connector_resources.coupa.errors import Classifier
from connector_resources.coupa.external_payables import ExternalPayables
from connector_resources.coupa.invoices import Invoices
from connector_resources.coupa.pay_payments import PayPayments
from connector_resources.coupa.purchase_orders import PurchaseOrders
from connector_resources.coupa.reference import (
    Addresses,
    Currencies,
    LookupValues,
    PaymentTerms,
    TaxCodes,
    Units,
    Users,
)
from connector_resources.coupa.resource import Channel
from connector_resources.coupa.suppliers import Suppliers
from connector_resources.http import CallCount, HttpLimits, HttpSession
from connector_resources.redact import redact


class CoupaClient:
    """One Coupa instance: its resources as attributes, one login, one rate limit; thread-safe, lazy.

    `credentials` are `client_id` and `client_secret` of an OAuth client of the client-credentials grant. All
    verbs raise the vocabulary of `connector_resources.errors`; reads retry by themselves, writes never do.
    """

    def __init__(
        self,
        connection: CoupaConnection,
        credentials: Mapping[str, str],
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.connection = connection
        self._clock = clock
        self._authorizer = CoupaAuthorizer(connection, credentials, clock)
        self._http = HttpSession(
            connection=connection.name,
            base_url=connection.url,
            limits=HttpLimits(**connection.limits.model_dump()),
            authorizer=self._authorizer,
            answers=ANSWERS,
            classify=Classifier(
                token_path=connection.token_path,
                hide=lambda text: redact(text, self._authorizer.secrets()),
                granted=lambda: self._authorizer.granted,
            ),
            clock=clock,
            verify=connection.verify,
            fresh_login_seconds=connection.fresh_login_seconds,
            secrets=self._authorizer.secrets,
        )
        channel = Channel(self._http, connection)
        self.suppliers = Suppliers(channel)
        self.account_types = AccountTypes(channel)
        self.accounts = Accounts(channel)
        self.lookup_values = LookupValues(channel)
        self.payment_terms = PaymentTerms(channel)
        self.currencies = Currencies(channel)
        self.invoices = Invoices(channel)
        self.external_payables = ExternalPayables(channel)
        self.purchase_orders = PurchaseOrders(channel)
        self.pay_payments = PayPayments(channel)
        self.users = Users(channel)
        self.addresses = Addresses(channel)
        self.uoms = Units(channel)
        self.tax_codes = TaxCodes(channel)

    @property
    def calls(self) -> CallCount:
        """How many requests were really sent, logins among the reads."""
        return self._http.calls

    def log_in(self) -> None:
        """Get a token now and not on first use, so that a system that is down or refuses us is known beforehand."""
        self._authorizer.login(self._http)

    def ping(self) -> list[Check]:
        """Whether this instance can be reached and read, and what to do where not; never raises."""
        # those that every site uses, and those that are asked about only where their scope is among the settings
        resources = (
            self.suppliers,
            self.account_types,
            self.accounts,
            self.lookup_values,
            self.payment_terms,
            self.currencies,
            self.invoices,
            self.external_payables,
            self.purchase_orders,
            self.pay_payments,
            self.users,
        )
        return ping.checks(self._http, self._authorizer, self.connection, resources, self._clock)

    def close(self) -> None:
        """Let go of the pooled connections; Coupa has no log-out."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CoupaClient({self.connection.name!r})"
