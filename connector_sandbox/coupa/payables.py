"""What an external payable requires, and its payee (coupa section 3.5.2)."""

from __future__ import annotations

from connector_sandbox.coupa.errors import no_such_reference
from connector_sandbox.coupa.instance import Change, Instance


def check_payable(instance: Instance, change: Change) -> None:
    """Its payee by whichever attribute the instance takes, its reference and its type."""
    record, options = change.record, instance.options
    record["currency-id"] = record["currency"]
    _find_payee(instance, change)
    types = options.payable_document_types
    if types and record["document-type"] not in types and not change.privileged:
        change.messages.append(f"Document type must be one of {', '.join(types)}.")
    if options.unique_payable_references and change.alters("source-name", "source-reference"):
        table = instance.tables["external_payables"]
        same = table.find(("source-reference",), (record["source-reference"],)) - {record["id"]}
        if any(table.rows[n]["source-name"] == record["source-name"] for n in same):
            change.messages.append("Source reference has already been taken")


def _find_payee(instance: Instance, change: Change) -> None:
    record = change.record
    detail = record["payable-detail"] or {}
    given = {
        "payable-detail.supplier-id": detail.get("supplier-id"),
        "payable-detail.supplier": detail.get("supplier"),
        "payee": record["payee"] if "payee" in change.sent else None,
    }
    named = {way: number for way, number in given.items() if number is not None}
    sent = {"payable-detail", "payee"} & change.sent.keys()
    if not change.privileged and sent:
        allowed = instance.options.payable_payees
        change.messages += [f"{way} is not an attribute of a payable." for way in named if way not in allowed]
    for number in named.values():
        if number not in instance.tables["suppliers"].rows:
            change.messages.append(no_such_reference("Supplier", "supplier", {"id": number}, ("id",)))
        record["payee"] = number
    if record["payee"] is None and instance.options.payable_payee_required and not change.privileged:
        change.messages.append("Payee can't be blank")
