"""`jde_coupa/payments_to_coupa`: what JD Edwards paid of invoices that originate in Coupa, recorded on those invoices.

**A document** is one such invoice: all vouchers that were made of it, of any revision, and all their payments and
voided payments (F0413, F0414). The flow `invoices` handles vouchers that originate in JD Edwards.

**Natural key.** The invoice's id in Coupa, which the vouchers carry in their mark (see `origin`). Nothing is created.
An invoice that does not agree with its voucher in currency and total is not changed. Payments are appended, each once
by its day, number and amount. Only approved invoices are payable, so the others wait for their approval. Only F0413 and
F0414 prove a payment: what JD Edwards closed without one is never recorded as paid, and is reported to a person.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd
from pydantic import BaseModel, ConfigDict

from connector_assets.documents.coupa.payables import total_of
from connector_assets.documents.jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.documents.jde.keys import (
    VOUCHER_KEY,
    Row,
    by,
    is_settled,
    is_void,
    latest,
    standing,
    voucher_key,
    voucher_parts,
)
from connector_assets.documents.jde.payments.reading import payments_of, unproved
from connector_assets.documents.jde.voucher_entry.origins import Origins, voucher_id
from connector_assets.documents.jde.vouchers.reading import unproved_words
from connector_assets.engine.checks import (
    FrameChecks,
    mapped_columns,
    reason,
    records,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.context import RunContext
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
    version_text,
)
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.pairs.jde_coupa.mark_and_payer import origins, payer_problem
from connector_assets.pairs.jde_coupa.paging import by_ids
from connector_assets.pairs.jde_coupa.payments_to_coupa.on_invoices import (
    IN_COUPA,
    WAITS,
    ZERO,
    by_coupa_pay,
    pay_step,
    payments_held,
    recorded_twice,
    taken_off,
    undone,
)
from connector_assets.pairs.jde_coupa.payments_to_coupa.otherwise import paid_by_jde, recorded
from connector_assets.pairs.jde_coupa.payments_to_jde.origin import OwnPayments
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.models import APPROVED, DEAD, VOIDED, Invoice
from connector_resources.jde import JdeClient
from connector_resources.ledger import Delivery, Problem

OVER = DEAD | {VOIDED}
ENTITY = "F0411"


class PaymentsToCoupaSettings(BaseModel):
    """Nothing of its own: the mark and the payer are settings of `approved_invoices`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PaymentsToCoupa(Flow):
    """Payments of JD Edwards to the invoices that originate in Coupa."""

    name = "payments_to_coupa"
    title = "Payments of JD Edwards on invoices that originate in Coupa"
    sources = (
        *(Source("jde", table) for table in ("F0411", "F0413", "F0414")),
        Source("coupa", "invoices"),
        Source("jde", "F0010", daily=False),
    )
    after = ("approved_invoices",)
    optional = True
    carries_money = True
    amounts_of = "jde"
    source_role, source_entity = "jde", ENTITY
    target_role, target_entity = "coupa", "invoices"
    natural_key = "the invoice's id in the voucher's mark"
    lookup_fields = ("invoice",)
    document_columns: ClassVar[Mapping[str, str]] = {
        "invoice": "str",
        "touched": "bool",
        "vouchers": "str",
        "gross": "money",
        "payments": "str",
        "paid": "bool",
        # in words what is closed of it without a payment
        "unproved": "str?",
        "in_force": "int",
        "payer": "str",
    }
    Settings = PaymentsToCoupaSettings
    needs_opening = False
    lookup_before_create = True

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose invoice a person changed in Coupa, as this run has read it
        self._touched: set[str] = set()

    @cached_property
    def origins(self) -> Origins:
        """Which vouchers originate in Coupa."""
        return origins(self.context)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """A payment header names no voucher, its details do; neither names the mark, the voucher does. And invoices of
        which a person took off what we told."""
        if entity == self.target_entity:
            found = undone(self, rows, self.observe)
            self._touched |= found.keys()
            return found
        reader = self.context.reader("jde")
        if entity == "F0411":
            return self._marked_days(rows)
        if entity == "F0413":
            headers = {row["PYID"]: row.get("UPMJ") for row in rows}
            details = reader.complete("F0414", ["PYID"], [(payment,) for payment in headers])
            rows = [{**row, "UPMJ": headers[row["PYID"]]} for row in details]
        days: dict[str, date | None] = {}
        for row in rows:
            days[voucher_key(row)] = latest(days, voucher_key(row), row)
        items = reader.complete("F0411", VOUCHER_KEY, [voucher_parts(key) for key in days])
        return self._marked_days([{**row, "UPMJ": days[voucher_key(row)]} for row in items])

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["touched"])

    def all_keys(self) -> dict[str, date | None]:
        made = self.origins.all(self.context.client("jde", JdeClient))
        return self._marked_days([row for items in made.vouchers.values() for row in items])

    def _marked_days(self, rows: Sequence[Row]) -> dict[str, date | None]:
        days: dict[str, date | None] = {}
        of = self.origins.of_rows(rows)
        for row in rows:
            origin = of.get(voucher_id(row))
            if origin is not None:
                key = self._key(str(origin[0]))
                days[key] = latest(days, key, row)
        return days

    def _key(self, invoice: str) -> str:
        return f"{ENTITY}:invoice/{invoice}"

    def _invoice(self, key: str) -> str:
        return key.removeprefix(self._key(""))

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader = self.context.reader("jde")
        vouchers = self.origins.vouchers(reader, [int(self._invoice(key)) for key in keys])
        parts = [tuple(items[0][column] for column in VOUCHER_KEY) for found in vouchers.values() for items in found]
        details = reader.complete("F0414", VOUCHER_KEY, parts)
        headers = reader.complete("F0413", ["PYID"], [(payment,) for payment in {row["PYID"] for row in details}])
        # what Coupa Pay paid while it was the payer, Coupa knows by itself
        elsewhere = OwnPayments(self.context)(headers, details)
        paid = _Paid(by(details, *VOUCHER_KEY), {row["PYID"]: row for row in headers}, elsewhere)
        currencies = company_currencies(reader)
        assembly = Assembly()
        for invoice, found in vouchers.items():
            key = self._key(str(invoice))
            assembly.rows += (count := sum(map(len, found)))
            assembly.rows_in_documents += count
            if found:
                assembly.documents.append(
                    {"key": key, "day": keys[key], "ignored": None, "invoice": str(invoice), "payer": ""}
                    | {"touched": key in self._touched}
                    | _paid_of(found, paid, currencies)
                )
        return assembly

    def resolve(self, frames: Frames) -> Frames:
        documents = frames.documents.copy()
        linked = self.context.ledger.links.of(self.full_name, list(documents["key"]))
        rows = records(documents)
        # what nets out without ever having been told is no news
        columns = ("paid", "amount", "unproved")
        ignored = [None if row["key"] in linked or any(row[each] for each in columns) else "not_paid" for row in rows]
        documents["ignored"] = pd.Series(ignored, index=documents.index, dtype=object)
        contradiction = payer_problem(self.context.integration.settings, "jde")
        documents["payer"] = pd.Series([contradiction] * len(rows), index=documents.index, dtype=object)
        return Frames(documents, frames.lines)

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema(self.name, mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                self.name,
                {
                    "payer": [reason("another_payer", lambda why: why == "")],
                    "in_force": [reason("not_unique", lambda count: count <= 1)],
                    "currency": [required()],
                },
            ),
            shows={"not_unique": "vouchers"},
            names={"in_force": "voucher of the invoice"},
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "invoice": row["invoice"],
            "currency": row["currency"],
            "total": amount_text(row["gross"]),
            "amount": amount_text(row["amount"]),
            "payments": json.loads(row["payments"]),
            "paid": row["paid"],
            # named only where there is any: it changes nothing in Coupa, and is told all the same
            **({"unproved": row["unproved"]} if row["unproved"] else {}),
        }

    # -- the target side ------------------------------------------------------------------------------------------

    @property
    def coupa(self) -> Any:
        """Coupa's client, opened on first use."""
        return self.context.client("coupa", CoupaClient)

    def holds_any(self) -> bool:
        return bool(self.coupa.invoices.holds_any())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        held = self.read({document.content["invoice"] for document in documents})
        numbers = {document.key: document.content["invoice"] for document in documents}
        return {key: [held[number]] for key, number in numbers.items() if number in held}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {str(each.id): self.observe(each) for each in by_ids(self.coupa.invoices, ids)}

    def targets(self) -> list[Target]:
        """The invoices that vouchers were made of; of all others nothing is told here."""
        wanted = {self._invoice(key) for key in self.all_keys()}
        wanted |= {link.target_id for link in self.context.ledger.links.all(flow=self.full_name)}
        return list(self.read(sorted(wanted, key=int)).values())

    def key_of(self, target: Target) -> str | None:
        return self._key(target.id)

    def inner_duplicates(self, target: Target) -> Collection[str]:
        return recorded_twice(target.content["payments"])

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return tuple(
            FieldChange(name, target.content[name], document.content[name])
            for name in ("currency", "total")
            if target.content[name] != document.content[name]
        )

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        content = document.content
        if known.target_id is None:
            return Hold((problem("invoice_missing", "invoice", content["invoice"]),))
        agreed = known.state == "settled" and known.content_hash == document.hash
        if agreed and not (known.waiting or known.released or document.moved):
            return Done()
        if target is None:
            return NeedTarget()
        unpaid = _unpaid(content, target.content)
        content = {**content, "paid": content["paid"] and not unpaid}
        gone = taken_off(content, known.content, target.content)
        if gone:
            shown = f"{', '.join(gone)} on invoice {target.label}"
            return Hold((problem("undone_in_target", "payment", shown),), conflict=True)
        today, zone = self.context.today("jde").isoformat(), self.context.time_zone("coupa")
        step = pay_step(content, target, self._send, today, zone)
        another = self._by_another(content, known, target, step)
        if another is not None:
            return another
        if step is None:
            return Hold(unpaid) if unpaid else Done()
        if target.status in OVER:
            return Hold((problem("changed_on_both_sides", "status", target.status),), conflict=True)
        return Do(step) if target.status == APPROVED else Done(waiting=WAITS)

    def _by_another(
        self, content: Mapping[str, Any], known: Delivery, target: Target, step: Step | None
    ) -> Hold | None:
        """Coupa Pay pays what JD Edwards has paid, or a person has recorded another payment."""
        if target.status in OVER:
            return None
        ours, total = paid_by_jde(content), Decimal(content["total"])
        others = sum((Decimal(each["amount"]) for each in target.content["payments"]), ZERO)
        if not by_coupa_pay(target.raw):
            found = recorded(content, known.content, target.content)
            shown = f"{found} on invoice {target.label}"
            return Hold((problem("paid_by_another", "invoice", shown),), waiting=IN_COUPA) if found else None
        if step is not None and target.status == APPROVED and not target.raw.paid:
            # Coupa is told first: what it knows it does not pay
            return None
        twice = abs(others) > abs(total) or ours == total
        shown = (
            f"{amount_text(ours)} of it; {target.label} of {content['total']} {content['currency']}, {target.status}"
        )
        shown = f"{shown}, payment channel {target.raw.payment_channel}"
        return Hold((problem("already_scheduled", "paid", shown),), waiting=IN_COUPA) if ours and twice else None

    def _send(self, number: int, sent: Mapping[str, Any]) -> Target:
        return self.observe(self.coupa.invoices.pay(number, sent))

    def observe(self, invoice: Invoice) -> Target:
        """A Coupa invoice in the terms of this flow's content; its `amount` is what was paid of it."""
        payments = payments_held(invoice)
        content = {
            "invoice": str(invoice.id),
            "currency": invoice.currency.code if invoice.currency else None,
            "total": amount_text(total_of(invoice)),
            "amount": amount_text(sum((Decimal(each["amount"]) for each in payments), ZERO)),
            "payments": payments,
            "paid": bool(invoice.paid),
        }
        return Target(
            str(invoice.id),
            content,
            status=invoice.status or "",
            label=invoice.invoice_number or "",
            raw=invoice,
            version=version_text(invoice.updated_at),
        )

    def startup_problems(self) -> list[str]:
        found = payer_problem(self.context.integration.settings, "jde")
        return [f"{self.full_name} records payments of JD Edwards, but {found}"] if found else []


class _Paid:
    """What was paid: details (F0414) by voucher, headers (F0413) by payment; `elsewhere` are those that Coupa made."""

    def __init__(
        self, details: Mapping[Any, Sequence[Row]], headers: Mapping[Any, Row], elsewhere: Collection[Any]
    ) -> None:
        self.details = details
        self.headers = headers
        self.own = {payment: row for payment, row in headers.items() if payment not in elsewhere}

    def entries(self, items: Sequence[Row]) -> list[dict[str, str]]:
        """The payments of one voucher, and their voids, but for those that Coupa made."""
        return payments_of(items, self._of(items), self.own, foreign=is_foreign(items[0]))

    def unproved(self, items: Sequence[Row]) -> Decimal:
        """What of one voucher is closed, and nobody has paid."""
        return unproved(standing(items), self._of(items), self.headers, foreign=is_foreign(items[0]))

    def _of(self, items: Sequence[Row]) -> Sequence[Row]:
        return self.details.get(tuple(items[0][column] for column in VOUCHER_KEY), [])


def _paid_of(vouchers: Sequence[Sequence[Row]], paid: _Paid, currencies: Mapping[str, str]) -> dict[str, Any]:
    """What was paid of an invoice, of all vouchers that were made of it; total and currency of those in force, or of
    the last one where none is."""
    live = [items for items in vouchers if not is_void(items)]
    shown = live or list(vouchers[-1:])
    entries = sorted(
        (entry for items in vouchers for entry in paid.entries(items)), key=lambda each: (each["date"], each["note"])
    )
    head = shown[0][0]
    settled = bool(live) and all(map(is_settled, live))
    closed = sum(map(paid.unproved, live), ZERO) if settled else ZERO
    currency = voucher_currency(head, currencies)
    return {
        "amount": sum((Decimal(entry["amount"]) for entry in entries), ZERO),
        "currency": currency,
        "vouchers": ", ".join(voucher_key(items[0]).removeprefix(f"{ENTITY}:") for items in shown),
        "gross": sum(map(_amount_of, shown), ZERO),
        "payments": json.dumps(entries),
        "paid": settled and not closed and any(map(_amount_of, live)),
        "unproved": unproved_words(closed, currency),
        "in_force": len(live),
    }


def _unpaid(content: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Why an invoice (`held`) is not paid although nothing is open of its voucher: it was closed without a payment, or
    is for another amount since a clerk changed it, or voided one of its pay items."""
    found = []
    if closed := content.get("unproved"):
        found.append(problem("settled_without_payment", "voucher", closed))
    if (content["paid"] or closed) and content["total"] != held["total"]:
        shown = f"{content['total']} {content['currency']}, the invoice is for {held['total']}"
        found.append(problem("voucher_changed", "amount", shown))
    return tuple(found)


def _amount_of(items: Sequence[Row]) -> Decimal:
    return sum((row.get("ACR" if is_foreign(row) else "AG") or ZERO for row in standing(items)), ZERO)
