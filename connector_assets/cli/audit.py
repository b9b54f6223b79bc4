"""`connector audit KEY`: everything that ever happened to one record, both ids, both ways; and the proof that the trail
is what was written (`audit verify`), and its export for others (`audit export`).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer
from typer.core import TyperGroup

from connector_assets.cli.arguments import day_of, existing_home
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, tell
from connector_assets.cli.show import Json, print_json, print_line, print_table
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.ledger import Event, Ledger, Link
    from connector_resources.ledger.chain import Head

RECORD = "record"
HASH = re.compile(r"[0-9a-f]{64}")


class _KeyOrCommand(TyperGroup):
    """`audit KEY` beside `audit verify` and `audit export`: a key holds a colon, and no command does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = next((each for each in args if not each.startswith("-")), None)
        if named is not None and named not in self.commands:
            args = [RECORD, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="audit",
    cls=_KeyOrCommand,
    help="Everything that ever happened to one record: connector audit KEY, such as F0411:00001/PV/4711 or "
    "<connection>:<entity>:<id>; and the trail as a whole.",
    no_args_is_help=True,
    subcommand_metavar="KEY [--json] | COMMAND [ARGS]...",
)


@app.command(RECORD)
def record(
    key: Annotated[str, typer.Argument(metavar="KEY", help="F0411:00001/PV/4711, or <connection>:<entity>:<id>.")],
    as_json: Json = False,
) -> None:
    """Everything that ever happened to one record; the word `record` may be left out."""
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


@app.command("verify")
def verify(
    anchors: Annotated[
        Path | None, typer.Option("--anchors", metavar="FILE", help="What `audit verify --json` printed earlier.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove that no event was edited, removed, added or moved since it was written."""
    ledger = existing_home().ledger()
    earlier = _anchors(anchors) if anchors is not None else {}
    proofs = list(ledger.audit.prove(earlier))
    findings = [each for proof in proofs for each in proof.findings]
    more = sum(proof.more for proof in proofs)
    heads = [(proof.flow, proof.head) for proof in proofs if proof.head is not None]
    if as_json:
        entry = {
            "whole": not findings,
            "at": ledger.clock.now().isoformat(),
            "heads": [{"flow": flow, "count": head.count, "hash": head.hash} for flow, head in heads],
            "anchors": len(earlier),
            "findings": [each._asdict() for each in findings],
            "more": more,
        }
        print_json(entry)
    else:
        print_table(
            None, ("flow", "events", "hash"), [(flow, head.count, head.hash) for flow, head in heads], right=("events",)
        )
        if findings:
            print_table(None, ("flow", "finding", "event", "place", "what is wrong"), findings)
            print_line(f"{len(findings) + more:,} findings{f', {more:,} of them not shown' if more else ''}")
        else:
            proven = f", and continues {len(earlier)} anchors" if earlier else ""
            print_line(f"the trail is whole{proven}")
    raise typer.Exit(NEEDS_A_PERSON if findings else DONE)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .csv or .parquet.")],
    flow: Annotated[
        str | None, typer.Option("--flow", metavar="INTEGRATION[/FLOW]", help="Only this chain of events.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, in UTC.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day, in UTC.")] = None,
) -> None:
    """Write the trail with its hashes to a file, for whoever wants to prove it by himself."""
    begin, end = day_of(first, "--from"), day_of(last, "--to")
    if begin and end and begin > end:
        raise UnusableInput(f"--from {begin} is after --to {end}")
    ledger = existing_home().ledger()
    if flow is not None:
        _require_chain(ledger, flow)
    since = datetime.combine(begin, time.min, UTC) if begin else None
    until = datetime.combine(end + timedelta(days=1), time.min, UTC) if end else None
    tell(f"{ledger.audit.export(file, flow, since, until):,} events written to {file}")


def _require_chain(ledger: Ledger, flow: str) -> None:
    known = ledger.audit.chains()
    if flow not in known:
        raise UnusableInput(f"no events of {flow!r}; there are events of: {', '.join(known) or 'nothing yet'}")


def _anchors(path: Path) -> dict[str, Head]:
    """The heads of an earlier `audit verify --json`. Raises UnusableInput for a file that is none."""
    from connector_resources.ledger.chain import Head

    try:
        shown = json.loads(path.read_text(encoding="utf-8"))
        heads = {each["flow"]: Head(each["count"], each["hash"]) for each in shown["heads"]}
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        heads = None
    if heads is None or not all(_is_head(flow, head) for flow, head in heads.items()):
        raise UnusableInput(f"{path}: is not what `connector audit verify --json` prints")
    return heads


def _is_head(flow: object, head: Head) -> bool:
    counts = isinstance(head.count, int) and not isinstance(head.count, bool) and head.count >= 1
    return isinstance(flow, str) and counts and isinstance(head.hash, str) and bool(HASH.fullmatch(head.hash))


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
