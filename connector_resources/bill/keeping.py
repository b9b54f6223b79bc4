"""What a change of a record leaves as it is: everything in it that is not ours (bill section 3.2.1).

A PUT removes what it does not repeat. Of a PATCH nothing says whether an object or a line inside the body is merged
into the one that is there, or takes its place. So both are built from the record as BILL shows it right before: what is
ours is changed, everything else is sent back as it was read, fields that nobody here knows included. What the vendor
lists as read-only is left out, and what a site names in `read_only_fields`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector_resources.bill.paging import Raw
from connector_resources.values import decimal_of

# of every record (bill section 3.0)
COMMON = frozenset({"id", "archived", "recordStatus", "createdBy", "createdTime", "updatedTime"})
# of a line nothing but its moments: its id says which line it is
OF_LINES = frozenset({"archived", "createdBy", "createdTime", "updatedTime"})
APPROVALS = "billApprovals"
CREDITS = "vendorCredits"
# what a tax number in clear is made of; a masked one is never sent back
_CLEAR = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./-]*")
_RUN = re.compile(r"[xX]{3}")
_APPROVING = frozenset({"ASSIGNED", "APPROVING", "APPROVED", "DENIED"})
ZERO = Decimal(0)


@dataclass(frozen=True)
class Keeping:
    """What is particular to one kind of record: its `read_only` fields beside the common ones, and those that BILL may
    show `masked`, as paths with dots; where its `lines` are; whether it has `approvals`."""

    read_only: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()
    lines: str = ""
    approvals: bool = False


# what the answers add to what may be written (bill sections 3.1, 3.2 and 3.5)
BILLS = Keeping(
    read_only=frozenset(
        {
            *("vendorName", "amount", "fundingAmount", "exchangeRate", "paidAmount", "dueAmount", "scheduledAmount"),
            *("creditAmount", "paymentStatus", "approvalStatus", "approvers"),
        }
    ),
    lines="billLineItems",
    approvals=True,
)
VENDOR_CREDITS = Keeping(
    read_only=frozenset({"vendorName", "amount", "appliedAmount", "status", "usage"}), lines="vendorCreditLineItems"
)
VENDORS = Keeping(read_only=frozenset({"address.countryName"}), masked=frozenset({"additionalInfo.taxId"}))


@dataclass(frozen=True)
class Change:
    """`ours`, to be written into the record `held`: `owned` are paths that are ours also where `ours` says nothing of
    them, `further` read-only fields that the site knows of."""

    held: Raw
    ours: Raw
    keeping: Keeping
    owned: Collection[str] = ()
    further: Collection[str] = ()

    def replacing(self) -> dict[str, Any]:
        """The body of a PUT: `ours`, and of `held` whatever else may be written."""
        dropped = COMMON | self._read_only
        kept = {name: value for name, value in self.held.items() if name not in dropped and name not in self.owned}
        return {**kept, **self.completed()}

    def completed(self) -> dict[str, Any]:
        """The body of a PATCH: the fields of `ours`, its objects and lines with whatever else stands in them."""
        found = {name: self._field(name, value) for name, value in self.ours.items()}
        return found | ({APPROVALS: True} if self.keeping.approvals and has_approvals(self.held) else {})

    def replacing_only(self) -> dict[str, Any]:
        """The body of a PUT that does what the PATCH would: what `ours` says nothing of, a line also, stays as it is;
        what it says is null is left out."""
        name, said = self.keeping.lines, self.completed()
        dropped = COMMON | self._read_only
        body = {field: value for field, value in {**self.held, **said}.items() if field not in dropped}
        lines = {str(line["id"]): self._writable(line, name) for line in self.held.get(name) or ()}
        new = [line for line in said.get(name, ()) if line.get("id") is None]
        lines |= {str(line["id"]): line for line in said.get(name, ()) if line.get("id") is not None}
        return {field: value for field, value in body.items() if value is not None} | {name: [*lines.values(), *new]}

    def lost(self, sent: Raw, now: Raw) -> dict[str, Any]:
        """What stood in the record, was repeated in `sent`, and is not in it any more as it is `now`: the field's path
        -> its value."""
        lines = self.keeping.lines
        repeated, after = dict(_leaves(sent, lines)), dict(_leaves(now, lines))
        return {
            path: value
            for path, value in _leaves(self.held, lines)
            if path in repeated and repeated[path] == value and path not in after
        }

    @property
    def _read_only(self) -> frozenset[str]:
        return self.keeping.read_only | frozenset(self.further)

    def _field(self, name: str, value: Any) -> Any:
        there = self.held.get(name)
        if name != self.keeping.lines:
            return self._merged(there, value, name)
        lines = {str(row["id"]): row for row in there or () if isinstance(row, Mapping) and row.get("id")}
        return [self._line(lines.get(str(line.get("id")), {}), line, name) for line in value]

    def _line(self, held: Raw, ours: Raw, path: str) -> Any:
        return self._merged({name: value for name, value in held.items() if name not in OF_LINES}, ours, path)

    def _writable(self, line: Raw, path: str) -> dict[str, Any]:
        dropped = OF_LINES | {name.removeprefix(f"{path}.") for name in self._read_only if name.startswith(f"{path}.")}
        return {name: value for name, value in line.items() if name not in dropped}

    def _merged(self, held: Any, ours: Any, path: str) -> Any:
        if not (isinstance(held, Mapping) and isinstance(ours, Mapping)):
            return ours
        kept = {name: value for name, value in held.items() if self._stays(f"{path}.{name}", value)}
        return kept | {name: self._merged(held.get(name), value, f"{path}.{name}") for name, value in ours.items()}

    def _stays(self, path: str, value: Any) -> bool:
        if path in self.owned or path in self._read_only:
            return False
        return path not in self.keeping.masked or _in_clear(value)


def has_approvals(held: Raw) -> bool:
    """Whether a bill has approvers, or had them: a PATCH or PUT without `billApprovals` would remove them."""
    return bool(held.get(APPROVALS) or held.get("approvers")) or held.get("approvalStatus") in _APPROVING


def unlisted_credits(held: Raw) -> Decimal:
    """How much of the credits that were applied to a bill its `vendorCredits` do not show: a PUT would take it off."""
    rows = held.get(CREDITS)
    credited = sum((decimal_of(each.get("amount")) or ZERO for each in rows), ZERO) if isinstance(rows, list) else ZERO
    return max((decimal_of(held.get("creditAmount")) or ZERO) - credited, ZERO)


def _leaves(value: Any, lines: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path -> value of whatever is set and is no object; what has an id of its own, such as a line, by that."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, lines, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and path in (lines, CREDITS):
        for row in value:
            if isinstance(row, Mapping) and row.get("id"):
                yield from _leaves(
                    {name: each for name, each in row.items() if name != "id"}, "", f"{path}[{row['id']}]"
                )
    elif value not in (None, "", []):
        yield path, value


def _in_clear(value: Any) -> bool:
    return isinstance(value, str) and _CLEAR.fullmatch(value) is not None and _RUN.search(value) is None
