"""The small parts: checks of frames, the shared decision, reports, reasons, amounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from fakes import FakeTarget, SetClock
from hypothesis import given
from hypothesis import strategies as st
from worlds import Process, World, bill, outcomes

from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    examine,
    frame,
    reason,
    records,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.document import (
    Do,
    Done,
    FieldChange,
    Hold,
    NeedTarget,
    Step,
    Target,
    differences,
    fingerprint,
)
from connector_assets.engine.flow import Assembly
from connector_assets.engine.merge import converge, mark
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem, reasons
from connector_assets.engine.report import OUTCOMES, SETTLED, AccountingError, FlowReport, Planned, Result
from connector_resources.ledger import Delivery, Ledger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COLUMNS = {"key": "str", "ignored": "str?", "amount": "money?", "count": "int", "day": "date?", "name": "str?"}


# -- checks -----------------------------------------------------------------------------------------------------------


def row(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "ignored": None, "amount": Decimal("1.00"), "count": 1, "day": None, "name": "n"} | more


def checks(**more: Any) -> FrameChecks:
    return FrameChecks(
        document_shape=shape_schema("things", COLUMNS, unique=["key"]),
        document_rows=row_schema(
            "things",
            {"name": [required(), at_most(5)], "amount": [reason("currency_unknown", lambda each: each.notna())]},
        ),
        **more,
    )


def found(rows: list[dict[str, Any]], **more: Any) -> Any:
    return examine(checks(**more), frame(rows, COLUMNS), frame([], {"key": "str"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 1.0},
        {"amount": float("nan")},
        {"count": True},
        {"count": None},
        {"day": "2026-03-02"},
        {"name": 7},
        {"key": None},
    ],
    ids=str,
)
def test_a_value_of_another_type_is_a_wrong_shape(wrong: dict[str, Any]) -> None:
    findings = found([row("a"), row("b") | wrong])
    assert len(findings.shape) == 1
    assert next(iter(wrong)) in findings.shape[0]
    assert findings.rows == {}


def test_a_key_twice_is_a_wrong_shape() -> None:
    assert "key" in found([row("a"), row("b"), row("a")]).shape[0]


@pytest.mark.parametrize("columns", [["key", "ignored", "amount", "count", "day"], [*COLUMNS, "more"]], ids=len)
def test_other_columns_are_a_wrong_shape(columns: list[str]) -> None:
    documents = frame([row("a")], COLUMNS).reindex(columns=columns)
    findings = examine(checks(), documents, frame([], {"key": "str"}))
    assert findings.shape == [f"things: its columns are {', '.join(columns)}, not {', '.join(COLUMNS)}"]


def test_a_wrong_shape_without_words_is_a_wrong_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_assets.engine.checks._shape_words", lambda *_: iter(()))
    assert len(found([row("a"), row("a")]).shape) == 1


def test_a_column_that_pandas_made_numbers_of_is_a_wrong_shape() -> None:
    documents = frame([row("a")], COLUMNS).astype({"count": "int64"})
    wrong = examine(checks(), documents, frame([], {"key": "str"})).shape
    assert wrong[0] == "things: column count, check of plain objects, it is of int64"


def test_rows_are_held_with_every_reason_once_and_ignored_ones_are_not_asked() -> None:
    rows = [row("a", name="  "), row("b", name="too long", amount=None), row("c"), row("d", name=None, ignored="rule")]
    findings = found(
        rows,
        shows={"currency_unknown": "name"},
        names={"amount": "currency"},
        waits_for=lambda why, each: f"{why}:{each['key']}",
    )
    assert findings.shape == []
    assert {key: sorted(each.reason for each in own) for key, own in findings.rows.items()} == {
        "a": ["required_field_blank"],
        "b": ["currency_unknown", "too_long"],
    }
    unknown = next(each for each in findings.rows["b"] if each.reason == "currency_unknown")
    assert (unknown.field, unknown.value, unknown.waits_for) == ("currency", "too long", "currency_unknown:b")


def test_empty_frames_are_fine() -> None:
    assert found([]).shape == []


def test_frames_keep_what_they_are_given() -> None:
    rows = [row("a"), row("b", amount=None, day=date(2026, 3, 2), count=10**15)]
    assert records(frame(rows, COLUMNS)) == rows


def test_an_unknown_reason_is_a_defect() -> None:
    with pytest.raises(KeyError):
        reason("no_such_reason", lambda series: series.notna())
    with pytest.raises(KeyError):
        problem("no_such_reason")


@pytest.mark.parametrize("name", sorted(reasons()))
def test_every_reason_fills_in_its_texts(name: str) -> None:
    made = problem(name, "the field", "the value {not} a template")
    assert made.reason == name
    assert made.fix
    assert "{field}" not in made.message + made.fix


# -- converging -------------------------------------------------------------------------------------------------------


def known(**more: Any) -> Delivery:
    return replace(Delivery.blank("f", "k", NOW), **more)


def decide(wanted: dict[str, Any], of: Delivery, target: dict[str, Any] | None, *, source_wins: bool = False) -> Any:
    def step(name: str, changes: tuple[FieldChange, ...] = ()) -> Step:
        return Step(name, {}, lambda body: Target("1", {}), name, changes=changes)

    return converge(
        wanted,
        of,
        None if target is None else Target("1", target),
        create=lambda: step("create"),
        update=lambda current, changes: step("update", changes),
        source_wins=source_wins,
    )


def test_converging() -> None:
    wanted, old = {"a": 1, "b": 2}, {"a": 1, "b": 1}
    linked = known(target_id="1", content=old, state="settled")
    assert decide(wanted, known(), None).step.name == "create"
    assert isinstance(decide(wanted, linked, None), NeedTarget)
    assert decide(wanted, linked, old).step.changes == (FieldChange("b", 1, 2),)
    assert isinstance(decide(wanted, linked, wanted), Done)
    # changed there, to something else than we want
    held = decide(wanted, linked, {"a": 9, "b": 1})
    assert isinstance(held, Hold)
    assert held.conflict
    assert [each.field for each in held.problems] == ["a"]
    assert isinstance(decide(wanted, linked, {"a": 9, "b": 1}, source_wins=True), Do)
    # changed there to the very thing that we want
    assert isinstance(decide(wanted, linked, {"a": 1, "b": 2}), Done)


def test_what_was_accepted_is_not_sent_again_unless_replayed() -> None:
    wanted, kept = {"a": 1, "b": "long text"}, {"a": 1, "b": "long"}
    accepted = known(target_id="1", content=kept, state="settled", stage=mark(wanted))
    assert isinstance(decide(wanted, accepted, None), Done)
    replayed = replace(accepted, released=True)
    assert isinstance(decide(wanted, replayed, None), NeedTarget)
    assert isinstance(decide(wanted, replayed, kept), Done)
    assert isinstance(decide(wanted, replayed, kept | {"a": 7}), Hold)
    assert isinstance(decide(wanted | {"a": 2}, accepted, kept), Do)


def test_what_was_accepted_once_does_not_say_that_a_call_in_doubt_undid_what_a_stranger_did() -> None:
    wanted = {"a": 1, "active": True}
    in_doubt = known(target_id="1", content=wanted, state="sending", stage=mark(wanted))
    assert isinstance(decide(wanted, in_doubt, None), NeedTarget)
    assert isinstance(decide(wanted, in_doubt, wanted), Done)
    archived = wanted | {"active": False}
    assert isinstance(decide(wanted, in_doubt, archived), Hold)
    assert decide(wanted, in_doubt, archived, source_wins=True).step.changes == (FieldChange("active", False, True),)


CONTENT = st.dictionaries(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 2), st.text(max_size=2)))


@given(CONTENT, CONTENT)
def test_differences_are_what_makes_fingerprints_differ(before: dict[str, Any], after: dict[str, Any]) -> None:
    changes = differences(before, after)
    assert bool(changes) == any(before.get(name) != after.get(name) for name in "abc")
    if before == after:
        assert fingerprint(before) == fingerprint(dict(reversed(after.items())))


# -- reports ----------------------------------------------------------------------------------------------------------


def test_a_second_or_an_unknown_outcome_stops_the_run() -> None:
    report = FlowReport("f", True)
    report.add([Result("a", "created")])
    with pytest.raises(AccountingError, match="two outcomes"):
        report.add([Result("a", "unchanged")])
    with pytest.raises(AccountingError, match="unknown outcome"):
        report.add([Result("b", "baseline")])


@pytest.mark.parametrize("expected", [["a"], ["a", "b", "c"], []])
def test_documents_and_outcomes_must_agree(expected: list[str]) -> None:
    report = FlowReport("f", True)
    report.add([Result("a", "created"), Result("b", "held")])
    report.check(["b", "a"])
    with pytest.raises(AccountingError, match="without exactly one outcome"):
        report.check(expected)


def test_rows_must_be_accounted_for() -> None:
    Assembly(rows=3, rows_in_documents=2, ignored_rows=Counter(rule=1)).check("f")
    with pytest.raises(AccountingError, match="3 rows read"):
        Assembly(rows=3, rows_in_documents=2).check("f")


RESULTS = st.lists(
    st.tuples(
        st.sampled_from(OUTCOMES),
        st.one_of(st.none(), st.decimals(-10000, 10000, places=2)),
        st.sampled_from([None, "GBP", "EUR"]),
    ),
    max_size=20,
)


@given(RESULTS)
def test_amounts_add_up_per_currency(made: list[tuple[str, Decimal | None, str | None]]) -> None:
    report = FlowReport("f", True)
    report.add(
        Result(str(n), outcome, amount=amount, currency=currency) for n, (outcome, amount, currency) in enumerate(made)
    )
    assert sum(report.outcomes().values()) == len(made)
    for currency, sums in report.amounts().items():
        mine = [each for each in made if each[2] == currency and each[1] is not None]
        assert sums["read"] == sum(value for name, value in sums.items() if name != "read")
        assert sums["settled"] == sum(amount for outcome, amount, _ in mine if outcome in SETTLED and amount)
    assert all(isinstance(text, str) for each in report.as_json()["amounts"].values() for text in each.values())


def test_a_report_counts_by_day_and_shows_a_plan() -> None:
    report = FlowReport("f", False, plan=True, plan_reason="target_not_empty")
    report.add([Result("a", "created", date(2026, 3, 1)), Result("b", "ignored", rule="history")])
    report.planned = [Planned("a", "create", [], {"x": 1})]
    assert report.outcomes(date(2026, 3, 1))["created"] == 1
    assert sum(report.outcomes(date(2026, 3, 2)).values()) == 0
    entry = report.as_json()
    assert "amounts" not in entry
    assert entry["documents"] == [{"key": "a", "action": "create", "after": [], "changes": [], "request": {"x": 1}}]
    assert entry["ignored_by"] == {"history": 1}
    assert report.sentence() == "f: 2 documents: 1 created, 1 ignored"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E+3", "1000.00"), ("-12.5", "-12.50"), ("0.1250", "0.125"), ("0", "0.00"), ("441476141.46", "441476141.46")],
)
def test_amounts_as_text(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text


# -- cost -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


def test_ledger_writes_grow_with_slices_and_not_with_documents(ledger: Ledger, clock: SetClock) -> None:
    """A claim, the intents and the outcomes of two hundred documents are three transactions."""
    world = World(ledger, clock, FakeTarget(clock))
    world.deliver([bill("first", clock)])
    documents = [bill(f"d{number}", clock) for number in range(400)]
    process = Process(ledger, world.target)
    flow = world.flow(ledger=process.ledger, target=process.target)
    outcomes(world.engine(flow, slice_size=200).deliver(documents), documents)
    writes = Counter(what for what in process.crossed if what.startswith("before ledger"))
    assert writes == {
        "before ledger.deliveries.claim": 2,
        "before ledger.intents.open": 2,
        "before ledger.record": 2,
    }
    assert world.target.seen["find"] == world.target.seen["get"] == 0
