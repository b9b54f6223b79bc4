"""Payments as models (bill section 3.4)."""

from __future__ import annotations

from typing import Annotated

from connector_resources.bill.models import AppliedCredit
from connector_resources.bill.shapes import (
    Amount,
    Classifications,
    Day,
    Flag,
    Instant,
    Many,
    Record,
    Shape,
    Text,
    Unused,
)

# `status` of a payment has two L in CANCELLED, `single_status` one in CANCELED (bill section 3.4)
PAYMENT_PAID = "PAID"
PAYMENT_UNDONE = frozenset({"VOID", "CANCELLED"})
SINGLE_POSTED = frozenset({"PROCESSED", "SENT", "DELIVERED", "CLEARED", "PARTIALLY_CLAIMED"})
SINGLE_UNDONE = frozenset({"VOIDED", "FUNDING_FAILED_VOIDED", "CANCELED"})
SINGLE_NEEDS_PERSON = frozenset(
    {
        "FUNDING_FAILED_ACTION_NEEDED",
        "DISBURSEMENT_FAILED_ACTION_NEEDED",
        "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED",
    }
)


class BillPayment(Shape):
    """What of a payment settles one bill; the cash in it is `amount` less the amounts of `vendor_credits`.

    `id` begins with `blp`: it is what tells one posting from another.
    """

    id: Text = None
    bill_id: Text = None
    amount: Amount = None
    vendor_credits: Annotated[tuple[AppliedCredit, ...], Many] = ()


class FundingAccount(Shape):
    """Where the money comes from: `type` is BANK_ACCOUNT, CARD_ACCOUNT, WALLET or AP_CARD."""

    type: Text = None
    id: Text = None


class Disbursement(Shape):
    """How and when the money went out, of whatever kind."""

    sent_date: Unused[Day] = None
    arrives_by_date: Unused[Day] = None
    check_number: Text = None
    trace_number: Unused[Text] = None
    batch_number: Unused[Text] = None


class DisbursementInfo(Shape):
    """The disbursement under the name of its kind; only the one that applies is there."""

    is_voidable: Unused[Flag] = None
    check_disbursement: Unused[Disbursement | None] = None
    ach_disbursement: Unused[Disbursement | None] = None
    rpps_disbursement: Unused[Disbursement | None] = None
    international_disbursement: Unused[Disbursement | None] = None
    vcard_disbursement: Unused[Disbursement | None] = None
    wallet_disbursement: Unused[Disbursement | None] = None


class VoidInfo(Shape):
    """A request to void a payment; `type` says whether a credit or another payment follows."""

    id: Text = None
    requested_by: Unused[Text] = None
    type: Text = None
    status: Text = None
    reason: Text = None
    created_time: Instant = None
    updated_time: Instant = None


class Payment(Record):
    """A payment of one or more bills of a vendor; `bill_payments` is its split, `amount` in the vendor's currency.

    `online_payment` is False for one that was only recorded. It has no `archived`.
    """

    vendor_id: Text = None
    vendor_name: Unused[Text] = None
    bill_id: Text = None
    bill_payments: Annotated[tuple[BillPayment, ...], Many] = ()
    amount: Amount = None
    funding_amount: Amount = None
    exchange_rate: Amount = None
    process_date: Day = None
    description: Text = None
    funding_account: Unused[FundingAccount | None] = None
    transaction_number: Text = None
    confirmation_number: Text = None
    status: Text = None
    single_status: Text = None
    disbursement_status: Unused[Text] = None
    disbursement_type: Unused[Text] = None
    disbursement_info: Unused[DisbursementInfo | None] = None
    online_payment: Flag = None
    void_info: Unused[Annotated[tuple[VoidInfo, ...], Many]] = ()
    cancel_request_submitted: Unused[Flag] = None
    # of a recorded payment
    to_print_check: Unused[Flag] = None
    classifications: Classifications | None = None
    sync_reference: Text = None
    allow_export: Unused[Flag] = None
    created_by: Unused[Text] = None
