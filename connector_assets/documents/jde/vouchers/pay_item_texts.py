"""Rows of F0411 in words, for the reader of an exception."""

from __future__ import annotations

from decimal import Decimal

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import Row, text
from connector_assets.engine.money import amount_text

ZERO = Decimal("0.00")
# F0411.PST of what is paid, and of what a payment run of JDE has in hand (00/PS, jde-ais section 3.6)
PAID, IN_PAYMENT = "P", frozenset({"#", "Z"})


def is_open(row: Row) -> bool:
    """Whether anything of a pay item is left to be paid."""
    return bool(row.get("AAP")) and text(row.get("VOD")) != "V"


def is_in_payment(row: Row) -> bool:
    """Whether a payment run of JDE has a pay item in hand."""
    return text(row.get("PST")) in IN_PAYMENT


def open_amount(row: Row) -> str:
    """What is left of a pay item, in words: amount and currency of the voucher."""
    amount: Decimal = row.get("FAP" if is_foreign(row) else "AAP") or ZERO
    return f"{amount_text(amount)} {text(row.get('CRCD')) or ''}".strip()


def pay_item_words(row: Row) -> str:
    """A pay item in words: `00001/PV/4711/001, 120.00 GBP open on pay status A`."""
    name = f"{row['KCO']}/{row['DCT']}/{row['DOC']}/{row['SFX']}"
    return f"{name}, {open_amount(row)} open on pay status {text(row.get('PST')) or 'blank'}"
