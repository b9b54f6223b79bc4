"""Completing mapped rows of documents that become vouchers, from the ledger and JDE's reference data.

A document that must not become a voucher is left out: only the others are completed and checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Protocol

from connector_assets.documents.jde.accounts.master import (
    NEEDS_SUBLEDGER,
    NEEDS_UNITS,
    account_number,
    postable,
    posting_edit,
)
from connector_assets.documents.jde.keys import Row, account_key, by, is_void, text
from connector_assets.documents.jde.periods import Periods
from connector_assets.documents.jde.voucher_entry import form_1099
from connector_assets.documents.jde.voucher_entry.origins import Origins
from connector_assets.documents.jde.voucher_entry.records import VoucherRecords
from connector_assets.documents.jde.voucher_entry.settings import NUMBER_LENGTH
from connector_assets.documents.jde.voucher_entry.writer import accepted, base_of, done
from connector_assets.documents.jde.vouchers.pay_item_texts import is_in_payment
from connector_assets.engine.checks import frame, mapped_columns, records
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Frames
from connector_assets.engine.merge import mark
from connector_assets.engine.money import amount_text
from connector_resources.ledger import Delivery

RATES = "exchange_rates"
ORIGINATES_IN_JDE, BEFORE_GO_LIVE = "born_in_jde", "before_go_live"


class VoucherFlow(Protocol):
    """What the enrichment asks of its flow (`flow.Vouchers`), which says what each member is."""

    context: RunContext
    settings: Any
    full_name: str

    @property
    def document_columns(self) -> Mapping[str, str]: ...

    @property
    def line_columns(self) -> Mapping[str, str]: ...

    @property
    def holds(self) -> Mapping[str, tuple[str, str]]: ...

    @property
    def line_holds(self) -> Mapping[str, tuple[str, str]]: ...

    @property
    def origin_system(self) -> str: ...

    @property
    def id_column(self) -> str: ...

    @property
    def payer_trouble(self) -> str: ...

    @property
    def vouchers(self) -> VoucherRecords: ...

    @property
    def origins(self) -> Origins: ...

    @property
    def periods(self) -> Periods: ...

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]: ...


class VoucherEnrichment:
    """One pass over the frames of one flow."""

    # what a row without a right to a voucher is not asked for
    unasked: tuple[str, ...] = ("gap", "no_lines", "companies", "too_fine")

    def __init__(self, flow: VoucherFlow) -> None:
        self.flow = flow
        self.context = flow.context
        self.settings = flow.settings
        self.name = flow.context.integration.name
        # the documents that JDE has, or may have, a voucher of
        self.delivered: set[str] = set()

    def resolve(self, frames: Frames) -> Frames:
        """Fill the columns that come from memory and reference data, again each time."""
        documents, lines = records(frames.documents), records(frames.lines)
        self._origins(documents)
        self.suppliers(documents)
        form_1099.complete(self.context, documents, self.settings.code_1099, self.settings.flags_1099)
        self.accounts(lines)
        own: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            own.setdefault(line["key"], []).append(line)
        for row in documents:
            if row["ignored"] is None and not row["void"]:
                self.complete(row, own.get(row["key"], []))
            else:
                self.withdraw(row)
        self._duplicates(documents)
        self._void_dates(documents)
        self._left_with(documents, own)
        self._corrections(documents, own)
        return Frames(
            frame(documents, mapped_columns(self.flow.document_columns)) if documents else frames.documents,
            frame(lines, {"key": "str", **self.flow.line_columns}) if lines else frames.lines,
        )

    # -- the flow's own -------------------------------------------------------------------------------------------

    def left_alone(self, documents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Key -> rule of the documents that are not touched, voucher or not: those that came from JDE among them."""
        raise NotImplementedError

    def rule(self, row: Mapping[str, Any]) -> str | None:
        """The rule by which another document, which has no voucher, gets none."""
        raise NotImplementedError

    def suppliers(self, documents: Sequence[dict[str, Any]]) -> None:
        """Fill `an8`."""
        raise NotImplementedError

    def accounts(self, lines: Sequence[dict[str, Any]]) -> None:
        """Fill the accounts of lines."""
        raise NotImplementedError

    def complete(self, row: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        """Fill the rest of a row whose document has a right to a voucher."""
        raise NotImplementedError

    def withdraw(self, row: dict[str, Any]) -> None:
        """Fill the rest of a row whose document has none, or is ignored."""
        row |= dict.fromkeys(self.unasked)

    # -- which documents ------------------------------------------------------------------------------------------

    def _origins(self, documents: Sequence[dict[str, Any]]) -> None:
        ledger, keys = self.context.ledger, [row["key"] for row in documents]
        left_alone = self.left_alone(documents)
        known = ledger.deliveries.load(self.flow.full_name, keys)
        sent = {key for key, each in known.items() if each.target_id or each.state in ("sending", "in_doubt")}
        sent |= ledger.links.of(self.flow.full_name, keys).keys()
        for row in documents:
            if row["in_jde"] or row["key"] in sent:
                self.delivered.add(row["key"])
            if row["key"] in left_alone:
                row["ignored"] = left_alone[row["key"]]
            else:
                row["ignored"] = None if row["key"] in self.delivered else self._rule(row)

    def _rule(self, row: Mapping[str, Any]) -> str | None:
        found, go_live, day = self.rule(row), self.settings.go_live, row["invoice_date"]
        if found is not None:
            return found
        return BEFORE_GO_LIVE if go_live is not None and day is not None and day < go_live else None

    def _duplicates(self, documents: Sequence[dict[str, Any]]) -> None:
        """Two documents of one supplier and number: the older one goes, the other waits for a person."""
        for row in documents:
            row["twin"] = None
        if self.settings.duplicates == "send":
            return
        alive = [row for row in documents if row["ignored"] is None and not row["void"] and row["number"]]
        links = self.context.ledger.links.of(self.flow.full_name, [row["key"] for row in alive])
        groups = by([{**row, "credit": row["amount"] < 0} for row in alive], "supplier_id", "number", "credit")
        firsts: dict[str, str] = {}
        for same in groups.values():
            first = min(same, key=lambda row: (row["key"] not in links, row[self.flow.id_column]))
            firsts |= {row["key"]: first["key"] for row in same if row["key"] not in links}
        for row in alive:
            if firsts.get(row["key"], row["key"]) != row["key"]:
                row["twin"] = firsts[row["key"]]

    def _left_with(self, documents: Sequence[dict[str, Any]], lines: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """A document that has another supplier since its voucher was made, and that something holds: JDE goes on to
        owe it to the old one, which is reported beside what holds it."""
        keys = [row["key"] for row in documents if row["key"] in self.delivered and not row["void"]]
        known = self.context.ledger.deliveries.load(self.flow.full_name, keys)
        for row in documents:
            row["left_with"] = None
            content = (known[row["key"]].content if row["key"] in known else None) or {}
            before, now = content.get("supplier"), row["supplier"] if row["an8"] is None else str(row["an8"])
            if row["ignored"] is not None or before in (None, now) or content.get("void"):
                continue
            own = lines.get(row["key"], ())
            whys = [why for column, (why, _) in self.flow.holds.items() if row.get(column) is not None]
            whys += [why for column, (why, _) in self.flow.line_holds.items() if any(line.get(column) for line in own)]
            if whys:
                voucher, theirs = known[row["key"]].target_id, now or "nobody"
                shown = f"{voucher} is supplier {before}'s, {self.flow.origin_system} has {theirs}"
                row["left_with"] = f"{shown}; {', '.join(dict.fromkeys(whys))}"

    # -- what they say --------------------------------------------------------------------------------------------

    def complete_header(self, row: dict[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        """What every voucher needs: number, date, currency, supplier, company, rate, G/L date, who pays."""
        row["no_number"] = None if row["number"] else "blank"
        row["no_date"] = None if row["invoice_date"] else "blank"
        row["no_currency"] = None if row["currency"] else "blank"
        row["long_number"] = row["number"] if len(row["number"] or "") > NUMBER_LENGTH else None
        row["unknown_supplier"] = None if row["an8"] is not None else row["supplier"] or "without number"
        row["too_fine"] = self._too_fine(row, lines)
        self._company(row, lines)
        self._currency(row)
        self._gl_date(row, known=all(line["account"] or line["company"] for line in lines))
        row["payer"] = self.settings.new_status if self.flow.payer_trouble else None

    def _too_fine(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str | None:
        """The first amount that is no whole number of its currency's smallest unit: no voucher can be of it."""
        unit = self.flow.vouchers.units.of(row["currency"])
        amounts = (row["amount"], row["tax"], *(line["line_amount"] for line in lines))
        found = next((each for each in amounts if each is not None and each % unit), None)
        return None if found is None else amount_text(found, row["currency"])

    def _company(self, row: dict[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        """The setting's, else that of all lines. Of several none is the document's: the supplier would be owed by one
        company what others spent, and only the site knows how its companies settle that among them."""
        named = sorted({line["company"] for line in lines if line["company"]})
        several = len(named) > 1 and self.settings.company is None
        row["companies"] = ", ".join(named) if several else None
        row["company"] = self.settings.company or (named[0] if named else None)

    def _currency(self, row: dict[str, Any]) -> None:
        base = self.flow.vouchers.company_currency.get(row["company"] or "")
        row["foreign"] = bool(base and row["currency"] and base != row["currency"])
        row["base_currency"], row["base_unit"] = base or None, self.flow.vouchers.units.of(base)
        row["rate"] = row["unmapped_rate"] = None
        if not row["foreign"] or self.settings.exchange_rate == "jde":
            return
        pair = f"{row['currency']}/{base}"
        try:
            row["rate"] = Decimal(self.context.ledger.mappings.table(self.name, RATES)[pair])
        except (KeyError, InvalidOperation):
            row["unmapped_rate"] = pair

    def _gl_date(self, row: dict[str, Any], *, known: bool) -> None:
        """By the company's open periods; where not every account is `known`, the company may not be either. A closed
        period holds what has no voucher yet; of one that has, it keeps a change from being made (`not_open`)."""
        wanted = self._wanted_day(row)
        row["gl_date"] = row["moved_from"] = row["closed"] = row["not_open"] = None
        if wanted is None or not known:
            return
        if row["company"] is None:
            why = "the company of its accounts is not known"
        else:
            found = self.flow.periods.gl_date(row["company"], wanted)
            row["gl_date"], why = found.day, found.why
            if found.moved and row["key"] not in self.delivered:
                row["moved_from"] = wanted
        if row["gl_date"] is None:
            row["not_open" if row["key"] in self.delivered else "closed"] = why

    def _wanted_day(self, row: Mapping[str, Any]) -> date | None:
        """The G/L date that a voucher of a row has where its period is open."""
        day: date | None = self.context.today("jde") if self.settings.gl_date == "today" else row["invoice_date"]
        return day

    def _void_dates(self, documents: Sequence[dict[str, Any]]) -> None:
        """The G/L date with which a voucher that is still in force is taken back, and its own where that is closed."""
        void = {row[self.flow.id_column]: row for row in documents if row["void"] and row["ignored"] is None}
        if not void:
            return
        for id, vouchers in self.flow.origins.vouchers(self.context.reader("jde"), list(void)).items():
            for items in vouchers:
                dated: date | None = items[0].get("DGJ")
                if dated is None or is_void(items):
                    continue
                day = self.flow.periods.reversal_day(text(items[0].get("CO")) or "", dated)
                void[id] |= {"gl_date": day, "moved_from": dated if day not in (None, dated) else None}

    def _corrections(
        self, documents: Sequence[dict[str, Any]], lines: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> None:
        """Documents that say something else than their voucher: it is voided, and the next one made. What a closed
        period moves of these two: the void's day, and the own one as of a new voucher."""
        for row in documents:
            row |= {"void_from": None, "void_on": None}
        alive = [row for row in documents if row["key"] in self.delivered and row["gl_date"] and not row["void"]]
        if self.settings.on_change == "hold" or not alive:
            return
        known = self.context.ledger.deliveries.load(self.flow.full_name, [row["key"] for row in alive])
        changed = {
            row[self.flow.id_column]: row
            for row in alive
            if (before := known.get(row["key"])) is not None
            and _says_else(before, self.flow.content(row, lines.get(row["key"], ())))
        }
        if not changed:
            return
        for id, vouchers in self.flow.origins.vouchers(self.context.reader("jde"), list(changed)).items():
            row, standing = changed[id], [items for items in vouchers if not is_void(items)]
            if standing and not self._taken_back(row, standing[-1]):
                continue
            # what is void by somebody else's hand is not made again
            if (standing or done(known[row["key"]]) == "void") and row["gl_date"] != self._wanted_day(row):
                row["moved_from"] = self._wanted_day(row)

    def _taken_back(self, row: dict[str, Any], items: Sequence[Row]) -> bool:
        """Whether a voucher can be voided; the day of that stands in the row, where it is moved."""
        dated: date | None = items[0].get("DGJ")
        if dated is None or any(item.get("AAP") != item.get("AG") or is_in_payment(item) for item in items):
            return False
        day = self.flow.periods.reversal_day(text(items[0].get("CO")) or "", dated)
        if day not in (None, dated):
            row |= {"void_from": dated, "void_on": day}
        return day is not None

    # -- accounts -------------------------------------------------------------------------------------------------

    def put_account(self, line: dict[str, Any], found: Row | None, shown: str | None) -> None:
        """The account of a line, or why it has none; `shown` is how a person knows what was looked for, None where
        nothing was."""
        line |= dict.fromkeys(("missing_account", "closed_account", "needs_subledger", "needs_units"))
        line["account"] = account_number(found) if found else None
        line["aid"] = text(found["AID"]) if found else None
        line["company"] = self._unit_company.get(text(found.get("MCU")) or "") if found else None
        if found is None and shown:
            line["missing_account"] = shown
        elif found is not None and not postable(found, self.settings.not_postable):
            line["closed_account"] = shown
        elif found is not None and posting_edit(found) in NEEDS_SUBLEDGER:
            line["needs_subledger"] = shown
        elif found is not None and posting_edit(found) in NEEDS_UNITS:
            line["needs_units"] = shown

    @cached_property
    def chart(self) -> Sequence[Row]:
        """The account master (F0901)."""
        return self.context.reader("jde").snapshot("F0901")

    @cached_property
    def by_key(self) -> dict[str, Row]:
        """Accounts by their document key."""
        return {account_key(row["AID"]): row for row in self.chart}

    @cached_property
    def by_number(self) -> dict[str, Row]:
        """Accounts as people write them, and as JDE takes them: unit.object[.subsidiary]."""
        return {account_number(row): row for row in self.chart}

    @cached_property
    def _unit_company(self) -> dict[str, str]:
        rows = self.context.reader("jde").snapshot("F0006")
        return {text(row["MCU"]) or "": text(row.get("CO")) or "" for row in rows}


def _says_else(known: Delivery, content: Mapping[str, Any]) -> bool:
    """Whether a document says something else than JD Edwards accepted for it, and than its voucher says."""
    wanted = base_of(content)
    return known.content is not None and accepted(known) != mark(wanted) and base_of(known.content) != wanted
