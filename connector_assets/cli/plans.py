"""`connector plans`: what was planned, by whom, and how much of it was applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.arguments import existing_home
from connector_assets.cli.show import Json, print_json, print_line, print_table

if TYPE_CHECKING:
    from connector_resources.ledger import Ledger, Report

app = typer.Typer(name="plans", help="What `sync --plan` made: to look at, and to apply.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="PLAN_ID", help="As `plans list` shows it.")]


@app.command("list")
def list_plans(
    integration: Annotated[str | None, typer.Option("--integration", help="Only of this integration.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """The newest plans. `connector sync --apply PLAN_ID` sends what one says."""
    home = existing_home()
    if integration is not None:
        home.settings().integration(integration)
    ledger = home.ledger()
    found = _plans(ledger, ledger.reports.plans(limit, integration))
    if as_json:
        print_json({"plans": found})
        return
    rows = [
        (
            each["plan_id"],
            each["planned_at"],
            each["planned_by"],
            ", ".join(f"{flow['flow'].partition('/')[2]} {flow['documents']}" for flow in each["flows"]),
            each["applied"],
            each["plan_reason"],
        )
        for each in found
    ]
    print_table(f"{len(found)} plans", ("plan", "at", "by", "to send", "applied", "only planned because"), rows)


def _plans(ledger: Ledger, reports: Sequence[Report]) -> list[dict[str, Any]]:
    """An entry for each plan; what another version made tells less."""
    of_plan: dict[str, list[Report]] = {}
    for each in reports:
        of_plan.setdefault(each.run, []).append(each)
    applied = ledger.staged.applied(list(of_plan))
    return [
        {
            "plan_id": id,
            "integration": parts[0].flow.partition("/")[0],
            "planned_by": parts[0].report.get("plan", {}).get("by"),
            "planned_at": parts[0].at.isoformat(timespec="seconds"),
            "applied": applied.get(id, 0),
            "plan_reason": next((each.report["plan_reason"] for each in parts if "plan_reason" in each.report), None),
            "flows": [
                {
                    "flow": each.flow,
                    "read": each.report["read"],
                    "outcomes": each.report["outcomes"],
                    "documents": each.report.get("plan", {}).get("calls", 0),
                }
                for each in parts
            ],
        }
        for id, parts in of_plan.items()
    ]


@app.command("show")
def show_plan(id: Id, as_json: Json = False) -> None:
    """One plan: every document with what would be sent, to the byte."""
    from connector_assets.cli.tables import print_flows
    from connector_assets.engine import plans

    home = existing_home()
    ledger = home.ledger()
    plan = plans.load(ledger, id)
    first = next(iter(plan.flows.values()))
    planned = {"planned_by": first.by, "planned_at": first.at.isoformat(timespec="seconds")}
    if as_json:
        entries = [each.entry() for each in plan.flows.values()]
        print_json({"plan_id": id, "integration": plan.integration, **planned, "flows": entries})
        return
    print_line(f"{id}, by {planned['planned_by']} at {planned['planned_at']}")
    print_flows([each.entry() for each in plan.flows.values()], plan=True)
    calls = sum(len(each.calls(id)) for each in plan.flows.values())
    applied = ledger.staged.applied([id]).get(id, 0)
    left = f"; send the rest: connector sync --apply {id}" if applied < calls else ""
    print_line(f"{applied} of {calls} documents applied{left}")
