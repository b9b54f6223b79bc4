"""Reading CSV files so that whatever is wrong with one is said with its file, line and column."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from connector_sandbox.jde.tables import Column, Kind, Table, canonical

from .world import Row, UnusableData, Value

_WHOLE = re.compile(r"-?\d{1,15}")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_MONEY = re.compile(r"-?\d{1,13}(\.\d{1,2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV file, plain or gzip, UTF-8, as (line on which it ends, cells); empty lines are skipped.

    Raises UnusableData for a file that cannot be read, unpacked, decoded or parsed.
    """
    reader = None
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
    except UnicodeDecodeError as error:
        # Decoding is buffered, so the line is not known; the byte is what helps to find it.
        raise UnusableData(f"{path.name}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except csv.Error as error:
        line = reader.line_num if reader else 1
        raise UnusableData(f"{path.name}: line {line}: not a CSV record: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UnusableData(f"{path.name}: cannot be read: {error}") from None


def header(path: Path, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    """The headings of a file, trimmed. UnusableData for an empty file, or an empty or repeated heading."""
    _, cells = next(rows, (0, []))
    if not cells:
        raise UnusableData(f"{path.name}: the file is empty; a line of column headings was expected")
    names = [cell.strip() for cell in cells]
    for position, name in enumerate(names, start=1):
        if not name:
            raise UnusableData(f"{path.name}: line 1: column {position} has no heading")
        if names.index(name) != position - 1:
            raise UnusableData(f"{path.name}: line 1: column {name!r} appears twice")
    return names


def check_width(path: Path, line: int, cells: list[str], names: list[str]) -> None:
    """UnusableData unless a record has one cell for each heading."""
    if len(cells) != len(names):
        raise UnusableData(f"{path.name}: line {line}: {len(cells)} cells, {len(names)} columns")


def whole(text: str) -> int:
    """A whole number; ValueError otherwise."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def money(text: str) -> Decimal:
    """An amount in pounds and pence, without separators or currency sign; ValueError otherwise."""
    if not _MONEY.fullmatch(text):
        raise ValueError("not an amount with at most two decimals")
    return Decimal(text)


def day(text: str) -> date:
    """An ISO date, YYYY-MM-DD; ValueError otherwise."""
    if not _DATE.fullmatch(text):
        raise ValueError("not a date YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a day of the calendar") from None


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


_READERS: dict[Kind, Callable[[str], Value]] = {Kind.WHOLE: whole, Kind.DECIMAL: _number, Kind.DATE: day}


def cell(text: str, column: Column) -> Value:
    """A cell of a table file: trimmed text, or a number or date with None for blank.

    ValueError says what the column cannot hold: another kind of value, too many characters, digits or decimals.
    """
    text = text.strip()
    if column.is_text:
        if len(text) > column.size:
            raise ValueError(f"longer than the {column.size} characters of {column.alias}")
        return text
    if not text:
        return None
    value = _READERS[column.kind](text)
    try:
        canonical(column, value)
    except ValueError:
        raise ValueError(f"more than {column.alias} holds: {column.size} digits, {column.decimals} decimals") from None
    return value


def bad_cell(path: Path, line: int, column: str, text: str, why: ValueError) -> UnusableData:
    """The error for one cell: file, line, column, the start of the value, and what is wrong with it."""
    return UnusableData(f"{path.name}: line {line}: column {column!r}: {text[:40]!r} is {why}")


def table_rows(path: Path, table: Table) -> list[Row]:
    """The rows of a table file (headings are aliases), each with every column of the table.

    Columns that the file does not have are empty. UnusableData for an unknown column, a missing or blank key
    column, a bad number or date, or a key that appears twice.
    """
    lines = records(path)
    names = header(path, lines)
    for name in names:
        if name not in table.by_alias:
            raise UnusableData(f"{path.name}: column {name!r}: {table.name} has no such column")
    for name in table.key:
        if name not in names:
            raise UnusableData(f"{path.name}: column {name!r} is missing; it is part of the key of {table.name}")
    empty: Row = {column.alias: "" if column.is_text else None for column in table.columns}
    rows: list[Row] = []
    seen: dict[tuple[Value, ...], int] = {}
    for line, cells in lines:
        check_width(path, line, cells, names)
        row = _table_row(path, line, dict(zip(names, cells, strict=True)), table, empty)
        key = tuple(row[name] for name in table.key)
        if key in seen:
            shown = "/".join(str(part) for part in key)
            raise UnusableData(f"{path.name}: line {line}: the key {shown} is on line {seen[key]} already")
        seen[key] = line
        rows.append(row)
    return rows


# Key columns that JD Edwards itself leaves blank or 0 as a rule.
_BLANK_KEYS = frozenset({"EXTL", "SFXE", "SFXO", "IDLN", "CNLN"})


def _table_row(path: Path, line: int, texts: dict[str, str], table: Table, empty: Row) -> Row:
    row = dict(empty)
    for name, text in texts.items():
        try:
            row[name] = cell(text, table.by_alias[name])
        except ValueError as why:
            raise bad_cell(path, line, name, text, why) from None
    for name in table.key:
        if row[name] in ("", None) and name not in _BLANK_KEYS:
            raise UnusableData(f"{path.name}: line {line}: column {name!r} is blank; it is part of the key")
    return row
