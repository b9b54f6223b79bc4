"""Claims, intents, and what one batch of changes does."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Place

from connector_resources.clock import ManualClock
from connector_resources.ledger import (
    UNSET,
    Change,
    Delivery,
    Ledger,
    LinkTaken,
    NewEvent,
    NewIntent,
    NewLink,
    Problem,
    State,
)

FLOW = "jde_coupa/invoices"
OTHER = "jde_coupa/suppliers"
TO_SEVEN = NewLink(source_connection="jde", target_connection="coupa", target_entity="invoices", target_id="7")
PROBLEM = Problem("account_not_found", "account", "39284.9270", "no such account", "add it", "accounts:39284")


def only(ledger: Ledger, key: str = "A:1", flow: str = FLOW) -> Delivery:
    return ledger.deliveries.load(flow, [key])[key]


# -- claims -----------------------------------------------------------------------------------------------------------


def test_a_claim_makes_missing_rows_and_leaves_what_another_holds(ledger: Ledger) -> None:
    assert ledger.deliveries.claim(FLOW, ["A:1", "A:2"], "one", 60) == {"A:1", "A:2"}
    assert ledger.deliveries.claim(FLOW, ["A:2", "A:3"], "two", 60) == {"A:3"}
    assert ledger.deliveries.claim(OTHER, ["A:1"], "two", 60) == {"A:1"}
    made = only(ledger)
    assert (made.state, made.outcome, made.claimed_by, made.attempts) == ("new", "", "one", 0)


def test_a_claim_is_taken_again_by_its_owner_at_once_and_by_others_after_its_lease(
    ledger: Ledger, clock: ManualClock
) -> None:
    ledger.deliveries.claim(FLOW, ["A:1"], "one", 60)
    clock.advance(30)
    assert ledger.deliveries.claim(FLOW, ["A:1"], "one", 60) == {"A:1"}
    clock.advance(59)
    assert ledger.deliveries.claim(FLOW, ["A:1"], "two", 60) == set()
    clock.advance(1)
    assert ledger.deliveries.claim(FLOW, ["A:1"], "two", 60) == {"A:1"}


def test_renewing_and_releasing_concern_only_claims_that_are_still_ours(ledger: Ledger, clock: ManualClock) -> None:
    ledger.deliveries.claim(FLOW, ["A:1", "A:2"], "one", 60)
    ledger.deliveries.claim(FLOW, ["A:3"], "two", 60)
    assert ledger.deliveries.renew(FLOW, ["A:1", "A:3"], "one", 600) == {"A:1"}
    clock.advance(100)
    assert ledger.deliveries.claim(FLOW, ["A:1", "A:2", "A:3"], "three", 60) == {"A:2", "A:3"}
    assert ledger.deliveries.release(FLOW, ["A:1", "A:2"], "one") == {"A:1"}
    assert ledger.deliveries.claim(FLOW, ["A:1"], "three", 60) == {"A:1"}


def test_the_claims_of_a_dead_owner_end_together(ledger: Ledger, clock: ManualClock) -> None:
    ledger.deliveries.claim(FLOW, ["A:1", "A:2"], "dead", 60)
    ledger.deliveries.claim(FLOW, ["A:3"], "alive", 60)
    ledger.deliveries.claim(OTHER, ["A:1"], "dead", 60)
    assert ledger.deliveries.owners(FLOW) == {"dead", "alive"}
    assert ledger.deliveries.release_all(FLOW, "dead") == 2
    assert (ledger.deliveries.owners(FLOW), ledger.deliveries.owners(OTHER)) == ({"alive"}, {"dead"})
    assert ledger.deliveries.claim(FLOW, ["A:1", "A:2", "A:3"], "next", 60) == {"A:1", "A:2"}
    clock.advance(61)
    assert ledger.deliveries.owners(FLOW) == set()


def test_of_many_that_claim_at_once_each_document_goes_to_one(ledger: Ledger, ledger_place: Place) -> None:
    keys = [f"A:{n}" for n in range(120)]
    won: dict[str, set[str]] = {}
    start = threading.Barrier(4)

    def claim(name: str, order: int) -> None:
        with Ledger.open(ledger_place.url, ledger_place.schema) as mine:
            start.wait()
            won[name] = mine.deliveries.claim(FLOW, keys[::order], name, 60)

    threads = [threading.Thread(target=claim, args=(f"run-{n}", 1 if n % 2 else -1)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key for keys in won.values() for key in keys) == sorted(keys)


def test_any_number_of_keys_can_be_loaded(ledger: Ledger) -> None:
    keys = [f"A:{n:05d}" for n in range(2300)]
    ledger.deliveries.claim(FLOW, keys, "one", 60)
    assert ledger.deliveries.load(FLOW, keys).keys() == set(keys)
    assert list(ledger.deliveries.keys(FLOW)) == keys
    assert ledger.deliveries.load(FLOW, []) == {}


# -- what is due ------------------------------------------------------------------------------------------------------


def test_what_is_due(ledger: Ledger, clock: ManualClock) -> None:
    now = clock.now()
    later = now + timedelta(seconds=10)
    cases: dict[str, dict[str, object]] = {
        "failed-at-once": {"state": "failed"},
        "failed-later": {"state": "failed", "due_at": later},
        "in-doubt": {"state": "in_doubt", "due_at": now},
        "waits": {"state": "settled", "waiting": "approval in coupa", "due_at": now},
        "waits-for-ever": {"state": "settled", "waiting": "approval in coupa"},
        "settled": {"state": "settled", "due_at": now},
        "held": {"state": "held"},
        "replayed": {"state": "held", "problems": [PROBLEM]},
        "dead": {"state": "sending", "release_claim": False},
    }
    ledger.deliveries.claim(FLOW, ["dead"], "one", 5)
    ledger.record([Change(FLOW, key, **values) for key, values in cases.items()], now)  # type: ignore[arg-type]
    ledger.exceptions.release(flow=FLOW, actor="me", now=now)
    assert ledger.deliveries.due(FLOW, now) == ["failed-at-once", "in-doubt", "replayed", "waits"]
    assert set(ledger.deliveries.due(FLOW, later)) == {
        *("failed-at-once", "failed-later", "in-doubt", "replayed", "waits", "dead")
    }
    assert ledger.deliveries.waiting(FLOW) == ["waits", "waits-for-ever"]
    assert ledger.deliveries.due(OTHER, later) == []


def test_counts_and_keys_by_state(ledger: Ledger) -> None:
    states: list[State] = ["held", "settled", "settled"]
    ledger.record([Change(FLOW, f"A:{n}", state=state) for n, state in enumerate(states)])
    assert ledger.deliveries.counts(FLOW) == {"held": 1, "settled": 2}
    assert list(ledger.deliveries.keys(FLOW, ["settled"])) == ["A:1", "A:2"]


# -- intents ----------------------------------------------------------------------------------------------------------


def test_an_intent_is_written_with_its_state_and_its_event(ledger: Ledger, clock: ManualClock) -> None:
    ledger.deliveries.claim(FLOW, ["A:1", "A:2"], "one", 60)
    ids = ledger.intents.open(
        [
            NewIntent(FLOW, "A:2", "create", "ff", "run-1", "2026-03-01", {"refuses_second": True}),
            NewIntent(FLOW, "A:1", "create", "ee", "run-1"),
        ],
        clock.now(),
    )
    (open_one,) = ledger.intents.unfinished(FLOW, ["A:1", "A:2", "A:3"])["A:2"]
    assert (open_one.id, open_one.body_hash, open_one.detail) == (ids[0], "ff", {"refuses_second": True})
    assert open_one.result is None and open_one.opened_at == clock.now()
    assert only(ledger, "A:2").state == "sending" and only(ledger, "A:2").claimed_by == "one"
    _, events = ledger.audit.of("A:2")
    assert [(event.event, event.run, event.partition) for event in events] == [("intent", "run-1", "2026-03-01")]
    assert events[0].detail["step"] == "create"


def test_ids_come_back_in_the_order_of_many_intents(ledger: Ledger, clock: ManualClock) -> None:
    keys = [f"A:{n * 7919 % 500}" for n in range(500)]
    ids = ledger.intents.open([NewIntent(FLOW, key, "create") for key in keys], clock.now())
    found = ledger.intents.unfinished(FLOW, keys)
    assert [found[key][0].id for key in keys] == ids


def test_an_outcome_once_known_is_not_unlearned(ledger: Ledger, clock: ManualClock) -> None:
    one, two = ledger.intents.open([NewIntent(FLOW, "A:1", "create"), NewIntent(FLOW, "A:1", "submit")], clock.now())
    ledger.record([Change(FLOW, "A:1", close_intents=[(one, "done", {"id": "7"}), (two, "unknown", None)])])
    assert ledger.intents.unfinished(FLOW, ["A:1"]) == {}
    ledger.record([Change(FLOW, "A:1", close_intents=[(one, "absent", {}), (two, "found", {})])])
    with ledger._db.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, result, result_detail FROM intents ORDER BY id").all()
    assert [tuple(row) for row in rows] == [(one, "done", '{"id":"7"}'), (two, "found", "{}")]


# -- one change -------------------------------------------------------------------------------------------------------


def test_a_change_writes_what_it_sets_and_leaves_the_rest(ledger: Ledger, clock: ManualClock) -> None:
    here = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    first = Change(
        FLOW,
        "A:1",
        state="settled",
        outcome="created",
        target_entity="invoices",
        target_id="7",
        content={"b": Decimal("1E+2"), "a": ["é\x00\ud800", None]},
        content_hash="c",
        seen_hash="s",
        read_at=here,
        stage="draft",
        amount=Decimal("441476141.460"),
        currency="GBP",
        partition="2026-03-01",
        run="run-1",
        attempts_delta=1,
    )
    ledger.record([first], clock.now())
    clock.advance(5)
    ledger.record([Change(FLOW, "A:1", stage=None, waiting="approval", attempts_delta=2)], clock.now())
    row = only(ledger)
    assert row.amount == Decimal("441476141.460") and str(row.amount) == "441476141.460"
    assert row.content == {"a": ["é\x00\ud800", None], "b": "100"}
    assert row.read_at == here and row.read_at is not None and row.read_at.tzinfo is UTC
    assert (row.stage, row.waiting, row.attempts, row.target_id) == (None, "approval", 3, "7")
    assert row.updated_at - row.created_at == timedelta(seconds=5)
    assert ledger.deliveries.by_target(FLOW, "invoices", "7") == row
    assert ledger.deliveries.by_target(FLOW, "suppliers", "7") is None


def test_a_claim_and_a_replay_end_with_the_change_unless_it_says_otherwise(ledger: Ledger, clock: ManualClock) -> None:
    ledger.deliveries.claim(FLOW, ["A:1"], "one", 60)
    ledger.record([Change(FLOW, "A:1", state="held", problems=[PROBLEM], release_claim=False)], clock.now())
    ledger.exceptions.release(all=True, actor="me", now=clock.now())
    ledger.record([Change(FLOW, "A:1", state="sending", release_claim=False, clear_released=False)], clock.now())
    assert (only(ledger).claimed_by, only(ledger).released) == ("one", True)
    ledger.record([Change(FLOW, "A:1", state="settled")], clock.now())
    assert (only(ledger).claimed_by, only(ledger).released) == (None, False)


def test_changes_of_one_document_in_one_batch_apply_in_their_order(ledger: Ledger) -> None:
    ledger.record(
        [
            Change(FLOW, "A:1", state="sending", attempts_delta=1, events=[NewEvent("first")]),
            Change(FLOW, "A:2", state="held", problems=[PROBLEM]),
            Change(FLOW, "A:1", state="settled", attempts_delta=1, events=[NewEvent("second")]),
        ]
    )
    assert (only(ledger).state, only(ledger).attempts) == ("settled", 2)
    assert [event.event for event in ledger.audit.of("A:1")[1]] == ["first", "second"]


@pytest.mark.parametrize("amount", [1.5, 3, Decimal("NaN")])
def test_money_is_a_finite_decimal_or_nothing_is_written(ledger: Ledger, amount: object) -> None:
    with pytest.raises(Exception, match="finite Decimal"):
        ledger.record([Change(FLOW, "A:0"), Change(FLOW, "A:1", amount=amount)])  # type: ignore[arg-type]
    assert ledger.deliveries.load(FLOW, ["A:0", "A:1"]) == {}


def test_an_instant_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="with a zone"):
        ledger.record([Change(FLOW, "A:1", due_at=datetime(2026, 1, 1))])  # noqa: DTZ001


# -- links in a change ------------------------------------------------------------------------------------------------


def test_a_target_linked_to_another_key_stops_the_whole_batch(ledger: Ledger) -> None:
    ledger.record([Change(FLOW, "A:1", state="settled", link=TO_SEVEN)])
    with pytest.raises(LinkTaken) as caught:
        ledger.record(
            [
                Change(FLOW, "A:2", state="settled", events=[NewEvent("settled")], problems=[PROBLEM]),
                Change(FLOW, "A:3", state="settled", link=TO_SEVEN),
            ]
        )
    taken = caught.value
    assert (taken.flow, taken.key, taken.target_id, taken.owner_key) == (FLOW, "A:3", "7", "A:1")
    assert ledger.deliveries.load(FLOW, ["A:2", "A:3"]) == {}
    assert ledger.audit.of("A:2") == ([], []) and ledger.exceptions.open() == []


def test_two_of_one_batch_cannot_share_a_target(ledger: Ledger) -> None:
    with pytest.raises(LinkTaken) as caught:
        ledger.record([Change(FLOW, "A:1", link=TO_SEVEN), Change(FLOW, "A:2", link=TO_SEVEN)])
    assert (caught.value.key, caught.value.owner_key) == ("A:2", "A:1")
    assert list(ledger.links.all()) == []


def test_a_link_taken_in_the_same_moment_by_another_process_is_told_as_such(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record([Change(FLOW, "A:1", link=TO_SEVEN)])
    from connector_resources.ledger import links

    look, looks = links._owners, []

    def late(*arguments: object) -> object:
        # the first look sees nothing, as it would before the other's commit
        looks.append(arguments)
        return {} if len(looks) == 1 else look(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(links, "_owners", late)
    with pytest.raises(LinkTaken) as caught:
        ledger.record([Change(FLOW, "A:2", state="settled", link=TO_SEVEN)])
    assert caught.value.owner_key == "A:1"
    assert ledger.deliveries.load(FLOW, ["A:2"]) == {}


def test_a_link_is_replaced_unlinked_and_handed_on(ledger: Ledger) -> None:
    ledger.record([Change(FLOW, "A:1", run="run-1", link=TO_SEVEN)])
    link = ledger.links.of(FLOW, ["A:1", "A:2"])["A:1"]
    assert (link.flow, link.source_key, link.source_entity, link.run) == (FLOW, "A:1", "A", "run-1")
    ledger.record([Change(FLOW, "A:1", link=replace(TO_SEVEN, target_id="8", target_label="INV-8"))])
    assert ledger.links.by_target(FLOW, "invoices", ["7", "8"])["8"].target_label == "INV-8"
    ledger.record([Change(FLOW, "A:1", unlink=True), Change(FLOW, "A:2", link=replace(TO_SEVEN, target_id="8"))])
    assert {each.source_key: each.target_id for each in ledger.links.all(FLOW)} == {"A:2": "8"}


# -- problems in a change ---------------------------------------------------------------------------------------------


def test_problems_become_exactly_the_open_set(ledger: Ledger, clock: ManualClock) -> None:
    second = replace(PROBLEM, reason="supplier_not_linked", field="supplier", waits_for="link:jde_coupa/suppliers:S:1")
    since = clock.now()
    ledger.record([Change(FLOW, "A:1", state="held", run="run-1", problems=[PROBLEM, second, PROBLEM])], since)
    clock.advance(60)
    changed = replace(PROBLEM, value="39284.9999")
    ledger.record([Change(FLOW, "A:1", state="held", run="run-2", problems=[changed])], clock.now())
    (row,) = ledger.exceptions.open()
    assert (row.reason, row.value, row.attempts, row.run) == ("account_not_found", "39284.9999", 2, "run-2")
    assert (row.since, row.last_at) == (since, clock.now())

    ledger.record([Change(FLOW, "A:1", state="held")], clock.now())
    assert len(ledger.exceptions.open()) == 1

    ledger.record([Change(FLOW, "A:1", state="settled", problems=[])], clock.now())
    assert ledger.exceptions.open() == []
    closed = ledger.exceptions.get(row.id)
    assert closed is not None and (closed.closed_how, closed.closed_at) == ("settled", clock.now())

    ledger.record([Change(FLOW, "A:1", state="held", problems=[PROBLEM])], clock.now())
    (again,) = ledger.exceptions.open()
    assert again.id != row.id and again.attempts == 1


def test_a_problem_takes_the_state_of_its_document_when_the_change_sets_none(ledger: Ledger) -> None:
    ledger.record([Change(FLOW, "A:1", state="conflict")])
    ledger.record([Change(FLOW, "A:1", problems=[PROBLEM])])
    assert ledger.exceptions.open()[0].state == "conflict"


def test_words_that_a_database_refuses_do_not_lose_the_batch(ledger: Ledger) -> None:
    odd = replace(PROBLEM, value="a\x00b", message="half \ud83d of a sign", fix="ünïcode")
    ledger.record([Change(FLOW, "A:1", state="held", problems=[odd])])
    (row,) = ledger.exceptions.open()
    assert (row.value, row.message, row.fix) == ("a\ufffdb", "half ? of a sign", "ünïcode")


def test_unset_is_not_none() -> None:
    assert Change(FLOW, "A:1").stage is UNSET
    assert Change(FLOW, "A:1", stage=None).stage is None
