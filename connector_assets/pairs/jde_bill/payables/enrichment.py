"""Completing mapped pay items from the ledger: which of them are one bill, and whether and as what it goes to BILL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.voucher_entry.origin_check import OriginCheck, check_origins
from connector_assets.documents.jde.voucher_entry.origin_check import voucher_of as voucher_in
from connector_assets.documents.jde.voucher_entry.origins import Origins
from connector_assets.documents.jde.vouchers.pay_items import Paid, PayItem, item_key, items_of, voucher_of
from connector_assets.documents.jde.vouchers.posting import NOT_POSTED_YET, is_late
from connector_assets.documents.jde.vouchers.reading import distribution_state
from connector_assets.documents.jde.vouchers.settled import HISTORY, NOTHING_OPEN, PAID_IN_JDE, Settled
from connector_assets.documents.jde.vouchers.withholding import WITHHOLDING, is_withheld
from connector_assets.engine.context import RunContext
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.payables.numbers import invoice_number
from connector_assets.pairs.jde_bill.payables.pay_items import grouped
from connector_assets.pairs.jde_bill.payables.sent_before import Sent, sent_of
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills, order_named
from connector_assets.pairs.jde_bill.purchase_order_bills.paid_up import paid_up
from connector_assets.pairs.jde_bill.vendors.links import VendorLink, VendorLinks, state_of
from connector_resources.ledger import Delivery, Problem

ZERO = Decimal("0.00")
ORIGINATES_IN_BILL = "born_in_bill"
BILLED_BY_ORDER = "billed_by_order"
IN_ANOTHER_BILL = "in_another_bill"
NOT_APPROVED = "not_approved"
# by its payment instrument: BILL would pay it once more
PAID_BY_CARD = "paid_by_card"
# what a row has before it is resolved
UNRESOLVED: Mapping[str, Any] = {
    "covers": "[]",
    "number": None,
    "vendor_id": None,
    "vendor_state": "",
    "vendor_currency": None,
    "due": None,
    "order": None,
    "approved": False,
    "hand_over": False,
    "selectable": None,
    "selected": None,
    "by_order": False,
    "left_by_order": None,
    "withdrawn": False,
    "distribution": "",
    "left": ZERO,
    "by_target": ZERO,
    "paid": "[]",
    "held_duplicate": None,
    "covered_by": None,
    "taxed": None,
    "repaid": "",
    "moved": False,
    "late_batch": None,
    "unaccounted": None,
}
Row = Mapping[str, Any]
Known = Mapping[str, Mapping[str, Sent]]


class PayableEnrichment:
    """Resolves the rows of one flow."""

    def __init__(self, context: RunContext, flow: str, settings: PayableSettings, origins: Origins) -> None:
        self.context = context
        self.flow = flow
        self.settings = settings
        self.origins = origins
        self.vendors = VendorLinks(context)
        # keys of orders of whose bill nothing is left to be paid
        self._paid_up: Collection[str] = ()

    def resolve(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The rows with the columns filled that depend on links and on what was sent, and `closing`: what is in BILL
        only has to be closed, so that nothing else of it matters."""
        items = {voucher_of(row["key"]): items_of(row["items"]) for row in rows}
        keys = {item_key(voucher, item.suffix) for voucher, found in items.items() for item in found}
        sent = sent_of(self.context.ledger, self.flow, keys)
        duplicates = sent_of(
            self.context.ledger, self.flow, {key for row in rows for key in json.loads(row["twin_items"])}
        )
        orders = self._billed_orders({item.order for found in items.values() for item in found if item.order})
        self._paid_up = self._orders_paid_up(orders)
        rows = [{**row, "payee": self._payee(row, items, sent)} for row in rows]
        vendors = self.vendors.of({self._paid(row) for row in rows})
        known = self.context.ledger.deliveries.load(self.flow, [row["key"] for row in rows])
        from_elsewhere = check_origins(self.origins, rows, lambda row: _gross(items[voucher_of(row["key"])]))
        resolved = []
        for row in rows:
            voucher, own = voucher_of(row["key"]), known.get(row["key"])
            link = vendors[self._paid(row)]
            columns = self._one(
                row, items[voucher], sent.get(voucher, {}), duplicates, orders, link, from_elsewhere, own
            )
            resolved.append({**row, **columns})
        return resolved

    def payee_of(self, row: Row) -> int:
        """The address number of who is paid."""
        return self._paid(row)[0]

    def accounts_changed(self, row: Row) -> tuple[Problem, ...]:
        """Why nothing may be paid to the payee of a row yet: its bank account changed, and nobody has confirmed it."""
        return self.vendors.accounts_changed(*self._paid(row))

    def repaid(self, rows: Sequence[Row], unfit: Mapping[str, str]) -> dict[str, str]:
        """The keys of resolved rows whose record in BILL is, as we remember it, another payee's than is to be paid, and
        that are held by themselves or for what `unfit` says, each with why: nothing but the other's is closed."""
        troubles = {row["key"]: _trouble(row) or unfit.get(row["key"], "") for row in rows if not row["closing"]}
        waiting = {row["key"]: row for row in rows if troubles.get(row["key"])}
        known = self.context.ledger.deliveries.load(self.flow, list(waiting))
        return {
            key: troubles[key]
            for key in others(known, {key: self._paid(row)[0] for key, row in waiting.items()}, self.vendors)
        }

    def vendor_of(self, row: Row) -> VendorLink:
        """The vendor of a row, or what it waits for."""
        wanted = self._paid(row)
        return self.vendors.of([wanted])[wanted]

    def _payee(self, row: Row, items: Mapping[str, Sequence[PayItem]], sent: Known) -> int:
        """Who is paid by the bill that a row names: what is open of it has one payee."""
        voucher, suffix = voucher_of(row["key"]), row["suffix"]
        found = {item.suffix: item for item in items[voucher]}
        covers = self._grouped(items[voucher], sent.get(voucher, {})).get(suffix) or (suffix,)
        own = [found[each] for each in covers]
        return next((item.payee for item in own if item.payable), own[0].payee)

    def _grouped(self, items: Sequence[PayItem], sent: Mapping[str, Sent]) -> dict[str, tuple[str, ...]]:
        """Which pay items are one bill, as `grouped`; who is paid says nothing where the supplier's vendor is."""
        if self.settings.paid_to == "supplier":
            items = [replace(item, payee=0) for item in items]
        return grouped(items, {first: each.covers for first, each in sent.items()}, self._alike)

    def _paid(self, row: Row) -> tuple[int, str]:
        """Who is paid, and in which currency."""
        return row["payee" if self.settings.paid_to == "payee" else "supplier"], row["currency"] or ""

    def _billed_orders(self, orders: Collection[str]) -> set[str]:
        """Those of these orders that are bills of their own: their vouchers are none."""
        named = {order_named(key): key for key in orders}
        billed = OrderBills(self.context).billed(named)
        return {key for key in orders if order_named(key) in billed}

    def _orders_paid_up(self, orders: Collection[str]) -> set[str]:
        """Those of these orders of whose bill nothing is left to be paid."""
        found = paid_up(OrderBills(self.context), {order_named(key) for key in orders}) if orders else ()
        return {key for key in orders if order_named(key) in found}

    def _one(
        self,
        row: Row,
        items: Sequence[PayItem],
        sent: Mapping[str, Sent],
        duplicates: Known,
        orders: Collection[str],
        link: VendorLink,
        from_elsewhere: OriginCheck,
        known: Delivery | None,
    ) -> dict[str, Any]:
        voucher, suffix = voucher_of(row["key"]), row["suffix"]
        covers = self._grouped(items, sent).get(suffix)
        found = {item.suffix: item for item in items}
        own = [found[each] for each in covers or (suffix,)]
        left = [item for item in own if item.payable]
        approved = all(set(item.status.split(",")) <= self.settings.approved_statuses for item in left)
        approved = approved and not any(item.card for item in left)
        handed = self.settings.handed_over_status
        is_sent = suffix in sent
        # JDE pays nobody who is on hold either: nothing is handed over meanwhile
        on_hold = bool(left and row["on_hold"])
        withdrawn = is_sent and (all(item.void for item in own) or not approved or on_hold)
        selectable = _selectable(voucher, left, row["currency"]) if approved and not on_hold else None
        closing = withdrawn or (is_sent and not left)
        columns: dict[str, Any] = {
            "closing": closing,
            "covers": json.dumps([item_key(voucher, item.suffix) for item in own]),
            "approved": approved,
            "withdrawn": withdrawn,
            "hand_over": approved
            and not on_hold
            and handed is not None
            and any(item.status != handed for item in left),
            "selectable": selectable,
            "selected": None if is_sent else selectable,
            "by_order": False,
            "left_by_order": None,
            "amount": sum((item.open for item in own), ZERO),
            "left": sum((item.open for item in own), ZERO),
            "due": min((item.due for item in left or own if item.due), default=None),
            "order": _order(own),
            "by_target": sum((each.amount for each in _live(own) if each.elsewhere), ZERO),
            "paid": json.dumps(payments_of_items(own)),
            # what is still open may be paid yet
            "unproved": None if left else unproved_of(own),
            "number": self._number(row, own, items, sent),
            "vendor_id": link.id,
            "vendor_state": "" if closing else state_of(link, known),
            "vendor_currency": link.currency,
            "distribution": "agrees" if closing else distribution_state(row),
            "held_duplicate": None if is_sent else self._first_duplicate(row, voucher, sent, duplicates),
            "covered_by": None if closing else _covered_by(voucher, own, suffix, sent),
            "taxed": None if is_sent or not left else self._taxed(row),
            "unaccounted": voucher_in(row) if voucher_in(row) in from_elsewhere.unaccounted and not is_sent else None,
            # of what was sent, and of what was posted before, the target is asked first
            "late_batch": row["unposted"] if not (is_sent or row["reopened"]) and self._is_late(row) else None,
        }
        if voucher_in(row) in from_elsewhere.elsewhere:
            columns |= {"ignored": ORIGINATES_IN_BILL, "hand_over": False}
        elif covers is None:
            columns |= {"ignored": IN_ANOTHER_BILL, "amount": None, "hand_over": False}
        elif not is_sent:
            columns["covered_by"] = columns["covered_by"] or _too_large(voucher, found, sent)
            columns["ignored"] = self._rule(row, own, orders, known, approved=approved)
            if columns["ignored"] == BILLED_BY_ORDER:
                columns |= self._by_order(columns, voucher, left, row["currency"])
            if not left and columns["ignored"] in (None, PAID_IN_JDE, NOTHING_OPEN):
                # nothing is left: what is counted is the money that BILL does not see
                columns["amount"] = sum((item.gross for item in own), ZERO)
        else:
            columns["ignored"] = None
        return columns

    def _by_order(
        self, columns: Mapping[str, Any], voucher: str, left: Sequence[PayItem], currency: str | None
    ) -> dict[str, Any]:
        """BILL pays it by the bill of its order: it is handed over all the same, whatever it lacks to be a bill. Once
        that bill is paid, what is left is JD Edwards' to pay, and must not stay where nobody pays it."""
        over = any(item.order in self._paid_up for item in left)
        handed = [item for item in left if over and item.status == self.settings.handed_over_status]
        rest = _in_words(voucher, handed, currency)
        if rest is None and (over or not columns["hand_over"]):
            return {"selected": None, "hand_over": False}
        lacks = dict.fromkeys(("selected", "held_duplicate", "covered_by", "taxed", "late_batch"))
        return {
            "closing": True,
            "ignored": None,
            "by_order": True,
            "vendor_state": "",
            "distribution": "agrees",
            "hand_over": rest is None,
            "left_by_order": rest,
            **lacks,
        }

    def _rule(
        self, row: Row, own: Sequence[PayItem], orders: Collection[str], known: Delivery | None, *, approved: bool
    ) -> str | None:
        """Why nothing is sent for pay items of which BILL has nothing yet."""
        if any(item.order in orders for item in own):
            return BILLED_BY_ORDER
        if any(item.payable for item in own):
            if any(item.card for item in own):
                return PAID_BY_CARD
            withheld = any(is_withheld(item.status) for item in own if item.payable)
            if withheld and self.settings.withholding == "net":
                return WITHHOLDING
            if not approved and not withheld:
                return NOT_APPROVED
            new = row["unposted"] is not None and not row["reopened"]
            return NOT_POSTED_YET if new and not self._is_late(row) else None
        payments = _live(own)
        settled_on: date | None = max((each.date for each in payments if each.date), default=row["settled_on"])
        if all(item.void for item in own) or self.settled.is_history(settled_on, known):
            return HISTORY
        if self.settings.go_live is None:
            # what BILL paid was sent before our memory was lost; only a payment proves that JD Edwards paid
            if payments and all(each.elsewhere for each in payments):
                return HISTORY
            return PAID_IN_JDE if payments else NOTHING_OPEN
        # its bill may be in BILL all the same, sent before our memory was lost: it is looked for
        return None

    def _taxed(self, row: Row) -> str | None:
        """In words what JD Edwards withholds of a voucher, where the site does not say what becomes of it; or that it
        withholds nothing yet of a supplier who is subject to it."""
        match self.settings.withholding:
            case "hold":
                withheld: str | None = row["withheld"] or row["subject"]
                return withheld
            case "net":
                return row["subject"] if row["withheld"] is None else None
        return None

    @property
    def _alike(self) -> Collection[str]:
        """Pay statuses that come to one once they are handed over."""
        return self.settings.approved_statuses if self.settings.handed_over_status is not None else ()

    def _is_late(self, row: Row) -> bool:
        return is_late(row, self.settings, self.context.today("jde"))

    @cached_property
    def settled(self) -> Settled:
        """What tells history from what JD Edwards has paid since."""
        return Settled.of(self.context, self.flow, self.settings.go_live)

    def _number(
        self, row: Row, own: Sequence[PayItem], items: Sequence[PayItem], sent: Mapping[str, Sent]
    ) -> str | None:
        """The invoice number of a bill; one that it was given once stays, whatever became of the others since."""
        covered = {item.suffix for item in own}
        others = [item for item in items if item.suffix not in covered and (item.payable or item.suffix in sent)]
        duplicates = json.loads(row["twins"]) if self.settings.duplicates == "send" else []
        numbers = [invoice_number(row["vinv"], row["key"], alone=alone) for alone in (True, False)]
        before = sent[row["suffix"]].number if row["suffix"] in sent else None
        if before is not None and before in numbers:
            return before
        return numbers[0] if not others and not duplicates else numbers[1]

    def _first_duplicate(self, row: Row, voucher: str, sent: Mapping[str, Sent], duplicates: Known) -> str | None:
        """The voucher because of which this one waits: one of the same number that was sent, else the first of them."""
        if self.settings.duplicates == "send" or sent:
            return None
        names = json.loads(row["twins"])
        delivered = next((name for name in names if name in duplicates), None)
        first: str | None = delivered or next(iter(names), None)
        return first if first != voucher else None


def others(known: Mapping[str, Delivery], payees: Mapping[str, int], vendors: VendorLinks) -> list[str]:
    """The keys of documents (with their payees) whose record in BILL can be paid and is, as we remember it, another
    payee's."""
    held = {key: each.content or {} for key, each in known.items() if each.target_id is not None}
    held = {key: each for key, each in held.items() if each.get("vendor") and not each.get("void")}
    of = vendors.suppliers({str(each["vendor"]) for each in held.values()})
    return [key for key, each in held.items() if of.get(str(each["vendor"]), payees[key]) != payees[key]]


def _gross(items: Sequence[PayItem]) -> Decimal:
    return sum((item.gross for item in items), ZERO)


def unproved_of(items: Sequence[PayItem]) -> str | None:
    """What of these pay items is closed without a payment; None where nothing is."""
    found = sum((item.unproved for item in items), ZERO)
    return amount_text(found) if found else None


def _trouble(row: Row) -> str:
    """Why a check holds a document, whatever its lines are; '' where none does."""
    found = [row["vendor_state"]] if row["vendor_state"] else []
    found += ["not_handed_over"] if row["selected"] else []
    found += ["covered_by_another_bill"] if row["covered_by"] else []
    state = row["distribution"]
    found += [] if state == "agrees" else [state if state == "prepayment" else f"distribution_{state}"]
    return ", ".join(found)


def _covered_by(voucher: str, own: Sequence[PayItem], suffix: str, sent: Mapping[str, Sent]) -> str | None:
    """The pay item in whose bill one of these still is."""
    for first, bill in sorted(sent.items()):
        if first != suffix and not bill.archived and any(item.suffix in bill.covers for item in own):
            return item_key(voucher, first)
    return None


def _too_large(voucher: str, items: Mapping[str, PayItem], sent: Mapping[str, Sent]) -> str | None:
    """The pay item whose bill is for more than is owed of those that it covers: a clerk may have split them, and and
    what was split off is in the bill as long as it has not shrunk."""
    for first, bill in sorted(sent.items()):
        covered = [items[each] for each in bill.covers if each in items]
        if covered and not bill.archived and bill.total > sum((item.gross for item in covered), ZERO):
            return item_key(voucher, first)
    return None


def _selectable(voucher: str, left: Sequence[PayItem], currency: str | None) -> str | None:
    """In words those of the open pay items that JDE's own payment run selects."""
    return _in_words(voucher, [item for item in left if item.selectable], currency)


def _in_words(voucher: str, found: Sequence[PayItem], currency: str | None) -> str | None:
    """Pay items with what is open of them; None where there are none."""
    words = (
        f"{voucher.removeprefix('F0411:')}/{each.suffix}, {amount_text(each.open)} {currency} on pay status "
        f"{each.status}"
        for each in found
    )
    return "; ".join(words) or None


def _order(own: Sequence[PayItem]) -> str | None:
    """The purchase order, as people write it: `OP 100234`; None where there is none, or there are several."""
    orders = {item.order for item in own}
    only = orders.pop() if len(orders) == 1 else None
    if only is None:
        return None
    _, kind, number, _ = only.partition(":")[2].split("/")
    return f"{kind} {number}"


def _live(own: Sequence[PayItem]) -> list[Paid]:
    return [each for item in own for each in item.payments if not each.void]


def payments_of_items(own: Sequence[PayItem]) -> list[dict[str, Any]]:
    """The payments that JD Edwards made, each once for all of these pay items, the oldest first. Of a payment of BILL's
    the discount that it took: BILL knows of none, and has that much due still."""
    found: dict[int, list[Paid]] = {}
    for item in own:
        for each in item.payments:
            part = replace(each, amount=each.discount, discount=ZERO) if each.elsewhere else each
            if part.amount:
                found.setdefault(each.id, []).append(part)
    shown = [
        {
            "id": str(id),
            "date": parts[0].date.isoformat() if parts[0].date else None,
            "amount": amount_text(sum((part.amount for part in parts), ZERO)),
            "discount": amount_text(sum((part.discount for part in parts), ZERO)),
            "void": parts[0].void,
        }
        for id, parts in found.items()
    ]
    return sorted(shown, key=lambda each: (each["date"] or "", int(each["id"])))
