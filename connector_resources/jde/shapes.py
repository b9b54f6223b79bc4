"""What is known of a JD Edwards table: its columns, their kinds, its key and its audit clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import pyarrow as pa

from connector_resources.encrypted import encrypted_field


class Kind(Enum):
    """What a column holds, and which Python type a row of ours has for it."""

    TEXT = "text"  # str, trimmed on both sides
    WHOLE = "whole"  # int
    MONEY = "money"  # Decimal, at least two places
    NUMBER = "number"  # Decimal, as it came
    DAY = "day"  # datetime.date, or None
    TIME = "time"  # int HHMMSS without leading zeros: 93005 is 09:30:05


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `size` is a text's length or a number's decimals."""

    alias: str
    kind: Kind
    meaning: str
    size: int = 0
    right_justified: bool = False
    one_of_many: bool = False  # a category code or the like, read only when asked for by name
    encrypted: bool = False  # a tax or bank number: encrypted in a landing file
    optional: bool = False  # not in every release: read only where a first look shows it
    unused: bool = False  # landed for people; no flow uses it, so that what it holds stops no row

    @property
    def arrow(self) -> pa.DataType:
        """The type of the column in a landing file."""
        if self.kind is Kind.TEXT:
            return pa.string()
        if self.kind is Kind.DAY:
            return pa.date32()
        if self.kind in (Kind.WHOLE, Kind.TIME):
            return pa.int64()
        return pa.decimal128(28, self.size)


@dataclass(frozen=True)
class Table:
    """One table: `key` is its primary key, `clock` the alias of its audit time (None without audit
    columns)."""

    name: str
    meaning: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    clock: str | None

    @cached_property
    def usual(self) -> tuple[str, ...]:
        """The aliases read when none are named: all but the category codes, and what not every release has."""
        return tuple(alias for alias, column in self.columns.items() if not (column.one_of_many or column.optional))

    def column(self, alias: str) -> Column | None:
        """What is known of a column; None for a site's own."""
        return self.columns.get(alias)

    def schema(self, columns: tuple[str, ...] | None = None) -> pa.Schema:
        """The Arrow schema of these columns, of the usual ones by default; a site's own column is a
        string."""
        fields = []
        for alias in columns or self.usual:
            column = self.columns.get(alias)
            kind = column.arrow if column else pa.string()
            meaning = {"meaning": column.meaning if column else ""}
            hidden = column is not None and column.encrypted
            fields.append(encrypted_field(alias, meaning) if hidden else pa.field(alias, kind, metadata=meaning))
        return pa.schema(fields, metadata={"table": self.name, "meaning": self.meaning})


# JPY has no decimals and KWD three (F0013.CDEC): money is kept with three places so that none is cut off.
_MONEY_PLACES = 3
_LINE = re.compile(r"(\S+)\s+([~?]?)([re]?str|num)?(\d+|whole|money|day|time)\s+(.+)")
_RANGE = re.compile(r"([A-Z]+?)(\d+)\.\.\1(\d+)")


def columns_of(text: str) -> dict[str, Column]:
    """Columns from lines of the form `ALIAS KIND MEANING`: KIND is str20, rstr12 (right-justified), estr20 (encrypted
    where it lands), num3, whole, money, day or time, with `~` before it where no flow uses the column, `?` where not
    every release has it; `AC01..AC30` describes thirty.
    """
    columns: dict[str, Column] = {}
    for line in filter(str.strip, text.splitlines()):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"a column reads ALIAS KIND MEANING, this does not: {line!r}")
        names, mark, family, size, meaning = found.groups()
        span = _RANGE.fullmatch(names)
        if span is None:
            columns[names] = _column(names, family, size, meaning, unused=mark == "~", optional=mark == "?")
        else:
            stem, first, last = span.groups()
            for number in range(int(first), int(last) + 1):
                alias = f"{stem}{number:0{len(first)}d}"
                columns[alias] = _column(alias, family, size, meaning, unused=mark == "~", one_of_many=True)
    return columns


def _column(alias: str, family: str | None, size: str, meaning: str, **marks: bool) -> Column:
    if family in ("str", "rstr", "estr"):
        justified, encrypted = family == "rstr", family == "estr"
        return Column(alias, Kind.TEXT, meaning, int(size), right_justified=justified, encrypted=encrypted, **marks)
    if family == "num":
        return Column(alias, Kind.NUMBER, meaning, int(size), **marks)
    kind = Kind(size)
    return Column(alias, kind, meaning, _MONEY_PLACES if kind is Kind.MONEY else 0, **marks)
