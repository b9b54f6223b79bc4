"""Coupa Pay: payments that its users make, and what they do to the invoices that they pay (coupa section 3.5).

A payment that is completed stands on its invoices; one that is cancelled later, or comes back with errors, is
taken off again by a negative amount, as a payment on an invoice can only be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import msgspec

from connector_sandbox.coupa import content
from connector_sandbox.coupa.documents import PAYMENT, PAYMENT_STATUSES
from connector_sandbox.coupa.instance import Instance
from connector_sandbox.coupa.schema import Record, copied
from connector_sandbox.coupa.totals import DISCOUNT_TAKEN, compute_amount_due
from connector_sandbox.coupa.values import midnight
from connector_sandbox.kernel.system import BadCommandError

CHANNEL, _ERP = "Coupa Pay", "ERP"
_PAYABLES_FROM = 700_000
_ZERO = Decimal(0)
_RELEASED = ("payment_initiated", "payment_in_progress", "completed_successfully", "completed_with_errors")
_SETTLED = "settled"
"""Kept with a payment, and not a field of the API: whether it stands on its invoices."""


class _Part(msgspec.Struct, forbid_unknown_fields=True):
    """An invoice to pay: all that is due less the discount, or `amount` of it."""

    id: int | None = None
    where: dict[str, Any] = {}
    amount: Decimal | None = None
    discount: Decimal = _ZERO


class _Make(msgspec.Struct, forbid_unknown_fields=True):
    """{"act": "make_payment", "invoices": [{"id": 7}], "identifier": "CP-1", "status": "payment_initiated"}."""

    act: str
    invoices: list[_Part]
    identifier: str | None = None
    status: str = "payment_initiated"
    date: date | None = None
    check: str | None = None
    type: str = "CoupaPay::InvoicePayment"
    transfer: str = "bank_transfer"


class _Move(msgspec.Struct, forbid_unknown_fields=True):
    """{"act": "move_payment", "id": 1, "status": "completed_successfully"}; `error` is what went wrong."""

    act: str
    status: str
    id: int | None = None
    where: dict[str, Any] = {}
    error: str | None = None
    date: date | None = None


def carry_out(instance: Instance, command: Mapping[str, Any]) -> Record:
    """Make a payment or move its status. BadCommandError says why it cannot be."""
    return ACTS[str(command["act"])](instance, command)


def _make(instance: Instance, command: Mapping[str, Any]) -> Record:
    wanted = msgspec.convert(command, _Make, strict=False)
    if wanted.status not in PAYMENT_STATUSES[:5]:
        raise BadCommandError(f"a payment begins as one of {', '.join(PAYMENT_STATUSES[:5])}")
    parts = [(_payable(instance, part), part) for part in wanted.invoices]
    if not parts or len({(invoice["supplier"], invoice["currency"]) for invoice, _ in parts}) != 1:
        raise BadCommandError("a payment is of one or more invoices of one supplier in one currency")
    if len({invoice["id"] for invoice, _ in parts}) != len(parts):
        raise BadCommandError("a payment pays an invoice once")
    payment = instance.create("coupa_pay_payments", _body(instance, wanted, parts), privileged=True)
    instance.put("coupa_pay_payments", {**payment, _SETTLED: False})
    for invoice, _ in parts:
        instance.touch("invoices", {**invoice, "payment-channel": CHANNEL})
    return _moved(instance, payment["id"], wanted.status, None, wanted.date)


def _body(instance: Instance, wanted: _Make, parts: list[tuple[Record, _Part]]) -> dict[str, Any]:
    details = [_detail(instance, invoice, part) for invoice, part in parts]
    total = sum((detail["payment-total"] for detail in details), _ZERO)
    number = instance.tables["coupa_pay_payments"].next_id()
    first = parts[0][0]
    currency = {"id": first["currency"]}
    on = wanted.date or instance.now().astimezone(instance.zone).date()
    return {
        "id": number,
        "status": "draft",
        "type": wanted.type,
        "transfer-type": wanted.transfer,
        "payment-identifier": wanted.identifier or f"CP-{number}",
        "pay-to-total": total,
        "pay-from-total": total,
        "pay-to-currency": currency,
        "pay-from-currency": currency,
        "exchange-rate": Decimal(1),
        "requested-execution-date": midnight(on, instance.zone).isoformat(),
        "payee": {"id": first["supplier"]},
        "pay-to-account": {
            "type": "CoupaPay::SupplierPaymentAccount",
            "name": "Supplier's account",
            "supplier": {"id": first["supplier"]},
            "remit-to-address": first["remit-to-address"] and {"id": first["remit-to-address"]},
        },
        "pay-from-account": {"type": "CoupaPay::CompanyPaymentAccount", "name": "Company's account"},
        "payment-batch": {"name": f"Batch {number}"},
        "digital-check": {"check-number": wanted.check, "status": "issued"} if wanted.check else None,
        "payment-details": [{**detail, "payment-id": str(number)} for detail in details],
    }


def _payable(instance: Instance, part: _Part) -> Record:
    number = content.one(instance, "invoices", {"id": part.id, "where": part.where})
    invoice: Record = copied(instance.record("invoices", number))
    if invoice["status"] != "approved":
        raise BadCommandError(f"invoice {number} is {invoice['status']}: only approved invoices are payable")
    return invoice


def _detail(instance: Instance, invoice: Record, part: _Part) -> dict[str, Any]:
    due = invoice["amount-due"] - _under_way(instance, invoice["id"])
    amount = due - part.discount if part.amount is None else part.amount
    # A credit is taken whole: its amounts are negative and so is what is due.
    if amount == 0 or abs(amount + part.discount) > abs(due) or (amount > 0) != (due > 0):
        raise BadCommandError(f"invoice {invoice['id']}: {due} is due, so that {amount} cannot be paid")
    return {
        # The payable of Coupa Pay, which is not the invoice (coupa section 3.5.1).
        "payable-id": _PAYABLES_FROM + invoice["id"],
        "payable-type": "CoupaPay::Invoice",
        "source-transaction-id": invoice["id"],
        "source-transaction-reference": invoice["invoice-number"],
        "transaction-total": invoice["total-with-taxes"],
        "discount-total": part.discount,
        "adjustment-total": _ZERO,
        "payment-total": amount,
        "currency": {"id": invoice["currency"]},
    }


def _under_way(instance: Instance, invoice: int) -> Decimal:
    """What payments that are not completed yet will pay of an invoice."""
    return sum(
        (
            detail["payment-total"] + detail["discount-total"]
            for payment in instance.tables["coupa_pay_payments"].rows.values()
            if not payment.get(_SETTLED) and payment["status"] in PAYMENT_STATUSES[:4]
            for detail in payment["payment-details"]
            if detail["source-transaction-id"] == invoice
        ),
        _ZERO,
    )


def _move(instance: Instance, command: Mapping[str, Any]) -> Record:
    wanted = msgspec.convert(command, _Move, strict=False)
    if wanted.status not in PAYMENT_STATUSES:
        raise BadCommandError(f"a payment is one of {', '.join(PAYMENT_STATUSES)}, not {wanted.status!r}")
    number = content.one(instance, "coupa_pay_payments", {"id": wanted.id, "where": wanted.where})
    return _moved(instance, number, wanted.status, wanted.error, wanted.date)


def _moved(instance: Instance, number: int, status: str, error: str | None, on: date | None) -> Record:
    payment: Record = copied(instance.record("coupa_pay_payments", number))
    if payment["status"] == "cancelled":
        raise BadCommandError(f"payment {number} is cancelled")
    payment |= {"status": status, "error-text": error}
    if status in _RELEASED and payment["released-at"] is None:
        payment["released-at"] = instance.now()
    settled = bool(payment.get(_SETTLED))
    payment[_SETTLED] = status == "completed_successfully"
    day = on or instance.now().astimezone(instance.zone).date()
    for detail in payment["payment-details"]:
        invoice: Record = copied(instance.record("invoices", detail["source-transaction-id"]))
        if payment[_SETTLED] and not settled:
            _settle(instance, invoice, payment, detail, day, sign=1)
        elif settled and not payment[_SETTLED]:
            _settle(instance, invoice, payment, detail, day, sign=-1)
        if status == "cancelled" and not invoice["paid"]:
            instance.touch("invoices", {**invoice, "payment-channel": _ERP})
    return instance.touch("coupa_pay_payments", payment)


def _settle(instance: Instance, invoice: Record, payment: Record, detail: Record, on: date, *, sign: int) -> None:
    """Put a payment on its invoice, or take it off again."""
    at = midnight(on, instance.zone).astimezone(UTC)
    identifier = payment["payment-identifier"]
    entry: Record = {
        **instance.intake.blank(PAYMENT),
        "id": instance.tables.child_id(),
        "amount-paid": sign * detail["payment-total"],
        "payment-date": at,
        "notes": identifier if sign > 0 else f"Reversal of {identifier}",
        "payable-id": invoice["id"],
    }
    invoice["payments"].append(entry)
    invoice[DISCOUNT_TAKEN] = (invoice.get(DISCOUNT_TAKEN) or _ZERO) + sign * detail["discount-total"]
    compute_amount_due(invoice)
    invoice["paid"] = invoice["amount-due"] == 0
    invoice["payment-date"] = at if sign > 0 else None
    instance.touch("invoices", invoice)


ACTS: Mapping[str, Callable[[Instance, Mapping[str, Any]], Record]] = {"make_payment": _make, "move_payment": _move}
"""What its users do, by the name of the act."""
