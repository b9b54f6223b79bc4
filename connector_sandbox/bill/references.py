"""What one record may say of another: vendors and classifications must exist and be in use (bill section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import Refusal, against_rule
from connector_sandbox.bill.shapes import Field

BILL_CLASSIFICATIONS = ("chartOfAccountId", "accountingClassId", "departmentId", "locationId", "itemId")
LINE_CLASSIFICATIONS = (*BILL_CLASSIFICATIONS, "employeeId", "jobId", "customerId")
_ENTITIES = {
    "chartOfAccountId": "chart_of_accounts",
    "payFromChartOfAccountId": "chart_of_accounts",
    "applyToChartOfAccountId": "chart_of_accounts",
    "accountingClassId": "accounting_classes",
    "departmentId": "departments",
    "locationId": "locations",
    "itemId": "items",
    "employeeId": "employees",
    "jobId": "jobs",
    "customerId": "customers",
    "paymentTermId": "payment_terms",
    "applyToBankAccountId": "bank_accounts",
}


def classifications(*names: str) -> Field:
    """The object of ids that a document or a line is put under."""
    return Field("object", shape={name: Field("text") for name in names})


def invalid_entity(books: Books, reason: str, record: str | None = None) -> Refusal:
    """BDC_1143 "Invalid entity data. <field>: <why>" (bill section 3.2)."""
    status = books.options.invalid_entity_status
    return against_rule("BDC_1143", f"Invalid entity data. {reason}", record, status=status)


def unknown_reference(books: Books, field: str, key: str) -> Refusal:
    """An id inside a body that leads nowhere."""
    if books.options.unknown_reference == "BDC_1205":
        return books.missing()
    return against_rule("BDC_1119", f"Invalid value for field {field}: {key}.")


def vendor_in_use(books: Books, key: str) -> Record:
    """The vendor of a new document; Refusal when there is none, or an archived one."""
    vendor = books.tables["vendors"].get(key)
    if vendor is None:
        raise unknown_reference(books, "vendorId", key)
    if vendor["archived"]:
        raise invalid_entity(books, "vendorId: The vendor is inactive.", key)
    return vendor


def check_classifications(books: Books, record: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    """Refusal for an id that leads nowhere, or to something archived that the record did not refer to before."""
    known = set(_references(before)) if before else set()
    for field, key in _references(record):
        target = books.tables[_ENTITIES[field]].get(key)
        if target is None:
            raise unknown_reference(books, field, key)
        refuses = books.options.archived_references == "refuse"
        if refuses and target.get("archived") and (field, key) not in known:
            raise invalid_entity(books, f"{field}: {target.get('name', key)} is inactive.", key)


def _references(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
        return
    if not isinstance(value, Mapping):
        return
    for name, each in value.items():
        if name in _ENTITIES:
            yield name, each
        elif isinstance(each, Mapping | list):
            yield from _references(each)
