"""Payments: made through BILL, recorded from outside, cancelled, voided, and on their way (bill section 3.4).

`billPayments[].amount` is what a part settles of its bill; the vendor credits of the part are inside it, so that its
cash is the amount less the credits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from connector_sandbox.bill.approvals import PAYABLE
from connector_sandbox.bill.bills import check_credit
from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.figures import ZERO, credits_of, in_dollars, settle
from connector_sandbox.bill.filters import COMMON, OPERATORS, Filterable, text
from connector_sandbox.bill.lists import Listing
from connector_sandbox.bill.references import check_classifications, classifications, invalid_entity, vendor_in_use
from connector_sandbox.bill.shapes import Field

SINGLE_STATUSES = {
    "SCHEDULED": "SCHEDULED",
    "READY_TO_FUND": "SCHEDULED",
    "CANCELLATION_IN_PROGRESS": "SCHEDULED",
    "CANCELED": "CANCELLED",
    "FUNDING_STARTED": "PAID",
    "PROCESSED": "PAID",
    "SENT": "PAID",
    "DELIVERED": "PAID",
    "CLEARED": "PAID",
    "PARTIALLY_CLAIMED": "PAID",
    "DISBURSEMENT_ON_HOLD": "PAID",
    "FUNDING_FAILED_ACTION_NEEDED": "PAID",
    "DISBURSEMENT_FAILED_ACTION_NEEDED": "PAID",
    "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED": "PAID",
    "VOID_PENDING": "PAID",
    "EXPIRING": "PAID",
    "FUNDING_FAILED_VOIDED": "VOID",
    "VOIDED": "VOID",
    "FUNDS_ESCHEATED": "ESCHEATED",
    "UNDEFINED": "UNDEFINED",
}
"""singleStatus -> the status that goes with it, as far as nothing else is said (inferred)."""
STATUSES = ("APPROVING", "SCHEDULED", "PAID", "CANCELLED", "VOID", "ESCHEATED", "UNDEFINED")
VOID_TYPES = ("VOID_ONLY", "VOID_AND_CREDIT", "VOID_AND_REISSUE", "VOID_AND_REISSUE_VCARD")
_FAILED = ("DISBURSEMENT_FAILED_ACTION_NEEDED", "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED")
_DONE = ("SENT", "DELIVERED", "CLEARED", "PARTIALLY_CLAIMED", "FUNDS_ESCHEATED")

_NUMBERS = ("checkNumber", "traceNumber", "batchNumber")

_CREDITS = Field("list", shape={"id": Field("text", required=True), "amount": Field("money", required=True)})
_PART = {
    "billId": Field("text", required=True),
    "amount": Field("money", required=True),
    "vendorCredits": _CREDITS,
}
RECORD = {
    "vendorId": Field("text", required=True),
    "processDate": Field("date", required=True),
    "toPrintCheck": Field("bool", required=True),
    "payments": Field("list", required=True, min=1, shape=_PART),
    "description": Field("text"),
    "syncReference": Field("text"),
    "allowExport": Field("bool"),
    "classifications": classifications("chartOfAccountId"),
}
VOID = {"type": Field("enum", required=True, choices=VOID_TYPES), "reason": Field("text")}
_GENERAL = tuple(each for each in OPERATORS if each != "sw")
LISTING = Listing(
    {
        **{name: field for name, field in COMMON.items() if name != "archived"},
        "vendorId": text("eq", "ne", "in", "nin"),
        "processDate": Filterable("date", _GENERAL),
        "amount": Filterable("number", ("eq", "ne", "gt", "gte", "lt", "lte")),
        "transactionNumber": text("eq", "ne", "in", "sw"),
        "status": text("eq", "ne", "in", "nin"),
        "onlinePayment": Filterable("bool", ("eq", "ne")),
        "disbursementType": text("eq", "ne", "in", "nin"),
    },
    (
        "description",
        "processDate",
        "amount",
        "confirmationNumber",
        "onlinePayment",
        "createdTime",
        "updatedTime",
        "disbursementStatus",
    ),
)
"""`billId` is refused (bill section 3.4). Which operators each field takes is not documented."""


def record_outside(books: Books, values: dict[str, Any]) -> Record:
    """POST /v3/bills/record-payment: the bills are paid, no money moves."""
    vendor_in_use(books, values["vendorId"])
    check_parts(books, values["vendorId"], values["payments"], approved_only=False)
    check_classifications(books, values, None)
    extra = {name: value for name, value in values.items() if name not in ("vendorId", "payments", "processDate")}
    single = books.options.recorded_single_status
    return make(books, values["vendorId"], values["payments"], values["processDate"], single, extra, outside=True)


def make(
    books: Books,
    vendor_id: str,
    given: Iterable[Mapping[str, Any]],
    process_date: str,
    single_status: str,
    extra: Mapping[str, Any],
    *,
    outside: bool = False,
) -> Record:
    """A payment of parts that were checked, with ids of its own for each."""
    vendor = books.get("vendors", vendor_id)
    key = books.ids.draw("payments")
    parts = [{"id": books.ids.draw("bill_payments"), **part} for part in given]
    gross = sum((part["amount"] for part in parts), ZERO)
    cash = gross - sum((credits_of(part) for part in parts), ZERO)
    amount = cash if books.options.payment_amount == "cash" else gross
    paid_by = "OFFLINE" if outside else vendor["paymentInformation"]["payByType"]
    payment = {
        "id": key,
        "vendorId": vendor_id,
        "vendorName": vendor["name"],
        "billPayments": parts,
        "amount": amount,
        **in_dollars(books, vendor, amount),
        "processDate": process_date,
        "confirmationNumber": f"P{books.ids.last:09d}",
        "disbursementType": paid_by,
        "disbursementInfo": {"isVoidable": outside},
        "onlinePayment": not outside,
        "cancelRequestSubmitted": False,
        "createdBy": books.actor,
        **extra,
        "status": "PAID" if outside else SINGLE_STATUSES[single_status],
        "singleStatus": single_status,
    }
    if not payment.get("transactionNumber"):
        # whoever pays may give one; else BILL does, of the look of its samples (3.4.1)
        payment["transactionNumber"] = f"P{process_date[2:].replace('-', '')}01 - {books.ids.last:07d}"
    if outside:
        payment["disbursementStatus"] = "DONE"
    if len(parts) == 1:
        payment["billId"] = parts[0]["billId"]
    books.put("payments", payment, "created")
    _settle(books, payment)
    return payment if outside or single_status == "SCHEDULED" else move(books, key, single_status)


def move(
    books: Books, key: str, single_status: str, *, status: str | None = None, check_number: str | None = None
) -> Record:
    """The payment comes to a singleStatus, and to the status that goes with it unless another is given."""
    payment = books.copy("payments", key)
    payment["singleStatus"] = single_status
    payment["status"] = status or SINGLE_STATUSES[single_status]
    info = payment["disbursementInfo"]
    info["isVoidable"] = payment["status"] == "PAID" and single_status != "CLEARED"
    if single_status in _FAILED:
        payment["disbursementStatus"] = "FAILED"
    elif single_status == "DISBURSEMENT_ON_HOLD":
        payment["disbursementStatus"] = "HOLD"
    elif single_status in _DONE:
        payment["disbursementStatus"] = "DONE"
    made = _disbursement(books, payment) if single_status in _DONE else None
    if made is not None:
        info.setdefault(*made)
        if check_number:
            info[made[0]]["checkNumber"] = check_number
    books.put("payments", payment, "updated")
    _settle(books, payment)
    return payment


def view(books: Books, payment: Record) -> Record:
    """As the API answers: numbers of checks, traces and batches as the option says (bill section 3.4.1)."""
    if books.options.number_types == "strings":
        return payment
    info = {name: _as_numbers(value) for name, value in payment["disbursementInfo"].items()}
    return {**payment, "disbursementInfo": info}


def cancel(books: Books, key: str) -> Record:
    """Only while it is scheduled (bill section 3.4)."""
    payment = books.copy("payments", key)
    if payment["singleStatus"] != "SCHEDULED":
        raise invalid_entity(books, "singleStatus: Only a scheduled payment can be cancelled.", key)
    payment["cancelRequestSubmitted"] = True
    books.put("payments", payment, "updated")
    return move(books, key, "CANCELED")


def void(books: Books, key: str, kind: str, reason: str | None) -> Record:
    """POST .../void: asked for, and done at once where no money moved; else `finish_void` is for BILL's staff."""
    payment = books.copy("payments", key)
    if payment["status"] != "PAID" or payment["singleStatus"] == "VOID_PENDING":
        raise invalid_entity(books, "status: The payment cannot be voided.", key)
    now = books.now()
    asked = {"id": books.ids.draw("voids"), "requestedBy": books.actor, "type": kind, "status": "TO_BE_PROCESSED"}
    asked |= {"createdTime": now, "updatedTime": now, **({"reason": reason} if reason else {})}
    payment["voidInfo"] = [*payment.get("voidInfo", ()), asked]
    books.put("payments", payment, "updated")
    if not payment["onlinePayment"]:
        return finish_void(books, key)[0]
    return move(books, key, "VOID_PENDING")


def finish_void(books: Books, key: str) -> list[Record]:
    """The void that was asked for happens: its bills are open again. A reissue is a second payment with its own ids."""
    payment = books.copy("payments", key)
    asked = payment["voidInfo"][-1]
    asked |= {"status": "ACCEPTED", "updatedTime": books.now()}
    books.put("payments", payment, "updated")
    voided = move(books, key, "VOIDED")
    if not asked["type"].startswith("VOID_AND_REISSUE"):
        return [voided]
    parts = [{name: value for name, value in part.items() if name != "id"} for part in voided["billPayments"]]
    kept = ("description", "fundingAccount")
    extra = {name: voided[name] for name in kept if name in voided}
    day = books.today().isoformat()
    return [voided, make(books, voided["vendorId"], parts, day, "SCHEDULED", extra)]


def check_parts(books: Books, vendor: str, parts: Iterable[Mapping[str, Any]], *, approved_only: bool = True) -> None:
    """Refusal unless each bill is the vendor's, approved, and has so much left to pay, and so have the credits."""
    seen: set[str] = set()
    drawn: dict[str, Decimal] = {}
    for part in parts:
        key = part["billId"]
        bill = books.tables["bills"].get(key)
        if bill is None or bill["vendorId"] != vendor or bill["archived"] or key in seen:
            raise invalid_entity(books, "billId: No active bill of this vendor, or named twice.", key)
        seen.add(key)
        if approved_only and bill["approvalStatus"] not in PAYABLE:
            raise invalid_entity(books, "approvalStatus: The bill is not approved.", key)
        if not 0 < part["amount"] <= bill["amount"] - bill["paidAmount"] - bill["scheduledAmount"]:
            raise invalid_entity(books, "amount: The bill has less left to pay.", key)
        if credits_of(dict(part)) > part["amount"]:
            raise invalid_entity(books, "vendorCredits: More than the amount they are part of.", key)
        for each in part.get("vendorCredits", ()):
            check_credit(books, vendor, each["id"], each["amount"] + drawn.get(each["id"], ZERO), ZERO)
            drawn[each["id"]] = drawn.get(each["id"], ZERO) + each["amount"]


def credits_used(payment: Record) -> list[str]:
    """The ids of the vendor credits that it applies."""
    return [each["id"] for part in payment["billPayments"] for each in part.get("vendorCredits", ())]


def _settle(books: Books, payment: Record) -> None:
    settle(books, [part["billId"] for part in payment["billPayments"]], credits_used(payment))


def _disbursement(books: Books, payment: Record) -> tuple[str, dict[str, Any]] | None:
    """How the money went out, by the kind of the payment: its name and its fields."""
    today = books.today().isoformat()
    days = {"sentDate": today, "arrivesByDate": today}
    number = payment["confirmationNumber"]
    match payment["disbursementType"]:
        case "CHECK":
            return "checkDisbursement", days
        case "ACH":
            return "achDisbursement", days
        case "RPPS":
            return "rppsDisbursement", {**days, "traceNumber": number[1:], "batchNumber": number[-4:]}
        case "INTERNATIONAL_E_PAYMENT":
            return "internationalDisbursement", {**days, "amount": payment["amount"], "disbursementSubType": "IACH"}
        case "VIRTUAL_CARD":
            return "vcardDisbursement", {"arrivesByDate": today, "validUntil": today, "last4CardNumber": number[-4:]}
        case "WALLET":
            return "walletDisbursement", {"arrivesByDate": today}
    return None


def _as_numbers(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        name: int(each) if name in _NUMBERS and isinstance(each, str) and each.isdecimal() else each
        for name, each in value.items()
    }
