"""Invoices that are born in Coupa and become vouchers of JD Edwards: their clerks, and the vouchers as JDE has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import scenario_keys
from scenario_acts import ORCHESTRATIONS
from scenario_site import Site

DIRECT = {"mode": "direct"}
FLOW = "approved_invoices"


@dataclass(frozen=True)
class Payables:
    """The clerks of both systems, about invoices that were born in Coupa."""

    site: Site
    # invoice number -> id, of those that were entered here
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The site runs the flow, with an orchestration for each act; vouchers are posted as they are entered."""
        self.posts()
        self.site.flows[FLOW] = {"mode": "batch", **scenario_keys.settings()}
        self.site.connect("jde", orchestrations=ORCHESTRATIONS)

    # -- Coupa ----------------------------------------------------------------------------------------------------

    def invoice(
        self,
        number: str = "WEB-1",
        *,
        costs: tuple[tuple[str, str], ...] = (("30-5010", "100.00"),),
        tax: str = "0.00",
        supplier: int | str = 4343,
        currency: str = "GBP",
        approve: bool = True,
        on: date = date(2026, 3, 1),
        **more: Any,
    ) -> int:
        """Enter an invoice of (account code, net amount) lines, and have it approved; returns its id."""
        lines = [self.line(place, account, amount) for place, (account, amount) in enumerate(costs, 1)]
        body = {
            "invoice-number": number,
            "invoice-date": on.isoformat(),
            "supplier": {"number": str(supplier)},
            "currency": {"code": currency},
            "account-type": {"name": "JDE"},
            "line-level-taxation": False,
            "tax-amount": tax,
            "invoice-lines": lines,
        } | {name.replace("_", "-"): value for name, value in more.items()}
        made = int(self.act("enter_invoice", body=body, approve=approve)["id"])
        self.numbers[number] = made
        return made

    @staticmethod
    def line(place: int, account: str, amount: str) -> dict[str, Any]:
        """An amount line of an invoice."""
        return {
            "type": "InvoiceAmountLine",
            "line-num": place,
            "description": f"Work {place}",
            "price": amount,
            "account": {"code": account, "account-type": {"name": "JDE"}},
        }

    def tax_code(self, code: str) -> dict[str, Any]:
        """A new tax code of Coupa, as a tax line refers to it."""
        self.site.spend.create("tax_codes", {"code": code})
        return {"tax-code": {"code": code}}

    def term(self, code: str) -> dict[str, Any]:
        """A new payment term of Coupa, as an invoice refers to it."""
        return {"id": self.site.spend.create("payment_terms", {"code": code, "active": True})}

    def act(self, name: str, **more: Any) -> dict[str, Any]:
        """What Coupa's people do: void_invoice, dispute_invoice, change_invoice, delete_invoice, …"""
        done: dict[str, Any] = self.site.sandbox.post("/rows", {"system": "coupa", "act": name, **more})
        return done

    def change(self, id: int, price: str, line: int = 1) -> None:
        """Correct the price of a line, and have the invoice approved again."""
        self.site.sandbox.clock.advance(60)
        self.act("change_invoice", id=id, set={"invoice-lines": [{"line-num": line, "price": price}]})
        self.act("approve_invoice", id=id)

    # -- JD Edwards -----------------------------------------------------------------------------------------------

    def posts(self, each: bool = True) -> None:
        """Whether vouchers are posted as they are entered; what is not posted is deleted by its void."""
        self.site.sandbox.post("/options", {"jde": {"auto_post": each}})

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table, from the sandbox's own books."""
        found = self.site.sandbox.systems["jde"].dump()[table]
        return [{name: _plain(value) for name, value in row.items()} for row in found.values()]

    def items(self, invoice: int | None = None, prefix: str = "CPA-") -> list[dict[str, Any]]:
        """The pay items (F0411) of the vouchers that carry our mark, of one invoice or of all, by voucher number."""
        return [row for _, row in self.marked(invoice, prefix)]

    def marked(self, invoice: int | None = None, prefix: str = "CPA-") -> list[tuple[str, dict[str, Any]]]:
        """The same with the mark that each bears, or would bear where there is none."""
        begins = prefix if invoice is None else f"{prefix}{invoice}-"
        rows = [row for row in self.rows("F0411") if row.get("DCTA", "") != "PE"]
        found = scenario_keys.marked(rows, prefix, self.numbers)
        return [(mark, row) for mark, row in found if mark.startswith(begins)]

    def vouchers(self, invoice: int | None = None) -> list[tuple[str, Decimal, str]]:
        """(mark, gross amount, `void` or pay status) of each pay item with our mark."""
        return [
            (mark, Decimal(row.get("AG", 0)), "void" if row.get("VOD") == "V" else row["PST"])
            for mark, row in self.marked(invoice)
        ]

    def entered(self, invoice: int | None = None) -> list[tuple[str, Decimal, str]]:
        """The same with what the cost lines of a void one came to before it: its pay item has no amount any more, or,
        where a void does not clear it, the whole."""
        before: dict[int, Decimal] = {}
        for line in self.rows("F0911"):
            if line.get("RE", "") != "V":
                before[line["DOC"]] = before.get(line["DOC"], Decimal(0)) + Decimal(line["AA"])
        cleared = self.site.sandbox.get("/options")["jde"]["void_clears_gross"]
        left: dict[int, Decimal] = {}
        found = []
        for (mark, row), (_, gross, state) in zip(self.marked(invoice), self.vouchers(invoice), strict=True):
            if state == "void":
                assert Decimal(row.get("AAP", 0)) == 0, row
                net = gross - (0 if cleared else Decimal(row.get("STAM", 0)))
                left[row["DOC"]] = left.get(row["DOC"], Decimal(0)) + net
            found.append((mark, before[row["DOC"]] if state == "void" else gross, state))
        assert left == {number: 0 if cleared else before[number] for number in left}
        return found

    def costs(self, invoice: int) -> list[tuple[str, Decimal]]:
        """(account, amount) of the distribution of an invoice's vouchers, reversals included."""
        numbers = {row["DOC"] for row in self.items(invoice)}
        return [
            (str(row["ANI"]), Decimal(row["AA"]))
            for row in sorted(self.rows("F0911"), key=lambda row: (row["DOC"], row["JELN"]))
            if row["DOC"] in numbers
        ]

    def link(self, invoice: int) -> str:
        """The voucher that an invoice is linked to; '' where it is to none."""
        key = f"invoices:{invoice}"
        found = self.site.ledger.links.of(f"jde_coupa/{FLOW}", [key])
        return found[key].target_id if key in found else ""


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
