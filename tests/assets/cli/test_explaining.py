"""An exception explains only what it is about; a rule what it leaves alone; and a difference that nothing explains
fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_fakes import Books, bills
from ledger_places import new_ledger

from connector_assets.engine.reasons import problem, reasons
from connector_assets.engine.reconciling import Difference, compare
from connector_resources.clock import ManualClock
from connector_resources.ledger import Change, Ledger, NewLink

FLOW, KEY = "pair/bills", "F0411:1"
AGREED = {"key": KEY, "name": "Bill", "amount": "10.00", "currency": "GBP", "void": False}
LOST = {"missing_in_target", "deleted_in_target"}
OF_THE_TARGET = LOST | {"changed_on_both_sides", "raised_in_target", "total_differs", "deleted_in_source"}
HOLDING = sorted(reasons().keys() - OF_THE_TARGET)


class Desk:
    """One document in both systems, and what the ledger says of it."""

    def __init__(self, ledger: Ledger, clock: ManualClock, landing: str) -> None:
        self.ledger, self.clock, self.landing = ledger, clock, landing
        self.books = Books()

    def says(self, state: str, *reasons: tuple[str, str], seen: bool = True, **more: Any) -> None:
        """The ledger's word on the document; `seen` False: the source has changed since."""
        change = Change(
            FLOW,
            KEY,
            state=state,  # type: ignore[arg-type]
            outcome=more.pop("outcome", state),
            problems=[problem(reason, field) for reason, field in reasons],
            seen_hash=self.books.hash(KEY) if seen and KEY in self.books.source else "before",
            **more,
        )
        self.ledger.record([change], self.clock.now())

    def link(self, id: str = "1") -> None:
        """The document was delivered."""
        link = NewLink(
            flow=FLOW,
            source_connection="jde",
            source_key=KEY,
            target_connection="coupa",
            target_entity="bills",
            target_id=id,
        )
        self.ledger.links.set(link, "ann", self.clock.now())

    def differences(self) -> list[Difference]:
        return compare(bills(self.ledger, self.clock, self.books, self.landing)).differences

    def explained(self) -> dict[str, str | None]:
        """Kind, or field, -> the reason of the exception or the rule that explains it."""
        reasons = {each.id: each.reason for each in self.ledger.exceptions.open()}
        return {
            each.field or each.kind: reasons.get(str(each.explained_by), each.explained_by)
            for each in self.differences()
        }


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[Desk]:
    with Ledger.open(new_ledger(tmp_path / "ledger.sqlite"), clock=clock) as ledger:
        yield Desk(ledger, clock, str(tmp_path / "landing"))


# -- missing in the target --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_what_was_never_there_is_missing_because_it_was_held_and_not_for_what_is_said_of_the_target(
    desk: Desk, reason: str
) -> None:
    desk.books.bill(KEY)
    desk.says("held", (reason, ""))
    assert desk.explained() == {"missing_in_target": reason if reason in HOLDING else None}


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_what_was_there_is_missing_only_because_it_disappeared(desk: Desk, reason: str) -> None:
    desk.books.bill(KEY)
    desk.link()
    desk.says("held", (reason, ""))
    assert desk.explained() == {"missing_in_target": reason if reason in LOST else None}


def test_an_exception_of_content_that_has_changed_since_explains_nothing(desk: Desk) -> None:
    desk.books.bill(KEY)
    desk.says("held", ("account_not_found", "account"), seen=False)
    assert desk.explained() == {"missing_in_target": None}


def test_a_check_that_fails_now_as_it_did_before_explains_whatever_else_changed(desk: Desk) -> None:
    desk.books.bill(KEY, name=None)
    desk.says("held", ("required_field_blank", "name"), seen=False)
    assert desk.explained() == {"missing_in_target": "required_field_blank"}


@pytest.mark.parametrize("state", ["settled", "ignored", "new"])
def test_an_exception_that_is_left_over_explains_nothing(desk: Desk, state: str) -> None:
    desk.books.bill(KEY)
    desk.says(state, ("required_field_blank", "name"), outcome="created")
    assert desk.explained() == {"missing_in_target": None}


def test_a_closed_exception_explains_nothing(desk: Desk) -> None:
    desk.books.bill(KEY)
    desk.says("failed", ("not_answered", ""))
    desk.says("failed")
    assert desk.ledger.exceptions.open() == []
    assert desk.explained() == {"missing_in_target": None}


# -- fields, amounts and states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_what_is_held_has_not_sent_the_change_of_the_source(desk: Desk, reason: str) -> None:
    """The target is as both sides agreed: it is the source that moved."""
    desk.books.bill(KEY, amount="10.01", name="New")
    desk.books.record("1", KEY)
    desk.link()
    desk.says("held", (reason, "other"), content=AGREED)
    explains = reason in HOLDING or reason == "changed_on_both_sides"
    assert desk.explained() == dict.fromkeys(("amount", "name"), reason if explains else None)


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_a_penny_that_the_target_moved_by_itself_is_explained_by_what_names_it_alone(desk: Desk, reason: str) -> None:
    desk.books.bill(KEY)
    desk.books.record("1", KEY, amount="10.01")
    desk.link()
    desk.says("held", (reason, "name"), content=AGREED)
    assert desk.explained() == {"amount": reason if reason == "natural_key_taken" else None}
    desk.says("held", (reason, "amount"), content=AGREED)
    assert desk.explained() == {"amount": reason}


def test_of_fields_that_moved_in_the_target_those_are_explained_that_are_named(desk: Desk) -> None:
    desk.books.bill(KEY, name="Ours", amount="12.00")
    desk.books.record("1", KEY, name="Theirs", amount="11.00")
    desk.link()
    desk.says("conflict", ("changed_on_both_sides", "name"), content=AGREED)
    assert desk.explained() == {"amount": None, "name": "changed_on_both_sides"}


def test_where_nothing_was_ever_agreed_a_hold_explains_no_amount(desk: Desk) -> None:
    desk.books.bill(KEY)
    desk.books.record("1", KEY, amount="10.01")
    desk.link()
    desk.says("held", ("payment_term_not_mapped", "term"))
    assert desk.explained() == {"amount": None}
    desk.says("held", ("total_differs", "amount"))
    assert desk.explained() == {"amount": "total_differs"}


def test_a_settled_document_has_no_excuse(desk: Desk) -> None:
    desk.books.bill(KEY, amount="10.01")
    desk.books.record("1", KEY)
    desk.link()
    desk.says("settled", ("required_field_blank", "amount"), content=AGREED, content_hash="x")
    assert desk.explained() == {"amount": None}


@pytest.mark.parametrize(("reason", "field"), [("account_not_found", "account"), ("changed_on_both_sides", "status")])
def test_a_void_that_was_not_sent_and_one_that_came_from_the_other_side(desk: Desk, reason: str, field: str) -> None:
    desk.books.bill(KEY, void=True)
    desk.books.record("1", KEY)
    desk.link()
    desk.says("held", (reason, field), content=AGREED)
    assert desk.explained() == {"void": reason}
    desk.books.bill(KEY)
    desk.books.record("1", KEY, void=True)
    desk.says("held", (reason, field), content=AGREED)
    assert desk.explained() == {"void": reason if field == "status" else None}


# -- duplicates, and what the source no longer holds ------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_a_duplicate_is_explained_by_the_natural_key_and_the_finding_of_a_sweep_alone(desk: Desk, reason: str) -> None:
    desk.books.bill(KEY)
    desk.books.record("1", KEY)
    desk.books.record("2", KEY)
    desk.says("held", (reason, ""))
    explained = reason if reason in ("natural_key_taken", "duplicate_in_target") else None
    assert desk.explained() == {"duplicate_in_target": explained}
    desk.says("ignored", outcome="dismissed")
    assert desk.explained() == {"duplicate_in_target": None}


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_what_the_source_lost_is_explained_by_nothing_but_its_deletion(desk: Desk, reason: str) -> None:
    desk.books.record("1", KEY)
    desk.link()
    desk.says("held", (reason, ""))
    explained = reason if reason == "deleted_in_source" else None
    assert desk.explained() == {"missing_in_source": explained}
    desk.says("ignored", outcome="dismissed")
    assert desk.explained() == {"missing_in_source": "rule:dismissed"}


# -- rules ------------------------------------------------------------------------------------------------------------

LEFT_ALONE = [
    ("ignored", "dismissed", "rule:dismissed"),
    ("ignored", "rejected", "rule:rejected"),
    ("staged", "staged", "rule:waits_for_approval"),
    ("baseline", "baseline", "rule:before_baseline"),
    ("ignored", "some_rule_of_old", None),
]


@pytest.mark.parametrize(("state", "outcome", "rule"), LEFT_ALONE)
def test_what_is_left_alone_is_explained_until_its_content_changes(
    desk: Desk, state: str, outcome: str, rule: str | None
) -> None:
    desk.books.bill(KEY)
    desk.says(state, outcome=outcome)
    assert desk.explained() == {"missing_in_target": rule}
    desk.says(state, outcome=outcome, seen=False)
    assert desk.explained() == {"missing_in_target": None}


@pytest.mark.parametrize(("state", "outcome", "rule"), LEFT_ALONE)
def test_of_what_was_delivered_a_rule_explains_the_change_that_was_not_sent_and_a_dismissal_everything(
    desk: Desk, state: str, outcome: str, rule: str | None
) -> None:
    desk.books.bill(KEY, amount="12.00")
    desk.books.record("1", KEY)
    desk.link()
    desk.says(state, outcome=outcome, content=AGREED)
    assert desk.explained() == {"amount": rule}
    desk.books.record("1", KEY, amount="11.00")
    assert desk.explained() == {"amount": rule if rule == "rule:dismissed" else None}


def test_a_rule_of_the_flow_explains_what_it_leaves_out_but_not_what_moved_in_the_target(desk: Desk) -> None:
    desk.books.bill(KEY, ignored="history", amount="12.00")
    assert desk.explained() == {"missing_in_target": "rule:history"}
    desk.books.record("1", KEY, amount="11.00")
    assert desk.explained() == {"amount": "rule:history"}
    desk.link()
    desk.says("ignored", outcome="history", content=AGREED)
    assert desk.explained() == {"amount": None}


# -- whose a record is ------------------------------------------------------------------------------------------------


def test_a_record_that_lost_its_key_is_still_its_documents_by_the_link_and_the_key_is_told(desk: Desk) -> None:
    desk.books.bill(KEY)
    desk.books.record("1", None)
    desk.books.record("2", None)
    desk.link("1")
    (reported,) = desk.differences()
    assert (reported.key, reported.kind, reported.field, reported.source, reported.target) == (
        KEY,
        "field",
        "key",
        KEY,
        "",
    )
    comparison = compare(bills(desk.ledger, desk.clock, desk.books, desk.landing))
    assert (comparison.foreign, comparison.target.documents) == (1, 1)
    # and when a copy bears the key instead, there are two
    desk.books.record("3", KEY)
    assert {each.kind for each in desk.differences()} == {"duplicate_in_target"}
    del desk.books.source[KEY]
    assert [each.kind for each in desk.differences()] == ["missing_in_source"] * 2


def test_money_that_differs_is_told_though_the_flow_is_content_or_waits(desk: Desk) -> None:
    desk.books.bill(KEY, name="Ours", currency="EUR")
    desk.books.record("1", KEY, waits=True, amount="10.01")
    assert desk.explained() == {"amount": None, "currency": None, "name": "rule:waiting"}
    desk.books.record("1", KEY, content=True, amount="10.01")
    assert desk.explained() == {"amount": None, "currency": None}
