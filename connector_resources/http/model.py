"""The nouns of the HTTP layer: a call, its answer, the limits of a connection, who logs in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from requests.structures import CaseInsensitiveDict

from connector_resources.errors import OutcomeUnknown, SystemProblem, Unavailable
from connector_resources.http.bounds import too_deep
from connector_resources.http.limits import JSON_DEPTH
from connector_resources.redact import redact

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Money comes as JSON numbers: a fraction must reach us digit by digit, never through a float.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request.

    `path` is relative to the connection's URL, or absolute and inside it. `safe` says that sending it
    twice does no harm (by default: GET and HEAD); only safe calls are retried. `what` names the act for
    people ("read suppliers"). `replay=False` marks a request that is worthless after a new login, such as a
    next-page link with a token in it: the login is renewed, the request is not repeated. `retries` and
    `timeout_seconds` override the connection's, the latter what the whole call may last besides.
    """

    method: str
    path: str
    what: str
    params: Sequence[tuple[str, str]] | Mapping[str, str] | None = None
    json: Any = None
    data: bytes | Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool | None = None
    timeout_seconds: float | None = None
    retries: int | None = None
    replay: bool = True

    @property
    def is_safe(self) -> bool:
        """Whether it may be sent again when no answer came."""
        return self.method.upper() in _SAFE_METHODS if self.safe is None else self.safe

    def without_answer(self, message: str, *, connection: str, status: int | None = None) -> SystemProblem:
        """What a sent call without a trustworthy answer means: only a write leaves something unknown."""
        kind = Unavailable if self.is_safe else OutcomeUnknown
        return kind(message, connection=connection, status=status)


class Answer:
    """A response, fully read. `url` and `text()` are redacted; `body` and `json()` are as received."""

    __slots__ = (
        "_decoded",
        "_depth",
        "_hide",
        "_url",
        "body",
        "call",
        "connection",
        "headers",
        "retry_after",
        "status",
    )

    def __init__(
        self,
        *,
        call: Call,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        url: str,
        connection: str = "",
        retry_after: float | None = None,
        hide: Callable[[str], str] = redact,
        depth: int = JSON_DEPTH,
    ) -> None:
        self.call = call
        self.status = status
        self.headers: Mapping[str, str] = CaseInsensitiveDict(headers)
        self.body = body
        self._url = url
        self.connection = connection
        self.retry_after = retry_after
        self._hide = hide
        self._depth = depth
        self._decoded: Any = _NOT_YET

    @property
    def url(self) -> str:
        """The address that was asked."""
        return self._hide(self._url)

    def json(self) -> Any:
        """The body decoded, numbers with a fraction as `Decimal`.

        Raises `Unavailable` (safe call) or `OutcomeUnknown` (write) when the body is cut, nested too deep or no JSON.
        """
        if self._decoded is _NOT_YET:
            try:
                body = self._utf8()
                decoded = _DECODER.decode(body)
            # ValueError: UnicodeError, and a charset that is no name at all
            except (msgspec.DecodeError, ValueError, LookupError) as error:
                reason = str(error)
            except RecursionError:
                reason = f"more than {self._depth} levels deep"
            else:
                if not too_deep(body, decoded, self._depth):
                    self._decoded = decoded
                    return decoded
                reason = f"more than {self._depth} levels deep"
            raise self.call.without_answer(
                f"{self.call.what}: {self.connection} answered {self.status} with a body that cannot be read as JSON"
                f" ({self._hide(reason)}): {self.text(120) or 'empty'}",
                connection=self.connection,
                status=self.status,
            )
        return self._decoded

    def json_or_none(self) -> Any:
        """The body decoded, or None where it is no JSON (a proxy's HTML page, for one)."""
        try:
            return self.json()
        except SystemProblem:
            return None

    def text(self, limit: int = 500) -> str:
        """The body for people: redacted, on one line, cut after `limit` characters."""
        whole = " ".join(self._hide(self.body.decode("utf-8", "replace")).split())
        return whole if len(whole) <= limit else whole[: limit - 1] + "…"

    def _utf8(self) -> bytes:
        """The body as UTF-8; older application servers send ISO-8859-1 and say so."""
        _, _, charset = self.headers.get("Content-Type", "").lower().partition("charset=")
        charset = charset.split(";")[0].strip(" \"'")
        if charset and charset not in ("utf-8", "utf8"):
            return self.body.decode(charset).encode()
        return self.body.removeprefix(b"\xef\xbb\xbf")

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.url!r}, {len(self.body)} bytes)"


_NOT_YET = object()


class CallCount:
    """How many requests were really sent: safe ones (logins among them) as `read`, the others as `write`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = 0
        self._write = 0

    def add(self, call: Call) -> None:
        """Count one request."""
        with self._lock:
            if call.is_safe:
                self._read += 1
            else:
                self._write += 1

    @property
    def read(self) -> int:
        """Requests that change nothing."""
        return self._read

    @property
    def write(self) -> int:
        """Requests that create or change something."""
        return self._write

    def __repr__(self) -> str:
        return f"CallCount(read={self._read}, write={self._write})"
