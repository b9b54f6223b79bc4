"""A record that becomes another one (a batch row its voucher, a void voucher the one that took its place): the link
follows, whatever goes wrong and wherever the process dies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fakes import DROP_AFTER, DROP_BEFORE, LATE, PASSING, FakeFlow, FakeTarget, Fault, Record, SetClock, observe
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.document import Decision, Do, Document, Done, NeedTarget, Step, Target
from connector_assets.engine.merge import mark
from connector_assets.engine.report import UNFINISHED
from connector_resources.ledger import Delivery, Intent, Ledger
from connector_resources.ledger.progress import Progress

LATER = (0.0, 12.0, 100.0)
FAULTS = [fault for fault in PASSING if not fault.drops]
PART = 4


class Batches(FakeTarget):
    """Takes rows; a run makes a voucher of a row, under another id. Nothing is ever changed: only voided."""

    def run(self, id: str) -> Record:
        def effect(_: Fault | None) -> Record:
            record = self.records.pop(id, None)
            if record is None:
                return self.records[f"V{id}"]
            made = self.records[f"V{id}"] = replace(record, id=f"V{id}", status="voucher")
            return made

        return self._write("run", id, effect)

    def void(self, id: str) -> Record:
        def effect(_: Fault | None) -> Record:
            self.records[id].status = "void"
            return self.records[id]

        return self._write("void", id, effect)


class VoucherFlow(FakeFlow):
    """Creates a row, runs it; voids and creates anew what changed."""

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        hits = super().find(documents)
        return {key: [max(found, key=lambda each: int(each.id.strip("V")))] for key, found in hits.items()}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        self.target.arrive()
        held = self.target.get([*self.target.records])
        found = {}
        for id in ids:
            own = held.get(id) or held.get(f"V{id}")
            if own is None:
                continue
            same = [each for each in held.values() if each.values["key"] == own.values["key"]]
            found[id] = observe(max(same, key=lambda each: int(each.id.strip("V"))))
        return found

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        wanted = {name: value for name, value in document.content.items() if name not in ("until", "paid")}
        accepted, done = known.progress.accepted, known.progress.done
        if known.target_id is None:
            return Do(self._create(document, wanted))
        if known.state == "settled" and known.content_hash == document.hash:
            return Done()
        if target is None:
            return NeedTarget()
        if target.status == "draft":
            return Do(self._step("run", target, lambda: self.target.run(target.id), known.progress.after("run")))
        if target.status == "void":
            return Do(self._create(document, wanted)) if done == "void" else Done()
        if accepted == mark(wanted):
            return Done()
        return Do(self._step("void", target, lambda: self.target.void(target.id), known.progress.after("void")))

    def shows_effect(self, intents: Sequence[Intent], target: Target) -> bool:
        shown = {"create": target.status != "void", "run": target.status == "voucher", "void": target.status == "void"}
        return all(shown[intent.step] for intent in intents)

    def _step(self, name: str, target: Target, send: Any, progress: Progress) -> Step:
        return Step(
            name=name, body={"id": target.id}, send=lambda _: observe(send()), outcome="updated", progress=progress
        )


class Vouchers(World):
    """A world whose flow is that one."""

    def flow(self, *, ledger: Any = None, target: Any = None, **more: Any) -> FakeFlow:
        usual = super().flow(ledger=ledger, target=target, **more)
        return VoucherFlow(usual.context, target or self.target)


@dataclass
class LocalTestbed:
    """Two new documents, and one that changed since it became a voucher."""

    world: Vouchers

    def begin(self) -> None:
        documents = [self._bill("old")]
        assert self.world.deliver(documents) == {documents[0].key: "created"}

    def documents(self) -> list[Document]:
        return [self._bill("a"), self._bill("old", amount="12.00"), self._bill("b")]

    def _bill(self, key: str, **more: Any) -> Document:
        return bill(f"{self.world.name}:{key}", self.world.clock, **more)

    def finish(self) -> None:
        for _ in range(6):
            documents = self.documents()
            found = outcomes(self.world.engine().deliver(documents), documents)
            due = self.world.ledger.deliveries.due(self.world.flow_name, self.world.clock.now())
            if not UNFINISHED & set(found.values()) and not due:
                return
            self.world.clock.advance(self.world.policy.lease_seconds + self.world.policy.lands_within)
        raise AssertionError(f"not quiet after six runs: {found}")

    def check(self) -> None:
        """One live voucher a document, with the content of now, and linked; one void one of the content before."""
        self.world.target.arrive()
        held = [(each.values["key"], each.values["amount"], each.status) for each in self.records()]
        name = self.world.name
        assert sorted(held) == [
            (f"{name}:a", "10.00", "voucher"),
            (f"{name}:b", "10.00", "voucher"),
            (f"{name}:old", "10.00", "void"),
            (f"{name}:old", "12.00", "voucher"),
        ]
        live = {each.values["key"]: each.id for each in self.records() if each.status == "voucher"}
        links = {link.source_key: link.target_id for link in self.world.ledger.links.all(flow=self.world.flow_name)}
        assert links == live
        known = self.world.ledger.deliveries.load(self.world.flow_name, list(live))
        assert {key: (each.state, each.target_id) for key, each in known.items()} == {
            key: ("settled", id) for key, id in live.items()
        }
        assert self.world.ledger.intents.unfinished(self.world.flow_name, list(live)) == {}
        assert not self.world.ledger.exceptions.open(flow=self.world.flow_name)

    def records(self) -> list[Record]:
        return list(self.world.target.records.values())


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


def open_testbed(
    ledger: Ledger, clock: SetClock, name: str, verb: str = "", fault: Fault | None = None
) -> LocalTestbed:
    made = LocalTestbed(Vouchers(ledger, clock, Batches(clock), name=name))
    made.begin()
    if fault is not None:
        made.world.target.fail(verb, made.world.target.seen[verb] + 1, fault)
    return made


def crash(made: LocalTestbed, dies_at: int | None) -> Process:
    process = Process(made.world.ledger, made.world.target, dies_at)
    documents = made.documents()
    try:
        flow = made.world.flow(ledger=process.ledger, target=process.target)
        outcomes(made.world.engine(flow).deliver(documents), documents)
    except Crash:
        assert process.dead
    return process


def test_a_row_becomes_its_voucher_and_the_link_follows(ledger: Ledger, clock: SetClock) -> None:
    world = Vouchers(ledger, clock, Batches(clock))
    documents = [bill("a", clock)]
    assert world.deliver(documents) == {"a": "created"}
    link = ledger.links.of(world.flow_name, ["a"])["a"]
    assert (link.target_id, world.known("a").target_id) == ("V1001", "V1001")
    assert ledger.links.by_target(world.flow_name, "bills", ["1001"]) == {}


def test_a_record_that_moved_while_nobody_looked_is_followed(ledger: Ledger, clock: SetClock) -> None:
    """Somebody else runs the batch: the next look finds the voucher under the row's old id."""
    world = Vouchers(ledger, clock, Batches(clock))
    world.target.fail("run", 1, DROP_BEFORE)
    documents = [bill("a", clock)]
    assert world.deliver(documents, wait_for_outcomes=False) == {"a": "in_doubt"}
    world.target.run("1001")
    clock.advance(100)
    assert world.deliver(documents) == {"a": "updated"}
    assert ledger.links.of(world.flow_name, ["a"])["a"].target_id == "V1001"
    assert world.target.seen["run"] == 2


def test_the_other_record_may_be_linked_to_somebody_else(ledger: Ledger, clock: SetClock) -> None:
    """Then the document is held, and keeps its link."""
    world = Vouchers(ledger, clock, Batches(clock))
    world.deliver([bill("a", clock)])
    flow = world.flow()
    other = replace(flow.link(bill("b", clock), Target("V2000", {}), "created"), flow=world.flow_name, source_key="b")
    ledger.links.set(other, "clerk", clock.now())
    world.target.records["V2000"] = Record("V2000", {**world.target.records["V1001"].values}, status="voucher")
    clock.advance(1)
    assert world.deliver([bill("a", clock, amount="11.00")]) == {"a": "held"}
    assert world.reasons("a") == ["natural_key_taken"]
    assert ledger.links.of(world.flow_name, ["a"])["a"].target_id == "V1001"
    assert world.target.seen["void"] == 0


@pytest.mark.parametrize("fault", [DROP_AFTER, LATE], ids=str)
def test_a_lost_void_that_shows_by_itself_is_followed_by_one_new_document(
    ledger: Ledger, clock: SetClock, fault: Fault
) -> None:
    made = open_testbed(ledger, clock, "lost", "void", fault)
    made.finish()
    made.check()
    assert made.world.target.seen["void"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "fault"),
    [("create", None), *((verb, fault) for verb in ("create", "run", "void") for fault in FAULTS)],
    ids=str,
)
def test_death_at_every_boundary_of_a_record_that_moves(
    ledger: Ledger, clock: SetClock, verb: str, fault: Fault | None
) -> None:
    alive = open_testbed(ledger, clock, "alive", verb, fault)
    boundaries = crash(alive, None).crossed
    alive.finish()
    alive.check()
    assert {"before target.create", "before target.run", "before target.void"} <= set(boundaries)
    for number, boundary in enumerate(boundaries):
        if fault is not None and (number + FAULTS.index(fault)) % PART:
            continue
        made = open_testbed(ledger, clock, f"dies{number}", verb, fault)
        crash(made, number)
        clock.advance(LATER[number % len(LATER)])
        try:
            made.finish()
            made.check()
        except AssertionError as wrong:
            raise AssertionError(f"died at {number}, {boundary}") from wrong
