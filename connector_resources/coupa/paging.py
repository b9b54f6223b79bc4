"""Reading whole lists without losing or repeating a record.

Coupa has no cursor and no snapshot: pages are live queries of at most 50 records (coupa section 4). A growing
`offset` skips records as soon as the set shrinks, so pages go by key: `id[gt]` of the last record,
ordered by `id`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector_resources import unreadable
from connector_resources.coupa.wire import Filters
from connector_resources.errors import Unavailable
from connector_resources.unreadable import Unreadable, met
from connector_resources.values import instant_of, whole_of

Raw = Mapping[str, Any]
# the id after which to go on (None: from the start) -> the records of one page
Fetch = Callable[[int | None], list[Any]]


class PageEnd:
    """Whether a page shorter than asked is the end of a list.

    Only a server that has given a full page proves that it honours the limit we send; before that, a short
    page may be a smaller limit of its own, and one more request says whether anything follows.
    """

    def __init__(self, limit: int, *, proven: bool = False) -> None:
        self.limit = limit
        self._proven = proven  # set once, never unset: needs no lock

    def after(self, count: int) -> bool:
        """Whether nothing can follow a page of `count` records."""
        if count >= self.limit:
            self._proven = True
            return False
        return count == 0 or self._proven


def keyset(fetch: Fetch, end: PageEnd, *, what: str, connection: str, entity: str = "records") -> Iterator[Raw]:
    """All records behind `fetch`, each once, in the order of `id`; one without an id that can be read is reported as
    unreadable.

    Raises `Unavailable` when an answer is not in that order or goes back behind what was asked: going on
    would lose records or never end.
    """
    last: int | None = None
    while True:
        page = fetch(last)
        asked_after, last_of_page = last, last
        for record in page:
            number = id_of(record)
            if number is None:
                met(nameless(record, connection, entity))
                continue
            if asked_after is not None and number <= asked_after:
                raise Unavailable(
                    f"{what}: {connection} gave a record that id[gt]={asked_after} excludes",
                    connection=connection,
                )
            if last_of_page is not None and number < last_of_page:
                raise Unavailable(f"{what}: {connection} did not keep to order_by=id", connection=connection)
            if number != last_of_page:  # a filter on an association may give a record once per match
                last_of_page = number
                yield record
        if end.after(len(page)):
            return
        if last_of_page == last:
            raise Unavailable(f"{what}: {connection} gave a page without a record to go on from", connection=connection)
        last = last_of_page


def changed(start: datetime, until: datetime | None, overlap: timedelta) -> Filters:
    """The filter of a watermark reading: from `start` less `overlap`, to `until` (excluded) where given.

    Within such a window records are read by key, which needs no stable order among equal instants. A record
    that changes meanwhile leaves the window towards its end; whoever reads on from `until` finds it there.
    Raises ValueError for an instant without a zone.
    """
    filters: dict[str, datetime] = {"updated-at[gt_or_eq]": start - overlap}
    if until is not None:
        filters["updated-at[lt]"] = until
    if any(moment.tzinfo is None for moment in filters.values()):
        raise ValueError("a window needs instants with a zone")
    return filters


def version_of(record: Any) -> tuple[int, datetime]:
    """What tells one state of a record from another: its id and `updated_at`."""
    return record.id, record.updated_at


def unknown(records: Iterator[Any], known: Container[tuple[int, datetime]]) -> Iterator[Any]:
    """The records whose version an overlapping reading before this one has not already given."""
    return (record for record in records if version_of(record) not in known)


def id_of(record: Any) -> int | None:
    """A record's id, also where it comes as text; None where there is none."""
    try:
        return whole_of(record.get("id")) if isinstance(record, Mapping) else None
    except ValueError:
        return None


def nameless(record: Any, connection: str, entity: str) -> Unreadable:
    """A record without an id that can be read, known by its content."""
    return unreadable.nameless(record, connection, entity, expected="a whole number", at=changed_at)


def changed_at(record: Raw) -> datetime | None:
    """When a record changed; None also where that cannot be read."""
    try:
        return instant_of(record.get("updated-at", record.get("updated_at")))
    except ValueError:
        return None
