"""What the tax of a voucher is, by the tax explanation code of each pay item (F0411.EXR1; jde-ais sections 3.6, 11.3).

A pay item stores its tax (STAM, foreign CTAM), but where it is in the distribution depends on the code:

    V  value-added tax: beside the cost lines, posted by JDE itself   Σ lines = gross - tax
    S  sales tax: a cost, in the lines                                Σ lines = gross
    U  use tax: never owed to the supplier, but to the state          Σ lines = gross, or gross + tax

What other codes mean (B, C, E and a site's own) is not established. Their tax is taken as a voucher's own sums prove:
one of these equations holds, and no other one that would make another tax. A tax without a code is as V.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from types import MappingProxyType
from typing import Literal

from connector_assets.documents.jde.keys import Row, text

ZERO = Decimal("0.00")
TaxRule = Literal["beside_lines", "in_lines", "self_assessed"]
STANDARD: Mapping[str, TaxRule] = MappingProxyType(
    {"": "beside_lines", "V": "beside_lines", "S": "in_lines", "U": "self_assessed"}
)
# what the lines come to beyond the gross amount, and what of the gross is a tax beside them: in parts of the tax
_WAYS: Mapping[TaxRule, tuple[tuple[int, int], ...]] = MappingProxyType(
    {"beside_lines": ((-1, 1),), "in_lines": ((0, 0),), "self_assessed": ((0, 0), (1, 0))}
)
_ANY = tuple(dict.fromkeys(way for ways in _WAYS.values() for way in ways))


@dataclass(frozen=True)
class Taxed:
    """`tax` is what of the gross amount is a tax beside the lines, `gap` what the lines differ by from what they must
    come to. `unproved` are codes whose rule is not known, where the sums prove none."""

    tax: Decimal
    gap: Decimal
    unproved: str | None = None


def tax_rule(code: str | None, rules: Mapping[str, TaxRule]) -> TaxRule | None:
    """The rule of an explanation code: the site's, else the standard one; None where none is known."""
    return rules.get(code or "") or STANDARD.get(code or "")


def taxed(items: Sequence[Row], spent: Decimal, rules: Mapping[str, TaxRule], *, foreign: bool) -> Taxed:
    """What the tax of a voucher of these pay items is, whose cost lines come to `spent` in its currency."""
    gross, sums = ZERO, dict[str, Decimal]()
    for item in items:
        gross += item.get("ACR" if foreign else "AG") or ZERO
        code = text(item.get("EXR1")) or ""
        sums[code] = sums.get(code, ZERO) + (item.get("CTAM" if foreign else "STAM") or ZERO)
    codes = [code for code, tax in sorted(sums.items()) if tax]
    known = {code: tax_rule(code, rules) for code in codes}
    choices = [_WAYS[rule] if (rule := known[code]) else _ANY for code in codes]
    found: dict[Decimal, Decimal] = {}
    for ways in product(*choices):
        wanted = gross + sum((way[0] * sums[code] for code, way in zip(codes, ways, strict=True)), ZERO)
        beside = sum((way[1] * sums[code] for code, way in zip(codes, ways, strict=True)), ZERO)
        # the first way is reported where none holds
        found.setdefault(beside, spent - wanted)
        if spent == wanted:
            found[beside] = ZERO
    proved = [tax for tax, gap in found.items() if not gap]
    if len(proved) == 1:
        return Taxed(proved[0], ZERO)
    unknown = ", ".join(code for code in codes if known[code] is None)
    tax, gap = next(iter(found.items()))
    return Taxed(tax, gap, unknown or None)


def charged(items: Sequence[Row], rules: Mapping[str, TaxRule], *, foreign: bool) -> Decimal:
    """The tax that is a part of what the supplier is owed for these pay items: all but use tax."""
    owed = [item for item in items if tax_rule(text(item.get("EXR1")), rules) != "self_assessed"]
    return sum((item.get("CTAM" if foreign else "STAM") or ZERO for item in owed), ZERO)
