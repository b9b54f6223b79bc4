"""Fiscal periods of the companies: which G/L dates are open, and closing one (jde-ais section 3.6, F0010).

A company's fiscal year begins at DFYJ; its date pattern R has a period for each calendar month. Open are the current
period (PNC) and the next one. A company without DFYJ or PNC, or of another pattern, has no periods here, so that every
date is open; so it is where the switch `check_periods` is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program
from connector_sandbox.jde.dates import plus_months

_REGULAR = "R"
_PERIODS = 12


@dataclass(frozen=True, slots=True)
class Calendar:
    """The fiscal year of a company: its first day, and its current period, 1 to 12."""

    begins: date
    current: int

    @property
    def opens(self) -> date:
        """The first day of the current period."""
        return plus_months(self.begins, self.current - 1)

    @property
    def ends(self) -> date:
        """The first day after the next period."""
        return plus_months(self.begins, self.current + 1)


class Periods(Program):
    """The calendars of the companies."""

    def calendar(self, company: str) -> Calendar | None:
        """The calendar of a company; None for one that has none."""
        row = self._database["F0010"].get({"CO": company})
        if row is None or self._text("F0010", row, "DTPN") != _REGULAR:
            return None
        begins, current = self._day("F0010", row, "DFYJ"), int(self._amount("F0010", row, "PNC"))
        return Calendar(begins, current) if begins is not None and current else None

    def check(self, company: str, day: date) -> None:
        """BusinessError for a G/L date before the current period or after the next one."""
        calendar = self.calendar(company)
        if calendar is None or not self._environment.options.check_periods:
            return
        if day < calendar.opens:
            text = f"PBCO - Posted Before Cut-Off: G/L date {day} is before period {calendar.current} of {company}"
            raise BusinessError("PBCO", text, "DGJ")
        if day >= calendar.ends:
            text = f"PACO - Posted After Cut-Off: G/L date {day} is after the next period of {company}"
            raise BusinessError("PACO", text, "DGJ")

    def fiscal(self, company: str, day: date) -> dict[str, int]:
        """PN, FY and CTRY of a day; by the calendar year for a company without periods."""
        calendar = self.calendar(company)
        first = date(day.year, 1, 1)
        if calendar is not None:
            first = calendar.begins.replace(year=day.year)
            first = first if first <= day else first.replace(year=day.year - 1)
        months = (day.year - first.year) * _PERIODS + day.month - first.month + (1 if day.day >= first.day else 0)
        return {"PN": months, "FY": first.year % 100, "CTRY": first.year // 100}

    def close(self, company: str) -> dict[str, Any]:
        """Close the current period: the next one is current; after the last one, a new year begins.

        BusinessError for a company without periods.
        """
        calendar = self.calendar(company)
        row = self._database["F0010"].get({"CO": company})
        if calendar is None or row is None:
            raise BusinessError("0006", f"Company {company} has no fiscal periods", "CO")
        values: dict[str, Any] = {"PNC": calendar.current + 1}
        if calendar.current >= _PERIODS:
            values = {"PNC": 1, "DFYJ": plus_months(calendar.begins, _PERIODS)}
        self._change("F0010", row, values)
        return {"PNC": values["PNC"]}
