"""`connector links`: the cross-references, set by hand where the connector cannot know them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector_assets.cli.arguments import (
    actor,
    existing_home,
    require_credentials,
    require_flow,
    run_name,
    writing_home,
)
from connector_assets.cli.exits import tell
from connector_assets.cli.show import Json, print_json, print_line, print_table
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_assets.engine.document import Target
    from connector_assets.engine.flow import Flow
    from connector_resources.connections import IntegrationSettings, Settings
    from connector_resources.home import Home
    from connector_resources.ledger import Ledger, NewLink

SHOWN = (
    "flow",
    "source_connection",
    "source_key",
    "target_connection",
    "target_entity",
    "target_id",
    "target_label",
    "origin",
    "at",
)

app = typer.Typer(name="links", help="Which record here is which record there.", no_args_is_help=True)

FlowName = Annotated[str, typer.Argument(metavar="INTEGRATION/FLOW", help="Such as jde_coupa/suppliers.")]
SourceKey = Annotated[str, typer.Argument(metavar="KEY", help="The document's key, such as F0401:4711.")]
Only = Annotated[str | None, typer.Argument(metavar="[INTEGRATION[/FLOW]]", help="Only these.")]


@app.command("list")
def list_links(only: Only = None, as_json: Json = False) -> None:
    """All links."""
    home = existing_home()
    found = home.ledger().links.all(**_chosen(home.settings(), only))
    rows = [{name: getattr(link, name) for name in SHOWN} for link in found]
    if as_json:
        print_json({"links": rows})
        return
    print_table(None, SHOWN, [list(row.values()) for row in rows])


def _chosen(settings: Settings, only: str | None) -> dict[str, str]:
    if only is None:
        return {}
    settings.integration(only.partition("/")[0])
    return {"flow" if "/" in only else "integration": only}


@app.command("set")
def set_link(
    flow: FlowName,
    key: SourceKey,
    target_id: Annotated[str, typer.Argument(metavar="ID", help="The record's id in the target.")],
) -> None:
    """Link a document to a record of the target, which must exist there."""
    home = writing_home()
    settings = home.settings()
    integration, kind = require_flow(settings, flow)
    if not key.startswith(f"{key.partition(':')[0]}:") or not key.partition(":")[2]:
        raise UnusableInput(f"{key} is no document key: they look like {kind.source_entity}:…")
    link = _checked(home, integration, kind, key, target_id)
    ledger = home.ledger()
    ledger.links.set(link, actor(), ledger.clock.now())
    tell(
        f"{flow}: {key} is {link.target_entity} {target_id} ({link.target_label}); {tried_again(ledger, [(flow, key)])}"
    )


def _checked(home: Home, integration: IntegrationSettings, kind: type[Flow], key: str, id: str) -> NewLink:
    """The link to set. Raises UnusableInput where the target has no record of this id."""
    from connector_assets.engine.document import Document
    from connector_assets.run_setup import open_run_context

    require_credentials(home, home.settings(), integration)
    with open_run_context(home, integration.name, run_name("links"), actor=actor()) as run_context:
        flow = kind(run_context)
        target = _records(flow, [id]).get(id)
        if target is None:
            raise UnusableInput(f"{integration.connections[kind.target_role]} has no {flow.target_entity} {id}")
        link = flow.link(Document(key, {}, run_context.now()), target, "set")
        return replace(link, flow=flow.full_name)


def _records(flow: Flow, ids: Sequence[str]) -> dict[str, Target]:
    """The target's records of these ids, those that exist."""
    try:
        return flow.read(ids)
    except ValueError:
        # one of them is not of the form that ids have there: the others still count
        return {} if len(ids) == 1 else {id: target for each in ids for id, target in _records(flow, [each]).items()}


@app.command("remove")
def remove(flow: FlowName, key: SourceKey) -> None:
    """Remove a link; neither system is touched."""
    home = writing_home()
    require_flow(home.settings(), flow)
    ledger = home.ledger()
    old = ledger.links.remove(flow, key, actor(), ledger.clock.now())
    if old is None:
        raise UnusableInput(f"{flow}: {key} is not linked")
    tell(f"{flow}: {key} is no longer linked to {old.target_entity} {old.target_id}")


@app.command("import")
def import_links(
    file: Annotated[Path, typer.Argument(help="CSV: flow, source_key, target_entity, target_id, target_label.")],
) -> None:
    """Set the links of a CSV file, all or none; links that it does not name stay."""
    home = writing_home()
    ledger, settings = home.ledger(), home.settings()
    changed = ledger.links.import_csv(
        file,
        _connections(settings),
        actor(),
        ledger.clock.now(),
        complete=lambda rows: _looked_up(home, settings, file, rows),
    )
    tell(f"{len(changed)} links changed; {tried_again(ledger, changed)}")


def _looked_up(home: Home, settings: Settings, file: Path, rows: Sequence[tuple[int, NewLink]]) -> list[NewLink]:
    """The links with the labels that their records have. Raises UnusableInput naming a row without a record."""
    from connector_assets.run_setup import open_run_context

    by_flow: dict[str, list[tuple[int, NewLink]]] = {}
    for number, link in rows:
        by_flow.setdefault(link.flow, []).append((number, link))
    done: list[NewLink] = []
    for name, own in by_flow.items():
        integration, kind = require_flow(settings, name)
        require_credentials(home, settings, integration)
        with open_run_context(home, integration.name, run_name("links"), actor=actor()) as run_context:
            flow = kind(run_context)
            found = _records(flow, [link.target_id for _, link in own])
            for number, link in own:
                target = found.get(link.target_id)
                if link.target_entity != flow.target_entity or target is None:
                    raise UnusableInput(
                        f"{file} row {number}: {link.target_connection} has no "
                        f"{link.target_entity} {link.target_id} that {name} writes"
                    )
                done.append(replace(link, target_label=link.target_label or target.label))
    return done


def _connections(settings: Settings) -> dict[str, tuple[str, str]]:
    """Flow -> its source and target connection, of all integrations that can be used."""
    from connector_assets.pairs.registry import flows_on

    return {
        f"{name}/{flow.name}": (each.connections[flow.source_role], each.connections[flow.target_role])
        for name, each in settings.integrations.items()
        for flow in flows_on(each)
    }


@app.command("export")
def export(file: Annotated[Path, typer.Argument(help="Where to write the CSV.")], only: Only = None) -> None:
    """Write the links as CSV, ready for `import`."""
    home = existing_home()
    count = home.ledger().links.export_csv(file, **_chosen(home.settings(), only))
    print_line(f"{count} links in {file}")


def tried_again(ledger: Ledger, changed: Iterable[tuple[str, str]]) -> str:
    """Release the documents themselves and what waits for their links, and say how many documents that is."""
    released: set[tuple[str, str]] = set()
    keys: dict[str, set[str]] = {}
    for flow, key in changed:
        keys.setdefault(flow, set()).add(key)
    for flow, own in keys.items():
        released |= set(ledger.release_for_link(flow, sorted(own)))
        held: list[str] = [each.id for each in ledger.exceptions.open(flow=flow) if each.key in own]
        if held:
            released |= set(ledger.exceptions.release(ids=held, actor=actor(), now=ledger.clock.now()))
    return f"{len(released)} documents will be tried again by the next sync"
