"""Applying a plan: exactly what was planned is sent, what changed since is set aside, the rest is not touched."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes import DROP_AFTER, DROP_BEFORE, REFUSED, UNREACHABLE, FakeFlow, FakeTarget, SetClock
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.approval import Approval
from connector_assets.engine.document import Document, Step
from connector_assets.engine.engine import Engine
from connector_assets.engine.frozen import Frozen, body_text
from connector_assets.engine.planning import Planner
from connector_assets.engine.report import AccountingError
from connector_assets.engine.task import DeliveryPolicy
from connector_resources.clock import SYSTEM_CLOCK
from connector_resources.ledger import Ledger

PLAN = "plan-1"


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


def plan(world: World, documents: Sequence[Document]) -> dict[str, Frozen]:
    """What a sync would send now."""
    flow = world.flow()
    _, planned = Planner(flow, world.policy, owner=flow.context.run).plan(documents, look_up=False)
    return {each.key: replace(each.frozen, plan=PLAN) for each in planned if each.frozen is not None}


def apply(
    world: World,
    calls: dict[str, Frozen],
    documents: Sequence[Document],
    *,
    approval: Approval | None = None,
    **more: Any,
) -> dict[str, str]:
    """One run that applies a plan, by ann."""
    flow = world.flow(**more)
    flow.approval = approval
    flow.context.actor = "ann"
    engine = Engine(flow, world.policy, owner=flow.context.run, plan=calls)
    return outcomes(engine.deliver(documents), documents)


def bodies(world: World) -> list[tuple[str, str]]:
    """Listens to the target: verb and the text of each body, in the order of its fields."""
    heard: list[tuple[str, str]] = []
    create, update = world.target.create, world.target.update
    world.target.create = lambda body: (heard.append(("create", body_text(body))), create(body))[1]  # type: ignore[method-assign,func-returns-value]
    world.target.update = lambda id, body: (heard.append(("update", body_text(body))), update(id, body))[1]  # type: ignore[method-assign,func-returns-value]
    return heard


def held_for(world: World, key: str) -> list[tuple[str, str, str]]:
    """The open exceptions of a document: reason, field, value."""
    return [(e.reason, e.field, e.value) for e in world.ledger.exceptions.open(flow=world.flow_name) if e.key == key]


def events(world: World, key: str) -> list[str]:
    return [event.event for event in world.ledger.audit.of(key)[1]]


def test_what_was_planned_is_sent_to_the_byte_and_once(world: World) -> None:
    world.deliver([bill("old", world.clock)])
    documents = [bill("new", world.clock), bill("old", world.clock, name="Amended")]
    calls = plan(world, documents)
    assert {key: call.step for key, call in calls.items()} == {"new": "create", "old": "update"}
    heard = bodies(world)
    assert apply(world, calls, documents) == {"new": "created", "old": "updated"}
    assert heard == [("create", calls["new"].body), ("update", calls["old"].body)]
    assert apply(world, calls, documents) == {"new": "unchanged", "old": "unchanged"}
    assert len(heard) == 2
    approved = next(event for event in world.ledger.audit.of("new")[1] if event.event == "approved")
    assert (approved.actor, approved.detail["plan"], approved.detail["rule"]) == ("ann", PLAN, f"plan {PLAN}")
    intent = next(event for event in world.ledger.audit.of("new")[1] if event.event == "intent")
    assert (intent.detail["body_hash"], intent.detail["approved_by"]) == (calls["new"].body_hash, "ann")
    assert world.ledger.staged.applied([PLAN]) == {PLAN: 2}
    assert world.ledger.staged.of(world.flow_name, ["new", "old"]) == {}


def test_the_bytes_are_the_planned_ones_even_where_the_fields_would_stand_in_another_order(world: World) -> None:
    documents = [bill("a", world.clock)]
    calls = plan(world, documents)
    heard = bodies(world)
    flow = world.flow()
    real = flow._create

    def turned(document: Document, wanted: Any) -> Step:
        step = real(document, wanted)
        return replace(step, body=dict(reversed(list(step.body.items()))))

    flow._create = turned  # type: ignore[method-assign]
    engine = Engine(flow, world.policy, owner=flow.context.run, plan=calls)
    assert outcomes(engine.deliver(documents), documents) == {"a": "created"}
    assert heard == [("create", calls["a"].body)]


class TestWhatChangedSince:
    def test_the_source(self, world: World) -> None:
        calls = plan(world, [bill("a", world.clock), bill("b", world.clock)])
        documents = [bill("a", world.clock, amount="10.01"), bill("b", world.clock)]
        assert apply(world, calls, documents) == {"a": "held", "b": "created"}
        assert held_for(world, "a") == [("changed_since_plan", "source", PLAN)]
        assert not world.copies("a")
        # plan again, apply again: sent, and the exception is closed by itself
        calls = plan(world, documents[:1])
        assert apply(world, calls, documents[:1]) == {"a": "created"}
        assert held_for(world, "a") == []

    def test_the_target_of_an_update(self, world: World) -> None:
        world.deliver([bill("a", world.clock)])
        documents = [bill("a", world.clock, name="Amended")]
        calls = plan(world, documents)
        (record,) = world.copies("a")
        record.payments.append("10.00")
        assert apply(world, calls, documents) == {"a": "held"}
        assert held_for(world, "a") == [("changed_since_plan", "target", PLAN)]
        assert record.values["name"] == "Bill"

    def test_the_status_of_the_target(self, world: World) -> None:
        world.deliver([bill("a", world.clock)])
        documents = [bill("a", world.clock, name="Amended")]
        calls = plan(world, documents)
        world.copies("a")[0].status = "approved"
        assert apply(world, calls, documents) == {"a": "held"}

    def test_a_document_that_the_target_holds_now(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        calls = plan(world, documents)
        world.target.create(documents[0].content)
        assert apply(world, calls, documents) == {"a": "held"}
        assert held_for(world, "a") == [("changed_since_plan", "target", PLAN)]
        assert len(world.copies("a")) == 1

    def test_the_request(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        calls = plan(world, documents)
        other = replace(calls["a"], body='{"key":"a"}', body_hash="0")
        assert apply(world, {"a": other}, documents) == {"a": "held"}
        assert held_for(world, "a") == [("changed_since_plan", "request", PLAN)]

    def test_the_step(self, world: World) -> None:
        documents = [bill("a", world.clock, until="approved")]
        calls = plan(world, documents)
        calls["a"] = replace(calls["a"], step="import")
        assert apply(world, calls, documents) == {"a": "held"}
        assert held_for(world, "a") == [("changed_since_plan", "step", PLAN)]

    def test_what_a_check_holds_or_a_rule_ignores_now_says_so_itself(self, world: World) -> None:
        calls = plan(world, [bill("a", world.clock), bill("b", world.clock)])
        documents = [bill("a", world.clock, held="too_long"), bill("b", world.clock, ignored="history")]
        assert apply(world, calls, documents) == {"a": "held", "b": "ignored"}
        assert world.reasons("a") == ["too_long"]


class TestWhatWasDoneSince:
    def test_delivered_by_a_sync_with_the_same_content(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        calls = plan(world, documents)
        world.deliver(documents)
        assert apply(world, calls, documents) == {"a": "unchanged"}
        assert world.reasons("a") == [] and len(world.copies("a")) == 1

    def test_created_by_a_sync_that_died_before_it_knew(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        calls = plan(world, documents)
        world.target.fail("create", 1, DROP_AFTER)
        world.target.fail("find", 1, UNREACHABLE)
        assert world.deliver(documents, wait_for_outcomes=False) == {"a": "in_doubt"}
        assert apply(world, calls, documents) == {"a": "created"}
        assert len(world.copies("a")) == 1

    def test_dismissed(self, world: World) -> None:
        documents = [bill("a", world.clock, held="too_long")]
        world.deliver(documents)
        fine = [bill("a", world.clock)]
        calls = plan(world, fine)
        world.deliver(documents)
        (row,) = world.ledger.exceptions.open(flow=world.flow_name)
        world.ledger.exceptions.dismiss(row.id, "bob", "", world.clock.now())
        assert apply(world, calls, fine) == {"a": "ignored"}
        assert not world.copies("a")


def test_the_calls_that_follow_belong_to_the_plan(world: World) -> None:
    documents = [bill("long", world.clock, until="approved", paid="10.00")]
    calls = plan(world, documents)
    assert calls["long"].step == "create"
    assert apply(world, calls, documents) == {"long": "created"}
    (record,) = world.copies("long")
    assert (record.status, record.payments) == ("approved", ["10.00"])


def test_a_lost_answer_while_applying_is_looked_up_and_the_planned_bytes_are_sent_again(world: World) -> None:
    documents = [bill("a", world.clock)]
    calls = plan(world, documents)
    heard = bodies(world)
    world.target.fail("create", 1, DROP_BEFORE)
    assert apply(world, calls, documents) == {"a": "created"}
    assert heard == [("create", calls["a"].body)] * 2
    assert len(world.copies("a")) == 1


def test_a_plan_whose_process_died_is_taken_up_by_the_next_sync(ledger: Ledger, clock: SetClock) -> None:
    """A document that was refused, then corrected, planned, and about to be sent when the process died: nothing of it
    is forgotten."""
    number = 0
    while True:
        world = World(ledger, clock, FakeTarget(clock), name=f"refused{number}")
        world.target.fail("create", 1, REFUSED)
        assert world.deliver([bill(f"{world.name}:a", clock)]) == {f"{world.name}:a": "refused"}
        documents = [bill(f"{world.name}:a", clock, name="Corrected")]
        calls = plan(world, documents)
        process = Process(ledger, world.target, number)
        with suppress(Crash):
            apply(world, calls, documents, ledger=process.ledger, target=process.target)
        if not process.dead:
            break
        clock.advance(world.policy.lease_seconds + world.policy.lands_within)
        found = world.deliver(documents)
        assert set(found.values()) <= {"created", "unchanged"}, f"died {process.crossed[-1]}: {found}"
        assert len(world.copies(f"{world.name}:a")) == 1
        number += 1
    assert number > 5


def test_two_people_who_apply_one_plan_at_the_same_time_send_it_once(ledger_place: Any) -> None:
    with Ledger.open(ledger_place.url, ledger_place.schema, clock=SYSTEM_CLOCK) as ledger:
        now = SetClock(datetime.now(UTC))
        policy = DeliveryPolicy(slice_size=4, workers=2, patience_seconds=60)
        world = World(ledger, SYSTEM_CLOCK, FakeTarget(now), policy=policy)  # type: ignore[arg-type]
        documents = [bill(f"d{number}", now, until="approved", paid="10.00") for number in range(12)]
        calls = plan(world, documents)
        flows = [world.flow() for _ in range(2)]
        found: list[dict[str, str]] = []
        gate = threading.Barrier(2)

        def person(flow: FakeFlow) -> None:
            engine = Engine(flow, policy, owner=flow.context.run, plan=calls)
            gate.wait()
            found.append(outcomes(engine.deliver(documents), documents))

        people = [threading.Thread(target=person, args=(flow,)) for flow in flows]
        for each in people:
            each.start()
        for each in people:
            each.join(60)
        for document in documents:
            assert sorted(each[document.key] for each in found) == ["created", "unchanged"]
            (record,) = world.copies(document.key)
            assert (record.submits, record.payments) == (1, ["10.00"])
        assert ledger.staged.of(world.flow_name, list(calls)) == {}


def test_a_document_outside_the_plan_is_a_defect_of_the_caller(world: World) -> None:
    with pytest.raises(AccountingError, match="not in the plan"):
        apply(world, {}, [bill("a", world.clock)])
    assert world.target.writes == 0


def test_applying_a_plan_approves_it_where_the_flow_asks_for_approvals(world: World) -> None:
    documents = [bill("long", world.clock, until="approved", paid="10.00")]
    calls = plan(world, documents)
    assert apply(world, calls, documents, approval=Approval()) == {"long": "created"}
    assert {"staged", "approved"} <= set(events(world, "long"))


def test_death_at_every_boundary_while_applying(ledger: Ledger, clock: SetClock) -> None:
    """A process that applies a plan dies; the plan is applied again: everything is there once, and was as planned."""

    def documents(world: World) -> list[Document]:
        return [
            bill(f"{world.name}:new", clock),
            bill(f"{world.name}:old", clock, name="Amended"),
            bill(f"{world.name}:long", clock, until="approved", paid="10.00"),
        ]

    def begin(name: str) -> tuple[World, dict[str, Frozen], list[tuple[str, str]]]:
        world = World(ledger, clock, FakeTarget(clock), name=name)
        world.deliver([bill(f"{name}:old", clock)])
        calls = plan(world, documents(world))
        return world, calls, bodies(world)

    def crash(world: World, calls: dict[str, Frozen], dies_at: int | None) -> Process:
        process = Process(ledger, world.target, dies_at)
        try:
            apply(world, calls, documents(world), approval=Approval(), ledger=process.ledger, target=process.target)
        except Crash:
            assert process.dead
        return process

    world, calls, _ = begin("alive")
    boundaries = crash(world, calls, None).crossed
    assert {"before target.create", "after ledger.intents.open", "before ledger.record"} <= set(boundaries)
    for number, boundary in enumerate(boundaries):
        world, calls, heard = begin(f"dies{number}")
        crash(world, calls, number)
        for _ in range(4):
            clock.advance(world.policy.lease_seconds + world.policy.lands_within)
            found = apply(world, calls, documents(world), approval=Approval())
            if set(found.values()) <= {"created", "updated", "unchanged"}:
                break
        where = f"died at {number}, {boundary}: {found}"
        assert set(found.values()) <= {"created", "updated", "unchanged"}, where
        assert sorted(r.values["key"] for r in world.target.records.values()) == sorted(calls), where
        (long,) = world.copies(f"{world.name}:long")
        assert (long.status, long.submits, long.payments) == ("approved", 1, ["10.00"]), where
        assert world.copies(f"{world.name}:old")[0].values["name"] == "Amended", where
        assert {body for _, body in heard} == {call.body for call in calls.values()}, where
        assert not world.ledger.exceptions.open(flow=world.flow_name), where
        assert world.ledger.staged.of(world.flow_name, list(calls)) == {}, where
