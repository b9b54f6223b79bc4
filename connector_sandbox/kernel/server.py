"""uvicorn around a sandbox: several ports, one loop, a ready signal, a quiet end."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from connector_sandbox.kernel.sandbox import Sandbox
from connector_sandbox.kernel.wire import ExposedProtocol


class Server(uvicorn.Server):
    """Serves one sandbox until `should_exit`, SIGTERM or SIGINT."""

    def __init__(self, sandbox: Sandbox, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                sandbox,
                http=ExposedProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                # Longer than a client's pause between two calls: a kept connection that the server just
                # closes looks
                # to the client like a lost answer, and those are to be scripted.
                timeout_keep_alive=120,
                timeout_graceful_shutdown=2,
            )
        )
        self._on_ready = on_ready

    def serve_until_told(self, sockets: list[socket.socket]) -> None:
        """Block and serve."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve(sockets))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Unlike uvicorn's, does not raise the signal again at the end: to be told to stop is no failure."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
