"""The currency of a JDE document: its own if it is foreign, else the one in which its company keeps its books.

CRRM is the currency mode of a row (`F`: foreign, `3`: foreign, and the sender gave the amounts of both currencies, `D`:
domestic; jde-ais section 11.1), CRCD its currency; the currency of a company is F0010.CRCD (jde-ais section 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping

from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.context import Reader


def is_foreign(row: Row) -> bool:
    """Whether a row is in another currency than its company's: its foreign amounts are those of the document."""
    return text(row.get("CRRM")) in ("F", "3")


def company_currencies(reader: Reader) -> dict[str, str]:
    """Company (CO) -> the currency of its books; '' where the company has none."""
    return {row["CO"]: text(row.get("CRCD")) or "" for row in reader.snapshot("F0010")}


def voucher_currency(row: Row, currencies: Mapping[str, str], company: str | None = None) -> str | None:
    """The currency of a voucher from any of its pay items (F0411); `company` is its own (CO) unless given."""
    own = text(row.get("CRCD")) if is_foreign(row) else None
    return own or currencies.get(company or text(row.get("CO")) or "") or text(row.get("CRCD"))
