"""A day of the people of JD Edwards and Coupa: invoices approved and entered in Coupa, goods received and vouchers paid
in JD Edwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import order_key
from connector_assets.pairs.people import People

# what the clerks enter of their own: net amount and tax of each
ENTERED = (("125.00", "25.00"), ("980.40", "0.00"), ("64.99", "0.00"), ("1500.00", "300.00"), ("-75.00", "0.00"))
APPROVED = 12  # drafts of JD Edwards' vouchers that the approvers get through
ORDERS = 3  # orders whose goods arrive, and their invoices


@dataclass
class CoupaPeople(People):
    """The people of JD Edwards and Coupa."""

    coupa: Any

    def morning(self) -> str:
        """Coupa's approvers approve vouchers' invoices, and its clerks enter invoices of their own, some of them for
        orders whose goods JD Edwards' stores receive; what they did, in words."""
        # what becomes a voucher there is BILL's to pay the same day: it is posted as it is entered
        self.set_up("jde", auto_post=True)
        approved = self._approve()
        plain = [self._enter(f"WEB-{place}", *self._one_of_its_own(place)) for place in range(len(ENTERED))]
        ordered = [self._enter(f"PO-{place}", *each) for place, each in enumerate(self._for_orders())]
        return f"{approved} invoices approved in Coupa, {len(plain)} entered, and {len(ordered)} for orders received"

    def afternoon(self) -> str:
        """JD Edwards pays the vouchers of Coupa's invoices, but for the last; what was paid, in words."""
        links = list(self.home.ledger().links.all(flow=f"{self.integration.name}/approved_invoices"))
        keys = [link.target_id.split("/") for link in links if not link.target_id.startswith("Z/")]
        named = [{"KCO": company, "DCT": kind, "DOC": int(number)} for company, kind, number in keys]
        owed = [each for each in named if self.payable(**each)][:-1]
        for place, voucher in enumerate(owed, 1):
            self.act("jde", "pay_voucher", **voucher, number=7000 + place)
        return f"{len(owed)} vouchers of Coupa's invoices paid in JD Edwards"

    def _approve(self) -> int:
        drafts = [each.id for each in self.coupa.invoices.all(fields=["id", "status"]) if each.status == "draft"]
        for number in drafts[:APPROVED]:
            self.act("coupa", "submit_invoice", id=number)
        waiting = set(drafts[:APPROVED])
        held = self.coupa.invoices.by_ids(sorted(waiting), fields=["id", "status"])
        ready = [each.id for each in held if each.status == "pending_approval"]
        for number in ready:
            self.act("coupa", "approve_invoice", id=number)
        return len(ready)

    def _one_of_its_own(self, place: int) -> tuple[dict[str, Any], str, dict[str, Any], str]:
        """(supplier, currency, line, tax) of an invoice without an order."""
        account, currency = self._accounts[place % len(self._accounts)]
        net, tax = ENTERED[place]
        line = {"type": "InvoiceAmountLine", "description": "Works", "price": net, "account": {"id": account}}
        return {"id": self._suppliers[place % len(self._suppliers)]}, currency, line, tax

    @cached_property
    def _suppliers(self) -> list[int]:
        found = self.coupa.suppliers.all(fields=["id", "status"])
        return [each.id for each in found if each.status == "active"][: len(ENTERED)]

    @cached_property
    def _accounts(self) -> list[tuple[int, str]]:
        """(Coupa's account, currency of its company in JD Edwards) of some accounts that take postings."""
        links = self.links("accounts", list(self.currencies))
        known = [(int(id), self.currencies[key]) for key, id in links.items()]
        return known[:: max(1, len(known) // len(ENTERED))]

    @cached_property
    def _chart(self) -> str:
        """Coupa's chart of accounts."""
        return next(str(each.name) for each in self.coupa.account_types.all() if each.active)

    def _for_orders(self) -> Iterator[tuple[dict[str, Any], str, dict[str, Any], str]]:
        """Receive what is open of some order lines, and what to invoice of each."""
        columns = ["KCOO", "DCTO", "DOCO", "SFXO", "LNID", "UOPN", "UREC", "URLV", "NXTR"]
        rows = [row for page in self.jde.browse("F4311", columns=columns) for row in page]
        fresh = [row for row in rows if row["UOPN"] > 0 and not row["UREC"] and not row["URLV"]]
        links = self.links("purchase_orders", [order_key(row) for row in fresh])
        wanted = [row for row in fresh if row["LNID"] == 1 and order_key(row) in links][:ORDERS]
        numbers = [int(links[order_key(row)]) for row in wanted]
        orders = {order.id: order for order in self.coupa.purchase_orders.by_ids(numbers)}
        for row, number in zip(wanted, numbers, strict=True):
            order = orders[number]
            line = next(each for each in order.order_lines if Decimal(str(each.line_num)) == row["LNID"])
            key = {name: row[name] for name in ("KCOO", "DCTO", "DOCO")}
            self.act("jde", "receive_order", **key, LNID=int(row["LNID"]), quantity=str(row["UOPN"]))
            lines_of = {
                "type": "InvoiceQuantityLine",
                "description": line.description,
                "price": str(line.price),
                "quantity": str(row["UOPN"]),
                "order-line-id": line.id,
                "account": {"id": line.account.id},
            }
            yield {"id": order.supplier.id}, order.currency.code, lines_of, "0.00"

    def _enter(self, number: str, supplier: dict[str, Any], currency: str, line: dict[str, Any], tax: str) -> int:
        """A clerk enters an invoice of one line, and it is approved; its id."""
        body = {
            "invoice-number": number,
            "invoice-date": self.today.isoformat(),
            "supplier": supplier,
            "currency": {"code": currency},
            "account-type": {"name": self._chart},
            "line-level-taxation": False,
            "tax-amount": tax,
            "invoice-lines": [{"line-num": 1, **line}],
        }
        return int(self.act("coupa", "enter_invoice", body=body, approve=True)["id"])
