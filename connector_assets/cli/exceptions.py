"""`connector exceptions`: what needs a person, and what the person may do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, UNREACHABLE, line_of, tell
from connector_assets.cli.places import actor, existing_home, require_credentials, require_flow, run_name, writing_home
from connector_assets.cli.show import Json, print_json, print_line, print_table, quiet_stdout
from connector_assets.cli.waiting import tell_waiting
from connector_resources.errors import UnusableInput
from connector_resources.instance.running import marked_running

if TYPE_CHECKING:
    from connector_assets.replaying import Replay
    from connector_resources.connections import Settings
    from connector_resources.home import Home
    from connector_resources.ledger import Delivery, ExceptionRow, Ledger

app = typer.Typer(name="exceptions", help="Documents that need a person.", no_args_is_help=True)

# what is told of a document beside its key
ABOUT = ("party", "amount", "currency")

FlowName = Annotated[str | None, typer.Option("--flow", metavar="INTEGRATION/FLOW", help="Only of this flow.")]
IntegrationName = Annotated[str | None, typer.Option("--integration", help="Only of this integration.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only of this reason, such as account_not_found.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `exceptions list` shows it.")]


@app.command("list")
def list_exceptions(
    flow: FlowName = None, integration: IntegrationName = None, reason: Reason = None, as_json: Json = False
) -> None:
    """The open exceptions: those of the high severity first, then the oldest."""
    from connector_assets.delivery.reasons import HIGH, severity_of

    home = existing_home()
    ledger = home.ledger()
    found = ledger.exceptions.open(flow, integration, reason)
    found.sort(key=lambda each: severity_of(each.reason) != HIGH)
    if not found:
        # nothing found may be a name that does not exist, and only then is it worth finding out
        _check_names(home.settings(), flow, integration, reason)
    about = _documents(ledger, found)
    if as_json:
        print_json({"exceptions": [_row(each, about) for each in found]})
        return
    rows = [
        (
            each.id,
            each.flow,
            each.key,
            each.state,
            each.reason,
            severity_of(each.reason),
            *_document(each, about).values(),
            each.field,
            each.value,
            each.since.date(),
            each.attempts,
        )
        for each in found
    ]
    columns = ("id", "flow", "key", "state", "reason", "severity", *ABOUT, "field", "value", "since", "attempts")
    print_table(f"{len(found)} open exceptions", columns, rows, right=("amount", "attempts"))


def _check_names(settings: Settings, flow: str | None, integration: str | None, reason: str | None) -> None:
    if flow is not None:
        require_flow(settings, flow)
    if integration is not None:
        settings.integration(integration)
    if reason is not None:
        from connector_assets.delivery.reasons import REASONS

        if reason not in REASONS:
            raise UnusableInput(f"no reason {reason!r}; there are: {', '.join(sorted(REASONS))}")


def _documents(ledger: Ledger, found: Sequence[ExceptionRow]) -> dict[tuple[str, str], Delivery]:
    """What is known of the documents of these exceptions, by flow and key."""
    keys: dict[str, list[str]] = {}
    for each in found:
        keys.setdefault(each.flow, []).append(each.key)
    known = {flow: ledger.deliveries.load(flow, own) for flow, own in keys.items()}
    return {(flow, key): each for flow, own in known.items() for key, each in own.items()}


def _document(each: ExceptionRow, about: Mapping[tuple[str, str], Delivery]) -> dict[str, str | None]:
    """Whose document it is, and what it is worth, as far as that is known."""
    from connector_assets.delivery.money import amount_text

    known = about.get((each.flow, each.key))
    amount = None if known is None or known.amount is None else amount_text(known.amount)
    return dict(zip(ABOUT, (known.party if known else None, amount, known.currency if known else None), strict=True))


def _row(each: ExceptionRow, about: Mapping[tuple[str, str], Delivery]) -> dict[str, Any]:
    from connector_assets.delivery.reasons import severity_of

    return {
        "id": each.id,
        "flow": each.flow,
        "key": each.key,
        "state": each.state,
        "reason": each.reason,
        "severity": severity_of(each.reason),
        "field": each.field,
        "value": each.value,
        "message": each.message,
        "fix": each.fix,
        "since": each.since.isoformat(),
        "attempts": each.attempts,
        "partition": each.partition,
        **_document(each, about),
    }


@app.command("show")
def show(id: Id, as_json: Json = False) -> None:
    """One exception, open or closed."""
    ledger = existing_home().ledger()
    found = ledger.exceptions.get(id)
    if found is None:
        raise UnusableInput(f"no exception {id}")
    closed = {"closed_at": found.closed_at.isoformat() if found.closed_at else None, "closed_how": found.closed_how}
    told = _row(found, _documents(ledger, [found])) | {"waits_for": list(found.waits_for), "run": found.run} | closed
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if shown not in (None, ""):
            print_line(f"{name:>10}  {shown}")


@app.command("dismiss")
def dismiss(id: Id, note: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "") -> None:
    """Leave the document alone until its content changes."""
    ledger = writing_home().ledger()
    row = ledger.exceptions.dismiss(id, actor(), note, ledger.clock.now())
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
    """Try these documents again now, read anew from the source; nothing else is touched."""
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
    tell_waiting(ledger, {each.flow for each in chosen})
    raise typer.Exit(UNREACHABLE if problems else _code(ledger, [each.flow for each in chosen]))


def _deliver(home: Home, chosen: Sequence[ExceptionRow], run: str) -> list[Replay]:
    from connector_assets.opening import workbench
    from connector_assets.replaying import replay

    done: list[Replay] = []
    if not chosen:
        return done
    ledger = home.ledger()
    documents = ledger.exceptions.release(ids=[each.id for each in chosen], actor=actor(), now=ledger.clock.now())
    keys: dict[str, dict[str, list[str]]] = {}
    for flow, key in documents:
        keys.setdefault(flow.partition("/")[0], {}).setdefault(flow, []).append(key)
    for name, by_flow in keys.items():
        with workbench(home, name, run, actor=actor()) as bench:
            done += replay(bench, by_flow)
    return done


def _entry(done: Replay) -> dict[str, Any]:
    return done.report.as_json() | {"gone_in_source": done.gone}


def _code(ledger: Ledger, flows: Sequence[str]) -> int:
    return NEEDS_A_PERSON if any(ledger.exceptions.open(flow) for flow in set(flows)) else DONE
