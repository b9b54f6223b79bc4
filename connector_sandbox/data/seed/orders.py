"""The purchase orders of the seed: every state that an order and its lines can be in, over the same thirty days.

They have a random source of their own, so that they leave the vouchers of a seed as they are.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ..order_rows import Order, end_line, order_header, order_line, receipt
from ..reference import smallest
from ..rows import Stamp
from ..world import Row, Tables
from .chart import BASE_CURRENCY, EURO, HOME, Chart
from .parties import Parties, Party
from .seeder import DAYS
from .vouchers import RATES

_FIRST_ORDER = 30_001
_FIRST_RECEIPT = 60_001
_MOST = 40
_SHIP_TO = {HOME: 1001, EURO: 2001}
"""Company -> SHAN."""
_BUYER = 7
_GOODS = (
    ("Office chairs", "EA", "89.90"),
    ("Copier paper A4", "BX", "18.75"),
    ("Road salt", "KG", "0.0845"),
    ("Agency hours", "HR", "31.4000"),
    ("Laptop computers", "EA", "642.00"),
    ("Park benches", "EA", "410.5000"),
    ("First-aid kits", "EA", "23.3333"),
)


@dataclass(slots=True)
class Purchase:
    """An order as rows, and the labels of what is particular about it."""

    order: Order
    lines: list[Row]
    labels: set[str]
    receipts: list[Row] = field(default_factory=list)
    hold: str = ""

    @property
    def key(self) -> str:
        """ "KCOO/DCTO/DOCO"."""
        return f"{self.order.company}/{self.order.kind}/{self.order.number}"


class Office:
    """Enters orders, and does to them what their labels say."""

    def __init__(self, seed: int, size: int, today: date, chart: Chart, parties: Parties) -> None:
        self._rng = random.Random(f"orders/{seed}/{size}")  # noqa: S311 - reproducible choices, no secrets
        self._today = today
        self._start = today - timedelta(days=DAYS - 1)
        self._chart = chart
        # Suppliers that a sync finds by their day, where there are any.
        dated = [party for party in parties.regular if party.since is not None]
        self._known = dated or parties.regular
        self._foreign = parties.foreign
        self._receipt = _FIRST_RECEIPT
        self.made: list[Purchase] = []

    def fill(self, count: int) -> list[Purchase]:
        """`count` orders: every label in turn."""
        while len(self.made) < count:
            label, enter = _LABELS[len(self.made) % len(_LABELS)]
            purchase = enter(self)
            purchase.labels.add(label)
            self.made.append(purchase)
        return self.made

    def enter(self, *, lines: int = 1, company: str = HOME, currency: str = "", kind: str = "N") -> Purchase:
        """An order of goods, approved and sent, of which nothing is received."""
        base = BASE_CURRENCY[company]
        currency = currency or base
        order = self._order(company, currency, base)
        accounts = self._rng.sample(self._chart.expense[company], lines)
        rows = []
        for place, account in enumerate(accounts, start=1):
            text, uom, price = self._rng.choice(_GOODS)
            quantity, unit_cost = Decimal(self._rng.randrange(2, 60)), Decimal(price)
            if uom == "KG":
                quantity *= 500
            rows.append(order_line(order, place, account, quantity, unit_cost, text, uom=uom, kind=kind))
        return Purchase(order, rows, set())

    def lump_sum(self) -> Purchase:
        """An order whose second line has an amount and no quantity."""
        purchase = self.enter()
        account = self._rng.choice(self._chart.expense[HOME])
        amount = Decimal(self._rng.randrange(50_000, 900_000)).scaleb(-2)
        purchase.lines.append(order_line(purchase.order, 2, account, Decimal(0), amount, "Survey and report", uom=""))
        return purchase

    def receive(self, purchase: Purchase, *, whole: bool = False) -> Purchase:
        """Receive the first line, half of it unless `whole`, some days later."""
        line = purchase.lines[0]
        on = self._later(purchase.order.ordered)
        ordered = line["UORG"]
        quantity = ordered if whole else Decimal(int(Decimal(str(ordered)) / 2))
        unit, base = smallest(purchase.order.currency), smallest(purchase.order.base)
        assert isinstance(quantity, Decimal)
        stamp = self._stamp(on)
        number = self._receipt
        self._receipt += 1
        purchase.receipts.append(receipt(line, 1, number, quantity, on, stamp, smallest=unit, smallest_base=base))
        return purchase

    def end(self, purchase: Purchase, last: str, *, only_last: bool = False) -> Purchase:
        """Cancel (980) or close all lines, or the last one, some days later."""
        stamp = self._stamp(self._later(purchase.order.ordered))
        for line in purchase.lines[-1:] if only_last else purchase.lines:
            end_line(line, last, stamp)
        return purchase

    def waiting(self) -> Purchase:
        """An order that is not approved yet."""
        purchase = self.enter()
        for line in purchase.lines:
            line.update(LTTR="220", NXTR="280")
        return purchase

    def held(self) -> Purchase:
        """An order on budget hold."""
        purchase = self.enter()
        purchase.hold = "B1"
        return purchase

    def _order(self, company: str, currency: str, base: str) -> Order:
        foreign = company != HOME or currency != base
        party: Party = self._foreign(currency) if foreign else self._rng.choice(self._known)
        first = max(party.since or self._start, self._start)
        day = first + timedelta(days=self._rng.randrange((self._today - first).days + 1))
        return Order(
            company,
            _FIRST_ORDER + 3 * len(self.made),
            party.number,
            currency,
            base,
            day,
            self._stamp(day),
            rate=RATES[currency] if currency != base else Decimal(0),
            ship_to=_SHIP_TO[company],
            buyer=_BUYER,
            unit=company,
            terms=party.terms,
            promised=day + timedelta(days=21),
            smallest=smallest(currency),
            smallest_base=smallest(base),
        )

    def _later(self, day: date) -> date:
        return min(day + timedelta(days=self._rng.randrange(1, 8)), self._today)

    def _stamp(self, day: date) -> Stamp:
        # Nothing is stamped later than now, whatever the time of the first run today.
        return Stamp.at(day, 0 if day == self._today else 11 * 3600 + self._rng.randrange(7200))


_LABELS: tuple[tuple[str, Callable[[Office], Purchase]], ...] = (
    ("order_open", lambda office: office.enter()),
    ("order_several_lines", lambda office: office.enter(lines=3)),
    ("order_partly_received", lambda office: office.receive(office.enter(lines=2))),
    ("order_received", lambda office: office.receive(office.enter(), whole=True)),
    ("order_foreign", lambda office: office.enter(lines=2, currency="EUR")),
    ("order_foreign_received", lambda office: office.receive(office.enter(currency="USD"))),
    ("order_other_company", lambda office: office.enter(company=EURO)),
    ("order_services", lambda office: office.enter(kind="J")),
    ("order_lump_sum", lambda office: office.lump_sum()),
    ("order_line_cancelled", lambda office: office.end(office.enter(lines=2), "980", only_last=True)),
    ("order_cancelled", lambda office: office.end(office.enter(), "980")),
    ("order_closed", lambda office: office.end(office.receive(office.enter()), "400")),
    ("order_not_approved", lambda office: office.waiting()),
    ("order_held", lambda office: office.held()),
)


def make_orders(
    seed: int, size: int, today: date, chart: Chart, parties: Parties
) -> tuple[Tables, dict[str, list[str]]]:
    """The order tables of a seed (40 orders from 200 vouchers on, fewer below), and label -> keys "KCOO/DCTO/DOCO".

    The parties are those of the vouchers, whose days they have got.
    """
    made = Office(seed, size, today, chart, parties).fill(min(_MOST, max(size // 5, 1)))
    tables: Tables = {
        "F4301": [order_header(each.order, each.lines, hold=each.hold) for each in made],
        "F4311": [line for each in made for line in each.lines],
        "F43121": [row for each in made for row in each.receipts],
    }
    labels: dict[str, list[str]] = {}
    for each in made:
        for label in sorted(each.labels):
            labels.setdefault(label, []).append(each.key)
    return tables, dict(sorted(labels.items()))
