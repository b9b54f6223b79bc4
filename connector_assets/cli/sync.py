"""`connector sync`: one integration, or one flow of it, now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector_assets.cli.arguments import (
    chosen_flows,
    day_of,
    existing_home,
    require_credentials,
    require_flow,
    require_systems,
    writing_home,
)
from connector_assets.cli.exits import tell
from connector_assets.cli.show import Json, print_json, print_line, quiet_stdout
from connector_assets.cli.waiting import report_waiting
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_assets.cli.planned import Plan
    from connector_assets.cli.syncing import Outcome

Target = Annotated[str, typer.Argument(metavar="INTEGRATION[/FLOW]", help="Such as jde_coupa or jde_coupa/invoices.")]
MaybeTarget = Annotated[
    str | None, typer.Argument(metavar="INTEGRATION[/FLOW]", help="Such as jde_coupa or jde_coupa/invoices.")
]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, YYYY-MM-DD.")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day, included; without it, today.")]


def sync(
    target: MaybeTarget = None,
    first: From = None,
    last: To = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be written; write nothing.")] = False,
    apply: Annotated[
        str | None, typer.Option("--apply", metavar="PLAN_ID", help="Send what this plan says, and nothing else.")
    ] = None,
    adopt: Annotated[bool, typer.Option("--adopt", help="Link what the target already holds; write nothing.")] = False,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Mark what there is as seen; only changes are sent from then on.")
    ] = False,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="KEY", help="This document of the flow, whatever day it is of; may be repeated."),
    ] = None,
    before_start: Annotated[
        bool, typer.Option("--before-start", help="The documents of days before the start date, from --from on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring an integration, or one flow of it, into agreement."""
    if plan + adopt + baseline + (apply is not None) > 1:
        raise UnusableInput("--plan, --apply, --adopt and --baseline exclude each other")
    if key and (first or last or before_start):
        raise UnusableInput("--key says which documents: --from, --to and --before-start do not apply")
    if apply is not None:
        if first or last or key or before_start:
            others = "--from and --to" if first or last else "--key and --before-start"
            raise UnusableInput(f"--apply sends the documents of its plan: {others} do not apply")
        from connector_assets.cli.applied import apply_plan

        raise typer.Exit(apply_plan(apply, target, as_json=as_json))
    if target is None:
        raise UnusableInput("Missing argument INTEGRATION[/FLOW], such as jde_coupa")
    begin, end = day_of(first, "--from"), day_of(last, "--to")
    if begin and end and begin > end:
        raise UnusableInput(f"--from {begin} is after --to {end}")
    home = existing_home() if plan else writing_home()
    settings = home.settings()
    integration, kinds = chosen_flows(settings, target)
    if key:
        require_flow(settings, target)
    require_credentials(home, settings, integration)
    names = [f"{integration.name}/{kind.name}" for kind in kinds]

    from connector_assets.cli.planned import plan_flows
    from connector_assets.cli.syncing import chosen_of, days_of_sync, run_chosen, run_flows
    from connector_assets.cli.tables import print_flows
    from connector_assets.run_setup import open_run_context

    mode = "adopt" if adopt else "baseline" if baseline else None
    if key:
        # the source is asked which documents they are
        require_systems(home, settings, integration)
    with open_run_context(home, integration.name, "sync", reading=True) as run_context:
        flows = [kind(run_context) for kind in kinds]
        chosen = chosen_of(
            run_context, flows, keys=key or (), days=(begin, end), before_start=before_start, mode=mode or "apply"
        )
        days = days_of_sync(run_context, flows, begin, end) if chosen is None else chosen.days
    if chosen is not None:
        kinds = tuple(kind for kind in kinds if kind.name in chosen.flows)
    if not key:
        require_systems(home, settings, integration)
    window = f"{days[0]} to {days[1]}" if days else f"{len(key)} documents" if key else "read whole"
    tell(f"{target}: {window}")
    done: Plan | Outcome
    with quiet_stdout():
        if plan:
            done = plan_flows(home, integration, kinds, days, chosen)
        elif chosen is not None:
            done = run_chosen(home, integration, kinds, chosen)
        else:
            done = run_flows(home, integration, kinds, days, whole="/" not in target, mode=mode)
    if as_json:
        print_json(done.as_json())
    else:
        print_flows(done.entries, plan=plan or done.plan_reason is not None)
        for line in done.lines():
            print_line(line)
    report_problems(done)
    for note in done.notes:
        tell(note)
    report_waiting(home.ledger(), names)
    raise typer.Exit(done.code(home.ledger(), names))


def report_problems(outcome: Outcome | Plan) -> None:
    """Say which steps failed and which flows therefore did nothing."""
    steps: dict[str, list[str]] = {}
    for step, why in outcome.failures.items():
        steps.setdefault(" ".join(why.split()), []).append(step.replace("__", "/"))
    for why, failed in steps.items():
        tell(f"connector: {failed[0]}{f' and {len(failed) - 1} more' if failed[1:] else ''}: {why}")
    shown = {step.replace("__", "/") for step in outcome.failures}
    for name in outcome.missing:
        if f"{name}/delivered" not in shown:
            tell(f"connector: {name} was not run, because a step before it failed")
