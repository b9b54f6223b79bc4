"""What to do next with a pay item below nought and its vendor credit: create, change, archive.

Credits are made unapplied; people apply them in BILL, and the payments flow settles them in JD Edwards. One of which
something is applied is left as it is. What JD Edwards settles itself is taken from the credit, for nothing else can be
told of it. BILL cannot restore an archived credit (bill section 3.5): a new one takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from connector_assets.delivery.document import (
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    Hold,
    NeedTarget,
    Target,
)
from connector_assets.delivery.money import amount_text
from connector_assets.delivery.reasons import problem
from connector_assets.integrations.jde_bill.payable.credit_records import CreditRecords, HeldCredit
from connector_assets.integrations.jde_bill.payable.steps import (
    PayableSteps,
    description,
    left_alone,
    line_bodies,
    shown,
)
from connector_resources.errors import Refused
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
        held: HeldCredit = target.raw
        return held.credit.lines

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
        content = document.content
        is_open = Decimal(content["amount"]) != ZERO
        if known.target_id is None:
            sendable = is_open and document.facts["row"]["approved"]
            return (
                Do(self.create(document, lambda sent: self._create(document, sent)))
                if sendable
                else left_alone(document)
            )
        if self.flow.is_settled(document, known):
            return Done()
        if target is None:
            return NeedTarget()
        total = total_of(document)
        if content["void"] or not total:
            return self._withdraw(document, known, target)
        if target.content["void"]:
            return self._again(document, known) if is_open else Done()
        return self.amend(document, known, target, total, self.parts.keys() if is_open else ("total",)) or Done()

    def untouchable(self, target: Target, changes: Sequence[FieldChange], *, reduced: bool) -> Hold | None:
        held: HeldCredit = target.raw
        if held.untouched:
            return None
        if reduced:
            return Hold((problem("credit_already_applied", "", _told(held)),))
        return Hold(tuple(problem("bill_in_payment", each.field, shown(each)) for each in changes))

    def _withdraw(self, document: Document, known: Delivery, target: Target) -> Decision:
        held: HeldCredit = target.raw
        if target.content["void"]:
            return Done()
        if not held.untouched:
            return Hold((problem("credit_already_applied", "", _told(held)),))
        return Do(self.act("archive", known, target))

    def _again(self, document: Document, known: Delivery) -> Decision:
        """A new credit in the place of the archived one, which the link follows."""
        made = self.create(document, lambda sent: self._create(document, sent, look=True))
        return self.not_ours(known, "archived") or Do(replace(made, name="create again", outcome="updated", bulk=None))

    def _create(self, document: Document, sent: Mapping[str, Any], *, look: bool = False) -> Target:
        found = self.records.marked(sent["vendorId"], document.key) if look else []
        if len(found) > 1:
            several = ", ".join(each.id for each in found)
            raise Refused(f"{len(found)} credits of {document.key} are in force: {several}; void all but one in BILL")
        return found[0] if found else self.records.seen([self.resource.create(sent)])[0]


def total_of(document: Document) -> Decimal:
    """What the credit must be for: what is open, and what BILL's own payments settled of it."""
    return Decimal(document.content["amount"]) + Decimal(document.content["by_target"])


def _told(held: HeldCredit) -> str:
    return f"{amount_text(held.total)}, {held.credit.status or '?'}"
