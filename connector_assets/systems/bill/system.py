"""BILL, as everything that lists systems knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from connector_assets.systems.system import Entity, System
from connector_resources.connections.bill import BillConnection

if TYPE_CHECKING:
    from connector_assets.systems.reading import LandingReader
    from connector_assets.systems.receivers import BillReceiver
    from connector_resources.bill import BillClient
    from connector_resources.checks import Check
    from connector_resources.clock import Clock
    from connector_resources.connections import Connection
    from connector_resources.home import Home
    from connector_resources.http import Slots
    from connector_resources.ledger import Ledger


class Bill(System):
    """BILL's AP API v3."""

    name = "bill"
    title = "BILL"
    port = 3
    connection = BillConnection
    entities: ClassVar[Mapping[str, Entity]] = {
        "bills": Entity("Bills of BILL with their lines, by day of change in the connection's time zone.", noun="bill"),
        "payments": Entity(
            "Payments of BILL and the bills they settle, by day of change in the connection's time zone.",
            noun="payment",
        ),
        "vendors": Entity("Vendors of BILL, by day of change in the connection's time zone."),
        "vendor_credits": Entity(
            "Vendor credits of BILL and their use, by day of change in the connection's time zone."
        ),
        "chart_of_accounts": Entity("Chart of accounts of BILL, whole, archived ones included."),
        "departments": Entity("Departments of BILL, whole, archived ones included."),
        "locations": Entity("Locations of BILL, whole, archived ones included."),
        "accounting_classes": Entity("Accounting classes of BILL, whole, archived ones included."),
    }

    def client(self) -> Callable[..., BillClient]:
        from connector_resources.bill import BillClient

        return BillClient

    def reader(self) -> type[LandingReader]:
        from connector_assets.systems.bill.reader import BillReader

        return BillReader

    def slots(self, ledger: Ledger, connection: Connection, credentials: Mapping[str, str], clock: Clock) -> Slots:
        """BILL counts calls in flight by developer key and organisation, and an hour's calls by the key (bill section
        5.1)."""
        limits: Any = connection.limits
        return ledger.call_slots(
            connection.name,
            key=credentials["dev_key"],
            organisation=credentials["organization_id"],
            in_flight=limits.in_flight,
            calls_per_hour=limits.calls_per_hour,
            clock=clock,
        )

    def receiver(self, connection: Connection, readers: tuple[str, ...]) -> BillReceiver | None:
        from connector_assets.systems.receivers import BillReceiver

        assert isinstance(connection, BillConnection)
        return BillReceiver(connection, connection.inbox, readers) if connection.inbox is not None else None

    def inbox_checks(self, home: Home, connection: Connection, client: Any, *, let_in: bool) -> list[Check]:
        from connector_assets.systems.bill.subscription_ping import subscription_checks

        receiver = self.receiver(connection, ())
        return subscription_checks(home, receiver, client) if receiver is not None and let_in else []


SYSTEM = Bill()
