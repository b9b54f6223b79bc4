"""Reading entities into the landing store and out of it; one reader per connection and run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from connector_assets.engine.context import Reader, RunContext
from connector_resources.landing import unreadable_in
from connector_resources.ledger import LandedObject
from connector_resources.unreadable import BY_CONTENT, Unreadable, UnreadableRecord, met, set_aside, setting_aside

Rows = list[dict[str, Any]]


class LandingReader(Reader):
    """What all readers share: landing objects in, rows out. A system's reader says how its pages are had.

    Rows are the entity's records by column, typed as `schema` says. `day_column` names the column that holds the day of
    change in the system's own clock; `may_lack_days` is said of a system whose records come without one, or with one
    that is still to come.
    """

    day_column: str
    may_lack_days: bool = False

    def __init__(self, context: RunContext, role: str) -> None:
        self.context = context
        self.role = role
        self.connection = context.connection(role).name
        self._snapshots: dict[int, Rows] = {}
        # object -> the records that could not be read when it was landed
        self._unreadable: dict[int, list[Unreadable]] = {}

    # -- what a system's reader says ------------------------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def schema(entity: str) -> pa.Schema:
        """The Arrow schema in which an entity lands."""

    @abstractmethod
    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        """The rows changed in these days of the system's clock, page by page."""

    @abstractmethod
    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        """Every row, page by page."""

    @abstractmethod
    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        """The rows whose `columns` equal one of `keys`, page by page."""

    def decimals(self) -> Mapping[str, int]:
        """Currency -> its decimals; of most systems nobody asks."""
        return {}

    def currency_warning(self, currency: str) -> str:
        """Why amounts of a currency may not be what they seem; most systems write them out."""
        return ""

    # -- what the pipeline asks -----------------------------------------------------------------------------------

    def land_window(self, entity: str, first: date, last: date) -> LandedObject:
        pages = self.changed_pages(entity, first, last)
        return self._land(entity, "window", pages, window=(first, last))

    def land_snapshot(self, entity: str) -> LandedObject:
        return self._land(entity, "snapshot", self.all_pages(entity))

    def windows(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        """The landed rows of these days. Of a day that several objects cover, the newest is the one that counts."""
        for landed, wanted in self._newest(entity, first, last):
            yield [row for row in self._rows(landed) if row[self.day_column] in wanted]

    def unreadable(self, entity: str, first: date, last: date) -> list[Unreadable]:
        return [
            each
            for landed, wanted in self._newest(entity, first, last)
            for each in self._unreadable_in(landed)
            if each.day is None or each.day in wanted
        ]

    def snapshot(self, entity: str) -> Rows:
        landed = self._newest_snapshot(entity)
        if landed.id not in self._snapshots:
            self._snapshots[landed.id] = self._rows(landed)
        return self._snapshots[landed.id]

    def unreadable_of_snapshot(self, entity: str) -> list[Unreadable]:
        return self._unreadable_in(self._newest_snapshot(entity))

    def complete(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Rows:
        if not keys:
            return []
        rows = self._all_of(self.keyed_pages(entity, columns, keys))
        if rows:
            self._land(entity, "keys", iter([rows]))
        return rows

    def read_again(self, entity: str, id: str, day: date | None) -> Rows:
        if not id.startswith(BY_CONTENT):
            return self.complete(entity, *self.key_of(entity, id))
        return self._all_of(self.all_pages(entity) if day is None else self.changed_pages(entity, day, day))

    @staticmethod
    @abstractmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The columns and the one key by which the record of this id is asked for."""

    def _all_of(self, pages: Iterator[Rows]) -> Rows:
        """All rows of these pages; what is unreadable among them is reported once all have been seen."""
        with set_aside() as unreadable:
            rows = [row for page in pages for row in page]
        if unreadable and not setting_aside():
            raise UnreadableRecord(list(map(self._dated, unreadable)))
        for each in unreadable:
            met(self._dated(each))
        return rows

    def all_rows(self, entity: str, columns: Sequence[str]) -> Iterator[Rows]:
        return self.all_pages(entity, columns)

    def _land(
        self, entity: str, kind: Any, pages: Iterator[Rows], window: tuple[date, date] | None = None
    ) -> LandedObject:
        rows = (row for page in pages for row in page)
        with set_aside() as found:
            landed = self.context.landing.write(
                self.connection,
                entity,
                self.context.run,
                kind,
                rows,
                self.schema(entity),
                window,
                lambda: self._kept(found),
            )
        self._unreadable[landed.id] = self._kept(found)
        return landed

    def _kept(self, found: Sequence[Unreadable]) -> list[Unreadable]:
        return list(map(self._dated, found))

    def _newest(self, entity: str, first: date, last: date) -> list[tuple[LandedObject, set[date]]]:
        """The newest object of each of these days, with the days that it is the newest of."""
        days: dict[int, set[date]] = {}
        objects: dict[int, LandedObject] = {}
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for found in self.context.ledger.landing.newest(self.connection, entity, day):
                objects[found.id] = found
                days.setdefault(found.id, set()).add(day)
        return [(objects[number], wanted) for number, wanted in days.items()]

    def _newest_snapshot(self, entity: str) -> LandedObject:
        found = self.context.ledger.landing.newest_snapshot(self.connection, entity)
        return found[0] if found else self.land_snapshot(entity)

    def _rows(self, landed: LandedObject) -> Rows:
        table = self.context.landing.read(landed)
        self._unreadable[landed.id] = unreadable_in(table)
        rows: Rows = table.to_pylist()
        return rows

    def _unreadable_in(self, landed: LandedObject) -> list[Unreadable]:
        if landed.id not in self._unreadable:
            self._unreadable[landed.id] = unreadable_in(self.context.landing.read(landed))
        return self._unreadable[landed.id]

    def _dated(self, record: Unreadable) -> Unreadable:
        """With its day on the connection's clock."""
        if record.day is not None or record.at is None:
            return record
        return replace(record, day=record.at.astimezone(self.context.time_zone(self.role)).date())
