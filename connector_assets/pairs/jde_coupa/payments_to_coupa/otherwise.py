"""What another party than JD Edwards pays, or has paid, of an invoice: Coupa Pay, or a person who recorded it there.

Coupa's API only appends payments (coupa section 3.5), and reverses no payment of Coupa Pay: none of this is
overwritten, and it is reported to a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import read_settings
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_coupa.mark_and_payer import PAYMENT_FLOWS, PayStatuses
from connector_assets.pairs.jde_coupa.payments_to_jde.by_hand import by_hand
from connector_assets.pairs.jde_coupa.payments_to_jde.details import invoice_payments

ZERO = Decimal("0.00")


class UnderWay:
    """The payments of Coupa Pay that were not taken back, whether or not the money has left; read once a run, and only
    where an invoice is asked for."""

    def __init__(self, context: RunContext) -> None:
        self.context = context

    def of(self, invoice: str) -> tuple[Decimal, str]:
        """What they come to of an invoice (its id), and in words."""
        found = self._found.get(invoice, [])
        words = ", ".join(f"payment {row['payment']} of {amount_text(row['amount'])}, {row['status']}" for row in found)
        return sum((row["amount"] + row["discount"] for row in found), ZERO), words

    def by_hand(self, invoice: str, entries: Sequence[Mapping[str, str]], *, credit: bool) -> str:
        """What of the payments (`entries`) that an invoice shows is none of Coupa Pay's, in words, with these."""
        recorded = by_hand(
            entries, self._found.get(invoice, []), (*self._rules.statuses, *self._rules.unclear_statuses), credit=credit
        )
        words = self.of(invoice)[1]
        return f"{recorded}, beside {words}" if recorded and words else recorded

    @cached_property
    def _rules(self) -> Any:
        return read_settings(PayStatuses, self.context.integration.settings, PAYMENT_FLOWS["coupa"])

    @cached_property
    def _found(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in invoice_payments(self.context):
            if row["status"] not in self._rules.undone_statuses:
                found[row["invoice"]].append(row)
        return found


def recorded(content: Mapping[str, Any], left: Mapping[str, Any] | None, held: Mapping[str, Any]) -> str:
    """What a person recorded on an invoice as paid that JD Edwards did not pay, in words: `left` is how we left the
    invoice, `held` how it is. '' where there is nothing, or it was taken off again."""
    ours = _counted(content["payments"])
    # one of ours that is there twice is reported as that (`recorded_twice`)
    others = {each: count for each, count in _counted(held["payments"]).items() if each not in ours}
    net = sum((Decimal(amount) * count for (_, amount), count in others.items()), ZERO)
    # a credit is paid by what is negative
    if net * _sign(held) > 0:
        shown = (f"payment {note or '?'} of {amount}" for note, amount in sorted(others))
        return ", ".join(shown)
    if held["paid"] and not content["paid"] and not net and not (left or {}).get("paid"):
        return "" if ours - _counted(held["payments"]) else "the mark `paid`"
    return ""


def not_ours(content: Mapping[str, Any], held: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The payments that an invoice shows (`held`) and JD Edwards did not make."""
    ours = _counted(content["payments"])
    return [each for each in held["payments"] if (each["note"], each["amount"]) not in ours]


def paid_by_jde(content: Mapping[str, Any]) -> Decimal:
    """What JD Edwards itself has paid of a voucher."""
    return sum((Decimal(each["amount"]) for each in content["payments"]), ZERO)


def _sign(held: Mapping[str, Any]) -> int:
    return -1 if Decimal(held.get("total", held["amount"])) < 0 else 1


def _counted(entries: Sequence[Mapping[str, str]]) -> Counter[tuple[str, str]]:
    return Counter((each["note"], each["amount"]) for each in entries)
