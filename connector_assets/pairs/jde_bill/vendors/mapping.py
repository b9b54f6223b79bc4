"""Suppliers of JD Edwards as mapped rows of vendors: one for each supplier, and one for each further currency.

In addition to what `documents/jde/suppliers/reading.py` reads, a row holds what a vendor needs: its currency, the
country as ISO-2, and what its address lacks (bill section 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from connector_assets.documents.jde.currencies import company_currencies, voucher_currency
from connector_assets.documents.jde.keys import Row, latest, supplier_key, text
from connector_assets.documents.jde.suppliers import reading as jde
from connector_assets.documents.jde.suppliers.names import bearers_in_target, unique_names
from connector_assets.engine.checks import computed, records
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Assembly
from connector_assets.pairs.jde_bill.vendors.records import ACTIVE, ARCHIVED
from connector_assets.pairs.jde_bill.vendors.settings import (
    COUNTRIES,
    MATCHES,
    NEW,
    VendorSettings,
    parts_of,
    vendor_key,
)

COLUMNS = {
    **jde.COLUMNS,
    # other payable suppliers of the same tax number, as `namesakes` are those of the same name
    "tax_sharers": "str",
    # of a vendor of another currency than the supplier's: that currency, and whether there are open vouchers in it
    "second_currency": "str?",
    "in_use": "bool",
    "name": "str?",
    "short_name": "str?",
    "status": "str",
    "bill_currency": "str?",
    "iso_country": "str?",
    "address_gap": "str?",
    # whether somebody changed the vendor in BILL since we last saw it
    "moved": "bool",
}
EMPTY: dict[str, Any] = {
    "name": None,
    "short_name": None,
    "status": ACTIVE,
    "bill_currency": None,
    "iso_country": None,
    "address_gap": None,
}
ADDRESS_COLUMNS = {"line1": "street1", "city": "city", "zip": "postal_code", "country": "iso_country"}
VOUCHERS = "F0411"
VOUCHER_COLUMNS = ["AN8", "CO", "CRRM", "CRCD", "AAP", "VOD", "UPMJ"]


class VendorMapping:
    """The source side of the flow `vendors`."""

    def __init__(self, context: RunContext, flow: str, settings: VendorSettings) -> None:
        self.context = context
        self.flow = flow
        self.settings = settings
        self.reader = context.reader("jde")

    # -- which vendors --------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Row]) -> dict[str, date | None]:
        """The vendors that these rows touch: of the supplier's tables all of its own, of F0411 those of the further
        currencies of open vouchers."""
        if entity == VOUCHERS:
            return self._of_vouchers(rows)
        days = jde.changed_suppliers(rows)
        return days | {key: days[main] for main in days for key in self._seconds.get(main, ())}

    def all_keys(self) -> dict[str, date | None]:
        """Every supplier, and every further currency in which one has a vendor or an open voucher."""
        days = jde.all_suppliers(self.reader, self.context.today("jde"))
        found = days | {key: days[main] for main in days for key in self._seconds.get(main, ())}
        if self._makes_seconds:
            for rows in self.reader.all_rows(VOUCHERS, VOUCHER_COLUMNS):
                found = self._of_vouchers(rows) | found
        return found

    @property
    def _makes_seconds(self) -> bool:
        return self.settings.other_currencies == "second_vendor"

    @cached_property
    def _seconds(self) -> dict[str, list[str]]:
        """Key of a supplier -> the keys of its vendors of further currencies that are linked."""
        found: dict[str, list[str]] = {}
        for link in self.context.ledger.links.all(flow=self.flow):
            number, currency = parts_of(link.source_key)
            if currency:
                found.setdefault(supplier_key(number), []).append(link.source_key)
        return found

    @cached_property
    def _books(self) -> dict[str, str]:
        return company_currencies(self.reader)

    def _of_vouchers(self, rows: Sequence[Row]) -> dict[str, date | None]:
        """The vendors of further currencies for which these pay items ask, while they are open."""
        days: dict[str, date | None] = {}
        for row in rows if self._makes_seconds else ():
            currency = voucher_currency(row, self._books)
            if currency and _is_open(row):
                key = vendor_key(row["AN8"], currency)
                days[key] = latest(days, key, row)
        numbers = {parts_of(key)[0] for key in days}
        masters = self.reader.complete("F0401", ["AN8"], [(number,) for number in numbers])
        own = {vendor_key(row["AN8"], self._currency(text(row.get("CRRP")))) for row in masters}
        return {key: day for key, day in days.items() if key not in own}

    def _currency(self, own: str | None) -> str | None:
        """The currency of a supplier: its own, else the site's default, else the one of all companies."""
        books = set(self._books.values()) - {""}
        return own or self.settings.default_currency or (books.pop() if len(books) == 1 else None)

    # -- their rows -----------------------------------------------------------------------------------------------

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        """One row a vendor."""
        mains = dict.fromkeys(supplier_key(parts_of(key)[0]) for key in keys)
        types = self.settings.payable_types
        assembly = jde.assemble_suppliers(self.reader, mains, types, self.context.today("jde"))
        rows = {row["number"]: row for row in assembly.documents}
        numbers = {row["tax_id"] for row in rows.values() if row["tax_id"]}
        sharers = jde.bearers_of(self.reader, "TAX", numbers, types)
        in_use = self._in_use({number for number, currency in map(parts_of, keys) if currency})
        assembly.documents = []
        for key, day in keys.items():
            number, currency = parts_of(key)
            if number not in rows:
                continue
            row, others = rows[number], sharers.get(rows[number]["tax_id"], ())
            assembly.documents.append(
                row
                | EMPTY
                | {
                    "key": key,
                    "day": day,
                    "tax_sharers": " ".join(str(each) for each in others if each != number),
                    "second_currency": currency,
                    "in_use": currency is None or key in in_use,
                }
            )
        return assembly

    def _in_use(self, numbers: set[int]) -> set[str]:
        """The vendors of further currencies for which there is an open voucher."""
        rows = self.reader.complete(VOUCHERS, ["AN8"], [(number,) for number in numbers])
        return {vendor_key(row["AN8"], voucher_currency(row, self._books)) for row in rows if _is_open(row)}

    def resolve(self, documents: pd.DataFrame) -> pd.DataFrame:
        """Fill what comes from our memory: links, names that are taken, mappings."""
        links = self.context.ledger.links.of(self.flow, list(documents["key"]))
        # one that is not payable any more is archived where we delivered it, and left alone elsewhere
        documents["status"] = computed(documents, lambda row: ACTIVE if row["payable"] else ARCHIVED)
        documents["ignored"] = computed(documents, lambda row: None if row["key"] in links else self._rule(row))
        documents["bill_currency"] = computed(
            documents, lambda row: row["second_currency"] or self._currency(row["supplier_currency"])
        )
        documents["name"] = pd.Series(self._names(documents), index=documents.index, dtype=object)
        documents["short_name"] = computed(
            documents, lambda row: self.settings.marker(row["number"], row["second_currency"])
        )
        mapped = self.context.ledger.mappings.table(self.context.integration.name, COUNTRIES)
        documents["iso_country"] = computed(documents, lambda row: self._country(row, mapped))
        documents["address_gap"] = computed(documents, self._gap)
        return documents

    def _rule(self, row: Row) -> str | None:
        """The rule by which a supplier without a vendor gets none."""
        if not row["payable"]:
            return "not_payable_type"
        if row["second_currency"] is None:
            return None
        if not self._makes_seconds:
            return "other_currencies_held"
        return None if row["in_use"] else "no_open_voucher_in_currency"

    def _names(self, documents: pd.DataFrame) -> list[str | None]:
        rows = records(documents)
        bearers = bearers_in_target(self.context.ledger, self.flow) if rows else {}
        said = self.context.ledger.mappings.table(self.context.integration.name, MATCHES)
        names = unique_names(rows, bearers, self.settings.unique_name)
        found = []
        for row, name in zip(rows, names, strict=True):
            bears_it = bearers.get((row["alph"] or "").casefold()) == supplier_key(row["number"])
            if name and said.get(str(row["number"])) == NEW and not bears_it:
                # BILL has the name already, of a vendor that a person said is another one
                name = self.settings.unique_name.format(name=row["alph"], number=row["number"])
            if name and row["second_currency"]:
                name = self.settings.second_name.format(name=name, currency=row["second_currency"])
            found.append(name)
        return found

    def _country(self, row: Row, mapped: Mapping[str, str]) -> str | None:
        """ISO-2; '' where JDE's code is mapped to none."""
        code = row["country"]
        if code is None:
            return self.settings.default_country
        own = code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else ""
        return mapped.get(code, own)

    def _gap(self, row: Row) -> str | None:
        """The first part that the address lacks; nobody asks for that of a vendor that is archived."""
        if row["status"] == ARCHIVED:
            return None
        return next((part for part in self.settings.address_needs if row[ADDRESS_COLUMNS[part]] is None), None)


def may_be_called(row: Row, settings: VendorSettings) -> list[str]:
    """The names that a supplier may bear in BILL."""
    plain = row["alph"] or ""
    names = [plain, settings.unique_name.format(name=plain, number=row["number"])]
    currency = row["second_currency"]
    return [settings.second_name.format(name=name, currency=currency) for name in names] if currency else names


def tax_sharers(row: Row) -> frozenset[int]:
    """Other payable suppliers of a row's tax number."""
    return frozenset(map(int, row["tax_sharers"].split()))


def namesakes(row: Row) -> frozenset[int]:
    """Other payable suppliers of a row's name."""
    return frozenset(map(int, row["namesakes"].split()))


def _is_open(row: Row) -> bool:
    return bool(row.get("AAP")) and text(row.get("VOD")) != "V"
