"""From spend lines to the tables of the ledger they were published from.

One voucher per company, document type and document number. Its lines are the distribution (F0911), with one line
against trade creditors that balances them; its pay item (F0411) is their sum, all open. Lines of one document that
differ in supplier, invoice number or GL Date become further pay items of it, so that nothing is lost. A supplier, unit
or account is stamped with the first GL Date it appears on (`updated` of ledger.toml permitting), a voucher with its
own; its time of day is its place among the vouchers of that day. The published lines have no addresses, so each
supplier's is a made-up post-office box.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from .rows import (
    OFFSET_LINE,
    Amounts,
    Stamp,
    Voucher,
    account,
    address,
    address_book,
    ledger_line,
    pay_item,
    supplier,
    unit,
)
from .settings import FileSettings, LedgerSettings
from .spend import SpendLine
from .world import Row, Tables

_MORNING = 8 * 3600
_BEFORE_VOUCHERS = _MORNING - 3600
_LAST_SECOND = 24 * 3600 - 1
_TERM = timedelta(days=30)
_FIRST_OFFSET_AID = 90_000_000

K = TypeVar("K", bound=Hashable)
Document = tuple[str, str, int]
"""KCO, DCT, DOC."""


@dataclass(slots=True)
class _Known:
    """A supplier, unit or account: the name of its latest GL Date, and when it was first seen."""

    name: str
    named_on: date
    file: FileSettings
    since: date
    lines: Counter[str] = field(default_factory=Counter)

    def seen(self, name: str, posted: date, file: FileSettings) -> None:
        self.lines[name] += 1
        if posted >= self.named_on:
            self.name, self.named_on = name, posted
        if posted < self.since:
            self.since, self.file = posted, file

    @property
    def stamp(self) -> Stamp:
        return Stamp.at(self.file.updated_on(self.since), _BEFORE_VOUCHERS)


class _Register(Generic[K]):
    """Everything of one kind, in the order of first appearance."""

    def __init__(self) -> None:
        self.known: dict[K, _Known] = {}

    def seen(self, key: K, name: str, posted: date, file: FileSettings) -> None:
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = _Known(name, posted, file, posted)
        known.seen(name, posted, file)

    def alternates(self) -> dict[str, Any]:
        """What appeared under several names: how many, and for each the name taken and the lines of the others."""
        found = {
            ".".join(map(str, key)) if isinstance(key, tuple) else str(key): {
                "name": known.name,
                "others": {name: lines for name, lines in known.lines.items() if name != known.name},
            }
            for key, known in self.known.items()
            if len(known.lines) > 1
        }
        return {"count": len(found), "names": found}


class Books:
    """Takes in spend lines, file by file, and gives the tables."""

    def __init__(self, settings: LedgerSettings) -> None:
        self._settings = settings
        self._suppliers: _Register[int] = _Register()
        self._units: _Register[str] = _Register()
        self._accounts: _Register[tuple[str, str]] = _Register()
        self._documents: dict[Document, list[SpendLine]] = {}
        self._files: dict[str, int] = {}
        self._offsets: dict[str, Row] = {}

    def add(self, file: str, lines: Iterable[SpendLine]) -> None:
        """Take in the lines of one file."""
        of = self._settings.of(file)
        company, kind = of.company, of.document_type
        count = 0
        for line in lines:
            count += 1
            self._suppliers.seen(line.supplier, line.supplier_name, line.posted, of)
            self._units.seen(line.unit, line.unit_name, line.posted, of)
            self._accounts.seen((line.unit, line.objekt), line.object_name, line.posted, of)
            self._documents.setdefault((company, kind, line.document), []).append(line)
        self._files[file] = count

    def tables(self) -> Tables:
        """The tables: F0101, F0401, F0116, F0006, F0901, F0411 and F0911."""
        tables: Tables = {
            "F0101": [address_book(number, of.name, of.stamp) for number, of in self._suppliers.known.items()],
            "F0401": [
                supplier(number, of.stamp, company=of.file.company, currency=of.file.currency)
                for number, of in self._suppliers.known.items()
            ],
            "F0116": [
                address(number, of.since, f"PO BOX {number}", "SHEFFIELD", "S1 1AA", "GB", of.stamp)
                for number, of in self._suppliers.known.items()
            ],
            "F0006": [unit(number, of.name, of.file.company, of.stamp) for number, of in self._units.known.items()],
        }
        accounts = {
            (number, objekt): account(place, number, objekt, of.name, of.file.company, of.stamp)
            for place, ((number, objekt), of) in enumerate(self._accounts.known.items(), start=1)
        }
        self._add_offsets(tables["F0006"], accounts)
        tables["F0901"] = list(accounts.values())
        tables["F0411"], tables["F0911"] = [], []
        for voucher, lines in self._vouchers():
            tables["F0411"] += _pay_items(voucher, lines)
            tables["F0911"] += self._distribution(voucher, lines, accounts)
        return tables

    def report(self) -> dict[str, Any]:
        """What was read, and what was untidy about it."""
        documents = self._documents
        names = Counter(name for known in self._suppliers.known.values() for name in known.lines)
        return {
            "files": self._files,
            "spend": {
                "lines": sum(self._files.values()),
                "documents": len(documents),
                "suppliers": len(self._suppliers.known),
                "units": len(self._units.known),
                "accounts": len(self._accounts.known),
                "amount": str(sum((line.amount for lines in documents.values() for line in lines), Decimal(0))),
            },
            "alternates": {
                "suppliers": self._suppliers.alternates(),
                "units": self._units.alternates(),
                "accounts": self._accounts.alternates(),
            },
            "shared_names": sum(1 for count in names.values() if count > 1),
            "cases": self._cases(),
            "offset_accounts": sorted(str(row["MCU"]) + "." + str(row["OBJ"]) for row in self._offsets.values()),
            "warnings": self._warnings(),
        }

    def _vouchers(self) -> Iterator[tuple[Voucher, list[SpendLine]]]:
        """Each voucher with its lines; its first line says what its header is."""
        on_day: Counter[date | None] = Counter()
        for (company, kind, number), lines in self._documents.items():
            first = lines[0]
            of = self._settings.of(first.file)
            updated = of.updated_on(first.posted)
            second = min(_MORNING + on_day[updated], _LAST_SECOND)
            on_day[updated] += 1
            yield _voucher((company, kind, number), first, of, Stamp.at(updated, second)), lines

    def _distribution(
        self, voucher: Voucher, lines: list[SpendLine], accounts: dict[tuple[str, str], Row]
    ) -> Iterator[Row]:
        for place, line in enumerate(lines, start=1):
            yield ledger_line(
                voucher,
                place,
                accounts[line.unit, line.objekt],
                line.amount,
                line.object_name,
                posted=line.posted,
                supplier=line.supplier,
                invoice=line.invoice,
            )
        total = sum((line.amount for line in lines), Decimal(0))
        offset = self._offsets[voucher.company]
        yield ledger_line(voucher, len(lines) + 1, offset, -total, "Trade creditors", mark=OFFSET_LINE)

    def _add_offsets(self, units: list[Row], accounts: dict[tuple[str, str], Row]) -> None:
        """A trade-creditors account per company, and its unit, unless the files themselves bring them."""
        companies = {company for company, _, _ in self._documents}
        for place, company in enumerate(sorted(companies)):
            number, objekt = self._settings.offset(company)
            first = min(of.since for of in self._units.known.values())
            stamp = Stamp.at(self._settings.default.updated_on(first), _BEFORE_VOUCHERS)
            if all(row["MCU"] != number for row in units):
                units.append(unit(number, "BALANCE SHEET", company, stamp, balance_sheet=True))
            self._offsets[company] = accounts.setdefault(
                (number, objekt),
                account(_FIRST_OFFSET_AID + place, number, objekt, "TRADE CREDITORS", company, stamp, posting="M"),
            )

    def _cases(self) -> dict[str, list[str]]:
        """Documents without an invoice number, and those that repeat one of an earlier document of the supplier."""
        blank, repeated = [], []
        seen: set[tuple[int, str]] = set()
        for (company, kind, number), lines in sorted(self._documents.items(), key=lambda item: item[0][2]):
            key = f"{company}/{kind}/{number}"
            number_of = (lines[0].supplier, lines[0].invoice)
            if not lines[0].invoice:
                blank.append(key)
            elif number_of in seen:
                repeated.append(key)
            seen.add(number_of)
        return {"blank_invoice_number": blank, "duplicate_invoice_number": repeated}

    def _warnings(self) -> list[str]:
        objects = {str(row["OBJ"]) for row in self._offsets.values()}
        lines: dict[str, int] = defaultdict(int)
        for document in self._documents.values():
            for line in document:
                if line.objekt in objects:
                    lines[line.objekt] += 1
        return [
            f"expense code {objekt} of {count} lines is the object of trade creditors too; "
            "set offset_account in ledger.toml to an account that no line has"
            for objekt, count in sorted(lines.items())
        ]


def _voucher(document: Document, line: SpendLine, of: FileSettings, stamp: Stamp) -> Voucher:
    company, kind, number = document
    return Voucher(
        company=company,
        kind=kind,
        number=number,
        supplier=line.supplier,
        invoice=line.invoice,
        currency=of.currency,
        base=of.currency,
        posted=line.posted,
        invoiced=line.posted,
        due=line.posted + _TERM,
        stamp=stamp,
    )


def _pay_items(voucher: Voucher, lines: list[SpendLine]) -> Iterator[Row]:
    """One pay item as a rule; one for each supplier, invoice number and GL Date that the lines hold."""
    sums: dict[tuple[int, str, date], Decimal] = {}
    for line in lines:
        of = (line.supplier, line.invoice, line.posted)
        sums[of] = sums.get(of, Decimal("0.00")) + line.amount
    for place, ((number, invoice, posted), total) in enumerate(sums.items(), start=1):
        row = pay_item(voucher, place, Amounts(gross=total, open=total, untaxed=total))
        if place > 1:
            row.update(AN8=number, PYE=number, VINV=invoice, DGJ=posted, DIVJ=posted, DDJ=posted + _TERM)
        yield row
