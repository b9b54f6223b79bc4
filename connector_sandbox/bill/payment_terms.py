"""Payment terms (bill section 3.8): a name and a number of days, and nothing of discounts."""

from __future__ import annotations

from typing import Any

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import invalid
from connector_sandbox.bill.filters import COMMON
from connector_sandbox.bill.lists import Listing
from connector_sandbox.bill.references import invalid_entity
from connector_sandbox.bill.shapes import Field

NAME = "PaymentTerm"
_MOST_DAYS = 999
SHAPE = {"name": Field("text", required=True), "daysDue": Field("int", required=True)}
LISTING = Listing(
    {name: field for name, field in COMMON.items() if name != "archived"}, ("name", "createdTime", "updatedTime")
)
"""No table of it is published: what the other lists have."""


def create(books: Books, values: dict[str, Any]) -> Record:
    """A new one; a second one of as many days is refused."""
    return _kept(books, {**values, "id": books.ids.draw("payment_terms")}, "created")


def update(books: Books, key: str, values: dict[str, Any]) -> Record:
    """The fields that are named."""
    return _kept(books, {**books.copy("payment_terms", key), **values}, "updated")


def replace(books: Books, key: str, values: dict[str, Any]) -> Record:
    """Both fields."""
    return update(books, key, values)


def _kept(books: Books, term: Record, what: str) -> Record:
    if not 0 <= term["daysDue"] <= _MOST_DAYS:
        raise invalid([f"daysDue: must be between 0 and {_MOST_DAYS}"])
    for other in books.tables["payment_terms"].values():
        if other["id"] != term["id"] and other["daysDue"] == term["daysDue"]:
            raise invalid_entity(books, f"daysDue: {other['name']} has as many days.", other["id"])
    return books.put("payment_terms", term, what)
