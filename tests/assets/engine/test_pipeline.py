"""From source rows to outcomes: frames, checks, the store between the two assets, modes, reports."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes import NOT_ALLOWED, FakeFlow, FakeTarget, SetClock
from worlds import World, bill, context

from connector_assets.engine.engine import Engine
from connector_assets.engine.pipeline import Pipeline, ShapeError, merge
from connector_assets.engine.report import AccountingError
from connector_resources.ledger import Ledger

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def clock(clock: object) -> SetClock:
    return SetClock(clock.now())  # type: ignore[attr-defined]


class Home:
    """A source and what is kept between runs."""

    def __init__(self, ledger: Ledger, clock: SetClock, folder: Path) -> None:
        self.world = World(ledger, clock, FakeTarget(clock))
        self.source: dict[str, dict[str, Any]] = {}
        self.folder = folder
        self.runs = 0

    def pipeline(self) -> Pipeline:
        """That of a new run."""
        self.runs += 1
        tools = context(self.world.ledger, self.world.clock, f"run{self.runs}", landing=self.folder)
        return Pipeline(FakeFlow(tools, self.world.target, self.source), self.world.policy)


@pytest.fixture
def home(ledger: Ledger, clock: SetClock, tmp_path: Path) -> Home:
    return Home(ledger, clock, tmp_path / "landing")


def all_of(home: Home) -> dict[str, date | None]:
    return {key: row.get("day") for key, row in home.source.items()}


def test_rows_to_outcomes_with_their_money(home: Home) -> None:
    home.source |= {
        "a": {"amount": Decimal("10.25")},
        "b": {"amount": Decimal("-0.25"), "currency": "EUR"},
        "c": {"name": "", "amount": Decimal("5.00")},
        "d": {"currency": "XXX", "amount": Decimal("1.00")},
        "e": {"ignored": "history", "amount": Decimal("7.00")},
        "f": {"lines": [""], "amount": Decimal("2.00")},
        "g": {"row_ignored": True},
    }
    pipeline = home.pipeline()
    report = pipeline.deliver(pipeline.map(all_of(home)))
    assert {key: result.outcome for key, result in report.results.items()} == {
        "a": "created",
        "b": "created",
        "c": "held",
        "d": "held",
        "e": "ignored",
        "f": "held",
    }
    entry = report.as_json()
    assert entry["rows"] == {"read": 7, "in_documents": 6, "ignored": {"no_bill": 1}, "unreadable": 0}
    assert entry["read"] == sum(entry["outcomes"].values()) == 6
    assert entry["ignored_by"] == {"history": 1}
    gbp, eur = entry["amounts"]["GBP"], entry["amounts"]["EUR"]
    assert (gbp["read"], gbp["settled"], gbp["held"], gbp["ignored"]) == ("24.25", "10.25", "7.00", "7.00")
    assert (eur["read"], eur["settled"], eur["held"]) == ("-0.25", "-0.25", "0.00")
    for sums in entry["amounts"].values():
        assert Decimal(sums["read"]) == sum(Decimal(value) for name, value in sums.items() if name != "read")
    assert home.world.ledger.reports.latest("pair/bills", plan=False) is not None
    waits = {row.key: row.waits_for for row in home.world.ledger.exceptions.open(flow="pair/bills")}
    assert waits == {"c": (), "d": ("currency:XXX",), "f": ()}


def test_a_wrong_shape_writes_nothing(home: Home) -> None:
    home.source |= {"a": {}, "b": {"amount": 1.5}}
    pipeline = home.pipeline()
    mapped = pipeline.map(all_of(home))
    assert "column amount" in mapped.findings.shape[0]
    with pytest.raises(ShapeError, match="nothing was written"):
        pipeline.deliver(mapped)
    assert home.world.target.writes == 0
    assert home.world.ledger.deliveries.load("pair/bills", ["a", "b"]) == {}


def test_rows_that_are_not_accounted_for_stop_the_run(home: Home) -> None:
    home.source |= {"a": {}}
    pipeline = home.pipeline()
    assemble = pipeline.flow.assemble

    def losing(keys: Any) -> Any:
        made = assemble(keys)
        made.rows += 1
        return made

    pipeline.flow.assemble = losing  # type: ignore[method-assign]
    with pytest.raises(AccountingError, match="2 rows read"):
        pipeline.map(all_of(home))


@pytest.mark.parametrize("spoil", ["lost", "twice"])
def test_a_document_without_exactly_one_outcome_stops_the_run(
    home: Home, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.source |= {"a": {}, "b": {}}
    deliver = Engine.deliver

    def spoilt(self: Engine, documents: Any) -> Any:
        results = deliver(self, documents)
        return results[:1] if spoil == "lost" else [*results, results[0]]

    monkeypatch.setattr(Engine, "deliver", spoilt)
    pipeline = home.pipeline()
    with pytest.raises(AccountingError):
        pipeline.deliver(pipeline.map(all_of(home)))


def test_a_document_that_is_only_due_keeps_the_day_that_it_was_seen_on(home: Home) -> None:
    home.source |= {"a": {}}
    home.world.target.fail("create", 1, NOT_ALLOWED)
    pipeline = home.pipeline()
    assert pipeline.deliver(pipeline.map({"a": MONDAY})).outcomes()["failed"] == 1
    pipeline = home.pipeline()
    assert pipeline.due_keys() == {"a": None}
    assert pipeline.deliver(pipeline.map(pipeline.due_keys())).outcomes()["created"] == 1
    assert home.world.known("a").partition == MONDAY.isoformat()
    assert {event.partition for event in home.world.ledger.audit.of("a")[1]} == {MONDAY.isoformat()}


def test_a_filled_target_is_planned_first_until_it_is_adopted(home: Home) -> None:
    home.world.target.create(bill("a", home.world.clock).content)
    home.world.target.sent.clear()
    home.source |= {"a": {}, "b": {}}
    for _ in range(2):
        pipeline = home.pipeline()
        report = pipeline.deliver(pipeline.map(all_of(home)))
        assert (report.plan, report.plan_reason) == (True, "target_not_empty")
        assert report.outcomes()["adopted"] == 1
    assert home.world.target.writes == 0
    assert home.world.ledger.flows.get("pair/bills") is None
    pipeline = home.pipeline()
    assert pipeline.deliver(pipeline.map(all_of(home)), mode="adopt").outcomes()["adopted"] == 1
    opened = home.world.ledger.flows.get("pair/bills")
    assert opened is not None
    assert opened.opened_by == "adopt"
    pipeline = home.pipeline()
    # what was not in the target is due, whatever days the next sync is about
    assert set(pipeline.due_keys()) == {"b"}
    report = pipeline.deliver(pipeline.map(all_of(home)))
    assert not report.plan
    assert {key: each.outcome for key, each in report.results.items()} == {"a": "unchanged", "b": "created"}


def test_an_empty_target_is_written_at_once_but_not_by_a_plan(home: Home) -> None:
    home.source |= {"a": {}}
    pipeline = home.pipeline()
    report = pipeline.deliver(pipeline.map(all_of(home)), mode="plan")
    assert (report.plan, report.plan_reason) == (True, None)
    assert report.as_json()["documents"][0]["action"] == "create"
    assert home.world.ledger.flows.get("pair/bills") is None
    assert home.world.target.writes == 0
    pipeline = home.pipeline()
    assert not pipeline.deliver(pipeline.map(all_of(home))).plan
    opened = home.world.ledger.flows.get("pair/bills")
    assert opened is not None
    assert opened.opened_by == "empty_target"


def test_a_target_that_another_run_fills_while_we_look_is_not_taken_for_one_that_was_filled_before(home: Home) -> None:
    home.source |= {"a": {}}
    late, early = home.pipeline(), home.pipeline()
    mapped = late.map(all_of(home))
    holds_any = late.flow.holds_any

    def while_another_begins() -> bool:
        assert early.deliver(early.map(all_of(home))).outcomes()["created"] == 1
        return holds_any()

    late.flow.holds_any = while_another_begins  # type: ignore[method-assign]
    report = late.deliver(mapped)
    assert not report.plan
    assert report.outcomes()["unchanged"] == 1
    assert home.world.target.writes == 1


def test_a_baseline_opens_the_flow_and_ignores_history(home: Home) -> None:
    home.world.target.create(bill("x", home.world.clock).content)
    home.source |= {"a": {}}
    pipeline = home.pipeline()
    report = pipeline.deliver(pipeline.map(all_of(home)), mode="baseline", baseline_to=MONDAY)
    assert report.rules() == {"before_baseline": 1}
    opened = home.world.ledger.flows.get("pair/bills")
    assert opened is not None
    assert (opened.opened_by, opened.baseline_to) == ("baseline", MONDAY)


def test_an_unknown_mode_is_a_defect(home: Home) -> None:
    home.source |= {"a": {}}
    pipeline = home.pipeline()
    with pytest.raises(ValueError, match="unknown mode"):
        pipeline.deliver(pipeline.map(all_of(home)), mode="guess")


# -- between the two assets -------------------------------------------------------------------------------------------


def stored(home: Home, days: tuple[date, date], keys: dict[str, date | None] | None = None) -> Pipeline:
    pipeline = home.pipeline()
    chosen = {key: day for key, day in all_of(home).items() if day is None or days[0] <= day <= days[1]}
    pipeline.store(pipeline.map(keys or chosen), days)
    return pipeline


def test_what_was_mapped_is_what_is_delivered(home: Home) -> None:
    home.source |= {
        "a": {"day": MONDAY, "amount": Decimal("1234567890.123456"), "lines": ["x", "y"]},
        "b": {"day": TUESDAY, "name": None},
    }
    pipeline = stored(home, (MONDAY, TUESDAY))
    frames = pipeline.load([MONDAY, TUESDAY])
    documents = {document.key: document for document in pipeline.documents(pipeline.check(frames))}
    assert documents["a"].amount == Decimal("1234567890.123456")
    assert [line["text"] for line in documents["a"].facts["lines"]] == ["x", "y"]
    assert documents["b"].content["name"] is None
    assert [problem.reason for problem in documents["b"].problems] == ["required_field_blank"]
    assert list(pipeline.load([MONDAY]).documents["key"]) == ["a"]


def test_of_two_mapped_frames_the_newer_counts_with_its_own_lines(home: Home) -> None:
    home.source |= {"a": {"day": MONDAY, "name": "Old", "lines": ["old"]}, "b": {"day": TUESDAY, "lines": ["b"]}}
    stored(home, (MONDAY, TUESDAY))
    home.source["a"] |= {"name": "New", "lines": ["new"]}
    pipeline = stored(home, (MONDAY, MONDAY))
    documents = {each.key: each for each in pipeline.documents(pipeline.check(pipeline.load([MONDAY, TUESDAY])))}
    assert documents["a"].content["name"] == "New"
    assert [line["text"] for line in documents["a"].facts["lines"]] == ["new"]
    assert [line["text"] for line in documents["b"].facts["lines"]] == ["b"]


def test_a_death_between_the_two_parts_of_a_store_mixes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are never paired with the lines of another store, nor delivered without any."""
    home.source |= {"a": {"day": MONDAY, "name": "Old", "lines": ["old"]}}
    pipeline = stored(home, (MONDAY, MONDAY))
    home.source["a"] |= {"name": "New", "lines": ["new"]}
    write = pipeline.context.landing.write
    written = []

    def dies(*args: Any, **kwargs: Any) -> Any:
        if written:
            raise KeyboardInterrupt
        written.append(write(*args, **kwargs))
        return written[0]

    monkeypatch.setattr(pipeline.context.landing, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        pipeline.store(pipeline.map(all_of(home)), (MONDAY, MONDAY))
    monkeypatch.undo()
    pipeline = home.pipeline()
    (document,) = pipeline.documents(pipeline.check(pipeline.load([MONDAY])))
    assert document.content["name"] == "Old"
    assert [line["text"] for line in document.facts["lines"]] == ["old"]


def test_due_documents_of_other_days_are_loaded_too(home: Home) -> None:
    home.source |= {"a": {"day": MONDAY}, "due": {}}
    pipeline = stored(home, (TUESDAY, TUESDAY), {"due": None})
    assert list(pipeline.load([TUESDAY]).documents["key"]) == ["due"]


def test_a_snapshot_without_days(home: Home) -> None:
    home.source |= {"a": {}, "b": {}}
    pipeline = home.pipeline()
    pipeline.store(pipeline.map(all_of(home)), None)
    del home.source["b"]
    pipeline = home.pipeline()
    pipeline.store(pipeline.map(all_of(home)), None)
    assert list(pipeline.load(None).documents["key"]) == ["a"]


def test_a_clock_put_back_does_not_make_a_change_look_old(home: Home, clock: SetClock) -> None:
    home.source |= {"a": {"day": MONDAY}}
    pipeline = home.pipeline()
    pipeline.deliver(pipeline.map(all_of(home)))
    clock.set_by(-3600)
    home.source["a"] |= {"name": "Changed"}
    pipeline = home.pipeline()
    report = pipeline.deliver(pipeline.map(all_of(home)))
    assert report.outcomes()["updated"] == 1
    assert home.world.copies("a")[0].values["name"] == "Changed"
    # and again nothing, though our clock still lags behind
    pipeline = home.pipeline()
    assert pipeline.deliver(pipeline.map(all_of(home))).outcomes()["unchanged"] == 1


def test_of_two_days_of_one_document_the_later_is_its_day() -> None:
    days: dict[str, date | None] = {"a": MONDAY, "b": None}
    merge(days, {"a": TUESDAY, "b": MONDAY, "c": None})
    merge(days, {"a": MONDAY, "b": None})
    assert days == {"a": TUESDAY, "b": MONDAY, "c": None}
