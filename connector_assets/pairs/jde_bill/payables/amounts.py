"""The amount that a bill must have, and which payments of JD Edwards must be recorded on it.

What is open in JDE and what is due in BILL are the same, whoever pays. A bill is therefore for what is open in JDE plus
what was paid of it since: by BILL (JDE knows those payments by their numbers) and by JDE itself, as recorded in BILL.
What JDE paid before the bill was created is not part of it. Only the amounts show that: if the bill is for exactly what
is open, nothing was paid since; if it is larger by exactly the latest payments, those were. If its amount proves
neither, because the voucher was changed too, the days decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Wanted:
    """`total`: what the bill must be for. `record`: payments of JDE that BILL lacks, the oldest first; `taken_back`:
    recorded ones (PYID) that JDE has voided, or deleted."""

    total: Decimal
    record: tuple[Mapping[str, Any], ...] = ()
    taken_back: tuple[str, ...] = ()


def wanted(content: Mapping[str, Any], held: Decimal, recorded: Mapping[str, Decimal], made: date | None) -> Wanted:
    """For the content of a document (`amount` is what is open, `by_target` what the target has paid of it, `payments`
    what the source has, as texts), and its bill of the amount `held`, made on the day `made`, on which `recorded` are
    amounts by payment (PYID)."""
    payments = content["payments"]
    live = [each for each in payments if not each["void"]]
    done = [each for each in live if each["id"] in recorded]
    left = [each for each in live if each["id"] not in recorded]
    base = Decimal(content["amount"]) + Decimal(content["by_target"]) + _sum(done, "amount")
    since = _since(base, left, held, _sum(done, "discount"), made)
    return Wanted(base + _sum(since, "amount"), tuple(since), taken_back(payments, recorded))


def taken_back(payments: Sequence[Mapping[str, Any]], recorded: Collection[str]) -> tuple[str, ...]:
    """The recorded payments that do not stand in JDE: void, or gone, as one is that was not posted when it was voided
    (jde-ais section 15)."""
    stand = {each["id"] for each in payments if not each["void"]}
    return tuple(each for each in recorded if each not in stand)


def _since(
    base: Decimal, left: Sequence[Mapping[str, Any]], held: Decimal, discount: Decimal, made: date | None
) -> Sequence[Mapping[str, Any]]:
    """Those of the payments that BILL lacks which were made since the bill was: the latest ones."""
    for start in range(len(left), -1, -1):
        latest = left[start:]
        total = base + _sum(latest, "amount")
        # a discount taken shrank what is open, and the bill does not know of it yet
        if held in (total, total + _sum(latest, "discount"), total + _sum(latest, "discount") + discount):
            return latest
    return [each for each in left if made is None or not each["date"] or date.fromisoformat(each["date"]) >= made]


def _sum(payments: Sequence[Mapping[str, Any]], name: str) -> Decimal:
    return sum((Decimal(each[name]) for each in payments), ZERO)
