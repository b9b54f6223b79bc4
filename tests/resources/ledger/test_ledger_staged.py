"""Staged calls in the ledger: one open one a document, decided once, whoever comes at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from connector_resources.clock import ManualClock
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, Ledger, NewIntent, NewStaged
from connector_resources.ledger.approving import Chosen

FLOW = "jde_coupa/invoices"
BODY = '{"b":1,"a":"1","c":{"$decimal":"10.00"}}'


def call(content: str = "c1", **more: object) -> NewStaged:
    made = NewStaged("create", BODY, "h1", content, {"supplier": "4343"}, stake=Decimal("10.00"), actor="connector")
    return replace(made, **more)  # type: ignore[arg-type]


def stage(ledger: Ledger, key: str, staging: NewStaged | None = None, flow: str = FLOW) -> None:
    change = Change(flow, key, state="staged", outcome="staged", amount=Decimal("-10.00"), currency="GBP", run="run-1")
    ledger.record([replace(change, staging=staging or call())])


def events(ledger: Ledger, key: str) -> list[str]:
    return [event.event for event in ledger.audit.of(key)[1]]


def approve(ledger: Ledger, chosen: Chosen, actor: str = "ann") -> list[str]:
    return [row.key for row in ledger.staged.approve(chosen, actor=actor, now=ledger.clock.now())]


def test_what_is_staged_comes_back_as_it_went_in(ledger: Ledger, clock: ManualClock) -> None:
    stage(ledger, "A:1", call(changes=[{"field": "f", "from": None, "to": "x"}], target_id="7", target_version="v"))
    (row,) = ledger.staged.waiting()
    assert (row.body, row.content, row.changes) == (
        BODY,
        {"supplier": "4343"},
        [{"field": "f", "from": None, "to": "x"}],
    )
    assert (row.amount, row.currency, row.stake) == (Decimal("-10.00"), "GBP", Decimal("10.00"))
    assert (row.target_id, row.target_version, row.staged_at) == ("7", "v", clock.now())
    assert ledger.staged.of(FLOW, ["A:1", "A:2"]) == {"A:1": row}
    assert ledger.staged.get(row.id) == row and ledger.staged.get("zzz") is None
    assert ledger.staged.counts([FLOW, "jde_coupa/suppliers"]) == {FLOW: 1}


def test_an_approval_makes_the_document_due_until_somebody_takes_it_up(ledger: Ledger, clock: ManualClock) -> None:
    for key in ("A:1", "A:2"):
        stage(ledger, key)
    assert ledger.deliveries.due(FLOW, clock.now()) == []
    assert approve(ledger, Chosen(key="*:2")) == ["A:2"]
    assert ledger.deliveries.due(FLOW, clock.now()) == ["A:2"]
    ledger.intents.open([NewIntent(FLOW, "A:2", "create", "h1")], clock.now())
    ledger.deliveries.claim(FLOW, ["A:2"], "run-2", 600)
    assert ledger.deliveries.due(FLOW, clock.now()) == []
    with pytest.raises(UnusableInput):
        approve(ledger, Chosen(ids=frozenset([ledger.staged.of(FLOW, ["A:2"])["A:2"].id])))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("Coupa:[1]*", ["Coupa:[1]?"]),  # every character but the star is itself, as invoice numbers have them
        ("Coupa:?", []),
        ("*?", ["Coupa:[1]?"]),
        ("Coupa:1*", ["Coupa:1", "Coupa:1\nx"]),
        ("oupa*", []),
    ],
)
def test_only_a_star_stands_for_other_characters(ledger: Ledger, pattern: str, found: list[str]) -> None:
    for key in ("Coupa:1", "Coupa:[1]?", "Coupa:1\nx"):
        stage(ledger, key)
    assert sorted(row.key for row in ledger.staged.waiting(Chosen(key=pattern))) == found


@pytest.mark.parametrize("result", ["done", "found"])
def test_an_approved_call_that_took_effect_ends_when_its_document_settles(
    ledger: Ledger, clock: ManualClock, result: str
) -> None:
    stage(ledger, "A:1")
    approve(ledger, Chosen())
    (intent,) = ledger.intents.open([NewIntent(FLOW, "A:1", "create", "h1")], clock.now())
    closing = Change(FLOW, "A:1", state="settled", waiting="approval", close_intents=[(intent, result, {})])  # type: ignore[list-item]
    ledger.record([closing])
    (row,) = ledger.staged.of(FLOW, ["A:1"]).values()
    assert row.begun and row.closed_at is None
    ledger.record([Change(FLOW, "A:1", state="settled", waiting=None)])
    ended = ledger.staged.get(row.id)
    assert ended is not None and (ended.state, ended.closed_at) == ("done", clock.now())
    assert "superseded" not in events(ledger, "A:1")


def test_another_call_that_took_effect_is_not_the_approved_one(ledger: Ledger, clock: ManualClock) -> None:
    stage(ledger, "A:1")
    approve(ledger, Chosen())
    (other,) = ledger.intents.open([NewIntent(FLOW, "A:1", "create", "h2")], clock.now())
    ledger.record([Change(FLOW, "A:1", state="sending", close_intents=[(other, "found", {})])])
    assert not ledger.staged.of(FLOW, ["A:1"])["A:1"].begun
    ledger.record([Change(FLOW, "A:1", state="settled")])
    assert events(ledger, "A:1")[-1] == "superseded"


def test_what_changed_is_staged_anew_and_the_same_again_is_not(ledger: Ledger) -> None:
    stage(ledger, "A:1")
    first = ledger.staged.waiting()[0].id
    stage(ledger, "A:1")
    assert ledger.staged.waiting()[0].id == first
    for change in ({"content_hash": "c2"}, {"body_hash": "h2"}, {"step": "update"}, {"target_version": "v2"}):
        stage(ledger, "A:1", replace(call(), **change))  # type: ignore[arg-type]
        (row,) = ledger.staged.waiting()
        assert row.id != first
        first = row.id
    assert Counter(events(ledger, "A:1")) == {"staged": 5, "superseded": 4}


def test_rules_choose_by_all_that_they_say(ledger: Ledger) -> None:
    stage(ledger, "A:1")
    stage(ledger, "A:2", call(stake=Decimal("10.01")))
    stage(ledger, "A:3", call(stake=None))
    stage(ledger, "A:4", replace(call(), content={"vendor": "9"}))
    stage(ledger, "S:1", flow="jde_coupa/suppliers")
    stage(ledger, "A:1", flow="jde_coupa2/invoices")

    def chosen(**rule: object) -> list[str]:
        return [f"{row.flow} {row.key}" for row in ledger.staged.waiting(Chosen(**rule))]  # type: ignore[arg-type]

    assert len(chosen()) == 6
    assert chosen(flow=FLOW, up_to=Decimal("10.00"), currency="GBP") == [f"{FLOW} A:1", f"{FLOW} A:4"]
    assert chosen(up_to=Decimal("10.00"), currency="EUR") == []
    assert chosen(integration="jde_coupa2") == ["jde_coupa2/invoices A:1"]
    assert chosen(supplier="9*") == [f"{FLOW} A:4"]
    assert chosen(key="s:*") == []
    with pytest.raises(UnusableInput, match="does not wait"):
        ledger.staged.waiting(Chosen(ids=frozenset(["zzz"])))


def test_plans_tell_how_much_of_them_was_applied(ledger: Ledger, clock: ManualClock) -> None:
    for key in ("A:1", "A:2"):
        stage(ledger, key, call(plan="plan-1", approved_by="ann", rule="plan plan-1"))
    (intent,) = ledger.intents.open([NewIntent(FLOW, "A:1", "create", "h1")], clock.now())
    ledger.record([Change(FLOW, "A:1", state="settled", close_intents=[(intent, "done", {})])])
    assert ledger.staged.applied(["plan-1", "plan-2"]) == {"plan-1": 1}
    assert events(ledger, "A:2") == ["staged", "approved"]


def test_everybody_at_the_same_time(ledger: Ledger) -> None:
    """Runs stage anew what changed while people approve and reject: nobody waits for another for ever, each document
    has one open call at most, and each call was decided once at most."""
    keys = [f"A:{number}" for number in range(12)]
    for key in keys:
        stage(ledger, key)
    failures: list[BaseException] = []

    def at_once(act: object) -> None:
        try:
            for turn in range(8):
                act(turn)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            failures.append(error)

    def runs(turn: int) -> None:
        changes = [
            Change(FLOW, key, state="staged", outcome="staged", run="run-1", staging=call(f"c{turn}")) for key in keys
        ]
        ledger.record(changes)

    def reject(turn: int) -> None:
        ledger.staged.reject(Chosen(key=f"*{turn}"), actor="bob", now=ledger.clock.now())

    threads = [
        threading.Thread(target=at_once, args=(act,))
        for act in (
            runs,
            lambda turn: approve(ledger, Chosen(flow=FLOW)),
            lambda turn: approve(ledger, Chosen()),
            reject,
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == [] and not any(thread.is_alive() for thread in threads)
    decided = Counter(
        event.detail["staged"]
        for key in keys
        for event in ledger.audit.of(key)[1]
        if event.event in ("approved", "rejected")
    )
    assert decided and set(decided.values()) == {1}
