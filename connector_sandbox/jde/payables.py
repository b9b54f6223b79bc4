"""What JDE's accounts-payable programs do to vouchers (jde-ais section 3.6, F0411, and section 15)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, unaudited
from connector_sandbox.jde.batches import POSTING, SPEED_STATUS
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.tables import Row

AUDIT_TYPE = "PE"
"""DCTA of the audit row that a change of a posted voucher leaves (section 15)."""
RECURRING, LOGGED = "PR", "PL"
# RE of a line of F0911 that reverses another one.
_REVERSING = "V"
# What the audit rows of these programs say (RMK): the vendor's own text was not read.
_CHANGED, _VOIDED = "Change", "Void"


@dataclass(frozen=True, slots=True)
class VoucherKey:
    """The document key that all pay items of a voucher share."""

    company: str
    type: str
    number: int

    @property
    def columns(self) -> dict[str, Any]:
        """As columns of F0411 and F0911."""
        return {"KCO": self.company, "DCT": self.type, "DOC": self.number}

    def __str__(self) -> str:
        return f"{self.type} {self.number} {self.company}"


class Payables(Program):
    """Acts on vouchers, on behalf of a user."""

    def pay_items(self, key: VoucherKey) -> list[Row]:
        """All rows of a voucher in F0411, in order; BusinessError when there is none."""
        rows = self._database["F0411"].where(**key.columns)
        if not rows:
            raise BusinessError("0002", f"Record Invalid: no voucher {key}", "DOC")
        return rows

    def standing(self, key: VoucherKey) -> list[Row]:
        """The pay items of a voucher without audit rows; BusinessError when there is none."""
        return [row for row in self.pay_items(key) if self._text("F0411", row, "DCTA") != AUDIT_TYPE]

    def posted(self, key: VoucherKey) -> bool:
        """Whether a pay item of a voucher was posted."""
        return any(self._text("F0411", row, "POST") for row in self.standing(key))

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
                self._change("F0411", row, {"PST": status}, SPEED_STATUS)

    @staticmethod
    def check_pay_status(status: str) -> None:
        """BusinessError for a pay status that nobody may set: P and # are the payment programs' own."""
        if len(status) != 1 or status in "P#":
            raise BusinessError("0037", f"Pay Status {status} Invalid", "PST")

    def void_voucher(self, key: VoucherKey, day: date, *, unposted: str = "") -> None:
        """Void an unpaid voucher: VOD `V`, status P, nothing open, and reversing lines in the G/L. A pay item that was
        posted leaves an audit row of its gross amount taken back, unless that is zero; whether its own gross amount
        is zero from then on is not established, and a switch. What was not posted is `voided` or `deleted`: as
        `unposted` says, else the switch."""
        items = self._unpaid(key)
        for row in items:
            self._periods.check(self._text("F0411", row, "CO"), day)
        if not self.posted(key) and (unposted or self._environment.options.unposted_void) == "deleted":
            self._erase(key)
            return
        cleared = {"AG": 0, "ACR": 0} if self._environment.options.void_clears_gross else {}
        for row in items:
            before = self._record("F0411", row)
            self._change("F0411", row, {"VOD": "V", "PST": "P", "AAP": 0, "FAP": 0, **cleared})
            if before.get("POST") and before.get("AG"):
                taken_back: dict[str, Any] = {alias: -before[alias] for alias in ("AG", "ACR") if alias in before}
                self._audit(before, {**taken_back, "VOD": "V", "RMK": _VOIDED})
        self._reverse_distribution(key, day)

    def delete_voucher(self, key: VoucherKey) -> None:
        """Delete an unpaid voucher that was not posted: its rows are physically gone. BusinessError for another one."""
        self._unpaid(key)
        if self.posted(key):
            raise BusinessError("0162", f"Voucher {key.number} is posted, void it", "POST")
        self._erase(key)

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
                self._change(table, row, values, POSTING)
            else:
                self._database[table].update(row, values)
        return len(rows)

    def change_voucher(self, key: VoucherKey, item: str, amount: Decimal) -> None:
        """Give an unpaid pay item of a domestic voucher another gross amount; the difference is a line like the first.

        Of a posted one that leaves an audit row (section 15), and a journal line, which are not posted: the batch is
        open again. A logged voucher that is posted is not changed before it was redistributed.
        """
        rows = [row for row in self.changeable(key) if self._text("F0411", row, "SFX") == item]
        if not rows or self._amount("F0411", rows[0], "AAP") != self._amount("F0411", rows[0], "AG"):
            raise BusinessError("0002", f"Record Invalid: no unpaid pay item {item}", "SFX")
        row = rows[0]
        more = amount - self._amount("F0411", row, "AG")
        before = self._record("F0411", row)
        if key.type == LOGGED and before.get("POST") and before.get("RP3") != "R":
            raise BusinessError("0169", f"Logged voucher {key.number} is posted, redistribute it first", "DOC")
        after: dict[str, Any] = {"AG": amount, "AAP": amount, "ATXN": self._amount("F0411", row, "ATXN") + more}
        ways = self._environment.options.changed_rows
        if not before.get("POST"):
            self._change("F0411", row, after)
        elif ways == "replaced":
            self._change("F0411", row, {"AAP": 0, "FAP": 0, "PST": "P"})
            self._audit(before, {**after, "PST": before.get("PST", ""), "RMK": _CHANGED})
        else:
            self._change("F0411", row, after)
            self._audit(before, {"AG": more if ways == "delta" else -more, "RMK": _CHANGED})
        self._distribute_change(key, more)

    def speed_status_change(self, items: Collection[tuple[VoucherKey, str]], values: Mapping[str, Any]) -> int:
        """P0411S: set pay status, due date, payee, bank account, payment instrument or 1099 code (PST, DDJ, PYE, GLBA,
        PYIN, AC07) of open pay items of several vouchers, of all of a voucher where SFX is blank; returns of how many.
        F0411 alone changes, and is not posted again; only the 1099 code may change where nothing is open."""
        if "PST" in values:
            self.check_pay_status(str(values["PST"]))
        rows: list[Row] = []
        for key, item in items:
            some = (item,) if item else ()
            found = self.standing(key) if set(values) == {"AC07"} else self.changeable(key, some)
            rows += [row for row in found if not item or self._text("F0411", row, "SFX") == item]
        for row in rows:
            if self._environment.options.speed_status_moves_date:
                self._environment.update(
                    "F0411", row, values, user=self._user, program="EP0411S", application=SPEED_STATUS
                )
            else:
                with self._environment.writing(SPEED_STATUS):
                    self._database["F0411"].update(row, values)
        return len(rows)

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
        """The pay items of a voucher that are neither void nor paid, or those alone whose SFX are given; BusinessError
        when all of them are, or one is being paid."""
        rows = [row for row in self.pay_items(key) if not items or self._text("F0411", row, "SFX") in items]
        rows = self._in_force(key, rows)
        changeable = [row for row in rows if self._record("F0411", row).get("PST", "") != "P"]
        if not changeable:
            raise BusinessError("0161", f"Voucher {key.number} is paid", "PST")
        return changeable

    def _in_force(self, key: VoucherKey, rows: Collection[Row]) -> list[Row]:
        found = [row for row in rows if not self._text("F0411", row, "VOD")]
        if rows and not found:
            raise BusinessError("0163", f"Voucher {key.number} is void", "DOC")
        if any(self._text("F0411", row, "PST") in ("#", "Z") for row in found):
            raise BusinessError("0160", f"Voucher {key.number} is in a payment process", "PST")
        return found

    def _unpaid(self, key: VoucherKey) -> list[Row]:
        """The pay items of a voucher of which nothing is paid or being paid. One without an amount has status P from
        the start, and nothing of it is paid."""
        rows = self._in_force(key, self.standing(key))
        if all(self._text("F0411", row, "PST") == "P" and self._amount("F0411", row, "AG") for row in rows):
            raise BusinessError("0161", f"Voucher {key.number} is paid", "PST")
        if any(self._amount("F0411", row, "AAP") != self._amount("F0411", row, "AG") for row in rows):
            raise BusinessError("0164", "Voucher has payments, void them first", "DOC")
        return rows

    def _erase(self, key: VoucherKey) -> None:
        for table in ("F0411", "F0911"):
            for row in self._database[table].where(**key.columns):
                self._delete(table, row)

    def _audit(self, before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """The audit row of a change of a posted pay item, as it was `before` (section 15): its batch is open again."""
        items = self._database["F0411"].where(**{alias: before[alias] for alias in ("DOC", "DCT", "KCO", "SFX")})
        last = max(self._amount("F0411", each, "SFXE") for each in items)
        marks = {"SFXE": last + 1, "DCTA": AUDIT_TYPE, "AAP": 0, "FAP": 0, "PST": "P", "POST": ""}
        self._add("F0411", {**unaudited(before), **marks, "HDGJ": self._environment.today(), **values})

    def _distribute_change(self, key: VoucherKey, more: Decimal) -> None:
        lines = [line for line in self._distribution(key) if not line.get("EXTL")]
        if not lines:
            return
        first = lines[0]
        self._add("F0911", {**unaudited(first), "JELN": self._next_line(key), "AA": more, "POST": ""})

    def _distribution(self, key: VoucherKey) -> list[dict[str, Any]]:
        """The lines of a voucher in the G/L that stand, in order."""
        lines = [self._record("F0911", row) for row in self._database["F0911"].where(**key.columns)]
        standing = [line for line in lines if line.get("RE") != _REVERSING]
        return sorted(standing, key=lambda line: Decimal(line.get("JELN", 0)))

    def _next_line(self, key: VoucherKey) -> Decimal:
        rows = self._database["F0911"].where(**key.columns)
        return max((self._amount("F0911", row, "JELN") for row in rows), default=Decimal(0)) + 1

    def _reverse_distribution(self, key: VoucherKey, day: date) -> None:
        for number, line in enumerate(self._distribution(key), start=int(self._next_line(key))):
            amounts: dict[str, Any] = {alias: -line[alias] for alias in ("AA", "ACR", "U") if alias in line}
            fiscal = self._periods.fiscal(str(line.get("CO", "")), day)
            extension = self._environment.options.reversal_extension
            marks = {"JELN": number, "DGJ": day, **fiscal, "RE": _REVERSING, "EXTL": extension, "POST": ""}
            self._add("F0911", {**unaudited(line), **amounts, **marks})

    @property
    def _periods(self) -> Periods:
        return Periods(self._environment, self._user, self._program)
