"""What a notification is made of: records as a GET of the API shows them, and who and what they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_sandbox.bill import bills, vendors
from connector_sandbox.bill.books import Books, Record, shown


def view(books: Books, family: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record of an event of the family "vendor", "bill" or "payment"; others are as they are."""
    made = dict(record)
    match family:
        case "vendor":
            made = vendors.view(books, made)
        case "bill":
            made = bills.view(books, made)
        case "payment":
            made = _payment(books, made)
    plain: Record = shown(made)
    return plain


def _payment(books: Books, payment: Record) -> Record:
    """With the vendor's name and currency, and the name and last digits of the account that pays."""
    vendor = books.tables["vendors"].get(payment.get("vendorId", ""), {})
    named = {"vendorName": vendor.get("name"), "currency": vendor.get("billCurrency")}
    account = payment.get("fundingAccount")
    if account is not None:
        known = books.tables["bank_accounts"].get(account.get("id", ""), {})
        named["fundingAccount"] = {**known, **account}
    # Whose sync made a payment that was only recorded is not known: only BILL's own have a billing type.
    if payment.get("onlinePayment"):
        named["billingType"] = "BDC"
    return {**payment, **{name: value for name, value in named.items() if value is not None}}
