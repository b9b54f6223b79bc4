"""A change of a record leaves in it whatever is not ours (bill section 3.2.1): also what nobody here knows."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from bill_fake import STAMP, FakeBill, Reply, Seen, error

from connector_resources.bill import Bill, BillClient
from connector_resources.errors import NotFound, Refused, Unavailable

PATH = "/connect/v3/bills/00n01"
EIGHT = {
    "chartOfAccountId": "0ca1",
    "accountingClassId": "cls1",
    "departmentId": "0de1",
    "employeeId": "emp1",
    "jobId": "job1",
    "locationId": "loc1",
    "itemId": "0ii1",
    "customerId": "0cu1",
}
# every field of a bill that the sheet knows, and some that it does not
BILL: dict[str, Any] = {
    "id": "00n01",
    "archived": False,
    "recordStatus": "ACTIVE",
    "vendorId": "00901A",
    "vendorName": "Acme",
    "dueDate": "2026-03-31",
    "paymentTermId": "00p1",
    "invoice": {"invoiceNumber": "A-1", "invoiceDate": "2026-03-01", "newOfInvoice": "i"},
    "billLineItems": [
        {
            "id": "bli1",
            "amount": 60.0,
            "quantity": 3,
            "price": 20.0,
            "description": "first",
            "classifications": {**EIGHT, "newOfLine": "c"},
            "taxRate": 0.07125,
        },
        {"id": "bli2", "amount": 40.0, "description": "second", "classifications": {**EIGHT, "jobId": "job2"}},
    ],
    "description": "JDE 00001-PV-1-001",
    "payFromChartOfAccountId": "0ca9",
    "classifications": {
        **{name: EIGHT[name] for name in ("chartOfAccountId", "accountingClassId", "departmentId", "locationId")},
        "itemId": "0ii1",
    },
    "vendorCredits": [{"id": "vcr1", "amount": 5.0}],
    "purchaseOrderNumber": "OP 1",
    "amount": 100.0,
    "fundingAmount": 100.0,
    "exchangeRate": 1.0,
    "paidAmount": 5.0,
    "dueAmount": 95.0,
    "scheduledAmount": 0.0,
    "creditAmount": 5.0,
    "paymentStatus": "UNPAID",
    "approvalStatus": "APPROVED",
    "approvers": [{"userId": "0061", "status": "APPROVED", "approverOrder": 0.0, "statusChangedTime": STAMP}],
    "createdBy": "0062",
    "createdTime": STAMP,
    "updatedTime": STAMP,
    "newOfBill": {"x": [1, 2], "y": 0.12345},
}
# what we own, with a line more than there was
OURS: dict[str, Any] = {
    "vendorId": "00901A",
    "dueDate": "2026-04-30",
    "invoice": {"invoiceNumber": "A-2", "invoiceDate": "2026-03-01"},
    "description": "JDE 00001-PV-1-001+002",
    "billLineItems": [
        {
            "id": "bli1",
            "amount": Decimal("70.00"),
            "description": "first",
            "classifications": {"chartOfAccountId": "0ca2", "departmentId": "0de1"},
        },
        {"amount": Decimal("30.00"), "description": "third", "classifications": {"chartOfAccountId": "0ca3"}},
    ],
}
OWNED = ("purchaseOrderNumber", "billLineItems.classifications.departmentId")


@pytest.fixture
def bill(fake: FakeBill) -> dict[str, Any]:
    """One bill with every field."""
    fake.lists["bills"] = [deepcopy(BILL)]
    return fake.lists["bills"][0]


def plain(value: Any) -> Any:
    """A request's content with floats, as the answers are written above."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def put(fake: FakeBill) -> dict[str, Any]:
    """The body of the only PUT."""
    (seen,) = fake.api("PUT")
    found: dict[str, Any] = seen.json
    return found


def test_a_put_repeats_whatever_is_not_ours(fake: FakeBill, client: BillClient, bill: dict[str, Any]) -> None:
    written = client.bills.replace("00n01", OURS, owned=OWNED)
    sent = put(fake)
    for name in ("payFromChartOfAccountId", "paymentTermId", "classifications", "vendorCredits", "newOfBill"):
        assert plain(sent[name]) == BILL[name]
    assert sent["invoice"] == {"invoiceNumber": "A-2", "invoiceDate": "2026-03-01", "newOfInvoice": "i"}
    first, third = sent["billLineItems"]
    assert first["classifications"] == {**EIGHT, "newOfLine": "c", "chartOfAccountId": "0ca2"}
    assert (float(first["price"]), first["quantity"], float(first["taxRate"])) == (20.0, 3, 0.07125)
    assert (first["id"], float(first["amount"])) == ("bli1", 70.0)
    assert third == {"amount": 30, "description": "third", "classifications": {"chartOfAccountId": "0ca3"}}
    assert sent["billApprovals"] is True
    assert "purchaseOrderNumber" not in sent  # ours, and not there any more
    assert written.not_kept == {}


def test_a_put_sends_nothing_that_can_only_be_read(fake: FakeBill, client: BillClient, bill: dict[str, Any]) -> None:
    client.bills.replace("00n01", OURS, owned=OWNED)
    reported = {"id", "archived", "recordStatus", "vendorName", "amount", "fundingAmount", "exchangeRate", "paidAmount"}
    reported |= {"dueAmount", "scheduledAmount", "creditAmount", "paymentStatus", "approvalStatus", "approvers"}
    reported |= {"createdBy", "createdTime", "updatedTime"}
    assert reported <= BILL.keys()
    assert not reported & put(fake).keys()


def test_a_field_that_bill_refuses_is_named_by_the_site(fake: FakeBill, make: Any, bill: dict[str, Any]) -> None:
    client = make(read_only_fields=("newOfBill", "billLineItems.taxRate", "invoice.newOfInvoice"))
    client.bills.replace("00n01", OURS, owned=OWNED)
    sent = put(fake)
    assert "newOfBill" not in sent
    assert "taxRate" not in sent["billLineItems"][0]
    assert "newOfInvoice" not in sent["invoice"]
    assert sent["paymentTermId"] == "00p1"


def test_a_patch_sends_objects_and_lines_whole(fake: FakeBill, client: BillClient, bill: dict[str, Any]) -> None:
    line = {"id": "bli1", "amount": Decimal(80), "classifications": {"chartOfAccountId": "0ca2"}}
    client.bills.update("00n01", {"billLineItems": [line], "dueDate": "2026-05-01"}, owned=OWNED)
    (seen,) = fake.api("PATCH")
    assert seen.json.keys() == {"billLineItems", "dueDate", "billApprovals"}
    kept = {name: value for name, value in EIGHT.items() if name != "departmentId"}  # ours, and gone
    assert seen.json["billLineItems"][0]["classifications"] == {**kept, "newOfLine": "c", "chartOfAccountId": "0ca2"}
    assert "vendorCredits" not in seen.json


WANTS_TERM = Reply(400, [{"timestamp": STAMP, "severity": "ERROR", "message": "paymentTermId: must not be null"}])


def test_a_patch_that_bill_refuses_for_want_of_a_payment_term_repeats_that_of_the_bill(
    fake: FakeBill, client: BillClient, bill: dict[str, Any]
) -> None:
    fake.sequence("PATCH", PATH, [WANTS_TERM])
    written = client.bills.update("00n01", {"dueDate": "2026-05-01"})
    first, second = fake.api("PATCH")
    assert "paymentTermId" not in first.json
    assert second.json == {**first.json, "paymentTermId": "00p1"}
    assert (str(written.due_date), fake.api("PUT")) == ("2026-05-01", [])


def test_a_bill_without_a_payment_term_is_replaced_where_a_patch_wants_one(
    fake: FakeBill, client: BillClient, bill: dict[str, Any]
) -> None:
    del bill["paymentTermId"]
    fake.sequence("PATCH", PATH, [WANTS_TERM])
    line = {"id": "bli1", "amount": Decimal(80)}
    client.bills.update("00n01", {"billLineItems": [line], "purchaseOrderNumber": None}, owned=("dueDate", *OWNED))
    sent = put(fake)
    assert not {"paymentTermId", "purchaseOrderNumber"} & sent.keys()
    for name in ("payFromChartOfAccountId", "classifications", "vendorCredits", "newOfBill", "vendorId", "dueDate"):
        assert plain(sent[name]) == BILL[name]
    assert sent["billApprovals"] is True
    assert [plain(each) for each in sent["billLineItems"]] == [
        {**BILL["billLineItems"][0], "amount": 80},
        BILL["billLineItems"][1],
    ]


def test_what_else_bill_refuses_is_not_sent_again(fake: FakeBill, client: BillClient, bill: dict[str, Any]) -> None:
    fake.sequence("PATCH", PATH, [error(None, "dueDate: must not be null", 400)])
    with pytest.raises(Refused, match="dueDate"):
        client.bills.update("00n01", {"description": "x"})
    assert (len(fake.api("PATCH")), fake.api("PUT")) == (1, [])


@pytest.mark.parametrize(
    ("status", "approvers", "more", "sent"),
    [
        ("UNASSIGNED", [], {}, False),
        (None, [], {}, False),
        ("ASSIGNED", [], {}, True),
        ("UNDEFINED", [{"userId": "0061", "status": "WAITING"}], {}, True),
        ("UNASSIGNED", [], {"billApprovals": True}, True),
    ],
)
def test_approvals_are_repeated_where_there_are_any(
    fake: FakeBill,
    client: BillClient,
    bill: dict[str, Any],
    status: str | None,
    approvers: list[Any],
    more: dict[str, Any],
    sent: bool,
) -> None:
    bill |= {"approvalStatus": status, "approvers": approvers, **more}
    client.bills.update("00n01", {"dueDate": "2026-05-01"})
    client.bills.replace("00n01", OURS)
    for seen in (*fake.api("PATCH"), *fake.api("PUT")):
        assert seen.json.get("billApprovals", False) is sent


def test_a_bill_whose_credits_are_not_told_is_never_put(
    fake: FakeBill, client: BillClient, bill: dict[str, Any]
) -> None:
    del bill["vendorCredits"]
    with pytest.raises(Unavailable, match="which credits of 5"):
        client.bills.replace("00n01", OURS)
    assert fake.api("PUT") == []


def test_what_a_person_changed_meanwhile_is_not_written_over(
    fake: FakeBill, client: BillClient, bill: dict[str, Any]
) -> None:
    def unless(now: Bill) -> str | None:
        return "its due date was changed" if now.due_date and now.due_date.isoformat() == "2026-03-31" else None

    for act in (client.bills.replace, client.bills.update):
        with pytest.raises(Unavailable, match="its due date was changed"):
            act("00n01", OURS, unless=unless)
    assert [seen.method for seen in fake.api()] == ["GET", "GET"]


def test_what_a_write_loses_is_told(fake: FakeBill, client: BillClient, bill: dict[str, Any]) -> None:
    lost = ("payFromChartOfAccountId", "vendorCredits", "classifications")

    def forgetful(seen: Seen) -> Reply | None:
        if seen.method != "PUT":
            return None
        for name in lost:
            del bill[name]
        return Reply(200, bill)

    fake.scripts.append(forgetful)
    line = {"id": "bli1", "amount": Decimal(60), "description": "first"}
    written = client.bills.replace("00n01", {**OURS, "billLineItems": [line]})
    assert written.not_kept.keys() == {
        "payFromChartOfAccountId",
        "vendorCredits[vcr1].amount",
        *(f"classifications.{name}" for name in BILL["classifications"]),
    }


def test_an_answer_that_tells_less_is_made_up_for_by_a_read(
    fake: FakeBill, client: BillClient, bill: dict[str, Any]
) -> None:
    fake.sequence("PATCH", PATH, [Reply(200, {"id": "00n01"})])
    line = {"id": "bli1", "amount": Decimal(60)}
    written = client.bills.update("00n01", {"billLineItems": [line]})
    assert written.not_kept == {}
    assert written.pay_from_chart_of_account_id == "0ca9"


def test_a_bill_that_is_not_there_is_not_written(fake: FakeBill, client: BillClient) -> None:
    fake.lists["bills"] = []
    with pytest.raises(NotFound, match="BDC_1205"):
        client.bills.replace("00n01", OURS)
    assert fake.api("PUT") == []


def test_a_credit_keeps_what_is_not_ours(fake: FakeBill, client: BillClient) -> None:
    fake.lists["vendor-credits"] = [
        {
            "id": "vcr1",
            "vendorId": "00901A",
            "referenceNumber": "C-1",
            "creditDate": "2026-03-01",
            "applyToChartOfAccountId": "0ca9",
            "amount": 10.0,
            "appliedAmount": 0.0,
            "status": "NOT_APPLIED",
            "usage": [],
            "vendorCreditLineItems": [{"id": "vli1", "amount": 10.0, "classifications": EIGHT}],
            "newOfCredit": "x",
        }
    ]
    ours = {"vendorCreditLineItems": [{"id": "vli1", "amount": Decimal(4)}, {"amount": Decimal(6)}]}
    client.vendor_credits.replace("vcr1", ours)
    sent = put(fake)
    assert (sent["applyToChartOfAccountId"], sent["newOfCredit"]) == ("0ca9", "x")
    assert sent["vendorCreditLineItems"][0]["classifications"] == EIGHT
    assert not {"amount", "appliedAmount", "status", "usage", "id"} & sent.keys()


@pytest.mark.parametrize(
    ("shown", "sent"), [("12-3456789", "12-3456789"), ("*****6789", None), ("XXX-XX-6789", None), ("••6789", None)]
)
def test_a_vendors_objects_are_sent_whole_without_a_masked_number(
    fake: FakeBill, client: BillClient, shown: str, sent: str | None
) -> None:
    info = {"combinePayments": True, "leadTimeInDays": 4, "paymentTermId": "00p1", "companyName": "Acme", "new": "n"}
    address = {"line1": "1 Dock Rd", "city": "Houston", "country": "US"}
    fake.lists["vendors"] = [
        {
            "id": "00901A",
            "archived": False,
            "name": "Acme",
            "address": {**address, "countryName": "United States", "new": "a"},
            "additionalInfo": {**info, "taxId": shown, "taxIdType": "EIN"},
            "paymentInformation": {"payeeName": "Acme Inc"},
        }
    ]
    client.vendors.update("00901A", {"address": {"line1": "2 Dock Rd"}, "additionalInfo": {"track1099": True}})
    (seen,) = fake.api("PATCH")
    assert seen.json["address"] == {**address, "line1": "2 Dock Rd", "new": "a"}
    reported = {"taxId": sent} if sent else {}
    assert seen.json["additionalInfo"] == {**info, "taxIdType": "EIN", "track1099": True, **reported}
    assert "paymentInformation" not in seen.json


def test_a_flat_change_needs_no_reading(fake: FakeBill, client: BillClient) -> None:
    fake.lists["vendors"] = [{"id": "00901A", "archived": False, "name": "Acme"}]
    client.vendors.update("00901A", {"email": "ap@acme.example"})
    assert [(seen.method, seen.json) for seen in fake.api()] == [("PATCH", {"email": "ap@acme.example"})]


def test_only_the_guilty_one_of_a_bulk_request_is_blamed(fake: FakeBill, client: BillClient) -> None:
    rolled = {"timestamp": STAMP, "code": "BDC_1246", "severity": "ERROR", "message": "Rolled back."}
    real = {"timestamp": STAMP, "code": "BDC_1171", "severity": "ERROR", "message": "Duplicate invoice number."}
    fake.once("POST", "/connect/v3/bills/bulk", Reply(422, [rolled, real, rolled]))
    bodies = [{"vendorId": "00901A", "invoice": {"invoiceNumber": f"A-{n}"}} for n in range(3)]
    with pytest.raises(Exception, match="number 2 of the 3 is refused, and none of them was made: Duplicate") as caught:
        client.bills.create_many(bodies)
    assert caught.value.code == "BDC_1171"  # type: ignore[attr-defined]
    assert "Rolled" not in str(caught.value)


def test_a_bulk_request_of_which_nothing_more_is_told(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/bills/bulk", error("BDC_1246", "Rolled back.", 400))
    with pytest.raises(Exception, match="one of the 2 is refused, and none of them was made: Rolled back") as caught:
        client.bills.create_many([{"vendorId": "00901A"}, {"vendorId": "00901B"}])
    assert caught.value.code == "BDC_1246"  # type: ignore[attr-defined]
