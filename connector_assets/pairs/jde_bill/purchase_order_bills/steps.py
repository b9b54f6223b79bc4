"""What to do next with an order and its bill: create, change, archive, restore, record what JD Edwards paid of it.

All as for the bill of a voucher, with two exceptions. A closed order is finished, and its bill stays. The bill of an
order that is cancelled, or waits for approval again, is archived as long as nothing is paid.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from connector_assets.engine.document import Decision, Document, Done, Hold, Target
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_bill.bills.records import Held
from connector_assets.pairs.jde_bill.bills.steps import BillSteps
from connector_assets.pairs.jde_bill.marker import marker
from connector_assets.pairs.jde_bill.payables import amounts
from connector_resources.ledger import Delivery


class OrderBillSteps(BillSteps):
    """Decides for the flow `purchase_order_bills`."""

    def description(self, document: Document) -> str:
        return marker(document.key)

    def wanted_of(self, document: Document, target: Target) -> amounts.Wanted:
        """A bill was made before any voucher of its order was paid, so that all payments of JD Edwards are its."""
        held: Held = target.raw
        content = document.content
        left = [each for each in content["payments"] if not each["void"] and each["id"] not in held.recorded]
        total = held.total if content["closed"] else Decimal(content["total"])
        return amounts.Wanted(total, tuple(left), amounts.taken_back(content["payments"], held.recorded))

    def fields(self, document: Document, *, is_open: bool) -> Collection[str]:
        return () if document.content["closed"] else self.parts.keys()

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """The bill of an order that is closed is not changed any more: where its supplier is on payment hold now, a
        person is reported as long as BILL can pay it."""
        decision = super().decide(document, known, target)
        unpaid = self.unless_paid(Done(), document, known)
        if target is not None and unpaid != Done() and decision == unpaid:
            decision = self._still_payable(document, target) or decision
        row = document.facts["row"]
        if not (row["on_hold"] and document.content["closed"] and isinstance(decision, Done) and target is not None):
            return decision
        held: Held = target.raw
        if target.content["void"] or not held.open:
            return decision
        shown = f"supplier {row['on_hold']} on payment hold; {self.in_words(target)}"
        return Hold((problem("held_after_sent", "supplier", shown),))

    @staticmethod
    def _still_payable(document: Document, target: Target) -> Hold | None:
        """JD Edwards closed a voucher of the order without a payment, and BILL can pay the bill all the same."""
        held: Held = target.raw
        if target.content["void"] or not held.open:
            return None
        currency = document.content["currency"] or ""
        shown = f"{amount_text(held.total)}, {held.bill.payment_status or '?'}; in JD Edwards"
        shown = f"{shown} {document.content['unproved']} {currency} of its vouchers closed without a payment"
        return Hold((problem("already_scheduled", "closed", shown),))

    def _withdraw(self, document: Document, known: Delivery, target: Target, why: str) -> Decision:
        held: Held = target.raw
        row = document.facts["row"]
        if row["on_hold"] and row["state"] is None and not row["cancelled"]:
            # as of a voucher: money would leave against a hold
            return super()._withdraw(document, known, target, why)
        if row["cancelled"]:
            return super()._withdraw(document, known, target, "cancelled")
        if not (target.content["void"] or held.unknown or held.untouched):
            # it is amended, and nobody says yet that it is not owed
            return Hold((problem("bill_in_payment", "approval", f"{held.bill.payment_status}: {row['state']}"),))
        return super()._withdraw(document, known, target, why)

    def _revive(self, known: Delivery, target: Target, document: Document) -> Decision:
        if document.content["closed"]:
            return Done()
        return super()._revive(known, target, document)
