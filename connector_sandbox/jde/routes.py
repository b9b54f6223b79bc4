"""The paths of an AIS server, per version prefix (jde-ais sections 1 to 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from connector_sandbox.jde.dataservice import DataService
from connector_sandbox.jde.forms import run_form, run_forms, run_stack
from connector_sandbox.jde.http import Call, Front, html_page
from connector_sandbox.jde.orchestrator import Orchestrator
from connector_sandbox.jde.server import ServerServices
from connector_sandbox.jde.shapes import check_data_request
from connector_sandbox.jde.simplequery import data_request

Endpoint = Callable[[Request], Any]

PREFIXES = {1: "/jderest", 2: "/jderest/v2", 3: "/jderest/v3"}
_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def make_routes(front: Front, server: ServerServices, data: DataService, orchestrator: Orchestrator) -> list[Route]:
    """All routes; the last one answers any other path with the application server's HTML page."""
    routes: list[Route] = []
    for version, prefix in PREFIXES.items():
        routes += _server_routes(prefix, front, server, data_service=version < 3)
        if version < 3:
            routes += _data_routes(version, prefix, front, data)
        routes += _orchestrator_routes(version, prefix, front, orchestrator)
    return [*routes, Route("/{path:path}", _unknown(routes), methods=_ANY)]


def _server_routes(prefix: str, front: Front, server: ServerServices, *, data_service: bool) -> list[Route]:
    login, validate, logout = (front.unsigned(h) for h in (server.login, server.validate, server.logout))
    both = ["GET", "POST"]
    routes = [
        Route(f"{prefix}/tokenrequest", login, methods=["POST"]),
        Route(f"{prefix}/tokenrequest/validate", validate, methods=["POST"]),
        Route(f"{prefix}/tokenrequest/logout", logout, methods=["POST"]),
        Route(f"{prefix}/orchestrator/jde-login", login, methods=both),
        Route(f"{prefix}/orchestrator/jde-validate-session", validate, methods=both),
        Route(f"{prefix}/orchestrator/jde-logout", logout, methods=both),
    ]
    if data_service:
        ping = front.unsigned(server.default_config)
        routes.append(Route(f"{prefix}/defaultconfig", ping, methods=both))
    return routes


def _data_routes(version: int, prefix: str, front: Front, data: DataService) -> list[Route]:
    def post(call: Call) -> Any:
        check_data_request(call.body)
        return data.answer(call.body, call.session, version, "dataservice")

    def simple(kind: str) -> Endpoint:
        def get(call: Call) -> Any:
            asked = data_request(kind, call.name, call.request.query_params.multi_items())
            return data.answer(asked, call.session, version, f"dataservice/{kind}")

        return front.signed(get, version, data=True)

    def next_page(call: Call) -> Any:
        query = call.request.query_params
        return data.next_page(call.session, query.get("rid", ""), query.get("stateId", ""))

    routes = [
        Route(f"{prefix}/dataservice", front.signed(post, version, data=True), methods=["POST"]),
        Route(f"{prefix}/dataservice/table/{{name}}", simple("table"), methods=["GET"]),
        Route(f"{prefix}/dataservice/view/{{name}}", simple("view"), methods=["GET"]),
    ]
    for path, handle in (("formservice", run_form), ("batchformservice", run_forms), ("appstack", run_stack)):
        routes.append(Route(f"{prefix}/{path}", front.signed(handle, version), methods=["POST"]))
    if version == 2:
        endpoint = front.signed(next_page, version, data=True)
        routes.append(Route(f"{prefix}/dataservice/next", endpoint, methods=["GET", "POST"]))
    return routes


def _orchestrator_routes(version: int, prefix: str, front: Front, orchestrator: Orchestrator) -> list[Route]:
    def run(call: Call) -> Any:
        return orchestrator.run(call)

    routes = [
        Route(f"{prefix}/discover", front.signed(orchestrator.discover, version), methods=["GET"]),
        Route(f"{prefix}/discover/{{name}}", front.signed(orchestrator.discover_one, version), methods=["GET"]),
        Route(
            f"{prefix}/orchestrator/{{name}}",
            front.signed(run, version, negotiated=True),
            methods=["GET", "POST"],
        ),
    ]
    if version >= 2:
        catalog = f"{prefix}/open-api-catalog{'3' if version == 3 else ''}"
        endpoint = front.signed(orchestrator.open_api, version)
        routes += [
            Route(catalog, endpoint, methods=["GET"]),
            Route(f"{catalog}/{{name}}", endpoint, methods=["GET"]),
        ]
    if version < 3:
        routes += [
            Route(f"{prefix}/report/execute", front.signed(orchestrator.run_report, version), methods=["POST"]),
            Route(f"{prefix}/report/status", front.signed(orchestrator.report_status, version), methods=["POST"]),
        ]
    return routes


def _unknown(routes: Sequence[Route]) -> Endpoint:
    patterns = [route.path_regex for route in routes]

    async def endpoint(request: Request) -> Response:
        known = any(pattern.match(request.url.path) for pattern in patterns)
        status, reason = (405, "Method Not Allowed") if known else (404, "Not Found")
        return HTMLResponse(html_page(status, reason), status)

    return endpoint
