"""What people do in the sandbox's two systems between the syncs of a demo, so that it shows the ways back too.

They act through the sandbox's control port, as users of the vendors' screens; what there is to act on is read through
the clients. Nobody acts on a real ledger's files.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector_assets.cli.sandboxes import HOST
from connector_assets.integrations.from_jde.keys import account_key, order_key, text
from connector_assets.opening import open_client

if TYPE_CHECKING:
    from connector_resources.connections import IntegrationSettings
    from connector_resources.home import Home

# what the clerks enter of their own: net amount and tax of each
ENTERED = (("125.00", "25.00"), ("980.40", "0.00"), ("64.99", "0.00"), ("1500.00", "300.00"), ("-75.00", "0.00"))
APPROVED = 12  # drafts of JD Edwards' vouchers that the approvers get through
ORDERS = 3  # orders whose goods arrive, and their invoices


@dataclass
class People:
    """The people of JD Edwards and Coupa. `today` is the date on what they write."""

    home: Home
    integration: IntegrationSettings
    port: int
    jde: Any
    coupa: Any
    today: date

    def morning(self) -> str:
        """Coupa's approvers approve vouchers' invoices, and its clerks enter invoices of their own, some of them for
        orders whose goods JD Edwards' stores receive; what they did, in words."""
        approved = self._approve()
        plain = [self._enter(f"WEB-{place}", *self._one_of_its_own(place)) for place in range(len(ENTERED))]
        ordered = [self._enter(f"PO-{place}", *each) for place, each in enumerate(self._for_orders())]
        return f"{approved} invoices approved in Coupa, {len(plain)} entered, and {len(ordered)} for orders received"

    def afternoon(self) -> str:
        """JD Edwards pays the vouchers of Coupa's invoices, but for the last; what was paid, in words."""
        links = list(self.home.ledger().links.all(flow=f"{self.integration.name}/approved_invoices"))
        keys = [tuple(link.target_id.split("/")) for link in links if not link.target_id.startswith("Z/")]
        owed = [key for key in keys if self._payable(key)][:-1]
        for place, (company, kind, number) in enumerate(owed, 1):
            self._act("jde", "pay_voucher", KCO=company, DCT=kind, DOC=int(number), number=7000 + place)
        return f"{len(owed)} vouchers of Coupa's invoices paid in JD Edwards"

    def _payable(self, key: tuple[str, ...]) -> bool:
        pages = self.jde.by_keys("F0411", ["KCO", "DCT", "DOC"], [(key[0], key[1], int(key[2]))])
        items = [row for page in pages for row in page]
        return bool(items) and all(text(row["PST"]) == "A" and row["AAP"] > 0 for row in items)

    def _approve(self) -> int:
        drafts = [each.id for each in self.coupa.invoices.all(fields=["id", "status"]) if each.status == "draft"]
        for number in drafts[:APPROVED]:
            self._act("coupa", "submit_invoice", id=number)
        waiting = set(drafts[:APPROVED])
        held = self.coupa.invoices.by_ids(sorted(waiting), fields=["id", "status"])
        ready = [each.id for each in held if each.status == "pending_approval"]
        for number in ready:
            self._act("coupa", "approve_invoice", id=number)
        return len(ready)

    def _one_of_its_own(self, place: int) -> tuple[dict[str, Any], str, dict[str, Any], str]:
        """(supplier, currency, line, tax) of an invoice without an order."""
        account, currency = self._accounts[place % len(self._accounts)]
        net, tax = ENTERED[place]
        line = {"type": "InvoiceAmountLine", "description": "Works", "price": net, "account": {"id": account}}
        return {"id": self._suppliers[place % len(self._suppliers)]}, currency, line, tax

    @property
    def _suppliers(self) -> list[int]:
        found = self.coupa.suppliers.all(fields=["id", "status"])
        return [each.id for each in found if each.status == "active"][: len(ENTERED)]

    @property
    def _accounts(self) -> list[tuple[int, str]]:
        """(Coupa's account, currency of its company in JD Edwards) of some accounts that take postings."""
        rows = [row for page in self.jde.browse("F0901", columns=["AID", "CO", "PEC"]) for row in page]
        companies = {row["CO"]: row["CRCD"] for page in self.jde.browse("F0010") for row in page}
        keys = {account_key(row["AID"]): row["CO"] for row in rows if not text(row["PEC"])}
        links = self.home.ledger().links.of(f"{self.integration.name}/accounts", list(keys))
        known = [(int(link.target_id), companies[keys[key]]) for key, link in sorted(links.items())]
        return known[:: max(1, len(known) // len(ENTERED))]

    def _for_orders(self) -> Iterator[tuple[dict[str, Any], str, dict[str, Any], str]]:
        """Receive what is open of some order lines, and what to invoice of each."""
        columns = ["KCOO", "DCTO", "DOCO", "SFXO", "LNID", "UOPN", "UREC", "URLV", "NXTR"]
        rows = [row for page in self.jde.browse("F4311", columns=columns) for row in page]
        fresh = [row for row in rows if row["UOPN"] > 0 and not row["UREC"] and not row["URLV"]]
        links = self.home.ledger().links.of(f"{self.integration.name}/purchase_orders", [order_key(r) for r in fresh])
        wanted = [row for row in fresh if row["LNID"] == 1 and order_key(row) in links][:ORDERS]
        numbers = [int(links[order_key(row)].target_id) for row in wanted]
        orders = {order.id: order for order in self.coupa.purchase_orders.by_ids(numbers)}
        for row, number in zip(wanted, numbers, strict=True):
            order = orders[number]
            line = next(each for each in order.order_lines if Decimal(str(each.line_num)) == row["LNID"])
            key = {name: row[name] for name in ("KCOO", "DCTO", "DOCO")}
            self._act("jde", "receive_order", **key, LNID=int(row["LNID"]), quantity=str(row["UOPN"]))
            told = {
                "type": "InvoiceQuantityLine",
                "description": line.description,
                "price": str(line.price),
                "quantity": str(row["UOPN"]),
                "order-line-id": line.id,
                "account": {"id": line.account.id},
            }
            yield {"id": order.supplier.id}, order.currency.code, told, "0.00"

    def _enter(self, number: str, supplier: dict[str, Any], currency: str, line: dict[str, Any], tax: str) -> int:
        """A clerk enters an invoice of one line, and it is approved; its id."""
        charts = [each.name for each in self.coupa.account_types.all() if each.active]
        body = {
            "invoice-number": number,
            "invoice-date": self.today.isoformat(),
            "supplier": supplier,
            "currency": {"code": currency},
            "account-type": {"name": charts[0]},
            "line-level-taxation": False,
            "tax-amount": tax,
            "invoice-lines": [{"line-num": 1, **line}],
        }
        return int(self._act("coupa", "enter_invoice", body=body, approve=True)["id"])

    def _act(self, system: str, act: str, **more: Any) -> dict[str, Any]:
        told = json.dumps({"system": system, "act": act, **more}).encode()
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/rows", told, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own sandbox
            done: dict[str, Any] = json.loads(answer.read())
        return done


# kind of integration -> its people
PEOPLE = {"jde_coupa": People}


@contextmanager
def people_of(home: Home, integration: IntegrationSettings, port: int, today: date) -> Iterator[People]:
    """The people of an integration, with a login of their own to look with."""
    settings = home.settings()
    with ExitStack() as stack:
        clients = {
            role: stack.enter_context(open_client(home, settings.connection(connection)))
            for role, connection in integration.connections.items()
        }
        yield PEOPLE[integration.kind](home, integration, port, today=today, **clients)
