"""Invoice charges: freight, handling and the rest, each with its own account and tax (coupa section 3.4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connector_sandbox.coupa.documents import CHARGE, CHARGES
from connector_sandbox.coupa.instance import Change, Instance
from connector_sandbox.coupa.schema import Record

_ZERO = Decimal(0)
HEADER_AMOUNTS = dict(zip(CHARGES, ("shipping-amount", "handling-amount", "misc-amount"), strict=True))
"""Type of charge -> the older form of its amount."""


def complete_charges(instance: Instance, change: Change) -> None:
    """Number the charges, add those of zero that recorded documents always have, and check what is not zero."""
    charges = change.record["invoice-charges"]
    kinds = [charge["type"] for charge in charges]
    # a zero that only stood in for a charge gives way to the charge
    charges = [charge for charge in charges if not (_stands_in(charge) and kinds.count(charge["type"]) > 1)]
    # those of an invoice that is there already are completed only with what is sent for them
    written = change.before is None or "invoice-charges" in change.sent
    if instance.options.zero_charges and written:
        there = {charge["type"] for charge in charges}
        charges += [_zero(instance, kind) for kind in CHARGES if kind not in there]
    for place, charge in enumerate(charges, 1):
        charge["line-num"] = place
        if change.privileged:
            continue
        if charge["type"] is None:
            change.messages.append(f"Charge {place}: Type can't be blank")
        if charge["total"] is None:
            change.messages.append(f"Charge {place}: Total can't be blank")
        # the create example sends three charges of 0.00 without an account, which the table requires
        if charge["total"] and charge["account"] is None and not charge["account-allocations"]:
            change.messages.append(f"Charge {place}: Account can't be blank")
    change.record["invoice-charges"] = charges


def header_amounts(instance: Instance, record: Record) -> Iterator[Decimal]:
    """What the header's own amounts add to the total: nothing where there are charges, which then stand for them."""
    charges = record["invoice-charges"]
    if any(charge["total"] for charge in charges):
        if instance.options.charges_in_header:
            for kind, key in HEADER_AMOUNTS.items():
                record[key] = sum((c["total"] for c in charges if c["type"] == kind), Decimal("0.00"))
        return
    yield from (record[key] or _ZERO for key in HEADER_AMOUNTS.values())


def _stands_in(charge: Record) -> bool:
    return not charge["total"] and charge["account"] is None and not charge["account-allocations"]


def _zero(instance: Instance, kind: str) -> Record:
    blank = instance.intake.blank(CHARGE)
    return {**blank, "id": instance.tables.child_id(), "type": kind, "total": Decimal("0.00")}
