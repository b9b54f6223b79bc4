"""Vendors, bills, vendor credits and classifications as models (bill sections 3.1, 3.2, 3.5 and 3.6)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from connector_resources.bill.shapes import (
    Address,
    Amount,
    Archivable,
    Classifications,
    Day,
    ExactText,
    Flag,
    Instant,
    Many,
    Number,
    Shape,
    Text,
    Unused,
)

# `paymentStatus` of a bill (bill section 3.2); UNDEFINED is unknown, and read again later
UNPAID, SCHEDULED, IN_PROCESS, PARTIALLY_PAID, PAID = "UNPAID", "SCHEDULED", "IN_PROCESS", "PARTIALLY_PAID", "PAID"
UNDEFINED = "UNDEFINED"
# `approvalStatus` of a bill that may be paid: approved, or no policy asked for an approval
APPROVED = "APPROVED"  # `approvalStatus`, and the `status` of an approver
PAYABLE = frozenset({APPROVED, "UNASSIGNED"})
DENIED = "DENIED"  # `approvalStatus`
ACTIVE = "ACTIVE"  # `recordStatus`


def _payment_status(value: object) -> object:
    """One name for what sources call `PARTIALLY_PAID` and `PARTIAL` (bill section 3.2)."""
    return PARTIALLY_PAID if value == "PARTIAL" else value


PaymentStatus = Annotated[str | None, BeforeValidator(_payment_status)]


class VendorBankAccount(Shape):
    """Where a vendor is paid; the numbers stay out of its repr."""

    id: Text = None
    name_on_account: Text = None
    account_number: Text = Field(default=None, repr=False)
    routing_number: Text = Field(default=None, repr=False)
    type: Text = None
    owner_type: Unused[Text] = None
    payment_currency: Unused[Text] = None


class PaymentInformation(Shape):
    """How a vendor is paid."""

    payee_name: Unused[Text] = None
    email: Text = None
    pay_by_type: Unused[Text] = None
    pay_by_sub_type: Unused[Text] = None
    last_payment_date: Unused[Text] = None
    bank_account: Unused[VendorBankAccount | None] = None


class AdditionalInfo(Shape):
    """A vendor's tax data and terms. `tax_id` may be absent or masked (bill section 3.1); it stays out of the repr."""

    tax_id: Text = Field(default=None, repr=False)
    tax_id_type: Text = None
    track1099: Flag = Field(default=None, alias="track1099")
    combine_payments: Unused[Flag] = None
    lead_time_in_days: Unused[Number] = None
    payment_term_id: Unused[Text] = None
    company_name: Unused[Text] = None


class Balance(Shape):
    """What is owed to a vendor."""

    amount: Amount = None
    last_updated_date: Unused[Instant] = None


class Vendor(Archivable):
    """Who is paid. `bill_currency` is the currency of all its bills; there is no external id."""

    name: Text = None
    short_name: Text = None
    account_number: Unused[Text] = None
    account_type: Text = None
    email: Text = None
    phone: Text = None
    bill_currency: Text = None
    address: Address | None = None
    payment_information: Unused[PaymentInformation | None] = None
    additional_info: AdditionalInfo | None = None
    balance: Unused[Balance | None] = None
    network_status: Text = None
    bank_account_status: Text = None


class InvoiceOfBill(Shape):
    """The vendor's invoice; its number has 21 characters at most."""

    invoice_number: Text = None
    invoice_date: Day = None


class BillLine(Shape):
    """One line of a bill."""

    id: Text = None
    amount: Amount = None
    quantity: Amount = None
    price: Amount = None
    description: Text = None
    classifications: Classifications | None = None


class Approver(Shape):
    """Who is asked to approve a bill."""

    user_id: Unused[Text] = None
    status: Unused[Text] = None
    approver_order: Unused[Number] = None
    status_changed_time: Unused[Instant] = None


class AppliedCredit(Shape):
    """So much of a vendor credit, applied to a bill."""

    id: Text = None
    amount: Amount = None


class Bill(Archivable):
    """A payable, in its vendor's currency. `vendor_name` comes with reads alone, and a payment's id never."""

    vendor_id: Text = None
    vendor_name: Unused[Text] = None
    due_date: Day = None
    invoice: InvoiceOfBill | None = None
    lines: Annotated[tuple[BillLine, ...], Many] = Field(default=(), alias="billLineItems")
    description: Text = None
    pay_from_chart_of_account_id: Unused[Text] = None
    classifications: Classifications | None = None
    vendor_credits: Annotated[tuple[AppliedCredit, ...], Many] = ()
    purchase_order_number: Text = None
    amount: Amount = None
    funding_amount: Unused[Amount] = None
    exchange_rate: Amount = None
    paid_amount: Amount = None
    due_amount: Amount = None
    scheduled_amount: Amount = None
    credit_amount: Amount = None
    payment_status: PaymentStatus = None
    approval_status: Text = None
    record_status: Text = None
    approvers: Unused[Annotated[tuple[Approver, ...], Many]] = ()
    created_by: Unused[Text] = None

    @property
    def usable(self) -> bool:
        """ACTIVE; where the record status is not told, not archived: drafts are archived too (bill section 3.2)."""
        return self.archived is False if self.record_status is None else self.record_status == ACTIVE


class VendorCreditLine(Shape):
    """One line of a vendor credit."""

    id: Text = None
    description: Text = None
    amount: Amount = None
    classifications: Classifications | None = None


class CreditUsage(Shape):
    """So much of a credit was used on a bill, by a payment or without one."""

    bill_id: Text = None
    payment_id: Text = None
    amount: Amount = None


class VendorCredit(Archivable):
    """What a vendor owes us."""

    vendor_id: Text = None
    reference_number: Text = None
    credit_date: Day = None
    description: Text = None
    apply_to_chart_of_account_id: Unused[Text] = None
    apply_to_bank_account_id: Unused[Text] = None
    amount: Amount = None
    applied_amount: Amount = None
    status: Text = None
    lines: Annotated[tuple[VendorCreditLine, ...], Many] = Field(default=(), alias="vendorCreditLineItems")
    usage: Annotated[tuple[CreditUsage, ...], Many] = ()


class Classification(Archivable):
    """A department, location or accounting class."""

    name: Text = None
    short_name: Text = None
    description: Text = None
    parent_id: Unused[Text] = None


class AccountPart(Shape):
    """The `account` of a chart-of-accounts record; `number` is a text, its leading zeros matter."""

    type: Text = None
    number: ExactText = None


class ChartOfAccount(Archivable):
    """A general ledger account."""

    name: Text = None
    description: Text = None
    parent_id: Unused[Text] = None
    account: AccountPart | None = None

    @property
    def number(self) -> str | None:
        """`account.number`."""
        return self.account.number if self.account else None

    @property
    def type(self) -> str | None:
        """`account.type`, such as EXPENSE."""
        return self.account.type if self.account else None
