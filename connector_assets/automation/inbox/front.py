"""The inbox's front: takes connections in, counts who makes them before a byte is read, and shakes hands over TLS.

asyncio's own servers tell of a connection only after the handshake; whoever does not shake hands would not count.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from connector_assets.automation.inbox.callers import Caller, Callers
from connector_assets.automation.inbox.protocol import Deadlines

log = logging.getLogger(__name__)

# taken in before others get their turn
AT_ONCE = 32
# out of descriptors or memory: it is pointless to ask again at once
PAUSE_SECONDS = 0.1
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Front:
    """Takes in who calls at a listening socket; `protocol` speaks with one of them, over TLS where there is a context.
    `open` and `close` belong to the event loop's thread."""

    def __init__(
        self,
        listener: socket.socket,
        callers: Callers,
        protocol: Callable[[Caller], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        deadlines: Deadlines,
    ) -> None:
        self._listener = listener
        self._callers = callers
        self._protocol = protocol
        self._tls = tls
        # they are for TLS alone, and refused without it
        self._handshake = None if tls is None else deadlines.handshake
        self._leave = None if tls is None else deadlines.leave
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to take in."""
        self._listener.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Take in nobody any more, and hang up on those who are still shaking hands."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)
        for task in self._arriving:
            task.cancel()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listener, self._take_in)

    def _take_in(self) -> None:
        for _ in range(AT_ONCE):
            try:
                arrived, address = self._listener.accept()
            except OSError as error:
                if error.errno in _SHORT:
                    self._out_of_room(error)
                # else there is nobody, or who was there has gone
                return
            arrived.setblocking(False)
            caller = self._callers.enter(address[0], partial(_hang_up, arrived))
            if caller is None:
                arrived.close()
                continue
            task = self._loop.create_task(self._meet(arrived, caller))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _meet(self, arrived: socket.socket, caller: Caller) -> None:
        """Connect the caller with a protocol; of one who does not shake hands in time nothing is left."""
        met = False
        try:
            made = self._protocol(caller)
            await self._loop.connect_accepted_socket(
                lambda: made,
                arrived,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake,
                ssl_shutdown_timeout=self._leave,
            )
            met = True
        except OSError:
            # no TLS, or not in time, or gone: the same to us
            pass
        finally:
            if not met:
                self._callers.leave(caller)
                arrived.close()

    def _out_of_room(self, error: OSError) -> None:
        log.error("no further connection can be taken in: %s; the idlest is closed", error.strerror)
        if len(self._callers) and (idlest := self._callers.idlest()) is not None:
            self._callers.leave(idlest)
            idlest.close()
        self._loop.remove_reader(self._listener)
        self._pause = self._loop.call_later(PAUSE_SECONDS, self._listen)


def _hang_up(arrived: socket.socket) -> None:
    # whoever reads from it sees its end, and closes it
    with suppress(OSError):
        arrived.shutdown(socket.SHUT_RDWR)
