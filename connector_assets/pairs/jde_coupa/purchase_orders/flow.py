"""`jde_coupa/purchase_orders`: JDE purchase orders (F4301, F4311) to Coupa as external orders, which JDE owns.

**Natural key.** Coupa's `po-number`, made of the order's number, type and company by the rule `po_number` and read back
by it; unique in Coupa (coupa section 6), which refuses a second one. A hit counts only if it is an external order and
supplier, currency and total agree; otherwise the document is held as `natural_key_taken`. An order that originates in
Coupa is never touched.

**In force.** An order is sent once all of its lines that are not cancelled have a next status (NXTR) of `approved`. It
is created as a draft and put in force by a second call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from connector_assets.documents.jde.keys import supplier_key
from connector_assets.documents.jde.orders import reading as jde
from connector_assets.engine.checks import FrameChecks, records
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, FieldChange, Target
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.money import amount_text
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_coupa.accounts.flow import Accounts
from connector_assets.pairs.jde_coupa.accounts.links import CHARTLESS, AccountLinks
from connector_assets.pairs.jde_coupa.paging import by_ids
from connector_assets.pairs.jde_coupa.purchase_orders.checks import order_checks
from connector_assets.pairs.jde_coupa.purchase_orders.ended import ended_between
from connector_assets.pairs.jde_coupa.purchase_orders.records import OrderBodies, in_order, line_content
from connector_assets.pairs.jde_coupa.purchase_orders.settings import PurchaseOrderSettings
from connector_assets.pairs.jde_coupa.purchase_orders.steps import OFF, OrderSteps
from connector_assets.pairs.jde_coupa.terms import resolve_terms
from connector_resources.connections.coupa import PURCHASE_ORDER_SCOPES
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.order_models import EXTERNAL_ORDER
from connector_resources.coupa.purchase_orders import SWITCH_ON
from connector_resources.errors import LoginRefused, NotAllowed, NotFound, Refused, SystemProblem
from connector_resources.ledger import Delivery, Intent
from connector_resources.ledger.progress import Progress

SHIP_TO, UNITS = "ship_to", "units_of_measure"


class PurchaseOrders(Flow):
    """JDE purchase orders to Coupa."""

    name = "purchase_orders"
    title = "Purchase orders of JD Edwards as external orders in Coupa"
    sources = (
        *(Source("jde", table) for table in jde.TABLES),
        Source("jde", "F0010", daily=False),
        Source("coupa", "payment_terms", daily=False),
        Source("coupa", "currencies", daily=False),
        Source("coupa", "account_types", daily=False),
        Source("coupa", "uoms", daily=False),
    )
    after = ("suppliers", "accounts")
    optional = True
    carries_money = True
    amounts_of = "jde"
    dated_by = ("order_date",)
    parties_of = "suppliers"
    party_entity = "F0401"
    source_role, source_entity = "jde", "F4301"
    target_role, target_entity = "coupa", "purchase_orders"
    natural_key = "po-number"
    lookup_fields = ("key", "number", "supplier", "currency", "amount")
    document_columns: ClassVar[Mapping[str, str]] = {
        **jde.COLUMNS,
        "number": "str",
        "supplier_id": "str?",
        "term_code": "str?",
        "currency_known": "bool",
        "ship_to": "str?",
        "on_hold": "str?",
        "number_free": "bool",
        # a person has ended it in Coupa, as this run has read it
        "touched": "bool",
    }
    line_columns: ClassVar[Mapping[str, str]] = {
        **jde.LINE_COLUMNS,
        "uom_code": "str?",
        "account_id": "str?",
        "account_code": "str?",
        "account_state": "str",
        **CHARTLESS,
    }
    Settings = PurchaseOrderSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose order a person has ended in Coupa, as this run has read it
        self._touched: set[str] = set()

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """An order that is in Coupa already is linked, not refused: a page of numbers a call."""
        return not begins_empty(self)

    @cached_property
    def accounts(self) -> Accounts:
        """The flow that keeps the accounts which the lines refer to."""
        return Accounts(self.context)

    @cached_property
    def account_links(self) -> AccountLinks:
        """What leads from a line to its account in Coupa."""
        return AccountLinks(self.accounts)

    @property
    def orders(self) -> Any:
        """Coupa's purchase orders, their client opened on first use."""
        return self.context.client("coupa", CoupaClient).purchase_orders

    @cached_property
    def steps(self) -> OrderSteps:
        """What decides."""
        return OrderSteps(
            self.settings,
            lambda: OrderBodies(self.settings, self.account_links),
            lambda: self.orders,
            lambda: self._feature_off,
        )

    @cached_property
    def _feature_off(self) -> tuple[str, bool]:
        """As `_feature`; asked once a run, before the first one is created. Where there is no answer the create itself
        is left to tell."""
        try:
            return self._feature()
        except SystemProblem:
            return "", False

    def _feature(self) -> tuple[str, bool]:
        """Why Coupa takes no external orders, '' where it does; and whether it is Coupa that says so, not a server
        between here and there."""
        try:
            return str(self.orders.external_feature()), True
        except LoginRefused:
            raise
        except (Refused, NotAllowed, NotFound) as problem:
            return f"{problem}; where Coupa said so, {SWITCH_ON}", False

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return jde.changed_orders(entity, rows, self.settings)

    def changed_in_target(self, first: date, last: date) -> dict[str, date | None]:
        found = ended_between(self, self.orders, first, last)
        self._touched |= found.keys()
        return found

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["touched"])

    def all_keys(self) -> dict[str, date | None]:
        return jde.all_orders(self.context.reader("jde"), self.settings)

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        assembly = jde.assemble_orders(self.context.reader("jde"), keys, self.settings)
        for row in assembly.documents:
            row["number"] = self.settings.number_of(row)
            row["on_hold"] = row["hold_code"] if self.settings.held_orders == "hold" else None
            row |= {"supplier_id": None, "term_code": None, "currency_known": False, "ship_to": None}
            row["number_free"], row["touched"] = True, row["key"] in self._touched
        for line in assembly.lines:
            line |= {"uom_code": None, "account_id": None, "account_code": None, "account_state": "", "chartless": None}
        return assembly

    def resolve(self, frames: Frames) -> Frames:
        documents, lines = frames.documents.copy(), frames.lines.copy()
        ledger, keys = self.context.ledger, list(documents["key"])
        known = ledger.deliveries.load(self.full_name, keys)
        sent = {key for key, each in known.items() if each.target_id or each.state in ("sending", "in_doubt")}
        # linked by hand, it has a target though nothing was ever sent
        sent |= self._links(self.name, keys).keys()
        rows = records(documents)
        suppliers = self._links("suppliers", {supplier_key(row["supplier"]) for row in rows})
        active = {row["code"] for row in self.context.reader("coupa").snapshot("currencies")}
        places = ledger.mappings.table(self.context.integration.name, SHIP_TO)
        bearers = _bearers(rows, sent)
        columns: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "ignored": lambda row: jde.order_rule(row, self.settings, sent=row["key"] in sent),
            "number_free": lambda row: bearers[row["number"]] == row["key"],
            "supplier_id": lambda row: suppliers.get(supplier_key(row["supplier"])),
            "currency_known": lambda row: row["currency"] in active,
            "ship_to": lambda row: self._place(row, places),
        }
        for name, value in columns.items():
            documents[name] = pd.Series([value(row) for row in rows], index=documents.index, dtype=object)
        documents["term_code"] = resolve_terms(self.context, documents["term"])
        lines["uom_code"] = self._units(lines["unit_of_measure"])
        return Frames(documents, self.account_links.resolve(lines))

    def _place(self, row: Mapping[str, Any], places: Mapping[str, str]) -> str | None:
        """The location code of where it goes: by its ship-to address (SHAN), by its business unit, else the site's."""
        for own in (row["ship_to_number"], row["business_unit"]):
            if own in places:
                return places[own]
        location: str | None = self.settings.ship_to_location
        return location

    def _units(self, units: pd.Series) -> pd.Series:
        """Coupa's unit for each of JDE's: mapped, else the same code; None where there is none, '' where Coupa has
        no such unit."""
        mapped = self.context.ledger.mappings.table(self.context.integration.name, UNITS)
        codes = {row["code"] for row in self.context.reader("coupa").snapshot("uoms")}
        found = [None if unit is None else mapped.get(unit, unit) for unit in units]
        known = [None if code is None else code if code in codes else "" for code in found]
        return pd.Series(known, index=units.index, dtype=object)

    def _links(self, flow: str, keys: Collection[str]) -> dict[str, str]:
        """Source key -> target id, of a flow of this integration."""
        links = self.context.ledger.links.of(f"{self.context.integration.name}/{flow}", list(keys))
        return {key: link.target_id for key, link in links.items()}

    def refers_to(self, document: Document) -> Collection[tuple[str, str]]:
        return {*super().refers_to(document), *self.account_links.referred(document.facts["lines"])}

    @property
    def checks(self) -> FrameChecks:
        return order_checks(self.document_columns, self.line_columns, self._waits_for)

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        name = self.context.integration.name
        match why:
            case "supplier_not_linked":
                return f"link:{name}/suppliers:{supplier_key(row['supplier'])}"
            case "account_not_linked" if missing := self.account_links.missing(row):
                return f"link:{name}/accounts:{missing}"
            case "payment_term_not_mapped":
                return f"payment_terms:{row['term']}"
            case "ship_to_not_mapped":
                return f"{SHIP_TO}:{row['ship_to_number'] or row['business_unit']}"
            case "unit_not_mapped":
                return f"{UNITS}:{row['unit_of_measure']}"
        return None

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        by_amount = self.settings.line_kind == "amount"
        return {
            "key": row["key"].removeprefix("F4301:"),
            "number": row["number"],
            "supplier": str(row["supplier"]),
            "currency": row["currency"],
            "amount": amount_text(row["amount"]),
            "ship_to": row["ship_to"],
            "term": row["term_code"] or None,
            "lines": [line_content(line, by_amount=by_amount) for line in in_order(lines)],
            "void": row["cancelled"],
            "closed": row["closed"],
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return bool(self.orders.holds_any({"type": EXTERNAL_ORDER}))

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        numbers = {document.key: document.content["number"] for document in documents}
        found = self.orders.by_numbers(sorted(set(numbers.values())))
        return {key: [self.steps.observe(found[number])] for key, number in numbers.items() if number in found}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {str(order.id): self.steps.observe(order) for order in by_ids(self.orders, ids)}

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return self.steps.decide(document, known, target)

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        return self.steps.progress_after_unknown(known, intents, target)

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        if target.raw.type != EXTERNAL_ORDER:
            return (FieldChange("type", target.raw.type, EXTERNAL_ORDER),)
        names = ["supplier", "currency", "amount"]
        if target.content["key"] is not None:
            # one that carries no key yet may be this order all the same
            names.insert(0, "key")
        return tuple(
            FieldChange(name, target.content[name], document.content[name])
            for name in names
            if target.content[name] != document.content[name]
        )

    def targets(self) -> list[Target]:
        """The external orders; those that originate in Coupa are its own."""
        found = self.orders.all(filters={"type": EXTERNAL_ORDER})
        return [self.steps.observe(order) for order in found if order.type == EXTERNAL_ORDER]

    def key_of(self, target: Target) -> str | None:
        key = target.content["key"]
        return f"F4301:{key}" if key else None

    def known_as(self, target: Target) -> Hashable:
        return target.content["number"] or None

    def startup_problems(self) -> list[str]:
        """The scopes, the tables, and the feature where a run found it off: what the connections' own checks do not ask
        for. Coupa is sent nothing: it has no setting that tells of the feature, and the first order finds out."""
        coupa, name = self.context.connection("coupa"), self.context.connection("coupa").name
        lacking = [scope for scope in PURCHASE_ORDER_SCOPES if scope not in getattr(coupa, "scopes", ())]
        if lacking:
            return [
                f"{self.full_name}: grant {' and '.join(lacking)} to the OAuth client in Coupa and add them to `scopes`"
                f" of connection {name}"
            ]
        problems = [self._unreadable(table) for table in jde.TABLES]
        held = self.context.ledger.exceptions.open(flow=self.full_name)
        off = next((each.value or SWITCH_ON for each in held if each.reason == OFF), None)
        return [*filter(None, problems), *([f"{self.full_name}: {off}; then replay what is held"] if off else [])]

    def _unreadable(self, table: str) -> str:
        try:
            self.context.reader("jde").stamp(table)
        except LoginRefused:
            raise
        except NotAllowed as problem:
            return f"{self.full_name}: {problem}"
        return ""


def _bearers(rows: Sequence[Mapping[str, Any]], sent: Collection[str]) -> dict[str, str]:
    """Number -> the order that bears it, where the site's rule gives two orders one number: the one that was sent, else
    the first."""
    ranked = sorted(rows, key=lambda row: (row["key"] not in sent, row["key"]), reverse=True)
    return {row["number"]: row["key"] for row in ranked}
