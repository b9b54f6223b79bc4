"""The lines of a record in BILL: which of our lines is which of the record's, and which of its fields are ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from connector_assets.engine.document import canonical

Line = Mapping[str, Any]


def _coded(line: Line) -> str:
    return canonical(line["classifications"])


# by what a line is known again, the surest first: who moved, renamed or recoded it in JD Edwards left the rest
_ALIKE: tuple[Callable[[Line], Any], ...] = (
    lambda line: (_coded(line), line["description"], line["amount"]),
    lambda line: (_coded(line), line["description"]),
    lambda line: (_coded(line), line["amount"]),
    _coded,
    lambda line: (line["description"], line["amount"]),
)


def paired(ours: Sequence[Line], theirs: Sequence[Line], ids: Sequence[str | None]) -> list[str | None]:
    """For each of our lines the id of the one that it is in BILL, None for a new one: what a person put on a line (job,
    item, customer) belongs to that cost, and not to its place. As many as before are the same ones all in all."""
    found: list[str | None] = [None] * len(ours)
    left = dict.fromkeys(range(len(theirs)))
    for alike in _ALIKE:
        for place, line in enumerate(ours):
            match = None if found[place] else next((each for each in left if alike(theirs[each]) == alike(line)), None)
            if match is not None:
                found[place] = ids[match]
                del left[match]
    if len(ours) == len(theirs):
        rest = iter(left)
        found = [each or ids[next(rest)] for each in found]
    return found


def owned_alone(lines: Sequence[Line], names: Collection[str]) -> list[dict[str, Any]]:
    """The lines with those of their classifications that are ours."""
    return [
        {**line, "classifications": {name: id for name, id in line["classifications"].items() if name in names}}
        for line in lines
    ]


def ordered_as(lines: Sequence[Line], wanted: Sequence[Line]) -> list[Line]:
    """The lines in the order of `wanted`, where they are the same ones: BILL keeps an order of its own."""
    same = sorted(map(canonical, lines)) == sorted(map(canonical, wanted))
    return list(wanted if same else lines)
