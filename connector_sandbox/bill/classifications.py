"""The chart of accounts and the other classifications (bill section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector_sandbox.bill.books import Books, Record, value_of
from connector_sandbox.bill.filters import COMMON, Filterable, text
from connector_sandbox.bill.lists import Listing
from connector_sandbox.bill.references import check_classifications, invalid_entity, unknown_reference
from connector_sandbox.bill.shapes import Field, Shape, merged

BULK = 50
ACCOUNT_TYPES = (
    "UNSPECIFIED", "ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "BANK", "COST_OF_GOODS_SOLD", "CREDIT_CARD", "EQUITY",
    "EXPENSE", "FIXED_ASSET", "INCOME", "LONG_TERM_LIABILITY", "OTHER_ASSET", "OTHER_CURRENT_ASSET",
    "OTHER_CURRENT_LIABILITY", "OTHER_EXPENSE", "OTHER_INCOME", "NON_POSTING",
)  # fmt: skip
_NAMED = {
    "name": Field("text"),
    "shortName": Field("text"),
    "description": Field("text"),
    "parentId": Field("text"),
}
_REQUIRED_NAME = {**_NAMED, "name": Field("text", required=True)}


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of classification: its path, its key in bulk answers, and what it holds."""

    entity: str
    path: str
    key: str
    shape: Shape
    sorted_by_name: bool = True

    @property
    def listing(self) -> Listing:
        """What its list takes. The documented table could not be read in full: filters as one SDK has them."""
        filters = {**COMMON, "parentId": text("eq", "ne", "in")}
        if self.sorted_by_name:
            filters["name"] = Filterable("name", ("eq", "ne", "in", "sw"))
        if self.entity == "accounting_classes":
            filters["shortName"] = Filterable("name", ("eq", "sw"))
        names = ("name", "description") if self.sorted_by_name else ("firstName", "lastName")
        return Listing(filters, ("archived", *names, "createdTime", "updatedTime"))


FAMILIES: Mapping[str, Family] = {
    family.entity: family
    for family in (
        Family(
            "chart_of_accounts",
            "chart-of-accounts",
            "chartOfAccounts",
            {
                "name": Field("text", required=True),
                "description": Field("text"),
                "parentId": Field("text"),
                "account": Field(
                    "object", shape={"type": Field("enum", choices=ACCOUNT_TYPES), "number": Field("text")}
                ),
            },
        ),
        Family("departments", "departments", "departments", _REQUIRED_NAME),
        Family("locations", "locations", "locations", _NAMED),
        Family("jobs", "jobs", "jobs", _NAMED),
        Family("accounting_classes", "accounting-classes", "accountingClasses", _NAMED),
        Family(
            "items",
            "items",
            "items",
            {
                **_REQUIRED_NAME,
                "type": Field("text"),
                "price": Field("number"),
                "expenseChartOfAccountId": Field("text"),
                "purchaseDescription": Field("text"),
                "purchaseCost": Field("number"),
                "chartOfAccountId": Field("text"),
                "taxable": Field("bool"),
                "percentage": Field("number"),
            },
        ),
        Family(
            "employees",
            "employees",
            "employees",
            {
                "firstName": Field("text"),
                "lastName": Field("text"),
                "shortName": Field("text"),
                "parentId": Field("text"),
            },
            sorted_by_name=False,
        ),
    )
}


def create(books: Books, family: Family, values: dict[str, Any]) -> Record:
    """A new one; an account without a type is UNSPECIFIED."""
    record = {"id": books.ids.draw(family.entity), "archived": False, **values}
    if family.entity == "chart_of_accounts":
        record["account"] = {"type": "UNSPECIFIED", **(values.get("account") or {})}
    _check(books, family, record)
    return books.put(family.entity, record, "created")


def update(books: Books, family: Family, key: str, values: dict[str, Any]) -> Record:
    """PATCH: the fields that are named."""
    record = merged(books.copy(family.entity, key), values)
    _check(books, family, record)
    return books.put(family.entity, record, "updated")


def archive(books: Books, family: Family, key: str) -> Record:
    """Inactive; again is no error. What refers to it goes on doing so."""
    record = books.get(family.entity, key)
    return record if record["archived"] else books.put(family.entity, {**record, "archived": True}, "archived")


def restore(books: Books, family: Family, key: str) -> Record:
    """Active again; again is no error."""
    record = books.get(family.entity, key)
    if not record["archived"]:
        return record
    _check(books, family, {**record, "archived": False})
    return books.put(family.entity, {**record, "archived": False}, "restored")


def _check(books: Books, family: Family, record: Record) -> None:
    if record.get("parentId") is not None and record["parentId"] not in books.tables[family.entity]:
        raise unknown_reference(books, "parentId", record["parentId"])
    if family.entity == "items":
        check_classifications(books, record, books.tables["items"].get(record["id"]))
    if not books.options.unique_classifications or record["archived"]:
        return
    for field in ("name", "account.number"):
        value = value_of(record, field)
        for other in books.named(family.entity, field, value) if value else ():
            if other["id"] != record["id"] and not other["archived"]:
                raise invalid_entity(books, f"{field}: {value} is in use already.", other["id"])
