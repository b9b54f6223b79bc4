"""The Connect Events API over HTTP (bill section 7.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_sandbox.bill.errors import Refusal, not_supported, unreadable
from connector_sandbox.bill.event_bodies import family, minified, sample
from connector_sandbox.bill.events import Events
from connector_sandbox.bill.idempotent_keys import HEADER
from connector_sandbox.bill.subscriptions import Subscription
from connector_sandbox.bill.wire import METHODS, body_of
from connector_sandbox.kernel.clock import SandboxClock

BASE = "/connect-events"

Check = Callable[[Request], object]
"""Refusal when the developer key and the session of a call, which both are there, are not good."""
Verb = Callable[[Request], Awaitable[Any]]


class EventRoutes:
    """The calls of one organisation's users."""

    def __init__(self, events: Events, clock: SandboxClock, check: Check) -> None:
        self._events = events
        self._clock = clock
        self._check = check

    def routes(self) -> list[Route]:
        """All below /connect-events, with words of BILL's where there is no such path."""
        one = "/v3/subscriptions/{subscription}"
        history = "/v3/events/subscription/{subscription}"
        return [
            self._route("GET", "/v3/health", self._health, open_to_all=True),
            self._route("GET", "/v3/events/catalog", self._catalog),
            self._route("POST", "/v3/subscriptions", self._create),
            self._route("GET", "/v3/subscriptions", self._list),
            self._route("GET", one, self._get),
            self._route("PUT", one, self._put),
            self._route("PATCH", one, self._patch),
            self._route("DELETE", one, self._delete),
            # The definition has an underscore, some pages of the guide a hyphen.
            self._route("POST", f"{one}/security_key", self._rotate),
            self._route("POST", f"{one}/security-key", self._rotate),
            self._route("POST", f"{one}/test", self._test),
            self._route("GET", history, self._history),
            self._route("POST", f"{history}/event/{{event}}", self._resend),
            *(self._route(method, "/{rest:path}", _no_such_path, open_to_all=True) for method in METHODS),
        ]

    async def _health(self, request: Request) -> Any:
        return {"appId": "connect-events", "appEnv": "sandbox", "appVersion": "3"}

    async def _catalog(self, request: Request) -> Any:
        return self._events.catalog()

    async def _create(self, request: Request) -> Any:
        async def work() -> dict[str, Any]:
            await self._events.take_time()
            made = self._events.subscriptions.create(_object(await request.body()))
            return {**made.shown(), "securityKey": made.security_key}

        return await self._events.keys.once(request.headers.get(HEADER), "create", work)

    async def _list(self, request: Request) -> Any:
        rows = list(self._events.subscriptions.by_id.values())
        return self._events.history.cut(rows, Subscription.shown, request.query_params, ascending=True)

    async def _get(self, request: Request) -> Any:
        return self._subscription(request).shown()

    async def _put(self, request: Request) -> Any:
        return await self._changed(request, whole=True)

    async def _patch(self, request: Request) -> Any:
        return await self._changed(request, whole=False)

    async def _changed(self, request: Request, *, whole: bool) -> Any:
        subscription = self._subscription(request)
        self._events.subscriptions.update(subscription, _object(await request.body()), whole=whole)
        if not subscription.enabled:
            self._events.deliveries.halt(subscription.id)
        return subscription.shown()

    async def _delete(self, request: Request) -> Any:
        subscription = self._subscription(request)
        self._events.deliveries.halt(subscription.id)
        self._events.subscriptions.delete(subscription)
        self._events.history.forget(subscription.id)

    async def _rotate(self, request: Request) -> Any:
        subscription = self._subscription(request)

        async def work() -> dict[str, Any]:
            await self._events.take_time()
            return {"securityKey": self._events.subscriptions.rotate(subscription)}

        return await self._events.keys.once(request.headers.get(HEADER), f"rotate {subscription.id}", work)

    async def _test(self, request: Request) -> Any:
        subscription = self._subscription(request)
        body = await request.body()
        given = _object(body) if body else {}
        event_type = given.get("eventType", subscription.events[0]["type"])
        if subscription.wants(event_type) is None:
            raise Refusal(400, None, f"eventType: {event_type!r} is not an event of this subscription")
        record = given.get(family(event_type)) or sample(event_type)
        if not isinstance(record, Mapping):
            raise Refusal(400, None, f"{family(event_type)}: must be an object")
        event = await self._events.test(subscription, event_type, record)
        return event.shown(status_of=self._events.status_of)

    async def _history(self, request: Request) -> Any:
        key = self._subscription(request).id
        return self._events.history.page(key, request.query_params, status_of=self._events.status_of)

    async def _resend(self, request: Request) -> Any:
        subscription = self._subscription(request)
        event = self._events.history.get(subscription.id, request.path_params["event"])
        await self._events.deliveries.once(subscription, event)
        return event.shown(status_of=self._events.status_of)

    def _subscription(self, request: Request) -> Subscription:
        return self._events.subscriptions.get(request.path_params["subscription"])

    def _route(self, method: str, path: str, verb: Verb, *, open_to_all: bool = False) -> Route:
        async def handler(request: Request) -> Response:
            try:
                if not open_to_all:
                    self._check_access(request)
                answer = await verb(request)
            except Refusal as refusal:
                return _json(refusal.body(self._clock.now()), refusal.status)
            return Response() if answer is None else _json(answer, 200)

        return Route(BASE + path, handler, methods=[method])

    def _check_access(self, request: Request) -> None:
        """A header that is missing is a bad request here, one that is wrong is no login (bill section 7.6)."""
        given = {name: request.headers.get(name, "") for name in ("devKey", "sessionId")}
        missing = [f"Required request header {name!r} is not present." for name, value in given.items() if not value]
        if missing:
            raise Refusal(400, None, *missing)
        self._check(request)


async def _no_such_path(request: Request) -> Any:
    raise not_supported()


def _object(body: bytes) -> dict[str, Any]:
    given = body_of(body)
    if not isinstance(given, dict):
        raise unreadable("Subscription", "a JSON object is expected")
    return given


def _json(value: Any, status: int) -> Response:
    return Response(minified(value), status, media_type="application/json")
