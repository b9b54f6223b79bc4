"""`connector mappings`: the value tables that an operator owns. A changed value tries again what waited for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector_assets.cli.arguments import actor, existing_home, require_credentials, run_name, writing_home
from connector_assets.cli.exits import tell
from connector_assets.cli.show import Json, print_json, print_line, print_table, quiet_stdout
from connector_resources.errors import SystemProblem, UnusableInput
from connector_resources.ledger import csv_files
from connector_resources.ledger.mappings import COLUMNS

if TYPE_CHECKING:
    from connector_resources.home import Home
    from connector_resources.ledger import Ledger

app = typer.Typer(name="mappings", help="Value tables: payment terms, units, departments.", no_args_is_help=True)

Integration = Annotated[str, typer.Argument(metavar="INTEGRATION", help="An integration of connections.yaml.")]
Table = Annotated[str, typer.Argument(metavar="TABLE", help="The table's name, such as payment_terms.")]
Unchecked = Annotated[bool, typer.Option("--unchecked", help="Set it without asking whether the target has it.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The value in the source.")]


@app.command("list")
def list_mappings(
    integration: Annotated[str | None, typer.Argument(help="Only this integration's.")] = None,
    name: Annotated[str | None, typer.Option("--table", help="Only this table.")] = None,
    as_json: Json = False,
) -> None:
    """All values."""
    home = existing_home()
    if integration is not None:
        home.settings().integration(integration)
    found = home.ledger().mappings.list(integration, name)
    names = ("integration", "name", "key", "value", "note", "updated_by", "updated_at")
    if as_json:
        print_json({"mappings": [{name: getattr(row, name) for name in names} for row in found]})
        return
    print_table(None, names, [[getattr(row, name) for name in names] for row in found])


@app.command("set")
def set_mapping(
    integration: Integration,
    name: Table,
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value in the target.")],
    note: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "",
    unchecked: Unchecked = False,
) -> None:
    """Set one value, which must exist in the target."""
    home = writing_home()
    home.settings().integration(integration)
    for what, text in (("TABLE", name), ("KEY", key), ("VALUE", value)):
        if not text.strip():
            raise UnusableInput(f"{what} is blank")
    _check(home, integration, {(name, key): value}, unchecked=unchecked)
    ledger = home.ledger()
    ledger.mappings.set(integration, name, key, value, actor(), ledger.clock.now(), note)
    tell(f"{integration}: {name} {key} is {value}; {tried_again(ledger, integration, {(name, key)})}")


def _check(home: Home, name: str, values: Mapping[tuple[str, str], str], *, unchecked: bool) -> None:
    """Raise UnusableInput for a table or a value that does not exist, and whatever keeps the systems from being asked,
    saying how to do without."""
    from connector_assets.pairs.value_tables import asks, check_form, check_known

    settings = home.settings()
    integration = settings.integration(name)
    check_form(integration.kind, values)
    if unchecked or not asks(integration.kind, {table for table, _ in values}):
        return
    from connector_assets.run_setup import open_run_context

    try:
        require_credentials(home, settings, integration)
        with quiet_stdout(), open_run_context(home, name, run_name("mappings"), actor=actor()) as run_context:
            for warning in check_known(run_context, values):
                tell(f"connector: {warning}; it is set all the same")
    except SystemProblem:
        tell("connector: nothing was written: the values could not be looked up; --unchecked sets them all the same")
        raise


@app.command("remove")
def remove(integration: Integration, name: Table, key: Key) -> None:
    """Remove one value; what was delivered with it stays as it is."""
    home = writing_home()
    home.settings().integration(integration)
    ledger = home.ledger()
    if not ledger.mappings.remove(integration, name, key, actor(), ledger.clock.now()):
        raise UnusableInput(f"{integration} has no value {key!r} in {name}")
    tell(f"{integration}: {name} {key} is removed")


@app.command("import")
def import_mappings(
    integration: Integration,
    file: Annotated[Path, typer.Argument(help="CSV: name, key, value and note.")],
    unchecked: Unchecked = False,
) -> None:
    """Set the values of a CSV file, all or none, which must exist in the target; values that it does not name stay."""
    home = writing_home()
    home.settings().integration(integration)
    rows = csv_files.read(file, COLUMNS, optional=("note",), keys=[("name", "key")])
    values = {(row["name"], row["key"]): row["value"] for _, row in rows}
    _check(home, integration, values, unchecked=unchecked)
    ledger = home.ledger()
    changed = ledger.mappings.import_csv(file, integration, actor(), ledger.clock.now())
    tell(f"{integration}: {len(changed)} values changed; {tried_again(ledger, integration, changed)}")


@app.command("export")
def export(
    integration: Integration,
    file: Annotated[Path, typer.Argument(help="Where to write the CSV.")],
    name: Annotated[str | None, typer.Option("--table", help="Only this table.")] = None,
) -> None:
    """Write the values as CSV, ready for `import`."""
    home = existing_home()
    home.settings().integration(integration)
    count = home.ledger().mappings.export_csv(file, integration, name)
    print_line(f"{count} values in {file}")


def tried_again(ledger: Ledger, integration: str, changed: Collection[tuple[str, str]]) -> str:
    """Release what waits for these (table, key), and say how many documents that is."""
    keys: dict[str, set[str]] = {}
    for name, key in changed:
        keys.setdefault(name, set()).add(key)
    released = {
        document for name in keys for document in ledger.release_for_mapping(integration, name, sorted(keys[name]))
    }
    return f"{len(released)} documents will be tried again by the next sync"
