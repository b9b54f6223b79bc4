"""Look-ups by key, cut into LIST conditions of a bearable length."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from connector_resources.jde.query import Where, all_of, one_of
from connector_resources.jde.shapes import Kind, Table


def id_of_row(row: Mapping[str, Any], key: Sequence[str]) -> str:
    """The primary key of a row as one text: `00070/PV/1234/001`."""
    return "/".join(quote("" if row[alias] is None else str(row[alias]), safe=" .-_") for alias in key)


def row_key(table: Table, id: str) -> tuple[Any, ...]:
    """The typed primary key that `id_of_row` made a text of. Raises ValueError for another text."""
    parts = [unquote(part) for part in id.split("/")]
    return tuple(_typed(table, alias, part) for alias, part in zip(table.key, parts, strict=True))


def _typed(table: Table, alias: str, part: str) -> Any:
    kind = table.columns[alias].kind
    if kind is Kind.TEXT:
        return part
    if not part:
        return None
    if kind is Kind.DAY:
        return date.fromisoformat(part)
    return int(part) if kind in (Kind.WHOLE, Kind.TIME) else Decimal(part)


def conditions_for(key_columns: Sequence[str], keys: Collection[tuple[Any, ...]], size: int) -> Iterator[Where]:
    """Conditions that together find all `keys`, with at most `size` values in a LIST.

    The list is on the column with the most values. The others narrow it, too, as far as their lists are no longer: an
    index may begin with one of them (AN8, VINV), and the question would look through the table without it. Rows of
    other keys come along, where the parts of a key occur in other combinations: the caller drops them.
    """
    columns = range(len(key_columns))
    lead = max(columns, key=lambda at: len({key[at] for key in keys}))
    by_value: dict[Any, list[tuple[Any, ...]]] = {}
    for key in sorted(keys, key=lambda key: str(key[lead])):
        by_value.setdefault(key[lead], []).append(key)
    values = list(by_value)
    for start in range(0, len(values), size):
        chunk = values[start : start + size]
        conditions = [one_of(key_columns[lead], chunk)]
        for at in columns:
            found = dict.fromkeys(key[at] for value in chunk for key in by_value[value])
            # An empty date or number cannot be asked for.
            if at != lead and len(found) <= size and None not in found:
                conditions.append(one_of(key_columns[at], found))
        yield all_of(conditions[0], *conditions[1:])
