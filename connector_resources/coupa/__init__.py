"""Coupa Core's REST API: a client, and Coupa's records as models."""

from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.compare import dropped
from connector_resources.coupa.models import (
    APPROVED,
    DEAD,
    SEGMENTS,
    VOIDABLE,
    VOIDED,
    Account,
    AccountType,
    Currency,
    ExternalPayable,
    Invoice,
    InvoiceLine,
    LookupValue,
    Payment,
    PaymentTerm,
    RemitToAddress,
    Supplier,
)

__all__ = [
    "APPROVED",
    "DEAD",
    "SEGMENTS",
    "VOIDABLE",
    "VOIDED",
    "Account",
    "AccountType",
    "CoupaClient",
    "Currency",
    "ExternalPayable",
    "Invoice",
    "InvoiceLine",
    "LookupValue",
    "Payment",
    "PaymentTerm",
    "RemitToAddress",
    "Supplier",
    "dropped",
]
