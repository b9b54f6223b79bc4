"""`connector exceptions`: what needs a person, and what the person may do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.arguments import (
    actor,
    existing_home,
    require_credentials,
    require_flow,
    run_name,
    writing_home,
)
from connector_assets.cli.exception_texts import party_words
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, UNREACHABLE, line_of, tell
from connector_assets.cli.show import Json, narrow, print_json, print_line, print_table, quiet_stdout
from connector_assets.cli.waiting import report_waiting
from connector_resources.errors import UnusableInput
from connector_resources.instance.running import marked_running

if TYPE_CHECKING:
    from connector_assets.engine.replaying import Replay
    from connector_resources.connections import Settings
    from connector_resources.home import Home
    from connector_resources.ledger import ExceptionRow, Ledger

app = typer.Typer(name="exceptions", help="Documents that need a person.", no_args_is_help=True)

# of the history of a document, the newest
SHOWN_EVENTS = 20

FlowName = Annotated[str | None, typer.Option("--flow", metavar="INTEGRATION/FLOW", help="Only of this flow.")]
IntegrationName = Annotated[str | None, typer.Option("--integration", help="Only of this integration.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only of this reason, such as account_not_found.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `exceptions list` shows it.")]


@app.command("list")
def list_exceptions(
    flow: FlowName = None,
    integration: IntegrationName = None,
    reason: Reason = None,
    by: Annotated[str, typer.Option("--by", metavar="age|amount", help="What comes first within a severity.")] = "age",
    as_json: Json = False,
) -> None:
    """The open exceptions: those of the high severity first, then the oldest, or the largest amount."""
    from connector_assets.cli.exception_texts import ExceptionTexts
    from connector_assets.engine.reasons import HIGH

    if by not in ("age", "amount"):
        raise UnusableInput(f"--by {by}: it is age or amount")
    home = existing_home()
    ledger = home.ledger()
    found = ledger.exceptions.open(flow, integration, reason)
    if not found:
        # nothing found may be a name that does not exist, and only then is it worth finding out
        _check_names(home.settings(), flow, integration, reason)
    texts = ExceptionTexts(ledger, found)
    entries = [texts.entry(each) for each in texts.rows]
    if by == "amount":
        entries.sort(key=lambda each: abs(Decimal(each["amount"] or 0)), reverse=True)
    entries.sort(key=lambda each: each["severity"] != HIGH)
    if as_json:
        print_json({"exceptions": entries})
        return
    if narrow():
        for each in entries:
            _print_block(each)
        print_line(f"{len(entries)} open exceptions")
        return
    rows = [
        (
            each["severity"],
            f"{each['message']} ({each['reason']})",
            f"{each['document']}\n{each['flow']} {each['key']}",
            party_words(each),
            f"{_grouped(each['amount'])} {each['currency'] or ''}".strip(),
            each["age"],
            each["first_step"],
            each["id"],
        )
        for each in entries
    ]
    columns = ("severity", "what is wrong", "document", "supplier", "amount", "age", "first step", "id")
    print_table(f"{len(entries)} open exceptions", columns, rows, right=("amount", "age"))


def _grouped(amount: str | None) -> str:
    return f"{Decimal(amount):,}" if amount is not None else ""


def _print_block(each: Mapping[str, Any]) -> None:
    """An exception for a terminal that has no room for a table."""
    print_line(f"{each['severity']}: {each['message']} ({each['reason']})")
    amount = f"{_grouped(each['amount'])} {each['currency'] or ''}".strip()
    print_line(f"  {', '.join(part for part in (each['document'], party_words(each), amount, each['age']) if part)}")
    print_line(f"  do: {each['first_step']}")
    print_line(f"  id: {each['id']}")


def _check_names(settings: Settings, flow: str | None, integration: str | None, reason: str | None) -> None:
    if flow is not None:
        require_flow(settings, flow)
    if integration is not None:
        settings.integration(integration)
    if reason is not None:
        from connector_assets.engine.reasons import reasons

        if reason not in reasons():
            raise UnusableInput(f"no reason {reason!r}; there are: {', '.join(sorted(reasons()))}")


@app.command("show")
def show(id: Id, as_json: Json = False) -> None:
    """One exception, open or closed: all steps of its fix, both ids, its history, and the commands to type."""
    from connector_assets.cli.exception_texts import ExceptionTexts, commands_of, history_of, moment

    ledger = existing_home().ledger()
    found = ledger.exceptions.get(id)
    if found is None:
        raise UnusableInput(f"no exception {id}")
    texts = ExceptionTexts(ledger, [found])
    row = texts.rows[0]
    link = ledger.links.of(row.flow, [row.key]).get(row.key)
    known = ledger.deliveries.load(row.flow, [row.key]).get(row.key)
    agreed = known.content if known and known.content else {}
    entry = texts.entry(row) | {
        "waits_for": list(row.waits_for),
        "run": row.run,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "closed_how": row.closed_how,
        "source_id": row.key,
        "target_id": link.target_id if link else known.target_id if known else None,
        "target_label": link.target_label if link else None,
        # what both sides last agreed on, of the fields that the exception names
        "agreed": {name: agreed[name] for name in row.field.split(", ") if name in agreed},
        "commands": commands_of(row),
        "history": history_of(ledger, row),
    }
    if as_json:
        print_json(entry)
        return
    apart = ("fix", "first_step", "steps", "commands", "history", "agreed")
    for name, value in entry.items():
        if name in apart:
            continue
        shown = ", ".join(value) if isinstance(value, list) else value
        if shown not in (None, ""):
            print_line(f"{name:>12}  {shown}")
    for name, value in entry["agreed"].items():
        print_line(f"{'agreed':>12}  {name} {_words(value)}")
    print_line("")
    for number, step in enumerate(entry["steps"], 1):
        print_line(f"{number:>12}. {step}")
    for command in entry["commands"]:
        print_line(f"{'$':>12}  {command}")
    print_line("")
    for event in entry["history"][-SHOWN_EVENTS:]:
        by = f" by {event['by']}" if event["by"] else ""
        print_line(f"{moment(event['at'])}  {event['event']}{by}  {_words(event['detail'])}".rstrip())


def _words(value: Any) -> str:
    from connector_assets.engine.words import words

    return words(value)


@app.command("dismiss")
def dismiss(id: Id, note: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "") -> None:
    """Leave the document alone until its content changes; of a changed bank account: confirm it."""
    ledger = writing_home().ledger()
    confirmed = ledger.exceptions.is_confirmed(id)
    row = ledger.exceptions.dismiss(id, actor(), note, ledger.clock.now())
    if confirmed:
        tell(f"{row.flow}: {row.key} is confirmed by {actor()}; the next sync sends what waited for it")
    else:
        tell(f"{row.flow}: {row.key} is left alone until it changes")
    raise typer.Exit(_code(ledger, [row.flow]))


@app.command("replay")
def replay_exceptions(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="As `exceptions list` shows them.")] = None,
    reason: Reason = None,
    flow: FlowName = None,
    integration: IntegrationName = None,
    everything: Annotated[bool, typer.Option("--all", help="Every open exception.")] = False,
    as_json: Json = False,
) -> None:
    """Try these documents again now, as the source has them now; nothing else is touched."""
    home = writing_home()
    settings, ledger = home.settings(), home.ledger()
    if not (ids or reason or flow or integration or everything):
        raise UnusableInput("say which exceptions: ID, --reason, --flow, --integration or --all")
    chosen = ledger.exceptions.open(flow, integration, reason)
    missing = sorted(set(ids or ()) - {each.id for each in chosen})
    if missing:
        raise UnusableInput(f"no open exception {missing[0]}")
    if not chosen:
        _check_names(settings, flow, integration, reason)
    chosen = [each for each in chosen if not ids or each.id in ids]
    for name in sorted({each.flow for each in chosen}):
        kept, _ = require_flow(settings, name)
        require_credentials(home, settings, kept)
    run = run_name("replay")
    with quiet_stdout(), marked_running(home.dagster_home, run):
        done = _deliver(home, chosen, run)
    if as_json:
        print_json({"run": run, "plan": False, "flows": [_entry(each) for each in done]})
    else:
        from connector_assets.cli.tables import print_flows

        print_flows([_entry(each) for each in done])
    problems = [each.report.error for each in done if each.report.error is not None]
    for each in done:
        if each.gone:
            tell(f"{each.report.flow}: no longer in the source: {', '.join(each.gone)}")
    for error in problems:
        tell(f"connector: {line_of(error)}")
    report_waiting(ledger, {each.flow for each in chosen})
    raise typer.Exit(UNREACHABLE if problems else _code(ledger, [each.flow for each in chosen]))


def _deliver(home: Home, chosen: Sequence[ExceptionRow], run: str) -> list[Replay]:
    from connector_assets.engine.replaying import replay
    from connector_assets.run_setup import flows_of, open_run_context

    done: list[Replay] = []
    if not chosen:
        return done
    ledger = home.ledger()
    documents = ledger.exceptions.release(ids=[each.id for each in chosen], actor=actor(), now=ledger.clock.now())
    keys: dict[str, dict[str, list[str]]] = {}
    for flow, key in documents:
        keys.setdefault(flow.partition("/")[0], {}).setdefault(flow, []).append(key)
    for name, by_flow in keys.items():
        with open_run_context(home, name, run, actor=actor()) as run_context:
            done += replay(flows_of(run_context), by_flow)
    return done


def _entry(done: Replay) -> dict[str, Any]:
    return done.report.as_json() | {"gone_in_source": done.gone}


def _code(ledger: Ledger, flows: Sequence[str]) -> int:
    return NEEDS_A_PERSON if any(ledger.exceptions.open(flow) for flow in set(flows)) else DONE
