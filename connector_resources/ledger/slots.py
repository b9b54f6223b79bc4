"""What a client of a vendor that counts the calls of all our processes holds: slots, and an hourly budget."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from connector_resources.clock import Clock
from connector_resources.ledger.call_budget import CallBudget
from connector_resources.ledger.database import Database
from connector_resources.ledger.slot_keeper import LEASE_SECONDS, SlotKeeper


def fingerprint(*parts: str) -> str:
    """What the ledger knows a developer key (and an organisation) by; the key itself stays out of it."""
    parts_joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(parts_joined.encode()).hexdigest()[:40]


class CallSlots:
    """At most `in_flight` calls at once for a key and an organisation, and `calls_per_hour` for the key in all of its
    organisations, over all processes that share the ledger. It is an `http.Slots`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        name: str,
        key: str,
        organisation: str,
        in_flight: int,
        calls_per_hour: int | None,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self._keeper = SlotKeeper(database, fingerprint(key, organisation), in_flight, name=name, lease=lease)
        self._budget: CallBudget | None = None
        if calls_per_hour is not None:
            self._budget = CallBudget(database, fingerprint(key), calls_per_hour, name=name, clock=clock)
        self._name = name

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a slot and hold it for the body, one exchange; it counts towards the hour in which it is sent.

        Raises RateLimited where the hour is spent or no slot came free for two minutes, StorageProblem where the
        ledger cannot be used.
        """
        with self._keeper.take():
            if self._budget is not None:
                self._budget.spend()
            yield

    def exhausted(self) -> None:
        """The vendor itself said that this hour's calls are spent: all processes stop until the next."""
        if self._budget is not None:
            self._budget.exhausted()

    def close(self) -> None:
        """Give back what is not in use, at once rather than at the end of a lease. `take` begins again."""
        self._keeper.close()
        if self._budget is not None:
            self._budget.close()

    def __repr__(self) -> str:
        return f"CallSlots({self._name!r})"
