"""Dates as a user's preference spells them: what AIS does with a literal (jde-ais section 8, 2)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_FIELD = re.compile(r"d+|M+|y+")


@dataclass(frozen=True, slots=True)
class DatePattern:
    """A Java date pattern of day, month and year in digits, e.g. `dd/MM/yyyy`."""

    pattern: str
    fields: tuple[tuple[str, int], ...]
    separator: str

    @classmethod
    def parse(cls, pattern: str) -> DatePattern:
        """ValueError when the pattern does not hold day, month and year once each."""
        fields = tuple((word[0], len(word)) for word in _FIELD.findall(pattern))
        if sorted(name for name, _ in fields) != ["M", "d", "y"]:
            raise ValueError(f"not a date pattern: {pattern!r}")
        rest = _FIELD.sub("", pattern)
        return cls(pattern, fields, rest[:1])

    @property
    def code(self) -> str:
        """JDE's code for it: `DME` for day, month, four-digit year; `R` is the two-digit year."""
        return "".join({"d": "D", "M": "M", "y": "E" if n == 4 else "R"}[name] for name, n in self.fields)

    def format(self, value: date) -> str:
        """The date in this pattern."""
        numbers = {"d": value.day, "M": value.month, "y": value.year}
        return _FIELD.sub(lambda word: f"{numbers[word[0][0]] % 10 ** len(word[0]):0{len(word[0])}d}", self.pattern)

    def read(self, literal: str) -> date | None:
        """The date that a lenient parser makes of a literal, with or without separators.

        A literal in another order of day, month and year is not refused: it becomes another date, since
        days and months
        roll over as Java's lenient calendar does it. None for what has not three numbers in it.
        """
        digits = re.findall(r"\d+", literal)
        if len(digits) == 1:
            digits = self._cut(digits[0])
        if len(digits) < 3:
            return None
        numbers = {name: int(text[:6]) for (name, _), text in zip(self.fields, digits, strict=False)}
        year_digits = next(len(text) for (name, _), text in zip(self.fields, digits, strict=False) if name == "y")
        year = numbers["y"]
        if year_digits <= 2 and dict(self.fields)["y"] <= 2:
            year += 2000 if year < 70 else 1900
        return _rolled(year, numbers["M"], numbers["d"])

    def read_exactly(self, text: str) -> date | None:
        """The date that a converter of this one format makes of a text: digits and separators as the format has them.

        Another order of day and month is read as another date where that is one. None for anything else.
        """
        parts = [re.escape(rest) for rest in _FIELD.split(self.pattern)]
        digits = [rf"(\d{{{width}}})" if width > 2 or not self.separator else r"(\d{1,2})" for _, width in self.fields]
        match = re.fullmatch("".join(a + b for a, b in zip(parts, [*digits, ""], strict=True)), text)
        if match is None:
            return None
        numbers = {name: int(found) for (name, _), found in zip(self.fields, match.groups(), strict=True)}
        try:
            return date(numbers["y"], numbers["M"], numbers["d"])
        except ValueError:
            return None

    def _cut(self, text: str) -> list[str]:
        parts, at = [], 0
        for _, width in self.fields:
            parts.append(text[at : at + width])
            at += width
        return [part for part in parts if part]


def _rolled(year: int, month: int, day: int) -> date:
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    if year < 1:
        return date.min
    if year > 9999:
        return date.max
    try:
        return date(year, month, 1) + timedelta(days=day - 1)
    except OverflowError:
        return date.max if day > 0 else date.min


def plus_months(day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), or the month's last day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


EPOCH = "epoch"
"""Milliseconds since 1970 in a string, as Oracle's own samples of orchestration inputs have them (section 14.1)."""
CONTRACTS_OWN = "yyyy-MM-dd"
"""What docs/orchestrations.md asks for."""
USERS_OWN = "user"
"""The login user's own pattern, read as literals of the data service are."""
INPUT_FORMATS = (CONTRACTS_OWN, "MM/dd/yyyy", "dd/MM/yyyy", "yyyyMMdd", EPOCH, USERS_OWN)
"""Formats that a designer may give a date input; the vendor's own list could not be read."""


@dataclass(frozen=True, slots=True)
class InputDates:
    """How an orchestration reads its date inputs."""

    format: str
    user: DatePattern
    zone: str

    def read(self, text: str) -> date | None:
        """The date, or None for what the converter refuses."""
        if self.format == USERS_OWN:
            return self.user.read(text)
        if self.format != EPOCH:
            return DatePattern.parse(self.format).read_exactly(text)
        try:
            return datetime.fromtimestamp(int(text) / 1000, ZoneInfo(self.zone)).date()
        except (ValueError, OverflowError, OSError):
            return None
