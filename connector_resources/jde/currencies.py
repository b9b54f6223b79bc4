"""How many decimals JD Edwards gives its currencies (jde-ais section 3.6, F0013)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connector_resources.currencies import iso_decimals
from connector_resources.errors import NotAllowed, NotFound, Refused
from connector_resources.jde.errors import UnreadableAnswer

if TYPE_CHECKING:
    from connector_resources.jde.asking import Asks

TABLE = "F0013"


def decimals_by_currency(data: Asks) -> Mapping[str, int]:
    """Currency (CRCD) -> decimals (CDEC); empty where the table is not shown to us: then ISO 4217 has to do. A row
    without a digit says nothing."""
    try:
        rows = [row for page in data.browse(TABLE, columns=["CRCD", "CDEC"]) for row in page]
    except (NotAllowed, NotFound, Refused, UnreadableAnswer):
        return {}
    return {row["CRCD"]: int(row["CDEC"]) for row in rows if row["CRCD"] and (row["CDEC"] or "").isdecimal()}


def unlike_iso(decimals: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The currencies to which JD Edwards gives other decimals than ISO 4217: code -> both."""
    return {code: (own, iso_decimals(code)) for code, own in sorted(decimals.items()) if own != iso_decimals(code)}
