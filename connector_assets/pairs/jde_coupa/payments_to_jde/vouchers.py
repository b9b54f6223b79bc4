"""The voucher that a payment of Coupa Pay settles: from what JD Edwards and the invoice say about each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.documents.jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, is_void, text, voucher_key, voucher_parts
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.documents.jde.vouchers.reading import payee_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.money import ISO, Units
from connector_assets.pairs.jde_coupa.invoices.remit_to import RemitTo
from connector_assets.pairs.jde_coupa.mark_and_payer import origins

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class PaidVoucher:
    """The vouchers in force of an invoice, of each its pay items; one, where all is well. `currency` is the voucher's,
    `company` the one that it is booked in."""

    vouchers: Sequence[Sequence[Row]]
    currency: str | None = None
    company: str = ""
    originates_in_coupa: bool = False
    units: Units = ISO
    remit_to: RemitTo | None = None

    @property
    def keys(self) -> list[str]:
        """The vouchers, as `KCO/DCT/DOC`."""
        return [voucher_key(each[0]).removeprefix("F0411:") for each in self.vouchers]

    @property
    def open(self) -> Decimal:
        """What is left to be paid, in the voucher's currency."""
        items = [row for each in self.vouchers for row in each]
        return sum((row.get("FAP" if is_foreign(row) else "AAP") or ZERO for row in items), ZERO)

    def columns(self, row: Mapping[str, Any], *, booked: bool) -> dict[str, Any]:
        """The columns of a mapped row that the voucher fills; what is booked already lacks nothing."""
        items = self.vouchers[0] if len(self.vouchers) == 1 else []
        foreign = bool(items) and is_foreign(items[0])
        lacks = ""
        if not booked and not row["undone"]:
            lacks = (
                "voucher"
                if not self.vouchers
                else "one voucher"
                if not items
                else "currency"
                if self.currency != row["currency"]
                else "payee"
                if self._paid(row, items) not in (None, str(payee_of(items)))
                else ""
            )
        return {
            "voucher": ", ".join(self.keys) or None,
            "foreign": foreign,
            "base_discount": self._in_base(row["discount"], items) if foreign else row["discount"],
            "lacks": lacks,
        }

    def _in_base(self, amount: Decimal, items: Sequence[Row]) -> Decimal:
        """An amount of the voucher's currency in the company's, as the voucher was converted."""
        foreign = sum((row.get("ACR") or ZERO for row in items), ZERO)
        base = sum((row.get("AG") or ZERO for row in items), ZERO)
        if not foreign:
            return amount
        return (amount * base / foreign).quantize(self.units.of(text(items[0].get("BCRC"))), ROUND_HALF_UP)

    def _paid(self, row: Mapping[str, Any], items: Sequence[Row]) -> str | None:
        """Who got the money: the supplier, or the party that is paid at that address of the supplier."""
        supplier = str(items[0]["AN8"])
        if self.remit_to is not None and row["remit_to"] and row["payee"] in (None, supplier):
            return self.remit_to.payee(supplier, row["remit_to"]) or row["payee"]
        payee: str | None = row["payee"]
        return payee


class PaidVouchers:
    """Finds the vouchers of paid invoices, in JD Edwards as it is now."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.reader = context.reader("jde")
        self.units = Units(self.reader.decimals)
        self.remit_to = RemitTo(context)

    def of(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, PaidVoucher]:
        """Document key -> its voucher: the one whose key the invoice carries, else the one it is linked to, else those
        that were made of it."""
        named_in_invoice = {row["key"]: f"F0411:{row['born_as']}" if row["born_as"] else None for row in rows}
        linked = self._linked([row["invoice"] for row in rows])
        keys = {row["key"]: named_in_invoice[row["key"]] or linked.get(row["invoice"]) for row in rows}
        named = self._named([key for key in keys.values() if key])
        unnamed = {int(row["invoice"]) for row in rows if not keys[row["key"]]}
        made = origins(self.context).vouchers(self.reader, unnamed)
        currencies = company_currencies(self.reader)
        found = {}
        for row in rows:
            key = keys[row["key"]]
            vouchers = [named[key]] if key in named else [] if key else made[int(row["invoice"])]
            paid = _paid([items for items in vouchers if not is_void(items)], currencies)
            found[row["key"]] = replace(paid, originates_in_coupa=not key, units=self.units, remit_to=self.remit_to)
        return found

    def _linked(self, invoices: Sequence[str]) -> dict[str, str]:
        """Invoice id -> voucher key, by the links of the invoices flow."""
        flow = f"{self.context.integration.name}/invoices"
        links = self.context.ledger.links.by_target(flow, "invoices", sorted(set(invoices)))
        return {id: link.source_key for id, link in links.items()}

    def _named(self, keys: Sequence[str]) -> dict[str, list[Row]]:
        rows = self.reader.complete("F0411", VOUCHER_KEY, [voucher_parts(key) for key in sorted(set(keys))])
        return {voucher_key(items[0]): items for items in by(without_audit_rows(rows), *VOUCHER_KEY).values()}


def _paid(vouchers: Sequence[Sequence[Row]], currencies: Mapping[str, str]) -> PaidVoucher:
    if not vouchers:
        return PaidVoucher(vouchers)
    head = vouchers[0][0]
    company = text(head.get("CO")) or head["KCO"]
    return PaidVoucher(vouchers, voucher_currency(head, currencies, company), company)
