"""How Coupa writes values, read tolerantly: decimals as strings, dates as date-times, blanks as null or ''.

Types are those of coupa section 3.0 and 8: amounts are JSON strings with trailing zeros, date-times ISO 8601
with the instance's offset, a date comes back as midnight in the instance's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from connector_resources.values import (
    Amount,
    Flag,
    Many,
    Number,
    Text,
    Unused,
    decimal_of,
    instant_of,
    whole_of,
)

__all__ = [
    "ZONE",
    "Amount",
    "CustomFields",
    "Day",
    "Flag",
    "Id",
    "Instant",
    "Label",
    "Many",
    "Number",
    "Text",
    "Unused",
    "day_of",
    "decimal_of",
    "instant_of",
]

# key of the validation context that holds the instance's time zone
ZONE = "zone"
_DATE_LENGTH = len("2024-05-01")


def day_of(value: object, zone: tzinfo = UTC) -> date | None:
    """The calendar date meant by a date or date-time.

    Midnight, in whatever offset, is that date as written; any other hour is a midnight that was shown in
    another zone, and is turned back into the instance's (coupa section 3.4, `invoice-date`).
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value.strip()) == _DATE_LENGTH:
        return date.fromisoformat(value.strip())
    moment = instant_of(value, zone)
    if moment is None:
        return None
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment.date() if midnight else moment.astimezone(zone).date()


def _zone(info: ValidationInfo) -> tzinfo:
    zone = (info.context or {}).get(ZONE, UTC)
    return zone if isinstance(zone, tzinfo) else UTC


def _keyed(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else {} if value is None else value


# numbers that are names (a line's number, a document's id) come as text here and as numbers there
Label = Text
Id = Annotated[int, BeforeValidator(whole_of)]
Instant = Annotated[datetime | None, BeforeValidator(lambda value, info: instant_of(value, _zone(info)))]
Day = Annotated[date | None, BeforeValidator(lambda value, info: day_of(value, _zone(info)))]
CustomFields = Annotated[dict[str, Any], BeforeValidator(_keyed)]
