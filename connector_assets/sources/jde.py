"""JD Edwards F-tables as sources: rows by day of change (UPMJ), by key, or whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from connector_assets.integrations.tax_numbers import without
from connector_assets.sources.reading import LandingReader, Rows
from connector_resources.errors import SystemProblem
from connector_resources.jde.keys import row_key
from connector_resources.jde.tables import TABLES
from connector_resources.redact import last_four


class JdeReader(LandingReader):
    """Reads the tables of one JDE connection; an entity is a table's name, a column its alias."""

    day_column = "UPMJ"
    # whoever writes past JD Edwards' own programs leaves UPMJ as it is, or empty (jde-ais section 3)
    may_lack_days = True

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
        pages = iter(self._client.by_keys(entity, columns, keys))
        hidden = [place for place, column in enumerate(columns) if _is_hidden(entity, column)]
        return _told_by_last_four(pages, {str(key[place]) for key in keys for place in hidden}) if hidden else pages

    @staticmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        table = TABLES[entity]
        return list(table.key), [row_key(table, id)]

    def decimals(self) -> Mapping[str, int]:
        """Currency -> its decimals, by F0013; empty where this JD Edwards does not show that table."""
        found: Mapping[str, int] = self._client.currency_decimals
        return found

    def doubt(self, currency: str) -> str:
        """By the connection's `currency_decimals`, or by the vouchers in that currency."""
        return str(self._client.doubt(currency))

    @property
    def _client(self) -> Any:
        return self.bench.client(self.role)


def _is_hidden(entity: str, column: str) -> bool:
    described = TABLES[entity].column(column)
    return described is not None and described.encrypted


def _told_by_last_four(pages: Iterator[Rows], numbers: Collection[str]) -> Iterator[Rows]:
    """The pages; what the server says of the question that they answer has none of its tax numbers whole."""
    try:
        yield from pages
    except SystemProblem as problem:
        for number in numbers:
            # a shorter one shows nothing, and would blot out other words
            if last_four(number) != last_four(""):
                problem = without(problem, number)
        raise problem from None
