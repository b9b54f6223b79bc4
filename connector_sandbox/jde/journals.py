"""Journal entries, and the pay items that one closes: a site's own way to say what was paid elsewhere (jde-ais section
3.6, F0911).

JDE's own journal entry knows nothing of pay items: that an orchestration closes them is what its designer added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.tables import Row
from connector_sandbox.jde.vouchers import VoucherEntry

ZERO = Decimal(0)
_JOURNAL = "JE"


@dataclass(frozen=True, slots=True)
class Line:
    """A line: account (unit.object.subsidiary), amount in the company's currency and in the journal's; debits are
    positive."""

    account: str
    amount: Decimal
    foreign: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Closed:
    """What a journal takes from a pay item, signed as the pay item; the opposite sign opens it again."""

    voucher: VoucherKey
    item: str
    amount: Decimal
    foreign: Decimal = ZERO


class Journals(Program):
    """Acts on journals, on behalf of a user."""

    application = "P0911"

    def add(
        self, header: Mapping[str, Any], lines: Sequence[Line], closed: Sequence[Closed] = (), reopened_on: str = ""
    ) -> int:
        """Write a journal of document type JE, and close pay items; gives its number. Those that are opened again get
        the pay status `reopened_on` where one is given.

        `header` has CO, DGJ, CRCD, and AN8, EXA, EXR, R2 where they are given. BusinessError for one that does not
        balance, an account that takes no postings, a closed period, or a pay item that has less to close.
        """
        company = str(header["CO"])
        Periods(self._environment, self._user, self._program).check(company, header["DGJ"])
        entry = VoucherEntry(self._environment, self._user, self._program)
        accounts = [entry.account({"ANI": line.account}) for line in lines]
        totals = [sum((getattr(line, name) for line in lines), ZERO) for name in ("amount", "foreign")]
        if not lines or any(totals):
            raise BusinessError("4056", f"Journal out of balance by {totals[0]}, {totals[1]}", "AA")
        base = self.base_currency(company)
        foreign = header.get("CRCD") not in ("", None, base)
        number = self._database.next_number("JE", ("F0911", "DOC"))
        common = {
            **{alias: value for alias, value in header.items() if value},
            **Periods(self._environment, self._user, self._program).fiscal(company, header["DGJ"]),
            "DCT": _JOURNAL,
            "DOC": number,
            "KCO": company,
            "LT": "AA",
            "CRCD": header.get("CRCD") or base,
            "CRRM": "F" if foreign else "D",
            "BCRC": base,
            "ICU": self._database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU")),
            "ICUT": "G",
            "DICJ": self._environment.today(),
        }
        rows = [
            {
                **common,
                **{alias: account[alias] for alias in ("AID", "MCU", "OBJ", "SUB") if alias in account},
                "ANI": line.account,
                "JELN": place,
                "AA": line.amount,
                "ACR": line.foreign,
            }
            for place, (line, account) in enumerate(zip(lines, accounts, strict=True), start=1)
        ]
        closing = self._closing(closed, reopened_on) if self._environment.options.journal_closes_pay_items else []
        # all or nothing: a text that is too long must not leave pay items closed behind
        for row in rows:
            self._check(row)
        for row in rows:
            self._add("F0911", row)
        for item, values in closing:
            self._change("F0411", item, values)
        return number

    def _check(self, row: Mapping[str, Any]) -> None:
        try:
            self._database["F0911"].check(row)
        except ValueError as error:
            raise BusinessError("0024", str(error)) from None

    def _closing(self, closed: Sequence[Closed], reopened_on: str) -> list[tuple[Row, dict[str, Any]]]:
        if len({(each.voucher, each.item) for each in closed}) < len(closed):
            raise BusinessError("0002", "Record Invalid: a pay item is named twice", "SFX")
        return [self._rest(each, reopened_on) for each in closed]

    def _rest(self, closed: Closed, reopened_on: str) -> tuple[Row, dict[str, Any]]:
        """A pay item, and what becomes of it."""
        payables = Payables(self._environment, self._user, self._program)
        rows = {self._text("F0411", row, "SFX"): row for row in payables.pay_items(closed.voucher)}
        row = rows.get(closed.item)
        status = self._text("F0411", row, "PST") if row is not None else ""
        if row is None or self._text("F0411", row, "VOD") or status in ("#", "Z"):
            text = f"Record Invalid: pay item {closed.voucher.number} {closed.item} cannot be changed"
            raise BusinessError("0002", text, "SFX")
        values: dict[str, Any] = {}
        for alias, whole, taken in (("AAP", "AG", closed.amount), ("FAP", "ACR", closed.foreign)):
            gross, rest = self._amount("F0411", row, whole), self._amount("F0411", row, alias) - taken
            if rest and (abs(rest) > abs(gross) or (rest > 0) != (gross > 0)):
                shown = self._amount("F0411", row, alias)
                raise BusinessError("0122", f"Amount {taken} exceeds the open amount {shown}", "PAAP")
            values[alias] = rest
        if not values["AAP"]:
            values["PST"] = "P"
        elif status == "P":
            values["PST"] = reopened_on or self._environment.options.reopened_pay_status
        return row, values
