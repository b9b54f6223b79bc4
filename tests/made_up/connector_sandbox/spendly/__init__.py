"""Spendly in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError, Content, NoStore, Store, World

TOKEN = "spendly-token"


class SpendlySystem:
    """Cost centres behind a token."""

    name = "spendly"
    offset = 9
    base_path = ""

    def __init__(self, clock: SandboxClock, *, limits: bool, options: Mapping[str, Any]) -> None:
        self.store: Store = NoStore()
        self._centres: dict[str, dict[str, Any]] = {}

    def routes(self) -> Sequence[Route]:
        return (
            Route("/centres", self._list, methods=["GET"]),
            Route("/centres", self._create, methods=["POST"]),
            Route("/centres/{id}", self._update, methods=["PUT"]),
        )

    async def admit(self, request: Request) -> Response | None:
        known = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return None if known else JSONResponse({"error": "token"}, status_code=401)

    async def _list(self, request: Request) -> Response:
        return JSONResponse(list(self._centres.values()))

    async def _create(self, request: Request) -> Response:
        return self._put(str(len(self._centres) + 1), json.loads(await request.body()), 201)

    async def _update(self, request: Request) -> Response:
        id = request.path_params["id"]
        return self._put(id, {**self._centres[id], **json.loads(await request.body())}, 200)

    def _put(self, id: str, record: dict[str, Any], status: int) -> Response:
        self._centres[id] = {**record, "id": id}
        self.store.changed("centres", id, self._centres[id])
        return JSONResponse(self._centres[id], status_code=status)

    def credentials(self) -> dict[str, Any]:
        return {"token": TOKEN}

    def state(self) -> dict[str, Any]:
        return {"centres": {"count": len(self._centres), "totals": {}}}

    def load(self, world: World) -> None:
        self._centres = {each["id"]: dict(each) for each in world.get("centres", ())}

    def dump(self) -> dict[str, dict[str, Any]]:
        return {"centres": deepcopy(self._centres)}

    def restore(self, content: Content) -> None:
        self._centres = deepcopy(dict(content.get("centres", {})))

    def rows(self, command: Mapping[str, Any]) -> dict[str, Any]:
        raise BadCommandError("nobody does anything in Spendly")

    def options(self) -> dict[str, Any]:
        return {}

    def configure(self, options: Mapping[str, Any]) -> None:
        if options:
            raise BadCommandError("Spendly has no switches")

    def expire_tokens(self) -> None:
        """They do not."""

    def kill_links(self) -> None:
        """There are none."""


SYSTEM = SpendlySystem
