"""The common way of an API call: session, permission, body, and how its answer is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_sandbox.bill.books import Books, shown
from connector_sandbox.bill.errors import Refusal, against_rule, not_supported, unreadable
from connector_sandbox.bill.gauge import Gauge
from connector_sandbox.bill.sessions import Session, Sessions
from connector_sandbox.kernel.clock import SandboxClock

BASE = "/connect"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_JSON = "application/json"
_UTC = "+00:00"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+\+00:00", re.ASCII)
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_NO_PAYMENTS = ("POST /v3/payments*",)


@dataclass(slots=True)
class Call:
    """A call that may be made: `query` by name, `body` as JSON (None without one), `path` parameters."""

    session: Session
    query: Mapping[str, str]
    body: Any
    path: Mapping[str, str]
    base: str = ""
    """The URL of the server, with a slash at its end."""


@dataclass(frozen=True, slots=True)
class Result:
    """What to answer; a `tree` of None is an empty body."""

    tree: Any
    status: int = 200


Verb = Callable[[Call], Result]


class Front:
    """Wraps the verbs of the API into routes."""

    def __init__(self, clock: SandboxClock, books: Books, sessions: Sessions, gauge: Gauge) -> None:
        self._clock = clock
        self._books = books
        self._sessions = sessions
        self._gauge = gauge

    def route(self, method: str, path: str, verb: Verb, *, raw: bool = False) -> Route:
        """A route for whoever has a session: `path` as the vendor writes it, "/v3/bills/{id}".

        The body is JSON, or with `raw` bytes.
        """
        operation = f"{method} {path}"

        async def handler(request: Request) -> Response:
            try:
                session = self._sessions.of(request)
                self._check_permission(session, operation)
                sent = await request.body()
                body = sent if raw else body_of(sent)
                call = Call(session, request.query_params, body, request.path_params, str(request.base_url))
                return answer(self._carried_out(verb, call), self._books.options.time_suffix)
            except Refusal as refusal:
                return self.refused(refusal)

        return Route(BASE + path, handler, methods=[method])

    def open_route(self, method: str, path: str, verb: Callable[[Any], Result]) -> Route:
        """A route that needs no session; the verb is given the body."""

        async def handler(request: Request) -> Response:
            try:
                return answer(verb(body_of(await request.body())))
            except Refusal as refusal:
                return self.refused(refusal)

        return Route(BASE + path, handler, methods=[method])

    def catch_all(self) -> Route:
        """Every other path, and every other method."""

        async def handler(request: Request) -> Response:
            return self.refused(not_supported())

        return Route(BASE + "/{path:path}", handler, methods=METHODS)

    def refused(self, refusal: Refusal) -> Response:
        """A refusal as an answer, counted."""
        self._gauge.refused(refusal)
        return Response(_encode(refusal.body(self._clock.now())), refusal.status, media_type=_JSON)

    def _carried_out(self, verb: Verb, call: Call) -> Result:
        self._books.actor = call.session.user.id
        with self._books.whole():
            return verb(call)

    def _check_permission(self, session: Session, operation: str) -> None:
        """BDC_1145 for what the user's role lacks (bill section 2.3)."""
        options = self._books.options
        role = session.user.role
        access = options.sync_token_access if role == "sync" else "full"
        read_only = role == "reader" or access == "read_only"
        denied = list(options.denied_operations)
        if access == "no_payments":
            denied += _NO_PAYMENTS
        ends = operation == "POST /v3/logout"
        lacks = read_only and not operation.startswith("GET ") and not ends
        if lacks or any(fnmatchcase(operation, pattern) for pattern in denied):
            message = "User does not have permission to perform this operation."
            raise against_rule("BDC_1145", message, status=options.denied_status)


def body_of(body: bytes) -> Any:
    """A request's body; Refusal when it is no JSON."""
    if not body.strip():
        return None
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise unreadable("request body", f"JSON parse error: {error}") from None


def answer(result: Result, time_suffix: str = _UTC) -> Response:
    """A result as it goes out: money as JSON numbers, unset fields absent."""
    if result.tree is None:
        return Response(status_code=result.status)
    tree = shown(result.tree)
    return Response(
        _encode(tree if time_suffix == _UTC else _retimed(tree, time_suffix)), result.status, media_type=_JSON
    )


def _retimed(value: Any, suffix: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _retimed(each, suffix) for key, each in value.items()}
    if isinstance(value, list):
        return [_retimed(each, suffix) for each in value]
    return value.replace(_UTC, suffix) if isinstance(value, str) and _TIME.fullmatch(value) else value
