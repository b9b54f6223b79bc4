"""Completing mapped orders from the ledger and JD Edwards' vouchers: whether and as what they go to BILL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, voucher_key, voucher_parts
from connector_assets.documents.jde.orders.reading import order_rule
from connector_assets.documents.jde.orders.vouchers import Order, order_of, vouchers_of
from connector_assets.documents.jde.vouchers.pay_items import PayItem, assemble_pay_items, items_of
from connector_assets.documents.jde.vouchers.reading import VoucherRules, changed_vouchers
from connector_assets.documents.jde.vouchers.settled import NOTHING_OPEN
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import read_settings
from connector_assets.engine.references import reference_of
from connector_assets.pairs.jde_bill.payables.enrichment import others, payments_of_items, unproved_of
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_assets.pairs.jde_bill.payments.origin import OwnPayments
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills, order_named
from connector_assets.pairs.jde_bill.purchase_order_bills.settings import OrderBillSettings
from connector_assets.pairs.jde_bill.vendors.links import VendorLink, VendorLinks, state_of
from connector_resources.ledger import Delivery, Problem

HAS_VOUCHERS = "order_has_vouchers"
# in F0010 the company of what is of all companies
ALL_COMPANIES = "00000"
COLUMNS = {
    "number": "str?",
    "vendor_id": "str?",
    "vendor_state": "str",
    "vendor_currency": "str?",
    "due_on": "date?",
    # the order's own hold; that of its supplier (F0401.HDPY) is `on_hold`
    "order_held": "str?",
    "approved": "bool",
    "withdrawn": "bool",
    "state": "str?",
    "leaving": "bool",
    "paid": "str",
    # what of its vouchers is closed without a payment
    "unproved": "str?",
    # its bill is another supplier's, and has to be archived whatever else keeps it from being sent: what that is
    "repaid": "str",
}
# what a row has before it is resolved
UNRESOLVED: Mapping[str, Any] = {
    "number": None,
    "vendor_id": None,
    "vendor_state": "",
    "vendor_currency": None,
    "due_on": None,
    "order_held": None,
    "approved": False,
    "withdrawn": False,
    "state": None,
    "leaving": False,
    "paid": "[]",
    "unproved": None,
    "repaid": "",
}


class OrderEnrichment:
    """Resolves the rows of the flow. `look` gives the orders that a vendor's bills came from, each with whether its
    bill is archived; None where BILL held nothing when the run began."""

    def __init__(
        self,
        context: RunContext,
        orders: OrderBills,
        settings: OrderBillSettings,
        look: Callable[[str], dict[str, bool]] | None,
    ) -> None:
        self.context = context
        self.orders = orders
        self.settings = settings
        self.look = look
        self.vendors = VendorLinks(context)
        self._seen: dict[str, dict[str, bool]] = {}

    @property
    def jde(self) -> Any:
        """JD Edwards' tables."""
        return self.context.reader("jde")

    @cached_property
    def own_payments(self) -> OwnPayments:
        """Which payments of JD Edwards were made in BILL."""
        return OwnPayments(self.context)

    def resolve(self, rows: Sequence[Row], lines: Sequence[Row]) -> list[dict[str, Any]]:
        """The rows with the columns filled that depend on links, on what was sent, and on the vouchers as they are."""
        keys = [row["key"] for row in rows]
        sent, known = self.orders.sent(keys), self.context.ledger.deliveries.load(self.orders.full_name, keys)
        vouchers = vouchers_of(self.jde, {order_named(key) for key in keys})
        links = self.vendors.of({(row["supplier"], row["currency"] or "") for row in rows})
        promised = by([line for line in lines if line["promised"]], "key")
        resolved = []
        for row in rows:
            key, link = row["key"], links[row["supplier"], row["currency"] or ""]
            vouchered = order_named(key) in vouchers
            if key not in sent and row["line_count"] and self._rule(row, sent, vouchered=vouchered):
                # its bill may be there all the same, sent before our memory was lost
                sent |= self._marked(key, link)
            last = max((line["promised"] for line in promised.get(key, ())), default=None)
            resolved.append(dict(row) | self._one(row, sent, link, known.get(key), last, vouchered=vouchered))
        items = self._items({order_named(key): vouchers.get(order_named(key), ()) for key in keys if key in sent})
        for row in resolved:
            own = items.get(order_named(row["key"]), [])
            # what is still open may be paid yet
            closed = unproved_of([item for item in own if not item.payable])
            row |= {"paid": json.dumps(payments_of_items(own)), "unproved": closed}
        return resolved

    def repaid(self, rows: Sequence[Row], unfit: Mapping[str, str]) -> dict[str, str]:
        """The keys of resolved rows whose bill is, as we remember it, another supplier's than the order's, and that are
        held by themselves or for what `unfit` says, each with why: nothing but the other's bill is archived."""
        troubles = {row["key"]: _trouble(row) or unfit.get(row["key"], "") for row in rows if not row["leaving"]}
        waiting = {row["key"]: row for row in rows if troubles.get(row["key"])}
        known = self.context.ledger.deliveries.load(self.orders.full_name, list(waiting))
        suppliers = {key: row["supplier"] for key, row in waiting.items()}
        return {key: troubles[key] for key in others(known, suppliers, self.vendors)}

    def payee_of(self, row: Row) -> int:
        """The address number of who is paid."""
        return int(row["supplier"])

    def accounts_changed(self, row: Row) -> tuple[Problem, ...]:
        """Why nothing may be paid to the supplier of a row yet: its bank account changed, and nobody has confirmed
        it."""
        return self.vendors.accounts_changed(row["supplier"], row["currency"] or "")

    def vendor_of(self, row: Row) -> VendorLink:
        """The vendor of a row, or what it waits for."""
        wanted = (row["supplier"], row["currency"] or "")
        return self.vendors.of([wanted])[wanted]

    def billed(self, entity: str, rows: Sequence[Row]) -> dict[str, date | None]:
        """The billed orders whose vouchers these rows touch (F0411, or the payments of F0413 and F0414)."""
        days = changed_vouchers(self.jde, entity, rows, self.vouchers, self.context.start_date)
        items = rows if entity == "F0411" else self.jde.complete("F0411", VOUCHER_KEY, list(map(voucher_parts, days)))
        orders = {order: days.get(voucher_key(row)) for row in items if (order := order_of(row)) is not None}
        found = {self.orders.key(order): day for order, day in orders.items()}
        return {key: found[key] for key in self.orders.sent(list(found))}

    # -- one order ------------------------------------------------------------------------------------------------

    def _one(
        self,
        row: Row,
        sent: Mapping[str, bool],
        link: VendorLink,
        known: Delivery | None,
        promised: date | None,
        *,
        vouchered: bool,
    ) -> dict[str, Any]:
        is_sent, closed = row["key"] in sent, row["closed"]
        rule = self._rule(row, sent, vouchered=vouchered)
        state = None if closed else self._state(row, sent=is_sent)
        withdrawn = is_sent and not closed and (row["cancelled"] or state is not None or row["on_hold"] is not None)
        # what is not changed any more, or only put out of reach, need not be fit to be sent
        leaving = withdrawn or (is_sent and closed)
        due = self.settings.due_on(row["order_date"], promised)
        return {
            "ignored": rule,
            "approved": rule is None and not withdrawn,
            "withdrawn": withdrawn,
            "state": state,
            "number": self._number(row, ((known.content if known else None) or {}).get("number")),
            "vendor_id": link.id,
            "vendor_state": "" if leaving else state_of(link, known),
            "vendor_currency": link.currency,
            "due_on": due or (row["order_date"] if leaving else None),
            "order_held": row["hold_code"] if self.settings.held_orders == "hold" and not leaving else None,
            "leaving": leaving,
        }

    def _rule(self, row: Row, sent: Mapping[str, bool], *, vouchered: bool) -> str | None:
        """Why an order is ignored: it is not to be sent, or what it owes is billed by its vouchers. So it is of one
        whose bill was archived before they came. Of an order without lines nobody knows what became of it."""
        if row["line_count"] and vouchered and sent.get(row["key"], True):
            return HAS_VOUCHERS
        if row["key"] not in sent or not row["line_count"]:
            return self._state(row, sent=False)
        return None

    def _state(self, row: Row, *, sent: bool) -> str | None:
        """Why nothing is to be paid of an order; of one that was sent, other than that it is over."""
        rule = order_rule(row, self.settings, sent=sent)
        over = row["cancelled"] or row["closed"]
        return rule if rule is not None or over or row["amount"] > 0 else NOTHING_OPEN

    def _number(self, row: Row, given: str | None) -> str | None:
        """The invoice number; one that it was given once stays, also when JDE gets another company."""
        found = self.settings.numbers_of(row, only_company=self._companies == {row["company"]})
        if found is None:
            return None
        return given if given in found else found[0]

    @cached_property
    def _companies(self) -> set[str]:
        return {row["CO"] for row in self.jde.snapshot("F0010")} - {ALL_COMPANIES}

    # -- what there is --------------------------------------------------------------------------------------------

    def _marked(self, key: str, link: VendorLink) -> dict[str, bool]:
        """As `OrderBills.sent`, by the markers of the vendor's bills."""
        if self.look is None or link.id is None or reference_of(link.id):
            return {}
        if link.id not in self._seen:
            self._seen[link.id] = self.look(link.id)
        return {name: archived for name, archived in self._seen[link.id].items() if name == key}

    @cached_property
    def vouchers(self) -> VoucherRules:
        """Which documents are vouchers, as the flow `bills` has it."""
        rules = read_settings(PayableSettings, self.context.integration.settings, "bills")
        assert isinstance(rules, PayableSettings)
        return rules

    def _items(self, vouchers: Mapping[Order, Sequence[Row]]) -> dict[Order, list[PayItem]]:
        """The pay items of the vouchers of these orders."""
        keys = {voucher_key(row): order for order, rows in vouchers.items() for row in rows}
        if not keys:
            return {}
        found = assemble_pay_items(self.jde, dict.fromkeys(keys), self.vouchers, 1, self.own_payments)
        items: dict[Order, list[PayItem]] = {}
        for document in found.documents:
            own = next(item for item in items_of(document["items"]) if item.suffix == document["suffix"])
            if own.order is not None and order_named(own.order) in vouchers:
                items.setdefault(order_named(own.order), []).append(own)
        return items


def _trouble(row: Row) -> str:
    """Why a check holds an order, whatever its lines are; '' where none does."""
    found = [row["vendor_state"]] if row["vendor_state"] else []
    found += ["order_on_hold"] if row["order_held"] else []
    return ", ".join(found)
