"""`connector ui`: Dagster's page and daemon on this home, and after a demo its sandbox too."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from connector_assets.cli.arguments import writing_home
from connector_assets.cli.exits import tell
from connector_assets.cli.show import print_line
from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.home import Home


def ui(port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The page's port.")] = 3000) -> None:
    """Serve Dagster's page on this home until told to stop."""
    from connector_resources.instance.page import page_served

    home = writing_home()
    # told to stop by a supervisor is the same as by Ctrl-C: everything started here is ended in order
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        _serve_sandbox(home, stack)
        tell("starting Dagster's webserver and daemon")
        address = stack.enter_context(page_served(home.path, port=port))
        print_line(f"Dagster's page is at {address} (Ctrl-C stops it)")
        try:
            signal.pause()
        except KeyboardInterrupt:
            tell("stopping")


def _serve_sandbox(home: Home, stack: ExitStack) -> None:
    """Serve the sandbox that a demo left, unless it is served already or this is no demo's home."""
    from connector_assets.cli.demo_home import MARKER, left_by_demo
    from connector_assets.cli.sandbox import serving
    from connector_assets.cli.sandboxes import credentials_of, served

    if not (home.path / MARKER).is_file():
        return
    left = left_by_demo(home)
    try:
        credentials_of(left.port_base)
    except UnusableInput:
        arguments = serving(left.port_base, state=left.state, limits="off")
        ready = stack.enter_context(served(arguments, left.state.parent / "log"))
        tell(f"the demo's sandbox is served: {', '.join(ready['systems'].values())}")
