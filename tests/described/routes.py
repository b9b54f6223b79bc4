"""A vendor's routes: path, headers, parameters and body of each, and a request held against them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from described.shapes import Fields, Shape

# what HTTP itself needs, and no page speaks of
OF_HTTP = {"accept-encoding", "connection", "content-length", "host", "user-agent", "transfer-encoding"}


@dataclass(frozen=True)
class Sent:
    """A request as it went out. `headers` by lower-case name."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None) -> Sent:
        """From what the transport was handed."""
        parts = urlsplit(url)
        whole = body.encode() if isinstance(body, str) else body or b""
        named = {name.lower(): value for name, value in headers.items()}
        return cls(method, unquote(parts.path), parse_qsl(parts.query, keep_blank_values=True), named, whole)


@dataclass(frozen=True)
class Route:
    """One operation of a page: `{name}` in the path is one segment. `query` looks at all parameters at once."""

    method: str
    path: str
    body: Shape | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Callable[[Sequence[tuple[str, str]]], Iterator[str]] | None = None
    form: Fields | None = None

    def takes(self, sent: Sent) -> bool:
        """Whether a request is one of this operation."""
        return sent.method == self.method and _pattern(self.path).fullmatch(sent.path) is not None

    def problems(self, sent: Sent) -> Iterator[str]:
        """What a request has that the page has not, or lacks."""
        yield from self._headers(sent)
        if self.query is not None:
            yield from self.query(sent.query)
        elif sent.query:
            yield f"parameters {sorted(dict(sent.query))}, and the page has none"
        yield from self._body(sent)

    def _headers(self, sent: Sent) -> Iterator[str]:
        wanted = {name.lower(): pattern for name, pattern in self.headers.items()}
        for name, pattern in wanted.items():
            optional = pattern.startswith("?")
            value = sent.headers.get(name)
            if value is None:
                if not optional:
                    yield f"header {name} is not sent"
            elif not re.fullmatch(pattern.removeprefix("?"), value, re.DOTALL):
                yield f"header {name} is {value!r}"
        for name in sent.headers.keys() - wanted.keys() - OF_HTTP:
            yield f"header {name} is on no page"

    def _body(self, sent: Sent) -> Iterator[str]:
        if self.form is not None:
            yield from self.form.problems(dict(parse_qsl(sent.body.decode(), keep_blank_values=True)), "")
            return
        if self.body is None:
            if sent.body:
                yield f"a body of {len(sent.body)} bytes, and the page has none"
            return
        try:
            body: Any = json.loads(sent.body, parse_float=Decimal)
        except ValueError:
            yield f"the body is no JSON: {sent.body[:100]!r}"
            return
        yield from self.body.problems(body, "")


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))


def operation(routes: Sequence[Route], sent: Sent) -> Route | None:
    """Which operation of the pages a request is; None: none."""
    return next((route for route in routes if route.takes(sent)), None)


def problems(routes: Sequence[Route], sent: Sent) -> list[str]:
    """What no page of the vendor's has of a request; nothing of a good one."""
    route = operation(routes, sent)
    if route is None:
        return [f"{sent.method} {sent.path} is on no page"]
    return [f"{sent.method} {route.path}: {each}" for each in route.problems(sent)]
