"""The query object of the data service: conditions, their operators and special values, as tests on rows.

Source: jde-ais section 3.1. A condition is turned into a predicate, and where its column is indexed also
into a plan
that finds its rows without looking at the others.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connector_sandbox.jde.dates import DatePattern, plus_months
from connector_sandbox.jde.errors import AisError, UnknownTargetError
from connector_sandbox.jde.store import TableData
from connector_sandbox.jde.tables import Column, Kind, Row, Table, Value

Test = Callable[[Row], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "LESS": operator.lt,
    "LESS_EQUAL": operator.le,
    "GREATER": operator.gt,
    "GREATER_EQUAL": operator.ge,
}
_OPERATORS = {
    *_COMPARE,
    "EQUAL",
    "NOT_EQUAL",
    "BETWEEN",
    "LIST",
    "STR_START_WITH",
    "STR_END_WITH",
    "STR_CONTAIN",
    "STR_BLANK",
    "STR_NOT_BLANK",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How numbers in requests are read: by a point, or by the user's decimal comma (section 17: not established)."""

    comma: bool = False
    strict: bool = True
    """With a comma: whether a point is refused, or taken for a thousands sign, so that 1234.56 is 123456."""

    def read(self, text: str) -> Decimal:
        """The number; InvalidOperation for what is none."""
        text = text.strip()
        if self.comma:
            if self.strict and "." in text:
                raise InvalidOperation
            text = text.replace(".", "").replace(",", ".")
        number = Decimal(text or "0")
        if not number.is_finite():
            raise InvalidOperation
        return number


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and when: what literals and special values mean to this user."""

    pattern: DatePattern
    today: date
    user: str
    numbers: Numbers = Numbers()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition on one column."""

    column: Column
    operator: str
    operands: tuple[Value, ...]

    def matcher(self) -> Callable[[Value], bool]:
        """The condition as a test on the column's value; an empty date matches an empty operand only."""
        first = self.operands[0] if self.operands else None
        if self.operator == "EQUAL":
            return lambda value: value == first
        if self.operator == "NOT_EQUAL":
            return lambda value: value != first and (value is not None or first is None)
        if self.operator == "LIST":
            wanted = frozenset(self.operands)
            return lambda value: value in wanted
        if self.operator == "BETWEEN":
            return _between(*self.operands)
        if self.operator in _COMPARE:
            return _compared(_COMPARE[self.operator], first)
        return _string_test(self.operator, first)

    def test(self) -> Test:
        """The condition as a test on rows."""
        position, matches = self.column.position, self.matcher()
        return lambda row: matches(row[position])


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all, or any, must hold."""

    every: bool
    parts: tuple[Leaf | Group, ...]

    def test(self) -> Test:
        """The group as a test on rows; an empty group lets each row pass."""
        tests = [part.test() for part in self.parts]
        if not tests:
            return lambda row: True
        if len(tests) == 1:
            return tests[0]
        if self.every:
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)


def _between(low: Value, high: Value) -> Callable[[Value], bool]:
    if low is None or high is None:
        return lambda value: False
    return lambda value: value is not None and low <= value <= high  # type: ignore[operator]


def _compared(compare: Callable[[Any, Any], bool], operand: Value) -> Callable[[Value], bool]:
    if operand is None:
        return lambda value: False
    return lambda value: value is not None and compare(value, operand)


def _string_test(name: str, operand: Value) -> Callable[[Value], bool]:
    text = str(operand or "")
    tests: dict[str, Callable[[Value], bool]] = {
        "STR_START_WITH": lambda value: str(value).lstrip().startswith(text),
        "STR_END_WITH": lambda value: str(value).endswith(text),
        "STR_CONTAIN": lambda value: text in str(value),
        "STR_BLANK": lambda value: not value,
        "STR_NOT_BLANK": lambda value: bool(value),
    }
    return tests[name]


def column_of(table: Table, control_id: object) -> Column:
    """The column of `TABLE.ALIAS`; UnknownTargetError for anything else."""
    column = table.by_name.get(str(control_id).strip())
    if column is None:
        raise UnknownTargetError(f"Column {control_id} is not in {table.name}")
    return column


def parse_query(table: Table, query: Mapping[str, Any] | None, reader: Reader) -> Group:
    """The condition tree of a `query` object, complexQuery included.

    Raises UnknownTargetError for an unknown column and AisError 500 for an operator or a value that is not
    one.
    """
    if not query:
        return Group(True, ())
    # Without matchType several conditions behave as AND (section 3.1).
    every = str(query.get("matchType") or "MATCH_ALL").upper() != "MATCH_ANY"
    group = Group(every, tuple(_leaf(table, item, reader) for item in query.get("condition") or ()))
    for member in query.get("complexQuery") or ():
        inner = parse_query(table, member.get("query"), reader)
        both = str(member.get("andOr") or "AND").upper() != "OR"
        group = Group(both, (group, inner)) if group.parts else inner
    return group


def _leaf(table: Table, item: Mapping[str, Any], reader: Reader) -> Leaf:
    column = column_of(table, item.get("controlId"))
    name = str(item.get("operator") or "").upper()
    if name not in _OPERATORS:
        raise AisError(500, f"Operator {name or 'missing'} is not supported")
    return make_leaf(column, name, operands(column, name, item.get("value") or (), reader))


def make_leaf(column: Column, name: str, values: Sequence[Value]) -> Leaf:
    """A condition, with its operands counted; AisError 500 when their number or the operator does not fit."""
    blank = name in ("STR_BLANK", "STR_NOT_BLANK")
    if name.startswith("STR_") and not (column.is_text or (blank and column.kind is Kind.DATE)):
        raise AisError(500, f"Operator {name} needs a string column, {column.alias} is none")
    needed = 2 if name == "BETWEEN" else 1
    if not blank and len(values) < needed:
        raise AisError(500, f"Operator {name} on {column.alias} needs {needed} value(s)")
    return Leaf(column, name, tuple(values) if name == "LIST" else tuple(values[:needed]))


def operands(column: Column, name: str, values: Iterable[Mapping[str, Any]], reader: Reader) -> list[Value]:
    """The values of a condition as the column holds them."""
    raw = name in ("STR_START_WITH", "STR_END_WITH", "STR_CONTAIN")
    found: list[Value] = []
    for value in values:
        special = str(value.get("specialValueId") or "LITERAL").upper()
        content = value.get("content")
        text = "" if content is None else str(content)
        if special == "LITERAL":
            found.append(text if raw else literal(column, text, reader))
        elif special == "LOGIN_USER":
            found.append(reader.user)
        else:
            found.append(_special_day(special, text, reader.today))
    return found


def literal(column: Column, text: str, reader: Reader) -> Value:
    """A literal as the column holds it: dates in the user's own pattern, texts trimmed, numbers exact."""
    if column.kind is Kind.RIGHT:
        return text.strip().rjust(column.size) if text.strip() else ""
    if column.kind is Kind.TEXT:
        return text.rstrip()
    if column.kind is Kind.DATE:
        return reader.pattern.read(text)
    try:
        return reader.numbers.read(text)
    except InvalidOperation:
        raise AisError(500, f"{text!r} is not a number, as {column.alias} needs it") from None


def _special_day(special: str, content: str, today: date) -> date:
    if special == "TODAY":
        return today
    base, _, unit = special.rpartition("_")
    if base not in ("TODAY_PLUS", "TODAY_MINUS") or unit not in ("DAY", "MONTH", "YEAR"):
        raise AisError(500, f"Special value {special} is not supported")
    try:
        number = int(content.strip()) * (1 if base == "TODAY_PLUS" else -1)
        if unit == "DAY":
            return today + timedelta(days=number)
        return plus_months(today, number * (12 if unit == "YEAR" else 1))
    except (ValueError, OverflowError):
        raise AisError(500, f"{content!r} is not a number of days, months or years") from None


def select(data: TableData, group: Group) -> list[Row]:
    """The rows that pass, in no promised order."""
    parts = flat(group) if group.every else [group]
    best: tuple[int, Leaf, list[Value]] | None = None
    for part in parts:
        if not isinstance(part, Leaf) or part.column.position not in data.indexes:
            continue
        values = _index_values(data.indexes[part.column.position], part)
        if values is None:
            continue
        index = data.indexes[part.column.position]
        count = sum(len(index[value]) for value in values)
        if best is None or count < best[0]:
            best = (count, part, values)
    if best is None:
        rows: list[Row] = list(data.rows.values())
    else:
        _, leaf, values = best
        index = data.indexes[leaf.column.position]
        rows = [row for value in values for row in index[value]]
        parts = [part for part in parts if part is not leaf]
    for part in parts:
        test = part.test()
        rows = [row for row in rows if test(row)]
    return rows


def flat(group: Group) -> list[Leaf | Group]:
    """The parts that must all hold, groups of the same kind among them taken apart."""
    found: list[Leaf | Group] = []
    for part in group.parts:
        if isinstance(part, Group) and part.every:
            found.extend(flat(part))
        else:
            found.append(part)
    return found


def _index_values(index: Mapping[Value, Any], leaf: Leaf) -> list[Value] | None:
    if leaf.operator in ("EQUAL", "LIST"):
        return [value for value in dict.fromkeys(leaf.operands) if value in index]
    if leaf.operator == "BETWEEN" or leaf.operator in _COMPARE:
        matches = leaf.matcher()
        return [value for value in index if matches(value)]
    return None


def ordered(rows: list[Row], keys: Sequence[tuple[Column, bool]]) -> list[Row]:
    """Rows sorted by (column, descending) keys; ascending, empty dates are last, as in Oracle."""
    for column, descending in reversed(keys):
        rows = sorted(rows, key=sort_key(column), reverse=descending)
    return rows


def sort_key(column: Column) -> Callable[[Row], Any]:
    """What a row is sorted by on one column."""
    position = column.position
    if column.kind is Kind.DATE:
        return lambda row: (row[position] is None, row[position] or date.min)
    return operator.itemgetter(position)


def parse_order(table: Table, items: Iterable[Mapping[str, Any]] | None) -> list[tuple[Column, bool]]:
    """The (column, descending) keys of an orderBy list."""
    return [
        (column_of(table, item.get("column")), str(item.get("direction") or "ASC").upper().startswith("D"))
        for item in items or ()
    ]
