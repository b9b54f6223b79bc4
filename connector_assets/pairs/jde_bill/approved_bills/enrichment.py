"""Completing mapped rows of `approved_bills` from the ledger and JDE's data: supplier, account, day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.accounts.master import account_number
from connector_assets.documents.jde.keys import Row, text
from connector_assets.documents.jde.voucher_entry.enrichment import ORIGINATES_IN_JDE, VoucherEnrichment
from connector_assets.documents.jde.voucher_entry.writer import NOT_APPROVED
from connector_assets.pairs.jde_bill.approved_bills.mapping import UNITS, UNPAID
from connector_assets.pairs.jde_bill.chart_of_accounts import ChartOfAccounts
from connector_assets.pairs.jde_bill.departments import Departments
from connector_assets.pairs.jde_bill.vendors.settings import FLOW as VENDORS
from connector_assets.pairs.jde_bill.vendors.settings import parts_of

# flows that make bills of what came from JDE
MAKERS = ("bills", "purchase_order_bills")
BILLS = "bills"
NOT_USABLE, STATUS_UNKNOWN = "not_usable", "status_unknown"


class BillEnrichment(VoucherEnrichment):
    """One pass over the frames of one flow."""

    # -- which documents ------------------------------------------------------------------------------------------

    def left_alone(self, documents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        ids = [row["bill_id"] for row in documents]
        linked: set[str] = set()
        for maker in MAKERS:
            linked |= self.context.ledger.links.by_target(f"{self.name}/{maker}", BILLS, ids).keys()
        found = {row["key"]: STATUS_UNKNOWN for row in documents if not row["known"]}
        return found | {
            row["key"]: ORIGINATES_IN_JDE for row in documents if row["born_as"] or row["bill_id"] in linked
        }

    def rule(self, row: Mapping[str, Any]) -> str | None:
        if not row["usable"]:
            return NOT_USABLE
        return NOT_APPROVED if row["void"] else None

    # -- what they say --------------------------------------------------------------------------------------------

    def complete(self, row: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        self.complete_header(row, lines)
        row["unknown_supplier"] = None if row["an8"] is not None else row["vendor"] or "without vendor"

    def withdraw(self, row: dict[str, Any]) -> None:
        super().withdraw(row)
        # the voucher of what BILL has paid, or is about to pay, is settled by that payment
        paying = row["payment_status"] not in (None, UNPAID)
        row["paid_there"] = row["payment_status"] if paying and row["ignored"] is None else None

    def suppliers(self, documents: Sequence[dict[str, Any]]) -> None:
        """By the vendor's link read backwards, else by our marker in its shortName."""
        ids = {row["supplier_id"] for row in documents if row["supplier_id"]}
        links = self.context.ledger.links.by_target(f"{self.name}/{VENDORS}", VENDORS, list(ids))
        for row in documents:
            link = links.get(row["supplier_id"] or "")
            if link is not None:
                row["an8"] = parts_of(link.source_key)[0]
            else:
                row["an8"] = int(row["supplier"]) if row["supplier_exists"] else None

    # -- accounts -------------------------------------------------------------------------------------------------

    def accounts(self, lines: Sequence[dict[str, Any]]) -> None:
        """By the account's link read backwards, else by its number in BILL."""
        ids = {line["account_id"] for line in lines if line["account_id"]}
        flow = f"{self.name}/{ChartOfAccounts.name}"
        links = self.context.ledger.links.by_target(flow, ChartOfAccounts.target_entity, list(ids))
        units = self._units(lines) if self.settings.unit == "department" else {}
        for line in lines:
            id, default = line["account_id"], self.settings.default_account
            if id:
                number, shown = self._bill_accounts.get(id, ("", id))
                found = self.by_key.get(links[id].source_key) if id in links else self.by_number.get(number)
            else:
                found, shown = self.by_number.get(default or ""), default or "none"
            unit = units.get(line[self._unit_column] or "")
            if found is not None and unit is not None and id:
                shown = account_number({**found, "MCU": unit})
                found = self.by_number.get(shown)
            self.put_account(line, found, shown)

    @cached_property
    def _departments(self) -> Departments:
        return Departments(self.context)

    @property
    def _unit_column(self) -> str:
        """The line's field that names the record of its business unit, by the setting `as` of departments."""
        return UNITS[self._departments.target_entity]

    def _units(self, lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Id of a unit's record in BILL -> the business unit (MCU) that it was made of."""
        flow, ids = self._departments, {line[self._unit_column] for line in lines if line[self._unit_column]}
        links = self.context.ledger.links.by_target(flow.full_name, flow.target_entity, list(ids))
        return {id: link.source_key.partition(":")[2] for id, link in links.items()}

    @cached_property
    def _bill_accounts(self) -> dict[str, tuple[str, str]]:
        """Id of an account of BILL -> its number, and what a person knows it by."""
        rows: Sequence[Row] = self.context.reader("bill").snapshot(ChartOfAccounts.snapshot)
        return {row["id"]: (text(row["number"]) or "", row["number"] or row["name"] or row["id"]) for row in rows}
