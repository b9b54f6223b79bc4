"""Vendors and their bank accounts (bill section 3.1)."""

from __future__ import annotations

from typing import Any

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.filters import COMMON, Filterable, text
from connector_sandbox.bill.lists import Listing
from connector_sandbox.bill.references import invalid_entity
from connector_sandbox.bill.shapes import Field, merged

NAME = "Vendor"
BULK = 20
_BANK_ACCOUNT = {
    "nameOnAccount": Field("text"),
    "accountNumber": Field("text", required=True),
    "routingNumber": Field("text"),
    "type": Field("enum", choices=("CHECKING", "SAVINGS")),
    "ownerType": Field("enum", choices=("BUSINESS", "PERSON")),
    "paymentCurrency": Field("text"),
}
BANK_ACCOUNT = _BANK_ACCOUNT
SHAPE = {
    "name": Field("text", required=True, min=1, max=100),
    "address": Field(
        "object",
        required=True,
        shape={
            "line1": Field("text"),
            "line2": Field("text"),
            "city": Field("text"),
            "stateOrProvince": Field("text"),
            "zipOrPostalCode": Field("text"),
            "country": Field("text", min=2, max=2),
        },
    ),
    "shortName": Field("text", max=40),
    "accountNumber": Field("text"),
    "accountType": Field("enum", choices=("BUSINESS", "PERSON", "NONE", "UNDEFINED")),
    "email": Field("text"),
    "phone": Field("text"),
    "billCurrency": Field("text", min=3, max=3),
    "paymentInformation": Field(
        "object",
        shape={
            "payeeName": Field("text"),
            "email": Field("text"),
            "bankAccount": Field("object", shape=_BANK_ACCOUNT),
        },
    ),
    "additionalInfo": Field(
        "object",
        shape={
            "taxId": Field("text"),
            "taxIdType": Field("enum", choices=("EIN", "SSN", "UNDEFINED")),
            "track1099": Field("bool"),
            "combinePayments": Field("bool"),
            "leadTimeInDays": Field("int"),
            "paymentTermId": Field("text"),
            "companyName": Field("text"),
        },
    ),
    "autoPay": Field(
        "object",
        shape={
            "enabled": Field("bool"),
            "bankAccountId": Field("text"),
            "maxAmount": Field("money"),
            "daysBeforeDueDate": Field("int"),
        },
    ),
}
LISTING = Listing(
    {
        **COMMON,
        "name": Filterable("name", ("eq", "sw")),
        "accountType": text("eq", "ne", "in", "nin"),
        "address.country": text("eq", "ne"),
        "billCurrency": text("eq", "ne", "in", "nin"),
        "paymentStatus": text("eq", "ne", "in", "nin"),
    },
    ("archived", "name", "shortName", "email", "phone", "billCurrency", "createdTime", "updatedTime"),
)


def create(books: Books, values: dict[str, Any]) -> Record:
    """A new vendor. It is paid by check, or by ACH where its bank account is known."""
    _check_name(books, values["name"], None)
    key = books.ids.draw("vendors")
    information = dict(values.get("paymentInformation") or {})
    account = information.pop("bankAccount", None)
    vendor = {
        "id": key,
        "archived": False,
        "accountType": "UNDEFINED",
        "billCurrency": "USD",
        "networkStatus": "NOT_CONNECTED",
        "recurringPayments": False,
        **values,
        "bankAccountStatus": "NO_NET_LINKED_ACCOUNT" if account else "NO_ACCOUNT",
        "paymentInformation": {
            "payByType": "ACH" if account else "CHECK",
            **information,
        },
    }
    if account:
        books.put(
            "vendor_bank_accounts",
            {**account, "id": books.ids.draw("vendor_bank_accounts"), "vendorId": key},
            "created",
        )
    return books.put("vendors", vendor, "created")


def update(books: Books, key: str, values: dict[str, Any]) -> Record:
    """PATCH: the fields that are named. A bank account is not changed by it."""
    vendor = books.copy("vendors", key)
    values = {**values, "paymentInformation": dict(values.get("paymentInformation") or {})}
    values["paymentInformation"].pop("bankAccount", None)
    if values.get("name"):
        _check_name(books, values["name"], key)
    return books.put("vendors", merged(vendor, values), "updated")


def archive(books: Books, key: str) -> Record:
    """Inactive; again is no error."""
    return _archived(books, key, archived=True)


def restore(books: Books, key: str) -> Record:
    """Active again; again is no error."""
    vendor = books.get("vendors", key)
    if vendor["archived"]:
        _check_name(books, vendor["name"], key)
    return _archived(books, key, archived=False)


def view(books: Books, vendor: Record) -> Record:
    """As the API answers: the tax id in clear, masked or not at all."""
    how = books.options.tax_id
    tax_id = (vendor.get("additionalInfo") or {}).get("taxId")
    if how == "clear" or tax_id is None:
        return vendor
    info = dict(vendor["additionalInfo"])
    info["taxId"] = f"*****{tax_id[-4:]}"
    if how == "absent":
        del info["taxId"]
    return {**vendor, "additionalInfo": info}


def bank_account(books: Books, vendor: str) -> Record:
    """The vendor's bank account; Refusal when there is none."""
    books.get("vendors", vendor)
    for account in books.tables["vendor_bank_accounts"].values():
        if account["vendorId"] == vendor:
            return account
    raise books.missing()


def add_bank_account(books: Books, vendor: str, values: dict[str, Any]) -> Record:
    """A vendor has one at most: another one takes its deletion first."""
    record = books.copy("vendors", vendor)
    if record["bankAccountStatus"] != "NO_ACCOUNT":
        raise invalid_entity(books, "bankAccount: The vendor has a bank account.", vendor)
    account = {**values, "id": books.ids.draw("vendor_bank_accounts"), "vendorId": vendor}
    _mark_account(books, record, "NO_NET_LINKED_ACCOUNT", "ACH")
    return books.put("vendor_bank_accounts", account, "created")


def delete_bank_account(books: Books, vendor: str) -> None:
    """The vendor is paid by check again."""
    account = bank_account(books, vendor)
    _mark_account(books, books.copy("vendors", vendor), "NO_ACCOUNT", "CHECK")
    books.remove("vendor_bank_accounts", account["id"])


def _mark_account(books: Books, vendor: Record, status: str, paid_by: str) -> None:
    vendor["bankAccountStatus"] = status
    vendor["paymentInformation"]["payByType"] = paid_by
    books.put("vendors", vendor, "updated")


def _archived(books: Books, key: str, *, archived: bool) -> Record:
    vendor = books.get("vendors", key)
    if vendor["archived"] == archived:
        return vendor
    return books.put("vendors", {**vendor, "archived": archived}, "archived" if archived else "restored")


def _check_name(books: Books, name: str, own: str | None) -> None:
    if not books.options.unique_vendor_names:
        return
    for other in books.named("vendors", "name", name):
        if other["id"] != own and not other["archived"]:
            raise invalid_entity(books, "name: Another vendor has this name.", own)
