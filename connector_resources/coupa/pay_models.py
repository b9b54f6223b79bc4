"""Payments that Coupa Pay makes, as pydantic models (coupa section 3.5b).

The accounts that money goes from and to are part of these records in Coupa; they are not asked for.
"""

from __future__ import annotations

from typing import Annotated

from connector_resources.coupa.shapes import CodeRef, Record, Shape
from connector_resources.coupa.values import Amount, Day, Flag, Instant, Label, Many, Number, Text, Unused

# Statuses of a payment. What is under way may still end in either way.
PAY_SETTLED = frozenset({"completed_successfully"})
PAY_UNDONE = frozenset({"cancelled", "canceled"})
# it has ended, and nothing says whether the money has left
PAY_UNCLEAR = frozenset({"completed_with_errors"})
PAY_UNDER_WAY = frozenset({"draft", "approved", "payment_initiated", "payment_in_progress"})
# `source_transaction_type` of a detail that pays an invoice
INVOICE_SOURCE = "InvoiceHeader"


class PayeeRef(Shape):
    """Who is paid; `number` is the supplier's."""

    OPTIONAL = frozenset({"name", "number"})
    id: Number = None
    name: Text = None
    number: Text = None


class BatchRef(Shape):
    """The batch that a payment was made in."""

    id: Number = None


class DigitalCheck(Shape):
    """The check of a payment that is made by one."""

    OPTIONAL = frozenset({"check_number", "status"})
    check_number: Label = None
    status: Text = None


class PaymentDetail(Shape):
    """What a payment settles of one transaction; of an invoice, where its type is `INVOICE_SOURCE`.

    `source_transaction_id` is the invoice's id and `source_transaction_reference` its number. `payment_total` is what
    was paid of `transaction_total`, after `discount_total` and `adjustment_total`, in `currency`.
    """

    OPTIONAL = frozenset(
        {
            *("payment_id", "payable_id", "payable_type", "source_transaction_reference"),
            *("transaction_total", "discount_total", "adjustment_total", "currency"),
        }
    )
    id: Number = None
    payment_id: Label = None
    payable_id: Unused[Number] = None
    payable_type: Unused[Text] = None
    source_transaction_id: Number = None
    source_transaction_type: Text = None
    source_transaction_reference: Label = None
    transaction_total: Unused[Amount] = None
    discount_total: Amount = None
    adjustment_total: Unused[Amount] = None
    payment_total: Amount = None
    currency: CodeRef | None = None


class PayPayment(Record):
    """One payment of Coupa Pay to one payee, with the invoices that it settles.

    `pay_to_total` is in `pay_to_currency`, what the payee gets; `pay_from_total` what left the payer's account.
    """

    OPTIONAL = frozenset(
        {
            *("type", "transfer_type", "payment_identifier", "external_ref_id", "pay_from_total", "pay_from_currency"),
            *("exchange_rate", "released_at", "requested_execution_date", "error_text", "payee", "payment_batch"),
            *("digital_check", "exported", "last_exported_at", "created_at"),
        }
    )
    status: Text = None
    type: Text = None
    transfer_type: Unused[Text] = None
    payment_identifier: Label = None
    external_ref_id: Unused[Label] = None
    pay_to_total: Amount = None
    pay_to_currency: CodeRef | None = None
    pay_from_total: Unused[Amount] = None
    pay_from_currency: Unused[CodeRef | None] = None
    exchange_rate: Amount = None
    released_at: Instant = None
    requested_execution_date: Day = None
    error_text: Unused[Text] = None
    payee: PayeeRef | None = None
    payment_batch: Unused[BatchRef | None] = None
    digital_check: Unused[DigitalCheck | None] = None
    payment_details: Annotated[tuple[PaymentDetail, ...], Many] = ()
    exported: Flag = None
    last_exported_at: Unused[Instant] = None
    created_at: Unused[Instant] = None
    updated_at: Instant = None
