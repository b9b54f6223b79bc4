"""How Coupa writes values, read tolerantly: decimals as strings, dates as date-times, blanks as null or ''.

Types are those of coupa sections 3.0, 3.0.1, 3.4.1 and 8: amounts are JSON strings with trailing zeros, date-times ISO
8601 with an offset, a business date is the calendar date that its date-time prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from connector_resources import values as _values
from connector_resources.values import Amount, Many, Number, Text, Unused, decimal_of, whole_of

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
_PRINTED = re.compile(r"(\d{4}-\d{2}-\d{2})(?:$|[T ])")
# month/day/year without padding, as two of the vendor's payment examples have it (coupa section 3.5.1)
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def day_of(value: object) -> date | None:
    """The calendar date of a date or date-time: the one that is printed, in its own offset (coupa section 3.4.1).

    `2026-03-06T23:59:59-08:00` is 6 March, whatever the zone of the instance or of ours: due dates are the last second
    of their day. Raises ValueError for what is no date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        moment = instant_of(value)
        return None if moment is None else moment.date()
    text = _unquoted(value)
    if not text:
        return None
    if found := _US.fullmatch(text):
        month, day, year = map(int, found.groups())
        return date(year, month, day)
    printed = _PRINTED.match(text)
    # the rest must be a time all the same: a garbled one is no date
    moment = _values.instant_of(text)
    if printed is None or moment is None:
        raise ValueError("not a date")
    return date.fromisoformat(printed[1])


def instant_of(value: object, zone: tzinfo = UTC) -> datetime | None:
    """An instant in any of the forms that Coupa prints; `zone` is that of a text which names none.

    A date alone, and a US one, is midnight in `zone`.
    """
    if isinstance(value, str):
        value = _unquoted(value)
        if _US.fullmatch(value):
            value = day_of(value)
    return _values.instant_of(value, zone)


def _unquoted(text: str) -> str:
    """The text without blanks, and without the quotes that one of the vendor's examples puts around a date."""
    return text.strip().strip('"').strip()


def _zone(info: ValidationInfo) -> tzinfo:
    zone = (info.context or {}).get(ZONE, UTC)
    return zone if isinstance(zone, tzinfo) else UTC


def _keyed(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else {} if value is None else value


def _flag(value: object) -> object:
    """Booleans also come as text, one of the vendor's examples says yes (coupa section 3.0.1); blank is None."""
    if isinstance(value, str):
        return {"true": True, "yes": True, "false": False, "no": False, "": None}.get(value.strip().lower(), value)
    return value


Flag = Annotated[bool | None, BeforeValidator(_flag)]
# numbers that are names (a line's number, a document's id) come as text here and as numbers there
Label = Text
Id = Annotated[int, BeforeValidator(whole_of)]
Instant = Annotated[datetime | None, BeforeValidator(lambda value, info: instant_of(value, _zone(info)))]
Day = Annotated[date | None, BeforeValidator(day_of)]
CustomFields = Annotated[dict[str, Any], BeforeValidator(_keyed)]
