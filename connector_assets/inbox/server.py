"""uvicorn around the inbox: a front that counts who calls, a ready signal, a quiet end, nothing of the requests in its
logs."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from connector_assets.inbox.callers import Caller, Callers
from connector_assets.inbox.front import Front
from connector_assets.inbox.protocol import Deadlines, InboxProtocol
from connector_resources.errors import UnusableInput
from connector_resources.inbox_settings import ServingSettings

# who has come and was not taken in yet; the system may allow less (net.core.somaxconn)
BACKLOG = 4096


class Server(uvicorn.Server):
    """Serves one application until `should_exit`, SIGTERM or SIGINT; over HTTPS where a context is given."""

    def __init__(
        self,
        app: ASGIApp,
        on_ready: Callable[[], None],
        tls: ssl.SSLContext | None = None,
        *,
        settings: ServingSettings | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        self._settings = settings or ServingSettings()
        self._fronts: list[Front] = []
        config = uvicorn.Config(
            app,
            http=InboxProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=math.ceil(self._deadlines.idle),
            timeout_graceful_shutdown=5,
        )
        # whoever may have put a handler there: an address may hold what a sender should have put elsewhere
        logging.getLogger("uvicorn.access").disabled = True
        config.load()
        super().__init__(config)
        self._tls = tls
        self._on_ready = on_ready

    def serve_until_stopped(self, listener: socket.socket) -> None:
        """Block and serve."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve([listener]))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn has nothing to listen to: a front does, and knows of a caller before TLS does
        await super().startup([])
        loop = asyncio.get_running_loop()
        callers = Callers(self._settings, loop.time)

        def protocol(caller: Caller) -> InboxProtocol:
            return InboxProtocol(
                callers,
                caller,
                self._deadlines,
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
            )

        for listener in sockets or []:
            self._fronts.append(Front(listener, callers, protocol, self._tls, self._deadlines))
            self._fronts[-1].open()
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for front in self._fronts:
            front.close()
        await super().shutdown(sockets)
        # over TLS an end is agreed upon, and who never answers would hold the connection for good
        for connection in list(self.server_state.connections):
            if (transport := getattr(connection, "transport", None)) is not None:
                transport.abort()
        await asyncio.sleep(0)

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


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises UnusableInput where that cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UnusableInput(f"the inbox cannot listen at {host} port {port}: {error.strerror or error}") from None
