"""The audit columns that JD Edwards' applications fill (jde-ais section 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .world import Row


@dataclass(frozen=True, slots=True)
class Stamp:
    """The audit columns: the day and time (HHMMSS as a whole number) of the last change, both None if unknown."""

    day: date | None
    time: int | None

    @classmethod
    def at(cls, day: date | None, second: int) -> Stamp:
        """The stamp of a second of a day; an empty one without a day."""
        return cls(day, None if day is None else clock_time(second))

    def onto(self, row: Row) -> Row:
        """The row with its audit columns."""
        row["USER"] = "APUSER"
        row["PID"] = "P0411"
        row["JOBN"] = "ENT01"
        row["UPMJ"] = self.day
        row["UPMT"] = self.time
        return row

    def onto_order(self, row: Row) -> Row:
        """The row of an order table with its audit columns: the time is TDAY there."""
        row["USER"] = "BUYER"
        row["PID"] = "P4310"
        row["JOBN"] = "ENT01"
        row["UPMJ"] = self.day
        row["TDAY"] = self.time
        return row


def clock_time(second: int) -> int:
    """Seconds since midnight as UPMT holds them: 34205 -> 93005."""
    return second // 3600 * 10000 + second // 60 % 60 * 100 + second % 60
