"""An inbox of a BILL connection beside one of Coupa, as BILL and others see it; called itself, without a server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import yaml
from inbox_house import COUPA, SECRETS, Answer, post_to
from ledger_places import new_ledger

from connector_assets.inbox.app import Inbox
from connector_assets.inbox.receivers import Secrets, open_receivers
from connector_resources.clock import ManualClock
from connector_resources.home import Home
from connector_resources.ledger import Ledger
from connector_resources.ledger.inbox import Pending

READER = "jde_bill"
ORGANISATION = "00801OURSOURSOURSOUR"
KEY, FORMER = "the-key+of/BILL", "the key before"
HEADER = "x-bill-sha-signature"
LOGIN = {"dev_key": "01DEV", "username": "ap@ours.example", "password": "pass/word", "organization_id": ORGANISATION}


class BillHouse:
    """A home with an inbox for BILL's notifications, a ledger whose clock stands still, and a BILL that signs."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.home = Home(folder, {"CONNECTOR_INSTANCE": "tests"})
        self.clock = clock
        self.home.create()
        self.home.connections_file.write_text(yaml.safe_dump(settings()))
        new_ledger(folder / "ledger.sqlite")
        self.store = self.home.credentials()
        for name, value in {**LOGIN, "inbox_security_key": KEY}.items():
            self.store.set("bill", name, value)
        for name, value in SECRETS[COUPA].items():
            self.store.set(COUPA, name, value)
        self.ledger = Ledger.open(self.home.ledger_url, clock=clock)
        receivers, _ = open_receivers(self.home)
        self.inbox = Inbox(self.ledger, receivers, Secrets(self.store, receivers, clock), answer_seconds=60)

    def close(self) -> None:
        """End it."""
        self.inbox.close()
        self.ledger.close()
        self.home.close()

    def stored(self) -> list[Pending]:
        """What is kept."""
        return self.ledger.inbox.pending(READER)

    def send(
        self,
        body: bytes,
        signature: str | None = None,
        *,
        path: str = "/bill/bill",
        scheme: str = "https",
        key: str = KEY,
    ) -> Answer:
        """A notification with this signature, or with the one that is right."""
        headers = [("Content-Type", "application/json"), (HEADER, sign(body, key) if signature is None else signature)]
        return self.post(path, headers, body, scheme)

    def post(self, path: str, headers: list[tuple[str, str]], body: bytes, scheme: str = "https") -> Answer:
        """Any request."""
        [answer] = post_to(self.inbox.app, [(path, headers, body)], scheme)
        return answer


def settings() -> dict[str, Any]:
    """What `connections.yaml` holds; nobody listens at the systems' addresses."""
    inbox = {"public_url": "https://connector.example.com", "max_bytes": 20_000}
    return {
        "start_date": "2026-02-01",
        "connections": {
            "jde": {"url": "http://127.0.0.1:9/jderest"},
            "coupa": {"url": "http://127.0.0.1:9", "inbox": {"relay": {}}},
            "bill": {"url": "http://127.0.0.1:9/connect", "time_zone": "Europe/London", "inbox": inbox},
        },
        "integrations": {"jde_coupa": {}, READER: {}},
    }


def sign(body: bytes, key: str = KEY) -> str:
    """As BILL does."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def minified(content: Any) -> bytes:
    """As BILL sends."""
    return json.dumps(content, separators=(",", ":")).encode()


def notification(kind: str = "bill.updated", event: str = "7b0e4c52-3f0a-4f0e-9a53-0d6b1a2c3d4e", **entity: Any) -> Any:
    """One of BILL's, as its documentation shows them (bill section 7.3)."""
    metadata = {
        "eventId": event,
        "subscriptionId": "1f6d0693-e3e2-4509-be37-4dbda29efc60",
        "organizationId": ORGANISATION,
        "eventType": kind,
        "version": "1",
    }
    return {"metadata": metadata, kind.partition(".")[0]: entity or BILL}


BILL: dict[str, Any] = {
    "id": "00n01ABCDEFGHIJKLMNO",
    "vendorId": "00901ABCDEFGHIJKLMNO",
    "invoice": {"invoiceNumber": "ACM-1", "invoiceDate": "2026-02-15T00:00:00.000Z"},
    "amount": 1180.5,
    "paymentStatus": "UNPAID",
    "updatedTime": "2026-03-01T09:00:00.000+00:00",
}
