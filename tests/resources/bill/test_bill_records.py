"""Records as BILL tells them, and writes whose answers show what they did (bill section 3)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from bill_fake import FakeBill, Reply, Seen

from connector_resources.bill import Bill, BillClient, ChartOfAccount, Payment, Vendor, VendorCredit
from connector_resources.errors import OutcomeUnknown, Refused, Unavailable

BILL = {
    "id": "00n01",
    "archived": False,
    "recordStatus": "ACTIVE",
    "vendorId": "00901A",
    "dueDate": "2026-03-31",
    "invoice": {"invoiceNumber": "ACM-20418", "invoiceDate": "2026-12-15T00:00:00.000Z"},
    "billLineItems": [
        {"id": "bli1", "amount": 10, "classifications": {"chartOfAccountId": "0ca1", "departmentId": "0de"}}
    ],
    "amount": 10,
    "paymentStatus": "PARTIAL",
    "approvalStatus": "SOMETHING_NEW",
    "updatedTime": "2026-01-05T23:15:23.127+00:00",
    "somethingNew": {"x": 1},
}


def test_a_bill() -> None:
    bill = Bill.model_validate(BILL)
    assert bill.invoice is not None
    assert bill.invoice.invoice_date == date(2026, 12, 15)  # events write it as a date-time
    assert bill.lines[0].amount == Decimal(10)
    assert bill.lines[0].classifications is not None
    assert bill.lines[0].classifications.chart_of_account_id == "0ca1"
    assert bill.payment_status == "PARTIALLY_PAID"
    assert bill.approval_status == "SOMETHING_NEW"
    assert bill.updated_time == datetime(2026, 1, 5, 23, 15, 23, 127000, UTC)
    assert bill.paid_amount is None


@pytest.mark.parametrize(
    ("reported", "usable"),
    [
        ({"recordStatus": "ACTIVE", "archived": False}, True),
        ({"recordStatus": "DRAFT", "archived": True}, False),
        ({"recordStatus": "INACTIVE"}, False),
        ({"archived": False}, True),
        ({"archived": True}, False),
        ({}, False),
    ],
)
def test_a_bill_is_usable_only_where_it_says_so(reported: dict[str, Any], usable: bool) -> None:
    assert Bill.model_validate({"id": "00n01", **reported}).usable is usable


def test_unset_is_not_told_and_never_a_no() -> None:
    payment = Payment.model_validate({"id": "stp1"})
    assert (payment.online_payment, payment.amount, payment.bill_payments) == (None, None, ())
    assert Vendor.model_validate({"id": "009"}).usable is False
    assert VendorCredit.model_validate({"id": "vcr", "usage": None}).usage == ()


def test_amounts_are_never_floats(fake: FakeBill, client: BillClient) -> None:
    fake.lists["payments"] = [{"id": "stp1"}]
    content = b'{"id":"stp1","amount":90071992547409.93,"billPayments":[{"id":"blp1","amount":0.1}]}'
    fake.once("GET", "/connect/v3/payments/stp1", Reply(200, content))
    payment = client.payments.get("stp1")
    assert payment.amount == Decimal("90071992547409.93")
    assert payment.bill_payments[0].amount == Decimal("0.1")


def test_an_accounts_number_is_a_text() -> None:
    account = ChartOfAccount.model_validate({"id": "0ca", "account": {"type": "EXPENSE", "number": "0012.6010"}})
    assert (account.number, account.type) == ("0012.6010", "EXPENSE")
    with pytest.raises(ValueError, match="number"):
        ChartOfAccount.model_validate({"id": "0ca", "account": {"number": 12}})


def test_bank_and_tax_numbers_are_in_no_repr() -> None:
    bank = {"accountNumber": "998877665544", "routingNumber": "021000021"}
    vendor = Vendor.model_validate(
        {"id": "009", "additionalInfo": {"taxId": "12-3456789"}, "paymentInformation": {"bankAccount": bank}}
    )
    assert vendor.additional_info is not None and vendor.additional_info.tax_id == "12-3456789"
    assert not any(number in repr(vendor) for number in ("12-3456789", "998877665544", "021000021"))


def test_a_record_that_cannot_be_read_shows_no_value(fake: FakeBill, client: BillClient) -> None:
    fake.lists["vendors"] = [{"id": "009", "additionalInfo": {"taxId": ["123456789"]}}]
    with pytest.raises(Unavailable, match="additionalInfo") as caught:
        client.vendors.get("009")
    assert "123456789" not in str(caught.value)


def test_create_update_replace_archive_and_restore(fake: FakeBill, client: BillClient) -> None:
    fake.lists["bills"] = []
    made = client.bills.create({"vendorId": "00901A", "invoice": {"invoiceNumber": "1"}})
    assert client.bills.update(made.id, {"description": "x"}).description == "x"
    assert client.bills.replace(made.id, {"description": "y"}).description == "y"
    assert client.bills.archive(made.id).archived is True
    assert client.bills.restore(made.id).archived is False
    assert [seen.method for seen in fake.api()] == ["POST", "GET", "PATCH", "GET", "PUT", "POST", "POST"]
    assert [seen.body for seen in fake.api()[5:]] == [b"", b""]
    assert "content-type" not in fake.api()[5].headers
    assert (client.calls.read, client.calls.write) == (3, 5)


@pytest.mark.parametrize("body", [b"", b"{}", b"0", b"[]", b'{"status": "ok"}'])
def test_a_write_that_shows_no_record_proves_nothing(fake: FakeBill, client: BillClient, body: bytes) -> None:
    fake.lists["bills"] = [dict(BILL)]
    fake.once("POST", "/connect/v3/bills/00n01/archive", Reply(200, body))
    with pytest.raises(OutcomeUnknown):
        client.bills.archive("00n01")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>ok</html>", {"id": "00n02", "invoice": {"invoiceNumber": "another"}}]
)
def test_a_creation_that_shows_something_else_is_unknown(fake: FakeBill, client: BillClient, body: Any) -> None:
    fake.once("POST", "/connect/v3/bills", Reply(201, body))
    with pytest.raises(OutcomeUnknown):
        client.bills.create({"vendorId": "00901A", "invoice": {"invoiceNumber": "ours"}})


def test_a_change_that_shows_another_record_is_unknown(fake: FakeBill, client: BillClient) -> None:
    fake.lists["bills"] = [dict(BILL)]
    fake.once("PATCH", "/connect/v3/bills/00n01", Reply(200, {"id": "00n02"}))
    with pytest.raises(OutcomeUnknown):
        client.bills.update("00n01", {"description": "x"})


@pytest.mark.parametrize("resource", ["bills", "vendors", "departments", "vendor_credits"])
def test_bulk_answers_come_as_an_array_or_under_a_key(fake: FakeBill, client: BillClient, resource: str) -> None:
    verbs = getattr(client, resource)
    fake.lists[verbs.PATH] = []
    bodies = [{"name": f"N{n}", "invoice": {"invoiceNumber": f"I{n}"}} for n in range(3)]
    assert len({one.id for one in verbs.create_many(bodies)}) == 3
    [seen] = fake.api()
    assert isinstance(seen.json, list) and seen.path == f"/connect/v3/{verbs.PATH}/bulk"


def test_bulk_records_come_back_in_the_order_sent(fake: FakeBill, client: BillClient) -> None:
    def turned(seen: Seen) -> Reply | None:
        if not seen.path.endswith("/bulk"):
            return None
        rows = [{"id": f"009{n}", **body} for n, body in enumerate(seen.json)]
        return Reply(201, {"vendors": rows[::-1]})

    fake.scripts.append(turned)
    made = client.vendors.create_many([{"name": "B"}, {"name": " a"}, {"name": "C"}])
    assert [vendor.id for vendor in made] == ["0090", "0091", "0092"]


@pytest.mark.parametrize(
    "rows", [[], [{"id": "1", "name": "A"}], [{"id": "1", "name": "A"}, {"id": "2", "name": "Z"}], [{"name": "A"}] * 2]
)
def test_a_bulk_answer_that_is_not_ours_is_unknown(fake: FakeBill, client: BillClient, rows: list[Any]) -> None:
    fake.once("POST", "/connect/v3/vendors/bulk", Reply(201, {"vendors": rows}))
    with pytest.raises(OutcomeUnknown):
        client.vendors.create_many([{"name": "A"}, {"name": "B"}])


@pytest.mark.parametrize("lines", [[{"id": "bli1"}, {"id": "bli2"}], [{"id": "00n1", "vendorId": "009A"}] * 2])
def test_the_answer_of_another_call_is_no_bulk_answer(
    fake: FakeBill, client: BillClient, lines: list[dict[str, Any]]
) -> None:
    """That of the change of a bill with as many lines as bills were sent; records that do not show whose they are."""
    bodies = [{"vendorId": "009A", "invoice": {"invoiceNumber": number}} for number in ("A", "B")]
    for answer in ({"id": "00n01", "vendorId": "009A", "billLineItems": lines}, lines):
        fake.once("POST", "/connect/v3/bills/bulk", Reply(201, answer))
        with pytest.raises(OutcomeUnknown):
            client.bills.create_many(bodies)


@pytest.mark.parametrize(
    ("resource", "most"), [("bills", 100), ("vendors", 20), ("vendor_credits", 50), ("accounts", 50), ("locations", 50)]
)
def test_a_bulk_call_takes_so_many(fake: FakeBill, client: BillClient, resource: str, most: int) -> None:
    verbs = getattr(client, resource)
    assert most == verbs.BULK
    with pytest.raises(ValueError, match=str(most)):
        verbs.create_many([{"name": str(n)} for n in range(most + 1)])
    assert verbs.create_many([]) == []
    assert fake.seen == []


def test_a_vendor_credit_cannot_be_restored(fake: FakeBill, client: BillClient) -> None:
    with pytest.raises(Refused, match="new one"):
        client.vendor_credits.restore("vcr1")
    assert fake.seen == []


@pytest.mark.parametrize("wrapped", [lambda p: p, lambda p: [p], lambda p: {"payments": [p]}])
def test_an_outside_payment_is_recorded(fake: FakeBill, client: BillClient, wrapped: Any) -> None:
    answer = {"id": "stp9", "onlinePayment": False, "syncReference": "JDE 77", "billPayments": [{"id": "blp1"}]}
    fake.once("POST", "/connect/v3/bills/record-payment", Reply(200, wrapped(answer)))
    paid = client.bills.record_payment(
        {
            "vendorId": "00901A",
            "processDate": date(2026, 3, 1),
            "toPrintCheck": False,
            "payments": [{"billId": "00n01", "amount": Decimal("5.25")}],
        }
    )
    assert (paid.id, paid.online_payment, paid.sync_reference) == ("stp9", False, "JDE 77")
    assert fake.api()[0].json["payments"][0]["amount"] == Decimal("5.25")


def test_a_recorded_payment_without_an_id_is_unknown(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/bills/record-payment", Reply(200, {"vendorId": "00901A"}))
    with pytest.raises(OutcomeUnknown):
        client.bills.record_payment({"vendorId": "00901A"})
