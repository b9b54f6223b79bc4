"""Vendor credits (bill section 3.5)."""

from __future__ import annotations

import pytest
from sandbox_bill_caller import Bill, credit


@pytest.fixture
def acme(bill: Bill) -> str:
    return str(bill.vendor()["id"])


def test_a_new_credit_is_not_applied(bill: Bill, acme: str) -> None:
    made = bill.credit(acme, "CM-1", "25.50", description="JDE 00100-PD-1-001")
    assert made["id"].startswith("vcr") and len(made["id"]) == 20 and made["archived"] is False
    assert (made["amount"], made["appliedAmount"], made["status"]) == (made["amount"], 0, "NOT_APPLIED")
    assert "usage" not in made and bill.get(f"vendor-credits/{made['id']}") == made
    assert bill.listed("vendor-credits", filters=f"vendorId:eq:{acme}") == [made]
    assert bill.refused("POST", "vendor-credits", credit(acme, amount="0"))[1] == "BDC_1143"
    assert bill.refused("POST", "vendor-credits", {})[2] == [
        f"{name}: must not be null" for name in ("vendorId", "referenceNumber", "creditDate", "vendorCreditLineItems")
    ]


def test_a_credit_is_patched_by_line_and_replaced_whole(bill: Bill, acme: str) -> None:
    made = bill.credit(acme, description="x")
    path, line = f"vendor-credits/{made['id']}", made["vendorCreditLineItems"][0]["id"]
    assert bill.patch(path, {"vendorCreditLineItems": [{"id": line, "amount": 5}, {"amount": 2}]})["amount"] == 7
    replaced = bill.put(path, credit(acme, "CM-2", "9"))
    assert (replaced["amount"], replaced["referenceNumber"], "description" in replaced) == (9, "CM-2", False)
    assert len(replaced["vendorCreditLineItems"]) == 1


def test_a_credit_is_archived_for_good_unless_it_is_applied(bill: Bill, acme: str) -> None:
    first, second = bill.credit(acme)["id"], bill.credit(acme, "CM-2")["id"]
    path = f"vendor-credits/{first}/archive"
    assert bill.post(path, status=200)["archived"] is True
    assert bill.post(path, status=200)["archived"] is True
    assert bill.refused("POST", f"vendor-credits/{first}/restore")[0] == 404
    key = bill.bill(acme)["id"]
    assert bill.act("apply_credit", id=second, bill={"id": key})["status"] == "FULLY_APPLIED"
    assert bill.refused("POST", f"vendor-credits/{second}/archive")[:2] == (422, "BDC_1143")
    line = bill.get(f"vendor-credits/{second}")["vendorCreditLineItems"][0]["id"]
    less = {"vendorCreditLineItems": [{"id": line, "amount": 24.99}]}
    assert bill.refused("PATCH", f"vendor-credits/{second}", less)[1] == "BDC_1143"


def test_a_credit_on_a_bill_pays_it_without_a_payment(bill: Bill, acme: str) -> None:
    made, held = bill.bill(acme), bill.credit(acme)["id"]
    path = f"bills/{made['id']}"
    applied = bill.patch(path, {"vendorCredits": [{"id": held, "amount": 10}]})
    assert (applied["paymentStatus"], applied["paidAmount"], applied["dueAmount"]) == ("PARTIALLY_PAID", 10, 90)
    assert applied["creditAmount"] == 10
    shown = bill.get(f"vendor-credits/{held}")
    assert (shown["status"], shown["usage"]) == ("PARTIALLY_APPLIED", [{"billId": made["id"], "amount": 10}])
    other = bill.bill(acme, "B", vendorCredits=[{"id": held, "amount": 15}])
    assert other["creditAmount"] == 15
    already = {"vendorCredits": [{"id": held, "amount": 10.01}]}
    assert bill.refused("PATCH", path, already)[:2] == (422, "BDC_1143")
    assert bill.patch(path, {"vendorCredits": []})["paymentStatus"] == "UNPAID"
    assert bill.get(f"vendor-credits/{held}")["appliedAmount"] == 15


def test_a_credit_of_another_vendor_is_refused(bill: Bill, acme: str) -> None:
    held = bill.credit(bill.vendor("Other")["id"])["id"]
    path = f"bills/{bill.bill(acme)['id']}"
    assert bill.refused("PATCH", path, {"vendorCredits": [{"id": held, "amount": 1}]})[1] == "BDC_1119"


def test_bulk_answers_under_a_key_at_most_50(bill: Bill, acme: str) -> None:
    made = bill.post("vendor-credits/bulk", [credit(acme, "1"), credit(acme, "2")])["vendorCredits"]
    keys = [each["id"] for each in made]
    patched = bill.patch("vendor-credits/bulk", [{"id": keys[0], "description": "x"}])["vendorCredits"]
    assert patched[0]["description"] == "x" and patched[0]["referenceNumber"] == "1"
    replaced = bill.put("vendor-credits/bulk", [{"id": keys[1], **credit(acme, "3")}])["vendorCredits"]
    assert replaced[0]["referenceNumber"] == "3"
    archived = bill.post(f"vendor-credits/bulk/archive?ids={','.join(keys)}", status=200)["vendorCredits"]
    assert [each["archived"] for each in archived] == [True, True]
    assert bill.refused("POST", "vendor-credits/bulk", [credit(acme)] * 51)[0] == 400
    assert bill.refused("POST", "vendor-credits/bulk", [credit(acme), credit("00901nobody")])[1] == "BDC_1119"
    assert len(bill.listed("vendor-credits")) == 2


def test_what_a_credit_must_have(bill: Bill) -> None:
    acme, account = bill.vendor()["id"], bill.account()["id"]
    assert bill.refused("POST", "vendor-credits", {})[2] == [
        f"{name}: must not be null" for name in ("vendorId", "referenceNumber", "creditDate", "vendorCreditLineItems")
    ]
    long = credit(acme, "1" * 101)
    assert bill.refused("POST", "vendor-credits", long)[2] == ["referenceNumber: size must be between 1 and 100"]
    bank = next(iter(bill.sandbox.systems["bill"].dump()["bank_accounts"]))
    both = credit(acme, applyToChartOfAccountId=account, applyToBankAccountId=bank)
    assert bill.refused("POST", "vendor-credits", both)[:2] == (422, "BDC_1143")
    none = credit(acme, vendorCreditLineItems=[{"description": "nothing"}])
    assert bill.refused("POST", "vendor-credits", none)[2] == ["vendorCreditLineItems[0].amount: must not be null"]
