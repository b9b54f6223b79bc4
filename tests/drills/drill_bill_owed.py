"""JD Edwards and BILL: what people do about what the town owes, orders, vouchers and debit memos."""

from __future__ import annotations

from drill_bill_testbed import Southmoor
from drill_clerks import there, voucher_of
from drill_clock import YESTERDAY
from drill_place import ForeignRecord
from scenario_books import Entry
from scenario_orders import Purchase

REQUISITION = Purchase(600, kind="OR")
NO_VOUCHER = Entry(4600, "T1", "00001")
NO_MEMO = Entry(4601, "T1", "00001")


# -- purchase orders


def orders_begin(testbed: Southmoor) -> None:
    testbed.buyers.order(601, ("30.5010", "10", "2.50"), ("40.5010", "4", "12.25"), changed=YESTERDAY)
    testbed.buyers.order(602, supplier=4344)
    testbed.buyers.order(603, ("30.5010", "0", "80.00"))
    testbed.buyers.order(604)
    # approved later
    testbed.buyers.order(605, next_status="230")
    # has a voucher, which is its bill
    testbed.buyers.order(606)
    entry = testbed.books.voucher(4606, costs=(("30.5010", "25.00"),))
    testbed.books.change_items(entry, PKCO="00001", PDCT="OP", PO="00000606")
    testbed.buyers.order(REQUISITION.number, kind=REQUISITION.kind, changed=YESTERDAY)


def orders_go_on(testbed: Southmoor) -> None:
    for number in (607, 608, 609):
        testbed.buyers.order(number)
    testbed.buyers.line(Purchase(605), 1, NXTR="280")
    # another quantity; another number of lines; cancelled
    testbed.buyers.change(Purchase(601), 1, quantity="12")
    testbed.buyers.copy_line(Purchase(602), 2, ("30.5010", "1", "6.00"))
    testbed.buyers.cancel(Purchase(603))
    # somebody archived it, and the order goes on
    testbed.acts("archive_bill", where={"description": "JDE PO 00001-OP-604"})
    testbed.buyers.change(Purchase(604), 1, quantity="11")


def orders_amend(testbed: Southmoor) -> None:
    testbed.buyers.change(Purchase(601), 1, quantity="14", price="3.00")
    changed = 607 if there(testbed, "F4301", DOCO=607) else 602
    testbed.buyers.change(Purchase(changed), 1, quantity="11")


def orders_undo(testbed: Southmoor) -> None:
    testbed.buyers.change(Purchase(601), 1, quantity="10", price="2.50")


def orders_forget(testbed: Southmoor) -> None:
    testbed.books.delete("F4301", REQUISITION.columns)
    testbed.books.delete("F4311", REQUISITION.columns | {"LNID": 1})


# -- vouchers


def bills_begin(testbed: Southmoor) -> None:
    testbed.books.voucher(4711, costs=(("30.5010", "60.00"), ("40.5010", "40.00")), tax="20.00", changed=YESTERDAY)
    testbed.books.voucher(4712, supplier=4344)
    for doc in (4713, 4716, 4718, 4719):
        testbed.books.voucher(doc)
    testbed.books.voucher(4717, costs=(("30.5010", "90.00"),), items=("50.00", "40.00"))
    # in a currency that is not the vendor's
    testbed.books.voucher(4720, supplier=4345, currency="EUR", rate="0.85")
    testbed.books.voucher(NO_VOUCHER.doc, kind=NO_VOUCHER.kind, changed=YESTERDAY)


def bills_go_on(testbed: Southmoor) -> None:
    for doc in (4714, 4715, 4721):
        testbed.books.voucher(doc)
    # another amount; another number of lines
    testbed.books.line(voucher_of(4711), 1, "30.5010", "70.00")
    testbed.books.change_items(voucher_of(4711), "130.00", STAM="20.00", ATXA="110.00")
    testbed.books.line(voucher_of(4716), 2, "40.5010", "30.00")
    testbed.books.change_items(voucher_of(4716), "130.00")
    # paid by JD Edwards in parts, voided, held
    testbed.books.pay(voucher_of(4712), "40.00", number=5001)
    testbed.books.pay(voucher_of(4712), number=5002)
    testbed.books.void(voucher_of(4713))
    testbed.books.act("set_pay_status", voucher_of(4718), PST="H")
    # one of two pay items of a bill is held
    _item(testbed, 4717, "002", PST="H")
    # somebody archived it, and the voucher changed
    testbed.acts("archive_bill", where={"description": "JDE 00001-PV-4719-001"})
    testbed.books.line(voucher_of(4719), 1, "30.5010", "75.00")
    testbed.books.change_items(voucher_of(4719), "75.00")


def bills_amend(testbed: Southmoor) -> None:
    testbed.books.line(voucher_of(4711), 1, "30.5010", "80.00")
    testbed.books.change_items(voucher_of(4711), "140.00", STAM="20.00", ATXA="120.00")
    renumbered = 4714 if there(testbed, "F0411", DOC=4714) else 4712
    testbed.books.change_items(voucher_of(renumbered), VINV=f"INV-{renumbered}-B")


def bills_undo(testbed: Southmoor) -> None:
    testbed.books.line(voucher_of(4711), 1, "30.5010", "60.00", EXA="Works")
    testbed.books.change_items(voucher_of(4711), "120.00", STAM="20.00", ATXA="100.00")


def bills_forget(testbed: Southmoor) -> None:
    _forget(testbed, NO_VOUCHER)


def foreign_bill(testbed: Southmoor) -> list[ForeignRecord]:
    return [("bills", testbed.bill(f"PAPER-{len(testbed.held('bills'))}", "5.00"))]


# -- debit memos


def credits_begin(testbed: Southmoor) -> None:
    for doc in (801, 802, 803, 804, 805):
        _memo(testbed, doc)
    testbed.books.voucher(NO_MEMO.doc, kind=NO_MEMO.kind, costs=(("30.5010", "-10.00"),), changed=YESTERDAY)


def credits_go_on(testbed: Southmoor) -> None:
    for doc in (806, 807, 808):
        _memo(testbed, doc)
    _memo(testbed, 801, "-60.00")
    testbed.books.line(Entry(803, "PD", "00001"), 2, "40.5010", "-30.00")
    testbed.books.change_items(Entry(803, "PD", "00001"), "-80.00")
    testbed.books.void(Entry(802, "PD", "00001"))
    # somebody archived it, and it is owed all the same
    testbed.acts("archive_credit", where={"description": "JDE 00001-PD-804-001"})
    _memo(testbed, 804, "-40.00")


def credits_amend(testbed: Southmoor) -> None:
    _memo(testbed, 801, "-70.00")
    renumbered = 806 if there(testbed, "F0411", DOC=806) else 805
    testbed.books.change_items(Entry(renumbered, "PD", "00001"), VINV=f"CR-{renumbered}-B")


def credits_undo(testbed: Southmoor) -> None:
    _memo(testbed, 801)


def credits_late(testbed: Southmoor) -> None:
    _memo(testbed, 890)


def credits_forget(testbed: Southmoor) -> None:
    _forget(testbed, NO_MEMO)


def foreign_credit(testbed: Southmoor) -> list[ForeignRecord]:
    body = {
        "vendorId": testbed.payee(),
        "referenceNumber": f"PAPER-{len(testbed.held('vendor_credits'))}",
        "creditDate": "2026-02-25",
        "vendorCreditLineItems": [{"amount": "5.00"}],
    }
    return [("vendor_credits", str(testbed.acts("enter_credit", body=body)["id"]))]


def _memo(testbed: Southmoor, doc: int, amount: str = "-50.00") -> None:
    testbed.books.voucher(doc, kind="PD", costs=(("30.5010", amount),), invoice=f"CR-{doc}")


def _item(testbed: Southmoor, doc: int, suffix: str, **columns: str) -> None:
    key = {"DOC": doc, "DCT": "PV", "KCO": "00001", "SFX": suffix, "SFXE": 0}
    testbed.books.upsert("F0411", key | columns)


def _forget(testbed: Southmoor, entry: Entry) -> None:
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    testbed.books.delete("F0411", key)
    testbed.books.delete("F0911", testbed.books.cost_key(entry, 1), testbed.books.cost_key(entry, 900) | {"EXTL": "AM"})
