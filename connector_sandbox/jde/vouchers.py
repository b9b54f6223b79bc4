"""Voucher entry: the checks and effects that the batch program and the entry form share (jde-ais section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connector_sandbox.jde.acting import BusinessError, Program, rounded
from connector_sandbox.jde.options import Options
from connector_sandbox.jde.payables import Payables, VoucherKey
from connector_sandbox.jde.periods import Periods

Record = Mapping[str, Any]

# Posting edit codes of F0901 that accept an A/P distribution; never I, N, M, B.
_POSTABLE = ("", "L", "S", "U", "X")

_PAY_ITEM = """AN8 PYE SNTO DIVJ DSVJ DDJ DDNJ DGJ CO AG ADSC ADSA ATXA ATXN STAM TXA1 EXR1 CRRM CRCD CRR ACR CDS
    CDSA CTXA CTXN CTAM GLC GLBA AM MCU PTC VINV PKCO PO PDCT LNID SFXO VR01 RMK RP1 PYIN URC1 URDT URAT URAB URRF
    BCRC"""
_JOURNAL_LINE = """DGJ CO ANI AID MCU OBJ SUB SBL SBLT AM CRRM CRCD CRR AA ACR U UM EXA EXR R1 R2 AN8 VINV IVD PO
    PDCT PKCO LNID ASID"""

_RESERVED = ("URC1", "URDT", "URAT", "URAB", "URRF")
# What the batch processor ignores of a pay item beside VR01 (section 11.1).
_IGNORED = ("RP1", "RP2", "TXA3", "EXR3", "HDGJ")
# CRRM of a voucher of which the sender gives the amounts of both currencies (section 11.1).
BOTH = "3"
_DOCUMENTS = (("F0411", "DOC"), ("F0911", "DOC"))


def carried(options: Options, item: Record, *, batch: bool) -> dict[str, Any]:
    """A pay item without what the batch processor (section 11.4), or an A/P form (section 13), does not take over."""
    gone = {"VR01"} if (options.batch_reference if batch else options.entry_reference) == "dropped" else set()
    gone |= set(_RESERVED) if options.user_fields == "dropped" else set()
    if batch:
        gone |= {*_IGNORED, *(("RMK",) if options.batch_remark == "dropped" else ())}
    return {alias: value for alias, value in item.items() if alias not in gone}


class VoucherEntry(Program):
    """Checks a voucher and writes it to F0411 and F0911."""

    def complete(
        self, items: Sequence[Record], lines: Sequence[Record]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Pay items and journal lines with what the program works out: currency mode, rate, domestic amounts.

        A voucher in another currency than its company's is foreign. Its rate (CRR) is the given one, else that of
        F0015; domestic amounts that are not given come of the foreign ones, and the last journal line takes what
        rounding leaves. BusinessError without a rate.
        """
        made, journal = [dict(item) for item in items], [dict(line) for line in lines]
        if not made:
            return made, journal
        for item in made:
            # BSF/B0400047: DIVJ is DGJ where it is not given
            item["DIVJ"] = item.get("DIVJ") or item.get("DGJ")
        first = made[0]
        base = self.base_currency(str(first.get("CO") or ""))
        foreign = bool(base) and first.get("CRCD") not in (None, "", base)
        mode = first.get("CRRM") or ("F" if foreign else "D")
        wanted = [(row.get(alias), row.get("ACR")) for alias, rows in (("AG", made), ("AA", journal)) for row in rows]
        # mode 3: the sender gives both, and nothing is worked out
        known = mode in ("D", BOTH) or all(domestic or not other for domestic, other in wanted)
        rate = Decimal(first.get("CRR") or 0)
        if not known and not rate:
            rate = self._rate(str(first["CRCD"]), base, first["DGJ"])
        for row in (*made, *journal):
            row.update({"CRRM": mode, "CRR": rate})
        if not known:
            unit = self.smallest(base)
            _convert(made, rate, unit, {"AG": "ACR", "STAM": "CTAM", "ATXA": "CTXA", "ATXN": "CTXN"})
            _convert(journal, rate, unit, {"AA": "ACR"})
            if journal:
                spent = _sum(journal, "AA")
                journal[-1]["AA"] += min(_spendable(made, "AG", "STAM"), key=lambda each: abs(each - spent)) - spent
        return made, journal

    def explained(self, line: Record, item: Record) -> Record:
        """A journal line of the batch files: a blank explanation (EXA) becomes the supplier's name (section 11.2)."""
        party = self._database["F0101"].get({"AN8": item.get("AN8")})
        if line.get("EXA") or party is None:
            return line
        return {**line, "EXA": self._text("F0101", party, "ALPH")[:30]}

    def check(self, items: Sequence[Record], lines: Sequence[Record]) -> list[BusinessError]:
        """Warnings about a voucher of these pay items and journal lines; BusinessError when it is refused."""
        for item in items:
            self._check_item(item)
        for line in lines:
            self.account(line)
            if line.get("DGJ"):
                self._periods.check(str(line.get("CO") or items[0]["CO"]), line["DGJ"])
        self._check_balance(items, lines)
        self._check_key(items, lines)
        payables = Payables(self._environment, self._user, self._program)
        first = items[0]
        return payables.duplicate_warnings(first["AN8"], first.get("VINV", ""), (first.get("DCT") or "PV",))

    def write(self, items: Sequence[Record], lines: Sequence[Record], batch: int) -> VoucherKey:
        """Write a checked voucher. DOC and the batch are what the first pay item presets, else the next number, and
        `batch`."""
        first = items[0]
        # Next numbers know nothing of what is numbered by hand.
        self._database.begin_numbers("DOC", *_DOCUMENTS)
        given = self._given_key(first)
        key = replace(given, number=given.number or self._database.next_number("DOC", *_DOCUMENTS))
        document = {"KCO": key.company, "DCT": key.type, "DOC": key.number}
        document |= {"ICU": first.get("ICU") or batch, "ICUT": first.get("ICUT") or "V", "TORG": self._user}
        taken = self._last_line(key)
        dated = {**document, "DICJ": self._environment.today()}
        posted = {"F0411": "D", "F0911": "P"} if self._environment.options.auto_post else {}
        rows = [
            ("F0411", {**dated, **self._pay_item(item), "SFX": _suffix(item, number)})
            for number, item in enumerate(items, start=1)
        ] + [
            ("F0911", {**dated, **self._journal_line(line, first), "JELN": line.get("JELN") or taken + number})
            for number, line in enumerate(lines, start=1)
        ]
        # All or nothing: a text too long for a journal line must not leave pay items behind.
        for table, values in rows:
            self._database[table].check(values)
        for table, values in rows:
            self._add(table, values | ({"POST": posted[table]} if posted else {}))
        return key

    def account(self, line: Record) -> dict[str, Any]:
        """The F0901 row that a journal line means, by AID or by ANI; BusinessError when it takes no postings."""
        accounts = self._database["F0901"]
        if line.get("AID"):
            row = accounts.get({"AID": line["AID"]})
        else:
            unit, _, rest = str(line.get("ANI", "")).strip().partition(".")
            obj, _, sub = rest.partition(".")
            row = next(iter(accounts.where(MCU=unit, OBJ=obj, SUB=sub)), None) if unit and obj else None
        if row is None:
            shown = line.get("AID") or line.get("ANI") or "blank"
            raise BusinessError("0026", f"Account Number Invalid: {shown}", "ANI")
        account = dict(accounts.record(row))
        if account.get("PEC", "") not in _POSTABLE:
            raise BusinessError("0106", f"Account {account['AID']} does not accept postings", "ANI")
        return account

    def _check_item(self, item: Record) -> None:
        for alias in ("AN8", "CO", "DGJ", "CRCD"):
            if not item.get(alias):
                raise BusinessError("0003", f"Blanks Invalid: {alias} is required", alias)
        if self._database["F0401"].get({"AN8": item["AN8"]}) is None:
            raise BusinessError("0041", f"Supplier {item['AN8']} is not in the Supplier Master", "AN8")
        if self._database["F0010"].get({"CO": item["CO"]}) is None:
            raise BusinessError("0006", f"Company {item['CO']} Invalid", "CO")
        self._periods.check(item["CO"], item["DGJ"])
        mode = item.get("CRRM")
        if mode in ("F", BOTH) and item.get("AG") and not item.get("ACR"):
            raise BusinessError("0003", "Blanks Invalid: ACR is required in a foreign voucher", "ACR")
        if mode == BOTH and item.get("ACR") and not item.get("AG"):
            raise BusinessError("0003", "Blanks Invalid: AG is required beside ACR in currency mode 3", "AG")

    def _check_balance(self, items: Sequence[Record], lines: Sequence[Record]) -> None:
        foreign = items[0].get("CRRM") in ("F", BOTH)
        gross, tax, amount = ("ACR", "CTAM", "ACR") if foreign else ("AG", "STAM", "AA")
        spendable = _spendable(items, gross, tax)
        owed, spent = min(spendable), _sum(lines, amount)
        if spent not in spendable:
            raise BusinessError("4056", f"Voucher out of balance: {owed} against a distribution of {spent}", "AG")

    def _given_key(self, first: Record) -> VoucherKey:
        """The key that a pay item presets; number 0 where the next one is meant."""
        company, number = first.get("KCO") or first.get("CO") or "", int(first.get("DOC") or 0)
        return VoucherKey(str(company), str(first.get("DCT") or "PV"), number)

    def _last_line(self, key: VoucherKey) -> Decimal:
        rows = self._database["F0911"].where(DOC=key.number, DCT=key.type, KCO=key.company)
        return max((self._amount("F0911", row, "JELN") for row in rows), default=Decimal(0))

    def _check_key(self, items: Sequence[Record], lines: Sequence[Record]) -> None:
        """A key that is preset may be there only once in F0411, with SFX and SFXE, and the lines of a voucher have
        numbers of their own (section 11.2)."""
        key = self._given_key(items[0])
        numbers = [line["JELN"] for line in lines if line.get("JELN")]
        if len(set(numbers)) < len(numbers):
            raise BusinessError("4091", "Journal entry line already exists in cache I09UI003", "JELN")
        if not key.number:
            return
        document = {"DOC": key.number, "DCT": key.type, "KCO": key.company}
        suffixes = [_suffix(item, number) for number, item in enumerate(items, start=1)]
        known = {self._text("F0411", row, "SFX") for row in self._database["F0411"].where(**document, SFXE=0)}
        if known.intersection(suffixes) or len(set(suffixes)) < len(suffixes):
            text = f"Duplicate Key: voucher {key.type} {key.number} {key.company} exists already"
            raise BusinessError("0011", text, "DOC")
        there = {self._amount("F0911", row, "JELN") for row in self._database["F0911"].where(**document)}
        if there.intersection(numbers):
            raise BusinessError("0011", f"Duplicate Key: journal line of {key.type} {key.number} exists", "JELN")

    def _pay_item(self, item: Record) -> dict[str, Any]:
        item = {**item, **self._terms(item)}
        values = {alias: item[alias] for alias in _PAY_ITEM.split() if alias in item}
        due = item.get("DDJ") or item["DIVJ"]
        return {
            **values,
            **self._periods.fiscal(item["CO"], item["DGJ"]),
            **self._codes_1099(item),
            "PYE": item.get("PYE") or self._environment.options.special_payees.get(str(item["AN8"])) or item["AN8"],
            "DDJ": due,
            # without a gross amount a voucher is paid as it is made (section 13)
            "PST": (item.get("PST") or "A") if item.get("AG") or item.get("ACR") else "P",
            "AAP": item["AG"],
            "FAP": item.get("ACR", 0),
            "CRRM": item.get("CRRM") or "D",
            "BALJ": "Y",
            "BCRC": self.base_currency(item["CO"]),
        }

    def _terms(self, item: Record) -> dict[str, Any]:
        """What the payment terms make of a pay item (section 11.1): DDJ, unless it is given, and ADSC, CDS and DDNJ,
        unless a discount is given with its own date and without terms."""
        given = str(item.get("PTC") or "")
        if not self._environment.options.terms_compute or (not given and item.get("ADSC") and item.get("DDNJ")):
            return {}
        supplier = self._database["F0401"].get({"AN8": item["AN8"]})
        code = given or (self._text("F0401", supplier, "TRAP") if supplier is not None else "")
        terms = self._database["F0014"].get({"PTC": code})
        if terms is None:
            if given:
                raise BusinessError("0027", f"Payment Terms {given} Invalid", "PTC")
            return {}
        percent, days, net = (self._amount("F0014", terms, alias) for alias in ("DCP", "DCD", "NDTP"))
        made: dict[str, Any] = {"PTC": code, "ADSC": 0, "CDS": 0, "DDNJ": None}
        if not item.get("DDJ"):
            made["DDJ"] = item["DIVJ"] + timedelta(days=int(net))
        if percent:
            units = (self.smallest(self.base_currency(str(item["CO"]))), self.smallest(str(item["CRCD"])))
            made["ADSC"] = rounded(Decimal(item.get("AG") or 0) * percent / 100, units[0])
            made["CDS"] = rounded(Decimal(item.get("ACR") or 0) * percent / 100, units[1])
            made["DDNJ"] = item["DIVJ"] + timedelta(days=int(days))
        return made

    def _codes_1099(self, item: Record) -> dict[str, Any]:
        match self._environment.options.voucher_1099:
            case "kept":
                return {alias: item[alias] for alias in ("TNN", "AC07") if item.get(alias)}
            case "supplier":
                party = self._database["F0101"].get({"AN8": item["AN8"]})
                return {} if party is None else {"AC07": self._database["F0101"].value(party, "AC07")}
        return {}

    def _journal_line(self, line: Record, first: Record) -> dict[str, Any]:
        account = self.account(line)
        values = {alias: line[alias] for alias in _JOURNAL_LINE.split() if alias in line}
        unit, obj, sub = str(account.get("MCU", "")).strip(), account.get("OBJ", ""), account.get("SUB", "")
        day = line.get("DGJ") or first["DGJ"]
        company = line.get("CO") or account.get("CO") or first["CO"]
        return {
            **values,
            **{alias: account[alias] for alias in ("AID", "MCU", "OBJ", "SUB") if alias in account},
            **self._periods.fiscal(company, day),
            "ANI": ".".join(part for part in (unit, obj, sub) if part),
            "DGJ": day,
            "LT": "AA",
            "CO": company,
            "AN8": line.get("AN8") or first["AN8"],
            "VINV": line.get("VINV") or first.get("VINV", ""),
            "IVD": line.get("IVD") or first["DIVJ"],
            "CRRM": line.get("CRRM") or first.get("CRRM") or "D",
            "CRCD": line.get("CRCD") or first["CRCD"],
            "BCRC": self.base_currency(first["CO"]),
        }

    def _rate(self, currency: str, base: str, day: date | None) -> Decimal:
        """The rate in force on a day: base currency for one of the other (F0015)."""
        rows = [
            row
            for row in self._database["F0015"].where(CRCD=currency, CRDC=base)
            if (since := self._day("F0015", row, "EFT")) is None or day is None or since <= day
        ]
        if not rows:
            raise BusinessError("0009", f"No exchange rate of {currency} to {base}", "CRR")
        latest = max(rows, key=lambda row: self._day("F0015", row, "EFT") or date.min)
        return self._amount("F0015", latest, "CRR")

    @property
    def _periods(self) -> Periods:
        return Periods(self._environment, self._user, self._program)


def _suffix(item: Record, place: int) -> str:
    """SFX of a pay item: what is given, else its place in the voucher."""
    return str(item.get("SFX") or "") or f"{place:03d}"


def _sum(records: Sequence[Record], alias: str) -> Decimal:
    return sum((Decimal(record.get(alias, 0)) for record in records), Decimal(0))


def _spendable(items: Sequence[Record], gross: str, tax: str) -> set[Decimal]:
    """What the distribution may come to. By the tax explanation code (EXR1) a tax is beside it (V), in it (S), or
    perhaps in it though not in the gross amount (U); what other codes mean is not established, so each is taken."""
    sums = {Decimal(0)}
    for item in items:
        whole, own = Decimal(item.get(gross) or 0), Decimal(item.get(tax) or 0)
        code = str(item.get("EXR1") or "").strip()
        ways = {"": (-1,), "V": (-1,), "S": (0,), "U": (0, 1)}.get(code, (-1, 0, 1))
        sums = {found + whole + way * own for found in sums for way in ways}
    return sums


def _convert(rows: Sequence[dict[str, Any]], rate: Decimal, unit: Decimal, columns: Mapping[str, str]) -> None:
    """Work out domestic amounts of foreign ones, where they are not given."""
    for row in rows:
        for domestic, foreign in columns.items():
            if not row.get(domestic):
                row[domestic] = rounded(Decimal(row.get(foreign) or 0) * rate, unit)
