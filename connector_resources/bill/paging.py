"""Reading whole lists without losing or repeating a record (bill section 4).

A record whose id cannot be read is reported as unreadable, and the list goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector_resources import unreadable
from connector_resources.bill.wire import Condition, from_moment
from connector_resources.errors import NotFound, Refused, Unavailable
from connector_resources.unreadable import Unreadable, met
from connector_resources.values import instant_of

Raw = Mapping[str, Any]

_RESTARTS = 3  # in a row, without a new record between them


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its records, and the token of the next one, None at the end."""

    records: list[Any]
    next: str | None


# conditions, token (None: the first page) -> the page
Fetch = Callable[[Sequence[Condition], str | None], Page]


def scan(
    fetch: Fetch, conditions: Sequence[Condition], *, key: str | None, what: str, connection: str, entity: str
) -> Iterator[Raw]:
    """All records behind `fetch`, each id once.

    A token that BILL no longer takes (its life is not documented) starts the scan again: from the last record's
    `key`, a time by which the list is sorted upwards, or from the beginning where there is none. Raises
    `Unavailable` where that brings nothing new, or where a token leads back to itself.
    """
    seen: set[str] = set()
    tokens: set[str] = set()
    asked, barren = list(conditions), 0
    token: str | None = None
    last: datetime | None = None
    while True:
        try:
            page = fetch(asked, token)
        except (Refused, NotFound) as problem:
            if token is None:
                raise
            barren += 1
            if barren > _RESTARTS:
                raise Unavailable(
                    f"{what}: {connection} rejects its own page tokens: {problem}", connection=connection
                ) from None
            token = None
            tokens.clear()
            if key is not None and last is not None:
                asked = from_moment(conditions, key, last)
            continue
        for record in page.records:
            number = id_of(record)
            if number is None:
                met(nameless(record, connection, entity))
                continue
            if key is not None:
                last = _later(last, record.get(key))
            if number not in seen:
                seen.add(number)
                barren = 0
                yield record
        if page.next is None:
            return
        if page.next in tokens:
            raise Unavailable(f"{what}: {connection} gave the same next page twice", connection=connection)
        tokens.add(page.next)
        token = page.next


def page_of(content: Any) -> Page | None:
    """The page in an answer; None where there is none. No token, an empty one and null are the end."""
    results = content.get("results") if isinstance(content, Mapping) else None
    if not isinstance(results, list):
        return None
    token = content.get("nextPage")
    return Page(results, token if isinstance(token, str) and token.strip() else None)


def id_of(record: Any) -> str | None:
    """A record's id, also where it comes as a number; None where there is none."""
    value = record.get("id") if isinstance(record, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def nameless(record: Any, connection: str, entity: str) -> Unreadable:
    """A record without an id that can be read, known by its content."""
    return unreadable.nameless(
        record, connection, entity, expected="a text", at=lambda each: moment_of(each.get("updatedTime"))
    )


def moment_of(value: object) -> datetime | None:
    """An instant, None also where it cannot be read."""
    try:
        return instant_of(value)
    except ValueError:
        return None


def _later(last: datetime | None, value: object) -> datetime | None:
    moment = moment_of(value)
    return moment if last is None or (moment is not None and moment > last) else last
