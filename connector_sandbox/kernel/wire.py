"""The connection below HTTP, for faults that no well-behaved server would commit."""

from __future__ import annotations

import asyncio

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_KEY = "connector_sandbox.transport"


class ExposedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with the connection's transport within reach of the application."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_KEY: self.transport}  # type: ignore[dict-item]


def transport_of(scope: Scope) -> asyncio.Transport:
    """The transport that a request came over."""
    transport: asyncio.Transport = scope["extensions"][_KEY]
    return transport
