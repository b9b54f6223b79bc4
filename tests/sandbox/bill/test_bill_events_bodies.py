"""What BILL's notifications say, and what gives rise to one (bill sections 7.2 and 7.3)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from connector_sandbox.bill.event_bodies import notification


def told(event_type: str, record: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(notification({"eventType": event_type}, record))
    assert body.pop("metadata") == {"eventType": event_type}
    return body


def test_a_bill_has_its_invoice_date_as_a_date_time_and_no_lines() -> None:
    record = {
        "id": "00n01",
        "vendorId": "00901",
        "invoice": {"invoiceNumber": "ACM-1", "invoiceDate": "2026-12-15"},
        "billLineItems": [{"id": "bli01", "amount": Decimal("1180.50")}],
        "amount": Decimal("1180.50"),
        "dueAmount": Decimal("1180.50"),
        "dueDate": "2026-12-31",
        "approvalStatus": "UNASSIGNED",
        "paymentStatus": "UNPAID",
        "archived": False,
        "classifications": {"departmentId": "0de01", "itemId": "0ii01"},
    }
    assert told("bill.created", record) == {
        "bill": {
            "id": "00n01",
            "vendorId": "00901",
            "invoice": {"invoiceNumber": "ACM-1", "invoiceDate": "2026-12-15T00:00:00.000Z"},
            "amount": 1180.5,
            "archived": False,
            "dueDate": "2026-12-31",
            "paymentStatus": "UNPAID",
            "classifications": {"departmentId": "0de01"},
        }
    }
    assert '"amount":1180.50,' in notification({"eventType": "bill.created"}, record)


def test_the_status_of_a_payment_is_its_single_status() -> None:
    record = {
        "id": "stp01",
        "vendorId": "00901",
        "vendorName": "Acme",
        "currency": "CAD",
        "billPayments": [
            {"id": "blp01", "billId": "00n01", "amount": Decimal("80.00")},
            {"id": "blp02", "billId": "00n02", "amount": Decimal("20.00")},
        ],
        "amount": Decimal("100.00"),
        "fundingAmount": Decimal("73.00"),
        "fundingAccount": {"type": "BANK_ACCOUNT", "id": "bac01", "secret": "x"},
        "disbursementInfo": {"isVoidable": True, "achDisbursement": {"arrivesByDate": "2026-12-30"}},
        "processDate": "2026-12-28",
        "status": "PAID",
        "singleStatus": "PROCESSED",
        "onlinePayment": True,
        "billingType": "BDC",
    }
    assert told("payment.updated", record) == {
        "payment": {
            "id": "stp01",
            "billIds": ["00n01", "00n02"],
            "status": "PROCESSED",
            "processDate": "2026-12-28",
            "funding": {
                "amount": 73,
                "currency": "USD",
                "fundingAccount": {"id": "bac01", "type": "BANK_ACCOUNT"},
            },
            "disbursement": {"amount": 100, "currency": "CAD", "arrivesByDate": "2026-12-30"},
            "vendor": {"id": "00901", "name": "Acme"},
            "billingType": "BDC",
        }
    }


def test_a_payment_that_failed_need_not_have_an_id() -> None:
    errors = [{"code": "BDC_1152", "message": "Invalid Process Date", "timestamp": "2026-12-28T10:00:00.000+00:00"}]
    record = {"bills": [{"id": "00n01", "amount": Decimal("80.00")}], "vendor": {"id": "00901"}, "errors": errors}
    assert told("payment.failed", record) == {
        "payment": {"bills": [{"id": "00n01", "amount": 80}], "vendor": {"id": "00901"}},
        "errors": errors,
    }
