"""What JDE's accounts-payable programs do to vouchers (jde-ais section 3.6, F0411)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, unaudited
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.tables import Row

# What marks a line of F0911 that reverses another one, in this sandbox's ledgers.
_REVERSING = "R"
# DCTA of the audit row that a change of a posted voucher leaves (section 15).
_AUDIT = "PE"


@dataclass(frozen=True, slots=True)
class VoucherKey:
    """The document key that all pay items of a voucher share."""

    company: str
    type: str
    number: int


class Payables(Program):
    """Acts on vouchers, on behalf of a user."""

    def pay_items(self, key: VoucherKey) -> list[Row]:
        """The pay items of a voucher, in order; BusinessError when there is none."""
        rows = self._database["F0411"].where(DOC=key.number, DCT=key.type, KCO=key.company)
        if not rows:
            raise BusinessError("0002", f"Record Invalid: no voucher {key.type} {key.number} {key.company}", "DOC")
        return rows

    def set_pay_status(self, key: VoucherKey, status: str, items: Collection[str] = ()) -> None:
        """Set PST of the open pay items, or of those alone whose SFX are given; of all of them or of none."""
        self.check_pay_status(status)
        rows = self.changeable(key, items)
        open_items = {self._text("F0411", row, "SFX") for row in rows}
        missing = sorted(set(items) - open_items)
        if missing:
            raise BusinessError("0002", f"Record Invalid: no open pay item {', '.join(missing)}", "SFX")
        if self._environment.options.pay_status_is_set:
            for row in rows:
                self._change("F0411", row, {"PST": status})

    @staticmethod
    def check_pay_status(status: str) -> None:
        """BusinessError for a pay status that nobody may set: P and # are the payment programs' own."""
        if len(status) != 1 or status in "P#":
            raise BusinessError("0037", f"Pay Status {status} Invalid", "PST")

    def void_voucher(self, key: VoucherKey, day: date) -> None:
        """Void an unpaid voucher: VOD `V`, status P, nothing open, and reversing lines in the G/L. A pay item that was
        posted leaves an audit row of its gross amount taken back, unless that is nought; whether its own gross amount
        is nought from then on is not established, and a switch."""
        rows = self.changeable(key)
        # A pay item that is paid in full counts, too, though it cannot be changed any more.
        items = [row for row in self.pay_items(key) if self._text("F0411", row, "DCTA") != _AUDIT]
        if any(self._amount("F0411", row, "AAP") != self._amount("F0411", row, "AG") for row in items):
            raise BusinessError("0164", "Voucher has payments, void them first", "DOC")
        for row in items:
            self._periods.check(self._text("F0411", row, "CO"), day)
        cleared = {"AG": 0, "ACR": 0} if self._environment.options.void_clears_gross else {}
        for row in rows:
            before = self._record("F0411", row)
            self._change("F0411", row, {"VOD": "V", "PST": "P", "AAP": 0, "FAP": 0, **cleared})
            if before.get("POST") and before.get("DCTA", "") != _AUDIT and before.get("AG"):
                taken_back: dict[str, Any] = {alias: -before[alias] for alias in ("AG", "ACR") if alias in before}
                self._audit(before, {**taken_back, "VOD": "V", "RMK": "Void"})
        self._reverse_distribution(key, day)

    def batch_of(self, key: VoucherKey) -> tuple[str, int]:
        """Type and number of the batch in which a voucher was entered; BusinessError when there is no voucher."""
        first = self.pay_items(key)[0]
        return self._text("F0411", first, "ICUT"), int(self._amount("F0411", first, "ICU"))

    def post_batch(self, kind: str, number: int) -> int:
        """Post a batch (R09801): every row of F0411 and F0911 that is not posted; returns how many. Whether it moves
        the audit columns is not established, and a switch. BusinessError when there is no such batch."""
        posted = {"F0411": "D", "F0911": "P"}
        found = {table: self._database[table].where(ICUT=kind, ICU=number) for table in posted}
        if not found["F0411"]:
            raise BusinessError("0002", f"Record Invalid: no batch {kind} {number}", "ICU")
        rows = [(table, row) for table, own in found.items() for row in own if not self._text(table, row, "POST")]
        for table, row in rows:
            values = {"POST": posted[table]}
            if self._environment.options.posting_moves_date:
                self._change(table, row, values)
            else:
                self._database[table].update(row, values)
        return len(rows)

    def change_voucher(self, key: VoucherKey, item: str, amount: Decimal) -> None:
        """Give an unpaid pay item of a domestic voucher another gross amount; the difference is a line like the first.

        Of a posted one that leaves an audit row (section 15), and a journal line, which are not posted: the batch is
        open again.
        """
        rows = [row for row in self.changeable(key) if self._text("F0411", row, "SFX") == item]
        if not rows or self._amount("F0411", rows[0], "AAP") != self._amount("F0411", rows[0], "AG"):
            raise BusinessError("0002", f"Record Invalid: no unpaid pay item {item}", "SFX")
        row = rows[0]
        more = amount - self._amount("F0411", row, "AG")
        before = self._record("F0411", row)
        untaxed = self._amount("F0411", row, "ATXN") + more
        self._change("F0411", row, {"AG": amount, "AAP": amount, "ATXN": untaxed})
        if before.get("POST"):
            self._audit(before, {"AG": more, "RMK": "Change"})
        self._distribute_change(key, more)

    def _audit(self, before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """The audit row of a change of a posted pay item, as it was `before` (section 15): its batch is open again."""
        items = self._database["F0411"].where(**{alias: before[alias] for alias in ("DOC", "DCT", "KCO", "SFX")})
        last = max(self._amount("F0411", each, "SFXE") for each in items)
        marks = {"SFXE": last + 1, "DCTA": _AUDIT, "AAP": 0, "FAP": 0, "PST": "P", "POST": ""}
        self._add("F0411", {**unaudited(before), **marks, "HDGJ": self._environment.today(), **values})

    def _distribute_change(self, key: VoucherKey, more: Decimal) -> None:
        lines = [
            self._record("F0911", row)
            for row in self._database["F0911"].where(DOC=key.number, DCT=key.type, KCO=key.company)
        ]
        last = max((Decimal(line.get("JELN", 0)) for line in lines), default=Decimal(0))
        first = min((line for line in lines if not line.get("EXTL")), key=lambda line: Decimal(line.get("JELN", 0)))
        self._add("F0911", {**unaudited(first), "JELN": last + 1, "AA": more, "POST": ""})

    def duplicate_warnings(self, supplier: int, invoice: str, types: Sequence[str] = ("PV",)) -> list[BusinessError]:
        """The A/P constant on a second voucher of this invoice number: raises, warns or says nothing.

        Blank numbers count as equal; document type NO is skipped (jde-ais section 6).
        """
        policy = self._environment.options.duplicate_invoices
        if policy == "silent" or "NO" in types:
            return []
        found = [
            row
            for row in self._database["F0411"].where(AN8=supplier, VINV=invoice)
            if self._record("F0411", row).get("DCT") != "NO" and not self._record("F0411", row).get("VOD")
        ]
        if not found:
            return []
        text = "Duplicate Supplier/Invoice Number"
        if policy == "error":
            raise BusinessError("1912", text, "VINV")
        return [BusinessError("0082", text, "VINV")]

    def changeable(self, key: VoucherKey, items: Collection[str] = ()) -> list[Row]:
        """The pay items of a voucher that are not paid, or those alone whose SFX are given; BusinessError when they are
        void, paid or being paid."""
        rows = [row for row in self.pay_items(key) if not items or self._text("F0411", row, "SFX") in items]
        for row in rows:
            record = self._record("F0411", row)
            if record.get("VOD"):
                raise BusinessError("0163", f"Voucher {key.number} is void", "DOC")
            status = record.get("PST", "")
            if status in ("#", "Z"):
                raise BusinessError("0160", f"Voucher {key.number} is in a payment process", "PST")
        changeable = [row for row in rows if self._record("F0411", row).get("PST", "") != "P"]
        if not changeable:
            raise BusinessError("0161", f"Voucher {key.number} is paid", "PST")
        return changeable

    def _reverse_distribution(self, key: VoucherKey, day: date) -> None:
        lines = [
            self._record("F0911", row)
            for row in self._database["F0911"].where(DOC=key.number, DCT=key.type, KCO=key.company)
        ]
        last = max((Decimal(line.get("JELN", 0)) for line in lines), default=Decimal(0))
        standing = [line for line in lines if line.get("EXTL") != _REVERSING]
        for number, line in enumerate(standing, start=1):
            amounts: dict[str, Any] = {alias: -line[alias] for alias in ("AA", "ACR", "U") if alias in line}
            fiscal = self._periods.fiscal(str(line.get("CO", "")), day)
            marks = {"JELN": last + number, "DGJ": day, **fiscal, "EXTL": _REVERSING, "RE": "V", "POST": ""}
            self._add("F0911", {**unaudited(line), **amounts, **marks})

    @property
    def _periods(self) -> Periods:
        return Periods(self._environment, self._user, self._program)
