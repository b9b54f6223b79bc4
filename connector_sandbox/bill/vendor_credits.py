"""Vendor credits (bill section 3.5)."""

from __future__ import annotations

from typing import Any

from connector_sandbox.bill import lines
from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.figures import with_usage
from connector_sandbox.bill.filters import COMMON, Filterable, text
from connector_sandbox.bill.lists import Listing
from connector_sandbox.bill.references import check_classifications, invalid_entity, vendor_in_use
from connector_sandbox.bill.shapes import Field, merged, set_only

NAME = "VendorCredit"
BULK = 50
_LINES = "vendorCreditLineItems"
SHAPE = {
    "vendorId": Field("text", required=True),
    "referenceNumber": Field("text", required=True, min=1, max=100),
    "creditDate": Field("date", required=True),
    "description": Field("text", max=4000),
    "applyToChartOfAccountId": Field("text"),
    "applyToBankAccountId": Field("text"),
    _LINES: Field("list", required=True, min=1, shape=lines.CREDIT_LINE),
}
LISTING = Listing(
    {
        **COMMON,
        "vendorId": text("eq", "in"),
        "status": text("eq", "ne", "in", "nin"),
        "creditDate": Filterable("date", ("gt", "gte", "lt", "lte")),
    },
    ("archived", "creditDate", "createdTime", "updatedTime"),
)
"""No table of it is published: what the other documents have."""


def create(books: Books, values: dict[str, Any]) -> Record:
    """A new credit, not applied."""
    vendor_in_use(books, values["vendorId"])
    credit = {
        **values,
        "id": books.ids.draw("vendor_credits"),
        "archived": False,
        _LINES: lines.new(books, values[_LINES], _LINES, "vendor_credit_lines"),
        "createdBy": books.actor,
    }
    return _kept(books, credit, None, "created")


def update(books: Books, key: str, values: dict[str, Any]) -> Record:
    """PATCH: the fields that are named."""
    before = books.get("vendor_credits", key)
    given = values.pop(_LINES, None)
    credit = merged(books.copy("vendor_credits", key), values)
    if given is not None:
        credit[_LINES] = lines.patched(books, before[_LINES], given, _LINES, "vendor_credit_lines")
    return _kept(books, credit, before, "updated")


def replace(books: Books, key: str, values: dict[str, Any]) -> Record:
    """PUT: what is not in the body is unset, lines included."""
    before = books.get("vendor_credits", key)
    kept = {name: value for name, value in books.copy("vendor_credits", key).items() if name not in SHAPE}
    given = lines.replaced(books, before[_LINES], values[_LINES], _LINES, "vendor_credit_lines")
    return _kept(books, {**kept, **values, _LINES: given}, before, "updated")


def archive(books: Books, key: str) -> Record:
    """Inactive; again is no error. One that is applied stays. There is no way back (no restore is listed)."""
    credit = books.get("vendor_credits", key)
    if credit["archived"]:
        return credit
    if credit["appliedAmount"]:
        raise invalid_entity(books, "vendorCredits: The credit has been applied already.", key)
    return books.put("vendor_credits", {**credit, "archived": True}, "archived")


def _kept(books: Books, credit: Record, before: Record | None, what: str) -> Record:
    if before is not None and credit["vendorId"] != before["vendorId"]:
        vendor_in_use(books, credit["vendorId"])
    if credit.get("applyToChartOfAccountId") and credit.get("applyToBankAccountId"):
        raise invalid_entity(
            books, "applyToBankAccountId: Only one of chart of account and bank account.", credit["id"]
        )
    check_classifications(books, set_only(credit), before)
    made = with_usage(books, credit)
    if made["amount"] <= 0:
        raise invalid_entity(books, "amount: A credit is more than nothing.", made["id"])
    if made["amount"] < made["appliedAmount"]:
        raise invalid_entity(books, "amount: More than this is applied.", made["id"])
    return books.put("vendor_credits", made, what)
