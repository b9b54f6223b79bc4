"""Exceptions: one a record and reason, released by what they wait for, dismissed only when all is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector_resources.clock import ManualClock
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, Delivery, Ledger, NewEvent, NewIntent, NewLink, Problem

FLOW = "jde_coupa/invoices"
SUPPLIERS = "jde_coupa/suppliers"
NOT_FOUND = Problem("account_not_found", "account", "30.9999", "account 30.9999 does not exist", "add it", None)
NOT_LINKED = Problem("account_not_linked", "account", "30.1", "account 30.1 is not known", "deliver it")
TERM = Problem("payment_term_not_mapped", "term", "D10", "term D10", "map it", "payment_terms:D10")
SUPPLIER = Problem("supplier_not_linked", "supplier", "42", "supplier 42", "link it", f"link:{SUPPLIERS}:F0401:42")


def hold(ledger: Ledger, key: str, *problems: Problem, flow: str = FLOW, state: str = "held") -> None:
    now = ledger.clock.now()
    change = Change(flow, key, state=state, outcome=state, problems=problems, read_at=now, seen_hash="h")  # type: ignore[arg-type]
    ledger.record([change], now)


def link(key: str, target: str = "7", flow: str = SUPPLIERS) -> NewLink:
    return NewLink(
        flow=flow,
        source_key=key,
        source_connection="jde",
        target_connection="coupa",
        target_entity="suppliers",
        target_id=target,
    )


def only(ledger: Ledger, key: str = "A:1", flow: str = FLOW) -> Delivery:
    return ledger.deliveries.load(flow, [key])[key]


def due(ledger: Ledger, flow: str = FLOW) -> list[str]:
    return ledger.deliveries.due(flow, ledger.clock.now())


# -- one a record and reason ------------------------------------------------------------------------------------------


def test_several_fields_and_values_of_one_reason_are_one_exception_that_names_them_all(ledger: Ledger) -> None:
    other = replace(NOT_FOUND, value="30.8888", message="account 30.8888 does not exist")
    blank = Problem("required_field_blank", "number", "", "number is blank", "fill it in")
    hold(ledger, "A:1", NOT_FOUND, blank, other, replace(blank, field="date", message="date is blank"), NOT_FOUND)
    by_reason = {row.reason: row for row in ledger.exceptions.open()}
    assert by_reason.keys() == {"account_not_found", "required_field_blank"}
    accounts, blanks = by_reason["account_not_found"], by_reason["required_field_blank"]
    assert (accounts.field, accounts.value, accounts.fix) == ("account", "30.9999, 30.8888", "add it")
    assert accounts.message == "account 30.9999 does not exist; account 30.8888 does not exist"
    assert (blanks.field, blanks.value, blanks.message) == ("number, date", "", "number is blank; date is blank")


def test_of_many_messages_the_first_are_told_and_of_many_values_all(ledger: Ledger) -> None:
    hold(ledger, "A:1", *(replace(NOT_FOUND, value=f"30.{n}", message=f"no 30.{n}") for n in range(5)))
    (row,) = ledger.exceptions.open()
    assert row.value == "30.0, 30.1, 30.2, 30.3, 30.4"
    assert row.message == "no 30.0; no 30.1; no 30.2; and 2 more"


def test_however_often_it_is_tried_it_stays_the_same_exception_with_what_is_wrong_now(
    ledger: Ledger, clock: ManualClock
) -> None:
    hold(ledger, "A:1", NOT_FOUND, replace(NOT_FOUND, field="offset"))
    (first,) = ledger.exceptions.open()
    for number in range(2, 5):
        clock.advance(60)
        hold(ledger, "A:1", replace(NOT_FOUND, field=f"line {number}"))
    (row,) = ledger.exceptions.open()
    assert (row.id, row.since, row.attempts, row.field) == (first.id, first.since, 4, "line 4")


def test_what_is_mended_of_two_reasons_closes_alone_and_all_when_the_record_settles(ledger: Ledger) -> None:
    hold(ledger, "A:1", NOT_FOUND, TERM)
    ids = {row.reason: row.id for row in ledger.exceptions.open()}
    hold(ledger, "A:1", TERM)
    assert [row.id for row in ledger.exceptions.open()] == [ids["payment_term_not_mapped"]]
    ledger.record([Change(FLOW, "A:1", state="settled", problems=[])])
    assert ledger.exceptions.open() == []
    how = {reason: ledger.exceptions.get(id) for reason, id in ids.items()}
    assert {reason: row.closed_how for reason, row in how.items() if row} == {
        "account_not_found": "replaced",
        "payment_term_not_mapped": "settled",
    }


# -- released by what they wait for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("arrives", ["30.1", "30.2"])
def test_any_of_what_one_exception_waits_for_releases_it(ledger: Ledger, arrives: str) -> None:
    two = [replace(NOT_LINKED, value=each, waits_for=f"accounts:{each}") for each in ("30.1", "30.2")]
    hold(ledger, "A:1", *two)
    assert ledger.exceptions.open()[0].waits_for == ("accounts:30.1", "accounts:30.2")
    ledger.mappings.set("jde_coupa", "accounts", "30.3", "x", "ann", ledger.clock.now())
    assert due(ledger) == []
    ledger.mappings.set("jde_coupa", "accounts", arrives, "x", "ann", ledger.clock.now())
    assert due(ledger) == ["A:1"]


def test_what_it_no_longer_waits_for_releases_nothing(ledger: Ledger) -> None:
    hold(ledger, "A:1", TERM)
    hold(ledger, "A:1", replace(TERM, value="D20", waits_for="payment_terms:D20"))
    hold(ledger, "A:2", TERM)
    ledger.record([Change(FLOW, "A:2", state="settled", problems=[])])
    ledger.mappings.set("jde_coupa", "payment_terms", "D10", "N10", "ann", ledger.clock.now())
    assert due(ledger) == []
    assert [row.waits_for for row in ledger.exceptions.open()] == [("payment_terms:D20",)]


def test_a_delivered_link_releases_in_its_own_transaction_what_waits_for_it(ledger: Ledger) -> None:
    hold(ledger, "A:1", SUPPLIER)
    hold(ledger, "A:2", replace(SUPPLIER, waits_for=f"link:{SUPPLIERS}:F0401:43"))
    hold(ledger, "A:1", SUPPLIER, flow="jde_coupa2/invoices")
    with pytest.raises(TypeError):
        # nothing of a batch that fails
        broken = Change(SUPPLIERS, "F0401:9", events=[NewEvent("settled", detail={"no JSON": object()})])
        ledger.record([Change(SUPPLIERS, "F0401:42", state="settled", link=link("F0401:42")), broken])
    assert due(ledger) == []
    ledger.record([Change(SUPPLIERS, "F0401:42", state="settled", link=link("F0401:42"))])
    assert due(ledger) == ["A:1"]
    # whoever waits for that flow's link is meant, of whatever integration
    assert due(ledger, "jde_coupa2/invoices") == ["A:1"]
    assert only(ledger).state == "held" and len(ledger.exceptions.open()) == 3


def test_a_link_set_by_hand_releases_what_waits_for_it(ledger: Ledger) -> None:
    hold(ledger, "A:1", SUPPLIER)
    ledger.links.set(link("F0401:42"), "ann", ledger.clock.now())
    assert due(ledger) == ["A:1"]


def test_documents_of_one_batch_may_wait_for_each_other(ledger: Ledger) -> None:
    held = Change(FLOW, "A:1", state="held", problems=[SUPPLIER])
    ledger.record([held, Change(SUPPLIERS, "F0401:42", state="settled", link=link("F0401:42"))])
    assert due(ledger) == ["A:1"]


def test_a_document_that_was_read_before_and_held_after_its_link_came_is_due(
    ledger: Ledger, clock: ManualClock
) -> None:
    read_at = clock.now()
    clock.advance(1)
    ledger.record([Change(SUPPLIERS, "F0401:42", state="settled", link=link("F0401:42"))])
    ledger.mappings.set("jde_coupa", "payment_terms", "D10", "N10", "ann", clock.now())
    clock.advance(1)
    for key, problem in (("A:1", SUPPLIER), ("A:2", TERM)):
        ledger.record([Change(FLOW, key, state="held", problems=[problem], read_at=read_at)])
    # of another integration, where nothing is mapped; and of one that was read since, and is wrong all the same
    ledger.record([Change("other/invoices", "A:2", state="held", problems=[TERM], read_at=read_at)])
    hold(ledger, "A:3", SUPPLIER, TERM)
    assert due(ledger) == ["A:1", "A:2"] and due(ledger, "other/invoices") == []
    hold(ledger, "A:1", SUPPLIER)
    hold(ledger, "A:2", TERM)
    assert due(ledger) == []


def test_a_link_does_not_wait_for_a_document_that_somebody_has_in_hand(ledger: Ledger, clock: ManualClock) -> None:
    """Else two deliveries would wait for each other in a ring; it is due all the same, since it was read before."""
    if ledger._db.is_sqlite:
        return
    hold(ledger, "A:1", SUPPLIER)
    clock.advance(1)
    with ledger._db.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET attempts = 1 WHERE key = 'A:1'")
        ledger.record([Change(SUPPLIERS, "F0401:42", state="settled", link=link("F0401:42"))])
    assert not only(ledger).released
    assert due(ledger) == ["A:1"]


# -- due --------------------------------------------------------------------------------------------------------------


def test_what_a_run_claimed_and_never_began_is_due_once_its_claim_has_run_out(
    ledger: Ledger, clock: ManualClock
) -> None:
    ledger.deliveries.claim(FLOW, ["A:1", "A:2"], "run-1", 60)
    assert due(ledger) == []
    ledger.deliveries.release(FLOW, ["A:2"], "run-1")
    assert due(ledger) == ["A:2"]
    clock.advance(60)
    assert due(ledger) == ["A:1", "A:2"]
    hold(ledger, "A:1", NOT_FOUND)
    assert due(ledger) == ["A:2"]


# -- dismissed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["in_doubt", "sending"])
def test_a_document_in_doubt_is_not_dismissed(ledger: Ledger, clock: ManualClock, state: str) -> None:
    hold(ledger, "A:1", replace(NOT_FOUND, reason="outcome_unknown"), state=state)
    refused(ledger, "is in doubt, and is dismissed only once a sync has looked it up")


def test_a_document_with_an_open_call_is_not_dismissed(ledger: Ledger, clock: ManualClock) -> None:
    (intent,) = ledger.intents.open([NewIntent(FLOW, "A:1", "create")], clock.now())
    hold(ledger, "A:1", NOT_FOUND)
    refused(ledger, "is in doubt")
    ledger.record([Change(FLOW, "A:1", close_intents=[(intent, "absent", None)])])
    ledger.exceptions.dismiss(ledger.exceptions.open()[0].id, "ann", "", clock.now())
    assert only(ledger).outcome == "dismissed"


def test_a_document_that_a_run_has_in_hand_is_not_dismissed(ledger: Ledger, clock: ManualClock) -> None:
    hold(ledger, "A:1", NOT_FOUND)
    ledger.deliveries.claim(FLOW, ["A:1"], "run-1", 60)
    refused(ledger, "is in the hands of run run-1")
    clock.advance(60)
    ledger.exceptions.dismiss(ledger.exceptions.open()[0].id, "ann", "", clock.now())
    assert only(ledger).outcome == "dismissed"


def refused(ledger: Ledger, why: str) -> None:
    before, trail = only(ledger), ledger.audit.of("A:1")
    (row,) = ledger.exceptions.open()
    with pytest.raises(UnusableInput, match=why) as caught:
        ledger.exceptions.dismiss(row.id, "ann", "", ledger.clock.now() + timedelta(seconds=1))
    assert "\n" not in str(caught.value)
    assert (only(ledger), ledger.audit.of("A:1"), ledger.exceptions.open()) == (before, trail, [row])
