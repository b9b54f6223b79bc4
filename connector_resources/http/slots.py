"""Leave to send, for vendors that count the calls of all our processes together."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Slots(Protocol):
    """Who says when one more call may be in flight; thread-safe. `ledger.call_slots` makes them."""

    def take(self) -> AbstractContextManager[None]:
        """Wait for a slot and hold it for the body, which is one exchange.

        Raises RateLimited where the vendor's budget is spent, or no slot came free for too long; StorageProblem where
        the ledger, which keeps the slots, cannot be used. Nothing was sent then.
        """

    def exhausted(self) -> None:
        """The vendor itself said that this hour's calls are spent: no process sends another before the next hour."""
