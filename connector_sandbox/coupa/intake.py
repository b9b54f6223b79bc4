"""From a body to a record: known and writable fields only, references resolved, messages for what does not
fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timezone
from typing import Any
from zoneinfo import ZoneInfo

from connector_sandbox.coupa.options import Options
from connector_sandbox.coupa.references import NoSuchReferenceError, References
from connector_sandbox.coupa.schema import Field, Record, Shape, hyphenated, label
from connector_sandbox.coupa.tables import Tables
from connector_sandbox.coupa.values import UnfitError, plain

Body = Mapping[str, Any]


class Intake:
    """What takes bodies in. `custom_fields` says which custom fields a resource has."""

    def __init__(
        self,
        tables: Tables,
        references: References,
        options: Callable[[], Options],
        custom_fields: Callable[[str], Sequence[str]],
    ) -> None:
        self._tables = tables
        self._references = references
        self._options = options
        self._custom_fields = custom_fields

    def blank(self, shape: Shape) -> Record:
        """A record with nothing but defaults."""
        record: Record = {}
        for key, field in shape.fields.items():
            if field.kind in ("refs", "lines", "payments"):
                record[key] = []
            elif field.kind == "custom":
                record[key] = {}
            elif field.kind != "backrefs":
                record[key] = field.default
        return record

    def assign(self, entity: str, shape: Shape, record: Record, body: Body, *, privileged: bool = False) -> list[str]:
        """Write a body's fields into a record, and return the messages about those that do not fit.

        Unknown and read-only fields are dropped without a word (coupa section 3.0), except that `privileged`
        ones, from the control interface or the first content, may set what the API may not.
        """
        options = self._options()
        zone = ZoneInfo(options.time_zone) if options.dates_placed == "instance" else UTC
        filling = _Filling(self, entity, privileged, zone)
        filling.fill(shape, record, body)
        return filling.messages


class _Filling:
    def __init__(self, intake: Intake, entity: str, privileged: bool, zone: ZoneInfo | timezone) -> None:
        self._tables = intake._tables
        self._blank = intake.blank
        self._references = intake._references
        self._custom_fields = intake._custom_fields
        self._entity = entity
        self._privileged = privileged
        self._zone = zone
        self._chart: int | None = None
        self.messages: list[str] = []

    def fill(self, shape: Shape, record: Record, body: Body) -> None:
        given = {hyphenated(key): value for key, value in body.items()}
        fields = shape.fields
        # The chart first, for it says what an account code without one means.
        if "account-type" in given and fields.get("account-type", _NONE).kind == "ref":
            self._set(fields["account-type"], "account-type", record, given.pop("account-type"))
        self._chart = record.get("account-type", self._chart)
        for key, value in given.items():
            field = fields.get(key)
            if field is None or (field.read_only and not self._privileged):
                continue
            self._set(field, key, record, value)

    def _set(self, field: Field, key: str, record: Record, value: Any) -> None:
        try:
            match field.kind:
                case "ref":
                    record[key] = None if value is None else self._reference(field, key, value)
                case "refs":
                    record[key] = [self._reference(field, key, each) for each in unwrapped(value)]
                case "nested":
                    record[key] = self._nested(field, record.get(key), value)
                case "lines":
                    record[key] = self._lines(_shape(field), record.get(key) or [], unwrapped(value))
                case "payments":
                    # Appended by the rules of the invoice; set as a whole only from the control interface.
                    if self._privileged:
                        record[key] = self._lines(_shape(field), [], unwrapped(value))
                case "custom":
                    record[key] = self._custom(record.get(key) or {}, value)
                case "backrefs":
                    pass
                case _:
                    record[key] = plain(field, value, self._zone)
        except UnfitError as error:
            self.messages.append(f"{label(key, field)} {error}")
        except NoSuchReferenceError as error:
            self.messages.append(str(error))

    def _reference(self, field: Field, key: str, value: Any) -> int:
        if self._privileged and isinstance(value, int):
            value = {"id": value}
        return self._references.resolve(field.target, key, value, self._chart)

    def _nested(self, field: Field, before: Record | None, value: Any) -> Record | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise UnfitError("is invalid")
        shape = _shape(field)
        record = before or self._new(shape)
        own_id = record.get("id")
        self.fill(shape, record, value)
        if own_id is not None:
            record["id"] = own_id  # An existing one is edited in place, whatever id was sent (coupa section 3.1).
        return record

    def _lines(self, shape: Shape, before: Sequence[Record], values: Sequence[Any]) -> list[Record]:
        """Lines by id or line-num are changed, others added; those that are not mentioned stay."""
        lines = list(before)
        for value in values:
            if not isinstance(value, Mapping):
                raise UnfitError("is invalid")
            line = _same_line(before, value)
            if value.get("_delete") in (True, "true"):
                lines = [other for other in lines if other is not line]
                continue
            if line is None:
                line = self._new(shape)
                lines.append(line)
            number = line["id"]
            self.fill(shape, line, value)
            line["id"] = number
        return lines

    def _new(self, shape: Shape) -> Record:
        record = self._blank(shape)
        if shape.identified:
            record["id"] = self._tables.child_id()
        return record

    def _custom(self, before: Record, value: Any) -> Record:
        if not isinstance(value, Mapping):
            raise UnfitError("is invalid")
        known = self._custom_fields(self._entity)
        sent = {hyphenated(key): inner for key, inner in value.items()}
        return {**before, **{key: inner for key, inner in sent.items() if key in known}}


_NONE = Field()


def _shape(field: Field) -> Shape:
    if field.shape is None:
        raise AssertionError("a field with objects says what they look like")
    return field.shape


def _same_line(lines: Sequence[Record], value: Body) -> Record | None:
    number = value.get("id")
    if number is not None:
        for line in lines:
            if str(line["id"]) == str(number):
                return line
        raise UnfitError(f"has no record with id {number}")
    line_num = value.get("line-num", value.get("line_num"))
    if line_num is None:
        return None
    # A text on the lines of orders and a number on those of invoices (coupa section 8, trap 4).
    return next((line for line in lines if str(line.get("line-num")) == str(line_num)), None)


def unwrapped(value: Any) -> list[Any]:
    """A list, from any of the shapes that are accepted for one: [...], {"payment": {...}}, {"payment":
    [...]}.
    """
    if value is None:
        return []
    if isinstance(value, Mapping) and len(value) == 1:
        inner = next(iter(value.values()))
        value = inner if isinstance(inner, list) else [inner] if isinstance(inner, Mapping) else value
    if not isinstance(value, list):
        raise UnfitError("is not a list")
    return value
