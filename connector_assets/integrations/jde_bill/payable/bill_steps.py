"""What to do next with a pay item and its bill: create, change, archive, restore, record what JD Edwards paid.

A bill on which something was paid or is under way is left as it is. Where JD Edwards takes back, holds, reduces or pays
what BILL is about to pay, money goes out twice unless a person stops it: the reasons of the highest severity.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from connector_assets.delivery.converge import mark
from connector_assets.delivery.document import (
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    Hold,
    Ignore,
    NeedTarget,
    Step,
    Target,
    differences,
)
from connector_assets.delivery.money import amount_text
from connector_assets.delivery.reasons import problem
from connector_assets.integrations.jde_bill.marker import marker, payment_marker
from connector_assets.integrations.jde_bill.payable import amounts
from connector_assets.integrations.jde_bill.payable.bill_records import BillRecords, Held
from connector_assets.integrations.jde_bill.payable.flow import Payables
from connector_assets.integrations.jde_bill.payable.lines import line_bodies
from connector_resources.bill import DUPLICATE, Bill
from connector_resources.errors import OutcomeUnknown, Refused, SystemProblem
from connector_resources.ledger import Delivery

ZERO = Decimal("0.00")
# what create and update carry
BASE = ("items", "number", "date", "due", "order", "total", "lines")
# of a bill that nothing is left of to be paid, this alone matters
CLOSED = ("total",)
NOTHING_OPEN = "nothing_open"
WAITS = "payment_status"


class BillSteps:
    """Decides for the flow `bills`."""

    def __init__(self, flow: Payables, records: BillRecords) -> None:
        self.flow = flow
        self.records = records

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """The next step, as `Flow.decide`."""
        content = document.content
        is_open = Decimal(content["amount"]) != ZERO
        if known.target_id is None:
            sendable = is_open and document.facts["row"]["approved"]
            return Do(self._create(document)) if sendable else Ignore(NOTHING_OPEN)
        if self.flow.is_settled(document, known):
            return Done()
        if target is None:
            return NeedTarget()
        held: Held = target.raw
        if content["void"]:
            return self._withdraw(document, known, target, self._why(document))
        wanted = wanted_of(document, target)
        if wanted.taken_back:
            told = [problem("payment_taken_back", "payment", each["id"]) for each in wanted.taken_back]
            return Hold(tuple(told))
        if not wanted.total:
            return self._withdraw(document, known, target, "took back")
        if held.unknown:
            return Done(waiting=WAITS)
        if target.content["void"]:
            return self._revive(known, target) if is_open or wanted.record else Done()
        return (
            self._amend(document, known, target, wanted, BASE if is_open else CLOSED)
            or self._record(document, known, target, wanted)
            or Done()
        )

    # -- taking back ----------------------------------------------------------------------------------------------

    @staticmethod
    def _why(document: Document) -> str:
        return "voided" if Decimal(document.content["amount"]) == ZERO else "does not release"

    def _withdraw(self, document: Document, known: Delivery, target: Target, why: str) -> Decision:
        """Out of reach of whoever pays, as long as nobody has."""
        held: Held = target.raw
        if target.content["void"]:
            return Done()
        if held.unknown:
            return Done(waiting=WAITS)
        if not held.untouched:
            return Hold((_scheduled(why, held),))
        if set(target.content["items"]) - set(document.content["items"]) and document.content["lines"]:
            # what left it may be paid by another bill, so that it must not come back with this one
            content = document.content
            return Do(self._update(document, target, content, differences(_base(target.content), _base(content))))
        return Do(self._act("archive", known, target, self.records.client.bills.archive))

    def _revive(self, known: Delivery, target: Target) -> Decision:
        """What we archived comes back; what somebody else did, he decides, unless the source wins."""
        by_us = bool((known.content or {}).get("void"))
        if not by_us and self.flow.settings.on_conflict == "hold":
            status = target.raw.bill.record_status or "archived"
            return Hold((problem("changed_on_both_sides", "status", status),), conflict=True)
        return Do(self._act("restore", known, target, self.records.client.bills.restore))

    # -- bringing into agreement ----------------------------------------------------------------------------------

    def _amend(
        self, document: Document, known: Delivery, target: Target, wanted: amounts.Wanted, fields: Collection[str]
    ) -> Decision | None:
        content = self.flow.wanted(document, wanted.total)
        ours, theirs = _base(content), _base(target.content)
        if known.stage == mark(ours):
            return _of_another_total(ours, theirs)
        changes = tuple(each for each in differences(theirs, ours) if each.field in fields)
        if not changes:
            return None
        agreed = _base(known.content) if known.content is not None else theirs
        strangers = [
            each
            for each in differences(agreed, theirs)
            if each.field in fields and theirs[each.field] != ours[each.field]
        ]
        if strangers and self.flow.settings.on_conflict == "hold":
            told = [
                problem("changed_on_both_sides", each.field, f"{each.before!r} to {each.after!r}") for each in strangers
            ]
            return Hold(tuple(told), conflict=True)
        held: Held = target.raw
        if not held.untouched:
            if wanted.total < held.total:
                return Hold((_scheduled("reduced", held),))
            return Hold(tuple(problem("bill_in_payment", each.field, _shown(each)) for each in changes))
        return Do(self._update(document, target, content, differences(theirs, ours)))

    def _record(self, document: Document, known: Delivery, target: Target, wanted: amounts.Wanted) -> Decision | None:
        """What JD Edwards paid, one payment at a time."""
        held: Held = target.raw
        if not wanted.record:
            return None
        payment = wanted.record[0]
        if held.underway:
            return Hold((_scheduled("paid", held),))
        if Decimal(payment["amount"]) > held.open:
            told = f"{payment['amount']} by payment {payment['id']}, with {amount_text(held.open)} left in the target"
            return Hold((problem("paid_in_both", "amount", told),))
        return Do(self._payment(document, known, target, payment))

    # -- steps ----------------------------------------------------------------------------------------------------

    def _create(self, document: Document) -> Step:
        content = document.content

        def send(sent: Mapping[str, Any]) -> Target:
            try:
                return self.created(self.records.client.bills.create(sent), document)
            except Refused as refused:
                # of this number, it says: then it is ours, sent before, or somebody's, and he decides
                found = self.records.marked(content["vendor"], document.key) if refused.code == DUPLICATE else None
                if found is None:
                    raise
                return found

        return Step(
            name="create",
            body=self._body(document, content),
            send=send,
            outcome="created",
            stage=mark(_base(content)),
            changes=differences({}, _base(content)),
        )

    def created(self, bill: Bill, document: Document) -> Target:
        """A bill of BILL's answer to a create."""
        return self.records.created(bill, document.content["currency"])

    def _update(
        self, document: Document, target: Target, content: Mapping[str, Any], changes: tuple[FieldChange, ...]
    ) -> Step:
        """PATCH names the lines by their ids; where there are more or fewer than before, the bill is written anew
        (bill section 3.2: what PUT leaves out is removed)."""
        bills, ids = self.records.client.bills, [line.id for line in target.raw.bill.lines]
        whole = self._body(document, content, ids[: len(content["lines"])])
        fields = {change.field for change in changes}
        anew = "lines" in fields and len(ids) != len(content["lines"])
        body = whole if anew else {name: whole[name] for field in BASE if field in fields for name in _named(field)}
        verb = bills.replace if anew else bills.update
        return Step(
            name="replace" if anew else "update",
            body=body,
            send=lambda sent: self._seen(verb(target.id, sent)),
            outcome="updated",
            stage=mark(_base(content)),
            changes=changes,
        )

    def _act(self, name: str, known: Delivery, target: Target, verb: Callable[[str], Bill]) -> Step:
        """A change of state: its request has no body."""
        return Step(
            name=name,
            body={},
            send=lambda _: self._seen(verb(target.id)),
            outcome="updated",
            stage=known.stage,
            changes=(FieldChange("void", target.content["void"], not target.content["void"]),),
        )

    def _payment(self, document: Document, known: Delivery, target: Target, payment: Mapping[str, Any]) -> Step:
        amount, id = Decimal(payment["amount"]), str(payment["id"])
        body = {
            "vendorId": target.content["vendor"],
            "processDate": payment["date"] or self.flow.bench.today("jde").isoformat(),
            "toPrintCheck": False,
            "description": payment_marker(id),
            "payments": [{"billId": target.id, "amount": amount}],
        }

        def send(sent: Mapping[str, Any]) -> Target:
            now = self.records.one(target.id)
            if id in now.raw.recorded:
                return now
            self.records.client.bills.record_payment(sent)
            return self._looked_at(target.id, id)

        return Step(
            name=f"record payment {id}",
            body=body,
            send=send,
            outcome="updated",
            stage=known.stage,
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

    def _seen(self, bill: Bill) -> Target:
        return self.records.created(bill, None)

    def _body(self, document: Document, content: Mapping[str, Any], ids: Collection[str | None] = ()) -> dict[str, Any]:
        body: dict[str, Any] = {
            "vendorId": content["vendor"],
            "dueDate": content["due"],
            "invoice": {"invoiceNumber": content["number"], "invoiceDate": content["date"]},
            "description": description(document),
            "billLineItems": line_bodies(content["lines"], list(ids)),
        }
        return body | ({"purchaseOrderNumber": content["order"]} if content["order"] else {})


def wanted_of(document: Document, target: Target) -> amounts.Wanted:
    """What the bill must be for, and which payments it lacks."""
    held: Held = target.raw
    return amounts.wanted(document.content, held.total, held.recorded, held.made)


def description(document: Document) -> str:
    """The marker, then for people the supplier's own number where the bill bears another, and the remark."""
    row, content = document.facts["row"], document.content
    own = row["vinv"] if row["vinv"] != content["number"] else None
    return " | ".join([marker(*content["items"]), *(each for each in (own, row["remark"]) if each)])


def _base(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content.get(name) for name in BASE}


def _named(field: str) -> tuple[str, ...]:
    """The parts of the request body that carry a field; an amount is that of the lines."""
    return {
        "items": ("description",),
        "number": ("invoice",),
        "date": ("invoice",),
        "due": ("dueDate",),
        "order": ("purchaseOrderNumber",),
        "total": ("billLineItems",),
        "lines": ("billLineItems",),
    }[field]


def _of_another_total(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Hold | None:
    """BILL took what we sent and came to another amount: nobody shall pay that."""
    if ours["total"] == theirs["total"]:
        return None
    return Hold((problem("total_differs", "total", f"{theirs['total']}, ours {ours['total']}"),))


def _scheduled(what: str, held: Held) -> Any:
    status = held.bill.payment_status or "?"
    return problem("already_scheduled", what, f"{amount_text(held.total)}, {status}")


def _shown(change: FieldChange) -> str:
    return f"{change.before!r} to {change.after!r}"
