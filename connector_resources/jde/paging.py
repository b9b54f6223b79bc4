"""Where a browse stands, and how it goes on from there when its next-page link has died (jde-ais section
4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector_resources.jde.query import Where, all_of, any_of, eq, ge, gt, le, lt, not_blank
from connector_resources.jde.shapes import Kind, Table
from connector_resources.jde.wire import Page, Row


@dataclass(frozen=True, slots=True)
class Order:
    """One column of the sort."""

    alias: str
    descending: bool = False

    @classmethod
    def of(cls, written: str) -> Order:
        """`"DOC"` ascending, `"-UPMJ"` descending."""
        return cls(written.removeprefix("-"), written.startswith("-"))


class Place:
    """The last row given out of a sorted browse.

    Its sort values make the condition for the rest (`rest()`), the row itself included: that it comes back
    shows that the server compared the literals as it sorts. The sort ends in the primary key, so nothing is
    lost or repeated.
    """

    def __init__(self, order: Sequence[Order], table: Table | None, name: str) -> None:
        self.order = tuple(order)
        self._table = table
        self._name = name
        # Up to the first date a sort value is never empty; rows that agree on these are kept, see `advance`.
        self._stable = next(
            (at for at, sort in enumerate(self.order) if self._kind(sort.alias) is Kind.DAY), len(self.order)
        )
        self._tail: dict[tuple[Any, ...], None] = {}
        self._row: Row | None = None
        self._raw: Mapping[str, Any] = {}

    @property
    def started(self) -> bool:
        """Whether a row has been given out."""
        return self._row is not None

    @property
    def coming_back(self) -> int:
        """How many rows already given out come back with `rest()`: more than one only behind an empty
        date."""
        whole = self._row is None or None not in self._key(self._row)
        return 1 if whole else len(self._tail)

    def advance(self, page: Page) -> list[Row]:
        """The rows of the page that were not given out yet; the place moves behind them."""
        new = [at for at, row in enumerate(page.rows) if self._key(row) not in self._tail]
        if not new:
            return []
        fresh = page.rows if len(new) == len(page.rows) else [page.rows[at] for at in new]
        # An empty date cannot be written as a literal: `rest()` then selects all rows that agree on what
        # comes before it, so their keys are kept to leave them out.
        group = self._key(fresh[-1])[: self._stable]
        if self._row is None or self._key(self._row)[: self._stable] != group:
            self._tail = {}
        keys = (self._key(row) for row in fresh)
        self._tail.update(dict.fromkeys(key for key in keys if key[: self._stable] == group))
        self._row, self._raw = fresh[-1], page.raw[new[-1]]
        return fresh

    def comes_back_in(self, page: Page) -> bool:
        """Whether the page of `rest()` begins with what was given out last."""
        return bool(page.rows) and self._key(page.rows[0]) in self._tail

    def rest(self) -> Iterator[Where | None]:
        """The condition "from this row on", in the forms a server may want its right-justified texts in."""
        seen: list[Where | None] = []
        for form in (_as_received, _justified, _trimmed):
            condition = self._from_here(form)
            if condition not in seen:
                seen.append(condition)
                yield condition

    def itself(self) -> Where | None:
        """The condition "this very row", as far as its values can be asked for."""
        row = self._row or {}
        return all_of(*(eq(order.alias, row[order.alias]) for order in self._usable(row)))

    def _from_here(self, form: Any) -> Where | None:
        """At or behind this row, in the order of the sort, as a conjunction of plain alternatives.

        (a, b, c) >= (x, y, z) is  a >= x  and  (a > x or b >= y)  and  (a > x or b > y or c >= z): no
        nesting, so nothing depends on how a server ranks AND and OR.
        """
        row = self._row or {}
        clauses: list[Where] = []
        behind: list[Where] = []
        for order in self._usable(row):
            value = row[order.alias]
            if isinstance(value, str):
                value = form(self._raw.get(f"{self._name}_{order.alias}"), value, self._width(order.alias))
            if value == "" and not order.descending:
                behind.append(not_blank(order.alias))  # whatever is not blank sorts behind; at or behind is all
                continue
            at, past = (le, lt) if order.descending else (ge, gt)
            if value == "":
                clauses.append(any_of(*behind, eq(order.alias, "")))
                continue
            clauses.append(any_of(*behind, at(order.alias, value)))
            behind.append(past(order.alias, value))
        return all_of(*clauses)

    def _usable(self, row: Row) -> list[Order]:
        """The sort columns before the first empty date or number: those cannot be written as a literal."""
        usable: list[Order] = []
        for order in self.order:
            if row.get(order.alias) is None:
                break
            usable.append(order)
        return usable

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[order.alias] for order in self.order)

    def _kind(self, alias: str) -> Kind | None:
        column = self._table.column(alias) if self._table else None
        return column.kind if column else None

    def _width(self, alias: str) -> int:
        column = self._table.column(alias) if self._table else None
        return column.size if column and column.kind is Kind.TEXT and column.right_justified else 0


def _as_received(raw: Any, value: str, width: int) -> str:
    return raw.rstrip() if width and isinstance(raw, str) else value


def _justified(raw: Any, value: str, width: int) -> str:
    return value.rjust(width) if value else value


def _trimmed(raw: Any, value: str, width: int) -> str:
    return value
