"""Coupa's reference lists as sources: snapshots of charts, payment terms and currencies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from connector_assets.sources.reading import LandingReader, Rows

SNAPSHOTS: dict[str, pa.Schema] = {
    "account_types": pa.schema(
        [("id", pa.int64()), ("name", pa.string()), ("active", pa.bool_()), ("dynamic_flag", pa.bool_())]
    ),
    "payment_terms": pa.schema([("id", pa.int64()), ("code", pa.string()), ("active", pa.bool_())]),
    "currencies": pa.schema([("id", pa.int64()), ("code", pa.string())]),
    "uoms": pa.schema([("id", pa.int64()), ("code", pa.string())]),
}


class CoupaReader(LandingReader):
    """Reads the lists that documents refer to; records of Coupa's own come with the flows that read them."""

    day_column = "updated_at"

    @staticmethod
    def schema(entity: str) -> pa.Schema:
        return SNAPSHOTS[entity]

    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        names = SNAPSHOTS[entity].names
        resource = getattr(self.bench.client(self.role), entity)
        yield [{name: getattr(record, name) for name in names} for record in resource.all(fields=names)]

    def stamp(self, entity: str) -> dict[str, Any]:
        # these lists are short and have no date of change that a probe could ask for: they are read at each run
        return {}

    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        raise NotImplementedError(f"{entity} is read as a snapshot")

    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        raise NotImplementedError(f"{entity} is read as a snapshot")
