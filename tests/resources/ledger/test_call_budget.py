"""The hour's calls: reserved in blocks, spent once over all processes, told with the time of the next."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from connector_resources.clock import ManualClock
from connector_resources.errors import RateLimited
from connector_resources.ledger import Ledger
from connector_resources.ledger.call_budget import BLOCK, CallBudget
from connector_resources.ledger.slot_models import call_budgets as table


def budget(ledger: Ledger, clock: ManualClock, calls: int, scope: str = "key") -> CallBudget:
    return CallBudget(ledger._db, scope, calls, name="bill", clock=clock)


def spent(budget: CallBudget) -> int:
    """How many calls it lets go."""
    count = 0
    while True:
        try:
            budget.spend()
        except RateLimited:
            return count
        count += 1


def used(ledger: Ledger) -> dict[datetime, int]:
    with ledger._db.read() as connection:
        return {row.hour: row.used for row in connection.execute(select(table.c.hour, table.c.used))}


def test_all_processes_together_have_the_hours_calls_and_no_more(ledger: Ledger, clock: ManualClock) -> None:
    one, other = budget(ledger, clock, 3 * BLOCK + 7), budget(ledger, clock, 3 * BLOCK + 7)
    other.spend()
    assert spent(one) + spent(other) + 1 == 3 * BLOCK + 7
    assert spent(budget(ledger, clock, 5, scope="another key")) == 5


def test_it_tells_when_the_next_hour_begins_and_then_goes_on(ledger: Ledger, clock: ManualClock) -> None:
    clock.advance(45 * 60)
    one = budget(ledger, clock, 3)
    assert spent(one) == 3
    with pytest.raises(RateLimited, match=r"bill: all processes together have made 3 calls.*in 900 s") as caught:
        one.spend()
    assert caught.value.retry_after == 900 and caught.value.connection == "bill"
    clock.advance(899)
    assert spent(one) == 0
    clock.advance(1)
    assert spent(one) == 3


def test_what_was_reserved_in_one_hour_is_not_spent_in_the_next(ledger: Ledger, clock: ManualClock) -> None:
    one, other = budget(ledger, clock, BLOCK), budget(ledger, clock, BLOCK)
    one.spend()
    clock.advance(3600)
    assert spent(other) == BLOCK
    assert spent(one) == 0


def test_when_the_vendor_says_that_it_is_spent_all_processes_stop(ledger: Ledger, clock: ManualClock) -> None:
    one, other, third = (budget(ledger, clock, 20_000) for _ in range(3))
    one.spend()
    other.spend()
    one.exhausted()
    with pytest.raises(RateLimited, match="the vendor says that this hour's calls are spent"):
        one.spend()
    # with calls in reserve: it looks at least once a second
    clock.advance(1)
    assert spent(other) == 0 and spent(third) == 0
    clock.advance(3600)
    assert spent(budget(ledger, clock, BLOCK + 1)) == BLOCK + 1


def test_what_was_not_used_is_given_back(ledger: Ledger, clock: ManualClock) -> None:
    one = budget(ledger, clock, 1000)
    one.spend()
    assert list(used(ledger).values()) == [BLOCK]
    one.close()
    assert list(used(ledger).values()) == [1]
    one.spend()
    clock.advance(3600)
    one.close()
    assert list(used(ledger).values()) == [1 + BLOCK]


def test_old_hours_are_forgotten(ledger: Ledger, clock: ManualClock) -> None:
    one = budget(ledger, clock, 1000)
    for _ in range(3):
        one.spend()
        clock.advance(20 * 3600)
    assert len(used(ledger)) == 2
