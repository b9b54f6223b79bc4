"""Filling mapped rows of `approved_invoices` from our memory and JDE's reference data: who, which account, which day.

What an invoice without a right to a voucher says is nobody's business: only approved ones are resolved and checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connector_assets.delivery.checks import frame, mapped_columns, records
from connector_assets.delivery.flow import Frames
from connector_assets.delivery.money import amount_text
from connector_assets.integrations.from_jde.keys import Row, account_key, by, number_of, text
from connector_assets.integrations.jde_coupa.accounts import Accounts
from connector_assets.integrations.jde_coupa.approved.settings import NUMBER_LENGTH
from connector_assets.integrations.jde_coupa.terms import MAPPING as TERMS

if TYPE_CHECKING:
    from connector_assets.integrations.jde_coupa.approved_invoices import ApprovedInvoices

TAXES, RATES = "tax_codes", "exchange_rates"
BORN_IN_JDE, NOT_APPROVED, BEFORE_GO_LIVE = "born_in_jde", "not_approved", "before_go_live"


class Resolving:
    """One pass over the frames of one flow."""

    def __init__(self, flow: ApprovedInvoices) -> None:
        self.flow = flow
        self.bench = flow.bench
        self.settings = flow.settings
        self.name = flow.bench.integration.name
        # the documents that JDE has, or may have, a voucher of
        self.delivered: set[str] = set()

    def resolve(self, frames: Frames) -> Frames:
        """Fill the columns that come from memory and reference data, anew each time."""
        documents, lines = records(frames.documents), records(frames.lines)
        self._birthplaces(documents)
        self._suppliers(documents)
        self._accounts(lines)
        own: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            own.setdefault(line["key"], []).append(line)
        for row in documents:
            if row["ignored"] is None and not row["void"]:
                self._complete(row, own.get(row["key"], []))
                self.flow.orders.check(own.get(row["key"], []), delivered=row["key"] in self.delivered)
            else:
                row |= dict.fromkeys(("withheld", "positive", "gap", "no_lines"))
        self._twins(documents)
        return Frames(
            frame(documents, mapped_columns(self.flow.document_columns)) if documents else frames.documents,
            frame(lines, {"key": "str", **self.flow.line_columns}) if lines else frames.lines,
        )

    # -- which documents ------------------------------------------------------------------------------------------

    def _birthplaces(self, documents: Sequence[dict[str, Any]]) -> None:
        ledger, ids = self.bench.ledger, [str(row["invoice_id"]) for row in documents]
        from_jde = ledger.links.by_target(f"{self.name}/invoices", "invoices", ids)
        known = ledger.deliveries.load(self.flow.full_name, [row["key"] for row in documents])
        sent = {key for key, each in known.items() if each.target_id or each.state in ("sending", "in_doubt")}
        sent |= ledger.links.of(self.flow.full_name, [row["key"] for row in documents]).keys()
        for row in documents:
            delivered = row["in_jde"] or row["key"] in sent
            self.delivered |= {row["key"]} if delivered else set()
            row["ignored"] = self._rule(row, delivered, str(row["invoice_id"]) in from_jde)

    def _rule(self, row: Mapping[str, Any], delivered: bool, linked: bool) -> str | None:
        if row["born_as"] or linked:
            return BORN_IN_JDE
        if delivered:
            return None
        if row["void"]:
            return NOT_APPROVED
        go_live, day = self.settings.go_live, row["invoice_date"]
        return BEFORE_GO_LIVE if go_live is not None and day is not None and day < go_live else None

    def _twins(self, documents: Sequence[dict[str, Any]]) -> None:
        """Two invoices of one supplier and number: the older one goes, the other waits for a person."""
        for row in documents:
            row["twin"] = None
        if self.settings.duplicates == "send":
            return
        alive = [row for row in documents if row["ignored"] is None and not row["void"] and row["number"]]
        links = self.bench.ledger.links.of(self.flow.full_name, [row["key"] for row in alive])
        groups = by([{**row, "credit": row["amount"] < 0} for row in alive], "supplier_id", "number", "credit")
        firsts: dict[str, str] = {}
        for same in groups.values():
            first = min(same, key=lambda row: (row["key"] not in links, row["invoice_id"]))
            firsts |= {row["key"]: first["key"] for row in same if row["key"] not in links}
        for row in alive:
            if firsts.get(row["key"], row["key"]) != row["key"]:
                row["twin"] = firsts[row["key"]]

    # -- what they say --------------------------------------------------------------------------------------------

    def _complete(self, row: dict[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        row["no_number"] = None if row["number"] else "blank"
        row["no_date"] = None if row["invoice_date"] else "blank"
        row["no_currency"] = None if row["currency"] else "blank"
        row["long_number"] = row["number"] if len(row["number"] or "") > NUMBER_LENGTH else None
        row["unknown_supplier"] = None if row["an8"] is not None else row["supplier"] or "without number"
        row["term"], row["unmapped_term"] = self._term(row["term_code"])
        charges = [line["charge"] for line in lines if line["charge"] and not line["account"]]
        row["unmapped_charge"] = next((each for each in charges if each not in self.settings.charge_accounts), None)
        row["company"] = self.settings.company or next((line["company"] for line in lines if line["company"]), None)
        self._taxes(row, whole=any(line["order_number"] for line in lines))
        self._currency(row)
        self._gl_date(row, known=all(line["account"] or line["company"] for line in lines))
        row["payer"] = self.settings.new_status if self.settings.payer_problem else None

    def _suppliers(self, documents: Sequence[dict[str, Any]]) -> None:
        ids = {str(row["supplier_id"]) for row in documents if row["supplier_id"]}
        links = self.bench.ledger.links.by_target(f"{self.name}/suppliers", "suppliers", list(ids))
        for row in documents:
            link = links.get(str(row["supplier_id"]))
            if link is not None:
                row["an8"] = number_of(link.source_key)
            else:
                row["an8"] = int(row["supplier"]) if row["supplier_exists"] else None

    def _term(self, code: str | None) -> tuple[str | None, str | None]:
        """JDE's term of a Coupa code, and the code where it cannot be told: the mapping read backwards, else the same
        code where JDE has it."""
        if code is None:
            return None, None
        found = sorted({ours for ours, theirs in self._term_table.items() if theirs == code})
        if not found and code in self._jde_terms and code not in self._term_table:
            found = [code]
        return (found[0], None) if len(found) == 1 else (None, code)

    @cached_property
    def _term_table(self) -> Mapping[str, str]:
        return self.bench.ledger.mappings.table(self.name, TERMS)

    @cached_property
    def _jde_terms(self) -> set[str]:
        return {text(row["PTC"]) or "" for row in self.bench.reader("jde").snapshot("F0014")}

    def _taxes(self, row: dict[str, Any], *, whole: bool) -> None:
        """The pay items: one for each tax code, or one for all where there is no tax. A voucher match takes one tax for
        the `whole` of it."""
        table = self.bench.ledger.mappings.table(self.name, TAXES)
        row["unmapped_tax"] = None
        items = []
        for code, tax, net in json.loads(row["taxes"]):
            area = table.get(code) if code else self.settings.tax_area
            if area is None:
                row["unmapped_tax"] = row["unmapped_tax"] or code
            items.append({"gross": amount_text(Decimal(net) + Decimal(tax)), "tax": tax, "area": area or ""})
        if whole and len(items) > 1:
            row["unmapped_tax"] = "+".join(code for code, _, _ in json.loads(row["taxes"]))
        row["pay_items"] = json.dumps(items or [{"gross": amount_text(row["amount"]), "tax": "0.00", "area": ""}])

    def _currency(self, row: dict[str, Any]) -> None:
        base = self.flow.vouchers.company_currency.get(row["company"] or "")
        row["foreign"] = bool(base and row["currency"] and base != row["currency"])
        row["rate"] = row["unmapped_rate"] = None
        if not row["foreign"] or self.settings.exchange_rate == "jde":
            return
        pair = f"{row['currency']}/{base}"
        try:
            row["rate"] = Decimal(self.bench.ledger.mappings.table(self.name, RATES)[pair])
        except (KeyError, InvalidOperation):
            row["unmapped_rate"] = pair

    def _gl_date(self, row: dict[str, Any], *, known: bool) -> None:
        """By the company's open periods; where not every account is `known`, the company may not be either. A closed
        period holds what has no voucher yet; of one that has, it keeps a change from being made (`not_open`)."""
        wanted = self.bench.today("jde") if self.settings.gl_date == "today" else row["invoice_date"]
        row["gl_date"] = row["closed"] = row["not_open"] = None
        if wanted is None or not known:
            return
        if row["company"] is None:
            why = "the company of its accounts is not known"
        else:
            found = self.flow.periods.gl_date(row["company"], wanted)
            row["gl_date"], why = found.day, found.why
        if row["gl_date"] is None:
            row["not_open" if row["key"] in self.delivered else "closed"] = why

    # -- accounts -------------------------------------------------------------------------------------------------

    def _accounts(self, lines: Sequence[dict[str, Any]]) -> None:
        ids = {line["account_id"] for line in lines if line["account_id"]}
        links = self.bench.ledger.links.by_target(f"{self.name}/accounts", "accounts", list(ids))
        for line in lines:
            line["missing_account"] = line["closed_account"] = None
            if line["order_number"]:
                # the order knows its account
                line["aid"] = line["account"] = None
                line["company"] = line["line_company"]
                continue
            link = links.get(line["account_id"] or "")
            found = self._by_key.get(link.source_key) if link else None
            found = found or self._by_code.get(line["account_code"] or "")
            if line["charge"]:
                number = self.settings.charge_accounts.get(line["charge"])
                found, shown = self._by_number.get(number or ""), number
            else:
                shown = line["account_code"] or "none"
            line["account"] = _number(found) if found else None
            line["aid"] = text(found["AID"]) if found else None
            line["company"] = self._unit_company.get(text(found.get("MCU")) or "") if found else None
            if found is None and shown:
                line["missing_account"] = shown
            elif found is not None and (text(found.get("PEC")) or "") in self.settings.not_postable:
                line["closed_account"] = shown

    @cached_property
    def _chart(self) -> Sequence[Row]:
        return self.bench.reader("jde").snapshot("F0901")

    @cached_property
    def _by_key(self) -> dict[str, Row]:
        return {account_key(row["AID"]): row for row in self._chart}

    @cached_property
    def _by_number(self) -> dict[str, Row]:
        return {_number(row): row for row in self._chart}

    @cached_property
    def _by_code(self) -> dict[str, Row]:
        """Coupa's account code, the segments joined with hyphens, to the account; of several of one code none."""
        segments = Accounts(self.bench).settings.segments
        groups: dict[str, list[Row]] = {}
        for row in self._chart:
            parts = [text(row.get(segment)) or "" for segment in segments]
            while parts and not parts[-1]:
                parts.pop()
            groups.setdefault("-".join(parts), []).append(row)
        return {code: rows[0] for code, rows in groups.items() if len(rows) == 1}

    @cached_property
    def _unit_company(self) -> dict[str, str]:
        rows = self.bench.reader("jde").snapshot("F0006")
        return {text(row["MCU"]) or "": text(row.get("CO")) or "" for row in rows}


def _number(row: Row) -> str:
    """The account as people write it, and as JDE takes it: unit.object[.subsidiary]."""
    return ".".join(part for part in (text(row.get(column)) for column in ("MCU", "OBJ", "SUB")) if part)
