"""Which records of the target are of one document, and what keeps calls away from one that is there twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import FakeTarget, Record, SetClock
from worlds import World, bill, outcomes

from connector_assets.engine.duplicates import duplicates, report_duplicates
from connector_assets.engine.planning import Planner
from connector_resources.ledger import Ledger, NewLink


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    """A target that holds the documents a and b."""
    world = World(ledger, clock, FakeTarget(clock))
    world.deliver([bill("a", clock), bill("b", clock)])
    return world


def again(world: World, key: str, id: str = "9", status: str = "draft") -> Record:
    """A second record of a document."""
    record = world.target.records[id] = replace(world.copies(key)[0], id=id, status=status)
    return record


def test_records_are_of_one_document_by_the_key_that_they_carry_and_by_our_links(world: World) -> None:
    assert duplicates(world.flow()) == {}
    [ours] = world.copies("a")
    again(world, "a")
    assert duplicates(world.flow()) == {"a": sorted([ours.id, "9"])}
    # ours lost its key: the link says whose it is
    ours.values = ours.values | {"key": None}
    assert duplicates(world.flow()) == {"a": sorted([ours.id, "9"])}


def test_what_is_void_does_not_count(world: World) -> None:
    again(world, "a", status="voided")
    assert duplicates(world.flow()) == {}


def test_a_record_with_our_mark_that_is_linked_to_another_document_is_a_second_one(world: World) -> None:
    """By hand b was linked to a copy of a: who sends for either would pay it twice."""
    again(world, "a")
    link = NewLink(
        flow=world.flow_name,
        source_connection="jde",
        source_key="b",
        target_connection="coupa",
        target_entity=world.flow().target_entity,
        target_id="9",
        origin="set",
    )
    world.ledger.links.set(link, "clerk", world.clock.now())
    [ours] = [record.id for record in world.copies("a") if record.id != "9"]
    found = duplicates(world.flow())
    assert found["a"] == sorted([ours, "9"])


def test_nothing_is_sent_or_planned_for_what_is_there_twice_and_the_rest_goes_on(world: World) -> None:
    again(world, "a")
    assert report_duplicates(world.flow()).opened == ["a"]
    changed = [bill(key, world.clock, amount="12.00") for key in "ab"]
    before = world.target.writes
    flow = world.flow()
    planned, _ = Planner(flow, world.policy, owner="plan").plan(changed, look_up=False)
    assert outcomes(planned, changed) == {"a": "held", "b": "updated"}
    assert world.deliver(changed) == {"a": "held", "b": "updated"}
    assert world.target.writes - before == 1
    assert (world.reasons("a"), world.known("a").target_id) == (["duplicate_in_target"], world.copies("a")[0].id)
    del world.target.records["9"]
    assert report_duplicates(world.flow()).closed == ["a"]
    assert world.ledger.deliveries.due(world.flow_name, world.clock.now()) == ["a"]
    assert world.deliver(changed) == {"a": "updated", "b": "unchanged"}


def test_a_first_call_for_a_document_that_the_target_holds_twice_already_is_not_made(world: World) -> None:
    """A ledger that was restored from before does not know the document, and a first attempt asks nobody."""
    again(world, "a", "9").values = again(world, "a", "8").values | {"key": "c"}
    again(world, "a", "8").values = world.target.records["9"].values
    assert report_duplicates(world.flow()).opened == []
    assert report_duplicates(world.flow(), ["c"]).opened == ["c"]
    before = world.target.writes
    assert world.deliver([bill("c", world.clock)]) == {"c": "held"}
    assert world.target.writes == before


def test_what_a_look_up_holds_is_left_to_the_look_up(world: World) -> None:
    world.deliver([bill("c", world.clock)])
    again(world, "c")
    world.ledger.links.remove(world.flow_name, "c", "clerk", world.clock.now())
    assert world.deliver([bill("c", world.clock, amount="11.00")]) == {"c": "held"}
    assert world.reasons("c") == ["natural_key_taken"]
    assert report_duplicates(world.flow(), ["c"]).opened == []
    # of two hits the one that is void does not count
    world.target.records["9"].status = "voided"
    [hit] = world.flow().look_up([bill("c", world.clock)])["c"]
    assert hit.id != "9"
