"""JD Edwards and Coupa: a town whose clerks enter vouchers, and whose managers approve invoices in Coupa."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drill_clerks import (
    LOCAL,
    JdeTestbed,
    foreign_payment,
    foreign_voucher,
    known_at,
    nothing,
    payment_leaves,
    site_of,
    there,
    voucher_leaves,
    voucher_of,
)
from drill_clock import YESTERDAY
from drill_coupa_originals import (
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
    payables_duplicate,
    payables_forget,
    payables_go_on,
    payables_open,
    payables_three_way,
    payables_undo,
)
from drill_place import Acts, ForeignRecord, Place
from drill_site import Site
from scenario_acts import ORCHESTRATIONS
from scenario_books import CHART, Entry, first_books
from scenario_orders import Purchase, Purchasing

from connector_sandbox.data import reference
from connector_sandbox.kernel.system import World

ACCOUNTS = ("30.5010", "40.5010", "30.5190", "00001.4110", "00001.4433")
NO_VOUCHER = Entry(4600, "T1", "00001")


class Northmoor(JdeTestbed):
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


def _suppliers_begin(testbed: Northmoor) -> None:
    testbed.books.supplier(4345, "Crane Hire", changed=YESTERDAY)
    testbed.books.supplier(4346, "Dora Employee", kind="E")


def _suppliers_go_on(testbed: Northmoor) -> None:
    testbed.books.supplier(4350, "Eagle Fencing")
    # a second one of the name
    testbed.books.supplier(4351, "Crane Hire")
    # another address, and another name
    testbed.books.supplier(4343, "Anvil & Daughters", terms="N14")
    # not payable any more
    testbed.books.supplier(4344, "Bolt Brothers", payables="N")


def _suppliers_amend(testbed: Northmoor) -> None:
    testbed.books.supplier(4343, "Anvil Works", terms="N60")
    if there(testbed, "F0401", AN8=4350):
        testbed.books.supplier(4350, "Eagle Fences")


def _suppliers_undo(testbed: Northmoor) -> None:
    testbed.books.supplier(4343, "Anvil & Sons")
    testbed.books.supplier(4344, "Bolt Brothers")


def _suppliers_forget(testbed: Northmoor) -> None:
    testbed.books.delete("F0115", {"AN8": 4346, "IDLN": 0, "RCK7": 1, "CNLN": 0})


def _supplier_stranger(testbed: Northmoor) -> list[ForeignRecord]:
    policy = {"invoice-matching-level": "none", "payment-method": "invoice", "po-method": "prompt"}
    place = len(testbed.held("suppliers"))
    body = {"number": f"S{place}", "name": f"Stranger {place}", "status": "active", **policy}
    return [("suppliers", str(testbed.coupa("suppliers", create=body)))]


def _accounts_go_on(testbed: Northmoor) -> None:
    testbed.books.account("30.5010", "Grounds, parks and ponds")
    testbed.books.account("40.5010", "Housing repairs", posting="N")
    testbed.books.account("30.6010", "Bandstand")
    testbed.books.account("30.6020", "Bowling green")


def _accounts_amend(testbed: Northmoor) -> None:
    testbed.books.upsert("F0901", {"AID": CHART["30.5010"]["AID"], "OBJ": "5011", "DL01": "Grounds, again"})
    if there(testbed, "F0901", MCU="30", OBJ="6010"):
        key = testbed.books.account("30.6010", "Bandstand, painted")
        testbed.books.upsert("F0901", {"AID": key.removeprefix("F0901:"), "OBJ": "6011"})


def _accounts_undo(testbed: Northmoor) -> None:
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.books.account("40.5010", "Housing repairs")


def _foreign_account(testbed: Northmoor) -> list[ForeignRecord]:
    place = len(testbed.held("accounts"))
    body = {"name": "Theirs", "account-type": {"name": "JDE"}, "segment-1": "99", "segment-2": str(place)}
    return [("accounts", str(testbed.coupa("accounts", create=body)))]


REQUISITION = Purchase(600, kind="OR")


def _orders_begin(testbed: Northmoor) -> None:
    testbed.buyers.order(601, ("30.5010", "10", "2.50"), ("40.5010", "4", "12.25"), changed=YESTERDAY)
    testbed.buyers.order(602, supplier=4344)
    testbed.buyers.order(603, ("30.5010", "0", "80.00"))
    testbed.buyers.order(REQUISITION.number, kind=REQUISITION.kind, changed=YESTERDAY)


def _orders_go_on(testbed: Northmoor) -> None:
    testbed.buyers.order(604)
    testbed.buyers.order(605, supplier=4344)
    # another quantity, a line that is cancelled, and one more
    testbed.buyers.change(Purchase(601), 1, quantity="12")
    testbed.buyers.cancel(Purchase(601), 2)
    testbed.buyers.copy_line(Purchase(601), 3, ("30.5010", "1", "6.00"))
    testbed.buyers.cancel(Purchase(602))
    testbed.buyers.close(Purchase(603))


def _orders_amend(testbed: Northmoor) -> None:
    testbed.buyers.change(Purchase(601), 1, quantity="14", price="3.00")
    changed = 604 if there(testbed, "F4301", DOCO=604) else 602
    testbed.buyers.change(Purchase(changed), 1, quantity="11")


def _orders_undo(testbed: Northmoor) -> None:
    testbed.buyers.change(Purchase(601), 1, quantity="10", price="2.50")


def _orders_forget(testbed: Northmoor) -> None:
    testbed.books.delete("F4301", REQUISITION.columns)
    testbed.books.delete("F4311", REQUISITION.columns | {"LNID": 1})


def _order_stranger(testbed: Northmoor) -> list[ForeignRecord]:
    supplier = next(iter(testbed.held("suppliers")))
    line = {"description": "Theirs", "price": "5.00", "quantity": "1", "currency": {"code": "GBP"}}
    body = {
        "type": "OrderHeader",
        "po-number": f"PO-{len(testbed.held('purchase_orders'))}",
        "supplier": {"id": int(supplier)},
        "currency": {"code": "GBP"},
        "ship-to-address": {"location-code": "M30"},
        "ship-to-user": {"login": "erp_receiver"},
        "order-lines": [line],
    }
    return [("purchase_orders", str(testbed.coupa("purchase_orders", create=body)))]


def _vouchers_begin(testbed: Northmoor) -> None:
    testbed.books.voucher(4711, costs=(("30.5010", "60.00"), ("40.5010", "40.00")), tax="20.00", changed=YESTERDAY)
    testbed.books.voucher(4712, supplier=4344)
    testbed.books.voucher(4713)
    testbed.books.voucher(NO_VOUCHER.doc, kind=NO_VOUCHER.kind, changed=YESTERDAY)


def _vouchers_go_on(testbed: Northmoor) -> None:
    for number, invoice in testbed.held("invoices").items():
        # 4711 stays as it is, with those that were not submitted
        if invoice["invoice-number"] == "INV-4712":
            testbed.coupa("invoices", id=int(number), set={"status": "approved"})
    testbed.books.voucher(4714, supplier=4344)
    testbed.books.voucher(4715)
    testbed.books.line(voucher_of(4711), 1, "30.5010", "70.00")
    testbed.books.change_items(voucher_of(4711), "130.00", STAM="20.00", ATXA="110.00")
    testbed.books.pay(voucher_of(4712), "40.00", number=5001)
    testbed.books.pay(voucher_of(4712), number=5002)
    testbed.books.void(voucher_of(4713))


def _vouchers_amend(testbed: Northmoor) -> None:
    testbed.books.line(voucher_of(4711), 1, "30.5010", "80.00")
    testbed.books.change_items(voucher_of(4711), "140.00", STAM="20.00", ATXA="120.00")
    renumbered = 4714 if there(testbed, "F0411", DOC=4714) else 4712
    testbed.books.change_items(voucher_of(renumbered), VINV=f"INV-{renumbered}-B")


def _vouchers_undo(testbed: Northmoor) -> None:
    testbed.books.line(voucher_of(4711), 1, "30.5010", "60.00", EXA="Works")
    testbed.books.change_items(voucher_of(4711), "120.00", STAM="20.00", ATXA="100.00")


def _vouchers_forget(testbed: Northmoor) -> None:
    entry = NO_VOUCHER
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    testbed.books.delete("F0411", key)
    testbed.books.delete("F0911", testbed.books.cost_key(entry, 1), testbed.books.cost_key(entry, 900) | {"EXTL": "AM"})


def _foreign_invoice(testbed: Northmoor) -> list[ForeignRecord]:
    supplier = next(iter(testbed.held("suppliers")))
    body = {
        "invoice-number": f"PAPER-{len(testbed.held('invoices'))}",
        "invoice-date": "2026-02-20",
        "supplier": {"id": int(supplier)},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "invoice-lines": [{"type": "InvoiceAmountLine", "description": "Theirs", "price": "5.00"}],
    }
    return [("invoices", str(testbed.coupa("invoices", create=body)))]


def _leave(testbed: Northmoor, foreign_record: ForeignRecord) -> None:
    entity, number = foreign_record
    testbed.coupa(entity, id=int(number), delete=True)


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
            late=lambda testbed: testbed.books.supplier(4399, "Zebra Crossings"),
            forget=_suppliers_forget,
            foreign_record=_supplier_stranger,
            leave=_leave,
        ),
        "accounts": Acts(
            nothing,
            _accounts_go_on,
            _accounts_amend,
            _accounts_undo,
            late=lambda testbed: testbed.books.account("40.6090", "Late account"),
            forget=lambda testbed: testbed.books.delete("F0901", {"AID": CHART["30.5190"]["AID"]}),
            foreign_record=_foreign_account,
            leave=_leave,
        ),
        "purchase_orders": Acts(
            _orders_begin,
            _orders_go_on,
            _orders_amend,
            _orders_undo,
            late=lambda testbed: testbed.buyers.order(699),
            forget=_orders_forget,
            foreign_record=_order_stranger,
            leave=_leave,
        ),
        "invoices": Acts(
            _vouchers_begin,
            _vouchers_go_on,
            _vouchers_amend,
            _vouchers_undo,
            late=lambda testbed: testbed.books.voucher(4790),
            forget=_vouchers_forget,
            foreign_record=_foreign_invoice,
            leave=_leave,
        ),
        "payments_to_coupa": Acts(
            nothing,
            paid_in_jde_go_on,
            paid_in_jde_amend,
            paid_in_jde_undo,
            late=paid_in_jde_late,
            forget=_vouchers_forget,
            foreign_record=_foreign_invoice,
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
            foreign_record=foreign_payment,
            leave=payment_leaves,
            opens=paid_by_coupa_opens,
        ),
        "approved_invoices": Acts(
            nothing,
            payables_go_on,
            payables_amend,
            payables_undo,
            late=lambda testbed: born(testbed, "WEB-90"),
            forget=payables_forget,
            foreign_record=foreign_voucher,
            leave=voucher_leaves,
            opens=payables_open,
            three_way=payables_three_way,
            duplicate=payables_duplicate,
        ),
        "approvals": Acts(
            nothing,
            approvals_go_on,
            approvals_amend,
            nothing,
            late=lambda testbed: decided(testbed, "INV-4713", "approved"),
            forget=approvals_forget,
            foreign_record=foreign_voucher,
            leave=voucher_leaves,
            opens=approvals_open,
        ),
    },
    testbed=Northmoor,
    options={"coupa": {"custom_fields": {"invoices": ["erp-voucher"]}}},
)
