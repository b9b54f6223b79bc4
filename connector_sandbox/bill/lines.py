"""Lines of bills and of vendor credits: what they take, and how PATCH and PUT change them (bill section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.errors import invalid
from connector_sandbox.bill.references import LINE_CLASSIFICATIONS, classifications, invalid_entity
from connector_sandbox.bill.shapes import Field, in_units, merged, set_only

BILL_LINE = {
    "id": Field("text"),
    "amount": Field("money"),
    "quantity": Field("number"),
    "price": Field("number"),
    "description": Field("text", max=4000),
    "classifications": classifications(*LINE_CLASSIFICATIONS),
}
CREDIT_LINE = {name: BILL_LINE[name] for name in ("id", "amount", "description", "classifications")}


def new(books: Books, given: Sequence[Record], field: str, of: str, currency: str = "") -> list[Record]:
    """Lines of a new document, each with an id of its own; `currency` is the vendor's; lines of
    credits have no price."""
    return _numbered(books, [_priced({**set_only(line), "id": ""}, currency) for line in given], field, of)


def replaced(
    books: Books, before: Sequence[Record], given: Sequence[Record], field: str, of: str, currency: str = ""
) -> list[Record]:
    """PUT: a line without id is new, one that is left out is removed."""
    _known(books, before, given, field)
    return _numbered(
        books, [_priced({**set_only(line), "id": line.get("id") or ""}, currency) for line in given], field, of
    )


def patched(
    books: Books, before: Sequence[Record], given: Sequence[Record], field: str, of: str, currency: str = ""
) -> list[Record]:
    """PATCH: a line is changed by its id and keeps its place, one without id is added, no line is removed."""
    own = _known(books, before, given, field)
    changes = {line["id"]: line for line in given if line.get("id")}
    lines = [
        _priced(changed(own[key], changes[key]), currency) if key in changes else line for key, line in own.items()
    ]
    added = [_priced({**set_only(line), "id": ""}, currency) for line in given if not line.get("id")]
    return _numbered(books, [*lines, *added], field, of)


def changed(line: Record, change: Record) -> Record:
    """A quantity or a price without an amount makes the amount again."""
    made = merged(line, change)
    if change.get("amount") is None and (change.get("quantity") is not None or change.get("price") is not None):
        made.pop("amount", None)
    return made


def _known(books: Books, before: Sequence[Record], given: Sequence[Record], field: str) -> dict[str, Record]:
    own = {line["id"]: line for line in before}
    named = [line["id"] for line in given if line.get("id")]
    for key in named:
        if key not in own or named.count(key) > 1:
            raise invalid_entity(books, f"{field}: {key} is no line of it, or is named twice.", key)
    return own


def _priced(line: Record, currency: str) -> Record:
    """`amount` wins over quantity x price, in whole units of the currency; without either it stays unset."""
    if line.get("amount") is None and line.get("quantity") is not None and line.get("price") is not None:
        line["amount"] = in_units(Decimal(line["quantity"]) * Decimal(line["price"]), currency)
    return line


def _numbered(books: Books, lines: list[Record], field: str, of: str) -> list[Record]:
    missing = [f"{field}[{i}].amount: must not be null" for i, line in enumerate(lines) if line.get("amount") is None]
    if missing:
        raise invalid(missing)
    made: list[dict[str, Any]] = [{**line, "id": line["id"] or books.ids.draw(of)} for line in lines]
    return made
