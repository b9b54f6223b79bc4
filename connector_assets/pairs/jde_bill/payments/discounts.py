"""Discounts for early payment that BILL's payments take (bill section 3.4, jde-ais 3.6).

BILL has no discounts: a payer who takes one pays that much less, and the rest stays due on the bill. A payment takes
the discount if it is short of the open amount by exactly the discount that the voucher grants (F0411.ADSC, CDS), on its
last day (DDNJ) or before. Any other payment that is short is a part payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.payments.bills import PayItem

ZERO = Decimal("0.00")
# the mapping in which a person says of a bill payment what its gap is, and the two words
DISCOUNTS, TAKEN, PART = "payment_discounts", "taken", "part"
HELD = "short_by_discount"


@dataclass(frozen=True, slots=True)
class Discount:
    """What a payment is short by: in the voucher's currency, as `base` in the company's; `until` is its last day."""

    amount: Decimal
    base: Decimal
    until: date | None


def discount_of(items: Sequence[PayItem], paid: Decimal, left: Decimal) -> Discount | None:
    """The discount of the open ones of these pay items, where the payment `paid` is short of `left` by exactly that."""
    open_items = [item for item in items if item.open > ZERO]
    granted = sum((item.discount for item in open_items), ZERO)
    if granted <= ZERO or paid <= ZERO or left - paid != granted:
        return None
    days = [item.discount_until for item in open_items if item.discount]
    until = None if None in days else min(day for day in days if day is not None)
    return Discount(granted, sum((item.base_discount for item in open_items), ZERO), until)


def discount_words(items: str | None, found: Discount, paid: Decimal, why: str) -> str:
    """A gap in words, and why it is not taken for the discount by itself."""
    until = f"until {found.until}" if found.until else "without a last day"
    return f"{items}: {amount_text(paid)} paid, discount {amount_text(found.amount)} {until}; {why}"
