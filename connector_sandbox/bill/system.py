"""BILL on its port, as the kernel sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_sandbox.bill import acts, content, documents, event_views, login_api
from connector_sandbox.bill.api import Api
from connector_sandbox.bill.books import FAMILIES, Books
from connector_sandbox.bill.event_routes import EventRoutes
from connector_sandbox.bill.events import Events
from connector_sandbox.bill.gauge import Gauge, Ticket
from connector_sandbox.bill.lists import Lists
from connector_sandbox.bill.options import Options
from connector_sandbox.bill.sessions import ORGANIZATION, Sessions, credentials
from connector_sandbox.bill.wire import BASE, Front
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import Content, NoStore, Store, World

_TICKET = "connector_sandbox.bill.ticket"
_LOGIN = BASE + "/v3/login"
_HEALTH = BASE + "/v3/health"
_SETUP = "setup"
_SEQUENCE = "sequence"


class BillSystem:
    """BILL's AP API over one made-up organisation; its events are served on the same port."""

    name = "bill"
    offset = 3
    base_path = BASE

    def __init__(self, clock: SandboxClock, *, limits: bool, options: Mapping[str, Any]) -> None:
        self.store: Store = NoStore()
        self._options = Options().changed(options)
        self._books = Books(clock, self._switches)
        self._sessions = Sessions(clock, self._switches)
        self._gauge = Gauge(clock, self._switches, limits=limits)
        self._lists = Lists(self._books)
        self._front = Front(clock, self._books, self._sessions, self._gauge)
        self._events = Events(clock, self._switches, ORGANIZATION, lambda: self.store, self._view)
        self._event_routes = EventRoutes(self._events, clock, self._sessions.of_login)

    def routes(self) -> Sequence[Route]:
        """The AP API and the events; whatever else is under their bases does not exist."""
        login = login_api.routes(self._front, self._sessions)
        login += login_api.token_routes(self._sessions, self._switches)
        login.append(Route(documents.CONTENT + "/{id}", self._download, methods=["GET"]))
        api = Api(self._front, self._books, self._lists).routes
        return [*login, *api, self._front.catch_all(), *self._event_routes.routes()]

    def arrived(self, request: Request) -> None:
        """A call begins: it is under way until `left`."""
        path = request.scope["path"]
        if path.startswith(BASE + "/") and path != _HEALTH:
            request.scope[_TICKET] = self._gauge.arrived(login=path == _LOGIN)

    def left(self, request: Request) -> None:
        """Its answer goes out, or never will."""
        ticket: Ticket | None = request.scope.get(_TICKET)
        if ticket is not None:
            self._gauge.left(ticket)

    def calls(self) -> dict[str, Any]:
        """What came, and how many at once (GET /calls)."""
        return self._gauge.report()

    async def admit(self, request: Request) -> Response | None:
        """The limits, as they stood when the call arrived; those of the events API are not known."""
        self._events.deliveries.wake()
        ticket: Ticket | None = request.scope.get(_TICKET)
        if ticket is None or ticket.refusal is None:
            return None
        return self._front.refused(ticket.refusal)

    def credentials(self) -> dict[str, Any]:
        """The user of the integration, its sync token, and a user who may only read."""
        return credentials()

    def state(self) -> dict[str, Any]:
        """Counts, and sums by currency."""
        return content.state(self._books)

    def load(self, world: World) -> None:
        """Start with this content, or with the least that an organisation has where it says nothing."""
        self._begin()
        self._gauge.forget()
        content.load(self._books, world)
        self._books.store = self.store
        self._books.emit = self._events.emit
        self._events.restore({"payments": self._books.tables["payments"]})

    def dump(self) -> dict[str, dict[str, Any]]:
        """All records by entity and id."""
        tables = {entity: dict(self._books.tables[entity]) for entity in FAMILIES}
        return {**tables, **self._events.dump(), _SETUP: {_SEQUENCE: self._books.ids.last}}

    def restore(self, content: Content) -> None:
        """Take back what was dumped."""
        self._begin()
        for entity in FAMILIES:
            self._books.restore(entity, content.get(entity, {}).values())
        self._books.ids.last = max(self._books.ids.last, content.get(_SETUP, {}).get(_SEQUENCE, 0))
        self._books.store = self.store
        self._books.emit = self._events.emit
        self._events.restore(content)

    def rows(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """What BILL's own users do: an `act`, or any field of any record (see acts.py and content.py)."""
        if command.get("act") == "forget_calls":
            self._gauge.forget()
            return {"forgotten": True}
        do = acts.carry_out if "act" in command else content.rows
        return do(self._books, command)

    def options(self) -> dict[str, Any]:
        """The switches as they stand."""
        options: dict[str, Any] = msgspec.to_builtins(self._options)
        return options

    def configure(self, options: Mapping[str, Any]) -> None:
        """Change switches."""
        self._options = self._options.changed(options)
        self._events.deliveries.reseed()

    def expire_tokens(self) -> None:
        """All sessions become invalid."""
        self._sessions.forget()

    def kill_links(self) -> None:
        """All tokens of further pages become invalid."""
        self._lists.forget()
        self._events.history.kill_links()

    def call_outs(self) -> dict[str, Any]:
        """What was sent to receivers of events, and what failed."""
        return self._events.deliveries.report()

    def resend_call_outs(self) -> dict[str, Any]:
        """Send again what failed, to subscriptions that are on."""
        return self._events.deliveries.resend()

    async def flush_call_outs(self, seconds: float) -> dict[str, Any]:
        """Wait until no event waits to be sent, or for so long; what `call_outs` says then."""
        await self._events.deliveries.wait(seconds)
        return self._events.deliveries.report()

    async def _download(self, request: Request) -> Response:
        return documents.download(self._books, request.path_params["id"])

    def _view(self, family: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """A record of the books as a notification takes it."""
        return event_views.view(self._books, family, record)

    def _begin(self) -> None:
        self._sessions.forget()
        self._lists.forget()
        self._books.clear()
        self._books.store = NoStore()
        self._books.emit = _nobody

    def _switches(self) -> Options:
        return self._options


def _nobody(kind: str, record: Mapping[str, Any]) -> None:
    """The first content is no change."""
