"""Coupa on its port, as the kernel sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_sandbox.coupa import acts, call_outs, content
from connector_sandbox.coupa.api import Api
from connector_sandbox.coupa.auth import FULL, READER, TOKEN_PATH, Authority, Client
from connector_sandbox.coupa.charts import (
    Accounts,
    check_account,
    check_account_type,
    check_lookup_value,
    follow_lookup_value,
)
from connector_sandbox.coupa.instance import ENTITIES, Instance
from connector_sandbox.coupa.invoices import check_invoice
from connector_sandbox.coupa.options import Options
from connector_sandbox.coupa.orders import check_order, move_order_lines
from connector_sandbox.coupa.payables import check_payable
from connector_sandbox.coupa.suppliers import check_remit_to, check_supplier
from connector_sandbox.coupa.tables import VIEWS
from connector_sandbox.coupa.wire import Front, Throttle
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError, Content, NoStore, Store, World

_RULES = {
    "account_types": check_account_type,
    "accounts": check_account,
    "lookup_values": check_lookup_value,
    "suppliers": check_supplier,
    "remit_to_addresses": check_remit_to,
    "purchase_orders": check_order,
    "invoices": check_invoice,
    "external_payables": check_payable,
}
_FOLLOWERS = {"invoices": move_order_lines, "lookup_values": follow_lookup_value}
_SETUP = "setup"
_CUSTOM_FIELDS = "custom_fields"


class CoupaSystem:
    """The Coupa Core API over one made-up instance."""

    name = "coupa"
    offset = 2
    base_path = ""

    def __init__(self, clock: SandboxClock, *, limits: bool, options: Mapping[str, Any]) -> None:
        self.store: Store = NoStore()
        self._clock = clock
        self._limits = limits
        self._options = Options().changed(options)
        self._instance = Instance(clock, self._options, _RULES, _FOLLOWERS)
        self._authority = Authority(clock, lambda: self._options, limits=limits)
        self._throttle = Throttle(clock, self._options)
        call_outs.check(self._options)
        self._call_outs = call_outs.CallOuts(clock, lambda: self._options)

    def routes(self) -> Sequence[Route]:
        """The token endpoint and the API."""
        front = Front(self._authority, lambda: self._options, self._report)
        token = Route(TOKEN_PATH, self._authority.token, methods=["POST"])
        return [token, *Api(self._instance, front).routes]

    async def admit(self, request: Request) -> Response | None:
        """The tenant's rate limit, on API calls."""
        if self._limits and request.scope["path"].startswith("/api/"):
            return await self._throttle.admit()
        return None

    def credentials(self) -> dict[str, Any]:
        """The client with all scopes, and one that may only read."""
        return {**_login(FULL), "read_only": _login(READER)}

    def state(self) -> dict[str, Any]:
        """Counts, and sums by currency."""
        return content.state(self._instance)

    def load(self, world: World) -> None:
        """Start with this content, or with the least that an instance has where it says nothing."""
        self._begin()
        content.load(self._instance, world)
        self._instance.changed.clear()  # The first content is no change.
        self._instance.tables.store = self.store

    def dump(self) -> dict[str, dict[str, Any]]:
        """All records by entity and id."""
        tables = self._instance.tables
        own = (name for name in ENTITIES if name not in VIEWS)
        records = {name: {str(number): row for number, row in tables[name].rows.items()} for name in own}
        return {**records, _SETUP: {_CUSTOM_FIELDS: self._instance.custom_fields}}

    def restore(self, content: Content) -> None:
        """Take back what was dumped."""
        self._begin()
        self._instance.custom_fields = dict(content.get(_SETUP, {}).get(_CUSTOM_FIELDS, {}))
        for name in ENTITIES:
            self._instance.tables.restore(name, content.get(name, {}).values())
        self._instance.tables.store = self.store

    def rows(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Change records as a user would in Coupa: an `act` that its pages offer, or any field of any record."""
        do = acts.carry_out if "act" in command else content.rows
        try:
            return do(self._instance, command)
        finally:
            self._report()

    def call_outs(self) -> dict[str, Any]:
        """What was sent to endpoints of the customer's, and what failed."""
        return self._call_outs.report()

    def resend_call_outs(self) -> dict[str, Any]:
        """Send again what failed."""
        return self._call_outs.resend()

    async def flush_call_outs(self, seconds: float) -> dict[str, Any]:
        """Wait until no call-out waits, or for so long; what `call_outs` says then."""
        await asyncio.to_thread(self._call_outs.wait, seconds)
        return self._call_outs.report()

    def options(self) -> dict[str, Any]:
        """The switches as they stand."""
        options: dict[str, Any] = msgspec.to_builtins(self._options)
        return options

    def configure(self, options: Mapping[str, Any]) -> None:
        """Change switches. How text compares is decided before there is content."""
        changed = self._options.changed(options)
        if changed.case_insensitive != self._options.case_insensitive:
            raise BadCommandError("coupa options: case_insensitive is given at the start, for what is there is indexed")
        call_outs.check(changed)
        self._options = self._instance.options = changed
        self._instance.renderer.forget()
        self._throttle = Throttle(self._clock, changed)
        self._call_outs.reseed()

    def expire_tokens(self) -> None:
        """All tokens become invalid."""
        self._authority.forget()

    def kill_links(self) -> None:
        """Coupa's pages have no links (coupa section 4)."""

    def _report(self) -> None:
        self._call_outs.collect(self._instance)

    def _begin(self) -> None:
        self._call_outs.forget()
        self._authority.forget()
        self._instance.clear()
        self._instance.references.special["accounts"] = Accounts(self._instance).resolve


def _login(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.identifier,
        "client_secret": client.secret,
        "grant_type": "client_credentials",
        "scope": " ".join(sorted(client.scopes)),
    }
