"""Mode `settle`: a payment (F0413, F0414) closes the pay items of the bill, and the debit memos that BILL applied.

A payment is known by its number and the pay items that it settles: numbers are made of ids, and two may agree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from connector_assets.delivery.document import Document, FieldChange, Step, Target, differences
from connector_assets.delivery.money import amount_text
from connector_assets.integrations.jde_bill.paid.outlet import POSTED, VOIDED, Part, PaymentOutlet, parts_of, standing
from connector_assets.integrations.to_jde.payments import OF_VOUCHER, RECORD, VOID, PaymentRecords, Settled

ZERO = Decimal("0.00")
NEEDS: Mapping[str, Sequence[str]] = {
    RECORD: (*OF_VOUCHER, "PaymentDate", "GLDate", "PaymentNumber", "PayItems", "Credits"),
    VOID: ("PaymentID", "VoidDate"),
}


class Settling(PaymentOutlet):
    """Payments of pay items."""

    entity: ClassVar[str] = "F0413"

    @cached_property
    def records(self) -> PaymentRecords:
        """The payments in JD Edwards."""
        return PaymentRecords(self.bench, NEEDS)

    def missing(self) -> str | None:
        return self.records.missing()

    def lacking(self) -> list[str]:
        return self.records.lacking()

    def any(self) -> bool:
        return self.records.any_within(self.settings.payment_number_base, self.settings.last_number)

    def all(self) -> list[Target]:
        found = self.records.within(self.settings.payment_number_base, self.settings.last_number)
        return [_told(each) for each in found]

    def numbered(self, numbers: Collection[int]) -> list[Target]:
        return [_told(each) for each in self.records.numbered(numbers)]

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        found = {id: _told(each) for id, each in self.records.read(ids).items()}
        void = {id: each for id, each in found.items() if each.content["void"]}
        if void:
            later = self.numbered({int(each.content["number"]) for each in void.values()})
            for id, old in void.items():
                own = [each for each in later if items_of(each) & items_of(old) and each.label == old.label]
                # where several are in force, none of them has taken its place for certain
                live = standing(own)
                found[id] = live[0] if len(live) == 1 else old
        return found

    def answers_to(self, target: Target, row: Mapping[str, Any]) -> bool:
        return bool(items_of(target) & set((row["items"] or "").split()))

    def post(self, document: Document) -> Step:
        row, parts = document.facts["row"], parts_of(document)
        # of several vouchers the check has held it; credits are those below nought
        paid, credits = [each for each in parts if each.amount > 0], [each for each in parts if each.amount < 0]
        field = "ItemForeignAmount" if row["foreign"] else "ItemAmount"
        body: dict[str, Any] = {
            **paid[0].voucher,
            "PaymentDate": row["paid_on"],
            "GLDate": row["gl_day"],
            "PaymentNumber": int(document.content["number"]),
            "PayItems": [{"PayItem": each.suffix, field: each.amount} for each in paid],
        }
        if credits:
            body["Credits"] = [{**each.voucher, "PayItem": each.suffix, field: each.amount} for each in credits]
        return Step(
            name="create",
            body=body,
            send=lambda sent: _told(self.records.record(sent, lambda made: _settles(made, paid))),
            outcome="created",
            stage=POSTED,
            changes=differences({}, document.content),
        )

    def reverse(self, document: Document, target: Target) -> Step:
        return Step(
            name="void",
            body={"PaymentID": int(target.id), "VoidDate": document.facts["row"]["gl_day"]},
            send=lambda sent: _told(self.records.void(sent)),
            outcome="updated",
            stage=VOIDED,
            changes=(FieldChange("void", False, True),),
        )


def items_of(target: Target) -> set[str]:
    """The pay items of vouchers that a payment settles, as `KCO/DCT/DOC/SFX`."""
    settled: Settled = target.raw
    return {f"{company}/{kind}/{number}/{suffix}" for company, kind, number, suffix in settled.items}


def _settles(target: Target, parts: Sequence[Part]) -> bool:
    settled: Settled = target.raw
    return any((each.company, each.type, each.number, each.suffix) in settled.items for each in parts)


def _told(target: Target) -> Target:
    """A payment in the terms of the flow's content: `gross` is what it settles of vouchers, `amount` the cash."""
    settled: Settled = target.raw
    gross = sum((amount for amount in settled.items.values() if amount > 0), ZERO)
    content = {name: target.content[name] for name in ("number", "amount", "currency", "date", "void")}
    return replace(target, content={**content, "gross": amount_text(gross)})
