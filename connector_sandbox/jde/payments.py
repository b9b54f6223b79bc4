"""What JDE's accounts-payable programs do to payments (jde-ais section 3.6, F0413 and F0414)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, chosen, rounded, unaudited
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.tables import Row

ZERO = Decimal(0)
WITHOUT_VOUCHER = "W"
"""Batch type (ICUT) of a payment that makes its voucher (section 15)."""


@dataclass(frozen=True, slots=True)
class Share:
    """What is paid: a domestic amount, or one in the voucher's currency; all that is open where neither is given.

    `discount` is taken besides, in the company's currency: it settles, but is not paid. Of a foreign amount
    `foreign_discount` is the same in its currency; None: as the voucher was converted.
    """

    amount: Decimal | None = None
    foreign: Decimal | None = None
    discount: Decimal = ZERO
    foreign_discount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A pay item of another document that a payment takes in; the share of a credit is negative, as the pay item is."""

    voucher: VoucherKey
    item: str
    share: Share = Share()


@dataclass(frozen=True, slots=True)
class Order:
    """An instruction to pay one voucher: as a whole, or pay items by their SFX; with further ones of the same supplier,
    less its credits."""

    voucher: VoucherKey
    share: Share = Share()
    items: Mapping[str, Share] = field(default_factory=dict)
    further: Sequence[Other] = ()
    credits: Sequence[Other] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """What is settled of a pay item, and how much of it is discount; domestic, then in its own currency."""

    row: Row
    settled: Decimal
    discount: Decimal
    foreign: Decimal
    foreign_discount: Decimal


class Payments(Program):
    """Acts on payments, on behalf of a user."""

    application = "P0413"

    def record(self, order: Order, day: date, *, number: int = 0, posted: date | None = None) -> int:
        """Record a payment of a voucher: F0413 and F0414 rows. Gives the payment's PYID.

        `number` is DOCM, the next one where it is 0; `posted` the G/L date, the payment's day where none is given.
        What is paid is the voucher's share less the credits, and may be nothing. BusinessError for more than is open,
        credits of another payee or of more than the share, a closed period, or a number that paid this voucher
        already, where the site refuses that.
        """
        rows = [row for row in self._payables.changeable(order.voucher) if self._is_open(row)]
        self._check_number(order.voucher, number)
        parts = self._by_item(rows, order.items) if order.items else self._spread(rows, order.share)
        parts += self._taken_in(order.further, parts[0].row, 1) + self._taken_in(order.credits, parts[0].row, -1)
        if order.credits and sum((part.settled - part.discount for part in parts), ZERO) < 0:
            raise BusinessError("0168", f"Credits exceed what is paid of voucher {order.voucher.number}", "PAAP")
        return self._write(parts, day, number, posted or day)

    def run(self, day: date, company: str = "") -> list[int]:
        """The automatic payment run of a day: one payment a payee, company and currency; gives the PYIDs.

        It takes pay items that its data selection takes (options `run_*`; PST A unless they say otherwise) and that are
        due, of suppliers that are not held (HDPY), and leaves out payees whose credits exceed what is due to them.
        """
        groups: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
        options = self._environment.options
        instruments, banks = options.run_payment_instruments, options.run_bank_accounts
        for row in [row for status in options.run_pay_statuses for row in self._database["F0411"].where(PST=status)]:
            if instruments and self._text("F0411", row, "PYIN") not in instruments:
                continue
            if banks and self._text("F0411", row, "GLBA") not in banks:
                continue
            due = self._day("F0411", row, "DDJ")
            wanted = not company or self._text("F0411", row, "CO") == company
            if wanted and (due is None or due <= day) and self._selectable(row):
                record = self._record("F0411", row)
                payee = str(record.get("PYE", record["AN8"]))
                groups[payee, *(self._text("F0411", row, alias) for alias in ("CO", "CRCD", "CRRM"))].append(row)
        made: list[int] = []
        batch: Mapping[str, Any] | None = None
        for rows in groups.values():
            if sum((self._amount("F0411", row, "AAP") for row in rows), ZERO) > 0:
                parts = [self._part(row, self._amount("F0411", row, "AAP"), ZERO) for row in rows]
                # one batch a run
                batch = batch or self._batch("PK")
                made.append(self._write(parts, day, 0, day, batch=batch))
        return made

    def void(self, payment: int, day: date, *, reopened_on: str = "") -> None:
        """Void a payment: VDGJ is set and its vouchers are open again, on the pay status `reopened_on` where one is
        given: a second step of the site's orchestration, for JDE itself puts A (section 15). One that was not posted
        is deleted without a trace where the site's processing option says so."""
        if reopened_on:
            self._payables.check_pay_status(reopened_on)
        if not self._environment.options.pay_status_is_set:
            reopened_on = ""
        header = self._header(payment)
        if self._record("F0413", header).get("VDGJ"):
            raise BusinessError("0165", f"Payment {payment} is already void", "PYID")
        self._periods.check(self._text("F0413", header, "CO"), day)
        options = self._environment.options
        if options.unposted_payment_void == "deleted" and not self.posted(payment):
            self._erase(header, reopened_on)
            return
        cleared = {"PAAP": 0, "FAP": 0} if options.void_clears_payment else {}
        self._change("F0413", header, {"VDGJ": day, **cleared})
        details = self._database["F0414"].where(PYID=payment)
        for line, row in enumerate(details, start=len(details) + 1):
            detail = self._record("F0414", row)
            self._reopen(detail, reopened_on)
            self._change("F0414", row, {})
            if options.void_payment_lines:
                negated: dict[str, Any] = {a: -detail[a] for a in ("PAAP", "PFAP", "ADSA", "CDSA") if a in detail}
                marks = {"RC5": line, "DCTM": "PO", "DMTJ": day, "POST": ""}
                self._add("F0414", {**unaudited(detail), **negated, **marks})

    def in_full(self, items: Sequence[Row], day: date, *, number: int = 0) -> int:
        """Write a manual payment (PN) that was made elsewhere, and settles all that is open of these pay items; gives
        its PYID. One that made its voucher is in the batch of that, any other in one of its own."""
        parts = [self._part(row, self._amount("F0411", row, "AAP"), ZERO) for row in items]
        own = self._text("F0411", items[0], "ICUT") == WITHOUT_VOUCHER
        batch = chosen(self._record("F0411", items[0]), "ICU ICUT") if own else None
        return self._write(parts, day, number, day, type="PN", batch=batch)

    def post(self, payment: int, *, failed: bool = False) -> int:
        """Post a payment: POST of F0413 and F0414 is D, or P where the post ended in error; gives how many rows."""
        header = self._header(payment)
        rows = [("F0413", header), *(("F0414", row) for row in self._database["F0414"].where(PYID=payment))]
        rows = [(table, row) for table, row in rows if self._text(table, row, "POST") != "D"]
        for table, row in rows:
            values = {"POST": "P" if failed else "D"}
            if self._environment.options.posting_moves_date:
                self._change(table, row, values)
            else:
                self._database[table].update(row, values)
        return len(rows)

    def posted(self, payment: int) -> bool:
        """Whether a payment was posted; a post that ended in error counts."""
        return bool(self._text("F0413", self._header(payment), "POST"))

    def made_voucher(self, payment: int) -> bool:
        """Whether a payment made the voucher that it paid."""
        return self._text("F0413", self._header(payment), "ICUT") == WITHOUT_VOUCHER

    def paid_vouchers(self, payment: int) -> list[VoucherKey]:
        """The vouchers that a payment paid."""
        details = [self._record("F0414", row) for row in self._database["F0414"].where(PYID=payment)]
        keys = {VoucherKey(each["KCO"], each["DCT"], each["DOC"]) for each in details}
        return sorted(keys, key=lambda key: (key.company, key.type, key.number))

    def _header(self, payment: int) -> Row:
        header = self._database["F0413"].get({"PYID": payment})
        if header is None:
            raise BusinessError("0002", f"Record Invalid: no payment {payment}", "PYID")
        return header

    def _erase(self, header: Row, reopened_on: str) -> None:
        details = self._database["F0414"].where(PYID=self._database["F0413"].value(header, "PYID"))
        for row in details:
            self._reopen(self._record("F0414", row), reopened_on)
        for row in details:
            self._delete("F0414", row)
        self._delete("F0413", header)

    def numbered(self, number: int) -> int:
        """The PYID of the latest payment with this number; BusinessError when there is none."""
        rows = self._database["F0413"].where(DOCM=number)
        if not rows:
            raise BusinessError("0002", f"Record Invalid: no payment number {number}", "DOCM")
        return max(int(self._record("F0413", row)["PYID"]) for row in rows)

    @property
    def _payables(self) -> Payables:
        return Payables(self._environment, self._user, self._program)

    @property
    def _periods(self) -> Periods:
        return Periods(self._environment, self._user, self._program)

    def _check_number(self, key: VoucherKey, number: int) -> None:
        if not number or self._environment.options.duplicate_payment_numbers == "silent":
            return
        for row in self._database["F0414"].where(DOC=key.number, DCT=key.type, KCO=key.company):
            detail = self._record("F0414", row)
            header = self._database["F0413"].get({"PYID": detail["PYID"]})
            if detail.get("DOCM") == number and header is not None and self._day("F0413", header, "VDGJ") is None:
                raise BusinessError("0166", f"Payment number {number} paid voucher {key.number} already", "DOCM")

    def _selectable(self, row: Row) -> bool:
        supplier = self._database["F0401"].get({"AN8": self._database["F0411"].value(row, "AN8")})
        held = supplier is not None and self._text("F0401", supplier, "HDPY") == "Y"
        return not held and not self._text("F0411", row, "VOD") and bool(self._amount("F0411", row, "AAP"))

    def _by_item(self, rows: Sequence[Row], items: Mapping[str, Share]) -> list[_Part]:
        by_suffix = {self._text("F0411", row, "SFX"): row for row in rows}
        parts = []
        for suffix, share in items.items():
            if suffix not in by_suffix:
                raise BusinessError("0002", f"Record Invalid: no open pay item {suffix}", "SFX")
            parts += self._spread([by_suffix[suffix]], share)
        return parts

    def _taken_in(self, others: Sequence[Other], paid: Row, sign: int) -> list[_Part]:
        """What is settled of other documents, open with this sign, which have to be of the payee, the company and the
        currency of what is paid."""
        parts = []
        what = "credit" if sign < 0 else "pay item"
        named = [(other.voucher, other.item) for other in others]
        for other, name in zip(others, named, strict=True):
            number = other.voucher.number
            rows = self._payables.changeable(other.voucher)
            rows = [row for row in rows if self._amount("F0411", row, "AAP") * sign > 0]
            if other.item not in {self._text("F0411", row, "SFX") for row in rows} or named.count(name) > 1:
                raise BusinessError("0002", f"Record Invalid: no open {what} {number} {other.item}", "SFX")
            parts += self._by_item(rows, {other.item: other.share})
            for alias, of in (("PYE", "payee"), ("CO", "company"), ("CRCD", "currency")):
                if self._text("F0411", parts[-1].row, alias) != self._text("F0411", paid, alias):
                    raise BusinessError("0167", f"Document {number} is of another {of} than what is paid", alias)
        return parts

    def _spread(self, rows: Sequence[Row], share: Share) -> list[_Part]:
        """What is paid of each pay item: the first ones in full, as far as it goes."""
        if share.amount is None and share.foreign is not None:
            return self._spread_foreign(rows, share.foreign, share)
        left, discount = self._settled(rows, share), share.discount
        parts = []
        for row in rows:
            open_amount = self._amount("F0411", row, "AAP")
            settled = open_amount if abs(open_amount) <= abs(left) else left
            if not settled:
                continue
            taken = discount if abs(discount) <= abs(settled) else settled
            left, discount = left - settled, discount - taken
            parts.append(self._part(row, settled, taken))
        return parts

    def _spread_foreign(self, rows: Sequence[Row], paid: Decimal, share: Share) -> list[_Part]:
        """The same of an amount in the vouchers' currency, which is settled to its smallest unit: the company's
        follows, and what closes a pay item takes all that is left of both. BusinessError when that is not open."""
        open_foreign = sum((self._amount("F0411", row, "FAP") for row in rows), ZERO)
        discount, foreign_discount = share.discount, self._foreign_discount(rows, paid, open_foreign, share)
        left = paid + foreign_discount
        if not left or abs(left) > abs(open_foreign) or (left > 0) != (open_foreign > 0):
            raise BusinessError("0122", f"Payment amount {left} exceeds the open foreign amount {open_foreign}", "PFAP")
        parts = []
        for row in rows:
            base, own = self._amount("F0411", row, "AAP"), self._amount("F0411", row, "FAP")
            taken = own if abs(own) <= abs(left) else left
            if not taken:
                continue
            unit = self.smallest(self.base_currency(self._text("F0411", row, "CO")))
            settled = base if taken == own else rounded(base * taken / own, unit)
            less = foreign_discount if abs(foreign_discount) <= abs(taken) else taken
            base_less = discount if abs(discount) <= abs(settled) else settled
            parts.append(_Part(row, settled, base_less, taken, less))
            left, discount, foreign_discount = left - taken, discount - base_less, foreign_discount - less
        return parts

    def _foreign_discount(self, rows: Sequence[Row], paid: Decimal, open_foreign: Decimal, share: Share) -> Decimal:
        """A discount in the vouchers' currency: what is said, else the company's as the vouchers were converted, which
        rounding does not let exceed what is open."""
        if share.foreign_discount is not None:
            return share.foreign_discount
        open_base = sum((self._amount("F0411", row, "AAP") for row in rows), ZERO)
        if not share.discount or not open_base:
            return ZERO
        unit = self.smallest(self._text("F0411", rows[0], "CRCD"))
        return min(rounded(open_foreign * share.discount / open_base, unit), open_foreign - paid, key=abs)

    def open_amount(self, key: VoucherKey) -> Decimal:
        """What is open of a voucher, in the company's currency."""
        return sum((self._amount("F0411", row, "AAP") for row in self._payables.changeable(key)), ZERO)

    def _is_open(self, row: Row) -> bool:
        return bool(self._amount("F0411", row, "AAP") or self._amount("F0411", row, "FAP"))

    def _settled(self, rows: Sequence[Row], share: Share) -> Decimal:
        """What is settled in all, discount included; BusinessError when that is not open."""
        open_amount = sum((self._amount("F0411", row, "AAP") for row in rows), ZERO)
        settled = open_amount
        if share.amount is not None:
            settled = share.amount + share.discount
        if not settled or abs(settled) > abs(open_amount) or (settled > 0) != (open_amount > 0):
            raise BusinessError("0122", f"Payment amount {settled} exceeds the open amount {open_amount}", "PAAP")
        return settled

    def _part(self, row: Row, settled: Decimal, discount: Decimal) -> _Part:
        open_amount, open_foreign = self._amount("F0411", row, "AAP"), self._amount("F0411", row, "FAP")
        unit = self.smallest(self._text("F0411", row, "CRCD"))
        foreign = open_foreign if settled == open_amount else rounded(open_foreign * settled / open_amount, unit)
        return _Part(row, settled, discount, foreign, rounded(foreign * discount / settled, unit))

    def _write(
        self,
        parts: Sequence[_Part],
        day: date,
        number: int,
        posted: date,
        *,
        type: str = "PK",
        batch: Mapping[str, Any] | None = None,
    ) -> int:
        first = self._record("F0411", parts[0].row)
        self._periods.check(str(first.get("CO", "")), posted)
        payment = self._database.next_number("PYID", ("F0413", "PYID"))
        payee = first.get("PYE", first["AN8"])
        number = number or self._database.next_number("DOCM", ("F0413", "DOCM"))
        common = {"PYID": payment, "DOCM": number, "DCTM": type, "DMTJ": day, "PYE": payee}
        header = {**chosen(first, "CO CRRM CRCD CRR BCRC PYIN GLBA"), **common, **(batch or self._batch(type))}
        header["PAAP"] = sum((part.settled - part.discount for part in parts), ZERO)
        header["FAP"] = sum((part.foreign - part.foreign_discount for part in parts), ZERO)
        self._add("F0413", header)
        for line, part in enumerate(parts, start=1):
            self._add("F0414", {**self._settle(part), **common, "RC5": line, "DGJ": posted})
        return payment

    def _batch(self, type: str) -> dict[str, Any]:
        """A new batch for payments of a document type: its number and type, and the day."""
        kind = self._environment.options.payment_batch_types.get(type)
        if kind is None:
            return {}
        number = self._database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU"))
        return {"ICU": number, "ICUT": kind, "DICJ": self._environment.today()}

    def _settle(self, part: _Part) -> dict[str, Any]:
        """Take a part from its pay item; gives the amounts of its F0414 row."""
        record = self._record("F0411", part.row)
        rest = self._amount("F0411", part.row, "AAP") - part.settled
        foreign_rest = self._amount("F0411", part.row, "FAP") - part.foreign
        values: dict[str, Any] = {
            "AAP": rest,
            "FAP": foreign_rest,
            "ADSA": self._amount("F0411", part.row, "ADSA") + part.discount,
            "CDSA": self._amount("F0411", part.row, "CDSA") + part.foreign_discount,
        }
        self._change("F0411", part.row, values if rest or foreign_rest else {**values, "PST": "P"})
        return {
            **chosen(record, "KCO DOC DCT SFX SFXE AN8 PYE CO CRRM CRCD CRR BCRC GLC"),
            "PAAP": part.settled - part.discount,
            "PFAP": part.foreign - part.foreign_discount,
            "ADSA": part.discount,
            "CDSA": part.foreign_discount,
        }

    def _reopen(self, detail: Mapping[str, Any], status: str) -> None:
        row = self._database["F0411"].get(chosen(detail, "DOC DCT KCO SFX SFXE"))
        if row is None:
            raise BusinessError("0002", f"Record Invalid: no pay item of voucher {detail.get('DOC')}", "DOC")
        paid, foreign, discount, foreign_discount = (
            Decimal(detail.get(alias, 0)) for alias in ("PAAP", "PFAP", "ADSA", "CDSA")
        )
        values: dict[str, Any] = {
            "AAP": self._amount("F0411", row, "AAP") + paid + discount,
            "FAP": self._amount("F0411", row, "FAP") + foreign + foreign_discount,
            "ADSA": self._amount("F0411", row, "ADSA") - discount,
            "CDSA": self._amount("F0411", row, "CDSA") - foreign_discount,
        }
        self._change("F0411", row, {**values, "PST": status or self._environment.options.reopened_pay_status})
