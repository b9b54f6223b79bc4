"""The services around the data: defaultconfig, login, validate, logout (jde-ais sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError
from connector_sandbox.jde.http import Front, read_credentials
from connector_sandbox.jde.sessions import Sessions

_CAPABILITIES = (
    "grid",
    "editable",
    "log",
    "processingOption",
    "ignoreFDAFindOnEntry",
    "selectAllGridRows",
    "applicationStack",
    "thumbnailSize",
    "gridCellClick",
    "query",
    "taskAuthorization",
    "urlMediaObjects",
    "jargon",
    "aliasNaming",
    "dataservice",
    "dataServiceAggregation",
    "outputType",
    "validate",
)


class ServerServices:
    """What any AIS server offers before and around its services."""

    def __init__(self, environment: Environment, sessions: Sessions, front: Front) -> None:
        self._environment = environment
        self._sessions = sessions
        self._front = front

    def default_config(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        """The ping: GET, or POST with a `null` body, without authentication."""
        options = self._environment.options
        asked = request.query_params.get("requiredCapabilities") or body.get("requiredCapabilities") or ""
        wanted = [name.strip() for name in str(asked).split(",") if name.strip()]
        return {
            "jasHost": "jas.internal.example",
            "jasPort": "8080",
            "jasProtocol": "http",
            "defaultEnvironment": options.environment,
            "defaultRole": options.role,
            "aisVersion": "EnterpriseOne 9.2.8.3",
            "requiredCapabilityMissing": any(name not in _CAPABILITIES for name in wanted),
            "capabilityList": [
                {
                    "name": name,
                    "shortDescription": name,
                    "longDescription": f"Capability {name}",
                    "asOfRelease": "9.1.5",
                    "sinceVersion": "1.0",
                }
                for name in _CAPABILITIES
            ],
        }

    def login(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        """tokenrequest and jde-login: a new session."""
        if body.get("psToken"):
            raise AisError(403, "Authorization Failure: PS token login is not enabled")
        return self._sessions.login_answer(self._front.login(read_credentials(request, body)))

    def validate(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        """Whether a token lives; `touch` extends its idle time. AisError 444 when it does not."""
        touch = body.get("touch") is True or str(body.get("touch")).lower() == "true"
        self._front.session_of(read_credentials(request, body), touch=touch)
        return {"isValidSession": True}

    def logout(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        """End the session of a token, in the header or the body. AisError 403 without one, 444 for a dead one."""
        token = read_credentials(request, body).token
        if not token:
            raise AisError(403, "Authorization Failure: no token")
        self._sessions.end(self._sessions.named(token))
        return {"status": "Success"}
