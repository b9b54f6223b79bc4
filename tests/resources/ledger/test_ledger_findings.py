"""Findings: exceptions of a look at the target, beside whatever becomes of a delivery."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connector_resources.ledger import Change, ExceptionRow, Ledger, Problem
from connector_resources.ledger.findings import Reported

FLOW = "jde_coupa/invoices"
TWICE = Problem("duplicate_in_target", "invoices", "7 (linked), 9", "there are two: 7 (linked), 9", "void one")
HELD = Problem("account_not_found", "account", "30.9999", "account 30.9999 does not exist", "add it")


def record(ledger: Ledger, key: str, state: Any, *problems: Problem) -> None:
    change = Change(FLOW, key, state=state, outcome=state, problems=problems, partition="2026-03-01")
    ledger.record([change], ledger.clock.now())


def find(ledger: Ledger, **found: Problem) -> Reported:
    return ledger.findings.set(FLOW, TWICE.reason, found, run="run-1", now=ledger.clock.now())


def reported(ledger: Ledger, key: str = "a") -> dict[str, ExceptionRow]:
    return {row.reason: row for row in ledger.exceptions.open() if row.key == key}


def state(ledger: Ledger, key: str = "a") -> str:
    return ledger.deliveries.load(FLOW, [key])[key].state


def test_a_finding_stands_beside_a_settled_document_until_a_look_no_longer_finds_it(ledger: Ledger) -> None:
    record(ledger, "a", "settled")
    assert find(ledger, a=TWICE) == Reported(["a"], [])
    first = reported(ledger)["duplicate_in_target"]
    assert (first.state, first.partition, first.attempts, state(ledger)) == ("held", "2026-03-01", 1, "settled")
    assert ledger.findings.of(FLOW, TWICE.reason, ["a", "b"]) == {"a": TWICE}
    assert find(ledger, a=TWICE) == Reported([], [])
    again = reported(ledger)["duplicate_in_target"]
    assert (again.id, again.since, again.attempts) == (first.id, first.since, 2)
    assert find(ledger) == Reported([], ["a"])
    assert (reported(ledger), ledger.findings.of(FLOW, TWICE.reason, ["a"])) == ({}, {})
    closed = ledger.exceptions.get(first.id)
    assert closed is not None and closed.closed_how == "settled"
    # a settled document has nothing to be sent
    assert ledger.deliveries.due(FLOW, ledger.clock.now()) == []


def test_no_outcome_of_a_delivery_closes_a_finding(ledger: Ledger) -> None:
    record(ledger, "a", "settled")
    find(ledger, a=TWICE)
    record(ledger, "a", "held", HELD)
    assert reported(ledger).keys() == {"duplicate_in_target", "account_not_found"}
    record(ledger, "a", "held", TWICE)
    assert reported(ledger).keys() == {"duplicate_in_target"}
    record(ledger, "a", "settled")
    assert reported(ledger).keys() == {"duplicate_in_target"}
    # nor does a finding close what became of an attempt
    record(ledger, "a", "held", HELD)
    find(ledger)
    assert reported(ledger).keys() == {"account_not_found"}


def test_what_was_held_because_of_a_finding_is_due_when_it_is_over(ledger: Ledger) -> None:
    for key, how in (("a", "held"), ("b", "baseline"), ("c", "in_doubt")):
        record(ledger, key, how)
    find(ledger, a=TWICE, b=TWICE)
    before = set(ledger.deliveries.due(FLOW, ledger.clock.now()))
    find(ledger)
    assert set(ledger.deliveries.due(FLOW, ledger.clock.now())) - before == {"a"}
    assert [state(ledger, key) for key in "abc"] == ["held", "baseline", "in_doubt"]


def test_a_dismissed_finding_is_remembered_as_it_was(ledger: Ledger) -> None:
    record(ledger, "a", "settled")
    find(ledger, a=TWICE)
    ledger.exceptions.dismiss(reported(ledger)["duplicate_in_target"].id, "clerk", "seen", ledger.clock.now())
    assert ledger.findings.dismissed(FLOW, TWICE.reason) == {("a", TWICE.value)}
    assert (reported(ledger), ledger.findings.of(FLOW, TWICE.reason, ["a"])) == ({}, {})


def test_the_trail_tells_a_finding_once_and_again_when_it_names_other_records(ledger: Ledger) -> None:
    record(ledger, "a", "settled")
    for found in (TWICE, TWICE, replace(TWICE, value="7 (linked), 9, 10")):
        find(ledger, a=found)
    find(ledger)
    events = [(each.event, each.detail["value"]) for each in ledger.audit.of("a")[1]]
    assert events == [
        ("held", TWICE.value),
        ("held", "7 (linked), 9, 10"),
        ("cleared", "7 (linked), 9, 10"),
    ]


def test_a_document_that_was_never_tried_has_a_finding_too(ledger: Ledger) -> None:
    assert find(ledger, new=TWICE) == Reported(["new"], [])
    assert ledger.findings.of(FLOW, TWICE.reason, ["new"]) == {"new": TWICE}
    assert find(ledger) == Reported([], ["new"])


def test_a_look_at_some_documents_says_nothing_of_the_others(ledger: Ledger) -> None:
    find(ledger, a=TWICE, b=TWICE)
    now = ledger.clock.now()
    look = ledger.findings.set(FLOW, TWICE.reason, {"c": TWICE}, run="run-2", now=now, looked_at=["a", "c"])
    assert look == Reported(["c"], ["a"])
    assert ledger.findings.of(FLOW, TWICE.reason, ["a", "b", "c"]).keys() == {"b", "c"}
    assert ledger.findings.of(FLOW, "another_reason", ["b"]) == {}
