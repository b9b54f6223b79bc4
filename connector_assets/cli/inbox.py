"""`connector inbox`: what the systems tell by themselves."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.arguments import writing_home
from connector_assets.cli.exits import tell
from connector_assets.cli.show import print_line
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    import ssl

    from connector_assets.systems.bill.subscription import SubscriptionKeeper
    from connector_assets.systems.receivers import AnyReceiver
    from connector_resources.bill import BillClient
    from connector_resources.home import Home

app = typer.Typer(name="inbox", help="Receives what systems send about changed records.", no_args_is_help=True)

DEFAULT_PORT = 8980

Pem = Annotated[
    Path | None,
    typer.Option("--tls-cert", metavar="FILE", help="Serve HTTPS with this certificate chain, in PEM."),
]
Key = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key, where it is not in that file.")]
BillName = Annotated[str, typer.Argument(metavar="CONNECTION", help="A BILL connection with an inbox.")]


@app.command("serve")
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0: all of this machine.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0: a free one.")] = (
        DEFAULT_PORT
    ),
    tls_cert: Pem = None,
    tls_key: Key = None,
) -> None:
    """Serve until told to stop; one line of JSON says when it is ready. Subscriptions to BILL's events are kept."""
    # imported here: another command does not need a server
    from connector_assets.inbox.app import TOKEN_PATH, Inbox
    from connector_assets.inbox.descriptors import make_room
    from connector_assets.inbox.keeping import Keeping
    from connector_assets.inbox.receivers import open_receivers
    from connector_assets.inbox.server import Server, listen
    from connector_assets.systems.receivers import BillReceiver

    home = writing_home()
    receivers, secrets = open_receivers(home)
    subscribed = [receiver for receiver in receivers.values() if isinstance(receiver, BillReceiver)]
    tls, renew, authority = _tls(home, host, tls_cert, tls_key, needed=bool(subscribed))
    serving = home.settings().inbox
    make_room(serving.connections)
    inbox = Inbox(home.ledger(), receivers, secrets)
    keeping = Keeping(home.ledger(), home.credentials(), subscribed, _opener(home), each_time=renew)
    with listen(host, port) as listener:
        bound = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        ready = {
            "ready": True,
            "url": f"{'http' if tls is None else 'https'}://{shown}:{bound}",
            "token": TOKEN_PATH,
            "connections": {name: _paths(receiver) for name, receiver in receivers.items()},
        }
        if authority is not None:
            ready["authority"] = str(authority)

        def begin() -> None:
            _say(ready)
            keeping.start()

        _log_to(home.logs)
        try:
            Server(inbox.app, begin, tls, settings=serving).serve_until_stopped(listener)
        finally:
            keeping.stop()
            inbox.close()


@app.command("rotate")
def rotate(connection: BillName) -> None:
    """Have BILL make a new key for its signatures; the former one counts for a while, for what is under way."""
    with _keeper(connection) as (keeper, client):
        keeper.rotate(client)
    tell(f"BILL signs its notifications for {connection} with a new key; the former one is valid for what is under way")


@app.command("enable")
def enable(connection: BillName) -> None:
    """Look at the subscription now, turn it on even if somebody turned it off, and read what was missed."""
    with _keeper(connection) as (keeper, client):
        done = keeper.look(client, catch_up=True, by_hand=True)
    for line in done or ["the subscription is on, and nothing was missed"]:
        tell(line)


@contextmanager
def _keeper(connection: str) -> Iterator[tuple[SubscriptionKeeper, BillClient]]:
    """What keeps the subscription of a connection, and a client of it. Raises UnusableInput where it has none."""
    from connector_assets.inbox.receivers import receivers_of
    from connector_assets.systems.bill.subscription import SubscriptionKeeper
    from connector_assets.systems.receivers import BillReceiver

    home = writing_home()
    settings = home.settings()
    settings.connection(connection)
    receiver = receivers_of(settings).get(connection)
    if not isinstance(receiver, BillReceiver):
        raise UnusableInput(f"{connection} is no BILL connection with an inbox: set its `inbox` in connections.yaml")
    client = _opener(home)(receiver.connection)
    try:
        yield SubscriptionKeeper(home.ledger(), receiver, home.credentials()), client
    finally:
        client.close()


def _opener(home: Home) -> Callable[[Any], BillClient]:
    def opened(connection: Any) -> BillClient:
        # imported when it is needed: an inbox without subscriptions never is in need of it
        from connector_assets.run_setup import open_client

        client: BillClient = open_client(home, connection)
        return client

    return opened


def _tls(
    home: Home, host: str, certificate: Path | None, key: Path | None, *, needed: bool
) -> tuple[ssl.SSLContext | None, Callable[[], object], Path | None]:
    """The context to serve with, how its certificate is renewed, and the file of the throw-away authority if it is by
    that one. Raises UnusableInput for files that cannot be used, and where HTTPS is needed and cannot be served."""
    from connector_assets.inbox.tls import ThrowAway, is_loopback, load_chain, server_context

    if key is not None and certificate is None:
        raise UnusableInput("--tls-key is the key of a certificate: give --tls-cert as well")
    if certificate is not None:
        given, context = certificate, server_context(certificate, key)
        return context, lambda: load_chain(context, given, key), None
    if not needed:
        return None, lambda: None, None
    if not is_loopback(host):
        raise UnusableInput(
            f"BILL sends over HTTPS alone: at {host} give --tls-cert and --tls-key; on 127.0.0.1 the home has its own "
            "certificate, which a proxy may trust"
        )
    thrown = ThrowAway(home.tls)
    made = thrown.context()
    return made, lambda: thrown.renew(made), thrown.authority


def _paths(receiver: AnyReceiver) -> dict[str, Any]:
    """Where the events of a connection come in."""
    from connector_assets.systems.receivers import BillReceiver
    from connector_resources.inbox_settings import BILL_PATH

    name = receiver.connection.name
    if isinstance(receiver, BillReceiver):
        return {"bill": f"{BILL_PATH}{name}"}
    return {
        "call_out": f"/call-out/{name}" if receiver.settings.bearer is not None else None,
        "relay": f"/relay/{name}" if receiver.settings.relay is not None else None,
    }


def _say(ready: dict[str, Any]) -> None:
    print_line(json.dumps(ready))
    sys.stdout.flush()


def _log_to(folder: Path) -> None:
    """What the inbox does is in `<home>/logs/inbox.log`; neither bodies nor headers are."""
    from connector_resources.instance.log_file import LogFile

    folder.mkdir(mode=0o700, exist_ok=True)
    handler = LogFile(str(folder / "inbox.log"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("connector_assets.inbox", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addHandler(handler)
        logger.propagate = False
