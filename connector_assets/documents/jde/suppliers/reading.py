"""Suppliers of JD Edwards: F0401 with its address book record, address, phone and e-mail (jde-ais section 3.6).

A change of an address, phone or e-mail does not touch F0401 or F0101. All five tables are therefore read by their own
day of change. Whichever of them changed, the whole supplier is read by its address number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from connector_assets.documents.jde.keys import Row, by, latest, number_of, supplier_key, text
from connector_assets.engine.context import Reader
from connector_assets.engine.flow import Assembly

TABLES = ("F0401", "F0101", "F0116", "F0115", "F01151")

# what a mapped supplier row holds, beside the columns that every mapped row has
COLUMNS = {
    "number": "int",
    "alph": "str?",
    "search_type": "str?",
    "payable": "bool",
    "first_of_name": "int",
    "namesakes": "str",
    "tax_id": "encrypted?",
    "tax_code": "str?",
    "term": "str?",
    "supplier_currency": "str?",
    "street1": "str?",
    "street2": "str?",
    "street3": "str?",
    "street4": "str?",
    "city": "str?",
    "state": "str?",
    "postal_code": "str?",
    "country": "str?",
    "email": "str?",
    "phone_area": "str?",
    "phone_number": "str?",
}


def changed_suppliers(rows: Sequence[Row]) -> dict[str, date | None]:
    """The suppliers that rows of any of the five tables touch. AN8 is the address number in all of them."""
    days: dict[str, date | None] = {}
    for row in rows:
        key = supplier_key(row["AN8"])
        days[key] = latest(days, key, row)
    return days


def all_suppliers(reader: Reader, today: date) -> dict[str, date | None]:
    """Every supplier master record.

    One whose address was entered ahead of its effective date has no day: nothing in JDE changes on the day on which it
    comes into force, so that only a look at all keys finds it.
    """
    days: dict[str, date | None] = {}
    for rows in reader.all_rows("F0401", ["AN8", "UPMJ"]):
        days |= changed_suppliers(rows)
    for rows in reader.all_rows("F0116", ["AN8", "EFTB", "UPMJ"]):
        for row in rows:
            key, begins, entered = supplier_key(row["AN8"]), row.get("EFTB"), row.get("UPMJ")
            if key in days and begins and entered and entered < begins <= today:
                days[key] = None
    return days


def assemble_suppliers(
    reader: Reader, keys: Mapping[str, date | None], payable_types: Collection[str], today: date
) -> Assembly:
    """One row per supplier master record among `keys`; address numbers without one are no suppliers.

    `payable` says whether the search type (F0101.AT1) is one of `payable_types` and the payables flag (ATP) is not N;
    `first_of_name` is the lowest payable address number that bears the same name and `namesakes` are the other ones,
    found in the source, so that they do not depend on what is in hand.
    """
    numbers = [(number_of(key),) for key in keys]
    masters = reader.complete("F0401", ["AN8"], numbers)
    found = [(master["AN8"],) for master in masters]
    names = {row["AN8"]: row for row in reader.complete("F0101", ["AN8"], found)}
    addresses = by(reader.complete("F0116", ["AN8"], found), "AN8")
    phones = by(reader.complete("F0115", ["AN8"], found), "AN8")
    mails = by(reader.complete("F01151", ["AN8"], found), "AN8")
    called = {name for book in names.values() if (name := text(book.get("ALPH")))}
    bearers = bearers_of(reader, "ALPH", called, payable_types)
    assembly = Assembly(rows=len(masters), rows_in_documents=len(masters))
    for master in masters:
        an8 = master["AN8"]
        book = names.get(an8, {})
        name = text(book.get("ALPH"))
        assembly.documents.append(
            {
                "key": supplier_key(an8),
                "day": keys.get(supplier_key(an8)),
                "ignored": None,
                "amount": None,
                "currency": None,
                "number": an8,
                "alph": name,
                "search_type": text(book.get("AT1")),
                "payable": _payable(book, payable_types),
                "namesakes": " ".join(str(other) for other in bearers.get(name or "", []) if other != an8),
                "first_of_name": bearers.get(name or "", [an8])[0],
                "tax_id": text(book.get("TAX")),
                "tax_code": text(book.get("TAXC")),
                "term": text(master.get("TRAP")),
                "supplier_currency": text(master.get("CRRP")),
                **_address(addresses.get(an8, []), today),
                "email": _email(mails.get(an8, [])),
                **_phone(phones.get(an8, [])),
            }
        )
    return assembly


def bearers_of(
    reader: Reader, column: str, values: Collection[str], payable_types: Collection[str]
) -> dict[str, list[int]]:
    """Value of a column of F0101 (ALPH name, TAX tax number) -> the payable suppliers that bear it, lowest first."""
    books = reader.complete("F0101", [column], [(value,) for value in values])
    payable = [row for row in books if _payable(row, payable_types)]
    masters = {row["AN8"] for row in reader.complete("F0401", ["AN8"], [(row["AN8"],) for row in payable])}
    found: dict[str, list[int]] = {}
    for row in sorted(payable, key=lambda each: int(each["AN8"])):
        value = text(row[column])
        if value and row["AN8"] in masters:
            found.setdefault(value, []).append(row["AN8"])
    return found


def joined(*parts: str | None) -> str | None:
    """The parts of a phone number in one text."""
    return " ".join(part for part in parts if part) or None


def _payable(book: Row, payable_types: Collection[str]) -> bool:
    return text(book.get("AT1")) in payable_types and text(book.get("ATP")) != "N"


def _address(rows: Sequence[Row], today: date) -> dict[str, Any]:
    """The address in force: of several by effective date (EFTB), the latest that has begun."""
    begun = [row for row in rows if row.get("EFTB") is None or row["EFTB"] <= today]
    row = max(begun, key=lambda each: each.get("EFTB") or date.min, default={})
    streets = [line for line in (text(row.get(f"ADD{n}")) for n in range(1, 5)) if line]
    return {
        **{f"street{n}": streets[n - 1] if n <= len(streets) else None for n in range(1, 5)},
        "city": text(row.get("CTY1")),
        "state": text(row.get("ADDS")),
        "postal_code": text(row.get("ADDZ")),
        "country": text(row.get("CTR")),
    }


def _email(rows: Sequence[Row]) -> str | None:
    """The company's own (IDLN 0) first electronic address of type E (mail)."""
    own = [row for row in rows if row.get("IDLN") == 0 and text(row.get("ETP")) in ("E", None)]
    return next((mail for row in sorted(own, key=lambda each: each["RCK7"]) if (mail := text(row.get("EMAL")))), None)


def _phone(rows: Sequence[Row]) -> dict[str, str | None]:
    """The company's own (IDLN 0) first phone that is not a fax."""
    own = [row for row in rows if row.get("IDLN") == 0 and text(row.get("PHTP")) != "FAX"]
    row: Row = min(own, key=lambda each: (each.get("CNLN") or 0, each["RCK7"]), default={})
    return {"phone_area": text(row.get("AR1")), "phone_number": text(row.get("PH1"))}
