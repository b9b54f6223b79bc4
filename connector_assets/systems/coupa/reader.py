"""Coupa as a source: documents by day of change, by id or whole, and reference lists as snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date
from itertools import islice
from typing import Any

import pyarrow as pa

from connector_assets.systems.coupa.records import DOCUMENTS, record_of
from connector_assets.systems.reading import LandingReader, Rows
from connector_assets.systems.records import DAY, RECORD, stamp_of, window_of
from connector_resources.coupa.client import CoupaClient
from connector_resources.unreadable import set_aside

PAGE = 50  # records that land together; Coupa gives no more at a time

SNAPSHOTS: dict[str, pa.Schema] = {
    "account_types": pa.schema(
        [("id", pa.int64()), ("name", pa.string()), ("active", pa.bool_()), ("dynamic_flag", pa.bool_())]
    ),
    "payment_terms": pa.schema([("id", pa.int64()), ("code", pa.string()), ("active", pa.bool_())]),
    "currencies": pa.schema([("id", pa.int64()), ("code", pa.string())]),
    "uoms": pa.schema([("id", pa.int64()), ("code", pa.string())]),
}


class CoupaReader(LandingReader):
    """Reads the documents of `coupa_records.DOCUMENTS`, and the lists that documents refer to.

    A day is one of the connection's time zone, from midnight to midnight: `updated_on` is the day of the record's
    `updated-at` there.
    """

    day_column = DAY

    @staticmethod
    def schema(entity: str) -> pa.Schema:
        return DOCUMENTS[entity].schema if entity in DOCUMENTS else SNAPSHOTS[entity]

    @staticmethod
    def record(entity: str, row: dict[str, Any]) -> Any:
        """The record of a landed row, as the client's model: `Invoice`, `PurchaseOrder` or `PayPayment`."""
        return record_of(entity, row[RECORD])

    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        if entity in DOCUMENTS:
            names = list(columns or DOCUMENTS[entity].columns)
            return self._pages(entity, self._resource(entity).all(fields=DOCUMENTS[entity].fields(names)), names)
        return self._snapshot_page(entity)

    def stamp(self, entity: str) -> dict[str, Any]:
        if entity not in DOCUMENTS:
            # these lists are short and have no date of change that a probe could ask for: they are read at each run
            return {}
        with set_aside() as unreadable:
            latest = self._resource(entity).latest()
        stamp = stamp_of(unreadable)
        if not latest or latest[0].updated_at is None:
            return stamp
        moment = latest[0].updated_at
        # Coupa shows seconds: another record that changes within the last one is seen by their number
        together = sum(record.updated_at == moment for record in latest)
        return {"at": moment.astimezone(UTC).isoformat(), "records": together, **stamp}

    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        self._must_be_document(entity)
        start, until = window_of(first, last, self.context.time_zone(self.role))
        return self._pages(entity, self._resource(entity).changed_between(start, until))

    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        self._must_be_document(entity)
        resource = self._resource(entity)
        [column] = columns
        if column not in DOCUMENTS[entity].keys:
            raise ValueError(f"{entity} cannot be asked for by {column}")
        if column == "id":
            return self._pages(entity, resource.by_ids([int(number) for (number,) in keys]))
        return self._pages(entity, resource.by_numbers([str(number) for (number,) in keys]).values())

    @staticmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return ["id"], [(int(id),)]

    def _resource(self, entity: str) -> Any:
        return getattr(self.context.client(self.role, CoupaClient), DOCUMENTS[entity].resource)

    def _pages(self, entity: str, records: Iterable[Any], names: Sequence[str] | None = None) -> Iterator[Rows]:
        document, zone = DOCUMENTS[entity], self.context.time_zone(self.role)
        chosen = names or list(document.columns)
        left = iter(records)
        while page := [document.row(record, zone, chosen) for record in islice(left, PAGE)]:
            yield page

    def _snapshot_page(self, entity: str) -> Iterator[Rows]:
        names = SNAPSHOTS[entity].names
        resource = getattr(self.context.client(self.role, CoupaClient), entity)
        yield [{name: getattr(record, name) for name in names} for record in resource.all(fields=names)]

    def _must_be_document(self, entity: str) -> None:
        if entity not in DOCUMENTS:
            raise NotImplementedError(f"{entity} is read as a snapshot")
