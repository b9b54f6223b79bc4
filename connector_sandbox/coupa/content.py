"""The first content of an instance, what it holds in sum, and what its users do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from operator import itemgetter
from typing import Any

from connector_sandbox.coupa.countries import COUNTRIES
from connector_sandbox.coupa.errors import Refusal
from connector_sandbox.coupa.instance import ENTITIES, Instance
from connector_sandbox.coupa.orders import order_total
from connector_sandbox.coupa.references import NoSuchReferenceError
from connector_sandbox.coupa.schema import Record, hyphenated, with_places
from connector_sandbox.coupa.tables import VIEWS
from connector_sandbox.kernel.system import BadCommandError, World

_DEFAULTS: Mapping[str, list[dict[str, Any]]] = {
    "currencies": [{"code": code} for code in ("GBP", "USD", "EUR", "CAD", "AUD")],
    "users": [
        {"login": "integration", "email": "integration@coupa.example", "firstname": "Inte", "lastname": "Gration",
         "fullname": "Inte Gration"},
        {"login": "erp_receiver", "email": "erp_receiver@coupa.example", "firstname": "Erp", "lastname": "Receiver",
         "fullname": "Erp Receiver"},
        {"login": "ap.clerk", "email": "ap.clerk@coupa.example", "firstname": "Ap", "lastname": "Clerk",
         "fullname": "Ap Clerk"},
        {"login": "approver", "email": "approver@coupa.example", "firstname": "Ann", "lastname": "Prover",
         "fullname": "Ann Prover"},
    ],
    "uoms": [
        {"code": code, "name": name}
        for code, name in (("EA", "Each"), ("HR", "Hour"), ("KG", "Kilogram"), ("BX", "Box"), ("LS", "Lump sum"))
    ],
    "dispute_reasons": [
        {"code": code, "description": text}
        for code, text in (("PRICE", "Price differs"), ("QUANTITY", "Quantity differs"), ("OTHER", "Other"))
    ],
    "addresses": [
        {"name": "Main yard", "location-code": "M30", "street1": "30 Yard Road", "city": "Northmoor",
         "postal-code": "NM30 1AA", "country": {"code": "GB"}},
    ],
    "payment_terms": [
        {"code": f"Net {days}", "days-for-net-payment": days} for days in (0, 7, 10, 14, 28, 30, 60)
    ],
    "account_types": [
        {"name": "JDE", "currency": {"code": "GBP"},
         "segments": [{"name": "Business Unit"}, {"name": "Object"}, {"name": "Subsidiary", "required": False}]},
    ],
}  # fmt: skip
"""What an instance has where the content says nothing about it."""


def load(instance: Instance, world: World) -> None:
    """Fill an empty instance. BadCommandError names the entity and the record that cannot be held."""
    instance.custom_fields = _custom_fields(world.get("custom_fields") or {})
    unknown = set(world) - (set(ENTITIES) - VIEWS) - {"custom_fields"}
    if unknown:
        raise BadCommandError(f"coupa has no entity {', '.join(sorted(unknown))}; it has {', '.join(ENTITIES)}")
    for name in ENTITIES:
        if name == "countries":
            records: Iterable[Mapping[str, Any]] = ({"code": code, "name": label} for code, label in COUNTRIES)
        else:
            records = world.get(name) or _DEFAULTS.get(name) or ()
        for record in records:
            _create(instance, name, record)


def rows(instance: Instance, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a user does: {"entity", "create": {...}}, or {"entity", "id" or "where", "set": {...} or "delete": true}.

    Read-only fields can be set, for a user's action may move them: {"set": {"status": "approved"}}.
    """
    name = command.get("entity")
    if not isinstance(name, str) or name not in ENTITIES:
        raise BadCommandError(f"coupa has no entity {name!r}; it has {', '.join(ENTITIES)}")
    if name in VIEWS:
        raise BadCommandError(f"{name} of coupa are changed inside the document that they belong to")
    match command:
        case {"create": Mapping() as body}:
            return {"id": _create(instance, name, body)["id"]}
        case {"set": Mapping() as body}:
            number = one(instance, name, command)
            if instance.options.ui_edit_resets_exported and "exported" in ENTITIES[name].shape.fields:
                body = {"exported": False, **body}
            try:
                instance.update(name, number, body, privileged=True)
            except Refusal as refusal:
                raise BadCommandError(f"coupa {name} {number}: {refusal}") from None
            return {"id": number}
        case {"delete": True}:
            number = one(instance, name, command)
            instance.remove(name, number)
            return {"id": number}
    raise BadCommandError('rows of coupa take one of "create": {...}, "set": {...} and "delete": true')


def state(instance: Instance) -> dict[str, Any]:
    """Counts of all entities, and sums by currency of those that carry money."""
    counts: dict[str, Any] = {name: {"count": len(instance.tables[name].ids), "totals": {}} for name in ENTITIES}
    counts["purchase_orders"] |= _summed(instance, "purchase_orders", order_total)
    counts["invoices"] |= _summed(instance, "invoices", itemgetter("total-with-taxes"))
    counts["external_payables"] |= _summed(instance, "external_payables", itemgetter("payable-amount"))
    paid = itemgetter("pay-to-total")
    counts["coupa_pay_payments"] |= _summed(instance, "coupa_pay_payments", paid, "pay-to-currency")
    counts["suppliers"]["by_status"] = _counted(instance, "suppliers")
    counts["approvals"]["by_status"] = _counted(instance, "approvals")
    return counts


def _create(instance: Instance, name: str, body: Mapping[str, Any]) -> Record:
    try:
        return instance.create(name, body, privileged=True)
    except (Refusal, NoSuchReferenceError) as error:
        known = {key: body[key] for key in ("number", "code", "name", "id") if key in body}
        raise BadCommandError(f"coupa {name} {known}: {error}") from None


def one(instance: Instance, name: str, command: Mapping[str, Any]) -> int:
    table = instance.tables[name]
    number = command.get("id")
    if isinstance(number, int) and number in table.rows:
        return number
    where = command.get("where")
    if not isinstance(where, Mapping) or not where:
        raise BadCommandError(f"coupa has no {name} with id {number!r}")
    wanted = {hyphenated(key): value for key, value in where.items()}
    found = [row["id"] for row in table.rows.values() if all(row.get(key) == v for key, v in wanted.items())]
    if len(found) != 1:
        raise BadCommandError(f"coupa has {len(found)} {name} where {dict(where)}")
    only: int = found[0]
    return only


def _custom_fields(given: Any) -> dict[str, list[str]]:
    """{"invoices": ["jde-document"]}, or [{"entity": "invoices", "name": "jde-document"}]."""
    if isinstance(given, Mapping):
        return {str(entity): list(names) for entity, names in given.items()}
    fields: dict[str, list[str]] = defaultdict(list)
    for each in given:
        fields[each["entity"]].append(each["name"])
    return dict(fields)


def _summed(
    instance: Instance, name: str, amount: Callable[[Record], Decimal | None], currency: str = "currency"
) -> dict[str, Any]:
    currencies = instance.tables["currencies"].rows
    totals: dict[str, Decimal] = defaultdict(Decimal)
    statuses: dict[str, dict[str, Any]] = {}
    for row in instance.tables[name].rows.values():
        code = currencies[row[currency]]["code"] if row[currency] in currencies else ""
        value = amount(row) or Decimal(0)
        totals[code] += value
        status = statuses.setdefault(row["status"], {"count": 0, "totals": defaultdict(Decimal)})
        status["count"] += 1
        status["totals"][code] += value
    shown = {status: {"count": entry["count"], "totals": _shown(entry["totals"])} for status, entry in statuses.items()}
    return {"totals": _shown(totals), "by_status": shown}


def _shown(totals: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: format(with_places(total, 2), "f") for code, total in sorted(totals.items())}


def _counted(instance: Instance, name: str) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in instance.tables[name].rows.values():
        counts[row["status"]] += 1
    return dict(counts)
