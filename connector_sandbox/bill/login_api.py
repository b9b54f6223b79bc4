"""Login, logout and what they tell (bill section 2)."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

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
