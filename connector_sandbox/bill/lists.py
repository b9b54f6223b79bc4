"""Lists: page sizes, sort and tokens of further pages (bill section 4).

A token says after which record the next page begins, so that nothing is skipped or seen twice where records change
in between, save those whose place in the sort changes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering
from typing import Any

import msgspec

from connector_sandbox.bill.books import Books, Record, value_of
from connector_sandbox.bill.errors import Refusal, invalid
from connector_sandbox.bill.filters import Filterable, Filters, parsed
from connector_sandbox.bill.options import Options

_DEFAULT_SIZE, _LARGEST = 20, 100
_KEY = b"made up, so that a token cannot be made by hand"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list of one entity takes."""

    filterable: Mapping[str, Filterable]
    sortable: tuple[str, ...]


class _Position(msgspec.Struct, array_like=True):
    """What a token holds."""

    epoch: int
    query: tuple[str, str, int]
    backwards: bool
    inclusive: bool
    values: list[str | None]
    place: int


@total_ordering
class _Descending:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


class Lists:
    """Answers lists and knows its own tokens."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._epoch = 1
        self._pages = 0
        self._kept: dict[tuple[Any, ...], _Chosen] = {}

    def forget(self) -> None:
        """All tokens become invalid."""
        self._epoch += 1
        self._pages = 0
        self._kept.clear()

    def answer(self, listing: Listing, entity: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A page, {"results", "nextPage", "prevPage"}; tokens are absent where there is no such page."""
        options = self._books.options
        token = query.get("page")
        position = self._position(token, options) if token else None
        asked = (query.get("filters", ""), query.get("sort", ""), page_size(query.get("max")))
        if position is not None:
            self._check_same(position, query, asked, options)
            asked = position.query
        filters = parsed(asked[0], listing.filterable, status=options.bad_filter_status)
        sort = _sort(asked[1], listing.sortable, options)
        return self._page(self._chosen(entity, asked[:2], filters, sort), sort, asked, position, options)

    def _chosen(self, entity: str, query: tuple[str, str], filters: Filters, sort: list[tuple[str, bool]]) -> _Chosen:
        """What the list holds, in order; kept until something of the entity changes, for its next page."""
        options = self._books.options
        key = (entity, self._books.versions[entity], query, options.lists_archived)
        if key not in self._kept:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            records = self._books.narrowed(entity, filters.exact)
            self._kept[key] = _Chosen(_ordered(records, filters, sort, options))
        return self._kept[key]

    def _page(
        self,
        held: _Chosen,
        sort: list[tuple[str, bool]],
        query: tuple[str, str, int],
        position: _Position | None,
        options: Options,
    ) -> dict[str, Any]:
        chosen, keys = held.records, held.keys
        size = query[2]
        start, end = 0, size
        if position is not None:
            at = (_keys(position.values, sort), position.place)
            if position.backwards:
                end = bisect_left(keys, at)
                start = max(0, end - size)
            else:
                start = (bisect_left if position.inclusive else bisect_right)(keys, at)
                end = start + size
        page: dict[str, Any] = {"results": [record for _, _, record in chosen[start:end]]}
        self._pages += 1
        if options.empty_page_every and self._pages % options.empty_page_every == 0 and start < len(chosen):
            page["results"] = []
            page["nextPage"] = self._token(query, chosen[start], sort, inclusive=True)
            return page
        if end < len(chosen):
            page["nextPage"] = self._token(query, chosen[end - 1], sort)
        if start > 0:
            page["prevPage"] = self._token(query, chosen[min(start, len(chosen) - 1)], sort, backwards=True)
        return page

    def _token(
        self,
        query: tuple[str, str, int],
        at: tuple[_Keys, int, Record],
        sort: list[tuple[str, bool]],
        *,
        backwards: bool = False,
        inclusive: bool = False,
    ) -> str:
        values = [_written(value_of(at[2], field)) for field, _ in sort]
        body = msgspec.json.encode(_Position(self._epoch, query, backwards, inclusive, values, at[1]))
        return base64.urlsafe_b64encode(hmac.digest(_KEY, body, "sha256")[:9] + body).decode().rstrip("=")

    def _position(self, token: str, options: Options) -> _Position:
        problem = Refusal(options.bad_filter_status, "BDC_1119", "Invalid value for field page.")
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            if not hmac.compare_digest(raw[:9], hmac.digest(_KEY, raw[9:], "sha256")[:9]):
                raise problem
            position = msgspec.json.decode(raw[9:], type=_Position)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise problem from None
        if position.epoch != self._epoch:
            raise problem
        return position

    def _check_same(
        self, position: _Position, query: Mapping[str, str], asked: tuple[str, str, int], options: Options
    ) -> None:
        """A token continues its own list: filters, sort and max are repeated, or left out (bill section 4)."""
        for place, name in enumerate(("filters", "sort", "max")):
            if query.get(name) and asked[place] != position.query[place]:
                raise Refusal(options.bad_filter_status, "BDC_1119", f"Invalid value for field {name} with page.")


_Keys = tuple[Any, ...]
_KEPT = 8


class _Chosen:
    """The records of a list in order, and what they are ordered by."""

    __slots__ = ("keys", "records")

    def __init__(self, records: list[tuple[_Keys, int, Record]]) -> None:
        self.records = records
        self.keys = [(each[0], each[1]) for each in records]


def page_size(given: str | None) -> int:
    """How many records a page has, by `max`."""
    if given is None:
        return _DEFAULT_SIZE
    if not given.isascii() or not given.removeprefix("-").isdigit():
        raise invalid(["max: must be a whole number"])
    size = int(given)
    if size < 1:
        raise invalid(["max: must be greater than or equal to 1"])
    if size > _LARGEST:
        raise invalid([f"max: must be less than or equal to {_LARGEST}"])
    return size


def _sort(given: str, sortable: tuple[str, ...], options: Options) -> list[tuple[str, bool]]:
    """[(field, whether it descends)]"""
    sort = []
    for each in filter(None, given.split(",")):
        field, _, direction = each.strip().partition(":")
        if field not in sortable or direction not in ("asc", "desc"):
            raise Refusal(options.bad_filter_status, "BDC_1119", f"Invalid value for field sort: {each.strip()}.")
        sort.append((field, direction == "desc"))
    return sort


def _ordered(
    records: Iterable[Record], filters: Filters, sort: list[tuple[str, bool]], options: Options
) -> list[tuple[_Keys, int, Record]]:
    unarchived = options.lists_archived == "exclude" and "archived" not in filters.fields
    chosen = [
        (_keys([_written(value_of(record, field)) for field, _ in sort], sort), place, record)
        for place, record in enumerate(records)
        if filters.match(record) and not (unarchived and record.get("archived"))
    ]
    if sort:
        chosen.sort(key=lambda each: (each[0], each[1]))
    return chosen


def _keys(values: list[str | None], sort: list[tuple[str, bool]]) -> _Keys:
    keys = []
    for value, (_, descends) in zip(values, sort, strict=True):
        key = _key(value)
        keys.append(_Descending(key) if descends else key)
    return tuple(keys)


def _key(value: str | None) -> tuple[int, Decimal, str]:
    """Unset first, then numbers, then text without regard to case."""
    if value is None:
        return (0, Decimal(0), "")
    if value.startswith("#"):
        return (1, Decimal(value[1:]), "")
    return (2, Decimal(0), value.casefold())


def _written(value: Any) -> str | None:
    """A value as a token keeps it; numbers are told from text by a # before them."""
    match value:
        case None:
            return None
        case bool():
            return f"#{int(value)}"
        case int() | Decimal():
            return f"#{value}"
    text = str(value)
    return f" {text}" if text.startswith("#") else text
