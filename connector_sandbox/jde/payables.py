"""What JDE's accounts-payable programs do to vouchers (jde-ais section 3.6, F0411)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, unaudited
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.tables import Row

# What marks a line of F0911 that reverses another one, in this sandbox's ledgers.
_REVERSING = "R"


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

    def set_pay_status(self, key: VoucherKey, status: str, item: str = "") -> None:
        """Set PST of the open pay items, or of the one whose SFX is given."""
        if len(status) != 1 or status in "P#":
            raise BusinessError("0037", f"Pay Status {status} Invalid", "PST")
        rows = [row for row in self.changeable(key) if item in ("", self._text("F0411", row, "SFX"))]
        if not rows:
            raise BusinessError("0002", f"Record Invalid: no open pay item {item}", "SFX")
        for row in rows:
            self._change("F0411", row, {"PST": status})

    def void_voucher(self, key: VoucherKey, day: date) -> None:
        """Void an unpaid voucher: VOD `V`, status P, nothing open, and reversing lines in the G/L."""
        rows = self.changeable(key)
        # A pay item that is paid in full counts, too, though it cannot be changed any more.
        items = self.pay_items(key)
        if any(self._amount("F0411", row, "AAP") != self._amount("F0411", row, "AG") for row in items):
            raise BusinessError("0164", "Voucher has payments, void them first", "DOC")
        for row in items:
            self._periods.check(self._text("F0411", row, "CO"), day)
        for row in rows:
            self._change("F0411", row, {"VOD": "V", "PST": "P", "AAP": 0, "FAP": 0})
        self._reverse_distribution(key, day)

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
        error = BusinessError("0082", "Duplicate Supplier/Invoice Number", "VINV")
        if policy == "error":
            raise error
        return [error]

    def changeable(self, key: VoucherKey) -> list[Row]:
        """The pay items of a voucher that are not paid; BusinessError when it is void, paid or being paid."""
        rows = self.pay_items(key)
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
