"""The first content of the organisation, what it holds in sum, and rows that are changed behind the API's back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from operator import itemgetter
from typing import Any

from connector_sandbox.bill import approvals, bills, classifications, payment_terms, payments, vendor_credits, vendors
from connector_sandbox.bill.books import FAMILIES, Books, Record, value_of
from connector_sandbox.bill.errors import Refusal
from connector_sandbox.bill.figures import settle
from connector_sandbox.bill.sessions import CLERK, READER, SYNC
from connector_sandbox.bill.shapes import Field, merged, taken
from connector_sandbox.kernel.system import BadCommandError, World

_MADE_BY_API = (
    "vendors", "bills", "vendor_credits", "policies", "payment_terms", "customers", *classifications.FAMILIES,
)  # fmt: skip
_BILL_SUMS = {
    "totals": "amount",
    "due": "dueAmount",
    "paid": "paidAmount",
    "scheduled": "scheduledAmount",
    "credits": "creditAmount",
}
_BANK_ACCOUNT = {"bankName": "Sandbox Bank", "nameOnAccount": "Sandbox Organization", "default": True}


def load(books: Books, world: World) -> None:
    """Fill empty books: {"vendors": [body as the API takes it, ...]}. A body with an `id` keeps it.

    Without content there are the users, one bank account, and nothing else. BadCommandError names the record that
    cannot be held.
    """
    unknown = set(world) - set(_MADE_BY_API)
    if unknown:
        raise BadCommandError(f"bill has no entity {', '.join(sorted(unknown))}; it has {', '.join(_MADE_BY_API)}")
    books.actor = CLERK.id
    with books.whole():
        for user in (CLERK, SYNC, READER):
            books.put("users", {"id": user.id, "username": user.username, "archived": False}, "created")
        account = {"id": books.ids.draw("bank_accounts"), "archived": False, **_BANK_ACCOUNT}
        books.put("bank_accounts", account, "created")
    for entity in FAMILIES:
        for body in world.get(entity, ()):
            create(books, entity, body)


def rows(books: Books, command: Mapping[str, Any]) -> dict[str, Any]:
    """{"entity", "create": body as the API takes it}, or {"entity", "id" or "where", "set": {...} or "delete": true}.

    `set` changes any field of a record, read-only ones and dotted paths ("invoice.invoiceDate") included, without any
    check; amounts that follow from payments are brought up to date. null unsets.
    """
    entity = command.get("entity")
    if not isinstance(entity, str) or entity not in FAMILIES:
        raise BadCommandError(f"bill has no entity {entity!r}; it has {', '.join(FAMILIES)}")
    match command:
        case {"create": Mapping() as body}:
            return {"id": create(books, entity, body)["id"]}
        case {"set": Mapping() as values}:
            key = one(books, entity, command)
            with books.whole():
                books.put(entity, merged(books.copy(entity, key), _nested(values)), "updated")
                _settle(books, entity, key)
            return {"id": key}
        case {"delete": True}:
            key = one(books, entity, command)
            with books.whole():
                books.remove(entity, key)
            return {"id": key}
    raise BadCommandError('rows of bill take one of "create": {...}, "set": {...} and "delete": true')


def create(books: Books, entity: str, body: Mapping[str, Any]) -> Record:
    """A record as POST makes it, or with the `id` of the body. BadCommandError says why not."""
    if entity not in _MADE_BY_API:
        raise BadCommandError(f"{entity} of bill are not made by rows")
    try:
        with books.whole():
            made = _makers()[entity](books, deepcopy(dict(body)))
            if body.get("id") and body["id"] != made["id"]:
                books.remove(entity, made["id"])
                made = books.put(entity, {**made, "id": body["id"]}, "created")
    except Refusal as refusal:
        known = body.get("name") or body.get("invoice") or body.get("referenceNumber") or ""
        raise BadCommandError(f"bill {entity} {known}: {refusal}") from None
    return made


def one(books: Books, entity: str, command: Mapping[str, Any]) -> str:
    """The id of the record that is meant: by `id`, or by `where` ({"invoice.invoiceNumber": "A-1"})."""
    table = books.tables[entity]
    key = command.get("id")
    if isinstance(key, str) and key in table:
        return key
    where = command.get("where")
    if not isinstance(where, Mapping) or not where:
        raise BadCommandError(f"bill has no {entity} with id {key!r}")
    found = [row["id"] for row in table.values() if all(value_of(row, field) == v for field, v in where.items())]
    if len(found) != 1:
        raise BadCommandError(f"bill has {len(found)} {entity} where {dict(where)}")
    only: str = found[0]
    return only


def state(books: Books) -> dict[str, Any]:
    """Counts of all entities, and sums by currency of those that carry money.

    bills: `totals` (amount), `due`, `paid`, `scheduled`, `credits`, of those that are active, and `by_status` (payment
    status) and `by_approval`; vendor_credits: `totals`, `applied`, `by_status`; payments: `totals` (what they settle
    of bills, credits included), `cash`, `by_status` and `by_single_status`. `archived` counts what is so.
    """
    counts: dict[str, Any] = {}
    for entity, table in books.tables.items():
        archived = sum(1 for row in table.values() if row.get("archived"))
        counts[entity] = {"count": len(table), "archived": archived, "totals": {}}
    active = [bill for bill in books.tables["bills"].values() if not bill["archived"]]
    for name, field in _BILL_SUMS.items():
        counts["bills"][name] = _sums(books, active, itemgetter(field))
    counts["bills"] |= {
        "by_status": _grouped(books, active, "paymentStatus", itemgetter("amount")),
        "by_approval": _grouped(books, active, "approvalStatus", itemgetter("amount")),
    }
    credits = [credit for credit in books.tables["vendor_credits"].values() if not credit["archived"]]
    counts["vendor_credits"] |= {
        "totals": _sums(books, credits, itemgetter("amount")),
        "applied": _sums(books, credits, itemgetter("appliedAmount")),
        "by_status": _grouped(books, credits, "status", itemgetter("amount")),
    }
    paid = list(books.tables["payments"].values())
    counts["payments"] |= {
        "totals": _sums(books, paid, _gross),
        "cash": _sums(books, paid, lambda payment: _gross(payment) - _credited(payment)),
        "by_status": _grouped(books, paid, "status", _gross),
        "by_single_status": _grouped(books, paid, "singleStatus", _gross),
    }
    return counts


def _makers() -> dict[str, Callable[[Books, dict[str, Any]], Record]]:
    def document(module: Any) -> Callable[[Books, dict[str, Any]], Record]:
        return lambda books, body: module.create(books, taken(module.SHAPE, body, module.NAME))

    def classified(family: classifications.Family) -> Callable[[Books, dict[str, Any]], Record]:
        return lambda books, body: classifications.create(books, family, taken(family.shape, body, family.entity))

    return {
        "vendors": document(vendors),
        "bills": document(bills),
        "vendor_credits": document(vendor_credits),
        "payment_terms": document(payment_terms),
        "customers": _customer,
        "policies": lambda books, body: approvals.save_policy(books, taken(approvals.POLICY, body, "Policy"), None),
        **{entity: classified(family) for entity, family in classifications.FAMILIES.items()},
    }


def _customer(books: Books, body: dict[str, Any]) -> Record:
    """Customers belong to what BILL does with receivables; here they are only what lines refer to."""
    values = taken({"name": Field("text", required=True)}, body, "Customer")
    return books.put("customers", {**values, "id": books.ids.draw("customers"), "archived": False}, "created")


def _settle(books: Books, entity: str, key: str) -> None:
    record = books.get(entity, key)
    if entity == "payments":
        settle(books, [part["billId"] for part in record["billPayments"]], payments.credits_used(record))
    elif entity == "bills":
        settle(books, [key], [each["id"] for each in record.get("vendorCredits", ())])
    elif entity == "vendor_credits":
        settle(books, (), [key])


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """{"invoice.invoiceDate": d} as {"invoice": {"invoiceDate": d}}."""
    made: dict[str, Any] = {}
    for path, value in values.items():
        *above, last = path.split(".")
        place = made
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    return made


def _gross(payment: Record) -> Decimal:
    return sum((part["amount"] for part in payment["billPayments"]), Decimal(0))


def _credited(payment: Record) -> Decimal:
    parts: Iterable[Record] = payment["billPayments"]
    return sum((each["amount"] for part in parts for each in part.get("vendorCredits", ())), Decimal(0))


def _sums(books: Books, records: Sequence[Record], amount: Callable[[Record], Decimal]) -> dict[str, str]:
    totals: dict[str, Decimal] = defaultdict(lambda: Decimal("0.00"))
    for record in records:
        totals[books.tables["vendors"][record["vendorId"]]["billCurrency"]] += amount(record)
    return {currency: str(total) for currency, total in sorted(totals.items())}


def _grouped(
    books: Books, records: Sequence[Record], field: str, amount: Callable[[Record], Decimal]
) -> dict[str, Any]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record[field]].append(record)
    return {
        name: {"count": len(group), "totals": _sums(books, group, amount)} for name, group in sorted(groups.items())
    }
