"""What was read and how far: landed objects, watermarks, opened flows, reports."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connector_resources.clock import ManualClock
from connector_resources.ledger import LandedObject, Ledger

FLOW = "jde_coupa/invoices"
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (2, 3, 4))


def land(ledger: Ledger, name: str, window: tuple[date, date] | None, run: str = "run-1") -> LandedObject:
    kind = "window" if window else "snapshot"
    return ledger.landing.register("jde", "F0411", run, kind, f"{name}.parquet", 10, "ff", window=window)  # type: ignore[arg-type]


def test_the_newest_object_that_covers_a_day(ledger: Ledger, clock: ManualClock) -> None:
    wide = land(ledger, "wide", (MONDAY, WEDNESDAY))
    narrow = land(ledger, "narrow", (TUESDAY, TUESDAY), "run-2")
    land(ledger, "snapshot", None)
    assert wide.at == clock.now() and (wide.window_from, wide.window_to) == (MONDAY, WEDNESDAY)
    found = [ledger.landing.newest("jde", "F0411", day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert found == [[wide], [narrow], [wide]]
    assert ledger.landing.newest("jde", "F0411", date(2026, 3, 5)) == []
    assert ledger.landing.newest("jde2", "F0411", MONDAY) == []


def test_the_newest_snapshot_and_what_a_run_has_landed(ledger: Ledger) -> None:
    first, second = land(ledger, "one", None), land(ledger, "two", None, "run-2")
    window = land(ledger, "three", (MONDAY, MONDAY), "run-2")
    assert ledger.landing.newest_snapshot("jde", "F0411") == [second]
    assert ledger.landing.newest_snapshot("jde", "F0411", kind="mapped") == []
    assert ledger.landing.for_run("run-1") == [first]
    assert ledger.landing.for_run("run-2", kind="window") == [window]
    assert ledger.landing.for_run("run-2", "jde", "F0911") == []


def test_a_watermark_never_goes_back_unless_forced(ledger: Ledger) -> None:
    marks = ledger.watermarks
    assert marks.get(FLOW, "F0411") is None
    assert marks.advance(FLOW, "F0411", TUESDAY, probe={"count": 3, "max": Decimal("1.0")}, run="run-1")
    assert not marks.advance(FLOW, "F0411", MONDAY, probe={"count": 9}, run="run-2")
    found = marks.get(FLOW, "F0411")
    assert found is not None and (found.day, found.probe, found.run) == (TUESDAY, {"count": 3, "max": "1.0"}, "run-1")
    assert marks.advance(FLOW, "F0411", TUESDAY, probe={"count": 4})
    assert marks.advance(FLOW, "F0411", MONDAY, force=True)
    found = marks.get(FLOW, "F0411")
    assert found is not None and (found.day, found.probe) == (MONDAY, None)
    assert marks.get(FLOW, "F0911") is None


def test_a_flow_is_opened_once(ledger: Ledger, clock: ManualClock) -> None:
    assert ledger.flows.get(FLOW) is None
    opened_at = clock.now()
    ledger.flows.open(FLOW, "adopt", opened_at, run="run-1")
    clock.advance(60)
    ledger.flows.open(FLOW, "empty_target", clock.now(), run="run-2")
    ledger.flows.open(FLOW, "baseline", clock.now(), run="run-3", baseline_to=MONDAY)
    state = ledger.flows.get(FLOW)
    assert state is not None
    assert (state.opened_by, state.opened_at, state.run, state.baseline_to) == ("adopt", opened_at, "run-1", MONDAY)


def test_reports_of_runs_and_plans(ledger: Ledger, clock: ManualClock) -> None:
    ledger.reports.put("run-1", FLOW, {"read": 1}, at=clock.now())
    ledger.reports.put("run-1", FLOW, {"read": 2, "amount": Decimal("0.10")}, at=clock.now())
    ledger.reports.put("run-1", "jde_coupa/accounts", {}, at=clock.now() - timedelta(seconds=1))
    ledger.reports.put(
        "plan-1", FLOW, {"documents": [{"key": "A:1"}]}, plan=True, at=clock.now() + timedelta(seconds=1)
    )
    assert [(each.flow, each.report) for each in ledger.reports.of("run-1")] == [
        ("jde_coupa/accounts", {}),
        (FLOW, {"amount": "0.10", "read": 2}),
    ]
    newest, run = ledger.reports.latest(FLOW), ledger.reports.latest(FLOW, plan=False)
    assert newest is not None and newest.plan and newest.report["documents"][0]["key"] == "A:1"
    assert run is not None and run.run == "run-1"
    assert ledger.reports.latest("other/flow") is None
