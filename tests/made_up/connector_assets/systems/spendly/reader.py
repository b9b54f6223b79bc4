"""Spendly as a source: its cost centres as a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from connector_assets.systems.spendly.client import SpendlyClient

from connector_assets.systems.reading import LandingReader, Rows

SCHEMA = pa.schema([("id", pa.string()), ("code", pa.string()), ("name", pa.string())])


class SpendlyReader(LandingReader):
    """Reads what is asked for whole."""

    day_column = "updated_on"

    @staticmethod
    def schema(entity: str) -> pa.Schema:
        return SCHEMA

    def stamp(self, entity: str) -> dict[str, Any]:
        return {}

    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        yield self.context.client(self.role, SpendlyClient).centres()

    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        raise NotImplementedError(f"{entity} is read as a snapshot")

    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        raise NotImplementedError(f"{entity} is read as a snapshot")

    @staticmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return ["id"], [(id,)]
