"""How the resources are described: fields with their kinds, and what a reference to a record may be made with.

A record is a dictionary with the API's hyphen keys. A reference is held as the id of its target, an instant
in UTC, a day as a date, an amount as a Decimal that already has the places it is shown with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

Record = dict[str, Any]

Kind = Literal[
    "text",
    "int",
    "bool",
    "decimal",
    "instant",  # a date-time
    "day",  # a business date, or the moment that was sent for one; read back with the instance's offset (3.4.1)
    "ref",  # one record of another entity
    "refs",  # several
    "nested",  # an object of its own
    "lines",  # a list of objects of its own
    "payments",  # a list that a PUT appends to (coupa section 3.5)
    "backrefs",  # the records of another entity that refer to this one
    "custom",  # the customer's own fields
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `more_choices` are accepted like `choices`, but no message names them, and `spellings` are (other spelling, value)
    pairs that a filter takes. Of a decimal, `places` are shown at least and
    `scale` kept at most. `label` is the field's name in messages, where it is not just the key.
    """

    kind: Kind = "text"
    read_only: bool = False
    max: int | None = None
    choices: tuple[str, ...] = ()
    more_choices: tuple[str, ...] = ()
    spellings: tuple[tuple[str, str], ...] = ()
    target: str = ""
    via: str = ""
    shape: Shape | None = None
    places: int = 2
    scale: int = 6
    default: Any = None
    label: str = ""
    bare: bool = False
    """Of a decimal: it is answered as a JSON number, as rates and percentages are in recorded documents."""
    write_only: bool = False
    """Whether it does not come back where only what is documented does (`payables_return`)."""
    at: Literal["midnight", "invoice", "end"] = "midnight"
    """Of a day: the time that is printed with it, as the options say for the `invoice` date and the `end` of a day."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of an object; `identified` says that an object inside a record has an id of its own."""

    fields: Mapping[str, Field]
    identified: bool = True


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields that no two records may share; records without a value for `given` do not count."""

    fields: tuple[str, ...]
    given: str
    label: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A resource of the API.

    `singular` is its key in error bodies and, with hyphens, its XML root; `model` is its name in the message
    about a reference that leads nowhere; `keys` are what a reference may be made with; `stub` is what a
    reference shows.
    """

    name: str
    singular: str
    model: str
    shape: Shape
    keys: tuple[str, ...] = ("id",)
    stub: tuple[str, ...] = ("id",)
    required: tuple[str, ...] = ()
    unique: tuple[Unique, ...] = ()
    indexed: tuple[str, ...] = ()
    stamps: tuple[str, ...] = field(default=("created-at", "updated-at"))


ID = Field("int", read_only=True)
READ_ONLY_INSTANT = Field("instant", read_only=True)
STAMPS: Mapping[str, Field] = {
    "id": ID,
    "created-at": READ_ONLY_INSTANT,
    "updated-at": READ_ONLY_INSTANT,
    "created-by": Field("ref", read_only=True, target="users"),
    "updated-by": Field("ref", read_only=True, target="users"),
}


def text(limit: int | None = 255, **more: Any) -> Field:
    """A text field of at most `limit` characters."""
    return Field("text", max=limit, **more)


def ref(target: str, **more: Any) -> Field:
    """A reference to one record of `target`."""
    return Field("ref", target=target, **more)


def nothing() -> Field:
    """A documented list that this instance never has anything in."""
    return Field("lines", read_only=True, shape=Shape({}))


def label(key: str, field: Field) -> str:
    """A field's name at the beginning of a message: "Invoice number"."""
    return field.label or key.replace("-", " ").capitalize()


def hyphenated(key: str) -> str:
    """A key as the API writes it, from either spelling (coupa section 3.0)."""
    return key.replace("_", "-") if "_" in key and not key.startswith("_") else key


def with_places(value: Decimal, places: int, scale: int | None = None) -> Decimal:
    """The value rounded to `scale`, with trailing zeros to `places` and not beyond."""
    if scale is not None and -_exponent(value) > scale:
        value = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    shown = -_exponent(value)
    while shown > places and value == (shorter := value.quantize(Decimal(1).scaleb(1 - shown))):
        value, shown = shorter, shown - 1
    return value.quantize(Decimal(1).scaleb(-places)) if shown < places else value


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def copied(value: Any) -> Any:
    """A copy of a record's content, so that a refused change leaves the record as it was."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) for inner in value]
    return value


Plain = str | int | bool | Decimal | date | datetime | None
"""What a field of a plain kind may hold."""
