"""The control interface on the base port: what a drill or a test may ask of the sandbox, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.dispatch import Handler, RouteTable
from connector_sandbox.kernel.faults import Faults
from connector_sandbox.kernel.system import BadCommandError, CallsOut, CountsScans, System, WatchesCalls

_FLUSH_SECONDS = 30.0
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Controlled(Protocol):
    """What is controlled: a sandbox."""

    clock: SandboxClock
    faults: Faults
    systems: dict[str, System]

    def system(self, name: Any) -> System:
        """A system by name; BadCommandError when there is none."""

    def reset(self) -> None:
        """Content, clock and counters as at the start, without faults."""


class Control:
    """The ASGI application of the control port."""

    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox
        self._table = RouteTable(
            [
                Route("/credentials", _guarded(self._credentials), methods=["GET"]),
                Route("/state", _guarded(self._state), methods=["GET"]),
                Route("/faults", _guarded(self._faults), methods=["GET"]),
                Route("/faults", _guarded(self._add_faults), methods=["POST"]),
                Route("/clock", _guarded(self._clock), methods=["GET"]),
                Route("/clock", _guarded(self._move_clock), methods=["POST"]),
                Route("/options", _guarded(self._options), methods=["GET"]),
                Route("/options", _guarded(self._configure), methods=["POST"]),
                Route("/rows", _guarded(self._rows), methods=["POST"]),
                Route("/calls", _guarded(self._calls), methods=["GET"]),
                Route("/scans", _guarded(self._scans), methods=["GET"]),
                Route("/scans/reset", _guarded(self._forget_scans), methods=["POST"]),
                Route("/call-outs", _guarded(self._call_outs), methods=["GET"]),
                Route("/call-outs/resend", _guarded(self._resend), methods=["POST"]),
                Route("/call-outs/flush", _guarded(self._flush), methods=["POST"]),
                Route("/reset", _guarded(self._reset), methods=["POST"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._table.find(scope).handler(request)
        await response(scope, receive, send)

    async def _credentials(self, request: Request) -> Any:
        return {name: system.credentials() for name, system in self._sandbox.systems.items()}

    async def _state(self, request: Request) -> Any:
        return {name: system.state() for name, system in self._sandbox.systems.items()}

    async def _faults(self, request: Request) -> Any:
        return self._sandbox.faults.report()

    async def _add_faults(self, request: Request) -> Any:
        """Takes a rule, a list of rules, or {"replace": true, "rules": [...]}."""
        given = _decode(await request.body())
        match given:
            case list():
                self._sandbox.faults.add(given)
            case {"rules": list() as rules, **rest} if set(rest) <= {"replace"}:
                self._sandbox.faults.add(rules, replace=bool(rest.get("replace")))
            case dict():
                self._sandbox.faults.add([given])
            case _:
                raise BadCommandError('faults are a list of rules or {"replace": true, "rules": [...]}')
        return self._sandbox.faults.report()

    async def _clock(self, request: Request) -> Any:
        return {"now": self._sandbox.clock.now().isoformat()}

    async def _move_clock(self, request: Request) -> Any:
        """Takes {"advance": seconds} or {"now": instant}."""
        match await _object(request):
            case {"advance": int() | Decimal() as seconds}:
                self._sandbox.clock.advance(float(seconds))
            case {"now": str() as text}:
                try:
                    self._sandbox.clock.set(datetime.fromisoformat(text))
                except ValueError as error:
                    raise BadCommandError(f"now: {error}") from None
            case _:
                raise BadCommandError('the clock takes {"advance": seconds} or {"now": "2026-03-02T09:00:00Z"}')
        return await self._clock(request)

    async def _options(self, request: Request) -> Any:
        return {name: system.options() for name, system in self._sandbox.systems.items()}

    async def _configure(self, request: Request) -> Any:
        """Takes {"<system>": {"<option>": value}}."""
        for name, options in (await _object(request)).items():
            if not isinstance(options, Mapping):
                raise BadCommandError(f"the options of {name} are an object")
            self._sandbox.system(name).configure(options)
        return await self._options(request)

    async def _rows(self, request: Request) -> Any:
        """Takes {"system": "<system>", ...}; the rest is the system's."""
        command = await _object(request)
        return self._sandbox.system(command.pop("system", None)).rows(command)

    async def _calls(self, request: Request) -> Any:
        systems = self._sandbox.systems.items()
        return {name: system.calls() for name, system in systems if isinstance(system, WatchesCalls)}

    async def _scans(self, request: Request) -> Any:
        return {name: system.scans() for name, system in self._counting().items()}

    async def _forget_scans(self, request: Request) -> Any:
        for system in self._counting().values():
            system.forget_scans()
        return await self._scans(request)

    def _counting(self) -> dict[str, CountsScans]:
        return {name: system for name, system in self._sandbox.systems.items() if isinstance(system, CountsScans)}

    async def _call_outs(self, request: Request) -> Any:
        return {name: system.call_outs() for name, system in self._calling_out().items()}

    async def _resend(self, request: Request) -> Any:
        return {name: system.resend_call_outs() for name, system in self._calling_out().items()}

    async def _flush(self, request: Request) -> Any:
        """Takes {"seconds": how long to wait at most} or nothing."""
        match await _object(request):
            case {"seconds": int() | Decimal() as most}:
                seconds = float(most)
            case {**rest} if not rest:
                seconds = _FLUSH_SECONDS
            case _:
                raise BadCommandError('flush takes {"seconds": how long to wait at most}')
        return {name: await system.flush_call_outs(seconds) for name, system in self._calling_out().items()}

    def _calling_out(self) -> dict[str, CallsOut]:
        return {name: system for name, system in self._sandbox.systems.items() if isinstance(system, CallsOut)}

    async def _reset(self, request: Request) -> Any:
        self._sandbox.reset()
        return {"reset": True}


async def _object(request: Request) -> dict[str, Any]:
    given = _decode(await request.body())
    if not isinstance(given, dict):
        raise BadCommandError("a JSON object is expected")
    return given


def _guarded(verb: Any) -> Handler:
    """A control verb as a handler: what it returns as JSON, and what is wrong with a command as a 400."""

    async def handler(request: Request) -> Response:
        try:
            return _json(await verb(request), 200)
        except (BadCommandError, msgspec.DecodeError) as error:
            return _json({"error": str(error)}, 400)

    return handler


def _json(value: Any, status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
