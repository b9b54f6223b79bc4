"""Vouchers as Coupa Pay's external payables: open items that live in the ERP (coupa section 3.5d)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.engine.document import (
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    Hold,
    NeedTarget,
    Step,
    Target,
    differences,
    version_text,
)
from connector_assets.engine.flow import Flow
from connector_assets.engine.merge import converge, taken
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.references import number_of
from connector_assets.pairs.jde_coupa.invoices.writer import Writer
from connector_assets.pairs.jde_coupa.paging import by_ids
from connector_assets.pairs.jde_coupa.payments_to_coupa.on_invoices import IN_COUPA
from connector_assets.systems.records import window_of
from connector_resources.coupa.models import ExternalPayable
from connector_resources.ledger import Delivery

FIELDS = ("key", "number", "date", "due", "currency", "amount", "open")
VOID = frozenset({"voided", "void"})


class ExternalPayables(Writer):
    """Mode `external_payables`. That source name and reference are unique is not established (coupa section 3.5.2): a
    payable is looked for before it is created, and a lost answer waits for the effect window."""

    entity = "external_payables"
    lookup_before_create = True

    def holds_any(self) -> bool:
        return bool(self.coupa.external_payables.holds_any({"source-name": self.settings.source_name}))

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        keys = [document.content["key"] for document in documents]
        found = self.coupa.external_payables.by_references(self.settings.source_name, keys)
        hits = {document.key: found.get(document.content["key"], []) for document in documents}
        return {key: [self.observe(each) for each in same] for key, same in hits.items() if same}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {str(each.id): self.observe(each) for each in by_ids(self.coupa.external_payables, ids)}

    def observe(self, payable: ExternalPayable) -> Target:
        """A payable as it shows itself; a currency that is reported by its id alone is the one of that id."""
        code = self._currencies.get(payable.currency_id) if payable.currency_id is not None else None
        target = observe(payable, code)
        if not payable.suppliers:
            return target
        shown = ", ".join(sorted(self._supplier(id) for id in payable.suppliers))
        return replace(target, content=target.content | {"supplier": shown})

    def _supplier(self, id: int) -> str:
        """The number in JD Edwards of a supplier of Coupa; of one that is not linked what Coupa calls it."""
        if id not in self._suppliers:
            links = self.context.ledger.links.by_target(
                f"{self.context.integration.name}/suppliers", "suppliers", [str(id)]
            )
            known = links.get(str(id))
            self._suppliers[id] = known.source_key.partition(":")[2] if known else f"supplier {id} of Coupa"
        return self._suppliers[id]

    @cached_property
    def _suppliers(self) -> dict[int, str]:
        return {}

    @cached_property
    def _currencies(self) -> dict[int, str]:
        """Id -> code of Coupa's currencies."""
        return {int(row["id"]): row["code"] for row in self.context.reader("coupa").snapshot("currencies")}

    def all(self) -> list[Target]:
        filters = {"source-name": self.settings.source_name}
        return [self.observe(each) for each in self.coupa.external_payables.all(filters=filters)]

    def is_over(self, target: Target) -> bool:
        return target.status in VOID

    def payable(self, target: Target, *, coupa_pays: bool) -> str:
        if self.is_over(target) or not Decimal(target.content["open"]):
            return ""
        currency = target.content.get("currency") or ""
        return f"{target.id} of {target.content['amount']} {currency}".strip() + f", {target.status or '?'}"

    def made_before(self, keys: Collection[str]) -> set[str]:
        payables, name = self.coupa.external_payables, self.settings.source_name
        return {key for key in keys if payables.find(name, key.removeprefix("F0411:")) is not None}

    def undone_between(self, flow: Flow, first: date, last: date) -> dict[str, date | None]:
        """What a person has voided or changed; our own changes leave what was agreed on."""
        start, until = window_of(first, min(last, self.context.today("coupa")), self.context.time_zone("coupa"))
        held = {str(each.id): self.observe(each) for each in self.coupa.external_payables.changed_between(start, until)}
        links = self.context.ledger.links.by_target(flow.full_name, self.entity, list(held))
        known = self.context.ledger.deliveries.load(flow.full_name, [link.source_key for link in links.values()])
        found: dict[str, date | None] = {}
        for id, link in links.items():
            left = known.get(link.source_key)
            if left is None or left.content is None or left.content.get("void"):
                continue
            payee = held[id].content.get("supplier")
            if payee and payee not in self.context.ledger.intents.named(
                flow.full_name, [link.source_key], "supplier"
            ).get(link.source_key, [payee]):
                found[link.source_key] = last
            # of what a person was told of, also that it is as it was
            if left.state in ("held", "conflict") or self.is_over(held[id]) or touched(left.content, held[id].content):
                found[link.source_key] = last
        return found

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.target_id is not None and document.content["void"]:
            return self._void(document, known, target)
        if known.target_id is not None and (known.waiting or document.facts["row"]["touched"]) and target is None:
            return NeedTarget()
        if target is not None and self.is_over(target):
            # its source reference is taken for good: no other one can be made
            return Hold((problem("voided_in_target", "status", target.status),), conflict=True)
        if (
            target is not None
            and target.content.get("supplier", document.content["supplier"]) != document.content["supplier"]
        ):
            shown = f"{target.content['supplier']} in Coupa, {document.content['supplier']} in JD Edwards"
            return Hold((problem("payee_changed", "supplier", f"{target.label}: {shown}"),), waiting=IN_COUPA)
        waits = self.awaits_posting(document, sent=known.target_id is not None)
        if waits is not None and known.target_id is None:
            return waits
        if waits is not None and target is None:
            return NeedTarget()
        now = document if waits is None or target is None else without_growth(document, target)
        if target is not None:
            target = as_sent(target, known, now)
        if target is not None and self.settings.on_conflict == "hold":
            theirs = of_another(now.content, {**target.content, **(known.content or {})}, target)
            if theirs is not None:
                return theirs
        decision = converge(
            {name: now.content[name] for name in FIELDS},
            known,
            # the payee that some answers show was looked at above: it is never changed
            replace(target, content={name: target.content[name] for name in FIELDS}) if target else None,
            create=lambda: self._create(now),
            update=lambda current, changes: self._update(now, current, changes),
            source_wins=self.settings.on_conflict == "source",
            moved=document.moved,
        )
        return waits if waits is not None and now is not document and decision == Done() else decision

    def _void(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.state == "settled" and known.content_hash == document.hash:
            return Done()
        if target is None:
            return NeedTarget()
        if target.status in VOID:
            return Done()
        number = int(target.id)
        return Do(
            Step(
                name="void",
                body={},
                send=lambda sent: self.observe(self.coupa.external_payables.void(number)),
                outcome="updated",
                progress=known.progress,
                changes=(FieldChange("status", target.status, "voided"),),
            )
        )

    def _create(self, document: Document) -> Step:
        wanted = {name: document.content[name] for name in FIELDS}
        return Step(
            name="create",
            body=self._body(document) | self._payee(document),
            send=lambda sent: filled(self.observe(self.coupa.external_payables.create(sent)), wanted),
            outcome="created",
            progress=taken(wanted),
            changes=differences({}, wanted),
        )

    def _update(self, document: Document, target: Target, changes: tuple[FieldChange, ...]) -> Step:
        number, wanted = int(target.id), {name: document.content[name] for name in FIELDS}
        return Step(
            name="update",
            body=self._body(document),
            send=lambda sent: filled(self.observe(self.coupa.external_payables.update(number, sent)), wanted),
            outcome="updated",
            progress=taken(wanted),
            changes=changes,
        )

    def _payee(self, document: Document) -> dict[str, Any]:
        """Who is to be paid, in the attribute that the site's instance takes: the page names none (coupa section
        3.5.2). It is not changed afterwards: another supplier is for a person."""
        number = number_of(document.facts["row"]["supplier_id"])
        match self.settings.payable_payee:
            case "payable-detail.supplier-id":
                return {"payable-detail": {"supplier-id": number}}
            case "payable-detail.supplier":
                return {"payable-detail": {"supplier": {"id": number}}}
            case "payee":
                return {"payee": {"id": number}}
        return {}

    def _body(self, document: Document) -> dict[str, Any]:
        content = document.content
        paid = Decimal(content["amount"]) - Decimal(content["open"])
        body: dict[str, Any] = {
            "source-name": self.settings.source_name,
            "source-reference": content["key"],
            "document-number": content["number"],
            "document-type": "Credit Note" if content["amount"].startswith("-") else "Invoice",
            "document-date": content["date"],
            "document-amount": content["amount"],
            "payable-amount": content["amount"],
            "paid-amount": amount_text(paid),
            "currency": {"code": content["currency"]},
            "account-type": {"name": self.chart(document)},
        }
        if content["due"]:
            body["due-date"] = content["due"]
        if paid and content["payments"]:
            body["paid-date"] = content["payments"][-1]["date"]
        return body


def without_growth(document: Document, target: Target) -> Document:
    """A document as Coupa may have it before its voucher is posted: for no more than it is there, with what was paid
    since."""
    content = document.content
    amount, held = Decimal(content["amount"]), Decimal(target.content["amount"])
    if abs(amount) <= abs(held):
        return document
    left = held - (amount - Decimal(content["open"]))
    return replace(document, content=content | {"amount": amount_text(held), "open": amount_text(left)})


def as_sent(target: Target, known: Delivery, document: Document) -> Target:
    """A payable with what its answer does not show as we sent it last. Of one that was linked, and never written, that
    is what the document says until it says something else."""
    agreed = known.content is None or known.content_hash == document.hash
    return filled(target, document.content if agreed else dict.fromkeys(FIELDS) | dict(known.content or {}))


def filled(target: Target, sent: Mapping[str, Any]) -> Target:
    """A payable with what its answer does not show as `told`: what is only sent does not come back."""
    return replace(target, content={**{name: sent[name] for name in FIELDS}, **target.content})


def touched(left: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether a payable is not as we left it, of what both answers show: dates and currency need not be in an answer
    (coupa section 3.5.2)."""
    return any(None not in (left.get(name), held.get(name)) and left[name] != held[name] for name in FIELDS)


def of_another(wanted: Mapping[str, Any], left: Mapping[str, Any], target: Target) -> Hold | None:
    """What a person recorded as paid that JD Edwards did not pay, or made larger than JD Edwards owes: `left` is how we
    left the payable. What else was changed is reported as any field is."""
    held = target.content
    shown = f"{held['amount']} {wanted['currency']}, {held['open']} of it open in Coupa, {wanted['open']} in JD Edwards"
    paid, ours = _paid(held), _paid(wanted)
    if paid != _paid(left) and abs(paid) > abs(ours):
        return Hold((problem("paid_by_another", "open", f"{target.label} of {shown}"),), waiting=IN_COUPA)
    if held["open"] != left["open"] and Decimal(held["open"]) > Decimal(wanted["open"]):
        return Hold((problem("more_payable", "open", f"{target.label} of {shown}"),), waiting=IN_COUPA)
    return None


def _paid(content: Mapping[str, Any]) -> Decimal:
    return Decimal(content["amount"]) - Decimal(content["open"])


def observe(payable: ExternalPayable, currency: str | None = None) -> Target:
    """An external payable in the terms of this flow's content, without what its answer does not show; `currency` is
    that of its currency id."""
    amount, paid = payable.payable_amount or Decimal(0), payable.paid_amount or Decimal(0)
    code = payable.currency.code if payable.currency else currency
    content: dict[str, Any] = {
        "key": payable.source_reference,
        "number": payable.document_number,
        **({"date": payable.document_date.isoformat()} if payable.document_date else {}),
        **({"due": payable.due_date.isoformat()} if payable.due_date else {}),
        **({"currency": code} if code else {}),
        "amount": amount_text(amount),
        "open": amount_text(amount - paid),
    }
    return Target(
        str(payable.id),
        content,
        status=payable.status or "",
        label=payable.document_number or "",
        version=version_text(payable.updated_at),
    )
