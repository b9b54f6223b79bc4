"""`connector approvals`: what waits for a person to let it go, and the person's answer."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.arguments import actor, existing_home, require_flow, writing_home
from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, tell
from connector_assets.cli.show import Json, print_json, print_line, print_table
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.home import Home
    from connector_resources.ledger import Ledger, Staged
    from connector_resources.ledger.approving import Chosen

app = typer.Typer(name="approvals", help="Documents that are sent only once a person says so.", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="As `approvals list` shows them.")]
FlowName = Annotated[str | None, typer.Option("--flow", metavar="INTEGRATION/FLOW", help="Of this flow.")]
IntegrationName = Annotated[str | None, typer.Option("--integration", help="Of this integration.")]
UpTo = Annotated[str | None, typer.Option("--up-to", metavar="AMOUNT", help="Up to this amount; needs --currency.")]
Currency = Annotated[str | None, typer.Option("--currency", metavar="CODE", help="Of this currency.")]
Key = Annotated[str | None, typer.Option("--key", metavar="PATTERN", help="With such a key; * is any characters.")]
Supplier = Annotated[
    str | None, typer.Option("--supplier", metavar="PATTERN", help="Of such a supplier, by number; * as in --key.")
]
All = Annotated[bool, typer.Option("--all", help="All that waits.")]
Note = Annotated[str, typer.Option("--note", help="Why, for whoever reads it later.")]


@app.command("list")
def list_approvals(
    flow: FlowName = None,
    integration: IntegrationName = None,
    up_to: UpTo = None,
    currency: Currency = None,
    key: Key = None,
    supplier: Supplier = None,
    as_json: Json = False,
) -> None:
    """What waits for an approval, oldest first."""
    home = existing_home()
    chosen = _chosen(home, (), flow, integration, up_to, currency, key, supplier)
    found = home.ledger().staged.waiting(chosen)
    if as_json:
        print_json({"approvals": [_row(each) for each in found]})
        return
    rows = [
        (e["id"], e["flow"], e["key"], e["action"], e["supplier"], e["amount"], e["currency"], changes, e["since"][:10])
        for e, changes in ((_row(each), _changed(each)) for each in found)
    ]
    columns = ("id", "flow", "key", "action", "supplier", "amount", "currency", "changes", "since")
    print_table(f"{len(found)} documents wait for an approval", columns, rows, right=("amount",))


@app.command("show")
def show_approval(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `approvals list` shows it.")], as_json: Json = False
) -> None:
    """One of them, waiting or decided, with exactly what is sent."""
    from connector_assets.engine.frozen import body_of

    found = existing_home().ledger().staged.get(id)
    if found is None:
        raise UnusableInput(f"nothing is staged as {id}")
    entry = _row(found) | {
        "changes": found.changes,
        "request": body_of(found.body),
        "body_hash": found.body_hash,
        "content": found.content,
        "decided_by": found.decided_by,
        "decided_at": found.decided_at.isoformat(timespec="seconds") if found.decided_at else None,
        "rule": found.rule or None,
        "note": found.note or None,
        "plan_id": found.plan,
        "run": found.run,
    }
    if as_json:
        print_json(entry)
        return
    for name, value in entry.items():
        if value not in (None, []):
            print_line(f"{name:>10}  {value}")


@app.command("approve")
def approve(
    ids: Ids = None,
    flow: FlowName = None,
    integration: IntegrationName = None,
    up_to: UpTo = None,
    currency: Currency = None,
    key: Key = None,
    supplier: Supplier = None,
    everything: All = False,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Let these documents go: the next sync or poll sends exactly what was shown."""
    home = writing_home()
    ledger = home.ledger()
    chosen = _chosen(home, ids or (), flow, integration, up_to, currency, key, supplier)
    _require_words(chosen, everything)
    done = ledger.staged.approve(chosen, actor=actor(), note=note, now=ledger.clock.now())
    _report(done, "approved", "the next sync or poll sends {them}", as_json)
    raise typer.Exit(_code(ledger, done))


@app.command("reject")
def reject(
    ids: Ids = None,
    flow: FlowName = None,
    integration: IntegrationName = None,
    up_to: UpTo = None,
    currency: Currency = None,
    key: Key = None,
    supplier: Supplier = None,
    everything: All = False,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Leave these documents alone until their content changes."""
    home = writing_home()
    ledger = home.ledger()
    chosen = _chosen(home, ids or (), flow, integration, up_to, currency, key, supplier)
    _require_words(chosen, everything)
    done = ledger.staged.reject(chosen, actor=actor(), note=note, now=ledger.clock.now())
    _report(done, "rejected", "nothing touches {them} until the content changes", as_json)
    raise typer.Exit(_code(ledger, done))


def _chosen(
    home: Home,
    ids: Sequence[str],
    flow: str | None,
    integration: str | None,
    up_to: str | None,
    currency: str | None,
    key: str | None,
    supplier: str | None,
) -> Chosen:
    """What the command line chooses. Raises UnusableInput for a name that does not exist, or no amount."""
    from connector_resources.ledger.approving import Chosen

    if flow is not None:
        require_flow(home.settings(), flow)
    if integration is not None:
        home.settings().integration(integration)
    if up_to is not None and currency is None:
        raise UnusableInput("--up-to needs --currency: an amount is of some currency")
    return Chosen(frozenset(ids), flow, integration, _limit(up_to), currency, key, supplier)


def _limit(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise UnusableInput(f"--up-to {text}: an amount is written 500.00")
    return amount


def _require_words(chosen: Chosen, everything: bool) -> None:
    """What is decided must be said: nothing is everything."""
    if chosen.text() == "--all" and not everything:
        raise UnusableInput("say which: ID, --flow, --integration, --up-to, --currency, --key, --supplier or --all")
    if chosen.text() != "--all" and everything:
        raise UnusableInput("--all is all that waits: it goes with nothing else")


def _row(each: Staged) -> dict[str, Any]:
    from connector_resources.ledger.approving import supplier_of

    return {
        "id": each.id,
        "flow": each.flow,
        "key": each.key,
        "state": each.state,
        "action": each.step,
        "supplier": supplier_of(each),
        "amount": _amount(each),
        "currency": each.currency,
        "target_id": each.target_id,
        "since": each.staged_at.isoformat(),
        "partition": each.partition,
    }


def _amount(each: Staged) -> str | None:
    from connector_assets.engine.money import amount_text

    return amount_text(each.amount, each.currency) if each.amount is not None else None


def _changed(each: Staged) -> str:
    return ", ".join(f"{change['field']}: {change['from']} -> {change['to']}" for change in each.changes)


def _report(done: Sequence[Staged], what: str, then: str, as_json: bool) -> None:
    if as_json:
        print_json({what: [{"id": each.id, "flow": each.flow, "key": each.key} for each in done]})
    documents, them = ("1 document", "it") if len(done) == 1 else (f"{len(done)} documents", "them")
    tell(f"{documents} {what}{f': {then.format(them=them)}' if done else ''}")


def _code(ledger: Ledger, done: Sequence[Staged]) -> int:
    return NEEDS_A_PERSON if any(ledger.exceptions.open(flow) for flow in {each.flow for each in done}) else DONE
