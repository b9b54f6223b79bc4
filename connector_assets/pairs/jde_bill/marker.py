"""The source key as BILL shows it, at the start of the description of what came from JD Edwards (bill section 6).

    F0411:00100/PV/778812/001      JDE 00100-PV-778812-001          a bill of one pay item
    with 002                       JDE 00100-PV-778812-001+002      a bill of several pay items, named by the first
    F4301:00100/OP/100234/000      JDE PO 00100-OP-100234           a bill of an order; a suffix but 000 follows

BILL has no field for another system's key, so this is what finds a record whose link was lost. What follows the marker
is free text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

PAY_ITEM, ORDER = "F0411", "F4301"
# the order suffix that a marker does not name
WHOLE_ORDER = "000"

_PAYMENT = re.compile(r"\s*JDE (?P<id>[1-9][0-9]*)(?=\s|$)")
_MARKER = re.compile(
    r"\s*JDE (?P<order>PO )?(?P<company>[^\s-]{1,5})-(?P<type>[^\s-]{1,2})-(?P<number>[0-9]{1,8})"
    r"(?:-(?P<suffixes>[^\s+-]{1,3}(?:\+[^\s+-]{1,3})*))?(?=\s|$)"
)


def marker(key: str, *more: str) -> str:
    """The marker of a pay item or an order; `more` are further pay items of the same voucher in the same bill.

    Raises ValueError for a key of another form, or pay items of several vouchers.
    """
    table, _, name = key.partition(":")
    company, kind, number, suffix = name.split("/")
    if table == ORDER:
        own = "" if suffix == WHOLE_ORDER else f"-{suffix}"
        return f"JDE PO {company}-{kind}-{number}{own}"
    voucher = key.rpartition("/")[0]
    if table != PAY_ITEM or any(each.rpartition("/")[0] != voucher for each in more):
        raise ValueError(f"no pay items of one voucher: {', '.join((key, *more))}")
    suffixes = "+".join([suffix, *(each.rpartition("/")[2] for each in more)])
    return f"JDE {company}-{kind}-{number}-{suffixes}"


def payment_marker(payment: int | str) -> str:
    """What is at the start of the description of a payment that JD Edwards made and we recorded: `JDE <PYID>`."""
    return f"JDE {payment}"


def payment_of(description: str | None) -> str | None:
    """The PYID in a description that starts with the marker of a recorded payment; None where there is none."""
    found = _PAYMENT.match(description or "")
    return found["id"] if found else None


def key_of(description: str | None) -> str | None:
    """The key in a description that starts with a marker: of several pay items the first; None where there is none."""
    return next(iter(keys_of(description)), None)


def keys_of(description: str | None) -> Sequence[str]:
    """All keys in a description that starts with a marker: the pay items that a bill covers, or one order."""
    found = _MARKER.match(description or "")
    if found is None:
        return ()
    name = f"{found['company']}/{found['type']}/{found['number']}"
    if found["order"]:
        return (f"{ORDER}:{name}/{found['suffixes'] or WHOLE_ORDER}",)
    return [f"{PAY_ITEM}:{name}/{suffix}" for suffix in (found["suffixes"] or "").split("+") if suffix]
