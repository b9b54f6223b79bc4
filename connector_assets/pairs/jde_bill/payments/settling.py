"""Mode `settle`: a payment (F0413, F0414) closes the pay items of the bill, and the debit memos that BILL applied.

A payment is recognised by its number and the vouchers that it settles, since numbers are computed from ids, and two may
agree. Pay items would be too narrow: a bill may lose one on which a payment was posted.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from connector_assets.documents.jde.keys import Row
from connector_assets.documents.jde.orchestrations import lacking_inputs
from connector_assets.documents.jde.payments.recording import (
    OF_VOUCHER,
    RECORD,
    RETURN_STATUS,
    VOID,
    PaymentRecords,
    Settled,
    linked,
    taken_back,
)
from connector_assets.engine.document import Document, FieldChange, Step, Target, differences
from connector_assets.engine.flow import Flow
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.payments.writer import (
    POSTED,
    VOIDED,
    Part,
    PaymentWriter,
    parts_of,
    returned,
    standing,
)
from connector_resources.ledger import NewLink

ZERO = Decimal("0.00")
NEEDS: Mapping[str, Sequence[str]] = {
    RECORD: (*OF_VOUCHER, "PaymentDate", "GLDate", "PaymentNumber", "PayItems", "Credits"),
    VOID: ("PaymentID", "VoidDate"),
}
# of a voucher that is paid as a whole, less its discount; of a foreign one
DISCOUNTED: Mapping[bool, Sequence[str]] = {
    False: ("Amount", "DiscountTaken"),
    True: ("ForeignAmount", "DiscountTaken", "ForeignDiscountTaken"),
}
RETURNS: Mapping[str, Sequence[str]] = {VOID: (RETURN_STATUS,)}


class Settling(PaymentWriter):
    """Payments of pay items."""

    entity: ClassVar[str] = "F0413"

    @cached_property
    def records(self) -> PaymentRecords:
        """The payments in JD Edwards."""
        return PaymentRecords(self.context, NEEDS)

    def missing(self) -> str | None:
        return self.records.missing()

    def lacking(self) -> list[str]:
        return [*self.records.lacking(), *([] if self.returns_nothing else lacking_inputs(self.context, RETURNS))]

    def returns(self) -> bool:
        return not lacking_inputs(self.context, RETURNS)

    def no_discounts(self, *, foreign: bool) -> str:
        return "; ".join(lacking_inputs(self.context, {RECORD: DISCOUNTED[foreign]}))

    def any(self) -> bool:
        return self.records.any_within(self.settings.payment_number_base, self.settings.last_number)

    def all(self) -> list[Target]:
        found = self.records.within(self.settings.payment_number_base, self.settings.last_number)
        return [_normalised(each) for each in found]

    def numbered(self, numbers: Collection[int]) -> list[Target]:
        return [_normalised(each) for each in self.records.numbered(numbers)]

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        found = {id: _normalised(each) for id, each in self.records.read(ids).items()}
        return found | self._followed({id: each for id, each in found.items() if each.content["void"]})

    def linked(self, link: NewLink, target: Target) -> NewLink:
        return linked(link, target)

    def taken_back(self, flow: Flow, ids: Collection[str]) -> dict[str, Target]:
        return self._followed(taken_back(flow, self.records, ids))

    def _followed(self, void: Mapping[str, Target]) -> dict[str, Target]:
        """Void payments by their id, or what was posted in their place since."""
        found = dict(void)
        later = self.numbered({int(each.content["number"]) for each in void.values()}) if void else []
        for id, old in void.items():
            own = [each for each in later if vouchers_of(each) & vouchers_of(old) and each.label == old.label]
            # where several are in force, none of them has taken its place for certain
            live = standing(own)
            found[id] = live[0] if len(live) == 1 else old
        return found

    def perhaps_undone(self, entity: str, rows: Sequence[Row]) -> dict[str, date | None]:
        void = [row for row in rows if row.get("VDGJ") is not None] if entity == self.entity else []
        return {str(row["PYID"]): row.get("UPMJ") for row in void}

    def answers_to(self, target: Target, row: Mapping[str, Any]) -> bool:
        return bool(vouchers_of(target) & {each.rpartition("/")[0] for each in (row["items"] or "").split()})

    def known_as(self, target: Target) -> Hashable:
        return target.label, frozenset(vouchers_of(target))

    def post(self, document: Document) -> Step:
        row, settled = document.facts["row"], parts_of(document)
        paid, credits = [each for each in settled if each.amount > 0], [each for each in settled if each.amount < 0]
        field = "ItemForeignAmount" if row["foreign"] else "ItemAmount"

        def item(part: Part) -> dict[str, Any]:
            return {"PayItem": part.suffix, field: part.amount}

        body: dict[str, Any] = {
            **paid[0].voucher,
            "PaymentDate": row["paid_on"],
            "GLDate": row["gl_day"],
            "PaymentNumber": int(document.content["number"]),
            **({} if row["discount"] else {"PayItems": [item(each) for each in paid if _together(each, paid[0])]}),
        }
        if row["discount"]:
            body |= _discounted(row)
        further = [each for each in paid if not _together(each, paid[0])]
        for grid, parts in (("FurtherPayItems", further), ("Credits", credits)):
            if parts:
                body[grid] = [{**each.voucher, "PayItem": each.suffix, field: each.amount} for each in parts]
        return Step(
            name="create",
            body=body,
            send=lambda sent: _normalised(self.records.record(sent, lambda made: _settles(made, paid))),
            outcome="created",
            progress=POSTED,
            changes=differences({}, document.content),
        )

    def found_void(self, target: Target, document: Document) -> str | None:
        settled: Settled = target.raw
        return "; ".join(settled.selectable) or None

    def reverse(self, document: Document, target: Target) -> Step:
        row = document.facts["row"]
        return Step(
            name="void",
            body={"PaymentID": int(target.id), "VoidDate": row["gl_day"], **returned(row)},
            send=lambda sent: _normalised(self.records.void(sent, target)),
            outcome="updated",
            progress=VOIDED,
            changes=(FieldChange("void", False, True),),
        )


def _discounted(row: Mapping[str, Any]) -> dict[str, Any]:
    """What pays a voucher as a whole: cash and discount close it together."""
    gross, discount, base = (Decimal(amount_text(row[name])) for name in ("gross", "discount", "base_discount"))
    if row["foreign"]:
        return {"ForeignAmount": gross, "DiscountTaken": base, "ForeignDiscountTaken": discount}
    return {"Amount": gross, "DiscountTaken": discount}


def vouchers_of(target: Target) -> set[str]:
    """The documents that a payment settles, as `KCO/DCT/DOC`."""
    settled: Settled = target.raw
    return set(settled.vouchers.split(", ")) if settled.vouchers else set()


def _together(part: Part, first: Part) -> bool:
    """Whether two pay items are of one voucher."""
    return part.voucher == first.voucher


def _settles(target: Target, parts: Sequence[Part]) -> bool:
    settled: Settled = target.raw
    return any((each.company, each.type, each.number, each.suffix) in settled.items for each in parts)


def _normalised(target: Target) -> Target:
    """A payment in the terms of the flow's content: `gross` is what it settles of vouchers, `amount` the cash."""
    settled: Settled = target.raw
    if settled.deleted:
        # as it was told before
        return target
    gross = sum((amount for amount in settled.items.values() if amount > 0), ZERO)
    content = {name: target.content[name] for name in ("number", "amount", "currency", "date", "void")}
    shown = {"gross": amount_text(gross), "funding": amount_text(settled.base), "discount": target.content["discount"]}
    return replace(target, content=content | shown)
