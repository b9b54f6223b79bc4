"""JD Edwards and BILL: what people do about what the town owes, orders, vouchers and debit memos."""

from __future__ import annotations

from drill_bill_town import Southmoor
from drill_clerks import there, voucher_of
from drill_clock import YESTERDAY
from drill_place import Stranger
from scenario_books import Entry
from scenario_orders import Purchase

REQUISITION = Purchase(600, kind="OR")
NO_VOUCHER = Entry(4600, "T1", "00001")
NO_MEMO = Entry(4601, "T1", "00001")


# -- purchase orders


def orders_begin(town: Southmoor) -> None:
    town.buyers.order(601, ("30.5010", "10", "2.50"), ("40.5010", "4", "12.25"), changed=YESTERDAY)
    town.buyers.order(602, supplier=4344)
    town.buyers.order(603, ("30.5010", "0", "80.00"))
    town.buyers.order(604)
    # approved later
    town.buyers.order(605, next_status="230")
    # has a voucher, which is its bill
    town.buyers.order(606)
    entry = town.books.voucher(4606, costs=(("30.5010", "25.00"),))
    town.books.change_items(entry, PKCO="00001", PDCT="OP", PO="00000606")
    town.buyers.order(REQUISITION.number, kind=REQUISITION.kind, changed=YESTERDAY)


def orders_go_on(town: Southmoor) -> None:
    for number in (607, 608, 609):
        town.buyers.order(number)
    town.buyers.line(Purchase(605), 1, NXTR="280")
    # another quantity; another number of lines; cancelled
    town.buyers.change(Purchase(601), 1, quantity="12")
    town.buyers.copy_line(Purchase(602), 2, ("30.5010", "1", "6.00"))
    town.buyers.cancel(Purchase(603))
    # somebody archived it, and the order goes on
    town.acts("archive_bill", where={"description": "JDE PO 00001-OP-604"})
    town.buyers.change(Purchase(604), 1, quantity="11")


def orders_amend(town: Southmoor) -> None:
    town.buyers.change(Purchase(601), 1, quantity="14", price="3.00")
    changed = 607 if there(town, "F4301", DOCO=607) else 602
    town.buyers.change(Purchase(changed), 1, quantity="11")


def orders_undo(town: Southmoor) -> None:
    town.buyers.change(Purchase(601), 1, quantity="10", price="2.50")


def orders_forget(town: Southmoor) -> None:
    town.books.delete("F4301", REQUISITION.columns)
    town.books.delete("F4311", REQUISITION.columns | {"LNID": 1})


# -- vouchers


def bills_begin(town: Southmoor) -> None:
    town.books.voucher(4711, costs=(("30.5010", "60.00"), ("40.5010", "40.00")), tax="20.00", changed=YESTERDAY)
    town.books.voucher(4712, supplier=4344)
    for doc in (4713, 4716, 4718, 4719):
        town.books.voucher(doc)
    town.books.voucher(4717, costs=(("30.5010", "90.00"),), items=("50.00", "40.00"))
    # in a currency that is not the vendor's
    town.books.voucher(4720, supplier=4345, currency="EUR", rate="0.85")
    town.books.voucher(NO_VOUCHER.doc, kind=NO_VOUCHER.kind, changed=YESTERDAY)


def bills_go_on(town: Southmoor) -> None:
    for doc in (4714, 4715, 4721):
        town.books.voucher(doc)
    # another amount; another number of lines
    town.books.line(voucher_of(4711), 1, "30.5010", "70.00")
    town.books.change_items(voucher_of(4711), "130.00", STAM="20.00", ATXA="110.00")
    town.books.line(voucher_of(4716), 2, "40.5010", "30.00")
    town.books.change_items(voucher_of(4716), "130.00")
    # paid by JD Edwards in parts, voided, held
    town.books.pay(voucher_of(4712), "40.00", number=5001)
    town.books.pay(voucher_of(4712), number=5002)
    town.books.void(voucher_of(4713))
    town.books.act("set_pay_status", voucher_of(4718), PST="H")
    # one of two pay items of a bill is held
    _item(town, 4717, "002", PST="H")
    # somebody archived it, and the voucher changed
    town.acts("archive_bill", where={"description": "JDE 00001-PV-4719-001"})
    town.books.line(voucher_of(4719), 1, "30.5010", "75.00")
    town.books.change_items(voucher_of(4719), "75.00")


def bills_amend(town: Southmoor) -> None:
    town.books.line(voucher_of(4711), 1, "30.5010", "80.00")
    town.books.change_items(voucher_of(4711), "140.00", STAM="20.00", ATXA="120.00")
    renumbered = 4714 if there(town, "F0411", DOC=4714) else 4712
    town.books.change_items(voucher_of(renumbered), VINV=f"INV-{renumbered}-B")


def bills_undo(town: Southmoor) -> None:
    town.books.line(voucher_of(4711), 1, "30.5010", "60.00", EXA="Works")
    town.books.change_items(voucher_of(4711), "120.00", STAM="20.00", ATXA="100.00")


def bills_forget(town: Southmoor) -> None:
    _forget(town, NO_VOUCHER)


def bills_stranger(town: Southmoor) -> list[Stranger]:
    return [("bills", town.bill(f"PAPER-{len(town.held('bills'))}", "5.00"))]


# -- debit memos


def credits_begin(town: Southmoor) -> None:
    for doc in (801, 802, 803, 804, 805):
        _memo(town, doc)
    town.books.voucher(NO_MEMO.doc, kind=NO_MEMO.kind, costs=(("30.5010", "-10.00"),), changed=YESTERDAY)


def credits_go_on(town: Southmoor) -> None:
    for doc in (806, 807, 808):
        _memo(town, doc)
    _memo(town, 801, "-60.00")
    town.books.line(Entry(803, "PD", "00001"), 2, "40.5010", "-30.00")
    town.books.change_items(Entry(803, "PD", "00001"), "-80.00")
    town.books.void(Entry(802, "PD", "00001"))
    # somebody archived it, and it is owed all the same
    town.acts("archive_credit", where={"description": "JDE 00001-PD-804-001"})
    _memo(town, 804, "-40.00")


def credits_amend(town: Southmoor) -> None:
    _memo(town, 801, "-70.00")
    renumbered = 806 if there(town, "F0411", DOC=806) else 805
    town.books.change_items(Entry(renumbered, "PD", "00001"), VINV=f"CR-{renumbered}-B")


def credits_undo(town: Southmoor) -> None:
    _memo(town, 801)


def credits_late(town: Southmoor) -> None:
    _memo(town, 890)


def credits_forget(town: Southmoor) -> None:
    _forget(town, NO_MEMO)


def credits_stranger(town: Southmoor) -> list[Stranger]:
    body = {
        "vendorId": town.payee(),
        "referenceNumber": f"PAPER-{len(town.held('vendor_credits'))}",
        "creditDate": "2026-02-25",
        "vendorCreditLineItems": [{"amount": "5.00"}],
    }
    return [("vendor_credits", str(town.acts("enter_credit", body=body)["id"]))]


def _memo(town: Southmoor, doc: int, amount: str = "-50.00") -> None:
    town.books.voucher(doc, kind="PD", costs=(("30.5010", amount),), invoice=f"CR-{doc}")


def _item(town: Southmoor, doc: int, suffix: str, **columns: str) -> None:
    key = {"DOC": doc, "DCT": "PV", "KCO": "00001", "SFX": suffix, "SFXE": 0}
    town.books.upsert("F0411", key | columns)


def _forget(town: Southmoor, entry: Entry) -> None:
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    town.books.delete("F0411", key)
    town.books.delete("F0911", town.books.cost_key(entry, 1), town.books.cost_key(entry, 900) | {"EXTL": "AM"})
