"""The control verb `rows` with an `act`: what BILL's own users and staff do.

{"system": "bill", "act": "approve_bill", "id": "00n..."}. A record is named by `id`, or by `where`, whose paths may
have dots: {"where": {"invoice.invoiceNumber": "A-1"}}. Each answers with `id` and what became of it.

enter_bill (`body` as the API takes it, `approve`, `draft`), finish_draft, edit_bill (`set` as PATCH takes it),
archive_bill, restore_bill, approve_bill, deny_bill; enter_vendor (`body`), edit_vendor (`set`), rename_vendor (`name`),
archive_vendor, restore_vendor, add_bank_account (`body`), delete_bank_account (of a vendor); archive_account,
restore_account (`entity`: chart_of_accounts unless another family is named), edit_account (`entity`, `set`);
enter_credit (`body`), edit_credit (`set`), archive_credit, apply_credit (the
credit, `bill`: {"id" or "where"}, `amount`);
schedule_bill and pay_bill (`bills`: a list of {"id" or "where", "amount", "credits": [{"id" or "where", "amount"}]},
`date`, `transaction_number`, `description`, `single_status`, `disbursement_type`): one payment; all that is left of a
bill unless an `amount` is given, credits inside it; pay_bill brings it to CLEARED. A single bill may be named by the
act's own `id` or `where`. record_payment (`body` as the API takes it);
move_payment (`single_status`, `status` where another one goes with it, `check`), cancel_payment,
void_payment (`type`, `reason`): at once. forget_calls: the counts of GET /calls begin again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.bill import approvals, bills, classifications, payments, vendor_credits, vendors
from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.content import one
from connector_sandbox.bill.errors import Refusal
from connector_sandbox.bill.sessions import CLERK
from connector_sandbox.bill.shapes import Shape, taken
from connector_sandbox.kernel.system import BadCommandError

_TOLD = (
    "status", "singleStatus", "paymentStatus", "approvalStatus", "recordStatus", "archived", "amount", "dueAmount",
)  # fmt: skip


class _Named(msgspec.Struct, forbid_unknown_fields=True):
    id: str | None = None
    where: dict[str, Any] = {}
    amount: Decimal | None = None
    credits: list[_Named] = []


class _Act(msgspec.Struct, forbid_unknown_fields=True):
    """One act; which of the rest it takes is said above."""

    act: str
    id: str | None = None
    where: dict[str, Any] = {}
    body: dict[str, Any] = {}
    change: dict[str, Any] = msgspec.field(name="set", default={})
    approve: bool = False
    draft: bool = False
    name: str = ""
    entity: str = "chart_of_accounts"
    bill: _Named | None = None
    bills: list[_Named] = []
    amount: Decimal | None = None
    credits: list[_Named] = []
    date: str | None = None
    description: str | None = None
    transaction_number: str | None = None
    disbursement_type: str | None = None
    single_status: str | None = None
    status: str | None = None
    check: str | None = None
    type: str = "VOID_ONLY"
    reason: str | None = None


def carry_out(books: Books, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do it. BadCommandError, in one line, when it cannot be done."""
    name = str(command["act"])
    if name not in _ACTS:
        raise BadCommandError(f"bill has no act {name!r}: there are {', '.join(_ACTS)}, forget_calls")
    books.actor = CLERK.id
    try:
        act = msgspec.convert(dict(command), _Act, strict=False)
        with books.whole():
            record = _ACTS[name](books, act)
            # What the act led to may have moved the record on.
            told = {field: record[field] for field in _TOLD if field in record}
    except (Refusal, msgspec.ValidationError) as error:
        raise BadCommandError(f"bill {name}: {error}") from None
    answer: dict[str, Any] = {"id": record["id"], **told}
    if "billPayments" in record:
        answer["billPayments"] = [part["id"] for part in record["billPayments"]]
    if "_reissue" in record:
        answer["reissue"] = record["_reissue"]
    return answer


def _enter_bill(books: Books, act: _Act) -> Record:
    bill = bills.create(books, _body(bills.SHAPE, act.body, "Bill"), draft=act.draft)
    return approvals.decide(books, bill["id"], "APPROVE") if act.approve else bill


def _finish_draft(books: Books, act: _Act) -> Record:
    """A draft becomes a bill that is there: no restore (bill section 8, trap 7)."""
    bill = books.copy("bills", one(books, "bills", _which(act)))
    if bill["recordStatus"] != "DRAFT":
        raise BadCommandError(f"bill {bill['id']} is no draft but {bill['recordStatus']}")
    return books.put("bills", {**bill, "archived": False, "recordStatus": "ACTIVE"}, "updated")


def _edit_bill(books: Books, act: _Act) -> Record:
    key = one(books, "bills", _which(act))
    asked = {"billApprovals": True} if "_billApprovals" in books.get("bills", key) else {}
    return bills.change(books, key, {**_body(bills.SHAPE, act.change, "Bill", partial=True), **asked})


def _decide(action: str) -> Callable[[Books, _Act], Record]:
    return lambda books, act: approvals.decide(books, one(books, "bills", _which(act)), action)


def _enter_vendor(books: Books, act: _Act) -> Record:
    return vendors.create(books, _body(vendors.SHAPE, act.body, "Vendor"))


def _edit_vendor(books: Books, act: _Act) -> Record:
    values = _body(vendors.SHAPE, {"name": act.name} if act.name else act.change, "Vendor", partial=True)
    return vendors.update(books, one(books, "vendors", _which(act)), values)


def _add_bank_account(books: Books, act: _Act) -> Record:
    """Of a vendor; its old one, if any, goes first."""
    key = one(books, "vendors", _which(act))
    if books.get("vendors", key)["bankAccountStatus"] != "NO_ACCOUNT":
        vendors.delete_bank_account(books, key)
    vendors.add_bank_account(books, key, _body(vendors.BANK_ACCOUNT, act.body, "VendorBankAccount"))
    return books.get("vendors", key)


def _delete_bank_account(books: Books, act: _Act) -> Record:
    key = one(books, "vendors", _which(act))
    vendors.delete_bank_account(books, key)
    return books.get("vendors", key)


def _moved(entity: str, move: Callable[[Books, str], Record]) -> Callable[[Books, _Act], Record]:
    return lambda books, act: move(books, one(books, entity, _which(act)))


def _account(name: str) -> Callable[[Books, _Act], Record]:
    def do(books: Books, act: _Act) -> Record:
        family = classifications.FAMILIES.get(act.entity)
        if family is None:
            raise BadCommandError(f"{act.entity!r} is none of {', '.join(classifications.FAMILIES)}")
        key = one(books, act.entity, _which(act))
        if name == "edit":
            values = _body(family.shape, act.change, act.entity, partial=True)
            return classifications.update(books, family, key, values)
        move = classifications.archive if name == "archive" else classifications.restore
        return move(books, family, key)

    return do


def _enter_credit(books: Books, act: _Act) -> Record:
    return vendor_credits.create(books, _body(vendor_credits.SHAPE, act.body, "VendorCredit"))


def _edit_credit(books: Books, act: _Act) -> Record:
    values = _body(vendor_credits.SHAPE, act.change, "VendorCredit", partial=True)
    return vendor_credits.update(books, one(books, "vendor_credits", _which(act)), values)


def _apply_credit(books: Books, act: _Act) -> Record:
    """Without a payment. All that is left of the credit, or of the bill, unless `amount` says how much."""
    credit = books.get("vendor_credits", one(books, "vendor_credits", _which(act)))
    if act.bill is None:
        raise BadCommandError('apply_credit takes the bill: {"id": ...} or {"where": {...}}')
    bill = books.get("bills", one(books, "bills", _which(act.bill)))
    left = min(credit["amount"] - credit["appliedAmount"], _left(bill))
    entry = {"id": credit["id"], "amount": left if act.amount is None else act.amount}
    applied = [*bill.get("vendorCredits", ()), entry]
    asked = {"billApprovals": True} if "_billApprovals" in bill else {}
    bills.change(books, bill["id"], {"vendorCredits": applied, **asked})
    return books.get("vendor_credits", credit["id"])


def _schedule(books: Books, act: _Act) -> Record:
    return _paid(books, act, act.single_status or "SCHEDULED")


def _pay(books: Books, act: _Act) -> Record:
    return _paid(books, act, act.single_status or "CLEARED")


def _paid(books: Books, act: _Act, single_status: str) -> Record:
    _check_word(single_status, payments.SINGLE_STATUSES)
    named = act.bills or [_Named(act.id, act.where, act.amount, act.credits)]
    parts = [_part(books, each) for each in named]
    vendor = books.get("bills", parts[0]["billId"])["vendorId"]
    payments.check_parts(books, vendor, parts)
    given = {
        "description": act.description,
        "transactionNumber": act.transaction_number,
        "disbursementType": act.disbursement_type,
    }
    extra: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    account = next(iter(books.tables["bank_accounts"]))
    extra["fundingAccount"] = {"type": "BANK_ACCOUNT", "id": account}
    day = act.date or books.today().isoformat()
    return payments.make(books, vendor, parts, day, single_status, extra)


def _part(books: Books, named: _Named) -> dict[str, Any]:
    bill = books.get("bills", one(books, "bills", _which(named)))
    amount = _left(bill) if named.amount is None else named.amount
    part: dict[str, Any] = {"billId": bill["id"], "amount": amount}
    credits = []
    for each in named.credits:
        credit = books.get("vendor_credits", one(books, "vendor_credits", _which(each)))
        left = credit["amount"] - credit["appliedAmount"]
        credits.append({"id": credit["id"], "amount": min(left, amount) if each.amount is None else each.amount})
    return {**part, "vendorCredits": credits} if credits else part


def _record_payment(books: Books, act: _Act) -> Record:
    return payments.record_outside(books, _body(payments.RECORD, act.body, "RecordPayment"))


def _move_payment(books: Books, act: _Act) -> Record:
    key = one(books, "payments", _which(act))
    payment = books.get("payments", key)
    single = act.single_status or payment["singleStatus"]
    _check_word(single, payments.SINGLE_STATUSES)
    if act.status is not None:
        _check_word(act.status, payments.STATUSES)
    return payments.move(books, key, single, status=act.status, check_number=act.check)


def _void_payment(books: Books, act: _Act) -> Record:
    _check_word(act.type, payments.VOID_TYPES)
    key = one(books, "payments", _which(act))
    record = payments.void(books, key, act.type, act.reason)
    if record["status"] == "VOID":
        return record
    voided, *reissued = payments.finish_void(books, key)
    return {**voided, "_reissue": reissued[0]["id"]} if reissued else voided


_ACTS: Mapping[str, Callable[[Books, _Act], Record]] = {
    "enter_bill": _enter_bill,
    "finish_draft": _finish_draft,
    "edit_bill": _edit_bill,
    "archive_bill": _moved("bills", bills.archive),
    "restore_bill": _moved("bills", bills.restore),
    "approve_bill": _decide("APPROVE"),
    "deny_bill": _decide("DENY"),
    "enter_vendor": _enter_vendor,
    "edit_vendor": _edit_vendor,
    "rename_vendor": _edit_vendor,
    "archive_vendor": _moved("vendors", vendors.archive),
    "restore_vendor": _moved("vendors", vendors.restore),
    "add_bank_account": _add_bank_account,
    "delete_bank_account": _delete_bank_account,
    "archive_account": _account("archive"),
    "restore_account": _account("restore"),
    "edit_account": _account("edit"),
    "enter_credit": _enter_credit,
    "edit_credit": _edit_credit,
    "archive_credit": _moved("vendor_credits", vendor_credits.archive),
    "apply_credit": _apply_credit,
    "schedule_bill": _schedule,
    "pay_bill": _pay,
    "record_payment": _record_payment,
    "move_payment": _move_payment,
    "cancel_payment": _moved("payments", payments.cancel),
    "void_payment": _void_payment,
}


def _body(shape: Shape, body: Mapping[str, Any], name: str, *, partial: bool = False) -> dict[str, Any]:
    return taken(shape, deepcopy(dict(body)), name, partial=partial)


def _which(named: _Named | _Act) -> dict[str, Any]:
    return {"id": named.id, "where": named.where}


def _left(bill: Record) -> Decimal:
    left: Decimal = bill["amount"] - bill["paidAmount"] - bill["scheduledAmount"]
    return left


def _check_word(given: str, known: Mapping[str, Any] | tuple[str, ...]) -> None:
    if given not in known:
        raise BadCommandError(f"{given!r} is none of {', '.join(known)}")
