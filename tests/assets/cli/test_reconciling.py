"""Both systems side by side: what counts, what differs, and what explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from cli_fakes import Books, bills
from ledger_places import new_ledger

from connector_assets.engine.reconciling import Comparison, compare
from connector_resources.clock import ManualClock
from connector_resources.ledger import Change, Ledger, Problem

Compare = Callable[..., Comparison]


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def compared(home_ledger: Ledger, clock: ManualClock, books: Books, tmp_path: Path) -> Compare:
    def call(first: date | None = None, last: date | None = None) -> Comparison:
        return compare(bills(home_ledger, clock, books, str(tmp_path / "landing")), first, last)

    return call


@pytest.fixture
def home_ledger(tmp_path: Path, clock: ManualClock) -> Iterator[Ledger]:
    with Ledger.open(new_ledger(tmp_path / "ledger.sqlite"), clock=clock) as opened:
        yield opened


def found(comparison: Comparison) -> list[tuple[str, str, str, str, str, str | None]]:
    return [(d.kind, d.key, d.field, d.source, d.target, d.explained_by) for d in comparison.differences]


def test_what_agrees_is_counted_with_its_amounts(compared: Compare, books: Books) -> None:
    books.bill("F0411:1", amount="10.50")
    books.bill("F0411:2", currency="EUR")
    books.record("1", "F0411:1", amount="10.50")
    books.record("2", "F0411:2", currency="EUR")
    reported = compared().as_json()
    assert reported == {
        "flow": "pair/bills",
        "source": {"documents": 2, "amounts": {"EUR": "10.00", "GBP": "10.50"}},
        "target": {"documents": 2, "amounts": {"EUR": "10.00", "GBP": "10.50"}},
        "foreign": 0,
        "summary": {group: {"differences": 0, "amounts": {}} for group in ("unexplained", "exception", "rule")},
        "rules": {},
        "differences": [],
    }
    # what a person has just put right may be in the reference data
    assert books.landed == ["F0010"]


def test_a_document_that_the_target_lacks_is_unexplained_until_something_explains_it(
    compared: Compare, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1")
    assert found(compared()) == [("missing_in_target", "F0411:1", "", "10.00", "", None)]
    problem = Problem("account_not_found", "account", "x", "m", "f")
    held = Change("pair/bills", "F0411:1", state="held", problems=[problem], seen_hash=books.hash("F0411:1"))
    home_ledger.record([held], clock.now())
    (exception,) = home_ledger.exceptions.open()
    assert found(compared())[0][-1] == exception.id


def test_rules_explain_what_they_leave_alone(
    compared: Compare, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1", ignored="settled_before_go_live")
    books.bill("F0411:2")
    books.bill("F0411:3")
    home_ledger.record(
        [
            Change("pair/bills", "F0411:2", state="ignored", outcome="dismissed", seen_hash=books.hash("F0411:2")),
            Change("pair/bills", "F0411:3", state="baseline", outcome="baseline", seen_hash=books.hash("F0411:3")),
        ],
        clock.now(),
    )
    comparison = compared()
    assert [each.explained_by for each in comparison.differences] == [
        "rule:settled_before_go_live",
        "rule:dismissed",
        "rule:before_baseline",
    ]
    # the source counts every document, and the differences say why the target holds less
    assert comparison.source.documents == 3
    assert comparison.unexplained == []


def test_fields_and_amounts_that_differ(compared: Compare, books: Books) -> None:
    books.bill("F0411:1", amount="10.00", name="Ours")
    books.record("1", "F0411:1", amount="9.99", name="Theirs")
    assert found(compared()) == [
        ("amount", "F0411:1", "amount", "10.00", "9.99", None),
        ("field", "F0411:1", "name", "Ours", "Theirs", None),
    ]


def test_a_memory_of_agreement_hides_nothing(
    compared: Compare, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1", name="Ours")
    books.record("1", "F0411:1", name="Theirs")
    settled = Change("pair/bills", "F0411:1", state="settled", target_id="1", content_hash="x", seen_hash="x")
    home_ledger.record([settled], clock.now())
    assert [each.kind for each in compared().differences] == ["field"]


def test_what_waits_in_the_target_is_explained(compared: Compare, books: Books) -> None:
    books.bill("F0411:1", name="Ours")
    books.record("1", "F0411:1", waits=True)
    assert found(compared()) == [("field", "F0411:1", "name", "Ours", "Bill", "rule:waiting")]


def test_two_records_of_one_key_and_records_without_a_document(compared: Compare, books: Books) -> None:
    books.bill("F0411:1")
    books.record("1", "F0411:1")
    books.record("2", "F0411:1")
    books.record("3", "F0411:9")
    books.record("4", None)
    comparison = compared()
    assert found(comparison) == [
        ("duplicate_in_target", "F0411:1", "", "1", "1, 2", None),
        ("missing_in_source", "F0411:9", "", "", "10.00", None),
    ]
    assert comparison.foreign == 1
    assert comparison.target.as_json() == {"documents": 3, "amounts": {"GBP": "30.00"}}


def test_void_on_one_side_only_is_a_difference_of_status(compared: Compare, books: Books) -> None:
    books.bill("F0411:1", void=True)
    books.record("1", "F0411:1")
    books.bill("F0411:2")
    books.record("2", "F0411:2", void=True)
    books.bill("F0411:3", void=True)
    books.record("3", "F0411:3", void=True)
    comparison = compared()
    assert [(d.kind, d.key, d.source) for d in comparison.differences] == [
        ("status", "F0411:1", "yes"),
        ("status", "F0411:2", "no"),
    ]
    # what is void on both sides is counted on neither; what is void there only is missing there
    assert comparison.source.as_json()["amounts"] == {"GBP": "20.00"}
    assert comparison.target.as_json() == {"documents": 1, "amounts": {"GBP": "10.00"}}


def test_a_replaced_void_record_is_not_a_duplicate(compared: Compare, books: Books) -> None:
    books.bill("F0411:1")
    books.record("1", "F0411:1", void=True)
    books.record("2", "F0411:1")
    assert found(compared()) == []


def test_days_choose_documents_and_leave_the_others_out_on_both_sides(
    compared: Compare, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1", day=date(2026, 2, 10))
    books.bill("F0411:2", day=date(2026, 2, 20))
    books.bill("F0411:3", day=None)
    books.bill("F0411:4", day=date(2026, 1, 1))  # before this home begins
    for number in "1234":
        books.record(number, f"F0411:{number}")
    books.record("5", "F0411:5")
    home_ledger.record([Change("pair/bills", "F0411:5", state="settled", partition="2026-02-20")], clock.now())
    comparison = compared(date(2026, 2, 1), date(2026, 2, 15))
    assert comparison.source.documents == comparison.target.documents == 2
    assert found(comparison) == []
    whole = compared()
    assert (whole.source.documents, whole.target.documents) == (3, 4)
    assert [each.key for each in whole.differences] == ["F0411:5"]


def test_a_held_document_that_is_there_is_compared_and_explained(
    compared: Compare, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1", name=None)
    books.record("1", "F0411:1")
    problem = Problem("required_field_blank", "name", "", "m", "f")
    home_ledger.record([Change("pair/bills", "F0411:1", state="held", problems=[problem])], clock.now())
    (difference,) = compared().differences
    assert (difference.field, difference.source, difference.target) == ("name", "", "Bill")
    assert difference.explained_by is not None
