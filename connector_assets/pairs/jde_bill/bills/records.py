"""Bills of BILL in the terms of the flow `bills`: read with what was paid on them.

A bill names no payment (bill section 3.2). If it says that something was paid or is under way, the payments of its
vendor are read. **Open** is what is due in BILL, less what is under way and already posted in JD Edwards: BILL counts a
payment as paid once it has cleared, while JD Edwards gets it when it is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Document, Target, version_text
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.marker import ORDER, keys_of, payment_of
from connector_assets.pairs.jde_bill.payables.approvals import STATUS, given
from connector_assets.pairs.jde_bill.payables.covered import pay_items_of
from connector_assets.pairs.jde_bill.payables.currencies import VendorCurrencies
from connector_resources.bill import (
    DENIED,
    IN_PROCESS,
    PAYMENT_PAID,
    PAYMENT_UNDONE,
    SCHEDULED,
    SINGLE_POSTED,
    SINGLE_UNDONE,
    UNDEFINED,
    UNPAID,
    Bill,
    BillClient,
    BillLine,
    Payment,
    VendorCreditLine,
)
from connector_resources.errors import NotAllowed, NotFound

ZERO = Decimal("0.00")
SCALE = Decimal("0.01")


@dataclass(frozen=True)
class Held:
    """A bill and what was paid on it: `recorded` are amounts of JD Edwards' payments by PYID, `told` the sum of BILL's
    own payments that JD Edwards is informed of, `taken_off` the recorded ones (PYID) that are void in BILL, where its
    payments were looked at; `credited` the credits (id) that were applied to it without a payment, and how much.
    """

    bill: Bill
    recorded: Mapping[str, Decimal] = field(default_factory=dict)
    recorded_there: Decimal = ZERO
    made: date | None = None
    taken_off: frozenset[str] = frozenset()
    credited: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """What the bill is for."""
        return money(self.bill.amount)

    @property
    def open(self) -> Decimal:
        """What is left to be paid, by anybody."""
        paid = money(self.bill.paid_amount)
        return self.total - max(paid, self.recorded_there + sum(self.recorded.values(), ZERO))

    @property
    def underway(self) -> bool:
        """Whether BILL is about to pay, or is paying."""
        return bool(self.bill.scheduled_amount) or self.bill.payment_status in (SCHEDULED, IN_PROCESS)

    @property
    def untouched(self) -> bool:
        """Whether nothing was paid or settled with a credit, and nothing is under way: only then a bill is changed or
        archived."""
        settled = self.bill.paid_amount or self.bill.credit_amount or self.bill.vendor_credits
        return self.bill.payment_status == UNPAID and not self.underway and not settled

    @property
    def unknown(self) -> bool:
        """Whether BILL does not say what is paid; it is asked again later (bill section 8)."""
        return self.bill.payment_status in (None, UNDEFINED)


class RecordedPayments:
    """Whether a payment of BILL's has gone so far that the payments flow tells JD Edwards of it."""

    def __init__(self, context: RunContext) -> None:
        statuses = context.integration.settings.flows.get("payments", {}).get("posted_statuses")
        self._posted = frozenset(statuses or SINGLE_POSTED)

    def __call__(self, payment: Payment) -> bool:
        """Whether it is."""
        gone = payment.single_status in self._posted or payment.online_payment is False
        return gone and payment.status == PAYMENT_PAID and payment.single_status not in SINGLE_UNDONE


class BillRecords:
    """Reads bills. One a run: the currency of a vendor is asked for once."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.counts = RecordedPayments(context)
        self.currencies = VendorCurrencies()
        # bills that are asked for one by one: nothing says that a list shows all that a bill alone does
        self.alone: set[str] = set()
        # keys of orders whose bills were seen
        self.orders: set[str] = set()

    @property
    def client(self) -> Any:
        """The client, opened on first use."""
        return self.context.client("bill", BillClient)

    def holds_any(self) -> bool:
        """Whether BILL holds a bill that is not the other flow's, which may have made some in this very run."""
        return self.holds_some and any(map(self.concerns, self.client.bills.all()))

    @cached_property
    def holds_some(self) -> bool:
        """Whether BILL holds a bill at all."""
        return bool(self.client.bills.holds_any())

    def concerns(self, bill: Bill) -> bool:
        """Whether a bill is of this flow's kind, or nobody's."""
        return bool(self.covered(bill)) or not keys_of(bill.description)

    def read(self, ids: Collection[str], *, whole: bool = False) -> dict[str, Target]:
        """Bills by id; `whole` with what was taken off them."""
        bills = [*self.client.bills.by_ids([id for id in ids if id not in self.alone]), *self._alone(ids)]
        return {target.id: target for target in self._targets(bills, whole=whole)}

    def _alone(self, ids: Collection[str]) -> Iterator[Bill]:
        for id in self.alone & set(ids):
            with suppress(NotFound):
                yield self.client.bills.get(id)

    def one(self, id: str) -> Target:
        """One bill as it is now."""
        return self._targets([self.client.bills.get(id)])[0]

    def covered(self, bill: Bill) -> Sequence[str]:
        """The keys of what a bill is for, of this flow's kind; the one that names it first."""
        return pay_items_of(bill)

    def all(self) -> list[Target]:
        """All bills but those of the other flow."""
        bills = list(filter(self.concerns, self.client.bills.all()))
        return self._observed(bills, list(self.client.payments.all()) if any(map(_has_payments, bills)) else [])

    def find(
        self, documents: Sequence[Document], asked: Mapping[str, Collection[str]], *, everywhere: bool = False
    ) -> dict[str, list[Target]]:
        """The bills of each document: those that cover one of its pay items among the vendors that are asked for it,
        with `everywhere` among all; else those of its own vendor and its number that are nobody's."""
        vendors = {vendor for each in asked.values() for vendor in each}
        found = [bill for vendor in sorted(vendors) for bill in self.client.bills.of_vendor(vendor)]
        if everywhere:
            found += [each for each in self._at_first if each.vendor_id not in vendors]
        self.look(found)
        held: dict[str, list[Bill]] = {}
        for bill in found:
            held.setdefault(bill.vendor_id or "", []).append(bill)
        chosen = {
            document.key: self._answering(
                [bill for vendor in (held if everywhere else asked[document.key]) for bill in held.get(vendor, ())],
                document,
            )
            for document in documents
        }
        bills = {bill.id: bill for found in chosen.values() for bill in found}
        seen = {target.id: target for target in self._targets(list(bills.values()), whole=True)}
        return {key: [seen[bill.id] for bill in found] for key, found in chosen.items() if found}

    def look(self, bills: Iterable[Bill]) -> None:
        """Notes of which orders these are the bills, of those that can be paid."""
        self.orders |= {key for bill in bills if bill.usable for key in keys_of(bill.description) if _of_order(key)}

    def look_at(self, vendors: Iterable[str]) -> None:
        """Notes it of the bills of these vendors."""
        self.look([bill for vendor in vendors for bill in self.client.bills.of_vendor(vendor)])

    def _answering(self, bills: Sequence[Bill], document: Document) -> list[Bill]:
        """Nobody pays an archived bill: one that is named by another pay item takes nothing from this document."""
        key, items = document.key, set(document.content["items"])
        ours = [
            bill
            for bill in bills
            if (covered := self.covered(bill)) and items & set(covered) and (bill.usable or covered[0] == key)
        ]
        if ours:
            return ours
        number, vendor = (document.content["number"] or "").casefold(), document.content["vendor"]
        own = [bill for bill in bills if bill.usable and bill.vendor_id == vendor]
        return [bill for bill in own if not self.covered(bill) and _number(bill) == number]

    def marked(self, vendor: str, key: str) -> list[Target]:
        """The vendor's bills that cover a pay item."""
        return self._targets([bill for bill in self.client.bills.of_vendor(vendor) if key in self.covered(bill)])

    @cached_property
    def _at_first(self) -> list[Bill]:
        """All bills, as they were when they were first asked for: who reads them all does so once a run."""
        return list(self.client.bills.all())

    def in_force(self, key: str, vendors: Collection[str]) -> list[Target]:
        """The bills of these vendors that can be paid and cover a pay item."""
        bills = [bill for vendor in sorted(vendors) for bill in self.client.bills.of_vendor(vendor)]
        return self._targets([bill for bill in bills if bill.usable and key in self.covered(bill)])

    def unmarked(self, flow: str, target: Target, description: str) -> NotAllowed:
        """What to say of a bill that did not keep its description."""
        return NotAllowed(
            f"{flow}: BILL did not keep the description of bill {target.id}, which begins with {description!r}; without"
            f" it a lost answer could not be looked up",
            fix="find out what changes the description of bills in BILL, then run again",
            connection=self.context.connection("bill").name,
        )

    def seen(self, bills: Sequence[Bill]) -> list[Target]:
        """Bills that a write answered."""
        return self._targets(bills)

    def _targets(self, bills: Iterable[Bill], *, whole: bool = False) -> list[Target]:
        bills = list(bills)
        vendors = sorted({bill.vendor_id for bill in bills if bill.vendor_id and (whole or _has_payments(bill))})
        return self._observed(bills, [each for vendor in vendors for each in self.client.payments.of_vendor(vendor)])

    def _observed(self, bills: Sequence[Bill], payments: Sequence[Payment]) -> list[Target]:
        self.currencies.learn(self.client.vendors, [bill.vendor_id for bill in bills])
        zone = self.context.time_zone("jde")
        return [
            self._target(
                Held(
                    bill,
                    _recorded(bill, payments),
                    self._recorded(bill, payments),
                    bill.created_time.astimezone(zone).date() if bill.created_time else None,
                    _taken_off(bill, payments),
                    _credited(bill, payments),
                )
            )
            for bill in bills
        ]

    def _recorded(self, bill: Bill, payments: Sequence[Payment]) -> Decimal:
        """The sum of BILL's own payments of a bill that JD Edwards is informed of."""
        own = [each for each in payments if not _of_jde(each) and self.counts(each)]
        parts = [part for each in own for part in each.bill_payments if part.bill_id == bill.id]
        return sum((money(part.amount) for part in parts), ZERO)

    def terms(self, bill: Bill) -> dict[str, Any]:
        """Who is paid by a bill, how much and when, and what it is for: what nobody changes in BILL without a word."""
        return {
            "items": list(self.covered(bill)),
            "number": bill.invoice.invoice_number if bill.invoice else None,
            "date": day_text(bill.invoice.invoice_date) if bill.invoice else None,
            "due": day_text(bill.due_date),
            "vendor": bill.vendor_id,
            "total": amount_text(money(bill.amount)),
            "denied": bill.approval_status == DENIED,
            "credits": sorted([each.id or "", amount_text(money(each.amount))] for each in bill.vendor_credits),
        }

    def moved(self, target: Target, bill: Bill) -> str | None:
        """What of a bill, as it is right before a write, is not as it was read, in words; None where nothing is."""
        return moved(self._decisive(target.raw.bill), self._decisive(bill))

    def _decisive(self, bill: Bill) -> dict[str, Any]:
        """What decides what becomes of a bill."""
        return {
            **self.terms(bill),
            "order": bill.purchase_order_number,
            "lines": [(line.id, line_content(line)) for line in bill.lines],
            "approval": (bill.approval_status, given(bill)),
            "payment": (bill.payment_status, money(bill.paid_amount), money(bill.scheduled_amount)),
            "credit": money(bill.credit_amount),
            "status": bill.usable,
        }

    def _target(self, held: Held) -> Target:
        bill = held.bill
        content = {
            **self.terms(bill),
            STATUS: bill.approval_status,
            "currency": self.currencies.of(bill.vendor_id),
            "order": bill.purchase_order_number or None,
            "amount": amount_text(held.open),
            "lines": [line_content(line) for line in bill.lines],
            "void": not bill.usable,
        }
        status = "void" if content["void"] else bill.payment_status or ""
        label = str(content["number"] or "")
        return Target(bill.id, content, status, label, raw=held, version=version_text(bill.updated_time))


def moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """What differs, in words; None where nothing does."""
    names = [name for name in before if before[name] != now[name]]
    return f"a person changed it in BILL since it was read: {', '.join(names)}" if names else None


def line_content(line: BillLine | VendorCreditLine) -> dict[str, Any]:
    """A line in the terms of the flow's content."""
    given = line.classifications
    names = {
        "chartOfAccountId": given.chart_of_account_id if given else None,
        "departmentId": given.department_id if given else None,
        "locationId": given.location_id if given else None,
        "accountingClassId": given.accounting_class_id if given else None,
    }
    return {
        "classifications": {name: id for name, id in names.items() if id},
        "amount": amount_text(money(line.amount)),
        "description": line.description,
    }


def money(amount: Decimal | None) -> Decimal:
    """An amount of BILL's, which has at most two decimals; zero where there is none."""
    return (amount or ZERO).quantize(SCALE)


def _of_order(key: str) -> bool:
    return key.startswith(f"{ORDER}:")


def _number(bill: Bill) -> str:
    return ((bill.invoice.invoice_number if bill.invoice else None) or "").casefold()


def _has_payments(bill: Bill) -> bool:
    paid = bool(bill.paid_amount) or bool(bill.scheduled_amount) or bool(bill.vendor_credits)
    return paid or bill.payment_status != UNPAID


def _credited(bill: Bill, payments: Sequence[Payment]) -> dict[str, Decimal]:
    """Credit -> how much of it was applied to a bill by hand: what a payment applied settles with that payment. Whether
    BILL lists the latter on the bill as well is not established (bill section 3.2)."""
    found: dict[str, Decimal] = {}
    for each in bill.vendor_credits:
        found[each.id or ""] = found.get(each.id or "", ZERO) + money(each.amount)
    for payment in payments:
        parts = [] if _undone(payment) else [part for part in payment.bill_payments if part.bill_id == bill.id]
        for each in (credit for part in parts for credit in part.vendor_credits):
            if each.id in found:
                found[each.id] -= money(each.amount)
    return {id: amount for id, amount in found.items() if amount > ZERO}


def _of_jde(payment: Payment) -> str | None:
    """The PYID of a payment of JD Edwards that was recorded in BILL."""
    return payment_of(payment.description) if payment.online_payment is False else None


def recorded_and_undone(payment: Payment) -> bool:
    """Whether a payment of JD Edwards that was recorded in BILL was taken back there."""
    return _undone(payment) and _of_jde(payment) is not None


def _undone(payment: Payment) -> bool:
    return payment.status in PAYMENT_UNDONE or payment.single_status in SINGLE_UNDONE


def _taken_off(bill: Bill, payments: Sequence[Payment]) -> frozenset[str]:
    own = [
        each
        for each in payments
        if recorded_and_undone(each) and any(part.bill_id == bill.id for part in each.bill_payments)
    ]
    return frozenset(id for each in own if (id := _of_jde(each)))


def _recorded(bill: Bill, payments: Sequence[Payment]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for payment in payments:
        id = _of_jde(payment)
        if id is None or _undone(payment):
            continue
        for part in payment.bill_payments:
            if part.bill_id == bill.id:
                found[id] = found.get(id, ZERO) + money(part.amount)
    return found


def day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None
