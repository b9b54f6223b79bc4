"""Business views: one table's rows, or those of several joined, under the tables' own columns (jde-ais section 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

import msgspec

from connector_sandbox.jde.catalogue import TABLES
from connector_sandbox.jde.store import TableData
from connector_sandbox.jde.tables import Column, Row, Table, Value

Visible = Callable[[TableData], Sequence[Row]]


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One view: its tables, the first one leading, and for each further one the columns that it is joined by."""

    tables: list[str]
    joins: list[list[tuple[str, str]]] = []
    """For each further table: pairs of a column so far (`F0411.AN8`) and one of its own (`F0101.AN8`)."""

    def check(self) -> None:
        """ValueError for tables or columns that do not exist."""
        if not self.tables or len(self.joins) != len(self.tables) - 1:
            raise ValueError("a view has one table at least, and a join for each further one")
        for name in self.tables:
            if name not in TABLES:
                raise ValueError(f"there is no table {name}")
        for pair in (pair for join in self.joins for pair in join):
            for shown in pair:
                table, _, alias = shown.partition(".")
                if table not in self.tables:
                    raise ValueError(f"{shown} is of no table of the view")
                TABLES[table].column(alias)


DELIVERED: dict[str, View] = {"V4311A": View(["F4311"])}
"""Views that every site has here: of which columns the vendor's consist is not established, so that these have all."""


class ViewRows(TableData):
    """The rows of a view as they were when the question came."""

    def __init__(self, table: Table, rows: Sequence[Row]) -> None:
        super().__init__(table, lambda entity, key, record: None)
        self.rows = {(number,): row for number, row in enumerate(rows)}

    def holds(self, row: Row) -> bool:
        """What the view held it holds: it is no more than an answer."""
        return True


def open_view(name: str, view: View, database: Mapping[str, TableData], visible: Visible) -> ViewRows:
    """The view's rows; `visible` gives the rows of a table that the user may see. Only what matches is joined."""
    places = count()
    columns = [
        replace(column, position=next(places), source=table)
        for table in view.tables
        for column in TABLES[table].columns
    ]
    table = Table(name, f"View of {', '.join(view.tables)}", tuple(columns), (), ())
    rows = [list(row) for row in visible(database[view.tables[0]])]
    for further, join in zip(view.tables[1:], view.joins, strict=True):
        rows = _joined(rows, table.by_name, visible(database[further]), database[further].table, join)
    return ViewRows(table, rows)


def _joined(
    rows: Sequence[Row],
    columns: Mapping[str, Column],
    others: Sequence[Row],
    other: Table,
    join: Sequence[tuple[str, str]],
) -> list[Row]:
    left = [columns[name].position for name, _ in join]
    right = [other.column(name.partition(".")[2]).position for _, name in join]
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in others:
        found.setdefault(tuple(row[position] for position in right), []).append(row)
    return [[*row, *match] for row in rows for match in found.get(tuple(row[position] for position in left), ())]
