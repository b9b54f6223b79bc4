"""`connector reconcile`: both systems side by side: counts, totals, differences, record by record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from connector_assets.cli.arguments import actor, chosen_flows, day_of, existing_home, require_credentials, run_name
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, tell
from connector_assets.cli.show import Json, print_json, print_line, print_table, quiet_stdout
from connector_assets.cli.sync import From, Target, To
from connector_assets.cli.tables import money_words
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_assets.engine.reconciling import Comparison

SHOWN = 100
RULE = "rule:"
UNEXPLAINED, RULES = "unexplained", "rule"
# what nothing explains comes first: it is what one looks for
TITLES = {
    UNEXPLAINED: "unexplained: look at these",
    "exception": "explained by an open exception, which a person must correct",
    RULES: "explained by a rule: nothing to do",
}


def reconcile(target: Target, first: From = None, last: To = None, as_json: Json = False) -> None:
    """Read both systems again and compare them record by record."""
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

    from connector_assets.engine.reconciling import compare
    from connector_assets.run_setup import open_run_context

    found: list[Comparison] = []
    run = run_name("reconcile")
    with quiet_stdout(), open_run_context(home, integration.name, run, actor=actor(), reading=True) as run_context:
        for kind in kinds:
            tell(f"reading {integration.name}/{kind.name} on both sides")
            found.append(compare(kind(run_context), begin, end))
    ledger = home.ledger()
    if as_json:
        print_json({"flows": [each.as_json() for each in found]})
    else:
        for each in found:
            _print(each, {row.id: row.reason for row in ledger.exceptions.open(each.flow)})
    waits = any(each.unexplained or ledger.exceptions.open(each.flow) for each in found)
    raise typer.Exit(NEEDS_A_PERSON if waits else DONE)


def _print(found: Comparison, reasons: Mapping[str, str]) -> None:
    currencies = sorted({*found.source.amounts, *found.target.amounts})
    sides = (("source", found.source), ("target", found.target))
    rows = [
        (name, f"{side.documents:,}", *(f"{side.amounts.get(each, 0):,.2f}" for each in currencies))
        for name, side in sides
    ]
    print_table(found.flow, ("", "documents", *currencies), rows, right=("documents", *currencies))
    if found.foreign:
        print_line(f"{found.foreign:,} records of the target are not ours")
    explained = found.in_order()
    print_line(f"{len(explained):,} differences, {len(found.unexplained):,} of them unexplained")
    left = SHOWN
    groups = found.summary()
    for group, title in TITLES.items():
        own = [each for each in explained if each.group == group]
        if not own:
            continue
        print_line("")
        shown = own[: max(left, 0)]
        left -= len(shown)
        what = f"{len(own):,} {title}{money_words(groups[group].as_json()['amounts'])}"
        if shown:
            columns = ("kind", "key", "field", "source", "target", *(("explained by",) if group != UNEXPLAINED else ()))
            cells = [(e.kind, e.key, e.field, e.source, e.target, _why(e.explained_by, reasons)) for e in shown]
            print_table(what, columns, [each[: len(columns)] for each in cells])
        else:
            print_line(what)
        if len(own) > len(shown):
            print_line(f"and {len(own) - len(shown):,} more: --json shows them all")
        if group == RULES:
            for name, side in sorted(found.by_explanation().items()):
                if name.startswith(RULE):
                    amounts = money_words(side.as_json()["amounts"])
                    print_line(f"  {side.documents:,} by {name.removeprefix(RULE)}{amounts}")
    print_line("")


def _why(explained_by: str | None, reasons: Mapping[str, str]) -> str:
    """The rule, or the exception with its reason: `account_not_found, exception 05gz…`."""
    if explained_by is None:
        return ""
    reason = reasons.get(explained_by)
    return f"{reason}, exception {explained_by}" if reason else explained_by
