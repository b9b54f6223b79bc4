"""The papers of both systems side by side, as the page shows them: an asset by day, and its check with a table."""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster_site import NAME, DagsterSite

from connector_resources.connections.coupa import COUPA_SCOPES, PURCHASE_ORDER_SCOPES

BESIDE = dg.AssetKey([NAME, "side_by_side"])


def with_orders(settings: dict[str, Any]) -> None:
    """The site sends its purchase orders."""
    flows = settings["integrations"][NAME]["flows"]
    flows["purchase_orders"] = {"ship_to_user": "erp_receiver", "ship_to_location": "M30"}
    settings["connections"]["coupa"]["scopes"] = [*COUPA_SCOPES, *PURCHASE_ORDER_SCOPES]


def table(evaluation: dg.AssetCheckEvaluation) -> list[dict[str, Any]]:
    """The rows of a check's table."""
    shown = evaluation.metadata["table"]
    assert isinstance(shown, dg.TableMetadataValue)
    return [dict(record.data) for record in shown.records]


def test_each_sync_compares_what_changed_and_tells_what_does_not_agree(site: DagsterSite) -> None:
    site.configure(with_orders)
    first = site.run()
    assert first.success, first.failures
    assert site.statuses(BESIDE) == ["MATERIALIZED"] * len(site.names)
    reported = site.checks(BESIDE, "discrepancies")
    assert sorted(reported) == site.names
    assert sum(site.metadata(BESIDE, day)["compared"] for day in site.days) > 0

    # somebody in Coupa lowers an invoice that came from a voucher
    invoice = next(each for each in site.sandbox.systems["coupa"].dump()["invoices"].values())
    line = {"id": invoice["invoice-lines"][0]["id"], "price": "0.01"}
    body = {"invoice-lines": [line]}
    site.sandbox.post("/rows", {"system": "coupa", "entity": "invoices", "id": invoice["id"], "set": body})
    before = table(reported[site.names[-1]])
    again = site.run(site.last)
    assert again.success, again.failures

    after = site.checks(BESIDE, "discrepancies")[site.names[-1]]
    assert (after.passed, after.severity) == (False, dg.AssetCheckSeverity.WARN)
    rows = table(after)
    assert len(rows) > len(before)
    [mine] = [row for row in rows if row["key"] == f"invoices:{invoice['id']}"]
    assert (mine["what"], mine["why"]) == ("amount", "voucher and invoice differ")
    assert mine["invoice"] != mine["voucher"]


def test_a_site_without_orders_and_approved_invoices_has_nothing_to_put_side_by_side(site: DagsterSite) -> None:
    from connector_assets import definitions

    assert BESIDE not in definitions.defs.resolve_asset_graph().get_all_asset_keys()
