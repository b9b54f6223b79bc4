"""Withholding tax on vouchers: pay items on pay status `%`, and suppliers that are subject to it (F0401.TAWH, PCWH).

That status is hard-coded in JD Edwards (jde-ais section 15). It is not established whether such a pay item is the part
that is withheld, or one from which something is still to be withheld: a site says what its own are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.context import Reader
from connector_assets.engine.money import amount_text

ZERO = Decimal("0.00")
# F0411.PST
WITHHELD = "%"
# the reason, and the rule that leaves withheld pay items alone
WITHHOLDING = "withholding"
# of a mapped voucher, in words: what of it is on that status; how its supplier is subject to withholding
COLUMNS: Mapping[str, str] = {"withheld": "str?", "subject": "str?"}


def withheld_of(rows: Sequence[Row], currency: str | None) -> str | None:
    """What is open of a voucher's pay items on the status: `10.00 of 100.00 GBP on pay status %`; None if nothing."""
    column = "FAP" if is_foreign(rows[0]) else "AAP"
    left = [row for row in rows if row.get("AAP") or row.get("FAP")]
    own = [row for row in left if text(row.get("PST")) == WITHHELD]
    if not own:
        return None
    part, whole = (amount_text(sum((row.get(column) or ZERO for row in each), ZERO)) for each in (own, left))
    return f"{part} of {whole} {currency or ''}".rstrip() + f" on pay status {WITHHELD}"


def is_withheld(statuses: str) -> bool:
    """Whether pay statuses, as a mapped pay item or voucher names them (`A,%`), have that one."""
    return WITHHELD in statuses.split(",")


def subjects_of(reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Of each mapped voucher how its supplier is subject to withholding, in words; None where it is not. Where another
    system pays, it would pay the whole amount as long as nothing is withheld in JD Edwards."""
    parties: Collection[int] = {row["supplier"] for row in rows}
    found = {row["AN8"]: row for row in reader.complete("F0401", ["AN8"], [(each,) for each in sorted(parties)])}
    return [_subject(found[row["supplier"]]) if row["supplier"] in found else None for row in rows]


def _subject(row: Row) -> str | None:
    authority, percent = row.get("TAWH"), row.get("PCWH")
    if not (authority or percent):
        return None
    shown = [f"authority {authority}" if authority else "", f"{amount_text(percent)} percent" if percent else ""]
    return f"nothing yet of supplier {row['AN8']}, who is subject to it (F0401: {', '.join(filter(None, shown))})"
