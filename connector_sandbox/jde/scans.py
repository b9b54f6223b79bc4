"""What a question costs the database: which index serves it best, and how many rows are looked at (jde-ais section 16).

An estimate, by the rule that a person would use: the rows that match the equalities, lists and the one range on the
leading columns of an index; all rows of the table where no index has its first column in the question. Branches of an
OR are added up. A BROWSE whose page can be filled from the index, or from the table as it comes, without looking at
other rows stops there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector_sandbox.jde.indexes import Index, indexes_of
from connector_sandbox.jde.query import Group, Leaf, flat, select
from connector_sandbox.jde.store import TableData
from connector_sandbox.jde.tables import Column

_POINTS = ("EQUAL", "LIST")
_RANGES = ("BETWEEN", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "STR_START_WITH")

Order = Sequence[tuple[Column, bool]]


@dataclass(frozen=True, slots=True)
class Scan:
    """How a question is answered: rows looked at, and by which indexes ("" stands for the whole table)."""

    rows: int
    indexes: tuple[str, ...]


def scan_of(
    data: TableData, group: Group, added: Mapping[str, Sequence[str]], *, order: Order = (), stop: int | None = None
) -> Scan:
    """The cheapest way to answer; `stop` is after how many rows in `order` nobody asks for more."""
    return _Planner(data, indexes_of(data.table, added), order, stop).conjunction(_parts(group))


def _parts(group: Group) -> list[Leaf | Group]:
    return flat(group) if group.every else [group]


@dataclass(frozen=True, slots=True)
class _Planner:
    data: TableData
    indexes: Sequence[Index]
    order: Order
    stop: int | None

    def conjunction(self, parts: Sequence[Leaf | Group]) -> Scan:
        """The cheapest way to the rows for which all parts hold."""
        leaves = [part for part in parts if isinstance(part, Leaf)]
        choices = [self._whole(parts)]
        narrowed = [(index, *_prefix(index, leaves)) for index in self.indexes]
        for place, (index, used, points) in enumerate(narrowed):
            if not used and not self._ordered_by(index, 0):
                continue
            # Counting is what costs: an index that another one narrows down further, or just as far, is not counted.
            further = [other for _, other, _ in narrowed if _within(used, other) and not _within(other, used)]
            same = [other for _, other, _ in narrowed[:place] if _within(used, other) and _within(other, used)]
            if not used or not (further or (same and len(used) < len(parts))):
                choices.append(self._by_index(index, used, points, parts))
        for part in parts:
            if isinstance(part, Group) and not part.every and part.parts:
                choices.append(self._branches(part, leaves))
        return min(choices, key=lambda scan: scan.rows)

    def _whole(self, parts: Sequence[Leaf | Group]) -> Scan:
        stops = not parts and not self.order
        return Scan(self._most(len(self.data)) if stops else len(self.data), ("",))

    def _by_index(self, index: Index, used: Sequence[Leaf], points: int, parts: Sequence[Leaf | Group]) -> Scan:
        rows = len(select(self.data, Group(True, tuple(used)))) if used else len(self.data)
        if len(used) == len(parts) and (not self.order or self._ordered_by(index, points)):
            rows = self._most(rows)
        return Scan(rows, (",".join(index),))

    def _branches(self, alternatives: Group, leaves: Sequence[Leaf]) -> Scan:
        # The page cannot be filled from one branch alone.
        planner = _Planner(self.data, self.indexes, (), None)
        scans = [
            planner.conjunction([*leaves, *(_parts(part) if isinstance(part, Group) else [part])])
            for part in alternatives.parts
        ]
        names = dict.fromkeys(name for scan in scans for name in scan.indexes)
        return Scan(sum(scan.rows for scan in scans), tuple(names))

    def _ordered_by(self, index: Index, points: int) -> bool:
        """Whether the index gives the rows in the order asked for, after `points` columns that hold one value each."""
        asked = [(column.alias, descending) for column, descending in self.order]
        asked = [item for item in asked if item[0] not in index[:points]]
        if not asked and points == 0:
            return False
        following = index[points : points + len(asked)]
        return tuple(alias for alias, _ in asked) == following and len({descending for _, descending in asked}) <= 1

    def _most(self, rows: int) -> int:
        return rows if self.stop is None else min(rows, self.stop)


def _within(some: Sequence[Leaf], others: Sequence[Leaf]) -> bool:
    return all(any(leaf is other for other in others) for leaf in some)


def _prefix(index: Index, leaves: Sequence[Leaf]) -> tuple[list[Leaf], int]:
    """The conditions that narrow an index down, and how many of its leading columns have one value each."""
    used: list[Leaf] = []
    points, single = 0, True
    for alias in index:
        on_column = [leaf for leaf in leaves if leaf.column.alias == alias]
        exact = [leaf for leaf in on_column if leaf.operator in _POINTS]
        if not exact:
            used += [leaf for leaf in on_column if leaf.operator in _RANGES]
            break
        used += exact
        single = single and any(len(leaf.operands) == 1 for leaf in exact)
        points += single
    return used, points


@dataclass(slots=True)
class _Sum:
    questions: int = 0
    rows: int = 0

    def add(self, rows: int) -> None:
        self.questions += 1
        self.rows += rows

    def as_dict(self) -> dict[str, int]:
        return {"questions": self.questions, "rows": self.rows}


@dataclass(slots=True)
class _TableSum:
    all: _Sum = field(default_factory=_Sum)
    routes: dict[str, _Sum] = field(default_factory=dict)
    indexes: dict[str, _Sum] = field(default_factory=dict)
    worst: dict[str, Any] | None = None


class Scans:
    """What all questions cost so far, per table, per path that they came on and per index that served them."""

    def __init__(self) -> None:
        self._tables: dict[str, _TableSum] = {}

    def add(self, data: TableData, route: str, kind: str, group: Group, scan: Scan) -> None:
        """Count one question."""
        total = self._tables.setdefault(data.table.name, _TableSum())
        total.all.add(scan.rows)
        total.routes.setdefault(route, _Sum()).add(scan.rows)
        name = " + ".join(index or "whole table" for index in scan.indexes)
        total.indexes.setdefault(name, _Sum()).add(scan.rows)
        if total.worst is None or scan.rows > total.worst["rows"]:
            total.worst = {
                "rows": scan.rows,
                "of": len(data),
                "index": name,
                "service": kind,
                "route": route,
                "conditions": _text(group),
            }

    def forget(self) -> None:
        """Begin again."""
        self._tables.clear()

    def report(self) -> dict[str, Any]:
        """`questions` and `rows` of all, and for each table the same by route and by index, with its worst question."""
        tables = {
            name: {
                **total.all.as_dict(),
                "routes": {route: part.as_dict() for route, part in sorted(total.routes.items())},
                "indexes": {index: part.as_dict() for index, part in sorted(total.indexes.items())},
                "worst": total.worst,
            }
            for name, total in sorted(self._tables.items())
        }
        sums = [total.all for total in self._tables.values()]
        questions, rows = sum(item.questions for item in sums), sum(item.rows for item in sums)
        return {"questions": questions, "rows": rows, "tables": tables}


def _text(part: Leaf | Group) -> str:
    """A question as a person reads it."""
    if isinstance(part, Leaf):
        operands = [str(operand) for operand in part.operands]
        shown = ", ".join(operands[:3]) + (f", … ({len(operands)})" if len(operands) > 3 else "")
        return f"{part.column.alias} {part.operator} {shown}".rstrip()
    texts = [f"({_text(inner)})" if isinstance(inner, Group) else _text(inner) for inner in part.parts]
    return (" AND " if part.every else " OR ").join(texts)
