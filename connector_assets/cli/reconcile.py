"""`connector reconcile`: both systems side by side: counts, totals, differences, record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, tell
from connector_assets.cli.places import actor, chosen_flows, day_of, existing_home, require_credentials, run_name
from connector_assets.cli.show import Json, print_json, print_line, print_table, quiet_stdout
from connector_assets.cli.sync import From, Target, To
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_assets.reconciling import Comparison

SHOWN = 100


def reconcile(target: Target, first: From = None, last: To = None, as_json: Json = False) -> None:
    """Read both systems anew and compare them record by record."""
    begin, end = day_of(first, "--from"), day_of(last, "--to")
    if begin and end and begin > end:
        raise UnusableInput(f"--from {begin} is after --to {end}")
    home = existing_home()
    settings = home.settings()
    integration, kinds = chosen_flows(settings, target)
    # what is of before the start date is compared where somebody asks for it
    if end and begin is None and end < settings.start_date:
        raise UnusableInput(
            f"--to {end} is out of range: this home begins at {settings.start_date}; give --from to look before"
        )
    require_credentials(home, settings, integration)

    from connector_assets.opening import workbench
    from connector_assets.reconciling import compare

    found: list[Comparison] = []
    run = run_name("reconcile")
    with quiet_stdout(), workbench(home, integration.name, run, actor=actor(), reading=True) as bench:
        for kind in kinds:
            tell(f"reading {integration.name}/{kind.name} on both sides")
            found.append(compare(kind(bench), begin, end))
    if as_json:
        print_json({"flows": [each.as_json() for each in found]})
    else:
        for each in found:
            _print(each)
    ledger = home.ledger()
    waits = any(each.unexplained or ledger.exceptions.open(each.flow) for each in found)
    raise typer.Exit(NEEDS_A_PERSON if waits else DONE)


def _print(found: Comparison) -> None:
    currencies = sorted({*found.source.amounts, *found.target.amounts})
    sides = (("source", found.source), ("target", found.target))
    rows = [
        (name, f"{side.documents:,}", *(f"{side.amounts.get(each, 0):,.2f}" for each in currencies))
        for name, side in sides
    ]
    print_table(found.flow, ("", "documents", *currencies), rows, right=("documents", *currencies))
    if found.foreign:
        print_line(f"{found.foreign:,} records of the target are not ours")
    # what nothing explains comes first: it is what one looks for
    told = sorted(found.differences, key=lambda each: (each.explained_by is not None, each.kind, each.key))
    unexplained = len(found.unexplained)
    print_line(f"{len(told):,} differences, {unexplained:,} of them unexplained")
    if told:
        cells = [(e.kind, e.key, e.field, e.source, e.target, e.explained_by or "") for e in told[:SHOWN]]
        print_table(None, ("kind", "key", "field", "source", "target", "explained by"), cells)
    if len(told) > SHOWN:
        print_line(f"and {len(told) - SHOWN:,} more: --json shows them all")
    print_line("")
