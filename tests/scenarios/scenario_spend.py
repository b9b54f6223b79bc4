"""Coupa as its own users see it: read through its API, changed as they would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import requests

from connector_sandbox.testing import Sandbox

SECONDS = 20
# How answers are written, whatever they say: people see the same record in every form.
FORMS = {"answers_as_text": False, "empty_lists": "array", "payments_shown": "list"}


class Spend:
    """What Coupa holds, and what its users do. Reads go over HTTP with a login of their own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", "Content-Type": "application/json"})

    # -- reading --------------------------------------------------------------------------------------------------

    def all(self, resource: str, **filters: str) -> list[dict[str, Any]]:
        """Every record of a resource, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            after = {"id[gt]": str(found[-1]["id"])} if found else {}
            page = self._ask("GET", resource, params={**filters, **after, "order_by": "id", "limit": "50"})
            found += page
            if len(page) < 50:
                return found

    def one(self, resource: str, **filters: str) -> dict[str, Any]:
        """The only record of these filters."""
        found = self.all(resource, **filters)
        assert len(found) == 1, f"{len(found)} {resource} of {filters}"
        return found[0]

    def supplier(self, number: int) -> dict[str, Any]:
        """A supplier by its number."""
        return self.one("suppliers", number=str(number))

    def invoice(self, number: str) -> dict[str, Any]:
        """An invoice by its number."""
        return self.one("invoices", **{"invoice-number": number})

    def total(self, currency: str = "GBP") -> Decimal:
        """What all invoices of a currency come to, in the words of the sandbox's own books."""
        totals = self.state()["invoices"]["totals"]
        return Decimal(totals.get(currency, "0"))

    def state(self) -> dict[str, Any]:
        """Counts and sums, from the control interface."""
        found: dict[str, Any] = self._sandbox.get("/state")["coupa"]
        return found

    def calls(self, route: str) -> int:
        """How often a route was called since the sandbox was reset: `calls("POST /api/invoices")`."""
        return int(self._sandbox.get("/faults")["routes"].get("coupa", {}).get(route, 0))

    # -- its users ------------------------------------------------------------------------------------------------

    def approve(self, number: str) -> None:
        """An AP clerk submits the draft, if it is one still, and the approver approves it."""
        invoice = self.invoice(number)
        if invoice["status"] == "draft":
            self._ask("PUT", f"invoices/{invoice['id']}/submit")
        for approval in self.all("approvals", **{"approvable-id": str(invoice["id"])}):
            if approval["status"] == "pending_approval":
                self._ask("PUT", f"approvals/{approval['id']}/approve")

    def release(self, order: int) -> None:
        """The buyer lets an order go that was held back for them."""
        self._ask("PUT", f"purchase_orders/{order}/release_from_buyer_hold")

    def set(self, entity: str, id: int, **values: Any) -> None:
        """A user changes a record on the screen: `set("invoices", 7, status="voided")`."""
        body = {name.replace("_", "-"): value for name, value in values.items()}
        self._rows({"entity": entity, "id": id, "set": body})

    def create(self, entity: str, body: dict[str, Any]) -> int:
        """A user enters a record; returns its id."""
        return int(self._rows({"entity": entity, "create": body})["id"])

    def act(self, act: str, **command: Any) -> int:
        """A user does something that has a name: `act("void_invoice", id=7)`; returns the record's id."""
        return int(self._rows({"act": act, **command})["id"])

    def delete(self, entity: str, id: int) -> None:
        """A record disappears."""
        self._rows({"entity": entity, "id": id, "delete": True})

    def configure(self, **options: Any) -> None:
        """The administrator turns a switch of the instance."""
        self._sandbox.post("/options", {"coupa": options})

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def _rows(self, command: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._sandbox.post("/rows", {"system": "coupa", **command})
        return answer

    def _ask(self, method: str, path: str, params: dict[str, str] | None = None) -> Any:
        for _ in range(2):
            url = f"{self._sandbox.url('coupa')}/api/{path}"
            with self._plainly():
                answer = self._session.request(method, url, params=params, timeout=SECONDS)
            if answer.status_code != 401:
                break
            self._login()
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Coupa answers in the plain form meanwhile: the other forms are the connector's to read."""
        options = self._sandbox.systems["coupa"].options()
        forms = {name: options[name] for name, plain in FORMS.items() if options[name] != plain}
        if forms:
            self.configure(**{name: FORMS[name] for name in forms})
        try:
            yield
        finally:
            if forms:
                self.configure(**forms)

    def _login(self) -> None:
        known = self._sandbox.get("/credentials")["coupa"]
        form = {name: known[name] for name in ("client_id", "client_secret", "grant_type", "scope")}
        answer = requests.post(f"{self._sandbox.url('coupa')}/oauth2/token", form, timeout=SECONDS)
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
