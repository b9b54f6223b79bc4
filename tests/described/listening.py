"""Listens to what our clients send, and holds each request against the vendor's pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from connector_resources.http.transport import WatchedAdapter
from described import bill, coupa, jde
from described.routes import Route, Sent, operation, problems

# the first part of a path -> whose it is
PAGES: Mapping[str, Sequence[Route]] = {
    "connect": bill.ROUTES,
    "connect-events": bill.ROUTES,
    "jderest": jde.ROUTES,
    "api": coupa.ROUTES,
    "oauth2": coupa.ROUTES,
}


@dataclass
class Heard:
    """What was sent: how many requests of each operation, and what no page has of them."""

    sent: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def hold(self, request: Sent) -> None:
        """Look at one request."""
        first = request.path.lstrip("/").partition("/")[0]
        routes = PAGES.get(first)
        if routes is None:
            self.wrong[f"{request.method} {request.path} is of none of the vendors"] += 1
            return
        route = operation(routes, request)
        if route is not None:
            self.sent[f"{route.method} {route.path}"] += 1
        self.wrong.update(problems(routes, request))


@contextmanager
def listening() -> Iterator[Heard]:
    """To every client of this process, below everything that could still change a request. What tests send by
    themselves is not listened to."""
    heard = Heard()

    def listened(self: WatchedAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        heard.hold(Sent.of(str(request.method), str(request.url), request.headers, request.body))
        # looked up here: a test may have put an ear of its own into it
        return HTTPAdapter.send(self, request, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WatchedAdapter, "send", listened, raising=False)
        yield heard
