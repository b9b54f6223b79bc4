"""The common way of an API call: who may, in which format, and how its answer is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from itertools import cycle
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_sandbox.coupa import xml
from connector_sandbox.coupa.auth import Authority
from connector_sandbox.coupa.errors import NoRows, Refusal
from connector_sandbox.coupa.options import Options
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.limits import LeakyBucket

_JSON, _XML = "application/json", "application/xml"
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder().encode
_PAYMENT_KEYS = frozenset({"payments", "paid", "payment-date", "payment_date"})
_NO_ROWS = "No results match your search criteria."


@dataclass(slots=True)
class Call:
    """A call that may be made: `query` in order, `body` as an object, `xml` when the answer is to be XML."""

    query: list[tuple[str, str]]
    body: dict[str, Any]
    path: dict[str, Any]
    xml: bool

    def parameter(self, name: str) -> str | None:
        """A query parameter, spelled with underscores or hyphens."""
        hyphens = name.replace("_", "-")
        return next((value for key, value in self.query if key in (name, hyphens)), None)


@dataclass(frozen=True, slots=True)
class Result:
    """What to answer: a tree under an XML root; None for an empty body."""

    tree: Any
    root: str
    status: int = 200


Verb = Callable[[Call], Result]


class Front:
    """Wraps the verbs of the API into handlers."""

    def __init__(self, authority: Authority, options: Callable[[], Options], after: Callable[[], None]) -> None:
        self._authority = authority
        self._options = options
        # What is to happen once a call has had its effect, before its answer goes out.
        self._after = after
        # The bodies are not published: clients have to live with an empty one and with messages (coupa section 2.3).
        self._unauthorized_bodies = cycle((False, True))
        # Not always JSON, either (coupa section 5.2).
        self._not_found_bodies = cycle((True, False))

    def route(self, method: str, path: str, scopes: Sequence[str], verb: Verb) -> Route:
        """A route for holders of any of the scopes."""
        allowed = frozenset(scopes)

        async def handler(request: Request) -> Response:
            wants_json = _JSON in request.headers.get("accept", "").lower()
            call = None
            try:
                self._check_access(request, allowed, wants_json)
                call = self._call(request, await request.body(), wants_json)
                result = self._carried_out(verb, call)
            except Refusal as refusal:
                return self._refused(refusal, call, wants_json)
            except NoRows:
                return _refusal(Refusal(404, "query", _NO_ROWS), wants_json)
            except _Unauthorized as unauthorized:
                return unauthorized.response
            return _answer(result, wants_json, as_text=self._options().answers_as_text)

        return Route(path, handler, methods=[method])

    def _carried_out(self, verb: Verb, call: Call) -> Result:
        try:
            return verb(call)
        finally:
            self._after()

    def _check_access(self, request: Request, allowed: frozenset[str], wants_json: bool) -> None:
        grant = self._authority.grant(request)
        if grant is None:
            raise _Unauthorized(self._unauthorized(wants_json))
        if allowed.isdisjoint(grant.scopes):
            needed = " or ".join(sorted(allowed))
            raise Refusal(403, "authorization", f"You are not authorized to do this: it needs the scope {needed}.")

    def _refused(self, refusal: Refusal, call: Call | None, wants_json: bool) -> Response:
        if refusal.status == 404 and wants_json and not next(self._not_found_bodies):
            return Response("<html><body><h1>404 Not Found</h1></body></html>", 404, media_type="text/html")
        about_payments = call is not None and not _PAYMENT_KEYS.isdisjoint(call.body)
        in_xml = about_payments and self._options().payment_errors_in_xml
        return _refusal(refusal, wants_json and not in_xml)

    def _unauthorized(self, wants_json: bool) -> Response:
        if not next(self._unauthorized_bodies):
            return Response(status_code=401)
        return _refusal(Refusal(401, "authorization", "Access token is missing, invalid or expired."), wants_json)

    def _call(self, request: Request, body: bytes, wants_json: bool) -> Call:
        query = request.scope["query_string"]
        # parse_qsl makes a space of an unencoded +, as the vendor does (coupa section 8, trap 2).
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else []
        self._check_headers(request, body, wants_json)
        return Call(pairs, _body(request, body), request.path_params, not wants_json)

    def _check_headers(self, request: Request, body: bytes, wants_json: bool) -> None:
        rule = self._options().content_headers
        if rule == "lax" or (rule == "bodies" and not body):
            return
        if _media_type(request, "content-type") != (_JSON if wants_json else _XML):
            raise Refusal(
                400,
                "headers",
                "Accept and Content-Type must be set to the same type: application/json or application/xml.",
            )


class Throttle:
    """25 calls a second, 20 more in a queue, 429 beyond it (coupa section 5.1)."""

    def __init__(self, clock: SandboxClock, options: Options) -> None:
        self._clock = clock
        self._bucket = LeakyBucket(clock, per_second=options.calls_per_second, queue=options.queued_calls)
        # Not documented, so that clients have to live without, with seconds and with a date.
        self._retry_after = cycle(("none", "seconds", "none", "date"))

    async def admit(self) -> Response | None:
        """Wait for a turn; a refusal when too many wait already."""
        if await self._bucket.enter():
            return None
        match next(self._retry_after):
            case "seconds":
                return Response(status_code=429, headers={"retry-after": "1"})
            case "date":
                then = self._clock.now() + timedelta(seconds=2)
                return Response(status_code=429, headers={"retry-after": format_datetime(then, usegmt=True)})
        return Response(status_code=429)


class _Unauthorized(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def _media_type(request: Request, header: str) -> str:
    return request.headers.get(header, "").partition(";")[0].strip().lower()


def _body(request: Request, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        given = xml.parsed(body) if _media_type(request, "content-type").endswith("xml") else _decode(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise Refusal(400, "base", f"The request body cannot be parsed: {error}") from None
    if not isinstance(given, dict):
        raise Refusal(400, "base", "The request body must hold one object: one record per request.")
    return given


def _answer(result: Result, wants_json: bool, *, as_text: bool) -> Response:
    if result.tree is None:
        return Response(status_code=result.status)
    if wants_json:
        return Response(_encode(_texts(result.tree) if as_text else result.tree), result.status, media_type=_JSON)
    return Response(xml.document(result.root.replace("_", "-"), result.tree), result.status, media_type=_XML)


def _texts(value: Any) -> Any:
    """Numbers and booleans as text."""
    if isinstance(value, dict):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _refusal(refusal: Refusal, wants_json: bool) -> Response:
    if wants_json:
        return Response(_encode(refusal.body), refusal.status, media_type=_JSON)
    return Response(xml.errors(list(refusal.messages)), refusal.status, media_type=_XML)
