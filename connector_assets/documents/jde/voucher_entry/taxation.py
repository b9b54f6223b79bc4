"""How a voucher of ours is taxed: rate area, explanation code and taxable amount of its pay items (F0411.TXA1, EXR1,
ATXA; jde-ais section 3.6).

JDE may fill in what was not sent. The voucher's values are therefore remembered when it is first seen, and only later
changes are reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.document import FieldChange
from connector_assets.engine.money import amount_text

TAXED = "tax_code"
ZERO = Decimal("0.00")


def taxed_as(rows: Iterable[Row]) -> str:
    """The taxable amount of each rate area and explanation code, in one text."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        name = f"{text(row.get('TXA1')) or ''}/{text(row.get('EXR1')) or ''}"
        sums[name] = sums.get(name, ZERO) + (row.get("ATXA") or ZERO)
    return ", ".join(f"{name} {amount_text(amount)}" for name, amount in sorted(sums.items()))


def retaxed(left: Mapping[str, Any], held: Mapping[str, Any]) -> list[FieldChange]:
    """That a voucher is taxed in another way than it was left (`left`); none where that was not remembered yet."""
    before, now = left.get(TAXED), held.get(TAXED)
    return [FieldChange(TAXED, before, now)] if before is not None and now not in (None, before) else []
