"""What a bill or a vendor credit of BILL is for: the pay items that its payment settles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from connector_assets.pairs.jde_bill.marker import PAY_ITEM, keys_of


class Described(Protocol):
    """A record with a description: a bill, a vendor credit."""

    @property
    def description(self) -> str | None:
        """The text that begins with the marker."""


def pay_items_of(record: Described) -> Sequence[str]:
    """The keys of the pay items that a record which came from JD Edwards covers, the one that names it first
    (`F0411:00100/PV/778812/001`). None for one that came from an order, or originates in BILL."""
    return [key for key in keys_of(record.description) if key.startswith(f"{PAY_ITEM}:")]
