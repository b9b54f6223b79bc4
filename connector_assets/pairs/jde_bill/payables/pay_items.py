"""Which pay items of a voucher are one bill.

All open pay items that agree in pay status, due date and payee are one bill, named by the first of them. If they
differ, each is a bill of its own. Pay statuses that become the same once they are handed over agree. A bill in BILL
keeps its pay items as long as they agree with its first one, including those that are paid by now. An item that no
longer agrees leaves the bill, and is never in two bills at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from connector_assets.documents.jde.vouchers.pay_items import PayItem


def grouped(
    items: Sequence[PayItem], sent: Mapping[str, Sequence[str]], alike: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """The first pay item's suffix -> the suffixes of the pay items of its bill, the first one first. Every pay item is
    in exactly one; those with nothing to pay are alone.

    `sent` are the bills of this voucher that BILL has, or may have: the first suffix -> those that they cover.
    Pay statuses that are `alike` count as one.
    """
    terms = partial(_terms, alike=alike)
    found = {item.suffix: item for item in items}
    bills: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for first in sorted(sent.keys() & found.keys()):
        others = [found[each] for each in sorted(set(sent[first])) if each in found.keys() - sent.keys() - taken]
        bills[first] = (first, *_kept(found[first], others, terms))
        taken.update(bills[first])
    left = [item for item in items if item.suffix not in taken]
    payable = [item for item in left if item.payable]
    if not bills and len({terms(item) for item in payable}) == 1:
        together = tuple(sorted(item.suffix for item in payable))
        bills[together[0]] = together
        taken.update(together)
    return bills | {item.suffix: (item.suffix,) for item in left if item.suffix not in taken}


def _kept(first: PayItem, others: Sequence[PayItem], terms: Callable[[PayItem], object]) -> list[str]:
    """What stays in a bill beside its first pay item: what is paid, and what is open on the same terms."""
    lead = next((item for item in (first, *others) if item.payable), None)
    return [
        item.suffix
        for item in others
        if not item.void and (not item.payable or (lead is not None and terms(item) == terms(lead)))
    ]


def _terms(item: PayItem, alike: Collection[str]) -> tuple[object, ...]:
    status = "" if set(item.status.split(",")) <= set(alike) else item.status
    return status, item.due, item.payee, item.card
