"""From a record to the tree that an answer is made of: which fields, and how each kind is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connector_sandbox.coupa.errors import bad_query
from connector_sandbox.coupa.options import Options
from connector_sandbox.coupa.schema import Entity, Field, Record, Shape, hyphenated
from connector_sandbox.coupa.tables import Tables
from connector_sandbox.coupa.values import at_time

Show = Callable[[Record], Any]
Selection = Mapping[str, "Selection | None"]
"""Field -> what to show of its object; None for the usual."""

_ID_ONLY: Selection = {"id": None}
_SHALLOW_LINE: Selection = {"id": None, "external-src-ref": None}
_PAYEE = ("coupa_pay_payments", "payee")
_CACHED_PLANS = 512


class Renderer:
    """Makes the answers of an instance. A selection is compiled once, since a drill asks the same many
    times.
    """

    def __init__(
        self, tables: Tables, options: Callable[[], Options], custom_fields: Callable[[str], Sequence[str]]
    ) -> None:
        self._tables = tables
        self._options = options
        self._custom_fields = custom_fields
        self._plans: dict[tuple[str, str | None, str | None, str | None], Show] = {}

    def forget(self) -> None:
        """Compile again: an option that answers depend on has changed."""
        self._plans.clear()

    def show(
        self, entity: Entity, record: Record, *, fields: str | None, returned: str | None, named: str | None
    ) -> Any:
        """A record as `fields`, `return_object` and `filter` ask for it; without them, all of it."""
        return self.plan(entity, fields=fields, returned=returned, named=named)(record)

    def plan(self, entity: Entity, *, fields: str | None, returned: str | None, named: str | None) -> Show:
        """What shows records in one way. Refusal for a parameter that cannot be understood."""
        key = (entity.name, fields, returned, named)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _CACHED_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._compile(entity, fields, returned, named)
        return plan

    def _compile(self, entity: Entity, fields: str | None, returned: str | None, named: str | None) -> Show:
        if returned not in (None, "none", "limited", "shallow"):
            raise bad_query(f"return_object={returned} is not one of none, limited, shallow.")
        if fields is not None:
            return self._shape(entity.name, entity.shape, _selection(fields), shallow=False)
        if returned == "limited":
            return self._shape(entity.name, entity.shape, _ID_ONLY, shallow=True)
        shown = {key: None for key in entity.shape.fields if key not in self._hidden(entity, named)}
        return self._shape(entity.name, entity.shape, shown, shallow=returned == "shallow")

    def _hidden(self, entity: Entity, named: str | None) -> set[str]:
        options = self._options()
        if named is not None and named in options.response_filters:
            return set(entity.shape.fields) - {hyphenated(key) for key in options.response_filters[named]}
        if named is not None and named != f"default_{entity.name}_filter":
            raise bad_query(f"There is no API response filter named {named}.")
        return {hyphenated(key) for key in options.hidden_fields.get(entity.name, ())}

    def _shape(self, entity: str, shape: Shape, selection: Selection, *, shallow: bool) -> Show:
        parts: list[tuple[str, Show]] = []
        for key, inner in selection.items():
            field = shape.fields.get(key)
            # A field that the release does not know is just not there (coupa section 8, trap 11: look for it).
            if field is not None and not (field.write_only and self._options().payables_return == "documented"):
                parts.append((key, self._field(entity, key, field, _ID_ONLY if shallow else inner, shallow=shallow)))

        def show(record: Record) -> dict[str, Any]:
            return {key: part(record) for key, part in parts}

        return show

    def _field(self, entity: str, key: str, field: Field, inner: Selection | None, *, shallow: bool) -> Show:
        zone = ZoneInfo(self._options().time_zone)
        match field.kind:
            case "decimal" if field.bare:
                return lambda record: None if (value := record.get(key)) is None else float(value)
            case "decimal":
                return lambda record: None if (value := record.get(key)) is None else format(value, "f")
            case "instant":
                return lambda record: None if (value := record.get(key)) is None else _local(value, zone)
            case "day":
                shown = self._options().time_of(field.at)
                return lambda record: None if (value := record.get(key)) is None else _day(value, shown, zone)
            case "ref":
                rows, part = self._target(field, inner, shallow=shallow)
                if (entity, key) == _PAYEE:
                    part = self._payee(part)
                return lambda record: None if (row := rows.get(record.get(key))) is None else part(row)  # type: ignore[arg-type]
            case "refs":
                rows, part = self._target(field, inner, shallow=shallow)
                return lambda record: [part(rows[number]) for number in record.get(key) or () if number in rows]
            case "backrefs":
                return self._backrefs(field, inner)
            case "nested" if field.shape is not None:
                part = self._object(entity, field.shape, _SHALLOW_LINE if shallow else inner)
                return lambda record: None if (value := record.get(key)) is None else part(value)
            case "lines" | "payments" if field.shape is not None:
                part = self._object(entity, field.shape, _SHALLOW_LINE if shallow else inner)
                wrap = _WRAPPED[self._options().payments_shown if field.kind == "payments" else "list"]
                return lambda record: wrap([part(value) for value in record.get(key) or ()])
            case "custom":
                return self._custom(entity, key, inner if not shallow else None)
        return lambda record: record.get(key)

    def _object(self, entity: str, shape: Shape, inner: Selection | None) -> Show:
        return self._shape(entity, shape, inner or dict.fromkeys(shape.fields), shallow=False)

    def _target(
        self, field: Field, inner: Selection | None, *, shallow: bool = False
    ) -> tuple[dict[int, Record], Show]:
        table = self._tables[field.target]
        target = table.entity
        shown = dict.fromkeys(_natural_keys(target) if shallow and inner is _ID_ONLY else target.stub)
        if inner is not None and inner is not _ID_ONLY:
            shown = dict(inner)
        return table.rows, self._shape(target.name, target.shape, shown, shallow=False)

    def _payee(self, part: Show) -> Show:
        """The payee of a payment of Coupa Pay, whose page prints it in itself and without a number (section 3.5.1)."""
        options = self._options()

        def show(record: Record) -> Any:
            payee = part(record)
            if "number" in payee and not options.pay_payee_number:
                payee["number"] = None
            return {"payee": payee} if options.pay_payee == "twice" else payee

        return show

    def _backrefs(self, field: Field, inner: Selection | None) -> Show:
        table = self._tables[field.target]
        rows, part = self._target(field, inner)
        via = (field.via,)
        return lambda record: [part(rows[number]) for number in sorted(table.find(via, (record["id"],)))]

    def _custom(self, entity: str, key: str, inner: Selection | None) -> Show:
        known = self._custom_fields(entity)
        wanted = [name for name in known if not inner or name in inner]
        return lambda record: {name: (record.get(key) or {}).get(name) for name in wanted}


_WRAPPED: Mapping[str, Callable[[list[Any]], Any]] = {
    "list": lambda values: values,
    "wrapped": lambda values: {"payment": values} if values else [],
    "single": lambda values: {"payment": values[0] if len(values) == 1 else values} if values else [],
}
"""How `payments` are written, by the option of that name."""


@lru_cache(maxsize=_CACHED_PLANS)
def _selection(fields: str) -> Selection:
    """The `fields` parameter: ["id", {"invoice_lines": ["id"]}, {"custom_fields": {}}] (coupa section
    3.0).
    """
    try:
        return _selected(msgspec.json.decode(fields))
    except (msgspec.DecodeError, TypeError):
        raise bad_query('fields is a JSON array such as ["id",{"supplier":["number"]}].') from None


def _selected(parts: Any) -> dict[str, Selection | None]:
    selection: dict[str, Selection | None] = {}
    for part in [parts] if isinstance(parts, Mapping) else parts:
        match part:
            case str():
                selection[hyphenated(part)] = None
            case dict():
                selection.update({hyphenated(key): _selected(inner) or None for key, inner in part.items()})
            case _:
                raise TypeError("neither a name nor an object")
    return selection


def _local(value: datetime, zone: ZoneInfo) -> str:
    return value.astimezone(zone).isoformat()


def _natural_keys(entity: Entity) -> list[str]:
    """The id and the natural keys of a record, as `return_object=shallow` prints an association."""
    segments = tuple(f"segment-{n}" for n in range(1, 21))
    kinds = entity.shape.fields
    return [key for key in entity.keys if kinds[key].kind in ("int", "text") and key not in segments]


@lru_cache(maxsize=4096)
def _day(value: date, shown: time, zone: ZoneInfo) -> str:
    """A plain date with the time that the instance prints; a moment that was sent for one as it is."""
    return (value.astimezone(zone) if isinstance(value, datetime) else at_time(value, shown, zone)).isoformat()
