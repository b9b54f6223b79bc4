"""The days: one daily partition set for all assets of transactional flows.

A key is a calendar date as the source gives it (JDE's UPMJ). The set is in UTC and two days longer than UTC's today, so
that it contains the today of every zone. A day that has begun in no connection is refused when it is requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg

FORMAT = "%Y-%m-%d"


def days_from(start_date: date) -> dg.DailyPartitionsDefinition:
    """The partition set of a home that begins at `start_date`."""
    return dg.DailyPartitionsDefinition(start_date=start_date.isoformat(), timezone="UTC", end_offset=2)


def days_of(keys: Sequence[str]) -> list[date]:
    """Partition keys as dates, in order."""
    return sorted(date.fromisoformat(key) for key in keys)


def between(first: date, last: date) -> list[date]:
    """All days from first to last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
