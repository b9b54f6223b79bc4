"""Amounts of currencies that have not two decimals, as a site's AIS server shows them (jde-ais section 8, 4).

JD Edwards keeps amounts as whole numbers of a currency's smallest unit. The data service applies the display decimals
of the data dictionary, two; whether a currency's own decimals are put right before that is not established. Where they
are not, 1000 yen come as 10.00 and 1.234 dinars as 12.34: `currency_decimals: shifted` of the connection says so. What
is sent goes through forms and orchestrations, which take plain values: nothing is shifted there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from connector_resources.currencies import USUAL, iso_decimals
from connector_resources.jde.currencies import decimals_by_currency
from connector_resources.jde.query import all_of, eq, ne
from connector_resources.jde.shapes import Kind
from connector_resources.jde.tables import TABLES

if TYPE_CHECKING:
    from connector_resources.jde.asking import Asks
    from connector_resources.jde.wire import Row

Shown = Literal["as_served", "shifted"]
# amounts in the currency of the document (CRCD); the others are in that of the company's books
FOREIGN = frozenset(("ACR", "FAP", "CDS", "CDSA", "CTXA", "CTXN", "CTAM", "PFAP", "FEA", "FREC"))
# which column says the company, where none says the currency of its books itself (BCRC)
COMPANIES = ("CO", "KCO", "KCOO")
# the currency ledger of F0911 has the document's amount in AA
CURRENCY_LEDGER = "CA"
_ROWS = 20
# how far a voucher's amounts may be from its rate: they were rounded, and a factor of ten is not missed by it
_NEAR = Decimal("0.02")
_LEAST = Decimal(1)


class ServedAmounts:
    """How amounts are shown: what puts rows right that were shifted, and what the vouchers themselves prove."""

    def __init__(self, data: Asks) -> None:
        self._data = data
        self._decimals: Mapping[str, int] | None = None
        self._books: Mapping[str, str] | None = None
        self._proved: dict[str, Shown | None] = {}

    @property
    def decimals(self) -> Mapping[str, int]:
        """Currency -> its decimals by F0013; read once."""
        if self._decimals is None:
            self._decimals = decimals_by_currency(self._data)
        return self._decimals

    def decimals_of(self, currency: str) -> int:
        """A currency's decimals: by F0013, else by ISO 4217."""
        return self.decimals.get(currency, iso_decimals(currency))

    @staticmethod
    def needed(table: str, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns that say in which currencies the amounts among `columns` are."""
        described = TABLES.get(table)
        if described is None or not _amounts(table, columns):
            return ()
        names = ["CRCD", "LT", "BCRC"]
        names += [name for name in COMPANIES if name in described.columns][:1]
        return tuple(name for name in names if name in described.columns)

    def put_right(self, table: str, rows: Sequence[Row]) -> None:
        """Shift the amounts of rows back, in place; the currency of F0413.PAAP is not told, and no flow uses it."""
        for row in rows:
            for alias in _amounts(table, tuple(row)):
                amount, currency = row[alias], self._currency(row, alias)
                if amount and currency and (decimals := self.decimals_of(currency)) != USUAL:
                    row[alias] = amount.scaleb(USUAL - decimals)

    def proved(self, currency: str) -> Shown | None:
        """How the amounts of a currency are shown, by foreign vouchers in it: their gross amount (ACR), times or by
        their rate (CRR), is that in the company's books (AG). None where none tells, or they contradict each other.
        Only meant of rows that are not put right."""
        if currency not in self._proved:
            self._proved[currency] = self._prove(currency)
        return self._proved[currency]

    def _prove(self, currency: str) -> Shown | None:
        columns = ["AG", "ACR", "CRR", "CRRM", "CRCD", "CO", "BCRC"]
        where = all_of(eq("CRCD", currency), eq("CRRM", "F"), ne("ACR", 0))
        found = {
            shown
            for row in self._data.first_page("F0411", columns=columns, where=where, page_size=_ROWS)
            if (shown := self._proved_by(row, currency)) is not None
        }
        return found.pop() if len(found) == 1 else None

    def _proved_by(self, row: Row, currency: str) -> Shown | None:
        amount, base, rate = row.get("ACR"), row.get("AG"), row.get("CRR")
        books = row.get("BCRC") or ""
        if not (amount and base and rate and books) or self.decimals_of(books) != USUAL:
            return None
        if abs(base) < _LEAST or abs(amount) < _LEAST:
            # so small that rounding hides the rate
            return None
        factor = Decimal(1).scaleb(USUAL - self.decimals_of(currency))
        ways: dict[Shown, Decimal] = {"as_served": amount, "shifted": amount * factor}
        fits: list[Shown] = [
            shown
            for shown, own in ways.items()
            if any(abs(base / (own * by) - 1) <= _NEAR for by in (Decimal(rate), 1 / Decimal(rate)))
        ]
        return fits[0] if len(fits) == 1 else None

    def _currency(self, row: Row, alias: str) -> str | None:
        if alias in FOREIGN or row.get("LT") == CURRENCY_LEDGER:
            return row.get("CRCD") or None
        if row.get("BCRC"):
            return str(row["BCRC"])
        company = next((row[name] for name in COMPANIES if row.get(name)), None)
        return self._company_books.get(str(company)) if company else None

    @property
    def _company_books(self) -> Mapping[str, str]:
        """Company -> the currency of its books (F0010)."""
        if self._books is None:
            pages = self._data.browse("F0010", columns=["CO", "CRCD"])
            self._books = {row["CO"]: row["CRCD"] or "" for page in pages for row in page}
        return self._books


def _amounts(table: str, columns: Sequence[str]) -> list[str]:
    described = TABLES.get(table)
    known = described.columns if described else {}
    return [alias for alias in columns if alias in known and known[alias].kind is Kind.MONEY]
