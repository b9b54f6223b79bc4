"""A little Coupa for unit tests: lists with the filters that the client sends, and scripted answers."""

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


class FakeCoupa:
    """`lists` are the records by path; `scripts` see each request first and may answer it."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.scripts: list[Script] = []
        self.seen: list[Seen] = []
        self.cap = 50  # records that a page holds, whatever is asked for
        self.ignore_limit = 0  # pages of this many instead
        self.tokens: list[str] = []
        self.good: set[str] = set()
        self.token_extra: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def api(self, method: str | None = None) -> list[Seen]:
        """The calls but for the logins."""
        return [s for s in self.seen if s.path != "/oauth2/token" and method in (None, s.method)]

    def once(self, method: str, path: str, reply: Reply) -> None:
        """Answer the next such request with `reply`."""
        self.sequence(method, path, [reply])

    def sequence(self, method: str, path: str, replies: list[Reply]) -> None:
        left = list(replies)

        def script(seen: Seen) -> Reply | None:
            return left.pop(0) if left and (seen.method, seen.path) == (method, path) else None

        self.scripts.append(script)

    def answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            for script in self.scripts:
                reply = script(seen)
                if reply is not None:
                    return reply
            if seen.path == "/oauth2/token":
                return self._token(seen)
            if seen.headers.get("authorization", "").removeprefix("Bearer ") not in self.good:
                return Reply(401)
            return self._records(seen)

    def _token(self, seen: Seen) -> Reply:
        form = dict(parse_qsl(seen.body.decode()))
        token = f"eyJtoken{len(self.tokens) + 1}"
        self.tokens.append(token)
        self.good.add(token)
        body = {"access_token": token, "token_type": "bearer", "expires_in": 86399, "scope": form["scope"]}
        return Reply(200, body | self.token_extra)

    def _records(self, seen: Seen) -> Reply:
        records = self.lists.get(seen.path)
        if records is not None and seen.method == "GET":
            return Reply(200, [trimmed(r, seen) for r in self._page(records, seen.query)])
        parent, _, tail = seen.path.rpartition("/")
        if records is not None and seen.method == "POST":
            record = {**self.lists[seen.path][-1], **seen.json, "id": len(records) + 1000}
            records.append(record)
            return Reply(201, trimmed(record, seen))
        found = next((r for r in self.lists.get(parent, []) if str(r["id"]) == tail), None)
        if found is None:
            return Reply(404, b"<html><title>Not Found</title></html>", {"Content-Type": "text/html"})
        if seen.method == "PUT":
            found.update(seen.json if seen.body else {})
            if seen.query.get("exported") == "true":
                found["exported"] = True
        return Reply(200, trimmed(found, seen))

    def _page(self, records: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        kept = [r for r in records if all(_passes(r, k, v) for k, v in query.items())]
        kept.sort(key=lambda r: r["id"])
        return kept[: self.ignore_limit or min(int(query.get("limit", 50)), self.cap)]


def trimmed(record: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """The record cut down to what `fields` names at its top level."""
    if "fields" not in seen.query:
        return record
    names = [item if isinstance(item, str) else next(iter(item)) for item in json.loads(seen.query["fields"])]
    return {name.replace("_", "-"): record.get(name.replace("_", "-")) for name in names}


_PAGING = {"limit", "order_by", "dir", "fields", "exported"}


def _passes(record: dict[str, Any], name: str, wanted: str) -> bool:
    if name in _PAGING:
        return True
    key, _, op = name.partition("[")
    value = record.get(key)
    op = op.rstrip("]")
    if op == "gt":
        return value > int(wanted)
    if op == "in":
        return str(value) in wanted.split(",")
    if op == "gt_or_eq":
        return str(value) >= wanted
    if op == "lt":
        return str(value) < wanted
    if isinstance(value, dict):
        return str(value.get(op)) == wanted
    if isinstance(value, bool):
        return wanted == str(value).lower()
    return str(value).lower() == wanted.lower()  # as MySQL compares


def _handler(fake: FakeCoupa) -> type[BaseHTTPRequestHandler]:
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

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
