"""The content in memory: tables with indexes, so that a look-up by natural key stays cheap at any size."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from connector_sandbox.coupa.schema import Entity, Record
from connector_sandbox.kernel.system import NoStore, Store


class Table:
    """The records of one entity by id."""

    def __init__(self, entity: Entity, *, fold_case: bool) -> None:
        self.entity = entity
        self.rows: dict[int, Record] = {}
        self.ids: list[int] = []
        self.version = 0
        self._fold_case = fold_case
        wanted = {(name,) for name in entity.indexed} | {unique.fields for unique in entity.unique}
        self._indexes: dict[tuple[str, ...], dict[tuple[Any, ...], set[int]]] = {fields: {} for fields in wanted}
        self._sorted: dict[str, tuple[int, list[tuple[Any, int]]]] = {}

    def folded(self, value: Any) -> Any:
        """A value as comparisons see it."""
        return value.casefold() if self._fold_case and isinstance(value, str) else value

    def indexes(self, *fields: str) -> bool:
        """Whether `find` knows these fields."""
        return fields in self._indexes

    def find(self, fields: tuple[str, ...], values: Iterable[Any]) -> frozenset[int] | set[int]:
        """The ids of the records that have these values; the fields must be indexed together."""
        return self._indexes[fields].get(tuple(map(self.folded, values)), frozenset())

    def put(self, record: Record) -> None:
        """Add a record, or replace the one with its id."""
        number = record["id"]
        before = self.rows.get(number)
        if before is None:
            insort(self.ids, number)
        for fields, index in self._indexes.items():
            key = self._key(fields, record)
            if before is not None:
                if (old := self._key(fields, before)) == key:
                    continue
                index[old].discard(number)
            index.setdefault(key, set()).add(number)
        self.rows[number] = record
        self.version += 1

    def remove(self, number: int) -> None:
        """Remove a record."""
        record = self.rows.pop(number)
        self.ids.pop(bisect_left(self.ids, number))
        for fields, index in self._indexes.items():
            index[self._key(fields, record)].discard(number)
        self.version += 1

    def sorted_by(self, field: str) -> list[tuple[Any, int]]:
        """(value or None's stand-in, id), ascending; kept until something changes."""
        version, ordered = self._sorted.get(field, (-1, []))
        if version != self.version:
            ordered = sorted((sort_key(self.folded(row.get(field))), number) for number, row in self.rows.items())
            self._sorted[field] = (self.version, ordered)
        return ordered

    def next_id(self) -> int:
        """The id of the next record."""
        return self.ids[-1] + 1 if self.ids else 1

    def _key(self, fields: tuple[str, ...], record: Record) -> tuple[Any, ...]:
        return tuple(self.folded(record.get(name)) for name in fields)


def sort_key(value: Any) -> tuple[bool, Any]:
    """Lets records without a value come first. A day stands beside moments as its midnight in UTC."""
    if type(value) is date:
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return (False, 0) if value is None else (True, value)


_VIEWS = {"purchase_orders": ("order-lines", "purchase_order_lines", "order-header")}
"""Lines that are a resource of their own besides: record -> (its lines, their table, what leads back)."""


class Tables:
    """All tables, and the ids of the objects inside records."""

    def __init__(self, entities: Mapping[str, Entity], *, fold_case: bool) -> None:
        self._by_name = {name: Table(entity, fold_case=fold_case) for name, entity in entities.items()}
        self._last_child = 0
        self.store: Store = NoStore()

    def __getitem__(self, name: str) -> Table:
        return self._by_name[name]

    def child_id(self) -> int:
        """An id for an object inside a record."""
        self._last_child += 1
        return self._last_child

    def put(self, name: str, record: Record) -> None:
        """Add or replace a record, for good."""
        self._place(name, record)
        self.store.changed(name, str(record["id"]), record)

    def remove(self, name: str, number: int) -> None:
        """Remove a record, for good."""
        if name in _VIEWS:
            self._view(name, {**self._by_name[name].rows[number], _VIEWS[name][0]: []})
        self._by_name[name].remove(number)
        self.store.changed(name, str(number), None)

    def restore(self, name: str, records: Iterable[Record]) -> None:
        """Take back what an earlier process held."""
        for record in records:
            self._place(name, record)
            self._last_child = max(self._last_child, _highest_child(record))

    def _place(self, name: str, record: Record) -> None:
        self._by_name[name].put(record)
        if name in _VIEWS:
            self._view(name, record)

    def _view(self, name: str, record: Record) -> None:
        """Let the table of a record's lines hold those that the record has now."""
        lines, view, back = _VIEWS[name]
        table = self._by_name[view]
        kept = {line["id"]: line for line in record[lines]}
        for number in table.find((back,), (record["id"],)) - kept.keys():
            table.remove(number)
        for line in kept.values():
            table.put({**line, back: record["id"]})


VIEWS = frozenset(view for _, view, _ in _VIEWS.values())
"""Tables that hold nothing of their own."""


def _highest_child(record: Record) -> int:
    highest = 0
    for value in record.values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict):
                own = child.get("id")
                highest = max(highest, own if isinstance(own, int) else 0, _highest_child(child))
    return highest
