"""JD Edwards F-tables as sources: rows by day of change (UPMJ), by key, or whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from connector_assets.sources.reading import LandingReader, Rows
from connector_resources.jde.keys import row_key
from connector_resources.jde.tables import TABLES


class JdeReader(LandingReader):
    """Reads the tables of one JDE connection; an entity is a table's name, a column its alias."""

    day_column = "UPMJ"

    @staticmethod
    def schema(entity: str) -> pa.Schema:
        return TABLES[entity].schema()

    def stamp(self, entity: str) -> dict[str, Any]:
        found = self._client.latest_stamp(entity)
        return {
            "count": found.count,
            "day": found.max_day.isoformat() if found.max_day else None,
            "time": found.max_time,
        }

    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        return iter(self._client.changed_between(entity, first, last))

    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        return iter(self._client.browse(entity, columns=columns))

    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        return iter(self._client.by_keys(entity, columns, keys))

    @staticmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        table = TABLES[entity]
        return list(table.key), [row_key(table, id)]

    @property
    def _client(self) -> Any:
        return self.bench.client(self.role)
