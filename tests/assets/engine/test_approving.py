"""Approvals: what waits for a person is sent exactly as it was shown to them, once, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fakes import DROP_AFTER, DROP_BEFORE, REFUSED, UNREACHABLE, FakeFlow, FakeTarget, SetClock, observe
from test_applying import bodies, events
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.approval import Approval
from connector_assets.engine.document import Document
from connector_assets.engine.engine import Engine
from connector_assets.engine.planning import Planner
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, Ledger, Staged
from connector_resources.ledger.approving import Chosen
from connector_resources.ledger.releasing import set_released
from connector_resources.ledger.staging import update_staged

ALWAYS = Approval()
ABOVE_100 = Approval({"GBP": Decimal("100.00")})


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


def flow_of(world: World, policy: Approval | None = ALWAYS, **more: Any) -> FakeFlow:
    flow = world.flow(**more)
    flow.approval = policy
    return flow


def deliver(
    world: World, documents: Sequence[Document], policy: Approval | None = ALWAYS, **more: Any
) -> dict[str, str]:
    """One run of a flow that asks for approvals."""
    flow = flow_of(world, policy, **more)
    return outcomes(Engine(flow, world.policy, owner=flow.context.run).deliver(documents), documents)


def waiting(world: World) -> dict[str, Staged]:
    return {row.key: row for row in world.ledger.staged.waiting(Chosen(flow=world.flow_name))}


def approve(world: World, *keys: str, **rule: Any) -> list[str]:
    """Ann lets these go, or those of a rule."""
    rows = waiting(world) if keys else {}
    chosen = Chosen(ids=frozenset(rows[key].id for key in keys), flow=world.flow_name, **rule)
    done = world.ledger.staged.approve(chosen, actor="ann", note="seen", now=world.clock.now())
    return [row.key for row in done]


def reject(world: World, key: str) -> None:
    chosen = Chosen(ids=frozenset([waiting(world)[key].id]))
    world.ledger.staged.reject(chosen, actor="bob", note="no", now=world.clock.now())


def due(world: World) -> list[str]:
    return world.ledger.deliveries.due(world.flow_name, world.clock.now())


# -- waiting ----------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_until_somebody_says_so(world: World) -> None:
    documents = [bill("a", world.clock), bill("b", world.clock, amount="-3.50")]
    assert deliver(world, documents) == {"a": "staged", "b": "staged"}
    assert world.target.writes == 0 and due(world) == []
    row = waiting(world)["b"]
    assert (row.step, row.amount, row.currency, row.stake) == ("create", Decimal("-3.50"), "GBP", Decimal("3.50"))
    assert row.content == documents[1].content
    assert world.known("b").state == "staged"
    # looked at again it still waits: no call, no event, the same id
    reported = events(world, "b")
    assert reported == ["staged"]
    assert deliver(world, documents) == {"a": "staged", "b": "staged"}
    assert waiting(world)["b"].id == row.id and events(world, "b") == reported
    assert world.target.seen == {}


def test_the_approved_bytes_are_sent_at_once_and_who_approved_is_told(world: World) -> None:
    documents = [bill("a", world.clock), bill("b", world.clock)]
    deliver(world, documents)
    body = waiting(world)["a"].body
    heard = bodies(world)
    assert approve(world, "a") == ["a"]
    assert due(world) == ["a"]
    assert deliver(world, documents) == {"a": "created", "b": "staged"}
    assert heard == [("create", body)]
    assert due(world) == [] and list(waiting(world)) == ["b"]
    trail = {event.event: event for event in world.ledger.audit.of("a")[1]}
    assert list(trail) == ["staged", "approved", "intent", "settled"]
    assert (trail["approved"].actor, trail["approved"].detail["note"]) == ("ann", "seen")
    assert trail["approved"].detail["rule"] == f"--flow {world.flow_name}"
    assert trail["intent"].detail["approved_by"] == "ann"
    assert trail["intent"].detail["staged"] == trail["staged"].detail["staged"]
    assert deliver(world, documents) == {"a": "unchanged", "b": "staged"}


def test_the_calls_that_follow_an_approved_one_need_no_second_approval(world: World) -> None:
    world.target.approves = False
    documents = [bill("long", world.clock, until="approved", paid="10.00")]
    deliver(world, documents)
    approve(world, "long")
    assert deliver(world, documents) == {"long": "created"}
    assert world.known("long").waiting == "approval"
    world.copies("long")[0].status = "approved"
    assert deliver(world, documents) == {"long": "updated"}
    (record,) = world.copies("long")
    assert (record.submits, record.payments) == (1, ["10.00"])
    # settled for good: what comes next is a new matter
    assert world.ledger.staged.of(world.flow_name, ["long"]) == {}
    assert deliver(world, [bill("long", world.clock, until="approved", paid="12.00")]) == {"long": "staged"}
    assert record.payments == ["10.00"]


def test_updates_of_settled_documents_need_approval_as_creates_do(world: World) -> None:
    deliver(world, [bill("a", world.clock)], None)
    changed = [bill("a", world.clock, name="Amended")]
    assert deliver(world, changed) == {"a": "staged"}
    row = waiting(world)["a"]
    assert (row.step, row.changes) == ("update", [{"field": "name", "from": "Bill", "to": "Amended"}])
    approve(world, "a")
    assert deliver(world, changed) == {"a": "updated"}
    assert world.copies("a")[0].values["name"] == "Amended"


def test_a_document_that_turns_back_before_it_was_approved_waits_no_more(world: World) -> None:
    deliver(world, [bill("a", world.clock)], None)
    assert deliver(world, [bill("a", world.clock, name="Amended")]) == {"a": "staged"}
    assert deliver(world, [bill("a", world.clock)]) == {"a": "unchanged"}
    assert waiting(world) == {} and events(world, "a")[-2:] == ["superseded", "settled"]


def test_what_a_check_holds_meanwhile_is_shown_again_when_it_is_mended(world: World) -> None:
    deliver(world, [bill("a", world.clock)])
    id = waiting(world)["a"].id
    assert deliver(world, [bill("a", world.clock, held="too_long")]) == {"a": "held"}
    assert waiting(world) == {}
    with pytest.raises(UnusableInput, match=f"{id} does not wait for an approval"):
        world.ledger.staged.approve(Chosen(ids=frozenset([id])), actor="ann", now=world.clock.now())
    assert deliver(world, [bill("a", world.clock)]) == {"a": "staged"}
    assert waiting(world)["a"].id == id and world.reasons("a") == []


# -- an amount above which --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "outcome"),
    [
        ("100.00", "GBP", "created"),
        ("100.01", "GBP", "staged"),
        ("-100.00", "GBP", "created"),
        ("-100.01", "GBP", "staged"),
        ("0.01", "EUR", "staged"),  # a currency that is not named
    ],
)
def test_above_an_amount(world: World, amount: str, currency: str, outcome: str) -> None:
    assert deliver(world, [bill("a", world.clock, amount=amount, currency=currency)], ABOVE_100) == {"a": outcome}


def test_one_amount_for_all_currencies(world: World) -> None:
    documents = [bill("a", world.clock, amount="5.00"), bill("b", world.clock, amount="5.01", currency="EUR")]
    assert deliver(world, documents, Approval(Decimal("5.00"))) == {"a": "created", "b": "staged"}


def test_lowering_a_large_amount_is_no_small_thing(world: World) -> None:
    deliver(world, [bill("a", world.clock, amount="5000.00")], None)
    lowered = [bill("a", world.clock, amount="1.00")]
    assert deliver(world, lowered, ABOVE_100) == {"a": "staged"}
    assert waiting(world)["a"].stake == Decimal("5000.00")
    # and no rule for small amounts lets it go, nor does looking at it again
    assert approve(world, up_to=Decimal("100.00"), currency="GBP") == []
    assert deliver(world, lowered, ABOVE_100) == {"a": "staged"}
    assert world.copies("a")[0].values["amount"] == "5000.00"


def test_a_change_of_currency_has_no_amount_to_go_by(world: World) -> None:
    deliver(world, [bill("a", world.clock, amount="5.00")], None)
    assert deliver(world, [bill("a", world.clock, amount="5.00", currency="EUR")], ABOVE_100) == {"a": "staged"}
    assert waiting(world)["a"].stake is None


def test_who_was_asked_once_is_asked_to_the_end(world: World) -> None:
    documents = [bill("a", world.clock)]
    deliver(world, documents)
    assert deliver(world, documents, None) == {"a": "staged"}
    release(world, "a")
    assert deliver(world, documents, None) == {"a": "staged"}
    assert world.target.writes == 0
    # another content is another question, which nobody asks any more
    assert deliver(world, [bill("a", world.clock, name="Amended")], None) == {"a": "created"}
    assert waiting(world) == {}


# -- what changed since -----------------------------------------------------------------------------------------------


class TestVoid:
    """An approval is for what was shown, and for nothing else."""

    def test_when_the_source_changed(self, world: World) -> None:
        deliver(world, [bill("a", world.clock)])
        first = waiting(world)["a"]
        approve(world, "a")
        assert deliver(world, [bill("a", world.clock, amount="99.00")]) == {"a": "staged"}
        assert world.target.writes == 0 and due(world) == []
        assert waiting(world)["a"].id != first.id
        assert events(world, "a") == ["staged", "approved", "superseded", "staged"]
        old = world.ledger.staged.get(first.id)
        assert old is not None and old.state == "superseded"
        superseded = world.ledger.audit.of("a")[1][2]
        assert (superseded.detail["was"], superseded.detail["changed"]) == ("approved", "source, request")

    def test_when_the_target_changed(self, world: World) -> None:
        deliver(world, [bill("a", world.clock)], None)
        changed = [bill("a", world.clock, name="Amended")]
        deliver(world, changed)
        approve(world, "a")
        (record,) = world.copies("a")
        record.status = "approved"
        assert deliver(world, changed) == {"a": "staged"}
        assert record.values["name"] == "Bill"
        assert world.ledger.audit.of("a")[1][-2].detail["changed"] == "target"
        approve(world, "a")
        assert deliver(world, changed) == {"a": "updated"}

    def test_when_the_target_changed_although_the_flow_had_no_need_to_read_it(self, world: World) -> None:
        deliver(world, [bill("a", world.clock)], None)
        (record,) = world.copies("a")
        as_it_was = observe(replace(record))
        changed = [bill("a", world.clock, name="Amended")]

        def blindly() -> dict[str, str]:
            flow = flow_of(world)
            decide = flow.decide
            flow.decide = lambda each, known, target: decide(each, known, target or as_it_was)  # type: ignore[method-assign]
            return outcomes(Engine(flow, world.policy, owner=flow.context.run).deliver(changed), changed)

        assert blindly() == {"a": "staged"}
        approve(world, "a")
        record.status = "approved"
        assert blindly() == {"a": "staged"}
        assert record.values["name"] == "Bill"
        approve(world, "a")
        assert blindly() == {"a": "updated"}

    def test_when_the_target_holds_it_by_now(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        deliver(world, documents)
        approve(world, "a")
        world.target.create(documents[0].content)
        world.target.sent.clear()
        assert deliver(world, documents) == {"a": "adopted"}
        assert world.target.writes == 0
        assert events(world, "a")[-3:] == ["found", "superseded", "settled"]

    def test_when_the_target_holds_another_of_its_key_by_now(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        deliver(world, documents)
        approve(world, "a")
        world.target.create(bill("a", world.clock, amount="77.00").content)
        assert deliver(world, documents) == {"a": "held"}
        assert world.reasons("a") == ["natural_key_taken"]

    def test_when_somebody_changed_the_request_in_the_database(self, world: World) -> None:
        documents = [bill("a", world.clock)]
        deliver(world, documents)
        approve(world, "a")
        row = world.ledger.staged.of(world.flow_name, ["a"])["a"]
        with world.ledger._db.write() as connection:
            update_staged(connection, [row.id], body=row.body.replace("10.00", "99.00"))
        assert deliver(world, documents) == {"a": "staged"}
        assert world.target.writes == 0
        assert waiting(world)["a"].body == row.body and due(world) == []

    def test_an_approval_that_comes_too_late_approves_nothing(self, world: World) -> None:
        deliver(world, [bill("a", world.clock)])
        id = waiting(world)["a"].id
        deliver(world, [bill("a", world.clock, name="Amended")])
        with pytest.raises(UnusableInput, match="does not wait"):
            world.ledger.staged.approve(Chosen(ids=frozenset([id])), actor="ann", now=world.clock.now())
        assert due(world) == []

    def test_of_many_ids_one_that_does_not_wait_keeps_all_from_being_approved(self, world: World) -> None:
        deliver(world, [bill("a", world.clock)])
        ids = frozenset([waiting(world)["a"].id, "zzz"])
        with pytest.raises(UnusableInput, match="zzz does not wait"):
            world.ledger.staged.approve(Chosen(ids=ids), actor="ann", now=world.clock.now())
        assert list(waiting(world)) == ["a"]

    def test_an_approval_between_the_look_and_the_writing_down_stands(self, world: World) -> None:
        """A run has seen the call waiting; a person approves it; then the run writes down that it waits."""
        documents = [bill("a", world.clock)]
        deliver(world, documents)
        release(world, "a")

        class Late:
            """The ledger of a run that is slower than ann."""

            def __getattr__(self, name: str) -> Any:
                return getattr(world.ledger, name)

            def record(self, changes: Sequence[Change], now: Any = None) -> None:
                if any(change.staging for change in changes):
                    approve(world, "a")
                world.ledger.record(changes, now)

        assert deliver(world, documents, ledger=Late()) == {"a": "staged"}
        assert due(world) == ["a"]
        assert deliver(world, documents) == {"a": "created"}


def release(world: World, key: str) -> None:
    """Somebody makes the document due: it is looked at again, though nothing of it changed."""
    with world.ledger._db.write() as connection:
        set_released(connection, [(world.flow_name, key)], world.clock.now())


# -- rejected ---------------------------------------------------------------------------------------------------------


def test_what_is_rejected_is_left_alone_until_its_content_changes(world: World) -> None:
    documents = [bill("a", world.clock)]
    deliver(world, documents)
    reject(world, "a")
    assert due(world) == [] and waiting(world) == {}
    assert deliver(world, documents) == {"a": "ignored"}
    assert deliver(world, documents, None) == {"a": "ignored"}
    release(world, "a")
    assert deliver(world, documents) == {"a": "ignored"}
    assert world.target.writes == 0
    rejected = next(event for event in world.ledger.audit.of("a")[1] if event.event == "rejected")
    assert (rejected.actor, rejected.detail["note"], rejected.detail["rule"]) == ("bob", "no", "by id")
    assert deliver(world, [bill("a", world.clock, name="Amended")]) == {"a": "staged"}


def test_a_rejected_change_leaves_the_delivered_document_as_it_is(world: World) -> None:
    deliver(world, [bill("a", world.clock)], None)
    deliver(world, [bill("a", world.clock, name="Amended")])
    reject(world, "a")
    assert deliver(world, [bill("a", world.clock)]) == {"a": "unchanged"}
    assert world.copies("a")[0].values["name"] == "Bill"


# -- rules ------------------------------------------------------------------------------------------------------------


def test_rules_choose_and_stand_in_the_trail(world: World) -> None:
    documents = [
        bill("F0411:00001/PV/1", world.clock, amount="10.00", supplier="4343"),
        bill("F0411:00001/PV/2", world.clock, amount="-500.00", supplier="4343"),
        bill("F0411:00002/PV/3", world.clock, amount="10.00", supplier="4344"),
        bill("F0411:00002/PV/4", world.clock, amount="10.00", supplier="4345", currency="EUR"),
    ]
    deliver(world, documents)
    assert approve(world, up_to=Decimal("10.00"), currency="GBP", supplier="4343") == ["F0411:00001/PV/1"]
    approved = world.ledger.audit.of("F0411:00001/PV/1")[1][-1]
    assert approved.detail["rule"] == f"--flow {world.flow_name} --up-to 10.00 --currency GBP --supplier 4343"
    assert approve(world, key="*:00002/*", currency="GBP") == ["F0411:00002/PV/3"]
    assert approve(world) == ["F0411:00001/PV/2", "F0411:00002/PV/4"]
    assert due(world) == sorted(document.key for document in documents)
    assert set(deliver(world, documents).values()) == {"created"}


# -- trouble ----------------------------------------------------------------------------------------------------------


def test_a_document_in_doubt_is_looked_up_first_approval_or_not(world: World) -> None:
    documents = [bill("a", world.clock)]
    world.target.fail("create", 1, DROP_AFTER)
    world.target.fail("find", 1, UNREACHABLE)
    assert outcomes(world.engine(wait_for_outcomes=False).deliver(documents), documents) == {"a": "in_doubt"}
    assert deliver(world, documents) == {"a": "created"}
    assert waiting(world) == {} and world.target.writes == 1


def test_a_lost_answer_to_an_approved_call_needs_no_second_approval(world: World) -> None:
    documents = [bill("a", world.clock)]
    deliver(world, documents)
    approve(world, "a")
    heard = bodies(world)
    world.target.fail("create", 1, DROP_BEFORE)
    assert deliver(world, documents) == {"a": "created"}
    assert len(heard) == 2 and len(set(heard)) == 1


def test_an_approved_call_that_was_refused_is_tried_again_when_a_person_says_so(world: World) -> None:
    documents = [bill("a", world.clock)]
    deliver(world, documents)
    approve(world, "a")
    world.target.fail("create", 1, REFUSED)
    assert deliver(world, documents) == {"a": "refused"}
    assert deliver(world, documents) == {"a": "refused"}
    world.ledger.exceptions.release(flow=world.flow_name, actor="ann", now=world.clock.now())
    assert deliver(world, documents) == {"a": "created"}
    # corrected in the source it would be another document
    assert events(world, "a").count("approved") == 1


def test_an_approval_outlives_an_outage(world: World) -> None:
    documents = [bill("a", world.clock)]
    deliver(world, documents)
    approve(world, "a")
    world.target.always["create"] = UNREACHABLE
    assert deliver(world, documents) == {"a": "failed"}
    world.target.always.clear()
    assert deliver(world, documents) == {"a": "created"}


def test_a_plan_says_what_would_wait(world: World) -> None:
    deliver(world, [bill("small", world.clock)], None)
    documents = [
        bill("small", world.clock, name="Amended"),
        bill("large", world.clock, amount="5000.00"),
        bill("asked", world.clock, amount="6000.00"),
        bill("let go", world.clock, amount="7000.00"),
    ]
    deliver(world, documents[2:], ABOVE_100)
    approve(world, "let go")
    flow = flow_of(world, ABOVE_100)
    results, planned = Planner(flow, world.policy, owner=flow.context.run).plan(documents, look_up=False)
    assert outcomes(results, documents) == {
        "small": "updated",
        "large": "staged",
        "asked": "staged",
        "let go": "created",
    }
    assert [(each.key, each.action) for each in planned] == [
        ("small", "update"),
        ("large", "create"),
        ("let go", "create"),
    ]


def test_death_at_every_boundary_between_an_approval_and_the_end(ledger: Ledger, clock: SetClock) -> None:
    """A process that sends approved calls dies; the next runs need nobody, and send what was approved, once."""

    def documents(world: World) -> list[Document]:
        return [
            bill(f"{world.name}:new", clock),
            bill(f"{world.name}:old", clock, name="Amended"),
            bill(f"{world.name}:long", clock, until="approved", paid="10.00"),
            bill(f"{world.name}:waits", clock),
        ]

    def begin(name: str) -> tuple[World, set[str], list[tuple[str, str]]]:
        world = World(ledger, clock, FakeTarget(clock), name=name)
        deliver(world, [bill(f"{name}:old", clock)], None)
        deliver(world, documents(world))
        approved = [f"{name}:{each}" for each in ("new", "old", "long")]
        rows = waiting(world)
        approve(world, *approved)
        return world, {rows[key].body for key in approved}, bodies(world)

    def crash(world: World, dies_at: int | None) -> Process:
        process = Process(ledger, world.target, dies_at)
        try:
            deliver(world, documents(world), ledger=process.ledger, target=process.target)
        except Crash:
            assert process.dead
        return process

    world, _, _ = begin("alive")
    boundaries = crash(world, None).crossed
    assert {"before target.create", "after ledger.intents.open", "before ledger.record"} <= set(boundaries)
    for number, boundary in enumerate(boundaries):
        world, shown, heard = begin(f"dies{number}")
        crash(world, number)
        for _ in range(4):
            clock.advance(world.policy.lease_seconds + world.policy.lands_within)
            found = deliver(world, documents(world))
            if set(found.values()) <= {"created", "updated", "unchanged", "staged"} and not due(world):
                break
        where = f"died at {number}, {boundary}: {found}"
        assert [key for key, outcome in found.items() if outcome == "staged"] == [f"{world.name}:waits"], where
        held = sorted(record.values["key"] for record in world.target.records.values())
        assert held == sorted(f"{world.name}:{each}" for each in ("new", "old", "long")), where
        (long,) = world.copies(f"{world.name}:long")
        assert (long.status, long.submits, long.payments) == ("approved", 1, ["10.00"]), where
        assert world.copies(f"{world.name}:old")[0].values["name"] == "Amended", where
        assert {body for _, body in heard} == shown, where
        assert list(waiting(world)) == [f"{world.name}:waits"], where
