"""A caller of the sandbox's BILL, and what these tests write into it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import requests

from connector_sandbox.testing import Sandbox

ADDRESS = {
    "line1": "1 Dock Rd",
    "city": "Houston",
    "stateOrProvince": "TX",
    "zipOrPostalCode": "77002",
    "country": "US",
}


class Bill:
    """A caller of the API with a session, as a client would be."""

    def __init__(self, sandbox: Sandbox, login: dict[str, Any] | None = None, **more: Any) -> None:
        self.url = sandbox.url("bill") + "/v3/"
        self.sandbox = sandbox
        credentials = login or sandbox.get("/credentials")["bill"]
        self.login = {name: value for name, value in credentials.items() if isinstance(value, str)} | more
        self.session = requests.Session()
        answer = self.session.post(self.url + "login", json=self.login, timeout=10)
        assert answer.status_code == 200, answer.text
        self.opened: dict[str, Any] = answer.json()
        self.session.headers.update({"devKey": self.login["devKey"], "sessionId": self.opened["sessionId"]})

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        if body is not None:
            # what was read may be sent back, and amounts are read as Decimal
            more = {"data": json.dumps(body, default=float), "headers": {"Content-Type": "application/json"}} | more
        return self.session.request(method, self.url + path, timeout=20, **more)

    def get(self, path: str, **parameters: Any) -> Any:
        return self._right(self.ask("GET", path, params=parameters), 200)

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        return self._right(self.ask("POST", path, body), status)

    def patch(self, path: str, body: Any) -> Any:
        return self._right(self.ask("PATCH", path, body), 200)

    def put(self, path: str, body: Any) -> Any:
        return self._right(self.ask("PUT", path, body), 200)

    def listed(self, path: str, **parameters: Any) -> list[Any]:
        """The results of one page."""
        results: list[Any] = self.get(path, **parameters)["results"]
        return results

    def every(self, path: str, **parameters: Any) -> list[Any]:
        """The results of all pages."""
        page = self.get(path, **parameters)
        found = page["results"]
        while page.get("nextPage"):
            page = self.get(path, **parameters, page=page["nextPage"])
            found += page["results"]
        return list(found)

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str | None, list[str]]:
        """(status, code, messages) of a refusal, whose envelope is looked at."""
        return refusal(self.ask(method, path, body, **more))

    def act(self, name: str, /, **more: Any) -> Any:
        return self.sandbox.post("/rows", {"system": "bill", "act": name, **more})

    def options(self, **options: Any) -> None:
        self.sandbox.post("/options", {"bill": options})

    # What most tests begin with

    def vendor(self, name: str = "Acme Drilling Supply", **more: Any) -> Any:
        return self.post("vendors", vendor(name, **more))

    def account(self, name: str = "Supplies", number: str = "0010.5010", **more: Any) -> Any:
        body = {"name": name, "account": {"type": "EXPENSE", "number": number}, **more}
        return self.post("classifications/chart-of-accounts", body)

    def bill(self, vendor_id: str, number: str = "A-1", amount: str = "100.00", **more: Any) -> Any:
        return self.post("bills", bill(vendor_id, number, amount, **more))

    def credit(self, vendor_id: str, number: str = "CM-1", amount: str = "25.00", **more: Any) -> Any:
        return self.post("vendor-credits", credit(vendor_id, number, amount, **more))

    def _right(self, answer: requests.Response, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json(parse_float=Decimal) if answer.content else None


def refusal(answer: requests.Response) -> tuple[int, str | None, list[str]]:
    """(status, code, messages); an entry without a code has no category either (bill section 5.2)."""
    entries = answer.json()
    assert isinstance(entries, list) and entries, answer.text
    for entry in entries:
        assert entry["severity"] == "ERROR" and entry["timestamp"].endswith("+00:00")
        assert (entry.get("category") == "DOWNSTREAM") is ("code" in entry)
    codes = {entry.get("code") for entry in entries}
    # the other records of a bulk call, which were rolled back, do not say why
    [code] = codes - {"BDC_1246"} or codes
    return answer.status_code, code, [each["message"] for each in entries if each.get("code") == code]


def codes(answer: requests.Response) -> list[str]:
    """The code of each entry."""
    return [entry["code"] for entry in answer.json()]


def vendor(name: str = "Acme Drilling Supply", **more: Any) -> dict[str, Any]:
    return {"name": name, "accountType": "BUSINESS", "address": ADDRESS, **more}


def bill(vendor_id: str, number: str = "A-1", amount: str = "100.00", **more: Any) -> dict[str, Any]:
    return {
        "vendorId": vendor_id,
        "dueDate": "2026-03-31",
        "invoice": {"invoiceNumber": number, "invoiceDate": "2026-03-01"},
        "billLineItems": [{"amount": float(amount)}],
        **more,
    }


def credit(vendor_id: str, number: str = "CM-1", amount: str = "25.00", **more: Any) -> dict[str, Any]:
    return {
        "vendorId": vendor_id,
        "referenceNumber": number,
        "creditDate": "2026-03-02",
        "vendorCreditLineItems": [{"amount": float(amount)}],
        **more,
    }
