"""JD Edwards and Coupa: what people do about documents that are born in Coupa, and about payments both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from drill_clerks import clerks_duplicate, made_by_us, voucher_of

if TYPE_CHECKING:
    from drill_coupa import Northmoor
    from drill_place import ForeignRecord


# -- approvals of invoices that came from JD Edwards


def approvals_open(testbed: Northmoor) -> None:
    """Vouchers wait for the approvers of their invoices; one of them has been asked."""
    for doc in (4711, 4712, 4713):
        testbed.books.act("set_pay_status", voucher_of(doc), PST="H")
    decided(testbed, "INV-4711", "approved")


def approvals_go_on(testbed: Northmoor) -> None:
    decided(testbed, "INV-4712", "approved")


def approvals_amend(testbed: Northmoor) -> None:
    decided(testbed, "INV-4711", "disputed")


def decided(testbed: Northmoor, number: str, status: str) -> None:
    for id, invoice in testbed.held("invoices").items():
        if invoice["invoice-number"] == number:
            testbed.coupa("invoices", id=int(id), set={"status": status})


def approvals_forget(testbed: Northmoor) -> None:
    for id, invoice in testbed.held("invoices").items():
        if invoice["invoice-number"] == "WEB-4":
            testbed.people("delete_invoice", id=int(id))
            return


# -- invoices that are born in Coupa


def born(testbed: Northmoor, number: str, price: str = "100.00", approve: bool = True, **more: Any) -> int:
    """A clerk of Coupa enters an invoice; its approvers say yes."""
    accounts = [each for each in testbed.held("accounts").values() if each["segment-2"] == "5010"]
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
    return testbed.people("enter_invoice", body=body | more, approve=approve)


def payables_open(testbed: Northmoor) -> None:
    born(testbed, "WEB-1")
    born(testbed, "WEB-2", "50.00")
    born(testbed, "WEB-3", "70.00")
    # not approved, so not ours
    born(testbed, "WEB-4", approve=False)


def payables_go_on(testbed: Northmoor) -> None:
    _reprice(testbed, "WEB-1", "110.00")
    testbed.people("void_invoice", where={"invoice-number": "WEB-2"})
    born(testbed, "WEB-5", "30.00")


def payables_amend(testbed: Northmoor) -> None:
    _reprice(testbed, "WEB-1", "120.00")
    if "WEB-5" in {each["invoice-number"] for each in testbed.held("invoices").values()}:
        _reprice(testbed, "WEB-5", "35.00")


def payables_undo(testbed: Northmoor) -> None:
    _reprice(testbed, "WEB-1", "100.00")


def payables_three_way(testbed: Northmoor) -> Mapping[tuple[int, str], str]:
    """Supplier and number of the invoices -> their document keys."""
    suppliers = {int(id): each["number"] for id, each in testbed.held("suppliers").items()}
    return {
        (int(suppliers[each["supplier"]]), each["invoice-number"]): f"invoices:{id}"
        for id, each in testbed.held("invoices").items()
        if str(suppliers.get(each["supplier"], "")).isdigit()
    }


def payables_duplicate(testbed: Northmoor) -> list[ForeignRecord]:
    return clerks_duplicate(testbed, (4343, "WEB-1"))


def payables_forget(testbed: Northmoor) -> None:
    testbed.people("delete_invoice", where={"invoice-number": "WEB-4"})


def _reprice(testbed: Northmoor, number: str, price: str) -> None:
    where = {"invoice-number": number}
    testbed.people("change_invoice", where=where, set={"invoice-lines": [{"line-num": 1, "price": price}]})
    testbed.people("approve_invoice", where=where)


# -- payments both ways

# what is born in Coupa: its number there, its voucher in JD Edwards, its amount
BORN = {"C-1": (4801, "90.00"), "C-2": (4802, "60.00"), "C-3": (4803, "30.00")}


def _is_born(testbed: Northmoor, number: str, *, approve: bool = True) -> None:
    """An invoice of Coupa's own, and its voucher with the mark of it."""
    # booked as another one, whatever the chart
    other = next(each for each in testbed.held("invoices").values() if each["invoice-lines"][0]["account"])
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
    made = testbed.coupa("invoices", create=body)
    testbed.coupa("invoices", id=made, set={"status": "approved" if approve else "pending_approval"})
    entry = testbed.books.voucher(doc, invoice=number, costs=(("30.5010", amount),))
    made_by_us(testbed, entry, "jde_coupa/approved_invoices", f"invoices:{made}", f"CPA-{made}-1")


def paid_in_jde_opens(testbed: Northmoor) -> None:
    for number in ("C-1", "C-2"):
        _is_born(testbed, number)
    _is_born(testbed, "C-3", approve=False)
    testbed.books.pay(voucher_of(4801), number=5101)
    testbed.books.pay(voucher_of(4802), "20.00", number=5102)
    testbed.books.pay(voucher_of(4803), number=5103)


def paid_in_jde_go_on(testbed: Northmoor) -> None:
    testbed.books.void_payment(5101)
    testbed.books.pay(voucher_of(4802), "15.00", number=5104)
    waiting = next(id for id, each in testbed.held("invoices").items() if each["invoice-number"] == "C-3")
    testbed.coupa("invoices", id=int(waiting), set={"status": "approved"})
    _is_born(testbed, "C-4")
    testbed.books.pay(voucher_of(4804), number=5105)


def paid_in_jde_amend(testbed: Northmoor) -> None:
    testbed.books.pay(voucher_of(4802), "10.00", number=5106)


def paid_in_jde_undo(testbed: Northmoor) -> None:
    testbed.books.void_payment(5104)
    testbed.books.void_payment(5105)


def paid_in_jde_late(testbed: Northmoor) -> None:
    _is_born(testbed, "C-9")
    testbed.books.pay(voucher_of(4809), number=5109)


def paid_by_coupa_opens(testbed: Northmoor) -> None:
    for number in ("C-11", "C-12", "C-13", "C-14", "C-16"):
        _is_born(testbed, number)
    _coupa_pays(testbed, "C-11", "C-12")
    _coupa_pays(testbed, "C-13", amount="20.00")
    for number in ("C-14", "C-16"):
        _coupa_pays(testbed, number, status="payment_in_progress")


def _coupa_pays(testbed: Northmoor, *numbers: str, status: str = "completed_successfully", **part: str) -> None:
    """Coupa Pay makes one payment of these invoices; it is called by the first of them."""
    parts = [{"where": {"invoice-number": number}, **part} for number in numbers]
    name = f"PAY {numbers[0]} {part.get('amount', '')}".strip()
    testbed.people("make_payment", invoices=parts, identifier=name, status=status, date="2026-03-02")


def paid_by_coupa_go_on(testbed: Northmoor) -> None:
    testbed.people("move_payment", where={"payment-identifier": "PAY C-11"}, status="cancelled")
    testbed.people("move_payment", where={"payment-identifier": "PAY C-14"}, status="completed_successfully")
    _coupa_pays(testbed, "C-13", amount="15.00")
    _is_born(testbed, "C-15")
    _coupa_pays(testbed, "C-15")


def paid_by_coupa_amend(testbed: Northmoor) -> None:
    testbed.people("move_payment", where={"payment-identifier": "PAY C-13 20.00"}, status="completed_with_errors")


def paid_by_coupa_undo(testbed: Northmoor) -> None:
    testbed.people("move_payment", where={"payment-identifier": "PAY C-15"}, status="cancelled")


def paid_by_coupa_late(testbed: Northmoor) -> None:
    _is_born(testbed, "C-19")
    _coupa_pays(testbed, "C-19")


def paid_by_coupa_forget(testbed: Northmoor) -> None:
    payments = testbed.held("coupa_pay_payments")
    number = next(number for number, each in payments.items() if each["payment-identifier"] == "PAY C-16")
    testbed.coupa("coupa_pay_payments", id=int(number), delete=True)
