"""Payments that a user of the API makes, one or several at once (bill section 3.4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connector_sandbox.bill import bills, payments
from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import Refusal, against_rule, invalid
from connector_sandbox.bill.figures import ZERO
from connector_sandbox.bill.references import vendor_in_use
from connector_sandbox.bill.shapes import Field

BULK = 50
_COMBINED = 35
"""As many bills at most are one payment of a vendor whose payments are combined."""
_HEAD = {
    "processDate": Field("date"),
    "fundingAccount": Field(
        "object",
        required=True,
        shape={
            "type": Field("enum", required=True, choices=("BANK_ACCOUNT", "CARD_ACCOUNT", "WALLET", "AP_CARD")),
            "id": Field("text"),
        },
    ),
    "cardFundingPurpose": Field("text"),
    "description": Field("text"),
    "transactionNumber": Field("text", max=50),
}
ONE = {
    "vendorId": Field("text", required=True),
    "billId": Field("text"),
    "amount": Field("money", required=True),
    **_HEAD,
    "processingOptions": Field(
        "object",
        shape={
            "requestPayFaster": Field("bool"),
            "createBill": Field("bool"),
            "requestCheckDeliveryType": Field("text"),
        },
    ),
}
SEVERAL = {
    "vendorId": Field("text"),
    **_HEAD,
    "payments": Field(
        "list",
        required=True,
        min=1,
        max=BULK,
        shape={"billId": Field("text", required=True), "amount": Field("money", required=True)},
    ),
}


def create(books: Books, values: dict[str, Any]) -> Record:
    """POST /v3/payments: it is scheduled. One that cannot be is told of as payment.failed."""
    _check_head(values)
    new_bill = (values.get("processingOptions") or {}).get("createBill", False)
    if new_bill and values.get("billId"):
        raise invalid(["billId: must be null with createBill"])
    if not new_bill and not values.get("billId"):
        raise invalid(["billId: must not be null"])
    day = values.get("processDate") or books.today().isoformat()
    key = _new_bill(books, values, day) if new_bill else values["billId"]
    return _scheduled(books, values["vendorId"], [{"billId": key, "amount": values["amount"]}], day, values)


def create_several(books: Books, values: dict[str, Any]) -> list[Record]:
    """POST /v3/payments/bulk: all or none, of bills of one vendor or of several."""
    _check_head(values)
    day = values.get("processDate") or books.today().isoformat()
    by_vendor: dict[str, list[dict[str, Any]]] = {}
    try:
        for part in values["payments"]:
            bill = books.tables["bills"].get(part["billId"])
            if bill is None:
                raise against_rule("BDC_1119", f"Invalid value for field billId: {part['billId']}.", part["billId"])
            if part["amount"] < ZERO:
                raise invalid([f"{part['billId']} : amount: must be greater than or equal to 0"])
            by_vendor.setdefault(bill["vendorId"], []).append(part)
        named = values.get("vendorId")
        if named is not None and set(by_vendor) != {named}:
            raise invalid(["vendorId: must be null where bills of other vendors are paid"])
        return [
            _scheduled(books, vendor, parts, day, values)
            for vendor, all_parts in by_vendor.items()
            for parts in _batches(books, vendor, [each for each in all_parts if each["amount"]])
        ]
    except Refusal as refusal:
        if refusal.code is not None and books.options.bulk_others:
            refusal.rolled_back = len(values["payments"]) - 1
        raise


def _check_head(values: Mapping[str, Any]) -> None:
    account = values["fundingAccount"]
    missing = []
    if account["type"] == "WALLET":
        if values.get("processDate") is None:
            missing.append("processDate")
        if account.get("id") is not None:
            raise invalid(["fundingAccount.id: must be null for WALLET"])
    elif account.get("id") is None:
        missing.append("fundingAccount.id")
    if account["type"] == "CARD_ACCOUNT" and not values.get("cardFundingPurpose"):
        missing.append("cardFundingPurpose")
    if missing:
        raise invalid([f"{name}: must not be null" for name in missing])


def _new_bill(books: Books, values: Mapping[str, Any], day: str) -> str:
    """The bill that `createBill` makes. What stands in it besides the amount is not documented."""
    number = f"PAYMENT-{books.ids.last + 1}"
    body = {
        "vendorId": values["vendorId"],
        "dueDate": day,
        "invoice": {"invoiceNumber": number, "invoiceDate": day},
        "billLineItems": [{"amount": values["amount"]}],
    }
    made: str = bills.create(books, body)["id"]
    return made


def _batches(books: Books, vendor: str, parts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    information = books.get("vendors", vendor).get("additionalInfo") or {}
    size = _COMBINED if information.get("combinePayments") else 1
    return [parts[start : start + size] for start in range(0, len(parts), size)]


def _scheduled(books: Books, vendor: str, parts: list[dict[str, Any]], day: str, values: Mapping[str, Any]) -> Record:
    try:
        vendor_in_use(books, vendor)
        if date.fromisoformat(day) < books.today():
            # The vendor's own text, placeholder and all (bill section 5.2).
            raise against_rule("BDC_1152", "Invalid Process Date : ${paramName0}.", parts[0]["billId"])
        payments.check_parts(books, vendor, parts)
    except Refusal as refusal:
        _report_failed(books, vendor, values, parts, refusal)
        raise
    kept = ("description", "transactionNumber", "fundingAccount")
    extra = {name: values[name] for name in kept if name in values}
    return payments.make(books, vendor, parts, day, "SCHEDULED", extra)


def _report_failed(
    books: Books, vendor_id: str, values: Mapping[str, Any], parts: list[dict[str, Any]], refusal: Refusal
) -> None:
    vendor = books.tables["vendors"].get(vendor_id)
    failed: dict[str, Any] = {
        "bills": [{"id": part["billId"], "amount": part["amount"]} for part in parts],
        "createdBy": books.actor,
        "createdTime": books.now(),
        "errors": [{"code": refusal.code, "message": refusal.messages[0], "timestamp": books.now()}],
    }
    if "fundingAccount" in values:
        failed["fundingAccount"] = values["fundingAccount"]
    if vendor is not None:
        failed["vendor"] = {"id": vendor["id"], "name": vendor["name"]}
    books.emit("payment.failed", failed)
