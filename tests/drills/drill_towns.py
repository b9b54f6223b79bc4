"""The one table of the drill that is written by hand: what people do in the systems of an integration; JD Edwards and
Coupa here, the other pairs in modules of their own.

How a record comes into being, is changed, paid or voided cannot be read from a flow. Everything else is: the flows,
their variants, their calls and boundaries. A kind or a flow without an entry fails `test_every_flow_is_in_the_drill`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drill_bill import BILL
from drill_clock import YESTERDAY
from drill_place import Acts, Place, Stranger, Town
from drill_site import Site
from scenario_acts import ORCHESTRATIONS
from scenario_books import CHART, Books, Entry, first_books
from scenario_orders import Purchase, Purchasing

from connector_sandbox.data import reference
from connector_sandbox.kernel.system import World

# -- JD Edwards and Coupa ---------------------------------------------------------------------------------------------

ACCOUNTS = ("30.5010", "40.5010", "30.5190", "00001.4110", "00001.4433")
NO_VOUCHER = Entry(4600, "T1", "00001")


class Northmoor(Town):
    """A town whose clerks enter vouchers in JD Edwards, and whose managers approve invoices in Coupa."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.books = Books(site)  # type: ignore[arg-type]
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
    if _there(town, "F0401", AN8=4350):
        town.books.supplier(4350, "Eagle Fences")


def _suppliers_undo(town: Northmoor) -> None:
    town.books.supplier(4343, "Anvil & Sons")
    town.books.supplier(4344, "Bolt Brothers")


def _suppliers_forget(town: Northmoor) -> None:
    town.books.delete("F0115", {"AN8": 4346, "IDLN": 0, "RCK7": 1, "CNLN": 0})


def _supplier_stranger(town: Northmoor) -> Stranger:
    policy = {"invoice-matching-level": "none", "payment-method": "invoice", "po-method": "prompt"}
    place = len(town.held("suppliers"))
    body = {"number": f"S{place}", "name": f"Stranger {place}", "status": "active", **policy}
    return "suppliers", str(town.coupa("suppliers", create=body))


def _accounts_go_on(town: Northmoor) -> None:
    town.books.account("30.5010", "Grounds, parks and ponds")
    town.books.account("40.5010", "Housing repairs", posting="N")
    town.books.account("30.6010", "Bandstand")
    town.books.account("30.6020", "Bowling green")


def _accounts_amend(town: Northmoor) -> None:
    town.books.upsert("F0901", {"AID": CHART["30.5010"]["AID"], "OBJ": "5011", "DL01": "Grounds, again"})
    if _there(town, "F0901", MCU="30", OBJ="6010"):
        key = town.books.account("30.6010", "Bandstand, painted")
        town.books.upsert("F0901", {"AID": key.removeprefix("F0901:"), "OBJ": "6011"})


def _accounts_undo(town: Northmoor) -> None:
    town.books.account("30.5010", "Grounds upkeep")
    town.books.account("40.5010", "Housing repairs")


def _accounts_stranger(town: Northmoor) -> Stranger:
    place = len(town.held("accounts"))
    body = {"name": "Theirs", "account-type": {"name": "JDE"}, "segment-1": "99", "segment-2": str(place)}
    return "accounts", str(town.coupa("accounts", create=body))


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
    changed = 604 if _there(town, "F4301", DOCO=604) else 602
    town.buyers.change(Purchase(changed), 1, quantity="11")


def _orders_undo(town: Northmoor) -> None:
    town.buyers.change(Purchase(601), 1, quantity="10", price="2.50")


def _orders_forget(town: Northmoor) -> None:
    town.books.delete("F4301", REQUISITION.columns)
    town.books.delete("F4311", REQUISITION.columns | {"LNID": 1})


def _order_stranger(town: Northmoor) -> Stranger:
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
    return "purchase_orders", str(town.coupa("purchase_orders", create=body))


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
    town.books.line(_voucher(4711), 1, "30.5010", "70.00")
    town.books.change_items(_voucher(4711), "130.00", STAM="20.00", ATXA="110.00")
    town.books.pay(_voucher(4712), "40.00", number=5001)
    town.books.pay(_voucher(4712), number=5002)
    town.books.void(_voucher(4713))


def _vouchers_amend(town: Northmoor) -> None:
    town.books.line(_voucher(4711), 1, "30.5010", "80.00")
    town.books.change_items(_voucher(4711), "140.00", STAM="20.00", ATXA="120.00")
    renumbered = 4714 if _there(town, "F0411", DOC=4714) else 4712
    town.books.change_items(_voucher(renumbered), VINV=f"INV-{renumbered}-B")


def _vouchers_undo(town: Northmoor) -> None:
    town.books.line(_voucher(4711), 1, "30.5010", "60.00", EXA="Works")
    town.books.change_items(_voucher(4711), "120.00", STAM="20.00", ATXA="100.00")


def _voucher(doc: int) -> Entry:
    return Entry(doc, "PV", "00001")


def _vouchers_forget(town: Northmoor) -> None:
    entry = NO_VOUCHER
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    town.books.delete("F0411", key)
    town.books.delete("F0911", town.books.cost_key(entry, 1), town.books.cost_key(entry, 900) | {"EXTL": "AM"})


def _invoice_stranger(town: Northmoor) -> Stranger:
    supplier = next(iter(town.held("suppliers")))
    body = {
        "invoice-number": f"PAPER-{len(town.held('invoices'))}",
        "invoice-date": "2026-02-20",
        "supplier": {"id": int(supplier)},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "invoice-lines": [{"type": "InvoiceAmountLine", "description": "Theirs", "price": "5.00"}],
    }
    return "invoices", str(town.coupa("invoices", create=body))


# -- approvals of invoices that came from JD Edwards


def _approvals_open(town: Northmoor) -> None:
    """Vouchers wait for the approvers of their invoices; one of them has been asked."""
    for doc in (4711, 4712, 4713):
        town.books.act("set_pay_status", _voucher(doc), PST="H")
    _decided(town, "INV-4711", "approved")


def _approvals_go_on(town: Northmoor) -> None:
    _decided(town, "INV-4712", "approved")


def _approvals_amend(town: Northmoor) -> None:
    _decided(town, "INV-4711", "disputed")


def _decided(town: Northmoor, number: str, status: str) -> None:
    for id, invoice in town.held("invoices").items():
        if invoice["invoice-number"] == number:
            town.coupa("invoices", id=int(id), set={"status": status})


def _approvals_forget(town: Northmoor) -> None:
    for id, invoice in town.held("invoices").items():
        if invoice["invoice-number"] == "WEB-4":
            town.people("delete_invoice", id=int(id))
            return


# -- invoices that are born in Coupa


def _born(town: Northmoor, number: str, price: str = "100.00", approve: bool = True, **more: Any) -> int:
    """A clerk of Coupa enters an invoice; its approvers say yes."""
    accounts = [each for each in town.held("accounts").values() if each["segment-2"] == "5010"]
    chart = {"id": accounts[0]["account-type"]}
    line = {"type": "InvoiceAmountLine", "line-num": 1, "description": "Works", "price": price}
    body = {
        "invoice-number": number,
        "invoice-date": "2026-03-01",
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "account-type": chart,
        "line-level-taxation": False,
        "tax-amount": "20.00",
        "invoice-lines": [line | {"account": {"code": "30-5010", "account-type": chart}}],
    }
    return town.people("enter_invoice", body=body | more, approve=approve)


def _payables_open(town: Northmoor) -> None:
    _born(town, "WEB-1")
    _born(town, "WEB-2", "50.00")
    _born(town, "WEB-3", "70.00")
    # not approved, so not ours
    _born(town, "WEB-4", approve=False)


def _payables_go_on(town: Northmoor) -> None:
    _reprice(town, "WEB-1", "110.00")
    town.people("void_invoice", where={"invoice-number": "WEB-2"})
    _born(town, "WEB-5", "30.00")


def _payables_amend(town: Northmoor) -> None:
    _reprice(town, "WEB-1", "120.00")
    if "WEB-5" in {each["invoice-number"] for each in town.held("invoices").values()}:
        _reprice(town, "WEB-5", "35.00")


def _payables_undo(town: Northmoor) -> None:
    _reprice(town, "WEB-1", "100.00")


def _payables_forget(town: Northmoor) -> None:
    town.people("delete_invoice", where={"invoice-number": "WEB-4"})


def _reprice(town: Northmoor, number: str, price: str) -> None:
    where = {"invoice-number": number}
    town.people("change_invoice", where=where, set={"invoice-lines": [{"line-num": 1, "price": price}]})
    town.people("approve_invoice", where=where)


def _voucher_stranger(town: Northmoor) -> Stranger:
    """A voucher that an A/P clerk entered: one pay item, whose row is its record."""
    doc = 9000 + len(town.site.systems["jde"].dump()["F0411"])
    key = {"DOC": doc, "DCT": "PV", "KCO": "00001", "SFX": "001", "SFXE": 0}
    day = YESTERDAY.isoformat()
    money = {"AG": "5.00", "AAP": "5.00", "CRCD": "GBP", "CRRM": "D", "PST": "A"}
    town.books.upsert(
        "F0411", key | money | {"AN8": 4344, "VINV": f"PAPER-{doc}", "CO": "00001", "DIVJ": day, "DGJ": day}
    )
    return "F0411", json.dumps([str(doc), "PV", "00001", "001", "0"], separators=(",", ":"))


def _voucher_leaves(town: Northmoor, stranger: Stranger) -> None:
    doc, kind, company, item, _ = json.loads(stranger[1])
    town.books.delete("F0411", {"DOC": int(doc), "DCT": kind, "KCO": company, "SFX": item, "SFXE": 0})


# -- payments both ways

# what is born in Coupa: its number there, its voucher in JD Edwards, its amount
BORN = {"C-1": (4801, "90.00"), "C-2": (4802, "60.00"), "C-3": (4803, "30.00")}


def _is_born(town: Northmoor, number: str, *, approve: bool = True) -> None:
    """An invoice of Coupa's own, and its voucher with the mark of it."""
    # booked as another one, whatever the chart
    other = next(each for each in town.held("invoices").values() if each["invoice-lines"][0]["account"])
    account = {"id": other["invoice-lines"][0]["account"]}
    doc, amount = BORN.get(number, (4800 + int(number.removeprefix("C-")), "45.00"))
    body = {
        "invoice-number": number,
        "invoice-date": "2026-02-20",
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "account-type": {"id": other["account-type"]},
        "line-level-taxation": False,
        "invoice-lines": [{"type": "InvoiceAmountLine", "description": "Works", "price": amount, "account": account}],
    }
    made = town.coupa("invoices", create=body)
    town.coupa("invoices", id=made, set={"status": "approved" if approve else "pending_approval"})
    entry = town.books.voucher(doc, invoice=number, costs=(("30.5010", amount),))
    town.books.change_items(entry, VR01=f"CPA-{made}-1")


def _paid_in_jde_opens(town: Northmoor) -> None:
    for number in ("C-1", "C-2"):
        _is_born(town, number)
    _is_born(town, "C-3", approve=False)
    town.books.pay(_voucher(4801), number=5101)
    town.books.pay(_voucher(4802), "20.00", number=5102)
    town.books.pay(_voucher(4803), number=5103)


def _paid_in_jde_go_on(town: Northmoor) -> None:
    town.books.void_payment(5101)
    town.books.pay(_voucher(4802), "15.00", number=5104)
    waiting = next(id for id, each in town.held("invoices").items() if each["invoice-number"] == "C-3")
    town.coupa("invoices", id=int(waiting), set={"status": "approved"})
    _is_born(town, "C-4")
    town.books.pay(_voucher(4804), number=5105)


def _paid_in_jde_amend(town: Northmoor) -> None:
    town.books.pay(_voucher(4802), "10.00", number=5106)


def _paid_in_jde_undo(town: Northmoor) -> None:
    town.books.void_payment(5104)
    town.books.void_payment(5105)


def _paid_in_jde_late(town: Northmoor) -> None:
    _is_born(town, "C-9")
    town.books.pay(_voucher(4809), number=5109)


def _paid_by_coupa_opens(town: Northmoor) -> None:
    for number in ("C-11", "C-12", "C-13", "C-14", "C-16"):
        _is_born(town, number)
    _coupa_pays(town, "C-11", "C-12")
    _coupa_pays(town, "C-13", amount="20.00")
    for number in ("C-14", "C-16"):
        _coupa_pays(town, number, status="payment_in_progress")


def _coupa_pays(town: Northmoor, *numbers: str, status: str = "completed_successfully", **part: str) -> None:
    """Coupa Pay makes one payment of these invoices; it is called by the first of them."""
    parts = [{"where": {"invoice-number": number}, **part} for number in numbers]
    name = f"PAY {numbers[0]} {part.get('amount', '')}".strip()
    town.people("make_payment", invoices=parts, identifier=name, status=status, date="2026-03-02")


def _paid_by_coupa_go_on(town: Northmoor) -> None:
    town.people("move_payment", where={"payment-identifier": "PAY C-11"}, status="cancelled")
    town.people("move_payment", where={"payment-identifier": "PAY C-14"}, status="completed_successfully")
    _coupa_pays(town, "C-13", amount="15.00")
    _is_born(town, "C-15")
    _coupa_pays(town, "C-15")


def _paid_by_coupa_amend(town: Northmoor) -> None:
    town.people("move_payment", where={"payment-identifier": "PAY C-13 20.00"}, status="completed_with_errors")


def _paid_by_coupa_undo(town: Northmoor) -> None:
    town.people("move_payment", where={"payment-identifier": "PAY C-15"}, status="cancelled")


def _paid_by_coupa_late(town: Northmoor) -> None:
    _is_born(town, "C-19")
    _coupa_pays(town, "C-19")


def _paid_by_coupa_forget(town: Northmoor) -> None:
    payments = town.held("coupa_pay_payments")
    number = next(number for number, each in payments.items() if each["payment-identifier"] == "PAY C-16")
    town.coupa("coupa_pay_payments", id=int(number), delete=True)


def _payment_stranger(town: Northmoor) -> Stranger:
    place = 700 + len(town.site.systems["jde"].dump()["F0413"])
    town.books.upsert("F0413", {"PYID": place, "DOCM": place, "DCTM": "PK", "DMTJ": "2026-03-02", "PAAP": "5.00"})
    return "F0413", json.dumps([str(place)])


def _payment_leaves(town: Northmoor, stranger: Stranger) -> None:
    [number] = json.loads(stranger[1])
    town.books.delete("F0413", {"PYID": int(number)})


def _there(town: Northmoor, table: str, **columns: Any) -> bool:
    rows = town.site.systems["jde"].dump()[table].values()
    return any(all(str(row.get(name, "")).strip() == str(value) for name, value in columns.items()) for row in rows)


def _leave(town: Northmoor, stranger: Stranger) -> None:
    entity, number = stranger
    town.coupa(entity, id=int(number), delete=True)


def _nothing(_: Northmoor) -> None:
    """What the first content holds is enough."""


_LOCAL = {"time_zone": "Europe/London", "limits": {"in_flight": 1, "per_second": None}}

_ORDERS = {"ship_to_user": "erp_receiver", "ship_to_location": "M30"}

PLACES: Mapping[str, Place] = {
    "jde_coupa": Place(
        world=_world,
        connections={
            "jde": {
                "system": "jde",
                "url": "http://jde.test/jderest",
                "page_size": 3,
                "orchestrations": ORCHESTRATIONS,
                **_LOCAL,
            },
            "coupa": {"system": "coupa", "url": "http://coupa.test", "settle_seconds": 0, "page_size": 2, **_LOCAL},
        },
        sites={
            "static chart": {"accounts": {"chart": "JDE"}, "purchase_orders": _ORDERS},
            "dynamic chart": {
                "accounts": {"chart": "JDE dynamic"},
                "purchase_orders": _ORDERS,
                "approved_invoices": {"voucher_custom_field": "erp-voucher"},
            },
        },
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
                _nothing,
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
                _nothing,
                _paid_in_jde_go_on,
                _paid_in_jde_amend,
                _paid_in_jde_undo,
                late=_paid_in_jde_late,
                forget=_vouchers_forget,
                stranger=_invoice_stranger,
                leave=_leave,
                opens=_paid_in_jde_opens,
            ),
            "payments_to_jde": Acts(
                _nothing,
                _paid_by_coupa_go_on,
                _paid_by_coupa_amend,
                _paid_by_coupa_undo,
                late=_paid_by_coupa_late,
                forget=_paid_by_coupa_forget,
                stranger=_payment_stranger,
                leave=_payment_leaves,
                opens=_paid_by_coupa_opens,
            ),
            "approved_invoices": Acts(
                _nothing,
                _payables_go_on,
                _payables_amend,
                _payables_undo,
                late=lambda town: _born(town, "WEB-90"),
                forget=_payables_forget,
                stranger=_voucher_stranger,
                leave=_voucher_leaves,
                opens=_payables_open,
            ),
            "approvals": Acts(
                _nothing,
                _approvals_go_on,
                _approvals_amend,
                _nothing,
                late=lambda town: _decided(town, "INV-4713", "approved"),
                forget=_approvals_forget,
                stranger=_voucher_stranger,
                leave=_voucher_leaves,
                opens=_approvals_open,
            ),
        },
        town=Northmoor,
        options={"coupa": {"custom_fields": {"invoices": ["erp-voucher"]}}},
    ),
    "jde_bill": BILL,
}
