"""What goes wrong goes wrong on its day alone, and running that day again finishes what is left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from multiprocessing.process import BaseProcess
from typing import Any

import pandas as pd
import pytest
from dagster_site import NAME, DagsterSite
from forks import forked

from connector_assets.engine.flow import Flow, Frames
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.task import DeliveryPolicy
from connector_assets.orchestration import flow_assets, runs
from connector_assets.orchestration.flow_assets import delivered_key, mapped_key
from connector_assets.pairs.jde_coupa.suppliers.flow import Suppliers

CREATE = {"system": "coupa", "route": "POST /api/invoices"}
DELIVERED = delivered_key(NAME, "invoices")
WINDOW = 0.5  # seconds in which a lost call may still take effect


@pytest.fixture
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine tries each document once a run."""
    usual = flow_assets.policy_of

    def hurried(flow: Flow) -> DeliveryPolicy:
        return replace(usual(flow), tries=1)

    monkeypatch.setattr(flow_assets, "policy_of", hurried)


def unfinished(site: DagsterSite) -> list[tuple[str, str]]:
    """(state, day) of the invoices that the next run must look at."""
    deliveries, flow = site.home.ledger().deliveries, f"{NAME}/invoices"
    known = deliveries.load(flow, deliveries.keys(flow))
    return [(each.state, str(each.partition)) for each in known.values() if each.state in ("failed", "in_doubt")]


def expected_statuses(site: DagsterSite, failed: set[str]) -> list[str]:
    return ["FAILED" if day in failed else "MATERIALIZED" for day in site.names]


# in Coupa's own words: any other server's 429 proves nothing
TOO_MANY = {"errors": {"base": ["Too many requests."]}}


@pytest.mark.parametrize(
    ("fault", "state"),
    [({"kind": "status", "status": 429, "body": TOO_MANY}, "failed"), ({"kind": "drop_before"}, "in_doubt")],
    ids=["not taken", "nobody was told whether it was taken"],
)
def test_a_failed_document_fails_its_day_which_run_again_finishes_it(
    both_sites: DagsterSite, one_try: None, fault: dict[str, Any], state: str
) -> None:
    site = both_sites
    site.configure(lambda settings: settings["connections"]["coupa"].update(effect_window_seconds=WINDOW))
    site.sandbox.post("/faults", {**CREATE, **fault, "calls": [7]})
    run = site.run()

    assert [failure.step for failure in run.failures] == ["jde_coupa__invoices__delivered"]
    assert f"1 {state}" in run.failures[0].message
    [(found, day)] = unfinished(site)
    assert found == state
    assert site.statuses(DELIVERED) == expected_statuses(site, {day})
    assert site.metadata(DELIVERED, next(each for each in site.days if str(each) != day))["created"] > 0

    time.sleep(WINDOW)  # until then nobody can know that a lost call has had no effect
    again = site.run(date.fromisoformat(day))

    assert again.success, again.failures
    assert unfinished(site) == []
    assert site.statuses(DELIVERED) == ["MATERIALIZED"] * 3
    assert site.state()["invoices"]["count"] == delivered_count(site)


def delivered_count(site: DagsterSite) -> int:
    return len(list(site.home.ledger().links.all(flow=f"{NAME}/invoices")))


def test_an_outage_skips_the_later_flow_and_the_next_run_catches_up(site: DagsterSite) -> None:
    site.sandbox.post(
        "/faults", {"system": "coupa", "route": "* /api/suppliers*", "kind": "drop_before", "name": "out"}
    )
    down = site.run()

    assert not down.success
    assert "jde_coupa__suppliers__delivered" in {failure.step for failure in down.failures}
    assert "invoices" not in site.outcomes(down)
    assert site.outcomes(down)["accounts"]["created"] == 184
    assert site.statuses(mapped_key(NAME, "invoices")) == ["FAILED"] * 3

    site.sandbox.post("/faults", {"replace": True, "rules": []})
    up = site.run(tags={"connector/due": "yes"})

    assert up.success, up.failures
    assert site.statuses(DELIVERED) == ["MATERIALIZED"] * 3
    assert site.state()["invoices"]["count"] == site.outcomes(up)["invoices"]["created"] > 0


def test_the_asset_that_writes_holds_by_itself_what_is_not_valid_any_more(synced: DagsterSite) -> None:
    ledger, state = synced.home.ledger(), synced.state()
    invoice = next(link for link in ledger.links.all(flow=f"{NAME}/invoices"))
    for link in ledger.links.all(flow=f"{NAME}/suppliers"):
        ledger.links.remove(f"{NAME}/suppliers", link.source_key, "clerk", ledger.clock.now())

    alone = synced.deliver("invoices")

    assert alone.success, alone.failures
    counted = synced.outcomes(alone)["invoices"]
    assert counted["held"] > 0 and "unchanged" not in counted and "created" not in counted
    assert synced.state() == state
    reasons = {
        each.reason for each in ledger.exceptions.open(flow=f"{NAME}/invoices") if each.key == invoice.source_key
    }
    assert reasons == {"supplier_not_linked"}


def twice(frames: Frames) -> Frames:
    return Frames(pd.concat([frames.documents, frames.documents], ignore_index=True), frames.lines)


def test_the_asset_that_writes_refuses_by_itself_a_frame_of_the_wrong_shape(
    site: DagsterSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.run(assets=[*site.assets_of("suppliers")[:-1]]).success
    load = Pipeline.load
    monkeypatch.setattr(Pipeline, "load", lambda pipeline, days: twice(load(pipeline, days)))

    alone = site.deliver("suppliers")

    assert not alone.success
    assert "nothing was written" in alone.failures[0].message
    assert site.writes() == 0
    assert site.statuses(delivered_key(NAME, "suppliers")) == ["FAILED"] * 3


def test_a_frame_of_the_wrong_shape_stops_its_flow_and_those_that_need_it(
    site: DagsterSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = Suppliers.resolve
    monkeypatch.setattr(Suppliers, "resolve", lambda flow, frames: twice(resolve(flow, frames)))

    run = site.run()

    assert {failure.step for failure in run.failures} == {"jde_coupa__suppliers__mapped"}
    assert list(site.outcomes(run)) == ["accounts"]
    shape = site.checks(mapped_key(NAME, "suppliers"), "shape")
    assert {day: each.passed for day, each in shape.items()} == dict.fromkeys(site.names, False)
    assert all(each.blocking and each.metadata["failures"].value for each in shape.values())
    assert site.statuses(mapped_key(NAME, "suppliers")) == ["FAILED"] * 3
    assert site.state()["suppliers"]["count"] == 0


def be_a_run(first: date, last: date) -> None:
    """The life of a process that makes a whole run."""
    usual = flow_assets.policy_of
    flow_assets.policy_of = lambda flow: replace(usual(flow), send_within=1.0)
    runs.execute(NAME, first_day=first, last_day=last, tags={})


@pytest.fixture
def command(site: DagsterSite) -> Iterator[BaseProcess]:
    """A whole run in a process of its own."""
    started = forked(be_a_run, site.first, site.last)
    yield started
    started.kill()
    started.join()


@pytest.mark.slow
def test_a_killed_run_is_finished_by_the_next_without_duplicates(
    site: DagsterSite, command: BaseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.sandbox.post("/faults", {**CREATE, "kind": "delay", "seconds": 0.2})
    deadline = time.monotonic() + 60
    while site.calls()["POST /api/invoices"] < 20:
        assert time.monotonic() < deadline and command.is_alive(), "the run did not get that far"
        time.sleep(0.02)
    command.kill()
    command.join()
    site.sandbox.post("/faults", {"replace": True, "rules": []})
    assert 0 < site.state()["invoices"]["count"] < 60

    # the next run waits until the dead one's calls are past, and not for its claims, which last ten minutes
    monkeypatch.setenv("CONNECTOR_PATIENCE_SECONDS", "60")
    usual = flow_assets.policy_of
    monkeypatch.setattr(flow_assets, "policy_of", lambda flow: replace(usual(flow), send_within=1.0))
    again = site.run(tags={"connector/due": "yes"})

    assert again.success, again.failures
    links, documents = delivered_count(site), site.sandbox.systems["coupa"].dump()["invoices"].values()
    assert len(documents) == links
    assert sum(site.outcomes(again)["invoices"].get(name, 0) for name in ("created", "unchanged", "adopted")) == links
    numbers = Counter((row["supplier"], row["invoice-number"]) for row in documents)
    assert set(numbers.values()) == {1}
    with site.instance() as instance:
        assert [run.status.value for run in instance.get_runs()] == ["SUCCESS", "FAILURE"]
