"""What really goes over the wire to Coupa, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

# how a reference's text begins, in a URL and in JSON
REFERENCE = ("\ue000", "%ee%80%80", "\\ue000", "$link")


@dataclass
class Wire:
    """The writing calls to Coupa's resources since it was tapped: method, path below /api, body."""

    sent: list[tuple[str, str, bytes]] = field(default_factory=list)

    def bodies(self, method: str, path: str) -> list[bytes]:
        """The bodies of these calls, in order."""
        return [body for each, where, body in self.sent if (each, where) == (method, path)]


def tap(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Listen to every session of this process, below everything that could still change a request."""
    wire = Wire()
    send = HTTPAdapter.send

    def heard(self: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        method, url = str(request.method), str(request.url)
        if method in ("POST", "PUT") and "/api/" in url:
            path = url.split("/api/")[1].split("?")[0]
            body = request.body or b""
            wire.sent.append((method, path, body if isinstance(body, bytes) else body.encode()))
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", heard)
    return wire


def as_sent(request: Mapping[str, Any]) -> bytes:
    """The bytes of a planned request, written out by another hand than that which sends it."""
    return json.dumps(request, separators=(",", ":"), ensure_ascii=False).encode()


@contextmanager
def no_reference_leaves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What only stands for a record that a plan would make is in no request, to whichever system."""
    leaked: list[str] = []
    send = HTTPAdapter.send

    def heard(self: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        body = request.body or b""
        text = f"{request.url} {body.decode() if isinstance(body, bytes) else body}".lower()
        leaked.extend(f"{request.method} {text[:300]}" for sign in REFERENCE if sign in text)
        return send(self, request, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(HTTPAdapter, "send", heard)
        yield
    assert leaked == []
