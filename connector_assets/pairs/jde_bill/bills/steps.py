"""What to do next with a pay item and its bill: create, change, archive, restore, record what JD Edwards paid.

A bill on which something was paid or is under way is not changed. If JD Edwards takes back, holds, reduces or pays what
BILL is about to pay, money goes out twice unless a person stops it: these are the reasons of high severity.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from connector_assets.documents.jde.vouchers.posting import POSTING
from connector_assets.engine.document import Decision, Do, Document, Done, FieldChange, Hold, NeedTarget, Step, Target
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_bill.bills.records import BillRecords, Held
from connector_assets.pairs.jde_bill.marker import payment_marker
from connector_assets.pairs.jde_bill.payables import amounts, approvals
from connector_assets.pairs.jde_bill.payables.steps import PayableSteps, description, line_bodies, settled_there, shown
from connector_assets.pairs.jde_bill.vendor_credits.credited import settled_with
from connector_resources.bill import DUPLICATE, Bill
from connector_resources.errors import OutcomeUnknown, Refused, SystemProblem
from connector_resources.ledger import Delivery, Problem
from connector_resources.ledger.progress import Progress

ZERO = Decimal("0.00")
WAITS = "payment_status"


class BillSteps(PayableSteps[BillRecords]):
    """Decides for the flow `bills`."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "items": ("description",),
        "number": ("invoice",),
        "date": ("invoice",),
        "due": ("dueDate",),
        "order": ("purchaseOrderNumber",),
        "total": ("billLineItems",),
        "lines": ("billLineItems",),
    }

    @property
    def resource(self) -> Any:
        return self.records.client.bills

    def lines_held(self, target: Target) -> Sequence[Any]:
        return self.record_of(target).lines

    def record_of(self, target: Target) -> Bill:
        held: Held = target.raw
        return held.bill

    def progress(self, marked: str, known: Delivery, target: Target, *, raised: bool) -> Progress:
        return approvals.noting(marked, known, self.record_of(target), raised=raised)

    def noticed(self, known: Delivery, before: Target, after: Target) -> dict[str, Any]:
        """Who approved it while it was written approved it as it was before, as far as anybody knows."""
        found = super().noticed(known, before, after)
        total = self.record_of(before).amount
        meanwhile = approvals.given(self.record_of(after)) - approvals.given(self.record_of(before))
        if meanwhile and total is not None:
            found[approvals.MEANWHILE] = dict.fromkeys(sorted(meanwhile), amount_text(total))
        return found

    def body(self, document: Document, content: Mapping[str, Any], ids: Sequence[str | None] = ()) -> dict[str, Any]:
        body: dict[str, Any] = {
            "vendorId": content["vendor"],
            "dueDate": content["due"],
            "invoice": {"invoiceNumber": content["number"], "invoiceDate": content["date"]},
            "description": self.description(document),
            "billLineItems": line_bodies(content["lines"], ids),
        }
        return body | ({"purchaseOrderNumber": content["order"]} if content["order"] else {})

    def description(self, document: Document) -> str:
        """What a bill's description is."""
        return description(document)

    def wanted_of(self, document: Document, target: Target) -> amounts.Wanted:
        """What the bill must be for, and which payments it lacks."""
        return wanted_of(document, target)

    def fields(self, document: Document, *, is_open: bool) -> Collection[str]:
        """What of a bill is brought into agreement: of one that nothing is left of to be paid, the amount alone."""
        return self.parts.keys() if is_open else ("total",)

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
            return self.new(document, known, lambda: self.create(document, lambda sent: self._create(document, sent)))
        if self.flow.is_settled(document, known):
            return Done()
        if target is None or self.outdated(target):
            return NeedTarget()
        held: Held = target.raw
        if content["void"]:
            held_by = document.facts["row"].get("on_hold")
            why = f"withholds payment (F0401.HDPY of {held_by}) of" if held_by else "does not release"
            return self._withdraw(document, known, target, why if is_open else "voided")
        first = None if target.content["void"] else self.flow.hand_over(document, known, target)
        if first is not None:
            return first
        wanted = self.wanted_of(document, target)
        if wanted.taken_back:
            return Hold(tuple(problem("payment_taken_back", "payment", each) for each in wanted.taken_back))
        if not wanted.total:
            return self._withdraw(document, known, target, "took back")
        if held.unknown:
            return Done(waiting=WAITS)
        if is_open and (moved := self.repay(document, known, target, untouched=held.untouched)):
            return moved
        if target.content["void"]:
            if not (is_open or wanted.record):
                return Done()
            waits = None if wanted.record else self.awaits_posting(document, sent=True)
            return waits or self._revive(known, target, document)
        fields = self.fields(document, is_open=is_open)
        change = self.amend(document, known, target, wanted.total, fields)
        if change is None or (isinstance(change, Done | Hold) and change.waiting == POSTING):
            # what was paid does not wait for what is to be posted
            change = self._credited(known, target, wanted) or change
        return change or self._denied(target) or self._stale(known, target) or self.kept(known, target) or Done()

    @staticmethod
    def _denied(target: Target) -> Hold | None:
        """Its approver said no: nobody pays what JD Edwards has handed over."""
        if not target.content["denied"] or target.content["void"] or not target.raw.open:
            return None
        shown = f"{target.label}, {target.content['amount']} {target.content['currency'] or ''}".strip()
        return Hold((problem("denied_in_target", "approval", shown),))

    @staticmethod
    def _stale(known: Delivery, target: Target) -> Hold | None:
        """It was approved for less than it is for now, and BILL can pay it all the same."""
        held: Held = target.raw
        approved = approvals.stale(known, held.bill)
        if approved is None or target.content["void"] or not held.open:
            return None
        shown = f"{target.label}, approved for {amount_text(approved)}, now {target.content['total']}"
        problems = (problem("approval_stale", "approval", f"{shown} {target.content['currency'] or ''}".strip()),)
        return None if known.released else Hold(problems, again=True)

    def in_words(self, target: Target) -> str:
        return _state(target.raw)

    def untouchable(self, target: Target, changes: Sequence[FieldChange], *, reduced: bool) -> Hold | None:
        held: Held = target.raw
        if held.untouched:
            return None
        if reduced:
            return Hold((_scheduled("reduced", held),))
        return Hold(tuple(problem("bill_in_payment", each.field, shown(each)) for each in changes))

    def _withdraw(self, document: Document, known: Delivery, target: Target, why: str) -> Decision:
        """Out of reach of whoever pays, as long as nobody has."""
        held: Held = target.raw
        if target.content["void"]:
            return Done()
        if held.unknown:
            return Done(waiting=WAITS)
        if not held.untouched:
            return Hold((_scheduled(why, held),))
        return self.shrink(document, known, target) or Do(self.act("archive", known, target))

    def _revive(self, known: Delivery, target: Target, document: Document) -> Decision:
        status = target.raw.bill.record_status or "archived"
        first = self.not_ours(known, status) or self.flow.release(document, known, target)
        return first or Do(self.act("restore", known, target))

    def _credited(self, known: Delivery, target: Target, wanted: amounts.Wanted) -> Decision | None:
        """What JD Edwards paid is recorded, unless it is what somebody settled in BILL with credits, by hand: that JD
        Edwards does not hear of, and has to settle itself."""
        held: Held = target.raw
        by_hand = sum(held.credited.values(), ZERO)
        payments = {each["id"]: Decimal(each["amount"]) for each in wanted.record}
        same = by_hand and by_hand == sum(payments.values(), ZERO)
        if same and settled_with(self.flow.context, held.credited.keys(), payments.keys()):
            return None
        change = self._record(known, target, wanted)
        if change is not None or not by_hand:
            return change
        shown = f"{amount_text(by_hand)} of {target.label}, with {target.content['amount']} left there"
        return Hold((problem("credit_applied_by_hand", "amount", shown),))

    def _record(self, known: Delivery, target: Target, wanted: amounts.Wanted) -> Decision | None:
        """What JD Edwards paid, one payment at a time."""
        held: Held = target.raw
        if not wanted.record:
            return None
        payment = wanted.record[0]
        gone = self._taken_off(target, wanted)
        if gone is not None:
            return gone
        if held.underway:
            return Hold((_scheduled("paid", held),))
        if Decimal(payment["amount"]) > held.open:
            shown = f"{payment['amount']} by payment {payment['id']}, with {amount_text(held.open)} left in the target"
            return Hold((problem("paid_in_both", "amount", shown),))
        return Do(self._payment(known, target, payment))

    def _taken_off(self, target: Target, wanted: amounts.Wanted) -> Hold | None:
        """What a person took back in BILL of what was recorded is not recorded again by itself."""
        if self.flow.settings.on_conflict == "source":
            return None
        shown = [
            problem("undone_in_target", "payment", f"{each['id']} of {each['amount']} on bill {target.label}")
            for each in wanted.record
            if each["id"] in target.raw.taken_off
        ]
        return Hold(tuple(shown), conflict=True) if shown else None

    # -- steps ----------------------------------------------------------------------------------------------------

    def _create(self, document: Document, sent: Mapping[str, Any]) -> Target:
        try:
            return self.records.seen([self.resource.create(sent)])[0]
        except Refused as refused:
            # BILL says that the number exists: the bill is ours, sent before, or a person decides whose it is
            found = self.records.marked(sent["vendorId"], document.key) if refused.code == DUPLICATE else []
            if len(found) != 1:
                raise
            return found[0]

    def _payment(self, known: Delivery, target: Target, payment: Mapping[str, Any]) -> Step:
        amount, id = Decimal(payment["amount"]), str(payment["id"])

        def send(sent: Mapping[str, Any]) -> Target:
            now = self.records.one(target.id)
            if id in now.raw.recorded:
                return now
            self.resource.record_payment(sent)
            return self._looked_at(target.id, id)

        return Step(
            name=f"record payment {id}",
            body={
                "vendorId": target.content["vendor"],
                "processDate": payment["date"] or self.flow.context.today("jde").isoformat(),
                "toPrintCheck": False,
                "description": payment_marker(id),
                "payments": [{"billId": target.id, "amount": amount}],
            },
            send=send,
            outcome="updated",
            progress=known.progress,
            changes=(FieldChange("amount", target.content["amount"], amount_text(target.raw.open - amount)),),
        )

    def _looked_at(self, id: str, payment: str) -> Target:
        """A bill after a payment was recorded on it. OutcomeUnknown where that is not to be seen."""
        try:
            found = self.records.one(id)
        except SystemProblem as error:
            raise OutcomeUnknown(f"payment {payment} was recorded, and the bill could not be read: {error}") from error
        if payment not in found.raw.recorded:
            raise OutcomeUnknown(f"payment {payment} was recorded on {id}, and is not to be seen")
        return found


def wanted_of(document: Document, target: Target) -> amounts.Wanted:
    """What the bill must be for, and which payments it lacks."""
    held: Held = target.raw
    return amounts.wanted(document.content, held.total, held.recorded, held.made)


def _scheduled(what: str, held: Held) -> Problem:
    return problem("already_scheduled", what, _state(held))


def _state(held: Held) -> str:
    return f"{amount_text(held.total)}, {held.bill.payment_status or '?'}"
