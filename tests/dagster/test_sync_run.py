"""A whole run over the sandbox, on both databases: what it delivers, what Dagster is told of it, and running again."""

from __future__ import annotations

import dagster as dg
import pytest
from dagster_site import FLOWS, NAME, DagsterSite

from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
from connector_assets.orchestration.source_assets import source_key


def test_the_first_run_delivers_everything_and_the_second_writes_nothing(both_synced: DagsterSite) -> None:
    site = both_synced
    first = site.first_run.result

    assert first.success, first.failures
    outcomes = site.outcomes(first)
    assert outcomes["accounts"] == {"created": 184, "ignored": 8}
    assert outcomes["suppliers"]["created"] > 20
    assert sum(outcomes["invoices"].values()) == 60
    state = site.state()
    assert state["invoices"]["count"] == outcomes["invoices"]["created"]
    assert state["suppliers"]["count"] == outcomes["suppliers"]["created"]

    reports = site.home.ledger().reports.of(first.run_id)
    undated = {each.flow: each.report.get("first_sync", {}).get("without_a_date", 0) for each in reports}
    assert undated[f"{NAME}/suppliers"] == 2

    written = site.writes()
    second = site.run()

    assert second.success, second.failures
    assert site.writes() == written
    assert site.state() == state
    for flow in FLOWS:
        again = site.outcomes(second)[flow]
        # what has no date is of no day: the first run read it besides
        outcomes[flow]["created"] -= undated.get(f"{NAME}/{flow}", 0)
        assert again.pop("unchanged") == outcomes[flow].pop("created")
        assert again == outcomes[flow]


def test_each_day_tells_what_it_holds(both_synced: DagsterSite) -> None:
    site = both_synced
    assert site.first_run.result.success

    for key in (source_key("jde", "F0411"), mapped_key(NAME, "invoices"), delivered_key(NAME, "invoices")):
        assert site.statuses(key) == ["MATERIALIZED"] * 3
    read = [site.metadata(source_key("jde", "F0411"), day)["dagster/row_count"] for day in site.days]
    assert all(read) and sum(read) == len(site.sandbox.systems["jde"].dump()["F0411"])
    shown = [site.metadata(delivered_key(NAME, "invoices"), day) for day in site.days]
    assert sum(day["dagster/row_count"] for day in shown) == 60
    assert sum(day["created"] for day in shown) == site.state()["invoices"]["count"]
    assert [("run" in day) for day in shown] == [False, False, True]
    totals = shown[-1]["run"]
    assert totals["amounts"]["GBP"]["read"] == totals["amounts"]["GBP"]["settled"]
    whole = site.metadata(delivered_key(NAME, "accounts"))
    assert (whole["created"], whole["ignored"]) == (184, 8)


def test_both_checks_have_a_result_for_each_day_and_show_the_held_rows(both_synced: DagsterSite) -> None:
    site = both_synced
    held = site.outcomes(site.first_run.result)["suppliers"]["held"]

    shape = site.checks(mapped_key(NAME, "suppliers"), "shape")
    rows = site.checks(mapped_key(NAME, "suppliers"), "rows")

    assert {day: each.passed for day, each in shape.items()} == dict.fromkeys(site.names, True)
    assert set(rows) == set(site.names)
    assert sum(each.metadata["held"].value for each in rows.values()) == held
    assert [each.passed for each in rows.values()] == [not each.metadata["held"].value for each in rows.values()]
    assert {each.severity for each in rows.values()} == {dg.AssetCheckSeverity.WARN}
    shown = [record.data for each in rows.values() for record in each.metadata["rows"].records]
    assert len(shown) == held
    assert all(row["key"].startswith("F0401:") and row["reason"] and row["message"] and row["fix"] for row in shown)
    assert {row["severity"] for row in shown} == {"normal"}


def test_a_run_logs_in_once_to_each_system_and_out_at_its_end(synced: DagsterSite) -> None:
    assert synced.first_run.result.success

    calls = synced.first_run.calls
    assert calls["POST /jderest/v2/tokenrequest"] == 1
    assert calls["POST /jderest/v2/tokenrequest/logout"] == 1
    assert calls["POST /oauth2/token"] == 1


def test_a_run_of_one_day_leaves_the_other_days_alone(site: DagsterSite) -> None:
    run = site.run(site.days[1])

    assert run.success, run.failures
    assert site.statuses(delivered_key(NAME, "invoices")) == [None, "MATERIALIZED", None]
    assert site.state()["invoices"]["count"] == sum(
        site.outcomes(run)["invoices"].get(name, 0) for name in ("created", "updated")
    )


def test_a_day_that_has_not_begun_is_refused_and_nothing_is_read(site: DagsterSite) -> None:
    run = site.run(site.last, site.tomorrow)

    assert not run.success
    assert {failure.message for failure in run.failures if failure.step.startswith("jde__")} == {
        f"{site.tomorrow} is out of range: it is still {site.last} in jde"
    }
    assert site.writes() == 0 or site.state()["invoices"]["count"] == 0
    with site.instance() as instance:
        assert instance.fetch_materializations(source_key("jde", "F0411"), limit=1).records == []


@pytest.mark.parametrize("flow", ["suppliers", "accounts"])
def test_the_assets_of_one_flow_run_alone(site: DagsterSite, flow: str) -> None:
    run = site.run(assets=site.assets_of(flow))

    assert run.success, run.failures
    assert list(site.outcomes(run)) == [flow]


def test_the_purge_is_a_job_of_its_own(site: DagsterSite) -> None:
    assert site.run_job("connector_purge").success
