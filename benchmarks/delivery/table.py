"""The scores as people read them, and as `make bench` keeps them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.delivery.contestants import EVERYONE, Contestant
from benchmarks.delivery.course import Score
from benchmarks.delivery.loads import Load
from benchmarks.measurements import Measurement

Scores = Mapping[tuple[str, bool], Score | str]
OURS = "ml-connector"
HEAD = ("tool", "setting", "landed", "duplicates", "lost", "what it said", "calls per landed", "seconds")


@dataclass(frozen=True)
class Results:
    """All that was measured: (contestant, killed) -> its score, or why there is none. `floor` is a bare loop's."""

    scores: Scores
    faults: Sequence[Mapping[str, Any]]
    seed: int
    size: int
    held: int
    floor: Score | str | None
    loads: Mapping[str, Load] | None

    @property
    def ours_failed(self) -> bool:
        """Whether ml-connector left a duplicate, a loss or a stranger, or could not be measured."""
        ours = [score for (name, _), score in self.scores.items() if name in (OURS, "engine")]
        return any(isinstance(each, str) or each.duplicates or each.lost or each.foreign_records for each in ours)

    @property
    def expected(self) -> int:
        """Invoices to deliver."""
        return next((each.expected for each in self.scores.values() if isinstance(each, Score)), 0)


def markdown(results: Results) -> str:
    """Three tables: the faults, the faults with a kill, and what our own loads cost; and the peers as they come."""
    parts = [
        f"{results.expected} invoices from a ledger of {results.size} vouchers (seed {results.seed}; our checks hold "
        f"{results.held} more, which the peers never see)."
    ]
    titles = {
        (False, False): "Faults",
        (True, False): "Faults, and one `kill -9` half way, then a rerun",
        (False, True): "Faults, the peers as they come",
        (True, True): "Faults and the kill, the peers as they come",
    }
    for (kill, stock), title in titles.items():
        rows = [
            _row(each, results.scores[each.name, kill])
            for each in EVERYONE
            if each.stock == stock and (each.name, kill) in results.scores
        ]
        if rows:
            parts.append(f"### {title}\n\n{_table(HEAD, rows)}")
    if isinstance(results.floor, Score):
        parts.append(f"A bare loop without faults, retries or state takes {_seconds(results.floor):g} s for the same.")
    if results.loads:
        head = ("load of ml-connector", "landed", "calls", "of these creates", "calls per landed")
        rows = [
            (name, str(each.landed), str(sum(each.calls.values())), str(_creates(each.calls)), f"{each.calls_each:.3f}")
            for name, each in results.loads.items()
        ]
        parts.append(f"### What a landed document costs\n\n{_table(head, rows)}")
    return "\n\n".join(parts)


def measurements(results: Results) -> list[Measurement]:
    """One a scenario and quantity, the peers at their best; and one a load of ours."""
    context = {
        "documents": results.expected,
        "size": results.size,
        "seed": results.seed,
        "faults": list(results.faults),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    quantities: dict[str, tuple[str, Callable[[Score], float], float]] = {
        "landed": ("documents", lambda score: score.landed, results.expected),
        "duplicates": ("documents", lambda score: score.duplicates, 0.0),
        "lost": ("documents", lambda score: score.lost, 0.0),
        "calls_per_landed": ("calls", lambda score: round(score.calls_each, 4), 1.0),
        "seconds": ("s", lambda score: round(score.seconds, 1), _seconds(results.floor)),
    }
    found = []
    for kill, scenario in ((False, "faults"), (True, "faults_and_kill")):
        scores = {name: score for (name, killed), score in results.scores.items() if killed == kill}
        said = {name: score if isinstance(score, str) else _said(score) for name, score in scores.items()}
        for name, (unit, value, floor) in quantities.items():
            values = {each: None if isinstance(score, str) else value(score) for each, score in scores.items()}
            ours = values.pop(OURS, None)
            more: dict[str, Any] = {"said": said} if name == "landed" else {}
            found.append(Measurement(f"delivery/{scenario}/{name}", unit, ours, values, floor, context=context | more))
    for name, load in (results.loads or {}).items():
        counted: dict[str, Any] = {"landed": load.landed, "calls": load.calls}
        label = name.replace(", ", "_").replace(" ", "_")
        found.append(
            Measurement(
                f"delivery/{label}/calls_per_landed",
                "calls",
                round(load.calls_each, 4),
                floor=1.0,
                context=context | counted,
            )
        )
    return found


def _row(contestant: Contestant, score: Score | str) -> tuple[str, ...]:
    if isinstance(score, str):
        return (contestant.title, contestant.setting, *("–" for _ in range(3)), f"not measured: {score}", "–", "–")
    numbers = (str(score.landed), str(score.duplicates), str(score.lost))
    return (
        contestant.title,
        contestant.setting,
        *numbers,
        _said(score),
        f"{score.calls_each:.3f}",
        f"{score.seconds:.0f}",
    )


def _seconds(floor: Score | str | None) -> float:
    return round(floor.seconds, 1) if isinstance(floor, Score) else 0.0


def _said(score: Score) -> str:
    return f"exit {score.exit_code}: {score.said}"


def _creates(calls: Mapping[str, int]) -> int:
    return sum(count for route, count in calls.items() if route == "POST /api/invoices")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(each.replace("|", "\\|") for each in line) + " |" for line in lines)
