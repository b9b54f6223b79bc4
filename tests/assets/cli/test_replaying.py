"""Replay: these documents now, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_fakes import Bills, Books, bills
from ledger_places import new_ledger

from connector_assets.engine import replaying
from connector_assets.engine.replaying import Replay, replay
from connector_assets.engine.task import DeliveryPolicy
from connector_resources.clock import ManualClock
from connector_resources.ledger import Change, Ledger, Problem

FLOW = "pair/bills"


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def home_ledger(tmp_path: Path, clock: ManualClock) -> Iterator[Ledger]:
    with Ledger.open(new_ledger(tmp_path / "ledger.sqlite"), clock=clock) as opened:
        yield opened


@pytest.fixture
def flow(
    home_ledger: Ledger, clock: ManualClock, books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bills:
    made = bills(home_ledger, clock, books, str(tmp_path / "landing"))
    monkeypatch.setattr(replaying, "policy_of", lambda flow: DeliveryPolicy())
    return made


def held(ledger: Ledger, clock: ManualClock, *keys: str) -> None:
    problem = Problem("required_field_blank", "name", "", "m", "f")
    ledger.record(
        [Change(FLOW, key, state="held", partition="2026-02-10", problems=[problem]) for key in keys], clock.now()
    )
    ledger.exceptions.release(flow=FLOW, actor="ann", now=clock.now())


def replayed(flow: Bills, *keys: str) -> Replay:
    (done,) = replay([flow], {FLOW: keys})
    return done


def test_only_the_chosen_are_delivered_and_they_keep_their_day(
    flow: Bills, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    for key in ("F0411:1", "F0411:2", "F0411:3"):
        books.bill(key)
    held(home_ledger, clock, "F0411:1", "F0411:2")
    done = replayed(flow, "F0411:1")
    assert done.report.outcomes()["created"] == 1
    assert [each["key"] for each in books.target.values()] == ["F0411:1"]
    assert [each.key for each in home_ledger.exceptions.open()] == ["F0411:2"]
    assert home_ledger.deliveries.load(FLOW, ["F0411:1"])["F0411:1"].partition == "2026-02-10"
    assert books.landed == ["F0010"]


def test_what_is_still_wrong_stays_an_exception_with_one_attempt_more(
    flow: Bills, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1", name=None)
    held(home_ledger, clock, "F0411:1")
    done = replayed(flow, "F0411:1")
    assert done.report.outcomes()["held"] == 1
    (still,) = home_ledger.exceptions.open()
    assert still.attempts == 2
    assert home_ledger.deliveries.due(FLOW, clock.now()) == []


def test_what_the_source_no_longer_holds_is_said_and_not_tried_for_ever(
    flow: Bills, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    held(home_ledger, clock, "F0411:1")
    done = replayed(flow, "F0411:1")
    assert done.gone == ["F0411:1"]
    assert done.report.results == {}
    assert home_ledger.deliveries.due(FLOW, clock.now()) == []
    assert len(home_ledger.exceptions.open()) == 1


def test_the_report_is_kept_under_the_replays_name(
    flow: Bills, books: Books, home_ledger: Ledger, clock: ManualClock
) -> None:
    books.bill("F0411:1")
    held(home_ledger, clock, "F0411:1")
    replayed(flow, "F0411:1")
    (report,) = home_ledger.reports.of("replay-1")
    assert report.report["outcomes"]["created"] == 1
