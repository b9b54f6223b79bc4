"""Slots over several holders of one ledger: never too many, handed over, freed, and told when the ledger is away."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from slot_course import KEY, ORGANISATION, CountingServer, Runner, run, until
from sqlalchemy import insert, select, update

from connector_resources.errors import StorageProblem
from connector_resources.ledger import Ledger
from connector_resources.ledger.liveness import here, is_gone, process_started
from connector_resources.ledger.slot_models import slot_holders as table
from connector_resources.ledger.slots import CallSlots, fingerprint

SCOPE = fingerprint(KEY, ORGANISATION)
Make = Callable[..., CallSlots]


@pytest.fixture
def make(ledger: Ledger) -> Iterator[Make]:
    """Slots as another process would have them: each made is a holder of its own."""
    with ExitStack() as stack:

        def make(slots: int = 3, lease: float = 600.0) -> CallSlots:
            made = CallSlots(
                ledger._db,
                ledger.clock,
                name="bill",
                key=KEY,
                organisation=ORGANISATION,
                in_flight=slots,
                calls_per_hour=None,
                lease=lease,
            )
            stack.callback(made.close)
            return made

        yield make


class Holding:
    """A thread that holds one slot until it is told to let go."""

    def __init__(self, slots: CallSlots) -> None:
        self.has = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(slots,))
        self._thread.start()

    def _hold(self, slots: CallSlots) -> None:
        with slots.take():
            self.has.set()
            self._over.wait(60)

    def let_go(self) -> None:
        self._over.set()
        self._thread.join(60)


def rows(ledger: Ledger) -> list[tuple[int, int]]:
    with ledger._db.read() as connection:
        found = connection.execute(select(table.c.holding, table.c.wants).where(table.c.scope == SCOPE))
        return sorted((row.holding, row.wants) for row in found)


def foreign_record(
    ledger: Ledger, *, expires: float, host: str = "elsewhere", pid: int = 1, started: str = "1"
) -> None:
    """A holder of all three slots."""
    values = {"holding": 3, "wants": 0, "turn": 1, "expires": expires, "host": host, "pid": pid, "born": started}
    with ledger._db.write() as connection:
        connection.execute(insert(table).values(scope=SCOPE, holder="stranger", **values))


def test_never_more_than_the_slots_and_everybody_in_turn(make: Make) -> None:
    server = CountingServer(0.002)
    try:
        runners = [Runner(str(number), server.url, "", None, calls=60) for number in range(4)]
        with ThreadPoolExecutor(4) as pool:
            ran = list(pool.map(lambda runner: run(runner, make()), runners))
    finally:
        server.stop()
    assert [each.problems for each in ran] == [[], [], [], []]
    assert [each.calls for each in ran] == [60, 60, 60, 60]
    assert server.most == 3


def test_a_slot_is_kept_over_calls_while_nobody_waits(make: Make, ledger: Ledger) -> None:
    slots = make()
    with slots.take():
        assert rows(ledger) == [(1, 1)] or rows(ledger) == [(1, 0)]
    before = slots._keeper._life
    for _ in range(50):
        with slots.take():
            pass
    assert slots._keeper._life == before and rows(ledger)[0][0] == 1


def test_a_slot_that_nobody_uses_is_handed_over(make: Make, ledger: Ledger) -> None:
    one, other = make(slots=1), make(slots=1)
    with one.take():
        pass
    with other.take():
        assert [held for held, _ in rows(ledger)] in ([0, 1], [1])


def test_who_waits_has_the_slot_when_the_call_is_over(make: Make) -> None:
    one, other = make(slots=1), make(slots=1)
    first = Holding(one)
    assert first.has.wait(30)
    second = Holding(other)
    assert not second.has.is_set()
    first.let_go()
    assert second.has.wait(30)
    second.let_go()


def test_closing_gives_back_and_a_later_call_begins_anew(make: Make, ledger: Ledger) -> None:
    slots = make()
    with slots.take():
        pass
    slots.close()
    assert rows(ledger) == []
    with slots.take():
        assert rows(ledger)[0][0] == 1


def test_the_slots_of_a_dead_process_are_free_at_once(make: Make, ledger: Ledger) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_started(dead.pid)
    assert not is_gone(here(), dead.pid, started)
    foreign_record(ledger, expires=9e12, host=here(), pid=dead.pid, started=started)
    waiting = Holding(make())
    until(lambda: len(rows(ledger)) == 2, "it waits")
    assert not waiting.has.is_set()
    dead.kill()
    # not yet collected by its parent, us: it has ended all the same
    assert waiting.has.wait(30)
    waiting.let_go()
    dead.communicate()
    assert is_gone(here(), dead.pid, started)


def test_a_number_that_another_process_has_by_now_is_gone() -> None:
    assert is_gone(here(), os.getpid(), "1") and not is_gone(here(), os.getpid(), process_started(os.getpid()))
    assert not is_gone("elsewhere", 2**22 + 1, "1") and is_gone(here(), 2**22 + 1, "1")


def test_what_was_not_heard_of_for_a_lease_is_free(make: Make, ledger: Ledger) -> None:
    foreign_record(ledger, expires=0.0)
    with make().take():
        assert [held for held, _ in rows(ledger)] == [1]


def test_a_clock_that_was_set_back_does_not_block_for_ever(make: Make, ledger: Ledger) -> None:
    foreign_record(ledger, expires=9e12)
    with make(lease=0.4).take():
        assert [held for held, _ in rows(ledger)] == [1]


def test_a_live_holder_keeps_its_slot_when_the_clock_is_set_back(make: Make, ledger: Ledger) -> None:
    """The others shorten what seems too long; it says within a lease that it is there."""
    first = Holding(make(slots=1, lease=0.4))
    assert first.has.wait(30)
    with ledger._db.write() as connection:
        connection.execute(update(table).values(expires=9e12))
    second = Holding(make(slots=1, lease=0.4))
    until(lambda: all(expires < 9e12 for expires in _expiries(ledger)), "both have told")
    until(lambda: _beats(ledger) > 3, "and go on telling")
    assert not second.has.is_set()
    first.let_go()
    assert second.has.wait(30)
    second.let_go()


def _expiries(ledger: Ledger) -> list[float]:
    with ledger._db.read() as connection:
        return list(connection.scalars(select(table.c.expires)))


def _beats(ledger: Ledger, seen: set[float] = set()) -> int:  # noqa: B006 - what was seen so far
    seen |= set(_expiries(ledger))
    return len(seen)


def test_who_was_forgotten_asks_again_before_the_next_call(make: Make, ledger: Ledger) -> None:
    """As after a process stood still: its lease is over, another has the slot, and the first call waits."""
    slots = make(slots=1, lease=600.0)
    with slots.take():
        pass
    with ledger._db.write() as connection:
        connection.execute(table.delete())
    foreign_record(ledger, expires=9e12)
    slots._keeper._valid_until = 0.0
    waiting = Holding(slots)
    until(lambda: (0, 1) in rows(ledger), "it asks again")
    assert not waiting.has.is_set()
    with ledger._db.write() as connection:
        connection.execute(update(table).where(table.c.holder == "stranger").values(holding=0, expires=0.0))
    assert waiting.has.wait(30)
    waiting.let_go()


def test_a_busy_ledger_stops_no_call_of_a_holder(make: Make, ledger: Ledger) -> None:
    one, other = make(slots=1), make(slots=1)
    with one.take():
        pass
    with ledger._db.write() as connection:
        connection.execute(table.update().where(table.c.scope == "none").values(wants=1))
        waiting = Holding(other)
        for _ in range(20):
            with one.take():
                pass
        if ledger._db.is_sqlite:
            assert not waiting.has.is_set()
    assert waiting.has.wait(30)
    waiting.let_go()


def test_without_its_ledger_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with Ledger.open(f"sqlite:///{tmp_path / 'home' / 'ledger.sqlite'}") as ledger:
        ledger._db.close()
        (tmp_path / "home").rename(tmp_path / "gone")
        slots = ledger.call_slots("bill", key=KEY, organisation="o", in_flight=3, calls_per_hour=10)
        with pytest.raises(StorageProblem, match=r"the ledger at .* cannot be used: unable to open"), slots.take():
            pass
        (tmp_path / "gone").rename(tmp_path / "home")
        with slots.take():
            pass


@pytest.mark.parametrize("ledger_place", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_lost_database_connection_is_made_again(make: Make, ledger: Ledger) -> None:
    slots = make()
    with slots.take(), ledger._db.write() as connection:
        killed = connection.exec_driver_sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        ).scalar_one()
        assert killed >= 1
    keeper = slots._keeper
    agent = keeper._agent
    until(lambda: keeper._agent is None or keeper._agent is not agent, "the agent has noticed")
    with slots.take():
        assert [held for held, _ in rows(ledger)] == [1]


def test_one_object_for_all_clients_of_a_process_and_no_secret_in_the_ledger(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        asked = {"key": KEY, "organisation": "o", "in_flight": 3, "calls_per_hour": 100}
        slots = ledger.call_slots("bill", **asked)  # type: ignore[arg-type]
        assert ledger.call_slots("bill", **asked) is slots  # type: ignore[arg-type]
        assert KEY not in repr(slots)
        with slots.take(), closing(sqlite3.connect(file)) as connection:
            dump = "\n".join(connection.iterdump())
        assert "slot_holders" in dump and fingerprint(KEY) in dump and KEY not in dump
