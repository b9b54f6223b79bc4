"""What a table is: columns with their data-dictionary class and length, and a primary key.

A value lives in memory in one canonical form per class: text trimmed on the right, business units
right-justified in
their length, numbers as int or Decimal, dates as `date` or None (an empty JDE date).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache

Value = str | int | Decimal | date | None
Row = list[Value]


class Kind(Enum):
    """The class of a data-dictionary item."""

    TEXT = "S"
    RIGHT = "R"  # text that JDE right-justifies: business units, UDC codes
    WHOLE = "N"
    DECIMAL = "P"
    DATE = "D"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its alias without the table's prefix, its class, length and decimals."""

    alias: str
    kind: Kind
    size: int
    decimals: int
    position: int
    source: str = ""
    """In a view: the table that it is from."""

    @property
    def is_text(self) -> bool:
        return self.kind in (Kind.TEXT, Kind.RIGHT)

    @property
    def spec(self) -> str:
        """The column as `parse_columns` reads it."""
        return f"{self.alias}:{self.kind.value}{self.size}" + (f".{self.decimals}" if self.decimals else "")

    @property
    def empty(self) -> Value:
        """What an unset value of this class holds."""
        if self.is_text:
            return ""
        if self.kind is Kind.WHOLE:
            return 0
        return Decimal("0.0") if self.kind is Kind.DECIMAL else None


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, primary key and the columns that deserve an index in memory."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexed: tuple[str, ...]
    by_alias: Mapping[str, Column] = field(init=False)
    by_name: Mapping[str, Column] = field(init=False)
    """`F0411.DOC` -> its column."""
    key_positions: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        # In a view the leading table's columns come first.
        by_alias = {column.alias: column for column in reversed(self.columns)}
        object.__setattr__(self, "by_alias", by_alias)
        object.__setattr__(self, "by_name", {self.name_of(column): column for column in self.columns})
        object.__setattr__(self, "key_positions", tuple(by_alias[alias].position for alias in self.key))

    def name_of(self, column: Column, mark: str = ".") -> str:
        """`F0411.DOC`, or with `_` the key of a cell in an answer: the table's own name, in a view the base table's."""
        return f"{column.source or self.name}{mark}{column.alias}"

    def without(self, aliases: Mapping[str, Collection[str]]) -> Table:
        """The same without columns that a site lacks (table -> aliases)."""
        if not aliases:
            return self
        kept = tuple(
            column for column in self.columns if column.alias not in aliases.get(column.source or self.name, ())
        )
        return self if len(kept) == len(self.columns) else replace(self, columns=kept)

    @property
    def time_alias(self) -> str | None:
        """The time column beside UPMJ: UPMT, or TDAY in the order tables."""
        return next((alias for alias in ("UPMT", "TDAY") if alias in self.by_alias), None)

    def column(self, alias: str) -> Column:
        """The column of that alias; ValueError names both when there is none."""
        try:
            return self.by_alias[alias]
        except KeyError:
            raise ValueError(f"{self.name} has no column {alias}") from None

    def key_of(self, row: Row) -> tuple[Value, ...]:
        return tuple(row[position] for position in self.key_positions)


_SPEC = re.compile(r"^(?P<alias>[A-Z][A-Z0-9]*):(?P<kind>[SRNPD])(?P<size>\d*)(?:\.(?P<decimals>\d+))?$")
_RANGE = re.compile(r"^(?P<stem>[A-Z]+)(?P<first>\d+)\.\.(?P<last>\d+)(?P<rest>:.*)$")


def parse_columns(spec: str) -> tuple[Column, ...]:
    """Columns from a blank-separated list such as `KCO:S5 DOC:N8 AG:P15.2 UPMJ:D AC01..30:S3`."""
    columns = []
    for position, word in enumerate(_expanded(spec.split())):
        match = _SPEC.match(word)
        if match is None:
            raise ValueError(f"not a column: {word!r}")
        columns.append(
            Column(
                alias=match["alias"],
                kind=Kind(match["kind"]),
                size=int(match["size"] or 8),
                decimals=int(match["decimals"] or 0),
                position=position,
            )
        )
    return tuple(columns)


def _expanded(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        match = _RANGE.match(word)
        if match is None:
            yield word
            continue
        width = len(match["first"])
        for number in range(int(match["first"]), int(match["last"]) + 1):
            yield f"{match['stem']}{number:0{width}d}{match['rest']}"


def canonical(column: Column, value: object) -> Value:
    """`value` (a python value, an ISO date or a number as text) in the form that rows hold.

    Raises ValueError, naming the column, for what the column cannot hold: a wrong type, too long a text,
    too many decimals.
    """
    try:
        if column.is_text:
            return _text(column, value)
        if column.kind is Kind.DATE:
            return _date(value)
        return _number(column, value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise ValueError(f"{column.alias}: {value!r} does not fit: {error}") from None


def _text(column: Column, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("text expected")
    if column.kind is Kind.RIGHT:
        text = value.strip()
        if len(text) > column.size:
            raise ValueError(f"longer than {column.size}")
        return text.rjust(column.size) if text else ""
    text = value.rstrip()
    if len(text) > column.size:
        raise ValueError(f"longer than {column.size}")
    return text


def _date(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        raise TypeError("a date, not an instant, expected")
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return date.fromisoformat(value.strip())
    raise TypeError("ISO date expected")


def _number(column: Column, value: object) -> int | Decimal:
    if value is None or value == "":
        value = 0
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise TypeError("an exact number expected")
    number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    if not number.is_finite() or abs(number) >= 10**column.size:
        raise ValueError(f"more than {column.size} digits")
    if column.kind is Kind.WHOLE:
        if number != number.to_integral_value():
            raise ValueError("whole number expected")
        return int(number)
    return wire_decimal(number, column.decimals)


@lru_cache(maxsize=100_000)
def wire_decimal(number: Decimal, decimals: int) -> Decimal:
    """The number as AIS writes it, with at least one decimal: 1250.5, 7324.0 (jde-ais section 3.1)."""
    if number != round(number, decimals):
        raise ValueError(f"more than {decimals} decimals")
    normal = number.normalize()
    exponent = normal.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0:
        normal = normal.quantize(Decimal("0.1"))
    return normal if normal else Decimal("0.0")
