"""`connector inbox`: what the systems tell by themselves."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from connector_assets.cli.places import existing_home
from connector_assets.cli.show import print_line

app = typer.Typer(name="inbox", help="Takes what systems tell of changed records.", no_args_is_help=True)

DEFAULT_PORT = 8980


@app.command("serve")
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at; a proxy with TLS stands before it.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0: a free one.")] = (
        DEFAULT_PORT
    ),
) -> None:
    """Serve until told to stop; one line of JSON says when it is ready."""
    # imported here: another command does not need a server
    from connector_assets.automation.inbox.app import TOKEN_PATH, Inbox
    from connector_assets.automation.inbox.places import Place, open_places
    from connector_assets.automation.inbox.server import Server, listen

    def paths(place: Place) -> dict[str, Any]:
        name = place.connection.name
        return {
            "call_out": f"/call-out/{name}" if place.settings.bearer is not None else None,
            "relay": f"/relay/{name}" if place.settings.relay is not None else None,
        }

    home = existing_home()
    places, secrets = open_places(home)
    inbox = Inbox(home.ledger(), places, secrets)
    with listen(host, port) as listener:
        bound = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        ready = {
            "ready": True,
            "url": f"http://{shown}:{bound}",
            "token": TOKEN_PATH,
            "connections": {name: paths(place) for name, place in places.items()},
        }
        _log_to(home.logs)
        try:
            Server(inbox.app, lambda: _say(ready)).serve_until_told(listener)
        finally:
            inbox.close()


def _say(ready: dict[str, Any]) -> None:
    print_line(json.dumps(ready))
    sys.stdout.flush()


def _log_to(folder: Path) -> None:
    """What the inbox does is in `<home>/logs/inbox.log`; neither bodies nor headers are."""
    from connector_resources.instance.log_file import LogFile

    folder.mkdir(mode=0o700, exist_ok=True)
    handler = LogFile(str(folder / "inbox.log"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("connector_assets.automation.inbox", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addHandler(handler)
        logger.propagate = False
