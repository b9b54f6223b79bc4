"""`connector home`: to which place the ledger belongs, and how a copy, or a home that was moved, comes to write."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from connector_assets.cli.arguments import actor, existing_home
from connector_assets.cli.exits import tell
from connector_assets.cli.show import Json, print_json, print_line
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.ledger import Ledger

app = typer.Typer(name="home", help="Which home this is, and where it may write.", no_args_is_help=True)

WORD = "claim"


@app.command("show")
def show(as_json: Json = False) -> None:
    """The home's id, the place that it belongs to, and the place where it is opened now."""
    ledger = existing_home().ledger()
    found, last = ledger.home.get(), ledger.home.last_event_at()
    entry = {
        "id": found.id,
        "generation": found.generation,
        "place": found.place,
        "since": found.since.isoformat(),
        "here": ledger.home.here,
        "writes": found.place == ledger.home.here,
        "last_event_at": last.isoformat() if last else None,
    }
    if as_json:
        print_json(entry)
        return
    entry["writes"] = "yes" if entry["writes"] else "no: it was copied or moved, see `connector home claim`"
    for name, value in entry.items():
        print_line(f"{name.replace('_', ' '):>13}  {value or 'never'}")


@app.command("claim")
def claim(
    yes: Annotated[bool, typer.Option("--yes", help="The other one will never write again: do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Let this home write here, where it was copied or moved to. The other one must never write again."""
    ledger = existing_home().ledger()
    if not yes:
        _ask(ledger)
    before, after = ledger.home.claim(actor())
    if as_json:
        print_json({"id": after.id, "generation": after.generation, "from": before.place, "to": after.place})
    if before == after:
        tell(f"this home belongs to {after.place} already: nothing is changed")
        return
    tell(
        f"this home belongs to {after.place} now; it belonged to {before.place}. What that one wrote after the copy is "
        "unknown here: `connector sync INTEGRATION --plan` and `connector reconcile INTEGRATION` show it"
    )


def _ask(ledger: Ledger) -> None:
    """What a claim does, and the word for it. Raises UnusableInput without the word, or a terminal to ask at."""
    found = ledger.home.get()
    if found.place == ledger.home.here:
        return
    last = ledger.home.last_event_at()
    tell(f"This home was opened last at {found.place}; its last event is of {last.isoformat() if last else 'no day'}.")
    tell("A claim lets it write here. It does not stop the other one, which it cannot see: two that write make each")
    tell("document twice. Stop the other one for good first: its schedules, its daemon, its inbox, its people.")
    if not sys.stdin.isatty():
        raise UnusableInput(
            "there is no terminal to ask at: `connector home claim --yes` says that the other is stopped"
        )
    if typer.prompt(f"Type {WORD} to go on", err=True, default="", show_default=False).strip() != WORD:
        raise UnusableInput("nothing was claimed")
