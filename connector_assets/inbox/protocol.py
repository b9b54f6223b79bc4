"""HTTP as the inbox speaks it: uvicorn's, with a deadline for whatever a caller has to do, and without trailers.

uvicorn ends a connection that says nothing after an answer, and nothing else: half a head is waited for without end.
Here each stage has an instant at which it is over, which no further byte moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connector_assets.inbox.callers import Caller, Callers, Stage

# the longest head that is read, give or take what one read of the socket brings
HEAD_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a caller may take, in seconds: for the TLS handshake, for a head from its first byte (the first one:
    from the connection), from a head to the end of its answer, between two requests, and to take leave."""

    handshake: float = 10.0
    head: float = 10.0
    # longer than app.BODY_SECONDS and an answer to BILL together: those answer, and this one hangs up
    request: float = 30.0
    idle: float = 30.0
    leave: float = 5.0


class InboxProtocol(HttpToolsProtocol):
    """One caller's connection, from the end of the TLS handshake on."""

    def __init__(self, callers: Callers, caller: Caller, deadlines: Deadlines, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._callers = callers
        self._caller = caller
        self._deadlines = deadlines
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head_bytes = 0
        # whether the latest request came to its end
        self._whole = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._caller.close = transport.abort
        if self._caller not in self._callers:
            # it made room for another while it was on its way here
            transport.abort()
        self._within(self._deadlines.head, "head")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._callers.leave(self._caller)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.send_400_response(f"The head is longer than {HEAD_BYTES} bytes.")

    # -- what the parser calls ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        if self._caller.stage is Stage.WAITING:
            self._within(self._deadlines.head, "head")

    def on_header(self, name: bytes, value: bytes) -> None:
        # after the body the parser calls a trailer a header too. Nobody needs one here, and none stands for a header:
        # whether it did would depend on how the bytes came in
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._whole = False, False
        waits = self.cycle is not None and not self.cycle.response_complete
        super().on_headers_complete()
        if not waits:
            self._begin_request(Stage.READING)

    def on_message_complete(self) -> None:
        self._whole = True
        super().on_message_complete()
        if self.cycle.response_complete:
            # it was answered before its body had come
            self._wait()
        else:
            self._callers.move(self._caller, Stage.ANSWERED)

    def on_response_complete(self) -> None:
        waits = bool(self.pipeline)
        super().on_response_complete()
        if self.transport.is_closing():
            self._within(self._deadlines.leave, "leave")
        elif waits:
            self._begin_request(Stage.ANSWERED if self._whole else Stage.READING)
        elif self._whole or self._in_head:
            self._wait()

    # -- deadlines ----------------------------------------------------------------------------------------------------

    def _begin_request(self, stage: Stage) -> None:
        self._callers.move(self._caller, stage)
        self._within(self._deadlines.request, "end of the request")

    def _wait(self) -> None:
        """For the next request, or for the rest of a head that has begun."""
        self._callers.move(self._caller, Stage.WAITING)
        if self._in_head:
            self._within(self._deadlines.head, "head")
        else:
            self._after(self._deadlines.idle, self._end_idling)

    def _within(self, seconds: float, what: str) -> None:
        self._after(seconds, lambda: self._hang_up(what))

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, do)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self, what: str) -> None:
        self._callers.late(self._caller, what)
        self.transport.abort()

    def _end_idling(self) -> None:
        # in good order: nothing is wrong with it
        self.transport.close()
        self._within(self._deadlines.leave, "leave")
