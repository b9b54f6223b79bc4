"""One process's share of a scope's slots: its threads take them here, one agent speaks for all of them at the desk."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector_resources.errors import RateLimited, StorageProblem
from connector_resources.http.throttle import LONGEST_WAIT_SECONDS
from connector_resources.ledger.database import BUSY_SECONDS, Database
from connector_resources.ledger.liveness import here, is_gone, process_started
from connector_resources.ledger.slot_queue import Holder, Holders, last_turn, owed, settle, wanted
from connector_resources.ledger.slot_store import Busy, SlotStore, open_slot_store, ticks

log = logging.getLogger(__name__)

# a process that has not been heard of for so long has lost its slots
LEASE_SECONDS = 15.0
# how long a slot is kept over consecutive calls although others wait for it
QUANTUM_SECONDS = 0.4
# how long a slot that nobody here uses is kept from those who wait; how long we stay at the desk without a call
LINGER_SECONDS, KEEP_SECONDS = 0.004, 2.0
# who waits looks so often whether a holder has died
WATCH_SECONDS = 0.05
# when for so long fewer of our threads have waited than we said, the others are told
CALM_SECONDS = 0.1
LONGEST_PAUSE, BUSY_PAUSE = 0.25, 0.002


@dataclass(eq=False)
class _Slot:
    """One slot of ours; one of a life that we have lost is worth nothing."""

    life: str
    since: float
    idle_since: float


@dataclass(eq=False)
class _Waiter:
    ready: threading.Event = field(default_factory=threading.Event)
    slot: _Slot | None = None
    problem: Exception | None = None


class SlotKeeper:
    """At most `slots` of a scope at once over all processes that share the ledger, each in its turn; thread-safe.

    A slot is kept over consecutive calls while nobody else waits, and handed over after a short quantum when somebody
    does. It is ours until the lease ends, which the agent prolongs; before each call that is checked on the machine's
    clock, so that a process that stood still does not send on what others have by now.
    """

    def __init__(self, database: Database, scope: str, slots: int, *, name: str, lease: float = LEASE_SECONDS) -> None:
        self._db = database
        self._scope = scope
        self._slots = slots
        self._name = name
        self._lease = lease
        self._lock = threading.Lock()
        self._waiting: deque[_Waiter] = deque()
        self._busy = 0
        self._idle: list[_Slot] = []
        self._giving: list[_Slot] = []
        # our name at the desk, a new one after each gap in which the others have forgotten us
        self._life = uuid.uuid4().hex
        self._mine: Holder | None = None
        self._others: list[Holder] = []
        self._reported_at = self._valid_until = self._used_at = 0.0
        # what is to be added to the machine's seconds to have those of the shared clock
        self._offset = 0.0
        self._most_waiting, self._counted_since, self._watched_at = 0, 0.0, 0.0
        self._agent: threading.Thread | None = None
        self._store: SlotStore | None = None
        self._closing = False

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot for the body. Raises RateLimited after two minutes without, StorageProblem without a ledger."""
        slot = self._taken()
        try:
            yield
        finally:
            self._finished(slot)

    def close(self) -> None:
        """Give back what is not in use, and be forgotten by the others. A later `take` begins again."""
        atexit.unregister(self.close)
        with self._lock:
            agent, self._closing = self._agent, True
            self._wake()
        if agent is not None:
            agent.join(5)

    # -- the threads that call ------------------------------------------------------------------------------------

    def _taken(self) -> _Slot:
        waiter = _Waiter()
        with self._lock:
            self._waiting.append(waiter)
            self._used_at = ticks()
            self._serve()
            if waiter.slot is None:
                self._most_waiting = max(self._most_waiting, len(self._waiting))
                self._attended()
                if self._mine is None or len(self._waiting) > self._mine.wants or not self._usable():
                    self._wake()
        try:
            waiter.ready.wait(LONGEST_WAIT_SECONDS)
        except BaseException:  # a signal
            self._gave_up(waiter)
            if waiter.slot is not None:
                self._finished(waiter.slot)
            raise
        self._gave_up(waiter)
        if waiter.slot is not None:
            return waiter.slot
        if waiter.problem is not None:
            raise waiter.problem
        raise RateLimited(
            f"{self._name}: no slot came free for {LONGEST_WAIT_SECONDS:.0f} s; all processes together may have"
            f" {self._slots} calls in flight",
            connection=self._name,
        )

    def _gave_up(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _finished(self, slot: _Slot) -> None:
        with self._lock:
            if slot.life != self._life:
                return
            self._busy -= 1
            slot.idle_since = self._used_at = ticks()
            if slot.idle_since - slot.since >= QUANTUM_SECONDS and self._owed() > len(self._giving):
                self._giving.append(slot)
                self._wake()
            else:
                self._idle.append(slot)
                self._serve()
                if self._idle and wanted(self._others):
                    self._wake()
            self._attended()

    # -- all below runs under the lock, but for the agent's visits to the desk ------------------------------------

    def _usable(self) -> bool:
        return ticks() < self._valid_until

    def _owed(self) -> int:
        return owed(self._mine, self._others) if self._mine else 0

    def _serve(self) -> None:
        """Idle slots to our own threads, in the order in which they came."""
        while self._waiting and self._idle and self._usable():
            waiter = self._waiting.popleft()
            waiter.slot = self._idle.pop()
            self._busy += 1
            waiter.ready.set()

    def _attended(self) -> None:
        """See to it that the agent is there."""
        if self._agent is None:
            self._closing = False
            self._agent = threading.Thread(target=self._attend, name=f"slots of {self._name}", daemon=True)
            atexit.unregister(self.close)
            atexit.register(self.close)
            self._agent.start()

    def _wake(self) -> None:
        if self._store is not None:
            self._store.wake()

    def _seen(self, holders: Holders) -> None:
        """Take over what the desk says of us and of the others."""
        mine = holders.pop(self._life, None)
        if mine is None:
            if self._mine is not None:
                log.warning("%s: this process stood still for too long and lost its slots", self._name)
                self._begin_anew()
            return
        now = ticks()
        held = self._busy + len(self._idle) + len(self._giving)
        self._idle += [_Slot(self._life, now, now) for _ in range(mine.holding - held)]
        self._mine, self._others = mine, list(holders.values())
        self._serve()

    def _begin_anew(self) -> None:
        self._life = uuid.uuid4().hex
        self._mine, self._others = None, []
        self._busy, self._idle, self._giving = 0, [], []
        self._valid_until = 0.0

    def _set_aside(self, now: float) -> None:
        """Slots that nobody here uses, for those who wait."""
        for slot in [each for each in self._idle if now - each.idle_since >= LINGER_SECONDS]:
            if len(self._giving) >= wanted(self._others):
                break
            self._idle.remove(slot)
            self._giving.append(slot)

    def _leaves(self, now: float) -> bool:
        """Whether there is nothing left to do for us at the desk."""
        if self._mine is None or self._busy or self._waiting:
            return False
        return self._closing or now - self._used_at >= KEEP_SECONDS

    def _due(self, now: float) -> bool:
        """Whether the others have to be told something."""
        if self._mine is None:
            return bool(self._waiting)
        if self._giving or len(self._waiting) > self._mine.wants or self._leaves(now):
            return True
        if now - self._reported_at >= self._lease / 4:
            return True
        if now - self._counted_since >= CALM_SECONDS:
            most, self._most_waiting, self._counted_since = self._most_waiting, len(self._waiting), now
            if most < self._mine.wants:
                return True
        if self._waiting and now - self._watched_at >= WATCH_SECONDS:
            self._watched_at = now
            return any(_gone(each) or each.expires <= now + self._offset for each in self._others)
        return False

    def _pause(self, now: float) -> float:
        if self._waiting:
            return WATCH_SECONDS
        if self._idle and wanted(self._others):
            return LINGER_SECONDS
        return min(LONGEST_PAUSE, self._lease / 8)

    # -- the agent ------------------------------------------------------------------------------------------------

    def _attend(self) -> None:
        store: SlotStore | None = None
        busy_since: float | None = None
        try:
            store = open_slot_store(self._db, self._scope, self._lease)
            with self._lock:
                self._store = store
            while True:
                try:
                    self._visit(store)
                    busy_since = None
                except Busy as busy:
                    busy_since = busy_since or ticks()
                    if ticks() - busy_since > BUSY_SECONDS:
                        raise StorageProblem(f"the ledger at {self._db.place}", str(busy)) from None
                with self._lock:
                    if self._mine is None and not self._waiting:
                        self._agent = self._store = None
                        return
                    pause, eager = self._pause(ticks()), bool(self._waiting)
                store.wait(BUSY_PAUSE if busy_since else pause, eager=eager)
        except Exception as error:  # noqa: BLE001 - told to every thread that waits for a slot
            self._give_up(error)
        finally:
            if store is not None:
                store.close()

    def _give_up(self, error: Exception) -> None:
        with self._lock:
            self._agent = self._store = None
            waiting = list(self._waiting)
            self._waiting.clear()
            for waiter in waiting:
                waiter.problem = error
                waiter.ready.set()
        if not waiting:
            # slots in use are ours until the lease ends; whoever wants one next is told
            log.warning("%s: its slots cannot be prolonged: %s", self._name, error)

    def _visit(self, store: SlotStore) -> None:
        """Look where something may have changed, and tell what has to be told. Raises Busy."""
        if store.changed():
            holders = store.look()
            with self._lock:
                self._seen(holders)
        with self._lock:
            now = ticks()
            self._set_aside(now)
            due = self._due(now)
        if due:
            self._report(store)

    def _report(self, store: SlotStore) -> None:
        """One exchange at the desk: we are alive, want so many, give back so many; and free slots go to who is next."""
        with self._lock:
            started = ticks()
            if leaving := self._leaves(started):
                self._giving += self._idle
                self._idle = []
            offered, wants, life = list(self._giving), len(self._waiting), self._life
        given = 0
        with store.exchange() as (holders, now):
            mine = holders.pop(life, None)
            if mine is None and self._mine is not None:
                pass  # forgotten by the others meanwhile, as the look below shows
            elif leaving:
                settle(holders, self._slots, now, self._lease, _gone)
            else:
                if mine is None:
                    turn = last_turn(holders)
                    mine = Holder(life, 0, wants, turn, 0.0, here(), os.getpid(), process_started(os.getpid()))
                given = min(len(offered), wanted(holders.values()))
                # the threads whose slots are given come back for the next call as a rule
                mine.wants, mine.expires = wants + given, now + self._lease
                if given:
                    mine.holding, mine.turn = mine.holding - given, last_turn(holders)
                holders[life] = mine
                settle(holders, self._slots, now, self._lease, _gone)
        with self._lock:
            if leaving and mine is not None:
                self._begin_anew()
                return
            self._reported_at, self._valid_until, self._offset = started, started + self._lease, now - started
            self._most_waiting = max(self._most_waiting, wants + given)
            self._giving = [each for each in self._giving if each not in offered]
            self._idle += offered[given:]
            self._seen(holders)


def _gone(holder: Holder) -> bool:
    return is_gone(holder.host, holder.pid, holder.born)
