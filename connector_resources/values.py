"""How vendors write values, read tolerantly, whoever the vendor is: amounts, instants, flags, blanks."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ValidatorFunctionWrapHandler, WrapValidator

T = TypeVar("T")

# before the point of an amount: what our stores hold of it, sums of many included, and all that JD Edwards has
AMOUNT_DIGITS = 15
# the largest and the smallest power of ten that a number may have
_LARGEST = 60
_MOST = 2**63 - 1
# an instant of the first or the last year has no day in every time zone
_YEARS = range(2, 9999)
_OLDER_FORMS = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S %z")


def decimal_of(value: object) -> Decimal | None:
    """`"20000.00"` or a number as Decimal, blank as None. Raises ValueError for a float or other text."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return _finite(value)
    if isinstance(value, bool | float):
        raise ValueError("an amount is never a float or a boolean")
    if isinstance(value, int):
        return _finite(Decimal(value))
    if not isinstance(value, str):
        raise ValueError("not a decimal number")
    text = value.strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a decimal number") from None
    return _finite(number)


def amount_of(value: object) -> Decimal | None:
    """As `decimal_of`; raises ValueError for more than our stores hold too."""
    amount = decimal_of(value)
    if amount and amount.adjusted() >= AMOUNT_DIGITS:
        raise ValueError(f"not an amount of at most {AMOUNT_DIGITS} digits")
    return amount


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError("not a finite number")
    if abs(number.adjusted()) > _LARGEST:
        # nothing that anybody counts, and more than arithmetic goes through with
        raise ValueError("not a number of a usable size")
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
    if moment.year not in _YEARS:
        raise ValueError("not a date-time of these times")
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


def text_of(value: object) -> str | None:
    """A text; a number where a text belongs is its digits (BILL sends check numbers so). Raises ValueError for anything
    else, and for what no store holds as text."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("not a text")
    if isinstance(value, Decimal):
        value = str(value)
    found = str(value)
    if not found.isascii() and any("\ud800" <= each <= "\udfff" for each in found):
        raise ValueError("not a text of whole characters")
    if "\0" in found:
        raise ValueError("not a text without NUL characters")
    return found


def exact_text_of(value: object) -> str | None:
    """A text that a number cannot stand for, since its leading zeros matter. Raises ValueError for anything else."""
    if not isinstance(value, str | None):
        raise ValueError("not a text")
    return text_of(value)


def whole_of(value: object) -> int | None:
    """A whole number, also as text or with zeros behind the point. Raises ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        found = decimal_of(value) if isinstance(value, str | Decimal | None) else None
        if found is None and value is not None and not isinstance(value, str):
            raise ValueError("not a whole number")
        if found is None:
            return None
        number = found
    if number.copy_abs() > _MOST or number != number.to_integral_value():
        raise ValueError("not a whole number")
    return int(number)


def _if_readable(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValueError:
        return handler(None)


# A field that a model has and nothing of ours uses: what cannot be read of it is as if it had not been told.
Unused = Annotated[T, WrapValidator(_if_readable)]
Text = Annotated[str | None, BeforeValidator(text_of)]
ExactText = Annotated[str | None, BeforeValidator(exact_text_of)]
Number = Annotated[int | None, BeforeValidator(whole_of)]
Amount = Annotated[Decimal | None, BeforeValidator(amount_of)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Many = BeforeValidator(_many)
