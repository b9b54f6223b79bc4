"""A small HTTP server for unit tests of clients: scripted answers, and what was asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    raw_query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body, parse_float=Decimal)


@dataclass
class Reply:
    """What goes back; `body` as JSON unless it is bytes. `None` as status: close without a byte."""

    status: int | None = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Seen], Reply | None]


class FakeServer:
    """`scripts` see each request first and may answer it; `usual` answers the others."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def usual(self, seen: Seen) -> Reply:
        raise NotImplementedError

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def once(self, method: str, path: str, reply: Reply) -> None:
        """Answer the next such request with `reply`."""
        self.sequence(method, path, [reply])

    def sequence(self, method: str, path: str, replies: list[Reply]) -> None:
        left = list(replies)

        def script(seen: Seen) -> Reply | None:
            return left.pop(0) if left and (seen.method, seen.path) == (method, path) else None

        self.scripts.append(script)

    def answer(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            for script in self.scripts:
                reply = script(seen)
                if reply is not None:
                    return reply
            return self.usual(seen)


def _handler(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            seen = Seen(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                raw_query=parts.query,
                headers={k.lower(): v for k, v in self.headers.items()},
                body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )
            reply = fake.answer(seen)
            if reply.status is None:
                self.close_connection = True
                return
            plain = isinstance(reply.body, bytes)
            content = reply.body if plain else json.dumps(reply.body).encode()
            self.send_response_only(reply.status)  # without a Date of its own
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
