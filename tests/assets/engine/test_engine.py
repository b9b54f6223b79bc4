"""What the engine makes of documents whose calls go well, and of those that wait, are held or left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes import DROP_BEFORE, DROPS_FIELD, REFUSED, FakeTarget, Fault, SetClock
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.report import AccountingError
from connector_resources.errors import ConnectorError, NotFound, Refused
from connector_resources.ledger import Ledger, NewLink


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


def test_creates_once_and_says_so_once(world: World) -> None:
    documents = [bill(key, world.clock) for key in ("a", "b", "c", "d", "e")]
    assert set(world.deliver(documents).values()) == {"created"}
    assert set(world.deliver(documents).values()) == {"unchanged"}
    assert world.target.writes == 5
    assert [event.event for event in world.ledger.audit.of("a")[1]] == ["intent", "settled"]


def test_a_document_of_three_calls_settles_in_one_run(world: World) -> None:
    assert world.deliver([bill("a", world.clock, until="approved", paid="10.00")]) == {"a": "created"}
    assert [verb for verb, _ in world.target.sent] == ["create", "submit", "pay"]
    assert world.known("a").state == "settled"


def test_what_waits_for_an_approval_is_paid_by_the_run_after_it(world: World) -> None:
    world.target.approves = False
    document = bill("a", world.clock, until="approved", paid="10.00")
    assert world.deliver([document]) == {"a": "created"}
    assert world.known("a").waiting == "approval"
    assert world.deliver([document]) == {"a": "unchanged"}
    assert world.target.writes == 2
    world.copies("a")[0].status = "approved"
    assert world.deliver([document]) == {"a": "updated"}
    assert world.copies("a")[0].payments == ["10.00"]
    assert world.known("a").waiting is None
    assert world.deliver([document]) == {"a": "unchanged"}


def test_nothing_new_writes_nothing_to_the_ledger(world: World) -> None:
    documents = [
        bill("a", world.clock),
        bill("b", world.clock, until="approved", paid="10.00"),
        bill("c", world.clock, ignored="history"),
    ]
    world.deliver(documents)
    process = Process(world.ledger, world.target)
    flow = world.flow(ledger=process.ledger, target=process.target)
    found = outcomes(world.engine(flow).deliver(documents), documents)
    assert found == {"a": "unchanged", "b": "unchanged", "c": "ignored"}
    assert process.crossed == []


def test_content_that_the_target_drops_is_not_sent_for_ever(world: World) -> None:
    world.target.fail("create", 1, DROPS_FIELD)
    documents = [bill("a", world.clock)]
    assert world.deliver(documents) == {"a": "created"}
    assert world.deliver(documents) == {"a": "unchanged"}
    assert world.target.writes == 1


def test_a_change_in_the_source_is_sent_and_a_change_on_both_sides_is_held(world: World) -> None:
    world.deliver([bill("a", world.clock)])
    assert world.deliver([bill("a", world.clock, name="Other")]) == {"a": "updated"}
    assert world.copies("a")[0].values["name"] == "Other"
    world.copies("a")[0].values["name"] = "By hand"
    assert world.deliver([bill("a", world.clock, name="Third")]) == {"a": "conflict"}
    assert world.reasons("a") == ["changed_on_both_sides"]
    assert world.copies("a")[0].values["name"] == "By hand"


def test_held_documents_are_one_exception_however_often_and_settling_closes_it(world: World) -> None:
    held = bill("a", world.clock, held="too_long")
    for _ in range(3):
        assert world.deliver([held]) == {"a": "held"}
    (row,) = world.ledger.exceptions.open(flow=world.flow_name)
    assert (row.reason, row.attempts) == ("too_long", 3)
    assert [event.event for event in world.ledger.audit.of("a")[1]] == ["held"]
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    closed = world.ledger.exceptions.get(row.id)
    assert closed is not None
    assert closed.closed_how == "settled"


def test_a_refusal_waits_for_a_person_and_is_not_sent_again_by_itself(world: World) -> None:
    world.target.fail("create", 1, REFUSED)
    documents = [bill("a", world.clock)]
    assert world.deliver(documents) == {"a": "refused"}
    (row,) = world.ledger.exceptions.open(flow=world.flow_name)
    assert (row.reason, row.field, row.value) == ("refused_by_target", "name", "is not nice")
    assert world.deliver(documents) == {"a": "refused"}
    assert world.target.writes == 1
    world.ledger.exceptions.release(ids=[row.id], actor="clerk", now=world.clock.now())
    assert world.deliver(documents) == {"a": "created"}
    assert world.reasons("a") == []


@pytest.mark.parametrize("error", [Refused, NotFound])
def test_what_another_server_turns_away_before_the_call_left_is_no_refusal(
    world: World, error: Callable[..., ConnectorError]
) -> None:
    world.target.fail("create", 1, Fault("a gateway's page", lambda: error("no such page", status=404)))
    documents = [bill("a", world.clock)]
    assert world.deliver(documents) == {"a": "created"}
    assert world.reasons("a") == []


def test_what_waited_and_was_then_refused_is_not_due(world: World) -> None:
    world.target.approves = False
    document = bill("a", world.clock, until="approved", paid="10.00")
    world.deliver([document])
    world.copies("a")[0].status = "approved"
    world.target.fail("pay", 1, REFUSED)
    assert world.deliver([document]) == {"a": "refused"}
    world.clock.advance(10 * world.policy.recheck_seconds)
    assert world.ledger.deliveries.due(world.flow_name, world.clock.now()) == []
    assert world.ledger.deliveries.waiting(world.flow_name) == []


def test_a_refused_document_is_sent_again_once_it_changed_in_the_source(world: World) -> None:
    world.target.fail("create", 1, REFUSED)
    assert world.deliver([bill("a", world.clock)]) == {"a": "refused"}
    assert world.deliver([bill("a", world.clock, name="Nicer")]) == {"a": "created"}


def test_dismissed_is_left_alone_until_it_changes(world: World) -> None:
    world.deliver([bill("a", world.clock, held="too_long")])
    (row,) = world.ledger.exceptions.open(flow=world.flow_name)
    world.ledger.exceptions.dismiss(row.id, "clerk", "not ours", world.clock.now())
    assert world.deliver([bill("a", world.clock, held="too_long")]) == {"a": "ignored"}
    assert world.deliver([bill("a", world.clock)]) == {"a": "ignored"}
    assert world.deliver([bill("a", world.clock, name="Other")]) == {"a": "created"}


def test_ignored_by_a_rule_until_the_rule_no_longer_does(world: World) -> None:
    (result,) = world.engine().deliver([bill("a", world.clock, ignored="history")])
    assert (result.outcome, result.rule) == ("ignored", "history")
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}


def test_an_old_partition_does_not_turn_time_back(world: World) -> None:
    old = bill("a", world.clock)
    world.clock.advance(3600)
    world.deliver([bill("a", world.clock, name="Newer")])
    assert world.deliver([old]) == {"a": "unchanged"}
    world.copies("a")[0].values["name"] = "By hand"
    world.deliver([bill("a", world.clock, name="Newest")])
    (row,) = world.ledger.exceptions.open(flow=world.flow_name)
    world.ledger.exceptions.release(ids=[row.id], actor="clerk", now=world.clock.now())
    # a replay does not either
    assert world.deliver([old]) == {"a": "conflict"}
    assert world.known("a").released


def test_one_key_twice_is_a_defect_and_nothing_is_sent(world: World) -> None:
    with pytest.raises(AccountingError, match="stands twice"):
        world.engine().deliver([bill("a", world.clock), bill("a", world.clock, name="Other")])
    assert world.target.writes == 0
    assert world.ledger.deliveries.load(world.flow_name, ["a"]) == {}


def test_the_first_that_may_be_sent_goes_alone(world: World) -> None:
    documents = [
        bill("h1", world.clock, held="too_long"),
        bill("h2", world.clock, ignored="history"),
        *(bill(key, world.clock) for key in "abcdef"),
    ]
    flow = world.flow()
    flow.kept_key = False
    engine = world.engine(flow, slice_size=200, workers=8)
    found = outcomes(engine.deliver(documents), documents)
    assert str(engine.stopped) == "the target did not keep the key"
    assert world.target.sent == [("create", "a")]
    assert found == {"h1": "held", "h2": "ignored", "a": "created"} | dict.fromkeys("bcdef", "failed")


def test_distrust_stops_the_calls_behind_it_in_the_same_slice(world: World) -> None:
    world.deliver([bill("first", world.clock)])
    flow = world.flow()
    flow.kept_key = False
    documents = [bill(key, world.clock) for key in "abcdef"]
    found = outcomes(world.engine(flow, slice_size=200).deliver(documents), documents)
    assert found == {"a": "created"} | dict.fromkeys("bcdef", "failed")
    assert world.deliver(documents) == {"a": "unchanged"} | dict.fromkeys("bcdef", "created")


def test_while_the_first_is_in_doubt_the_next_goes_alone_too(world: World) -> None:
    world.target.fail("create", 1, DROP_BEFORE)
    process = Process(world.ledger, world.target)
    documents = [bill(key, world.clock) for key in "abcd"]
    world.engine(world.flow(ledger=process.ledger, target=process.target), slice_size=200).deliver(documents)
    opened = [number for number, what in enumerate(process.crossed) if what == "before ledger.intents.open"]
    sent = [number for number, what in enumerate(process.crossed) if what == "before target.create"]
    # alone, alone, two together, and the first once more
    assert len(opened) == 4
    assert [sum(a < each < b for each in sent) for a, b in zip(opened, [*opened[1:], 10**6], strict=True)] == [
        1,
        1,
        2,
        1,
    ]


def test_a_link_set_by_hand_is_used_and_a_removed_one_is_looked_up_first(world: World) -> None:
    world.deliver([bill("a", world.clock)])
    theirs = world.copies("a")[0].id
    world.ledger.links.remove(world.flow_name, "a", "clerk", world.clock.now())
    assert world.deliver([bill("a", world.clock, name="Other")]) == {"a": "adopted"}
    assert [record.id for record in world.copies("a")] == [theirs]
    foreign_record = world.target.create({**bill("b", world.clock).content, "key": None})
    link = NewLink(
        flow=world.flow_name,
        source_key="b",
        source_connection="jde",
        target_connection="coupa",
        target_entity="bills",
        target_id=foreign_record.id,
    )
    world.ledger.links.set(link, "clerk", world.clock.now())
    assert world.deliver([bill("b", world.clock, name="Linked")]) == {"b": "updated"}
    assert world.copies("b") == [foreign_record]


def test_what_was_linked_and_is_gone_is_held(world: World) -> None:
    world.deliver([bill("a", world.clock)])
    del world.target.records[world.copies("a")[0].id]
    assert world.deliver([bill("a", world.clock, name="Other")]) == {"a": "held"}
    assert world.reasons("a") == ["missing_in_target"]
    assert world.target.writes == 1


def test_a_flow_that_goes_round_in_circles_is_a_defect(world: World) -> None:
    flow = world.flow()
    decide = flow.decide
    flow.decide = lambda document, known, target: decide(  # type: ignore[method-assign]
        document, replace(known, target_id=None), None
    )
    world.target.unique = False
    with pytest.raises(AssertionError, match="did not converge"):
        world.engine(flow).deliver([bill("a", world.clock)])
    assert world.known("a").claimed_by is None


def test_death_is_for_good(world: World) -> None:
    process = Process(world.ledger, world.target, dies_at=3)
    flow = world.flow(ledger=process.ledger, target=process.target)
    with pytest.raises(Crash):
        world.engine(flow).deliver([bill("a", world.clock)])
    with pytest.raises(Crash):
        process.target.find(["a"])
