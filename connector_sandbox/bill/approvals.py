"""Approval of bills: policies, who is asked, and what they say (bill section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connector_sandbox.bill.books import Books, Record
from connector_sandbox.bill.references import invalid_entity
from connector_sandbox.bill.sessions import CLERK
from connector_sandbox.bill.shapes import Field

PAYABLE = ("APPROVED", "UNASSIGNED")
"""Without a policy that matches, nobody is asked, and a bill can be paid (inferred)."""
POLICY = {
    "policyName": Field("text"),
    "rules": Field(
        "list",
        required=True,
        shape={
            "key": Field("text", required=True),
            "op": Field("enum", required=True, choices=("gte", "lt", "eq", "in")),
            "values": Field("list", required=True),
        },
    ),
    "approvers": Field("list"),
}
ACTION = {
    "billId": Field("text", required=True),
    "action": Field("enum", required=True, choices=("APPROVE", "DENY")),
    "comment": Field("text"),
}
_DECIDED = {"APPROVE": "APPROVED", "DENY": "DENIED"}


def assign(books: Books, bill: Record, vendor: Record) -> None:
    """Ask the users that a policy names, on a new bill; the user of the integration where it names nobody."""
    asked = _asked(books, bill, vendor)
    bill["approvalStatus"] = "ASSIGNED" if asked else "UNASSIGNED"
    if asked:
        now = books.now()
        bill["approvers"] = [
            {"userId": user, "status": "WAITING", "approverOrder": place, "statusChangedTime": now}
            for place, user in enumerate(asked, 1)
        ]


def rematch(books: Books, bill: Record, before: Record, vendor: Record) -> None:
    """Who is asked after a change, as the option `approval_after_change` says (bill section 3.2.1)."""
    how = books.options.approval_after_change
    approvers = list(bill.get("approvers", ()))
    now = books.now()
    grown = bill["vendorId"] != before["vendorId"] or _amount(bill) > before["amount"]
    if how == "all_again" and grown:
        approvers = [{**each, "status": "WAITING", "statusChangedTime": now} for each in approvers]
    if how != "nobody":
        known = {each["userId"] for each in approvers}
        for user in _asked(books, bill, vendor):
            if user not in known:
                approvers.append(_approver(user, len(approvers) + 1, now))
    if approvers != list(bill.get("approvers", ())):
        bill["approvers"] = approvers
        bill["approvalStatus"] = _status(approvers)


def decide(books: Books, key: str, action: str, user: str | None = None) -> Record:
    """One approver's say (`user`), or everybody's."""
    bill = books.copy("bills", key)
    now = books.now()
    approvers = bill.get("approvers") or [_approver(user or CLERK.id, 1, now)]
    waiting = [each for each in approvers if each["status"] == "WAITING"]
    mine = [each for each in waiting if user in (None, each["userId"])]
    if bill["archived"] or (user is not None and not mine):
        raise invalid_entity(books, "billId: Nobody is asked for approval.", key)
    for each in mine:
        each |= {"status": _DECIDED[action], "statusChangedTime": now}
    bill["approvers"] = approvers
    bill["approvalStatus"] = _status(approvers) if mine else _DECIDED[action]
    return books.put("bills", bill, "approval")


def pending(books: Books, user: str) -> list[dict[str, Any]]:
    """The bills that wait for this user."""
    return [
        {name: bill[name] for name in ("vendorId", "amount", "dueDate")} | {"billId": bill["id"]}
        for bill in books.tables["bills"].values()
        if not bill["archived"]
        and any(each["userId"] == user and each["status"] == "WAITING" for each in bill.get("approvers", ()))
    ]


def save_policy(books: Books, values: Mapping[str, Any], key: str | None) -> Record:
    """A new policy, or another content for one. It is for bills to come."""
    if key is not None:
        books.get("policies", key)
    policy = {**values, "id": key or books.ids.draw("policies"), "archived": False}
    return books.put("policies", policy, "updated" if key else "created")


def _asked(books: Books, bill: Record, vendor: Record) -> list[str]:
    """The users whom the policies name that match the bill."""
    asked: list[str] = [CLERK.id] if books.options.approval_required else []
    for policy in books.tables["policies"].values():
        if not policy["archived"] and all(_matches(rule, bill, vendor) for rule in policy["rules"]):
            asked += policy.get("approvers") or [CLERK.id]
    return list(dict.fromkeys(asked))


def _amount(bill: Record) -> Decimal:
    return sum((line["amount"] for line in bill["billLineItems"]), Decimal(0))


def policy_view(books: Books, policy: Record) -> Record:
    """As the API answers, which is not as it is asked: values and approvers are objects (bill section 3.3)."""
    users = [{"userId": user, "fullName": _full_name(books, user)} for user in policy.get("approvers", ())]
    rules = [
        {**rule, "values": [{"value": each, "displayName": each} for each in rule["values"]]}
        for rule in policy["rules"]
    ]
    shown = {name: value for name, value in policy.items() if name != "archived"}
    return {**shown, "rules": rules, "approvers": {"users": users, "groups": []}, "status": "ACTIVE"}


def _full_name(books: Books, user: str) -> str:
    return str((books.tables["users"].get(user) or {}).get("username", user))


def _approver(user: str, place: int, now: str) -> dict[str, Any]:
    return {"userId": user, "status": "WAITING", "approverOrder": place, "statusChangedTime": now}


def _status(approvers: list[dict[str, Any]]) -> str:
    statuses = {each["status"] for each in approvers}
    if "DENIED" in statuses:
        return "DENIED"
    if "WAITING" not in statuses:
        return "APPROVED"
    return "APPROVING" if "APPROVED" in statuses else "ASSIGNED"


def _matches(rule: Mapping[str, Any], bill: Record, vendor: Record) -> bool:
    lines = bill["billLineItems"]
    if rule["key"] == "BILL_AMOUNT":
        amount = _amount(bill)
        try:
            bound = Decimal(rule["values"][0])
        except (InvalidOperation, IndexError):
            return False
        return amount >= bound if rule["op"] == "gte" else amount < bound
    field = {"CHART_OF_ACCOUNT_ID": "chartOfAccountId", "JOB_ID": "jobId", "LOCATION_ID": "locationId"}.get(rule["key"])
    if field is None:
        return rule["key"] == "VENDOR_ID" and vendor["id"] in rule["values"]
    return any((line.get("classifications") or {}).get(field) in rule["values"] for line in lines)
