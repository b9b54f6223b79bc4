"""`connector sync --apply`: send what a plan says. No Dagster run, like a replay."""

from __future__ import annotations

from connector_assets.cli.arguments import (
    actor,
    chosen_flows,
    require_credentials,
    require_systems,
    run_name,
    writing_home,
)
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, UNREACHABLE, line_of, tell
from connector_assets.cli.show import print_json, quiet_stdout
from connector_assets.cli.tables import print_flows
from connector_assets.cli.waiting import report_waiting
from connector_assets.engine import plans
from connector_assets.engine.applying import Applied, apply
from connector_assets.engine.plans import Plan
from connector_assets.run_setup import flows_of, open_run_context
from connector_resources.connections import Settings
from connector_resources.errors import UnusableInput
from connector_resources.instance.running import marked_running
from connector_resources.ledger import Ledger

# documents that are named in one line
SHOWN = 5


def apply_plan(id: str, target: str | None, *, as_json: bool) -> int:
    """Apply a plan, or the part of it that `target` (INTEGRATION or INTEGRATION/FLOW) names; returns the exit code.

    Raises UnusableInput, with nothing sent, for a plan that is unknown, of another integration, or not to be applied.
    """
    home = writing_home()
    settings, ledger = home.settings(), home.ledger()
    plan = plans.load(ledger, id)
    names = _names(settings, plan, target)
    integration = settings.integration(plan.integration)
    require_credentials(home, settings, integration)
    require_systems(home, settings, integration)
    run = run_name("apply")
    with (
        quiet_stdout(),
        marked_running(home.dagster_home, run),
        open_run_context(home, integration.name, run, actor=actor()) as run_context,
    ):
        done = apply(run_context, flows_of(run_context), plan, names)
    if as_json:
        print_json({"run": run, "plan": False, "plan_id": id, "flows": [each.as_json() for each in done]})
    else:
        print_flows([each.report.as_json() for each in done])
    _report(done, id)
    report_waiting(ledger, names)
    return _code(ledger, done)


def _names(settings: Settings, plan: Plan, target: str | None) -> list[str]:
    """The full names of the flows to apply, in the plan's order."""
    if target is None:
        return list(plan.flows)
    integration, kinds = chosen_flows(settings, target)
    names = {f"{integration.name}/{kind.name}" for kind in kinds}
    chosen = [name for name in plan.flows if name in names]
    if not chosen:
        raise UnusableInput(f"the plan {plan.id} is of {' and '.join(plan.flows)}, not of {target}")
    return chosen


def _report(done: list[Applied], plan: str) -> None:
    for each in done:
        if each.after:
            first = sorted({name for names in each.after.values() for name in names})
            more = f" and {len(first) - SHOWN} more" if len(first) > SHOWN else ""
            tell(
                f"{each.report.flow}: {len(each.after)} planned documents refer to what was not made as planned:"
                f" {', '.join(first[:SHOWN])}{more}; once it is, connector sync --apply {plan} sends them"
            )
        if each.gone:
            tell(f"{each.report.flow}: no longer in the source: {', '.join(each.gone)}")
        if each.report.error is not None:
            tell(f"connector: {line_of(each.report.error)}")


def _code(ledger: Ledger, done: list[Applied]) -> int:
    if any(each.report.error is not None for each in done):
        return UNREACHABLE
    return NEEDS_A_PERSON if any(ledger.exceptions.open(each.report.flow) for each in done) else DONE
