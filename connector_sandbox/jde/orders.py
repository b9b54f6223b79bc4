"""What purchasing does to orders and receipts: F4301, F4311, F43121 (jde-ais section 3.6).

Quantities of a line keep UORG = UOPN (open) + UREC (received, not vouchered) + URLV (vouchered), the amounts AEXP,
AOPN, AREC, ARLV likewise, until what is open is cancelled or closed, or the price changes. Foreign amounts (FEA, FAP,
FREC) move along where the order's header has CRRM F. A line without a quantity (UORG 0) is received and vouchered by
amount.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, rounded
from connector_sandbox.jde.tables import Row

ZERO = Decimal(0)
RECEIPT, MATCH, BOTH = "1", "2", "3"
"""MATC of F43121: a receipt, a voucher against one, a voucher without one before it."""
RECEIPT_TYPE = "OV"
CANCELLED = "980"


@dataclass(frozen=True, slots=True)
class OrderKey:
    """The key of an order: KCOO, DCTO, DOCO, SFXO."""

    company: str
    type: str
    number: int
    suffix: str = "000"

    @property
    def columns(self) -> dict[str, Any]:
        """As columns of F4301, F4311 and F43121."""
        return {"KCOO": self.company, "DCTO": self.type, "DOCO": self.number, "SFXO": self.suffix}

    def __str__(self) -> str:
        return f"{self.type} {self.number} {self.company}"


@dataclass(frozen=True, slots=True)
class Part:
    """A quantity of a line, its domestic amount, and its amount in the order's currency (0 in a domestic order)."""

    quantity: Decimal
    amount: Decimal
    foreign: Decimal = ZERO


class Orders(Program):
    """Acts on purchase orders, on behalf of a user."""

    application = "P4310"

    def header(self, key: OrderKey) -> Row:
        """The row of F4301; BusinessError when there is none."""
        row = self._database["F4301"].get(key.columns)
        if row is None:
            raise BusinessError("0002", f"Record Invalid: no order {key}", "DOCO")
        return row

    def lines(self, key: OrderKey) -> list[Row]:
        """The rows of F4311 in line order."""
        rows = self._database["F4311"].where(**key.columns)
        return sorted(rows, key=lambda row: self._amount("F4311", row, "LNID"))

    def line(self, key: OrderKey, number: Decimal) -> Row:
        """One row of F4311 by LNID; BusinessError when there is none."""
        row = self._database["F4311"].get({**key.columns, "LNID": number})
        if row is None:
            raise BusinessError("0002", f"Record Invalid: no line {number.normalize():f} of order {key}", "LNID")
        return row

    def foreign(self, key: OrderKey) -> bool:
        """Whether CRRM of the header is F."""
        return self._text("F4301", self.header(key), "CRRM") == "F"

    def receive(
        self, key: OrderKey, number: Decimal, quantity: Decimal | None, day: date, amount: Decimal | None = None
    ) -> int:
        """Receive a quantity of a line (an amount, where it has no quantity; all that is open without either).

        Adds a row of F43121 and gives its document number. BusinessError for more than is open, or a held order.
        """
        if self._text("F4301", self.header(key), "HOLD"):
            raise BusinessError("0283", f"Order {key} is on hold", "HOLD")
        row = self.line(key, number)
        part = self._part(key, row, quantity, amount)
        self._shift(row, part, "UOPN AOPN FAP", "UREC AREC FREC")
        document = self._database.next_number("OV", ("F43121", "DOC"))
        written = {"KCO": key.company, "DCT": RECEIPT_TYPE, "DOC": document}
        self.add_receiver(key, row, RECEIPT, part, day, {**written, "UOPN": part.quantity, "AOPN": part.amount})
        self.restate(key, row)
        return document

    def reverse_receipt(self, key: OrderKey, number: Decimal, document: int, day: date) -> int:
        """Take back a receipt that is not vouchered: a further row with negative figures. Gives its document."""
        row = self.line(key, number)
        receipts = self._database["F43121"].where(**key.columns, LNID=number, MATC=RECEIPT, DOC=document)
        quantity, amount = (sum((self._amount("F43121", r, a) for r in receipts), ZERO) for a in ("UREC", "AREC"))
        open_ = sum((self._amount("F43121", r, "AOPN") for r in receipts), ZERO)
        if not receipts or open_ != amount or not amount:
            raise BusinessError("0294", f"Receipt {document} is not there, reversed or vouchered", "DOC")
        held = self._amount("F4311", row, "AREC")
        foreign = self._share(row, "FREC", amount, held)
        part = Part(quantity, amount, foreign)
        self._shift(row, part, "UREC AREC FREC", "UOPN AOPN FAP")
        for receipt in receipts:
            self._change("F43121", receipt, {"UOPN": 0, "AOPN": 0})
        reversing = self._database.next_number("OV", ("F43121", "DOC"))
        written = {"KCO": key.company, "DCT": RECEIPT_TYPE, "DOC": reversing}
        self.add_receiver(key, row, RECEIPT, Part(-quantity, -amount), day, written)
        self.restate(key, row)
        return reversing

    def cancel_line(self, key: OrderKey, number: Decimal) -> None:
        """Cancel what is open of a line; last status 980. BusinessError where nothing is open."""
        row = self.line(key, number)
        if not self._amount("F4311", row, "AOPN") and not self._amount("F4311", row, "UOPN"):
            raise BusinessError("0285", f"Order {key}: nothing is open of line {number.normalize():f}", "LNID")
        self._end(row, CANCELLED)
        self._total(key)

    def close(self, key: OrderKey) -> int:
        """Close what is open of all lines; gives how many. Next status is the last one of the site's table."""
        rows = [row for row in self.lines(key) if self._text("F4311", row, "NXTR") != self._statuses[-1]]
        for row in rows:
            self._end(row, self._statuses[-2])
        return len(rows)

    def change_line(
        self, key: OrderKey, number: Decimal, quantity: Decimal | None = None, price: Decimal | None = None
    ) -> None:
        """Give a line another quantity or unit price (in the order's currency); what was received stays as it is.

        BusinessError for a line that is closed or cancelled, or a quantity below what is received and vouchered.
        """
        row = self.line(key, number)
        if self._text("F4311", row, "NXTR") == self._statuses[-1]:
            raise BusinessError("0285", f"Order {key}: line {number.normalize():f} is closed", "LNID")
        quantity = self._amount("F4311", row, "UORG") if quantity is None else quantity
        if not quantity:
            raise BusinessError("0287", "A line without a quantity is changed by its amounts", "UORG")
        taken = self._amount("F4311", row, "UREC") + self._amount("F4311", row, "URLV")
        if quantity < taken:
            raise BusinessError("0287", f"Quantity {quantity} is below the {taken} received", "UORG")
        currency, open_ = self._text("F4311", row, "CRCD"), quantity - taken
        values: dict[str, Any] = {"UORG": quantity, "UOPN": open_}
        cost = self._amount("F4311", row, "PRRC")
        if self.foreign(key):
            rate = self._amount("F4311", row, "CRR")
            foreign = self._amount("F4311", row, "FRRC") if price is None else price
            cost = cost if price is None else rounded(price * rate, Decimal("0.0001"))
            unit = self.smallest(currency)
            values |= {"FRRC": foreign, "FEA": rounded(quantity * foreign, unit), "FAP": rounded(open_ * foreign, unit)}
        elif price is not None:
            cost = price
        unit = self.smallest(self.base_currency(key.company))
        values |= {"PRRC": cost, "AEXP": rounded(quantity * cost, unit), "AOPN": rounded(open_ * cost, unit)}
        self._change("F4311", row, values)
        self._total(key)

    def hold(self, key: OrderKey, code: str) -> None:
        """Put an order on hold by a code, or release it by a blank one."""
        self._change("F4301", self.header(key), {"HOLD": code})

    def add_receiver(self, key: OrderKey, line: Row, match: str, part: Part, day: date, more: dict[str, Any]) -> Row:
        """Add a row of F43121 for a line; NLIN is the next one of the line."""
        number = self._database["F4311"].value(line, "LNID")
        known = self._database["F43121"].where(**key.columns, LNID=number)
        last = max((self._amount("F43121", row, "NLIN") for row in known), default=ZERO)
        values = {
            **key.columns,
            "LNID": number,
            "MATC": match,
            "NLIN": int(last) + 1,
            "AN8": self._database["F4311"].value(line, "AN8"),
            "UREC": part.quantity,
            "AREC": part.amount,
            "RCDJ": day,
            "TRDJ": self._database["F4311"].value(line, "TRDJ"),
        }
        return self._add("F43121", {**values, **more})

    def relieve(self, line: Row, part: Part, *, received: bool) -> None:
        """Voucher a part of a line: what was received, or what is open; a negative part takes it back."""
        taken = "UREC AREC FREC" if received else "UOPN AOPN FAP"
        self._shift(line, part, taken, "URLV ARLV")

    def restate(self, key: OrderKey, row: Row) -> None:
        """Set a line's statuses after a receipt or a voucher moved its figures."""
        if self._text("F4311", row, "LTTR") == CANCELLED:
            return
        statuses = self._statuses
        receiving, complete = statuses[-2], statuses[-1]
        open_ = any(self._amount("F4311", row, alias) for alias in ("UOPN", "AOPN"))
        waiting = self._amount("F4311", row, "AREC")
        moved = any(self._amount("F4311", row, alias) for alias in ("AREC", "ARLV"))
        last = receiving if moved else statuses[-3]
        done = not open_ and (not waiting or self._environment.options.received_is_complete)
        self._change("F4311", row, {"LTTR": last, "NXTR": complete if done else receiving})

    @property
    def _statuses(self) -> list[str]:
        return self._environment.options.order_statuses

    def _part(self, key: OrderKey, row: Row, quantity: Decimal | None, amount: Decimal | None) -> Part:
        """What of a line is received: by quantity, or by amount where it has none."""
        open_units, open_amount = self._amount("F4311", row, "UOPN"), self._amount("F4311", row, "AOPN")
        if self._amount("F4311", row, "UORG"):
            units = open_units if quantity is None else quantity
            if not units or units > open_units or units < 0:
                raise BusinessError("0290", f"Quantity {units} exceeds the open quantity {open_units}", "UREC")
            return self._valued(key, row, units)
        value = open_amount if amount is None else amount
        if not value or abs(value) > abs(open_amount):
            raise BusinessError("0290", f"Amount {value} exceeds the open amount {open_amount}", "AREC")
        return Part(ZERO, value, self._share(row, "FAP", value, open_amount))

    def _valued(self, key: OrderKey, row: Row, units: Decimal) -> Part:
        """Open units at the order's prices; the last of them take the open amounts exactly."""
        foreign = self.foreign(key)
        if units == self._amount("F4311", row, "UOPN"):
            open_foreign = self._amount("F4311", row, "FAP") if foreign else ZERO
            return Part(units, self._amount("F4311", row, "AOPN"), open_foreign)
        unit = self.smallest(self.base_currency(key.company))
        amount = rounded(units * self._amount("F4311", row, "PRRC"), unit)
        of_order = self.smallest(self._text("F4311", row, "CRCD"))
        price = self._amount("F4311", row, "FRRC")
        return Part(units, amount, rounded(units * price, of_order) if foreign else ZERO)

    def _share(self, row: Row, alias: str, part: Decimal, whole: Decimal) -> Decimal:
        """The part of a foreign amount that belongs to a part of the domestic one."""
        foreign = self._amount("F4311", row, alias)
        if part == whole or not foreign:
            return foreign
        return rounded(foreign * part / whole, self.smallest(self._text("F4311", row, "CRCD")))

    def _shift(self, row: Row, part: Part, taken: str, given: str) -> None:
        """Move a part from the first columns to the second ones (units, amount, foreign amount)."""
        values: dict[str, Any] = {}
        figures = (part.quantity, part.amount, part.foreign)
        for aliases, sign in ((taken, -1), (given, 1)):
            # There is no foreign amount of what is vouchered, so the last list may be the shorter one.
            for alias, figure in zip(aliases.split(), figures, strict=False):
                values[alias] = self._amount("F4311", row, alias) + sign * figure
        self._change("F4311", row, values)

    def _end(self, row: Row, last: str) -> None:
        self._change("F4311", row, {"UOPN": 0, "AOPN": 0, "FAP": 0, "LTTR": last, "NXTR": self._statuses[-1]})

    def _total(self, key: OrderKey) -> None:
        """OTOT and FAP of the header from its lines that are not cancelled."""
        rows = [row for row in self.lines(key) if self._text("F4311", row, "LTTR") != CANCELLED]
        header = self.header(key)
        values = {"OTOT": self._sum(rows, "AEXP"), "FAP": self._sum(rows, "FAP")}
        if any(self._amount("F4301", header, alias) != value for alias, value in values.items()):
            self._change("F4301", header, values)

    def _sum(self, rows: Iterable[Row], alias: str) -> Decimal:
        return sum((self._amount("F4311", row, alias) for row in rows), ZERO)
