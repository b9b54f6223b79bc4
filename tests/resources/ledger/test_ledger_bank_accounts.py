"""Where parties are paid, as the ledger remembers it; findings that a second person confirms, and what waits for it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, Ledger, NewLink, Problem
from connector_resources.ledger.bank_accounts import KeptAccounts

VENDORS, BILLS = "jde_bill/vendors", "jde_bill/bills"
KEY = "F0401:4343"
FOUND = Problem("bank_account_changed", "bank account", "from …1 to …2", "it has changed", "call them")
WAITS = Problem("bank_account_changed", "payee", "4343", "it has changed", "call them", f"finding:{VENDORS}:{KEY}")
OTHER = Problem("country_not_mapped", "country", "XX", "not mapped", "map it")


def record(ledger: Ledger, flow: str, key: str, state: str, *problems: Problem) -> None:
    change = Change(flow, key, state=state, outcome=state, problems=problems)  # type: ignore[arg-type]
    ledger.record([change], ledger.clock.now())


def find(ledger: Ledger) -> str:
    record(ledger, VENDORS, KEY, "settled")
    ledger.findings.set(VENDORS, FOUND.reason, {KEY: FOUND}, run="run-1", now=ledger.clock.now())
    return next(each.id for each in ledger.exceptions.open(flow=VENDORS) if each.reason == FOUND.reason)


def dismiss(ledger: Ledger, id: str, note: str) -> None:
    ledger.exceptions.dismiss(id, "second", note, ledger.clock.now())


def test_accounts_are_remembered_by_flow_and_system(ledger: Ledger) -> None:
    first, second = KeptAccounts((("d1", "…1234"),), "s"), KeptAccounts((), "s")
    now = ledger.clock.now()
    ledger.bank_accounts.put(VENDORS, "jde", {"a": first, "b": second}, now)
    ledger.bank_accounts.put(VENDORS, "bill", {"a": second}, now)
    ledger.bank_accounts.put(VENDORS, "jde", {"b": first}, now)
    ledger.bank_accounts.put(VENDORS, "jde", {}, now)
    assert ledger.bank_accounts.of(VENDORS, "jde", ["a", "b", "c"]) == {"a": first, "b": first}
    assert ledger.bank_accounts.of("jde_coupa/suppliers", "jde", ["a"]) == {}
    ledger.bank_accounts.forget(VENDORS, "jde", ["a"])
    assert ledger.bank_accounts.of(VENDORS, "jde", ["a", "b"]) == {"b": first}
    assert ledger.bank_accounts.of(VENDORS, "bill", ["a"]) == {"a": second}


def test_a_confirmation_says_why_closes_that_one_alone_and_lets_go_what_waits(ledger: Ledger) -> None:
    id = find(ledger)
    record(ledger, VENDORS, KEY, "held", OTHER)
    record(ledger, BILLS, "x", "held", WAITS)
    with pytest.raises(UnusableInput, match="--note"):
        dismiss(ledger, id, "  ")
    assert ledger.deliveries.due(BILLS, ledger.clock.now()) == []
    dismiss(ledger, id, "called")
    assert ledger.deliveries.due(BILLS, ledger.clock.now()) == ["x"]
    assert [each.reason for each in ledger.exceptions.open(flow=VENDORS)] == ["country_not_mapped"]
    assert ledger.deliveries.load(VENDORS, [KEY])[KEY].state == "held"
    event = ledger.audit.of(KEY)[1][-1]
    assert (event.event, event.actor, event.detail["note"]) == ("confirmed", "second", "called")


def test_another_exception_that_is_dismissed_leaves_it_open(ledger: Ledger) -> None:
    id = find(ledger)
    record(ledger, VENDORS, KEY, "held", OTHER)
    dismiss(ledger, next(each.id for each in ledger.exceptions.open(flow=VENDORS) if each.id != id), "")
    assert [each.id for each in ledger.exceptions.open(flow=VENDORS)] == [id]
    # nor does what becomes of the vendor
    record(ledger, VENDORS, KEY, "settled")
    assert [each.id for each in ledger.exceptions.open(flow=VENDORS)] == [id]


def test_what_was_held_after_it_was_confirmed_is_due_all_the_same(ledger: Ledger) -> None:
    dismiss(ledger, find(ledger), "called")
    record(ledger, BILLS, "x", "held", WAITS)
    assert ledger.deliveries.due(BILLS, ledger.clock.now()) == ["x"]
    # the document's own exception is dismissed as any
    dismiss(ledger, ledger.exceptions.open(flow=BILLS)[0].id, "")
    assert ledger.deliveries.load(BILLS, ["x"])["x"].state == "ignored"


def test_of_what_is_in_the_target_that_has_an_amount_something_is_open(ledger: Ledger) -> None:
    link = {"source_connection": "jde", "source_entity": "F0411", "target_connection": "bill", "target_entity": "bills"}
    for key, amount, target in (("a", "12.50", "1"), ("b", "0.00", "2"), ("c", "0", "3"), ("d", "7", None)):
        linked = NewLink(source_key=key, target_id=target, origin="created", **link) if target else None
        change = Change(
            BILLS, key, state="settled", outcome="created", amount=Decimal(amount), target_id=target, link=linked
        )
        ledger.record([change], ledger.clock.now())
    assert [(each.key, each.amount) for each in ledger.deliveries.with_amount(BILLS)] == [("a", Decimal("12.50"))]
