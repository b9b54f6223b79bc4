"""The sockets of one connection: whether a byte of a request left is known, no answer outlives its call, and none is
taken for the answer to the call after it.

A time-out of `requests` is the longest pause between two bytes, in the head of an answer too. Whoever sends a byte a
second keeps such a call for ever. Here each read waits no longer than the call as a whole may last.
"""

from __future__ import annotations

import http.client
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


@dataclass(slots=True)
class Passage:
    """One request on its way in this thread: `ends_at` by the monotonic clock, `pause` seconds between two bytes at
    most, `room` for so many more bytes of the answer. `left`: a byte of the request was handed to the network.
    `broken`: which limit the answer went past. `address`: the one on this machine that it left from."""

    ends_at: float
    pause: float
    room: int
    left: bool = False
    broken: str = ""
    address: str = ""


_HERE = threading.local()
_USUAL = frozenset({200, 201})  # after these a connection is used again
_OTHER_PROTOCOL = 101  # nothing that can be read as an answer follows it


@contextmanager
def passage(*, total_seconds: float, pause_seconds: float, answer_bytes: int) -> Iterator[Passage]:
    """What this thread sends in here is one request, and what it gets the answer to it."""
    made = _HERE.passage = Passage(time.monotonic() + total_seconds, pause_seconds, answer_bytes)
    try:
        yield made
    finally:
        _HERE.passage = None


def _passage() -> Passage | None:
    return getattr(_HERE, "passage", None)


class _Until(io.RawIOBase):
    """The bytes of an answer, until its call has lasted long enough."""

    def __init__(self, raw: Any, sock: Any) -> None:
        self._raw, self._sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        made = _passage()
        if made is None:
            return int(self._raw.readinto(buffer) or 0)
        try:
            self._sock.settimeout(max(min(made.ends_at - time.monotonic(), made.pause), 0.001))
            read = int(self._raw.readinto(buffer) or 0)
        finally:
            if time.monotonic() >= made.ends_at:
                made.broken = "total_seconds"
        if made.broken:
            raise TimeoutError("the answer takes longer than its call may last")
        made.room -= read
        if made.room < 0:
            made.broken = "answer_bytes"
            raise TimeoutError("the answer is longer than it may be")
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_Until(self.fp.detach(), sock))

    def begin(self) -> None:
        super().begin()
        # A gateway that answered in its own name may still pass on what it waited for. On a connection that is used
        # again that would be the answer to the next call.
        self.will_close = self.will_close or self.status not in _USUAL

    def _read_status(self) -> tuple[str, int, str]:
        """The status of the answer itself; what a server says ahead of it (102, 103) is none."""
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 100 <= found[1] < 200 or found[1] == _OTHER_PROTOCOL:
                return found
            http.client.parse_headers(self.fp)


class _Watched:
    """Of a connection: the mark that bytes of the request at hand have left. Connecting, the handshake and what a proxy
    is asked for before are none of it."""

    _connecting = False

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if getattr(self, "sock", None) is None:
            self.connect()
        sock: Any = getattr(self, "sock", None)
        made = _passage()
        if made is not None and not self._connecting:
            made.left = True
            made.address = _own_address(sock)
            # the answer before this one may have left little of its time
            sock.settimeout(made.pause)
        super().send(data)  # type: ignore[misc]


def _own_address(sock: Any) -> str:
    try:
        return str(sock.getsockname()[0])
    except (OSError, IndexError):
        # closed meanwhile, or of a kind without one: what is sent next says so
        return ""


class _Plain(_Watched, HTTPConnection):
    response_class = _Response


class _Secure(_Watched, HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class WatchedAdapter(HTTPAdapter):
    """The transport of `requests` over such connections."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager
