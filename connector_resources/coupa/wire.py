"""What goes out: query values and request bodies as Coupa reads them (coupa sections 3.0 and 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

# A value in a query: a sequence becomes the comma list of `[in]` and `[not_in]`.
Value = str | int | bool | Decimal | date | datetime | Sequence[str | int]
Filters = Mapping[str, Value]


def query_value(value: Value) -> str:
    """One value of a filter. Instants go as UTC with `Z`, so that no `+` can turn into a space on its way."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str | int):
        return str(value)
    return ",".join(str(item) for item in value)


def query(filters: Filters) -> list[tuple[str, str]]:
    """Filters as query parameters, in their order."""
    return [(name, query_value(value)) for name, value in filters.items()]


def instant_text(moment: datetime) -> str:
    """An instant to the second, in UTC. Raises ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date, zone: tzinfo) -> str:
    """A day where Coupa has a date-time: midnight, with the offset of `zone` on that day (coupa section 3.4.1)."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).isoformat(timespec="seconds")


def body(content: Any) -> Any:
    """A request body with its keys as given; Decimals as plain strings, dates as ISO text.

    Raises ValueError for a float: money never is one.
    """
    if isinstance(content, Mapping):
        return {str(key): body(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [body(value) for value in content]
    if isinstance(content, float):
        raise ValueError("a float in a request body: amounts are Decimals or strings")
    if isinstance(content, Decimal | date):
        return query_value(content)
    return content
