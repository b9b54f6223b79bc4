"""Approval of bills (bill section 3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_bill_caller import Bill


def shown(bill: Bill, key: str) -> tuple[str, list[str]]:
    made = bill.get(f"bills/{key}")
    return made["approvalStatus"], [each["status"] for each in made.get("approvers", ())]


@pytest.fixture
def big(bill: Bill) -> Bill:
    """With a policy for bills from 500 on."""
    rules = [{"key": "BILL_AMOUNT", "op": "gte", "values": ["500"]}]
    assert bill.post("bill-approvals/policies", {"rules": rules})["id"]
    return bill


def test_a_policy_asks_for_approval_of_the_bills_that_it_matches(big: Bill) -> None:
    acme = big.vendor()["id"]
    small, large = big.bill(acme, "S", "499.99")["id"], big.bill(acme, "L", "500")["id"]
    assert shown(big, small) == ("UNASSIGNED", []) and shown(big, large) == ("ASSIGNED", ["WAITING"])
    assert big.get("bill-approvals/pending-user-approvals") == {
        "bills": [{"vendorId": acme, "amount": 500, "dueDate": "2026-03-31", "billId": large}]
    }
    with pytest.raises(ValueError, match="is not approved"):
        big.act("pay_bill", id=large)
    actions: list[dict[str, Any]] = [{"billId": large, "action": "APPROVE", "comment": "fine"}]
    assert big.post("bill-approvals/actions", actions, status=200) == {"status": "SUCCESS"}
    assert shown(big, large) == ("APPROVED", ["APPROVED"])
    assert big.get("bill-approvals/pending-user-approvals") == {"bills": []}
    assert big.refused("POST", "bill-approvals/actions", actions)[1] == "BDC_1143"
    assert big.act("pay_bill", id=large)["singleStatus"] == "CLEARED"


def test_a_denied_bill_cannot_be_paid(big: Bill) -> None:
    key = big.bill(big.vendor()["id"], "L", "500")["id"]
    big.post("bill-approvals/actions", [{"billId": key, "action": "DENY"}], status=200)
    assert shown(big, key) == ("DENIED", ["DENIED"])
    with pytest.raises(ValueError, match="is not approved"):
        big.act("schedule_bill", id=key)


def test_policies_are_a_bare_array_and_go(big: Bill) -> None:
    [policy] = big.get("bill-approvals/policies")
    path = f"bill-approvals/policies/{policy['id']}"
    rules = [{"key": "VENDOR_ID", "op": "in", "values": ["00901other"]}]
    changed = big.put(path, {"policyName": "Others", "rules": rules, "approvers": [big.opened["userId"]]})
    # asked with texts, answered with objects
    assert changed["rules"][0]["values"] == [{"value": "00901other", "displayName": "00901other"}]
    assert [each["userId"] for each in changed["approvers"]["users"]] == [big.opened["userId"]]
    assert (changed["approvers"]["groups"], changed["policyName"]) == ([], "Others")
    assert big.get("bill-approvals/policies") == [changed]
    assert shown(big, big.bill(big.vendor()["id"], "L", "500")["id"])[0] == "UNASSIGNED"
    assert big.ask("DELETE", path).status_code == 200
    assert big.get("bill-approvals/policies") == []


def test_the_guides_path_makes_a_policy_too_and_places_may_have_decimals(bill: Bill) -> None:
    rules = [{"key": "BILL_AMOUNT", "op": "lt", "values": ["500"]}]
    bill.post("bill-approvals", {"rules": rules})
    bill.options(approver_order="decimal")
    made = bill.bill(bill.vendor()["id"])
    assert [str(each["approverOrder"]) for each in made["approvers"]] == ["1.00"]


def test_acts_decide_for_everybody(bill: Bill) -> None:
    bill.options(approval_required=True)
    acme = bill.vendor()["id"]
    first, second = bill.bill(acme, "A")["id"], bill.bill(acme, "B")["id"]
    assert bill.act("approve_bill", id=first)["approvalStatus"] == "APPROVED"
    assert bill.act("deny_bill", where={"invoice.invoiceNumber": "B"})["approvalStatus"] == "DENIED"
    assert shown(bill, second) == ("DENIED", ["DENIED"])


def test_a_change_asks_those_whom_a_policy_names_only_now(big: Bill) -> None:
    acme = big.vendor()["id"]
    key = big.bill(acme, "S", "400")["id"]
    assert shown(big, key) == ("UNASSIGNED", [])
    assert big.patch(f"bills/{key}", body_lines(big, key, 600))["approvalStatus"] == "ASSIGNED"
    big.act("approve_bill", id=key)
    # who has approved stays so, as the default of the one page that speaks of it
    assert big.patch(f"bills/{key}", body_lines(big, key, 900))["approvalStatus"] == "APPROVED"


def test_with_the_switch_an_increase_or_a_new_payee_is_approved_again(big: Bill) -> None:
    big.options(approval_after_change="all_again")
    acme, other = big.vendor()["id"], big.vendor("Other")["id"]
    key = big.bill(acme, "L", "600")["id"]
    big.act("approve_bill", id=key)
    assert big.patch(f"bills/{key}", body_lines(big, key, 550))["approvalStatus"] == "APPROVED"
    assert big.patch(f"bills/{key}", body_lines(big, key, 551))["approvalStatus"] == "ASSIGNED"
    with pytest.raises(ValueError, match="is not approved"):
        big.act("pay_bill", id=key)
    big.act("approve_bill", id=key)
    assert big.patch(f"bills/{key}", {"vendorId": other})["approvalStatus"] == "ASSIGNED"


def test_with_the_switch_nobody_is_asked_after_a_change(big: Bill) -> None:
    big.options(approval_after_change="nobody")
    key = big.bill(big.vendor()["id"], "S", "400")["id"]
    assert big.patch(f"bills/{key}", body_lines(big, key, 600))["approvalStatus"] == "UNASSIGNED"


def body_lines(bill: Bill, key: str, amount: int) -> dict[str, Any]:
    """A PATCH that gives the one line of a bill another amount."""
    [line] = bill.get(f"bills/{key}")["billLineItems"]
    return {"billLineItems": [{"id": line["id"], "amount": amount}]}
