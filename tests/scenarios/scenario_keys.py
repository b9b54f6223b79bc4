"""By what the vouchers that we make are known, and what JD Edwards keeps of them: a scenario may run in every way.

A module that says `KNOWN_BY = scenario_keys.WAYS` runs in each of them; `@pytest.mark.known_by("mark")` on a scenario
names those that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# what JD Edwards keeps by the vendor's own pages, and what it did by the old reading
VENDORS: Mapping[str, Any] = {
    "batch_reference": "dropped",
    "entry_reference": "dropped",
    "user_fields": "dropped",
    "write_back": False,
}
OLD: Mapping[str, Any] = {
    "batch_reference": "kept",
    "entry_reference": "kept",
    "user_fields": "kept",
    "write_back": True,
    "batch_remark": "kept",
    "purge_processed": False,
}
# our user in JD Edwards
US = "MLCONN"


@dataclass(frozen=True)
class Way:
    """Settings of the flow that makes the vouchers, and switches of the sandbox's JD Edwards."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)


BY_NUMBER = {"voucher_key": "supplier_invoice"}
ALL: Mapping[str, Way] = {
    "mark": Way({"voucher_key": "mark"}),
    "supplier_invoice": Way(BY_NUMBER, VENDORS),
    "purged": Way(BY_NUMBER, {**VENDORS, "purge_processed": True}),
    "preset": Way(
        {"voucher_key": "preset_document", "preset_first": 5_000_000, "preset_last": 5_999_999},
        {**VENDORS, "batch_remark": "dropped", "purge_processed": True},
    ),
    # nothing of ours survives but what must, and our user
    "bare": Way({**BY_NUMBER, "mark_in_remark": False}, {**VENDORS, "batch_remark": "dropped"}),
}
WAYS = tuple(ALL)
_now = ["mark"]


def begin(way: str) -> Mapping[str, Any]:
    """From now on it is this way; the switches of JD Edwards."""
    _now[0] = way
    return {**OLD, **ALL[way].switches}


def settings() -> dict[str, Any]:
    """The flow's settings of the way that it is now."""
    return dict(ALL[_now[0]].settings)


def marked(rows: list[dict[str, Any]], prefix: str, documents: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(mark, row) of the pay items of F0411 that are of our vouchers: as they bear it, or as they would, by their
    invoice number. `documents` is invoice number -> id."""
    found = []
    seen: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: (row["DOC"], row["SFX"])):
        told = next((each for each in (_word(row, "VR01"), _word(row, "RMK")) if each.startswith(prefix)), None)
        number = _word(row, "VINV", whole=True)
        if told is None and _word(row, "TORG") == US and number in documents:
            numbers = seen.setdefault(number, [])
            if row["DOC"] not in numbers:
                numbers.append(row["DOC"])
            told = f"{prefix}{documents[number]}-{numbers.index(row['DOC']) + 1}"
        if told is not None:
            found.append((told, row))
    return found


def _word(row: Mapping[str, Any], column: str, *, whole: bool = False) -> str:
    text = str(row.get(column) or "").strip()
    return text if whole else text.partition(" ")[0]
