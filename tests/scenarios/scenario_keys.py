"""By what the vouchers that we make are known, and what JD Edwards keeps of them: a scenario may run in every way.

A module that says `KNOWN_BY = scenario_keys.WAYS` runs in each of them; `@pytest.mark.known_by("mark")` on a scenario
names those that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector_resources.ledger import NewLink
from connector_resources.ledger.vouchers_made import Made

# what JD Edwards keeps by the vendor's own pages, as the sandbox has it by default, and one that keeps all it is given
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
PRESET = {"voucher_key": "preset_document", "preset_first": 5_000_000, "preset_last": 5_999_999}
ALL: Mapping[str, Way] = {
    # that of every scenario that names none, which has it by the defaults of both sides
    "supplier_invoice": Way(BY_NUMBER, VENDORS),
    "purged": Way(BY_NUMBER, {**VENDORS, "batch_remark": "kept", "purge_processed": True}),
    "numbered": Way(PRESET, VENDORS),
    "preset": Way(PRESET, {**VENDORS, "batch_remark": "dropped", "purge_processed": True}),
    # nothing of ours survives but what must (the row of the batch, with EDSP), and our user
    "bare": Way(
        {**BY_NUMBER, "mark_in_remark": False}, {**VENDORS, "batch_remark": "dropped", "purge_processed": False}
    ),
    "mark": Way({"voucher_key": "mark"}, OLD),
}
WAYS = tuple(ALL)
# both keys, with batch rows that are purged and that are not
KEYS = ("supplier_invoice", "purged", "numbered", "preset")
DEFAULT = WAYS[0]
_now = [DEFAULT]


def begin(way: str) -> Mapping[str, Any]:
    """From now on it is this way; the switches of JD Edwards, none where the sandbox's own defaults are meant."""
    _now[0] = way
    return {} if way == DEFAULT else ALL[way].switches


def now() -> str:
    """The way that it is now."""
    return _now[0]


def settings() -> dict[str, Any]:
    """The flow's settings of the way that it is now, none where the flow's own defaults are meant."""
    return {} if now() == DEFAULT else dict(ALL[now()].settings)


def leave(site: Any, flow: str, key: str, mark: str, entry: Any, items: int = 1) -> None:
    """A voucher is left as the flow leaves one that it has made of a revision of a document: by the mark alone, or with
    our user and the mark in its remark, a link, and what was asked for in the ledger. `mark` is `CPA-<id>-<revision>`.
    """
    if now() == "mark":
        site.books.change_items(entry, *([""] * items), VR01=mark)
        return
    remark = mark if settings().get("mark_in_remark", True) else ""
    site.books.change_items(entry, *([""] * items), RMK=remark, TORG=US)
    rows = [row for row in site.sandbox.systems["jde"].dump()["F0411"].values() if _of(row, entry)]
    name, head, revision = entry.key, rows[0], int(mark.rpartition("-")[2])
    foreign = _word(head, "CRRM") == "F"
    sent = {
        "supplier": str(head["AN8"]),
        "number": _word(head, "VINV", whole=True),
        "amount": str(sum(Decimal(str(row.get("ACR" if foreign else "AG", 0))) for row in rows)),
        "date": head["DIVJ"].isoformat(),
        "currency": _word(head, "CRCD"),
        "type": entry.kind,
        "mark": remark,
        "document": None,
        "before": [],
    }
    made = site.ledger.vouchers_made
    made.attempt(flow, key, revision, "jde", sent)
    found = Made(flow, key, revision, "jde", (sent,), None, name, {"TORG": True, "RMK": bool(remark)})
    made.recognise([found], site.clock.now())
    link = NewLink(
        source_connection=site.SYSTEM,
        target_connection="jde",
        target_entity="F0411",
        target_id=name,
        flow=flow,
        source_key=key,
    )
    site.ledger.links.set(link, "connector", site.clock.now())


def _of(row: Mapping[str, Any], entry: Any) -> bool:
    return (row["DOC"], _word(row, "DCT"), _word(row, "KCO")) == (entry.doc, entry.kind, entry.company)


def marked(rows: list[dict[str, Any]], prefix: str, documents: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(mark, row) of the pay items of F0411 that are of our vouchers: as they bear it, or as they would, by their
    invoice number. `documents` is invoice number -> id."""
    found = []
    seen: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: (row["DOC"], row["SFX"])):
        reported = next((each for each in (_word(row, "VR01"), _word(row, "RMK")) if each.startswith(prefix)), None)
        number = _word(row, "VINV", whole=True)
        if reported is None and _word(row, "TORG") == US and number in documents:
            numbers = seen.setdefault(number, [])
            if row["DOC"] not in numbers:
                numbers.append(row["DOC"])
            reported = f"{prefix}{documents[number]}-{numbers.index(row['DOC']) + 1}"
        if reported is not None:
            found.append((reported, row))
    return found


def _word(row: Mapping[str, Any], column: str, *, whole: bool = False) -> str:
    text = str(row.get(column) or "").strip()
    return text if whole else text.partition(" ")[0]
