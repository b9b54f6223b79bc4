"""What the flows `bills` and `vendor_credits` share: pay items of JDE, of what we owe in one and of what is owed to us
in the other.

**Natural key.** The pay item, as the marker at the start of the record's description (see `marker`): found by reading
the vendor's records, since BILL has no other search (bill section 6). A record of the vendor with our number and
without our marker is not ours: the document is held as `natural_key_taken`. It is not established that BILL refuses a
second number, so a look-up that finds nothing waits for the effect window.

Every pay item is a document. Of those that make one bill together the first is the bill, and the rule `in_another_bill`
ignores the others.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.documents.jde.keys import VOUCHER_KEY, voucher_key, voucher_parts
from connector_assets.documents.jde.suppliers import holds
from connector_assets.documents.jde.vouchers import instruments, posting, withholding
from connector_assets.documents.jde.vouchers import pay_items as jde
from connector_assets.documents.jde.vouchers.reading import DATED_BY, TABLES, changed_vouchers
from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    mapped_columns,
    reason,
    records,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, FieldChange, Hold, Target
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.money import CENT, Units, amount_text, prorated
from connector_assets.engine.reasons import problem
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_bill import classifications
from connector_assets.pairs.jde_bill.approved_bills.marks import origins
from connector_assets.pairs.jde_bill.marker import PAY_ITEM, keys_of
from connector_assets.pairs.jde_bill.payables.enrichment import UNRESOLVED, PayableEnrichment
from connector_assets.pairs.jde_bill.payables.handing_over import Handing
from connector_assets.pairs.jde_bill.payables.one_payer import sent_and_selectable
from connector_assets.pairs.jde_bill.payables.payee_check import look_at_foreign_records, look_before_paying
from connector_assets.pairs.jde_bill.payables.sent_before import altered, foreign_records, vendors_named
from connector_assets.pairs.jde_bill.payments.origin import OwnPayments
from connector_assets.pairs.jde_bill.vendors import links as vendor_links
from connector_resources.ledger import Delivery

ZERO = Decimal("0.00")
RESOLVED = {
    "covers": "str",
    "number": "str?",
    "vendor_id": "str?",
    "vendor_state": "str",
    "vendor_currency": "str?",
    "due": "date?",
    "order": "str?",
    "approved": "bool",
    "withdrawn": "bool",
    "hand_over": "bool",
    "selectable": "str?",
    "selected": "str?",
    "by_order": "bool",
    "left_by_order": "str?",
    "distribution": "str",
    "left": "money",
    "by_target": "money",
    "paid": "str",
    "held_duplicate": "str?",
    "covered_by": "str?",
    "taxed": "str?",
    "late_batch": "str?",
    "unaccounted": "str?",
    # its record is another payee's, and has to be closed whatever else keeps it from being sent: what that is
    "repaid": "str",
}
# what is asked of a row is that its record is closed
CLOSING: dict[str, Any] = {
    "closing": True,
    "vendor_state": "",
    "distribution": "agrees",
    "selected": None,
    "covered_by": None,
    "taxed": None,
}


class Payables(Flow):
    """Pay items of JDE to one of BILL's kinds of payables."""

    after = ("vendors", "chart_of_accounts", "departments", "purchase_order_bills")
    carries_money = True
    amounts_of = "jde"
    is_paid = True
    dated_by = DATED_BY
    ignored_until = posting.IGNORED_UNTIL
    held_until = posting.HELD_UNTIL
    parties_of = "vendors"
    party_entity = "F0401"
    source_role, source_entity = "jde", "F0411"
    target_role = "bill"
    natural_key = "pay item in the description"
    lookup_fields = ("key", "items", "number", "vendor", "date", "amount", "total", "currency")
    document_columns: ClassVar[Mapping[str, str]] = {
        **jde.COLUMNS,
        "twin_items": "str",
        **holds.COLUMNS,
        # somebody changed in BILL who is paid by the record, how much or when, since we last saw it
        "moved": "bool",
        # a record in BILL that changed, names the pay item in our marker and is nobody's by our links
        "beside": "str?",
        **RESOLVED,
    }
    line_columns: ClassVar[Mapping[str, str]] = {**jde.LINE_COLUMNS, **classifications.COLUMNS}
    # which pay items are this flow's
    side: ClassVar[jde.Side]
    # BILL's records of the flow's kind
    records: Any
    # the longest number that BILL takes, and what a person calls it
    number_name: ClassVar[str]

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose record pays another vendor, amount or day in BILL than we left it, as this run has read it
        self._moved: set[str] = set()
        # key of a pay item -> the id of such a record beside its own, as this run has read it
        self._beside: dict[str, str] = {}
        # pay items of which something is left to be paid, as `all_keys` has read it
        self._open: set[str] = set()

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """Vouchers, as keys without a suffix: what becomes of one pay item depends on the others."""
        if entity == holds.TABLE:
            return holds.touched_by_holds(self.context, self.full_name, rows, self.settings, _item_key)
        if entity not in TABLES:
            return self._touched(entity, rows)
        return changed_vouchers(self.context.reader("jde"), entity, rows, self.settings, self.context.start_date)

    def _touched(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The vouchers of records that changed in BILL: a pay item may wait until another's bill lets go of it, and
        somebody may have changed who is paid by one, how much or when."""
        reader: Any = self.context.reader("bill")
        days: dict[str, date | None] = {}
        for row in rows:
            record, day = reader.record(entity, row), row[reader.day_column]
            days |= {jde.voucher_of(key): day for key in keys_of(record.description) if key.startswith(PAY_ITEM)}
        moved = altered(self.context, self.full_name, entity, rows, self.records.terms)
        self._moved |= moved.keys()
        self._beside |= foreign_records(self.context, self.full_name, entity, rows)
        return days | {jde.voucher_of(key): day for key, day in moved.items()}

    def all_keys(self) -> dict[str, date | None]:
        self._open = set()
        return jde.all_pay_items(self.context.reader("jde"), self.settings, self.side, self._open)

    def left_open(self) -> Collection[str]:
        return self._open

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader = self.context.reader("jde")
        tax_account = self.settings.tax_account if self.settings.tax == "line" else None
        assembly = jde.assemble_pay_items(
            reader,
            keys,
            self.settings,
            self.side,
            self.own_payments,
            tax_account,
            self.handing.leaves_selectable,
            self.settings.prepayment_account,
        )
        duplicates = self._duplicates(
            [duplicate for row in assembly.documents for duplicate in json.loads(row["twins"])]
        )
        for row in assembly.documents:
            own = [each for duplicate in json.loads(row["twins"]) for each in duplicates.get(duplicate, ())]
            row |= {"twin_items": json.dumps(own), **UNRESOLVED, "moved": row["key"] in self._moved}
            row["beside"] = self._beside.get(row["key"])
        for row, held in zip(
            assembly.documents, holds.holds_of(reader, assembly.documents, self.settings), strict=True
        ):
            row["on_hold"] = held
        for row, subject in zip(assembly.documents, withholding.subjects_of(reader, assembly.documents), strict=True):
            row["subject"] = subject
        for line in assembly.lines:
            line |= classifications.UNFILLED
        return assembly

    def _duplicates(self, vouchers: Collection[str]) -> dict[str, list[str]]:
        """The pay items of other vouchers with the same number."""
        parts = [voucher_parts(key) for key in dict.fromkeys(vouchers)]
        rows = self.context.reader("jde").complete("F0411", VOUCHER_KEY, parts) if parts else []
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(voucher_key(row), []).append(jde.item_key(voucher_key(row), row["SFX"]))
        return found

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """Somebody may have entered the same invoice in BILL meanwhile: it would be paid twice."""
        return not begins_empty(self)

    @cached_property
    def handing(self) -> Handing:
        """What hands pay items over in JDE before BILL can pay them."""
        return Handing(self.context, self.settings)

    @cached_property
    def own_payments(self) -> OwnPayments:
        """Which payments of JDE were made in BILL, and need no telling."""
        return OwnPayments(self.context)

    @cached_property
    def classified(self) -> classifications.Classified:
        """What leads from a line to its account and department in BILL."""
        return classifications.Classified(self.context)

    @cached_property
    def enrichment(self) -> PayableEnrichment:
        """What our memory says of the mapped rows."""
        return PayableEnrichment(self.context, self.full_name, self.settings, origins(self.context))

    def resolve(self, frames: Frames) -> Frames:
        documents, lines = frames.documents.copy(), self.classified.resolve(frames.lines)
        rows = self.enrichment.resolve(records(documents))
        repaid = self.enrichment.repaid(rows, classifications.troubles(lines))
        rows = [row | (CLOSING if row["key"] in repaid else {}) for row in rows]
        rows = [row | {"repaid": repaid.get(row["key"], "")} for row in rows]
        for name in ("ignored", "amount", "payee", "unproved", *RESOLVED):
            documents[name] = pd.Series([row[name] for row in rows], index=documents.index, dtype=object)
        # what only has to be closed needs no account any more
        closing = {row["key"] for row in rows if row["closing"]}
        for name in ("account_state", "department_state"):
            lines[name] = lines[name].mask(lines["key"].isin(closing), classifications.LINKED)
        return Frames(documents, lines)

    @property
    def checks(self) -> FrameChecks:
        party = "payee" if self.settings.paid_to == "payee" else "supplier"
        return FrameChecks(
            document_shape=shape_schema(self.name, mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                self.name,
                {
                    "number": [required()],
                    "invoice_date": [required()],
                    # a credit is never due
                    **({"due": [required()]} if self.side > 0 else {}),
                    "currency": [required()],
                    "vendor_state": vendor_links.CHECKS,
                    "distribution": [
                        reason("prepayment", lambda states: states != "prepayment"),
                        reason("distribution_missing", lambda states: states != "missing"),
                        reason("distribution_does_not_agree", lambda states: states != "differs"),
                        reason("tax_not_explained", lambda states: states != "unproved"),
                    ],
                    "left": [reason("too_many_decimals", lambda amounts: ~amounts.map(_too_fine).astype(bool))],
                    "held_duplicate": [reason("possible_duplicate", lambda keys: keys.isna())],
                    "covered_by": [reason("covered_by_another_bill", lambda keys: keys.isna())],
                    "taxed": [reason(withholding.WITHHOLDING, lambda shown: shown.isna())],
                    "selected": [reason("not_handed_over", lambda items: items.isna())],
                    "left_by_order": [reason("left_by_order", lambda items: items.isna())],
                    "late_batch": [reason(posting.NOT_POSTED, lambda batches: batches.isna())],
                    "unaccounted": [reason("own_voucher_unknown", lambda shown: shown.isna())],
                },
            ),
            line_shape=shape_schema(
                f"{self.name} lines", {"key": "str"} | dict(self.line_columns), unique=["key", "line"]
            ),
            line_rows=row_schema(f"{self.name} lines", {**classifications.CHECKS, "description": [at_most(4000)]}),
            shows={
                vendor_links.NOT_LINKED: party,
                vendor_links.NOT_RELEASED: party,
                vendor_links.NOT_PAYABLE: party,
                vendor_links.OTHER_CURRENCY: "currency",
                "distribution_does_not_agree": "gap",
                "tax_not_explained": "tax_unproved",
                "prepayment": "left",
                "possible_duplicate": "held_duplicate",
                "covered_by_another_bill": "covered_by",
                **classifications.SHOWS,
            },
            names={
                "vendor_state": "supplier",
                "number": self.number_name,
                "held_duplicate": "number",
                "left": "amount",
                "covered_by": "pay item",
                "taxed": "pay item",
                "selected": "pay item",
                "left_by_order": "pay item",
                "late_batch": "batch",
                "unaccounted": "voucher",
                **classifications.NAMES,
            },
            waits_for=self._waits_for,
        )

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        if why in vendor_links.WAITING:
            return self.enrichment.vendor_of(row).waits_for
        return self.classified.waits_for(why, row) if "aid" in row else None

    def refers_to(self, document: Document) -> Collection[Referred]:
        return {*super().refers_to(document), *self.classified.referred(document.facts["lines"])}

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        amount = row["left"] or ZERO
        open_amount = amount_text(amount)
        return {
            "key": row["key"],
            "items": json.loads(row["covers"]),
            "number": row["number"],
            "date": row["invoice_date"].isoformat() if row["invoice_date"] else None,
            "vendor": row["vendor_id"],
            "currency": row["currency"],
            "amount": open_amount,
            "total": open_amount,
            "by_target": amount_text(row["by_target"]),
            "payments": json.loads(row["paid"]),
            "lines": self.lines_of(row, lines, amount),
            "void": row["withdrawn"],
            # named only where there is any: it changes nothing in BILL, and is told all the same
            **({"unproved": row["unproved"]} if row["unproved"] else {}),
        }

    def lines_of(
        self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], total: Decimal
    ) -> list[dict[str, Any]]:
        """The lines of a record of the amount `total`; none where the distribution makes no proportions."""
        try:
            amounts = prorated([line["line_amount"] for line in lines], total, self._unit(row["currency"]))
        except ValueError:
            return []
        return [
            {
                "classifications": self.classified.body(line),
                "amount": amount_text(amount),
                "description": line["description"] or row["remark"] or f"{row['doc_type']} {row['doc']}",
            }
            for line, amount in zip(lines, amounts, strict=True)
            if amount
        ]

    @cached_property
    def _units(self) -> Units:
        return Units(self.context.reader("jde").decimals)

    def _unit(self, currency: str | None) -> Decimal:
        """The smallest amount of a currency that BILL takes: two decimals at most (bill section 8)."""
        return max(self._units.of(currency), CENT)

    def wanted(self, document: Document, total: Decimal) -> dict[str, Any]:
        """The content of a document whose record is for the amount `total`."""
        facts = document.facts
        text = amount_text(total)
        if document.content["total"] == text:
            return document.content
        return document.content | {"total": text, "lines": self.lines_of(facts["row"], facts["lines"], total)}

    def moved(self, row: Mapping[str, Any]) -> bool:
        """A pay item that came back on a pay status on which JDE pays it is handed over again; a record that somebody
        changed in BILL is looked at."""
        return bool(row["hand_over"] or row["moved"])

    # -- the target side ------------------------------------------------------------------------------------------

    def vendors_asked(self, documents: Sequence[Document]) -> dict[str, set[str]]:
        """Document key -> the vendors among whose records it is looked for: who is paid, the supplier, and whoever was
        paid by a call of ours."""
        rows = [document.facts["row"] for document in documents]
        suppliers = self.enrichment.vendors.of({(row["supplier"], row["currency"] or "") for row in rows})
        asked = vendors_named(self.context.ledger, self.full_name, documents)
        for document, row in zip(documents, rows, strict=True):
            supplier = suppliers[row["supplier"], row["currency"] or ""].id
            asked[document.key] |= {supplier} if supplier else set()
        return asked

    @cached_property
    def memory_is_new(self) -> bool:
        """Whether no document of the flow was settled when the run began: our memory may be lost, and with it who was
        paid before."""
        return not self.context.ledger.deliveries.counts(self.full_name).get("settled")

    @abstractmethod
    def total_of(self, document: Document, target: Target) -> Decimal:
        """What a document's record must be for, given how it is in BILL."""

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        total, held = self.total_of(document, target), Decimal(target.content["total"])
        if document.facts["row"].get("unposted") is not None:
            # what is not posted yet was not sent
            total = min(total, held)
        ours = document.content | {"total": amount_text(total)}
        return tuple(
            FieldChange(name, target.content.get(name), ours[name])
            for name in ("items", "vendor", "total", "date", "currency")
            if target.content.get(name) != ours[name]
        )

    def key_of(self, target: Target) -> str | None:
        items = target.content["items"]
        return str(items[0]) if items else None

    def keys_of(self, target: Target) -> Collection[str]:
        return list(target.content["items"])

    def known_as(self, target: Target) -> Hashable:
        vendor, number = target.content["vendor"], (target.content["number"] or "").casefold()
        return (vendor, number) if vendor and number else None

    def is_settled(self, document: Document, known: Delivery) -> bool:
        """Whether both sides agreed on this very content, and nothing says that anything has changed since."""
        return (
            known.state == "settled"
            and known.content_hash == document.hash
            and not (known.waiting or known.released or document.facts["row"]["moved"])
            and not self.handing.pending(document)
        )

    def release(self, document: Document, known: Delivery, target: Target | None) -> Decision | None:
        """What has to be done first before BILL can pay the record: nothing comes within its reach that JDE's own
        payment run selects."""
        found = self.enrichment.accounts_changed(document.facts["row"])
        if found:
            return Hold(found)
        words = document.facts["row"]["selectable"]
        if words:
            return Hold((problem("not_handed_over", "pay item", words),))
        return self.handing.step(document, known, target)

    def hand_over(self, document: Document, known: Delivery, target: Target | None) -> Decision | None:
        """What has to be done in JDE while BILL can pay the record; None where nothing has."""
        return self.handing.step(document, known, target)

    def prepared(self, document: Document) -> Document:
        facts = document.facts
        return replace(document, facts={**facts, "row": {**facts["row"], "hand_over": False}})

    def look_before(self, documents: Sequence[Document]) -> None:
        look_before_paying(self, documents)
        look_at_foreign_records(self, documents)

    def payable_in_both(self, keys: Collection[str] | None) -> Mapping[str, str]:
        return sent_and_selectable(self, keys)

    def startup_problems(self) -> list[str]:
        found = self.handing.problems()
        if not found and self.settings.handed_over_status is None and (both := sent_and_selectable(self, None)):
            first = next(iter(sorted(both.values())))
            found = [f"{len(both)} of what BILL can pay is what JD Edwards' payment run selects too: {first}"]
        return [f"{self.full_name}: {each}" for each in (*found, *self._instruments[0])]

    def startup_notes(self) -> list[str]:
        return [f"{self.full_name}: {each}" for each in self._instruments[1]]

    @cached_property
    def _instruments(self) -> tuple[list[str], list[str]]:
        return instruments.looked_up(self.context, self.settings.card_instruments)


def _item_key(row: Mapping[str, Any]) -> str:
    return jde.item_key(voucher_key(row), row["SFX"])


def _too_fine(amount: Decimal | None) -> bool:
    return amount is not None and amount % CENT != 0


SOURCES = (
    *(Source("jde", table) for table in (*TABLES, holds.TABLE)),
    Source("jde", "F0010", daily=False),
    *classifications.SOURCES,
)
