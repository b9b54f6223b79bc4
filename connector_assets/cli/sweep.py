"""`connector sweep`: the slower comparison of all keys, which finds what the days missed, and deletions."""

from __future__ import annotations

import typer

from connector_assets.cli.arguments import chosen_flows, require_credentials, require_systems, writing_home
from connector_assets.cli.show import Json, print_json, quiet_stdout
from connector_assets.cli.sync import Target, report_problems
from connector_assets.cli.waiting import report_waiting


def sweep(target: Target, as_json: Json = False) -> None:
    """Compare all keys of an integration, or of one flow, and deliver what the days missed."""
    home = writing_home()
    settings = home.settings()
    integration, kinds = chosen_flows(settings, target)
    require_credentials(home, settings, integration)
    require_systems(home, settings, integration)

    from connector_assets.cli.syncing import run_sweep
    from connector_assets.cli.tables import print_flows

    with quiet_stdout():
        done = run_sweep(home, integration, kinds, whole="/" not in target)
    if as_json:
        print_json(done.as_json())
    else:
        print_flows(done.entries)
    report_problems(done)
    names = [f"{integration.name}/{kind.name}" for kind in kinds]
    report_waiting(home.ledger(), names)
    raise typer.Exit(done.code(home.ledger(), names))
