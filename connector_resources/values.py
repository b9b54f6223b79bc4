"""How vendors write values, read tolerantly, whoever the vendor is: amounts, instants, flags, blanks."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator

_OLDER_FORMS = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S %z")


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


def _flag(value: object) -> object:
    """Booleans also come as `"true"` and `"false"` somewhere; null and blank are None."""
    if isinstance(value, str):
        return {"true": True, "false": False, "": None}.get(value.strip().lower(), value)
    return value


def _many(value: object) -> object:
    return () if value is None else value


Text = str | None
Number = int | None
Amount = Annotated[Decimal | None, BeforeValidator(decimal_of)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Many = BeforeValidator(_many)
