"""Coupa's records as pydantic models: the fields that a sync reads or writes (coupa sections 3.1 to 3.5)."""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated, Any

from pydantic import Field, field_validator

from connector_resources.coupa.shapes import (
    AccountRef,
    Address,
    AddressRef,
    CodeRef,
    Contact,
    Customized,
    NamedRef,
    Record,
    RemitToRef,
    Shape,
    SupplierRef,
)
from connector_resources.coupa.values import Amount, Day, Flag, Instant, Label, Many, Number, Text, Unused

SEGMENTS = tuple(f"segment_{n}" for n in range(1, 21))

# Invoice statuses (coupa section 3.4). `paid` is not one of them: it is a field of its own.
APPROVED = "approved"
VOIDED = "voided"
VOIDABLE = frozenset({"approved", "pending_receipt", "draft"})
DEAD = frozenset({"rejected", "abandoned", "invalid"})
# on their way to an approval, or stopped on it
MOVING = frozenset(
    {
        *("new", "draft", "processing", "pending_action", "pending_receipt", "pending_approval"),
        *("on_hold", "ap_hold", "booking_hold", "disputed"),
    }
)
CREDIT_NOTE = "Credit Note"  # `document_type` of one; the others are "Invoice"


class RemitToAddress(Address, Record):
    """Where a supplier is paid; `remit_to_code` is unique (coupa section 3.1)."""

    id: int
    remit_to_code: Text = None


class Supplier(Customized):
    """A supplier; `number` and `name` are each unique. Its remit-to addresses are read by `addresses`."""

    OPTIONAL = frozenset(
        {"duns", "website", "on_hold", "buyer_hold", "hold_invoices_for_ap_review", "one_time_supplier"}
    )
    name: Text = None
    number: Text = None
    display_name: Unused[Text] = None
    status: Text = None
    account_number: Unused[Text] = None
    tax_id: Text = Field(default=None, repr=False)
    duns: Unused[Text] = None
    website: Unused[Text] = None
    po_method: Text = None
    po_change_method: Unused[Text] = None
    po_email: Unused[Text] = None
    invoice_matching_level: Text = None
    payment_method: Text = None
    payment_term: CodeRef | None = None
    primary_address: Address | None = None
    primary_contact: Contact | None = None
    on_hold: Flag = None
    buyer_hold: Unused[Flag] = None
    hold_invoices_for_ap_review: Unused[Flag] = None
    one_time_supplier: Unused[Flag] = None
    created_at: Unused[Instant] = None
    updated_at: Instant = None


class AccountType(Record):
    """A chart of accounts; `dynamic_flag`: its accounts come into being on first use (coupa section 3.2)."""

    OPTIONAL = frozenset({"legal_entity_name"})
    name: Text = None
    currency: CodeRef | None = None
    active: Flag = None
    dynamic_flag: Flag = None
    legal_entity_name: Unused[Text] = None


class _Segmented(Record):
    segment_1: Text = None
    segment_2: Text = None
    segment_3: Text = None
    segment_4: Text = None
    segment_5: Text = None
    segment_6: Text = None
    segment_7: Text = None
    segment_8: Text = None
    segment_9: Text = None
    segment_10: Text = None
    segment_11: Text = None
    segment_12: Text = None
    segment_13: Text = None
    segment_14: Text = None
    segment_15: Text = None
    segment_16: Text = None
    segment_17: Text = None
    segment_18: Text = None
    segment_19: Text = None
    segment_20: Text = None


class Account(_Segmented):
    """A combination of segments inside a chart; `code` is read-only, the segments joined with `-`."""

    OPTIONAL = frozenset({"account_type_id", *SEGMENTS[1:]})  # a chart may use one segment only
    code: Text = None
    name: Text = None
    active: Flag = None
    account_type: NamedRef | None = None
    account_type_id: Unused[Number] = None

    @property
    def segments(self) -> tuple[str, ...]:
        """The values of segment-1 and on, without the unused ones at the end."""
        values = [getattr(self, name) or "" for name in SEGMENTS]
        while values and not values[-1]:
            values.pop()
        return tuple(values)


class LookupValue(Record):
    """One value of a lookup, e.g. of an account segment; `external_ref_num` is what accounting uses."""

    OPTIONAL = frozenset({"parent", "account_type", "description", "is_default", "external_ref_code"})
    name: Text = None
    external_ref_num: Text = None
    external_ref_code: Unused[Text] = None
    active: Flag = None
    lookup: NamedRef | None = None
    parent: NamedRef | None = None
    account_type: NamedRef | None = None
    description: Text = None
    is_default: Unused[Flag] = None


class PaymentTerm(Record):
    """Payment terms; `code` is unique."""

    OPTIONAL = frozenset({"type", "description"})
    code: Text = None
    description: Text = None
    days_for_net_payment: Unused[Number] = None
    days_for_discount_payment: Unused[Number] = None
    discount_rate: Unused[Amount] = None
    type: Text = None
    active: Flag = None


class TaxCode(Record):
    """What a tax is called on invoices and their lines, by `code`."""

    OPTIONAL = frozenset({"description", "active"})
    code: Text = None
    description: Text = None
    active: Flag = None


class Currency(Record):
    """A currency of the instance and its number of decimals."""

    code: Text = None
    decimals: Unused[Number] = None


class Payment(Shape):
    """One payment on an invoice: appended, never changed; reversed by a negative `amount_paid`."""

    OPTIONAL = frozenset({"check_number"})
    id: Number = None
    amount_paid: Amount = None
    payment_date: Instant = None
    notes: Text = None
    check_number: Text = None

    def on(self, day: date) -> bool:
        """Whether it was paid on that day: the one that is printed. Also the day in UTC, since what older versions of
        ours sent as midnight in UTC is printed as the evening before in the Americas."""
        moment = self.payment_date
        return moment is not None and day in (moment.date(), moment.astimezone(UTC).date())


class TaxLine(Shape):
    """The tax of one line, where taxes are kept by line."""

    OPTIONAL = frozenset({"id", "type", "tax_code"})
    id: Number = None
    type: Text = None
    rate: Amount = None
    amount: Amount = None
    tax_code: CodeRef | None = None

    @field_validator("tax_code", mode="before")
    @classmethod
    def _plain_code(cls, content: Any) -> Any:
        return {"code": content} if isinstance(content, str) else content


class WithholdingTaxLine(Shape):
    """Tax that is held back from what the supplier is paid."""

    OPTIONAL = frozenset({"id", "type", "rate"})
    id: Number = None
    type: Text = None
    rate: Amount = None
    amount: Amount = None


class Allocation(Shape):
    """The share of one account in a line; `pct` adds up to 100."""

    OPTIONAL = frozenset({"id", "amount"})
    id: Number = None
    account: AccountRef | None = None
    pct: Amount = None
    amount: Amount = None


class InvoiceLine(Shape):
    """One line of an invoice; `total` is computed by Coupa.

    `order_line_id`, `po_number` and `order_line_num` (text, as orders have it) say which order it is for.
    """

    OPTIONAL = frozenset(
        {
            *("uom", "currency", "order_line_id", "po_number", "order_line_num", "match_reference"),
            *("tax_amount", "status", "tax_lines"),
        }
    )
    id: Number = None
    type: Text = None
    line_num: Number = None
    description: Text = None
    price: Amount = None
    quantity: Amount = None
    total: Amount = None
    uom: CodeRef | None = None
    currency: CodeRef | None = None
    account: AccountRef | None = None
    account_allocations: Annotated[tuple[Allocation, ...], Many] = ()
    order_line_id: Number = None
    po_number: Text = None
    order_line_num: Label = None
    match_reference: Unused[Text] = None
    tax_lines: Annotated[tuple[TaxLine, ...], Many] = ()
    tax_amount: Amount = None
    status: Text = None

    @property
    def account_type(self) -> NamedRef | None:
        """The chart of the line's account."""
        return self.account.account_type if self.account else None


class InvoiceCharge(Shape):
    """Freight, handling or another charge of an invoice, with accounts and taxes of its own (coupa section 3.4.3).

    Every recorded invoice carries all three kinds, with a `total` of zero where there is none; `total` is without tax.
    """

    OPTIONAL = frozenset(
        {
            *("id", "type", "line_num", "description", "currency", "account", "account_allocations", "tax_lines"),
        }
    )
    id: Number = None
    type: Text = None
    line_num: Unused[Number] = None
    description: Text = None
    total: Amount = None
    currency: CodeRef | None = None
    account: AccountRef | None = None
    account_allocations: Annotated[tuple[Allocation, ...], Many] = ()
    tax_lines: Annotated[tuple[TaxLine, ...], Many] = ()


class TermRef(CodeRef):
    """The payment term of an invoice; some answers show the code only."""

    OPTIONAL = frozenset({"id", "type", "days_for_discount_payment"})
    type: Text = None
    days_for_discount_payment: Number = None


class Invoice(Customized):
    """An invoice with its lines and payments. `status` and `paid` are two things (coupa section 3.4).

    A discount for early payment lowers none of its totals (coupa section 3.4.2): what is left after it are the fields
    `…_less_discount`.
    """

    OPTIONAL = frozenset(
        {
            *("discount_percent", "gross_total_less_discount", "invoice_charges"),
            *("is_credit_note", "original_invoice_number", "original_invoice_date", "canceled"),
            *("tax_rate", "tax_code", "supplier_total", "amount_due", "discount_due_date", "net_due_date"),
            *("shipping_amount", "handling_amount", "misc_amount", "discount_amount"),
            *("supplier_note", "comments", "remit_to_address", "lock_version_key", "payment_channel"),
            *("tax_lines", "withholding_tax_lines", "ship_to_address"),
        }
    )
    invoice_number: Text = None
    invoice_date: Day = None
    status: Text = None
    document_type: Text = None
    is_credit_note: Flag = None
    original_invoice_number: Unused[Text] = None
    original_invoice_date: Unused[Day] = None
    supplier: SupplierRef | None = None
    account_type: NamedRef | None = None
    currency: CodeRef | None = None
    line_level_taxation: Flag = None
    tax_rate: Unused[Amount] = None
    tax_amount: Amount = None
    tax_code: CodeRef | None = None
    tax_lines: Annotated[tuple[TaxLine, ...], Many] = ()
    withholding_tax_lines: Annotated[tuple[WithholdingTaxLine, ...], Many] = ()
    gross_total: Amount = None
    total_with_taxes: Amount = None
    supplier_total: Unused[Amount] = None
    amount_due: Unused[Amount] = None
    shipping_amount: Amount = None
    handling_amount: Amount = None
    misc_amount: Amount = None
    discount_amount: Amount = None
    discount_percent: Amount = None
    gross_total_less_discount: Amount = None
    paid: Flag = None
    payment_date: Instant = None
    payment_notes: Unused[Text] = None
    payments: Annotated[tuple[Payment, ...], Many] = ()
    payment_term: TermRef | None = None
    payment_channel: Text = None
    net_due_date: Day = None
    discount_due_date: Day = None
    internal_note: Text = None
    supplier_note: Unused[Text] = None
    comments: Unused[Text] = None
    remit_to_address: RemitToRef | None = None
    ship_to_address: AddressRef | None = None
    invoice_lines: Annotated[tuple[InvoiceLine, ...], Many] = ()
    invoice_charges: Annotated[tuple[InvoiceCharge, ...], Many] = ()
    exported: Flag = None
    last_exported_at: Unused[Instant] = None
    canceled: Flag = None
    lock_version_key: Unused[Number] = None
    created_at: Unused[Instant] = None
    updated_at: Instant = None


class Payee(Shape):
    """The payee of an external payable, where an instance shows it."""

    OPTIONAL = frozenset({"id"})
    id: Number = None


class PayableDetail(Shape):
    """The detail of an external payable: its supplier by id, or as a record."""

    OPTIONAL = frozenset({"supplier_id", "supplier"})
    supplier_id: Number = None
    supplier: Payee | None = None


class ExternalPayable(Record):
    """An open item that lives in the ERP (Coupa Pay), known by source name and reference (coupa section 3.5.2).

    What is only sent need not come back: dates, currency, chart, payee. `currency_id` does.
    """

    OPTIONAL = frozenset(
        {
            *("status", "remaining_amount", "remittance_amount", "created_at", "updated_at"),
            *("document_date", "due_date", "account_type", "currency", "currency_id", "document_amount", "paid_date"),
            *("payable_detail", "payee"),
        }
    )
    source_name: Text = None
    source_reference: Text = None
    document_number: Text = None
    document_type: Text = None
    document_amount: Unused[Amount] = None
    document_date: Day = None
    due_date: Day = None
    payable_amount: Amount = None
    paid_amount: Amount = None
    paid_date: Unused[Day] = None
    remaining_amount: Unused[Amount] = None
    remittance_amount: Unused[Amount] = None
    account_type: Unused[NamedRef | None] = None
    payable_detail: PayableDetail | None = None
    payee: Payee | None = None
    currency: CodeRef | None = None
    currency_id: Number = None
    status: Text = None
    created_at: Unused[Instant] = None
    updated_at: Instant = None

    @property
    def suppliers(self) -> frozenset[int]:
        """The ids of the payee, in whichever attribute they are shown; none where none is."""
        detail = self.payable_detail or PayableDetail()
        shown = (
            detail.supplier_id,
            detail.supplier.id if detail.supplier else None,
            self.payee.id if self.payee else None,
        )
        return frozenset(int(id) for id in shown if id is not None)
