"""Ids: 20 characters, three of them the entity's prefix, in mixed case (bill section 3.0)."""

from __future__ import annotations

import hashlib
from typing import Any

PREFIXES = {
    "organizations": "008", "users": "006", "vendors": "009", "bills": "00n", "lines": "bli", "payments": "stp",
    "bill_payments": "blp", "vendor_credits": "vcr", "vendor_credit_lines": "vcl", "bank_accounts": "bac",
    "vendor_bank_accounts": "vba", "chart_of_accounts": "0ca", "departments": "0de", "locations": "loc",
    "accounting_classes": "cls", "items": "0ii", "employees": "emp", "jobs": "job", "policies": "bap",
    "voids": "vdi", "customers": "0cu", "payment_terms": "00p",
    "documents": "00h", "uploads": "0du", "attachments": "att",
}  # fmt: skip
"""By what it is the id of. Those of lines of credits, vendors' bank accounts, policies and voids are made up."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Sequence:
    """Draws ids: the same seed and number give the same one."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.last = 0

    def draw(self, of: str) -> str:
        """The next id for one of PREFIXES."""
        self.last += 1
        return self.made(of, self.last)

    def made(self, of: str, number: int) -> str:
        """The id with that number."""
        value = int.from_bytes(hashlib.sha256(f"{self.seed}:{of}:{number}".encode()).digest(), "big")
        letters = []
        for _ in range(15):
            value, digit = divmod(value, len(_LETTERS))
            letters.append(_LETTERS[digit])
        return f"{PREFIXES[of]}01{''.join(letters)}"


SEQUENCE = "_sequence"
"""Kept with each record, and not a field of the API: how many ids had been drawn when it was stored."""


def highest(record: Any) -> int:
    """How many ids had been drawn when a record was stored."""
    return int(record.get(SEQUENCE, 0))
