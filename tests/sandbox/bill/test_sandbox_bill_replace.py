"""What PUT erases of a bill and PATCH leaves, and payment terms (bill sections 3.2.1 and 3.8)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_bill_caller import Bill
from sandbox_bill_caller import bill as body

from connector_sandbox.testing import Sandbox

BILL_IDS = ("chartOfAccountId", "accountingClassId", "departmentId", "locationId", "itemId")
LINE_IDS = (*BILL_IDS, "employeeId", "jobId", "customerId")
_PATHS = {
    "accountingClassId": "accounting-classes",
    "departmentId": "departments",
    "locationId": "locations",
    "itemId": "items",
    "jobId": "jobs",
}


@pytest.fixture
def terms(bill: Bill) -> str:
    return f"organizations/{bill.opened['organizationId']}/payment-terms"


@pytest.fixture
def ids(bill: Bill, sandbox: Sandbox) -> dict[str, str]:
    """One record of each kind that a line can name."""
    made = {name: bill.post(f"classifications/{path}", {"name": name})["id"] for name, path in _PATHS.items()}
    made["chartOfAccountId"] = bill.account()["id"]
    made["employeeId"] = bill.post("classifications/employees", {"firstName": "Ana", "lastName": "Vil"})["id"]
    row = {"system": "bill", "entity": "customers", "create": {"name": "Rail Works"}}
    made["customerId"] = sandbox.post("/rows", row)["id"]
    return made


@pytest.fixture
def full(bill: Bill, ids: dict[str, str], terms: str) -> dict[str, Any]:
    """A bill in which every field has a value that the description of a request knows."""
    vendor = bill.vendor()["id"]
    credit = bill.credit(vendor)["id"]
    line = {
        "quantity": 2,
        "price": 25,
        "description": "bolts",
        "classifications": {name: ids[name] for name in LINE_IDS},
    }
    sent = body(
        vendor,
        billLineItems=[line, {"amount": 50, "description": "nuts"}],
        description="all of it",
        payFromChartOfAccountId=bill.account("Bank", "0010.1010")["id"],
        paymentTermId=bill.post(terms, {"name": "Net 30", "daysDue": 30})["id"],
        classifications={name: ids[name] for name in BILL_IDS},
        vendorCredits=[{"id": credit, "amount": 25}],
        purchaseOrderNumber="OP 12345",
    )
    made = bill.post("bills", sent)
    shown: dict[str, Any] = bill.get(f"bills/{made['id']}")
    lines = sent.pop("billLineItems")
    assert {name: shown[name] for name in sent} == sent
    assert [
        {name: got[name] for name in given} for got, given in zip(shown["billLineItems"], lines, strict=True)
    ] == lines
    assert shown["dueAmount"] == 75 and bill.get(f"vendor-credits/{credit}")["appliedAmount"] == 25
    return shown


def test_a_put_erases_every_field_that_it_leaves_out_and_unapplies_credits(bill: Bill, full: dict[str, Any]) -> None:
    first, _ = full["billLineItems"]
    sent = {**body(full["vendorId"]), "billLineItems": [{"id": first["id"], "amount": 50}]}
    made = bill.put(f"bills/{full['id']}", sent)
    for gone in (
        "description",
        "payFromChartOfAccountId",
        "paymentTermId",
        "classifications",
        "vendorCredits",
        "purchaseOrderNumber",
    ):
        assert gone not in made, gone
    assert made["billLineItems"] == [{"id": first["id"], "amount": 50}]
    assert (made["amount"], made["dueAmount"]) == (50, 50)
    [credit] = full["vendorCredits"]
    held = bill.get(f"vendor-credits/{credit['id']}")
    assert (held["appliedAmount"], held["status"]) == (0, "NOT_APPLIED") and "usage" not in held
    assert bill.get(f"bills/{full['id']}") == {**made, "vendorName": "Acme Drilling Supply"}


def test_a_put_that_carries_everything_erases_nothing(bill: Bill, full: dict[str, Any]) -> None:
    read_only = {"updatedTime", "vendorName"}
    made = bill.put(f"bills/{full['id']}", full)
    assert {name: value for name, value in made.items() if name not in read_only} == {
        name: value for name, value in full.items() if name not in read_only
    }


def test_with_the_switch_a_put_keeps_what_no_document_says_it_clears(bill: Bill, full: dict[str, Any]) -> None:
    bill.options(put_omits="keeps")
    first, _ = full["billLineItems"]
    sent = {**body(full["vendorId"]), "billLineItems": [{"id": first["id"], "amount": 50}]}
    made = bill.put(f"bills/{full['id']}", sent)
    for kept in ("description", "payFromChartOfAccountId", "paymentTermId", "classifications", "purchaseOrderNumber"):
        assert made[kept] == full[kept], kept
    assert made["billLineItems"] == [first] and "vendorCredits" not in made


def test_a_patch_leaves_what_it_does_not_name(bill: Bill, full: dict[str, Any], ids: dict[str, str]) -> None:
    first, second = full["billLineItems"]
    made = bill.patch(f"bills/{full['id']}", {"billLineItems": [{"id": second["id"], "amount": 60}]})
    assert made["billLineItems"] == [first, {**second, "amount": 60}]
    for kept in ("description", "classifications", "vendorCredits", "payFromChartOfAccountId", "paymentTermId"):
        assert made[kept] == full[kept]
    change = {"billLineItems": [{"id": first["id"], "classifications": {"jobId": ""}}]}
    line = bill.patch(f"bills/{full['id']}", change)["billLineItems"][0]
    assert line["classifications"] == {name: ids[name] for name in LINE_IDS if name != "jobId"}


def test_with_the_switch_a_patch_without_a_payment_term_is_refused(bill: Bill, full: dict[str, Any]) -> None:
    bill.options(patch_needs_payment_term=True)
    path = f"bills/{full['id']}"
    assert bill.refused("PATCH", path, {"description": "x"}) == (400, None, ["paymentTermId: must not be null"])
    sent = {"description": "x", "paymentTermId": full["paymentTermId"]}
    assert bill.patch(path, sent)["description"] == "x"


def test_payment_terms_have_a_name_and_days_that_no_other_one_has(bill: Bill, terms: str) -> None:
    made = bill.post(terms, {"name": "Net 30", "daysDue": 30})
    assert made["id"].startswith("00p") and set(made) == {"id", "name", "daysDue", "createdTime", "updatedTime"}
    assert bill.refused("POST", terms, {"name": "A month", "daysDue": 30})[:2] == (422, "BDC_1143")
    assert bill.refused("POST", terms, {})[2] == ["name: must not be null", "daysDue: must not be null"]
    for days in (-1, 1000):
        assert bill.refused("POST", terms, {"name": "x", "daysDue": days})[0] == 400
    assert bill.patch(f"{terms}/{made['id']}", {"name": "Thirty"})["daysDue"] == 30
    assert bill.get(f"{terms}/{made['id']}")["name"] == "Thirty"
    assert [each["id"] for each in bill.listed(terms)] == [made["id"]]
    for method, path in (("DELETE", f"{terms}/{made['id']}"), ("POST", f"{terms}/{made['id']}/archive")):
        assert bill.refused(method, path)[:2] == (404, "BDC_1121")
    assert bill.refused("POST", "bills", body(bill.vendor()["id"], paymentTermId="00p01nothing"))[1] == "BDC_1119"
