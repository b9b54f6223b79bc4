"""Polls of flows that have schedules of their own: a run of those that are due, and why there is none otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest
from dagster_site import NAME, DagsterSite

from connector_assets import definitions
from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
from connector_assets.orchestration.schedules import tick

CLOSE = "periods:\n  - {name: 2026-05, first: 2026-05-01, last: 2026-05-31, cut_off: 2026-06-03T18:00}\n"


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    """An instant of June 2026; ticks are told what time it is."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def hourly(site: DagsterSite) -> DagsterSite:
    """Invoices once an hour, accounts not by a poll, suppliers each quarter of an hour."""

    def change(settings: dict[str, Any]) -> None:
        flows = settings["integrations"][NAME]["flows"]
        flows["accounts"]["schedule"] = None
        flows["invoices"] = {"schedule": "0 * * * *"}

    site.configure(change)
    return site


def asked(site: DagsterSite, now: datetime) -> set[str] | str:
    """The flows that a tick's run delivers, or why there is no run."""
    with site.instance() as instance:
        reported = tick(instance, NAME, now)
    if isinstance(reported, dg.SkipReason):
        return str(reported.skip_message)
    if reported.asset_selection is None:
        return {"all"}
    return {key.path[1] for key in reported.asset_selection if key.path[-1] == "delivered"}


def test_the_schedule_ticks_whenever_a_flow_may_be_due(hourly: DagsterSite) -> None:
    poll = definitions.defs.get_repository_def().get_schedule_def(f"{NAME}_poll")

    assert list(poll.cron_schedule) == ["*/15 * * * *", "0 * * * *"]


def test_a_tick_runs_the_flows_that_are_due_and_nothing_else(hourly: DagsterSite) -> None:
    site = hourly
    with site.instance() as instance:
        request = tick(instance, NAME, at(10, 7))
    assert isinstance(request, dg.RunRequest) and request.asset_selection is not None
    keys = set(request.asset_selection)
    assert {delivered_key(NAME, "invoices"), mapped_key(NAME, "suppliers"), dg.AssetKey(["jde", "F0411"])} <= keys
    assert delivered_key(NAME, "accounts") not in keys and dg.AssetKey(["jde", "F0006"]) not in keys

    run = site.run(tags=request.tags, assets=request.asset_selection)

    assert run.success, run.failures
    assert set(site.outcomes(run)) == {"suppliers", "invoices"}
    assert site.outcomes(run)["suppliers"]["created"] > 10
    # both were looked at, and the next of the two is at a quarter past
    assert asked(site, at(10, 14)) == (
        "no flow is due (usual); next: suppliers at 2026-06-01 10:15 UTC, accounts by no schedule, "
        "invoices at 2026-06-01 11:00 UTC"
    )
    site.touch_voucher()
    assert str(asked(site, at(10, 15))).startswith("nothing changed in the sources")
    assert asked(site, at(11, 0)) == {"suppliers", "invoices"}


def test_what_fell_into_another_run_is_looked_at_by_the_next_tick(hourly: DagsterSite) -> None:
    site = hourly
    assert asked(site, at(10, 0)) == {"suppliers", "invoices"}
    under_way = dg.DagsterRun(job_name=NAME, status=dg.DagsterRunStatus.STARTED, tags={"connector/integration": NAME})
    with site.instance() as instance:
        instance.add_run(under_way)
        assert asked(site, at(11, 0)) == f"run {under_way.run_id} of {NAME} is queued or running"
        instance.report_run_failed(under_way)

    assert asked(site, at(11, 1)) == {"suppliers", "invoices"}
    assert asked(site, at(11, 15)) == {"suppliers"}


def test_a_source_that_was_silent_is_asked_again_by_the_next_tick(hourly: DagsterSite) -> None:
    site = hourly
    rule = {"system": "jde", "route": "POST *dataservice*", "kind": "drop_before"}
    site.sandbox.post("/faults", rule)
    assert "could not be probed" in str(asked(site, at(10, 0)))
    site.sandbox.post("/faults", {"replace": True, "rules": []})

    assert asked(site, at(10, 1)) == {"suppliers", "invoices"}


def test_a_flow_that_is_read_whole_runs_by_itself_too(site: DagsterSite) -> None:
    def change(settings: dict[str, Any]) -> None:
        settings["integrations"][NAME]["schedule"] = None
        settings["integrations"][NAME]["flows"]["accounts"]["schedule"] = "0 2 * * *"

    site.configure(change)
    with site.instance() as instance:
        request = tick(instance, NAME, at(2, 0))
    assert isinstance(request, dg.RunRequest)

    run = site.run(site.last, tags=request.tags, assets=request.asset_selection)

    assert run.success, run.failures
    assert set(site.outcomes(run)) == {"accounts"}


def test_the_papers_of_both_systems_are_compared_by_a_run_of_some_flows_too(site: DagsterSite) -> None:
    def change(settings: dict[str, Any]) -> None:
        flows = settings["integrations"][NAME]["flows"]
        flows["purchase_orders"] = {"schedule": None, "ship_to_user": "erp_receiver"}
        flows["accounts"]["schedule"] = "0 2 * * *"

    site.configure(change)
    with site.instance() as instance:
        ledger = site.home.ledger()
        for flow in ("suppliers", "invoices"):
            ledger.reports.put("poll", f"{NAME}/{flow}/polled", {}, at=at(2, 0))
        whole = tick(instance, NAME, at(2, 0))
        daily = tick(instance, NAME, at(2, 15))
    assert isinstance(whole, dg.RunRequest) and isinstance(daily, dg.RunRequest)
    beside = dg.AssetKey([NAME, "side_by_side"])
    assert beside in (daily.asset_selection or ()) and beside not in (whole.asset_selection or ())
    # a run of them is one that Dagster takes
    poll = definitions.defs.get_repository_def().get_job(NAME)
    assert set(daily.asset_selection or ()) <= set(poll.asset_layer.executable_asset_keys)


def test_before_a_close_every_flow_is_polled_densely_and_after_it_rarely(site: DagsterSite) -> None:
    site.home.create()
    (site.home.path / "close.yaml").write_text(CLOSE)
    site.configure(lambda settings: settings["integrations"][NAME].update(close_calendar="close.yaml"))
    poll = definitions.defs.get_repository_def().get_schedule_def(f"{NAME}_poll")
    assert list(poll.cron_schedule) == ["*/15 * * * *", "*/5 * * * *", "0 * * * *"]

    assert asked(site, at(17, 0, day=3)) == {"all"}
    assert str(asked(site, at(17, 4, day=3))).startswith("no flow is due (before the close)")
    assert asked(site, at(17, 5, day=3)) == {"all"}
    assert asked(site, at(18, 0, day=3)) == {"all"}
    assert str(asked(site, at(18, 15, day=3))).startswith("no flow is due (after the close)")
    assert asked(site, at(19, 0, day=3)) == {"all"}


def test_a_calendar_that_went_bad_skips_with_the_line_that_is_wrong(site: DagsterSite) -> None:
    site.home.create()
    (site.home.path / "close.yaml").write_text(CLOSE)
    site.configure(lambda settings: settings["integrations"][NAME].update(close_calendar="close.yaml"))
    (site.home.path / "close.yaml").write_text("periods: [{name: x}]")

    assert "close.yaml line 1: periods.0.first: this setting is required" in str(asked(site, at(17, 0)))
