"""The vendors on loopback, written from their documents alone, for a first run, tests and fault drills."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from pkgutil import extend_path
from typing import Any

import msgspec

from connector_sandbox.kernel.sandbox import Sandbox
from connector_sandbox.kernel.server import Server
from connector_sandbox.kernel.system import BadCommandError
from connector_sandbox.kernel.worlds import worlds

# folders of other distributions count too: their systems are served beside ours
__path__ = extend_path(__path__, __name__)

__all__ = ["BadCommandError", "serve"]


def serve(
    port_base: int = 8900,
    ledger: Path | str | None = None,
    seed: int = 1,
    size: int | None = None,
    faults: Path | str | Sequence[Mapping[str, Any]] | None = None,
    limits: bool = True,
    state: Path | str | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    trust: Path | str | None = None,
) -> None:
    """Serve the systems on loopback until SIGTERM or SIGINT; a line of JSON on standard output says ready.

    The control interface is on `port_base`, each system on a port above it. The content is made from `seed`
    and `size`
    or read from the files in the `ledger` directory; with a `state` directory it survives a restart. `faults`
    are
    rules or a JSON file of them; `limits` switches the documented rate limits; `options` are the systems'
    switches
    (POST /options); `trust` is a PEM file, which may appear later, of authorities that receivers of events may be
    certified by. BadCommandError says in one line what is wrong with an argument.
    """
    sandbox = Sandbox(
        worlds(ledger=None if ledger is None else Path(ledger), seed=seed, size=size),
        limits=limits,
        faults=_rules(faults),
        state=None if state is None else Path(state),
        options=options,
    )
    if trust is not None:
        sandbox.trust(Path(trust))
    sockets = sandbox.bind(port_base)

    def ready() -> None:
        line = {"ready": True, "systems": sandbox.urls, "control": sandbox.control}
        print(json.dumps(line), flush=True)  # noqa: T201 - the contract of the command

    try:
        Server(sandbox, ready).serve_until_told(sockets)
    finally:
        sandbox.close()


def _rules(faults: Path | str | Sequence[Mapping[str, Any]] | None) -> Sequence[Mapping[str, Any]]:
    if not isinstance(faults, Path | str):
        return faults or ()
    try:
        rules: list[dict[str, Any]] = msgspec.json.decode(Path(faults).read_bytes(), type=list[dict[str, Any]])
    except OSError as error:
        raise BadCommandError(f"{faults}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise BadCommandError(f"{faults}: not a JSON list of fault rules: {error}") from None
    return rules
