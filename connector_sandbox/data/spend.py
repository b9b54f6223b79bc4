"""Spend files: the published form of an accounts-payable ledger, one line per G/L distribution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from connector_sandbox.jde.catalogue import TABLES

from .cells import bad_cell, check_width, day, header, money, records, whole
from .world import UnusableData

COLUMNS = (
    "Body Name",
    "Organisational Unit",
    "Business Unit No.",
    "Business Unit Description",
    "Expense Code",
    "Expense Code Description",
    "GL Date",
    "Document No.",
    "Invoice No.",
    "Invoiced Value",
    "Supplier Name",
    "Address Book No.",
    "Proclass Details Level 1",
    "Thomson Classification Description",
)
"""The headings of a spend file, in any order."""


class SpendLine(NamedTuple):
    """One line: the columns that have a JD Edwards item."""

    file: str
    unit: str
    unit_name: str
    objekt: str
    object_name: str
    posted: date
    document: int
    invoice: str
    amount: Decimal
    supplier_name: str
    supplier: int


def _size(table: str, alias: str) -> int:
    return TABLES[table].by_alias[alias].size


def _identity(size: int) -> Callable[[str], str]:
    """A reader of text that is part of a key: neither blank nor longer than its item."""

    def read(text: str) -> str:
        if not text:
            raise ValueError("blank")
        if len(text) > size:
            raise ValueError(f"longer than {size} characters")
        return text

    return read


def _number(text: str) -> int:
    number = whole(text)
    if not 0 < number < 10**8:
        raise ValueError("not a number of one to eight digits")
    return number


_unit = _identity(_size("F0006", "MCU"))
_object = _identity(_size("F0901", "OBJ"))
_ALPH, _DL01, _VINV = _size("F0101", "ALPH"), _size("F0901", "DL01"), _size("F0411", "VINV")


class SpendReader:
    """Reads spend files. Values repeat a lot (units, days, names), so each distinct text is read once."""

    def __init__(self) -> None:
        self.cut: set[str] = set()
        """Names and invoice numbers longer than JD Edwards holds: they are cut, as on entry there."""
        self._days: dict[str, date] = {}

    def lines(self, path: Path) -> Iterator[SpendLine]:
        """The lines of a file; UnusableData names the file and the column or line that is wrong."""
        rows = records(path)
        names = header(path, rows)
        _check_headings(path, names)
        places = [names.index(name) for name in COLUMNS]
        (_, _, unit, unit_name, objekt, object_name, posted, document, invoice, amount, name, supplier, _, _) = places
        file, width, days = path.name, len(names), self._days
        for line, cells in rows:
            if len(cells) != width:
                check_width(path, line, cells, names)
            try:
                day_text = cells[posted]
                yield SpendLine(
                    file,
                    _unit(cells[unit].strip()),
                    self._fitted(cells[unit_name], _DL01),
                    _object(cells[objekt].strip()),
                    self._fitted(cells[object_name], _DL01),
                    days.get(day_text) or days.setdefault(day_text, day(day_text.strip())),
                    _number(cells[document].strip()),
                    self._fitted(cells[invoice], _VINV),
                    money(cells[amount].strip()),
                    self._fitted(cells[name], _ALPH),
                    _number(cells[supplier].strip()),
                )
            except ValueError:
                raise _first_problem(path, line, dict(zip(names, cells, strict=True))) from None

    def _fitted(self, text: str, size: int) -> str:
        text = text.strip()
        if len(text) <= size:
            return text
        self.cut.add(text)
        return text[:size].rstrip()


_READERS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("Business Unit No.", _unit),
    ("Expense Code", _object),
    ("GL Date", day),
    ("Document No.", _number),
    ("Invoiced Value", money),
    ("Address Book No.", _number),
)


def _first_problem(path: Path, line: int, texts: dict[str, str]) -> UnusableData:
    for column, read in _READERS:
        try:
            read(texts[column].strip())
        except ValueError as why:
            return bad_cell(path, line, column, texts[column], why)
    raise AssertionError("a line was refused, and each of its cells is right")


def _check_headings(path: Path, names: list[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            raise UnusableData(f"{path.name}: line 1: column {name!r} is not one of a spend file")
    for name in COLUMNS:
        if name not in names:
            raise UnusableData(f"{path.name}: line 1: column {name!r} is missing")
