"""Several creates in one call: each document has its own intent, body and outcome, whatever becomes of the call."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import (
    DEFECT_AFTER,
    DROP_AFTER,
    DROP_BEFORE,
    LIMITED,
    NOT_ALLOWED,
    PASSING,
    UNREACHABLE,
    FakeFlow,
    FakeTarget,
    Fault,
    SetClock,
)
from hypothesis import given
from hypothesis import strategies as st
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.document import Bulk, Document, Step
from connector_assets.engine.frozen import body_hash
from connector_assets.engine.report import UNFINISHED
from connector_assets.engine.sending import _calls
from connector_resources.errors import ConnectorError
from connector_resources.ledger import Ledger


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    """A flow that has settled its first document long ago."""
    world = World(ledger, clock, FakeTarget(clock))
    world = replace(world, policy=replace(world.policy, slice_size=10))
    assert world.deliver([bill("first", clock)]) == {"first": "created"}
    world.target.sent.clear()
    return world


def flow(world: World, limit: int = 4, **more: object) -> FakeFlow:
    made = world.flow(**more)
    made.bulk = limit
    return made


def deliver(world: World, documents: list[Document], limit: int = 4) -> dict[str, str]:
    return outcomes(world.engine(flow(world, limit)).deliver(documents), documents)


def bills(world: World, keys: str, **more: object) -> list[Document]:
    return [bill(key, world.clock, **more) for key in keys]


def test_creates_go_in_calls_of_at_most_the_limit(world: World) -> None:
    documents = bills(world, "abcdef")
    assert set(deliver(world, documents).values()) == {"created"}
    assert world.target.sent == [("create_many", "a+b+c+d"), ("create_many", "e+f")]
    assert set(deliver(world, documents).values()) == {"unchanged"}
    assert [len(world.copies(key)) for key in "abcdef"] == [1] * 6
    assert world.target.writes == 2


def test_each_document_has_its_own_intent_and_link(world: World) -> None:
    deliver(world, bills(world, "abc"))
    for key in "abc":
        _, trail, *_ = world.ledger.audit.of(key)
        assert [event.event for event in trail] == ["intent", "settled"]
        (record,) = world.copies(key)
        assert trail[0].detail["body_hash"] == body_hash(record.values)
        assert world.known(key).target_id == record.id


def test_the_first_document_of_a_flow_goes_alone(ledger: Ledger, clock: SetClock) -> None:
    world = World(ledger, clock, FakeTarget(clock))
    deliver(world, bills(world, "abc"))
    assert world.target.sent == [("create", "a"), ("create_many", "b+c")]


def test_one_that_is_left_goes_alone_and_updates_always_do(world: World) -> None:
    deliver(world, bills(world, "abcde"))
    assert world.target.sent[-1] == ("create", "e")
    world.target.sent.clear()
    changed = bills(world, "ab", name="Another") + bills(world, "xy")
    assert deliver(world, changed) == {"a": "updated", "b": "updated", "x": "created", "y": "created"}
    assert sorted(verb for verb, _ in world.target.sent) == ["create_many", "update", "update"]


def test_of_a_refused_call_only_the_guilty_one_is_refused(world: World) -> None:
    world.target.refuses = "Bad"
    documents = [*bills(world, "ab"), *bills(world, "c", name="Bad"), *bills(world, "d")]
    assert deliver(world, documents) == {"a": "created", "b": "created", "c": "refused", "d": "created"}
    assert world.target.sent == [("create_many", "a+b+c+d"), *(("create", key) for key in "abcd")]
    assert [len(world.copies(key)) for key in "abcd"] == [1, 1, 0, 1]
    assert world.reasons("c") == ["refused_by_target"]


def test_one_that_the_target_has_already_takes_no_other_with_it(world: World) -> None:
    """Where the target refuses a second of a number: the lost one is found, the rest are created once."""
    world.target.unique = True
    world.target.fail("create", 2, DROP_AFTER)
    lost = bills(world, "a")
    world.engine(flow(world), wait_for_outcomes=False).deliver(lost)
    documents = bills(world, "abc")
    found = deliver(world, documents)
    assert {found["b"], found["c"]} == {"created"} and found["a"] in ("adopted", "created", "unchanged")
    assert [len(world.copies(key)) for key in "abc"] == [1, 1, 1]


def test_an_unknown_outcome_puts_all_in_doubt_and_each_is_looked_up(world: World) -> None:
    world.target.fail("create_many", 1, DROP_AFTER)
    documents = bills(world, "abc")
    assert set(deliver(world, documents).values()) <= {"created", "adopted"}
    assert world.target.sent == [("create_many", "a+b+c")]
    assert [len(world.copies(key)) for key in "abc"] == [1, 1, 1]
    for key in "abc":
        assert "in_doubt" in [event.event for event in world.ledger.audit.of(key)[1]]


def test_what_was_lost_on_the_way_is_sent_again_together(world: World) -> None:
    world.target.fail("create_many", 1, DROP_BEFORE)
    assert set(deliver(world, bills(world, "abc")).values()) == {"created"}
    assert world.target.sent == [("create_many", "a+b+c")] * 2


def test_an_answer_of_another_length_is_no_outcome(world: World) -> None:
    made = flow(world)
    create_many = made._create_many
    made._create_many = lambda bodies: create_many(bodies)[:-1]  # type: ignore[method-assign]
    documents = bills(world, "abc")
    assert set(outcomes(world.engine(made).deliver(documents), documents).values()) <= {"created", "adopted"}
    assert world.target.sent == [("create_many", "a+b+c")]
    assert [len(world.copies(key)) for key in "abc"] == [1, 1, 1]


def test_too_many_calls_are_waited_for_as_with_one(world: World) -> None:
    world.target.fail("create_many", 1, LIMITED)
    before = world.clock.monotonic()
    assert set(deliver(world, bills(world, "abc")).values()) == {"created"}
    assert world.clock.monotonic() - before == 7
    assert world.target.sent == [("create_many", "a+b+c")] * 2


@pytest.mark.parametrize("fault", [UNREACHABLE, NOT_ALLOWED], ids=str)
def test_what_was_not_taken_fails_for_each(world: World, fault: Fault) -> None:
    world.target.always["create_many"] = fault
    assert set(deliver(world, bills(world, "abc")).values()) == {"failed"}
    assert all(world.known(key).state == "failed" for key in "abc")
    world.target.always.clear()
    world.clock.advance(3600)
    assert set(deliver(world, bills(world, "abc")).values()) == {"created"}


def test_a_defect_in_the_call_leaves_none_of_them_undecided(world: World) -> None:
    world.target.fail("create_many", 1, DEFECT_AFTER)
    with pytest.raises(KeyError):
        deliver(world, bills(world, "abc"))
    assert {world.known(key).state for key in "abc"} == {"in_doubt"}
    world.clock.advance(3600)
    assert set(deliver(world, bills(world, "abc")).values()) <= {"created", "adopted"}
    assert [len(world.copies(key)) for key in "abc"] == [1, 1, 1]


# with a fault one boundary in so many is tried, other ones for each
PART = 6
FAULTS: list[Fault | None] = [None, *PASSING]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_process_that_dies_anywhere_loses_none_and_makes_none_twice(
    ledger: Ledger, clock: SetClock, fault: Fault | None
) -> None:
    boundary, died = FAULTS.index(fault) % PART, True
    while died:
        target = FakeTarget(clock)
        world = World(ledger, clock, target, name=f"p{boundary}{'' if fault is None else fault}".replace("_", ""))
        world.deliver([bill("first", clock)])
        target.refuses = "Bad"
        target.seen.clear()
        if fault is not None:
            target.fail("create_many", 1, fault)
        documents = [*bills(world, "ab"), *bills(world, "c", name="Bad" if fault is None else "Bill")]
        process = Process(ledger, target, boundary)
        dying = flow(world, ledger=process.ledger, target=process.target)
        died = False
        try:
            world.engine(dying).deliver(documents)
        except Crash:
            died = True
        found: dict[str, str] = {}
        for _ in range(6):
            clock.advance(world.policy.lease_seconds + world.policy.lands_within)
            found = deliver(world, documents)
            if not UNFINISHED & set(found.values()):
                break
        expected = [1, 1, 0 if fault is None else 1]
        assert [len(world.copies(key)) for key in "abc"] == expected, (boundary, fault, found)
        assert (found["c"] == "refused") == (fault is None)
        boundary += 1 if fault is None else PART
    assert boundary > 5


@given(st.lists(st.sampled_from([None, "one", "other", "update"]), max_size=30), st.integers(1, 5))
def test_every_step_goes_once_in_a_call_of_its_own_kind(kinds: list[str | None], limit: int) -> None:
    def step(kind: str | None) -> Step:
        def never(*_: object) -> object:
            raise ConnectorError("not sent here")

        bulk = None if kind is None else Bulk(kind, limit, never)  # type: ignore[arg-type]
        return Step("x", {}, never, "updated" if kind == "update" else "created", bulk=bulk)  # type: ignore[arg-type]

    calls = _calls([(None, step(kind)) for kind in kinds])  # type: ignore[misc]
    assert sorted(index for call in calls for index in call) == list(range(len(kinds)))
    for call in calls:
        assert len(call) <= limit and call == sorted(call)
        assert len({kinds[index] for index in call}) == 1
        assert len(call) == 1 or kinds[call[0]] in ("one", "other")
    for kind in ("one", "other"):
        count = kinds.count(kind)
        assert sum(kinds[call[0]] == kind for call in calls) == -(-count // limit)


def test_the_doubt_after_a_short_answer_says_how_many(world: World) -> None:
    made = flow(world)
    made._create_many = lambda bodies: []  # type: ignore[method-assign]
    documents = bills(world, "ab")
    engine = world.engine(made, wait_for_outcomes=False)
    assert set(outcomes(engine.deliver(documents), documents).values()) == {"in_doubt"}
    events = [event for event in world.ledger.audit.of("a")[1] if event.event == "in_doubt"]
    assert "2 documents were sent in one call, and 0 came back" in events[0].detail["message"]
