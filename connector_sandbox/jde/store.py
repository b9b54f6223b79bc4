"""The rows, in memory, with the indexes that keep key and date conditions fast, and physical deletes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from connector_sandbox.jde.catalogue import TABLES
from connector_sandbox.jde.tables import Column, Row, Table, Value, canonical

Record = dict[str, Value]
Changed = Callable[[str, str, Record | None], None]


class DuplicateKeyError(ValueError):
    """An insert met a row of the same primary key."""


class TableData:
    """The rows of one table by primary key, and their hash indexes."""

    Watcher = Callable[[Row | None, Row | None], None]

    def __init__(self, table: Table, changed: Changed) -> None:
        self.table = table
        self.rows: dict[tuple[Value, ...], Row] = {}
        # position -> value -> rows by identity: removal is cheap however many rows share a value (a day's
        # UPMJ).
        self.indexes: dict[int, dict[Value, list[Row]]] = {
            table.by_alias[alias].position: {} for alias in table.indexed
        }
        self.watchers: list[TableData.Watcher] = []
        """Told of each row that is added (None, row), changed (before, row) or deleted (row, None)."""
        self._changed = changed
        self._empty: Row = [column.empty for column in table.columns]

    def __len__(self) -> int:
        return len(self.rows)

    def insert(self, values: Mapping[str, object]) -> Row:
        """Add a row; aliases that are not given are empty.

        Raises DuplicateKeyError for a key that exists, ValueError for an unknown alias or a value that
        does not fit.
        """
        row = self._filled(self._empty, values)
        if self.table.key_of(row) in self.rows:
            raise DuplicateKeyError(f"{self.table.name}: row {key_text(self.table.key_of(row))} exists already")
        self._add(row)
        self.report(row)
        self._report(None, row)
        return row

    def check(self, values: Mapping[str, object]) -> None:
        """ValueError for values that a new row could not hold."""
        self._filled(self._empty, values)

    def update(self, row: Row, values: Mapping[str, object]) -> None:
        """Change a row in place; ValueError for what does not fit, or for a change of the primary key."""
        after = self._filled(row, values)
        if self.table.key_of(after) != self.table.key_of(row):
            raise ValueError(f"{self.table.name}: a primary key cannot change")
        for position, index in self.indexes.items():
            if after[position] != row[position]:
                _forget(index, row, position)
                index.setdefault(after[position], []).append(row)
        before, row[:] = list(row), after
        self.report(row)
        self._report(before, row)

    def delete(self, row: Row) -> None:
        """Remove a row; nothing of it stays."""
        key = self.table.key_of(row)
        del self.rows[key]
        for position, index in self.indexes.items():
            _forget(index, row, position)
        self._changed(self.table.name, key_text(key), None)
        self._report(row, None)

    def holds(self, row: Row) -> bool:
        """Whether this very row is still there."""
        return self.rows.get(self.table.key_of(row)) is row

    def get(self, values: Mapping[str, object]) -> Row | None:
        """The row of this primary key; key aliases that are not given are empty."""
        table = self.table
        columns = (table.by_alias[alias] for alias in table.key)
        return self.rows.get(tuple(canonical(column, values.get(column.alias)) for column in columns))

    def where(self, **equal: object) -> list[Row]:
        """The rows whose columns equal these values, ordered by the texts of their keys."""
        wanted = [
            (column.position, canonical(column, value))
            for column, value in ((self.table.column(alias), value) for alias, value in equal.items())
        ]
        candidates: list[Collection[Row]] = [
            self.indexes[position].get(value, ()) for position, value in wanted if position in self.indexes
        ]
        rows = min(candidates, key=len, default=self.rows.values())
        found = [row for row in rows if all(row[position] == value for position, value in wanted)]
        return sorted(found, key=lambda row: [str(part) for part in self.table.key_of(row)])

    def value(self, row: Row, alias: str) -> Value:
        return row[self.table.by_alias[alias].position]

    def record(self, row: Row) -> Record:
        """Alias -> value, without what is empty."""
        return {
            column.alias: value
            for column, value, empty in zip(self.table.columns, row, self._empty, strict=True)
            if value != empty
        }

    def fill(self, records: Iterable[Mapping[str, object]]) -> None:
        """Replace all rows, reporting nothing."""
        self.rows.clear()
        for index in self.indexes.values():
            index.clear()
        fitted = _Fitted(self.table)
        for record in records:
            row = list(self._empty)
            for alias, value in record.items():
                position, known = fitted[alias]
                row[position] = known[value]
            if self.table.key_of(row) in self.rows:
                raise DuplicateKeyError(f"{self.table.name}: two rows {key_text(self.table.key_of(row))}")
            self._add(row)

    def report(self, row: Row) -> None:
        """Tell the store what the row holds now."""
        self._changed(self.table.name, key_text(self.table.key_of(row)), self.record(row))

    def _filled(self, base: Sequence[Value], values: Mapping[str, object]) -> Row:
        row = list(base)
        for alias, value in values.items():
            column = self.table.column(alias)
            row[column.position] = _fit(self.table, column, value)
        return row

    def _report(self, before: Row | None, after: Row | None) -> None:
        for watcher in self.watchers:
            watcher(before, after)

    def _add(self, row: Row) -> None:
        self.rows[self.table.key_of(row)] = row
        for position, index in self.indexes.items():
            index.setdefault(row[position], []).append(row)


def _fit(table: Table, column: Column, value: object) -> Value:
    try:
        return canonical(column, value)
    except ValueError as error:
        raise ValueError(f"{table.name}.{error}") from None


class _Known(dict[object, Value]):
    """value -> its canonical form in one column, each found once: a ledger repeats most of its values."""

    def __init__(self, table: Table, column: Column) -> None:
        super().__init__()
        self._table, self._column = table, column

    def __missing__(self, value: object) -> Value:
        fitted = self[value] = _fit(self._table, self._column, value)
        return fitted


class _Fitted(dict[str, tuple[int, _Known]]):
    """alias -> its position and the canonical forms of its values, while a table is filled."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, alias: str) -> tuple[int, _Known]:
        column = self._table.column(alias)
        made = self[alias] = (column.position, _Known(self._table, column))
        return made


def _forget(index: dict[Value, list[Row]], row: Row, position: int) -> None:
    rows = index[row[position]]
    # By identity: two rows of equal content are still two.
    del rows[next(place for place, other in enumerate(rows) if other is row)]
    if not rows:
        del index[row[position]]


def key_text(key: tuple[Value, ...]) -> str:
    """A primary key as one text."""
    return msgspec.json.encode([str(part) for part in key]).decode()


class Database:
    """All tables of one environment, and its next numbers."""

    def __init__(self, changed: Changed) -> None:
        self.tables = {name: TableData(table, changed) for name, table in TABLES.items()}
        self._changed = changed
        self._numbers: dict[str, int] = {}

    def __getitem__(self, table: str) -> TableData:
        return self.tables[table]

    def __iter__(self) -> Iterator[TableData]:
        return iter(self.tables.values())

    def load(self, world: Mapping[str, Iterable[Mapping[str, object]]]) -> None:
        """Replace everything; ValueError for a table or an alias that is not in the catalogue."""
        unknown = sorted(set(world) - set(self.tables))
        if unknown:
            raise ValueError(f"no such JDE table: {', '.join(unknown)}")
        self._numbers.clear()
        for name, data in self.tables.items():
            data.fill(world.get(name, ()))

    def dump(self) -> dict[str, dict[str, Any]]:
        """Table -> key -> row, with the next numbers as an entity of their own."""
        content: dict[str, dict[str, Any]] = {
            name: {key_text(key): data.record(row) for key, row in data.rows.items()}
            for name, data in self.tables.items()
        }
        content["next_numbers"] = {name: {"last": last} for name, last in self._numbers.items()}
        return content

    def restore(self, content: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what `dump` gave."""
        self.load({name: records.values() for name, records in content.items() if name in self.tables})
        self._numbers = {name: record["last"] for name, record in content.get("next_numbers", {}).items()}

    def begin_numbers(self, name: str, *used: tuple[str, str]) -> None:
        """Begin a series after what the (table, alias) columns hold now, unless it has begun: what is numbered by hand
        from here on does not move it."""
        if name not in self._numbers:
            self._numbers[name] = max((self._highest(table, alias) for table, alias in used), default=0)
            self._changed("next_numbers", name, {"last": self._numbers[name]})

    def next_number(self, name: str, *used: tuple[str, str]) -> int:
        """The next number of a series: one that none of the (table, alias) columns holds yet."""
        self.begin_numbers(name, *used)
        number = self._numbers[name] + 1
        while any(self[table].where(**{alias: number}) for table, alias in used):
            number += 1
        self._numbers[name] = number
        self._changed("next_numbers", name, {"last": number})
        return number

    def _highest(self, table: str, alias: str) -> int:
        data = self.tables[table]
        position = data.table.by_alias[alias].position
        return max((int(str(row[position])) for row in data.rows.values()), default=0)
