"""What JDE's accounts-payable programs do to vouchers and payments (jde-ais section 3.6, F0411 and F0413/F0414)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, chosen, unaudited
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
    """Acts on vouchers and payments, on behalf of a user."""

    def pay_items(self, key: VoucherKey) -> list[Row]:
        """The pay items of a voucher, in order; BusinessError when there is none."""
        rows = self._database["F0411"].where(DOC=key.number, DCT=key.type, KCO=key.company)
        if not rows:
            raise BusinessError("0002", f"Record Invalid: no voucher {key.type} {key.number} {key.company}", "DOC")
        return rows

    def set_pay_status(self, key: VoucherKey, status: str) -> None:
        """Set PST of the open pay items."""
        if len(status) != 1 or status in "P#":
            raise BusinessError("0037", f"Pay Status {status} Invalid", "PST")
        for row in self._changeable(key):
            self._change("F0411", row, {"PST": status})

    def void_voucher(self, key: VoucherKey, day: date) -> None:
        """Void an unpaid voucher: VOD `V`, status P, nothing open, and reversing lines in the G/L."""
        rows = self._changeable(key)
        if any(self._amount("F0411", row, "AAP") != self._amount("F0411", row, "AG") for row in rows):
            raise BusinessError("0164", "Voucher has payments, void them first", "DOC")
        for row in rows:
            self._change("F0411", row, {"VOD": "V", "PST": "P", "AAP": 0, "FAP": 0})
        self._reverse_distribution(key, day)

    def pay(self, key: VoucherKey, day: date, number: int = 0, amount: Decimal | None = None) -> int:
        """Record a payment of what is open, or of `amount` of it: F0413 and F0414 rows. Gives the payment's PYID."""
        rows = [row for row in self._changeable(key) if self._amount("F0411", row, "AAP")]
        open_amount = sum((self._amount("F0411", row, "AAP") for row in rows), Decimal(0))
        paid = open_amount if amount is None else amount
        if not rows or abs(paid) > abs(open_amount) or not paid:
            raise BusinessError("0122", f"Payment amount {paid} exceeds the open amount {open_amount}", "PAAP")
        payment = self._database.next_number("PYID", ("F0413", "PYID"))
        number = number or self._database.next_number("DOCM", ("F0413", "DOCM"))
        details = self._settle(rows, paid)
        first = self._record("F0411", rows[0])
        common = {
            "PYID": payment,
            "DOCM": number,
            "DCTM": "PK",
            "DMTJ": day,
            "PYE": first.get("PYE", first["AN8"]),
        }
        header = {**chosen(first, "CO CRRM CRCD CRR BCRC PYIN GLBA"), **common, "PAAP": paid}
        header["FAP"] = sum((detail["PFAP"] for detail in details), Decimal(0))
        self._add("F0413", header)
        for line, detail in enumerate(details, start=1):
            self._add("F0414", {**detail, **common, "RC5": line, "DGJ": day})
        return payment

    def void_payment(self, payment: int, day: date) -> None:
        """Void a payment: VDGJ is set and its vouchers are open again."""
        header = self._database["F0413"].get({"PYID": payment})
        if header is None:
            raise BusinessError("0002", f"Record Invalid: no payment {payment}", "PYID")
        if self._record("F0413", header).get("VDGJ"):
            raise BusinessError("0165", f"Payment {payment} is already void", "PYID")
        self._change("F0413", header, {"VDGJ": day})
        details = self._database["F0414"].where(PYID=payment)
        for line, row in enumerate(details, start=len(details) + 1):
            detail = self._record("F0414", row)
            self._reopen(detail)
            self._change("F0414", row, {})
            if self._environment.options.void_payment_lines:
                negated: dict[str, Any] = {
                    alias: -detail[alias] for alias in ("PAAP", "PFAP", "ADSA") if alias in detail
                }
                self._add("F0414", {**unaudited(detail), **negated, "RC5": line, "DCTM": "PO", "DMTJ": day})

    def payment_numbered(self, number: int) -> int:
        """The PYID of the latest payment with this number; BusinessError when there is none."""
        rows = self._database["F0413"].where(DOCM=number)
        if not rows:
            raise BusinessError("0002", f"Record Invalid: no payment number {number}", "DOCM")
        return max(int(self._record("F0413", row)["PYID"]) for row in rows)

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

    def _changeable(self, key: VoucherKey) -> list[Row]:
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

    def _settle(self, rows: Sequence[Row], paid: Decimal) -> list[dict[str, Any]]:
        details, left = [], paid
        for row in rows:
            record = self._record("F0411", row)
            open_amount, foreign = Decimal(record["AAP"]), Decimal(record.get("FAP", 0))
            part = open_amount if abs(open_amount) <= abs(left) else left
            if not part:
                continue
            left -= part
            foreign_part = foreign if part == open_amount else round(foreign * part / open_amount, 2)
            rest = open_amount - part
            values: dict[str, Any] = {"AAP": rest, "FAP": foreign - foreign_part}
            self._change("F0411", row, values if rest else {**values, "PST": "P"})
            shared = chosen(record, "KCO DOC DCT SFX SFXE AN8 PYE CO CRRM CRCD CRR BCRC GLC")
            details.append({**shared, "PAAP": part, "PFAP": foreign_part})
        return details

    def _reopen(self, detail: Mapping[str, Any]) -> None:
        row = self._database["F0411"].get(chosen(detail, "DOC DCT KCO SFX SFXE"))
        if row is None:
            raise BusinessError("0002", f"Record Invalid: no pay item of voucher {detail.get('DOC')}", "DOC")
        open_amount = self._amount("F0411", row, "AAP") + Decimal(detail.get("PAAP", 0))
        foreign = self._amount("F0411", row, "FAP") + Decimal(detail.get("PFAP", 0))
        self._change("F0411", row, {"AAP": open_amount, "FAP": foreign, "PST": "A"})

    def _reverse_distribution(self, key: VoucherKey, day: date) -> None:
        lines = [
            self._record("F0911", row)
            for row in self._database["F0911"].where(DOC=key.number, DCT=key.type, KCO=key.company)
        ]
        last = max((Decimal(line.get("JELN", 0)) for line in lines), default=Decimal(0))
        standing = [line for line in lines if line.get("EXTL") != _REVERSING]
        for number, line in enumerate(standing, start=1):
            amounts: dict[str, Any] = {alias: -line[alias] for alias in ("AA", "ACR", "U") if alias in line}
            marks = {"JELN": last + number, "DGJ": day, "EXTL": _REVERSING, "RE": "V", "POST": ""}
            self._add("F0911", {**unaudited(line), **amounts, **marks})
