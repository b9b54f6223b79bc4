"""Completing mapped rows of `approved_invoices` from the ledger and JDE's data: supplier, account, day."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from connector_assets.documents.jde.keys import Row, number_of, text
from connector_assets.documents.jde.voucher_entry.bodies import ASSESSED, BESIDE
from connector_assets.documents.jde.voucher_entry.enrichment import ORIGINATES_IN_JDE, VoucherEnrichment, VoucherFlow
from connector_assets.documents.jde.voucher_entry.writer import NOT_APPROVED
from connector_assets.documents.jde.vouchers.taxes import TaxRule, tax_rule
from connector_assets.engine.money import amount_text, prorated
from connector_assets.pairs.jde_coupa.accounts.company_charts import Charts
from connector_assets.pairs.jde_coupa.accounts.flow import Accounts
from connector_assets.pairs.jde_coupa.approved_invoices.orders import OrderLines
from connector_assets.pairs.jde_coupa.terms import MAPPING as TERMS
from connector_resources.errors import UnusableInput

TAXES = "tax_codes"


class InvoiceFlow(VoucherFlow, Protocol):
    """What is asked of `flow.ApprovedInvoices` besides."""

    @property
    def orders(self) -> OrderLines: ...


class InvoiceEnrichment(VoucherEnrichment):
    """One pass over the frames of one flow."""

    flow: InvoiceFlow
    unasked = (
        "withheld",
        "positive",
        "unclear_discount",
        "gap",
        "no_lines",
        "companies",
        "too_fine",
        "channel",
        "paid_there",
    )

    # -- which documents ------------------------------------------------------------------------------------------

    def left_alone(self, documents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        ids = [str(row["invoice_id"]) for row in documents]
        linked = self.context.ledger.links.by_target(f"{self.name}/invoices", "invoices", ids)
        return {
            row["key"]: ORIGINATES_IN_JDE for row in documents if row["born_as"] or str(row["invoice_id"]) in linked
        }

    def rule(self, row: Mapping[str, Any]) -> str | None:
        return NOT_APPROVED if row["void"] else None

    # -- what they say --------------------------------------------------------------------------------------------

    def complete(self, row: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        self.complete_header(row, lines)
        row["term"], row["unmapped_term"] = self._term(row["term_code"])
        charges = [line["charge"] for line in lines if line["charge"] and not _names_account(line)]
        row["unmapped_charge"] = next((each for each in charges if each not in self.settings.charge_accounts), None)
        self._taxes(row, lines)
        self.flow.orders.check(lines, delivered=row["key"] in self.delivered)

    def suppliers(self, documents: Sequence[dict[str, Any]]) -> None:
        ids = {str(row["supplier_id"]) for row in documents if row["supplier_id"]}
        links = self.context.ledger.links.by_target(f"{self.name}/suppliers", "suppliers", list(ids))
        for row in documents:
            link = links.get(str(row["supplier_id"]))
            if link is not None:
                row["an8"] = number_of(link.source_key)
            else:
                row["an8"] = int(row["supplier"]) if row["supplier_exists"] else None

    def _term(self, code: str | None) -> tuple[str | None, str | None]:
        """JDE's term of a Coupa code, and the code where it cannot be known: the mapping read backwards, else the same
        code where JDE has it."""
        if code is None:
            return None, None
        found = sorted({ours for ours, theirs in self._term_table.items() if theirs == code})
        if not found and code in self._jde_terms and code not in self._term_table:
            found = [code]
        return (found[0], None) if len(found) == 1 else (None, code)

    @cached_property
    def _term_table(self) -> Mapping[str, str]:
        return self.context.ledger.mappings.table(self.name, TERMS)

    @cached_property
    def _jde_terms(self) -> set[str]:
        return {text(row["PTC"]) or "" for row in self.context.reader("jde").snapshot("F0014")}

    def _taxes(self, row: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        """The pay items: one for each tax code, or one for all where there is no tax; and the lines' shares of a tax
        that is a cost. A voucher match takes one tax for the whole of it, and JDE puts it into its order lines."""
        table = self.context.ledger.mappings.table(self.name, TAXES)
        row |= dict.fromkeys(("unmapped_tax", "unruled_tax", "use_tax"))
        for line in lines:
            line["tax_share"] = None
        taxes = self._that_matter(json.loads(row["taxes"]), table)
        ordered = [bool(line["order_number"]) for line in lines]
        items = []
        unit = self.flow.vouchers.units.of(row["currency"])
        for code, tax, net in taxes:
            area = table.get(code) if code else self.settings.tax_area
            if area is None:
                row["unmapped_tax"] = row["unmapped_tax"] or code
            explanation, rule = str(area or "").partition("/")[2], self._rule_of(area)
            gross = amount_text(Decimal(net) + Decimal(tax))
            items.append({"gross": gross, "tax": tax, "area": area or "", "rule": rule or BESIDE})
            if not Decimal(tax):
                continue
            if rule is None:
                row["unruled_tax"] = row["unruled_tax"] or explanation
            elif rule == ASSESSED:
                row["use_tax"] = amount_text(Decimal(tax))
            elif rule != BESIDE and not any(ordered):
                _share(lines, {other for other, _, _ in taxes if other != code}, Decimal(tax), unit)
            elif rule != BESIDE and not all(ordered):
                # how much of it falls on what is for no order is JDE's to say
                row["unmapped_tax"] = code or explanation
        if any(ordered) and len(items) > 1:
            row["unmapped_tax"] = "+".join(code for code, _, _ in taxes)
        row["pay_items"] = json.dumps(items or [{"gross": amount_text(row["amount"]), "tax": "0.00", "area": ""}])

    def _that_matter(self, taxes: Sequence[Sequence[str]], table: Mapping[str, str]) -> list[Sequence[str]]:
        """Taxes by code as JDE has to know them: without any amount only use tax, which JDE works out by its code."""
        matters = any(Decimal(tax) or self._rule_of(table.get(code)) == ASSESSED for code, tax, _ in taxes)
        return list(taxes) if matters else []

    def _rule_of(self, area: str | None) -> TaxRule | None:
        return tax_rule(str(area or "").partition("/")[2], self.settings.tax_rules)

    # -- accounts -------------------------------------------------------------------------------------------------

    def accounts(self, lines: Sequence[dict[str, Any]]) -> None:
        prefix = self._charts.static_prefix if self._charts else ""
        ids = {f"{prefix}{line['account_id']}" for line in lines if line["account_id"]}
        links = self.context.ledger.links.by_target(f"{self.name}/accounts", "accounts", list(ids))
        for line in lines:
            if line["order_number"]:
                # the order knows its account
                self.put_account(line, None, None)
                line["company"] = line["line_company"]
                continue
            link = links.get(f"{prefix}{line['account_id']}")
            found = self.by_key.get(link.source_key) if link else None
            if found is None:
                found = self._by_code.get((self._chart_of(line["chart"]), line["account_code"] or ""))
            if line["charge"] and not _names_account(line):
                number = self.settings.charge_accounts.get(line["charge"])
                found, shown = self.by_number.get(number or ""), number
            else:
                shown = line["account_code"] or "none"
            self.put_account(line, found, shown)

    @cached_property
    def _charts(self) -> Charts | None:
        """The charts that JDE's accounts are kept in; None where Coupa has several and none is named."""
        try:
            return Accounts(self.context).charts
        except UnusableInput:
            return None

    def _chart_of(self, name: str | None) -> str:
        """Which chart an account is of that Coupa shows in the chart of this name; where it shows none, in the usual
        one."""
        if self._charts is None:
            return ""
        chart = self._charts.named(name)
        return chart.name if chart is not None else f"not ours: {name}"

    @cached_property
    def _by_code(self) -> dict[tuple[str, str], Row]:
        """Chart and Coupa's account code, the segments joined with hyphens, to the account; of several of one code
        none."""
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self.chart:
            chart = self._charts.of(text(row.get("CO"))) if self._charts else None
            if chart is None and self._charts is not None:
                continue
            layout = Accounts(self.context).settings if chart is None else chart.settings
            parts = [text(row.get(segment)) or "" for segment in layout.segments]
            while parts and not parts[-1]:
                parts.pop()
            groups.setdefault((chart.name if chart else "", "-".join(parts)), []).append(row)
        return {code: rows[0] for code, rows in groups.items() if len(rows) == 1}


def _names_account(line: Mapping[str, Any]) -> bool:
    """Whether Coupa says which account a line or charge is for."""
    return bool(line["account_id"] or line["account_code"])


def _share(lines: Sequence[dict[str, Any]], others: Collection[str], tax: Decimal, unit: Decimal) -> None:
    """Put a tax into the lines that bear none of the `others`, in their proportions and in whole `unit`s."""
    own = [line for line in lines if (line["tax_code"] or "") not in others]
    weights = [line["line_amount"] for line in own]
    if not sum(weights, Decimal(0)):
        own, weights = own[:1] or list(lines[:1]), [Decimal(1)]
    for line, share in zip(own, prorated(weights, tax, unit), strict=True):
        line["tax_share"] = share
