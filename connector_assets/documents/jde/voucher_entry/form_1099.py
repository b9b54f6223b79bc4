"""1099 codes of vouchers: flag and code of each pay item (F0411.TNN, AC07; jde-ais sections 3.6 and 15).

It is not established what JD Edwards fills in by itself, nor that a batch carries them. By default none are sent. A
site may name the supplier's columns that they are taken from; then the voucher's are read back. After that they belong
to the clerks, who may change them even on a paid voucher: no voucher is entered again because of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector_assets.documents.jde.keys import Row, text
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, Hold, Target
from connector_assets.engine.reasons import problem
from connector_assets.engine.words import beside
from connector_resources.jde import JdeClient
from connector_resources.ledger import Delivery

COLUMNS: Mapping[str, str] = {"flag_1099": "str?", "code_1099": "str?"}
# column of a mapped row -> our field of the orchestrations, F0411's alias, and how a person calls it
_FIELDS = {
    "flag_1099": ("Flag1099", "TNN", "flag"),
    "code_1099": ("Code1099", "AC07", "code"),
}


def complete(context: RunContext, rows: Sequence[dict[str, Any]], column: str | None, flags: Mapping[str, str]) -> None:
    """Fill the codes of mapped rows from their suppliers (F0101): the code from `column`, the flag from what TAXC says
    in `flags`. What the supplier has none of stays blank."""
    for row in rows:
        row |= dict.fromkeys(COLUMNS)
    numbers = sorted({row["an8"] for row in rows if row["an8"] is not None})
    if not numbers or not (column or flags):
        return
    columns = ["AN8", "TAXC", *([column] if column else [])]
    pages = context.client("jde", JdeClient).by_keys("F0101", ["AN8"], [(each,) for each in numbers], columns=columns)
    found: dict[int, Row] = {each["AN8"]: each for page in pages for each in page}
    for row in rows:
        party = found.get(row["an8"])
        if party is not None:
            row["code_1099"] = text(party.get(column)) if column else None
            row["flag_1099"] = flags.get(text(party.get("TAXC")) or "")


def fields(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the orchestrations; none for what is left to JDE."""
    return {field: row[column] for column, (field, _, _) in _FIELDS.items() if row[column]}


def differing_codes(document: Document, known: Delivery, target: Target) -> Decision | None:
    """What JDE has made of the codes that were sent, where that is something else: asked once, when the voucher is
    first seen."""
    if target.raw.in_batch or target.raw.void or document.content["void"]:
        return None
    if known.state == "settled" and known.content_hash == document.hash and not (known.waiting or known.released):
        return None
    rows = without_audit_rows(target.raw.rows)
    found = [f"{name} {beside(theirs, ours)}" for name, theirs, ours in _differing(document.facts["row"], rows)]
    return Hold((problem("reporting_codes_differ", "1099 codes", "; ".join(found)),)) if found else None


def _differing(row: Mapping[str, Any], items: Sequence[Row]) -> Iterator[tuple[str, str | None, str]]:
    for column, (_, alias, name) in _FIELDS.items():
        wanted = row[column]
        there = {text(item.get(alias)) for item in items} - {wanted}
        if wanted and there:
            yield name, ", ".join(sorted(each or "" for each in there)) or None, wanted
