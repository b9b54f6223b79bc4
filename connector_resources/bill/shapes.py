"""What BILL's objects are made of: the base of all models, and the parts that several of them have (bill section 3).

Attributes are the vendor's names in snake case. Unset fields are not in an answer at all (bill section 3.0): they
are None or empty here, which says "not told", never "no". Unknown fields are ignored, unknown values of an
enumeration are kept as the text they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr
from pydantic.alias_generators import to_camel

from connector_resources.values import Amount, ExactText, Flag, Many, Number, Text, Unused, instant_of, text_of

__all__ = [
    "Address",
    "Amount",
    "Archivable",
    "Classifications",
    "Day",
    "ExactText",
    "Flag",
    "Instant",
    "Many",
    "Number",
    "Record",
    "Shape",
    "Text",
    "Unused",
]

_DATE_LENGTH = len("2026-03-31")


def day_of(value: object) -> date | None:
    """A date, also where it comes as a date-time: events write `invoiceDate` as midnight in UTC (bill section 7.3)."""
    if isinstance(value, str) and len(value.strip()) > _DATE_LENGTH:
        value = value.strip()[:_DATE_LENGTH]
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError("not a date")
    return date.fromisoformat(value.strip()) if value.strip() else None


Instant = Annotated[datetime | None, BeforeValidator(instant_of)]
Day = Annotated[date | None, BeforeValidator(day_of)]


class Shape(BaseModel):
    """What all of BILL's objects have in common."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=to_camel, populate_by_name=True
    )


class Record(Shape):
    """An object with an address of its own; ids are 20 characters with a prefix of their kind."""

    id: Annotated[str, BeforeValidator(text_of), Field(min_length=1)]
    created_time: Instant = None
    updated_time: Instant = None
    _not_kept: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def not_kept(self) -> Mapping[str, Any]:
        """What a write of ours repeated and BILL has not kept: the field's path -> its value; empty but behind a
        write."""
        return self._not_kept

    def lacking(self, fields: Mapping[str, Any]) -> Self:
        """The record with what BILL has not kept of it."""
        self._not_kept = fields
        return self


class Archivable(Record):
    """A record that is archived instead of deleted."""

    archived: Flag = None

    @property
    def usable(self) -> bool:
        """Whether documents may use it: it says that it is not archived."""
        return self.archived is False


class Classifications(Shape):
    """What a line, or a whole bill, is booked to; each is the id of a record of that kind (bill section 3.2)."""

    chart_of_account_id: Text = None
    accounting_class_id: Text = None
    department_id: Text = None
    employee_id: Unused[Text] = None
    job_id: Unused[Text] = None
    location_id: Text = None
    item_id: Unused[Text] = None
    customer_id: Unused[Text] = None


class Address(Shape):
    """A postal address; `country` is the two-letter code, `state_or_province` two letters in the US."""

    line1: Text = None
    line2: Text = None
    city: Text = None
    state_or_province: Text = None
    zip_or_postal_code: Text = None
    country: Text = None
    country_name: Unused[Text] = None
