"""Bills (bill section 3.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connector_sandbox.bill import approvals, lines
from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import against_rule, invalid
from connector_sandbox.bill.figures import settle, with_amounts
from connector_sandbox.bill.filters import COMMON, Filterable, text
from connector_sandbox.bill.lists import Listing
from connector_sandbox.bill.references import (
    BILL_CLASSIFICATIONS,
    check_classifications,
    classifications,
    invalid_entity,
    unknown_reference,
    vendor_in_use,
)
from connector_sandbox.bill.shapes import Field, merged, set_only

NAME = "Bill"
BULK = 100
_NUMBER_LENGTH = 21
_NOISE = Decimal("0.00")
_LINES = "billLineItems"
SHAPE = {
    "vendorId": Field("text", required=True),
    "dueDate": Field("date", required=True),
    "invoice": Field(
        "object",
        required=True,
        shape={"invoiceNumber": Field("text", required=True), "invoiceDate": Field("date", required=True)},
    ),
    _LINES: Field("list", required=True, min=1, shape=lines.BILL_LINE),
    "description": Field("text", max=4000),
    "paymentTermId": Field("text"),
    "payFromChartOfAccountId": Field("text"),
    "classifications": classifications(*BILL_CLASSIFICATIONS),
    "vendorCredits": Field("list", shape={"id": Field("text", required=True), "amount": Field("money", required=True)}),
    "purchaseOrderNumber": Field("text"),
    "billApprovals": Field("bool"),
}
_ASKED = "_billApprovals"
"""Kept with a bill that was once written with billApprovals: true."""
LISTING = Listing(
    {
        **COMMON,
        "vendorId": text("eq", "in"),
        "dueDate": Filterable("date", ("gt", "gte", "lt", "lte")),
        "paymentStatus": text("eq", "ne", "in"),
        "payFromChartOfAccountId": text("eq", "ne", "in"),
        **{f"classifications.{name}": text("eq", "ne", "in") for name in BILL_CLASSIFICATIONS},
    },
    (
        "archived",
        "fundingAmount",
        "exchangeRate",
        "description",
        "dueDate",
        "createdTime",
        "updatedTime",
    ),
)


def create(books: Books, values: dict[str, Any], *, draft: bool = False) -> Record:
    """A new bill; a draft is archived (bill section 3.2, recordStatus)."""
    vendor = vendor_in_use(books, values["vendorId"])
    key = books.ids.draw("bills")
    asked = values.pop("billApprovals", None)
    bill = {
        **values,
        "id": key,
        "archived": draft,
        "recordStatus": "DRAFT" if draft else "ACTIVE",
        _LINES: lines.new(books, values[_LINES], _LINES, "lines", vendor["billCurrency"]),
        "createdBy": books.actor,
    }
    if asked:
        bill[_ASKED] = True
    approvals.assign(books, bill, vendor)
    return _kept(books, bill, None, "created")


def update(books: Books, key: str, values: dict[str, Any]) -> Record:
    """PATCH over the API. One copy of its page has a required string without a name (bill section 3.2.1)."""
    if books.options.patch_needs_payment_term and not values.get("paymentTermId"):
        raise invalid(["paymentTermId: must not be null"])
    return change(books, key, values)


def change(books: Books, key: str, values: dict[str, Any]) -> Record:
    """The fields that are named become so."""
    before = books.get("bills", key)
    given = values.pop(_LINES, None)
    asked = _asked(before, values)
    bill = {**merged(books.copy("bills", key), values), **asked}
    if given is not None:
        bill[_LINES] = lines.patched(books, before[_LINES], given, _LINES, "lines", _currency(books, bill))
    return _kept(books, bill, before, "updated")


def replace(books: Books, key: str, values: dict[str, Any]) -> Record:
    """PUT: what is not in the body is unset: lines, their fields, and credits, which are so un-applied.

    With the option `put_omits` "keeps" the fields stay that no document says are cleared (bill section 3.2.1).
    """
    before = books.get("bills", key)
    asked = _asked(before, values)
    keeps = books.options.put_omits == "keeps"
    cleared = ("vendorCredits", _LINES) if keeps else tuple(SHAPE)
    kept = {name: value for name, value in books.copy("bills", key).items() if name not in cleared}
    put = values[_LINES]
    if keeps:
        own = {line["id"]: line for line in before[_LINES]}
        put = [lines.changed(own[line["id"]], line) if line.get("id") in own else line for line in put]
    given = lines.replaced(books, before[_LINES], put, _LINES, "lines", _currency(books, {**before, **values}))
    return _kept(books, {**kept, **values, _LINES: given, **asked}, before, "updated")


def archive(books: Books, key: str) -> Record:
    """Inactive, with its payment status untouched; again is no error. A bill that is paid or is to be stays."""
    bill = books.get("bills", key)
    if bill["archived"]:
        return bill
    if bill["paidAmount"] or bill["scheduledAmount"]:
        raise invalid_entity(books, "A bill with payments or credits cannot be archived.", key)
    return books.put("bills", {**bill, "archived": True, "recordStatus": "INACTIVE"}, "archived")


def restore(books: Books, key: str) -> Record:
    """Active again; again is no error. A number that another bill took in the meantime is refused."""
    bill = books.get("bills", key)
    if not bill["archived"]:
        return bill
    _check_number(books, bill)
    return books.put("bills", {**bill, "archived": False, "recordStatus": "ACTIVE"}, "restored")


def view(books: Books, bill: Record, *, vendor_name: bool = True) -> Record:
    """As the API answers: `vendorName` in lists and by id only, spellings as the options say."""
    made = dict(bill)
    if vendor_name:
        made["vendorName"] = books.tables["vendors"][bill["vendorId"]]["name"]
    if not books.options.record_status:
        del made["recordStatus"]
    if "approvers" in made and books.options.approver_order == "decimal":
        made["approvers"] = [
            {**each, "approverOrder": Decimal(each["approverOrder"]) + _NOISE} for each in made["approvers"]
        ]
    if made["paymentStatus"] == "PARTIALLY_PAID":
        made["paymentStatus"] = books.options.partially_paid
    return made


def _currency(books: Books, bill: Record) -> str:
    vendor = books.tables["vendors"].get(bill["vendorId"])
    return str(vendor["billCurrency"]) if vendor else ""


def _kept(books: Books, bill: Record, before: Record | None, what: str) -> Record:
    if before is not None and bill["vendorId"] != before["vendorId"]:
        vendor_in_use(books, bill["vendorId"])
    if before is not None:
        approvals.rematch(books, bill, before, books.tables["vendors"][bill["vendorId"]])
    check_classifications(books, set_only(bill), before)
    _check_number(books, bill)
    credited = [*(before or {}).get("vendorCredits", ()), *bill.get("vendorCredits", ())]
    made = with_amounts(books, bill)
    books.put("bills", made, what)
    _check_amounts(books, made)
    _check_credits(books, made, before)
    settle(books, (), [each["id"] for each in credited])
    return books.get("bills", made["id"])


def _asked(before: Record, values: dict[str, Any]) -> Record:
    """Once billApprovals was true it must be so on every later PATCH and PUT (bill section 3.2)."""
    asked = values.pop("billApprovals", None)
    if before.get(_ASKED) and not asked:
        raise invalid(["billApprovals: must be true"])
    return {_ASKED: True} if asked else {}


def _check_number(books: Books, bill: Record) -> None:
    number = bill["invoice"]["invoiceNumber"]
    if len(number) > _NUMBER_LENGTH:
        reason = f"invoiceNumber: Maximum length cannot be greater than {_NUMBER_LENGTH} characters."
        raise invalid_entity(books, reason)
    if books.options.duplicate_invoice_numbers == "allow" or bill["recordStatus"] == "DRAFT":
        return
    anywhere = books.options.invoice_number_scope == "organization"
    for other in books.named("bills", "invoice.invoiceNumber", number):
        same = anywhere or other["vendorId"] == bill["vendorId"]
        if same and other["id"] != bill["id"] and not other["archived"]:
            raise against_rule("BDC_1171", f"Duplicate invoice number: {number}.", other["id"])


def _check_amounts(books: Books, bill: Record) -> None:
    if bill["amount"] < 0:
        raise invalid_entity(books, "amount: A bill cannot be negative.", bill["id"])
    if bill["amount"] < bill["paidAmount"] + bill["scheduledAmount"]:
        raise invalid_entity(books, "amount: More than this is paid or scheduled.", bill["id"])


def _check_credits(books: Books, bill: Record, before: Record | None) -> None:
    """Credits that a bill names are the vendor's, and have so much left."""
    held = {each["id"]: each["amount"] for each in (before or {}).get("vendorCredits", ())}
    for each in bill.get("vendorCredits", ()):
        check_credit(books, bill["vendorId"], each["id"], each["amount"], held.get(each["id"], Decimal(0)))


def check_credit(books: Books, vendor: str, key: str, amount: Decimal, held: Decimal) -> None:
    """Refusal unless a credit of the vendor has `amount` left, `held` of it already applied there."""
    credit = books.tables["vendor_credits"].get(key)
    if credit is None or credit["vendorId"] != vendor or credit["archived"]:
        raise unknown_reference(books, "vendorCredits", key)
    if not 0 < amount <= credit["amount"] - credit["appliedAmount"] + held:
        raise invalid_entity(books, "vendorCredits: The credit has been applied already.", key)
