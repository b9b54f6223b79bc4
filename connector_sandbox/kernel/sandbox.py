"""One sandbox: its systems, their content, their faults and their ports."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.control import Control
from connector_sandbox.kernel.dispatch import SystemApp
from connector_sandbox.kernel.faults import Faults
from connector_sandbox.kernel.registry import compose
from connector_sandbox.kernel.store import Journal
from connector_sandbox.kernel.system import BadCommandError, System, World, Worlds

HOST = "127.0.0.1"


class Sandbox:
    """The systems over one clock, as an ASGI application that tells them apart by port."""

    def __init__(
        self,
        worlds: Worlds,
        *,
        limits: bool = True,
        faults: Sequence[Mapping[str, Any]] = (),
        state: Path | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        only: Sequence[str] | None = None,
    ) -> None:
        self.clock = SandboxClock()
        self.faults = Faults(self.clock)
        self.faults.add(faults)
        self.systems = compose(self.clock, limits=limits, options=options, only=only)
        self._worlds = worlds
        self._world: Mapping[str, World] | None = None
        self._journals: dict[str, Journal] = {}
        self._desks = {name: SystemApp(system, self.faults) for name, system in self.systems.items()}
        self._apps: dict[int, SystemApp | Control] = {}
        self.urls: dict[str, str] = {}
        self.control = ""
        for name, system in self.systems.items():
            if state is not None:
                system.store = self._journals[name] = Journal(state, name)
        self._fill()

    def system(self, name: Any) -> System:
        """A system by name; BadCommandError when there is none."""
        if not isinstance(name, str) or name not in self.systems:
            raise BadCommandError(f"no system {name!r}: there are {', '.join(self.systems)}")
        return self.systems[name]

    def bind(self, base: int | None) -> list[socket.socket]:
        """Take the ports, from `base` on or any free ones. BadCommandError names a port that is taken."""
        sockets = [_listen(base)]
        self._apps[_port(sockets[0])] = Control(self)
        self.control = f"http://{HOST}:{_port(sockets[0])}"
        for name, system in self.systems.items():
            sockets.append(_listen(None if base is None else base + system.offset))
            port = _port(sockets[-1])
            self._apps[port] = self._desks[name]
            self.urls[name] = f"http://{HOST}:{port}{system.base_path}"
        return sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][1]](scope, receive, send)

    def trust(self, authorities: Path) -> None:
        """Every system that calls others over TLS trusts the authorities in this file, which may appear later."""
        for system in self.systems.values():
            if "trust" in system.options():
                system.configure({"trust": str(authorities.absolute())})

    def reset(self) -> None:
        """Content, clock and counters as at the start, without faults."""
        self.faults.clear()
        self.clock.reset()
        for name, system in self.systems.items():
            self._desks[name].forget_late_effects()
            self._load(name, system)

    def close(self) -> None:
        """Close the journals."""
        for journal in self._journals.values():
            journal.close()

    def _fill(self) -> None:
        for name, system in self.systems.items():
            journal = self._journals.get(name)
            content = journal.read() if journal is not None else None
            if journal is None or content is None:
                self._load(name, system)
            else:
                system.restore(content)
                journal.rewrite(content)

    def _load(self, name: str, system: System) -> None:
        if self._world is None:
            self._world = self._worlds()
        system.load(self._world.get(name, {}))
        if name in self._journals:
            self._journals[name].rewrite(system.dump())


def _listen(port: int | None) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port or 0))
    except (OSError, OverflowError) as error:
        listener.close()
        raise BadCommandError(f"port {port} of {HOST} cannot be had: {error}") from None
    return listener


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
