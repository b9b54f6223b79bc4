"""Telling Coupa the payments of an invoice: appended, never twice (coupa section 3.5a)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.delivery.document import FieldChange, Step, Target
from connector_assets.delivery.money import amount_text
from connector_resources.coupa.models import Invoice

WAITS = "approval in Coupa"
ZERO = Decimal("0.00")


def payments_held(invoice: Invoice) -> list[dict[str, str]]:
    """The payments that Coupa holds of an invoice, as entries: date, note, amount."""
    return [
        {
            "date": each.payment_date.date().isoformat() if each.payment_date else "",
            "note": each.notes or each.check_number or "",
            "amount": amount_text(each.amount_paid or ZERO),
        }
        for each in invoice.payments
    ]


def told_twice(entries: Sequence[Mapping[str, str]]) -> list[str]:
    """The payments that an invoice holds more than once, by date, note and amount, in words; without a note they are
    nobody's that we know."""
    held = Counter((each["note"], each["amount"], each["date"]) for each in entries if each["note"])
    return [
        f"payment {note} of {amount} on {day}, {count} times"
        for (note, amount, day), count in sorted(held.items())
        if count > 1
    ]


def lacking_payments(wanted: Sequence[Mapping[str, str]], invoice: Invoice) -> list[Mapping[str, str]]:
    """The entries of `wanted` that the invoice has no payment for, by date, notes and amount, each counted once."""
    free = list(invoice.payments)
    lacking = []
    for entry in wanted:
        match = next((paid for paid in free if _same(entry, paid)), None)
        if match is None:
            lacking.append(entry)
        else:
            free.remove(match)
    return lacking


def _same(entry: Mapping[str, str], paid: Any) -> bool:
    return (
        paid.amount_paid == Decimal(entry["amount"])
        and (paid.notes or paid.check_number or "") == entry["note"]
        and bool(paid.on(date.fromisoformat(entry["date"])))
    )


def pay_step(
    content: Mapping[str, Any], target: Target, pay: Callable[[int, Mapping[str, Any]], Target], otherwise: str
) -> Step | None:
    """The call that appends the payments which the invoice `target.raw` lacks of `content["payments"]`, and sets `paid`
    as `content["paid"]` says; None where both agree. `otherwise` is the day, in ISO form, for an invoice that was
    settled without a payment."""
    lacking = lacking_payments(content["payments"], target.raw)
    if not lacking and content["paid"] == bool(target.raw.paid):
        return None
    last = (lacking or content["payments"] or [{"date": otherwise, "note": ""}])[-1]
    body: dict[str, Any] = {
        "paid": content["paid"],
        "payment-date": f"{last['date']}T00:00:00Z",
        "payment-notes": last["note"],
    }
    if lacking:
        body["payments"] = [
            {"amount-paid": each["amount"], "payment-date": f"{each['date']}T00:00:00Z", "notes": each["note"]}
            for each in lacking
        ]
    number = int(target.id)
    return Step(
        name="pay",
        body=body,
        send=lambda sent: pay(number, sent),
        outcome="updated",
        changes=(FieldChange("payments", target.content["payments"], content["payments"]),),
    )
