"""A caller of the sandbox's Connect Events, and of as much of the AP API as makes events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

import requests

from connector_sandbox.testing import Sandbox

PAYMENT_EVENTS = ["payment.updated", "payment.failed"]
VENDOR = {"name": "Acme Drilling Supply", "address": {"line1": "1 Dock Rd", "city": "Houston", "country": "US"}}


class Events:
    """Calls with a session of the integration's user."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.api = sandbox.url("bill")
        self.url = self.api + "-events"
        login = sandbox.get("/credentials")["bill"]
        body = {name: login[name] for name in ("devKey", "username", "password", "organizationId")}
        # Remembered, so that the session may make payments.
        body["rememberMeId"] = "a-device-of-the-test's"
        session = requests.post(f"{self.api}/v3/login", json=body, timeout=10).json()
        self.organization = login["organizationId"]
        self.headers = {"devKey": login["devKey"], "sessionId": session["sessionId"]}

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A call of the events API: `headers` are added to those of the session."""
        headers = {**self.headers, **more.pop("headers", {})}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=30, **more)

    def done(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    def refused(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> list[str]:
        """The messages of a refusal."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == status, answer.text
        return [each["message"] for each in answer.json()]

    def subscribe(self, url: str, *types: str, **more: Any) -> dict[str, Any]:
        """A subscription that is on, with its key."""
        headers = {"X-Idempotent-Key": str(uuid.uuid4())}
        made: dict[str, Any] = self.done("POST", "/v3/subscriptions", wanted(url, *types, **more), headers=headers)
        return made

    def status_of(self, subscription: dict[str, Any]) -> dict[str, Any]:
        status: dict[str, Any] = self.done("GET", f"/v3/subscriptions/{subscription['id']}")["status"]
        return status

    def enable(self, subscription: dict[str, Any], enabled: bool = True) -> None:
        self.done("PATCH", f"/v3/subscriptions/{subscription['id']}", {"status": {"enabled": enabled}})

    def history(self, subscription: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """One page, the oldest first unless asked for otherwise."""
        query = {"ascending": "true", **query}
        page = self.done("GET", f"/v3/events/subscription/{subscription['id']}", params=query)
        results: list[dict[str, Any]] = page["results"]
        return results

    def noted(self, subscription: dict[str, Any], attempts: int) -> None:
        """Block until so many attempts to send the first event are in the history."""
        for _ in range(5000):
            first = self.history(subscription)[0]
            if ("statusCode" in first) + len(first["retries"]) >= attempts:
                return
        raise AssertionError(f"{attempts} attempts were never noted")

    def vendor(self, name: str = VENDOR["name"]) -> dict[str, Any]:  # type: ignore[assignment]
        return self.write("POST", "/v3/vendors", {**VENDOR, "name": name})

    def bill(self, vendor: dict[str, Any], number: str = "ACM-1", **more: Any) -> dict[str, Any]:
        body = {
            "vendorId": vendor["id"],
            "dueDate": "2026-12-31",
            "invoice": {"invoiceNumber": number, "invoiceDate": "2026-12-15"},
            "billLineItems": [{"amount": 1180.5, "description": "Drill bits"}],
            **more,
        }
        return self.write("POST", "/v3/bills", body)

    def payment(self, bill: dict[str, Any], amount: float = 1180.5, day: str = "2099-12-28") -> requests.Response:
        body = {
            "vendorId": bill["vendorId"],
            "processDate": day,
            "billId": bill["id"],
            "amount": amount,
            "fundingAccount": {"type": "BANK_ACCOUNT", "id": "bac01"},
        }
        return requests.post(f"{self.api}/v3/payments", json=body, headers=self.headers, timeout=30)

    def write(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """A call of the AP API that succeeds."""
        answer = requests.request(method, self.api + path, json=body, headers=self.headers, timeout=30)
        assert answer.ok, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def act(self, act: str, **fields: Any) -> dict[str, Any]:
        done: dict[str, Any] = self.sandbox.post("/rows", {"system": "bill", "act": act, **fields})
        return done

    def options(self, **options: Any) -> None:
        self.sandbox.post("/options", {"bill": options})

    def flushed(self) -> dict[str, Any]:
        """What was sent and what failed, once nothing waits."""
        report: dict[str, Any] = self.sandbox.post("/call-outs/flush")["bill"]
        assert report["waiting"] == 0
        return report


def wanted(url: str, *types: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "connector",
        "status": {"enabled": True},
        "events": [{"type": each, "version": "1"} for each in types or ("vendor.created",)],
        "notificationUrl": url,
        **more,
    }


def signed(key: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def minified(given: Any) -> bytes:
    return json.dumps(given, separators=(",", ":")).encode()
