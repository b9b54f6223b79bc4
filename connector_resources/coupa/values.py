"""How Coupa writes values, read tolerantly: decimals as strings, dates as date-times, blanks as null or ''.

Types are those of coupa section 3.0 and 8: amounts are JSON strings with trailing zeros, date-times ISO 8601
with the instance's offset, a date comes back as midnight in the instance's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

# key of the validation context that holds the instance's time zone
ZONE = "zone"
_OLDER_FORMS = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S %z")
_DATE_LENGTH = len("2024-05-01")


def decimal_of(value: object) -> Decimal | None:
    """`"20000.00"` or a number as Decimal, blank as None. Raises ValueError for a float or other text."""
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool | float):
        raise ValueError("an amount is never a float or a boolean")
    if isinstance(value, int):
        return Decimal(value)
    text = str(value).strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a decimal number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


def instant_of(value: object, zone: tzinfo = UTC) -> datetime | None:
    """An ISO 8601 date-time (or a bare date: its midnight) with a zone; `zone` where the text names none."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=zone)
    elif isinstance(value, str):
        if not value.strip():
            return None
        moment = _parsed(value.strip())
    elif value is None:
        return None
    else:
        raise ValueError("not a date-time")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


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


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _OLDER_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller puts the zone where there is none
        except ValueError:
            continue
    raise ValueError("not a date-time")


def _zone(info: ValidationInfo) -> tzinfo:
    zone = (info.context or {}).get(ZONE, UTC)
    return zone if isinstance(zone, tzinfo) else UTC


def _flag(value: object) -> object:
    """Booleans also come as `"true"` and `"false"` (coupa section 3.5); null and blank are None."""
    if isinstance(value, str):
        return {"true": True, "false": False, "": None}.get(value.strip().lower(), value)
    return value


def _label(value: object) -> object:
    """Numbers that are names (a line's number, a document's id) come as text here and as numbers there."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _many(value: object) -> object:
    return () if value is None else value


def _keyed(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else {} if value is None else value


Text = str | None
Label = Annotated[str | None, BeforeValidator(_label)]
Number = int | None
Amount = Annotated[Decimal | None, BeforeValidator(decimal_of)]
Instant = Annotated[datetime | None, BeforeValidator(lambda value, info: instant_of(value, _zone(info)))]
Day = Annotated[date | None, BeforeValidator(lambda value, info: day_of(value, _zone(info)))]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
CustomFields = Annotated[dict[str, Any], BeforeValidator(_keyed)]
Many = BeforeValidator(_many)
