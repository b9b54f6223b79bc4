"""The control verb `rows` with an `act`: what Coupa's own users do with invoices, orders and payments.

{"system": "coupa", "act": "approve_invoice", "id": 7}. The record is named by `id`, or by `where`:
{"where": {"invoice-number": "INV-7"}}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.coupa import content, lifecycle, pay
from connector_sandbox.coupa.errors import Refusal
from connector_sandbox.coupa.instance import Instance
from connector_sandbox.coupa.references import NoSuchReferenceError
from connector_sandbox.coupa.schema import Record, copied, with_places
from connector_sandbox.kernel.system import BadCommandError

_CLERK = "ap.clerk"
_HELD = ("on_hold", "ap_hold", "booking_hold", "pending_receipt", "pending_action")
_HELD_FROM = ("pending_approval", "approved", "disputed", *_HELD)


class _Act(msgspec.Struct, forbid_unknown_fields=True):
    """One act on an invoice or an order; which of the rest it takes is said with each."""

    act: str
    id: int | None = None
    where: dict[str, Any] = {}
    body: dict[str, Any] = {}
    change: dict[str, Any] = msgspec.field(name="set", default={})
    submit: bool = False
    approve: bool = False
    status: str = "on_hold"
    reason: str | None = None
    comment: str | None = None
    line: str = "1"
    quantity: Decimal = Decimal(0)


def carry_out(instance: Instance, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do it, and answer with id and status. BadCommandError, in one line, when it cannot be done."""
    name = str(command["act"])
    try:
        with instance.acting(_CLERK), instance.whole():
            if name in pay.ACTS:
                record = pay.carry_out(instance, command)
            elif name in _ACTS:
                record = _ACTS[name](instance, msgspec.convert(command, _Act, strict=False))
            else:
                raise BadCommandError(f"coupa has no act {name!r}: there are {', '.join((*_ACTS, *pay.ACTS))}")
    except (Refusal, NoSuchReferenceError, msgspec.ValidationError) as error:
        raise BadCommandError(f"coupa {name}: {error}") from None
    return {"id": record["id"], "status": record["status"]}


def _enter(instance: Instance, act: _Act) -> Record:
    """`body` as the API takes it; `submit` and `approve` go on from there."""
    invoice = instance.create("invoices", act.body)
    if act.approve:
        return _approved(instance, invoice["id"])
    return lifecycle.submit(instance, invoice["id"]) if act.submit else invoice


def _submit(instance: Instance, act: _Act) -> Record:
    return lifecycle.submit(instance, _invoice(instance, act))


def _approve(instance: Instance, act: _Act) -> Record:
    """All approvers that are still asked say yes; a draft is submitted first."""
    return _approved(instance, _invoice(instance, act))


def _reject(instance: Instance, act: _Act) -> Record:
    number = _invoice(instance, act)
    approvals = lifecycle.open_approvals(instance, number)
    if not approvals:
        raise BadCommandError(f"nobody is asked for approval of invoice {number}")
    lifecycle.decide_approval(instance, approvals[0]["id"], "rejected", act.reason)
    return instance.record("invoices", number)


def _dispute(instance: Instance, act: _Act) -> Record:
    """`reason` is the code of one, `comment` the words."""
    body = {"dispute-reason": {"code": act.reason or "OTHER"}, "comment": act.comment}
    return lifecycle.dispute(instance, _invoice(instance, act), body)


def _withdraw_dispute(instance: Instance, act: _Act) -> Record:
    return lifecycle.withdraw_dispute(instance, _invoice(instance, act))


def _hold(instance: Instance, act: _Act) -> Record:
    """`status` says which hold it is: on_hold, ap_hold, booking_hold, pending_receipt, pending_action."""
    if act.status not in _HELD:
        raise BadCommandError(f"an invoice is held as one of {', '.join(_HELD)}, not as {act.status!r}")
    invoice = _in_status(instance, act, _HELD_FROM)
    return instance.touch("invoices", {**invoice, "status": act.status})


def _release(instance: Instance, act: _Act) -> Record:
    return lifecycle.to_approval(instance, _in_status(instance, act, _HELD))


def _change(instance: Instance, act: _Act) -> Record:
    """`set` as the API takes it. What was approved, or is with the approvers, goes to them again."""
    number = _invoice(instance, act)
    body = act.change
    if instance.options.ui_edit_resets_exported:
        body = {"exported": False, **body}
    changed = instance.update("invoices", number, body, privileged=True)
    if changed["status"] in ("approved", "pending_approval", "disputed"):
        return lifecycle.to_approval(instance, copied(changed))
    return changed


def _void(instance: Instance, act: _Act) -> Record:
    return lifecycle.void(instance, _invoice(instance, act))


def _abandon(instance: Instance, act: _Act) -> Record:
    return lifecycle.abandon(instance, _invoice(instance, act))


def _delete(instance: Instance, act: _Act) -> Record:
    """The invoice is gone: reading it gives 404."""
    number = _invoice(instance, act)
    lifecycle.forget_approvals(instance, number)
    instance.remove("invoices", number)
    return {"id": number, "status": "deleted"}


def _receive(instance: Instance, act: _Act) -> Record:
    """`quantity` more is received on `line` of an order."""
    number = content.one(instance, "purchase_orders", {"id": act.id, "where": act.where})
    order = copied(instance.record("purchase_orders", number))
    line = next((each for each in order["order-lines"] if each["line-num"] == act.line), None)
    if line is None:
        raise BadCommandError(f"order {number} has no line {act.line}")
    line["received"] = with_places(line["received"] + act.quantity, 1)
    return instance.touch("purchase_orders", order)


_ACTS: Mapping[str, Callable[[Instance, _Act], Record]] = {
    "enter_invoice": _enter,
    "submit_invoice": _submit,
    "approve_invoice": _approve,
    "reject_invoice": _reject,
    "dispute_invoice": _dispute,
    "withdraw_dispute": _withdraw_dispute,
    "hold_invoice": _hold,
    "release_invoice": _release,
    "change_invoice": _change,
    "void_invoice": _void,
    "abandon_invoice": _abandon,
    "delete_invoice": _delete,
    "receive_order_line": _receive,
}


def _invoice(instance: Instance, act: _Act) -> int:
    return content.one(instance, "invoices", {"id": act.id, "where": act.where})


def _in_status(instance: Instance, act: _Act, statuses: tuple[str, ...]) -> Record:
    invoice = instance.record("invoices", _invoice(instance, act))
    if invoice["status"] not in statuses:
        raise BadCommandError(f"coupa {act.act}: invoice {invoice['id']} is {invoice['status']}")
    copy: Record = copied(invoice)
    return copy


def _approved(instance: Instance, number: int) -> Record:
    if instance.record("invoices", number)["status"] in ("draft", "invalid"):
        lifecycle.submit(instance, number)
    for approval in lifecycle.open_approvals(instance, number):
        lifecycle.decide_approval(instance, approval["id"], "approved", None)
    invoice = instance.record("invoices", number)
    if invoice["status"] != "approved":
        failed = ", ".join(each["name"] for each in invoice["failed-tolerances"])
        raise BadCommandError(f"invoice {number} cannot be approved in status {invoice['status']} {failed}".rstrip())
    return invoice
