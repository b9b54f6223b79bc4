"""Reading entities into the landing store and out of it; one reader per connection and run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from connector_assets.delivery.workbench import Reader, Workbench
from connector_resources.ledger import LandedObject

Rows = list[dict[str, Any]]


class LandingReader(Reader):
    """What all readers share: landing objects in, rows out. A system's reader says how its pages are had.

    Rows are the entity's records by column, typed as `schema` says. `day_column` names the column that holds the day of
    change in the system's own clock.
    """

    day_column: str

    def __init__(self, bench: Workbench, role: str) -> None:
        self.bench = bench
        self.role = role
        self.connection = bench.connection(role).name
        self._snapshots: dict[int, Rows] = {}

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

    # -- what the pipeline asks -----------------------------------------------------------------------------------

    def land_window(self, entity: str, first: date, last: date) -> LandedObject:
        pages = self.changed_pages(entity, first, last)
        return self._land(entity, "window", pages, window=(first, last))

    def land_snapshot(self, entity: str) -> LandedObject:
        return self._land(entity, "snapshot", self.all_pages(entity))

    def windows(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        """The landed rows of these days. Of a day that several objects cover, the newest is the one that counts."""
        landing = self.bench.landing
        days: dict[int, set[date]] = {}
        objects: dict[int, LandedObject] = {}
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for found in self.bench.ledger.landing.newest(self.connection, entity, day):
                objects[found.id] = found
                days.setdefault(found.id, set()).add(day)
        for number, wanted in days.items():
            yield [row for row in landing.read(objects[number]).to_pylist() if row[self.day_column] in wanted]

    def snapshot(self, entity: str) -> Rows:
        found = self.bench.ledger.landing.newest_snapshot(self.connection, entity)
        landed = found[0] if found else self.land_snapshot(entity)
        if landed.id not in self._snapshots:
            self._snapshots[landed.id] = self.bench.landing.read(landed).to_pylist()
        return self._snapshots[landed.id]

    def complete(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Rows:
        if not keys:
            return []
        rows = [row for page in self.keyed_pages(entity, columns, keys) for row in page]
        if rows:
            self._land(entity, "keys", iter([rows]))
        return rows

    def all_rows(self, entity: str, columns: Sequence[str]) -> Iterator[Rows]:
        return self.all_pages(entity, columns)

    def _land(
        self, entity: str, kind: Any, pages: Iterator[Rows], window: tuple[date, date] | None = None
    ) -> LandedObject:
        rows = (row for page in pages for row in page)
        return self.bench.landing.write(
            self.connection, entity, self.bench.run, kind, rows, self.schema(entity), window=window
        )
