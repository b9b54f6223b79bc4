"""Two runs at one flow: who has claimed a document delivers it, and nobody else does."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import LIMITED, FakeTarget, Fault, SetClock
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine import sending
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.task import DeliveryPolicy
from connector_resources.clock import SYSTEM_CLOCK
from connector_resources.errors import RateLimited
from connector_resources.ledger import Ledger


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


@pytest.mark.parametrize("runs", [2, 3])
def test_runs_of_the_same_documents_at_the_same_time(ledger_place, runs: int) -> None:  # type: ignore[no-untyped-def]
    with Ledger.open(ledger_place.url, ledger_place.schema, clock=SYSTEM_CLOCK) as ledger:
        now = SetClock(datetime.now(UTC))
        world = World(ledger, SYSTEM_CLOCK, FakeTarget(now))  # type: ignore[arg-type]
        policy = DeliveryPolicy(slice_size=4, workers=2, patience_seconds=60)
        documents = [bill(f"d{number}", now) for number in range(20)]
        found: list[dict[str, str]] = []
        engines = [world.engine(world.flow()) for _ in range(runs)]
        gate = threading.Barrier(runs)

        def task(number: int) -> None:
            engine = type(engines[number])(engines[number].flow, policy, owner=engines[number].owner)
            mine = documents if number % 2 else documents[::-1]
            gate.wait()
            found.append(outcomes(engine.deliver(mine), documents))

        threads = [threading.Thread(target=task, args=(number,)) for number in range(runs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == runs
        assert world.target.writes == len(documents)
        per_key = Counter(key for each in found for key, outcome in each.items() if outcome == "created")
        assert per_key == Counter(document.key for document in documents)
        assert {outcome for each in found for outcome in each.values()} <= {"created", "unchanged"}


def test_a_dead_runs_documents_are_taken_when_its_lease_ends(world: World) -> None:
    process = Process(world.ledger, world.target)
    process.dies_at = 2  # claimed, and about to write its intent
    document = bill("a", world.clock)
    with pytest.raises(Crash):
        world.engine(world.flow(ledger=process.ledger, target=process.target)).deliver([document])
    assert world.known("a").claimed_by is not None
    assert world.deliver([document], wait_for_outcomes=False) == {"a": "failed"}
    start = world.clock.monotonic()
    assert world.deliver([document]) == {"a": "created"}
    assert world.clock.monotonic() - start == pytest.approx(world.policy.lease_seconds, abs=1.5)


def test_what_a_dead_run_only_claimed_is_due_even_when_another_run_passed_it_by(world: World) -> None:
    """The run that met the claim reports `failed` and its days go by: nobody else would ever ask for the document."""
    process = Process(world.ledger, world.target, dies_at=1)
    document = bill("a", world.clock)
    with pytest.raises(Crash):
        world.engine(world.flow(ledger=process.ledger, target=process.target)).deliver([document])
    pipeline = Pipeline(world.flow(), world.policy)
    assert pipeline.due_keys() == {}
    world.clock.advance(world.policy.lease_seconds)
    assert pipeline.due_keys() == {"a": None}


def test_another_runs_claim_is_waited_for_but_not_for_ever(world: World) -> None:
    world.ledger.deliveries.claim(world.flow_name, ["a"], "other", 10_000)
    documents = [bill("a", world.clock), bill("b", world.clock)]
    start = world.clock.monotonic()
    assert world.deliver(documents) == {"a": "failed", "b": "created"}
    assert world.clock.monotonic() - start <= world.policy.patience_seconds
    assert world.known("a").claimed_by == "other"


def test_claims_do_not_run_out_under_a_run_that_waits_for_a_rate_limit(world: World) -> None:
    """Longer than a lease altogether: another run that looks all the time never gets hold of the documents."""
    limited = Fault("429", lambda: RateLimited("slow down", retry_after=40))
    world.target.fail("create", 1, limited)
    world.target.fail("create", 2, limited)
    stolen: list[set[str]] = []
    sleep = world.clock.sleep

    def watched(seconds: float) -> None:
        sleep(seconds)
        stolen.append(world.ledger.deliveries.claim(world.flow_name, ["a"], "thief", 1))

    world.clock.sleep = watched  # type: ignore[method-assign]
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert len(stolen) > 3
    assert not any(stolen)
    assert world.known("a").claimed_by is None


def test_claims_do_not_run_out_under_slow_calls(world: World) -> None:
    real = world.target.create
    stolen: list[set[str]] = []

    def slow(body: dict[str, object]) -> object:
        world.clock.advance(4)
        stolen.append(world.ledger.deliveries.claim(world.flow_name, ["f"], "thief", 1))
        return real(body)

    world.deliver([bill("first", world.clock)])
    world.target.create = slow  # type: ignore[method-assign,assignment]
    documents = [bill(key, world.clock) for key in "abcdef"]
    start = world.clock.monotonic()
    assert set(world.deliver(documents, slice_size=10).values()) == {"created"}
    assert world.clock.monotonic() - start > world.policy.lease_seconds
    assert not any(stolen)
    assert world.target.writes == 7


def test_a_run_that_stood_still_for_longer_than_its_lease_sends_nothing(world: World) -> None:
    """Suspended after the claim: another run has taken the document, and delivers it; this one finds out."""
    flow = world.flow()
    real = flow.decide
    document = bill("a", world.clock)
    stood = []

    def standing_still(*args: object) -> object:
        if not stood:
            stood.append(1)
            world.clock.advance(world.policy.lease_seconds + 1)
            assert world.deliver([document]) == {"a": "created"}
        return real(*args)  # type: ignore[arg-type]

    flow.decide = standing_still  # type: ignore[method-assign,assignment]
    assert outcomes(world.engine(flow).deliver([document]), [document]) == {"a": "unchanged"}
    assert world.target.writes == 1


def test_what_is_not_sent_soon_after_its_intent_is_not_sent(world: World) -> None:
    """Calls so slow that a slice outlasts `send_within`: the rest gets an intent of its own, and no try is counted."""
    world.deliver([bill("first", world.clock)])
    real = world.target.create

    def slow(body: dict[str, object]) -> object:
        world.clock.advance(3)
        return real(body)

    world.target.create = slow  # type: ignore[method-assign,assignment]
    documents = [bill(f"d{number}", world.clock) for number in range(40)]
    found = world.deliver(documents, slice_size=100, tries=1)
    assert set(found.values()) == {"created"}
    assert world.target.writes == 41
    assert not world.ledger.deliveries.due(world.flow_name, world.clock.now())


def test_suspended_between_intent_and_call(world: World) -> None:
    """Nothing is sent by a process that was suspended there, since others may have drawn their conclusions."""
    flow = world.flow()
    opened = world.ledger.intents.open
    late = []

    def suspended(intents: list[object], now: object) -> list[int]:
        ids = opened(intents, now)  # type: ignore[arg-type]
        if not late:
            late.append(1)
            world.clock.advance(world.policy.send_within + 1)
        return ids

    world.ledger.intents.open = suspended  # type: ignore[method-assign,assignment]
    document = bill("a", world.clock)
    assert outcomes(world.engine(flow).deliver([document]), [document]) == {"a": "created"}
    assert world.target.writes == 1
    assert [event.event for event in world.ledger.audit.of("a")[1]] == ["intent", "intent", "settled"]


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_a_signal_ends_the_run_with_every_outcome_recorded(world: World, signal: type[BaseException]) -> None:
    """Calls under way are waited for, those not begun are not sent, and no claim is left behind."""
    world.deliver([bill("first", world.clock)])
    flow = world.flow()
    engine = world.engine(flow, slice_size=10)
    wait, create = sending.wait, world.target.create
    calls: list[object] = []
    under_way = threading.Event()

    def interrupted(futures: list[object]) -> object:
        calls.append(futures)
        if len(calls) == 1:
            assert under_way.wait(10)
            raise signal
        return wait(futures)  # type: ignore[type-var]

    def slow(body: dict[str, object]) -> object:
        under_way.set()
        for _ in range(1000):
            if engine.steps.sender.halted:
                break
            time.sleep(0.005)
        return create(body)

    world.target.create = slow  # type: ignore[method-assign,assignment]
    documents = [bill(key, world.clock) for key in "abcdef"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sending, "wait", interrupted)
        with pytest.raises(signal):
            engine.deliver(documents)
    known = world.ledger.deliveries.load(world.flow_name, [document.key for document in documents])
    assert not [key for key, each in known.items() if each.claimed_by]
    assert world.ledger.intents.unfinished(world.flow_name, list(known)) == {}
    assert world.target.writes == 2
    assert [key for key, each in known.items() if each.state == "settled"] == ["a"]
    world.target.create = create  # type: ignore[method-assign]
    assert world.deliver(documents, wait_for_outcomes=False) == {"a": "unchanged"} | dict.fromkeys("bcdef", "created")


def test_a_signal_while_it_waits(world: World) -> None:
    world.target.fail("create", 1, LIMITED)
    sleep = world.clock.sleep

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    world.clock.sleep = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.deliver([bill("a", world.clock)])
    assert world.known("a").claimed_by is None
    world.clock.sleep = sleep  # type: ignore[method-assign]
    assert world.deliver([bill("a", world.clock)], wait_for_outcomes=False) == {"a": "created"}


def test_the_pace_of_production_keeps_its_leases() -> None:
    """A claim is prolonged when a third of it has gone; what is left must cover a round of calls."""
    policy = DeliveryPolicy()
    assert policy.lease_seconds * 2 / 3 > policy.send_within + policy.effect_window + 60
    assert replace(policy, effect_window=300).lands_within == 360
