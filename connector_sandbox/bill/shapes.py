"""What a request's body may hold, and what is said of one that does not fit (bill section 5.2).

Fields that no shape names are let pass and forgotten. A null is a field that was not given, as it is for a JSON
binding that knows no difference: it is missed where the field is required, and changes nothing in a PATCH.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

from connector_sandbox.bill.errors import invalid, unreadable

Kind = Literal["text", "money", "number", "int", "bool", "date", "enum", "object", "list"]
_CENT = Decimal("0.01")
# currencies that have no smaller unit
_WHOLE = frozenset(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"))
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it takes, and how much of it."""

    kind: Kind
    required: bool = False
    max: int | None = None
    """Of text the most characters, of a list the most entries."""
    min: int = 0
    choices: tuple[str, ...] = ()
    shape: Mapping[str, Field] | None = None
    """Of an object, or of each entry of a list."""


Shape = Mapping[str, Field]


def taken(shape: Shape, body: Any, name: str, *, partial: bool = False) -> dict[str, Any]:
    """The fields of a body as records keep them; Refusal with an entry for each field that does not fit.

    With `partial` (PATCH) nothing is missed, and an empty text, by which a field is unset, comes back as None.
    """
    reader = _Reader(name, partial=partial)
    values = reader.object(shape, body, "")
    if reader.messages:
        raise invalid(reader.messages)
    return values


def taken_many(shape: Shape, body: Any, name: str, most: int, *, partial: bool = False) -> list[dict[str, Any]]:
    """The records of a bulk call, whose body is a bare array of 1 to `most` of them."""
    if not isinstance(body, list):
        raise unreadable(f"List<{name}>", f"no {_kind_of(body)} where an array is expected")
    if not 1 <= len(body) <= most:
        raise invalid([f"size must be between 1 and {most}"])
    reader = _Reader(name, partial=partial)
    values = [reader.object(shape, each, f"[{place}].") for place, each in enumerate(body)]
    if reader.messages:
        raise invalid(reader.messages)
    return values


def in_units(number: Decimal, currency: str) -> Decimal:
    """In whole units of a currency, half up; of one that has thousandths in hundredths (bill section 8.16)."""
    return cents(number.quantize(Decimal(1), ROUND_HALF_UP) if currency in _WHOLE else number)


def cents(number: Decimal) -> Decimal:
    """To two places, half up."""
    return number.quantize(_CENT, ROUND_HALF_UP)


class _Reader:
    def __init__(self, name: str, *, partial: bool) -> None:
        self._name = name
        self._partial = partial
        self.messages: list[str] = []

    def object(self, shape: Shape, body: Any, path: str) -> dict[str, Any]:
        if body is None and not path:
            body = {}
        if not isinstance(body, dict):
            raise unreadable(self._name, f"no {_kind_of(body)} where {path.rstrip('.') or 'an object'} is expected")
        values: dict[str, Any] = {}
        for name, field in shape.items():
            given = body.get(name)
            place = path + name
            if given is None:
                if field.required and not self._partial:
                    self.messages.append(f"{place}: must not be null")
                continue
            value = self._value(field, given, place)
            if value == "" and field.required:
                self.messages.append(f"{place}: must not be blank")
                continue
            values[name] = None if value == "" else value
        return values if self._partial else set_only(values)

    def _value(self, field: Field, given: Any, place: str) -> Any:
        match field.kind:
            case "object":
                return self.object(field.shape or {}, given, f"{place}.")
            case "list":
                return self._list(field, given, place)
            case "bool":
                return self._bool(given, place)
            case "money" | "number" | "int":
                return self._number(field, given, place)
        text = self._text(given, place)
        if field.kind == "date":
            return self._date(text, place)
        if field.kind == "enum" and text and text not in field.choices:
            raise unreadable(self._name, f"{place} has no value {text!r}")
        if not (field.min <= len(text) <= (field.max or len(text))) and text:
            self.messages.append(f"{place}: size must be between {field.min} and {field.max}")
        return text

    def _list(self, field: Field, given: Any, place: str) -> list[Any]:
        if not isinstance(given, list):
            raise unreadable(self._name, f"no {_kind_of(given)} where an array is expected ({place})")
        if len(given) < field.min or (field.max is not None and len(given) > field.max):
            most = 2**31 - 1 if field.max is None else field.max
            self.messages.append(f"{place}: size must be between {field.min} and {most}")
        if field.shape is None:
            return [self._text(each, f"{place}[{i}]") for i, each in enumerate(given)]
        return [self.object(field.shape, each, f"{place}[{i}].") for i, each in enumerate(given)]

    def _bool(self, given: Any, place: str) -> bool:
        if isinstance(given, bool):
            return given
        if given in ("true", "false"):
            return bool(given == "true")
        raise unreadable(self._name, f"no {_kind_of(given)} where true or false is expected ({place})")

    def _number(self, field: Field, given: Any, place: str) -> Any:
        try:
            if isinstance(given, bool) or not isinstance(given, int | str | float | Decimal):
                raise InvalidOperation
            number = Decimal(str(given).strip())
            if not number.is_finite() or (field.kind == "int" and number != int(number)):
                raise InvalidOperation
        except InvalidOperation:
            raise unreadable(self._name, f"no {_kind_of(given)} where a number is expected ({place})") from None
        if field.kind == "int":
            return int(number)
        if abs(number) >= Decimal(10) ** 14 or (field.kind == "money" and number != cents(number)):
            self.messages.append(f"{place}: numeric value out of bounds (<14 digits>.<2 digits> expected)")
            return Decimal(0)
        return cents(number) if field.kind == "money" else number

    def _text(self, given: Any, place: str) -> str:
        if isinstance(given, bool):
            return "true" if given else "false"
        if isinstance(given, str | int | Decimal):
            return str(given)
        raise unreadable(self._name, f"no {_kind_of(given)} where text is expected ({place})")

    def _date(self, text: str, place: str) -> str:
        try:
            if not _DATE.fullmatch(text):
                raise ValueError
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise unreadable("LocalDate", f"{text!r} is not a date yyyy-MM-dd ({place})") from None


def set_only(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is unset, at any depth."""
    return {
        name: set_only(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None
    }


def merged(record: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what a partial body changes of it: objects field by field, None unsets."""
    made = dict(record)
    for name, value in values.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, Mapping):
            made[name] = merged(made.get(name) or {}, value)
        else:
            made[name] = value
    return made


def _kind_of(given: Any) -> str:
    match given:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float() | Decimal():
            return "number"
        case list():
            return "array"
    return "object"
