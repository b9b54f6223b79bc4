"""The party that Coupa Pay would pay for a voucher, and whether JD Edwards names the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from connector_assets.pairs.jde_coupa.invoices.remit_to import RemitTo, key_of
from connector_assets.pairs.jde_coupa.invoices.settings import InvoiceSettings


class Payees:
    """Supplier and payee of mapped vouchers; `addresses` says at which address of its supplier a payee is paid."""

    def __init__(self, addresses: RemitTo, settings: InvoiceSettings, *, coupa_pays: bool) -> None:
        self._addresses, self._settings, self._coupa_pays = addresses, settings, coupa_pays

    def party(self, row: Mapping[str, Any]) -> int:
        """Whose supplier record in Coupa a voucher's is."""
        return int(row["payee"] if self._factored == "payee" else row["supplier"])

    @property
    def _factored(self) -> str:
        """What becomes of factored vouchers; an external payable names nobody."""
        can = self._coupa_pays and self._settings.mode == "invoices_draft"
        return str(self._settings.factored) if can else "hold"

    def remit_to(self, row: Mapping[str, Any]) -> str | None:
        """The remit-to code of the address at which a voucher's payee is paid."""
        return self._addresses.code(row["supplier"], row["payee"]) if self._remits(row) else None

    def _remits(self, row: Mapping[str, Any]) -> bool:
        """Whether the address matters at which an invoice is paid: it is open, and of one payee."""
        open_ = row["open_amount"] and not row["void"]
        return bool(self._factored == "remit_to" and open_ and row["payee"])

    def unmapped(self, row: Mapping[str, Any]) -> str | None:
        """Supplier and payee of a factored voucher for whom no remit-to address is mapped."""
        if not self._remits(row) or row["payee"] == row["supplier"]:
            return None
        key = key_of(row["supplier"], row["payee"])
        return None if self._addresses.code(row["supplier"], row["payee"]) else key

    def state(self, row: Mapping[str, Any], sent: Collection[str], named: Collection[str]) -> str:
        """Why Coupa Pay would pay somebody else than JDE says. What JDE pays by itself it pays to its payee, whoever's
        the invoice is. An external payable names no supplier that could be read back: what was sent is remembered."""
        if not self._coupa_pays or row["void"] or not row["open_amount"]:
            return ""
        merged = self._settings.mode == "external_payables" and named and str(row["supplier"]) not in named
        if row["payee"] == self.party(row) and not merged:
            return ""
        if self._remits(row) and (self.unmapped(row) is None or row["key"] not in sent):
            # it is paid at the supplier's address, or is held until one is mapped
            return ""
        return "changed" if row["key"] in sent else "factored"
