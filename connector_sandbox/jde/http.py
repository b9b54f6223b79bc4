"""From HTTP to a call and back: body, token, device, errors (jde-ais sections 1, 2 and 5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.sessions import Session, Sessions
from connector_sandbox.jde.wire import decode, encode

Handle = Callable[["Call"], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read: which version's path it came on, its JSON body, and for signed calls its session."""

    request: Request
    version: int
    body: Mapping[str, Any]
    session: Session

    @property
    def name(self) -> str:
        """The path's name of an orchestration, table or view."""
        return str(self.request.path_params["name"])


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says about who calls: in headers, body or query (header first)."""

    token: str
    device: str
    address: str
    basic: tuple[str, str] | None
    username: str
    password: str
    environment: str
    role: str


class Front:
    """Makes endpoints of functions from a call to an answer."""

    def __init__(self, environment: Environment, sessions: Sessions) -> None:
        self._environment = environment
        self._sessions = sessions

    def signed(
        self, handle: Handle, version: int, *, data: bool = False, negotiated: bool = False
    ) -> Callable[[Request], Any]:
        """An endpoint for callers with a token (or Basic credentials, which make a session for the one call).

        `data`: a data service, where a dead token may answer 403; `negotiated`: Accept is looked at (406).
        """

        async def endpoint(request: Request) -> Response:
            try:
                body = await read_body(request)
                if negotiated:
                    _check_accept(request)
                return self._answer_signed(handle, request, version, body, data=data)
            except AisError as error:
                return self.refusal(error)

        return endpoint

    def unsigned(self, handle: Callable[[Request, Mapping[str, Any]], Any]) -> Callable[[Request], Any]:
        """An endpoint for anyone."""

        async def endpoint(request: Request) -> Response:
            try:
                return json_response(handle(request, await read_body(request)))
            except AisError as error:
                return self.refusal(error)

        return endpoint

    def session_of(self, credentials: Credentials, *, touch: bool = True) -> Session:
        """The live session that the caller names; AisError 403 without a token, 444 with a dead one."""
        if not credentials.token:
            raise AisError(403, "Authorization Failure: no token")
        return self._sessions.find(credentials.token, credentials.device, credentials.address, touch=touch)

    def login(self, credentials: Credentials) -> Session:
        """A new session for user and password, from the body, or Basic; AisError 403 or 405."""
        options = self._environment.options
        username, password = credentials.username, credentials.password
        allowed = options.login_body
        if not username and credentials.basic is not None:
            username, password = credentials.basic
            allowed = options.login_basic
        if not allowed:
            raise AisError(403, "Authorization Failure: this kind of login is not enabled")
        user = self._sessions.authenticate(username, password, credentials.environment, credentials.role)
        return self._sessions.start(user, credentials.device, credentials.address)

    def refusal(self, error: AisError) -> Response:
        """The answer for an error."""
        if error.html:
            return HTMLResponse(html_page(error.status, error.message), error.status)
        if error.body is not None:
            return json_response(error.body, error.status)
        classic = self._environment.options.timestamp_style == "classic"
        body = {
            "message": error.message,
            "exception": "java.lang.Exception" if classic else "Exception",
            "timeStamp": self._environment.timestamp(),
        }
        return json_response(body, error.status)

    def _answer_signed(
        self, handle: Handle, request: Request, version: int, body: Mapping[str, Any], *, data: bool
    ) -> Response:
        credentials = read_credentials(request, body)
        own_token = bool(credentials.token)
        try:
            has_login = credentials.basic is not None or bool(credentials.username)
            session = self.login(credentials) if has_login and not own_token else self.session_of(credentials)
        except AisError as error:
            if error.status == 444 and data:
                error.status = self._environment.options.invalid_token_status
            raise
        try:
            return json_response(handle(Call(request, version, body, session)))
        finally:
            if not own_token:
                self._sessions.end(session)


def read_credentials(request: Request, body: Mapping[str, Any]) -> Credentials:
    """Who calls, from headers (any case), body and query string."""
    headers, query = request.headers, request.query_params

    def pick(header: str, field: str, *parameters: str) -> str:
        found = headers.get(header) or body.get(field)
        return str(found or next((query[name] for name in parameters if name in query), ""))

    return Credentials(
        token=pick("jde-AIS-Auth", "token", "$token", "token"),
        device=pick("jde-AIS-Auth-Device", "deviceName", "$device"),
        address=request.client.host if request.client else "",
        basic=_basic(headers.get("authorization", "")),
        username=str(body.get("username") or query.get("$username", "")),
        password=str(body.get("password") or query.get("$password", "")),
        environment=pick("jde-AIS-Auth-Environment", "environment", "$environment"),
        role=pick("jde-AIS-Auth-Role", "role", "$role"),
    )


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise AisError(403, "Authorization Failure: Basic credentials cannot be read") from None
    return username, password


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object of a request, {} for none or `null`. AisError 415 for another type, 400 for no JSON object."""
    content = await request.body()
    if request.method == "GET":
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and (kind or content.strip()):
        raise AisError(415, "Unsupported Media Type")
    if not content.strip():
        return {}
    try:
        body = decode(content)
    except msgspec.DecodeError as error:
        raise AisError(400, f"Invalid JSON input: {error}") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise AisError(400, "Invalid JSON input: an object is expected")
    return body


def _check_accept(request: Request) -> None:
    accept = request.headers.get("accept", "*/*").lower()
    kinds = {part.partition(";")[0].strip() for part in accept.split(",")}
    if not kinds & {"", "*/*", "application/*", "application/json"}:
        raise AisError(406, "Not Acceptable")


def json_response(answer: Any, status: int = 200) -> Response:
    """An answer as JSON, its numbers exact."""
    return Response(encode(answer), status, media_type="application/json")


def html_page(status: int, reason: str) -> str:
    """What the application server in front of AIS prints."""
    return (
        f"<!DOCTYPE html><html><head><title>Error {status}--{reason}</title></head>"
        f"<body><h2>Error {status}--{reason}</h2></body></html>"
    )
