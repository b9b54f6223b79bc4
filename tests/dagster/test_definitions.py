"""What Dagster loads: with and without a home, one thing broken among others, two instances of one pair."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster_site import NAME, DagsterSite

from connector_assets import definitions
from connector_assets.definitions import build, load_settings
from connector_assets.orchestration.resources import ConnectionResource
from connector_assets.templates import sandbox_connections
from connector_resources.connections import Settings
from connector_resources.home import Home

# a name that changes loses its history in every home
SOURCES = [
    "bill/accounting_classes",
    "bill/bills",
    "bill/chart_of_accounts",
    "bill/departments",
    "bill/locations",
    "bill/payments",
    "bill/vendor_credits",
    "bill/vendors",
    "coupa/account_types",
    "coupa/currencies",
    "coupa/invoices",
    "coupa/payment_terms",
    "coupa/uoms",
    "jde/F0006",
    "jde/F0010",
    "jde/F0014",
    "jde/F0101",
    "jde/F0115",
    "jde/F01151",
    "jde/F0116",
    "jde/F0401",
    "jde/F0411",
    "jde/F0413",
    "jde/F0414",
    "jde/F0901",
    "jde/F0911",
    "jde/F4301",
    "jde/F4311",
    "jde/F43121",
]
FLOW_ASSETS = [
    f"jde_coupa/{flow}/{part}"
    for flow in (
        "accounts",
        "approvals",
        "approved_invoices",
        "invoices",
        "payments_to_coupa",
        "purchase_orders",
        "suppliers",
    )
    for part in ("delivered", "mapped", "swept")
] + ["jde_coupa/side_by_side"]
FLOW_ASSETS += [
    f"jde_bill/{flow}/{part}"
    for flow in (
        "approved_bills",
        "bills",
        "chart_of_accounts",
        "departments",
        "payments",
        "vendor_credits",
        "vendors",
    )
    for part in ("delivered", "mapped", "swept")
]
JOBS = [
    "connector_purge",
    "jde_bill",
    "jde_bill_let_in",
    "jde_bill_sweep",
    "jde_coupa",
    "jde_coupa_let_in",
    "jde_coupa_sweep",
]
SCHEDULES = [
    "connector_monthly_purge",
    "jde_bill_nightly_sweep",
    "jde_bill_poll",
    "jde_coupa_nightly_sweep",
    "jde_coupa_poll",
]


def sandbox_settings(change: Callable[[dict[str, Any]], None] = lambda settings: None) -> Settings:
    given = yaml.safe_load(sandbox_connections(date(2026, 8, 3)))
    change(given)
    return Settings.parse(yaml.safe_dump(given), Path("connections.yaml"))


def keys(loaded: dg.Definitions) -> list[str]:
    return sorted(key.to_user_string() for key in loaded.resolve_asset_graph().get_all_asset_keys())


def jobs(loaded: dg.Definitions) -> list[str]:
    return sorted(job.name for job in loaded.get_repository_def().get_all_jobs() if not job.name.startswith("__"))


def test_without_a_home_everything_is_loaded_and_nothing_is_made(tmp_path: Path) -> None:
    loaded = build(load_settings(Home(tmp_path / "none")))

    dg.Definitions.validate_loadable(loaded)
    assert keys(loaded) == sorted(SOURCES + FLOW_ASSETS)
    assert jobs(loaded) == JOBS
    assert sorted(each.name for each in loaded.get_repository_def().schedule_defs) == SCHEDULES
    assert list(tmp_path.iterdir()) == []


def test_a_home_is_loaded_with_its_own_days_and_without_opening_ledger_or_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("opened while loading")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr(Home, "ledger", refuse)
    home = Home(tmp_path)
    home.connections_file.write_text(sandbox_connections(date(2026, 8, 3)))

    graph = build(load_settings(home)).resolve_asset_graph()

    days = graph.get(dg.AssetKey(["jde_coupa", "invoices", "delivered"])).partitions_def
    assert days is not None and days.get_first_partition_key() == "2026-08-03"
    assert [path.name for path in tmp_path.iterdir()] == ["connections.yaml"]


def test_every_asset_says_what_it_is_whose_it_is_and_where_it_belongs() -> None:
    graph = build(sandbox_settings()).resolve_asset_graph()
    for node in graph.asset_nodes:
        assert node.description and node.owners and node.kinds, node.key
        assert node.group_name == node.key.path[0]
    vouchers = graph.get(dg.AssetKey(["jde", "F0411"]))
    assert vouchers.kinds == {"jde", "parquet"}
    columns = {column.name: column for column in vouchers.metadata["dagster/column_schema"].columns}
    assert columns["UPMJ"].type == "date32[day]"
    assert columns["UPMJ"].description == "date of the last change, in the server's own time zone"
    assert graph.get(dg.AssetKey(["jde_coupa", "invoices", "delivered"])).kinds == {"coupa"}
    assert graph.get(dg.AssetKey(["jde_bill", "departments", "delivered"])).kinds == {"bill"}


def test_flows_that_need_each_others_links_come_one_after_the_other() -> None:
    graph = build(sandbox_settings()).resolve_asset_graph()
    invoices = graph.get(dg.AssetKey(["jde_coupa", "invoices", "mapped"])).parent_keys
    assert dg.AssetKey(["jde_coupa", "suppliers", "delivered"]) in invoices
    assert dg.AssetKey(["jde_coupa", "accounts", "delivered"]) in invoices
    assert dg.AssetKey(["jde", "F0411"]) in invoices


def no_url(given: dict[str, Any]) -> None:
    given["connections"]["other"] = {"system": "jde"}
    given["integrations"]["other_coupa"] = {"kind": "jde_coupa", "connections": {"jde": "other"}}


def wrong_mode(given: dict[str, Any]) -> None:
    given["integrations"]["second"] = {"kind": "jde_coupa", "flows": {"invoices": {"mode": "by_fax"}}}


def unknown_flow(given: dict[str, Any]) -> None:
    given["integrations"]["second"] = {"kind": "jde_coupa", "flows": {"suplliers": {}}}


def name_of_a_job(given: dict[str, Any]) -> None:
    given["integrations"]["jde_coupa_sweep"] = {"kind": "jde_coupa"}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (no_url, {"other": "url: this setting is required", "other_coupa": "its connection is broken"}),
        (wrong_mode, {"second": "integrations.second.flows.invoices.mode"}),
        (
            unknown_flow,
            {"second": "no flow 'suplliers' in jde_coupa; there are: suppliers, accounts, purchase_orders, invoices"},
        ),
        (name_of_a_job, {"jde_coupa_sweep": "there is a job jde_coupa_sweep already"}),
    ],
)
def test_what_is_broken_is_a_failed_check_and_the_others_stay(
    change: Callable[[dict[str, Any]], None], broken: dict[str, str]
) -> None:
    loaded = build(sandbox_settings(change))

    dg.Definitions.validate_loadable(loaded)
    assert keys(loaded) == sorted([*SOURCES, *FLOW_ASSETS, *(f"broken/{name}" for name in broken)])
    assert jobs(loaded) == JOBS
    for name, reason in broken.items():
        definition = loaded.resolve_assets_def(dg.AssetKey(["broken", name]))
        run = dg.materialize([definition], raise_on_error=False)
        assert not run.success
        [evaluation] = run.get_asset_check_evaluations()
        assert (evaluation.check_name, evaluation.passed) == ("settings", False)
        assert reason in str(evaluation.metadata["reason"].value)
        assert definition.descriptions_by_key[definition.key].endswith(str(evaluation.metadata["reason"].value))
        assert not run.asset_materializations_for_node(definition.op.name)


def test_no_secret_is_in_what_is_loaded() -> None:
    resources = build(sandbox_settings()).resources or {}
    clients = {name: each for name, each in resources.items() if isinstance(each, ConnectionResource)}
    assert {name: each.model_dump() for name, each in clients.items()} == {
        "jde_client": {"connection": "jde"},
        "coupa_client": {"connection": "coupa"},
        "bill_client": {"connection": "bill"},
    }


@pytest.mark.slow
def test_dagsters_own_check_of_the_definitions_passes_without_a_warning(tmp_path: Path) -> None:
    environment = {**os.environ, "CONNECTOR_HOME": str(tmp_path / "none"), "DAGSTER_HOME": str(tmp_path)}
    environment |= {"VIRTUAL_ENV": str(Path(sys.prefix)), "PYTHONWARNINGS": "default"}
    root = Path(definitions.__file__).parents[1]
    check = [str(Path(sys.executable).parent / "dg"), "check", "defs"]
    reported = subprocess.run(check, cwd=root, env=environment, capture_output=True, text=True, check=False)

    assert reported.returncode == 0, reported.stdout + reported.stderr
    assert "BetaWarning" not in reported.stderr and "PreviewWarning" not in reported.stderr


def second_pair(given: dict[str, Any]) -> None:
    """Two connections of each system, all to one sandbox, and two integrations of one kind."""
    for name in ("jde", "coupa"):
        given["connections"][f"{name}_north"] = {**given["connections"][name], "system": name}
    given["integrations"]["north"] = {
        "kind": "jde_coupa",
        "connections": {"jde": "jde_north", "coupa": "coupa_north"},
        "flows": {"accounts": {"chart": "JDE"}},
    }


def test_two_instances_of_one_pair_run_side_by_side_in_one_home(site: DagsterSite) -> None:
    site.configure(second_pair)
    first = site.run(site.last, assets=site.assets_of("suppliers"))
    ledger = site.home.ledger()
    assert first.success, first.failures
    assert list(ledger.deliveries.keys("north/suppliers")) == []

    # it finds the other's suppliers in the shared Coupa, and so would only plan: it is told that they are its own
    second = site.run(site.last, job="north", tags={"connector/mode": "adopt"})

    assert second.success, second.failures
    assert site.outcomes(second, "north")["suppliers"]["adopted"] == site.outcomes(first)["suppliers"]["created"]
    assert site.outcomes(second) == {}
    ours = {(link.flow, link.source_connection, link.target_connection) for link in ledger.links.all()}
    assert ours == {
        ("jde_coupa/suppliers", "jde", "coupa"),
        ("north/suppliers", "jde_north", "coupa_north"),
    }
    with site.instance() as instance:
        read = {key.to_user_string() for key in instance.get_asset_keys()}
        [of_north] = instance.get_runs(dg.RunsFilter(tags={"connector/integration": "north"}))
    assert {"jde/F0401", "jde_north/F0401", f"{NAME}/suppliers/delivered", "north/suppliers/delivered"} <= read
    assert of_north.run_id == second.run_id
