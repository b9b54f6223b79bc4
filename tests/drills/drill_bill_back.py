"""JD Edwards and BILL: what people do about bills that are born in BILL, and about what BILL pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drill_bill_town import Southmoor
from drill_clerks import clerks_twin
from drill_place import Stranger


def born(town: Southmoor, number: str, amount: str = "100.00", *, approve: bool = True) -> str:
    """A bill of BILL's own; its id."""
    return town.bill(number, amount, approve=approve)


def born_open(town: Southmoor) -> None:
    """One of them is not approved, so not ours."""
    born(town, "WEB-1")
    born(town, "WEB-2", "50.00")
    born(town, "WEB-3", "70.00")
    town.acts("deny_bill", id=born(town, "WEB-4", approve=False))


def born_go_on(town: Southmoor) -> None:
    _reprice(town, "WEB-1", "110.00")
    town.acts("archive_bill", where=_numbered("WEB-2"))
    born(town, "WEB-5", "30.00")


def born_amend(town: Southmoor) -> None:
    _reprice(town, "WEB-1", "120.00")
    if "WEB-5" in {each["invoice"]["invoiceNumber"] for each in town.held("bills").values()}:
        _reprice(town, "WEB-5", "35.00")


def born_undo(town: Southmoor) -> None:
    _reprice(town, "WEB-1", "100.00")


def born_papers(town: Southmoor) -> Mapping[tuple[int, str], str]:
    """Supplier and number of the bills -> their document keys."""
    vendors = {id: str(each.get("shortName") or "").removeprefix("JDE ") for id, each in town.held("vendors").items()}
    return {
        (int(vendors[each["vendorId"]]), each["invoice"]["invoiceNumber"]): f"bills:{id}"
        for id, each in town.held("bills").items()
        if vendors.get(each["vendorId"], "").isdigit()
    }


def born_twin(town: Southmoor) -> list[Stranger]:
    return clerks_twin(town, (4343, "WEB-1"))


def born_forget(town: Southmoor) -> None:
    _delete(town, "bills", "WEB-4")


def _reprice(town: Southmoor, number: str, amount: str) -> None:
    [bill] = [each for each in town.held("bills").values() if each["invoice"]["invoiceNumber"] == number]
    [line] = bill["billLineItems"]
    town.acts("edit_bill", id=bill["id"], set={"billLineItems": [{"id": line["id"], "amount": amount}]})


def _delete(town: Southmoor, entity: str, number: str) -> None:
    command: dict[str, Any] = {"entity": entity, "where": _numbered(number), "delete": True}
    town.site.post("/rows", {"system": "bill", **command})


def _numbered(number: str) -> dict[str, str]:
    return {"invoice.invoiceNumber": number}


# -- payments


def paid_open(town: Southmoor) -> None:
    """Two bills at once, a part, one with a credit, one that was born in BILL; some of them on their way."""
    _pay(town, "A", "INV-4711", "INV-4713")
    _pay(town, "B", "INV-4716", amount="20.00")
    credit = {"where": {"description": "JDE 00001-PD-801-001"}, "amount": "30.00"}
    _pay(town, "C", "INV-4718", credits=[credit])
    _pay(town, "D", "WEB-1")
    _pay(town, "E", "INV-4717", status="SCHEDULED")
    _pay(town, "F", "INV-4719", status="SCHEDULED")


def paid_go_on(town: Southmoor) -> None:
    town.acts("move_payment", where={"description": "A"}, single_status="VOIDED")
    town.acts("move_payment", where={"description": "E"}, single_status="CLEARED")
    _pay(town, "G", "INV-4716", amount="15.00")
    _pay(town, "H", "INV-4712")


def paid_amend(town: Southmoor) -> None:
    town.acts("move_payment", where={"description": "B"}, single_status="VOIDED")


def paid_undo(town: Southmoor) -> None:
    town.acts("move_payment", where={"description": "H"}, single_status="VOIDED")


def paid_late(town: Southmoor) -> None:
    _pay(town, "Z", "WEB-3")


def paid_forget(town: Southmoor) -> None:
    command: dict[str, Any] = {"entity": "payments", "where": {"description": "F"}, "delete": True}
    town.site.post("/rows", {"system": "bill", **command})


def _pay(town: Southmoor, name: str, *numbers: str, status: str = "CLEARED", **part: Any) -> None:
    """BILL makes one payment of these bills, of one vendor, which is called by a letter."""
    bills = [{"where": _numbered(number), **part} for number in numbers]
    town.acts("pay_bill", bills=bills, description=name, single_status=status, date="2026-03-02")
