"""What to do next with a negative pay item and its vendor credit: create, change, archive.

Credits are created unapplied; people apply them in BILL, and the payments flow settles them in JD Edwards. A credit
that is partly applied is not changed. What JD Edwards settles itself is subtracted from the credit, since BILL has no
other record for it. BILL cannot restore an archived credit (bill section 3.5): a new one is created.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from connector_assets.engine.document import Decision, Do, Document, Done, FieldChange, Hold, NeedTarget, Step, Target
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_bill.payables.steps import PayableSteps, description, line_bodies, settled_there, shown
from connector_assets.pairs.jde_bill.vendor_credits.records import CreditRecords, HeldCredit
from connector_resources.bill import VendorCredit
from connector_resources.ledger import Delivery

ZERO = Decimal("0.00")


class CreditSteps(PayableSteps[CreditRecords]):
    """Decides for the flow `vendor_credits`."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "items": ("description",),
        "number": ("referenceNumber",),
        "date": ("creditDate",),
        "total": ("vendorCreditLineItems",),
        "lines": ("vendorCreditLineItems",),
    }

    @property
    def resource(self) -> Any:
        return self.records.client.vendor_credits

    def lines_held(self, target: Target) -> Sequence[Any]:
        return self.record_of(target).lines

    def record_of(self, target: Target) -> VendorCredit:
        held: HeldCredit = target.raw
        return held.credit

    def body(self, document: Document, content: Mapping[str, Any], ids: Sequence[str | None] = ()) -> dict[str, Any]:
        return {
            "vendorId": content["vendor"],
            "referenceNumber": content["number"],
            "creditDate": content["date"],
            "description": description(document),
            "vendorCreditLineItems": line_bodies(content["lines"], ids),
        }

    # -- deciding -------------------------------------------------------------------------------------------------

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """The next step, as `Flow.decide`."""
        if target is not None and settled_there(document, target.raw.recorded_there):
            return Done()
        return self.unless_paid(self._decide(document, known, target), document, known)

    def _decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        content = document.content
        is_open = Decimal(content["amount"]) != ZERO
        if known.target_id is None:
            return self.new(document, known, lambda: self._new_credit(document))
        if self.flow.is_settled(document, known):
            return Done()
        if target is None or self.outdated(target):
            return NeedTarget()
        total = total_of(document)
        if _settled_by_hand(document, target.raw):
            return Done()
        if content["void"] or not total:
            return self._withdraw(document, known, target)
        if is_open and (moved := self.repay(document, known, target, untouched=target.raw.untouched)):
            return moved
        if target.content["void"]:
            again = self.awaits_posting(document, sent=True) or self._again(document, known, target)
            return again if is_open else Done()
        first = self.flow.hand_over(document, known, target)
        if first is not None:
            return first
        change = self.amend(document, known, target, total, self.parts.keys() if is_open else ("total",))
        return change or self.kept(known, target) or Done()

    def _new_credit(self, document: Document) -> Step:
        return self.create(document, lambda sent: self.records.seen([self.resource.create(sent)])[0])

    def untouchable(self, target: Target, changes: Sequence[FieldChange], *, reduced: bool) -> Hold | None:
        held: HeldCredit = target.raw
        if held.untouched:
            return None
        if reduced:
            return Hold((problem("credit_already_applied", "", _applied_words(held)),))
        return Hold(tuple(problem("bill_in_payment", each.field, shown(each)) for each in changes))

    def _withdraw(self, document: Document, known: Delivery, target: Target) -> Decision:
        held: HeldCredit = target.raw
        if target.content["void"]:
            return Done()
        if not held.untouched:
            return Hold((problem("credit_already_applied", "", _applied_words(held)),))
        return Do(self.act("archive", known, target))

    def _again(self, document: Document, known: Delivery, target: Target) -> Decision:
        first = self.not_ours(known, "archived") or self.flow.release(document, known, target)
        return first or Do(self.again(document))

    def in_words(self, target: Target) -> str:
        return _applied_words(target.raw)


def total_of(document: Document) -> Decimal:
    """What the credit must be for: what is open, and what BILL's own payments settled of it."""
    return Decimal(document.content["amount"]) + Decimal(document.content["by_target"])


def _settled_by_hand(document: Document, held: HeldCredit) -> bool:
    """Whether JD Edwards has settled itself exactly what somebody applied in BILL by hand: both agree then."""
    content = document.content
    paid = sum((Decimal(each["amount"]) for each in content["payments"] if not each["void"]), ZERO)
    return not content["void"] and 0 < paid == held.by_hand and held.total == total_of(document) + paid


def _applied_words(held: HeldCredit) -> str:
    return f"{amount_text(held.total)}, {held.credit.status or '?'}"
