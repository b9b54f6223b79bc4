"""What clients that others wrote send to BILL, and what they expect of its answers.

The sequences are those of public clients of the v3 API and of a live test suite of one of them, told again here.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import requests
from sandbox_bill_caller import ADDRESS, Bill

from connector_sandbox.testing import Sandbox

_NUMBERS = itertools.count(1)
NAMED_ANEW = [{"name": "Other"}, {"description": "Why"}]
PAYMENT_STATUSES = {"PAID", "UNPAID", "PARTIAL", "SCHEDULED", "UNDEFINED"}
APPROVAL_STATUSES = {"UNASSIGNED", "ASSIGNED", "APPROVING", "APPROVED", "DENIED"}


def an_account() -> dict[str, Any]:
    """With a number of six digits, as such clients make them up."""
    number = next(_NUMBERS)
    return {"name": f"Account {number}", "account": {"type": "EXPENSE", "number": f"{number:06d}"}}


def a_class() -> dict[str, Any]:
    """With a name alone."""
    return {"name": f"Class {next(_NUMBERS)}"}


def a_vendor() -> dict[str, Any]:
    """As any form asks for it."""
    name = f"Vendor {next(_NUMBERS)}"
    return {"name": name, "accountType": "BUSINESS", "email": "a@b.example", "phone": "555-1", "address": ADDRESS}


def a_bill(vendor_id: str, **more: Any) -> dict[str, Any]:
    """Of one line."""
    return {
        "vendorId": vendor_id,
        "dueDate": "2024-02-15",
        "invoice": {"invoiceNumber": f"INV-{next(_NUMBERS)}", "invoiceDate": "2024-01-15"},
        "billLineItems": [{"amount": 100, "description": "One line"}],
        **more,
    }


def test_a_client_logs_in_twice_and_each_session_lives(sandbox: Sandbox) -> None:
    """The body has the developer key, and such clients send it as a header too. What is refused is an array of errors,
    whose first message they show; logging out has no body, neither there nor back."""
    first, second = Bill(sandbox), Bill(sandbox)
    assert first.opened["sessionId"] != second.opened["sessionId"]
    assert {"sessionId", "organizationId", "userId"} <= first.opened.keys()
    assert first.ask("POST", "logout").text == ""
    assert second.get("vendors")["results"] == []
    for wrong in ({"password": "no"}, {"devKey": "no"}, {"organizationId": "no"}):
        body = second.login | wrong
        answer = requests.post(second.url + "login", json=body, headers={"devKey": body["devKey"]}, timeout=10)
        assert answer.status_code == 401 and answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("path", "made", "changes", "key"),
    [
        (
            "classifications/chart-of-accounts",
            an_account,
            [{"name": "Other"}, {"description": "Why"}],
            "chartOfAccounts",
        ),
        (
            "classifications/accounting-classes",
            a_class,
            [{"name": "Other"}, {"description": "Why"}],
            "accountingClasses",
        ),
        ("vendors", a_vendor, [{"email": "u@e.example", "phone": "555-2"}, {"name": "Other"}], "vendors"),
    ],
)
def test_a_client_goes_through_all_verbs(bill: Bill, path: str, made: Any, changes: list[Any], key: str) -> None:
    """Create, list (as it comes, by pages, active or archived ones), one, change, archive, restore, several at once."""
    record = bill.post(path, made())
    assert record["archived"] is False and {"id", "createdTime", "updatedTime"} <= record.keys()
    assert len(bill.listed(path)) == 1
    assert len(bill.listed(path, max=5, filters="archived:eq:false")) == 1
    assert [each["id"] for each in bill.listed(path, filters=f"id:eq:{record['id']}")] == [record["id"]]
    assert bill.get(f"{path}/{record['id']}")["name"] == record["name"]
    for change in changes:
        assert change.items() <= bill.patch(f"{path}/{record['id']}", change).items()
    assert bill.refused("GET", f"{path}/non-existent-id")[0] == 404
    assert bill.post(f"{path}/{record['id']}/archive", status=200)["archived"] is True
    assert len(bill.listed(path, filters="archived:eq:true")) == 1
    assert bill.post(f"{path}/{record['id']}/restore", status=200)["archived"] is False
    assert len(bill.post(f"{path}/bulk", [made(), made()])[key]) == 2


def test_a_client_finds_a_vendor_by_a_name_with_blanks_and_no_quotes(bill: Bill) -> None:
    vendor = bill.post("vendors", a_vendor())
    assert [each["id"] for each in bill.listed("vendors", filters=f"name:eq:{vendor['name']}", sort="name:asc")] == [
        vendor["id"]
    ]
    moved = bill.patch(f"vendors/{vendor['id']}", {"address": ADDRESS | {"line1": "9 New Road", "city": "Austin"}})
    assert (moved["address"]["line1"], moved["address"]["city"]) == ("9 New Road", "Austin")


def test_a_client_enters_bills_and_reads_what_it_needs_of_them(bill: Bill) -> None:
    """Every list of bills is one whose required fields are there, with the statuses that such a client knows."""
    vendor = bill.post("vendors", a_vendor())["id"]
    lines = [{"amount": 100, "description": "One"}, {"amount": 200}]
    made = bill.post("bills", a_bill(vendor, billLineItems=lines, purchaseOrderNumber="PO-1", description="Why"))
    assert (made["amount"], len(made["billLineItems"]), made["purchaseOrderNumber"]) == (300, 2, "PO-1")
    assert all(each["id"].startswith("bli") for each in made["billLineItems"])
    assert bill.patch(f"bills/{made['id']}", {"dueDate": "2024-03-26"})["dueDate"] == "2024-03-26"
    several = bill.post("bills/bulk", [a_bill(vendor), a_bill(vendor)])
    assert [each["vendorId"] for each in several] == [vendor, vendor]
    for each in bill.listed("bills", max=50, filters=f"vendorId:eq:{vendor}"):
        assert {"id", "archived", "dueDate", "invoice", "billLineItems", "createdTime", "updatedTime"} <= each.keys()
        assert {"amount", "dueAmount", "creditAmount"} <= each.keys()
        assert each["paymentStatus"] in PAYMENT_STATUSES and each["approvalStatus"] in APPROVAL_STATUSES
    assert bill.refused("GET", "bills/non-existent-id")[0] == 404


def test_a_client_lists_payments_before_there_are_any(bill: Bill) -> None:
    vendor = bill.post("vendors", a_vendor())["id"]
    for query in ({}, {"max": 5}, {"filters": f"vendorId:eq:{vendor}"}, {"filters": "status:eq:PAID"}):
        assert bill.listed("payments", **query) == []
    assert bill.refused("GET", "payments/non-existent-id")[0] == 404


def test_a_parameter_of_the_old_version_changes_nothing(bill: Bill) -> None:
    """A public client pages by `start`, which v3 does not have: it gets the first page."""
    vendor = bill.post("vendors", a_vendor())["id"]
    assert [each["id"] for each in bill.listed("vendors", start=0, max=20)] == [vendor]


def test_a_client_logs_in_again_after_a_401(bill: Bill) -> None:
    """The message never says that a session expired: who looks at the status alone goes on."""
    bill.session.headers["sessionId"] = "gone"
    status, code, [message] = bill.refused("GET", "vendors")
    assert (status, code) == (401, "BDC_1109") and "expired" not in message.lower()


def test_the_vendors_own_sample_of_a_payment_made_outside(bill: Bill) -> None:
    """Two bills, 70 and 30, as the guide records them: one payment of 100, whose every printed field is answered."""
    vendor = bill.post("vendors", a_vendor())["id"]
    bills = [bill.post("bills", a_bill(vendor, billLineItems=[{"amount": amount}]))["id"] for amount in (70, 30)]
    parts = [{"billId": each, "amount": amount} for each, amount in zip(bills, (70, 30), strict=True)]
    body = {"vendorId": vendor, "processDate": "2026-12-20", "toPrintCheck": False, "payments": parts}
    made = bill.post("bills/record-payment", body, status=200)
    assert [(each["billId"], each["amount"]) for each in made["billPayments"]] == list(
        zip(bills, (70, 30), strict=True)
    )
    assert (made["vendorId"], made["processDate"], made["amount"]) == (vendor, "2026-12-20", 100)
    assert (made["status"], made["onlinePayment"], made["disbursementType"]) == ("PAID", False, "OFFLINE")
    assert made["transactionNumber"] and made["confirmationNumber"]
    assert [each["id"] for each in bill.listed("payments", filters=f"vendorId:eq:{vendor}")] == [made["id"]]


def test_the_vendors_own_sample_of_a_credit(bill: Bill) -> None:
    """Two lines, and the sum of them."""
    vendor = bill.post("vendors", a_vendor())["id"]
    lines = [{"description": "Drum sticks", "amount": 14.99}, {"description": "Guitar picks", "amount": 50.00}]
    body = {"vendorId": vendor, "referenceNumber": "202502-vendorcredit", "creditDate": "2025-12-28"}
    made = bill.post("vendor-credits", {**body, "vendorCreditLineItems": lines, "description": "Credit"})
    assert body.items() <= made.items()
    assert (float(made["amount"]), made["archived"], made["status"]) == (64.99, False, "NOT_APPLIED")
    assert made["id"].startswith("vcr")
