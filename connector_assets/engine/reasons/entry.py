"""What a reason is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["normal", "high"]
HIGH: Severity = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the list: `message` says what is wrong, `fix` what to do about it. `severity` is high where money
    may go out twice or to the wrong party while nobody acts."""

    name: str
    severity: Severity
    message: str
    fix: str
    # both texts where the value is blank
    blank: tuple[str, str] | None = None
