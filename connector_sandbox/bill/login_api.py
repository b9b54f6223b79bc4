"""Login, logout and what they tell (bill section 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector_sandbox.bill.options import Options
from connector_sandbox.bill.sessions import ORGANIZATION, Sessions
from connector_sandbox.bill.shapes import Field, taken
from connector_sandbox.bill.wire import Call, Front, Result

_LOGIN = {
    "devKey": Field("text", required=True),
    "username": Field("text", required=True),
    "password": Field("text"),
    "organizationId": Field("text", required=True),
    "rememberMeId": Field("text"),
    "device": Field("text"),
    "consoleApiToken": Field("text"),
}
_HEALTH = {"appId": "sandbox-connect", "appEnv": "sandbox", "appVersion": "3", "bdcRegion": "loopback"}


TOKEN_PATHS = ("/authx/token", "/connect/authx/token")
"""Of the access tokens; whether the path is below the API's base is not legible."""


def token_routes(sessions: Sessions, options: Callable[[], Options]) -> list[Route]:
    """Client credentials for an access token. The names of the form's fields and the refusal are the standard's."""

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        if not options().oauth:
            return Response(status_code=404)
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        session = sessions.grant(form)
        if session is None:
            return JSONResponse({"error": "invalid_client"}, 401)
        seconds = int(options().oauth_seconds)
        return JSONResponse({"access_token": session.id, "token_type": "Bearer", "expires_in": seconds})

    return [Route(path, token, methods=["POST"]) for path in TOKEN_PATHS]


def routes(front: Front, sessions: Sessions) -> list[Route]:
    """The five paths."""

    def log_in(body: Any) -> Result:
        session = sessions.log_in(taken(_LOGIN, body, "LoginRequest"))
        return Result(
            {
                "sessionId": session.id,
                "organizationId": ORGANIZATION,
                "userId": session.user.id,
                "trusted": session.trusted,
            }
        )

    def log_out(call: Call) -> Result:
        sessions.log_out(call.session)
        return Result(None)

    def who(call: Call) -> Result:
        status = "COMPLETE" if call.session.trusted else "DISABLED"
        user = call.session.user.id
        return Result({"organizationId": ORGANIZATION, "userId": user, "mfaStatus": status, "mfaBypass": False})

    def organizations(call: Call) -> Result:
        return Result({"results": [{"organizationId": ORGANIZATION}]})

    return [
        front.open_route("POST", "/v3/login", log_in),
        front.open_route("GET", "/v3/health", lambda _: Result(_HEALTH)),
        front.route("POST", "/v3/logout", log_out),
        front.route("GET", "/v3/login/session", who),
        front.route("GET", "/v3/login/organizations", organizations),
    ]
