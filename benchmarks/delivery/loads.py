"""What a landed document costs ml-connector in calls: a first load, and a later one into a Coupa that holds some."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.delivery.scene import INTEGRATION, Scene, connector

# the sandbox's vouchers were entered over the thirty days up to today
HALF_OF_THE_DAYS = timedelta(days=15)


@dataclass(frozen=True)
class Load:
    """`landed` documents were created by `calls`, all of Coupa's routes with their counts."""

    landed: int
    calls: dict[str, int]

    @property
    def calls_each(self) -> float:
        """Calls per landed document."""
        return sum(self.calls.values()) / self.landed


def measure_loads(scene: Scene, faults: Sequence[dict[str, Any]]) -> dict[str, Load]:
    """A first load without faults; then half of the ledger's days, and the later vouchers after them, without faults
    and with: what is new is looked for in bulk before it is created."""
    found = {"first load": _loads(scene, (), [None])[0]}
    middle = datetime.now(UTC).date() - HALF_OF_THE_DAYS
    found["later load"] = _loads(scene, (), [middle, None])[1]
    found["later load, faults"] = _loads(scene, faults, [middle, None])[1]
    return found


def _loads(scene: Scene, faults: Sequence[dict[str, Any]], until: Sequence[date | None]) -> list[Load]:
    """One sync after the other, each up to its day (None: today)."""
    found: list[Load] = []
    before: Counter[str] = Counter()
    with scene.raise_curtain(faults) as sandbox:
        for day in until:
            to = ["--to", day.isoformat()] if day else []
            told = connector(scene.home, "sync", f"{INTEGRATION}/invoices", "--json", *to)
            calls = Counter(sandbox.calls())
            found.append(Load(json.loads(told)["flows"][0]["outcomes"]["created"], dict(calls - before)))
            before = calls
    return found
