"""Purchase orders of the town as bills of BILL: for the scenarios of the flow `purchase_order_bills`.

`ordering(town)` turns it on beside the bills; `run(town)` is one run of both, in their order.
"""

from __future__ import annotations

from typing import Any

from bill_owed import owing
from bill_site import BillSite
from scenario_books import Entry
from scenario_orders import Purchase, Purchasing
from scenario_site import outcomes

FLOW = "purchase_order_bills"


def ordering(testbed: BillSite, **settings: Any) -> Purchasing:
    """The flow is on with these settings, and so are the bills; the town's buyers."""
    owing(testbed)
    testbed.flows[FLOW] = settings
    return Purchasing(testbed.books)


def run(testbed: BillSite, *flows: str) -> tuple[dict[str, int], ...]:
    """One run of the orders and of the bills (or of these flows); the outcomes of each."""
    names = flows or (FLOW, "bills")
    reports = testbed.sync(*names)
    return tuple(outcomes(reports[name]) for name in names)


def key(order: Purchase) -> str:
    """The document key of an order."""
    return f"{order.document}/000"


def marked(order: Purchase) -> str:
    """The marker of an order."""
    return f"JDE PO {order.company}-{order.kind}-{order.number}"


def bills_of(testbed: BillSite, order: Purchase) -> list[dict[str, Any]]:
    """The bills that an order has, archived ones too."""
    return [each for each in testbed.bill.all("bills") if each.get("description") == marked(order)]


def bill_of(testbed: BillSite, order: Purchase) -> dict[str, Any]:
    """The only bill that an order has."""
    (found,) = bills_of(testbed, order)
    return found


def payable(testbed: BillSite) -> list[dict[str, Any]]:
    """Every bill that can be paid, whatever it came from."""
    return [each for each in testbed.bill.all("bills") if not each["archived"]]


def voucher(testbed: BillSite, order: Purchase, doc: int = 4711, *, typed: bool = False, **more: Any) -> Entry:
    """A clerk enters a voucher for an order, by default of 25.00; `typed`: with the number as they type it, else as JD
    Edwards writes what it matched."""
    entry = testbed.books.voucher(doc, **{"costs": (("30.5010", "25.00"),), **more})
    named = str(order.number) if typed else f"{order.number:08d}"
    testbed.books.change_items(entry, PKCO=order.company, PDCT=order.kind, PO=named)
    return entry
