"""The line between our clients and the sandbox: real sessions, real ASGI desks, no sockets, and what goes wrong on it.

A client of ours keeps its session, its login, its retries and its reading of answers; only the transport is another: a
call is handed to the system's desk in this process. What a reset, a time-out or a cut body is to `requests`, the line
raises as the same exceptions, with urllib3's inside (see `connector_resources/http/problems.py` for what reads them).
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from drill_clock import Hands, Time
from drill_process import Process
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from connector_resources.http import Call, HttpSession
from connector_sandbox.kernel.dispatch import SystemApp
from connector_sandbox.kernel.system import System

DAY, A_DAY = re.compile(rb"\b\d{4}-\d{2}-\d{2}"), timedelta(days=1)
# what a call takes, so that two of them are not at one instant
CALL_SECONDS = 0.02
# by system: how it says in its own words that nothing was processed, for now and for long
LIMITED: Mapping[str, tuple[int, Any, Any]] = {
    # AIS counts no calls; what it turns away is a login that is gone
    "jde": (444, *[{"message": "Invalid Token", "exception": "Exception", "timeStamp": "2026-03-02:09.00.00"}] * 2),
    "coupa": (429, *[{"errors": {"base": ["Too many requests."]}}] * 2),
    "bill": (
        422,
        [{"code": "BDC_1322", "severity": "ERROR", "message": "Max number of concurrent requests reached."}],
        [{"code": "BDC_1144", "severity": "ERROR", "message": "Max number of allowed requests per hour reached."}],
    ),
}
# for want of a permission. AIS is asked a second time under a new login, and has no place here
FORBIDDEN: Mapping[str, tuple[int, Any]] = {
    "coupa": (403, {"errors": {"authorization": ["You are not authorized to do this."]}}),
    "bill": (403, [{"code": "BDC_1145", "severity": "ERROR", "message": "Operation not permitted."}]),
}
# an id in a path: digits alone, or twenty characters that begin with digits or three letters and 01
NUMBERS = re.compile(r"/(\d+|[0-9a-z]{3}01[0-9A-Za-z]{15})(?=/|$)")

Position = tuple[str, int]
"""('write', 3): the fourth call of a case that creates or changes something; ('read', 0): the first other one."""


@dataclass
class Traffic:
    """The calls of one case, over all its processes: counted, told, and which of them go wrong. `counts["before"]` are
    the reads before the first write; `doubled` the effects of requests that the network delivered a second time;
    `unannounced` the writes that were sent before the ledger knew of them, as `announced` tells. Where two calls are
    under way at once, each takes its `turn`."""

    time: Time
    plan: Mapping[Position, Callable[[Exchange], Response]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: {"write": 0, "read": 0})
    reported: list[str] = field(default_factory=list)
    effects: list[tuple[str, str, str]] = field(default_factory=list)
    late: list[tuple[float, Exchange]] = field(default_factory=list)
    doubled: list[tuple[str, str, str]] = field(default_factory=list)
    announced: Callable[[], bool] = lambda: True
    unannounced: list[str] = field(default_factory=list)
    turn: threading.Condition | None = None

    def arrive(self) -> None:
        """Let those calls take effect that were on their way, and whose time has come."""
        due = [each for each in self.late if each[0] <= self.time.seconds]
        self.late = [each for each in self.late if each[0] > self.time.seconds]
        for _, exchange in sorted(due, key=lambda each: each[0]):
            self.reported.append(f"          … {exchange.label} takes effect late")
            exchange.take_effect()


class Line(BaseAdapter):
    """The transport of one client of one process."""

    def __init__(self, system: System, app: SystemApp, traffic: Traffic, process: Process, clock: Hands) -> None:
        super().__init__()
        self.system = system
        self.app = app
        self.traffic = traffic
        self.process = process
        self.clock = clock
        self.foreign: Response | None = None
        self._sending = threading.local()

    def connect(self, client: Any) -> None:
        """Become the transport of a client's session, and hear from it which call each request is."""
        http = next(each for each in vars(client).values() if isinstance(each, HttpSession))
        exchange = http._exchange

        def reported(call: Call, login: Mapping[str, str]) -> Any:
            self._sending.call = call
            return exchange(call, login)

        http._exchange = reported  # type: ignore[method-assign]
        http._session.mount("http://", self)

    def send(self, request: PreparedRequest, stream: bool = False, timeout: Any = None, *_: Any, **__: Any) -> Response:
        """One call: counted, perhaps spoilt, answered."""
        with self.traffic.turn or nullcontext():
            return self._send(request, timeout)

    def _send(self, request: PreparedRequest, timeout: Any) -> Response:
        self.process.alive()
        traffic = self.traffic
        traffic.arrive()
        traffic.time.pass_by(CALL_SECONDS)
        kind = "read" if self._sending.call.is_safe else "write"
        exchange = Exchange(self, request, safe=kind == "read", patience=timeout[1])
        number = traffic.counts[kind]
        traffic.counts[kind] += 1
        if kind == "write":
            traffic.counts.setdefault("before", traffic.counts["read"])
            self.process.cross(f"before {exchange.label}")
            if not traffic.announced():
                traffic.unannounced.append(exchange.label)
        fault = traffic.plan.get((kind, number))
        spoilt = f"  <- {fault}" if fault is not None else ""
        traffic.reported.append(f"{traffic.time.seconds:9.2f} {kind} {number}: {exchange.label}{spoilt}")
        try:
            answer = exchange.take_effect() if fault is None else fault(exchange)
            if self.foreign is not None and fault is None:
                answer, self.foreign = self.foreign, None
            return answer
        finally:
            if kind == "write":
                self.process.cross(f"after {exchange.label}")

    def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Exchange:
    """One request on the line: what a fault may do with it."""

    line: Line
    request: PreparedRequest
    safe: bool
    patience: float

    @property
    def label(self) -> str:
        """Method and path, without numbers: `coupa PUT /api/invoices/N/submit`."""
        path = NUMBERS.sub("/N", urlsplit(str(self.request.url)).path)
        return f"{self.line.system.name} {self.request.method} {path}"

    @property
    def traffic(self) -> Traffic:
        """The traffic that it is a part of."""
        return self.line.traffic

    def take_effect(self) -> Response:
        """The system gets the request and answers it."""
        before = len(self.traffic.effects)
        status, headers, body = at_once(self.line.app, self.request)
        if self.safe and len(self.traffic.effects) > before:
            raise AssertionError(f"{self.label} is a safe call to its client, and changed something")
        return self.answer(status, headers, body)

    def of_the_day_before(self) -> Exchange:
        """The same request, as somebody else would make it: each date in it is a day sooner."""
        request = self.request.copy()
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        request.body = DAY.sub(lambda found: (date.fromisoformat(found[0].decode()) - A_DAY).isoformat().encode(), body)
        return replace(self, request=request)

    def take_effect_again(self) -> Response:
        """The system gets it a second time: what comes into being by that is the network's doing."""
        before = len(self.traffic.effects)
        answer = self.take_effect()
        self.traffic.doubled += self.traffic.effects[before:]
        return answer

    def limited(self, headers: Mapping[str, str], *, long: bool = False) -> Response:
        """The vendor turns it away for want of room, in its own words; nothing was processed."""
        status, *bodies = LIMITED[self.line.system.name]
        body = bodies[long]
        return self.answer(status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode())

    def forbidden(self) -> Response:
        """The vendor turns it away for want of a permission, in its own words; nothing was processed."""
        status, body = FORBIDDEN[self.line.system.name]
        return self.answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def streamed(self, raw: Any, headers: Mapping[str, str] | None = None) -> Response:
        """An answer of 200 whose body is read from `raw` as it comes."""
        made = self.answer(200, headers)
        made._content, made._content_consumed = False, False  # type: ignore[attr-defined]
        encoded = bool(headers and "Content-Encoding" in headers)
        made.raw = HTTPResponse(raw, headers=dict(headers or {}), preload_content=False) if encoded else raw
        return made

    def take_effect_late(self, seconds: float) -> None:
        """The request is on its way for that long before the system gets it."""
        self.traffic.late.append((self.traffic.time.seconds + seconds, self))

    def answer(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Response:
        """An answer as `requests` gives it."""
        made = Response()
        made.status_code = status
        made.headers = CaseInsensitiveDict(headers or {})
        made._content, made._content_consumed = body, True  # type: ignore[attr-defined]
        made.url, made.request, made.raw = str(self.request.url), self.request, io.BytesIO()
        return made


def at_once(app: SystemApp, request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a desk's answer. The sandbox waits for nothing, so that no event loop is needed."""
    parts = urlsplit(str(request.url))
    body = request.body or b""
    content = body if isinstance(body, bytes) else str(body).encode()
    scope = {
        "type": "http",
        "method": request.method,
        "path": unquote(parts.path),
        "query_string": parts.query.encode(),
        "headers": list(_raw(request.headers.items())),
        "server": (parts.hostname, 80),
    }
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    answering = app(scope, receive, send)
    try:
        answering.send(None)  # type: ignore[attr-defined]
    except StopIteration:
        start, *parts_of_body = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, b"".join(each.get("body", b"") for each in parts_of_body)
    raise AssertionError(f"the sandbox waits for something in {request.method} {request.url}")


def _raw(headers: Iterable[tuple[Any, Any]]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        yield _bytes(name).lower(), _bytes(value)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
