"""The steps that bills and vendor credits share: created, brought into agreement, archived.

PATCH names the lines by their ids. If there are more or fewer than before, the record is replaced (bill section 3.2:
what PUT leaves out is removed). Either repeats everything in the record that is not ours, as it is read right before.
If a person has changed there what the decision rests on, nothing is sent, and the document is decided again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from connector_assets.documents.jde.vouchers.posting import awaits_posting
from connector_assets.documents.jde.vouchers.settled import NOTHING_OPEN, PAID_IN_JDE
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import (
    Bulk,
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    Hold,
    Ignore,
    Step,
    Target,
    differences,
)
from connector_assets.engine.merge import mark, taken
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.words import beside
from connector_assets.pairs.jde_bill.classifications import Classified
from connector_assets.pairs.jde_bill.marker import marker
from connector_assets.pairs.jde_bill.payables.currencies import VendorCurrencies
from connector_assets.pairs.jde_bill.payables.lines import ordered_as, owned_alone, paired
from connector_assets.pairs.jde_bill.payables.sent_before import UNDERWAY, vendors_named
from connector_resources.errors import Refused
from connector_resources.ledger import Delivery, Problem
from connector_resources.ledger.progress import Progress

# of a target's content: what BILL did not keep of what a write of ours repeated, path and value
NOT_KEPT = "not_kept"


class Paying(Protocol):
    """What the steps ask of their flow."""

    context: RunContext
    full_name: str
    settings: Any
    target_entity: ClassVar[str]

    @property
    def classified(self) -> Classified:
        """What leads from a line to its account and department in BILL."""

    @property
    def enrichment(self) -> Any:
        """Who is paid: `payee_of` a row, and the links of `vendors`."""

    def is_settled(self, document: Document, known: Delivery) -> bool:
        """Whether both sides agreed on this very content, and nothing says that anything has changed since."""

    def wanted(self, document: Document, total: Decimal) -> Mapping[str, Any]:
        """The content of a document whose record is for the amount `total`."""

    def release(self, document: Document, known: Delivery, target: Target | None) -> Decision | None:
        """What has to be done first before BILL can pay the record; None where nothing has."""

    def hand_over(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """What has to be done in JDE while BILL can pay the record; None where nothing has."""


class Records(Protocol):
    """What BILL holds of one resource, as targets."""

    currencies: VendorCurrencies
    alone: set[str]

    def seen(self, records: Sequence[Any]) -> list[Target]:
        """Records that a write answered."""

    def moved(self, target: Target, record: Any) -> str | None:
        """What of a record, as it is right before a write, is not as it was read, in words; None where nothing is."""

    def in_force(self, key: str, vendors: Collection[str]) -> list[Target]:
        """The records of these vendors that can be paid and cover a pay item or order."""


R = TypeVar("R", bound=Records)


class PayableSteps(ABC, Generic[R]):
    """Takes steps with the records of one of BILL's resources."""

    # what create and update carry, and the parts of the request body that carry it; an amount is that of the lines
    parts: ClassVar[Mapping[str, tuple[str, ...]]]

    def __init__(self, flow: Paying, records: R) -> None:
        self.flow = flow
        self.records = records
        # id -> the record as it was read, where a write found it to be changed since
        self._outdated: dict[str, Target] = {}

    @property
    @abstractmethod
    def resource(self) -> Any:
        """The client's verbs."""

    @abstractmethod
    def lines_held(self, target: Target) -> Sequence[Any]:
        """The lines of a record."""

    @abstractmethod
    def body(self, document: Document, content: Mapping[str, Any], ids: Sequence[str | None] = ()) -> dict[str, Any]:
        """The whole request body of a content; `ids` are those of the lines that are there already."""

    @abstractmethod
    def untouchable(self, target: Target, changes: Sequence[FieldChange], *, reduced: bool) -> Hold | None:
        """Why a record is left as it is; None where it may be changed."""

    def base(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What create and update carry, of a content; of its lines what is ours."""
        base = {name: content.get(name) for name in self.parts}
        return base | {"lines": owned_alone(content.get("lines") or (), self.flow.classified.owned)}

    def outdated(self, target: Target) -> bool:
        """Whether a write found that a person changed the record after it was read so."""
        return self._outdated.get(target.id) is target

    def kept(self, known: Delivery, target: Target) -> Hold | None:
        """What a person had put into the record, and a write of ours lost; None where nothing is, or somebody has seen
        to it."""
        gone = (known.content or {}).get(NOT_KEPT) or {}
        if not gone or known.released or target.content["void"]:
            return None
        return Hold(tuple(problem("not_kept", field, f"{value} of {target.label}") for field, value in gone.items()))

    # -- deciding -------------------------------------------------------------------------------------------------

    def awaits_posting(self, document: Document, *, sent: bool) -> Done | Hold | Ignore | None:
        """What is decided where a liability of an unposted voucher would be made or raised; None where it is posted, or
        is of an order, which is never posted."""
        row = document.facts["row"]
        if row.get("unposted") is None:
            return None
        return awaits_posting(row, self.flow.settings, self.flow.context.today("jde"), sent=sent)

    def amend(
        self, document: Document, known: Delivery, target: Target, total: Decimal, fields: Collection[str]
    ) -> Decision | None:
        """Bring a record into agreement in these fields, for the amount `total`; None where there is nothing to do.
        What would raise it waits until it is posted."""
        content = self.flow.wanted(document, total)
        ours = self.base(content)
        theirs = self._ordered(self.base(target.content), ours)
        agreed = self._ordered(self.base(known.content), theirs) if known.content is not None else theirs
        if known.progress.accepted == mark(ours) and (known.state in UNDERWAY or agreed == theirs):
            return _of_another_total(ours, theirs)
        changes = tuple(each for each in differences(theirs, ours) if each.field in fields)
        if not changes:
            return None
        foreign_changes = [
            each
            for each in differences(agreed, theirs)
            if each.field in fields and theirs[each.field] != ours[each.field]
        ]
        if foreign_changes and self.flow.settings.on_conflict == "hold":
            return Hold(tuple(_changed(foreign_changes, total)), conflict=True)
        if total > Decimal(theirs["total"]) and (waits := self.awaits_posting(document, sent=True)):
            return waits
        reduced = total < Decimal(theirs["total"])
        return self.untouchable(target, changes, reduced=reduced) or Do(self.update(document, known, target, content))

    def unless_paid(self, decision: Decision, document: Document, known: Delivery) -> Decision:
        """Once all is done, a person is informed of what JD Edwards closed without a payment: BILL cannot pay it
        then."""
        unproved = document.content.get("unproved")
        if not unproved or known.target_id is None or decision != Done():
            return decision
        currency = document.content["currency"] or ""
        return Hold((problem("settled_without_payment", "pay item", f"{unproved} {currency}".strip()),))

    def shrink(self, document: Document, known: Delivery, target: Target) -> Do | None:
        """What left a record must not come back with it: it may be in another by then."""
        gone = set(target.content["items"]) - set(document.content["items"])
        if not gone or not document.content["lines"]:
            return None
        return Do(self.update(document, known, target, document.content))

    @staticmethod
    def _ordered(content: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        return content | {"lines": ordered_as(content["lines"], wanted["lines"])}

    def repay(self, document: Document, known: Delivery, target: Target, *, untouched: bool) -> Decision | None:
        """What to do with a record of a vendor that is not to be paid; None if it is the right vendor's. The other
        one's is put out of reach first, and only then, as it was read, a new one takes its place: whether BILL lets a
        record change its vendor is not established (bill section 3.2.1), and who approved the payment of one vendor has
        not approved that of another."""
        content, row = document.content, document.facts["row"]
        ours, theirs = content["vendor"], target.content["vendor"]
        if ours == theirs and not row.get("repaid"):
            return None
        if target.content["void"]:
            if row.get("repaid"):
                # the next run says what keeps it from being sent, or sends it
                return Hold((self._payee(document, theirs, f"archived, and {row['repaid']}"),), again=True)
            strange = None if known.released else self.not_ours(known, "archived")
            return strange or self.flow.release(document, known, target) or Do(self.again(document))
        agreed = (known.content or {}).get("vendor")
        settings = self.flow.settings
        follows = agreed == theirs or settings.on_conflict == "source"
        if follows and untouched and settings.on_payee_change == "replace":
            step = self.act("archive", known, target)
            return Do(replace(step, changes=(*step.changes, FieldChange("vendor", theirs, ours))))
        return Hold((self._payee(document, theirs, self.in_words(target)),))

    def _payee(self, document: Document, theirs: str | None, state: str) -> Problem:
        enrichment = self.flow.enrichment
        payee = enrichment.payee_of(document.facts["row"])
        return problem("payee_changed", "vendor", f"{enrichment.vendors.named(theirs)}, ours supplier {payee}; {state}")

    def again(self, document: Document) -> Step:
        """A new record in the place of the archived one, which the link follows."""
        made = self.create(document, lambda sent: self.made_again(document, sent))
        return replace(made, name="create again", outcome="updated", bulk=None)

    def made_again(self, document: Document, sent: Mapping[str, Any]) -> Target:
        """Make it, unless one is there: also one that was sent before and never answered, whoever was to be paid by
        it."""
        named = vendors_named(self.flow.context.ledger, self.flow.full_name, [document])
        found = self.records.in_force(document.key, {sent["vendorId"], *named[document.key]})
        if len(found) > 1:
            several = ", ".join(each.id for each in found)
            raise Refused(f"{len(found)} records of {document.key} are in force: {several}; void all but one in BILL")
        return found[0] if found else self.records.seen([self.resource.create(sent)])[0]

    @abstractmethod
    def in_words(self, target: Target) -> str:
        """Amount and state of a record, in words."""

    def not_ours(self, known: Delivery, status: str) -> Hold | None:
        """We restore what we archived; of what somebody else archived a person decides, unless the source wins."""
        if (known.content or {}).get("void") or self.flow.settings.on_conflict == "source":
            return None
        return Hold((problem("changed_on_both_sides", "status", status),), conflict=True)

    def new(self, document: Document, known: Delivery, create: Callable[[], Step]) -> Decision:
        """Of what BILL has nothing of: made where it is open, approved, posted and handed over."""
        if not (Decimal(document.content["amount"]) and document.facts["row"]["approved"]):
            return left_alone(document)
        waits = self.awaits_posting(document, sent=False)
        if waits is None and (held := document.facts["row"].get("on_hold")):
            return Hold((problem("supplier_on_hold", "supplier", held),))
        return waits or self.flow.release(document, known, None) or Do(create())

    # -- steps ----------------------------------------------------------------------------------------------------

    def create(self, document: Document, send: Callable[[Mapping[str, Any]], Target]) -> Step:
        """Make the record."""
        content, resource = self.base(document.content), self.resource
        self.records.currencies.know(document.content["vendor"], document.content["currency"])
        return Step(
            name="create",
            body=self.body(document, document.content),
            send=send,
            outcome="created",
            progress=taken(content),
            changes=differences({}, content),
            bulk=Bulk(
                self.flow.target_entity, resource.BULK, lambda bodies: self.records.seen(resource.create_many(bodies))
            ),
        )

    def update(self, document: Document, known: Delivery, target: Target, content: Mapping[str, Any]) -> Step:
        """Change what differs."""
        ours = self.base(content)
        theirs = self._ordered(self.base(target.content), ours)
        changes = differences(theirs, ours)
        held = self.base(target.content)["lines"]
        ids = paired(ours["lines"], held, [line.id for line in self.lines_held(target)])
        whole = self.body(document, content, ids)
        fields = {change.field for change in changes}
        anew = "lines" in fields and len(held) != len(content["lines"])
        named = [name for field, names in self.parts.items() if field in fields for name in names]
        verb = self.resource.replace if anew else self.resource.update

        def send(sent: Mapping[str, Any]) -> Target:
            unless = self._unless(target)
            written = self.records.seen([verb(target.id, sent, owned=self.owned, unless=unless)])[0]
            lines = ordered_as(self.base(written.content)["lines"], ours["lines"])
            return replace(written, content={**written.content, "lines": lines, **self.noticed(known, target, written)})

        return Step(
            name="replace" if anew else "update",
            body=whole if anew else {name: whole[name] for name in whole if name in named},
            send=send,
            outcome="updated",
            progress=self.progress(
                mark(ours), known, target, raised=Decimal(content["total"]) > Decimal(theirs["total"])
            ),
            changes=changes,
        )

    @property
    def owned(self) -> tuple[str, ...]:
        """What of a record is ours, whatever a body says of it."""
        (lines,) = self.parts["lines"]
        top = [name for names in self.parts.values() for name in names]
        coding = [f"{lines}.classifications.{name}" for name in self.flow.classified.owned]
        return (*dict.fromkeys(top), f"{lines}.description", *coding)

    def progress(self, marked: str, known: Delivery, target: Target, *, raised: bool) -> Progress:
        """What is remembered of a change, beside the mark of what is sent."""
        return Progress(marked)

    def noticed(self, known: Delivery, before: Target, after: Target) -> dict[str, Any]:
        """What is remembered of how a change went, as a part of the content that it left."""
        gone = {} if known.released else dict((known.content or {}).get(NOT_KEPT) or {})
        gone |= {field: str(value) for field, value in self.record_of(after).not_kept.items()}
        return {NOT_KEPT: gone} if gone else {}

    @abstractmethod
    def record_of(self, target: Target) -> Any:
        """BILL's record of a target."""

    def _unless(self, target: Target) -> Callable[[Any], str | None]:
        def unless(record: Any) -> str | None:
            why = self.records.moved(target, record)
            if why is not None:
                self._outdated[target.id] = target
                self.records.alone.add(target.id)
            return why

        return unless

    def act(self, name: str, known: Delivery, target: Target) -> Step:
        """Archive or restore: a request without a body."""
        verb = getattr(self.resource, name)
        return Step(
            name=name,
            body={},
            send=lambda _: self.records.seen([verb(target.id)])[0],
            outcome="updated",
            progress=known.progress,
            changes=(FieldChange("void", target.content["void"], not target.content["void"]),),
        )


def description(document: Document) -> str:
    """The marker, then for people the supplier's own number where the record bears another, and the remark."""
    row, content = document.facts["row"], document.content
    own = row["vinv"] if row["vinv"] != content["number"] else None
    return " | ".join([marker(*content["items"]), *(each for each in (own, row["remark"]) if each)])


def line_bodies(lines: Sequence[Mapping[str, Any]], ids: Sequence[str | None] = ()) -> list[dict[str, Any]]:
    """The request bodies of the lines of a content; those that BILL has already are named by their ids, in order."""
    named: list[str | None] = [*ids, *[None] * len(lines)]
    return [
        ({"id": id} if id else {})
        | {
            "amount": Decimal(line["amount"]),
            "description": line["description"],
            "classifications": dict(line["classifications"]),
        }
        for line, id in zip(lines, named, strict=False)
    ]


def settled_there(document: Document, recorded: Decimal) -> bool:
    """Whether what JD Edwards closed without a payment is just what BILL has `told` it as paid: it was booked as a
    journal, by us or by a clerk. Nothing is open then in either."""
    unproved = document.content.get("unproved")
    by_payments = Decimal(document.content.get("by_target") or 0)
    return unproved is not None and Decimal(unproved) == recorded and not by_payments


def left_alone(document: Document) -> Ignore:
    """The rule for what BILL has nothing of, and nothing is open of."""
    paid = any(not each["void"] for each in document.content["payments"])
    return Ignore(PAID_IN_JDE if paid else NOTHING_OPEN)


def shown(change: FieldChange) -> str:
    """A change in words."""
    return change.in_words


def _changed(changes: Sequence[FieldChange], total: Decimal) -> Iterator[Problem]:
    """What a person changed in BILL, which would pay more than JDE owes where its record is for more than `total`."""
    raised = any(each.field == "total" and Decimal(str(each.after)) > total for each in changes)
    for each in changes:
        if raised and each.field == "total":
            yield problem("raised_in_target", "amount", beside(each.after, amount_text(total)))
        elif not (raised and each.field == "lines"):
            yield problem("changed_on_both_sides", each.field, each.in_words)


def _of_another_total(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Hold | None:
    """BILL took what we sent and came to another amount: nobody shall pay that."""
    if ours["total"] == theirs["total"]:
        return None
    return Hold((problem("total_differs", "total", beside(theirs["total"], ours["total"])),))
