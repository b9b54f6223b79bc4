"""The site's self-test: an orchestration that works with a date and a number, and so proves how both are read.

Where it is configured, it must agree before anything is written (jde-ais sections 14.1 and 17).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from connector_resources.connections.jde import Orchestration
from connector_resources.errors import NotAllowed, NotFound, OutcomeUnknown, Refused, Unavailable, UnusableInput
from connector_resources.jde.contract.selftest import SELF_TEST
from connector_resources.jde.verdict import output

ACT = SELF_TEST.name
# 4 March read as 3 April is another day too
_DAY = date(2025, 3, 4)
_NUMBER = Decimal("1234.56")


class Answered(Protocol):
    """What an orchestration answered."""

    @property
    def body(self) -> Mapping[str, Any]: ...


class Calls(Protocol):
    """The part of `Orchestrations` that is used here; it says what each does."""

    @property
    def connection_name(self) -> str: ...

    @property
    def user_formats(self) -> tuple[str, str]: ...

    def configured(self, act: str) -> Orchestration: ...

    def call(self, act: str, values: Mapping[str, Any], *, reads: bool = False) -> Answered: ...


class SelfTest:
    """Holds once the site's orchestration has agreed, for each date and decimal format that a login tells."""

    def __init__(self, orchestrations: Calls) -> None:
        self._orchestrations = orchestrations
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], tuple[bool, str]] = {}

    def hold(self) -> None:
        """Raises UnusableInput where it does not agree: then nothing may be written."""
        self.detail()

    def detail(self) -> str:
        """Run it once, and tell what it proved."""
        user = self._orchestrations.user_formats
        with self._lock:
            if user not in self._found:
                self._found[user] = self._run()
            agreed, detail = self._found[user]
        if not agreed:
            raise UnusableInput(detail)
        return detail

    def _run(self) -> tuple[bool, str]:
        name = f"{ACT} ({self._orchestrations.configured(ACT).name})"
        try:
            answer = self._orchestrations.call(ACT, {"Date": _DAY, "Number": _NUMBER}, reads=True).body
        except Unavailable as problem:
            # an outage, or inputs that the site does not take: not remembered
            raise UnusableInput(f"nothing is written: {name} could not be run: {problem}") from None
        except (Refused, NotFound, NotAllowed, OutcomeUnknown) as problem:
            return False, f"nothing is written: {name} could not be run: {problem}"
        wrong = [*_wrong_day(answer), *_wrong_number(answer)]
        if wrong:
            return False, (
                f"connection {self._orchestrations.connection_name}: nothing is written: {name} was sent {_DAY} and"
                f" {_NUMBER} and answered {' and '.join(wrong)}; correct date_format or orchestration_dates, the"
                " input's format in Orchestrator Studio, or the decimal sign in the user's profile"
            )
        return True, f"{name} read {_DAY} and {_NUMBER} as they are meant"


def _wrong_day(answer: Mapping[str, Any]) -> list[str]:
    answered, wanted = output(answer, "NextDay"), _DAY + timedelta(days=1)
    # a time of day may follow
    return [] if answered[:10] == wanted.isoformat() else [f"NextDay {answered or 'nothing'}, not {wanted}"]


def _wrong_number(answer: Mapping[str, Any]) -> list[str]:
    answered, wanted = output(answer, "NumberPlusOne"), _NUMBER + 1
    try:
        agrees = Decimal(answered) == wanted
    except InvalidOperation:
        agrees = False
    return [] if agrees else [f"NumberPlusOne {answered or 'nothing'}, not {wanted}"]
