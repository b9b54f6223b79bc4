"""Invoices that were born in Coupa, and the vouchers that were made of them: how the scenarios of payments begin."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import scenario_keys
from scenario_books import Entry
from scenario_site import Site


@dataclass(frozen=True)
class Born:
    """An invoice of Coupa and the voucher of it in JD Edwards."""

    id: int
    voucher: Entry

    @property
    def key(self) -> str:
        """The document key of the flow `payments_to_coupa`."""
        return f"F0411:invoice/{self.id}"


def invoice(
    testbed: Site, number: str, amount: str, *, currency: str = "GBP", approve: bool = True, **more: Any
) -> int:
    """A clerk of Coupa enters an invoice of supplier 4343, and its approver approves it; the id."""
    body = {
        "invoice-number": number,
        "invoice-date": "2026-02-20",
        "supplier": {"number": "4343"},
        "currency": {"code": currency},
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "invoice-lines": [
            {
                "type": "InvoiceAmountLine",
                "line-num": 1,
                "description": "Works",
                "price": amount,
                "currency": {"code": currency},
                "account": {"code": "30-5010", "account-type": {"name": "JDE"}},
            }
        ],
        **more,
    }
    made = act(testbed, "enter_invoice", body=body, submit=not approve, approve=approve)
    return int(made["id"])


def act(testbed: Site, name: str, **more: Any) -> dict[str, Any]:
    """What a user of Coupa does: `act(town, "approve_invoice", id=7)`."""
    done: dict[str, Any] = testbed.sandbox.post("/rows", {"system": "coupa", "act": name, **more})
    return done


def made_of(testbed: Site, entry: Entry, number: int, revision: int = 1, items: int = 1) -> None:
    """A voucher is that of an invoice, as the flow of approved invoices leaves it."""
    mark = f"CPA-{number}-{revision}"
    scenario_keys.leave(testbed, "jde_coupa/approved_invoices", f"invoices:{number}", mark, entry, items)


def born(
    testbed: Site,
    amount: str = "120.00",
    *,
    doc: int = 4711,
    currency: str = "GBP",
    rate: str = "1",
    approve: bool = True,
) -> Born:
    """An invoice of Coupa, and its voucher, as the flow of approved invoices leaves both."""
    kind = "PD" if Decimal(amount) < 0 else "PV"
    number = invoice(testbed, f"C-{doc}", amount, currency=currency, approve=approve)
    entry = testbed.books.voucher(
        doc, invoice=f"C-{doc}", costs=(("30.5010", amount),), kind=kind, currency=currency, rate=rate
    )
    made_of(testbed, entry, number)
    return Born(number, entry)


def shown(testbed: Site, number: int) -> dict[str, Any]:
    """The invoice as Coupa shows it."""
    return testbed.spend.one("invoices", id=str(number))


def paid(testbed: Site, number: int) -> tuple[bool, list[Decimal], Decimal]:
    """What Coupa says of an invoice: paid or not, the amounts of its payments, and what is still due."""
    held = shown(testbed, number)
    amounts = [Decimal(payment["amount-paid"]) for payment in held["payments"]]
    return held["paid"], amounts, Decimal(held["amount-due"])
