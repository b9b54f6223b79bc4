"""Every case that a sync of suppliers and vouchers has to get right, at least once.

A case enters its vouchers at the desk and labels them. The labels of OBSTACLES are on vouchers that are not plainly
to be sent: held, settled, waiting for a mapping, or invisible to a date filter. All other labels are on clean ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from ..reference import smallest
from ..rows import Stamp
from .chart import EURO, HOME, NOT_POSTABLE, POSTABLE
from .parties import Party
from .seeder import VoucherSeeder, renumbered
from .vouchers import (
    CENT,
    Document,
    add_budget_lines,
    add_reversal,
    add_zero_item,
    pay,
    store_sales_tax,
    store_use_tax,
    void,
)

UNKNOWN_SUPPLIER = 999_001
_NEW_JERSEY = Decimal("0.06625")
"""A rate of sales and use tax: both are of the United States."""

Make = Callable[[VoucherSeeder], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class Case:
    """What enters one case: `count` vouchers, of which `obstacles` carry a label of OBSTACLES."""

    count: int
    obstacles: int
    make: Make


CASES: list[Case] = []
OBSTACLES: set[str] = set()


def _case(count: int, *obstacles: str, of_them: int | None = None) -> Callable[[Make], Make]:
    """Register a case of `count` vouchers; `obstacles` are its labels of that kind, on `of_them` (all) vouchers."""

    def register(make: Make) -> Make:
        CASES.append(Case(count, (count if of_them is None else of_them) if obstacles else 0, make))
        OBSTACLES.update(obstacles)
        return make

    return register


# --- Clean ones -------------------------------------------------------------------------------------------------


@_case(8)
def _several_of_everything(seeder: VoucherSeeder) -> Iterator[Document]:
    use_taxed = seeder.enter("use_tax", items=2)
    store_use_tax(use_taxed, "NJUSE", _NEW_JERSEY)
    yield use_taxed
    yield seeder.enter(items=3, lines=2, tax_area="UKSTD")
    sales_taxed = seeder.enter("sales_tax", lines=5)
    store_sales_tax(sales_taxed, "NJSALES", _NEW_JERSEY)
    yield sales_taxed
    yield seeder.enter(lines=2, tax_area="UKRED")
    yield seeder.enter(tax_area="UKSTD")
    empty = seeder.enter("zero_amount_pay_item")
    add_zero_item(empty)
    yield empty
    reversed_later = seeder.enter("reversing_lines", lines=2, tax_area="UKSTD")
    add_reversal(reversed_later)
    yield reversed_later
    budgeted = seeder.enter(lines=2)
    add_budget_lines(budgeted)
    yield budgeted


@_case(6)
def _foreign(seeder: VoucherSeeder) -> Iterator[Document]:
    yield seeder.enter(currency="EUR")
    sales_taxed = seeder.enter("sales_tax", currency="USD", lines=3)
    store_sales_tax(sales_taxed, "NJSALES", _NEW_JERSEY)
    yield sales_taxed
    yield seeder.enter(currency="JPY", lines=2, items=3)
    yield seeder.enter(currency="EUR", items=2, lines=3, tax_area="UKSTD")
    yield seeder.enter(currency="USD", tax_area="UKRED")
    use_taxed = seeder.enter("use_tax_posted", company=EURO)
    store_use_tax(use_taxed, "NJUSE", _NEW_JERSEY, seeder.chart)
    yield use_taxed


@_case(5)
def _accounts(seeder: VoucherSeeder) -> Iterator[Document]:
    chart = seeder.chart
    with_subledger = chart.by_number[f"5020.{POSTABLE['L']}"]
    yield seeder.enter("subledger", costs=[seeder.cost(with_subledger, subledger="C00001234")])
    yield seeder.enter("subsidiary_account", costs=[seeder.cost(account) for account in chart.with_subsidiary])
    # The same unit and object with and without a subsidiary.
    plain = chart.by_number.get("2010.5810") or chart.expense[HOME][0]
    yield seeder.enter("subsidiary_account", costs=[seeder.cost(chart.with_subsidiary[0]), seeder.cost(plain)])
    yield seeder.enter("account_with_dash", costs=[seeder.cost(chart.with_dash[0])])
    twice = seeder.cost(chart.expense[HOME][1])
    yield seeder.enter("account_twice", costs=[twice, replace(twice, net=seeder.net())])


@_case(8)
def _invoice_numbers(seeder: VoucherSeeder) -> Iterator[Document]:
    regular = seeder.parties.regular
    yield seeder.enter("invoice_number_of_25_characters", invoice="NORTHMOOR-2026/000000317A", party=regular[0])
    yield seeder.enter("invoice_number_of_25_characters", invoice="NORTHMOOR-2026/000000317B", party=regular[0])
    yield seeder.enter("invoice_number_not_ascii", invoice="Rég. n° 12–B")
    # Both without a number, of one supplier: not duplicates of each other.
    yield seeder.enter(invoice="", party=regular[1])
    yield seeder.enter(invoice="", party=regular[1])
    costs = seeder.costs(1)
    for party in regular[2:4]:
        yield seeder.enter("invoice_number_of_two_suppliers", invoice="INV-0001", party=party, costs=costs)
    yield seeder.enter("invoice_number_with_blanks", invoice="100069 20260330 55538")


@_case(2)
def _credits(seeder: VoucherSeeder) -> Iterator[Document]:
    yield seeder.enter(costs=seeder.costs(2, sign=-1), tax_area="UKSTD")
    yield seeder.enter(kind="PD", costs=seeder.costs(1, sign=-1))


@_case(4)
def _same_document_number(seeder: VoucherSeeder) -> Iterator[Document]:
    first = seeder.enter("same_number_other_type")
    yield first
    slot = renumbered(seeder.slot(), first.voucher.number)
    yield seeder.enter("same_number_other_type", slot=slot, kind="PD", costs=seeder.costs(1, sign=-1))
    second = seeder.enter("same_number_other_company")
    yield second
    yield seeder.enter("same_number_other_company", slot=renumbered(seeder.slot(), second.voucher.number), company=EURO)


@_case(7)
def _shared_names(seeder: VoucherSeeder) -> Iterator[Document]:
    for label in ("shared_by_two", "shared_by_three", "differing_by_case"):
        for party in seeder.parties.special[f"supplier_name_{label}"]:
            yield seeder.enter("voucher_of_shared_name", party=party)


@_case(2)
def _addresses(seeder: VoucherSeeder) -> Iterator[Document]:
    for label in ("supplier_without_address", "supplier_address_changed_later"):
        yield seeder.enter(f"voucher_of_{label}", party=seeder.parties.special[label][0])


# --- Those that are not plainly to be sent ----------------------------------------------------------------------


@_case(4, "duplicate_invoice_number", of_them=2)
def _duplicates(seeder: VoucherSeeder) -> Iterator[Document]:
    for swapped in (False, True):
        earlier, later = seeder.slots_of_two_days()
        if swapped:
            # The lower number was changed last: what a sync finds must not depend on the order of the days.
            earlier, later = renumbered(earlier, later.number), renumbered(later, earlier.number)
        party, invoice = seeder.rng.choice(seeder.parties.regular), seeder.invoice_number()
        low, high = sorted((earlier, later), key=lambda slot: slot.number)
        yield seeder.enter("duplicate_invoice_number_first", slot=low, party=party, invoice=invoice)
        yield seeder.enter("duplicate_invoice_number", slot=high, party=party, invoice=invoice)


@_case(4, "settled")
def _settled(seeder: VoucherSeeder) -> Iterator[Document]:
    party = seeder.parties.regular[5]
    together = [seeder.enter("settled", party=party), seeder.enter("settled", party=party, items=2)]
    _pay(seeder, together)
    yield from together
    for document in (seeder.enter("settled", tax_area="UKSTD"), seeder.enter("settled", currency="EUR", lines=2)):
        _pay(seeder, [document])
        yield document


@_case(2, "partly_paid")
def _partly_paid(seeder: VoucherSeeder) -> Iterator[Document]:
    half = seeder.enter("partly_paid")
    _pay(seeder, [half], share=Decimal("0.5"))
    yield half
    one_item = seeder.enter("partly_paid", items=2)
    _pay(seeder, [one_item], only_first=True)
    yield one_item


@_case(2, "payment_voided")
def _payment_voided(seeder: VoucherSeeder) -> Iterator[Document]:
    for items in (1, 2):
        document = seeder.enter("payment_voided", items=items)
        on = seeder.later(document.voucher.posted)
        voided = seeder.later(on)
        pay(seeder.payment_number(), [document], on, seeder.stamp_of(voided), voided=voided)
        yield document


@_case(2, "voided")
def _voided(seeder: VoucherSeeder) -> Iterator[Document]:
    for items in (1, 2):
        document = seeder.enter("voided", items=items)
        void(document, seeder.stamp_of(seeder.later(document.voucher.posted)))
        yield document


@_case(6, "held", "in_workflow", "in_flight")
def _not_approved(seeder: VoucherSeeder) -> Iterator[Document]:
    for label, statuses in (("held", "HH"), ("in_workflow", "YF"), ("in_flight", "#Z")):
        for status in statuses:
            document = seeder.enter(label)
            document.change_items(PST=status)
            yield document


@_case(4, "distribution_disagrees", "distribution_disagrees_foreign", "distribution_missing")
def _distribution(seeder: VoucherSeeder) -> Iterator[Document]:
    penny = seeder.enter("distribution_disagrees", lines=2)
    _shift(penny, "AA", CENT)
    yield penny
    line_gone = seeder.enter("distribution_disagrees", lines=3, tax_area="UKSTD")
    line_gone.lines.remove(line_gone.costs[0])
    yield line_gone
    # In pounds it agrees.
    foreign = seeder.enter("distribution_disagrees_foreign", currency="USD", lines=2)
    _shift(foreign, "ACR", smallest("USD"))
    yield foreign
    nothing = seeder.enter("distribution_missing")
    nothing.lines.clear()
    yield nothing


@_case(6, "account_missing", "account_not_postable")
def _bad_accounts(seeder: VoucherSeeder) -> Iterator[Document]:
    missing = seeder.cost(seeder.chart.missing())
    yield seeder.enter("account_missing", costs=[missing])
    yield seeder.enter("account_missing", costs=[*seeder.costs(1), missing])
    for objekt in NOT_POSTABLE.values():
        account = seeder.chart.by_number[f"5020.{objekt}"]
        yield seeder.enter("account_not_postable", costs=[seeder.cost(account)])


@_case(4, "voucher_of_no_supplier")
def _no_supplier(seeder: VoucherSeeder) -> Iterator[Document]:
    special = seeder.parties.special
    labels = (
        "supplier_not_in_supplier_master",
        "employee_in_supplier_master",
        "customer_in_supplier_master",
    )
    for label in labels:
        yield seeder.enter("voucher_of_no_supplier", party=special[label][0])
    yield seeder.enter("voucher_of_no_supplier", party=Party(UNKNOWN_SUPPLIER, "Nobody"))


@_case(4, "voucher_of_supplier_on_hold", "voucher_of_supplier_inactive", "terms_mapped", "terms_unknown")
def _special_suppliers(seeder: VoucherSeeder) -> Iterator[Document]:
    special = seeder.parties.special
    yield seeder.enter("voucher_of_supplier_on_hold", party=special["supplier_on_hold"][0])
    yield seeder.enter("voucher_of_supplier_inactive", party=special["supplier_inactive"][0])
    yield seeder.enter("terms_mapped", party=special["supplier_terms_mapped"][0])
    yield seeder.enter("terms_unknown", party=special["supplier_terms_unknown"][0])


@_case(4, "unstamped", "voucher_of_supplier_unstamped")
def _unstamped(seeder: VoucherSeeder) -> Iterator[Document]:
    never = Stamp(None, None)
    for lines in (1, 2):
        document = seeder.enter("unstamped", lines=lines)
        document.stamp(never)
        for line in document.lines:
            never.onto(line)
        yield document
    for party in seeder.parties.special["supplier_unstamped"]:
        yield seeder.enter("voucher_of_supplier_unstamped", party=party)


def _pay(
    seeder: VoucherSeeder, documents: list[Document], *, share: Decimal = Decimal(1), only_first: bool = False
) -> None:
    on = seeder.later(max(document.voucher.posted for document in documents))
    pay(seeder.payment_number(), documents, on, seeder.stamp_of(on), share=share, only_first=only_first)


def _shift(document: Document, alias: str, by: Decimal) -> None:
    """Make the last cost line differ from what the pay items say."""
    line = document.costs[-1]
    amount = line[alias]
    if isinstance(amount, Decimal):
        line[alias] = amount + by
