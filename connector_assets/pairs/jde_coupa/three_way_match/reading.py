"""Reads what the two systems say about the orders and invoices that changed: orders, receipts, invoices, vouchers.

An order line is compared in four documents: F4311, its receipts in F43121, the lines of Coupa's invoices for it, and
the vouchers that name it in F0411 (PKCO, PDCT, PO, LNID). An invoice without an order is compared in two: itself, and
the voucher that it came from or became. Documents that are not in force (void, rejected, cancelled) are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from connector_assets.documents.coupa.payables import is_credit, line_total, payable_of
from connector_assets.documents.jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.documents.jde.keys import (
    ORDER_KEY,
    VOUCHER_KEY,
    Row,
    by,
    chunks,
    is_void,
    order_key,
    order_parts,
    text,
    voucher_key,
    voucher_parts,
)
from connector_assets.documents.jde.orders.reading import OrderRules
from connector_assets.documents.jde.vouchers.distribution import distribute
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.documents.jde.vouchers.taxes import charged, taxed
from connector_assets.documents.three_way_match import Comparison, Matter, Said
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Source
from connector_assets.pairs.jde_coupa.accounts.flow import Accounts
from connector_assets.pairs.jde_coupa.invoices.flow import Invoices
from connector_assets.pairs.jde_coupa.purchase_orders.flow import PurchaseOrders
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.models import DEAD, Invoice, InvoiceLine

ZERO = Decimal("0.00")
PAGE = 50  # line ids a call
RECEIPT = "1"
UNSAID = DEAD | {"voided"}
Days = dict[str, date | None]


@dataclass
class _Touched:
    """What changed, by key, each with its latest day."""

    orders: Days = field(default_factory=dict)
    vouchers: Days = field(default_factory=dict)
    invoices: Days = field(default_factory=dict)


class ThreeWayMatch(Comparison):
    """The matters of some days. Asked for only where a flow is on that brings orders or invoices of both systems."""

    needs: ClassVar[frozenset[str]] = frozenset({"purchase_orders", "approved_invoices"})
    sources: ClassVar[tuple[Source, ...]] = (
        Source("jde", "F4311"),
        Source("jde", "F43121"),
        Source("jde", "F0411"),
        Source("coupa", "invoices"),
        Source("jde", "F0010", daily=False),
    )

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.jde = context.reader("jde")
        self.invoices = Invoices(context)
        self.orders: OrderRules = PurchaseOrders(context).settings if self._sends_orders else OrderRules()
        self.charts = Accounts(context).settings

    def of(self, first: date, last: date) -> list[Matter]:
        """What is to be compared of these days, both included: order lines first, then invoices without an order."""
        touched = self._touched(first, last)
        return [*self._order_lines(touched.orders), *self._without_order(touched)]

    # -- what changed ---------------------------------------------------------------------------------------------

    def _touched(self, first: date, last: date) -> _Touched:
        found = _Touched()
        for entity in ("F4311", "F43121"):
            for rows in self.jde.windows(entity, first, last):
                for row in rows:
                    _note(found.orders, order_key(row), row["UPMJ"])
        for rows in self.jde.windows("F0411", first, last):
            for row in rows:
                ordered = _order_of(row)
                _note(found.orders if ordered else found.vouchers, ordered or voucher_key(row), row["UPMJ"])
        reader: Any = self.context.reader("coupa")
        numbers: Days = {}
        for rows in reader.windows("invoices", first, last):
            for row in rows:
                invoice = reader.record("invoices", row)
                on_order = {line.po_number for line in invoice.invoice_lines if line.po_number}
                for number in on_order:
                    _note(numbers, number, row[reader.day_column])
                if not on_order:
                    _note(found.invoices, str(invoice.id), row[reader.day_column])
        for key, day in self._orders_numbered(numbers).items():
            _note(found.orders, key, day)
        return found

    def _orders_numbered(self, numbers: Days) -> Days:
        """The JDE orders behind these order numbers of Coupa; an order that originates in Coupa has none."""
        if not numbers or not self._sends_orders:
            return {}
        held = self.context.client("coupa", CoupaClient).purchase_orders.by_numbers(
            sorted(numbers), fields=["id", "po_number"]
        )
        days = {str(order.id): numbers[number] for number, order in held.items()}
        links = self.context.ledger.links.by_target(self._flow("purchase_orders"), "purchase_orders", list(days))
        return {link.source_key: days[id] for id, link in links.items()}

    @cached_property
    def _sends_orders(self) -> bool:
        return PurchaseOrders.name in self.context.integration.settings.flows

    def _flow(self, name: str) -> str:
        return f"{self.context.integration.name}/{name}"

    # -- order lines ----------------------------------------------------------------------------------------------

    def _order_lines(self, days: Days) -> list[Matter]:
        if not days:
            return []
        keys = [order_parts(key) for key in days]
        heads = {order_key(row): row for row in self.jde.complete("F4301", ORDER_KEY, keys)}
        receipts = by(self.jde.complete("F43121", ORDER_KEY, keys), *ORDER_KEY, "LNID")
        # by the supplier, with whom the index of F0411 begins (jde-ais section 16)
        wanted = [(head["AN8"], head["KCOO"], head["DCTO"], str(head["DOCO"])) for head in heads.values()]
        items = without_audit_rows(self.jde.complete("F0411", ["AN8", "PKCO", "PDCT", "PO"], wanted))
        items = [row for row in items if not is_void([row])]
        vouchers = by([row for row in items if row.get("LNID")], "PKCO", "PDCT", "PO", "LNID")
        journal = self._journal(items)
        invoiced = self._invoiced(days)
        matters = []
        for row in self.jde.complete("F4311", ORDER_KEY, keys):
            head = heads.get(order_key(row))
            if head is None or text(row.get("LTTR")) in self.orders.cancelled_last:
                continue
            name = (row["KCOO"], row["DCTO"], row["DOCO"], row["LNID"])
            number = _plain(row["LNID"])
            matter = Matter(f"F4311:{'/'.join(map(str, name[:3]))}/{number}", days[order_key(row)])
            foreign = is_foreign(head)
            matter.documents["order"] = self._ordered(row, head, foreign)
            got = [each for each in receipts.get(name, ()) if text(each.get("MATC")) == RECEIPT]
            # a line that nothing was ever received for may be one that needs no receipt
            matter.received = bool(got) or bool(row.get("UREC"))
            if got:
                matter.documents["receipt"] = Said(quantity=sum((each.get("UREC") or ZERO for each in got), ZERO))
            if lines := invoiced.get((order_key(row), number)):
                matter.documents["invoice"] = _of_invoices(lines)
            if paid := vouchers.get((*name[:2], str(row["DOCO"]), row["LNID"])):
                matter.documents["voucher"] = self._vouchered(paid, journal, row)
            matters.append(matter)
        return matters

    def _ordered(self, row: Row, head: Row, foreign: bool) -> Said:
        return Said(
            amount=row.get("FEA" if foreign else "AEXP"),
            quantity=row.get("UORG") or None,
            currency=(text(row.get("CRCD")) if foreign else None)
            or voucher_currency(head, self._company_currency, row.get("CO") or head["KCOO"]),
            supplier=str(row["AN8"]),
            account=self._code({"MCU": row.get("OMCU"), "OBJ": row.get("OBJ"), "SUB": row.get("SUB")}, row["KCOO"]),
        )

    def _vouchered(self, items: Sequence[Row], journal: Mapping[str, Sequence[Row]], line: Row) -> Said:
        said = [self._of_voucher([row], ()) for row in items]
        codes = {
            code
            for key in {voucher_key(row) for row in items}
            # a voucher of several order lines does not show which of its costs are of which
            if len({row.get("LNID") for row in journal.get(f"items {key}", ())}) == 1
            for code in self._costs(journal.get(key, ()))
        }
        return Said(
            amount=sum((each.amount or ZERO for each in said), ZERO),
            quantity=line.get("URLV") or None,
            currency=_one(each.currency for each in said),
            supplier=_one(each.supplier for each in said),
            account=_one(codes),
        )

    def _journal(self, items: Sequence[Row]) -> dict[str, list[Row]]:
        """The G/L lines of these pay items' vouchers by voucher key, and under `items <key>` the pay items."""
        found: dict[str, list[Row]] = {}
        for row in items:
            found.setdefault(f"items {voucher_key(row)}", []).append(row)
        keys = {voucher_parts(voucher_key(row)) for row in items}
        for row in self.jde.complete("F0911", VOUCHER_KEY, keys):
            found.setdefault(voucher_key(row), []).append(row)
        return found

    def _invoiced(self, days: Collection[str]) -> dict[tuple[str, str], list[tuple[Invoice, InvoiceLine]]]:
        """(order key, line number) -> the lines of Coupa's invoices for it."""
        if not self._sends_orders:
            return {}
        links = self.context.ledger.links.of(self._flow("purchase_orders"), list(days))
        keys = {link.target_id: key for key, link in links.items()}
        client = self.context.client("coupa", CoupaClient)
        names: dict[int, tuple[str, str]] = {}
        numbers: dict[str, str] = {}
        for order in client.purchase_orders.by_ids(
            [int(id) for id in keys], fields=["id", "po_number", {"order_lines": ["id", "line_num"]}]
        ):
            if order.po_number:
                numbers[order.po_number] = keys[str(order.id)]
            for own in order.order_lines:
                if own.id is not None:
                    names[own.id] = (keys[str(order.id)], str(own.line_num))
        found: dict[tuple[str, str], list[tuple[Invoice, InvoiceLine]]] = {}
        seen: set[int] = set()
        for attribute, wanted in (("order-line-id", sorted(names)), ("po-number", sorted(numbers))):
            for chunk in chunks(wanted, PAGE):
                for invoice in client.invoices.all(filters={f"invoice-lines[{attribute}][in]": chunk}):
                    if invoice.id in seen or invoice.status in UNSAID:
                        continue
                    seen.add(invoice.id)
                    for line in invoice.invoice_lines:
                        if (name := _order_line(line, names, numbers)) is not None:
                            found.setdefault(name, []).append((invoice, line))
        return found

    # -- invoices without an order --------------------------------------------------------------------------------

    def _without_order(self, touched: _Touched) -> list[Matter]:
        ledger = self.context.ledger
        sent = ledger.links.of(self._flow("invoices"), list(touched.vouchers))
        ids: Days = dict(touched.invoices)
        for key, link in sent.items():
            _note(ids, link.target_id, touched.vouchers[key])
        numbers = [key.removeprefix("F0411:") for key in touched.vouchers]
        came = ledger.links.by_target(self._flow("approved_invoices"), "F0411", numbers)
        for number, link in came.items():
            _note(ids, link.source_key.partition(":")[2], touched.vouchers[f"F0411:{number}"])
        pairs, from_jde = self._pairs(ids)
        held = self.context.client("coupa", CoupaClient).invoices.by_ids([int(id) for id in pairs])
        parts = [voucher_parts(key) for key in set(pairs.values())]
        items = without_audit_rows(self.jde.complete("F0411", VOUCHER_KEY, parts))
        journal = self._journal(items)
        rows = by([row for row in items if not is_void([row])], *VOUCHER_KEY)
        vouchers = {voucher_key(found[0]): found for found in rows.values()}
        matters = []
        for invoice in held:
            key = pairs[str(invoice.id)]
            on_order = any(line.po_number for line in invoice.invoice_lines)
            if key not in vouchers or invoice.status in UNSAID or on_order:
                continue
            said = {
                "invoice": _of_invoices([(invoice, line) for line in invoice.invoice_lines], whole=invoice),
                "voucher": self._of_voucher(vouchers[key], journal.get(key, ()), as_sent=str(invoice.id) in from_jde),
            }
            matters.append(Matter(f"invoices:{invoice.id}", ids[str(invoice.id)], documents=said))
        return matters

    def _pairs(self, ids: Collection[str]) -> tuple[dict[str, str], set[str]]:
        """Invoice id -> key of the voucher that it came from or became; and the ids of those that came from one."""
        ledger = self.context.ledger
        sent = ledger.links.by_target(self._flow("invoices"), "invoices", ids)
        pairs = {id: link.source_key for id, link in sent.items()}
        became = ledger.links.of(self._flow("approved_invoices"), [f"invoices:{id}" for id in ids])
        for key, link in became.items():
            if link.target_entity == "F0411" and link.target_id.count("/") == 2 and not link.target_id.startswith("Z/"):
                pairs.setdefault(key.partition(":")[2], f"F0411:{link.target_id}")
        return pairs, set(sent)

    # -- what a paper says ----------------------------------------------------------------------------------------

    def _of_voucher(self, items: Sequence[Row], journal: Sequence[Row], *, as_sent: bool = False) -> Said:
        """What a voucher is for, without tax; `as_sent` to Coupa, where a tax that is in the lines is a cost."""
        head = items[0]
        foreign = is_foreign(head)
        rules = self.invoices.settings
        if as_sent:
            spent = (line.amount for line in distribute(journal, foreign=foreign, rules=rules.distribution))
            tax = taxed(items, sum(spent, ZERO), rules.tax_rules, foreign=foreign).tax
        else:
            tax = charged(items, rules.tax_rules, foreign=foreign)
        return Said(
            amount=sum((row.get("ACR" if foreign else "AG") or ZERO for row in items), ZERO) - tax,
            currency=voucher_currency(head, self._company_currency),
            supplier=str(head["AN8"]),
            account=", ".join(sorted(self._costs(journal, foreign=foreign))) or None,
        )

    def _costs(self, journal: Sequence[Row], *, foreign: bool = False) -> set[str]:
        rules = self.invoices.settings.distribution
        kept = {line.aid for line in distribute(journal, foreign=foreign, rules=rules)}
        return {code for row in journal if text(row.get("AID")) in kept and (code := self._code(row, row["KCO"]))}

    def _code(self, row: Row, company: str) -> str | None:
        """The account as the chart of the company in Coupa spells it: the segments joined, blank ones at the end left
        out."""
        parts = [text(row.get(column)) or "" for column in self.charts.layout_of(company).segments]
        while parts and not parts[-1]:
            parts.pop()
        return "-".join(parts) or None

    @cached_property
    def _company_currency(self) -> dict[str, str]:
        return company_currencies(self.jde)


def _of_invoices(lines: Sequence[tuple[Invoice, InvoiceLine]], whole: Invoice | None = None) -> Said:
    """What the lines of invoices come to, without tax. `whole` is the invoice whose lines they all are, its charges
    included."""
    codes = {
        account.code
        for _, line in lines
        for account in (line.account, *(each.account for each in line.account_allocations))
        if account is not None and account.code
    }
    if whole is not None:
        codes |= {cost.account_code for cost in payable_of(whole).costs if cost.charge and cost.account_code}
    quantities = [
        -abs(line.quantity) if is_credit(invoice) else line.quantity
        for invoice, line in lines
        if line.quantity is not None
    ]
    return Said(
        amount=payable_of(whole).net if whole else sum((_total(*each) for each in lines), ZERO),
        quantity=sum(quantities, ZERO) if quantities and whole is None else None,
        currency=_one(invoice.currency.code for invoice, _ in lines if invoice.currency),
        supplier=_one(invoice.supplier.number for invoice, _ in lines if invoice.supplier),
        account=", ".join(sorted(codes)) or None,
    )


def _total(invoice: Invoice, line: InvoiceLine) -> Decimal:
    """What a line comes to, negative on a credit."""
    printed = line_total(invoice, line)
    return -abs(printed) if is_credit(invoice) else printed


def _one(values: Iterable[str | None]) -> str | None:
    """The one value, or all of them for the eye: what differs among the documents of one side differs from the
    other's."""
    return ", ".join(sorted({value for value in values if value is not None and value})) or None


def _order_line(
    line: InvoiceLine, names: Mapping[int, tuple[str, str]], numbers: Mapping[str, str]
) -> tuple[str, str] | None:
    """The order key and line number that an invoice's line is for: by the id of the order line, which goes first, else
    by the order's number and the line's (coupa section 3.4)."""
    if line.order_line_id is not None:
        return names.get(line.order_line_id)
    key = numbers.get(line.po_number or "")
    return None if key is None or not line.order_line_num else (key, str(line.order_line_num))


def _order_of(row: Row) -> str | None:
    """The key of the order that a pay item names; None where it names no line of one."""
    number = text(row.get("PO"))
    if not (number and number.isdigit() and text(row.get("PKCO")) and text(row.get("PDCT")) and row.get("LNID")):
        return None
    return order_key({"KCOO": text(row["PKCO"]), "DCTO": text(row["PDCT"]), "DOCO": int(number)})


def _plain(number: Decimal | int) -> str:
    """A line number without trailing zeros: 1, 1.5."""
    return format(Decimal(number).normalize(), "f")


def _note(days: Days, key: str, day: date | None) -> None:
    known = days.get(key)
    days[key] = day if known is None else known if day is None else max(known, day)
