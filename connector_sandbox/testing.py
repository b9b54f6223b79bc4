"""A sandbox in the background of a test."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.sandbox import Sandbox as _Served
from connector_sandbox.kernel.server import Server
from connector_sandbox.kernel.system import System, World
from connector_sandbox.kernel.worlds import worlds

_START_SECONDS = 30


class Sandbox:
    """A running sandbox, as a test sees it."""

    def __init__(self, served: _Served) -> None:
        self._served = served

    @property
    def control(self) -> str:
        """The URL of the control interface."""
        return self._served.control

    @property
    def clock(self) -> SandboxClock:
        """Its clock; a test may move it."""
        return self._served.clock

    @property
    def systems(self) -> Mapping[str, System]:
        """Its systems by name; look, but do not change them while calls are under way."""
        return self._served.systems

    def url(self, system: str) -> str:
        """Where a client finds a system."""
        return self._served.urls[system]

    def get(self, path: str) -> Any:
        """Ask the control interface: `get("/state")`."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        """Tell the control interface: `post("/faults", [...])`. ValueError holds the reason of a refusal."""
        return self._ask("POST", path, msgspec.json.encode({} if body is None else body))

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(self.control + path, body, method=method)  # noqa: S310 - our own URL
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return msgspec.json.decode(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise ValueError(f"{method} {path}: {refusal.read().decode()}") from None


@contextmanager
def running(
    *,
    ledger: Path | str | None = None,
    seed: int = 1,
    size: int | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
    limits: bool = True,
    state: Path | str | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    world: Mapping[str, World] | None = None,
    only: Sequence[str] | None = None,
    port_base: int | None = None,
) -> Iterator[Sandbox]:
    """Serve a sandbox from a thread, on free ports unless `port_base` is given, until the block ends.

    Beyond what `serve` takes: `world` is content by system in place of the seed's, `only` names the systems
    to serve.
    """
    content = (
        (lambda: world) if world is not None else worlds(ledger=Path(ledger) if ledger else None, seed=seed, size=size)
    )
    served = _Served(
        content,
        limits=limits,
        faults=faults,
        state=Path(state) if state else None,
        options=options,
        only=only,
    )
    ready = threading.Event()
    server = Server(served, ready.set)
    thread = threading.Thread(target=server.serve_until_told, args=(served.bind(port_base),), name="sandbox")
    thread.start()
    try:
        if not ready.wait(_START_SECONDS):
            raise RuntimeError("the sandbox did not start")
        yield Sandbox(served)
    finally:
        server.should_exit = True
        thread.join()
        served.close()
