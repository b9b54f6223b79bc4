"""The currencies of BILL's vendors: a bill or credit has no currency field, it has its vendor's (bill section 3.2)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


class VendorCurrencies:
    """What is known of vendors' currencies in one run: each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def know(self, vendor: str, currency: str | None) -> None:
        """Take the currency of a vendor for known."""
        self._known.setdefault(vendor, currency)

    def learn(self, vendors: Any, wanted: Collection[str | None]) -> None:
        """Ask `vendors`, the client's verbs, for those that are not known yet. Raises SystemProblem, and knows no more
        than before: a read that failed says nothing about any of them."""
        unknown = {vendor for vendor in wanted if vendor} - self._known.keys()
        if unknown:
            found = {each.id: each.bill_currency for each in vendors.by_ids(sorted(unknown))}
            self._known |= dict.fromkeys(unknown) | found

    def of(self, vendor: str | None) -> str | None:
        """The currency of a vendor that was asked for; None where BILL has none, or no such vendor."""
        return self._known.get(vendor or "")
