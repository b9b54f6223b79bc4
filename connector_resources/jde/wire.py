"""GRID_DATA answers into typed rows, and aggregation answers into values (jde-ais sections 3.1 and 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any

from connector_resources.errors import NotAllowed
from connector_resources.jde.errors import UnreadableAnswer
from connector_resources.jde.keys import id_of_row
from connector_resources.jde.shapes import Column, Kind, Table
from connector_resources.unreadable import Unreadable, id_by_content, type_name
from connector_resources.values import AMOUNT_DIGITS, decimal_of, text_of

Row = dict[str, Any]
Decoder = Callable[[Any], Any]

_BAD_CELL = (ValueError, TypeError, InvalidOperation)
_OF_ITS_COLUMN = ("MIN", "MAX", "SUM")
_CENT = Decimal("0.01")
_MOST = 2**63 - 1
_EXPECTED = {
    Kind.TEXT: "a text",
    Kind.WHOLE: "a whole number",
    Kind.TIME: "a whole number",
    Kind.NUMBER: "a number",
    Kind.MONEY: "an amount",
    Kind.DAY: "a date of the form YYYYMMDD",
}
_DIGITS_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")


def text(value: Any) -> str:
    """Trimmed on both sides: text comes padded, right-justified, or as one blank. Nothing and blank are
    the same."""
    if type(value) is str and value.isascii() and "\0" not in value:
        return value.strip()
    return (text_of(value) or "").strip()


def whole(value: Any) -> int | None:
    """An int; None where the cell is empty."""
    if type(value) is int and abs(value) <= _MOST:
        return value
    number = _number(value)
    if number is None:
        return None
    if number.copy_abs() > _MOST or number != number.to_integral_value():
        raise ValueError("not a whole number")
    return int(number)


def number(value: Any) -> Decimal | None:
    """A Decimal, digit by digit as it came; None where the cell is empty."""
    return _number(value)


def money(value: Any) -> Decimal | None:
    """A Decimal with at least two places, nothing ever rounded; None where the cell is empty."""
    amount = _number(value)
    if amount is None:
        return None
    if amount.same_quantum(_CENT):
        return amount
    exponent = amount.as_tuple().exponent
    return amount.quantize(_CENT) if isinstance(exponent, int) and exponent > -2 else amount


@lru_cache(maxsize=4096)  # a table holds few distinct days, each many times
def day(value: Any) -> date | None:
    """YYYYMMDD as a date; null, `""` and `" "` are no date."""
    if value is None:
        return None
    written = str(value).strip()
    if not written or not written.strip("0"):
        return None
    found = _DIGITS_DAY.fullmatch(written)
    if found is None:
        raise ValueError("not a date of the form YYYYMMDD")
    return date(int(found[1]), int(found[2]), int(found[3]))


def as_it_came(value: Any) -> Any:
    """A column that is not described: text trimmed, anything else untouched."""
    return value.strip() if type(value) is str else value


_DECODERS: Mapping[Kind, Decoder] = {
    Kind.TEXT: text,
    Kind.WHOLE: whole,
    Kind.TIME: whole,
    Kind.NUMBER: number,
    Kind.MONEY: money,
    Kind.DAY: day,
}


def decoder(column: Column | None) -> Decoder:
    """How a column's cells are read."""
    return _DECODERS[column.kind] if column else as_it_came


def cell_decoder(column: Column | None) -> Decoder:
    """How a column's cells are read where they land: what does not fit its column there cannot be read; of a column
    that nothing of ours uses, what cannot be read is as if the cell were empty."""
    decode = decoder(column)
    if column is None:
        return decode
    if column.kind in (Kind.MONEY, Kind.NUMBER):
        decode = partial(_fitting, decode, column.size)
    return partial(_if_readable, decode) if column.unused else decode


def _fitting(decode: Decoder, places: int, value: Any) -> Decimal | None:
    amount: Decimal | None = decode(value)
    if not amount:
        return amount
    if amount.adjusted() >= AMOUNT_DIGITS:
        raise ValueError("not a number that its column can hold")
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= places:
        return amount
    rounded = round(amount, places)
    if rounded != amount:
        raise ValueError("not a number that its column can hold")
    return rounded


def _if_readable(decode: Decoder, value: Any) -> Any:
    try:
        return decode(value)
    except _BAD_CELL:
        return decode(None)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: typed rows, the same rows as they came, whether there is more, and where."""

    rows: list[Row]
    raw: Sequence[Mapping[str, Any]]
    more: bool
    link: str | None
    # rows that cannot be read although their place in the sort is known: they are among `rows`, known by identity
    broken: Mapping[int, Unreadable] = field(default_factory=dict)
    # rows whose place in the sort cannot be read: they are not among `rows`
    lost: Sequence[Unreadable] = ()


class PageReader:
    """Reads the pages of one browse of `table` with the aliases that were asked for; it is sorted by `order`."""

    def __init__(
        self, *, connection: str, name: str, table: Table | None, columns: Sequence[str], order: Sequence[str] = ()
    ) -> None:
        self._connection = connection
        self._name = name
        self._table = table
        self._order = frozenset(order)
        self._cells = [
            (alias, f"{name}_{alias}", cell_decoder(table.column(alias) if table else None)) for alias in columns
        ]

    def page(self, body: Any) -> Page:
        """Decode an answer. Raises NotAllowed when data security took a column away that was asked for."""
        try:
            form = body[f"fs_DATABROWSE_{self._name}"]
            grid = form["data"]["gridData"]
            rowset: list[Any] = grid["rowset"]
            if not isinstance(rowset, list):
                raise TypeError
            more = _flag(grid.get("summary", {}).get("moreRecords"))
        except (KeyError, TypeError, AttributeError):
            raise self._unreadable("its answer is not of the GRID_DATA form") from None
        self._check_columns(grid.get("columns") or {}, rowset)
        link = next_link(body) or next_link(form)
        try:
            rows = [{alias: decode(raw[key]) for alias, key, decode in self._cells} for raw in rowset]
        except (KeyError, *_BAD_CELL):
            return self._row_by_row(rowset, more, link)
        return Page(rows, rowset, more, link)

    def _row_by_row(self, rowset: Sequence[Any], more: bool, link: str | None) -> Page:
        """A page with rows that cannot be read."""
        rows: list[Row] = []
        raws: list[Mapping[str, Any]] = []
        broken: dict[int, Unreadable] = {}
        lost: list[Unreadable] = []
        for raw in rowset:
            row, bad = self._row(raw)
            if bad and not (isinstance(raw, Mapping) and self._order.isdisjoint(bad)):
                lost.append(self._unreadable_row(raw, row, bad))
                continue
            rows.append(row)
            raws.append(raw)
            if bad:
                broken[id(row)] = self._unreadable_row(raw, row, bad)
        return Page(rows, raws, more, link, broken, lost)

    def _row(self, raw: Any) -> tuple[Row, list[str]]:
        """The cells that can be read, None for the others, and the aliases of those."""
        row: Row = {}
        bad: list[str] = []
        for alias, key, decode in self._cells:
            try:
                row[alias] = decode(raw[key])
            except (KeyError, *_BAD_CELL):
                row[alias] = None
                bad.append(alias)
        return row, bad

    def _unreadable_row(self, raw: Any, row: Row, bad: Sequence[str]) -> Unreadable:
        key = self._table.key if self._table else ()
        # a key of blanks alone tells no row from another
        known = any(row.get(alias) for alias in key) and not any(alias in bad or alias not in row for alias in key)
        is_row = isinstance(raw, Mapping)
        column = self._table.column(bad[0]) if self._table and is_row else None
        return Unreadable(
            self._connection,
            self._name,
            id_of_row(row, key) if known else id_by_content(raw),
            field=bad[0] if is_row else "",
            type=type_name(raw.get(f"{self._name}_{bad[0]}") if is_row else raw),
            expected=_EXPECTED[column.kind] if column else "a row",
            day=row.get("UPMJ") if "UPMJ" not in bad else None,
        )

    def _check_columns(self, columns: Mapping[str, Any], rowset: Sequence[Any]) -> None:
        first = next((raw for raw in rowset if isinstance(raw, Mapping)), {})
        present: set[str] = set(columns) or set(first)
        missing = [alias for alias, key, _ in self._cells if key not in present] if present else []
        if missing:
            names = ", ".join(missing)
            raise NotAllowed(
                f"read {self._name}: {self._connection} does not show the column{'s' * (len(missing) > 1)} {names}",
                fix=f"give the JD Edwards user access to {names} of {self._name} (column or data security),"
                " or leave it out where the site's release has no such column",
                connection=self._connection,
            )

    def _unreadable(self, reason: str) -> UnreadableAnswer:
        return UnreadableAnswer(f"read {self._name} from {self._connection}: {reason}", connection=self._connection)


def columns_shown(body: Any, name: str) -> frozenset[str] | None:
    """The aliases of the columns in the answer to a browse that named none; None where it is not of the GRID_DATA form,
    or shows neither columns nor rows."""
    try:
        grid = body[f"fs_DATABROWSE_{name}"]["data"]["gridData"]
        keys = {*(grid.get("columns") or {}), *(key for raw in grid["rowset"][:1] for key in raw)}
    except (KeyError, TypeError, AttributeError):
        return None
    prefix = f"{name}_"
    return frozenset(key.removeprefix(prefix) for key in keys if key.startswith(prefix)) or None


def next_link(body: Any) -> str | None:
    """The `href` of `links[rel=next]`; it holds a token, so never print it."""
    links = body.get("links") if isinstance(body, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            return str(link["href"])
    return None


def count_of(body: Any, name: str) -> int | None:
    """The number in a COUNT answer. Its shape is inferred in the sheet: variants with a count inside are
    accepted."""
    found = body.get(f"ds_{name}", body) if isinstance(body, dict) else body
    return _first_count(found)


def _first_count(found: Any) -> int | None:
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    if isinstance(found, Decimal) and found == found.to_integral_value():
        return int(found)
    if isinstance(found, str) and found.strip().isdecimal():
        return int(found)
    if isinstance(found, list) and len(found) == 1:
        return _first_count(found[0])
    if isinstance(found, dict):
        for key, value in found.items():
            if key.lower() == "count" or key.lower().endswith("_count") or key == "output":
                return _first_count(value)
    return None


def aggregation_rows(body: Any, name: str) -> list[Row] | None:
    """The elements of an AGGREGATION answer keyed `ALIAS` (groups) and `ALIAS_MAX` and the like; None if
    unreadable.

    Keys come dotted or with underscores (`F0411.UPMJ_MAX`, `F0411_UPMJ_MAX`); values are as they came.
    """
    output = body.get(f"ds_{name}") if isinstance(body, dict) else None
    if isinstance(output, dict):
        output = output.get("output")
    if isinstance(output, dict):
        output = [output]
    if not isinstance(output, list) or not all(isinstance(element, dict) for element in output):
        return None
    rows = []
    for element in output:
        if element.get("error"):
            return None
        groups = element.get("groupBy")
        cells = {**element, **(groups if isinstance(groups, dict) else {})}
        rows.append({_alias(key, name): value for key, value in cells.items() if key != "groupBy"})
    return rows


def aggregated(
    body: Any,
    name: str,
    table: Table | None,
    aggregations: Sequence[tuple[str, str]],
    group_by: Sequence[str],
) -> list[Row]:
    """The typed rows of an AGGREGATION answer; raises ValueError or ArithmeticError where it cannot be
    read."""
    rows = aggregation_rows(body, name)
    if rows is None:
        raise ValueError("its answer is not of a known form")
    cells = [(alias, alias, decoder(table.column(alias) if table else None)) for alias in group_by]
    for function, alias in aggregations:
        column = decoder(table.column(alias) if table else None)
        # A maximum over nothing comes as null, "" or " ", and "no day" is 0 in the database.
        decode = whole if function.startswith("COUNT") else column if function in _OF_ITS_COLUMN else number
        cells.append((f"{alias}_{function}", function, decode))
    try:
        # A count may come without its column's name.
        return [{key: decode(row[key] if key in row else row[other]) for key, other, decode in cells} for row in rows]
    except KeyError as missing:
        raise ValueError(f"its answer lacks {missing}") from None


def _alias(key: str, name: str) -> str:
    for prefix in (f"{name}.", f"{name}_"):
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key


def _number(value: Any) -> Decimal | None:
    return decimal_of(value)


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
