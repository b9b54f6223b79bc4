"""The `filters` parameter: field:op:value, joined by commas (bill section 4).

A value in double quotes ends at the next quote, for no escape is documented; any other ends at the next comma.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from connector_sandbox.bill.books import Record, value_of
from connector_sandbox.bill.errors import Refusal, timestamp

Kind = Literal["text", "name", "bool", "date", "time", "number"]
OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "sw")
Test = Callable[[Record], bool]
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?(Z|[+-]\d{2}(:?\d{2})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filterable:
    """A field that a list can be filtered by, and with what."""

    kind: Kind
    operators: tuple[str, ...]


def text(*operators: str) -> Filterable:
    """An id or one of a few words."""
    return Filterable("text", operators)


ARCHIVED = Filterable("bool", ("eq", "ne"))
TIME = Filterable("time", ("gt", "gte", "lt", "lte"))
COMMON: Mapping[str, Filterable] = {
    "id": text("eq", "ne", "in"),
    "archived": ARCHIVED,
    "createdTime": TIME,
    "updatedTime": TIME,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to."""

    tests: tuple[Test, ...]
    fields: frozenset[str]
    exact: Mapping[str, tuple[str, ...]]
    """Field -> the only values that it may have, for texts that are asked for by eq or in."""

    def match(self, record: Record) -> bool:
        """Whether a record passes all of them."""
        return all(test(record) for test in self.tests)


def parsed(given: str, filterable: Mapping[str, Filterable], *, status: int) -> Filters:
    """The filters of a list; Refusal of `status` for a field, an operator or a value that it does not take."""
    tests, fields = [], set()
    exact: dict[str, tuple[str, ...]] = {}
    for field, operator, value in _split(given, status):
        known = filterable.get(field)
        if known is None:
            raise Refusal(status, "BDC_1130", f"Invalid list filter field: {field}.")
        if operator not in known.operators:
            raise Refusal(status, "BDC_1131", f"Invalid list filter operator: {operator} for {field}.")
        tests.append(_test(field, operator, value, known.kind, status))
        fields.add(field)
        if known.kind == "text" and operator in ("eq", "in"):
            listed = [each.strip() for each in value.split(",")] if operator == "in" else [value]
            exact[field] = tuple(dict.fromkeys(listed))
    return Filters(tuple(tests), frozenset(fields), exact)


def _split(given: str, status: int) -> list[tuple[str, str, str]]:
    found, rest = [], given
    while rest:
        field, colon, rest = rest.partition(":")
        operator, second, rest = rest.partition(":")
        if not colon or not second or operator not in OPERATORS:
            raise Refusal(status, "BDC_1131" if second else "BDC_1130", f"Invalid list filter: {field}:{operator}.")
        if rest.startswith('"'):
            value, quote, rest = rest[1:].partition('"')
            if not quote or (rest and not rest.startswith(",")):
                raise Refusal(status, "BDC_1119", f"Invalid value for field {field}.")
            rest = rest[1:]
        else:
            value, _, rest = rest.partition(",")
        found.append((field.strip(), operator, value))
    return found


def _test(field: str, operator: str, value: str, kind: Kind, status: int) -> Test:
    if operator in ("in", "nin"):
        listed = {_operand(each.strip(), kind, field, status) for each in value.split(",")}
        wanted = operator == "in"
        return lambda record: (_folded(value_of(record, field), kind) in listed) is wanted
    operand = _operand(value, kind, field, status)
    if operator == "ne":
        return lambda record: _folded(value_of(record, field), kind) != operand
    return lambda record: _compared(_folded(value_of(record, field), kind), operator, operand)


def _compared(value: Any, operator: str, operand: Any) -> bool:
    if value is None:
        return False
    match operator:
        case "eq":
            return bool(value == operand)
        case "sw":
            return str(value).startswith(operand)
        case "gt":
            return bool(value > operand)
        case "gte":
            return bool(value >= operand)
        case "lt":
            return bool(value < operand)
    return bool(value <= operand)


def _folded(value: Any, kind: Kind) -> Any:
    return value.casefold() if kind == "name" and isinstance(value, str) else value


def _operand(value: str, kind: Kind, field: str, status: int) -> Any:
    problem = Refusal(status, "BDC_1119", f"Invalid value for field {field}.")
    match kind:
        case "bool":
            if value not in ("true", "false"):
                raise problem
            return value == "true"
        case "number":
            try:
                return Decimal(value)
            except InvalidOperation:
                raise problem from None
        case "time":
            return _moment(value, problem)
        case "date":
            return _moment(value, problem)[:10]
        case "name":
            return value.casefold()
    return value


def _moment(value: str, problem: Refusal) -> str:
    """An instant as records keep theirs; without an offset it is taken as UTC, which is not documented."""
    # An offset's + that was not encoded came as a space.
    value = re.sub(r" (\d{2}:?\d{2})$", r"+\1", value)
    if not _TIME.fullmatch(value):
        raise problem
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise problem from None
    return timestamp(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
