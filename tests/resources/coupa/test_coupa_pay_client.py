"""Payments of Coupa Pay, and what an invoice that was born in Coupa tells of itself."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from coupa_fake import FORBIDDEN, FakeCoupa, Reply

from connector_resources.coupa import (
    APPROVED,
    DEAD,
    INVOICE_SOURCE,
    MOVING,
    PAY_SETTLED,
    PAY_UNCLEAR,
    PAY_UNDER_WAY,
    PAY_UNDONE,
    VOIDED,
    CoupaClient,
    Invoice,
    PayPayment,
)
from connector_resources.errors import NotAllowed, OutcomeUnknown

PAYMENTS = "/api/coupa_pay/payments"
DETAIL = {
    "id": 31,
    "payment-id": 7,
    "payable-id": 400,
    "payable-type": "InvoicePayable",
    "source-transaction-id": "4835",
    "source-transaction-type": "InvoiceHeader",
    "source-transaction-reference": 7781,
    "transaction-total": "1000.00",
    "discount-total": "20.00",
    "adjustment-total": "0.0",
    "payment-total": "980.000000",
    "currency": {"code": "EUR", "decimals": 2},
}


def payment(number: int, **given: Any) -> dict[str, Any]:
    record = {name.replace("_", "-"): None for name in PayPayment.model_fields}
    known = {"id": number, "status": "completed_successfully", "payment-details": []}
    return record | known | {name.replace("_", "-"): value for name, value in given.items()}


def test_a_payment_in_its_types(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[PAYMENTS] = [
        payment(
            7,
            payment_identifier=100204,
            pay_to_total="980.00",
            pay_to_currency={"code": "EUR"},
            pay_from_total="1068.20",
            pay_from_currency={"code": "USD"},
            exchange_rate="1.090000000",
            released_at="2024-05-31T17:30:00-07:00",
            requested_execution_date="2024-05-31",
            payee={"id": 1538, "name": "Anvil & Sons", "number": "4343"},
            payment_batch={"id": 3},
            digital_check={"check-number": 1003, "status": "sent"},
            payment_details=[DETAIL],
        )
    ]
    found = client.pay_payments.get(7)
    assert (found.pay_to_total, found.pay_from_total, found.exchange_rate) == (
        Decimal("980"),
        Decimal("1068.2"),
        Decimal("1.09"),
    )
    assert found.released_at == datetime(2024, 6, 1, 0, 30, tzinfo=UTC)
    assert found.requested_execution_date == date(2024, 5, 31)
    assert (found.payment_identifier, found.digital_check and found.digital_check.check_number) == ("100204", "1003")
    [detail] = found.payment_details
    assert (detail.source_transaction_id, detail.source_transaction_reference) == (4835, "7781")
    assert detail.source_transaction_type == INVOICE_SOURCE
    assert detail.transaction_total == 1000
    assert detail.payment_total == Decimal("980")
    assert detail.currency is not None
    assert (detail.payment_id, detail.currency.code) == ("7", "EUR")


def test_no_bank_account_is_asked_for(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[PAYMENTS] = [payment(7)]
    assert [each.id for each in client.pay_payments.all()] == [7]
    asked = json.dumps(json.loads(fake.api()[0].query["fields"]))
    assert "pay_to_account" not in asked
    assert "pay_from_account" not in asked


def test_a_payment_without_its_details_is_loud(fake: FakeCoupa, client: CoupaClient) -> None:
    hidden = payment(7)
    del hidden["payment-details"]
    fake.once("GET", f"{PAYMENTS}/7", Reply(200, hidden))
    with pytest.raises(NotAllowed, match="without payment-details"):
        client.pay_payments.get(7)


def test_payments_changed_in_a_window_of_some_status(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[PAYMENTS] = [
        payment(1, updated_at="2024-05-01T08:00:00Z"),
        payment(2, updated_at="2024-05-02T08:00:00Z"),
        payment(3, updated_at="2024-05-02T09:00:00Z", status="draft"),
    ]
    start, until = datetime(2024, 5, 2, tzinfo=UTC), datetime(2024, 5, 3, tzinfo=UTC)
    settled = client.pay_payments.changed_between(start, until, filters={"status[in]": sorted(PAY_SETTLED)})
    assert [each.id for each in settled] == [2]


def test_exported_is_a_request_of_its_own(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[PAYMENTS] = [payment(7, exported=False)]
    assert client.pay_payments.mark_exported(7) is True
    seen = fake.api()[0]
    assert (seen.method, seen.path, seen.body, seen.query["exported"]) == ("PUT", f"{PAYMENTS}/7", b"", "true")
    fake.once("PUT", f"{PAYMENTS}/7", Reply(200, {"id": 8, "exported": True}))
    with pytest.raises(OutcomeUnknown):
        client.pay_payments.mark_exported(7)
    fake.once("PUT", f"{PAYMENTS}/7", Reply(403, FORBIDDEN))
    with pytest.raises(NotAllowed, match=r"core\.pay\.payments\.write"):
        client.pay_payments.mark_exported(7)


def test_every_status_of_the_vendor_is_of_one_kind() -> None:
    payments = "draft approved payment_initiated payment_in_progress completed_successfully completed_with_errors"
    kinds = (PAY_SETTLED, PAY_UNDONE, PAY_UNCLEAR, PAY_UNDER_WAY)
    assert all(sum(status in kind for kind in kinds) == 1 for status in [*payments.split(), "cancelled"])
    invoices = (
        "new draft on_hold ap_hold processing invalid pending_action pending_receipt pending_approval"
        " booking_hold approved disputed rejected abandoned voided"
    )
    states = ({APPROVED}, {VOIDED}, DEAD, MOVING)
    assert all(sum(status in kind for kind in states) == 1 for status in invoices.split())


class TestInvoicesBornInCoupa:
    def test_order_taxes_and_chart_of_a_line(self) -> None:
        found = Invoice.model_validate(
            {
                "id": 4835,
                "invoice-lines": [
                    {
                        "id": 1,
                        "po-number": "100234-OP-00001",
                        "order-line-num": 1,
                        "order-line-id": 57685,
                        "account": {"id": 5, "code": "1-6110", "account-type": {"id": 1, "name": "US CoA"}},
                        "tax-lines": [{"rate": "20.0", "amount": "5.00", "tax-code": {"code": "V20"}}],
                    },
                    {"id": 2, "account": None},
                ],
                "tax-lines": [{"rate": "20.0", "amount": "5.00", "tax-code": "V20"}],
                "withholding-tax-lines": [{"amount": "1.25"}],
                "ship-to-address": {"id": 3, "location-code": "M30"},
            }
        )
        first, second = found.invoice_lines
        assert (first.po_number, first.order_line_num, first.order_line_id) == ("100234-OP-00001", "1", 57685)
        assert first.account_type is not None
        assert first.account_type.name == "US CoA"
        assert second.account_type is None
        assert first.tax_lines[0].tax_code == found.tax_lines[0].tax_code
        assert [each.amount for each in found.withholding_tax_lines] == [Decimal("1.25")]
        assert found.ship_to_address is not None
        assert found.ship_to_address.location_code == "M30"

    def test_a_dispute_says_why(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists["/api/invoices"] = []
        answer = {name.replace("_", "-"): None for name in Invoice.model_fields} | {"id": 7, "status": "disputed"}
        fake.once("PUT", "/api/invoices/7/dispute", Reply(200, answer))
        fake.once("PUT", "/api/invoices/7/withdraw_dispute", Reply(200, answer | {"status": "pending_approval"}))
        why = {"dispute-reason": {"code": "PRICE"}, "comment": "not as ordered"}
        assert client.invoices.dispute(7, why).status == "disputed"
        assert client.invoices.withdraw_dispute(7).status == "pending_approval"
        assert [seen.body and seen.json for seen in fake.api("PUT")] == [why, b""]
