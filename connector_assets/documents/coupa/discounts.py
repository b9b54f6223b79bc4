"""The discount that a Coupa invoice offers for early payment: how much, and until when (coupa section 3.4.2).

It is an offer beside the total, which it does not lower.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connector_assets.documents.coupa.payables import printed_total, total_of
from connector_assets.engine.money import amount_text
from connector_resources.coupa.models import Invoice

ZERO = Decimal("0.00")
# the kind of payment term whose days count from the invoice's date; an answer may not say which one it is
_BY_DAYS = (None, "DaysAfterNetPaymentTerm")


@dataclass(frozen=True, slots=True)
class Discount:
    """`amount` in the sign of the total, and the last day on which it may be taken. `untold` says why it cannot be
    known; '' where it can."""

    amount: Decimal
    until: date | None
    untold: str = ""


def discount_of(invoice: Invoice) -> Discount | None:
    """The discount of an invoice; None where it has none."""
    shown = abs(invoice.discount_amount or ZERO)
    less = invoice.gross_total_less_discount
    # a figure of nothing beside a total is not told
    reduced = abs(abs(printed_total(invoice)) - abs(less)) if less else ZERO
    amount, until = shown or reduced, _until(invoice)
    if not amount:
        percent = invoice.discount_percent
        return Discount(ZERO, until, f"{percent.normalize():f} per cent, without an amount") if percent else None
    untold = ""
    if shown and reduced and shown != reduced:
        untold = f"{amount_text(shown)}, but {amount_text(reduced)} less is to be paid"
    elif amount >= abs(printed_total(invoice)):
        untold = f"{amount_text(amount)} of {amount_text(printed_total(invoice))}"
    elif until is None:
        untold = f"{amount_text(amount)} without a date until when"
    return Discount(amount if total_of(invoice) > 0 else -amount, until, untold)


def _until(invoice: Invoice) -> date | None:
    """The discount's date; one that is not told is that of the payment term, where it counts days."""
    term = invoice.payment_term
    if invoice.discount_due_date is not None:
        return invoice.discount_due_date
    if term is None or invoice.invoice_date is None or not term.days_for_discount_payment or term.type not in _BY_DAYS:
        return None
    return invoice.invoice_date + timedelta(days=term.days_for_discount_payment)
