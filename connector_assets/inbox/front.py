"""The inbox's front: takes connections in, counts who makes them before a byte is read, and shakes hands over TLS.

asyncio's own servers tell of a connection only after the handshake, in which whoever says nothing may stay; and they
shake hands with all at once, which takes seconds where two thousand come together. Here a caller costs a descriptor
until its first byte, and then those who call from different addresses take turns.
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

from connector_assets.inbox.callers import Caller, Callers, Stage
from connector_assets.inbox.protocol import Deadlines

log = logging.getLogger(__name__)

# taken in before what goes on is seen to: who is here already is to say something before it makes room for others, and
# who calls is not to wait behind hundreds before we know from where
ARRIVE_AT_ONCE = 32
# of known addresses and of unknown ones: a handshake is half a millisecond of work
MEET_AT_ONCE = 2
# out of descriptors or memory: it is pointless to ask again at once
PAUSE_SECONDS = 0.1
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Turns:
    """Callers whose first byte has come, one of each address after the other; of an address the last and the first in
    turn. A sender of events that shares an address with hundreds is not to wait for all their handshakes, whether it
    came behind them or before."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[Caller, socket.socket]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, arrived: socket.socket, caller: Caller) -> None:
        """The next one of its address."""
        self._waiting.setdefault(caller.origin, {})[caller] = arrived

    def drop(self, caller: Caller) -> None:
        """The caller does not wait any more."""
        mine = self._waiting[caller.origin]
        del mine[caller]
        if not mine:
            del self._waiting[caller.origin]

    def take(self) -> tuple[socket.socket, Caller]:
        """Whose turn it is; its address is the last one then."""
        origin = next(iter(self._waiting))
        mine = self._waiting.pop(origin)
        # as long as nobody comes or goes, odd and even are in turn
        caller = next(reversed(mine) if len(mine) % 2 else iter(mine))
        arrived = mine.pop(caller)
        if mine:
            self._waiting[origin] = mine
        return arrived, caller


class Front:
    """Takes in who calls at a listening socket; `protocol` speaks with one of them, over TLS where there is a context.
    Belongs to the event loop that runs when it is made."""

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
        self._deadlines = deadlines
        self._loop = asyncio.get_running_loop()
        self._quiet: dict[socket.socket, asyncio.TimerHandle] = {}
        # of addresses that have sent a request before, and of all others: neither waits for the other
        self._known, self._unknown = Turns(), Turns()
        self._serving = False
        self._meeting: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to take in."""
        self._listener.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Take in nobody any more, and hang up on those who have no request here."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)
        # this ends no task: its protocol may have been told of a connection, and would never hear of the end
        self._callers.hang_up()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listener, self._take_in)

    def _take_in(self) -> None:
        for _ in range(ARRIVE_AT_ONCE):
            try:
                arrived, address = self._listener.accept()
            except OSError as error:
                if error.errno in _SHORT:
                    self._out_of_room(error)
                # else there is nobody, or who was there has gone
                return
            arrived.setblocking(False)
            caller = self._callers.enter(address[0], partial(self._end_quiet, arrived))
            if caller is None:
                arrived.close()
                continue
            # over TLS a first byte is the beginning of a handshake
            seconds = self._deadlines.head if self._tls is None else self._deadlines.handshake
            self._quiet[arrived] = self._loop.call_later(seconds, self._too_quiet, arrived, caller)
            self._loop.add_reader(arrived, self._first_byte, arrived, caller)

    def _first_byte(self, arrived: socket.socket, caller: Caller) -> None:
        self._not_quiet(arrived)
        turns = self._known if self._callers.known(caller) else self._unknown
        turns.add(arrived, caller)
        caller.close = partial(self._end_waiting, turns, arrived, caller)
        if not self._serving:
            self._serving = True
            self._loop.call_soon(self._serve_turns)

    def _serve_turns(self) -> None:
        for turns in [self._known, self._unknown] * MEET_AT_ONCE:
            if not turns:
                continue
            arrived, caller = turns.take()
            caller.close = partial(_shut, arrived)
            # whose work begins makes room after those for whom nothing was done yet
            self._callers.move(caller, Stage.NEW)
            task = self._loop.create_task(self._meet(arrived, caller))
            self._meeting.add(task)
            task.add_done_callback(self._meeting.discard)
        self._serving = bool(self._known or self._unknown)
        if self._serving:
            self._loop.call_soon(self._serve_turns)

    async def _meet(self, arrived: socket.socket, caller: Caller) -> None:
        """Connect the caller with a protocol; of one who does not shake hands in time nothing is left."""
        made, met = self._protocol(caller), False
        try:
            await self._loop.connect_accepted_socket(
                lambda: made,
                arrived,
                ssl=self._tls,
                # both are refused where there is no TLS
                ssl_handshake_timeout=None if self._tls is None else self._deadlines.handshake,
                ssl_shutdown_timeout=None if self._tls is None else self._deadlines.leave,
            )
            met = True
        except OSError:
            # no TLS, or not in time, or gone: the same to us
            pass
        finally:
            if not met:
                self._callers.leave(caller)
                arrived.close()

    def _too_quiet(self, arrived: socket.socket, caller: Caller) -> None:
        self._callers.late(caller, "first byte")
        self._end_quiet(arrived)

    def _end_quiet(self, arrived: socket.socket) -> None:
        self._not_quiet(arrived)
        arrived.close()

    def _not_quiet(self, arrived: socket.socket) -> None:
        self._quiet.pop(arrived).cancel()
        self._loop.remove_reader(arrived)

    def _end_waiting(self, turns: Turns, arrived: socket.socket, caller: Caller) -> None:
        turns.drop(caller)
        arrived.close()

    def _out_of_room(self, error: OSError) -> None:
        log.error("no further connection can be taken in: %s; the idlest is closed", error.strerror)
        if len(self._callers) and (idlest := self._callers.idlest()) is not None:
            self._callers.leave(idlest)
            idlest.close()
        self._loop.remove_reader(self._listener)
        self._pause = self._loop.call_later(PAUSE_SECONDS, self._listen)


def _shut(arrived: socket.socket) -> None:
    """End it for whoever reads from it, and closes it then."""
    with suppress(OSError):
        arrived.shutdown(socket.SHUT_RDWR)
