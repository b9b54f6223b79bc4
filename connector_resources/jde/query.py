"""Conditions of the data service as small values, and their AIS JSON (jde-ais section 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, overload


@dataclass(frozen=True, slots=True)
class Today:
    """The server's own today, plus so many days (negative: before). Needs no date literal."""

    plus_days: int = 0


Value = str | int | Decimal | date | Today


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a column, named by its alias (or `TABLE.ALIAS` in a view)."""

    column: str
    operator: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of which all, or any, must hold."""

    match: Literal["ALL", "ANY"]
    parts: tuple[Where, ...]


Where = Condition | Group


def eq(column: str, value: Value) -> Condition:
    """Equal; a blank text is asked for as blank, since an empty literal is no literal."""
    return is_blank(column) if value == "" else Condition(column, "EQUAL", (value,))


def ne(column: str, value: Value) -> Condition:
    """Not equal."""
    return not_blank(column) if value == "" else Condition(column, "NOT_EQUAL", (value,))


def lt(column: str, value: Value) -> Condition:
    """Less than."""
    return Condition(column, "LESS", (value,))


def le(column: str, value: Value) -> Condition:
    """Less than or equal."""
    return Condition(column, "LESS_EQUAL", (value,))


def gt(column: str, value: Value) -> Condition:
    """Greater than."""
    return Condition(column, "GREATER", (value,))


def ge(column: str, value: Value) -> Condition:
    """Greater than or equal."""
    return Condition(column, "GREATER_EQUAL", (value,))


def between(column: str, first: Value, last: Value) -> Condition:
    """From `first` to `last`, both included."""
    return Condition(column, "BETWEEN", (first, last))


def starts_with(column: str, prefix: str) -> Condition:
    """Text that begins with `prefix`."""
    return Condition(column, "STR_START_WITH", (prefix,))


def is_blank(column: str) -> Condition:
    """Blank text."""
    return Condition(column, "STR_BLANK")


def not_blank(column: str) -> Condition:
    """Text that is not blank."""
    return Condition(column, "STR_NOT_BLANK")


def one_of(column: str, values: Iterable[Value]) -> Where:
    """Equal to one of the values (LIST)."""
    wanted = tuple(dict.fromkeys(values))
    if not wanted:
        raise ValueError(f"one_of({column!r}) needs a value")
    filled = tuple(value for value in wanted if value != "")
    if len(filled) < len(wanted):
        return any_of(is_blank(column), one_of(column, filled)) if filled else is_blank(column)
    return Condition(column, "LIST", filled) if len(filled) > 1 else eq(column, filled[0])


@overload
def all_of(first: Where, /, *parts: Where | None) -> Where: ...
@overload
def all_of(*parts: Where | None) -> Where | None: ...
def all_of(*parts: Where | None) -> Where | None:
    """All of them; None (no condition at all) counts as held."""
    return _group("ALL", parts)


def any_of(*parts: Where) -> Where:
    """At least one of them."""
    group = _group("ANY", parts)
    if group is None:
        raise ValueError("any_of() needs a condition")
    return group


def _group(match: Literal["ALL", "ANY"], parts: Iterable[Where | None]) -> Where | None:
    flat: list[Where] = []
    for part in parts:
        if isinstance(part, Group) and part.match == match:
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part)
    if len(flat) < 2:
        return flat[0] if flat else None
    return Group(match, tuple(flat))


def query_json(where: Where | None, table: str, day_literal: Callable[[date], str]) -> dict[str, Any]:
    """The `query` object of a request on `table`; dates are written by `day_literal`."""
    if where is None:
        return {"autoFind": True}
    return {"autoFind": True, **_query(where, table, day_literal)}


def _query(where: Where, table: str, day_literal: Callable[[date], str]) -> dict[str, Any]:
    if isinstance(where, Condition):
        where = Group("ALL", (where,))
    simple = tuple(part for part in where.parts if isinstance(part, Condition))
    nested = [part for part in where.parts if isinstance(part, Group)]
    if not nested:
        conditions = [_condition(condition, table, day_literal) for condition in simple]
        return {"matchType": f"MATCH_{where.match}", "condition": conditions}
    # With groups inside, the plain conditions become a group of their own: how `condition` and
    # `complexQuery` of one query combine is not established. The first element always says AND, so that it
    # cannot widen an empty start.
    parts: list[Where] = [Group(where.match, simple), *nested] if simple else list(nested)
    joined = ["AND", *(["AND" if where.match == "ALL" else "OR"] * (len(parts) - 1))]
    return {
        "complexQuery": [
            {"andOr": word, "query": _query(part, table, day_literal)} for word, part in zip(joined, parts, strict=True)
        ]
    }


def _condition(condition: Condition, table: str, day_literal: Callable[[date], str]) -> dict[str, Any]:
    column = condition.column if "." in condition.column else f"{table}.{condition.column}"
    rendered: dict[str, Any] = {"controlId": column, "operator": condition.operator}
    if condition.values:
        rendered["value"] = [_value(value, day_literal) for value in condition.values]
    return rendered


def _value(value: Value, day_literal: Callable[[date], str]) -> dict[str, str]:
    if isinstance(value, Today):
        if value.plus_days == 0:
            return {"content": "", "specialValueId": "TODAY"}
        direction = "PLUS" if value.plus_days > 0 else "MINUS"
        return {"content": str(abs(value.plus_days)), "specialValueId": f"TODAY_{direction}_DAY"}
    return {"content": literal(value, day_literal), "specialValueId": "LITERAL"}


def literal(value: str | int | Decimal | date, day_literal: Callable[[date], str]) -> str:
    """A value as AIS reads it from a login user: dates in the user's pattern, numbers plain, never 1E+3."""
    if isinstance(value, date):
        return day_literal(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
