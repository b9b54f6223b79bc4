"""Two systems in places where it is not the same day, for the scenarios of either pair."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from scenario_site import Site

TOKYO, LONDON, ANGELES = "Asia/Tokyo", "Europe/London", "America/Los_Angeles"


class Apart(NamedTuple):
    """An instant at which JD Edwards and the other system have different dates: where they are, and their dates."""

    at: datetime
    jde: str
    other: str
    dates: tuple[date, date]


def set_apart(testbed: Site, apart: Apart) -> None:
    """It is that instant, and the systems are there."""
    testbed.in_zone("jde", apart.jde)
    testbed.in_zone(testbed.SYSTEM, apart.other)
    testbed.sandbox.post("/clock", {"now": apart.at.isoformat()})
