"""A record that a system gave and that cannot be read: what is known of it, and what becomes of the rest of its page.

Who reads a list decides. By default the first such record raises `UnreadableRecord`: nobody may take what cannot be
read for what is not there. Inside `set_aside()` it is put aside and the reading goes on, so that the caller can account
for it. A thread has a choice of its own, and a new one always raises.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from pydantic import ValidationError

from connector_resources.errors import Unavailable

# what the id of a record begins with whose own id cannot be read either: a digest of its content follows
BY_CONTENT = "content-"
_DIGITS = 16
_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    (str, "text"),
    ((int, float, Decimal), "number"),
    (Mapping, "object"),
    ((list, tuple), "array"),
)
_PREFIXES = ("Value error, not ", "Value error, ", "Input should be ", "String should ")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record that cannot be read.

    `field` is the first one that is to blame (a dotted path, '' for the record itself), `type` the JSON type of its
    value, `expected` what it should be; the value itself is never kept, for it may be anything. `day` and `at` say when
    the record changed, in the system's own clock or as an instant, where that can be read.
    """

    connection: str
    entity: str
    id: str
    field: str
    type: str
    expected: str
    day: date | None = None
    at: datetime | None = None

    @property
    def key(self) -> str:
        """`<connection>:<entity>:<id>`."""
        return f"{self.connection}:{self.entity}:{self.id}"

    @property
    def nameless(self) -> bool:
        """Whether its own id cannot be read: it is known by its content, wherever it stands."""
        return self.id.startswith(BY_CONTENT)

    def __str__(self) -> str:
        where = f"{self.field} is {_with_article(self.type)}" if self.field else f"it is {_with_article(self.type)}"
        return f"{self.key} cannot be read: {where}, expected {self.expected}"

    def as_json(self) -> dict[str, str]:
        """As text, for what is kept beside landed rows."""
        entry = asdict(self)
        return {name: str(value) for name, value in entry.items() if value is not None}

    @classmethod
    def from_json(cls, entry: Mapping[str, str]) -> Self:
        """What `as_json` made of it."""
        values: dict[str, Any] = dict(entry)
        if "day" in entry:
            values["day"] = date.fromisoformat(entry["day"])
        if "at" in entry:
            values["at"] = datetime.fromisoformat(entry["at"])
        return cls(**values)


class UnreadableRecord(Unavailable):
    """Records that were asked for are there and cannot be read: nothing may be concluded from their absence."""

    def __init__(self, records: Sequence[Unreadable]) -> None:
        more = f"; and {len(records) - 1} more" if len(records) > 1 else ""
        super().__init__(f"{records[0]}{more}", connection=records[0].connection)
        self.records = tuple(records)


_aside: ContextVar[list[Unreadable] | None] = ContextVar("unreadable records", default=None)


@contextmanager
def set_aside() -> Iterator[list[Unreadable]]:
    """Put unreadable records of lists into the list that it gives, each once, and read on."""
    found: list[Unreadable] = []
    token = _aside.set(found)
    try:
        yield found
    finally:
        _aside.reset(token)


def setting_aside() -> bool:
    """Whether who reads here sets unreadable records aside."""
    return _aside.get() is not None


def met(record: Unreadable) -> None:
    """An unreadable record was met in a list. Raises UnreadableRecord unless the reader sets such records aside."""
    found = _aside.get()
    if found is None:
        raise UnreadableRecord([record])
    if all(each.key != record.key for each in found):
        found.append(record)


def nameless(
    record: Any, connection: str, entity: str, *, expected: str, at: Callable[[Mapping[str, Any]], datetime | None]
) -> Unreadable:
    """A record whose `id` cannot be read, known by its content. `expected` is what an id is, `at` tells from a record
    when it changed."""
    is_record = isinstance(record, Mapping)
    return Unreadable(
        connection,
        entity,
        id_by_content(record),
        field="id" if is_record else "",
        type=type_name(record.get("id") if is_record else record),
        expected=expected if is_record else "an object",
        at=at(record) if is_record else None,
    )


def id_by_content(raw: Any) -> str:
    """The identity of a record whose id cannot be read: a digest of its content, whatever page it stands on."""
    text = json.dumps(raw, sort_keys=True, default=str)
    return BY_CONTENT + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def type_name(value: Any) -> str:
    """The JSON type of a value."""
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "null")


def blame(error: ValidationError) -> tuple[str, str, str]:
    """Field, type and expectation of the first thing that a model could not read."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return field, "null", "a value"
    expected = first["msg"]
    for prefix in _PREFIXES:
        expected = expected.removeprefix(prefix)
    return field, type_name(first["input"]), expected


def _with_article(kind: str) -> str:
    return {"object": "an object", "array": "an array", "text": "a text", "null": "null"}.get(kind, f"a {kind}")
