"""Recording the payments of an invoice in Coupa: appended, never twice (coupa section 3.5a)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from connector_assets.documents.coupa.payables import header_sign
from connector_assets.engine.document import FieldChange, Step, Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.money import amount_text
from connector_resources.coupa.models import Invoice
from connector_resources.coupa.wire import midnight

ENTITY = "invoices"
ERP = "ERP"
WAITS = "approval in Coupa"
# what a person does about a payment there: each run looks
IN_COUPA = "payment in Coupa"
ZERO = Decimal("0.00")
# of an invoice of ours: what is owed, and by what it is found again
MONEY, NAMES = ("amount", "currency"), ("number", "key")


def payments_held(invoice: Invoice) -> list[dict[str, str]]:
    """The payments that Coupa holds of an invoice, as entries: date, note, amount. What is paid of a credit is
    negative, whichever sign Coupa shows it in."""
    sign = header_sign(invoice)
    return [
        {
            "date": each.payment_date.date().isoformat() if each.payment_date else "",
            "note": each.notes or each.check_number or "",
            "amount": amount_text((each.amount_paid or ZERO) * sign),
        }
        for each in invoice.payments
    ]


def recorded_twice(entries: Sequence[Mapping[str, str]]) -> list[str]:
    """The payments that an invoice holds more than once, by date, note and amount, in words; without a note they are
    nobody's that we know."""
    held = Counter((each["note"], each["amount"], each["date"]) for each in entries if each["note"])
    return [
        f"payment {note} of {amount} on {day}, {count} times"
        for (note, amount, day), count in sorted(held.items())
        if count > 1
    ]


def taken_off(content: Mapping[str, Any], left: Mapping[str, Any] | None, held: Mapping[str, Any]) -> list[str]:
    """What a person took off an invoice of the payments that JD Edwards made and we told, in words: `left` is how we
    left the invoice, `held` how it is. Coupa's API only appends (coupa section 3.5), so that a payment is taken off by
    one of the opposite sign, by the mark `paid`, or on the screen."""
    if left is None:
        return []
    wanted, before, now = (_counted(each["payments"]) for each in (content, left, held))
    found = [f"payment {note} of {amount}" for (note, amount), _ in sorted(((wanted & before) - now).items())]
    # what Coupa Pay pays and takes back comes to nothing
    others = now - wanted
    net = sum((Decimal(amount) * count for (_, amount), count in others.items()), ZERO)
    if net < 0 and others != before - wanted:
        found += [f"{amount} added as {note or '?'}" for note, amount in sorted(others) if amount.startswith("-")]
    if content["paid"] and left["paid"] and not held["paid"]:
        found.append("the mark `paid`")
    return found


def by_coupa_pay(invoice: Invoice) -> bool:
    """Whether Coupa pays an invoice by itself: its payment channel (coupa section 3.4), which is the ERP unless Coupa
    Pay has taken it up."""
    return (invoice.payment_channel or ERP).strip().upper() != ERP


def touched_by(left: Mapping[str, Any] | None, held: Mapping[str, Any]) -> bool:
    """Whether an invoice is not as we left it in what is told of its payments or what is owed, or is void now."""
    names = [name for name in ("payments", "paid", "void", *MONEY, *NAMES) if name in held]
    return left is not None and any(left.get(name) != held[name] for name in names)


def _counted(entries: Sequence[Mapping[str, str]]) -> Counter[tuple[str, str]]:
    return Counter((each["note"], each["amount"]) for each in entries)


def undone(
    flow: Flow, rows: Sequence[Mapping[str, Any]], observe: Callable[[Invoice], Target]
) -> dict[str, date | None]:
    """The documents of invoices of Coupa (landed rows) that are linked and not as we left them, each with the day of
    the change."""
    context = flow.context
    reader: Any = context.reader("coupa")
    days = {str(row["id"]): row for row in rows}
    links = context.ledger.links.by_target(flow.full_name, ENTITY, list(days))
    known = context.ledger.deliveries.load(flow.full_name, [link.source_key for link in links.values()])
    found: dict[str, date | None] = {}
    for id, link in links.items():
        left = known[link.source_key].content if link.source_key in known else None
        record = reader.record(ENTITY, days[id])
        held = observe(record).content
        repointed = left is not None and held.get("supplier") not in (None, left.get("supplier"))
        # who left it so is not known before it was remembered
        redirected = left is not None and held.get("remit_to") != left.get("remit_to", held.get("remit_to"))
        # of what a person was told of, also that it is as it was
        said = left is not None and known[link.source_key].state in ("held", "conflict")
        looked = repointed or redirected or said
        if left is not None and (looked or touched_by(left, held) or by_coupa_pay(record)):
            found[link.source_key] = days[id][reader.day_column]
    return found


def lacking_payments(wanted: Sequence[Mapping[str, str]], invoice: Invoice) -> list[Mapping[str, str]]:
    """The entries of `wanted` that the invoice has no payment for, by date, notes and amount, each counted once."""
    free, sign = list(invoice.payments), header_sign(invoice)
    lacking = []
    for entry in wanted:
        match = next((paid for paid in free if _same(entry, paid, sign)), None)
        if match is None:
            lacking.append(entry)
        else:
            free.remove(match)
    return lacking


def _same(entry: Mapping[str, str], paid: Any, sign: int) -> bool:
    return (
        paid.amount_paid == Decimal(entry["amount"]) * sign
        and (paid.notes or paid.check_number or "") == entry["note"]
        and bool(paid.on(date.fromisoformat(entry["date"])))
    )


def pay_step(
    content: Mapping[str, Any],
    target: Target,
    pay: Callable[[int, Mapping[str, Any]], Target],
    otherwise: str,
    zone: tzinfo,
) -> Step | None:
    """The call that appends the payments which the invoice `target.raw` lacks of `content["payments"]`, and sets `paid`
    as `content["paid"]` says; None where both agree. `otherwise` is the day, in ISO form, for an invoice that was
    settled without a payment.

    The day of a payment is sent as a date; the header's date-time is midnight in `zone`, that of Coupa: midnight in UTC
    would be the evening before in the Americas (coupa section 3.4.1).
    """
    lacking, sign = lacking_payments(content["payments"], target.raw), header_sign(target.raw)
    if not lacking and content["paid"] == bool(target.raw.paid):
        return None
    last = (lacking or content["payments"] or [{"date": otherwise, "note": ""}])[-1]
    body: dict[str, Any] = {
        "paid": content["paid"],
        "payment-date": midnight(date.fromisoformat(last["date"]), zone),
    }
    if last["note"]:
        body["payment-notes"] = last["note"]
    if lacking:
        body["payments"] = [
            {
                "amount-paid": amount_text(Decimal(each["amount"]) * sign),
                "payment-date": each["date"],
                "notes": each["note"],
            }
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
