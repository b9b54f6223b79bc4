"""JD Edwards and BILL: what people do about bills that are born in BILL, and about what BILL pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drill_bill_testbed import Southmoor
from drill_clerks import clerks_duplicate
from drill_place import ForeignRecord


def born(testbed: Southmoor, number: str, amount: str = "100.00", *, approve: bool = True) -> str:
    """A bill of BILL's own; its id."""
    return testbed.bill(number, amount, approve=approve)


def born_open(testbed: Southmoor) -> None:
    """One of them is not approved, so not ours."""
    born(testbed, "WEB-1")
    born(testbed, "WEB-2", "50.00")
    born(testbed, "WEB-3", "70.00")
    testbed.acts("deny_bill", id=born(testbed, "WEB-4", approve=False))


def born_go_on(testbed: Southmoor) -> None:
    _reprice(testbed, "WEB-1", "110.00")
    testbed.acts("archive_bill", where=_numbered("WEB-2"))
    born(testbed, "WEB-5", "30.00")


def born_amend(testbed: Southmoor) -> None:
    _reprice(testbed, "WEB-1", "120.00")
    if "WEB-5" in {each["invoice"]["invoiceNumber"] for each in testbed.held("bills").values()}:
        _reprice(testbed, "WEB-5", "35.00")


def born_undo(testbed: Southmoor) -> None:
    _reprice(testbed, "WEB-1", "100.00")


def born_three_way(testbed: Southmoor) -> Mapping[tuple[int, str], str]:
    """Supplier and number of the bills -> their document keys."""
    vendors = {
        id: str(each.get("shortName") or "").removeprefix("JDE ") for id, each in testbed.held("vendors").items()
    }
    return {
        (int(vendors[each["vendorId"]]), each["invoice"]["invoiceNumber"]): f"bills:{id}"
        for id, each in testbed.held("bills").items()
        if vendors.get(each["vendorId"], "").isdigit()
    }


def born_duplicate(testbed: Southmoor) -> list[ForeignRecord]:
    return clerks_duplicate(testbed, (4343, "WEB-1"))


def born_forget(testbed: Southmoor) -> None:
    _delete(testbed, "bills", "WEB-4")


def _reprice(testbed: Southmoor, number: str, amount: str) -> None:
    [bill] = [each for each in testbed.held("bills").values() if each["invoice"]["invoiceNumber"] == number]
    [line] = bill["billLineItems"]
    testbed.acts("edit_bill", id=bill["id"], set={"billLineItems": [{"id": line["id"], "amount": amount}]})


def _delete(testbed: Southmoor, entity: str, number: str) -> None:
    command: dict[str, Any] = {"entity": entity, "where": _numbered(number), "delete": True}
    testbed.site.post("/rows", {"system": "bill", **command})


def _numbered(number: str) -> dict[str, str]:
    return {"invoice.invoiceNumber": number}


# -- payments


def paid_open(testbed: Southmoor) -> None:
    """Two bills at once, a part, one with a credit, one that was born in BILL; some of them on their way."""
    _pay(testbed, "A", "INV-4711", "INV-4713")
    _pay(testbed, "B", "INV-4716", amount="20.00")
    credit = {"where": {"description": "JDE 00001-PD-801-001"}, "amount": "30.00"}
    _pay(testbed, "C", "INV-4718", credits=[credit])
    _pay(testbed, "D", "WEB-1")
    _pay(testbed, "E", "INV-4717", status="SCHEDULED")
    _pay(testbed, "F", "INV-4719", status="SCHEDULED")


def paid_go_on(testbed: Southmoor) -> None:
    testbed.acts("move_payment", where={"description": "A"}, single_status="VOIDED")
    testbed.acts("move_payment", where={"description": "E"}, single_status="CLEARED")
    _pay(testbed, "G", "INV-4716", amount="15.00")
    _pay(testbed, "H", "INV-4712")


def paid_amend(testbed: Southmoor) -> None:
    testbed.acts("move_payment", where={"description": "B"}, single_status="VOIDED")


def paid_undo(testbed: Southmoor) -> None:
    testbed.acts("move_payment", where={"description": "H"}, single_status="VOIDED")


def paid_late(testbed: Southmoor) -> None:
    _pay(testbed, "Z", "WEB-3")


def paid_forget(testbed: Southmoor) -> None:
    command: dict[str, Any] = {"entity": "payments", "where": {"description": "F"}, "delete": True}
    testbed.site.post("/rows", {"system": "bill", **command})


def _pay(testbed: Southmoor, name: str, *numbers: str, status: str = "CLEARED", **part: Any) -> None:
    """BILL makes one payment of these bills, of one vendor, which is called by a letter."""
    bills = [{"where": _numbered(number), **part} for number in numbers]
    testbed.acts("pay_bill", bills=bills, description=name, single_status=status, date="2026-03-02")
