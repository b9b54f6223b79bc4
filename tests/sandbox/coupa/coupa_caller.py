"""A caller of the sandbox's Coupa, and what these tests write into it."""

from __future__ import annotations

from typing import Any

import requests

BOTH_CHARTS = [
    {
        "name": "JDE",
        "currency": {"code": "GBP"},
        "segments": [
            {"name": "Cost Center", "lookup": None},
            {"name": "Object", "lookup": None},
            {"name": "Subsidiary", "lookup": None, "required": False},
        ],
    },
    {
        "name": "JDE dynamic",
        "currency": {"code": "GBP"},
        "dynamic-flag": True,
        "segments": [
            {"name": "Cost Center", "lookup": {"name": "Cost Centers"}},
            {"name": "Object", "lookup": {"name": "Objects"}},
        ],
    },
]
WORLD = {
    "account_types": BOTH_CHARTS,
    "lookups": [{"name": "Cost Centers"}, {"name": "Objects"}],
    "lookup_values": [
        {"name": "Parks", "lookup": {"name": "Cost Centers"}, "external-ref-num": "39284"},
        {"name": "Repairs", "lookup": {"name": "Objects"}, "external-ref-num": "9270"},
    ],
    "custom_fields": {"invoices": ["jde-document"]},
}


class Coupa:
    """A caller of the API, as a client would be; `answer` is the last one."""

    def __init__(self, url: str, credentials: dict[str, Any], scope: str | None = None) -> None:
        self.url = url
        self.session = requests.Session()
        form = {name: credentials[name] for name in ("client_id", "client_secret", "grant_type", "scope")}
        token = requests.post(f"{url}/oauth2/token", {**form, "scope": scope or form["scope"]}, timeout=10).json()
        self.session.headers.update(
            {
                "Authorization": f"Bearer {token['access_token']}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            }
        )

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}/api/{path}", json=body, timeout=10, **more)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.ask("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def put(self, path: str, body: Any = None) -> Any:
        answer = self.ask("PUT", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, list[str]]:
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == 400, answer.text
        errors: dict[str, list[str]] = answer.json()["errors"]
        return errors

    # What most tests begin with

    def supplier(self, name: str = "Anvil & Sons", number: str = "4343", **more: Any) -> Any:
        return self.post("suppliers", supplier(name, number, **more))

    def account(self, *segments: str, chart: str = "JDE", **more: Any) -> Any:
        numbered = {f"segment-{place}": value for place, value in enumerate(segments, 1)}
        return self.post("accounts", {"account-type": {"name": chart}, **numbered, **more})

    def invoice(self, number: str = "INV-1", **more: Any) -> Any:
        return self.post("invoices", invoice(number, **more))

    def order(self, number: str = "100234-OP-00001", **more: Any) -> Any:
        return self.post("purchase_orders", order(number, **more))

    def issued(self, number: str = "100234-OP-00001", **more: Any) -> Any:
        return self.put(f"purchase_orders/{self.order(number, **more)['id']}/issue_without_send")

    def approved(self, number: str = "INV-1", **more: Any) -> Any:
        made = self.invoice(number, **more)["id"]
        self.put(f"invoices/{made}/submit")
        return self.put(f"invoices/{made}/bypass_approvals")


def supplier(name: str = "Anvil & Sons", number: str = "4343", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "number": number,
        "status": "active",
        "po-method": "prompt",
        "po-change-method": "prompt",
        "invoice-matching-level": "2-way",
        **more,
    }


def line(amount: str = "100.00", **more: Any) -> dict[str, Any]:
    return {
        "type": "InvoiceAmountLine",
        "description": "Works",
        "price": amount,
        "account": {"code": "39284-9270", "account-type": {"name": "JDE"}},
        **more,
    }


def invoice(number: str = "INV-1", **more: Any) -> dict[str, Any]:
    return {
        "invoice-number": number,
        "invoice-date": "2024-06-01",
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "invoice-lines": [line()],
        **more,
    }


def order_line(number: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "line-num": number,
        "type": "OrderQuantityLine",
        "description": "Bolts",
        "quantity": "10",
        "price": "2.50",
        "uom": {"code": "EA"},
        "currency": {"code": "GBP"},
        "account": {"code": "39284-9270", "account-type": {"name": "JDE"}},
        **more,
    }


def order(number: str = "100234-OP-00001", **more: Any) -> dict[str, Any]:
    return {
        "type": "ExternalOrderHeader",
        "po-number": number,
        "version": 1,
        "currency": {"code": "GBP"},
        "supplier": {"number": "4343"},
        "ship-to-address": {"location-code": "M30"},
        "ship-to-user": {"login": "erp_receiver"},
        "transmission-method-override": "do_not_transmit",
        "order-lines": [order_line()],
        **more,
    }
