"""`connector credentials`: kept encrypted; a value is never an argument, never shown, never logged."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.arguments import existing_home, writing_home
from connector_assets.cli.exits import tell
from connector_assets.cli.show import Json, print_json, print_table
from connector_resources.errors import UnusableInput
from connector_resources.inbox_settings import CLIENT_ID, CLIENT_SECRET

if TYPE_CHECKING:
    from connector_resources.home import Home

app = typer.Typer(name="credentials", help="The encrypted store of credentials.", no_args_is_help=True)

Connection = Annotated[str, typer.Argument(help="A connection of connections.yaml.")]
Name = Annotated[str, typer.Argument(help="The credential's name, such as password or client_secret.")]


@app.command("set")
def set_credential(
    connection: Connection,
    name: Name,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the value from standard input.")] = False,
    from_env: Annotated[str | None, typer.Option("--from-env", metavar="VAR", help="Take it from a variable.")] = None,
) -> None:
    """Keep a credential, asked for at a prompt unless --stdin or --from-env says otherwise."""
    home = writing_home()
    known = home.settings().connection(connection).credential_names
    if name not in known:
        raise UnusableInput(f"{connection} has no credential {name!r}; its credentials are {', '.join(known)}")
    home.credentials().set(connection, name, _value(f"{name} of {connection}", stdin, from_env))
    _end_tokens(home, connection, name)
    tell(f"{name} of {connection} is set")


def _value(what: str, stdin: bool, from_env: str | None) -> str:
    if stdin and from_env is not None:
        raise UnusableInput("--stdin and --from-env cannot both be given")
    if from_env is not None:
        if from_env not in os.environ:
            raise UnusableInput(f"the variable {from_env} is not set")
        return os.environ[from_env]
    if stdin:
        # the line end that echo and files bring along is no part of a secret
        return sys.stdin.read().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UnusableInput("there is no terminal to ask at: use --stdin or --from-env")
    value: str = typer.prompt(what, hide_input=True, err=True)
    return value


@app.command("list")
def list_credentials(as_json: Json = False) -> None:
    """Which credentials there are, and which are missing; never a value."""
    home = existing_home()
    settings = home.settings()
    stored = {(connection, name): at for connection, name, at in home.credentials().list()}
    wanted = {(each.name, name) for each in settings.connections.values() for name in each.credential_names}
    found: list[dict[str, Any]] = []
    for connection, name in sorted(wanted | stored.keys()):
        at = stored.get((connection, name))
        variable = f"CONNECTOR_{connection}_{name}".upper()
        kept = "environment" if os.environ.get(variable) else "stored" if at else "missing"
        found.append({"connection": connection, "name": name, "kept": kept, "set_at": at})
    if as_json:
        print_json({"credentials": found})
        return
    rows = [(each["connection"], each["name"], each["kept"], each["set_at"]) for each in found]
    print_table(None, ("connection", "name", "kept", "set at"), rows)


@app.command("rotate")
def rotate() -> None:
    """Encrypt every credential, and the keys of what has landed, again with a new key."""
    count, lost = writing_home().rotate_keys()
    tell(f"{count} credentials are encrypted with the new key")
    if lost:
        tell(
            f"{len(lost)} keys of landed columns ({', '.join(lost)}) cannot be read: restore the key that they were "
            "encrypted with and rotate again; what landed with them is unreadable without it"
        )


@app.command("delete")
def delete(connection: Connection, name: Name) -> None:
    """Forget a credential."""
    home = writing_home()
    home.credentials().delete(connection, name)
    _end_tokens(home, connection, name)
    tell(f"{name} of {connection} is forgotten")


def _end_tokens(home: Home, connection: str, name: str) -> None:
    """What was issued for a login that is no more ends with it."""
    if name in (CLIENT_ID, CLIENT_SECRET):
        home.ledger().inbox.revoke_tokens(connection)
