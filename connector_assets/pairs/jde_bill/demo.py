"""A day of the people of JD Edwards and BILL: what BILL pays, what it takes back, what is entered there, and what JD
Edwards pays or stops itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connector_assets.pairs.jde_bill.marker import PAY_ITEM, key_of
from connector_assets.pairs.people import People
from connector_resources.bill import UNPAID

if TYPE_CHECKING:
    from connector_resources.bill import Bill, BillClient, VendorCredit

TOGETHER = 3  # bills of one vendor in a payment
STOPPED = "STOP-1"  # BILL's transaction number of the payment that is voided in the afternoon
ENTERED = "RENT-1"  # what BILL's clerk enters, and its net amount
RENT = "640.00"
CHEQUE = 7900  # number of JD Edwards' own payment


@dataclass
class BillPeople(People):
    """The people of JD Edwards and BILL."""

    bill: BillClient

    def morning(self) -> str:
        """BILL pays some bills of one vendor with a credit, part of another bill, and one by mistake; its clerk
        enters a bill. JD Edwards pays a voucher itself; what they did, in words."""
        credit, together = self._one_vendors()
        parts: list[dict[str, Any]] = [{"id": each.id} for each in together]
        if credit is not None:
            parts[0]["credits"] = [{"id": credit.id}]
        if parts:
            self._pay(bills=parts)
        taken = {each.id for each in together}
        partly, mistaken, paid = _first(3, [each for each in self._owed if each.id not in taken])
        if partly is not None:
            due = partly.due_amount or Decimal(0)
            # in whole units, which every currency has
            self._pay(id=partly.id, amount=str(min(due, (due / 2).to_integral_value(ROUND_UP))))
        if mistaken is not None:
            self._pay(id=mistaken.id, transaction_number=STOPPED)
        if paid is not None:
            self.act("jde", "pay_voucher", **_voucher(paid), number=CHEQUE)
        entered = self._enter()
        return (
            f"{len(together)} bills of one vendor paid in BILL{', a credit applied' if credit else ''}, "
            f"{_count(partly)} in part, {_count(mistaken)} by mistake; {entered} entered there; "
            f"{_count(paid)} paid in JD Edwards"
        )

    def afternoon(self) -> str:
        """JD Edwards puts a voucher on hold, once Coupa's approvers had their say. BILL voids what was paid by mistake,
        and pays the bill that its clerk entered, which has its voucher now; what they did, in words."""
        held = next((each for each in self._owed if self.payable(**_voucher(each))), None)
        if held is not None:
            self.act("jde", "set_pay_status", **_voucher(held), PST="H")
        stopped = [each.id for each in self.bill.payments.with_number(STOPPED)]
        for id in stopped:
            self.act("bill", "void_payment", id=id, reason="paid by mistake")
        own = [each for each in self._bills if each.invoice and each.invoice.invoice_number == ENTERED]
        for each in own:
            self._pay(id=each.id)
        shown = {"payments voided in BILL": len(stopped), "its own bills paid": len(own)}
        shown["vouchers put on hold in JD Edwards"] = _count(held)
        return ", ".join(f"{what}: {count}" for what, count in shown.items())

    def _pay(self, **what: Any) -> None:
        self.act("bill", "pay_bill", date=self.today.isoformat(), **what)

    def _enter(self) -> int:
        """The clerk's bill, of one line, approved; how many were entered."""
        accounts = self.links("chart_of_accounts", list(self.currencies))
        known = {self.currencies[key]: id for key, id in accounts.items()}
        for vendor in self.bill.vendors.all():
            account = known.get(vendor.bill_currency or "")
            if vendor.usable and account is not None:
                booked = {"chartOfAccountId": account}
                body = {
                    "vendorId": vendor.id,
                    "dueDate": (self.today + timedelta(days=30)).isoformat(),
                    "invoice": {"invoiceNumber": ENTERED, "invoiceDate": self.today.isoformat()},
                    "billLineItems": [{"amount": RENT, "description": "Rent", "classifications": booked}],
                }
                self.act("bill", "enter_bill", body=body, approve=True)
                return 1
        return 0

    def _one_vendors(self) -> tuple[VendorCredit | None, list[Bill]]:
        """Some bills of one vendor, the largest first: of one with a credit if there is any, and with many bills."""
        credits = {
            each.vendor_id: each for each in self.bill.vendor_credits.all() if each.usable and not each.applied_amount
        }
        owed: dict[str | None, list[Bill]] = {}
        for each in self._owed:
            owed.setdefault(each.vendor_id, []).append(each)
        if not owed:
            return None, []
        chosen = max(owed, key=lambda id: (id in credits, min(len(owed[id]), TOGETHER)))
        bills = sorted(owed[chosen][:TOGETHER], key=lambda bill: -(bill.amount or Decimal(0)))
        return credits.get(chosen), bills

    @cached_property
    def _bills(self) -> list[Bill]:
        return list(self.bill.bills.all())

    @property
    def _owed(self) -> list[Bill]:
        """Bills of JD Edwards' vouchers that nobody has paid, in the order of these."""
        found = [each for each in self._bills if each.usable and each.payment_status == UNPAID]
        ours = [each for each in found if (key_of(each.description) or "").startswith(PAY_ITEM)]
        return sorted(ours, key=lambda bill: bill.description or "")


def _first(count: int, bills: Sequence[Bill]) -> list[Bill | None]:
    """The first ones, None where there are no more."""
    found: list[Bill | None] = list(bills[:count])
    return found + [None] * (count - len(found))


def _voucher(bill: Bill) -> dict[str, Any]:
    """The voucher that a bill is of, as acts name it."""
    key = key_of(bill.description) or ""
    company, kind, number, _ = key.partition(":")[2].split("/")
    return {"KCO": company, "DCT": kind, "DOC": int(number)}


def _count(bill: Bill | None) -> int:
    return int(bill is not None)
