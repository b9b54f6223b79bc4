"""The way of one call: route, fault, rate limit, handler, answer. Kept thin for the drills' sake."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.convertors import Convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connector_sandbox.kernel.faults import Faults, Fired, Rule
from connector_sandbox.kernel.retype import retyped
from connector_sandbox.kernel.system import System, WatchesCalls
from connector_sandbox.kernel.wire import transport_of

Handler = Callable[[Request], Awaitable[Response]]

FAULT_HEADER = "X-Sandbox-Fault"


@dataclass(frozen=True, slots=True)
class Entry:
    """A handler and the name that faults and counts know its route by."""

    label: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    convertors: Mapping[str, Convertor[Any]]
    entry: Entry


class RouteTable:
    """Starlette's routes without its router: a dictionary of fixed paths, then the patterns in order."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._fixed: dict[tuple[str, str], Entry] = {}
        self._patterns: dict[str, list[_Pattern]] = {}
        for route in routes:
            for method in sorted(route.methods or ()):
                entry = Entry(f"{method} {route.path}", route.endpoint)
                if route.param_convertors:
                    pattern = _Pattern(route.path_regex, route.param_convertors, entry)
                    self._patterns.setdefault(method, []).append(pattern)
                else:
                    self._fixed.setdefault((method, route.path), entry)

    def find(self, scope: Scope) -> Entry:
        """The entry for a call, one of 404 or 405 if need be; its path parameters go into the scope."""
        method, path = scope["method"], scope["path"]
        entry = self._fixed.get((method, path))
        if entry is not None:
            scope["path_params"] = {}
            return entry
        for pattern in self._patterns.get(method, ()):
            found = pattern.regex.match(path)
            if found is not None:
                convertors = pattern.convertors
                scope["path_params"] = {k: convertors[k].convert(v) for k, v in found.groupdict().items()}
                return pattern.entry
        return Entry(f"{method} {path}", _wrong_method if self._known(path) else _unknown_path)

    def _known(self, path: str) -> bool:
        return any(fixed == path for _, fixed in self._fixed) or any(
            pattern.regex.match(path) for patterns in self._patterns.values() for pattern in patterns
        )


class SystemApp:
    """The ASGI application of one system's port."""

    def __init__(self, system: System, faults: Faults) -> None:
        self._system = system
        self._faults = faults
        self._table = RouteTable(system.routes())
        self._late: set[asyncio.Task[None]] = set()
        self._watcher = system if isinstance(system, WatchesCalls) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            await request.body()
        except ClientDisconnect:
            return
        if self._watcher is None:
            await self._serve(request, scope, receive, send)
            return
        self._watcher.arrived(request)
        try:
            await self._serve(request, scope, receive, send)
        finally:
            self._watcher.left(request)

    async def _serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        entry = self._table.find(scope)
        fired = self._faults.next(self._system.name, entry.label)
        if fired is None:
            response = await self._answer(request, entry)
            await response(scope, receive, send)
        else:
            await self._answer_wrongly(request, entry, fired, send)

    def forget_late_effects(self) -> None:
        """Effects still to come are not to come any more (the content they were meant for is gone)."""
        for task in self._late:
            task.cancel()

    async def _answer(self, request: Request, entry: Entry) -> Response:
        refusal = await self._system.admit(request)
        return refusal if refusal is not None else await entry.handler(request)

    async def _answer_wrongly(self, request: Request, entry: Entry, fired: Fired, send: Send) -> None:
        response = await self._response_to(request, entry, fired.rule)
        if response is None:
            await _drop(request)
            return
        if fired.rule.kind == "retype":
            response = retyped(response, fired.rule)
        response.headers[FAULT_HEADER] = fired.tag
        if fired.rule.kind == "cut":
            await _cut(request, response, send)
            return
        await response(request.scope, request.receive, send)
        if fired.rule.kind == "duplicate":
            transport_of(request.scope).write(_as_bytes(response))

    async def _response_to(self, request: Request, entry: Entry, rule: Rule) -> Response | None:
        """What to answer after the effect that the rule lets happen; None when nothing is to be answered."""
        match rule.kind:
            case "status":
                return _scripted_response(rule)
            case "drop_before":
                return None
            case "drop_after":
                await self._answer(request, entry)
                return None
            case "late":
                task = asyncio.create_task(self._take_effect_late(request, entry, rule.seconds))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return None
            case "status_after":
                await self._answer(request, entry)
                return _scripted_response(rule)
            case "twice":
                # the vendor meets two calls: each is admitted, counted by its limits and handled by itself
                answers = [await self._answer(request, entry) for _ in range(2)]
                return answers[0 if rule.answer == "first" else 1]
            case "delay":
                await asyncio.sleep(rule.seconds)
            case "expire_token":
                self._system.expire_tokens()
            case "dead_link":
                self._system.kill_links()
        return await self._answer(request, entry)

    async def _take_effect_late(self, request: Request, entry: Entry, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._answer(request, entry)


def _scripted_response(rule: Rule) -> Response:
    if rule.body is None:
        return Response(status_code=rule.status, headers=rule.headers)
    if isinstance(rule.body, str):
        return Response(rule.body, rule.status, rule.headers, "text/plain")
    return Response(msgspec.json.encode(rule.body), rule.status, rule.headers, "application/json")


async def _drop(request: Request) -> None:
    transport_of(request.scope).abort()
    await _gone(request.receive)


async def _cut(request: Request, response: Response, send: Send) -> None:
    body = bytes(response.body)
    if not body:
        await _drop(request)
        return
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    transport_of(request.scope).close()
    await _gone(request.receive)


async def _gone(receive: Receive) -> None:
    """Wait for the server to notice that the connection is closed, so that it does not answer on it."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _as_bytes(response: Response) -> bytes:
    head = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
    return b"HTTP/1.1 %d \r\n%b\r\n%b" % (response.status_code, head, bytes(response.body))


async def _unknown_path(request: Request) -> Response:
    return Response(status_code=404)


async def _wrong_method(request: Request) -> Response:
    return Response(status_code=405)
