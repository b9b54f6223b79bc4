"""`jde_bill/bills`: approved pay items of JD Edwards (F0411, their distribution in F0911) as bills of BILL.

What is shared with the vendor credits is in `payables/flow.py`; the steps of a bill are in `bills/steps.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from connector_assets.documents.jde.keys import ORDER_KEY, voucher_key
from connector_assets.documents.jde.orders.vouchers import Order, vouchers_of
from connector_assets.documents.jde.vouchers.pay_items import item_key, items_of, voucher_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, Ignore, Target
from connector_assets.engine.flow import Assembly, Source
from connector_assets.engine.references import reference_of
from connector_assets.pairs.jde_bill.bills.records import BillRecords, recorded_and_undone
from connector_assets.pairs.jde_bill.bills.steps import BillSteps, wanted_of
from connector_assets.pairs.jde_bill.payables.enrichment import BILLED_BY_ORDER
from connector_assets.pairs.jde_bill.payables.flow import SOURCES, Payables
from connector_assets.pairs.jde_bill.payables.one_payer import paid_otherwise_and_selectable
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_assets.pairs.jde_bill.payables.steps import description
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import OrderBills, order_named, orders_covered
from connector_resources.bill import Bill
from connector_resources.errors import NotAllowed
from connector_resources.ledger import Delivery


class BillsSettings(PayableSettings):
    """What a site decides about bills."""


class Bills(Payables):
    """Vouchers of JDE to BILL."""

    name = "bills"
    title = "Approved vouchers of JD Edwards as bills"
    sources = (*SOURCES, Source("bill", "bills"), Source("bill", "payments"))
    # `undone`: a person took back in BILL what was made or recorded there
    document_columns: ClassVar[Mapping[str, str]] = {**Payables.document_columns, "undone": "bool"}
    target_entity = "bills"
    side = 1
    number_name = "invoice number"
    Settings = BillsSettings

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # documents whose bill a person archived, or took a recorded payment off, as this run has read it
        self._undone: set[str] = set()

    @cached_property
    def order_bills(self) -> OrderBills:
        """Our memory of which orders are bills of their own."""
        return OrderBills(self.context)

    @cached_property
    def records(self) -> BillRecords:
        """BILL's bills."""
        return BillRecords(self.context)

    @cached_property
    def steps(self) -> BillSteps:
        """What is done with them."""
        return BillSteps(self, self.records)

    def _touched(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The vouchers of an order whose bill changed, too: of one that was archived they are bills again."""
        if entity == "payments":
            return self._taken_off(rows)
        self._archived(rows)
        reader: Any = self.context.reader("bill")
        days: dict[Order, date | None] = {}
        for row in rows:
            days |= {order_named(key): row[reader.day_column] for key in orders_covered(reader.record(entity, row))}
        vouchers = vouchers_of(self.context.reader("jde"), days) if days else {}
        found = {voucher_key(row): days[order] for order, own in vouchers.items() for row in own}
        return found | super()._touched(entity, rows)

    def _archived(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Notes the bills (landed rows) that are archived now and were not when we last saw them."""
        reader: Any = self.context.reader("bill")
        gone = [row["id"] for row in rows if not reader.record("bills", row).usable]
        links = self.context.ledger.links.by_target(self.full_name, "bills", gone)
        known = self.context.ledger.deliveries.load(self.full_name, [link.source_key for link in links.values()])
        self._undone |= {key for key, each in known.items() if each.content and not each.content.get("void")}

    def _taken_off(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The vouchers of bills off which a payment (landed rows) was taken that JDE made and we recorded."""
        reader: Any = self.context.reader("bill")
        days: dict[str, date | None] = {}
        for row in rows:
            payment = reader.record("payments", row)
            if recorded_and_undone(payment):
                days |= {part.bill_id: row[reader.day_column] for part in payment.bill_payments if part.bill_id}
        links = self.context.ledger.links.by_target(self.full_name, "bills", list(days))
        self._undone |= {link.source_key for link in links.values()}
        return {voucher_of(link.source_key): days[id] for id, link in links.items()}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        assembly = super().assemble(keys)
        for row in assembly.documents:
            row["undone"] = row["key"] in self._undone
        return assembly

    def moved(self, row: Mapping[str, Any]) -> bool:
        return super().moved(row) or bool(row["undone"])

    def is_settled(self, document: Document, known: Delivery) -> bool:
        return super().is_settled(document, known) and not document.facts["row"]["undone"]

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        due = row["due"].isoformat() if row["due"] else None
        return super().content(row, lines) | {"due": due, "order": row["order"]}

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """A voucher's order may be a bill of which nobody remembers, where BILL holds nothing else."""
        return super().lookup_before_create or self.records.holds_some

    def holds_any(self) -> bool:
        """Left out are those of orders that our memory knows of: in a first run they were made just now."""
        if not self.order_bills.used:
            return self.records.holds_any()
        return any(not self._of_order(bill) for bill in self.records.client.bills.all())

    def _of_order(self, bill: Bill) -> bool:
        keys = orders_covered(bill)
        return bool(keys) and len(self.order_bills.sent(keys)) == len(keys)

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Of what is not linked, looks as well whether its order is a bill: our memory of that may be lost."""
        self.records.look_at(self._vendors_of_orders(documents))
        return self.records.find(documents, self.vendors_asked(documents), everywhere=self.memory_is_new)

    def _vendors_of_orders(self, documents: Sequence[Document]) -> set[str]:
        """The vendors of the orders' suppliers, where they are others than those of the vouchers: a voucher may be paid
        to somebody else."""
        orders = {order_named(key) for document in documents for key in _orders(document)}
        if not (orders and self.order_bills.used):
            return set()
        headers = self.context.reader("jde").complete("F4301", ORDER_KEY, sorted(orders))
        currencies = {document.content["currency"] or "" for document in documents}
        found = self.enrichment.vendors.of({(row["AN8"], each) for row in headers for each in currencies})
        # one that is only planned has no bills yet
        there = {link.id for link in found.values() if link.id and not reference_of(link.id)}
        return there - {each.content["vendor"] for each in documents}

    def payable_in_both(self, keys: Collection[str] | None) -> Mapping[str, str]:
        return paid_otherwise_and_selectable(self, keys) | dict(super().payable_in_both(keys))

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """Of a bill of which more is open than when it was last seen, something may have been taken back."""
        found = self.records.read(ids)
        links = self.context.ledger.links.by_target(self.full_name, "bills", list(found))
        known = self.context.ledger.deliveries.load(self.full_name, [link.source_key for link in links.values()])
        risen = [
            id
            for id, link in links.items()
            if link.source_key in known and _has_risen(known[link.source_key].content, found[id])
        ]
        return found | (self.records.read(risen, whole=True) if risen else {})

    def targets(self) -> list[Target]:
        return self.records.all()

    def total_of(self, document: Document, target: Target) -> Decimal:
        return wanted_of(document, target).total

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if document.facts["row"]["by_order"]:
            return self.hand_over(document, known, None) or Ignore(BILLED_BY_ORDER)
        if known.target_id is None and {self.order_bills.key(order_named(key)) for key in _orders(document)} & (
            self.records.orders
        ):
            return Ignore(BILLED_BY_ORDER)
        return self.steps.decide(document, known, target)

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        if target.content["items"] == document.content["items"]:
            return None
        return self.records.unmarked(self.full_name, target, description(document))


def _has_risen(left: Mapping[str, Any] | None, target: Target) -> bool:
    """Whether more of a bill is open than when it was left; nobody knows where nothing is remembered of it."""
    return left is None or Decimal(target.content["amount"]) > Decimal(left.get("amount") or 0)


def _orders(document: Document) -> set[str]:
    """The keys of the orders that the pay items of a bill are for."""
    row, own = document.facts["row"], set(document.content["items"])
    items = items_of(row["items"])
    return {item.order for item in items if item.order and item_key(voucher_of(row["key"]), item.suffix) in own}
