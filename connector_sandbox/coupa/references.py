"""From what a body says about another record to its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector_sandbox.coupa.errors import no_such_reference
from connector_sandbox.coupa.options import Options
from connector_sandbox.coupa.schema import Entity, hyphenated
from connector_sandbox.coupa.tables import Table, Tables

Given = Mapping[str, Any]


class NoSuchReferenceError(LookupError):
    """A reference that leads nowhere; the text is the vendor's sentence."""


Resolver = Callable[[str, Given, int | None], int]
"""(attribute, what was given, the chart that holds where none is named) -> id."""


class References:
    """Finds the record that a nested object of natural keys means (coupa section 3.0)."""

    def __init__(self, tables: Tables, options: Callable[[], Options]) -> None:
        self._tables = tables
        self._options = options
        self.special: dict[str, Resolver] = {}
        """Entities that are found otherwise: the accounts of a chart."""

    def resolve(self, target: str, attribute: str, value: Any, chart: int | None = None) -> int:
        """The id of the record; NoSuchReferenceError when there is none or the value names none."""
        table = self._tables[target]
        entity = table.entity
        if not isinstance(value, Mapping):
            raise NoSuchReferenceError(no_such_reference(entity.model, attribute, {"id": str(value)}, entity.keys))
        given = {key: inner for name, inner in value.items() if (key := hyphenated(name)) in entity.keys}
        if (by_id := self.by_id(table, attribute, given)) is not None:
            return by_id
        if target in self.special:
            return self.special[target](attribute, given, chart)
        return self._by_keys(table, attribute, given)

    def by_id(self, table: Table, attribute: str, given: Given) -> int | None:
        """The record of a given id; None when no id was given."""
        number = given.get("id")
        if number is None:
            return None
        if isinstance(number, str) and number.isdigit() and self._options().string_ids:
            number = int(number)
        if not isinstance(number, int) or number not in table.rows:
            raise self._missing(table.entity, attribute, given)
        return number

    def _by_keys(self, table: Table, attribute: str, given: Given) -> int:
        entity = table.entity
        found: set[int] | frozenset[int] | None = None
        for key, value in given.items():
            field = entity.shape.fields[key]
            wanted = self.resolve(field.target, key, value) if field.kind == "ref" else value
            if isinstance(wanted, Mapping | list):
                raise self._missing(entity, attribute, given)
            some = table.find((key,), [wanted if isinstance(wanted, int) else str(wanted)])
            found = some if found is None else found & some
        if not found:
            raise self._missing(entity, attribute, given)
        return min(found)

    def _missing(self, entity: Entity, attribute: str, given: Given) -> NoSuchReferenceError:
        return NoSuchReferenceError(no_such_reference(entity.model, attribute, given, entity.keys))
