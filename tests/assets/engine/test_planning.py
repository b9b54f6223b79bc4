"""Plan, adopt and baseline: nothing is written to the target, and the ledger says what was agreed."""

from __future__ import annotations

import pytest
from fakes import DROP_AFTER, DROP_BEFORE, UNREACHABLE, FakeTarget, SetClock, observe
from worlds import World, bill, outcomes

from connector_assets.engine.planning import Planner
from connector_resources.errors import Unavailable
from connector_resources.ledger import Ledger


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


def planner(world: World) -> Planner:
    flow = world.flow()
    return Planner(flow, world.policy, owner=flow.context.run)


def put(world: World, key: str, **more: object) -> str:
    id = world.target.create({**bill(key, world.clock).content, **more}).id
    world.target.sent.clear()
    return id


def every_kind(world: World) -> list:  # type: ignore[type-arg]
    """One to create, one to update, one unchanged, one in doubt, one held, one ignored."""
    world.deliver([bill("same", world.clock), bill("other", world.clock)])
    calls = world.target.seen["create"]
    world.target.fail("create", calls + 1, DROP_BEFORE)
    world.deliver([bill("doubt", world.clock)], wait_for_outcomes=False)
    world.target.sent.clear()
    return [
        bill("new", world.clock),
        bill("other", world.clock, name="Changed"),
        bill("same", world.clock),
        bill("doubt", world.clock),
        bill("held", world.clock, held="too_long"),
        bill("old", world.clock, ignored="history"),
    ]


def test_a_plan_says_what_would_happen_and_does_nothing(world: World) -> None:
    documents = every_kind(world)
    before = {key: world.known(key) for key in ("same", "other", "doubt")}
    results, planned = planner(world).plan(documents, look_up=False)
    assert outcomes(results, documents) == {
        "new": "created",
        "other": "updated",
        "same": "unchanged",
        "doubt": "in_doubt",
        "held": "held",
        "old": "ignored",
    }
    assert world.target.writes == 0
    assert {key: world.known(key) for key in before} == before
    assert world.ledger.deliveries.load(world.flow_name, ["new", "held", "old"]) == {}
    entries = {entry.key: entry for entry in planned}
    assert entries["other"].action == "update"
    assert entries["other"].changes == [{"field": "name", "from": "Bill", "to": "Changed"}]
    assert entries["other"].request == {"name": "Changed"}
    assert entries["new"].action == "create"
    # what was planned is what is sent
    sent: list[object] = []
    real = world.target.create
    world.target.create = lambda body: sent.append(dict(body)) or real(body)  # type: ignore[method-assign,func-returns-value]
    world.deliver(documents[:1])
    assert sent == [entries["new"].request]


def test_a_plan_on_a_filled_target_shows_what_would_be_adopted(world: World) -> None:
    put(world, "a")
    put(world, "b", amount="99.00")
    documents = [bill(key, world.clock) for key in "abc"]
    results, planned = planner(world).plan(documents, look_up=True)
    assert outcomes(results, documents) == {"a": "adopted", "b": "held", "c": "created"}
    assert [(entry.key, entry.action) for entry in planned] == [("a", "adopt"), ("b", "hold"), ("c", "create")]
    assert world.target.writes == 0


def test_where_a_sync_goes_on_after_adopting_the_plan_has_that_call(world: World) -> None:
    put(world, "a", name="Theirs")
    put(world, "same")
    put(world, "other", amount="99.00")
    documents = [bill(key, world.clock) for key in ("a", "same", "other")]
    results, planned = planner(world).plan(documents, look_up=True, goes_on=True)
    assert outcomes(results, documents) == {"a": "adopted", "same": "adopted", "other": "held"}
    entries = {entry.key: entry for entry in planned}
    assert (entries["a"].action, [each["from"] for each in entries["a"].changes]) == ("update", ["Theirs"])
    assert entries["a"].frozen is not None and entries["a"].frozen.target_id is not None
    assert (entries["same"].action, entries["other"].action) == ("adopt", "hold")
    assert world.target.writes == 0


def test_adopting_links_what_agrees_and_writes_nothing(world: World) -> None:
    id = put(world, "a", name="Theirs")
    put(world, "b", amount="99.00")
    put(world, "twice")
    put(world, "twice")
    documents = [
        *(bill(key, world.clock) for key in ("a", "b", "c", "twice")),
        bill("held", world.clock, held="too_long"),
        bill("old", world.clock, ignored="history"),
    ]
    results = planner(world).adopt(documents)
    assert outcomes(results, documents) == {
        "a": "adopted",
        "b": "held",
        "c": "ignored",
        "twice": "held",
        "held": "held",
        "old": "ignored",
    }
    assert {result.rule for result in results if result.key == "c"} == {"not_in_target"}
    assert world.target.writes == 0
    link = world.ledger.links.of(world.flow_name, ["a"])["a"]
    assert (link.target_id, link.origin) == (id, "matched")
    known = world.ledger.deliveries.load(world.flow_name, [document.key for document in documents])
    assert not [key for key, each in known.items() if each.claimed_by]
    # adopting again says the same; the sync after it compares the adopted and creates the missing
    again = outcomes(planner(world).adopt(documents), documents)
    assert again["a"] == "unchanged"
    assert world.deliver(documents) == {
        "a": "updated",
        "b": "held",
        "c": "created",
        "twice": "held",
        "held": "held",
        "old": "ignored",
    }


def test_adopting_in_slices_gives_two_documents_of_one_record_to_neither(world: World) -> None:
    """One record answers to two of our documents: the order in which they come decides nothing, nor ends the run."""
    id = put(world, "a")
    flow = world.flow()
    hit = observe(world.target.records[id])
    flow.find = lambda asked: {each.key: [hit] for each in asked}  # type: ignore[method-assign]
    documents = [bill(key, world.clock) for key in "ab"]
    found = outcomes(Planner(flow, world.policy, owner=flow.context.run).adopt(documents), documents)
    assert found == {"a": "held", "b": "held"}


def test_adopting_when_the_target_cannot_be_asked_leaves_no_claim(world: World) -> None:
    world.target.always["find"] = UNREACHABLE
    with pytest.raises(Unavailable):
        planner(world).adopt([bill("a", world.clock)])
    assert world.known("a").claimed_by is None


@pytest.mark.parametrize("mode", ["adopt", "baseline"])
def test_what_another_run_has_claimed_is_left_as_it_stands(world: World, mode: str) -> None:
    put(world, "a")
    world.ledger.deliveries.claim(world.flow_name, ["a"], "other", 600)
    documents = [bill("a", world.clock)]
    assert outcomes(getattr(planner(world), mode)(documents), documents) == {"a": "failed"}
    assert world.known("a").claimed_by == "other"
    assert world.ledger.links.of(world.flow_name, ["a"]) == {}


@pytest.mark.parametrize("mode", ["adopt", "baseline"])
def test_a_call_of_ours_that_is_in_doubt_is_not_forgotten(world: World, mode: str) -> None:
    world.target.fail("create", 1, DROP_BEFORE)
    documents = [bill("a", world.clock)]
    assert world.deliver(documents, wait_for_outcomes=False) == {"a": "in_doubt"}
    assert outcomes(getattr(planner(world), mode)(documents), documents) == {"a": "in_doubt"}
    assert world.ledger.intents.unfinished(world.flow_name, ["a"])
    world.clock.advance(60)
    assert world.deliver(documents) == {"a": "created"}
    assert world.ledger.intents.unfinished(world.flow_name, ["a"]) == {}


def test_adopting_what_we_created_ourselves_closes_the_doubt(world: World) -> None:
    world.target.fail("create", 1, DROP_AFTER)
    world.target.fail("find", 1, UNREACHABLE)
    documents = [bill("a", world.clock)]
    assert world.deliver(documents, wait_for_outcomes=False) == {"a": "in_doubt"}
    assert outcomes(planner(world).adopt(documents), documents) == {"a": "created"}
    assert world.ledger.intents.unfinished(world.flow_name, ["a"]) == {}
    assert world.reasons("a") == []


def test_a_baseline_is_seen_until_it_changes(world: World) -> None:
    documents = [bill("a", world.clock), bill("b", world.clock, held="too_long")]
    results = planner(world).baseline(documents)
    assert {(result.outcome, result.rule) for result in results} == {("ignored", "before_baseline")}
    assert world.deliver(documents) == {"a": "ignored", "b": "ignored"}
    assert world.target.writes == 0
    assert world.ledger.exceptions.open(flow=world.flow_name) == []
    assert world.deliver([bill("a", world.clock, name="Changed")]) == {"a": "created"}


def test_a_baseline_leaves_what_is_linked(world: World) -> None:
    world.deliver([bill("a", world.clock)])
    (result,) = planner(world).baseline([bill("a", world.clock)])
    assert result.outcome == "unchanged"
    assert world.known("a").state == "settled"
    assert world.known("a").claimed_by is None
