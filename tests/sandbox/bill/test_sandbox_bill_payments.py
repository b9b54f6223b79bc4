"""Payments: what users make, how they go on, and what bills and credits show of them (bill sections 3.4, 3.5)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sandbox_bill_caller import Bill, codes
from sandbox_bill_caller import bill as body

from connector_sandbox.testing import Sandbox


@pytest.fixture
def acme(bill: Bill) -> str:
    return str(bill.vendor()["id"])


@pytest.fixture
def trusted(sandbox: Sandbox, bill: Bill) -> Bill:
    """In a session that may create payments."""
    return Bill(sandbox, rememberMeId="remembered", device="test")


def paid(bill: Bill, key: str) -> tuple[Any, ...]:
    made = bill.get(f"bills/{key}")
    names = ("paymentStatus", "paidAmount", "dueAmount", "scheduledAmount", "creditAmount")
    return tuple(str(made[name]) for name in names)


def outside(vendor: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "vendorId": vendor,
        "processDate": "2026-03-10",
        "toPrintCheck": False,
        "payments": list(parts),
        **more,
    }


def test_a_payment_of_several_bills_has_a_part_for_each(bill: Bill, acme: str) -> None:
    first, second = bill.bill(acme, "A")["id"], bill.bill(acme, "B", "40.00")["id"]
    made = bill.act(
        "schedule_bill",
        bills=[{"id": first, "amount": "60"}, {"where": {"invoice.invoiceNumber": "B"}}],
        date="2026-03-20",
        transaction_number="T-7",
        description="March",
    )
    payment = bill.get(f"payments/{made['id']}")
    assert payment["id"].startswith("stp") and "billId" not in payment
    parts = [(each["id"][:3], each["billId"], each["amount"]) for each in payment["billPayments"]]
    assert parts == [("blp", first, 60), ("blp", second, 40)]
    assert (payment["status"], payment["singleStatus"], payment["amount"]) == ("SCHEDULED", "SCHEDULED", 100)
    assert (payment["vendorId"], payment["vendorName"]) == (acme, "Acme Drilling Supply")
    assert (payment["processDate"], payment["description"], payment["onlinePayment"]) == ("2026-03-20", "March", True)
    assert payment["fundingAccount"]["id"].startswith("bac") and payment["disbursementType"] == "CHECK"
    assert paid(bill, first) == ("SCHEDULED", "0.00", "100.00", "60.00", "0.00")
    assert [each["id"] for each in bill.listed("payments", filters="transactionNumber:eq:T-7")] == [made["id"]]


def test_a_payment_of_one_bill_names_it_twice(bill: Bill, acme: str) -> None:
    key = bill.bill(acme)["id"]
    payment = bill.get(f"payments/{bill.act('pay_bill', id=key)['id']}")
    assert payment["billId"] == payment["billPayments"][0]["billId"] == key


@pytest.mark.parametrize(
    ("single", "status", "shown"),
    [
        ("SCHEDULED", "SCHEDULED", ("SCHEDULED", "0.00", "100.00", "100.00")),
        ("READY_TO_FUND", "SCHEDULED", ("SCHEDULED", "0.00", "100.00", "100.00")),
        ("FUNDING_STARTED", "PAID", ("IN_PROCESS", "0.00", "100.00", "100.00")),
        ("PROCESSED", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("SENT", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("DELIVERED", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("CLEARED", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("PARTIALLY_CLAIMED", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("DISBURSEMENT_ON_HOLD", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("FUNDING_FAILED_ACTION_NEEDED", "PAID", ("IN_PROCESS", "0.00", "100.00", "100.00")),
        ("DISBURSEMENT_FAILED_ACTION_NEEDED", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED", "PAID", ("PAID", "100.00", "0.00", "0.00")),
        ("FUNDING_FAILED_VOIDED", "VOID", ("UNPAID", "0.00", "100.00", "0.00")),
        ("VOIDED", "VOID", ("UNPAID", "0.00", "100.00", "0.00")),
        ("CANCELED", "CANCELLED", ("UNPAID", "0.00", "100.00", "0.00")),
        ("FUNDS_ESCHEATED", "ESCHEATED", ("PAID", "100.00", "0.00", "0.00")),
    ],
)
def test_each_single_status_has_its_status_and_moves_the_bill(
    bill: Bill, acme: str, single: str, status: str, shown: tuple[str, ...]
) -> None:
    key = bill.bill(acme)["id"]
    payment = bill.act("schedule_bill", id=key)["id"]
    moved = bill.act("move_payment", id=payment, single_status=single)
    assert (moved["singleStatus"], moved["status"]) == (single, status)
    assert paid(bill, key)[:4] == shown


def test_cancelled_has_two_ls_in_status_and_one_in_single_status(bill: Bill, acme: str) -> None:
    key = bill.bill(acme)["id"]
    payment = bill.act("schedule_bill", id=key)["id"]
    made = bill.post(f"payments/{payment}/cancel", status=200)
    assert (made["status"], made["singleStatus"], made["cancelRequestSubmitted"]) == ("CANCELLED", "CANCELED", True)
    assert paid(bill, key)[0] == "UNPAID"
    assert bill.refused("POST", f"payments/{payment}/cancel")[:2] == (422, "BDC_1143")


def test_status_and_single_status_can_disagree(bill: Bill, acme: str) -> None:
    payment = bill.act("pay_bill", id=bill.bill(acme)["id"])["id"]
    moved = bill.act("move_payment", id=payment, single_status="CLEARED", status="VOID")
    assert (moved["status"], moved["singleStatus"]) == ("VOID", "CLEARED")
    with pytest.raises(ValueError, match="'LOST' is none of"):
        bill.act("move_payment", id=payment, single_status="LOST")


def test_what_is_paid_in_part_is_spelled_as_the_option_says(bill: Bill, acme: str) -> None:
    key = bill.bill(acme)["id"]
    bill.act("pay_bill", id=key, amount="30")
    assert paid(bill, key) == ("PARTIALLY_PAID", "30.00", "70.00", "0.00", "0.00")
    bill.options(partially_paid="PARTIAL")
    assert paid(bill, key)[0] == "PARTIAL"
    bill.act("pay_bill", id=key)
    assert paid(bill, key) == ("PAID", "100.00", "0.00", "0.00", "0.00")


def test_paid_is_what_is_cleared_where_the_option_says_so(bill: Bill, acme: str) -> None:
    bill.options(paid_from="CLEARED")
    key = bill.bill(acme)["id"]
    payment = bill.act("pay_bill", id=key, single_status="DELIVERED")["id"]
    assert paid(bill, key) == ("IN_PROCESS", "0.00", "100.00", "100.00", "0.00")
    bill.act("move_payment", id=payment, single_status="CLEARED")
    assert paid(bill, key)[0] == "PAID"


def test_a_payment_moves_the_updated_time_of_its_bill(bill: Bill, acme: str, sandbox: Sandbox) -> None:
    made = bill.bill(acme)
    sandbox.post("/clock", {"advance": 60})
    bill.act("pay_bill", id=made["id"])
    assert bill.get(f"bills/{made['id']}")["updatedTime"] > made["updatedTime"]


def test_a_void_of_a_payment_is_asked_for_and_then_happens(bill: Bill, acme: str) -> None:
    key = bill.bill(acme)["id"]
    payment = bill.act("pay_bill", id=key)["id"]
    asked = bill.post(f"payments/{payment}/void", {"type": "VOID_ONLY", "reason": "lost"}, status=200)
    assert (asked["status"], asked["singleStatus"]) == ("PAID", "VOID_PENDING")
    [info] = asked["voidInfo"]
    assert (info["type"], info["status"], info["reason"]) == ("VOID_ONLY", "TO_BE_PROCESSED", "lost")
    bill.act("move_payment", id=payment, single_status="VOIDED")
    assert paid(bill, key)[0] == "UNPAID"
    assert bill.refused("POST", f"payments/{payment}/void", {"type": "VOID_ONLY"})[1] == "BDC_1143"


@pytest.mark.parametrize("kind", ["VOID_ONLY", "VOID_AND_CREDIT"])
def test_a_voided_payment_keeps_its_id_and_opens_its_bill(bill: Bill, acme: str, kind: str) -> None:
    key = bill.bill(acme)["id"]
    payment = bill.act("pay_bill", id=key)["id"]
    voided = bill.act("void_payment", id=payment, type=kind, reason="lost")
    assert (voided["id"], voided["status"], voided["singleStatus"]) == (payment, "VOID", "VOIDED")
    assert "reissue" not in voided and paid(bill, key)[0] == "UNPAID"
    assert bill.get(f"payments/{payment}")["voidInfo"][0]["status"] == "ACCEPTED"
    assert bill.act("pay_bill", id=key)["id"] != payment


def test_a_reissue_is_a_second_payment_with_ids_of_its_own(bill: Bill, acme: str) -> None:
    key = bill.bill(acme)["id"]
    first = bill.act("pay_bill", id=key)
    voided = bill.act("void_payment", id=first["id"], type="VOID_AND_REISSUE")
    second = bill.get(f"payments/{voided['reissue']}")
    assert second["id"] != first["id"] and second["billPayments"][0]["id"] not in first["billPayments"]
    assert second["billPayments"][0]["billId"] == key and second["singleStatus"] == "SCHEDULED"
    assert "_reissue" not in bill.get(f"payments/{first['id']}")
    bill.act("move_payment", id=second["id"], single_status="CLEARED")
    assert paid(bill, key)[0] == "PAID"


def test_credits_are_inside_the_amount_and_settle_with_the_payment(bill: Bill, acme: str, sandbox: Sandbox) -> None:
    key, credit = bill.bill(acme)["id"], bill.credit(acme)["id"]
    made = bill.act("schedule_bill", bills=[{"id": key, "credits": [{"id": credit}]}])
    payment = bill.get(f"payments/{made['id']}")
    assert payment["amount"] == 75
    [part] = payment["billPayments"]
    assert (part["amount"], part["vendorCredits"]) == (100, [{"id": credit, "amount": 25}])
    held = bill.get(f"vendor-credits/{credit}")
    assert (held["status"], held["appliedAmount"]) == ("IN_PROCESS", 25)
    assert held["usage"] == [{"billId": key, "paymentId": payment["id"], "amount": 25}]
    bill.act("move_payment", id=payment["id"], single_status="CLEARED")
    assert bill.get(f"vendor-credits/{credit}")["status"] == "FULLY_APPLIED"
    assert paid(bill, key) == ("PAID", "100.00", "0.00", "0.00", "25.00")
    state = sandbox.get("/state")["bill"]
    assert (state["payments"]["totals"], state["payments"]["cash"]) == ({"USD": "100.00"}, {"USD": "75.00"})
    assert state["vendor_credits"]["applied"] == {"USD": "25.00"}
    bill.act("void_payment", id=payment["id"])
    held = bill.get(f"vendor-credits/{credit}")
    assert (held["status"], held["appliedAmount"], "usage" in held) == ("NOT_APPLIED", 0, False)


def test_the_amount_of_a_payment_can_be_gross(bill: Bill, acme: str) -> None:
    bill.options(payment_amount="gross")
    key, credit = bill.bill(acme)["id"], bill.credit(acme)["id"]
    made = bill.act("pay_bill", bills=[{"id": key, "credits": [{"id": credit, "amount": "10"}]}])
    assert bill.get(f"payments/{made['id']}")["amount"] == 100


def test_what_cannot_be_paid(bill: Bill, acme: str) -> None:
    first, other = bill.bill(acme)["id"], bill.bill(bill.vendor("Other")["id"], "B")["id"]
    small = bill.credit(acme)["id"]
    bill.act("schedule_bill", id=first, amount="60")
    for bills, hint in (
        ([{"id": first, "amount": "41"}], "has less left"),
        ([{"id": first, "amount": "1"}, {"id": first, "amount": "1"}], "named twice"),
        ([{"id": first, "amount": "1"}, {"id": other}], "No active bill of this vendor"),
        ([{"id": first, "amount": "10", "credits": [{"id": small, "amount": "20"}]}], "More than the amount"),
        ([{"id": first, "amount": "40", "credits": [{"id": small, "amount": "26"}]}], "has been applied"),
        ([{"id": "00n01nothing"}], "bill has no bills with id"),
    ):
        with pytest.raises(ValueError, match=hint):
            bill.act("schedule_bill", bills=bills)
    assert len(bill.every("payments")) == 1


def test_an_outside_payment_is_recorded_and_no_money_moves(bill: Bill, acme: str) -> None:
    first, second = bill.bill(acme, "A")["id"], bill.bill(acme, "B", "40")["id"]
    sent = outside(
        acme,
        {"billId": first, "amount": 100},
        {"billId": second, "amount": 15.5},
        description="JDE 2201",
        syncReference="100377",
    )
    made = bill.post("bills/record-payment", sent, status=200)
    assert (made["onlinePayment"], made["status"], made["disbursementType"]) == (False, "PAID", "OFFLINE")
    assert (made["toPrintCheck"], made["syncReference"], made["description"]) == (False, "100377", "JDE 2201")
    assert (made["amount"], made["processDate"]) == (Decimal("115.50"), "2026-03-10")
    assert paid(bill, first)[0] == "PAID" and paid(bill, second)[:3] == ("PARTIALLY_PAID", "15.50", "24.50")
    assert [each["id"] for each in bill.listed("payments", filters="onlinePayment:eq:false")] == [made["id"]]
    voided = bill.post(f"payments/{made['id']}/void", {"type": "VOID_ONLY"}, status=200)
    assert (voided["status"], voided["singleStatus"]) == ("VOID", "VOIDED") and paid(bill, first)[0] == "UNPAID"


def test_a_recorded_payment_is_refused_twice_over_with_the_bills_id(bill: Bill, acme: str) -> None:
    key = bill.bill(acme)["id"]
    too_much = outside(acme, {"billId": key, "amount": 100.01})
    status, code, messages = bill.refused("POST", "bills/record-payment", too_much)
    assert (status, code) == (422, "BDC_1143") and messages[1] == f"{key} : {messages[0]}"
    assert bill.refused("POST", "bills/record-payment", {"vendorId": acme}) == (
        400,
        None,
        [f"{name}: must not be null" for name in ("processDate", "toPrintCheck", "payments")],
    )
    credit = bill.credit(acme)["id"]
    part = {"billId": key, "amount": 100, "vendorCredits": [{"id": credit, "amount": 25}]}
    assert bill.post("bills/record-payment", outside(acme, part), status=200)["amount"] == 75
    assert bill.get(f"vendor-credits/{credit}")["status"] == "FULLY_APPLIED"


def test_what_is_paid_or_scheduled_holds_a_bill_down(bill: Bill, acme: str) -> None:
    made = bill.bill(acme)
    path, line = f"bills/{made['id']}", made["billLineItems"][0]["id"]
    bill.act("schedule_bill", id=made["id"], amount="60")
    assert bill.refused("POST", f"{path}/archive")[:2] == (422, "BDC_1143")
    less = {"billLineItems": [{"id": line, "amount": 59.99}]}
    assert bill.refused("PATCH", path, less)[:2] == (422, "BDC_1143")
    assert bill.get(path)["amount"] == 100
    assert bill.patch(path, {"billLineItems": [{"id": line, "amount": 60}]})["dueAmount"] == 60


def test_payments_are_created_in_a_trusted_session(trusted: Bill, acme: str) -> None:
    key = trusted.bill(acme)["id"]
    account = {"type": "BANK_ACCOUNT", "id": "bac01"}
    day = (date.today() + timedelta(days=3)).isoformat()  # noqa: DTZ011 - a day that is surely not past
    one = {"vendorId": acme, "processDate": day, "fundingAccount": account, "billId": key, "amount": 30}
    made = trusted.post("payments", one)
    assert (made["status"], made["amount"], made["billId"]) == ("SCHEDULED", 30, key)
    assert paid(trusted, key)[:4] == ("SCHEDULED", "0.00", "100.00", "30.00")
    past = {**one, "processDate": "2020-01-01"}
    message = "Invalid Process Date : ${paramName0}."
    assert trusted.refused("POST", "payments", past) == (422, "BDC_1152", [message, f"{key} : {message}"])
    assert trusted.refused("GET", "payments/options")[1] == "BDC_1121"
    without_day = {name: value for name, value in one.items() if name != "processDate"}
    assert trusted.post("payments", without_day)["processDate"] >= "2026-01-01"
    for change, message in (
        ({"fundingAccount": {"type": "WALLET"}, "processDate": None}, "processDate: must not be null"),
        ({"fundingAccount": {"type": "BANK_ACCOUNT"}}, "fundingAccount.id: must not be null"),
        ({"fundingAccount": {"type": "CARD_ACCOUNT", "id": "x"}}, "cardFundingPurpose: must not be null"),
        ({"billId": None}, "billId: must not be null"),
        ({"processingOptions": {"createBill": True}}, "billId: must be null with createBill"),
    ):
        assert trusted.refused("POST", "payments", {**one, **change}) == (400, None, [message])
    born = trusted.post("payments", {**one, "billId": None, "processingOptions": {"createBill": True}})
    assert trusted.get(f"bills/{born['billId']}")["scheduledAmount"] == 30


def test_a_bulk_payment_is_a_head_and_a_list_of_bills(trusted: Bill, acme: str) -> None:
    other = trusted.vendor("Other", additionalInfo={"combinePayments": True})["id"]
    first, second = (trusted.bill(acme, number)["id"] for number in "AB")
    third, fourth = (trusted.bill(other, number)["id"] for number in "AB")
    head = {"fundingAccount": {"type": "BANK_ACCOUNT", "id": "bac01"}}

    def sent(*parts: tuple[str, float]) -> dict[str, Any]:
        return {**head, "payments": [{"billId": key, "amount": amount} for key, amount in parts]}

    # one payment a bill, but one for all bills of a vendor whose payments are combined
    made = trusted.post("payments/bulk", sent((first, 40), (third, 10), (second, 50), (fourth, 20)))["payments"]
    assert [(each["vendorId"], each["amount"], len(each["billPayments"])) for each in made] == [
        (acme, 40, 1),
        (acme, 50, 1),
        (other, 30, 2),
    ]
    several = {**sent((first, 1), (third, 1)), "vendorId": acme}
    assert trusted.refused("POST", "payments/bulk", several)[0] == 400
    negative = trusted.refused("POST", "payments/bulk", sent((first, -1)))
    assert negative == (400, None, [f"{first} : amount: must be greater than or equal to 0"])
    assert trusted.post("payments/bulk", sent((first, 0)))["payments"] == []
    refused = trusted.ask("POST", "payments/bulk", sent((second, 50), (first, 61)))
    assert refused.status_code == 422 and codes(refused) == ["BDC_1143", "BDC_1143", "BDC_1246"]
    assert first in refused.json()[1]["message"]
    assert paid(trusted, second)[3] == "50.00"
    assert trusted.refused("POST", "payments/bulk", [])[0] == 400
    assert trusted.refused("POST", "payments/bulk", sent(*[(first, 1)] * 51))[0] == 400


@pytest.mark.parametrize("types", ["numbers", "strings"])
def test_numbers_of_checks_traces_and_batches_are_written_as_the_option_says(bill: Bill, acme: str, types: str) -> None:
    bill.options(number_types=types)
    kind = int if types == "numbers" else str
    check = bill.act("pay_bill", id=bill.bill(acme, "A")["id"])["id"]
    bill.act("move_payment", id=check, check="8051")
    sent = bill.get(f"payments/{check}")["disbursementInfo"]["checkDisbursement"]
    assert (str(sent["checkNumber"]), type(sent["checkNumber"])) == ("8051", kind)
    rpps = bill.act("pay_bill", id=bill.bill(acme, "B")["id"], disbursement_type="RPPS")["id"]
    listed = {each["id"]: each["disbursementInfo"] for each in bill.listed("payments")}
    assert {type(listed[rpps]["rppsDisbursement"][name]) for name in ("traceNumber", "batchNumber")} == {kind}
    card = bill.act("pay_bill", id=bill.bill(acme, "C")["id"], disbursement_type="VIRTUAL_CARD")["id"]
    assert isinstance(bill.get(f"payments/{card}")["disbursementInfo"]["vcardDisbursement"]["last4CardNumber"], str)


def test_payments_are_filtered_and_sorted(bill: Bill, acme: str) -> None:
    keys = [
        bill.act("pay_bill", id=bill.bill(acme, str(number), "10.00")["id"], date=f"2026-03-0{number}")["id"]
        for number in (1, 2, 3)
    ]
    bill.act("move_payment", id=keys[0], single_status="VOIDED")
    for filters, found in (
        ('status:in:"PAID,VOID"', keys),
        ("status:eq:PAID", keys[1:]),
        ("status:ne:PAID", keys[:1]),
        ("processDate:lte:2026-03-02", keys[:2]),
        (f"vendorId:eq:{acme},amount:gte:10", keys),
        ("disbursementType:eq:CHECK", keys),
    ):
        assert [each["id"] for each in bill.listed("payments", filters=filters)] == found, filters
    assert [each["id"] for each in bill.every("payments", max=1, sort="processDate:desc")] == keys[::-1]


def test_a_person_records_a_payment_in_bill_too(bill: Bill, acme: str) -> None:
    key = bill.act("enter_bill", body=body(acme, "W"), approve=True)["id"]
    assert bill.get(f"bills/{key}")["approvalStatus"] == "APPROVED"
    made = bill.act("record_payment", body=outside(acme, {"billId": key, "amount": "12.34"}))
    assert (made["status"], made["amount"]) == ("PAID", "12.34")
