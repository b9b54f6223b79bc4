"""The financial close calendar: a YAML file of periods, each with the instant at which it is cut off.

    time_zone: Europe/London
    periods:
      - {company: "*", name: 2026-05, first: 2026-05-01, last: 2026-05-31, cut_off: 2026-06-03T18:00}
      - {company: "00001", name: 2026-05, first: 2026-05-01, last: 2026-05-31, cut_off: 2026-06-02T12:00, closed: true}

A cut-off without an offset is read in the file's zone. A company's own period goes before one of `*`, day by day. A
period is closed when it says so or once its cut-off has passed; a day of no period is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from connector_resources.errors import UnusableInput
from connector_resources.yaml_lines import load_mapping

EVERY_COMPANY = "*"


class Period(BaseModel):
    """One period of one company, or of `*`; `first` and `last` belong to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    company: str = Field(default=EVERY_COMPANY, min_length=1, description="number in quotes; * is every company")
    name: str = Field(min_length=1, description="what people call it")
    first: date
    last: date
    cut_off: datetime | None = Field(default=None, description="from then on it is closed; null: only by `closed`")
    closed: bool = Field(default=False, description="closed whatever the cut-off")

    @field_validator("company", mode="before")
    @classmethod
    def _quoted(cls, company: object) -> object:
        # YAML reads 00010 as the octal number 8
        if not isinstance(company, str):
            raise ValueError('must be in quotes: "00001"')
        return company.strip()

    @field_validator("name", mode="before")
    @classmethod
    def _any_name(cls, name: object) -> object:
        # YAML makes a number or a date of many names that people give a period
        return str(name) if isinstance(name, int | float | date) else name

    def holds(self, day: date) -> bool:
        """Whether the day is one of the period."""
        return self.first <= day <= self.last

    def closed_at(self, now: datetime) -> bool:
        """Whether nothing may be dated in it any more."""
        return self.closed or (self.cut_off is not None and self.cut_off <= now)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    time_zone: str = "UTC"
    periods: tuple[Period, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/London") from None
        return zone


class CloseCalendar:
    """The periods of a file, cut-offs as instants."""

    def __init__(self, periods: Sequence[Period]) -> None:
        self.periods = tuple(periods)

    @classmethod
    def load(cls, path: Path) -> CloseCalendar:
        """Read the file. Raises UnusableInput in one line: the file, the line, what is wrong with it."""
        content, lines = load_mapping(path)
        try:
            file = _File.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            where = [str(part) for part in first["loc"]]
            text = {"extra_forbidden": "unknown setting", "missing": "this setting is required"}.get(
                first["type"], first["msg"].removeprefix("Value error, ")
            )
            raise UnusableInput(f"{path} line {lines.of(where)}: {'.'.join(where)}: {text}") from None
        zone = ZoneInfo(file.time_zone)
        periods = [_with_zone(period, zone) for period in file.periods]
        for number, period in enumerate(periods):
            wrong = _wrong(period, periods[:number])
            if wrong:
                raise UnusableInput(f"{path} line {lines.of(('periods', str(number)))}: periods.{number}: {wrong}")
        return cls(periods)

    def period_of(self, company: str, day: date) -> Period | None:
        """The period that a day of a company is in: its own, else that of every company; None where it is in none."""
        own = (period for wanted in (company, EVERY_COMPANY) for period in self.periods if period.company == wanted)
        return next((period for period in own if period.holds(day)), None)

    def closed(self, company: str, day: date, now: datetime) -> Period | None:
        """The closed period in the way of a date; None where the day is open."""
        period = self.period_of(company, day)
        return period if period is not None and period.closed_at(now) else None

    def cut_offs(self) -> Iterator[datetime]:
        """The instants at which periods are cut off, of any company."""
        return (period.cut_off for period in self.periods if period.cut_off is not None)

    def before_close(self, now: datetime, days: int) -> bool:
        """Whether a cut-off is at most so many days of 24 hours ahead."""
        return any(now < cut_off <= now + timedelta(days=days) for cut_off in self.cut_offs())

    def after_close(self, now: datetime, days: int) -> bool:
        """Whether a cut-off is less than so many days of 24 hours ago."""
        return any(cut_off <= now < cut_off + timedelta(days=days) for cut_off in self.cut_offs())


def _with_zone(period: Period, zone: ZoneInfo) -> Period:
    if period.cut_off is None or period.cut_off.tzinfo is not None:
        return period
    return period.model_copy(update={"cut_off": period.cut_off.replace(tzinfo=zone)})


def _wrong(period: Period, earlier: Sequence[Period]) -> str:
    """What keeps a period from its place among those before it in the file; '' when nothing does."""
    if period.last < period.first:
        return "ends before it begins"
    if period.cut_off is not None and period.cut_off.date() < period.first:
        return "is cut off before it begins"
    for other in earlier:
        if other.company == period.company and other.first <= period.last and period.first <= other.last:
            return f"shares days with {other.name} of company {period.company}"
    return ""
