"""Plans and approvals around Dagster's runs: what waits is shown and fails nothing, an approval brings the next run,
and the command plans, applies and approves from end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from dagster_site import NAME, DagsterSite

from connector_assets.cli.app import run
from connector_assets.orchestration.flow_assets import delivered_key
from connector_assets.orchestration.schedules import tick
from connector_resources.ledger.approving import Chosen

DELIVERED = delivered_key(NAME, "invoices")


@pytest.fixture
def asking(site: DagsterSite) -> DagsterSite:
    """An installation whose vouchers need an approval."""

    def change(settings: dict[str, Any]) -> None:
        settings["integrations"][NAME]["flows"]["invoices"] = {"approval": "required"}

    site.configure(change)
    return site


def test_what_waits_is_shown_and_fails_nothing_and_an_approval_brings_the_next_run(asking: DagsterSite) -> None:
    site = asking
    first = site.run()
    assert first.success, first.failures
    staged = site.outcomes(first)["invoices"]["staged"]
    assert staged > 10 and site.state()["invoices"]["count"] == 0

    assert site.statuses(DELIVERED) == ["MATERIALIZED"] * 3
    shown = [site.metadata(DELIVERED, day) for day in site.days]
    assert sum(day["staged"] for day in shown) == staged
    rows = [record.data for day in shown if day["staged"] for record in day["waiting for approval"].records]
    waiting = {row.id: row for row in site.home.ledger().staged.waiting()}
    assert len(rows) == staged == len(waiting)
    assert all(waiting[row["id"]].key == row["key"] and row["action"] == "create" for row in rows)
    command = f"`connector approvals list --flow {NAME}/invoices`"
    assert {day["approvals"] for day in shown if day["staged"]} == {command}

    with site.instance() as instance:
        assert "nothing changed" in str(getattr(tick(instance, NAME), "skip_message", "a run"))
    ledger = site.home.ledger()
    chosen = Chosen(flow=f"{NAME}/invoices")
    ledger.staged.approve(chosen, actor="ann", now=ledger.clock.now())
    with site.instance() as instance:
        assert f"{staged} documents of invoices are due" in tick(instance, NAME).tags["connector/why"]

    # the delivered asset by itself sends what was approved, as it was mapped
    second = site.deliver("invoices", *site.days)
    assert second.success, second.failures
    assert site.state()["invoices"]["count"] == staged
    assert ledger.staged.waiting() == []


Command = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Command:
    """One command line: its exit code, what it printed as JSON, and what it told."""

    def call(*arguments: str) -> tuple[int, dict[str, Any], str]:
        capfd.readouterr()
        code = run([*arguments, "--json"])
        out, err = capfd.readouterr()
        return code, json.loads(out) if out else {}, err

    return call


def needs_a_person(flow: dict[str, Any]) -> bool:
    return any(flow["outcomes"][name] for name in ("held", "conflict", "refused", "failed", "in_doubt"))


def test_the_command_plans_and_applies(site: DagsterSite, cli: Command) -> None:
    assert site.run(assets=[*site.assets_of("suppliers"), *site.assets_of("accounts")]).success
    written = site.writes()

    _, planned, _ = cli("sync", f"{NAME}/invoices", "--plan")
    (flow,) = planned["flows"]
    requests = {each["key"]: each["request"] for each in flow["documents"]}
    assert len(requests) == flow["outcomes"]["created"] > 10
    id = planned["plan_id"]
    assert cli("plans", "show", id)[1]["flows"][0]["documents"] == flow["documents"]
    assert site.writes() == written

    # a plan is of its integration, and of its flows
    code, _, err = cli("sync", f"{NAME}/suppliers", "--apply", id)
    assert (code, err) == (2, f"connector: the plan {id} is of {NAME}/invoices, not of {NAME}/suppliers\n")
    code, applied, _ = cli("sync", "--apply", id)
    (done,) = applied["flows"]
    assert (applied["plan"], applied["plan_id"], applied["run"][:6]) == (False, id, "apply-")
    assert done["outcomes"]["created"] == done["read"] == done["calls"]["write"] == len(requests)
    assert site.state()["invoices"]["count"] == len(requests)
    assert code == 0

    code, again, _ = cli("sync", NAME, "--apply", id)
    assert (code, again["flows"][0]["outcomes"]["unchanged"]) == (0, len(requests))
    assert again["flows"][0]["calls"]["write"] == 0
    (listed,) = cli("plans", "list")[1]["plans"]
    assert (listed["plan_id"], listed["applied"], listed["flows"][0]["documents"]) == (id, len(requests), len(requests))


def test_the_command_plans_the_whole_chain_and_applies_it(
    site: DagsterSite, cli: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    """Given an empty Coupa, one plan has everything that a sync would send, tells its id and how to apply it, and is
    applied; then nothing but what is really held is left."""
    run(["sync", NAME, "--plan"])
    shown, err = capfd.readouterr()
    id = shown.rpartition("connector sync --apply ")[2].strip()
    assert f"plan {id}: " in shown and f"connector plans show {id}" in shown
    assert "suppliers/" in shown and "wait only for" not in err
    flows = {each["flow"]: each for each in cli("plans", "show", id)[1]["flows"]}
    invoices = flows[f"{NAME}/invoices"]
    assert invoices["outcomes"]["created"] > 10 * invoices["outcomes"]["held"]
    assert len({each["key"] for each in invoices["held"]}) == invoices["outcomes"]["held"]
    assert "None" not in shown
    assert all(any(name.startswith("suppliers/") for name in each["after"]) for each in invoices["documents"])

    # one flow by itself does not foresee what others link, and says so
    _, _, err = cli("sync", f"{NAME}/invoices", "--plan")
    assert f"connector sync {NAME} --plan plans them together" in err
    code, early, err = cli("sync", f"{NAME}/invoices", "--apply", id)
    assert (code, early["flows"][0]["outcomes"]["created"]) == (1, 0)
    assert len(early["flows"][0]["waits_for_plan"]) == len(invoices["documents"])
    assert f"once it is, connector sync --apply {id} sends them" in err

    code, applied, err = cli("sync", "--apply", id)
    assert {each["flow"]: each["outcomes"]["created"] for each in applied["flows"]} == {
        name: each["outcomes"]["created"] for name, each in flows.items()
    }
    assert code == 0 and "once it is" not in err
    run(["plans", "show", id])
    shown = capfd.readouterr().out
    assert f"{sum(each['outcomes']['created'] for each in flows.values())} of " in shown and "--apply" not in shown
    _, synced, _ = cli("sync", NAME)
    kept = {each["flow"]: each["outcomes"]["unchanged"] for each in synced["flows"]}
    assert kept[f"{NAME}/invoices"] == invoices["outcomes"]["created"]


def test_the_command_approves(asking: DagsterSite, cli: Command) -> None:
    assert asking.run(assets=[*asking.assets_of("suppliers"), *asking.assets_of("accounts")]).success
    code, synced, err = cli("sync", f"{NAME}/invoices")
    (flow,) = synced["flows"]
    staged = flow["outcomes"]["staged"]
    assert f"{NAME}/invoices: {staged} documents wait for an approval" in err
    assert code == (1 if needs_a_person(flow) else 0)

    listed = cli("approvals", "list", "--flow", f"{NAME}/invoices")[1]["approvals"]
    assert len(listed) == staged
    one = listed[0]
    shown = cli("approvals", "show", one["id"])[1]
    assert shown["request"]["invoice-number"] and shown["state"] == "waiting"
    named = {name: one[name] for name in ("id", "flow", "key")}
    assert cli("approvals", "approve", one["id"])[1] == {"approved": [named]}

    _, synced, _ = cli("sync", f"{NAME}/invoices")
    assert synced["flows"][0]["outcomes"]["created"] == asking.state()["invoices"]["count"] == 1
    assert len(cli("approvals", "list")[1]["approvals"]) == staged - 1
    code, _, err = cli("approvals", "approve", one["id"])
    assert (code, err) == (2, f"connector: {one['id']} does not wait for an approval\n")
