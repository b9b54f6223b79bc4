"""What the flows `bills` and `vendor_credits` share: pay items of JDE on one side, what is owed or what is owed to us.

**Natural key.** The pay item, as the marker at the start of the record's description (see `marker`): found by reading
the vendor's records, since nothing else can be asked for (bill section 6). One of the vendor's with our number and
without our marker is somebody else's: the document is held as `natural_key_taken`. That BILL refuses a second number
is not established, so a look-up that finds nothing waits for the effect window.

Every pay item is a document. Of those that make one bill together the first is the bill, and the others are left alone
by the rule `in_another_bill`.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.delivery.checks import (
    FrameChecks,
    at_most,
    mapped_columns,
    reason,
    records,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.delivery.document import Document, FieldChange, Target
from connector_assets.delivery.flow import Assembly, Flow, Frames, Source
from connector_assets.delivery.money import amount_text
from connector_assets.integrations.from_jde import pay_items as jde
from connector_assets.integrations.from_jde.keys import VOUCHER_KEY, voucher_key, voucher_parts
from connector_assets.integrations.from_jde.vouchers import DATED_BY, TABLES, changed_vouchers
from connector_assets.integrations.jde_bill import classifications
from connector_assets.integrations.jde_bill.marker import PAY_ITEM, keys_of
from connector_assets.integrations.jde_bill.marks import mark_rules
from connector_assets.integrations.jde_bill.numbers import number_rules
from connector_assets.integrations.jde_bill.payable.distribution import prorated
from connector_assets.integrations.jde_bill.payable.resolving import UNRESOLVED, Resolving
from connector_assets.integrations.progress import begins_empty
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
    "distribution": "str",
    "left": "money",
    "by_target": "money",
    "paid": "str",
    "held_duplicate": "str?",
    "covered_by": "str?",
}


class Payables(Flow):
    """Pay items of JDE to one of BILL's kinds of payables."""

    after = ("vendors", "chart_of_accounts", "departments", "purchase_order_bills")
    carries_money = True
    dated_by = DATED_BY
    parties_of = "vendors"
    source_role, source_entity = "jde", "F0411"
    target_role = "bill"
    natural_key = "pay item in the description"
    named_by = ("key", "items", "number", "vendor", "date", "amount", "total", "currency")
    document_columns: ClassVar[Mapping[str, str]] = {**jde.COLUMNS, "twin_items": "str", **RESOLVED}
    line_columns: ClassVar[Mapping[str, str]] = {**jde.LINE_COLUMNS, **classifications.COLUMNS}
    # which pay items are this flow's
    side: ClassVar[jde.Side]
    # the longest number that BILL takes, and what a person calls it
    number_name: ClassVar[str]

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """Vouchers, as keys without a suffix: what becomes of one pay item depends on the others."""
        if entity not in TABLES:
            return self._touched(entity, rows)
        return changed_vouchers(self.bench.reader("jde"), entity, rows, self.settings, self.bench.start_date)

    def _touched(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The vouchers of records that changed in BILL: a pay item may wait until another's bill lets go of it."""
        reader: Any = self.bench.reader("bill")
        texts = [(reader.record(entity, row).description, row[reader.day_column]) for row in rows]
        return {jde.voucher_of(key): day for text, day in texts for key in keys_of(text) if key.startswith(PAY_ITEM)}

    def all_keys(self) -> dict[str, date | None]:
        return jde.all_pay_items(self.bench.reader("jde"), self.settings, self.side)

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader = self.bench.reader("jde")
        numbers = number_rules(self.bench.integration.settings)
        tax_account = self.settings.tax_account if self.settings.tax == "line" else None
        assembly = jde.assemble_pay_items(reader, keys, self.settings, self.side, numbers.paid_by_bill, tax_account)
        twins = self._twins([twin for row in assembly.documents for twin in json.loads(row["twins"])])
        for row in assembly.documents:
            own = [each for twin in json.loads(row["twins"]) for each in twins.get(twin, ())]
            row |= {"twin_items": json.dumps(own), **UNRESOLVED}
        for line in assembly.lines:
            line |= classifications.UNFILLED
        return assembly

    def _twins(self, vouchers: Collection[str]) -> dict[str, list[str]]:
        """The pay items of other vouchers with the same number."""
        parts = [voucher_parts(key) for key in dict.fromkeys(vouchers)]
        rows = self.bench.reader("jde").complete("F0411", VOUCHER_KEY, parts) if parts else []
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(voucher_key(row), []).append(jde.item_key(voucher_key(row), row["SFX"]))
        return found

    @property
    def looks_first(self) -> bool:  # type: ignore[override]
        """Somebody may have entered the same invoice in BILL meanwhile: it would be paid twice."""
        return not begins_empty(self)

    @cached_property
    def classified(self) -> classifications.Classified:
        """What leads from a line to its account and department in BILL."""
        return classifications.Classified(self.bench)

    @cached_property
    def resolving(self) -> Resolving:
        """What our memory says of the mapped rows."""
        marks = mark_rules(self.bench.integration.settings)
        return Resolving(self.bench, self.full_name, self.settings, marks)

    def resolve(self, frames: Frames) -> Frames:
        documents, lines = frames.documents.copy(), self.classified.resolve(frames.lines)
        rows = self.resolving.resolve(records(documents))
        for name in ("ignored", "amount", *RESOLVED):
            documents[name] = pd.Series([row[name] for row in rows], index=documents.index, dtype=object)
        # what only has to be closed needs no account any more
        closing = {row["key"] for row in rows if row["closing"]}
        for name in ("account_state", "department_state"):
            lines[name] = lines[name].mask(lines["key"].isin(closing), classifications.LINKED)
        return Frames(documents, lines)

    @property
    def checks(self) -> FrameChecks:
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
                    "vendor_state": [
                        reason("supplier_not_linked", lambda states: states != "supplier_not_linked"),
                        reason("currency_not_the_vendors", lambda states: states != "currency_not_the_vendors"),
                    ],
                    "distribution": [
                        reason("distribution_missing", lambda states: states != "missing"),
                        reason("distribution_does_not_agree", lambda states: states != "differs"),
                    ],
                    "held_duplicate": [reason("possible_duplicate", lambda keys: keys.isna())],
                    "covered_by": [reason("covered_by_another_bill", lambda keys: keys.isna())],
                },
            ),
            line_shape=shape_schema(
                f"{self.name} lines", {"key": "str"} | dict(self.line_columns), unique=["key", "line"]
            ),
            line_rows=row_schema(f"{self.name} lines", {**classifications.CHECKS, "description": [at_most(4000)]}),
            shows={
                "supplier_not_linked": "payee" if self.settings.paid_to == "payee" else "supplier",
                "currency_not_the_vendors": "currency",
                "distribution_does_not_agree": "gap",
                "possible_duplicate": "held_duplicate",
                "covered_by_another_bill": "covered_by",
                **classifications.SHOWS,
            },
            names={
                "vendor_state": "supplier",
                "number": self.number_name,
                "held_duplicate": "number",
                "covered_by": "pay item",
                **classifications.NAMES,
            },
            waits_for=self._waits_for,
        )

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        if why == "supplier_not_linked":
            return self.resolving.vendor_of(row).waits_for
        return self.classified.waits_for(why, row) if "aid" in row else None

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
        }

    def lines_of(
        self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], total: Decimal
    ) -> list[dict[str, Any]]:
        """The lines of a record of the amount `total`; none where the distribution makes no proportions."""
        try:
            amounts = prorated([line["line_amount"] for line in lines], total, row["currency"])
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

    def wanted(self, document: Document, total: Decimal) -> dict[str, Any]:
        """The content of a document whose record is for the amount `total`."""
        facts = document.facts
        text = amount_text(total)
        if document.content["total"] == text:
            return document.content
        return document.content | {"total": text, "lines": self.lines_of(facts["row"], facts["lines"], total)}

    # -- the target side ------------------------------------------------------------------------------------------

    @abstractmethod
    def total_of(self, document: Document, target: Target) -> Decimal:
        """What a document's record must be for, given how it is in BILL."""

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours = document.content | {"total": amount_text(self.total_of(document, target))}
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
            known.state == "settled" and known.content_hash == document.hash and not (known.waiting or known.released)
        )


SOURCES = (
    *(Source("jde", table) for table in TABLES),
    Source("jde", "F0010", daily=False),
    *classifications.SOURCES,
)
