"""A receiver of call-outs, as a customer's endpoint would be: it issues tokens and keeps what it was sent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

CLIENT_ID, CLIENT_SECRET, SCOPE = "coupa", "a-secret-of-the-receiver's?>", "events.write"


class Receiver(ThreadingHTTPServer):
    """`bodies` are (content type, body) as they came; `status` is what the next ones are answered with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[tuple[str, bytes]] = []
        self.logins: list[tuple[str, dict[str, list[str]]]] = []
        self.status = 202
        self.lifetime = 86_399
        self.token = "token-1"

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def call_out(self, document: str = "invoices", **more: Any) -> dict[str, Any]:
        """The option that points Coupa here."""
        return {
            "document": document,
            "url": self.url(f"/events/{document}?source=coupa"),
            "token_url": self.url("/oauth2/token"),
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": SCOPE,
            **more,
        }

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.bodies]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/oauth2/token":
            kind, _, encoded = self.headers["Authorization"].partition(" ")
            login = base64.urlsafe_b64decode(encoded).decode()
            self.server.logins.append((f"{kind} {login}", parse_qs(body.decode())))
            answer = {"access_token": self.server.token, "token_type": "bearer", "expires_in": self.server.lifetime}
            self._answer(200, json.dumps(answer).encode())
        elif self.headers["Authorization"] != f"Bearer {self.server.token}":
            self._answer(401, b'{"statusCode":401,"message":"Unauthorized. Access token is missing or invalid."}')
        else:
            if 200 <= self.server.status < 300:
                self.server.bodies.append((self.headers["Content-Type"], body))
            self._answer(self.server.status, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
