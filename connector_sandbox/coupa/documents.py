"""Invoices, approvals, payments, payables and integration records (coupa sections 3.4 to 3.6)."""

from __future__ import annotations

from decimal import Decimal

from connector_sandbox.coupa.master import CUSTOM, FLAG
from connector_sandbox.coupa.schema import (
    ID,
    READ_ONLY_INSTANT,
    STAMPS,
    Entity,
    Field,
    Shape,
    Unique,
    nothing,
    ref,
    text,
)

MONEY = Field("decimal", scale=4)
COMPUTED = Field("decimal", read_only=True)

_TAX_LINE = Shape(
    {"id": ID, "type": text(default="TaxLine"), "rate": Field("decimal", places=1), "amount": MONEY,
     "taxable-amount": MONEY, "tax-code": ref("tax_codes"), "description": text()}
)  # fmt: skip
_ALLOCATION = Shape(
    {"id": ID, "account": ref("accounts"), "pct": Field("decimal", scale=10), "amount": MONEY,
     "period": text(), "billing-note": text(None)}
)  # fmt: skip
CHARGES = ("InvoiceShippingCharge", "InvoiceHandlingCharge", "InvoiceMiscCharge")
CHARGE = Shape(
    {
        "id": ID,
        "created-at": READ_ONLY_INSTANT,
        "updated-at": READ_ONLY_INSTANT,
        "type": text(choices=CHARGES),
        "line-num": Field("int"),
        "total": Field("decimal", scale=4),
        "accounting-total": COMPUTED,
        "accounting-total-currency": ref("currencies", read_only=True),
        "currency": ref("currencies"),
        "account": ref("accounts"),
        "account-allocations": Field("lines", shape=_ALLOCATION),
        "tax-lines": Field("lines", shape=_TAX_LINE),
        "description": text(1550),
        "billing-note": text(None),
        "period": text(),
        "pct": Field("decimal", scale=10),
        "distributed": FLAG,
    }
)
_LINE = Shape(
    {
        "id": ID,
        "created-at": READ_ONLY_INSTANT,
        "updated-at": READ_ONLY_INSTANT,
        "type": text(choices=("InvoiceQuantityLine", "InvoiceAmountLine"), default="InvoiceQuantityLine"),
        "line-num": Field("int"),
        "description": text(1550),
        "price": Field("decimal", scale=20),
        "quantity": Field("decimal", places=1),
        "total": COMPUTED,
        "status": text(read_only=True, default="new"),
        "uom": ref("uoms"),
        "currency": ref("currencies"),
        "account": ref("accounts"),
        "account-allocations": Field("lines", shape=_ALLOCATION),
        "tax-amount": COMPUTED,
        "tax-lines": Field("lines", shape=_TAX_LINE),
        "match-reference": text(),
        "order-line-id": Field("int"),
        # Read-only as documented, though there are clients that send them (coupa section 3.4).
        "po-number": text(),
        "order-header-num": Field("int", read_only=True),
        "order-line-num": text(),
        "external-src-ref": text(),
        "custom-fields": CUSTOM,
    }
)
_FAILED_TOLERANCE = Shape({"id": ID, "code": text(), "name": text(), "breach-amount": Field("decimal")})
PAYMENT = Shape(
    {"id": ID, "amount-paid": MONEY, "payment-date": Field("instant"), "notes": text(), "check-number": text(),
     "payable-id": Field("int", read_only=True), "payable-type": text(read_only=True, default="InvoiceHeader")}
)  # fmt: skip

INVOICE_STATUSES = (
    "new", "draft", "on_hold", "ap_hold", "processing", "invalid", "pending_action", "pending_receipt",
    "pending_approval", "booking_hold", "approved", "disputed", "rejected", "abandoned", "voided",
    "payable_adjustment",
)  # fmt: skip

INVOICE = Entity(
    "invoices", "invoice_header", "InvoiceHeader",
    Shape(
        {
            **STAMPS,
            "invoice-number": text(40), "invoice-date": Field("day", at="invoice"),
            "status": text(read_only=True, default="draft", choices=INVOICE_STATUSES),
            "document-type": text(read_only=True, default="Invoice"), "is-credit-note": FLAG,
            "original-invoice-number": text(40), "original-invoice-date": Field("day"),
            "supplier": ref("suppliers"), "account-type": ref("account_types"), "currency": ref("currencies"),
            "payment-term": ref("payment_terms"),
            "line-level-taxation": Field("bool"), "tax-rate": Field("decimal", places=1), "tax-amount": MONEY,
            "tax-code": ref("tax_codes"),
            "gross-total": COMPUTED, "total-with-taxes": COMPUTED, "amount-due": COMPUTED,
            **{f"{name}-less-discount": COMPUTED
               for name in ("gross-total", "net-total", "total-taxes", "amount-due")},
            "supplier-total": MONEY,
            **{f"{name}-amount": Field("decimal", scale=4, default=Decimal("0.00"))
               for name in ("shipping", "handling", "misc")},
            "advance-payment-received-amount": MONEY,
            "discount-amount": MONEY, "discount-percent": Field("decimal", places=1),
            "paid": FLAG, "payment-date": Field("instant"), "payment-notes": text(None),
            "payments": Field("payments", shape=PAYMENT),
            "payment-channel": text(40, read_only=True, default="ERP"),
            "net-due-date": Field("day", True, at="end"), "discount-due-date": Field("day", True, at="end"),
            **{name: Field("day") for name in ("delivery-date", "pre-payment-date", "customs-declaration-date",
                                               "transaction-notification-date")},
            "internal-note": text(None), "supplier-note": text(None), "comments": text(255),
            "bill-to-address": ref("addresses"), "ship-to-address": ref("addresses"),
            "remit-to-address": ref("remit_to_addresses"),
            "invoice-lines": Field("lines", shape=_LINE),
            "invoice-charges": Field("lines", shape=CHARGE), "tax-lines": Field("lines", shape=_TAX_LINE),
            "withholding-tax-lines": Field("lines", shape=_TAX_LINE),
            "dispute-reasons": Field("refs", read_only=True, target="dispute_reasons"), "taggings": nothing(),
            "approvals": Field("backrefs", read_only=True, target="approvals", via="approvable-id"),
            "failed-tolerances": Field("lines", read_only=True, shape=_FAILED_TOLERANCE),
            "exported": FLAG, "last-exported-at": READ_ONLY_INSTANT, "canceled": Field("bool", True, default=False),
            "lock-version-key": Field("int", read_only=True, default=0),
            "custom-fields": CUSTOM,
        }
    ),
    keys=("id", "invoice-number"), stub=("id", "invoice-number", "status"),
    required=("invoice-number", "invoice-date", "supplier", "account-type", "line-level-taxation"),
    indexed=("invoice-number", "supplier", "status"),
)  # fmt: skip
APPROVAL = Entity(
    "approvals", "approval", "Approval",
    Shape(
        {
            **STAMPS, "approvable-id": Field("int", read_only=True), "approvable-type": text(read_only=True),
            "status": text(read_only=True), "approver": ref("users", read_only=True),
            "approved-by": ref("users", read_only=True), "approval-date": READ_ONLY_INSTANT,
            "position": Field("int", read_only=True), "note": text(None, read_only=True),
        }
    ),
    stub=("id", "status", "position", "approver", "approved-by", "approval-date", "note"),
    indexed=("approvable-id",),
)  # fmt: skip

_PAY_TO = {
    "pay-to-total": COMPUTED, "pay-from-total": COMPUTED, "pay-to-currency": ref("currencies", read_only=True),
    "pay-from-currency": ref("currencies", read_only=True),
    "exchange-rate": Field("decimal", read_only=True, scale=9),
}  # fmt: skip
_PAYMENT_DETAIL = Shape(
    {
        "id": ID, "payment-id": text(read_only=True), "payable-id": Field("int", read_only=True),
        "payable-type": text(read_only=True), "source-transaction-id": Field("int", read_only=True),
        "source-transaction-type": text(read_only=True, default="InvoiceHeader"),
        "source-transaction-reference": text(read_only=True),
        "transaction-total": COMPUTED, "discount-total": COMPUTED, "adjustment-total": COMPUTED,
        "payment-total": COMPUTED, "currency": ref("currencies", read_only=True),
        "payable-allocations": nothing(),
    }
)  # fmt: skip
_TYPED_ACCOUNT = Shape(
    {"id": ID, "type": text(read_only=True), "name": text(read_only=True), "account-kind": text(read_only=True),
     "payment-option": text(read_only=True), "supplier": ref("suppliers"),
     "remit-to-address": ref("remit_to_addresses")}
)  # fmt: skip
_BATCH = Shape({"id": ID, "name": text(read_only=True)})
_DIGITAL_CHECK = Shape({"id": ID, "check-number": text(read_only=True), "status": text(read_only=True)})
PAYMENT_STATUSES = (
    "draft", "approved", "payment_initiated", "payment_in_progress", "completed_successfully",
    "completed_with_errors", "cancelled",
)  # fmt: skip
PAY_PAYMENT = Entity(
    "coupa_pay_payments", "payment", "CoupaPay::Payment",
    Shape(
        {
            **STAMPS, "status": text(read_only=True, choices=PAYMENT_STATUSES), "type": text(read_only=True),
            "transfer-type": text(read_only=True), "payment-identifier": text(read_only=True),
            "external-ref-id": text(read_only=True), **_PAY_TO,
            "released-at": READ_ONLY_INSTANT, "requested-execution-date": READ_ONLY_INSTANT,
            "error-text": text(None, read_only=True), "payee": ref("suppliers", read_only=True),
            "payment-batch": Field("nested", True, shape=_BATCH),
            "digital-check": Field("nested", True, shape=_DIGITAL_CHECK),
            "pay-to-account": Field("nested", True, shape=_TYPED_ACCOUNT),
            "pay-from-account": Field("nested", True, shape=_TYPED_ACCOUNT),
            "payment-details": Field("lines", True, shape=_PAYMENT_DETAIL),
            "exported": FLAG, "last-exported-at": READ_ONLY_INSTANT,
        }
    ),
    indexed=("status",),
)  # fmt: skip

_PAYABLE_DETAIL = Shape(
    {"id": ID, "supplier-id": Field("int"), "supplier": ref("suppliers"), "discount-amount": Field("decimal", scale=6),
     "discount-due-date": Field("day"), "payment-term-descr": text(), "description": text(None)}
)  # fmt: skip
_PAYABLE_MONEY = Field("decimal", scale=6, places=6)
_PAYABLE_UNSHOWN = Field("decimal", scale=6, places=6, write_only=True)
EXTERNAL_PAYABLE = Entity(
    "external_payables", "payable", "Payables::External::Payable",
    Shape(
        {
            **STAMPS, "status": text(read_only=True, default="open"),
            "account-type": ref("account_types", write_only=True), "currency": ref("currencies", write_only=True),
            "currency-id": Field("int", read_only=True),
            "document-amount": _PAYABLE_MONEY, "document-number": text(255), "document-type": text(50),
            "document-date": Field("day", write_only=True), "due-date": Field("day", write_only=True),
            "paid-date": Field("day"), "payable-amount": _PAYABLE_MONEY, "paid-amount": _PAYABLE_MONEY,
            "remaining-amount": _PAYABLE_UNSHOWN, "remittance-amount": _PAYABLE_UNSHOWN,
            "source-name": text(50), "source-reference": text(255), "payee": ref("suppliers", write_only=True),
            "payable-detail": Field("nested", shape=_PAYABLE_DETAIL, write_only=True),
            "custom-fields": Field("custom", write_only=True),
        }
    ),
    required=("account-type", "currency", "document-amount", "document-number", "document-type", "payable-amount",
              "source-name", "source-reference"),
    indexed=("source-reference", "document-number"),
)  # fmt: skip

INTEGRATION = Entity(
    "integrations", "integration", "Integration",
    Shape(
        {
            **STAMPS, "code": text(), "name": text(), "business-object": text(),
            "direction": text(choices=("to_coupa", "from_coupa")), "end-system": text(), "end-system-type": text(),
            "integration-type": text(),
        }
    ),
    keys=("id", "code"), stub=("id", "code", "name"), required=("code", "name"),
    unique=(Unique(("code",), "code", "Code"),),
)  # fmt: skip
INTEGRATION_RUN = Entity(
    "integration_runs", "integration_run", "IntegrationRun",
    Shape(
        {
            **STAMPS, "integration": ref("integrations"), "status": text(read_only=True, default="pending"),
            "total-records": Field("int"), "records-processed": Field("int"),
            "start-time": Field("instant"), "end-time": Field("instant"),
        }
    ),
    stub=("id", "status"), required=("integration",),
)  # fmt: skip
_RESPONSE = Shape({"id": ID, "response-code": text(), "response-message": text(None)})
_MONITORED = {
    **STAMPS, "document-type": text(), "document-id": Field("int"), "document-status": text(),
    "contact-alert-type": text(choices=("Functional", "Technical")), "status": text(choices=("Success", "Error")),
    "integration": ref("integrations"), "integration-run": ref("integration_runs"), "external-id": text(),
    "responses": Field("lines", shape=_RESPONSE), "resolved": Field("bool", read_only=True, default=False),
}  # fmt: skip
INTEGRATION_ERROR = Entity(
    "integration_errors", "integration_error", "IntegrationError", Shape(_MONITORED),
    required=("document-type", "integration"), indexed=("document-id",),
)  # fmt: skip
INTEGRATION_HISTORY = Entity(
    "integration_history_records", "integration_history_record", "IntegrationHistoryRecord", Shape(_MONITORED),
    required=("document-type", "integration"), indexed=("document-id",),
)  # fmt: skip

DOCUMENTS = (
    INVOICE, APPROVAL, PAY_PAYMENT, EXTERNAL_PAYABLE, INTEGRATION, INTEGRATION_RUN,
    INTEGRATION_ERROR, INTEGRATION_HISTORY,
)  # fmt: skip
"""In the order in which content is loaded."""
