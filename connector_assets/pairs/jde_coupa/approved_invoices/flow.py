"""`jde_coupa/approved_invoices`: invoices that originate and are approved in Coupa become vouchers of JD Edwards.

**Natural key.** Coupa's invoice id with a revision, written into the voucher as its mark (VR01 or URRF) and, in a
batch, as the transaction number (F0411Z1.EDTN); `documents/jde/voucher_entry/flow.py` says what follows from that.
**Origin.** An invoice that carries the key of a voucher came from JDE and never becomes one (`born_in_jde`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import supplier_key
from connector_assets.documents.jde.voucher_entry.flow import Vouchers
from connector_assets.documents.jde.voucher_entry.payees import Payees
from connector_assets.documents.jde.voucher_entry.writer import After
from connector_assets.engine.checks import FrameChecks
from connector_assets.engine.document import Document
from connector_assets.engine.flow import Source, read_settings
from connector_assets.engine.one_payer import REASON
from connector_assets.pairs.jde_coupa.approved_invoices import mapping
from connector_assets.pairs.jde_coupa.approved_invoices.enrichment import InvoiceEnrichment
from connector_assets.pairs.jde_coupa.approved_invoices.orders import OrderLines
from connector_assets.pairs.jde_coupa.approved_invoices.paid_by_both import paid_by_both
from connector_assets.pairs.jde_coupa.approved_invoices.paid_there import PaidThere
from connector_assets.pairs.jde_coupa.approved_invoices.settings import ApprovedInvoiceSettings
from connector_assets.pairs.jde_coupa.approved_invoices.voucher_number import telling
from connector_assets.pairs.jde_coupa.invoices.flow import Invoices
from connector_assets.pairs.jde_coupa.invoices.remit_to import RemitTo
from connector_assets.pairs.jde_coupa.mark_and_payer import PAYMENT_FLOWS
from connector_resources.ledger import Delivery


class ApprovedInvoices(Vouchers):
    """Invoices of Coupa to vouchers of JDE."""

    name = "approved_invoices"
    parties_of = "suppliers"
    party_entity = "F0401"
    title = "Approved invoices of Coupa as vouchers of JD Edwards"
    sources = (
        Source("coupa", "invoices"),
        Source("jde", "F0411"),
        Source("jde", "F0010", daily=False),
        Source("jde", "F0006", daily=False),
        Source("jde", "F0901", daily=False),
        Source("jde", "F0014", daily=False),
    )
    after = ("suppliers", "accounts", "invoices")
    source_role, source_entity = "coupa", "invoices"
    source, origin_system = mapping.SOURCE, "Coupa"
    natural_key = "mark with the invoice id"
    lookup_fields = ("invoice", "supplier", "number", "amount", "date", "currency", "remit_to")
    document_columns = mapping.COLUMNS
    line_columns = mapping.LINE_COLUMNS
    holds, line_holds = mapping.HOLDS, mapping.LINE_HOLDS
    Settings = ApprovedInvoiceSettings

    @property
    def payees(self) -> Payees:
        return Payees(self.origin_system, self.other_pays, self._factor, self._redirected)

    @cached_property
    def _remit_to(self) -> RemitTo:
        return RemitTo(self.context)

    def _factor(self, document: Document) -> str | None:
        """Who is paid at the invoice's remit-to address, where that is somebody else than its supplier."""
        return self._remit_to.payee(document.content["supplier"], document.content["remit_to"] or None)

    def _redirected(self, document: Document, known: Delivery) -> str:
        """That the invoice is to be paid to another address than when its voucher was made, in words. JDE knows nothing
        of Coupa's remit-to addresses."""
        now = document.content["remit_to"]
        if known.content_hash == document.hash:
            return ""
        sent = self.context.ledger.intents.named(self.full_name, [document.key], "remit_to").get(document.key, {now})
        if now in sent:
            return ""
        before = ", ".join(sorted(each or "none" for each in sent))
        return f"{self.origin_system} pays to remit-to {now or 'none'}, {before} when the voucher was made"

    @property
    def after_voucher(self) -> After:
        tell, then = telling(self.context, self.settings.voucher_custom_field), super().after_voucher
        return lambda *seen: tell(*seen) or then(*seen)

    @cached_property
    def orders(self) -> OrderLines:
        """The order lines that invoices are for."""
        return OrderLines(self)

    @cached_property
    def _key_field(self) -> str | None:
        """The custom field in which the invoices flow writes the key of a voucher."""
        own: Any = read_settings(Invoices.Settings, self.context.integration.settings, Invoices.name)
        field: str | None = own.key_custom_field
        return field

    def mapped(self, key: str, day: date | None, record: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return mapping.mapped(key, day, record, self.settings, self._key_field)

    def blank(self, key: str, day: date | None, status: str) -> dict[str, Any]:
        return mapping.blank(key, day, self.id(key), status)

    def complete(self, documents: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
        self.orders.fill(lines)
        self._paid_there.fill(documents)

    @cached_property
    def _paid_there(self) -> PaidThere:
        return PaidThere(self.context, self.settings, self.vouchers)

    def enrichment(self) -> InvoiceEnrichment:
        return InvoiceEnrichment(self)

    def payable_in_both(self, keys: Collection[str] | None) -> Mapping[str, str] | None:
        """Also what JD Edwards has paid by itself though Coupa Pay pays. Each change of a voucher is seen by its day;
        the sweep looks at those that are told already."""
        found = super().payable_in_both(keys)
        if found is None or PAYMENT_FLOWS["coupa"] not in self.context.integration.settings.flows:
            return found
        if keys is None:
            keys = self.context.ledger.findings.of(self.full_name, REASON, list(self.owners(None).values()))
        owners = {voucher: str(self.id(key)) for voucher, key in self.owners(keys).items()}
        paid = paid_by_both(self.context, owners) if owners else {}
        return {self.key(id): words for id, words in paid.items()} | dict(found)

    @property
    def checks(self) -> FrameChecks:
        return mapping.checks(self.waits_for)

    def waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        match why:
            case "supplier_not_linked" if (row["supplier"] or "").isdigit():
                return f"link:{self.context.integration.name}/suppliers:{supplier_key(int(row['supplier']))}"
            case "tax_code_not_mapped":
                return f"tax_codes:{row['unmapped_tax']}"
        return super().waits_for(why, row)

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return mapping.content(row, lines)

    def startup_problems(self) -> list[str]:
        named = self.context.integration.settings.flows
        settings = self.settings
        problems = [self.payer_trouble] if self.payer_trouble else []
        if settings.voucher_custom_field and settings.voucher_custom_field == self._key_field:
            problems.append("voucher_custom_field is the field in which the invoices flow marks its own: name another")
        wrong = "payments_to_coupa" if settings.payer == "coupa" else "payments_to_jde"
        if wrong in named:
            problems.append(f"payer is {settings.payer}, but the flow {wrong} is on: leave it out of connections.yaml")
        return problems + super().startup_problems()
