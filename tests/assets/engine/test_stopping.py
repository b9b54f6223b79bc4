"""When nothing gets through any more: the work ends, every document has its outcome, and the next run goes on."""

from __future__ import annotations

import pytest
from fakes import DROP_BEFORE, LIMITED, NOT_ALLOWED, REFUSED, UNREACHABLE, FakeTarget, Fault, SetClock
from worlds import World, bill, outcomes

from connector_assets.engine.circuit_breaker import SILENT
from connector_resources.errors import LoginRefused, RateLimited
from connector_resources.ledger import Ledger


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


def mixed(world: World, count: int = 12) -> list:  # type: ignore[type-arg]
    """Documents of every kind, the last of them held and ignored."""
    return [
        *(bill(f"d{number:02}", world.clock) for number in range(count)),
        bill("held", world.clock, held="too_long"),
        bill("old", world.clock, ignored="history"),
    ]


@pytest.mark.parametrize(
    "fault", [NOT_ALLOWED, Fault("login", lambda: LoginRefused("wrong password", fix="set it"))], ids=str
)
def test_a_missing_permission_ends_the_work_at_the_first_document(world: World, fault: Fault) -> None:
    world.target.always["create"] = fault
    documents = mixed(world)
    engine = world.engine()
    found = outcomes(engine.deliver(documents), documents)
    assert world.target.writes == 1
    assert engine.stopped is not None
    assert found == dict.fromkeys((f"d{n:02}" for n in range(12)), "failed") | {"held": "held", "old": "ignored"}
    assert len(world.ledger.deliveries.due(world.flow_name, world.clock.now())) == 12
    world.target.always.clear()
    assert world.deliver(documents) == found | dict.fromkeys((f"d{n:02}" for n in range(12)), "created")


@pytest.mark.parametrize("fault", [UNREACHABLE, LIMITED, DROP_BEFORE], ids=str)
def test_an_outage_ends_the_work_after_a_few_slices(world: World, fault: Fault) -> None:
    world.deliver([bill("first", world.clock)])
    world.target.always["create"] = fault
    documents = mixed(world, 30)
    engine = world.engine(wait_for_outcomes=False)
    found = outcomes(engine.deliver(documents), documents)
    assert engine.stopped is not None
    sent = {key for verb, key in world.target.sent if verb == "create"} - {"first"}
    assert len(sent) == SILENT * world.policy.slice_size
    assert set(found.values()) <= {"failed", "in_doubt", "held", "ignored"}
    keys = [document.key for document in documents]
    assert not [key for key, each in world.ledger.deliveries.load(world.flow_name, keys).items() if each.claimed_by]
    world.target.always.clear()
    world.clock.advance(60)
    assert set(world.deliver(documents).values()) == {"created", "held", "ignored"}
    assert all(len(world.copies(f"d{number:02}")) == 1 for number in range(30))


def test_one_document_that_the_target_cannot_take_keeps_nobody_else_from_it(world: World) -> None:
    real = world.target.create

    def picky(body: dict[str, object]) -> object:
        if body["key"] == "d00":
            assert UNREACHABLE.error is not None
            raise UNREACHABLE.error()
        return real(body)

    world.target.create = picky  # type: ignore[method-assign,assignment]
    documents = mixed(world)
    engine = world.engine()
    found = outcomes(engine.deliver(documents), documents)
    assert engine.stopped is None
    assert [key for key, outcome in found.items() if outcome == "failed"] == ["d00"]
    assert world.reasons("d00") == ["not_answered"]


def test_tries_are_counted_in_a_run_and_attempts_over_runs(world: World) -> None:
    world.target.always["create"] = UNREACHABLE
    for attempt in (1, 2):
        assert world.deliver([bill("a", world.clock)]) == {"a": "failed"}
        assert world.target.writes == attempt * world.policy.tries
        assert world.known("a").attempts == attempt
    world.target.always.clear()
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert world.reasons("a") == []


def test_a_rate_limit_is_waited_out(world: World) -> None:
    world.target.fail("create", 1, LIMITED)
    start = world.clock.monotonic()
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert world.clock.monotonic() - start == pytest.approx(7)


def test_a_rate_limit_that_lasts_longer_than_a_run_waits_ends_it(world: World) -> None:
    world.target.always["create"] = Fault("quota", lambda: RateLimited("tomorrow", retry_after=86_400))
    engine = world.engine()
    start = world.clock.monotonic()
    documents = mixed(world)
    found = outcomes(engine.deliver(documents), documents)
    assert world.clock.monotonic() == start
    assert world.target.writes == 1
    assert isinstance(engine.stopped, RateLimited)
    assert set(found.values()) == {"failed", "held", "ignored"}


def test_an_outage_of_look_ups_is_not_tried_slice_by_slice(world: World) -> None:
    documents = mixed(world, 30)
    world.deliver([bill("first", world.clock)])
    world.target.always["create"] = DROP_BEFORE
    world.deliver(documents[:9], wait_for_outcomes=False)
    due = {key: world.known(key).due_at for key in ("d00", "d08")}
    world.target.always["find"] = UNREACHABLE
    world.target.seen.clear()
    engine = world.engine()
    found = outcomes(engine.deliver(documents[:9]), documents[:9])
    assert set(found.values()) == {"in_doubt"}
    assert world.target.seen["find"] == SILENT
    assert {key: world.known(key).due_at for key in due} == due
    world.target.always.clear()
    world.clock.advance(60)
    assert set(world.deliver(documents[:9]).values()) == {"created"}


def test_while_stopped_what_is_in_doubt_stays_so(world: World) -> None:
    world.deliver([bill("first", world.clock)])
    world.target.fail("create", 2, DROP_BEFORE)
    with_unknown_outcome = bill("z", world.clock)
    assert world.deliver([with_unknown_outcome], wait_for_outcomes=False) == {"z": "in_doubt"}
    world.target.always["create"] = NOT_ALLOWED
    documents = [bill("a", world.clock), bill("b", world.clock), bill("c", world.clock), with_unknown_outcome]
    assert world.deliver(documents) == {"a": "failed", "b": "failed", "c": "failed", "z": "in_doubt"}
    assert world.ledger.intents.unfinished(world.flow_name, ["z"])


def test_refusals_are_answers(world: World) -> None:
    world.target.always["create"] = REFUSED
    documents = mixed(world, 30)
    engine = world.engine()
    found = outcomes(engine.deliver(documents), documents)
    assert engine.stopped is None
    assert list(found.values()).count("refused") == 30
    assert world.target.writes == 30
