"""The purchasing of the town: what its buyers enter, change, cancel and close in JD Edwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scenario_books import CHART, CURRENCIES, HOME, TODAY, Books

from connector_resources.connections.coupa import COUPA_SCOPES, PURCHASE_ORDER_SCOPES
from connector_sandbox.data import rows
from connector_sandbox.data.rows import Stamp
from connector_sandbox.data.world import Row

if TYPE_CHECKING:
    from scenario_site import Site

_STAMP = Stamp(TODAY, 70000)
ORDER_AUDIT = ("USER", "PID", "JOBN", "UPMJ", "TDAY")
# what a buyer enters of a line: account, quantity, unit price (with quantity 0: the amount)
Line = tuple[str, str, str]


@dataclass(frozen=True)
class Purchase:
    """An order as it was entered: what a scenario needs to name it again."""

    number: int
    company: str = HOME
    kind: str = "OP"

    @property
    def document(self) -> str:
        """The document key of the purchase orders flow."""
        return f"F4301:{self.company}/{self.kind}/{self.number}"

    @property
    def po_number(self) -> str:
        """Its number in Coupa by the usual rule."""
        return f"{self.number}-{self.kind}-{self.company}"

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that header and lines share."""
        return {"KCOO": self.company, "DCTO": self.kind, "DOCO": self.number, "SFXO": "000"}


class Purchasing:
    """The buyers of JD Edwards while nobody looks."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def order(
        self,
        number: int = 100234,
        *lines: Line,
        supplier: int = 4343,
        company: str = HOME,
        kind: str = "OP",
        currency: str | None = None,
        rate: str = "1",
        ship_to: int = 0,
        terms: str = "",
        uom: str = "EA",
        next_status: str = "400",
        smallest: str = "0.01",
        hold: str = "",
        changed: date | None = None,
        **columns: Any,
    ) -> Purchase:
        """Enter an order; without lines, of one: 10 at 2.50 on grounds upkeep. Prices are in the order's currency,
        `rate` is the company's for one of the order's; `columns` are of every line."""
        base = CURRENCIES[company]
        entered = rows.Order(
            company=company,
            number=number,
            supplier=supplier,
            currency=currency or base,
            base=base,
            ordered=date(2026, 2, 27),
            stamp=_STAMP,
            kind=kind,
            rate=Decimal(rate) if (currency or base) != base else Decimal(0),
            ship_to=ship_to,
            unit="30",
            terms=terms,
            promised=date(2026, 3, 20),
            smallest=Decimal(smallest),
        )
        found = [
            dict(_line(entered, place, line, uom=uom, next=next_status)) | columns
            for place, line in enumerate(lines or [("30.5010", "10", "2.50")], 1)
        ]
        header = dict(rows.order_header(entered, found, hold=hold))
        self._write("F4301", [header], changed)
        self._write("F4311", found, changed)
        return Purchase(number, company, kind)

    def header(self, order: Purchase, *, changed: date | None = None, **columns: Any) -> None:
        """Change columns of the header alone."""
        self._write("F4301", [order.columns | columns], changed)

    def line(self, order: Purchase, place: int, *, changed: date | None = None, **columns: Any) -> None:
        """Change columns of a line alone, or add a line that has all it needs."""
        self._write("F4311", [order.columns | {"LNID": place} | columns], changed)

    def copy_line(self, order: Purchase, place: int, line: Line, **columns: Any) -> None:
        """Add a line to an order of the home company, in its currency."""
        entered = rows.Order(
            company=order.company,
            number=order.number,
            supplier=4343,
            currency=CURRENCIES[order.company],
            base=CURRENCIES[order.company],
            ordered=TODAY,
            stamp=_STAMP,
            kind=order.kind,
            unit="30",
        )
        self._write("F4311", [dict(_line(entered, place, line, uom="EA", next="400")) | columns], None)

    def cancel(self, order: Purchase, *places: int) -> None:
        """The buyer cancels what is open of lines."""
        for place in places or (1,):
            self._act("cancel_order_line", order, LNID=place)

    def close(self, order: Purchase) -> None:
        """The buyer closes the order."""
        self._act("close_order", order)

    def receive(self, order: Purchase, quantity: str, place: int = 1) -> None:
        """The stores receive a quantity of a line."""
        self._act("receive_order", order, LNID=place, quantity=quantity)

    def change(self, order: Purchase, place: int = 1, **figures: str) -> None:
        """The buyer changes `quantity` or `price` of a line."""
        self._act("change_order_line", order, LNID=place, **figures)

    def hold(self, order: Purchase, code: str) -> None:
        """The buyer puts the order on hold; '' lets it go."""
        self._act("hold_order", order, HOLD=code)

    def _act(self, act: str, order: Purchase, **more: Any) -> None:
        self.books.act(act, None, KCOO=order.company, DCTO=order.kind, DOCO=order.number, **more)

    def _write(self, table: str, found: Sequence[dict[str, Any]], changed: date | None) -> None:
        kept = [{name: value for name, value in row.items() if name not in ORDER_AUDIT} for row in found]
        if changed is not None:
            kept = [row | {"UPMJ": changed, "TDAY": 90000} for row in kept]
        self.books.upsert(table, *kept)


def _line(order: rows.Order, place: int, line: Line, **more: Any) -> Row:
    account, quantity, price = line
    return rows.order_line(order, place, CHART[account], Decimal(quantity), Decimal(price), f"Goods {place}", **more)


def with_orders(site: Site, **settings: Any) -> Site:
    """The site uses the purchase orders flow: all goes to the main yard, unless its settings say otherwise."""
    usual = {"ship_to_user": "erp_receiver", "ship_to_location": "M30"}
    site.flows["purchase_orders"] = usual | settings
    site.connect("coupa", scopes=[*COUPA_SCOPES, *PURCHASE_ORDER_SCOPES])
    return site


def held(site: Site, order: Purchase) -> dict[str, Any]:
    """The order in Coupa."""
    return site.spend.one("purchase_orders", **{"po-number": order.po_number})


def figures(record: dict[str, Any]) -> list[tuple[str, Decimal | None, Decimal, Decimal]]:
    """Of each line of an order in Coupa: number, quantity, price, total."""
    return [
        (
            line["line-num"],
            None if line["quantity"] is None else Decimal(line["quantity"]),
            Decimal(line["price"]),
            Decimal(line["total"]),
        )
        for line in record["order-lines"]
    ]


def map_value(site: Site, table: str, ours: str, theirs: str) -> None:
    """The operator maps a value."""
    site.ledger.mappings.set("jde_coupa", table, ours, theirs, "clerk", site.clock.now())


def fail(site: Site, **rule: Any) -> None:
    """A call to Coupa fails from now on; without a rule none does."""
    site.sandbox.post("/faults", {"replace": True, "rules": [{"system": "coupa", **rule}] if rule else []})
