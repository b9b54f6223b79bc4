"""The one shape in which a benchmark leaves what it measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measurement:
    """One thing measured: ours, each peer's (None: could not be measured), and the best that there can be.

    `floor` is what nobody can go below (or above, for what counts upwards); `spread` is the largest minus the smallest
    of our `runs`, in `unit`. `context` says under which circumstances.
    """

    name: str
    unit: str
    ours: float | None
    peers: Mapping[str, float | None] = field(default_factory=dict)
    floor: float = 0.0
    runs: int = 1
    spread: float = 0.0
    context: Mapping[str, Any] = field(default_factory=dict)


def write(name: str, measurements: Sequence[Measurement]) -> Path:
    """Write `results/<name>.json`, a list of measurements."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps([asdict(each) for each in measurements], indent=1) + "\n", encoding="utf-8")
    return path
