"""Values as they come in: what a field of a plain kind makes of JSON or text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector_sandbox.coupa.schema import Field, Plain, with_places

_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?( ?(?:Z|[+-]\d{2}:?\d{2}))?(?: \d{2}:?\d{2})?)?",
    re.ASCII,
)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class UnfitError(ValueError):
    """A value that its field cannot hold; the text is the end of a message: "is not a number"."""


def plain(field: Field, value: object, zone: ZoneInfo | timezone) -> Plain:
    """The value that a field of a plain kind holds for one of JSON or XML; numbers and numeric text are alike.

    `zone` is where dates without one are: the instance's, or UTC.
    """
    if value is None or (value == "" and field.kind != "text"):
        return None
    match field.kind:
        case "text":
            return _text(field, value)
        case "int":
            return _int(value)
        case "bool":
            return _bool(value)
        case "decimal":
            return with_places(_decimal(value), field.places, field.scale)
        case "instant":
            return moment(_unquoted(value), zone)
        case "day":
            return day(_unquoted(value), zone)
    raise AssertionError(f"{field.kind} is not a plain kind")


def moment(text: str, zone: ZoneInfo | timezone = UTC) -> datetime:
    """The instant that a date-time means; without an offset, or as a plain date, it is taken as of `zone`.

    Also what an unencoded + makes of an offset in a query: a space, and then the offset counts for nothing
    (coupa section 8, trap 2).
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise UnfitError("is not a valid date")
    on, at, offset = found.groups()
    try:
        read = datetime.fromisoformat(f"{on}T{at or '00:00'}{(offset or '').strip()}")
        return (read if offset else read.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        raise UnfitError("is not a valid date") from None


def day(text: str, zone: ZoneInfo | timezone) -> date | datetime:
    """A plain date as it is, where `zone` is the instance's; of anything else the moment (coupa section 3.4.1)."""
    if _DAY.fullmatch(text) and isinstance(zone, ZoneInfo):
        return moment(text).date()
    return moment(text, zone)


@lru_cache(maxsize=4096)
def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The beginning of a day in the instance's zone."""
    return datetime(on.year, on.month, on.day, tzinfo=zone)


@lru_cache(maxsize=4096)
def at_time(on: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    """A time of day in the instance's zone."""
    return datetime.combine(on, time_of_day, tzinfo=zone)


def day_of(value: date | datetime, zone: ZoneInfo) -> date:
    """The day of what a field of kind `day` holds, as the instance prints it."""
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def _unquoted(value: object) -> str:
    """The text of a date: one payment example has it in quotes, two have it as month/day/year (section 3.5.1)."""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        raise UnfitError("is not a valid date")
    text = value.strip().strip('"').strip()
    american = _AMERICAN.fullmatch(text)
    if american is None:
        return text
    month, day_of_month, year = (int(part) for part in american.groups())
    return f"{year:04d}-{month:02d}-{day_of_month:02d}"


def _text(field: Field, value: object) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, str | int | Decimal):
        raise UnfitError("is invalid")
    text = str(value)
    if field.max is not None and len(text) > field.max:
        raise UnfitError(f"is too long (maximum is {field.max} characters)")
    if field.choices and text not in field.choices and text not in field.more_choices:
        raise UnfitError(f"must be one of {', '.join(field.choices)}.")
    return text


def _int(value: object) -> int:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise UnfitError("must be an integer")
    return int(number)


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise UnfitError("is not a number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise UnfitError("is not a number") from None
    if not number.is_finite() or number.adjusted() > 25:
        raise UnfitError("is not a number")
    return number


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise UnfitError("is not a boolean")
