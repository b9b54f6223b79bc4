"""What BILL's notifications say, and what gives rise to one (bill sections 7.2 and 7.3)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from bill_event_caller import PAYMENT_EVENTS, Events
from bill_event_receiver import Receiver

from connector_sandbox.bill.event_bodies import notification
from connector_sandbox.bill.event_options import EventOptions
from connector_sandbox.bill.event_triggers import Triggers


def reported(event_type: str, record: dict[str, Any]) -> dict[str, Any]:
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
    assert reported("bill.created", record) == {
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
    assert reported("payment.updated", record) == {
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
    assert reported("payment.failed", record) == {
        "payment": {"bills": [{"id": "00n01", "amount": 80}], "vendor": {"id": "00901"}},
        "errors": errors,
    }


def test_vendors_and_bills_are_told_of_whatever_happens_to_them(events: Events, receiver: Receiver) -> None:
    changes = ("created", "updated", "archived", "restored")
    events.subscribe(receiver.url(), *(f"{family}.{change}" for family in ("vendor", "bill") for change in changes))
    vendor = events.vendor()
    bill = events.bill(vendor)
    for family, key in (("vendors", vendor["id"]), ("bills", bill["id"])):
        events.write("PATCH", f"/v3/{family}/{key}", {"shortName": "JDE 4242", "description": "Drill bits"})
        events.write("POST", f"/v3/{family}/{key}/archive")
        events.write("POST", f"/v3/{family}/{key}/archive")
        events.write("POST", f"/v3/{family}/{key}/restore")
    assert events.flushed()["failed"] == 0
    assert receiver.types() == [
        "vendor.created",
        "bill.created",
        *(f"{family}.{change}" for family in ("vendor", "bill") for change in changes[1:]),
    ]
    created = receiver.notifications()[1]["bill"]
    assert (created["id"], created["vendorName"], created["amount"]) == (bill["id"], vendor["name"], 1180.5)
    assert created["invoice"]["invoiceDate"] == "2026-12-15T00:00:00.000Z"
    assert [each["vendor"]["archived"] for each in receiver.notifications()[2:5]] == [False, True, False]


def test_a_payment_is_told_of_when_its_status_changes_and_its_bill_only_by_option(
    events: Events, receiver: Receiver
) -> None:
    events.subscribe(receiver.url(), "bill.updated", *PAYMENT_EVENTS)
    vendor = events.vendor()
    payment = events.payment(events.bill(vendor)).json()
    events.write("POST", f"/v3/payments/{payment['id']}/cancel")
    events.flushed()
    reported_of = [(each["payment"]["id"], each["payment"]["status"]) for each in receiver.notifications()]
    assert reported_of == [(payment["id"], "SCHEDULED"), (payment["id"], "CANCELED")]
    first = receiver.notifications()[0]["payment"]
    assert first["billIds"] == [payment["billPayments"][0]["billId"]]
    assert first["vendor"] == {"id": vendor["id"], "name": vendor["name"]}
    assert first["disbursement"] == {"amount": 1180.5, "currency": "USD"}
    events.options(payment_progress_updates_bill=True)
    receiver.deliveries.clear()
    bill = events.bill(vendor, "ACM-2")
    assert events.payment(bill).status_code == 201
    events.flushed()
    progress = [each["bill"] for each in receiver.notifications() if "bill" in each]
    assert [(each["id"], each["paymentStatus"]) for each in progress] == [(bill["id"], "SCHEDULED")]


def test_a_payment_that_cannot_be_made_is_told_of(events: Events, receiver: Receiver) -> None:
    events.subscribe(receiver.url(), *PAYMENT_EVENTS)
    bill = events.bill(events.vendor())
    assert events.payment(bill, day="2020-01-01").status_code == 422
    events.flushed()
    [failed] = receiver.notifications()
    assert (failed["metadata"]["eventType"], failed["payment"]["bills"]) == (
        "payment.failed",
        [{"id": bill["id"], "amount": 1180.5}],
    )
    assert [each["code"] for each in failed["errors"]] == ["BDC_1152"]


def test_a_payment_is_told_of_at_each_step_that_bill_takes_it(events: Events, receiver: Receiver) -> None:
    events.subscribe(receiver.url(), *PAYMENT_EVENTS)
    bill = events.bill(events.vendor())
    payment = events.act("schedule_bill", id=bill["id"])["id"]
    for status in ("PROCESSED", "CLEARED", "CLEARED", "DISBURSEMENT_FAILED_ACTION_NEEDED", "VOIDED"):
        events.act("move_payment", id=payment, single_status=status)
    events.flushed()
    assert [(each["payment"]["id"], each["payment"]["status"]) for each in receiver.notifications()] == [
        (payment, status)
        for status in ("SCHEDULED", "PROCESSED", "CLEARED", "DISBURSEMENT_FAILED_ACTION_NEEDED", "VOIDED")
    ]


def test_an_organisation_that_has_no_payment_events_any_more_is_told_of_none(
    events: Events, receiver: Receiver
) -> None:
    events.subscribe(receiver.url(), "vendor.updated", *PAYMENT_EVENTS)
    bill = events.bill(events.vendor())
    events.options(payment_events=False)
    assert events.payment(bill).status_code == 201
    events.flushed()
    assert receiver.deliveries == []


def test_approvals_classifications_and_credits_have_no_events(events: Events, receiver: Receiver) -> None:
    made = events.subscribe(receiver.url(), *(each["type"] for each in events.done("GET", "/v3/events/catalog")))
    events.options(approval_required=True)
    vendor = events.vendor()
    bill = events.bill(vendor)
    account = events.write("POST", "/v3/classifications/chart-of-accounts", {"name": "30.6110"})
    events.write("PATCH", f"/v3/classifications/chart-of-accounts/{account['id']}", {"description": "Repairs"})
    credit = {
        "vendorId": vendor["id"],
        "referenceNumber": "CR-1",
        "creditDate": "2026-12-15",
        "vendorCreditLineItems": [{"amount": 10}],
    }
    events.write("POST", "/v3/vendor-credits", credit)
    assert events.act("approve_bill", id=bill["id"])["approvalStatus"] == "APPROVED"
    events.flushed()
    assert receiver.types() == ["vendor.created", "bill.created"]
    assert len(events.history(made)) == 2


def test_a_payment_that_changed_in_another_way_gives_no_event() -> None:
    triggers = Triggers(EventOptions)
    payment = {"id": "stp01", "status": "PAID", "singleStatus": "SENT"}
    triggers.begin([payment])
    assert triggers.event_type("payment.updated", {**payment, "cancelRequestSubmitted": True}) is None
    assert triggers.event_type("payment.updated", {**payment, "singleStatus": "CLEARED"}) == "payment.updated"
    assert triggers.event_type("payment.updated", {**payment, "singleStatus": "CLEARED"}) is None
