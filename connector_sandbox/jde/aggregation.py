"""AGGREGATION of the data service: sums, counts, extremes, by group (jde-ais section 3.1)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.query import Leaf, Reader, column_of, make_leaf, operands
from connector_sandbox.jde.tables import Column, Kind, Row, Table, Value
from connector_sandbox.jde.wire import cell

_FUNCTIONS = ("SUM", "MIN", "MAX", "AVG", "COUNT", "SUM_DISTINCT", "AVG_DISTINCT", "COUNT_DISTINCT")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One function over one column; `*` counts rows."""

    function: str
    column: Column | None
    name: str

    def over(self, rows: Sequence[Row]) -> Value:
        """Its value for these rows; None where there is nothing to sum or compare."""
        if self.column is None:
            return len(rows)
        position = self.column.position
        values: Iterable[Any] = [row[position] for row in rows if row[position] is not None]
        function, _, distinct = self.function.partition("_")
        values = list(dict.fromkeys(values)) if distinct else list(values)
        if function == "COUNT":
            return len(values)
        if not values:
            return None
        if function in ("MIN", "MAX"):
            extreme: Value = min(values) if function == "MIN" else max(values)
            return extreme
        total = sum(values, Decimal(0))
        # An average gets four decimals more than its column has.
        return total if function == "SUM" else round(total / len(values), self.column.decimals + 4)

    def on_wire(self, value: Value) -> Any:
        """Its value as AIS writes it."""
        if value is None or self.column is None or self.function.startswith("COUNT"):
            return value
        if self.function.startswith(("SUM", "AVG")):
            return _plain(Decimal(str(value)))
        return cell(self.column, value)


def aggregate(
    table: Table, rows: Sequence[Row], request: Mapping[str, Any], having: Mapping[str, Any], reader: Reader
) -> list[dict[str, Any]]:
    """The `output` list: one element per group, or one for all rows.

    Raises UnknownTargetError for an unknown column, AisError 500 for a function or condition that is not one.
    """
    wanted = [_parse(table, item) for item in request.get("aggregations") or ()]
    groups = [column_of(table, item.get("column")) for item in request.get("groupBy") or ()]
    if not wanted and not groups:
        raise AisError(500, "AGGREGATION needs aggregations or groupBy")
    results = [
        _Result(key, {item.name: item.over(members) for item in wanted}) for key, members in _grouped(rows, groups)
    ]
    for accepts in _having(table, having, reader):
        results = [result for result in results if accepts(result)]
    _sort(results, groups, wanted, request.get("orderBy") or (), table)
    return [result.on_wire(table, groups, wanted) for result in results]


@dataclass(frozen=True, slots=True)
class _Result:
    key: tuple[Value, ...]
    values: dict[str, Value]

    def on_wire(self, table: Table, groups: Sequence[Column], wanted: Sequence[Aggregate]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if groups:
            made["groupBy"] = {
                table.name_of(column): cell(column, value) for column, value in zip(groups, self.key, strict=True)
            }
        for item in wanted:
            made[item.name] = item.on_wire(self.values[item.name])
        return made


def _parse(table: Table, item: Mapping[str, Any]) -> Aggregate:
    function = str(item.get("aggregation") or "").upper()
    if function not in _FUNCTIONS:
        raise AisError(500, f"Aggregation {function or 'missing'} is not supported")
    name = str(item.get("column") or "").strip()
    if name in ("*", f"{table.name}.*"):
        if function != "COUNT":
            raise AisError(500, f"{function} needs a column")
        return Aggregate(function, None, "COUNT")
    column = column_of(table, name)
    numeric = column.kind in (Kind.WHOLE, Kind.DECIMAL)
    if not numeric and function.startswith(("SUM", "AVG")):
        raise AisError(500, f"{function} needs a numeric column, {name} is none")
    return Aggregate(function, column, f"{name}_{function}")


def _grouped(rows: Sequence[Row], groups: Sequence[Column]) -> list[tuple[tuple[Value, ...], Sequence[Row]]]:
    if not groups:
        return [((), rows)]
    positions = [column.position for column in groups]
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[position] for position in positions), []).append(row)
    return list(found.items())


def _having(table: Table, having: Mapping[str, Any], reader: Reader) -> Iterable[Callable[[_Result], bool]]:
    for item in having.get("condition") or ():
        wanted = _parse(table, {"aggregation": item.get("aggregation"), "column": item.get("controlId")})
        column = wanted.column or Column("COUNT", Kind.WHOLE, 15, 0, 0)
        if wanted.function.startswith("COUNT"):
            column = Column(column.alias, Kind.WHOLE, 15, 0, 0)
        name = str(item.get("operator") or "").upper()
        leaf = make_leaf(column, name, operands(column, name, item.get("value") or (), reader))
        yield _accepts(leaf, wanted.name, wanted)


def _accepts(leaf: Leaf, name: str, wanted: Aggregate) -> Callable[[_Result], bool]:
    matches = leaf.matcher()

    def accepts(result: _Result) -> bool:
        if name not in result.values:
            raise AisError(500, f"having names {name}, which is not among the aggregations")
        return matches(result.values[name])

    return accepts


def _sort(
    results: list[_Result],
    groups: Sequence[Column],
    wanted: Sequence[Aggregate],
    order: Iterable[Mapping[str, Any]],
    table: Table,
) -> None:
    for item in reversed(list(order)):
        name = str(item.get("column") or "")
        descending = str(item.get("direction") or "ASC").upper().startswith("D")
        results.sort(key=_result_key(name, groups, wanted, table), reverse=descending)


def _result_key(
    name: str, groups: Sequence[Column], wanted: Sequence[Aggregate], table: Table
) -> Callable[[_Result], Any]:
    for place, column in enumerate(groups):
        if name == table.name_of(column):
            get = operator.itemgetter(place)
            return lambda result: _nulls_last(get(result.key))
    for item in wanted:
        if item.name == name or (item.column and name == table.name_of(item.column)):
            chosen = item.name
            return lambda result: _nulls_last(result.values[chosen])
    raise AisError(500, f"orderBy names {name}, which is neither grouped nor aggregated")


def _nulls_last(value: Value) -> tuple[bool, Any]:
    return (value is None, date.min if value is None else value)


def _plain(number: Decimal) -> Decimal:
    """The number without an exponent, with at least one decimal."""
    normal = number.normalize()
    exponent = normal.as_tuple().exponent
    return normal.quantize(Decimal("0.1")) if isinstance(exponent, int) and exponent >= 0 else normal
