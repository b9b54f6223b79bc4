"""What changes something in JD Edwards or BILL, in the order in which it really goes over the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

ORCHESTRATOR, BILL = "/orchestrator/", "/connect/v3/"
WRITES = ("POST", "PUT", "PATCH")


@dataclass
class Wire:
    """The writing calls since it was tapped: the orchestration's name, or method and path of BILL's resource, where
    an id is `*`."""

    calls: list[str] = field(default_factory=list)


def tap(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Listen to every session of this process."""
    wire = Wire()
    send = HTTPAdapter.send

    def heard(self: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        name = _name(str(request.method), str(request.url).split("?")[0])
        if name:
            wire.calls.append(name)
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", heard)
    return wire


def _name(method: str, url: str) -> str:
    if ORCHESTRATOR in url:
        return url.partition(ORCHESTRATOR)[2]
    path = url.partition(BILL)[2]
    if method not in WRITES or not path or path in ("login", "logout"):
        return ""
    parts = ["*" if any(each.isdigit() for each in part) else part for part in path.split("/")]
    return f"{method} {'/'.join(parts)}"


def before(monkeypatch: pytest.MonkeyPatch, call: str, act: Callable[[], object]) -> list[str]:
    """Somebody acts in BILL once, right before such a call (`PUT bills/*`) arrives there. The list tells whether."""
    done: list[str] = []
    send = HTTPAdapter.send

    def met(self: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        method, path = str(request.method), str(request.url).split("?")[0].partition(BILL)[2]
        parts = ["*" if any(each.isdigit() for each in part) else part for part in path.split("/")]
        if not done and f"{method} {'/'.join(parts)}" == call:
            done.append(call)
            act()
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", met)
    return done
