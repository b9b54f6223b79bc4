"""Vendor credits of BILL in the terms of the flow `vendor_credits`: read with what they were applied to.

A credit's **open** amount is what is not applied yet, as JD Edwards knows it. A credit in a payment counts as applied
once that payment is posted. A credit that was applied without a payment counts at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Document, Target, version_text
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.bills.records import RecordedPayments, day_text, line_content, money, moved
from connector_assets.pairs.jde_bill.payables.covered import pay_items_of
from connector_assets.pairs.jde_bill.payables.currencies import VendorCurrencies
from connector_resources.bill import BillClient, VendorCredit
from connector_resources.errors import NotFound

ZERO = Decimal("0.00")
NOT_APPLIED = "NOT_APPLIED"


@dataclass(frozen=True)
class HeldCredit:
    """A credit, how much of it is settled in both systems, and how much somebody applied by hand, without a payment."""

    credit: VendorCredit
    recorded_there: Decimal = ZERO
    by_hand: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What the credit is for."""
        return money(self.credit.amount)

    @property
    def untouched(self) -> bool:
        """Whether nothing of it is applied: only then a credit is changed or archived."""
        return self.credit.status in (NOT_APPLIED, None) and not self.credit.applied_amount and not self.credit.usage


class CreditRecords:
    """Reads credits. One a run: the currency of a vendor is asked for once."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.counts = RecordedPayments(context)
        self.currencies = VendorCurrencies()
        # credits that are asked for one by one, as bills are
        self.alone: set[str] = set()

    @property
    def client(self) -> Any:
        """The client, opened on first use."""
        return self.context.client("bill", BillClient)

    def holds_any(self) -> bool:
        """Whether BILL holds a credit at all."""
        return bool(self.client.vendor_credits.holds_any())

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """Credits by id."""
        credits = self.client.vendor_credits
        found = [*credits.by_ids([id for id in ids if id not in self.alone]), *self._alone(ids)]
        return {target.id: target for target in self._targets(found)}

    def _alone(self, ids: Collection[str]) -> Iterator[VendorCredit]:
        for id in self.alone & set(ids):
            with suppress(NotFound):
                yield self.client.vendor_credits.get(id)

    def all(self) -> list[Target]:
        """All credits."""
        return self._targets(self.client.vendor_credits.all())

    def find(
        self, documents: Sequence[Document], asked: Mapping[str, Collection[str]], *, everywhere: bool = False
    ) -> dict[str, list[Target]]:
        """The credits of each document: those that cover one of its pay items among the vendors that are asked for it,
        with `everywhere` among all; else those of its own vendor and its number that are nobody's. Archived ones count
        only where there is no other."""
        vendors = {vendor for each in asked.values() for vendor in each}
        found = [each for vendor in sorted(vendors) for each in self.client.vendor_credits.of_vendor(vendor)]
        if everywhere:
            found += [each for each in self._at_first if each.vendor_id not in vendors]
        held: dict[str, list[VendorCredit]] = {}
        for credit in found:
            held.setdefault(credit.vendor_id or "", []).append(credit)
        chosen = {
            document.key: _answering(
                [each for vendor in (held if everywhere else asked[document.key]) for each in held.get(vendor, ())],
                document,
            )
            for document in documents
        }
        seen = {
            target.id: target for target in self._targets({c.id: c for own in chosen.values() for c in own}.values())
        }
        return {key: [seen[credit.id] for credit in own] for key, own in chosen.items() if own}

    @cached_property
    def _at_first(self) -> list[VendorCredit]:
        """All credits, as they were when they were first asked for: who reads them all does so once a run."""
        return list(self.client.vendor_credits.all())

    def in_force(self, key: str, vendors: Collection[str]) -> list[Target]:
        """The credits of these vendors that count and cover a pay item."""
        credits = [each for vendor in sorted(vendors) for each in self.client.vendor_credits.of_vendor(vendor)]
        return self._targets([each for each in credits if each.usable and key in pay_items_of(each)])

    def seen(self, credits: Sequence[VendorCredit]) -> list[Target]:
        """Credits that a write answered."""
        return self._targets(credits)

    def _targets(self, credits: Iterable[VendorCredit]) -> list[Target]:
        credits = list(credits)
        self.currencies.learn(self.client.vendors, [each.vendor_id for each in credits])
        payments = {use.payment_id for each in credits for use in each.usage if use.payment_id}
        statuses = (
            {each.id for each in self.client.payments.by_ids(sorted(payments)) if self.counts(each)}
            if payments
            else set()
        )
        return [self._target(HeldCredit(each, _applied(each, statuses), _by_hand(each))) for each in credits]

    def terms(self, credit: VendorCredit) -> dict[str, Any]:
        """Whose a credit is, how much, and what it is for: what nobody changes in BILL without a word."""
        return {
            "items": list(pay_items_of(credit)),
            "number": credit.reference_number,
            "date": day_text(credit.credit_date),
            "vendor": credit.vendor_id,
            "total": amount_text(money(credit.amount)),
        }

    def moved(self, target: Target, credit: VendorCredit) -> str | None:
        """What of a credit, as it is right before a write, is not as it was read, in words; None where nothing is."""
        return moved(self._decisive(target.raw.credit), self._decisive(credit))

    def _decisive(self, credit: VendorCredit) -> dict[str, Any]:
        """What decides what becomes of a credit."""
        return {
            **self.terms(credit),
            "lines": [(line.id, line_content(line)) for line in credit.lines],
            "application": (credit.status, money(credit.applied_amount), len(credit.usage)),
            "status": credit.usable,
        }

    def _target(self, held: HeldCredit) -> Target:
        credit = held.credit
        content = {
            **self.terms(credit),
            "currency": self.currencies.of(credit.vendor_id),
            "amount": amount_text(held.total - held.recorded_there),
            "lines": [line_content(line) for line in credit.lines],
            "void": not credit.usable,
        }
        status = "void" if content["void"] else credit.status or ""
        label = credit.reference_number or ""
        return Target(credit.id, content, status, label, raw=held, version=version_text(credit.updated_time))


def _applied(credit: VendorCredit, statuses: Collection[str]) -> Decimal:
    if not credit.usage:
        return money(credit.applied_amount)
    counted = [use for use in credit.usage if use.payment_id is None or use.payment_id in statuses]
    return sum((money(use.amount) for use in counted), ZERO)


def _by_hand(credit: VendorCredit) -> Decimal:
    return sum((money(use.amount) for use in credit.usage if use.payment_id is None), ZERO)


def _answering(credits: Sequence[VendorCredit], document: Document) -> list[VendorCredit]:
    items = set(document.content["items"])
    ours = [credit for credit in credits if items & set(pay_items_of(credit))]
    if ours:
        return [credit for credit in ours if credit.usable] or ours[-1:]
    number = (document.content["number"] or "").casefold()
    return [
        credit
        for credit in credits
        if credit.usable
        and credit.vendor_id == document.content["vendor"]
        and not pay_items_of(credit)
        and (credit.reference_number or "").casefold() == number
    ]
