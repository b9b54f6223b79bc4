"""BILL's AP API v3 and its events: a client, and BILL's records as models."""

from connector_resources.bill.client import (
    BillClient,
)
from connector_resources.bill.errors import (
    DUPLICATE,
)
from connector_resources.bill.event_models import (
    EventRecord,
    EventType,
    Subscription,
    notification,
)
from connector_resources.bill.models import (
    ACTIVE,
    IN_PROCESS,
    PAID,
    PARTIALLY_PAID,
    PAYABLE,
    SCHEDULED,
    UNDEFINED,
    UNPAID,
    AccountPart,
    AdditionalInfo,
    AppliedCredit,
    Approver,
    Bill,
    BillLine,
    ChartOfAccount,
    Classification,
    CreditUsage,
    InvoiceOfBill,
    PaymentInformation,
    Vendor,
    VendorCredit,
    VendorCreditLine,
)
from connector_resources.bill.payment_models import (
    PAYMENT_PAID,
    PAYMENT_UNDONE,
    SINGLE_NEEDS_PERSON,
    SINGLE_POSTED,
    SINGLE_UNDONE,
    BillPayment,
    DisbursementInfo,
    Payment,
    VoidInfo,
)
from connector_resources.bill.shapes import (
    Address,
    Classifications,
)
from connector_resources.bill.signature import (
    signed,
)

__all__ = [
    "ACTIVE",
    "DUPLICATE",
    "IN_PROCESS",
    "PAID",
    "PARTIALLY_PAID",
    "PAYABLE",
    "PAYMENT_PAID",
    "PAYMENT_UNDONE",
    "SCHEDULED",
    "SINGLE_NEEDS_PERSON",
    "SINGLE_POSTED",
    "SINGLE_UNDONE",
    "UNDEFINED",
    "UNPAID",
    "AccountPart",
    "AdditionalInfo",
    "Address",
    "AppliedCredit",
    "Approver",
    "Bill",
    "BillClient",
    "BillLine",
    "BillPayment",
    "ChartOfAccount",
    "Classification",
    "Classifications",
    "CreditUsage",
    "DisbursementInfo",
    "EventRecord",
    "EventType",
    "InvoiceOfBill",
    "Payment",
    "PaymentInformation",
    "Subscription",
    "Vendor",
    "VendorCredit",
    "VendorCreditLine",
    "VoidInfo",
    "notification",
    "signed",
]
