"""`jde_bill/purchase_order_bills`: approved purchase orders of JD Edwards (F4301, F4311) as bills of BILL.

BILL has no purchase orders (bill section 3.7): a bill is a payable, and this flow creates one before the supplier has
sent an invoice. It is therefore off unless a site asks for it. An order is never owed twice: an order that vouchers
refer to is left to the flow `bills`, and the vouchers of a billed order get no bills
(`purchase_order_bills/billed.py`).

**Natural key.** The order, as the marker at the start of the bill's description (see `marker`), found by reading the
vendor's bills. A bill with our number and without our marker is not ours: the document is held as `natural_key_taken`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.documents.jde.keys import order_key
from connector_assets.documents.jde.orders import reading as jde
from connector_assets.documents.jde.suppliers import holds
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
from connector_assets.engine.money import amount_text
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_bill import classifications
from connector_assets.pairs.jde_bill.payables.payee_check import look_at_foreign_records, look_before_paying
from connector_assets.pairs.jde_bill.payables.sent_before import altered, foreign_records, vendors_named
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills, orders_covered
from connector_assets.pairs.jde_bill.purchase_order_bills.enrichment import COLUMNS, UNRESOLVED, OrderEnrichment
from connector_assets.pairs.jde_bill.purchase_order_bills.records import OrderBillRecords
from connector_assets.pairs.jde_bill.purchase_order_bills.settings import FLOW, OrderBillSettings
from connector_assets.pairs.jde_bill.purchase_order_bills.steps import OrderBillSteps
from connector_assets.pairs.jde_bill.vendors import links as vendor_links
from connector_resources.errors import LoginRefused, NotAllowed
from connector_resources.ledger import Delivery

ZERO = Decimal("0.00")
# what is asked of them is what JD Edwards paid of the vouchers of billed orders
VOUCHER_TABLES = ("F0411", "F0413", "F0414")


class PurchaseOrderBills(Flow):
    """JDE purchase orders to BILL."""

    name = FLOW
    title = "Approved purchase orders of JD Edwards as bills"
    sources = (
        *(Source("jde", table) for table in (*jde.TABLES, *VOUCHER_TABLES, holds.TABLE)),
        Source("bill", "bills"),
        Source("jde", "F0010", daily=False),
        *classifications.SOURCES,
    )
    after = ("vendors", "chart_of_accounts", "departments")
    optional = True
    carries_money = True
    amounts_of = "jde"
    dated_by = ("order_date",)
    parties_of = "vendors"
    party_entity = "F0401"
    source_role, source_entity = "jde", "F4301"
    target_role, target_entity = "bill", "bills"
    natural_key = "order in the description"
    lookup_fields = ("key", "items", "number", "vendor", "date", "amount", "total", "currency")
    document_columns: ClassVar[Mapping[str, str]] = {
        **jde.COLUMNS,
        **holds.COLUMNS,
        # somebody gave its bill to another vendor in BILL since we last saw it
        "moved": "bool",
        # a bill that changed in BILL, names the order in our marker and is nobody's by our links
        "beside": "str?",
        **COLUMNS,
    }
    line_columns: ClassVar[Mapping[str, str]] = {**jde.LINE_COLUMNS, **classifications.COLUMNS}
    Settings = OrderBillSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose bill is another vendor's in BILL than we left it, as this run has read it
        self._moved: set[str] = set()
        self._beside: dict[str, str] = {}

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """A ledger that was lost does not know what was billed."""
        return not begins_empty(self)

    @cached_property
    def order_bills(self) -> OrderBills:
        """Our memory of the orders that are bills."""
        return OrderBills(self.context)

    @cached_property
    def classified(self) -> classifications.Classified:
        """What leads from a line to its account and department in BILL."""
        return classifications.Classified(self.context)

    @cached_property
    def records(self) -> OrderBillRecords:
        """BILL's bills."""
        return OrderBillRecords(self.context)

    @cached_property
    def enrichment(self) -> OrderEnrichment:
        """What our memory, and the vouchers of JD Edwards, say of the mapped rows."""
        look = None if begins_empty(self) else self.records.marked_of
        return OrderEnrichment(self.context, self.order_bills, self.settings, look)

    @cached_property
    def steps(self) -> OrderBillSteps:
        """What is done with them."""
        return OrderBillSteps(self, self.records)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The orders themselves; of the vouchers those of orders that are billed, for JD Edwards may have paid them;
        those of suppliers whose payment hold changed, and of bills that changed in BILL."""
        if entity == holds.TABLE:
            key_of, owed = self._key, holds.ORDERS
            return holds.touched_by_holds(self.context, self.full_name, rows, self.settings, key_of, owed)
        if entity == self.target_entity:
            return self._touched(rows)
        if entity in VOUCHER_TABLES:
            return self.enrichment.billed(entity, rows)
        return self._named(jde.changed_orders(entity, rows, self.settings))

    def _touched(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The orders of bills (landed rows) that somebody changed in BILL, as by giving them to another vendor, and of
        those that a person was told of."""
        reader: Any = self.context.reader("bill")
        moved = altered(self.context, self.full_name, self.target_entity, rows, self.records.terms)
        self._moved |= moved.keys()
        days = {
            key: row[reader.day_column]
            for row in rows
            for key in orders_covered(reader.record(self.target_entity, row))
        }
        known = self.context.ledger.deliveries.load(self.full_name, list(days))
        waiting = {key: days[key] for key, each in known.items() if each.state in ("held", "conflict")}
        beside = foreign_records(self.context, self.full_name, self.target_entity, rows)
        self._beside |= beside
        return waiting | {key: days[key] for key in beside if key in days} | moved

    def _key(self, row: Mapping[str, Any]) -> str:
        """The document key of a row of F4301."""
        return f"{order_key(row)}/{row['SFXO']}"

    def all_keys(self) -> dict[str, date | None]:
        return self._named(jde.all_orders(self.context.reader("jde"), self.settings))

    def _named(self, days: Mapping[str, date | None]) -> dict[str, date | None]:
        """Document keys, which name the order's suffix too."""
        return {f"{key}/{self.settings.order_suffix}": day for key, day in days.items()}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        orders = {key.rpartition("/")[0]: day for key, day in keys.items()}
        reader = self.context.reader("jde")
        assembly = jde.assemble_orders(reader, orders, self.settings)
        for row in assembly.documents:
            row |= {"key": f"{row['key']}/{self.settings.order_suffix}", **UNRESOLVED}
            row |= {"moved": row["key"] in self._moved, "beside": self._beside.get(row["key"])}
        parties = [{"supplier": row["supplier"], "payee": row["supplier"]} for row in assembly.documents]
        for row, held in zip(assembly.documents, holds.holds_of(reader, parties, self.settings), strict=True):
            row["on_hold"] = held
        for line in assembly.lines:
            line |= {"key": f"{line['key']}/{self.settings.order_suffix}", **classifications.UNFILLED}
        return assembly

    def resolve(self, frames: Frames) -> Frames:
        documents, lines = frames.documents.copy(), self.classified.resolve(frames.lines)
        rows = self.enrichment.resolve(records(documents), records(lines))
        repaid = self.enrichment.repaid(rows, classifications.troubles(lines))
        rows = [
            {**row, "repaid": repaid[row["key"]], "vendor_state": "", "order_held": None, "leaving": True}
            if row["key"] in repaid
            else row
            for row in rows
        ]
        for name in ("ignored", *COLUMNS):
            documents[name] = pd.Series([row[name] for row in rows], index=documents.index, dtype=object)
        # what is not changed any more, or only put out of reach, needs no account
        leaving = {row["key"] for row in rows if row["leaving"]}
        for name in ("account_state", "department_state"):
            lines[name] = lines[name].mask(lines["key"].isin(leaving), classifications.LINKED)
        return Frames(documents, lines)

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema(self.name, mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                self.name,
                {
                    "number": [required()],
                    "order_date": [required()],
                    "due_on": [required()],
                    "currency": [required()],
                    "vendor_state": vendor_links.CHECKS,
                    "order_held": [reason("order_on_hold", lambda codes: codes.isna())],
                },
            ),
            line_shape=shape_schema(
                f"{self.name} lines", {"key": "str"} | dict(self.line_columns), unique=["key", "line"]
            ),
            line_rows=row_schema(f"{self.name} lines", {**classifications.CHECKS, "description": [at_most(4000)]}),
            shows={
                vendor_links.NOT_LINKED: "supplier",
                vendor_links.NOT_RELEASED: "supplier",
                vendor_links.NOT_PAYABLE: "supplier",
                vendor_links.OTHER_CURRENCY: "currency",
                **classifications.SHOWS,
            },
            names={
                "vendor_state": "supplier",
                "number": "invoice number",
                "order_date": "order date",
                "due_on": "due date",
                "order_held": "status",
                **classifications.NAMES,
            },
            waits_for=self._waits_for,
        )

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        if why in vendor_links.WAITING:
            return self.enrichment.vendor_of(row).waits_for
        return self.classified.waits_for(why, row) if "aid" in row else None

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        total = amount_text(row["amount"] or ZERO)
        return {
            "key": row["key"],
            "items": [row["key"]],
            "number": row["number"],
            "date": row["order_date"].isoformat() if row["order_date"] else None,
            "due": row["due_on"].isoformat() if row["due_on"] else None,
            "order": f"{row['order_type']} {row['order_number']}",
            "vendor": row["vendor_id"],
            "currency": row["currency"],
            "amount": total,
            "total": total,
            "payments": json.loads(row["paid"]),
            "lines": [
                {
                    "classifications": self.classified.body(line),
                    "amount": amount_text(line["line_amount"]),
                    "description": line["description"],
                }
                for line in sorted(lines, key=lambda each: Decimal(each["line"]))
                if line["line_amount"]
            ],
            "void": row["withdrawn"],
            "closed": row["closed"],
            # named only where there is any: it changes nothing in BILL, and is told all the same
            **({"unproved": row["unproved"]} if row["unproved"] else {}),
        }

    def is_settled(self, document: Document, known: Delivery) -> bool:
        """Whether both sides agreed on this very content, and nothing says that anything has changed since."""
        return (
            known.state == "settled"
            and known.content_hash == document.hash
            and not (known.waiting or known.released or self.moved(document.facts["row"]))
        )

    def moved(self, row: Mapping[str, Any]) -> bool:
        """A bill that somebody gave to another vendor, and one that is out of our hands while its supplier is on
        payment hold, is looked at."""
        return bool(row["moved"] or (row["on_hold"] and row["closed"]))

    def wanted(self, document: Document, total: Decimal) -> Mapping[str, Any]:
        """The content of a document whose bill is for `total`: what was ordered, unless the bill stays as it is."""
        return document.content | {"total": amount_text(total)}

    def release(self, document: Document, known: Delivery, target: Target | None) -> Hold | None:
        """What has to be done first before BILL can pay the bill: a bank account that changed is confirmed."""
        found = self.enrichment.accounts_changed(document.facts["row"])
        return Hold(found) if found else None

    def hand_over(self, document: Document, known: Delivery, target: Target | None) -> None:
        """An order is in no ledger that JDE pays from; its vouchers are handed over by the flow `bills`."""

    def look_before(self, documents: Sequence[Document]) -> None:
        look_before_paying(self, documents)
        look_at_foreign_records(self, documents)

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return self.records.holds_any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return self.records.find(documents, vendors_named(self.context.ledger, self.full_name, documents))

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return self.records.read(ids)

    def targets(self) -> list[Target]:
        return self.records.all()

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return self.steps.decide(document, known, target)

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        """What is over may differ from what was ordered: it is not changed any more, or only put out of reach."""
        over = document.content["void"] or document.content["closed"]
        names = ("items", "vendor", "currency") if over else ("items", "vendor", "total", "date", "currency")
        return tuple(
            FieldChange(name, target.content.get(name), document.content[name])
            for name in names
            if target.content.get(name) != document.content[name]
        )

    def key_of(self, target: Target) -> str | None:
        items = target.content["items"]
        return str(items[0]) if items else None

    def keys_of(self, target: Target) -> Collection[str]:
        return list(target.content["items"])

    def known_as(self, target: Target) -> Hashable:
        vendor, number = target.content["vendor"], (target.content["number"] or "").casefold()
        return (vendor, number) if vendor and number else None

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        if target.content["items"] == document.content["items"]:
            return None
        return self.records.unmarked(self.full_name, target, self.steps.description(document))

    def startup_problems(self) -> list[str]:
        """The tables that no other flow of the pair reads."""
        return list(filter(None, (self._unreadable(table) for table in jde.TABLES)))

    def _unreadable(self, table: str) -> str:
        try:
            self.context.reader("jde").stamp(table)
        except LoginRefused:
            raise
        except NotAllowed as problem:
            return f"{self.full_name}: {problem}"
        return ""
