"""JD Edwards, as everything that lists systems knows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from connector_assets.systems.system import Entity, System
from connector_resources.connections.jde import JdeConnection

if TYPE_CHECKING:
    from connector_assets.engine.reasons.entry import Reason
    from connector_assets.systems.reading import LandingReader
    from connector_resources.jde import JdeClient

EARLIEST = date(1970, 1, 1)


class Jde(System):
    """JD Edwards EnterpriseOne through its AIS server."""

    name = "jde"
    title = "JD Edwards"
    port = 1
    connection = JdeConnection
    entities: ClassVar[Mapping[str, Entity]] = {
        "F0101": Entity("Address book (F0101): names, search types and tax ids, by day of change."),
        "F0401": Entity(
            "Supplier master (F0401): terms, currency and payment holds, by day of change.", noun="supplier"
        ),
        "F0116": Entity("Addresses by effective date (F0116), by day of change."),
        "F0115": Entity("Phone numbers (F0115), by day of change."),
        "F01151": Entity("Electronic addresses (F01151), by day of change."),
        "F0411": Entity(
            "Accounts payable ledger (F0411): the pay items of vouchers, by day of change.",
            noun="voucher",
            numbered=True,
        ),
        "F0911": Entity(
            "Account ledger (F0911): the changed lines of vouchers and batches that changed, by day.",
            follows="F0411",
        ),
        "F0413": Entity(
            "Payment headers (F0413), voids included, of vouchers and batches that changed, by day.",
            follows="F0411",
        ),
        "F0414": Entity(
            "Payment details (F0414): which pay items a payment settles, of what changed, by day of change.",
            follows="F0411",
        ),
        "F4301": Entity("Purchase order headers (F4301), by day of change.", noun="order", numbered=True),
        "F4311": Entity("Purchase order lines (F4311): quantities, prices, accounts and statuses, by day of change."),
        "F43121": Entity("Receipts of purchase orders (F43121), matches with vouchers included, by day of change."),
        "F0901": Entity(
            "Account master (F0901), whole: business unit, object, subsidiary and posting edit code.", noun="account"
        ),
        "F0006": Entity("Business units (F0006), whole.", noun="business unit"),
        "F0014": Entity("Payment terms (F0014), whole."),
        "F0010": Entity("Companies (F0010), whole, with their currencies."),
    }

    def client(self) -> Callable[..., JdeClient]:
        from connector_resources.jde import JdeClient

        return JdeClient

    def reader(self) -> type[LandingReader]:
        from connector_assets.systems.jde.reader import JdeReader

        return JdeReader

    def reasons(self) -> Sequence[Reason]:
        from connector_assets.systems.jde.reasons import REASONS

        return REASONS

    def ignoring_rules(self) -> Mapping[str, tuple[str, str]]:
        from connector_assets.systems.jde.masters import RULES

        return RULES

    def absent(self, reader: Any, keys: Collection[str]) -> Mapping[str, tuple[str, str]]:
        from connector_assets.systems.jde.masters import absent

        return absent(reader, keys)

    def days_held(self, client: JdeClient, entities: Collection[str]) -> list[date]:
        from connector_resources.jde import ge

        days: list[date] = []
        for table in sorted(entities):
            rows = client.aggregate(table, [("MIN", "UPMJ"), ("MAX", "UPMJ")], where=ge("UPMJ", EARLIEST))
            days += [row[each] for row in rows for each in ("UPMJ_MIN", "UPMJ_MAX") if row[each] is not None]
        return days


SYSTEM = Jde()
