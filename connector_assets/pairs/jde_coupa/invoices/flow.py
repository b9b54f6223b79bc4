"""`jde_coupa/invoices`: JDE vouchers (F0411 with its distribution in F0911) to Coupa invoices, payments included.

**Natural key.** Company, type and number of the voucher (KCO/DCT/DOC, unique in JDE by its primary key), written into
the custom field `key_custom_field` or else into `internal-note`, and compared exactly after the look-up was narrowed by
supplier and invoice number. An invoice of that supplier and number without our key is not ours to adopt, whatever its
amount: the document is held as `natural_key_taken`. That Coupa refuses a second draft of a number is not established,
so a look-up that finds nothing waits for the effect window. (External payables: source name and reference, unique.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.documents.jde.keys import Row, by, supplier_key, voucher_key, voucher_parts
from connector_assets.documents.jde.suppliers import holds
from connector_assets.documents.jde.voucher_entry.origin_check import OriginCheck, check_origins, voucher_of
from connector_assets.documents.jde.voucher_entry.origins import Origins
from connector_assets.documents.jde.vouchers import instruments, posting, withholding
from connector_assets.documents.jde.vouchers import reading as jde
from connector_assets.documents.jde.vouchers.handing_over import rows_of
from connector_assets.documents.jde.vouchers.pay_item_texts import IN_PAYMENT, PAID, is_open
from connector_assets.documents.jde.vouchers.settled import HISTORY, PAID_IN_JDE, Settled
from connector_assets.engine.bank_accounts import changed_of, held_for
from connector_assets.engine.checks import FrameChecks, records
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Do, Document, Done, FieldChange, Hold, NeedTarget, Target
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.start_date import BEFORE_START_DATE, own_date
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_coupa.accounts.flow import Accounts
from connector_assets.pairs.jde_coupa.accounts.links import CHARTLESS, AccountLinks
from connector_assets.pairs.jde_coupa.invoices import handing_over as handing
from connector_assets.pairs.jde_coupa.invoices import payment_holds
from connector_assets.pairs.jde_coupa.invoices.checks import voucher_checks
from connector_assets.pairs.jde_coupa.invoices.drafts import InvoiceDrafts, as_linked
from connector_assets.pairs.jde_coupa.invoices.external_payables import ExternalPayables
from connector_assets.pairs.jde_coupa.invoices.payees import Payees
from connector_assets.pairs.jde_coupa.invoices.remit_to import TABLE as REMIT_TO
from connector_assets.pairs.jde_coupa.invoices.remit_to import RemitTo
from connector_assets.pairs.jde_coupa.invoices.settings import InvoiceSettings
from connector_assets.pairs.jde_coupa.invoices.writer import Writer
from connector_assets.pairs.jde_coupa.mark_and_payer import coupa_pays, origins
from connector_assets.pairs.jde_coupa.payments_to_coupa.on_invoices import recorded_twice
from connector_assets.pairs.jde_coupa.payments_to_jde.origin import OwnPayments
from connector_assets.pairs.jde_coupa.suppliers.flow import Suppliers
from connector_assets.pairs.jde_coupa.terms import resolve_terms
from connector_resources.errors import NotAllowed
from connector_resources.ledger import Delivery, Intent
from connector_resources.ledger.progress import Progress

ORIGINATES_IN_COUPA, PREPAYMENT = "born_in_coupa", "prepayment"
# by its payment instrument: Coupa Pay would pay it once more
PAID_BY_CARD = "paid_by_card"
# the steps that bring a voucher within Coupa Pay's reach: of a new one, and of a draft
NEW_STEPS = frozenset({"hand over", "create"})
SUBMITTING = frozenset({"submit", "bypass_approvals"})


class Invoices(Flow):
    """JDE vouchers to Coupa."""

    name = "invoices"
    title = "Vouchers of JD Edwards as Coupa invoices"
    sources = (
        *(Source("jde", table) for table in (*jde.TABLES, holds.TABLE)),
        Source("coupa", "invoices"),
        Source("jde", "F0010", daily=False),
        Source("coupa", "payment_terms", daily=False),
        Source("coupa", "currencies", daily=False),
        Source("coupa", "account_types", daily=False),
    )
    after = ("suppliers", "accounts")
    carries_money = True
    amounts_of = "jde"
    dated_by = jde.DATED_BY
    ignored_until = posting.IGNORED_UNTIL
    held_until = posting.HELD_UNTIL
    parties_of = "suppliers"
    party_entity = "F0401"
    notices_lost = True
    source_role, source_entity = "jde", "F0411"
    target_role = "coupa"
    natural_key = "voucher key"
    lookup_fields = ("key", "number", "supplier", "amount", "date", "currency")
    document_columns: ClassVar[Mapping[str, str]] = {
        **jde.COLUMNS,
        # a person took back in Coupa what was made or told there
        "touched": "bool",
        **handing.COLUMNS,
        **holds.COLUMNS,
        **payment_holds.COLUMNS,
        "not_handed": "str?",
        # why Coupa would pay somebody else than JDE says
        "payee_state": "str",
        # the remit-to code at which the payee is paid, or supplier and payee where none is mapped
        "remit_to": "str?",
        "remit_unmapped": "str?",
        "number": "str",
        "supplier_id": "str?",
        "term_code": "str?",
        "currency_known": "bool",
        "distribution": "str",
        "sendable": "bool",
        "held_duplicate": "str?",
        "taxed": "str?",
        "late_batch": "str?",
        "unaccounted": "str?",
        "unpaid": "str?",
        # the company that has no chart of accounts in Coupa
        **CHARTLESS,
    }
    line_columns: ClassVar[Mapping[str, str]] = {
        **jde.LINE_COLUMNS,
        "account_id": "str?",
        "account_code": "str?",
        "account_state": "str",
        **CHARTLESS,
    }
    Settings = InvoiceSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose invoice a person changed in Coupa, as this run has read it
        self._touched: set[str] = set()
        # vouchers of which something is left to be paid, as `all_keys` has read it
        self._left: set[str] = set()

    @property
    def target_entity(self) -> str:  # type: ignore[override]
        return self.writer.entity

    def moved(self, row: Mapping[str, Any]) -> bool:
        # on hold: Coupa is looked at, whatever was agreed on (a record may have been adopted as it is)
        return bool(row["touched"] or payment_holds.words(row)) or bool(
            row["selectable"] and self.settings.handed_over_status
        )

    @cached_property
    def handing(self) -> handing.Handing:
        """What hands vouchers over to Coupa Pay, where it pays them."""
        return handing.Handing(self.context, self.settings.handed_over_status)

    @cached_property
    def accounts(self) -> Accounts:
        """The flow that keeps the accounts which the lines refer to."""
        return Accounts(self.context)

    @cached_property
    def origins(self) -> Origins:
        """Which vouchers came from an invoice of Coupa, whether or not they are made here now."""
        return origins(self.context)

    @cached_property
    def own_payments(self) -> OwnPayments:
        """Which payments of JDE were made by Coupa Pay, and need no telling."""
        return OwnPayments(self.context)

    @cached_property
    def account_links(self) -> AccountLinks:
        """What leads from a line to its account in Coupa."""
        return AccountLinks(self.accounts)

    @cached_property
    def writer(self) -> Writer:
        """Where vouchers go, by the mode."""
        kind = ExternalPayables if self.settings.mode == "external_payables" else InvoiceDrafts
        return kind(self.context, self.settings, lambda: self.account_links)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """Vouchers that changed, and those whose invoice is void or has lost what was told of payments."""
        if entity == "invoices":
            found = self.writer.undone(self, rows)
            self._touched |= found.keys()
            return found
        if entity == holds.TABLE:
            # where JD Edwards pays, it keeps its holds itself
            touched = holds.touched_by_holds
            return touched(self.context, self.full_name, rows, self.settings, voucher_key) if self.coupa_pays else {}
        return jde.changed_vouchers(self.context.reader("jde"), entity, rows, self.settings, self.context.start_date)

    def changed_in_target(self, first: date, last: date) -> dict[str, date | None]:
        found = self.writer.undone_between(self, first, last)
        self._touched |= found.keys()
        return found

    def look_again(self, keys: Collection[str]) -> None:
        self._touched |= set(keys)

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """Coupa may hold an invoice of the same number that others entered meanwhile: it would be paid twice."""
        return self.writer.lookup_before_create and not begins_empty(self)

    @property
    def needs_opening(self) -> bool:  # type: ignore[override]
        """Where invoices originate in Coupa there is nothing to plan first: nothing is created."""
        return bool(self.settings.mode != "payment_update_only")

    def all_keys(self) -> dict[str, date | None]:
        self._left = set()
        return jde.all_vouchers(self.context.reader("jde"), self.settings, self._left)

    def left_open(self) -> Collection[str]:
        return self._left

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        reader = self.context.reader("jde")
        assembly = jde.assemble_vouchers(reader, keys, self.settings, self.own_payments)
        for row in assembly.documents:
            # a voucher without an invoice number is distinguished by its own
            row["number"] = row["vinv"] or f"{row['doc_type']}-{row['doc']}-{row['company']}"
            row["distribution"] = jde.distribution_state(row)
            row |= {"on_hold": None, "barred": self._barred(row), "there": False}
            can = not self._unsendable(row) or row["barred"] is not None
            row["sendable"] = can and not (row["card"] and self.coupa_pays)
            row |= {
                "touched": row["key"] in self._touched,
                "payee_state": "",
                "remit_to": None,
                "remit_unmapped": None,
                "supplier_id": None,
                "term_code": None,
                "currency_known": False,
                "held_duplicate": None,
                "taxed": None,
                "late_batch": None,
                "unaccounted": None,
                "unpaid": None,
                "chartless": None,
            }
            row |= {**handing.NOTHING, "not_handed": None}
        if self.coupa_pays:
            handed = self.handing.columns({row["key"] for row in assembly.documents})
            held = holds.holds_of(reader, assembly.documents, self.settings)
            subjects = withholding.subjects_of(reader, assembly.documents)
            for row, parties, subject in zip(assembly.documents, held, subjects, strict=True):
                row["subject"] = subject
                row |= {**handed[row["key"]], "on_hold": parties if row["open_amount"] else None}
        for line in assembly.lines:
            line |= {"account_id": None, "account_code": None, "account_state": "", "chartless": None}
        return assembly

    def _unsendable(self, row: Mapping[str, Any]) -> set[str]:
        """The pay statuses of a voucher that are not sent."""
        allowed = self.settings.send_pay_statuses
        if allowed is None:
            allowed = ("A", "P") if self.settings.mode == "external_payables" else None
        if allowed is None:
            return set()
        if self.settings.withholding == "gross":
            allowed = (*allowed, withholding.WITHHELD)
        # handed over is approved
        return {*row["pay_status"].split(",")} - {*allowed, self.settings.handed_over_status}

    def _barred(self, row: Mapping[str, Any]) -> str | None:
        """The pay statuses with which JDE holds back what Coupa Pay would pay; what is paid or in payment it does
        not."""
        if not self.coupa_pays or not row["open_amount"]:
            return None
        held = {withholding.WITHHELD} if row["withheld"] and self.settings.withholding == "hold" else set()
        return ", ".join(sorted((self._unsendable(row) | held) - {PAID, *IN_PAYMENT})) or None

    def _taxed(self, row: Mapping[str, Any]) -> str | None:
        """In words what JDE withholds of a voucher, where the site does not say what becomes of it. Where invoices are
        originating in Coupa nothing is made of it."""
        if self.settings.withholding == "gross" or not self.needs_opening or not row["open_amount"] or row["void"]:
            return None
        withheld: str | None = row["withheld"] or row["subject"]
        return withheld

    def resolve(self, frames: Frames) -> Frames:
        documents, lines = frames.documents.copy(), frames.lines.copy()
        ledger, keys = self.context.ledger, list(documents["key"])
        known = ledger.deliveries.load(self.full_name, keys)
        sent = {key for key, each in known.items() if each.target_id or each.state in ("sending", "in_doubt")}
        # linked by hand, it has a target though nothing was ever sent
        sent |= self._links(self.name, keys).keys()
        rows = records(documents)
        suppliers = self._links("suppliers", {supplier_key(self.payees.party(row)) for row in rows})
        named = ledger.intents.named(self.full_name, sent, "supplier")
        active = {row["code"] for row in self.context.reader("coupa").snapshot("currencies")}
        hold = self.settings.duplicates == "hold"
        duplicates = {duplicate for row in rows for duplicate in json.loads(row["twins"])} if hold else set()
        elsewhere = sent | self._links(self.name, duplicates).keys()
        there = self.writer.made_before(
            [row["key"] for row in rows if payment_holds.words(row) and row["key"] not in known]
        )
        from_elsewhere = check_origins(self.origins, rows, lambda row: row["amount"])
        columns: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "chartless": self._chartless,
            "unaccounted": lambda row: _loose(row, from_elsewhere) if row["key"] not in sent else None,
            "there": lambda row: row["key"] in there,
            "ignored": lambda row: self._rule(row, sent, from_elsewhere, known.get(row["key"])),
            "supplier_id": lambda row: suppliers.get(supplier_key(self.payees.party(row))),
            "payee_state": lambda row: self.payees.state(row, sent, named.get(row["key"], ())),
            "remit_to": self.payees.remit_to,
            "remit_unmapped": self.payees.unmapped,
            "currency_known": lambda row: row["currency"] in active,
            "held_duplicate": lambda row: _first_duplicate(row, elsewhere) if hold and row["key"] not in sent else None,
            "taxed": lambda row: None if row["key"] in sent else self._taxed(row),
            "late_batch": lambda row: row["unposted"] if self._is_new(row, sent) and self._is_late(row) else None,
            # of what Coupa has, what was paid is told first
            "unpaid": lambda row: row["unproved"] if row["key"] not in sent else None,
        }
        if self.settings.handed_over_status is None:
            # nobody else may pay what JDE's own payment run selects
            columns["not_handed"] = lambda row: None if row["key"] in sent else row["selectable_told"]
        for name, value in columns.items():
            documents[name] = pd.Series([value(row) for row in rows], index=documents.index, dtype=object)
        documents["term_code"] = resolve_terms(self.context, documents["term"])
        return Frames(documents, self.account_links.resolve(lines))

    def _rule(
        self, row: Mapping[str, Any], sent: Collection[str], from_elsewhere: OriginCheck, known: Delivery | None
    ) -> str | None:
        """Vouchers that came from an invoice of Coupa are never sent back; those that were settled or voided without
        ever having been sent are history. What JDE has paid since is reported with its payment, unless Coupa pays:
        there it would be paid again. One that is not posted waits."""
        if voucher_of(row) in from_elsewhere.elsewhere:
            return ORIGINATES_IN_COUPA
        if row["key"] in sent:
            return None
        if row["prepayment"] and not self.coupa_pays:
            # nothing is invoiced yet: JDE pays it, and takes it off the invoice that will come
            return PREPAYMENT
        if row["card"] and self.coupa_pays:
            return PAID_BY_CARD
        rule = self._settled_rule(row, known) if row["settled"] or row["void"] else None
        waits = self._is_new(row, sent) and not self._is_late(row)
        return rule or (posting.NOT_POSTED_YET if waits else None)

    def _chartless(self, row: Mapping[str, Any]) -> str | None:
        """The company that has no chart in Coupa. Where invoices originate in Coupa nothing is made of its
        vouchers."""
        has = not self.needs_opening or self.accounts.charts.of(row["company"]) is not None
        return None if has else f"company {row['company']}"

    def _is_new(self, row: Mapping[str, Any], sent: Collection[str]) -> bool:
        """Whether a voucher was never posted, nor sent. Where invoices originate in Coupa nothing is made of
        it."""
        return row["unposted"] is not None and not row["reopened"] and row["key"] not in sent and self.needs_opening

    def _is_late(self, row: Mapping[str, Any]) -> bool:
        return posting.is_late(row, self.settings, self.context.today("jde"))

    def _settled_rule(self, row: Mapping[str, Any], known: Delivery | None) -> str | None:
        """Why a voucher that is paid or void, and was never sent, is ignored."""
        if row["void"] or self.settled.is_history(row["settled_on"], known):
            return HISTORY
        if self.coupa_pays:
            return PAID_IN_JDE
        # a payment alone does not bring in what came before the start date
        came = own_date(self, row)
        is_old = self.settings.go_live is None and came is not None and came < self.context.start_date
        return BEFORE_START_DATE if is_old else None

    @cached_property
    def settled(self) -> Settled:
        """What tells history from what JDE has paid since. Where invoices originate in Coupa nothing is created
        for either."""
        go_live = self.settings.go_live
        return Settled.of(self.context, self.full_name, go_live) if self.needs_opening else Settled(go_live, None)

    @property
    def coupa_pays(self) -> bool:
        """Whether Coupa Pay pays vouchers that originate in JDE."""
        return self.settings.mode == "external_payables" or coupa_pays(self.context.integration.settings)

    @cached_property
    def payees(self) -> Payees:
        """The party that Coupa would pay for a voucher."""
        return Payees(RemitTo(self.context), self.settings, coupa_pays=self.coupa_pays)

    def _links(self, flow: str, keys: Collection[str]) -> dict[str, str]:
        """Source key -> target id, of a flow of this integration."""
        links = self.context.ledger.links.of(f"{self.context.integration.name}/{flow}", list(keys))
        return {key: link.target_id for key, link in links.items()}

    def refers_to(self, document: Document) -> Collection[tuple[str, str]]:
        return {*super().refers_to(document), *self.account_links.referred(document.facts["lines"])}

    @property
    def checks(self) -> FrameChecks:
        return voucher_checks(self.document_columns, self.line_columns, self._waits_for)

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        name = self.context.integration.name
        match why:
            case "supplier_not_linked":
                return f"link:{name}/suppliers:{supplier_key(self.payees.party(row))}"
            case "account_not_linked" if missing := self.account_links.missing(row):
                return f"link:{name}/accounts:{missing}"
            case "remit_to_not_mapped":
                return f"{REMIT_TO}:{row['remit_unmapped']}"
            case "payment_term_not_mapped":
                return f"payment_terms:{row['term']}"
        return None

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        until = "draft" if not self.settings.submit else "approved" if self.settings.bypass_approvals else "submitted"
        return {
            "key": row["key"].removeprefix("F0411:"),
            "number": row["number"],
            "date": row["invoice_date"].isoformat() if row["invoice_date"] else None,
            "due": row["due_date"].isoformat() if row["due_date"] else None,
            "supplier": str(self.payees.party(row)),
            "currency": row["currency"],
            "amount": amount_text(row["amount"]),
            "open": amount_text(row["open_amount"]),
            "tax": amount_text(row["tax"]),
            "term": row["term_code"] or None,
            "lines": [
                {
                    "account": line["account_code"],
                    "amount": amount_text(line["line_amount"]),
                    "description": line["description"] or row["remark"] or f"{row['doc_type']} {row['doc']}",
                }
                for line in sorted(lines, key=lambda each: each["line"])
            ],
            "payments": json.loads(row["payments"]),
            "paid": self._is_paid(row),
            "void": row["void"],
            "until": until,
            **({"remit_to": row["remit_to"]} if row["remit_to"] else {}),
            # named only while there is one: it changes nothing in Coupa, and is looked at all the same
            **({"hold": hold} if (hold := payment_holds.words(row)) else {}),
            **({"unproved": row["unproved"]} if row["unproved"] else {}),
        }

    # -- the target side: by the mode -----------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return self.writer.holds_any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return self.writer.find(documents)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return self.writer.read(ids)

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        decision = self._confirmed(document, known, self._decide(document, known, target))
        if decision == Done() and known.target_id is not None and (unproved := document.content.get("unproved")):
            decision = Hold((problem("settled_without_payment", "pay_status", unproved),))
        if not payment_holds.words(document.facts["row"]) or document.content["void"]:
            return decision
        return payment_holds.instead(decision, document, known, target, self.writer)

    def _is_paid(self, row: Mapping[str, Any]) -> bool:
        """Whether Coupa is told that a voucher is paid: only payments prove that it is. Where Coupa Pay pays, the mark
        keeps it from paying what is open no more, whatever closed it."""
        if row["void"] or not row["settled"]:
            return False
        return self.coupa_pays or (row["unproved"] is None and bool(row["amount"]))

    def _confirmed(self, document: Document, known: Delivery, decision: Decision) -> Decision:
        """Where Coupa Pay pays, nothing comes within its reach for a party whose bank account changed, until a person
        has confirmed it. What is there is handed over all the same: else JD Edwards would pay it, too."""
        steps = NEW_STEPS if known.target_id is None else SUBMITTING
        if not (self.coupa_pays and isinstance(decision, Do) and decision.step.name in steps):
            return decision
        flow = f"{self.context.integration.name}/{self.parties_of}"
        party = supplier_key(self.payees.party(document.facts["row"]))
        found = changed_of(self.context.ledger, flow, [party])
        return Hold(held_for(flow, found)) if found else decision

    def _decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        decision = self.writer.decide(document, known, target)
        if not self.coupa_pays or document.content["void"] or not self.handing.pending(document):
            return decision
        if known.target_id is None:
            return self.handing.step(document, known, None) if isinstance(decision, Do) else decision
        if target is None:
            return NeedTarget()
        return decision if self.writer.is_over(target) else self.handing.step(document, known, target)

    def look_before(self, documents: Sequence[Document]) -> None:
        keys = [document.key for document in documents if document.deliverable]
        if self.coupa_pays and len(self._links(self.name, keys)) < len(keys):
            Suppliers(self.context).look_at_accounts(whole=False)

    def prepared(self, document: Document) -> Document:
        facts = document.facts
        return replace(document, facts={**facts, "row": {**facts["row"], "selectable": ""}})

    def payable_in_both(self, keys: Collection[str] | None) -> Mapping[str, str]:
        """Where Coupa Pay pays: what JDE's payment run selects, or has in hand, of vouchers that Coupa has. Where JDE
        pays: what it has open of invoices that Coupa pays by itself; each change of those is seen by its day and held,
        so that here all are looked at by the sweep, and otherwise those alone that are told already."""
        ledger, name = self.context.ledger, self.full_name
        if keys is not None and not self.coupa_pays:
            keys = ledger.findings.of(name, "payable_in_both", keys)
        links = ledger.links.all(flow=name) if keys is None else ledger.links.of(name, keys).values()
        ids = {link.source_key: link.target_id for link in links}
        to_check = self.handing.taken(ids) if self.coupa_pays else self._open(ids)
        targets = self.read({ids[key] for key in to_check})
        return {
            key: f"{handing.in_words(rows)}; {self.target_entity} {shown}"
            for key, rows in to_check.items()
            if ids[key] in targets and (shown := self.writer.payable(targets[ids[key]], coupa_pays=self.coupa_pays))
        }

    def _open(self, keys: Collection[str]) -> dict[str, list[Row]]:
        rows = rows_of(self.context, {voucher_parts(key) for key in keys})
        return by(({**row, "": voucher_key(row)} for row in rows if is_open(row)), "")

    def startup_problems(self) -> list[str]:
        return [*self.handing.problems(), *self._instruments[0]] if self.coupa_pays else []

    def startup_notes(self) -> list[str]:
        return self._instruments[1]

    @cached_property
    def _instruments(self) -> tuple[list[str], list[str]]:
        """Where JDE pays, the setting means nothing."""
        return instruments.looked_up(self.context, self.settings.card_instruments if self.coupa_pays else ())

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        target = as_linked(document, target)
        # an external payable names no supplier
        whose = ("supplier",) if target.content.get("supplier") else ()
        return tuple(
            FieldChange(name, target.content.get(name), document.content[name])
            for name in ("key", *whose, "amount", *self._shown(target))
            if target.content.get(name) != document.content[name]
        )

    def _shown(self, target: Target) -> Sequence[str]:
        """Date and currency: an external payable need not show them, and is known by our source and its reference."""
        names = ("date", "currency")
        return [name for name in names if name in target.content] if self.writer.entity != "invoices" else names

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        return self.writer.progress_after_unknown(known, intents, target)

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        if target.content.get("key") == document.content["key"]:
            return None
        name = self.settings.key_custom_field or "internal-note"
        return NotAllowed(
            f"{self.full_name}: Coupa did not keep the voucher key in {name} of invoice {target.id}; "
            f"without it a lost answer could not be looked up",
            fix=f"add the custom field {name} to invoices in Coupa, or set key_custom_field to another one",
            connection=self.context.connection("coupa").name,
        )

    def targets(self) -> list[Target]:
        return self.writer.all()

    def key_of(self, target: Target) -> str | None:
        key = target.content.get("key")
        return f"F0411:{key}" if key else None

    def known_as(self, target: Target) -> Hashable:
        """Supplier and number, as the look-up asks; a credit with the number of its invoice is no second one."""
        supplier, number = target.content.get("supplier"), target.content.get("number")
        return (supplier, number, target.content["amount"].startswith("-")) if supplier and number else None

    def inner_duplicates(self, target: Target) -> Collection[str]:
        return recorded_twice(target.content.get("payments", ()))


def _loose(row: Mapping[str, Any], from_elsewhere: OriginCheck) -> str | None:
    """A voucher that our user made and of which nobody knows of what."""
    name = voucher_of(row)
    return name if name in from_elsewhere.unaccounted else None


def _first_duplicate(row: Mapping[str, Any], sent: Collection[str]) -> str | None:
    """The voucher because of which this one waits: one of the same number that was sent, else the first of them."""
    duplicates = json.loads(row["twins"])
    delivered = next((duplicate for duplicate in duplicates if duplicate in sent), None)
    if delivered is not None:
        return str(delivered)
    return str(duplicates[0]) if duplicates and duplicates[0] != row["key"] else None
