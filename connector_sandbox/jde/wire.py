"""Rows as AIS writes them: padded text, YYYYMMDD dates, exact numbers (jde-ais sections 3.1 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.jde.catalogue import LABELS
from connector_sandbox.jde.dates import DatePattern
from connector_sandbox.jde.tables import Column, Kind, Row, Table, Value

# Decimals are written digit by digit as JSON numbers; no float takes part.
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)

# What stands for an empty date, one after the other (section 8, 1).
_EMPTY_DATES: tuple[str | None, ...] = (None, "", " ")
# Types of VERSION1 cells.
_DATATYPES = {Kind.TEXT: 2, Kind.RIGHT: 2, Kind.WHOLE: 9, Kind.DECIMAL: 9, Kind.DATE: 11}


class _DayTexts(dict[Value, str]):
    """date -> YYYYMMDD, each made once."""

    def __missing__(self, value: Value) -> str:
        assert isinstance(value, date)
        text = self[value] = f"{value.year:04d}{value.month:02d}{value.day:02d}"
        return text


_days = _DayTexts()


def encode(answer: Any) -> bytes:
    """An answer as JSON."""
    return _encoder.encode(answer)


def decode(body: bytes) -> Any:
    """A request's JSON, numbers with a fraction as Decimal; msgspec.DecodeError when it is none."""
    return _decoder.decode(body)


def cell(column: Column, value: Value) -> Any:
    """One value on its own."""
    return _cells(column, [[value]], 0, 0)[0]


def _cells(column: Column, rows: Sequence[Sequence[Value]], position: int, turn: int) -> list[Any]:
    if column.kind is Kind.TEXT:
        # Padded, or one blank when empty (section 8, 5).
        size = column.size
        return [str(row[position]).ljust(size) if row[position] else " " for row in rows]
    if column.kind is Kind.RIGHT:
        return [row[position] or " " for row in rows]
    if column.kind is Kind.DATE:
        return [
            _days[row[position]] if row[position] else _EMPTY_DATES[(turn + number) % 3]
            for number, row in enumerate(rows)
        ]
    return [row[position] for row in rows]


def rowset(table: Table, columns: Sequence[Column], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of a GRID_DATA answer."""
    keys = [table.name_of(column, "_") for column in columns]
    cells = (_cells(column, rows, column.position, turn) for turn, column in enumerate(columns))
    return [dict(zip(keys, values, strict=True)) for values in zip(*cells, strict=True)]


def labels(table: Table, columns: Sequence[Column]) -> dict[str, str]:
    """What `columns` or `titles` of a grid holds."""
    return {table.name_of(column, "_"): LABELS.get(column.alias, column.alias) for column in columns}


def version1_rowset(
    table: Table, columns: Sequence[Column], rows: Sequence[Row], pattern: DatePattern
) -> list[dict[str, Any]]:
    """The rows of a VERSION1 answer: an object per cell, its `value` formatted for the user."""
    return [
        {
            "rowIndex": number,
            "MOExist": False,
            **{
                table.name_of(column, "_"): _version1_cell(table, column, row[column.position], pattern)
                for column in columns
            },
        }
        for number, row in enumerate(rows)
    ]


def _places(column: Column, value: Decimal | int) -> int:
    """The decimals that a number is shown with: an amount with cents, unless it has thousandths (F0013.CDEC)."""
    is_amount = (column.size, column.decimals) == (15, 3)
    return 2 if is_amount and value == round(value, 2) else column.decimals


def _version1_cell(table: Table, column: Column, value: Value, pattern: DatePattern) -> dict[str, Any]:
    shown: Any = cell(column, value)
    if isinstance(value, date):
        shown = pattern.format(value)
    elif isinstance(value, Decimal):
        shown = f"{value:,.{_places(column, value)}f}"
    elif isinstance(value, int):
        shown = str(value)
    made = {
        "id": table.name_of(column, "_"),
        "internalValue": cell(column, value),
        "value": shown,
        "title": LABELS.get(column.alias, column.alias),
        "datatype": _DATATYPES[column.kind],
        "editable": False,
        "visible": True,
        "bsvw": True,
    }
    if isinstance(value, int | Decimal):
        made["mathValue"] = {"value": value, "decimals": _places(column, value), "currencyCode": ""}
    return made
