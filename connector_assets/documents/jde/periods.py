"""Which days JD Edwards accepts as a G/L date: the company's open periods, and the close calendar.

A company (F0010) has a fiscal date pattern (DTPN), a current period (PNC) and the first day of its fiscal year (DFYJ).
Period n of a pattern of calendar months begins n - 1 months after that day. The days of other patterns, such as 4-4-5,
are in a table that is not read here: their companies need the close calendar (jde-ais section 3.6).
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.context import RunContext
from connector_resources.close_calendar import CloseCalendar

ONE_DAY = timedelta(days=1)
MONTHS = 12


class PeriodRules(BaseModel):
    """What a site decides about G/L dates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    closed_period: Literal["hold", "first_open_day"] = Field(
        default="first_open_day",
        description="a G/L date in a past, closed period: the first open day after it, or a person decides",
    )
    periods_open: int = Field(
        default=2, ge=1, description="how many periods take postings, counted from the company's current one (PNC)"
    )
    month_patterns: tuple[str, ...] = Field(
        default=("R",), description="fiscal date patterns (F0010.DTPN) whose periods are calendar months"
    )
    unknown_periods: Literal["open", "hold"] = Field(
        default="open", description="days of a company whose periods neither F0010 nor the close calendar shows"
    )


@dataclass(frozen=True, slots=True)
class GlDate:
    """The G/L date to send, None where the document is to be held; `moved` from the wanted one, `why` in words."""

    day: date | None
    moved: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """The days that a company's open periods cover, both included."""

    first: date
    last: date


class Periods:
    """The open days of each company, as of one instant: which cut-offs have passed then."""

    def __init__(
        self, companies: Iterable[Row], rules: PeriodRules, calendar: CloseCalendar | None, now: datetime
    ) -> None:
        self.rules = rules
        self.calendar = calendar
        self.now = now
        self._spans = {str(row["CO"]): _span(row, rules) for row in companies}

    def open_on(self, company: str, day: date) -> bool:
        """Whether a document of the company (KCO, five digits) may be dated on that day."""
        return not self.closed_by(company, day)

    def closed_by(self, company: str, day: date) -> str:
        """What keeps a day from being a G/L date, in words; '' where nothing does."""
        period = self.calendar.closed(company, day, self.now) if self.calendar else None
        if period is not None:
            since = f" since {period.cut_off.isoformat()}" if period.cut_off and not period.closed else ""
            return f"{day} is in {period.name}, which is closed{since}"
        span = self._spans.get(company)
        if span is not None:
            inside = span.first <= day <= span.last
            return "" if inside else f"{day} is not within {span.first} and {span.last}, which are open in {company}"
        by_calendar = self.calendar is not None and self.calendar.period_of(company, day) is not None
        if by_calendar or self.rules.unknown_periods == "open":
            return ""
        return f"the periods of company {company} are not known, nor is {day} in the close calendar"

    def first_open_day(self, company: str, not_before: date) -> date | None:
        """The first open day from that day on; None where the company has none."""
        span = self._spans.get(company)
        day = max(not_before, span.first) if span else not_before
        while self.closed_by(company, day):
            period = self.calendar.closed(company, day, self.now) if self.calendar else None
            if period is None:
                return None if span else self._first_in_calendar(company, day)
            # a period of its own may begin within one of every company: the days are asked one by one
            day += ONE_DAY
        return day

    def gl_date(self, company: str, wanted: date) -> GlDate:
        """The G/L date for a document that asks for `wanted`, by the rule `closed_period`; none, whatever that says,
        for a day later than all open periods: an earlier one would be a guess."""
        why = self.closed_by(company, wanted)
        if not why:
            return GlDate(wanted)
        if self.rules.closed_period == "hold":
            return GlDate(None, why=why)
        day = self.first_open_day(company, wanted)
        return GlDate(day, moved=day is not None, why=why if day else f"{why}; no later day is open")

    def reversal_day(self, company: str, of: date) -> date | None:
        """The G/L date that takes back what is dated `of`: the same where it is still open, else the first open day
        after it, whatever `closed_period` says; None where the company has none."""
        return self.first_open_day(company, of)

    def _first_in_calendar(self, company: str, day: date) -> date | None:
        """Of a company that only the calendar tells, and whose other days are held: the first open one from here on."""
        if self.calendar is None:
            return None
        later = sorted(max(day, each.first) for each in self.calendar.periods if each.last >= day)
        return next((each for each in later if self.open_on(company, each)), None)


def periods_of(context: RunContext, rules: PeriodRules) -> Periods:
    """The periods of the JDE connection of a run, from the newest snapshot of F0010 and the integration's calendar.

    Raises UnusableInput where the calendar's file cannot be used.
    """
    path = context.integration.settings.close_calendar
    calendar = CloseCalendar.load(path) if path is not None else None
    return Periods(context.reader("jde").snapshot("F0010"), rules, calendar, context.now())


def _span(row: Row, rules: PeriodRules) -> _Span | None:
    """The days of the company's open periods; None where F0010 does not show them."""
    current, year_start = row.get("PNC"), row.get("DFYJ")
    if not current or year_start is None or text(row.get("DTPN")) not in rules.month_patterns:
        return None
    # the periods after the twelfth are for adjustments, and have the days of the twelfth
    first = min(int(current), MONTHS)
    begins = _months_after(year_start, first - 1)
    return _Span(begins, _months_after(year_start, first - 1 + rules.periods_open) - ONE_DAY)


def _months_after(day: date, count: int) -> date:
    """The same day so many months later, or the month's last where it has no such day."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + count, MONTHS)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))
