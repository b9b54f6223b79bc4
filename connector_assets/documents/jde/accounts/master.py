"""Rows of the account master (F0901) as flows need them (jde-ais section 3.6)."""

from __future__ import annotations

from collections.abc import Collection

from connector_assets.documents.jde.keys import Row, text

# posting edit codes (H00/PE) of accounts that take no A/P postings: inactive, non-posting, machine only, budget only
NOT_POSTABLE = ("I", "N", "M", "B")
# those of accounts whose every posting names a subledger, or a number of units (jde-ais section 3.6)
NEEDS_SUBLEDGER, NEEDS_UNITS = frozenset({"L", "S"}), frozenset({"U"})


def postable(row: Row, not_postable: Collection[str]) -> bool:
    """Whether an account takes A/P postings, by its posting edit code (PEC)."""
    return posting_edit(row) not in not_postable


def posting_edit(row: Row) -> str:
    """The posting edit code (PEC) of an account; '' where any posting is taken."""
    return text(row.get("PEC")) or ""


def account_number(row: Row, separator: str = ".") -> str:
    """The account as people write it: unit, object and, where there is one, subsidiary (`MCU.OBJ[.SUB]`)."""
    parts = [text(row.get(column)) for column in ("MCU", "OBJ", "SUB")]
    return separator.join(part for part in parts if part)
