"""`jde_bill/payments`: what BILL paid of a bill, posted in JD Edwards on its pay items.

**A document** is one bill payment (`billPayments[].id`) of a payment: it pays one bill. The bill came from pay items,
or from an order, or originates in BILL and has a voucher by its mark. **Natural key.** The payment number (F0413.DOCM),
made of the bill payment's id, with the voucher that it settles; for a journal, reference and remark. An empty ledger
finds it again. It is not established that JD Edwards refuses a second payment of a number: a look-up that finds nothing
waits for the effect window.

Payments that JD Edwards made and the bills flow recorded in BILL are ignored (`born_in_jde`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.documents.jde.orders.vouchers import order_of
from connector_assets.documents.jde.payments.recording import REVERSALS
from connector_assets.engine.checks import (
    FrameChecks,
    frame,
    mapped_columns,
    reason,
    records,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Do, Document, Done, FieldChange, Hold, Ignore, NeedTarget, Target
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.watermarks import begins_empty
from connector_assets.engine.words import beside
from connector_assets.pairs.jde_bill.payments import discounts
from connector_assets.pairs.jde_bill.payments.enrichment import (
    BLANK,
    LINE_COLUMNS,
    UNDER_WAY,
    UNFINISHED,
    PaymentEnrichment,
    late_from,
)
from connector_assets.pairs.jde_bill.payments.enrichment import COLUMNS as RESOLVED
from connector_assets.pairs.jde_bill.payments.entries import COLUMNS, bill_payment_of, entries_of, keys_of
from connector_assets.pairs.jde_bill.payments.journals import Journals
from connector_assets.pairs.jde_bill.payments.settings import PaymentsSettings, journal_problem
from connector_assets.pairs.jde_bill.payments.settling import Settling
from connector_assets.pairs.jde_bill.payments.writer import VOIDED, PaymentWriter, parts_of, standing
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills
from connector_resources.ledger import Delivery, Intent, NewLink, Origin
from connector_resources.ledger.progress import Progress

TOTALS = ("gross", "amount", "currency")
WRITERS: Mapping[str, type[PaymentWriter]] = {"settle": Settling, "journal": Journals}
# what is said of a bill payment in the column `why`
WHYS = (
    "voucher_not_linked",
    "not_unique",
    "credit_not_linked",
    "currency_differs",
    "voucher_blocked",
    "paid_to_another",
    "payment_number_shared",
    "more_than_open",
    "paid_in_both",
    "credit_used_up",
    discounts.HELD,
    "payment_needs_action",
    "payment_may_have_left",
    "payment_not_funded",
    UNFINISHED,
    "no_return_status",
)


class Payments(Flow):
    """Payments of BILL to JD Edwards."""

    name = "payments"
    title = "Payments of BILL on vouchers of JD Edwards"
    sources = (
        Source("bill", "payments"),
        *(Source("jde", table) for table in ("F0411", "F0413", "F0911")),
        Source("jde", "F0010", daily=False),
    )
    after = ("bills", "vendor_credits", "purchase_order_bills", "approved_bills")
    carries_money = True
    amounts_of = "jde"
    notices_lost = True
    lost_reason = "deleted_in_target"
    gl_column = "gl_day"
    parties_of = "vendors"
    party_entity = "F0401"
    source_role, source_entity = "bill", "payments"
    target_role, target_entity = "jde", "F0413"
    natural_key = "payment number and voucher"
    lookup_fields = ("number",)
    ignored_until: ClassVar[Mapping[str, str]] = {UNDER_WAY: "settlement"}
    # `touched`: a clerk took back in JDE what we posted
    document_columns: ClassVar[Mapping[str, str]] = {**COLUMNS, "touched": "bool", **RESOLVED}
    line_columns: ClassVar[Mapping[str, str]] = LINE_COLUMNS
    Settings = PaymentsSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        self.writer = WRITERS[self.settings.mode](context, self.settings)
        self.target_entity = self.writer.entity  # type: ignore[misc]
        # documents whose posting a clerk took back, as this run has read it
        self._touched: set[str] = set()

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """Always but in the run that finds JD Edwards empty: a ledger that was lost does not know what was posted, and
        two ids of BILL may have one payment number."""
        return not begins_empty(self)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """Payments that changed; those that a clerk took back in JDE; of vouchers that changed those that wait for the
        vouchers of an order."""
        if entity == "payments":
            return keys_of(rows)
        return self._awaiting(rows) if entity == "F0411" else self._undone(entity, rows)

    def _undone(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        days, ledger = self.writer.perhaps_undone(entity, rows), self.context.ledger
        links = ledger.links.by_target(self.full_name, self.target_entity, list(days))
        known = ledger.deliveries.load(self.full_name, [link.source_key for link in links.values()])
        standing = {
            id: link.source_key
            for id, link in links.items()
            if link.source_key in known and not (known[link.source_key].content or {}).get("void", True)
        }
        held = self.writer.read(standing) if standing else {}
        found = {key: days[id] for id, key in standing.items() if id in held and held[id].content["void"]}
        self._touched |= found.keys()
        return found

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["touched"])

    def _awaiting(self, items: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        orders = {order: row.get("UPMJ") for row in items if (order := order_of(row)) is not None}
        names = {_vouchers_of(OrderBills(self.context).key(order)): day for order, day in orders.items()}
        held = self.context.ledger.exceptions.open(flow=self.full_name) if names else ()
        return {each.key: names[name] for each in held for name in each.waits_for if name in names}

    def look_again(self, keys: Collection[str]) -> None:
        self._touched |= set(keys)

    def all_keys(self) -> dict[str, date | None]:
        days: dict[str, date | None] = {}
        for rows in self.context.reader("bill").all_rows("payments", ["id", "updated_on", "record"]):
            days |= keys_of(rows)
        return days

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        assembly = entries_of(self.context, keys, self.settings.posted_statuses, self.settings.unclear_statuses)
        for row in assembly.documents:
            row |= {**BLANK, "touched": row["key"] in self._touched}
        return assembly

    def resolve(self, frames: Frames) -> Frames:
        rows, lines = records(frames.documents), records(frames.lines)
        made = PaymentEnrichment(self.context, self.full_name, self.settings, self.writer).enrich(rows, lines)
        documents = pd.DataFrame(rows, columns=list(frames.documents.columns), dtype=object)
        return Frames(documents, frame(made, {"key": "str"} | dict(self.line_columns)))

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema(self.name, mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                self.name,
                {
                    "act": [reason("orchestration_not_configured", lambda acts: acts.isna())],
                    "refusal": [reason("journal_mode_refused", lambda why: why == "")],
                    "why": [reason(each, _is_not(each)) for each in WHYS],
                    "closed": [reason("period_closed", lambda why: why == "")],
                    "paid_on": [required()],
                },
            ),
            shows=dict.fromkeys(WHYS, "told"),
            names={"why": "payment", "act": "orchestration", "closed": "gl_date", "paid_on": "process date"},
            waits_for=self._waits_for,
        )

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        """The link that the flow of approved bills brings once the bill has its voucher, the vouchers of an order, or a
        person's word."""
        if why in ("payment_needs_action", "payment_may_have_left"):
            return f"{REVERSALS}:{row['bill_payment']}"
        if why == discounts.HELD:
            return f"{discounts.DISCOUNTS}:{row['bill_payment']}"
        if row["order"] is not None and why in ("voucher_not_linked", "more_than_open"):
            return _vouchers_of(row["order"])
        name = self.context.integration.name
        return f"link:{name}/approved_bills:bills:{row['bill']}" if why == "voucher_not_linked" else None

    def looks_again_at(self, document: Document) -> datetime | None:
        """A payment under way tells by itself that it came to an end: only that it does not is to be noticed."""
        paid_on = document.facts["row"]["paid_on"]
        return datetime.combine(late_from(paid_on, self.settings), time(), UTC) if paid_on else None

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "number": str(row["number"]),
            "gross": amount_text(row["gross"]),
            "amount": amount_text(row["amount"]),
            "currency": row["currency"],
            "funding": amount_text(row["funding"]) if row["funding"] is not None else None,
            "date": row["paid_on"].isoformat() if row["paid_on"] else None,
            "void": row["void"],
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        """A payment whose number lies in our range may be JD Edwards' own."""
        return self.writer.any() and any(each.content["number"] in self._keys_by_number for each in self.writer.all())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        held: dict[str, list[Target]] = {}
        for target in self.writer.numbered({int(document.content["number"]) for document in documents}):
            held.setdefault(target.content["number"], []).append(target)
        found = {}
        for document in documents:
            row, named = document.facts["row"], held.get(document.content["number"], [])
            found[document.key] = standing([each for each in named if self.writer.answers_to(each, row)])
        return {key: hits for key, hits in found.items() if hits}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        found = self.writer.read(ids)
        return found | self.writer.taken_back(self, set(ids) - found.keys())

    def link(self, document: Document, target: Target, origin: Origin) -> NewLink:
        return self.writer.linked(super().link(document, target, origin), target)

    def targets(self) -> list[Target]:
        """Every record of a number of ours, and what our void deleted."""
        found = self.writer.all()
        there = {each.id for each in found}
        posted = {each.target_id for each in self.context.ledger.links.all(flow=self.full_name)}
        gone = self.writer.taken_back(self, posted - there).values()
        return [*found, *(each for each in gone if each.id not in there)]

    @cached_property
    def _keys_by_number(self) -> dict[str, list[str]]:
        """Payment number -> the keys of the bill payments that have it, of all that BILL holds."""
        found: dict[str, list[str]] = {}
        for key in self.all_keys():
            found.setdefault(str(self.settings.number(bill_payment_of(key))), []).append(key)
        return found

    def key_of(self, target: Target) -> str | None:
        # a number that no payment of BILL's has is JD Edwards' own; of two that share one the link says whose it is
        keys = self._keys_by_number.get(target.content["number"], ())
        return keys[0] if len(keys) == 1 else None

    def known_as(self, target: Target) -> Hashable:
        return self.writer.known_as(target)

    def inner_duplicates(self, target: Target) -> Collection[str]:
        return self.writer.inner_duplicates(target)

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return _other_totals(document.content, target.content)

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        ours = known.progress == VOIDED or any(each.step == "void" for each in intents)
        return VOIDED if ours and target.content["void"] else None

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        content, row = document.content, document.facts["row"]
        if known.target_id is None:
            return self._post(document) if row["settled"] and not content["void"] else Ignore("not_settled")
        agreed = known.state == "settled" and known.content_hash == document.hash
        if agreed and not (known.released or document.moved):
            return Done()
        if target is None:
            return NeedTarget()
        if target.content["void"]:
            return self._void_there(document, known, target)
        if content["void"]:
            return Do(self.writer.reverse(document, target))
        wrong = _other_totals(content, target.content) + _other_discount(row, target.content)
        if wrong:
            differing = [problem("total_differs", each.field, beside(each.before, each.after)) for each in wrong]
            return Hold(tuple(differing))
        charged = self._other_funding(content, target)
        if charged:
            return Hold((problem("bank_credit_differs", "funding", charged),))
        unclosed = self.writer.found(target, document)
        return Hold((problem("pay_item_not_closed", "pay item", unclosed),)) if unclosed else Done()

    def _other_funding(self, content: Mapping[str, Any], target: Target) -> str | None:
        """In words, how far what BILL took from the bank is from what the bank account is credited with; None where
        both agree, or one of them is not told."""
        taken, credited = content["funding"], target.content.get("funding")
        if taken is None or credited is None:
            return None
        gap = Decimal(taken) - Decimal(credited)
        if abs(gap) <= self.settings.funding_tolerance:
            return None
        currency = self.settings.funding_currency
        return f"{taken} {currency} taken, {credited} {currency} credited, {amount_text(gap)} {currency} apart"

    def _void_there(self, document: Document, known: Delivery, target: Target) -> Decision:
        """It is void in JD Edwards: as it should be; or by us before, and paid again since; or by somebody else."""
        if document.content["void"] or not document.facts["row"]["settled"]:
            selected = self.writer.found_void(target, document)
            return Hold((problem("payable_in_both", "voucher", selected),), again=True) if selected else Done()
        if known.progress == VOIDED or self.settings.on_conflict == "source":
            return self._post(document)
        return _voided_there(target.label, document)

    def _post(self, document: Document) -> Decision:
        if not parts_of(document):
            # it was in force when the pay items were looked at, and is not any more
            return _voided_there(document.content["number"], document)
        return Do(self.writer.post(document))

    def startup_problems(self) -> list[str]:
        act = self.writer.missing()
        refused = journal_problem(self.settings, self.context.integration.settings)
        found = [f"mode journal is refused: {refused}"] if refused else []
        if act is not None:
            name = self.context.connection("jde").name
            found.append(f"{name} names no orchestration for {act}: set orchestrations.{act}")
        else:
            found += self.writer.lacking()
        return [f"{self.full_name}: {each}" for each in found]


def _vouchers_of(order: str) -> str:
    """What a payment of an order waits for."""
    return f"vouchers_of_order:{order}"


def _voided_there(number: str, document: Document) -> Hold:
    shown = f"{number} on {document.facts['row']['items']}"
    return Hold((problem("undone_in_target", "payment", shown),), conflict=True)


def _other_discount(row: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Where a discount was sent with the payment, and JD Edwards shows another one."""
    sent, discount = row["discount"], held.get("discount")
    if sent is None or discount is None or amount_text(sent) == discount:
        return ()
    return (FieldChange("discount", discount, amount_text(sent)),)


def _is_not(why: str) -> Callable[[pd.Series], pd.Series]:
    return lambda whys: whys != why


def _other_totals(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Where both say something of it, and not the same."""
    names = [name for name in TOTALS if held.get(name) is not None and wanted[name] is not None]
    return tuple(FieldChange(name, held[name], wanted[name]) for name in names if wanted[name] != held[name])
