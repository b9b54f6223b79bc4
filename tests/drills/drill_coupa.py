"""JD Edwards and Coupa: a town whose clerks enter vouchers, and whose managers approve invoices in Coupa."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drill_clerks import (
    LOCAL,
    JdeTown,
    known_at,
    nothing,
    payment_leaves,
    payment_stranger,
    site_of,
    there,
    voucher_leaves,
    voucher_of,
    voucher_stranger,
)
from drill_clock import YESTERDAY
from drill_coupa_born import (
    approvals_amend,
    approvals_forget,
    approvals_go_on,
    approvals_open,
    born,
    decided,
    paid_by_coupa_amend,
    paid_by_coupa_forget,
    paid_by_coupa_go_on,
    paid_by_coupa_late,
    paid_by_coupa_opens,
    paid_by_coupa_undo,
    paid_in_jde_amend,
    paid_in_jde_go_on,
    paid_in_jde_late,
    paid_in_jde_opens,
    paid_in_jde_undo,
    payables_amend,
    payables_forget,
    payables_go_on,
    payables_open,
    payables_papers,
    payables_twin,
    payables_undo,
)
from drill_place import Acts, Place, Stranger
from drill_site import Site
from scenario_acts import ORCHESTRATIONS
from scenario_books import CHART, Entry, first_books
from scenario_orders import Purchase, Purchasing

from connector_sandbox.data import reference
from connector_sandbox.kernel.system import World

ACCOUNTS = ("30.5010", "40.5010", "30.5190", "00001.4110", "00001.4433")
NO_VOUCHER = Entry(4600, "T1", "00001")


class Northmoor(JdeTown):
    """A town whose clerks enter vouchers in JD Edwards, and whose managers approve invoices in Coupa."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.buyers = Purchasing(self.books)

    def coupa(self, entity: str, **command: Any) -> int:
        """A user of Coupa creates or sets a record."""
        return int(self.site.post("/rows", {"system": "coupa", "entity": entity, **command})["id"])

    def people(self, act: str, **command: Any) -> int:
        """People of Coupa do something; returns the record's id."""
        return int(self.site.post("/rows", {"system": "coupa", "act": act, **command})["id"])

    def held(self, entity: str) -> Mapping[str, Any]:
        """Coupa's records of an entity by id."""
        return self.site.systems["coupa"].dump()[entity]


def _world() -> Mapping[str, World]:
    tables = first_books()
    tables["F0901"] = [CHART[number] for number in ACCOUNTS]
    return {"jde": tables, "coupa": reference.coupa()}


def _suppliers_begin(town: Northmoor) -> None:
    town.books.supplier(4345, "Crane Hire", changed=YESTERDAY)
    town.books.supplier(4346, "Dora Employee", kind="E")


def _suppliers_go_on(town: Northmoor) -> None:
    town.books.supplier(4350, "Eagle Fencing")
    # a second one of the name
    town.books.supplier(4351, "Crane Hire")
    # another address, and another name
    town.books.supplier(4343, "Anvil & Daughters", terms="N14")
    # not payable any more
    town.books.supplier(4344, "Bolt Brothers", payables="N")


def _suppliers_amend(town: Northmoor) -> None:
    town.books.supplier(4343, "Anvil Works", terms="N60")
    if there(town, "F0401", AN8=4350):
        town.books.supplier(4350, "Eagle Fences")


def _suppliers_undo(town: Northmoor) -> None:
    town.books.supplier(4343, "Anvil & Sons")
    town.books.supplier(4344, "Bolt Brothers")


def _suppliers_forget(town: Northmoor) -> None:
    town.books.delete("F0115", {"AN8": 4346, "IDLN": 0, "RCK7": 1, "CNLN": 0})


def _supplier_stranger(town: Northmoor) -> list[Stranger]:
    policy = {"invoice-matching-level": "none", "payment-method": "invoice", "po-method": "prompt"}
    place = len(town.held("suppliers"))
    body = {"number": f"S{place}", "name": f"Stranger {place}", "status": "active", **policy}
    return [("suppliers", str(town.coupa("suppliers", create=body)))]


def _accounts_go_on(town: Northmoor) -> None:
    town.books.account("30.5010", "Grounds, parks and ponds")
    town.books.account("40.5010", "Housing repairs", posting="N")
    town.books.account("30.6010", "Bandstand")
    town.books.account("30.6020", "Bowling green")


def _accounts_amend(town: Northmoor) -> None:
    town.books.upsert("F0901", {"AID": CHART["30.5010"]["AID"], "OBJ": "5011", "DL01": "Grounds, again"})
    if there(town, "F0901", MCU="30", OBJ="6010"):
        key = town.books.account("30.6010", "Bandstand, painted")
        town.books.upsert("F0901", {"AID": key.removeprefix("F0901:"), "OBJ": "6011"})


def _accounts_undo(town: Northmoor) -> None:
    town.books.account("30.5010", "Grounds upkeep")
    town.books.account("40.5010", "Housing repairs")


def _accounts_stranger(town: Northmoor) -> list[Stranger]:
    place = len(town.held("accounts"))
    body = {"name": "Theirs", "account-type": {"name": "JDE"}, "segment-1": "99", "segment-2": str(place)}
    return [("accounts", str(town.coupa("accounts", create=body)))]


REQUISITION = Purchase(600, kind="OR")


def _orders_begin(town: Northmoor) -> None:
    town.buyers.order(601, ("30.5010", "10", "2.50"), ("40.5010", "4", "12.25"), changed=YESTERDAY)
    town.buyers.order(602, supplier=4344)
    town.buyers.order(603, ("30.5010", "0", "80.00"))
    town.buyers.order(REQUISITION.number, kind=REQUISITION.kind, changed=YESTERDAY)


def _orders_go_on(town: Northmoor) -> None:
    town.buyers.order(604)
    town.buyers.order(605, supplier=4344)
    # another quantity, a line that is cancelled, and one more
    town.buyers.change(Purchase(601), 1, quantity="12")
    town.buyers.cancel(Purchase(601), 2)
    town.buyers.copy_line(Purchase(601), 3, ("30.5010", "1", "6.00"))
    town.buyers.cancel(Purchase(602))
    town.buyers.close(Purchase(603))


def _orders_amend(town: Northmoor) -> None:
    town.buyers.change(Purchase(601), 1, quantity="14", price="3.00")
    changed = 604 if there(town, "F4301", DOCO=604) else 602
    town.buyers.change(Purchase(changed), 1, quantity="11")


def _orders_undo(town: Northmoor) -> None:
    town.buyers.change(Purchase(601), 1, quantity="10", price="2.50")


def _orders_forget(town: Northmoor) -> None:
    town.books.delete("F4301", REQUISITION.columns)
    town.books.delete("F4311", REQUISITION.columns | {"LNID": 1})


def _order_stranger(town: Northmoor) -> list[Stranger]:
    supplier = next(iter(town.held("suppliers")))
    line = {"description": "Theirs", "price": "5.00", "quantity": "1", "currency": {"code": "GBP"}}
    body = {
        "type": "OrderHeader",
        "po-number": f"PO-{len(town.held('purchase_orders'))}",
        "supplier": {"id": int(supplier)},
        "currency": {"code": "GBP"},
        "ship-to-address": {"location-code": "M30"},
        "ship-to-user": {"login": "erp_receiver"},
        "order-lines": [line],
    }
    return [("purchase_orders", str(town.coupa("purchase_orders", create=body)))]


def _vouchers_begin(town: Northmoor) -> None:
    town.books.voucher(4711, costs=(("30.5010", "60.00"), ("40.5010", "40.00")), tax="20.00", changed=YESTERDAY)
    town.books.voucher(4712, supplier=4344)
    town.books.voucher(4713)
    town.books.voucher(NO_VOUCHER.doc, kind=NO_VOUCHER.kind, changed=YESTERDAY)


def _vouchers_go_on(town: Northmoor) -> None:
    for number, invoice in town.held("invoices").items():
        # 4711 stays as it is, with those that were not submitted
        if invoice["invoice-number"] == "INV-4712":
            town.coupa("invoices", id=int(number), set={"status": "approved"})
    town.books.voucher(4714, supplier=4344)
    town.books.voucher(4715)
    town.books.line(voucher_of(4711), 1, "30.5010", "70.00")
    town.books.change_items(voucher_of(4711), "130.00", STAM="20.00", ATXA="110.00")
    town.books.pay(voucher_of(4712), "40.00", number=5001)
    town.books.pay(voucher_of(4712), number=5002)
    town.books.void(voucher_of(4713))


def _vouchers_amend(town: Northmoor) -> None:
    town.books.line(voucher_of(4711), 1, "30.5010", "80.00")
    town.books.change_items(voucher_of(4711), "140.00", STAM="20.00", ATXA="120.00")
    renumbered = 4714 if there(town, "F0411", DOC=4714) else 4712
    town.books.change_items(voucher_of(renumbered), VINV=f"INV-{renumbered}-B")


def _vouchers_undo(town: Northmoor) -> None:
    town.books.line(voucher_of(4711), 1, "30.5010", "60.00", EXA="Works")
    town.books.change_items(voucher_of(4711), "120.00", STAM="20.00", ATXA="100.00")


def _vouchers_forget(town: Northmoor) -> None:
    entry = NO_VOUCHER
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    town.books.delete("F0411", key)
    town.books.delete("F0911", town.books.cost_key(entry, 1), town.books.cost_key(entry, 900) | {"EXTL": "AM"})


def _invoice_stranger(town: Northmoor) -> list[Stranger]:
    supplier = next(iter(town.held("suppliers")))
    body = {
        "invoice-number": f"PAPER-{len(town.held('invoices'))}",
        "invoice-date": "2026-02-20",
        "supplier": {"id": int(supplier)},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "invoice-lines": [{"type": "InvoiceAmountLine", "description": "Theirs", "price": "5.00"}],
    }
    return [("invoices", str(town.coupa("invoices", create=body)))]


def _leave(town: Northmoor, stranger: Stranger) -> None:
    entity, number = stranger
    town.coupa(entity, id=int(number), delete=True)


_ORDERS = {"ship_to_user": "erp_receiver", "ship_to_location": "M30"}
# of the modes in which Coupa Pay pays
_HANDED = {"handed_over_status": "B"}
_STATIC = {"accounts": {"chart": "JDE"}, "purchase_orders": _ORDERS, "invoices": _HANDED}
# how vouchers of ours are known at each kind of site; the flows that this matters to
_WAYS = {
    "static chart": "supplier_invoice",
    "dynamic chart": "mark",
    "purged batch rows": "purged",
    "own numbers": "preset",
}
_KNOWING = ("approved_invoices", "payments_to_coupa")


PLACE = Place(
    world=_world,
    connections={
        "jde": {
            "system": "jde",
            "url": "http://jde.test/jderest",
            "page_size": 3,
            "orchestrations": ORCHESTRATIONS,
            "currency_decimals": "as_served",
            **LOCAL,
        },
        "coupa": {"system": "coupa", "url": "http://coupa.test", "settle_seconds": 0, "page_size": 2, **LOCAL},
    },
    sites={
        "static chart": {**_STATIC, "approved_invoices": known_at(_WAYS["static chart"])},
        "dynamic chart": {
            "accounts": {"chart": "JDE dynamic"},
            "purchase_orders": _ORDERS,
            "invoices": _HANDED,
            "approved_invoices": {"voucher_custom_field": "erp-voucher", **known_at(_WAYS["dynamic chart"])},
        },
        "purged batch rows": {**_STATIC, "approved_invoices": known_at(_WAYS["purged batch rows"])},
        "own numbers": {**_STATIC, "approved_invoices": known_at(_WAYS["own numbers"])},
    },
    switches={site: site_of(way) for site, way in _WAYS.items()},
    only={"purged batch rows": _KNOWING, "own numbers": _KNOWING},
    beside={"payments_to_jde": {"approved_invoices": {"payer": "coupa"}}},
    acts={
        "suppliers": Acts(
            _suppliers_begin,
            _suppliers_go_on,
            _suppliers_amend,
            _suppliers_undo,
            late=lambda town: town.books.supplier(4399, "Zebra Crossings"),
            forget=_suppliers_forget,
            stranger=_supplier_stranger,
            leave=_leave,
        ),
        "accounts": Acts(
            nothing,
            _accounts_go_on,
            _accounts_amend,
            _accounts_undo,
            late=lambda town: town.books.account("40.6090", "Late account"),
            forget=lambda town: town.books.delete("F0901", {"AID": CHART["30.5190"]["AID"]}),
            stranger=_accounts_stranger,
            leave=_leave,
        ),
        "purchase_orders": Acts(
            _orders_begin,
            _orders_go_on,
            _orders_amend,
            _orders_undo,
            late=lambda town: town.buyers.order(699),
            forget=_orders_forget,
            stranger=_order_stranger,
            leave=_leave,
        ),
        "invoices": Acts(
            _vouchers_begin,
            _vouchers_go_on,
            _vouchers_amend,
            _vouchers_undo,
            late=lambda town: town.books.voucher(4790),
            forget=_vouchers_forget,
            stranger=_invoice_stranger,
            leave=_leave,
        ),
        "payments_to_coupa": Acts(
            nothing,
            paid_in_jde_go_on,
            paid_in_jde_amend,
            paid_in_jde_undo,
            late=paid_in_jde_late,
            forget=_vouchers_forget,
            stranger=_invoice_stranger,
            leave=_leave,
            opens=paid_in_jde_opens,
        ),
        "payments_to_jde": Acts(
            nothing,
            paid_by_coupa_go_on,
            paid_by_coupa_amend,
            paid_by_coupa_undo,
            late=paid_by_coupa_late,
            forget=paid_by_coupa_forget,
            stranger=payment_stranger,
            leave=payment_leaves,
            opens=paid_by_coupa_opens,
        ),
        "approved_invoices": Acts(
            nothing,
            payables_go_on,
            payables_amend,
            payables_undo,
            late=lambda town: born(town, "WEB-90"),
            forget=payables_forget,
            stranger=voucher_stranger,
            leave=voucher_leaves,
            opens=payables_open,
            papers=payables_papers,
            twin=payables_twin,
        ),
        "approvals": Acts(
            nothing,
            approvals_go_on,
            approvals_amend,
            nothing,
            late=lambda town: decided(town, "INV-4713", "approved"),
            forget=approvals_forget,
            stranger=voucher_stranger,
            leave=voucher_leaves,
            opens=approvals_open,
        ),
    },
    town=Northmoor,
    options={"coupa": {"custom_fields": {"invoices": ["erp-voucher"]}}},
)
