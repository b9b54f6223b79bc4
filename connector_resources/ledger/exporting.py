"""The audit trail as a file for others: CSV or Parquet, exact, with all that is needed to prove the hashes again.

A row is an event with the hash of the event before it in its chain (`previous`), so that every row of a part of the
trail can be proved by itself. Rows are ordered by flow and place.

CSV: UTF-8, RFC 4180. A null is an empty cell. A text that a spreadsheet might take for a formula (it begins with `=`,
`+`, `-`, `@`, a tab or a carriage return), that is empty, or that begins with an apostrophe, has one apostrophe in
front: take one away from every cell that begins with one, and each text is what it was. Parquet needs nothing of the
kind.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Select, and_, func, select, tuple_

from connector_resources.errors import UnusableInput
from connector_resources.ledger.chain import GENESIS, instant_text
from connector_resources.ledger.database import Database
from connector_resources.ledger.models import audit_events as events
from connector_resources.ledger.proving import RAW, instant_of
from connector_resources.private import whole_file

PAGE = 5000
COLUMNS = (
    *("flow", "place", "id", "at", "key", "event", "source_id", "target_id", "run", "partition", "actor", "detail"),
    *("previous", "hash"),
)
_FORMULA = frozenset("=+-@\t\r'")

Pages = Iterator[list[tuple[Any, ...]]]
Writer = Callable[[IO[bytes], Pages], int]


def export(
    database: Database,
    path: Path,
    flow: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Write the events of one flow or of all, from `since` to before `until`; returns how many. Memory does not grow.

    The file is the owner's alone, and is there only when it is whole. Raises UnusableInput for a name that ends neither
    in .csv nor in .parquet, and for a file that cannot be written.
    """
    writer: Writer | None = {".csv": _csv, ".parquet": _parquet}.get(path.suffix.lower())
    if writer is None:
        raise UnusableInput(f"{path}: an audit trail is exported to a file that ends in .csv or .parquet")
    try:
        with whole_file(path) as file:
            return writer(file, _pages(database, _chosen(flow, since, until)))
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be written: {error.strerror}") from None


def _chosen(flow: str | None, since: datetime | None, until: datetime | None) -> Select[Any]:
    before = events.alias("before")
    hash_before = func.coalesce(before.c.hash, GENESIS)
    followed = events.outerjoin(before, and_(before.c.flow == events.c.flow, before.c.place == events.c.place - 1))
    columns = {each.name: each for each in (*RAW, events.c.id, events.c.place, events.c.hash)}
    columns["previous"] = hash_before.label("previous")
    query = select(*(columns[name] for name in COLUMNS)).select_from(followed)
    if flow is not None:
        query = query.where(events.c.flow == flow)
    if since is not None:
        query = query.where(events.c.at >= since)
    if until is not None:
        query = query.where(events.c.at < until)
    return query.order_by(events.c.flow, events.c.place).limit(PAGE)


def _pages(database: Database, query: Select[Any]) -> Pages:
    """The rows, `at` as an aware instant; no transaction is open between pages."""
    page = query
    while True:
        with database.read() as connection:
            rows = [tuple(row) for row in connection.execute(page)]
        if rows:
            yield [(*row[:3], _instant(row), *row[4:]) for row in rows]
        if len(rows) < PAGE:
            return
        page = query.where(tuple_(events.c.flow, events.c.place) > rows[-1][:2])


def _instant(row: Sequence[Any]) -> datetime:
    try:
        return instant_of(row[3])
    except (TypeError, ValueError):
        raise UnusableInput(
            f"event {row[2]} of {row[0]} was edited, its instant is {row[3]!r}: see connector audit verify"
        ) from None


def _csv(file: IO[bytes], pages: Pages) -> int:
    # the rows of a page as one text: what stands between us and the file is a buffer of bytes, and nothing is recoded
    class Lines:
        def write(self, text: str) -> int:
            return file.write(text.encode())

    # RFC 4180; with less, Python would leave a carriage return inside a cell without its quotes
    writer = csv.writer(Lines(), lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for page in pages:
        writer.writerows([_cell(value) for value in row] for row in page)
        count += len(page)
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, str) and (not value or value[0] in _FORMULA):
        return f"'{value}"
    return value


def _parquet(file: IO[bytes], pages: Pages) -> int:
    # imported here: it takes a third of a second, and no other verb of the ledger needs it
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"place": pa.int64(), "id": pa.int64(), "at": pa.timestamp("us", tz="UTC")}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for page in pages:
            columns = zip(COLUMNS, zip(*page, strict=True), strict=True)
            writer.write_table(pa.table({name: pa.array(values, schema.field(name).type) for name, values in columns}))
            count += len(page)
    return count
