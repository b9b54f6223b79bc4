"""Vouchers of other kinds, and what divides a voucher: prepayments, recurring and logged vouchers, payments without a
voucher, split, withheld and retained pay items (jde-ais section 15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, chosen, rounded, unaudited
from connector_sandbox.jde.payables import LOGGED, RECURRING, Payables, VoucherKey
from connector_sandbox.jde.payments import WITHOUT_VOUCHER, Payments
from connector_sandbox.jde.periods import Periods
from connector_sandbox.jde.tables import Row
from connector_sandbox.jde.vouchers import VoucherEntry

WITHHELD, RETAINED = "%", "R"
"""Pay statuses (PST) of what is withheld from the supplier for a tax office, and of a retainage."""
# DCT of the voucher that a payment without one makes.
_MANUAL = "PM"
# The amounts of a pay item that a split divides: what is divided by, and what follows in proportion; then in its own
# currency.
_DIVIDED = ("AG", "AAP ADSC ATXA ATXN STAM"), ("ACR", "FAP CDS CTXA CTXN CTAM")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a clerk types of a domestic voucher of one amount: supplier, invoice number, and an account for all of it,
    blank where nothing is distributed."""

    company: str
    supplier: int
    invoice: str
    amount: Decimal
    account: str = ""
    remark: str = ""


class SpecialVouchers(Program):
    """Acts on special vouchers, on behalf of a user."""

    def prepay(self, paper: Paper, day: date, *, waiting: str = "H") -> VoucherKey:
        """Enter a prepayment: two pay items of RP1 `1`, of the amount and of its opposite, which waits on that pay
        status until an invoice takes it off; nothing is distributed."""
        item = self._item(paper, day)
        back = {**item, "AG": -paper.amount, "PST": waiting}
        return self._enter([{**item, "RP1": "1"}, {**back, "RP1": "1"}], [])

    def enter_recurring(self, paper: Paper, day: date, *, frequency: str = "M", times: int = 1) -> VoucherKey:
        """Enter the model of a recurring voucher: DCT PR, with its frequency (RF) and how often it is still to be
        copied (DRF)."""
        key = self._enter([{**self._item(paper, day), "DCT": RECURRING}], [self._line(paper)])
        for row in self._payables.standing(key):
            self._change("F0411", row, {"RF": frequency, "DRF": times})
        return key

    def recycle(self, key: VoucherKey, day: date) -> VoucherKey:
        """Copy the model of a recurring voucher (R048101): the copy has neither RF nor DRF, the model one copy less to
        make. BusinessError for what is no such model, or has no copy left."""
        models = self._payables.standing(key)
        left = int(self._amount("F0411", models[0], "DRF"))
        if key.type != RECURRING or not self._text("F0411", models[0], "RF") or not left:
            raise BusinessError("0172", f"Voucher {key} is no recurring voucher with copies left", "DRF")
        items = [self._copied(row, day) for row in models]
        lines = [chosen(line, "ANI AID AA EXR SBL SBLT") for line in self._lines(key)]
        made = self._enter(items, lines)
        for row in models:
            self._change("F0411", row, {"DRF": left - 1})
        return made

    def log(self, paper: Paper, day: date) -> VoucherKey:
        """Enter a logged voucher: DCT PL, on the account of logged vouchers, until it is redistributed."""
        return self._enter([{**self._item(paper, day), "DCT": LOGGED}], [self._line(paper)])

    def redistribute(self, key: VoucherKey, lines: Sequence[tuple[str, Decimal]], day: date) -> None:
        """Redistribute a logged voucher (P042002) to accounts: what stood on the account of logged vouchers is taken
        off there, and RP3 is R. BusinessError for another voucher, or for lines that do not come to the same."""
        items, old = self._payables.changeable(key), self._lines(key)
        if key.type != LOGGED or self._text("F0411", items[0], "RP3") == "R":
            raise BusinessError("0173", f"Voucher {key} is no logged voucher that waits", "DCT")
        amount = sum((Decimal(line.get("AA", 0)) for line in old), Decimal(0))
        if sum((value for _, value in lines), Decimal(0)) != amount:
            raise BusinessError("4056", f"Voucher out of balance: {amount} is to be redistributed", "AA")
        entry = VoucherEntry(self._environment, self._user, self._program)
        accounts = [entry.account({"ANI": account}) for account, _ in lines]
        number = max((Decimal(line.get("JELN", 0)) for line in old), default=Decimal(0))
        fiscal = Periods(self._environment, self._user, self._program).fiscal(str(old[0].get("CO", "")), day)
        taken = [{**line, "AA": -Decimal(line["AA"])} for line in old if line.get("AA")]
        given = [
            {
                **old[0],
                **{a: account[a] for a in ("AID", "MCU", "OBJ", "SUB") if a in account},
                "ANI": name,
                "AA": value,
            }
            for (name, value), account in zip(lines, accounts, strict=True)
        ]
        for place, line in enumerate((*taken, *given), start=1):
            self._add("F0911", {**unaudited(line), **fiscal, "DGJ": day, "JELN": number + place, "POST": ""})
        for row in items:
            self._change("F0411", row, {"RP3": "R"})

    def pay_without_voucher(self, paper: Paper, day: date, *, number: int = 0) -> tuple[VoucherKey, int]:
        """Pay what there is no voucher of: a voucher of type PM in a batch of type W, and the payment (PN) that settles
        it; gives the voucher's key and the payment's PYID."""
        item = {**self._item(paper, day), "DCT": _MANUAL, "ICUT": WITHOUT_VOUCHER}
        key = self._enter([item], [self._line(paper)])
        payments = Payments(self._environment, self._user, self._program)
        return key, payments.in_full(self._payables.standing(key), day, number=number)

    def split(
        self, key: VoucherKey, item: str, amounts: Sequence[Decimal], values: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Divide an unpaid pay item (P0411S): new ones of these amounts, in the voucher's currency, with `values`; what
        is left stays. Discount and tax follow in proportion; it is not posted again. Gives the SFX of the new ones.

        BusinessError for a recurring voucher, or for amounts that leave nothing of the same sign.
        """
        rows = [row for row in self._payables.changeable(key) if self._text("F0411", row, "SFX") == item]
        if not rows or self._amount("F0411", rows[0], "AAP") != self._amount("F0411", rows[0], "AG"):
            raise BusinessError("0002", f"Record Invalid: no unpaid pay item {item}", "SFX")
        row = rows[0]
        if key.type == RECURRING or self._text("F0411", row, "RF"):
            raise BusinessError("0174", f"Voucher {key.number} is a recurring voucher and is not split", "DCT")
        before = self._record("F0411", row)
        whole = Decimal(before.get("ACR" if before.get("CRRM") == "F" else "AG", 0))
        left = whole - sum(amounts, Decimal(0))
        if not amounts or not left or any((amount > 0) != (whole > 0) for amount in (*amounts, left)):
            raise BusinessError("0122", f"Amounts {', '.join(map(str, amounts))} do not split {whole}", "AG")
        parts = [self._share(before, amount / whole) for amount in amounts]
        rest = {
            alias: Decimal(before.get(alias, 0)) - sum((part.get(alias, Decimal(0)) for part in parts), Decimal(0))
            for alias in parts[0]
        }
        suffix = max(int(self._text("F0411", each, "SFX")) for each in self._payables.standing(key))
        self._change("F0411", row, rest)
        names = [f"{suffix + place:03d}" for place in range(1, len(parts) + 1)]
        for name, part in zip(names, parts, strict=True):
            self._add("F0411", {**unaudited(before), **part, **(values or {}), "SFX": name})
        return names

    def withhold(self, key: VoucherKey, item: str, amount: Decimal) -> list[str]:
        """Divide off what is withheld for the supplier's tax office (F0401.TAWH): a pay item of PST `%`."""
        supplier = self._database["F0401"].get({"AN8": self._amount("F0411", self._payables.pay_items(key)[0], "AN8")})
        office = int(self._amount("F0401", supplier, "TAWH")) if supplier is not None else 0
        return self.split(key, item, [amount], {"PST": WITHHELD, **({"PYE": office} if office else {})})

    def _share(self, record: Mapping[str, Any], part: Decimal) -> dict[str, Decimal]:
        """The amounts of a part of a pay item, in whole units of their currencies."""
        units = (self.smallest(str(record.get("BCRC") or record.get("CRCD"))), self.smallest(str(record.get("CRCD"))))
        made: dict[str, Decimal] = {}
        for (gross, following), unit in zip(_DIVIDED, units, strict=True):
            for alias in (gross, *following.split()):
                if record.get(alias):
                    made[alias] = rounded(Decimal(record[alias]) * part, unit)
        return made

    def _item(self, paper: Paper, day: date) -> dict[str, Any]:
        return {
            "CO": paper.company,
            "KCO": paper.company,
            "AN8": paper.supplier,
            "VINV": paper.invoice,
            "RMK": paper.remark,
            "DIVJ": day,
            "DGJ": day,
            "CRCD": self.base_currency(paper.company),
            "AG": paper.amount,
        }

    @staticmethod
    def _line(paper: Paper) -> dict[str, Any]:
        return {"ANI": paper.account, "AA": paper.amount}

    def _copied(self, row: Row, day: date) -> dict[str, Any]:
        """A pay item in the making, as the model's."""
        kept = "CO KCO DCT AN8 PYE VINV RMK CRCD AG ATXA ATXN STAM TXA1 EXR1"
        copy = chosen(self._record("F0411", row), kept)
        if self._environment.options.recurring_invoice == "blank":
            copy.pop("VINV", None)
        return {**copy, "DIVJ": day, "DGJ": day}

    def _lines(self, key: VoucherKey) -> list[dict[str, Any]]:
        """The lines of a voucher in the G/L that a person wrote, in order."""
        lines = [self._record("F0911", row) for row in self._database["F0911"].where(**key.columns)]
        return sorted(
            (line for line in lines if not line.get("EXTL") and not line.get("RE")),
            key=lambda line: Decimal(line.get("JELN", 0)),
        )

    def _enter(self, items: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> VoucherKey:
        entry = VoucherEntry(self._environment, self._user, self._program)
        made, journal = entry.complete(items, lines)
        entry.check(made, journal)
        return entry.write(made, journal, self._database.next_number("ICU", ("F0411", "ICU"), ("F0911", "ICU")))

    @property
    def _payables(self) -> Payables:
        return Payables(self._environment, self._user, self._program)
