"""Reading whole lists without losing or repeating a record (bill section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector_resources.bill.wire import Condition, from_moment
from connector_resources.errors import NotFound, Refused, Unavailable
from connector_resources.values import instant_of

Raw = Mapping[str, Any]

_RESTARTS = 3  # in a row, without a new record between them


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its records, and the token of the next one, None at the end."""

    records: list[Raw]
    next: str | None


# conditions, token (None: the first page) -> the page
Fetch = Callable[[Sequence[Condition], str | None], Page]


def scan(
    fetch: Fetch, conditions: Sequence[Condition], *, key: str | None, what: str, connection: str
) -> Iterator[Raw]:
    """All records behind `fetch`, each id once.

    A token that BILL no longer takes (its life is not documented) starts the scan anew: from the last record's
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
            number = str(record.get("id") or "")
            if not number:
                raise Unavailable(f"{what}: {connection} gave a record without an id", connection=connection)
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
    if not isinstance(results, list) or not all(isinstance(record, Mapping) for record in results):
        return None
    token = content.get("nextPage")
    return Page(results, token if isinstance(token, str) and token.strip() else None)


def _later(last: datetime | None, value: object) -> datetime | None:
    try:
        moment = instant_of(value)
    except ValueError:
        return last
    return moment if last is None or (moment is not None and moment > last) else last
