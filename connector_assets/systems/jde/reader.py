"""JD Edwards F-tables as sources: rows by day of change (UPMJ, or what leads to them), by key, or whole."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from connector_assets.engine.context import RunContext
from connector_assets.engine.tax_numbers import without
from connector_assets.systems.jde.following import FOLLOWING, VOUCHERS, Following
from connector_assets.systems.reading import LandingReader, Rows
from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import SystemProblem
from connector_resources.jde import JdeClient
from connector_resources.jde.keys import row_key
from connector_resources.jde.tables import TABLES
from connector_resources.redact import last_four

# vouchers and what follows them
FOLLOWED = frozenset({VOUCHERS, *FOLLOWING})
# small tables that are read whole
WHOLE = frozenset({"F0006", "F0010", "F0013", "F0014", "F0030", "F0901"})


class JdeReader(LandingReader):
    """Reads the tables of one JDE connection; an entity is a table's name, a column its alias."""

    day_column = "UPMJ"
    # whoever writes past JD Edwards' own programs leaves UPMJ as it is, or empty (jde-ais section 3)
    may_lack_days = True

    def __init__(self, context: RunContext, role: str) -> None:
        super().__init__(context, role)
        settings = context.connection(role)
        assert isinstance(settings, JdeConnection)
        self.following = Following(settings, lambda: self._client, self._landed_vouchers, lambda: context.today(role))
        self._lock = threading.Lock()
        self._stamp: dict[str, Any] | None = None

    @staticmethod
    def schema(entity: str) -> pa.Schema:
        return TABLES[entity].schema()

    def stamp(self, entity: str) -> dict[str, Any]:
        """By one small question: of what is read whole anyway also the number of rows, of vouchers and payments what
        leads to them."""
        if entity in FOLLOWED:
            return self._stamp_of_vouchers()
        found = self._client.latest_stamp(entity) if entity in WHOLE else self._client.newest_change(entity)
        counted = {"count": found.count} if entity in WHOLE else {}
        return {**counted, "day": found.max_day.isoformat() if found.max_day else None, "time": found.max_time}

    def _stamp_of_vouchers(self) -> dict[str, Any]:
        """One for the four tables, asked once: that of F0411, where this run has read it already, is no newer."""
        with self._lock:
            if self._stamp is None:
                reports = self.context.ledger.reports.of(self.context.run)
                stamps = [each.report["stamp"] for each in reports if each.flow == f"{self.connection}/{VOUCHERS}"]
                self._stamp = dict(stamps[-1]) if stamps else self.following.stamp()
            return self._stamp

    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        if entity in FOLLOWED:
            return self.following.pages(entity, first, last)
        return iter(self._client.changed_between(entity, first, last))

    def _landed_vouchers(self, first: date, last: date) -> Rows | None:
        """The rows of F0411 of these days that this run has landed; None where it has not."""
        found = self.context.ledger.landing.for_run(self.context.run, self.connection, VOUCHERS, "window")
        for landed in reversed(found):
            if landed.window_from and landed.window_to and landed.window_from <= first and last <= landed.window_to:
                return [
                    row for row in self._rows(landed) if row[self.day_column] and first <= row[self.day_column] <= last
                ]
        return None

    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        return iter(self._client.browse(entity, columns=columns))

    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        pages = iter(self._client.by_keys(entity, columns, keys))
        hidden = [place for place, column in enumerate(columns) if _is_hidden(entity, column)]
        return _by_last_four(pages, {str(key[place]) for key in keys for place in hidden}) if hidden else pages

    @staticmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        table = TABLES[entity]
        return list(table.key), [row_key(table, id)]

    def decimals(self) -> Mapping[str, int]:
        """Currency -> its decimals, by F0013; empty where this JD Edwards does not show that table."""
        found: Mapping[str, int] = self._client.currency_decimals
        return found

    def currency_warning(self, currency: str) -> str:
        """By the connection's `currency_decimals`, or by the vouchers in that currency."""
        return str(self._client.currency_warning(currency))

    @property
    def _client(self) -> Any:
        return self.context.client(self.role, JdeClient)


def _is_hidden(entity: str, column: str) -> bool:
    described = TABLES[entity].column(column)
    return described is not None and described.encrypted


def _by_last_four(pages: Iterator[Rows], numbers: Collection[str]) -> Iterator[Rows]:
    """The pages; what the server says of the question that they answer has none of its tax numbers whole."""
    try:
        yield from pages
    except SystemProblem as problem:
        for number in numbers:
            # a shorter one shows nothing, and would blot out other words
            if last_four(number) != last_four(""):
                problem = without(problem, number)
        raise problem from None
