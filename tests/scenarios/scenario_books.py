"""The books of a small town in JD Edwards, and its clerks: what they enter, pay and void."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zlib import crc32

from connector_sandbox.data import reference, rows
from connector_sandbox.data.rows import Amounts, Stamp, Voucher
from connector_sandbox.testing import Sandbox

TODAY = date(2026, 3, 2)
YESTERDAY = TODAY - timedelta(days=1)
HOME, EURO = "00001", "00002"
CURRENCIES = {HOME: "GBP", EURO: "EUR"}
AUDIT = ("USER", "PID", "JOBN", "UPMJ", "UPMT")
CENT = Decimal("0.01")

_STAMP = Stamp(TODAY, 70000)
_FIRST_OF_MONTH = date(2026, 3, 1)


def _chart() -> dict[str, dict[str, Any]]:
    """Account number -> row of F0901. The town has two expense units and a balance-sheet unit for each company."""
    wanted = [
        ("30", "5010", "", "Grounds upkeep", HOME, ""),
        ("30", "5020", "", "Playgrounds", HOME, ""),
        ("30", "5020", "01", "Playgrounds, north", HOME, ""),
        ("40", "5010", "", "Housing repairs", HOME, ""),
        ("40", "4110", "", "Grants paid out", HOME, ""),
        ("30", "5190", "", "Closed to postings", HOME, "N"),
        ("50", "5010", "", "Office in Lille", EURO, ""),
        (HOME, "4110", "", "Trade creditors", HOME, "M"),
        (HOME, "4433", "", "VAT recoverable", HOME, "M"),
        (EURO, "4110", "", "Trade creditors", EURO, "M"),
        (EURO, "4433", "", "VAT recoverable", EURO, "M"),
    ]
    chart = {}
    for place, (unit, objekt, sub, name, company, posting) in enumerate(wanted, 1):
        row = rows.account(10_000 + place, unit, objekt, name, company, _STAMP, subsidiary=sub, posting=posting)
        chart[f"{unit}.{objekt}.{sub}" if sub else f"{unit}.{objekt}"] = dict(row)
    return chart


CHART = _chart()


def first_books() -> dict[str, list[dict[str, Any]]]:
    """What JD Edwards holds before a scenario begins: two companies, a chart, two suppliers, no vouchers."""
    suppliers = [_supplier(4343, "Anvil & Sons", tax_id="GB123456789"), _supplier(4344, "Bolt Brothers")]
    tables: dict[str, list[dict[str, Any]]] = {
        "F0010": [dict(rows.company(number, "Town", code, _STAMP)) for number, code in CURRENCIES.items()],
        "F0006": [
            *(dict(rows.unit(number, name, HOME, _STAMP)) for number, name in (("30", "Parks"), ("40", "Housing"))),
            dict(rows.unit("50", "Lille", EURO, _STAMP)),
            *(dict(rows.unit(number, "Balance sheet", number, _STAMP, balance_sheet=True)) for number in CURRENCIES),
        ],
        "F0901": list(CHART.values()),
        "F0013": [dict(row) for row in reference.currencies(_STAMP)],
        "F0014": [dict(row) for row in reference.payment_terms(_STAMP)],
    }
    for supplier in suppliers:
        for table, found in supplier.items():
            tables.setdefault(table, []).extend(found)
    return tables


def _supplier(
    number: int,
    name: str,
    *,
    kind: str = "V",
    payables: str = "Y",
    terms: str = "N30",
    tax_id: str = "",
    stamp: Stamp = _STAMP,
) -> dict[str, list[dict[str, Any]]]:
    """The rows of one supplier in the five tables, ready for the first content."""
    since = date(2020, 1, 1)
    return {
        "F0101": [dict(rows.address_book(number, name, stamp, kind=kind, payables=payables, tax_id=tax_id))],
        "F0401": [dict(rows.supplier(number, stamp, company=HOME, currency="GBP", terms=terms))],
        "F0116": [dict(rows.address(number, since, f"{number} High Street", "Northmoor", "NM1 1AA", "GB", stamp))],
        "F0115": [dict(rows.phone(number, 1, "", "0114", "4960123", stamp))],
        "F01151": [dict(rows.e_address(number, 1, "E", f"ap@s{number}.example", stamp))],
    }


@dataclass(frozen=True)
class Entry:
    """A voucher as it was entered: what a scenario needs to name it again."""

    doc: int
    kind: str
    company: str

    @property
    def key(self) -> str:
        """KCO/DCT/DOC."""
        return f"{self.company}/{self.kind}/{self.doc}"

    @property
    def document(self) -> str:
        """The document key of the invoices flow."""
        return f"F0411:{self.key}"


class Books:
    """JD Edwards while nobody looks. Rows are stamped with the sandbox's now unless `changed` says a day."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def upsert(self, table: str, *found: Mapping[str, Any], changed: date | None = None, undated: bool = False) -> None:
        """Write rows; those of a known key are changed."""
        stamp: dict[str, Any] = {}
        if changed is not None:
            stamp = {"UPMJ": changed.isoformat(), "UPMT": 90000}
        if undated:
            stamp = {"UPMJ": "", "UPMT": 0}
        kept = [{name: _plain(value) for name, value in row.items() if name not in AUDIT} | stamp for row in found]
        self._sandbox.post("/rows", {"system": "jde", "table": table, "upsert": kept})

    def delete(self, table: str, *keys: Mapping[str, Any]) -> None:
        """Delete rows for good, as JDE does."""
        self._sandbox.post("/rows", {"system": "jde", "table": table, "delete": [dict(key) for key in keys]})

    def act(self, act: str, entry: Entry | None = None, **more: Any) -> dict[str, Any]:
        """What an A/P program does: pay_voucher, void_payment, void_voucher, set_pay_status."""
        named = {"KCO": entry.company, "DCT": entry.kind, "DOC": entry.doc} if entry else {}
        command = {"system": "jde", "act": act, **named, **{name: _plain(value) for name, value in more.items()}}
        answer: dict[str, Any] = self._sandbox.post("/rows", command)
        return answer

    # -- suppliers and accounts -----------------------------------------------------------------------------------

    def supplier(self, number: int, name: str, *, changed: date | None = None, **more: Any) -> str:
        """Enter a supplier in the five tables; returns its document key."""
        for table, found in _supplier(number, name, **more).items():
            self.upsert(table, *found, changed=changed)
        return f"F0401:{number}"

    def account(self, number: str, name: str, *, posting: str = "") -> str:
        """Enter or change an account by `unit.object[.subsidiary]`; returns its document key."""
        unit, objekt, sub = (*number.split("."), "")[:3]
        known = CHART.get(number)
        place = int(str(known["AID"])) if known else 20_000 + crc32(number.encode()) % 1_000_000
        row = rows.account(place, unit, objekt, name, HOME, _STAMP, subsidiary=sub, posting=posting)
        self.upsert("F0901", row)
        return f"F0901:{row['AID']}"

    # -- vouchers -------------------------------------------------------------------------------------------------

    def voucher(
        self,
        doc: int = 4711,
        *,
        costs: Sequence[tuple[str, str]] = (("30.5010", "100.00"),),
        tax: str = "0.00",
        tax_code: str = "",
        items: Sequence[str] | None = None,
        invoice: str | None = None,
        supplier: int = 4343,
        kind: str = "PV",
        company: str = HOME,
        currency: str | None = None,
        rate: str = "1",
        terms: str = "",
        status: str = "A",
        changed: date | None = None,
        undated: bool = False,
        texts: Sequence[str] = (),
        remark: str = "",
        posted: bool = True,
    ) -> Entry:
        """Enter a voucher with its distribution. `costs` are (account, amount of the line) in the voucher's currency,
        `items` the gross amounts of its pay items (default: one), `rate` the company's currency for one of the
        voucher's. `tax` is the first pay item's, of explanation code `tax_code`: beside the lines, or with S and U
        (sales and use tax) nothing beyond them is owed. One that is not `posted` is in a batch of its own, of the
        voucher's number."""
        base = CURRENCIES[company]
        voucher = Voucher(
            company=company,
            kind=kind,
            number=doc,
            supplier=supplier,
            invoice=f"INV-{doc}" if invoice is None else invoice,
            currency=currency or base,
            base=base,
            posted=_FIRST_OF_MONTH,
            invoiced=date(2026, 2, 20),
            due=date(2026, 3, 22),
            stamp=_STAMP,
            rate=Decimal(rate) if (currency or base) != base else Decimal(0),
            terms=terms,
            batch=1 if posted else doc,
        )
        # what the ledgers say of a row that is posted is what the rows have as they are
        mark: dict[str, Any] = {} if posted else {"POST": ""}
        convert = _Conversion(Decimal(rate), foreign=voucher.foreign)
        net = [Decimal(amount) for _, amount in costs]
        beside = "0" if tax_code in ("S", "U") else tax
        gross = sum(net, Decimal(0)) + Decimal(beside)
        parts = [Decimal(part) for part in items] if items else [gross]
        base_gross = sum(map(convert.base, net), Decimal(0)) + convert.base(Decimal(beside))
        found, left = [], base_gross
        for place, part in enumerate(parts, 1):
            share = left if place == len(parts) else convert.base(part)
            left -= share
            amounts = convert.amounts(part, share, Decimal(tax) if place == 1 else Decimal(0))
            item = rows.pay_item(voucher, place, amounts, status=status)
            found.append(item | {"RMK": remark, "EXR1": tax_code} | mark)
        self.upsert("F0411", *found, changed=changed, undated=undated)
        journal = [row | mark for row in self._journal(voucher, costs, beside, convert, texts)]
        self.upsert("F0911", *journal, changed=changed, undated=undated)
        return Entry(doc, kind, company)

    def line(self, entry: Entry, place: int, account: str, amount: str, **more: Any) -> None:
        """Write one journal line of a voucher; `place` (1, 2, …) is that of a cost line, or a new one behind them."""
        row = CHART.get(account) or {
            "AID": "00099999",
            **dict(zip(("MCU", "OBJ", "SUB"), (*account.split("."), ""), strict=False)),
        }
        line = {
            **self.cost_key(entry, place),
            **{name: row[name] for name in ("AID", "MCU", "OBJ", "SUB")},
            "CO": entry.company,
            "ANI": account,
            "AA": amount,
            "EXA": "Changed",
            "CRCD": CURRENCIES[entry.company],
            **more,
        }
        self.upsert("F0911", line)

    def delete_line(self, entry: Entry, place: int) -> None:
        """Delete one cost line."""
        self.delete("F0911", self.cost_key(entry, place))

    def change_items(self, entry: Entry, *amounts: str, **columns: Any) -> None:
        """Give the pay items of a domestic voucher new gross amounts, or other columns."""
        for place, amount in enumerate(amounts or ("",), 1):
            money = {"AG": amount, "AAP": amount, "ATXN": amount} if amount else {}
            key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": f"{place:03d}", "SFXE": 0}
            self.upsert("F0411", key | money | columns)

    def pay(self, entry: Entry, amount: str | None = None, *, on: date = TODAY, number: int = 5001) -> None:
        """Pay what is open of a voucher, or a part of it."""
        more = {"amount": amount} if amount else {}
        self.act("pay_voucher", entry, date=on, number=number, **more)

    def void_payment(self, number: int = 5001, *, on: date = TODAY) -> None:
        """Void a payment by its number."""
        self.act("void_payment", date=on, number=number)

    def post(self, entry: Entry) -> None:
        """Post the batch of a voucher, which leaves UPMJ as it is."""
        self.act("post_batch", entry)

    def change(self, entry: Entry, amount: str) -> None:
        """Change the amount of a voucher: of a posted one the batch is open again."""
        self.act("change_voucher", entry, amount=amount)

    def void(self, entry: Entry, *, on: date = TODAY) -> None:
        """Void an unpaid voucher that was posted: of one that was not, nothing would be left (`delete_voucher`)."""
        self.post(entry)
        self.act("void_voucher", entry, date=on)

    def _journal(
        self, voucher: Voucher, costs: Sequence[tuple[str, str]], tax: str, convert: _Conversion, texts: Sequence[str]
    ) -> list[dict[str, Any]]:
        lines = [(CHART[account], Decimal(amount), "") for account, amount in costs]
        texts = [*texts, *("Works" for _ in lines[len(texts) :])]
        if Decimal(tax):
            lines.append((CHART[f"{voucher.company}.4433"], Decimal(tax), ""))
            texts.append("VAT")
        total = sum((amount for _, amount, _ in lines), Decimal(0))
        found = []
        for place, ((account, amount, mark), text) in enumerate(zip(lines, texts, strict=True), 1):
            foreign = amount if voucher.foreign else Decimal(0)
            found.append(
                rows.ledger_line(voucher, place, account, convert.base(amount), text, foreign=foreign, mark=mark)
            )
        offset = CHART[f"{voucher.company}.4110"]
        base = -sum((row["AA"] for row in found), Decimal(0))  # type: ignore[misc]
        foreign = -total if voucher.foreign else Decimal(0)
        found.append(rows.ledger_line(voucher, 900, offset, base, "Offset", foreign=foreign, mark="AM"))
        return [dict(row) for row in found]

    @staticmethod
    def cost_key(entry: Entry, place: int) -> dict[str, Any]:
        """The key of a journal line."""
        key = {"DCT": entry.kind, "DOC": entry.doc, "KCO": entry.company}
        return {**key, "DGJ": _FIRST_OF_MONTH.isoformat(), "JELN": place, "LT": "AA", "EXTL": ""}


@dataclass(frozen=True)
class _Conversion:
    rate: Decimal
    foreign: bool

    def base(self, amount: Decimal) -> Decimal:
        """In the company's currency, to the penny."""
        return (amount * self.rate).quantize(CENT, ROUND_HALF_UP) if self.foreign else amount

    def amounts(self, gross: Decimal, base_gross: Decimal, tax: Decimal) -> Amounts:
        """What a pay item holds in both currencies."""
        base_tax = self.base(tax)
        domestic = Amounts(gross=base_gross, open=base_gross, untaxed=base_gross - base_tax, tax=base_tax)
        if not self.foreign:
            return domestic
        return Amounts(
            gross=base_gross,
            open=base_gross,
            untaxed=base_gross - base_tax,
            tax=base_tax,
            foreign_gross=gross,
            foreign_open=gross,
            foreign_untaxed=gross - tax,
            foreign_tax=tax,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
