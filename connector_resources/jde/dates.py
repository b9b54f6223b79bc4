"""Date literals in the login user's own date preference (jde-ais section 8, items 1 and 2), and dates as an
orchestration takes them (jde-ais section 14.1).

Dates come out as YYYYMMDD, but a literal sent in is read by `userInfo.simpleDateFormat`, a Java pattern. A
literal in the wrong form silently selects other rows, so nothing is guessed here and `proof` tries the
pattern on a known row.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from connector_resources.connections.jde import DateFormat
from connector_resources.errors import UnusableInput

_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_FORMS = {"d": 1, "dd": 2, "M": 1, "MM": 2, "yy": 2, "yyyy": 4}
# A two-digit year is read by a century rule that AIS does not show; these years are the same under the usual
# ones.
_SHORT_YEARS = range(1970, 2050)


class DatePattern:
    """A Java date pattern of days, months and years, such as `dd/MM/yyyy`, `M/d/yy` or `yyyyMMdd`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._tokens = tuple(found[0] for found in _TOKEN.finditer(pattern))
        fields = [token for token in self._tokens if token[0].isalpha()]
        known = all(token in _FORMS for token in fields)
        adjoining = any(
            len(token) == 1 and following[0].isalpha()
            for token, following in zip(self._tokens, self._tokens[1:], strict=False)
            if token[0].isalpha()
        )
        whole = sorted(token[0] for token in fields) == ["M", "d", "y"] and "".join(self._tokens) == pattern
        if not (known and whole) or adjoining:
            raise UnusableInput(
                f"the JD Edwards user's date format {pattern!r} is not one of day, month and year in digits;"
                " choose another date format in the user's profile"
            )

    def literal(self, day: date) -> str:
        """`day` as the login user would type it."""
        if "yy" in self._tokens and day.year not in _SHORT_YEARS:
            raise UnusableInput(
                f"{day} cannot be distinguished from another century in the user's date format {self.pattern!r};"
                " choose one with four-digit years in the user's profile"
            )
        return "".join(_written(token, day) for token in self._tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatePattern) and other.pattern == self.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"DatePattern({self.pattern!r})"


_NOON = time(12)


def day_text(day: date, written: DateFormat, user: DatePattern, zone: ZoneInfo) -> str:
    """`day` as an orchestration takes it. In milliseconds it is noon in `zone`, so that a server of another zone reads
    the same day."""
    if written == "iso":
        return day.isoformat()
    if written == "user":
        return user.literal(day)
    if written == "epoch_ms":
        return str(int(datetime.combine(day, _NOON, zone).timestamp()) * 1000)
    return DatePattern(written).literal(day)


def _written(token: str, day: date) -> str:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'") or "'"
    if token not in _FORMS:
        return token
    number = {"d": day.day, "M": day.month, "y": day.year}[token[0]]
    if token == "yy":  # noqa: S105 - a field of a date
        number %= 100
    return str(number).zfill(_FORMS[token])
