"""Voucher match: a voucher against the lines of purchase orders, and its way back (jde-ais section 3.6).

A three-way line is vouchered from its receipts, oldest first; a two-way line (its type is among the site's
`two_way_line_types`) from what is open. Each part leaves a row in F43121 with the voucher's number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import MATCH_PROGRAM, BusinessError, Program, rounded
from connector_sandbox.jde.orders import BOTH, CANCELLED, MATCH, RECEIPT, ZERO, OrderKey, Orders, Part
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.tables import Row
from connector_sandbox.jde.vouchers import VoucherEntry

_SALES_TAX = "S"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One invoice line on an order line: how many, and the net amount, domestic and in the document's currency."""

    order: OrderKey
    line: Decimal
    quantity: Decimal
    amount: Decimal
    foreign: Decimal

    def plus(self, other: Wanted) -> Wanted:
        """Both, as one line of the same order line."""
        return replace(
            self,
            quantity=self.quantity + other.quantity,
            amount=self.amount + other.amount,
            foreign=self.foreign + other.foreign,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The order line that was wanted, what it is worth at the order's prices, and how it is relieved."""

    wanted: Wanted
    row: Row
    part: Part
    received: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A voucher for order lines that is worked out and checked: its shared columns, what it relieves, its rows in the
    making, and the warnings about it."""

    header: Mapping[str, Any]
    found: Sequence[Found]
    items: Sequence[Mapping[str, Any]]
    journal: Sequence[Mapping[str, Any]]
    warnings: Sequence[BusinessError]


class Matching(Program):
    """Vouchers order lines, on behalf of a user."""

    application = "P4314"

    def draft(
        self,
        header: Mapping[str, Any],
        wanted: Sequence[Wanted],
        taxes: Mapping[str, Decimal],
        more_lines: Sequence[Mapping[str, Any]],
    ) -> Draft:
        """Work out and check a voucher for these order lines; nothing is written yet.

        `header` are the shared columns of F0411 (CRRM and CRR as the orders have them where blank), `taxes` STAM and
        CTAM, of the whole voucher, `more_lines` journal lines without an order. BusinessError when it is refused.
        """
        if not wanted:
            raise BusinessError("0003", "Blanks Invalid: Lines are required", "LNID")
        header = self._completed(header, wanted[0])
        if header["CRRM"] == "F" and taxes["CTAM"] and not taxes["STAM"]:
            taxes = {**taxes, "STAM": rounded(taxes["CTAM"] * Decimal(header["CRR"]), self._base_unit(header))}
        found = self._found(header, wanted)
        extra = [self._extra(header, line) for line in more_lines]
        items = self._pay_items(header, found, taxes, extra)
        lines = [self._journal(header, each) for each in found] + ([extra] if extra else [])
        if header.get("EXR1") == _SALES_TAX:
            # a cost, on the account of what was bought
            for own, item in zip(lines, items, strict=True):
                own[0] = {
                    **own[0],
                    "AA": own[0]["AA"] + item["STAM"],
                    "ACR": (own[0].get("ACR") or ZERO) + item["CTAM"],
                }
        journal = [line for own in lines for line in own]
        warnings = VoucherEntry(self._environment, self._user, self._program).check(items, journal)
        return Draft(header, found, items, journal, warnings)

    def enter(self, draft: Draft) -> tuple[VoucherKey, int]:
        """Enter the voucher of a draft, and relieve its order lines; gives its key and its batch."""
        header = draft.header
        batch = self._database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU"))
        entry = VoucherEntry(self._environment, self._user, self._program)
        key = entry.write(draft.items, draft.journal, batch)
        for each in draft.found:
            self._relieve(each, key, header["DGJ"], str(header.get("VINV") or ""))
        return key, batch

    def receivers(self, key: VoucherKey) -> list[Row]:
        """The rows of F43121 with the document of a voucher: there are some where procurement made it."""
        return self._database["F43121"].where(**key.columns)

    def reverse(self, key: VoucherKey, day: date) -> bool:
        """Take back in P4314 a voucher that procurement made, and open its order lines again (section 15): what was not
        posted is deleted, else there are reversing entries. Gives whether it was posted. BusinessError for a voucher
        that procurement did not make, or that is paid or void."""
        payables = Payables(self._environment, self._user, self._program)
        payables.pay_items(key)
        if not self.receivers(key):
            raise BusinessError("0002", f"Record Invalid: procurement did not make voucher {key}", "DOC")
        posted = payables.posted(key)
        self._take_back(key, day)
        return posted

    def _take_back(self, key: VoucherKey, day: date) -> None:
        """Void a voucher, and open the order lines again that it was matched to: F43121 rows with negative figures.

        Where it was not posted its rows are gone, in F43121 as well (section 15, rule 9).
        """
        orders = Orders(self._environment, self._user, self._program)
        matched = self.receivers(key)
        # All that is needed is looked up first: an order line that is deleted refuses the void as a whole.
        back = []
        for row in sorted(matched, key=lambda row: self._amount("F43121", row, "NLIN")):
            record = self._record("F43121", row)
            order = OrderKey(record["KCOO"], record["DCTO"], record["DOCO"], record.get("SFXO", ""))
            part = Part(
                -self._amount("F43121", row, "UREC"),
                -self._amount("F43121", row, "AREC"),
                -self._matched_foreign(key, order, record["LNID"]),
            )
            back.append((record, order, orders.line(order, record["LNID"]), part))
        # Its rows are those of voucher match itself.
        payables = Payables(self._environment, self._user, MATCH_PROGRAM)
        erased = not payables.posted(key)
        payables.void_voucher(key, day, unposted="deleted")
        if erased:
            for row in matched:
                self._delete("F43121", row)
        for record, order, line, part in back:
            received = record["MATC"] == MATCH
            orders.relieve(line, part, received=received)
            if received:
                self._reopen(order, record["LNID"], -part.quantity, -part.amount)
            if not erased:
                # The key of F43121 holds NLIN: the reversing row takes the next one.
                written = {**key.columns, "VINV": record.get("VINV", "")}
                orders.add_receiver(order, line, record["MATC"], part, day, written)
            orders.restate(order, line)

    def _completed(self, header: Mapping[str, Any], first: Wanted) -> dict[str, Any]:
        """The header with the currency mode and the rate, of the first order where the caller gave none."""
        base = self.base_currency(str(header["CO"]))
        mode = "F" if base and header["CRCD"] not in ("", base) else "D"
        rate = header.get("CRR") or ZERO
        if mode == "F" and not rate:
            orders = Orders(self._environment, self._user, self._program)
            rate = self._amount("F4301", orders.header(first.order), "CRR")
        return {**header, "CRRM": mode, "CRR": rate if mode == "F" else ZERO}

    def _found(self, header: Mapping[str, Any], wanted: Sequence[Wanted]) -> list[Found]:
        """What the wanted lines are; several of one order line count as one."""
        merged: dict[tuple[OrderKey, Decimal], Wanted] = {}
        for each in wanted:
            known = merged.get((each.order, each.line))
            merged[each.order, each.line] = each if known is None else known.plus(each)
        return [self._find(header, each) for each in merged.values()]

    def _find(self, header: Mapping[str, Any], wanted: Wanted) -> Found:
        orders = Orders(self._environment, self._user, self._program)
        top, row = orders.header(wanted.order), orders.line(wanted.order, wanted.line)
        where = f"order {wanted.order} line {wanted.line.normalize():f}"
        if self._amount("F4301", top, "AN8") != Decimal(header["AN8"]):
            raise BusinessError("0296", f"Supplier {header['AN8']} is not the supplier of {where}", "AN8")
        if self._text("F4301", top, "CRCD") != header["CRCD"]:
            raise BusinessError("0297", f"Currency {header['CRCD']} is not the currency of {where}", "CRCD")
        if self._text("F4311", row, "CO") != header["CO"]:
            raise BusinessError("0006", f"Company {header['CO']} is not the company of {where}", "CO")
        received = self._text("F4311", row, "LNTY") not in self._environment.options.two_way_line_types
        units, amount, foreign = ["UREC", "AREC", "FREC"] if received else ["UOPN", "AOPN", "FAP"]
        if not self._amount("F4311", row, amount):
            if self._text("F4311", row, "LTTR") == CANCELLED:
                raise BusinessError("0285", f"Cancelled: {where}", "LNID")
            known = self._database["F43121"].where(**wanted.order.columns, LNID=wanted.line, MATC=RECEIPT)
            if received and not known:
                raise BusinessError("0299", f"Receipt required: {where}", "LNID")
            raise BusinessError("0300", f"Nothing is left to voucher of {where}", "LNID")
        part = self._part(orders, wanted, row, (units, amount, foreign), where)
        self._check_price(header, wanted, part, where)
        return Found(wanted, row, part, received)

    def _part(self, orders: Orders, wanted: Wanted, row: Row, columns: tuple[str, str, str], where: str) -> Part:
        """What is relieved, at the order's prices; BusinessError for more than there is."""
        there = self._amount("F4311", row, columns[0])
        if self._amount("F4311", row, "UORG"):
            if wanted.quantity <= 0 or wanted.quantity > there:
                text = f"Quantity {wanted.quantity} exceeds the {there} that can be vouchered of {where}"
                raise BusinessError("0301", text, "UREC")
            amount, foreign_amount = (self._amount("F4311", row, alias) for alias in columns[1:])
            if wanted.quantity == there:
                return Part(there, amount, foreign_amount)
            units, unit = wanted.quantity, self.smallest(self._text("F4311", row, "CRCD"))
            base = self.smallest(self.base_currency(self._text("F4311", row, "CO")))
            return Part(units, rounded(amount * units / there, base), rounded(foreign_amount * units / there, unit))
        # A line without a quantity is relieved by its amount, in the order's own currency.
        foreign = orders.foreign(wanted.order)
        amount, available = wanted.foreign if foreign else wanted.amount, columns[2] if foreign else columns[1]
        left = self._amount("F4311", row, available)
        if amount <= 0 or amount > left:
            raise BusinessError("0301", f"Amount {amount} exceeds the {left} that can be vouchered of {where}", "AREC")
        if not foreign:
            return Part(ZERO, amount)
        domestic = self._amount("F4311", row, columns[1])
        base = self.smallest(self.base_currency(self._text("F4311", row, "CO")))
        share = domestic if amount == left else rounded(domestic * amount / left, base)
        return Part(ZERO, share, amount)

    def _check_price(self, header: Mapping[str, Any], wanted: Wanted, part: Part, where: str) -> None:
        foreign = header["CRRM"] == "F"
        asked, expected = (wanted.foreign, part.foreign) if foreign else (wanted.amount, part.amount)
        percent = self._environment.options.match_price_tolerance_percent
        allowed = max(abs(expected) * percent / 100, self.smallest(str(header["CRCD"])))
        if abs(asked - expected) > allowed:
            text = f"Price differs: {asked} invoiced, {expected} ordered, of {where}"
            raise BusinessError("0302", text, "AREC")

    def _pay_items(
        self,
        header: Mapping[str, Any],
        found: Sequence[Found],
        taxes: Mapping[str, Decimal],
        extra: Sequence[Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        """One pay item for each order line, one for what has no order; the first one carries what tax rounding left."""
        nets = [(self._domestic(header, each.wanted), each.wanted.foreign) for each in found]
        links = [
            {
                "PKCO": each.wanted.order.company,
                "PO": f"{each.wanted.order.number:08d}",
                "PDCT": each.wanted.order.type,
                "SFXO": each.wanted.order.suffix,
                "LNID": each.wanted.line,
            }
            for each in found
        ]
        if extra:
            nets.append((_total(extra, "AA"), _total(extra, "ACR")))
            links.append({})
        tax = _shared(taxes["STAM"], [net for net, _ in nets], self._base_unit(header))
        foreign_tax = _shared(taxes["CTAM"], [net for _, net in nets], self.smallest(str(header["CRCD"])))
        return [
            {
                **header,
                **link,
                "AG": net + own,
                "ATXA": net if own else ZERO,
                "ATXN": ZERO if own else net,
                "STAM": own,
                "ACR": foreign + other,
                "CTXA": foreign if other else ZERO,
                "CTXN": ZERO if other else foreign,
                "CTAM": other,
            }
            for link, (net, foreign), own, other in zip(links, nets, tax, foreign_tax, strict=True)
        ]

    def _journal(self, header: Mapping[str, Any], found: Found) -> list[dict[str, Any]]:
        """The order line's account at the order's price, and a line of the price variance."""
        wanted, part = found.wanted, found.part
        record = self._record("F4311", found.row)
        foreign = header["CRRM"] == "F"
        domestic = self._domestic(header, wanted)
        # In another currency the whole difference of the rates belongs to the variance, too.
        ordered = rounded(part.foreign * Decimal(header["CRR"]), self._base_unit(header)) if foreign else part.amount
        line = {
            **_shared_columns(header),
            "AID": record.get("AID", ""),
            "ANI": record.get("ANI", ""),
            "SBL": record.get("SBL", ""),
            "SBLT": record.get("SBLT", ""),
            "PKCO": wanted.order.company,
            "PO": f"{wanted.order.number:08d}",
            "PDCT": wanted.order.type,
            "LNID": wanted.line,
            "EXR": record.get("DSC1", ""),
            "U": part.quantity,
            "AA": ordered,
            "ACR": part.foreign,
        }
        variance, foreign_variance = domestic - ordered, (wanted.foreign - part.foreign if foreign else ZERO)
        if not variance and not foreign_variance:
            return [line]
        account = self._environment.options.match_variance_account
        other = {"AID": "", "ANI": account, "SBL": "", "SBLT": ""} if account else {}
        differs = {"U": ZERO, "AA": variance, "ACR": foreign_variance, "EXR": "Price variance"}
        return [line, {**line, **other, **differs}]

    def _extra(self, header: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
        amounts = {}
        if header["CRRM"] == "F" and not line.get("AA"):
            amounts = {"AA": rounded(Decimal(line["ACR"]) * Decimal(header["CRR"]), self._base_unit(header))}
        # its number comes after the lines of the orders
        return {**line, **_shared_columns(header), **amounts, "JELN": 0}

    def _base_unit(self, header: Mapping[str, Any]) -> Decimal:
        """The smallest amount of the company's currency."""
        return self.smallest(self.base_currency(str(header["CO"])))

    def _domestic(self, header: Mapping[str, Any], wanted: Wanted) -> Decimal:
        if header["CRRM"] != "F" or wanted.amount:
            return wanted.amount
        return rounded(wanted.foreign * Decimal(header["CRR"]), self._base_unit(header))

    def _relieve(self, found: Found, key: VoucherKey, day: date, invoice: str) -> None:
        orders = Orders(self._environment, self._user, self._program)
        order, line = found.wanted.order, found.wanted.line
        orders.relieve(found.row, found.part, received=found.received)
        written = {"KCO": key.company, "DCT": key.type, "DOC": key.number, "VINV": invoice}
        if found.received:
            self._close_receipts(order, line, found.part)
        match = MATCH if found.received else BOTH
        orders.add_receiver(order, found.row, match, found.part, day, written)
        orders.restate(order, found.row)

    def _close_receipts(self, order: OrderKey, line: Decimal, part: Part) -> None:
        """Take what is vouchered from what the receipts leave open, oldest first."""
        units, amount = part.quantity, part.amount
        for row in self._receipts(order, line):
            taken_units = min(units, self._amount("F43121", row, "UOPN"))
            taken = min(amount, self._amount("F43121", row, "AOPN"))
            units, amount = units - taken_units, amount - taken
            self._open_receipt(row, -taken_units, -taken)

    def _reopen(self, order: OrderKey, line: Decimal, units: Decimal, amount: Decimal) -> None:
        """Give it back, newest first."""
        for row in reversed(self._receipts(order, line)):
            free_units = self._amount("F43121", row, "UREC") - self._amount("F43121", row, "UOPN")
            free = self._amount("F43121", row, "AREC") - self._amount("F43121", row, "AOPN")
            back_units, back = min(units, free_units), min(amount, free)
            units, amount = units - back_units, amount - back
            self._open_receipt(row, back_units, back)

    def _open_receipt(self, row: Row, units: Decimal, amount: Decimal) -> None:
        if units or amount:
            open_units, open_ = self._amount("F43121", row, "UOPN"), self._amount("F43121", row, "AOPN")
            self._change("F43121", row, {"UOPN": open_units + units, "AOPN": open_ + amount})

    def _receipts(self, order: OrderKey, line: Decimal) -> list[Row]:
        """The receipts of a line that stand, oldest first."""
        rows = self._database["F43121"].where(**order.columns, LNID=line, MATC=RECEIPT)
        reversals = [-self._amount("F43121", row, "AREC") for row in rows if self._amount("F43121", row, "AREC") < 0]
        standing = []
        for row in sorted(rows, key=lambda row: self._amount("F43121", row, "NLIN")):
            amount = self._amount("F43121", row, "AREC")
            if amount in reversals and not self._amount("F43121", row, "AOPN"):
                reversals.remove(amount)
            elif amount > 0:
                standing.append(row)
        return standing

    def _matched_foreign(self, key: VoucherKey, order: OrderKey, line: Decimal) -> Decimal:
        """What a voucher relieved of a foreign line, which F43121 does not hold: ACR of its first journal line."""
        rows = self._database["F0911"].where(
            DOC=key.number, DCT=key.type, KCO=key.company, PO=f"{order.number:08d}", PDCT=order.type, LNID=line
        )
        first = min(rows, key=lambda row: self._amount("F0911", row, "JELN"))
        return self._amount("F0911", first, "ACR")


def _shared_columns(header: Mapping[str, Any]) -> dict[str, Any]:
    return {alias: header[alias] for alias in ("AN8", "VINV", "DGJ", "CO", "CRCD", "CRRM", "CRR") if alias in header}


def _shared(total: Decimal, nets: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """A tax shared out by net amounts, in whole units; the first one takes what rounding leaves."""
    whole = sum(nets, ZERO)
    parts = [rounded(total * net / whole, unit) if whole else ZERO for net in nets]
    parts[0] += total - sum(parts, ZERO)
    return parts


def _total(lines: Sequence[Mapping[str, Any]], alias: str) -> Decimal:
    return sum((Decimal(line.get(alias) or 0) for line in lines), ZERO)
