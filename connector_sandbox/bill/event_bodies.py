"""What a notification says (bill section 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

VERSION = "1"
_PAYMENTS = ("payment.updated", "payment.failed", "autopay.failed")
_TYPES = (
    *(f"vendor.{change}" for change in ("created", "updated", "archived", "restored")),
    *(f"bill.{change}" for change in ("created", "updated", "archived", "restored")),
    *_PAYMENTS,
    "risk-verification.updated",
)
"""Those that the sheet names in full (bill section 7.2)."""

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "bill": (
        "id", "vendorId", "vendorName", "invoice", "amount", "createdBy", "createdTime", "updatedTime", "archived",
        "description", "dueDate", "payFromChartOfAccountId", "paymentStatus", "classifications", "purchaseOrderNumber",
    ),
    "vendor": (
        "id", "name", "shortName", "archived", "paymentNetworkId", "rppsId", "networkStatus", "address",
        "paymentInformation", "createdTime", "updatedTime", "accountNumber", "email", "phone", "recurringPayments",
        "billCurrency", "autoPay", "balance", "additionalInfo",
    ),
    "payment": (
        "id", "billIds", "transactionNumber", "status", "createdBy", "createdTime", "updatedTime", "processDate",
        "funding", "disbursement", "vendor", "billingType",
    ),
}  # fmt: skip
_FAILED_PAYMENT = ("bills", "transactionNumber", "createdBy", "times", "fundingAccount", "vendor")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "classifications": ("chartOfAccountId", "accountingClassId", "departmentId", "locationId"),
    "autoPay": ("enabled",),
}
"""Objects of which a notification has less than the API."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


def catalog(*, payments: bool) -> list[dict[str, Any]]:
    """The event types that an organisation may subscribe to."""
    return [{"type": each, "versions": [VERSION]} for each in _TYPES if payments or each not in _PAYMENTS]


def family(event_type: str) -> str:
    """What the entity of an event is called in its notification."""
    return event_type.partition(".")[0]


def notification(metadata: Mapping[str, str], record: Mapping[str, Any]) -> str:
    """The minified JSON of an event about `record`, which is as the API shows it.

    A failed payment is {"bills": [{"id", "amount"}], "transactionNumber", ..., "errors": [{"code", "message",
    "timestamp"}]}: there may be no payment that the API could show.
    """
    event_type = metadata["eventType"]
    shown: dict[str, Any] = {"metadata": dict(metadata), family(event_type): _entity(event_type, record)}
    if event_type == "payment.failed":
        shown["errors"] = record.get("errors", [])
    return minified(shown).decode()


def minified(value: Any) -> bytes:
    """JSON without white space, money as numbers."""
    return _encode(value)


def sample(event_type: str) -> dict[str, Any]:
    """What a test notification is about when the call names nothing."""
    ids = {"bill": "00n01TESTTESTTESTTES", "vendor": "00901TESTTESTTESTTES", "payment": "stp01TESTTESTTESTTES"}
    return {"id": ids.get(family(event_type), "00001TESTTESTTESTTES")}


def _entity(event_type: str, record: Mapping[str, Any]) -> dict[str, Any]:
    if event_type == "payment.failed":
        return _chosen(record, _FAILED_PAYMENT)
    name = family(event_type)
    if name == "payment":
        record = _payment(record)
    fields = _FIELDS.get(name)
    shown = dict(record) if fields is None else _chosen(record, fields)
    for part, known in _PARTS.items():
        if isinstance(shown.get(part), Mapping):
            shown[part] = _chosen(shown[part], known)
    if name == "bill" and isinstance(shown.get("invoice"), Mapping):
        shown["invoice"] = _invoice(shown["invoice"])
    return shown


def _invoice(invoice: Mapping[str, Any]) -> dict[str, Any]:
    """With the invoice's date as a date-time, unlike the API's."""
    day = invoice.get("invoiceDate")
    dated = {} if day is None else {"invoiceDate": f"{day}T00:00:00.000Z" if len(str(day)) == 10 else day}
    return {**_chosen(invoice, ("invoiceNumber",)), **dated}


def _payment(record: Mapping[str, Any]) -> dict[str, Any]:
    """A payment of the API in a notification's words; what already is in them stays."""
    vendor = {"id": record.get("vendorId"), "name": record.get("vendorName")}
    account = _chosen(record.get("fundingAccount") or {}, ("id", "type", "name", "accountNumber", "last4"))
    made = {
        "billIds": [each["billId"] for each in record.get("billPayments", ()) if "billId" in each]
        or ([record["billId"]] if record.get("billId") else None),
        "funding": {"amount": record.get("fundingAmount"), "currency": "USD", "fundingAccount": account or None},
        "disbursement": {"amount": record.get("amount"), "currency": record.get("currency"),
                         "arrivesByDate": _arrival(record.get("disbursementInfo") or {})},
        "vendor": vendor,
        **record,
        # The one word of both that is the same as in `singleStatus` (bill section 7.3).
        "status": record.get("singleStatus", record.get("status")),
    }  # fmt: skip
    return {
        name: _chosen(value, value) if isinstance(value, Mapping) else value
        for name, value in made.items()
        if value is not None
    }


def _arrival(info: Mapping[str, Any]) -> Any:
    ways = (each for each in info.values() if isinstance(each, Mapping))
    return next((way["arrivesByDate"] for way in ways if "arrivesByDate" in way), None)


def _chosen(record: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    return {name: record[name] for name in fields if record.get(name) is not None}
