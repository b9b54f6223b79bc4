"""`connector audit`: everything that ever happened to one record, both ids, both ways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.places import existing_home
from connector_assets.cli.show import Json, print_json, print_line, print_table
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.ledger import Event, Link


def audit(
    key: Annotated[str, typer.Argument(metavar="KEY", help="F0411:00001/PV/4711, or <connection>:<entity>:<id>.")],
    as_json: Json = False,
) -> None:
    """Everything that ever happened to one record."""
    links, events = existing_home().ledger().audit.of(key)
    if not links and not events:
        raise UnusableInput(
            f"nothing is known of {key}: a key looks like F0411:00001/PV/4711 or <connection>:<entity>:<id>"
        )
    if as_json:
        print_json({"key": key, "links": [_link(each) for each in links], "events": [_event(each) for each in events]})
        return
    for link in links:
        print_line(
            f"{link.flow}: {link.source_connection} {link.source_key} is {link.target_connection} "
            f"{link.target_entity} {link.target_id} {link.target_label} ({link.origin})"
        )
    columns = ("at", "flow", "event", "target", "partition", "by", "detail")
    print_table(key, columns, [_cells(each) for each in events])


def _cells(event: Event) -> list[object]:
    detail = json.dumps(event.detail, ensure_ascii=False, default=str) if event.detail else ""
    by = event.actor or event.run
    return [event.at.isoformat(), event.flow, event.event, event.target_id, event.partition, by, detail]


def _link(link: Link) -> dict[str, Any]:
    return {
        "system": link.target_connection,
        "entity": link.target_entity,
        "id": link.target_id,
        "label": link.target_label,
        "flow": link.flow,
        "origin": link.origin,
        "at": link.at.isoformat(),
        "source": {"system": link.source_connection, "entity": link.source_entity, "key": link.source_key},
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(),
        "flow": event.flow,
        "key": event.key,
        "event": event.event,
        # what happened to a document happened to the source's record of that key
        "source_id": event.source_id or event.key,
        "target_id": event.target_id,
        "run": event.run,
        "partition": event.partition,
        "actor": event.actor,
        "detail": event.detail,
    }
