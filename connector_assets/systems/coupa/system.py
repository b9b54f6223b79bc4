"""Coupa, as everything that lists systems knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from connector_assets.systems.system import Entity, System
from connector_resources.connections.coupa import CoupaConnection

if TYPE_CHECKING:
    from connector_assets.systems.reading import LandingReader
    from connector_assets.systems.receivers import Receiver
    from connector_resources.checks import Check
    from connector_resources.connections import Connection
    from connector_resources.coupa.client import CoupaClient
    from connector_resources.home import Home


class Coupa(System):
    """Coupa's core API."""

    name = "coupa"
    title = "Coupa"
    port = 2
    connection = CoupaConnection
    entities: ClassVar[Mapping[str, Entity]] = {
        "invoices": Entity(
            "Invoices of Coupa with their lines and payments, by day of change in the connection's time zone.",
            noun="invoice",
        ),
        "purchase_orders": Entity(
            "Purchase orders of Coupa with their lines, by day of change in the connection's time zone."
        ),
        "payments": Entity(
            "Payments of Coupa Pay and the invoices they settle, by day of change in the connection's time zone.",
            noun="payment",
        ),
        "account_types": Entity("Charts of accounts, whole."),
        "payment_terms": Entity("Payment terms, whole."),
        "uoms": Entity("Units of measure, whole."),
        "currencies": Entity("Currencies, whole."),
    }

    def client(self) -> Callable[..., CoupaClient]:
        from connector_resources.coupa.client import CoupaClient

        return CoupaClient

    def reader(self) -> type[LandingReader]:
        from connector_assets.systems.coupa.reader import CoupaReader

        return CoupaReader

    def receiver(self, connection: Connection, readers: tuple[str, ...]) -> Receiver | None:
        from connector_assets.systems.receivers import Receiver

        assert isinstance(connection, CoupaConnection)
        return Receiver(connection, connection.inbox, readers) if connection.inbox is not None else None

    def inbox_checks(self, home: Home, connection: Connection, client: Any, *, let_in: bool) -> list[Check]:
        from connector_assets.systems.coupa.call_out_checks import call_out_checks

        assert isinstance(connection, CoupaConnection)
        return call_out_checks(home, connection)


SYSTEM = Coupa()
