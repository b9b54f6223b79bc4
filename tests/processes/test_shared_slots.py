"""Real processes share three calls in flight: never a fourth, whoever is killed or stands still."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from slot_course import CountingServer, Runner, Started, together, until
from sqlalchemy import select

from connector_resources.ledger import Ledger
from connector_resources.ledger.slot_models import slot_holders as table

if TYPE_CHECKING:
    from conftest import Place

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[CountingServer]:
    server = CountingServer(0.02)
    yield server
    server.release()
    server.stop()


@pytest.fixture
def started() -> Iterator[list[Started]]:
    """What is to be gone at the end."""
    started: list[Started] = []
    yield started
    for each in started:
        each.kill()


def test_four_at_once_and_nobody_starves(ledger_place: Place, ledger: Ledger, server: CountingServer) -> None:
    runners = [Runner(f"p{n}", server.url, ledger_place.url, ledger_place.schema, calls=40) for n in range(4)]
    ran = together(runners)
    assert [each.problems for each in ran] == [[], [], [], []]
    assert server.most == 3 and server.answered == 160
    # while all four called, each had its share: none had done nearly all of its calls before another had begun
    orders = sorted((at, name) for name, calls in server.by_caller.items() for at in calls)
    first_80 = [name for _, name in orders[:80]]
    assert set(first_80) == {"p0", "p1", "p2", "p3"}


def test_the_slots_of_a_killed_process_are_free(
    ledger_place: Place, ledger: Ledger, server: CountingServer, started: list[Started]
) -> None:
    def runner(name: str) -> Runner:
        # a lease far longer than the test: it is its end that frees them
        return Runner(name, server.url, ledger_place.url, ledger_place.schema, calls=12, lease=3600.0)

    server.hold()
    started += [Started(runner("killed")), Started(runner("other"))]
    started[0].go()
    until(lambda: server.in_hand == 3, "all slots are in use")
    started[1].go()
    until(lambda: (0, 3) in holders(ledger), "the other waits")
    os.kill(started[0].process.pid, signal.SIGKILL)
    until(lambda: "other" in server.by_caller, "the other calls")
    server.release()
    assert started[1].ended().calls == 12


def test_a_process_that_stood_still_sends_nothing_on_what_it_lost(
    ledger_place: Place, ledger: Ledger, server: CountingServer, started: list[Started]
) -> None:
    def runner(name: str) -> Runner:
        return Runner(name, server.url, ledger_place.url, ledger_place.schema, calls=30, lease=1.0)

    server.hold()
    started += [Started(runner("still")), Started(runner("other"))]
    started[0].go()
    until(lambda: server.in_hand == 3, "all slots are in use")
    os.kill(started[0].process.pid, signal.SIGSTOP)
    server.release()
    until(lambda: server.in_hand == 0, "its calls are answered")
    server.hold()
    started[1].go()
    until(lambda: server.in_hand == 3, "the other has all slots, once the lease is over")
    os.kill(started[0].process.pid, signal.SIGCONT)
    until(lambda: (0, 3) in holders(ledger), "the first asks for slots again")
    assert server.in_hand == 3 and server.answered == 3
    server.release()
    ran = [each.ended() for each in started]
    assert [(each.calls, each.problems) for each in ran] == [(30, []), (30, [])]
    assert server.most == 3


def holders(ledger: Ledger) -> list[tuple[int, int]]:
    with ledger._db.read() as connection:
        return [(row.holding, row.wants) for row in connection.execute(select(table.c.holding, table.c.wants))]
