"""The amounts of bills and vendor credits that follow from payments and applied credits (bill sections 3.2, 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Literal

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.options import Options
from connector_sandbox.bill.shapes import cents

ZERO = Decimal("0.00")
Stage = Literal["none", "scheduled", "in_process", "paid"]
_GONE = ("CANCELED", "VOIDED", "FUNDING_FAILED_VOIDED")
_BEFORE_FUNDS = ("SCHEDULED", "READY_TO_FUND", "FUNDING_STARTED", "FUNDING_FAILED_ACTION_NEEDED")
_BEFORE_CLEARED = ("PROCESSED", "SENT", "DELIVERED", "PARTIALLY_CLAIMED", "DISBURSEMENT_ON_HOLD")


def stage(payment: Record, options: Options) -> Stage:
    """How far a payment is, for the bills that it pays."""
    status, single = payment["status"], payment["singleStatus"]
    if status in ("CANCELLED", "VOID") or single in _GONE:
        return "none"
    if status not in ("PAID", "ESCHEATED"):
        return "scheduled"
    if not payment["onlinePayment"]:
        return "paid"
    unfinished = _BEFORE_FUNDS if options.paid_from == "PROCESSED" else (*_BEFORE_FUNDS, *_BEFORE_CLEARED)
    return "in_process" if single in unfinished else "paid"


def with_amounts(books: Books, bill: Record) -> Record:
    """The bill with every amount and its payment status as its lines, payments and credits make them."""
    amount = sum((line["amount"] for line in bill["billLineItems"]), ZERO)
    sums: dict[Stage, Decimal] = dict.fromkeys(("none", "scheduled", "in_process", "paid"), ZERO)
    applied = sum((each["amount"] for each in bill.get("vendorCredits", ())), ZERO)
    sums["paid"] += applied
    for payment, part in _parts(books, bill["id"]):
        reached = stage(payment, books.options)
        sums[reached] += part["amount"]
        if reached != "none":
            applied += credits_of(part)
    underway = sums["scheduled"] + sums["in_process"]
    made = {
        **bill,
        "amount": amount,
        "paidAmount": sums["paid"],
        "dueAmount": amount - sums["paid"],
        "scheduledAmount": underway,
        "creditAmount": applied,
        "paymentStatus": _payment_status(amount, sums),
    }
    return {**made, **in_dollars(books, books.tables["vendors"][bill["vendorId"]], amount)}


def settle(books: Books, bills: Iterable[str], credits: Iterable[str]) -> None:
    """Bring the amounts of these up to date, inside a whole."""
    for key in dict.fromkeys(bills):
        bill = books.tables["bills"][key]
        made = with_amounts(books, bill)
        if made != bill:
            books.put("bills", made, "progressed")
    for key in dict.fromkeys(credits):
        credit = books.tables["vendor_credits"][key]
        made = with_usage(books, credit)
        if made != credit:
            books.put("vendor_credits", made, "updated")


def with_usage(books: Books, credit: Record) -> Record:
    """The credit with what is applied of it, where, and its status."""
    usage: list[dict[str, Any]] = []
    under_way = False
    for bill in books.of_vendor("bills", credit["vendorId"]):
        usage += [
            {"billId": bill["id"], "amount": each["amount"]}
            for each in bill.get("vendorCredits", ())
            if each["id"] == credit["id"]
        ]
    for payment in books.of_vendor("payments", credit["vendorId"]):
        reached = stage(payment, books.options)
        for part in payment["billPayments"] if reached != "none" else ():
            for each in part.get("vendorCredits", ()):
                if each["id"] == credit["id"]:
                    entry = {"billId": part["billId"], "paymentId": payment["id"], "amount": each["amount"]}
                    usage.append(entry)
                    under_way = under_way or reached != "paid"
    amount = sum((line["amount"] for line in credit["vendorCreditLineItems"]), ZERO)
    applied = sum((each["amount"] for each in usage), ZERO)
    made = {key: value for key, value in credit.items() if key != "usage"}
    made |= {"amount": amount, "appliedAmount": applied, "status": _credit_status(amount, applied, under_way)}
    if usage:
        made["usage"] = usage
    return made


def credits_of(part: Record) -> Decimal:
    """How much of a part of a payment is not cash."""
    return sum((each["amount"] for each in part.get("vendorCredits", ())), ZERO)


def in_dollars(books: Books, vendor: Record, amount: Decimal) -> dict[str, Decimal]:
    """fundingAmount and exchangeRate of an amount in the vendor's currency, as far as a rate is known."""
    currency = vendor["billCurrency"]
    if currency == "USD":
        return {"fundingAmount": amount}
    rate = books.options.exchange_rates.get(currency)
    return {} if rate is None else {"fundingAmount": cents(amount * rate), "exchangeRate": rate}


def _parts(books: Books, bill: str) -> Iterator[tuple[Record, Record]]:
    for key in books.payments_of_bill.get(bill, ()):
        payment = books.tables["payments"][key]
        for part in payment["billPayments"]:
            if part["billId"] == bill:
                yield payment, part


def _payment_status(amount: Decimal, sums: dict[Stage, Decimal]) -> str:
    """What is under way outweighs what is paid in part, which the vendor does not say."""
    if sums["paid"] and sums["paid"] >= amount:
        return "PAID"
    if sums["in_process"]:
        return "IN_PROCESS"
    if sums["scheduled"]:
        return "SCHEDULED"
    return "PARTIALLY_PAID" if sums["paid"] else "UNPAID"


def _credit_status(amount: Decimal, applied: Decimal, under_way: bool) -> str:
    if not applied:
        return "NOT_APPLIED"
    if under_way:
        return "IN_PROCESS"
    return "FULLY_APPLIED" if applied >= amount else "PARTIALLY_APPLIED"
