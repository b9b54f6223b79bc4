"""The people of a town between JD Edwards and BILL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drill_clerks import JdeTestbed
from drill_place import ForeignRecord
from drill_site import Site
from scenario_books import HOME
from scenario_orders import Purchasing

from connector_sandbox.data import rows
from connector_sandbox.data.rows import Stamp

ADDRESS = {"line1": "1 Old Street", "city": "Northmoor", "zipOrPostalCode": "NM1 1AA", "country": "GB"}
# JD Edwards stamps what it is given
_AUDIT = ("USER", "PID", "JOBN", "UPMJ", "UPMT")


class Southmoor(JdeTestbed):
    """A town whose clerks enter vouchers and orders in JD Edwards, and whose bills are approved and paid in BILL."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.buyers = Purchasing(self.books)

    def unit(self, number: str, name: str, *, style: str = "IS") -> None:
        """Enter or change a business unit of a type."""
        row = rows.unit(number, name, HOME, Stamp(self.site.clock.now().date(), 0)) | {"STYL": style}
        self.books.upsert("F0006", {column: value for column, value in row.items() if column not in _AUDIT})

    def acts(self, act: str, **command: Any) -> Mapping[str, Any]:
        """A user of BILL does something that has a name."""
        found: Mapping[str, Any] = self.site.post("/rows", {"system": "bill", "act": act, **command})
        return found

    def enters(self, entity: str, body: Mapping[str, Any]) -> str:
        """A user of BILL enters a record; its id."""
        return str(self.site.post("/rows", {"system": "bill", "entity": entity, "create": body})["id"])

    def sets(self, entity: str, id: str, **values: Any) -> None:
        """Fields of a record of BILL's become others."""
        self.site.post("/rows", {"system": "bill", "entity": entity, "id": id, "set": values})

    def held(self, entity: str) -> Mapping[str, Any]:
        """BILL's records of an entity by id."""
        return self.site.systems["bill"].dump()[entity]

    def vendor(self, name: str) -> str:
        """A user of BILL enters a vendor; its id."""
        return str(self.acts("enter_vendor", body={"name": name, "address": ADDRESS, "billCurrency": "GBP"})["id"])

    def payee(self, number: int = 4343) -> str:
        """The id of a supplier's vendor."""
        return next(id for id, each in self.held("vendors").items() if each.get("shortName") == f"JDE {number}")

    def bill(self, number: str, amount: str = "100.00", *, approve: bool = True, **more: Any) -> str:
        """A user of BILL enters a bill of one line, and has it approved; its id."""
        account = next(
            id for id, each in self.held("chart_of_accounts").items() if each["account"]["number"] == "30.5010"
        )
        line = {"amount": amount, "description": "Works", "classifications": {"chartOfAccountId": account}}
        body = {
            "vendorId": self.payee(),
            "dueDate": "2026-03-31",
            "invoice": {"invoiceNumber": number, "invoiceDate": "2026-03-01"},
            "billLineItems": [line],
            **more,
        }
        return str(self.acts("enter_bill", body=body, approve=approve)["id"])


def leave(testbed: Southmoor, foreign_record: ForeignRecord) -> None:
    """A record of BILL's is gone."""
    entity, id = foreign_record
    testbed.site.post("/rows", {"system": "bill", "entity": entity, "id": id, "delete": True})
