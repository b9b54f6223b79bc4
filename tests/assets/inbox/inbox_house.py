"""An inbox of two connections, as senders see it: over real HTTP, or called itself where requests are many."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
import yaml
from ledger_places import new_ledger
from starlette.types import ASGIApp, Receive, Scope, Send

from connector_assets.inbox.app import Inbox
from connector_assets.inbox.receivers import Secrets, open_receivers
from connector_assets.inbox.server import Server, listen
from connector_resources.clock import ManualClock
from connector_resources.home import Home
from connector_resources.ledger import Ledger
from connector_resources.ledger.inbox import Pending

COUPA, NORTH = "coupa", "coupa_north"
READER, NORTH_READER = "jde_coupa", "north"
SECRETS = {
    COUPA: {
        "inbox_client_id": "call-outs",
        "inbox_client_secret": "?s3cret>of~coupa/+ü",
        "inbox_relay_secret": "relay-key-of-coupa",
    },
    NORTH: {
        "inbox_client_id": "call-outs-north",
        "inbox_client_secret": "another s3cret",
        "inbox_relay_secret": "relay-key-of-the-north",
    },
}
RELAYS: dict[str, dict[str, Any]] = {
    COUPA: {"prefix": "sha256=", "event_id_header": "X-Event-Id", "signed": "id.timestamp.body"},
    NORTH: {"encoding": "base64", "signed": "body", "timestamp_header": None, "header": "X-Relay"},
}
JSON, XML = "application/json", "application/xml"


def settings() -> dict[str, Any]:
    """What `connections.yaml` holds unless a test changes it; nobody listens at the systems' addresses."""
    coupa = {"system": "coupa", "url": "http://127.0.0.1:9", "time_zone": "Europe/London"}
    return {
        "start_date": "2026-02-01",
        "connections": {
            "jde": {"url": "http://127.0.0.1:9/jderest"},
            COUPA: {**coupa, "inbox": {"relay": RELAYS[COUPA], "max_bytes": 20_000}},
            NORTH: {**coupa, "inbox": {"relay": RELAYS[NORTH]}},
        },
        "integrations": {READER: {}, NORTH_READER: {"kind": "jde_coupa", "connections": {"coupa": NORTH}}},
    }


@dataclass(frozen=True)
class Answer:
    """What the inbox answered."""

    status: int
    content: Any
    headers: Mapping[str, str]


class House:
    """A home with an inbox, a ledger whose clock stands still, and senders who know the secrets."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.home = Home(folder, {"CONNECTOR_INSTANCE": "tests"})
        self.clock = clock
        self.home.create()
        self.home.connections_file.write_text(yaml.safe_dump(settings()))
        new_ledger(folder / "ledger.sqlite")
        for connection, named in SECRETS.items():
            for name, value in named.items():
                self.home.credentials().set(connection, name, value)
        self.ledger = Ledger.open(self.home.ledger_url, clock=clock)
        receivers, self.secrets = open_receivers(self.home)
        self.inbox = Inbox(
            self.ledger, receivers, Secrets(self.home.credentials(), receivers, clock), answer_seconds=60
        )

    def close(self) -> None:
        """End it."""
        self.inbox.close()
        self.ledger.close()
        self.home.close()

    def stored(self, integration: str = READER) -> list[Pending]:
        """What is kept for an integration."""
        return self.ledger.inbox.pending(integration)

    # -- senders ------------------------------------------------------------------------------------------------------

    def signed(
        self, connection: str, body: bytes, *, id: str = "evt-1", at: int | str | None = None, key: str | None = None
    ) -> dict[str, str]:
        """The headers of a relay's message; its time stamp is now."""
        relay = RELAYS[connection]
        secret = key or SECRETS[connection]["inbox_relay_secret"]
        stamp = str(int(self.clock.now().timestamp()) if at is None else at)
        parts = body if relay["signed"] == "body" else b".".join([id.encode(), stamp.encode(), body])
        digest = hmac.new(secret.encode(), parts, hashlib.sha256).digest()
        text = base64.b64encode(digest).decode() if relay.get("encoding") == "base64" else digest.hex()
        found = {"Content-Type": JSON, relay.get("header", "X-Signature"): relay.get("prefix", "") + text}
        return found if relay["signed"] == "body" else found | {"X-Timestamp": stamp, "X-Event-Id": id}

    def bearer(self, token: str, content_type: str = JSON) -> dict[str, str]:
        """The headers of a call-out."""
        return {"Content-Type": content_type, "Authorization": f"Bearer {token}"}

    def token(self, connection: str = COUPA) -> str:
        """A token that this connection's client may come with."""
        return self.ledger.inbox.issue_token(connection, SECRETS[connection]["inbox_client_id"], 86_399)

    # -- calls without a server ---------------------------------------------------------------------------------------

    def call_all(self, calls: list[tuple[str, list[tuple[str, str]], bytes]]) -> list[Answer]:
        """POST each (path, headers, body) to the application itself, one after the other."""

        return post_to(self.inbox.app, calls)


def post_to(app: ASGIApp, calls: list[tuple[str, list[tuple[str, str]], bytes]], scheme: str = "http") -> list[Answer]:
    """POST each (path, headers, body) to an application itself, one after the other."""

    async def all_of_them() -> list[Answer]:
        return [await _call(app, scheme, *each) for each in calls]

    return asyncio.run(all_of_them())


async def _call(app: ASGIApp, scheme: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    start, *rest = said
    text = b"".join(each.get("body", b"") for each in rest)
    reported = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], json.loads(text) if reported.get("content-type") == JSON else text, reported)


class Served:
    """The inbox over HTTP."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.url = f"http://127.0.0.1:{port}"

    def post(self, path: str, body: bytes | Iterator[bytes], headers: Mapping[str, str]) -> Answer:
        """One request on a connection of its own."""
        answer = requests.post(self.url + path, data=body, headers=dict(headers), timeout=60)
        kind = answer.headers.get("content-type")
        return Answer(answer.status_code, answer.json() if kind == JSON else answer.text, answer.headers)

    def log_in(
        self, form: Mapping[str, str], authorization: str | None = None, content_type: str | None = None
    ) -> Answer:
        """A token request."""
        headers = {"Content-Type": content_type or "application/x-www-form-urlencoded"}
        if authorization is not None:
            headers["Authorization"] = authorization
        return self.post("/oauth2/token", urlencode(form).encode(), headers)

    def call_out(self, path: str, document: Any, content_type: str = JSON, token: str | None = None) -> Answer:
        """A call-out with a good token."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.post(path, body, self.house.bearer(token or self.house.token(), content_type))


class Door:
    """A served application that leads into one house after the other."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.port = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None, "no test has opened the door"
        await self.app(scope, receive, send)

    @contextmanager
    def into(self, house: House) -> Iterator[Served]:
        """Lead into this house for as long as the block lasts."""
        self.app = house.inbox.app
        yield Served(house, self.port)
        self.app = None


@contextmanager
def serving(house: House) -> Iterator[Served]:
    """The house's inbox on a port of its own."""
    with listening(house.inbox.app) as port:
        yield Served(house, port)


@contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    """The application is served at a free port, which is given."""
    ready = threading.Event()
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, ready.set)
        thread = threading.Thread(target=server.serve_until_stopped, args=(listener,), name="inbox-server")
        thread.start()
        try:
            assert ready.wait(60)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(60)


def basic(connection: str, *, url_safe: bool = True, padded: bool = True) -> str:
    """The Authorization header of a connection's client."""
    named = SECRETS[connection]
    plain = f"{named['inbox_client_id']}:{named['inbox_client_secret']}".encode()
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(plain).decode()
    return f"Basic {text if padded else text.rstrip('=')}"
