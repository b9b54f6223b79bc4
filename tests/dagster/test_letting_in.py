"""The start date under Dagster: the sweep leaves alone what is of before, a command lets it in by an ordinary run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest
from dagster_site import FLOWS, NAME, DagsterSite

from connector_assets.cli.app import run
from connector_assets.orchestration.flow_assets import delivered_key

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def young(site: DagsterSite) -> DagsterSite:
    """An installation whose start date is today, after its first run; what JDE changed on the two days before is of
    before."""
    site.configure(lambda settings: settings.update(start_date=site.last.isoformat()))
    first = site.run(site.last)
    assert first.success, first.failures
    return site


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Command:
    """Type a command: exit code, standard output, standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run(list(arguments))
        return code, *capfd.readouterr()

    return call


def invoices(site: DagsterSite, run_id: str) -> dict[str, Any]:
    """What a run reported of its invoices."""
    return next(dict(each.report) for each in site.home.ledger().reports.of(run_id) if each.flow == f"{NAME}/invoices")


def test_the_sweep_leaves_alone_what_is_of_before_and_a_command_lets_it_in(
    young: DagsterSite, command: Command
) -> None:
    held = young.state()["invoices"]["count"]
    swept = young.run_job(f"{NAME}_sweep")
    assert swept.success, swept.failures
    reported = invoices(young, swept.run_id)
    old = reported["ignored_by"]["before_start_date"]
    assert (old > 10, young.state()["invoices"]["count"]) == (True, held)
    shown = young.metadata(dg.AssetKey([NAME, "invoices", "swept"]))
    assert (shown["before_start_date"], shown["missed"]) == (old, 0)

    # the suppliers came with the sweep: they are master data
    ledger = young.home.ledger()
    left = list(ledger.deliveries.keys(f"{NAME}/invoices", ["ignored"]))
    key = next(each for each in left if ledger.deliveries.load(f"{NAME}/invoices", [each])[each].currency == "GBP")
    _, out, err = command("sync", f"{NAME}/invoices", "--key", key, "--json")
    entry = json.loads(out)
    assert entry["flows"][0]["outcomes"]["created"] == 1, err
    assert young.state()["invoices"]["count"] == held + 1
    _, events = ledger.audit.of(key)
    assert [each.run for each in events if each.event == "let_in"] == [entry["run"]]
    with young.instance() as instance:
        made = instance.get_run_by_id(entry["run"])
        assert made is not None
        assert (made.job_name, made.status.value) == (f"{NAME}_let_in", "SUCCESS")
        assert made.remote_job_origin is not None
        assert json.loads(made.tags["connector/let_in"])["keys"].keys() == {key}
        seen = instance.fetch_observations(delivered_key(NAME, "invoices"), limit=1).records
    assert seen[0].run_id == entry["run"]

    _, out, _ = command("sync", NAME, "--before-start", "--from", young.first.isoformat(), "--json")
    entry = json.loads(out)
    assert [each["flow"] for each in entry["flows"]] == [f"{NAME}/{flow}" for flow in FLOWS if flow != "accounts"]
    reported = invoices(young, entry["run"])
    # one is there already, and what JDE settled before is history
    assert reported["outcomes"]["created"] == young.state()["invoices"]["count"] - held - 1 > 10
    assert "before_start_date" not in reported["ignored_by"]


def test_reconciling_from_before_the_start_date_explains_what_lacks(young: DagsterSite, command: Command) -> None:
    flow = f"{NAME}/invoices"
    swept = young.run_job(f"{NAME}_sweep")
    old = invoices(young, swept.run_id)["ignored_by"]["before_start_date"]
    _, out, err = command("reconcile", flow, "--from", young.first.isoformat(), "--json")
    reported = [each["explained_by"] for each in json.loads(out)["flows"][0]["differences"]]
    assert reported.count("rule:before_start_date") == old, err
    _, out, _ = command("reconcile", flow, "--json")
    assert "rule:before_start_date" not in [each["explained_by"] for each in json.loads(out)["flows"][0]["differences"]]


def test_a_mistake_makes_no_run(young: DagsterSite, command: Command) -> None:
    with young.instance() as instance:
        before = instance.get_runs_count()
    code, out, err = command("sync", f"{NAME}/invoices", "--key", "F0411:nix")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "the source holds no F0411:nix: the keys of this flow are such as F0411:" in err
    with young.instance() as instance:
        assert instance.get_runs_count() == before


def test_history_before_the_start_date_is_marked_as_seen(young: DagsterSite, command: Command) -> None:
    held, days = young.state()["invoices"]["count"], ("--from", young.first.isoformat())
    code, out, err = command("sync", f"{NAME}/invoices", "--baseline", *days, "--json")
    entry = json.loads(out)
    assert (code, entry["flows"][0]["outcomes"]["ignored"] > 10) == (0, True), err
    assert young.state()["invoices"]["count"] == held
    swept = young.run_job(f"{NAME}_sweep")
    # what was delivered and is open is looked at again; nothing of before is
    reported = invoices(young, swept.run_id)
    assert reported["read"] == reported["outcomes"]["unchanged"], reported["outcomes"]
    assert young.state()["invoices"]["count"] == held


def test_a_plan_of_before_is_shown_and_applied(young: DagsterSite, command: Command) -> None:
    held, days = young.state()["invoices"]["count"], ("--from", young.first.isoformat())
    young.run_job(f"{NAME}_sweep")
    _, out, _ = command("sync", f"{NAME}/invoices", "--plan", "--before-start", *days, "--json")
    plan = json.loads(out)
    planned = plan["flows"][0]["outcomes"]["created"]
    assert (plan["plan"], planned > 10, young.state()["invoices"]["count"]) == (True, True, held)
    _, out, err = command("sync", "--apply", plan["plan_id"], "--json")
    assert json.loads(out)["flows"][0]["outcomes"]["created"] == planned, err
    assert young.state()["invoices"]["count"] == held + planned


def test_a_run_of_the_job_that_nothing_was_said_to_does_nothing(young: DagsterSite) -> None:
    written = young.writes()
    done = young.run_job(f"{NAME}_let_in")
    assert not done.success
    assert [each.message for each in done.failures] == [
        "nothing says what is to be let in: connector sync FLOW --key KEY does"
    ]
    assert young.writes() == written
