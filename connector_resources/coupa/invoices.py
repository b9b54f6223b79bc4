"""`/api/invoices` (coupa sections 3.4, 3.5a and 3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector_resources.coupa.fields import Selected
from connector_resources.coupa.models import Invoice
from connector_resources.coupa.resource import Dated


class Invoices(Dated[Invoice]):
    """Invoices with their lines and payments. Each verb is one call; the caller looks up lost answers.

    Payments and status changes move `updated_at`.
    """

    MODEL = Invoice
    PATH = "invoices"
    NOUN = "invoice"
    READ = "core.invoice.read"
    WRITE = "core.invoice.write"
    KEYS = frozenset({"invoice_number"})

    def find(
        self,
        invoice_number: str,
        supplier_number: str | None = None,
        *,
        fields: Sequence[Selected] | None = None,
    ) -> list[Invoice]:
        """The invoices of exactly that number (and supplier), drafts and void ones included.

        There may be several: the API is not known to keep the numbers of drafts unique (coupa section 6).
        """
        filters: dict[str, str] = {"invoice-number": invoice_number}
        if supplier_number is not None:
            filters["supplier[number]"] = supplier_number
        asked = None if fields is None else [*fields, "invoice_number", "supplier"]
        return [
            invoice
            for invoice in self.all(fields=asked, filters=filters)
            if invoice.invoice_number == invoice_number
            and (supplier_number is None or (invoice.supplier and invoice.supplier.number == supplier_number))
        ]

    def create(self, body: Mapping[str, Any]) -> Invoice:
        """Create an invoice as a `draft`; `invoice-date` is a date without a time."""
        return self._create(body, scope="core.invoice.create")

    def update(self, invoice_id: int, body: Mapping[str, Any]) -> Invoice:
        """Change the fields in `body`, and no others."""
        return self._update(invoice_id, body)

    def pay(self, invoice_id: int, body: Mapping[str, Any]) -> Invoice:
        """Tell of payments: `paid`, `payment-date`, `payment-notes` and the `payments` to append.

        Sent twice it appends twice; whoever repeats it reads the invoice first and compares date, notes and
        amount. A payment is reversed by one with a negative amount. Only approved invoices are payable.
        """
        return self._update(invoice_id, body)

    def submit(self, invoice_id: int) -> Invoice:
        """Send a draft on its way: validation, matching, approval."""
        return self._act(invoice_id, "submit", scope="core.invoice.create")

    def void(self, invoice_id: int) -> Invoice:
        """Void an invoice that is `approved`, `pending_receipt` or `draft` (`models.VOIDABLE`)."""
        return self._act(invoice_id, "void", scope="core.invoice.delete")

    def abandon(self, invoice_id: int) -> Invoice:
        """Give up an invoice that is not approved yet."""
        return self._act(invoice_id, "abandon", scope="core.invoice.delete")

    def dispute(self, invoice_id: int, body: Mapping[str, Any]) -> Invoice:
        """Dispute an invoice; `body` is `dispute-reason` by its `code`, which must be active, and `comment`."""
        return self._act(invoice_id, "dispute", body)

    def withdraw_dispute(self, invoice_id: int) -> Invoice:
        """Take a dispute back."""
        return self._act(invoice_id, "withdraw_dispute")

    def bypass_approvals(self, invoice_id: int) -> Invoice:
        """Approve without the approvers; a scope of its own."""
        return self._act(invoice_id, "bypass_approvals", scope="core.invoice.approval.bypass")

    def mark_exported(self, invoice_id: int) -> bool:
        """Set the `exported` flag, in a request of its own; whether it is set then.

        There is one flag for all of the tenant's integrations, and the API cannot take it back.
        """
        return self._mark_exported(invoice_id)
