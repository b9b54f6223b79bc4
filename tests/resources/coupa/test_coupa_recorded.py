"""Documents in the shape of recorded ones: what real instances have been seen to answer is read.

Their values are made up. What is told apart from the pages: rates are JSON numbers, terms have no time of creation,
flags are empty texts, custom fields are whole lookup values, an account has its chart's id alone.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from connector_resources.coupa import Invoice, Supplier

USER = {"id": 9, "login": "clerk", "email": "clerk@example.com", "employee-number": None, "assignee": ""}
SUPPLIER = {
    "id": 1,
    "created-at": "2008-10-27T12:56:38-07:00",
    "updated-at": "2021-02-19T04:31:18-08:00",
    "name": "Anvil (USA)",
    "display-name": "Anvil",
    "number": "125844-0",
    "status": "active",
    "website": "",
    "po-method": "email",
    "po-change-method": "email",
    "default-locale": None,
    "payment-method": "invoice",
    "disable-cert-verify": False,
    "po-email": "orders+anvil@example.com",
    "account-number": "",
    "duns": "",
    "tax-id": "",
    "buyer-hold": False,
    "invoice-matching-level": "3-way",
    "on-hold": False,
    "savings-pct": "4.0",
    "allow-csp-access-without-two-factor": None,
    "risk-level": "",
    "primary-contact": {"id": 703, "email": "ap@example.com", "name-given": "Ana", "purposes": [], "created-by": USER},
    "primary-address": {
        "id": 18967,
        "name": None,
        "location-code": None,
        "street1": "2 Forge Road",
        "street2": None,
        "city": "Las Vegas",
        "state": "NV",
        "postal-code": "23902",
        "active": True,
        "country": {"id": 223, "code": "US", "name": "United States"},
    },
    "enterprise": {"id": 1, "name": "Global", "code": "GLOBAL", "vendor-remit-to-required": ""},
    "payment-term": {
        "id": 3,
        "created-at": None,
        "code": "2/10 Net 30",
        "description": "",
        "days-for-net-payment": 30,
        "days-for-discount-payment": 10,
        "discount-rate": 2.0,
        "active": True,
        "content-groups": [{"id": 1, "name": "Everyone", "updated-by": USER}],
    },
    "commodity": {"id": 36, "name": "Laptops", "parent": {"id": 10, "name": "Hardware", "parent": {"id": 2}}},
    "remit-to-addresses": [{"id": 1039, "remit-to-code": "125844-0", "active": True, "country": {"code": "US"}}],
    "dd-settings": "",
    "supplier-sites": [],
}
INVOICE = {
    "id": 92010,
    "created-at": "2024-04-01T02:16:48+03:00",
    "updated-at": "2024-04-01T02:19:09+03:00",
    "invoice-date": "2024-04-01T00:00:00+03:00",
    "invoice-number": "Test 10",
    "line-level-taxation": False,
    "status": "approved",
    "total-with-taxes": "100.00",
    "gross-total": "100.00",
    "supplier-total": "100.00",
    "tax-code": {"id": 1, "code": "zero", "percentage": 0.0, "description": "Zero rated"},
    "tax-rate": None,
    "tax-amount": "0.00",
    "payment-date": None,
    "exported": False,
    "original-invoice-date": None,
    "clearance-document": None,
    "document-type": "Invoice",
    "is-credit-note": False,
    "line-count": 1,
    "custom-fields": {"document-date": "", "posting-date": "", "erp-number": ""},
    "currency": {"id": 1, "code": "USD"},
    "payment-term": {"id": 2, "code": "10 Days Net", "description": "10"},
    "supplier": {"id": 8819, "name": "Anvil (Leases)", "number": None},
    "invoice-lines": [
        {
            "id": 350285,
            "description": "Lease",
            "line-num": 1,
            "po-number": None,
            "order-line-num": None,
            "quantity": None,
            "tax-rate": None,
            "tax-amount": "0.00",
            "total": "100.00",
            "type": "InvoiceAmountLine",
            "tax-code": {"id": 1, "code": "zero", "percentage": 0.0},
            "custom-fields": {"prepayment-type": {"id": 1612, "name": "Other", "external-ref-num": "22236"}},
            "account": {
                "id": 23586,
                "name": "Advances",
                "code": "3004-T006493004-1072033010-1",
                "active": True,
                "account-type-id": 54,
                "segment-1": "3004",
            },
        }
    ],
}


def answered(document: dict[str, Any]) -> Any:
    """As the client decodes an answer: no number is a float."""
    return json.loads(json.dumps(document), parse_float=Decimal)


def test_a_recorded_supplier_is_read() -> None:
    found = Supplier.model_validate(answered(SUPPLIER))
    assert (found.id, found.number, found.status, found.po_email) == (
        1,
        "125844-0",
        "active",
        "orders+anvil@example.com",
    )
    assert found.payment_term is not None and found.payment_term.code == "2/10 Net 30"
    assert found.primary_address is not None and found.primary_address.country is not None
    assert (found.primary_address.street2, found.primary_address.country.code) == (None, "US")
    assert found.on_hold is False and not found.tax_id


def test_a_recorded_invoice_is_read() -> None:
    found = Invoice.model_validate(answered(INVOICE))
    assert (found.invoice_number, found.invoice_date, found.gross_total) == ("Test 10", date(2024, 4, 1), Decimal(100))
    assert found.supplier is not None and (found.supplier.id, found.supplier.number) == (8819, None)
    assert found.tax_code is not None and found.tax_code.code == "zero"
    [line] = found.invoice_lines
    assert (line.quantity, line.total, line.po_number, line.order_line_num) == (None, Decimal(100), None, None)
    assert line.account is not None and line.account.code == "3004-T006493004-1072033010-1"
    assert found.custom("erp-number") in ("", None)
