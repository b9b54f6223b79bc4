"""The states of invoices, approvals, payables and integration records, and what moves them (coupa sections
3.4 to 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_sandbox.coupa.documents import APPROVAL, EXTERNAL_PAYABLE, INVOICE
from connector_sandbox.coupa.errors import Refusal
from connector_sandbox.coupa.instance import Instance
from connector_sandbox.coupa.invoices import problems_on_submit
from connector_sandbox.coupa.references import NoSuchReferenceError
from connector_sandbox.coupa.schema import Entity, Record, copied, hyphenated

_SUBMITTED_FROM = ("draft", "invalid")
_VOIDED_FROM = ("approved", "pending_receipt", "draft")
_ABANDONED_FROM = (
    "new", "draft", "on_hold", "ap_hold", "processing", "invalid", "pending_action", "pending_receipt",
    "pending_approval", "booking_hold", "disputed", "rejected",
)  # fmt: skip
_DISPUTED_FROM = (
    "pending_action", "pending_receipt", "pending_approval", "on_hold", "ap_hold", "booking_hold", "approved",
)  # fmt: skip


def submit(instance: Instance, number: int) -> Record:
    """draft -> validation, then pending_approval with an approval, or invalid with what it failed."""
    invoice = _invoice_in(instance, number, _SUBMITTED_FROM, "submitted")
    if invoice["currency"] is None:
        raise Refusal(400, INVOICE.singular, "Currency can't be blank")
    problems = problems_on_submit(instance, invoice)
    invoice["failed-tolerances"] = [
        {"id": instance.tables.child_id(), "code": code, "name": text, "breach-amount": breach}
        for code, text, breach in problems
    ]
    if problems:
        invoice["status"] = "invalid"
    elif instance.options.auto_approve:
        invoice["status"] = "approved"
    else:
        return to_approval(instance, invoice)
    return instance.touch("invoices", invoice)


def void(instance: Instance, number: int) -> Record:
    """approved, pending_receipt or draft -> voided."""
    invoice = _invoice_in(instance, number, _VOIDED_FROM, "voided")
    return instance.touch("invoices", {**invoice, "status": "voided", "canceled": True})


def abandon(instance: Instance, number: int) -> Record:
    """Not yet approved -> abandoned."""
    invoice = _invoice_in(instance, number, _ABANDONED_FROM, "abandoned")
    return instance.touch("invoices", {**invoice, "status": "abandoned"})


def bypass_approvals(instance: Instance, number: int) -> Record:
    """pending_approval -> approved, without the approvers."""
    invoice = _invoice_in(instance, number, ("pending_approval",), "approved")
    for approval in open_approvals(instance, number):
        _decide(instance, approval, "bypassed", None)
    return instance.touch("invoices", {**invoice, "status": "approved"})


def bypass_current_approval(instance: Instance, number: int) -> Record:
    """The approver whose turn it is is passed over; with nobody left the invoice is approved."""
    invoice = _invoice_in(instance, number, ("pending_approval",), "approved")
    pending = open_approvals(instance, number)
    if pending:
        _decide(instance, min(pending, key=lambda each: each["position"]), "bypassed", None)
    status = "approved" if len(pending) <= 1 else invoice["status"]
    return instance.touch("invoices", {**invoice, "status": status})


def restart_approvals(instance: Instance, number: int) -> Record:
    """The chain of approvers begins again."""
    invoice = _invoice_in(instance, number, ("pending_approval", "on_hold", "ap_hold", "rejected"), "sent for approval")
    return to_approval(instance, invoice)


def dispute(instance: Instance, number: int, body: Mapping[str, Any]) -> Record:
    """An invoice that is not agreed with, for a reason that the instance knows (coupa section 3.4)."""
    invoice = _invoice_in(instance, number, _DISPUTED_FROM, "disputed")
    given = {hyphenated(key): value for key, value in body.items()}
    try:
        reason = instance.references.resolve("dispute_reasons", "dispute-reason", given.get("dispute-reason"))
    except NoSuchReferenceError as error:
        raise Refusal(400, INVOICE.singular, str(error)) from None
    if not instance.record("dispute_reasons", reason)["active"]:
        raise Refusal(400, INVOICE.singular, "Dispute reason is not active")
    disputed = {**invoice, "status": "disputed", "dispute-reasons": [reason]}
    if given.get("comment"):
        disputed["comments"] = str(given["comment"])[:255]
    return instance.touch("invoices", disputed)


def withdraw_dispute(instance: Instance, number: int) -> Record:
    """The dispute is over; the approvers are asked again."""
    invoice = _invoice_in(instance, number, ("disputed",), "taken out of dispute")
    return to_approval(instance, {**invoice, "dispute-reasons": []})


def to_approval(instance: Instance, invoice: Record) -> Record:
    """Ask the approvers, or ask them again."""
    _ask_for_approval(instance, invoice["id"])
    return instance.touch("invoices", {**invoice, "status": "pending_approval"})


def forget_approvals(instance: Instance, number: int) -> None:
    """Nobody is asked any more."""
    for approval in open_approvals(instance, number):
        _decide(instance, approval, "obsolete", None)


def delete_invoice(instance: Instance, number: int) -> None:
    """Only status `new`, which an invoice never has that came by the API."""
    _invoice_in(instance, number, ("new",), "deleted")
    instance.remove("invoices", number)


def decide_approval(instance: Instance, number: int, status: str, note: str | None) -> Record:
    """An approver approves, rejects or holds; the invoice follows."""
    approval = instance.record("approvals", number)
    if approval["status"] not in ("pending_approval", "on_hold"):
        raise _illegal(APPROVAL, "decided", approval["status"])
    decided = _decide(instance, approval, status, note)
    invoice = copied(instance.record("invoices", approval["approvable-id"]))
    if status == "rejected":
        instance.touch("invoices", {**invoice, "status": "rejected"})
    elif status == "approved" and not open_approvals(instance, invoice["id"]):
        instance.touch("invoices", {**invoice, "status": "approved"})
    return decided


def void_payable(instance: Instance, number: int) -> Record:
    """An external payable that is not to be paid any more."""
    payable = instance.record("external_payables", number)
    if payable["status"] == "voided":
        raise _illegal(EXTERNAL_PAYABLE, "voided", payable["status"])
    return instance.touch("external_payables", {**payable, "status": "voided"})


def mark_exported(instance: Instance, entity: str, number: int) -> Record:
    """Sets `exported`, and nothing else."""
    before = instance.record(entity, number)
    marked = {**before, "exported": True, "last-exported-at": instance.now()}
    if instance.options.export_moves_updated_at:
        return instance.touch(entity, marked)
    instance.put(entity, marked)
    return marked


def resolve(instance: Instance, number: int, *, entity: str, resolved: bool) -> Record:
    """An integration error is dealt with, or not after all."""
    return instance.touch(entity, {**instance.record(entity, number), "resolved": resolved})


RUN_STATUSES = {
    "run": "running", "success": "success", "fail": "failed", "pause": "paused", "pending": "pending",
    "finish": "finished",
}  # fmt: skip


def move_run(instance: Instance, number: int, *, action: str) -> Record:
    """An integration run goes to the state that the action names."""
    run: dict[str, Any] = {**instance.record("integration_runs", number), "status": RUN_STATUSES[action]}
    if action == "run":
        run["start-time"] = instance.now()
    elif action in ("success", "fail", "finish"):
        run["end-time"] = instance.now()
    return instance.touch("integration_runs", run)


def _invoice_in(instance: Instance, number: int, statuses: tuple[str, ...], done: str) -> Record:
    invoice = instance.record("invoices", number)
    if invoice["status"] not in statuses:
        raise _illegal(INVOICE, done, invoice["status"])
    copy: Record = copied(invoice)
    return copy


def _illegal(entity: Entity, done: str, status: str) -> Refusal:
    return Refusal(400, entity.singular, f"{entity.model} cannot be {done} in status {status}.")


def _ask_for_approval(instance: Instance, number: int) -> None:
    forget_approvals(instance, number)
    users = instance.tables["users"].ids
    instance.create(
        "approvals",
        {},
        preset={
            "approvable-id": number,
            "approvable-type": "InvoiceHeader",
            "status": "pending_approval",
            # The first user is the integration's own, so the last one decides.
            "approver": users[-1] if users else None,
            "position": 1,
        },
    )


def open_approvals(instance: Instance, number: int) -> list[Record]:
    """The decisions on an invoice that are still to come."""
    table = instance.tables["approvals"]
    rows = [table.rows[each] for each in sorted(table.find(("approvable-id",), (number,)))]
    return [row for row in rows if row["status"] in ("pending_approval", "on_hold")]


def _decide(instance: Instance, approval: Record, status: str, note: str | None) -> Record:
    decided = {**approval, "status": status, "note": note}
    if status != "on_hold":
        decided |= {"approved-by": approval["approver"], "approval-date": instance.now()}
    return instance.touch("approvals", decided)
