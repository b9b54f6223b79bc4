"""`jde_coupa/approved_invoices`: invoices that are born and approved in Coupa become vouchers of JD Edwards.

**Natural key.** Coupa's invoice id with a revision, written into the voucher as its mark (VR01 or URRF) and, in a
batch, as the transaction number (F0411Z1.EDTN). Without our mark a voucher of that supplier and number is not ours to
adopt: the document is held as `natural_key_taken`. The batch files refuse a second row of one key; of a voucher that is
entered at once nothing of the kind is established, so that a look-up which finds nothing waits for the effect window.

**Birthplace.** An invoice that carries the key of a voucher came from JDE and never becomes one (`born_in_jde`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from connector_assets.delivery.checks import (
    FrameChecks,
)
from connector_assets.delivery.document import Decision, Document, FieldChange, Target
from connector_assets.delivery.flow import Assembly, Flow, Frames, Source, read_settings
from connector_assets.integrations.from_jde.keys import supplier_key
from connector_assets.integrations.jde_coupa.approved import mapping
from connector_assets.integrations.jde_coupa.approved.orders import OrderLines
from connector_assets.integrations.jde_coupa.approved.outlet import (
    BATCH_RUN,
    VOID,
    BatchVouchers,
    DirectVouchers,
    VoucherOutlet,
)
from connector_assets.integrations.jde_coupa.approved.records import VoucherRecords
from connector_assets.integrations.jde_coupa.approved.resolving import Resolving
from connector_assets.integrations.jde_coupa.approved.settings import ApprovedInvoiceSettings
from connector_assets.integrations.jde_coupa.invoices import Invoices
from connector_assets.integrations.to_jde.periods import Periods, periods_of
from connector_resources.coupa.models import Invoice
from connector_resources.errors import NotAllowed
from connector_resources.ledger import Delivery, Intent


class ApprovedInvoices(Flow):
    """Invoices of Coupa to vouchers of JDE."""

    name = "approved_invoices"
    title = "Approved invoices of Coupa as vouchers of JD Edwards"
    sources = (
        Source("coupa", "invoices"),
        Source("jde", "F0010", daily=False),
        Source("jde", "F0006", daily=False),
        Source("jde", "F0901", daily=False),
        Source("jde", "F0014", daily=False),
    )
    after = ("suppliers", "accounts", "invoices")
    optional = True
    carries_money = True
    source_role, source_entity = "coupa", "invoices"
    target_role, target_entity = "jde", "F0411"
    natural_key = "mark with the invoice id"
    named_by = ("invoice", "supplier", "number", "amount", "date", "currency")
    looks_first = True
    document_columns = mapping.COLUMNS
    line_columns = mapping.LINE_COLUMNS
    Settings = ApprovedInvoiceSettings

    @cached_property
    def vouchers(self) -> VoucherRecords:
        """The vouchers of JDE that carry our mark."""
        return VoucherRecords(self.bench, self.settings, self.settings.distribution)

    @cached_property
    def periods(self) -> Periods:
        """The open periods of JDE's companies."""
        return periods_of(self.bench, self.settings)

    @cached_property
    def outlet(self) -> VoucherOutlet:
        """How vouchers are made, by the mode."""
        kind = DirectVouchers if self.settings.mode == "direct" else BatchVouchers
        return kind(self.vouchers, self.settings, lambda company, day: self.periods.reversal_day(company, day))

    @cached_property
    def orders(self) -> OrderLines:
        """The order lines that invoices are for."""
        return OrderLines(self)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {invoice_key(row["id"]): row["updated_on"] for row in rows}

    def all_keys(self) -> dict[str, date | None]:
        """Also those that JDE or our memory has a voucher of, and Coupa no longer an invoice."""
        gone = [invoice_key(each) for each in self.vouchers.invoices()]
        gone += [link.source_key for link in self.bench.ledger.links.all(flow=self.full_name)]
        keys: dict[str, date | None] = dict.fromkeys(gone)
        for rows in self.bench.reader("coupa").all_rows("invoices", ["id", "updated_on"]):
            keys |= self.changed_keys("invoices", rows)
        return keys

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader: Any = self.bench.reader("coupa")
        rows = reader.complete("invoices", ["id"], [(invoice_id(key),) for key in keys])
        field = self._key_field()
        made = Assembly(rows=len(rows), rows_in_documents=len(rows))
        for row in rows:
            invoice: Invoice = reader.record("invoices", row)
            key = invoice_key(invoice.id)
            document, lines = mapping.mapped(key, keys[key], invoice, self.settings, field)
            made.documents.append(document)
            made.lines += [] if document["void"] else lines
        there = {row["key"] for row in made.documents}
        made.documents += self._gone({key: day for key, day in keys.items() if key not in there})
        self._look_in_jde(made.documents)
        self.orders.fill(made.lines)
        return made

    def _key_field(self) -> str | None:
        """The custom field in which the invoices flow writes the key of a voucher."""
        own: Any = read_settings(Invoices.Settings, self.bench.integration.settings, Invoices.name)
        field: str | None = own.key_custom_field
        return field

    def _gone(self, keys: Mapping[str, date | None]) -> list[dict[str, Any]]:
        """Invoices that Coupa no longer has. Many at once are rather a login that sees less than before."""
        known = self.bench.ledger.deliveries.load(self.full_name, list(keys))
        fresh = [key for key in keys if key not in known or not (known[key].content or {}).get("void")]
        many = str(len(fresh)) if len(fresh) > self.settings.most_deleted else None
        return [
            mapping.blank(key, day, invoice_id(key), "deleted")
            | {"void": True, "many_gone": many if key in fresh else None}
            for key, day in keys.items()
        ]

    def _look_in_jde(self, documents: Sequence[dict[str, Any]]) -> None:
        """Which suppliers exist, and which invoices without a right to a voucher had one: its first revision stays."""
        jde, marks = self.bench.reader("jde"), self.settings
        numbers = {int(row["supplier"]) for row in documents if (row["supplier"] or "").isdigit()}
        there = {row["AN8"] for row in jde.complete("F0401", ["AN8"], [(each,) for each in sorted(numbers)])}
        void = [row["invoice_id"] for row in documents if row["void"]]
        firsts = [(marks.mark(each, 1),) for each in void]
        rows = jde.complete("F0411", [marks.mark_column], firsts)
        held = {mark[0] for row in rows if (mark := marks.of_row(row))}
        rows = jde.complete("F0411Z1", ["EDTN"], firsts)
        held |= {mark[0] for row in rows if (mark := marks.read(row["EDTN"]))}
        for row in documents:
            row["supplier_exists"] = (row["supplier"] or "").isdigit() and int(row["supplier"]) in there
            row["in_jde"] = row["invoice_id"] in held

    def resolve(self, frames: Frames) -> Frames:
        return Resolving(self).resolve(frames)

    @property
    def checks(self) -> FrameChecks:
        return mapping.checks(self._waits_for)

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        match why:
            case "supplier_not_linked" if (row["supplier"] or "").isdigit():
                return f"link:{self.bench.integration.name}/suppliers:{supplier_key(int(row['supplier']))}"
            case "tax_code_not_mapped":
                return f"tax_codes:{row['unmapped_tax']}"
            case "exchange_rate_not_mapped":
                return f"exchange_rates:{row['unmapped_rate']}"
        return None

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return mapping.content(row, lines)

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return self.vouchers.any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        ids = {document.key: int(document.content["invoice"]) for document in documents}
        held = self.vouchers.of_invoices(set(ids.values()))
        hits = {}
        for key, invoice in ids.items():
            revisions = held.get(invoice, [])
            # two in force are one too many, whichever is the newer
            found = [each for each in revisions if not each.void] or revisions[-1:]
            hits[key] = [self.vouchers.target(each) for each in found]
        strange = [document for document in documents if not hits[document.key] and not document.content["void"]]
        return {key: found for key, found in (hits | self._strangers(strange)).items() if found}

    def _strangers(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Vouchers of the same supplier and number that somebody entered in JDE: it would be paid twice."""
        if self.settings.duplicates == "send":
            return {}
        names = {
            document.key: (int(document.content["supplier"]), document.content["number"])
            for document in documents
            if document.content["supplier"] and document.content["number"]
        }
        held = self.vouchers.numbered(set(names.values()))
        credits = {document.key: (document.content["amount"] or "").startswith("-") for document in documents}
        return {
            key: [
                self.vouchers.target(each)
                for each in held.get(name, ())
                # a credit with the number of its invoice is no second invoice
                if (each.total("AG", "ACR") < 0) == credits[key]
            ][:1]
            for key, name in names.items()
        }

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {id: self.vouchers.target(held) for id, held in self.vouchers.by_ids(ids).items()}

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return self.outlet.decide(document, known, target)

    def shows_effect(self, intents: Sequence[Intent], target: Target) -> bool:
        return self.outlet.shows_effect(intents, target)

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours, theirs = document.content, target.content
        names = ("invoice",) if ours["amount"] is None else ("invoice", "amount", "date", "currency")
        return tuple(FieldChange(name, theirs[name], ours[name]) for name in names if theirs[name] != ours[name])

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        if target.content["invoice"] == document.content["invoice"]:
            return None
        column = self.settings.mark_column
        return NotAllowed(
            f"{self.full_name}: JD Edwards did not keep our mark in {column} of voucher {target.id}; without it a lost "
            "answer could not be looked up, and the voucher would be sent back to Coupa",
            fix=f"let the orchestration write its input for {column}, or set mark_column to another column",
            connection=self.bench.connection("jde").name,
        )

    def targets(self) -> list[Target]:
        """The newest revision of each invoice, and every other one that is in force."""
        return [
            self.vouchers.target(held)
            for revisions in self.vouchers.all().values()
            for held in revisions
            if held is revisions[-1] or not held.void
        ]

    def key_of(self, target: Target) -> str | None:
        invoice = target.content["invoice"]
        return invoice_key(int(invoice)) if invoice else None

    def startup_problems(self) -> list[str]:
        named = self.bench.integration.settings.flows
        settings = self.settings
        problems = [settings.payer_problem] if settings.payer_problem else []
        if settings.voucher_custom_field and settings.voucher_custom_field == self._key_field():
            problems.append("voucher_custom_field is the field in which the invoices flow marks its own: name another")
        wrong = "payments_to_coupa" if settings.payer == "coupa" else "payments_to_jde"
        if wrong in named:
            problems.append(f"payer is {settings.payer}, but the flow {wrong} is on: leave it out of connections.yaml")
        acts = [*self.outlet.acts, VOID, *([BATCH_RUN] if settings.mode == "batch" else [])]
        name = self.bench.connection("jde").name
        problems += [
            f"set orchestrations.{act} of the connection {name}" for act in acts if not self.outlet.configured(act)
        ]
        return problems


def invoice_key(id: int) -> str:
    """The document key of an invoice: `invoices:4835`."""
    return f"invoices:{id}"


def invoice_id(key: str) -> int:
    """Coupa's id of an invoice's document key."""
    return int(key.partition(":")[2])
