"""`jde_coupa/payments_to_jde`: what Coupa Pay paid of an invoice, booked in JD Edwards on its voucher.

**A document** is one detail of a payment of Coupa Pay, which pays one invoice. The voucher is the one that carries the
invoice's mark. For an invoice that originates in JD Edwards it is the one whose key the invoice carries or is linked
to.

**Natural key.** The payment number (F0413.DOCM): `payment_number_base` plus the detail's id in Coupa, so that an empty
ledger finds it again. It is not established that JD Edwards refuses a second payment of a number: a look-up that finds
nothing waits for the effect window. Coupa Pay must be the payer: if JD Edwards is, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd
from pydantic import ConfigDict, Field, model_validator

from connector_assets.documents.jde.orchestrations import lacking_inputs
from connector_assets.documents.jde.payments.recording import (
    POST,
    RETURN_STATUS,
    REVERSALS,
    REVERSE,
    VOID,
    PaymentRecords,
    linked,
    taken_back,
    voided_there,
)
from connector_assets.documents.jde.periods import PeriodRules, periods_of
from connector_assets.engine.checks import FrameChecks, mapped_columns, reason, records, row_schema, shape_schema
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import (
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
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.watermarks import begins_empty
from connector_assets.engine.words import beside
from connector_assets.pairs.jde_coupa.mark_and_payer import (
    HIGHEST_NUMBER,
    NUMBER_BASE,
    ORIGIN_FLOW,
    SETTLED_STATUSES,
    UNCLEAR_STATUSES,
    UNDONE_STATUSES,
    payer_problem,
    return_status,
)
from connector_assets.pairs.jde_coupa.payments_to_jde.details import COLUMNS, Statuses, details_of, keys_of
from connector_assets.pairs.jde_coupa.payments_to_jde.vouchers import PaidVoucher, PaidVouchers
from connector_resources.connections.coupa import PAYMENT_SCOPES
from connector_resources.ledger import Delivery, NewLink, Origin

TOTALS = ("amount", "discount", "currency")
ZERO = Decimal("0.00")


class PaymentsToJdeSettings(PeriodRules):
    """What a site decides about payments of Coupa Pay in JD Edwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    statuses: tuple[str, ...] = Field(
        default=SETTLED_STATUSES, min_length=1, description="statuses of a payment that is booked"
    )
    undone_statuses: tuple[str, ...] = Field(
        default=UNDONE_STATUSES, description="statuses of a payment that is voided where it was booked"
    )
    unclear_statuses: tuple[str, ...] = Field(
        default=UNCLEAR_STATUSES,
        description="statuses of a payment that may have left: a person says what is done; of all others nothing is",
    )
    payment_number_base: int = Field(
        default=NUMBER_BASE,
        ge=1,
        le=HIGHEST_NUMBER,
        description="the payment number (F0413.DOCM) is this plus the id of Coupa's payment detail",
    )

    @model_validator(mode="after")
    def _each_once(self) -> PaymentsToJdeSettings:
        named = [*self.statuses, *self.undone_statuses, *self.unclear_statuses]
        twice = sorted({each for each in named if named.count(each) > 1})
        if twice:
            raise ValueError(
                f"{', '.join(twice)}: a status is of one kind (statuses, undone_statuses, unclear_statuses)"
            )
        return self

    @property
    def kinds(self) -> Statuses:
        """What the statuses of a payment mean."""
        return Statuses(self.statuses, self.undone_statuses, self.unclear_statuses)


class PaymentsToJde(Flow):
    """Payments of Coupa Pay to JD Edwards."""

    name = "payments_to_jde"
    title = "Payments of Coupa Pay on vouchers of JD Edwards"
    sources = (Source("coupa", "payments"), Source("jde", "F0413"), Source("jde", "F0010", daily=False))
    after = ("invoices", "approved_invoices")
    optional = True
    carries_money = True
    amounts_of = "jde"
    notices_lost = True
    lost_reason = "deleted_in_target"
    gl_column = "gl_day"
    source_role, source_entity = "coupa", "payments"
    target_role, target_entity = "jde", "F0413"
    natural_key = "payment number"
    lookup_fields = ("number",)
    document_columns: ClassVar[Mapping[str, str]] = {
        **COLUMNS,
        "touched": "bool",
        "left": "str",
        "return_status": "str?",
        "no_return": "str?",
        "voucher": "str?",
        "foreign": "bool",
        "base_discount": "money",
        "lacks": "str",
        "payer": "str",
        "act": "str?",
        "gl_day": "date?",
        "moved_from": "date?",
        "closed": "str",
    }
    Settings = PaymentsToJdeSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose payment a clerk voided in JDE, as this run has read it
        self._touched: set[str] = set()

    @cached_property
    def records(self) -> PaymentRecords:
        """The payments in JD Edwards."""
        return PaymentRecords(self.context)

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """A ledger that was lost, or restored, does not know what was booked before."""
        return not begins_empty(self)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """Payments that changed, and those that a clerk voided in JDE."""
        if entity == self.target_entity:
            found = voided_there(self, rows)
            self._touched |= found.keys()
            return found
        return keys_of(rows)

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["touched"])

    def look_again(self, keys: Collection[str]) -> None:
        self._touched |= set(keys)

    def all_keys(self) -> dict[str, date | None]:
        days: dict[str, date | None] = {}
        for rows in self.context.reader("coupa").all_rows("payments", ["id", "updated_on", "record"]):
            days |= keys_of(rows)
        return days

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        assembly = details_of(self.context, keys, self.settings.kinds)
        blank = {
            "left": "",
            "return_status": None,
            "no_return": None,
            "voucher": None,
            "foreign": False,
            "base_discount": ZERO,
            "lacks": "",
        }
        for row in assembly.documents:
            row |= {**blank, "payer": "", "act": None, "gl_day": None, "moved_from": None, "closed": ""}
            row["touched"] = row["key"] in self._touched
        return assembly

    def resolve(self, frames: Frames) -> Frames:
        documents = frames.documents.copy()
        rows, keys = records(documents), list(documents["key"])
        known = self.context.ledger.deliveries.load(self.full_name, keys)
        booked = set(self.context.ledger.links.of(self.full_name, keys))
        begun = booked | {key for key, each in known.items() if each.state in ("sending", "in_doubt") or each.attempts}
        self._decided(rows)
        wanted = [
            row for row in rows if row["ignored"] is None and (row["settled"] or row["unclear"] or row["key"] in begun)
        ]
        vouchers = PaidVouchers(self.context).of(wanted)
        periods = periods_of(self.context, self.settings)
        payer, act = payer_problem(self.context.integration.settings, "coupa"), self.records.missing()
        for row in rows:
            found = vouchers.get(row["key"])
            row |= {"payer": payer, "act": act}
            if row["ignored"] is None and not (row["settled"] or row["unclear"]) and row["key"] not in begun:
                row["ignored"] = "not_settled"
            if found is not None:
                row |= found.columns(row, booked=row["key"] in booked)
                if row["undone"] and row["key"] in booked:
                    row |= self._returning(found)
                row |= self._dated(row, found.company, periods, booked=row["key"] in booked)
                before = known.get(row["key"])
                if before is not None and (before.content or {}).get("void"):
                    # taken back by now: nothing is dated any more
                    row["moved_from"] = None
        self._too_much([row for row in rows if row["ignored"] is None], vouchers, booked, begun)
        names = list(documents.columns)
        return Frames(pd.DataFrame(rows, columns=names, index=documents.index, dtype=object), frames.lines)

    @staticmethod
    def _too_much(
        rows: Sequence[dict[str, Any]], vouchers: Mapping[str, PaidVoucher], booked: set[str], begun: set[str]
    ) -> None:
        """Payments of more than is open of their voucher, what is taken back in this run included: JD Edwards has paid
        it too, or somebody has reduced it. So is one of the opposite sign: a credit is never paid out. What may be
        booked already is looked up instead."""
        room: dict[str, Decimal] = {}
        for row in rows:
            if row["voucher"] and row["key"] in vouchers:
                room.setdefault(row["voucher"], vouchers[row["key"]].open)
                if row["undone"] and row["key"] in booked:
                    room[row["voucher"]] += row["amount"] + row["discount"]
        for row in rows:
            new = row["settled"] and not row["undone"] and not row["lacks"] and row["key"] not in begun
            if not new or row["voucher"] not in room:
                continue
            paid, left = row["amount"] + row["discount"], room[row["voucher"]]
            if abs(paid) > abs(left) or paid * left < 0:
                row["lacks"] = "open"

    def _decided(self, rows: Sequence[dict[str, Any]]) -> None:
        """What a person says of payments that may have left; without a word they are held."""
        words = self.context.ledger.mappings.table(self.context.integration.name, REVERSALS)
        for row in rows:
            said = words.get(str(row["detail"]), "").strip().lower() if row["unclear"] else ""
            row["settled"], row["undone"] = row["settled"] or said == POST, row["undone"] or said == REVERSE
            row["unclear"] = row["unclear"] and said not in (POST, REVERSE)
            row["left"] = f"payment {row['payment']}, {row['status']}" if row["unclear"] else ""

    def _returning(self, found: PaidVoucher) -> dict[str, Any]:
        """On which pay status the voucher stands once its payment is void: JDE itself puts A, which its run selects."""
        status = return_status(self.context.integration.settings, originates_in_coupa=found.originates_in_coupa)
        lacks = status is not None and not self.records.missing() and bool(self._lacks_return)
        return {"return_status": status, "no_return": ", ".join(found.keys) or "its voucher" if lacks else None}

    @cached_property
    def _lacks_return(self) -> list[str]:
        """What the orchestration lacks to put a voucher back on a pay status; asks JDE."""
        return lacking_inputs(self.context, {VOID: (RETURN_STATUS,)})

    def _dated(self, row: Mapping[str, Any], company: str, periods: Any, *, booked: bool) -> dict[str, Any]:
        """The G/L date of what is to be done next; what stands needs none."""
        if row["undone"]:
            day = periods.reversal_day(company, row["paid_on"])
            why = f"no day from {row['paid_on']} on is open in {company}"
        elif booked:
            day, why = row["paid_on"], ""
        else:
            found = periods.gl_date(company, row["paid_on"])
            day, why = found.day, found.why
        moved = row["paid_on"] if day not in (None, row["paid_on"]) and booked == row["undone"] else None
        return {"gl_day": day, "moved_from": moved, "closed": "" if day else why}

    @property
    def checks(self) -> FrameChecks:
        lacks = {
            "voucher_not_linked": "voucher",
            "not_unique": "one voucher",
            "currency_differs": "currency",
            "paid_to_another": "payee",
            "more_than_open": "open",
        }
        return FrameChecks(
            document_shape=shape_schema(self.name, mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                self.name,
                {
                    "payer": [reason("another_payer", lambda why: why == "")],
                    "no_return": [reason("no_return_status", lambda shown: shown.isna())],
                    "left": [reason("payment_may_have_left", lambda shown: shown == "")],
                    "act": [reason("orchestration_not_configured", lambda acts: acts.isna())],
                    "lacks": [reason(name, _without(what)) for name, what in lacks.items()],
                    "closed": [reason("period_closed", lambda why: why == "")],
                    "detail": [reason("number_out_of_range", _fits(self._number(0)))],
                },
            ),
            shows={
                "voucher_not_linked": "invoice_number",
                "not_unique": "voucher",
                "currency_differs": "currency",
                "paid_to_another": "payee",
                "more_than_open": "voucher",
            },
            names={"lacks": "voucher", "act": "orchestration", "closed": "gl_date", "detail": "payment number"},
            waits_for=self._waits_for,
        )

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        """The link that the flow of approved invoices brings once the invoice has its voucher; a person's word."""
        if why == "payment_may_have_left":
            return f"{REVERSALS}:{row['detail']}"
        name = self.context.integration.name
        return f"link:{name}/approved_invoices:invoices:{row['invoice']}" if why == "voucher_not_linked" else None

    def _number(self, detail: int) -> int:
        return int(self.settings.payment_number_base) + detail

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "number": str(self._number(row["detail"])),
            "amount": amount_text(row["amount"]),
            "discount": None if row["foreign"] else amount_text(row["discount"]),
            "currency": row["currency"],
            "date": row["paid_on"].isoformat(),
            "void": row["undone"],
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        """A payment of such a number may be JD Edwards' own."""
        if not self.records.any_within(self._number(1), HIGHEST_NUMBER):
            return False
        return any(self.key_of(each) is not None for each in self.targets())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        numbers = {int(document.content["number"]) for document in documents}
        held: dict[str, list[Target]] = {}
        for target in self.records.numbered(numbers):
            held.setdefault(target.content["number"], []).append(target)
        found = {document.key: held.get(document.content["number"], []) for document in documents}
        return {key: hits for key, hits in found.items() if hits}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        found = self.records.read(ids)
        return found | taken_back(self, self.records, set(ids) - found.keys())

    def link(self, document: Document, target: Target, origin: Origin) -> NewLink:
        return linked(super().link(document, target, origin), target)

    def targets(self) -> list[Target]:
        """Every payment of such a number, and what our void deleted."""
        found = self.records.within(self._number(1), HIGHEST_NUMBER)
        linked_to = {each.target_id for each in self.context.ledger.links.all(flow=self.full_name)}
        return [*found, *taken_back(self, self.records, linked_to - {each.id for each in found}).values()]

    @cached_property
    def _keys_by_number(self) -> dict[str, str]:
        """Payment number -> document key, of every payment that Coupa holds."""
        return {str(self._number(int(key.rpartition("/")[2]))): key for key in self.all_keys()}

    def key_of(self, target: Target) -> str | None:
        # a number that no payment detail has is JD Edwards' own
        return self._keys_by_number.get(target.content["number"])

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        voucher = document.facts["row"]["voucher"]
        paid = target.raw.vouchers
        wrong = [FieldChange("voucher", paid, voucher)] if voucher and paid != voucher else []
        return (*wrong, *_other_totals(document.content, target.content))

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        content = document.content
        if known.target_id is None:
            return Ignore("not_settled") if content["void"] else Do(self._record(document))
        agreed = known.state == "settled" and known.content_hash == document.hash
        if agreed and not (known.released or document.moved):
            return Done()
        if target is None:
            return NeedTarget()
        if target.content["void"]:
            what = (problem("undone_in_target", "payment", f"{target.label} on {target.raw.vouchers}"),)
            if not content["void"]:
                return Hold(what, conflict=True)
            selected = "; ".join(target.raw.selectable)
            return Hold((problem("payable_in_both", "voucher", selected),), again=True) if selected else Done()
        if content["void"]:
            return Do(self._void(document, target))
        wrong = _other_totals(content, target.content)
        if wrong:
            differing = [problem("total_differs", each.field, beside(each.before, each.after)) for each in wrong]
            return Hold(tuple(differing))
        return Done()

    def _record(self, document: Document) -> Step:
        row = document.facts["row"]
        company, kind, number = str(row["voucher"]).split("/")
        # as the content writes it: a frame that was stored has more decimals, and the request would be another one
        amount, discount, own = (Decimal(amount_text(row[name])) for name in ("amount", "base_discount", "discount"))
        body = {
            "DocumentCompany": company,
            "DocumentType": kind,
            "DocumentNumber": int(number),
            "PaymentDate": row["paid_on"],
            "GLDate": row["gl_day"],
            "PaymentNumber": int(document.content["number"]),
            "ForeignAmount" if row["foreign"] else "Amount": amount,
            **({"DiscountTaken": discount} if discount else {}),
            # a discount that is converted there and back does not always close what it should
            **({"ForeignDiscountTaken": own} if own and row["foreign"] else {}),
        }
        return Step(
            name="create",
            body=body,
            send=self.records.record,
            outcome="created",
            changes=differences({}, document.content),
        )

    def _void(self, document: Document, target: Target) -> Step:
        row = document.facts["row"]
        returned = {RETURN_STATUS: row["return_status"]} if row["return_status"] else {}
        return Step(
            name="void",
            body={"PaymentID": int(target.id), "VoidDate": row["gl_day"], **returned},
            send=lambda sent: self.records.void(sent, target),
            outcome="updated",
            changes=(FieldChange("void", False, True),),
        )

    def startup_problems(self) -> list[str]:
        payer, act = payer_problem(self.context.integration.settings, "coupa"), self.records.missing()
        found = [f"{self.full_name} books payments of Coupa Pay, but {payer}"] if payer else []
        granted = getattr(self.context.connection("coupa"), "scopes", ())
        lacking = [scope for scope in PAYMENT_SCOPES if scope not in granted]
        if lacking:
            what = " and ".join(lacking)
            found.append(f"{self.full_name}: grant {what} to the OAuth client in Coupa and add them to `scopes`")
        if act is not None:
            name = self.context.connection("jde").name
            return [*found, f"{self.full_name}: {name} names no orchestration for {act}: set orchestrations.{act}"]
        settings = self.context.integration.settings
        returns = any(
            return_status(settings, originates_in_coupa=each) for each in (False, ORIGIN_FLOW in settings.flows)
        )
        problems = dict.fromkeys([*self.records.lacking(), *(self._lacks_return if returns else [])])
        return [*found, *(f"{self.full_name}: {each}" for each in problems)]


def _fits(base: int) -> Callable[[pd.Series], pd.Series]:
    # of the number alone: a check is copied, and would take the flow with it
    return lambda details: details.map(lambda detail: base + detail <= HIGHEST_NUMBER).astype(bool)


def _without(what: str) -> Callable[[pd.Series], pd.Series]:
    return lambda lacks: lacks != what


def _other_totals(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(name, held[name], wanted[name]) for name in TOTALS if wanted[name] != held[name])
