"""Vouchers as Coupa invoices: draft, optional submit and bypass, payments, void (coupa sections 3.4 and 3.5a)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import by, chunks
from connector_assets.documents.jde.vouchers.posting import POSTING
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
from connector_assets.engine.merge import mark, taken
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.references import number_of
from connector_assets.engine.words import beside
from connector_assets.pairs.jde_coupa.invoices.remit_to import TABLE as REMIT_TO
from connector_assets.pairs.jde_coupa.invoices.remit_to import RemitTo, remit_to_of
from connector_assets.pairs.jde_coupa.invoices.writer import Writer
from connector_assets.pairs.jde_coupa.paging import PAGE, by_ids
from connector_assets.pairs.jde_coupa.payments_to_coupa.on_invoices import (
    IN_COUPA,
    MONEY,
    NAMES,
    WAITS,
    by_coupa_pay,
    pay_step,
    payments_held,
    taken_off,
    undone,
)
from connector_assets.pairs.jde_coupa.payments_to_coupa.otherwise import UnderWay, not_ours, paid_by_jde, recorded
from connector_resources.coupa.models import APPROVED, DEAD, VOIDABLE, VOIDED, Invoice
from connector_resources.ledger import Delivery, Intent
from connector_resources.ledger.progress import Progress

# the part of the content that create and update carry; the rest is reported by steps of its own
BASE = ("key", "number", "date", "supplier", "currency", "amount", "tax", "term", "lines")
OVER = DEAD | {VOIDED}
# the fields that say who gets the money
PARTIES = ("supplier", REMIT_TO)


def base_of(content: Mapping[str, Any], named: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields that create and update carry, of a content. The due date is computed by Coupa from the terms and is
    not ours. The remit-to address is, where the content (or the one that is `named`) says one."""
    where = (REMIT_TO,) if REMIT_TO in (content if named is None else named) else ()
    return {name: content.get(name) if name == REMIT_TO else content[name] for name in (*BASE, *where)}


class InvoiceDrafts(Writer):
    """Modes `invoices_draft` and `payment_update_only`."""

    entity = "invoices"

    def holds_any(self) -> bool:
        return bool(self.coupa.invoices.holds_any())

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        return bool(self.settings.mode != "payment_update_only")

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        held = by([{"number": each.content["number"], "target": each} for each in self._numbered(documents)], "number")
        hits = {}
        for document in documents:
            content = document.content
            alike = [as_linked(document, each["target"]) for each in held.get(content["number"], ())]
            same = [each for each in alike if each.content["supplier"] == content["supplier"]]
            hits[document.key] = _answering(same, content["key"])
        return {key: found for key, found in hits.items() if found}

    def _numbered(self, documents: Sequence[Document]) -> list[Target]:
        """The invoices of these documents' numbers, whoever's they are: a page of numbers a call. The operator `in` has
        no way to quote: a number with a comma is asked for by itself."""
        numbers = {document.content["number"] for document in documents}
        invoices = self.coupa.invoices
        found = [each for number in sorted(numbers) if "," in number for each in invoices.find(number)]
        for chunk in chunks(sorted(number for number in numbers if "," not in number), PAGE):
            found += invoices.all(filters={"invoice-number[in]": chunk})
        return [self.observe(each) for each in found]

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {str(each.id): self.observe(each) for each in by_ids(self.coupa.invoices, ids)}

    def all(self) -> list[Target]:
        return [self.observe(each) for each in self.coupa.invoices.all()]

    def is_over(self, target: Target) -> bool:
        return target.status in OVER

    def payable(self, target: Target, *, coupa_pays: bool) -> str:
        invoice: Invoice = target.raw
        if self.is_over(target) or invoice.paid or not (coupa_pays or by_coupa_pay(invoice)):
            return ""
        return self._shown(target)

    def undone(self, flow: Flow, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return undone(flow, rows, self.observe)

    # -- deciding -------------------------------------------------------------------------------------------------

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        content = document.content
        if known.target_id is None:
            if self.settings.mode == "payment_update_only":
                link = f"link:{known.flow}:{document.key}"
                return Hold((problem("invoice_not_linked", "invoice", content["number"], waits_for=link),))
            return self.awaits_posting(document, sent=False) or Do(self._create(document))
        agreed = known.state == "settled" and known.content_hash == document.hash
        if agreed and not (known.waiting or known.released or document.moved):
            return Done()
        if target is None:
            return NeedTarget()
        target = as_linked(document, target)
        if content["void"]:
            return self._void(document, known, target)
        if target.status in OVER:
            return Hold((problem("voided_in_target", "status", target.status),), conflict=True)
        change = (
            self._by_another(document, known, target)
            or self._payee(document, known, target)
            or self._redirected(document, known, target)
            or self._taken_off(document, known, target)
            or self._amend(document, known, target)
        )
        if isinstance(change, Done | Hold) and change.waiting == POSTING:
            # what was paid does not wait for what is to be posted
            pays = self._pay(document, target)
            return pays if isinstance(pays, Do) else change
        return change or self._advance(document, known, target) or self._pay(document, target)

    def _by_another(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """Somebody else pays the invoice, or has: Coupa Pay what JD Edwards pays or paid, or a person by hand."""
        row, content = document.facts["row"], document.content
        # Coupa Pay's payments are read only where the invoice shows some that JD Edwards did not make
        foreign_changes = not_ours(content, target.content) if self.pays else []
        if foreign_changes and (by_coupa_pay(target.raw) or self.under_way.of(target.id)[0]):
            credit = Decimal(content["amount"]) < 0
            if hand := self.under_way.by_hand(target.id, foreign_changes, credit=credit):
                shown = f"{hand}, on invoice {target.label}"
                return Hold((problem("paid_by_another", "invoice", shown),), waiting=IN_COUPA)
        if by_coupa_pay(target.raw):
            if self.pays or not row["open_amount"]:
                return self._paid_in_both(document, target)
            shown = f"{amount_text(row['open_amount'])} {row['currency']} open in JD Edwards, which pays it"
            return Hold((problem("payable_in_both", "invoice", f"{shown}; {self._shown(target)}"),))
        found = recorded(content, known.content, target.content)
        if found and self.settings.on_conflict == "hold" and not (self.pays and self.under_way.of(target.id)[0]):
            shown = f"{found} on invoice {target.label}"
            return Hold((problem("paid_by_another", "invoice", shown),), waiting=IN_COUPA)
        if self.pays and paid_by_jde(content) and target.status != APPROVED:
            # once it is approved, Coupa Pay could pay all of it before it is told
            return _already("paid", f"{amount_text(paid_by_jde(content))} of it; {self._shown(target)}")
        return None

    def _paid_in_both(self, document: Document, target: Target) -> Decision | None:
        """JD Edwards has paid what Coupa Pay has taken up. Coupa is told first: what it knows it does not pay."""
        content = document.content
        ours = paid_by_jde(content)
        if not ours:
            # that it is paid there is not for us to change
            return None
        step = pay_step(content, target, self._send_payments, content["date"], self.context.time_zone("coupa"))
        if step is not None and target.status == APPROVED and not target.raw.paid:
            return Do(step)
        theirs, words = self.under_way.of(target.id) if self.pays else (Decimal(content["amount"]), "")
        if not theirs or abs(ours + theirs) <= abs(Decimal(content["amount"])):
            return None
        shown = f"{amount_text(ours)} of it; {self._shown(target)}"
        return _already("paid", ", ".join(filter(None, (shown, words))))

    @cached_property
    def under_way(self) -> UnderWay:
        """What Coupa Pay pays of invoices."""
        return UnderWay(self.context)

    def _shown(self, target: Target) -> str:
        invoice: Invoice = target.raw
        paid = "paid, " if invoice.paid else ""
        shown = f"{target.label} of {target.content['amount']} {target.content['currency']}, {paid}{target.status}"
        return f"{shown}, payment channel {invoice.payment_channel}" if by_coupa_pay(invoice) else shown

    def _payee(self, document: Document, known: Delivery, target: Target) -> Hold | None:
        """The invoice is another supplier's than the voucher. A draft follows JD Edwards. A submitted invoice was
        reviewed as the other supplier's, and a person must answer for what a person changed."""
        ours, theirs = document.content["supplier"], target.content["supplier"]
        if theirs in (None, ours) or not document.facts["row"]["open_amount"]:
            return None
        if self._follows(document, known, target, "supplier"):
            return None
        shown = f"supplier {theirs}, ours {ours}; {target.label} of {target.content['amount']}, {target.status}"
        return Hold((problem("payee_changed", "supplier", shown),))

    def _redirected(self, document: Document, known: Delivery, target: Target) -> Hold | None:
        """Coupa Pay would send the money to another address of the supplier than is mapped for the payee, or than the
        invoice was left with. A draft of ours follows the mapping."""
        row, before = document.facts["row"], known.content or {}
        ours, theirs = document.content.get(REMIT_TO), target.content[REMIT_TO]
        left = before.get(REMIT_TO, theirs)
        if not (self.pays and row["open_amount"]) or target.content["supplier"] != document.content["supplier"]:
            return None
        strange = self._remit_to.payee(row["supplier"], theirs) if ours is None else None
        if ours is None and strange is None:
            # somebody took it off the address of a payee who is it no more
            taken_off = self._remit_to.payee(row["supplier"], left) is not None
            if theirs == left or taken_off or known.released:
                return None
        if ours is not None and (theirs == ours or self._follows(document, known, target, REMIT_TO)):
            return None
        wanted = ours or (f"supplier {row['supplier']}'s own" if strange else left or "none")
        shown = f"remit-to {theirs or 'none'}{f', {strange}' if strange else ''}, ours {wanted}"
        shown += f"; {target.label} of {target.content['amount']}, {target.status}"
        return Hold((problem("payee_changed", REMIT_TO, shown),))

    def _follows(self, document: Document, known: Delivery, target: Target, field: str) -> bool:
        """Whether a draft with another party than the voucher's is given to the right one: the voucher's changed, or
        the source wins over who changed the draft. What Coupa did not take before is not sent for ever."""
        there = target.content[field]
        untouched = (known.content or {}).get(field, there) == there
        if target.status != "draft":
            return False
        if untouched:
            return not _accepted(document, known)
        return bool(self.settings.on_conflict == "source")

    @cached_property
    def _remit_to(self) -> RemitTo:
        return RemitTo(self.context)

    def _taken_off(self, document: Document, known: Delivery, target: Target) -> Hold | None:
        """What a person took off of the payments that we told: it is not told again by itself."""
        if self.settings.on_conflict == "source":
            return None
        gone = taken_off(document.content, known.content, target.content)
        shown = f"{', '.join(gone)} on invoice {target.label}"
        return Hold((problem("undone_in_target", "payment", shown),), conflict=True) if gone else None

    def _amend(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """Bring header and lines into agreement, unless Coupa has accepted this very content before."""
        named = document.content
        wanted, held = base_of(named), base_of(target.content, named)
        if self.settings.mode == "payment_update_only":
            return None
        # a draft with another party than was accepted was let through by what looks at the parties
        strange = any(wanted[name] != held[name] for name in PARTIES if wanted.get(name) and held[name] is not None)
        if _accepted(document, known) and not (strange and target.status == "draft"):
            return self._of_another_total(wanted, held) or self._renamed(document, known, target)
        changes = differences(held, wanted)
        if not changes:
            return None
        agreed = base_of(known.content, named) if known.content is not None else held
        foreign_changes = [each for each in differences(agreed, held) if held[each.field] != wanted[each.field]]
        if foreign_changes and self.settings.on_conflict == "hold":
            found = [problem("changed_on_both_sides", each.field, each.in_words) for each in foreign_changes]
            return Hold(tuple(found), conflict=True)
        waits = self.awaits_posting(document, sent=True) if _grows(wanted, held) else None
        return waits or Do(self._update(document, known, target, changes))

    def _of_another_total(self, wanted: Mapping[str, Any], held: Mapping[str, Any]) -> Hold | None:
        """Coupa took what we sent and came to another total or currency, or a person changed it: nobody shall approve
        or pay that."""
        differing = [name for name in MONEY if wanted[name] != held[name]]
        if not differing:
            return None
        more = self.pays and differing == ["amount"] and _grows(held, wanted)
        reason = "more_payable" if more else "total_differs"
        return Hold(tuple(problem(reason, name, beside(held[name], wanted[name])) for name in differing))

    def _renamed(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """A person gave the invoice another number, or took our key off it, so that nobody finds it by them."""
        wanted, held, left = document.content, target.content, known.content or {}
        changes = [
            each
            for each in differences(held, wanted)
            if each.field in NAMES and left.get(each.field) == wanted[each.field]
        ]
        if not changes:
            return None
        if self.settings.on_conflict == "source":
            return Do(self._update(document, known, target, tuple(changes)))
        found = [
            problem("changed_on_both_sides", each.field, beside(held[each.field], wanted[each.field]))
            for each in changes
        ]
        return Hold(tuple(found), conflict=True)

    def _advance(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """Submit once, and approve without approvers where the site asks for it."""
        until = document.content["until"]
        done = known.progress.done
        number = int(target.id)
        if until != "draft" and target.status == "draft" and not done:
            return Do(self._act("submit", known, target, "submitted", lambda _: self.coupa.invoices.submit(number)))
        if until == APPROVED and target.status == "pending_approval" and done == "submitted":
            act = "bypass_approvals"
            return Do(self._act(act, known, target, APPROVED, lambda _: self.coupa.invoices.bypass_approvals(number)))
        return None

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        """What was accepted is forgotten; that we submitted it is not, and shows by the status."""
        done = known.progress.done
        for intent in intents:
            act = Progress.parse(intent.detail.get("stage")).done
            if (act == "submitted" and target.status != "draft") or (act == APPROVED == target.status):
                done = act
        return Progress(done=done) if done else None

    def _pay(self, document: Document, target: Target) -> Decision:
        """Append the payments that Coupa lacks. Only approved invoices are payable: until then it waits. What Coupa Pay
        has paid is paid, before JD Edwards has it booked."""
        content = document.content
        if self.pays and by_coupa_pay(target.raw):
            content = content | {"paid": content["paid"] or bool(target.raw.paid)}
        step = pay_step(content, target, self._send_payments, content["date"], self.context.time_zone("coupa"))
        if step is None:
            return Done()
        # a draft with nothing to tell about payments is not waiting for anything
        return Do(step) if target.status == APPROVED else Done(waiting=WAITS)

    def _send_payments(self, number: int, sent: Mapping[str, Any]) -> Target:
        return self.observe(self.coupa.invoices.pay(number, sent))

    def _void(self, document: Document, known: Delivery, target: Target) -> Decision:
        """Void what may be voided, abandon what is not approved yet (coupa section 3.4); but nothing that is paid there
        or is about to be: that an invoice is void stops no payment."""
        if target.status in OVER:
            return Done()
        theirs = recorded(document.content, known.content, target.content)
        if by_coupa_pay(target.raw):
            theirs = self.under_way.of(target.id)[1] if self.pays else self._shown(target)
        if theirs:
            return _already("voided", f"{theirs} on invoice {target.label}")
        act = "void" if target.status in VOIDABLE else "abandon"
        verb = self.coupa.invoices.void if act == "void" else self.coupa.invoices.abandon
        number = int(target.id)
        return Do(self._act(act, known, target, "", lambda _: verb(number)))

    # -- steps ----------------------------------------------------------------------------------------------------

    def _create(self, document: Document) -> Step:
        content = document.content
        return Step(
            name="create",
            body=self._body(document, base_of(content)),
            send=lambda sent: self.observe(self.coupa.invoices.create(sent)),
            outcome="created",
            progress=taken(base_of(content)),
            changes=differences({}, base_of(content)),
        )

    def _update(self, document: Document, known: Delivery, target: Target, changes: tuple[FieldChange, ...]) -> Step:
        number = int(target.id)
        return Step(
            name="update",
            body=self._body(document, [change.field for change in changes], current=target.raw),
            send=lambda sent: self.observe(self.coupa.invoices.update(number, sent)),
            outcome="updated",
            progress=taken(base_of(document.content)).after(known.progress.done),
            changes=changes,
        )

    def _act(self, name: str, known: Delivery, target: Target, done: str, verb: Any) -> Step:
        """A change of state: its request has no body. An answer that does not show another status may be that of an
        earlier call: the invoice is looked at."""

        def send(sent: Mapping[str, Any]) -> Target:
            moved = self.observe(verb(sent))
            return moved if moved.status != target.status else self.observe(self.coupa.invoices.get(int(target.id)))

        return Step(
            name=name,
            body={},
            send=send,
            outcome="updated",
            progress=known.progress.after(done),
            changes=(FieldChange("status", target.status, name),),
        )

    def _body(self, document: Document, fields: Collection[str], current: Invoice | None = None) -> dict[str, Any]:
        content, facts = document.content, document.facts
        whole: dict[str, dict[str, Any]] = {
            "number": {"invoice-number": content["number"]},
            "date": {"invoice-date": content["date"]},
            "supplier": {"supplier": {"id": number_of(facts["row"]["supplier_id"])}},
            "currency": {"currency": {"code": content["currency"]}},
            "tax": {"tax-amount": content["tax"]},
            "term": {"payment-term": {"code": content["term"]}} if content["term"] else {},
            "lines": {"invoice-lines": self._lines(document, current)},
            "key": self._key(content["key"]),
            REMIT_TO: {"remit-to-address": {"remit-to-code": content.get(REMIT_TO)}},
            "amount": {},
        }
        body: dict[str, Any] = {}
        if current is None:
            body |= {"account-type": {"name": self.chart(document)}, "line-level-taxation": False}
        for name in (*BASE, REMIT_TO):
            if name in fields:
                body |= whole[name]
        return body

    def _key(self, key: str) -> dict[str, Any]:
        field = self.settings.key_custom_field
        return {"custom-fields": {field: key}} if field else {"internal-note": key}

    def _lines(self, document: Document, current: Invoice | None) -> list[dict[str, Any]]:
        """One amount line per distribution line; lines that exist are named by their id, to be changed in place."""
        ids = {line.line_num: line.id for line in current.invoice_lines} if current else {}
        accounts = self.accounts()
        lines: list[dict[str, Any]] = []
        for number, (line, source) in enumerate(zip(document.content["lines"], _in_order(document), strict=True), 1):
            lines.append(
                ({"id": ids[number]} if number in ids else {})
                | {
                    "type": "InvoiceAmountLine",
                    "line-num": number,
                    "description": line["description"],
                    "price": line["amount"],
                    "currency": {"code": document.content["currency"]},
                    "account": accounts.account(source, line["account"]),
                }
            )
        surplus = [{"id": id, "_delete": True} for number, id in ids.items() if (number or 0) > len(lines)]
        return lines + surplus

    # -- observing ------------------------------------------------------------------------------------------------

    def observe(self, invoice: Invoice) -> Target:
        """A Coupa invoice in the terms of this flow's content."""
        field = self.settings.key_custom_field
        key = invoice.custom(field) if field else invoice.internal_note
        total = invoice.total_with_taxes if invoice.total_with_taxes is not None else invoice.gross_total
        content = {
            "key": str(key) if key else None,
            "number": invoice.invoice_number,
            "date": invoice.invoice_date.isoformat() if invoice.invoice_date else None,
            "supplier": invoice.supplier.number if invoice.supplier else None,
            "currency": invoice.currency.code if invoice.currency else None,
            "amount": _text(total),
            "tax": _text(invoice.tax_amount),
            "term": invoice.payment_term.code if invoice.payment_term else None,
            "lines": [
                {
                    "account": line.account.code if line.account else None,
                    "amount": _text(line.total if line.total is not None else line.price),
                    "description": line.description,
                }
                for line in sorted(invoice.invoice_lines, key=lambda each: each.line_num or 0)
            ],
            REMIT_TO: remit_to_of(invoice) or "",
            "payments": payments_held(invoice),
            "paid": bool(invoice.paid),
            "void": invoice.status in OVER,
        }
        return Target(
            str(invoice.id),
            content,
            status=invoice.status or "",
            label=invoice.invoice_number or "",
            raw=invoice,
            version=version_text(invoice.updated_at),
        )


def _already(what: str, payment: str) -> Hold:
    return Hold((problem("already_scheduled", what, payment),), waiting=IN_COUPA)


def as_linked(document: Document, target: Target) -> Target:
    """An invoice of the supplier that the voucher's supplier is linked to, as that supplier's: a supplier linked by
    hand may have another number in Coupa."""
    invoice: Invoice | None = target.raw
    linked = document.facts["row"]["supplier_id"]
    if invoice is None or invoice.supplier is None or str(invoice.supplier.id) != linked:
        return target
    return replace(target, content=target.content | {"supplier": document.content["supplier"]})


def _answering(same: Sequence[Target], key: str) -> list[Target]:
    """The invoice that carries our key; else those that carry no voucher's key and are still of use."""
    ours = [hit for hit in same if hit.content["key"] == key]
    return ours or [hit for hit in same if not hit.content["key"] and hit.status not in OVER]


def _accepted(document: Document, known: Delivery) -> bool:
    """Whether Coupa has accepted this very content before."""
    return known.progress.accepted == mark(base_of(document.content))


def _grows(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    return abs(Decimal(wanted["amount"])) > abs(Decimal(held["amount"]))


def _in_order(document: Document) -> list[Mapping[str, Any]]:
    return sorted(document.facts["lines"], key=lambda line: line["line"])


def _text(amount: Decimal | None) -> str:
    return amount_text(amount or Decimal("0.00"))
