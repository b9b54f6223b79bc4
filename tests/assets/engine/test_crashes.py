"""A process dies at every durable boundary, under every fault, and a new one finishes: nothing lost, nothing twice.

The boundaries are counted, not listed: whatever the engine comes to write or send is in the matrix by being crossed.
Without a fault every boundary is tried, with one every sixth, other ones for each fault; with CONNECTOR_DRILL=all in
the environment every boundary of every fault.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from fakes import PASSING, FakeTarget, Fault, SetClock
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.document import Document
from connector_assets.engine.report import UNFINISHED
from connector_resources.ledger import Ledger

# what a new process finds: it is started at once, in the middle of the effect window, when everything is over
LATER = (0.0, 12.0, 100.0)
# with a fault, one boundary in so many; which ones differs from fault to fault
PART = 6
CASES: list[tuple[str, Fault | None]] = [
    ("create", None),
    *(("create", fault) for fault in PASSING),
    *(("submit", fault) for fault in PASSING if not fault.drops),
    *(("pay", fault) for fault in PASSING if not fault.drops),
    *(("update", fault) for fault in PASSING),
]


@dataclass
class Drill:
    """Five documents of a world: two short ones, one of three calls, one that is held, one that changed since."""

    world: World
    read_at: datetime | None = None

    def begin(self) -> None:
        """`old` is in both systems already."""
        self.world.deliver([self.bill("old")])

    def bill(self, key: str, **more: object) -> Document:
        # read later than before, even where the clock was put back: the pipeline sees to that
        self.read_at = max(self.world.clock.now(), self.read_at or self.world.clock.now())
        return replace(bill(f"{self.world.name}:{key}", self.world.clock, **more), read_at=self.read_at)

    def documents(self) -> list[Document]:
        return [
            self.bill("a"),
            self.bill("old", name="Bill, amended"),
            self.bill("long", until="approved", paid="10.00"),
            self.bill("held", held="required_field_blank"),
            self.bill("b"),
        ]

    def finish(self) -> None:
        """Run until there is nothing left to do, as a schedule would."""
        for _ in range(6):
            documents = self.documents()
            found = outcomes(self.world.engine().deliver(documents), documents)
            if not UNFINISHED & set(found.values()) and not self.world.ledger.deliveries.due(
                self.world.flow_name, self.world.clock.now()
            ):
                return
            self.world.clock.advance(self.world.policy.lease_seconds + self.world.policy.lands_within)
        raise AssertionError(f"not quiet after six runs: {found}")

    def check(self) -> None:
        """Lost, duplicate, undecided, guessed: none."""
        documents = self.documents()
        expected = {document.key for document in documents if document.deliverable}
        records = list(self.world.target.records.values())
        mine = [record for record in records if record.values["key"].startswith(f"{self.world.name}:")]
        assert sorted(record.values["key"] for record in mine) == sorted(expected)
        links = {link.source_key: link.target_id for link in self.world.ledger.links.all(flow=self.world.flow_name)}
        assert links == {record.values["key"]: record.id for record in mine}
        keys = [document.key for document in documents]
        assert self.world.ledger.intents.unfinished(self.world.flow_name, keys) == {}
        known = self.world.ledger.deliveries.load(self.world.flow_name, keys)
        assert {key: each.state for key, each in known.items()} == {
            document.key: "settled" if document.deliverable else "held" for document in documents
        }
        assert not [key for key, each in known.items() if each.claimed_by]
        long = next(record for record in mine if record.values["key"].endswith(":long"))
        assert (long.status, long.submits, long.payments) == ("approved", 1, ["10.00"])
        open_now = [row.key for row in self.world.ledger.exceptions.open(flow=self.world.flow_name)]
        assert open_now == [f"{self.world.name}:held"]


def drill(ledger: Ledger, clock: SetClock, name: str, verb: str, fault: Fault | None) -> Drill:
    made = Drill(World(ledger, clock, FakeTarget(clock), name=name))
    made.begin()
    if fault is not None:
        calls = made.world.target.seen[verb]
        made.world.target.fail(verb, calls + 1, fault)
    return made


def crash(made: Drill, dies_at: int | None) -> Process:
    """Run until the process dies, or to the end."""
    process = Process(made.world.ledger, made.world.target, dies_at)
    flow = made.world.flow(ledger=process.ledger, target=process.target)
    documents = made.documents()
    try:
        outcomes(made.world.engine(flow).deliver(documents), documents)
    except Crash:
        assert process.dead
    return process


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("verb", "fault"),
    [pytest.param(*case, marks=() if case[1] is None else pytest.mark.slow) for case in CASES],
    ids=lambda value: str(value),
)
def test_death_at_every_boundary(ledger: Ledger, clock: SetClock, verb: str, fault: Fault | None) -> None:
    alive = drill(ledger, clock, "alive", verb, fault)
    boundaries = crash(alive, None).crossed
    alive.finish()
    alive.check()
    assert len(boundaries) >= 20
    assert {"before target.create", "after ledger.intents.open", "before ledger.record"} <= set(boundaries)
    whole = fault is None or os.environ.get("CONNECTOR_DRILL") == "all"
    for number, boundary in enumerate(boundaries):
        if not whole and (number + CASES.index((verb, fault))) % PART:
            continue
        made = drill(ledger, clock, f"dies{number}", verb, fault)
        crash(made, number)
        clock.advance(LATER[number % len(LATER)])
        try:
            made.finish()
            made.check()
        except AssertionError as wrong:
            raise AssertionError(f"died at {number}, {boundary}") from wrong
