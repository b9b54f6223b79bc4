"""BILL as a source: documents by day of change, by id or whole, and the lists of classifications as snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from itertools import islice
from typing import Any

import pyarrow as pa

from connector_assets.systems.bill.records import DOCUMENTS, record_of
from connector_assets.systems.reading import LandingReader, Rows
from connector_assets.systems.records import DAY, RECORD, stamp_of, window_of
from connector_resources.bill import BillClient
from connector_resources.unreadable import set_aside

PAGE = 100  # records that land together; BILL gives no more at a time (bill section 4)

_ACCOUNT = {
    "id": pa.string(),
    "name": pa.string(),
    "number": pa.string(),
    "type": pa.string(),
    "description": pa.string(),
    "archived": pa.bool_(),
}
_UNIT = {
    "id": pa.string(),
    "name": pa.string(),
    "short_name": pa.string(),
    "description": pa.string(),
    "archived": pa.bool_(),
}
# entity -> the client's resource of it, and the columns in which it lands (bill section 3.6)
SNAPSHOTS: Mapping[str, tuple[str, pa.Schema]] = {
    "chart_of_accounts": ("accounts", pa.schema(_ACCOUNT)),
    "departments": ("departments", pa.schema(_UNIT)),
    "locations": ("locations", pa.schema(_UNIT)),
    "accounting_classes": ("accounting_classes", pa.schema(_UNIT)),
}


class BillReader(LandingReader):
    """Reads the documents of `bill_records.DOCUMENTS`, and the lists that bills refer to, archived records included.

    A day is one of the connection's time zone, from midnight to midnight: `updated_on` is the day of the record's
    `updatedTime` there.
    """

    day_column = DAY

    @staticmethod
    def schema(entity: str) -> pa.Schema:
        return DOCUMENTS[entity].schema if entity in DOCUMENTS else SNAPSHOTS[entity][1]

    @staticmethod
    def record(entity: str, row: Mapping[str, Any]) -> Any:
        """The record of a landed row, as the client's model: `Bill`, `Payment`, `Vendor` or `VendorCredit`."""
        return record_of(entity, row[RECORD])

    def all_pages(self, entity: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        # BILL gives whole records, whatever is wanted of them: the columns are chosen here
        if entity in DOCUMENTS:
            return self._pages(entity, self._resource(entity).all(), columns)
        return self._snapshot_pages(entity)

    def stamp(self, entity: str) -> dict[str, Any]:
        if entity not in DOCUMENTS:
            # that these lists can be sorted by time is not established (bill section 3.6): they are read at each run
            return {}
        with set_aside() as unreadable:
            latest = self._resource(entity).latest()
        stamp = stamp_of(unreadable)
        if not latest or latest[0].updated_time is None:
            return stamp
        moment = latest[0].updated_time
        # another record that changes within the same millisecond is seen by their number
        together = sum(record.updated_time == moment for record in latest)
        return {"at": moment.astimezone(UTC).isoformat(), "records": together, **stamp}

    def changed_pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        self._must_be_document(entity)
        start, until = window_of(first, last, self.context.time_zone(self.role))
        pages = self._pages(entity, self._resource(entity).changed_between(start, until))
        # the client may look a little further back than it was asked to: those records are of other days
        return ([row for row in page if row[DAY] is None or first <= row[DAY] <= last] for page in pages)

    def keyed_pages(self, entity: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> Iterator[Rows]:
        self._must_be_document(entity)
        if list(columns) != ["id"]:
            raise ValueError(f"{entity} cannot be asked for by {', '.join(columns)}")
        return self._pages(entity, self._resource(entity).by_ids([str(id) for (id,) in keys]))

    @staticmethod
    def key_of(entity: str, id: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return ["id"], [(id,)]

    def _resource(self, entity: str) -> Any:
        name = DOCUMENTS[entity].resource if entity in DOCUMENTS else SNAPSHOTS[entity][0]
        return getattr(self.context.client(self.role, BillClient), name)

    def _pages(self, entity: str, records: Iterable[Any], names: Sequence[str] | None = None) -> Iterator[Rows]:
        document, zone = DOCUMENTS[entity], self.context.time_zone(self.role)
        chosen = list(names or document.columns)
        left = iter(records)
        while page := [document.row(record, zone, chosen) for record in islice(left, PAGE)]:
            yield page

    def _snapshot_pages(self, entity: str) -> Iterator[Rows]:
        names = SNAPSHOTS[entity][1].names
        left = iter(self._resource(entity).all())
        while page := [{name: getattr(record, name) for name in names} for record in islice(left, PAGE)]:
            yield page

    def _must_be_document(self, entity: str) -> None:
        if entity not in DOCUMENTS:
            raise NotImplementedError(f"{entity} is read as a snapshot")
