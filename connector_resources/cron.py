"""Whether a cron line is one: a wrong one would otherwise stop every definition from loading."""

from __future__ import annotations

import re

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_NAMES = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "weekday": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
_SHORTHANDS = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
_PART = re.compile(r"^(\*|\w+)(?:-(\w+))?(?:/(\d+))?$", re.ASCII)


def check(line: str) -> None:
    """Raise ValueError with one clear sentence unless `line` is minute, hour, day, month, weekday."""
    if line.strip() in _SHORTHANDS:
        return
    fields = line.split()
    if len(fields) != len(_FIELDS):
        raise ValueError("must be a cron line of five fields: minute hour day month weekday")
    for text, (name, low, high) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if not _fits(part.lower(), name, low, high):
                raise ValueError(f"not a cron line: {part!r} is no {name}")


def _fits(part: str, name: str, low: int, high: int) -> bool:
    match = _PART.match(part)
    if match is None:
        return False
    start, end, step = match.groups()
    if step is not None and int(step) < 1:
        return False
    if start == "*":
        return end is None
    numbers = [_number(word, name, low) for word in (start, end) if word is not None]
    return all(n is not None and low <= n <= high for n in numbers) and (
        len(numbers) == 1 or (numbers[0] or 0) <= (numbers[1] or 0)
    )


def _number(word: str, name: str, low: int) -> int | None:
    names = _NAMES.get(name, [])
    if word in names:
        return names.index(word) + low
    return int(word) if word.isdigit() else None
