"""Lists: filters, order and page of a query (coupa sections 3.0 and 4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from connector_sandbox.coupa.errors import bad_query
from connector_sandbox.coupa.options import Options
from connector_sandbox.coupa.schema import Entity, Field, Record, hyphenated
from connector_sandbox.coupa.tables import Table, Tables, sort_key
from connector_sandbox.coupa.values import UnfitError, at_time, moment, plain

PAGE = 50
"""The default and the greatest number of records in an answer."""
# `format=json` beside the headers, which decide, is what a public client sends
CONTROLS = frozenset(
    {"limit", "offset", "order-by", "dir", "fields", "return-object", "filter", "show-deleted-lines", "format"}
)
_TEXT_OPERATORS = ("contains", "starts_with", "ends_with")
_ORDER_OPERATORS = ("gt", "lt", "gt_or_eq", "lt_or_eq")
_OPERATORS = frozenset({*_TEXT_OPERATORS, *_ORDER_OPERATORS, "not_eq", "in", "not_in", "blank"})
_PLAIN_KINDS = ("text", "int", "bool", "decimal", "instant", "day")


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: a way to the values, an operator ("eq" without one) and what to compare with."""

    path: tuple[tuple[str, Field], ...]
    operator: str
    wanted: tuple[Any, ...]
    holds: Callable[[Record], bool]

    @property
    def top(self) -> str | None:
        """The field, when it is one of the record itself."""
        return self.path[0][0] if len(self.path) == 1 else None


class Query:
    """Answers lists from the tables."""

    def __init__(self, tables: Tables, options: Callable[[], Options]) -> None:
        self._tables = tables
        self._options = options

    def run(self, table: Table, parameters: Sequence[tuple[str, str]], within: set[int] | None = None) -> list[Record]:
        """The records of the page that is asked for, all of them from `within` if given. Refusal with a
        hint.
        """
        controls = {key: value for name, value in parameters if (key := hyphenated(name)) in CONTROLS}
        conditions = [
            self._condition(table, name, value) for name, value in parameters if hyphenated(name) not in CONTROLS
        ]
        limit = min(_count(controls, "limit", PAGE), PAGE)
        offset = _count(controls, "offset", 0)
        order = hyphenated(controls.get("order-by") or "id")
        direction = controls.get("dir") or "asc"
        if direction not in ("asc", "desc"):
            raise bad_query(f"dir={direction} is not one of asc, desc.")
        field = table.entity.shape.fields.get(order)
        if field is None or field.kind not in _PLAIN_KINDS:
            raise bad_query(f"order_by={order} is not an attribute of {table.entity.name} that can be sorted by.")
        numbers = self._candidates(table, conditions, order, direction == "desc", within)
        rows = table.rows
        matching = (rows[number] for number in numbers if all(c.holds(rows[number]) for c in conditions))
        return list(islice(matching, offset, offset + limit))

    def _candidates(
        self, table: Table, conditions: Sequence[Condition], order: str, descending: bool, within: set[int] | None
    ) -> Iterator[int] | list[int]:
        """The ids that may match, in order: from the best index, or from where the order says that matches
        begin.
        """
        few = within
        for condition in conditions:
            found = self._by_index(table, condition)
            if found is not None and (few is None or len(found) < len(few)):
                few = found
        if few is not None:
            ordered = sorted((sort_key(table.folded(table.rows[n].get(order))), n) for n in few)
            return [number for _, number in (reversed(ordered) if descending else ordered)]
        if order == "id":
            return _slice(table.ids, _lower_bounds(conditions, order), descending)
        bounds = [(sort_key(value), -1) for value in _lower_bounds(conditions, order)]
        return (number for _, number in _slice(table.sorted_by(order), bounds, descending))

    def _by_index(self, table: Table, condition: Condition) -> set[int] | None:
        if condition.operator not in ("eq", "in"):
            return None
        (name, field), *rest = condition.path
        if not rest:
            if name == "id":
                return {number for number in condition.wanted if number in table.rows}
            if not table.indexes(name):
                return None
            return set().union(*(table.find((name,), (value,)) for value in condition.wanted))
        if field.kind != "ref" or not table.indexes(name):
            return None
        inner = Condition(tuple(rest), condition.operator, condition.wanted, condition.holds)
        targets = self._by_index(self._tables[field.target], inner)
        return None if targets is None else set().union(*(table.find((name,), (number,)) for number in targets))

    def _condition(self, table: Table, name: str, value: str) -> Condition:
        names, operator = _parsed(name)
        path = self._path(table.entity, names, name)
        field = path[-1][1]
        zone = ZoneInfo(self._options().time_zone)
        if operator == "blank":
            if field.kind in ("instant", "day"):
                raise bad_query(f"The operator blank does not work on the date {name}.")
            blank = value.lower() in ("true", "1")
            return Condition(
                path, operator, (), lambda record: blank != any(_present(v) for v in self._values(record, path))
            )
        if field.kind not in _PLAIN_KINDS:
            raise bad_query(f"{name} is not an attribute with a value. Name one: {name}[id].")
        if operator in _TEXT_OPERATORS and field.kind != "text":
            raise bad_query(f"The operator {operator} works on text only, and {name} is not text.")
        parts = value.split(",") if operator in ("in", "not_in") else [value]
        try:
            wanted = tuple(table.folded(_compared(field, part, zone)) for part in parts)
        except UnfitError as error:
            raise bad_query(f"{name}={value}: the value {error}.") from None
        test = _test(operator, wanted)

        shown = self._options().time_of(field.at)

        def holds(record: Record) -> bool:
            return any(test(table.folded(_instant(v, shown, zone))) for v in self._values(record, path))

        return Condition(path, operator, wanted, holds)

    def _path(self, entity: Entity, names: Sequence[str], whole: str) -> tuple[tuple[str, Field], ...]:
        path: list[tuple[str, Field]] = []
        fields = entity.shape.fields
        custom = self._options().custom_field_filters
        for name in names:
            field = fields.get(name)
            if field is None and name.endswith("-id") and fields.get(name[:-3], _NONE).kind == "ref":
                path += [(name[:-3], fields[name[:-3]]), ("id", _ID)]
                fields = {}
                continue
            if field is None and path and path[-1][1].kind == "custom" and custom:
                path.append((name, _NONE))
                continue
            if field is None:
                known = ", ".join(sorted(key.replace("-", "_") for key in fields)) or "none here"
                raise bad_query(f"Unknown attribute or operator in {whole}: {name.replace('-', '_')}. Known: {known}.")
            path.append((name, field))
            fields = self._inside(field)
        return tuple(path)

    def _inside(self, field: Field) -> dict[str, Field]:
        if field.target:
            return dict(self._tables[field.target].entity.shape.fields)
        return dict(field.shape.fields) if field.shape is not None else {}

    def _values(self, record: Record, path: Sequence[tuple[str, Field]]) -> Iterable[Any]:
        (name, field), rest = path[0], path[1:]
        value = record.get(name)
        if not rest:
            if field.kind == "backrefs":
                return list(self._tables[field.target].find((field.via,), (record["id"],)))
            return value if isinstance(value, list) else (value,)
        if field.kind in ("ref", "refs"):
            rows = self._tables[field.target].rows
            numbers = value if isinstance(value, list) else [value]
            inner = [rows[number] for number in numbers if number in rows]
        elif field.kind == "backrefs":
            table = self._tables[field.target]
            inner = [table.rows[number] for number in table.find((field.via,), (record["id"],))]
        else:
            inner = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        # An association without a record has no values: only blank=true holds for it.
        return [found for each in inner for found in self._values(each, rest)]


_NONE, _ID = Field(), Field("int")


def _parsed(name: str) -> tuple[list[str], str]:
    """supplier[name][contains] -> (["supplier", "name"], "contains")."""
    # Pages print `[lookup][created-at][gt]` and `[created_by[id]]` as well (coupa section 3.0.1).
    head, *rest = name.replace("]", "").lstrip("[").split("[")
    operator = rest[-1].replace("-", "_") if rest else ""
    if operator in _OPERATORS:
        return [hyphenated(part) for part in [head, *rest[:-1]]], operator
    return [hyphenated(part) for part in [head, *rest]], "eq"


def _count(controls: dict[str, str], name: str, default: int) -> int:
    text = controls.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise bad_query(f"{name}={text} is not a number of records.")
    return int(text)


def _compared(field: Field, text: str, zone: ZoneInfo) -> Any:
    """What a value in a query is compared as. A date without time is midnight UTC (coupa section 8, trap
    2).
    """
    if field.kind in ("instant", "day"):
        return moment(text) if text else None
    if field.kind == "text":
        return dict(field.spellings).get(text, text)
    return plain(field, text.strip(), zone)


def _instant(value: Any, shown: time, zone: ZoneInfo) -> Any:
    """A stored day as the instant it reads back as."""
    return at_time(value, shown, zone) if type(value) is date else value


def _test(operator: str, wanted: tuple[Any, ...]) -> Callable[[Any], bool]:
    one: Any = wanted[0] if wanted else None
    tests: dict[str, Callable[[Any], bool]] = {
        "eq": lambda value: value == one,
        "not_eq": lambda value: value != one,
        "in": lambda value: value in wanted,
        "not_in": lambda value: value not in wanted,
        "contains": lambda value: isinstance(value, str) and one in value,
        "starts_with": lambda value: isinstance(value, str) and value.startswith(one),
        "ends_with": lambda value: isinstance(value, str) and value.endswith(one),
        "gt": lambda value: value is not None and one is not None and value > one,
        "lt": lambda value: value is not None and one is not None and value < one,
        "gt_or_eq": lambda value: value is not None and one is not None and value >= one,
        "lt_or_eq": lambda value: value is not None and one is not None and value <= one,
    }
    return tests[operator]


def _present(value: Any) -> bool:
    return value is not None and value != ""


def _lower_bounds(conditions: Sequence[Condition], order: str) -> list[Any]:
    return [
        condition.wanted[0]
        for condition in conditions
        # A day is kept as a date and compared as an instant, so that the order of its column is no help.
        if condition.top == order and condition.path[0][1].kind != "day"
        if condition.operator in ("gt", "gt_or_eq") and condition.wanted[0] is not None
    ]


def _slice(ordered: Sequence[Any], bounds: Sequence[Any], descending: bool) -> list[Any]:
    """The part of an ordered list in which matches of the lower bounds can be; the conditions still
    decide.
    """
    low = max((bisect_left(ordered, bound) for bound in bounds), default=0)
    part = list(ordered[low:])
    if descending:
        part.reverse()
    return part
