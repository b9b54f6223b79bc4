"""Calls whose outcome is not known: looked up, waited for, and never guessed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import (
    DEFECT_AFTER,
    DROP_AFTER,
    DROP_BEFORE,
    DROPS_FIELD_AND_ANSWER,
    LATE,
    REFUSED,
    UNREACHABLE,
    WINDOW,
    FakeTarget,
    Fault,
    Record,
    SetClock,
    observe,
)
from worlds import Crash, Process, World, bill, outcomes

from connector_assets.engine.document import Document
from connector_resources.errors import OutcomeUnknown
from connector_resources.ledger import Ledger, LinkTaken, NewLink


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


@pytest.fixture
def world(ledger: Ledger, clock: SetClock) -> World:
    return World(ledger, clock, FakeTarget(clock))


def test_found_at_once(world: World) -> None:
    world.target.fail("create", 1, DROP_AFTER)
    start = world.clock.now()
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert world.clock.now() == start
    events = [event.event for event in world.ledger.audit.of("a")[1]]
    assert events == ["intent", "in_doubt", "found", "settled"]
    (link,) = world.ledger.audit.of("a")[0]
    assert link.origin == "created"


def test_nothing_found_is_believed_only_after_the_window(world: World) -> None:
    world.target.fail("create", 1, DROP_BEFORE)
    start = world.clock.now()
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert world.clock.now() - start == timedelta(seconds=WINDOW)
    assert world.target.writes == 2
    assert [event.event for event in world.ledger.audit.of("a")[1]] == [
        "intent",
        "in_doubt",
        "absent",
        "intent",
        "settled",
    ]


def test_an_effect_that_comes_late_is_found(world: World) -> None:
    world.target.fail("create", 1, LATE)
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert world.target.writes == 1


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("patient", [False, True])
def test_waiting_ends(world: World, patient: bool, unique: bool) -> None:
    """Every answer is lost, for ever: the run comes to an end, and says so."""
    world.target.unique = unique
    world.target.always["create"] = DROP_BEFORE
    documents = [bill(key, world.clock) for key in "ab"]
    start = world.clock.monotonic()
    assert set(world.deliver(documents, wait_for_outcomes=patient).values()) == {"in_doubt"}
    assert world.clock.monotonic() - start <= world.policy.patience_seconds
    assert (world.clock.monotonic() > start) == patient
    del world.target.always["create"]
    world.clock.advance(WINDOW)
    assert world.ledger.deliveries.due(world.flow_name, world.clock.now()) == ["a", "b"]
    assert set(world.deliver(documents).values()) == {"created"}
    assert world.reasons("a") == []


def test_a_doubt_whose_look_up_fails_keeps_its_time(world: World) -> None:
    world.target.fail("create", 1, DROP_BEFORE)
    documents = [bill("a", world.clock)]
    assert world.deliver(documents, wait_for_outcomes=False) == {"a": "in_doubt"}
    due = world.known("a").due_at
    assert due is not None
    world.target.always["find"] = UNREACHABLE
    for _ in range(3):
        world.clock.advance(5)
        assert world.deliver(documents, wait_for_outcomes=False) == {"a": "in_doubt"}
        assert world.known("a").due_at == due
    world.clock.advance(60)
    assert world.deliver(documents) == {"a": "in_doubt"}
    assert world.known("a").due_at == due
    assert world.target.writes == 1
    del world.target.always["find"]
    assert world.deliver(documents) == {"a": "created"}
    assert len(world.copies("a")) == 1


def test_believed_at_once_where_the_target_refuses_a_second(world: World) -> None:
    world.target.unique = True
    world.target.fail("create", 1, DROP_BEFORE)
    start = world.clock.now()
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert world.clock.now() == start


def test_refused_because_our_first_one_arrived_late(world: World) -> None:
    """Nothing was found and believed at once; then the first call took effect, and the second one was refused."""
    world.target.unique = True
    world.target.fail("create", 1, Fault("later", lambda: OutcomeUnknown("reset"), 0.5))
    real = world.target.create

    def slow(body: dict[str, object]) -> object:
        world.clock.advance(1 if world.target.seen["create"] else 0)
        return real(body)

    world.target.create = slow  # type: ignore[method-assign,assignment]
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert len(world.copies("a")) == 1
    assert world.ledger.links.of(world.flow_name, ["a"])["a"].target_id == world.copies("a")[0].id


def test_refused_for_another_reason_while_the_first_one_may_still_come(world: World) -> None:
    world.target.unique = True
    world.target.fail("create", 1, LATE)
    world.target.fail("create", 2, REFUSED)
    assert world.deliver([bill("a", world.clock)]) == {"a": "created"}
    assert (len(world.copies("a")), world.target.writes) == (1, 2)
    assert not world.reasons("a")


def test_refused_for_another_reason_and_the_first_one_never_came(world: World) -> None:
    world.target.unique = True
    world.target.fail("create", 1, DROP_BEFORE)
    world.target.fail("create", 2, REFUSED)
    world.target.fail("create", 3, REFUSED)
    start = world.clock.now()
    assert world.deliver([bill("a", world.clock)]) == {"a": "refused"}
    assert world.clock.now() - start >= timedelta(seconds=WINDOW)
    assert world.reasons("a") == ["refused_by_target"]


@pytest.mark.parametrize("seconds", [0.0, WINDOW / 2, WINDOW - 4, 300.0])
@pytest.mark.parametrize("lost", [(LATE,), (LATE, LATE), (LATE, UNREACHABLE, LATE)], ids=len)
def test_a_document_that_is_renamed_while_a_lost_create_may_still_come(
    world: World, lost: tuple[Fault, ...], seconds: float
) -> None:
    """The target refuses a second one only under the name that the first one had: wherever the process dies, what it
    sent is looked for under that name, and keeps it until nothing can come any more."""
    world.target.unique = True
    find = world.target.find

    def slow(keys: Collection[str]) -> dict[str, list[Record]]:
        world.clock.advance(3)
        return find(keys)

    world.target.find = slow  # type: ignore[method-assign]
    boundary, died = 0, True
    while died:
        key = f"a{boundary}"
        world.target.faults = {("create", world.target.seen["create"] + n): each for n, each in enumerate(lost, 1)}
        process = Process(world.ledger, world.target, dies_at=boundary)
        flow = world.flow(ledger=process.ledger, target=process.target)
        died = False
        try:
            world.engine(flow).deliver([bill(key, world.clock)])
        except Crash:
            died = True
        world.clock.advance(seconds)
        world.target.faults.clear()
        known = bill(key, world.clock)
        renamed = replace(known, content={**known.content, "key": f"{key}-b", "number": f"N-{key}-b"})
        for _ in range(3):
            world.deliver([renamed])
            world.clock.advance(world.policy.lease_seconds + WINDOW)
        (record,) = world.copies(f"{key}-b")
        assert not world.copies(key), f"{process.crossed[-1]}: the first one came after all"
        assert world.ledger.links.of(world.flow_name, [key])[key].target_id == record.id
        assert not world.ledger.intents.unfinished(world.flow_name, [key])
        boundary += 1
    assert boundary > 6 * len(lost)


def test_refused_as_taken_by_somebody_else_stays_refused(world: World) -> None:
    world.target.unique = True
    world.target.create({**bill("x", world.clock).content, "number": "N-a"})
    world.target.fail("create", 2, DROP_BEFORE)
    assert world.deliver([bill("a", world.clock)]) == {"a": "refused"}


@pytest.mark.parametrize("verb", ["submit", "pay"])
@pytest.mark.parametrize("fault", [DROP_BEFORE, DROP_AFTER, LATE], ids=str)
def test_a_lost_answer_between_the_calls_of_a_document(world: World, verb: str, fault: Fault) -> None:
    world.target.fail(verb, 1, fault)
    assert world.deliver([bill("a", world.clock, until="approved", paid="10.00")]) == {"a": "created"}
    (record,) = world.copies("a")
    assert (record.submits, record.payments) == (1, ["10.00"])


def test_a_payment_in_doubt_is_waited_for_even_when_something_else_is_to_be_done_first(world: World) -> None:
    """The source changes while a payment may still arrive: were the payment taken as had, or as lost, it would be
    made twice."""
    world.target.fail("pay", 1, LATE)
    first = bill("a", world.clock, until="approved", paid="10.00")
    assert world.deliver([first], wait_for_outcomes=False) == {"a": "in_doubt"}
    changed = bill("a", world.clock, until="approved", paid="10.00", name="Other")
    assert world.deliver([changed], wait_for_outcomes=False) == {"a": "in_doubt"}
    assert world.deliver([changed]) == {"a": "updated"}
    (record,) = world.copies("a")
    assert (record.payments, record.values["name"]) == (["10.00"], "Other")


class Lagging(FakeTarget):
    """A target that is read from copies which lag behind; a payment is answered by them too."""

    LAG = WINDOW - 5

    def __init__(self, clock: SetClock) -> None:
        super().__init__(clock)
        self._paid: list[tuple[float, str]] = []

    def pay(self, id: str, body: Mapping[str, Any]) -> Record:
        super().pay(id, body)
        self._paid.append((self.clock.monotonic(), body["amount"]))
        return self._copy(self.records[id])

    def get(self, ids: Collection[str]) -> dict[str, Record]:
        return {id: self._copy(record) for id, record in super().get(ids).items()}

    def _copy(self, record: Record) -> Record:
        seen = [amount for at, amount in self._paid if at <= self.clock.monotonic() - self.LAG]
        return replace(record, payments=seen)


@pytest.mark.parametrize("dies", [False, True])
def test_what_a_lagging_copy_does_not_show_yet_is_not_sent_again(
    ledger: Ledger, clock: SetClock, monkeypatch: pytest.MonkeyPatch, dies: bool
) -> None:
    """The same with a process that dies when the payment was accepted, and another that goes on at once."""
    world = World(ledger, clock, Lagging(clock))
    wanted = bill("a", clock, until="submitted", paid="10.00")
    if dies:
        engine = world.engine()
        read = Lagging.get

        def dying(target: Lagging, ids: Collection[str]) -> dict[str, Record]:
            if target.seen["pay"]:
                raise Crash
            return read(target, ids)

        with monkeypatch.context() as patch, pytest.raises(Crash):
            patch.setattr(Lagging, "get", dying)
            engine.deliver([wanted])
        clock.advance(1)
    outcome = world.deliver([wanted])["a"]
    assert outcome == ("unchanged" if dies else "created")
    (copy,) = world.copies("a")
    assert copy.payments == ["10.00"] and world.reasons("a") == []


def test_a_create_that_is_found_has_accepted_what_was_sent(world: World) -> None:
    """What the target dropped of it is not sent again, now or ever."""
    world.target.fail("create", 1, DROPS_FIELD_AND_ANSWER)
    documents = [bill("a", world.clock)]
    assert world.deliver(documents) == {"a": "created"}
    assert world.deliver(documents) == {"a": "unchanged"}
    assert world.target.writes == 1


def test_an_update_in_doubt_whose_fields_are_dropped_converges(world: World) -> None:
    world.deliver([bill("a", world.clock)])
    world.target.fail("update", 1, DROPS_FIELD_AND_ANSWER)
    assert world.deliver([bill("a", world.clock, name="Other")]) == {"a": "updated"}
    assert world.copies("a")[0].values["name"] == "Other"


@pytest.mark.parametrize("fault", [DROP_BEFORE, DROP_AFTER, LATE], ids=str)
@pytest.mark.parametrize("kept_by", ["held", "ignored"])
def test_a_document_that_is_held_or_ignored_while_a_call_is_in_doubt(world: World, fault: Fault, kept_by: str) -> None:
    world.target.fail("create", 1, fault)
    process = Process(world.ledger, world.target, dies_at=None)
    flow = world.flow(ledger=process.ledger, target=process.target)
    flow.find = lambda documents: (_ for _ in ()).throw(Crash("find"))  # type: ignore[method-assign,assignment]
    with pytest.raises(Crash):
        world.engine(flow).deliver([bill("a", world.clock)])
    world.clock.advance(1)
    more = {"held": "too_long"} if kept_by == "held" else {"ignored": "history"}
    kept = bill("a", world.clock, **more)
    assert world.deliver([kept]) == {"a": kept_by}
    created = fault is not DROP_BEFORE
    assert len(world.copies("a")) == int(created)
    assert len(world.ledger.links.of(world.flow_name, ["a"])) == int(created)
    assert world.ledger.intents.unfinished(world.flow_name, ["a"]) == {}
    assert world.deliver([bill("a", world.clock)]) == {"a": "unchanged" if created else "created"}
    assert len(world.copies("a")) == 1


def test_a_change_in_doubt_of_a_document_that_is_held_meanwhile(world: World) -> None:
    world.deliver([bill("a", world.clock)])
    world.target.fail("update", 1, LATE)
    assert world.deliver([bill("a", world.clock, name="Other")], wait_for_outcomes=False) == {"a": "in_doubt"}
    held = bill("a", world.clock, name="Other", held="too_long")
    assert world.deliver([held]) == {"a": "held"}
    assert world.ledger.intents.unfinished(world.flow_name, ["a"]) == {}
    assert world.deliver([bill("a", world.clock, name="Other")]) == {"a": "unchanged"}
    assert world.target.writes == 2


# -- a natural key in other hands -------------------------------------------------------------------------------------


def put(world: World, key: str, **more: object) -> str:
    """A record of that key which we never sent."""
    record = world.target.create({**bill(key, world.clock).content, **more})
    world.target.sent.clear()
    return record.id


def with_unknown_outcome(world: World, key: str) -> Document:
    """A document whose first call failed for good in an earlier run, so that it is looked up first."""
    world.target.always["create"] = UNREACHABLE
    document = bill(key, world.clock)
    assert world.deliver([document]) == {key: "failed"}
    del world.target.always["create"]
    world.target.sent.clear()
    return document


@pytest.mark.parametrize("field", ["amount", "date", "currency"])
def test_a_hit_that_differs_is_never_adopted(world: World, field: str) -> None:
    document = with_unknown_outcome(world, "a")
    id = put(world, "a", **{field: "other"})
    for _ in range(2):
        assert world.deliver([document]) == {"a": "held"}
    (row,) = world.ledger.exceptions.open(flow=world.flow_name)
    assert row.reason == "natural_key_taken"
    assert f"{id}: {field} is other" in row.value
    assert world.target.writes == 0
    del world.target.records[id]
    assert world.deliver([document]) == {"a": "created"}


def test_two_hits_are_never_chosen_between(world: World) -> None:
    document = with_unknown_outcome(world, "a")
    put(world, "a")
    put(world, "a")
    assert world.deliver([document]) == {"a": "held"}
    assert world.reasons("a") == ["natural_key_taken"]
    assert world.target.writes == 0


def test_a_hit_that_another_key_owns_is_not_ours(world: World) -> None:
    document = with_unknown_outcome(world, "a")
    id = put(world, "a")
    link = NewLink(
        flow=world.flow_name,
        source_key="b",
        source_connection="jde",
        target_connection="coupa",
        target_entity="bills",
        target_id=id,
    )
    world.ledger.links.set(link, "clerk", world.clock.now())
    assert world.deliver([document]) == {"a": "held"}
    assert world.ledger.exceptions.open(flow=world.flow_name)[0].value == f"{id} is linked to b"


def test_one_hit_that_two_documents_of_ours_answer_to_is_neithers(world: World) -> None:
    world.deliver([bill("first", world.clock)])
    documents = [with_unknown_outcome(world, "a"), with_unknown_outcome(world, "b")]
    id = put(world, "a")
    flow = world.flow()
    hit = observe(world.target.records[id])
    flow.find = lambda asked: {each.key: [hit] for each in asked}  # type: ignore[method-assign]
    assert outcomes(world.engine(flow).deliver(documents), documents) == {"a": "held", "b": "held"}
    assert world.target.writes == 0


def test_a_hit_of_another_does_not_end_the_wait_for_our_own(world: World) -> None:
    """Our create may still arrive: were the document held at once, nobody would ever look for it again."""
    id = put(world, "a", amount="99.00")
    world.target.fail("create", 2, LATE)
    assert world.deliver([bill("a", world.clock)]) == {"a": "held"}
    copies = [record.id for record in world.copies("a")]
    assert len(copies) == 2
    assert (
        world.ledger.exceptions.open(flow=world.flow_name)[0].value == f"2 documents of this key: {', '.join(copies)}"
    )
    assert id in copies


def test_an_answer_that_names_anothers_record_is_held_and_the_others_count(world: World) -> None:
    """The target answers a create with a record that is linked already (it upserts by a number of its own)."""
    world.deliver([bill("a", world.clock)])
    theirs = world.copies("a")[0]
    flow = world.flow()
    real = flow.target.create
    flow.target.create = lambda body: theirs if body["key"] == "b" else real(body)
    documents = [bill(key, world.clock) for key in ("b", "c", "d")]
    assert outcomes(world.engine(flow).deliver(documents), documents) == {"b": "held", "c": "created", "d": "created"}
    known = world.known("b")
    assert (known.state, known.target_id, known.attempts, known.claimed_by) == ("held", None, 1, None)
    assert world.reasons("b") == ["natural_key_taken"]
    assert world.ledger.intents.unfinished(world.flow_name, ["b"]) == {}
    events = [event.event for event in world.ledger.audit.of("b")[1]]
    assert "settled" not in events
    assert "held" in events


def test_a_link_that_is_taken_between_look_up_and_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody links the hit to another key in just that moment: this document is held, the slice goes on."""
    documents = [with_unknown_outcome(world, key) for key in ("a", "b")]
    for key in ("a", "b"):
        put(world, key)
    record, taken = world.ledger.record, world.copies("a")[0].id

    def late(changes: list[object], now: object = None) -> None:
        links = [change.link for change in changes if change.link is not None]  # type: ignore[attr-defined]
        if any(link.target_id == taken for link in links):
            raise LinkTaken(world.flow_name, "a", taken, "somebody")
        record(changes, now)  # type: ignore[arg-type]

    monkeypatch.setattr(world.ledger, "record", late)
    assert world.deliver(documents) == {"a": "held", "b": "created"}


# -- when the clock is set --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-7200.0, 7200.0])
@pytest.mark.parametrize("fault", [DROP_BEFORE, LATE], ids=str)
def test_the_wall_clock_is_set_while_a_call_is_in_doubt(
    world: World, clock: SetClock, seconds: float, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same process the window is measured by the monotonic reading: neither an hour more nor nothing."""
    world.target.fail("create", 1, fault)
    sleep = clock.sleep
    turned = []

    def turning(wanted: float) -> None:
        if not turned:
            turned.append(wanted)
            clock.set_by(seconds)
        sleep(wanted)

    monkeypatch.setattr(clock, "sleep", turning)
    start = clock.monotonic()
    assert world.deliver([bill("a", clock)]) == {"a": "created"}
    assert clock.monotonic() - start <= 2 * WINDOW
    assert len(world.copies("a")) == 1


@pytest.mark.parametrize("fault", [None, DROP_BEFORE, LATE], ids=str)
def test_the_wall_clock_is_put_back_after_a_crash(world: World, clock: SetClock, fault: Fault | None) -> None:
    """A new process believes nothing before a whole window has passed on its own clock, and does not wait for twenty
    minutes either."""
    if fault is not None:
        world.target.fail("create", 1, fault)
    process = Process(world.ledger, world.target)
    flow = world.flow(ledger=process.ledger, target=process.target)
    document = bill("a", clock)
    if fault is None:
        process.dies_at = 3  # the intent is written, nothing sent
        with pytest.raises(Crash):
            world.engine(flow).deliver([document])
    else:
        assert world.deliver([document], wait_for_outcomes=False) == {"a": "in_doubt"}
    clock.set_by(-1200)
    found = world.deliver([document], patience_seconds=1300)
    assert found in ({"a": "created"}, {"a": "in_doubt"})
    clock.advance(1300)
    assert world.deliver([document])["a"] in ("created", "unchanged")
    assert len(world.copies("a")) == 1


def test_target_of_a_defect_is_in_doubt_and_loses_nobody_elses_outcome(world: World) -> None:
    world.deliver([bill("first", world.clock)])
    world.target.fail("create", 3, DEFECT_AFTER)
    documents = [bill(key, world.clock) for key in ("a", "b", "c")]
    with pytest.raises(KeyError, match="secret body"):
        world.engine(workers=3).deliver(documents)
    known = world.ledger.deliveries.load(world.flow_name, ["a", "b", "c"])
    assert sorted(each.state for each in known.values()) == ["in_doubt", "settled", "settled"]
    assert not [key for key, each in known.items() if each.claimed_by]
    for row in world.ledger.exceptions.open(flow=world.flow_name):
        assert "secret" not in row.message
    found = world.deliver(documents)
    assert sorted(found.values()) == ["created", "unchanged", "unchanged"]
    assert [len(world.copies(key)) for key in ("a", "b", "c")] == [1, 1, 1]


def test_what_is_believed_absent_stays_due_should_the_process_die_then(world: World) -> None:
    """Its day may be long past: the ledger alone remembers that it was to be sent again."""
    world.target.fail("create", 1, DROP_BEFORE)
    document = bill("a", world.clock)
    assert world.deliver([document], wait_for_outcomes=False) == {"a": "in_doubt"}
    world.clock.advance(WINDOW)
    process = Process(world.ledger, world.target, dies_at=3)
    with pytest.raises(Crash):
        world.engine(world.flow(ledger=process.ledger, target=process.target)).deliver([document])
    assert process.crossed[-1] == "after ledger.record"
    assert world.ledger.intents.unfinished(world.flow_name, ["a"]) == {}
    assert world.target.writes == 1
    assert world.ledger.deliveries.due(world.flow_name, world.clock.now()) == ["a"]
    assert world.deliver([document]) == {"a": "created"}
