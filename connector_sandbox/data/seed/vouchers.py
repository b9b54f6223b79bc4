"""One voucher of the seed: from a few choices to its pay items and its distribution, and what may happen to it later.

Amounts are made from the distribution: net lines in the document's currency, tax on their sum, the gross split over
the pay items, and each of these in the company's currency where that is another. So they always agree; a case that
wants them not to agree changes the rows afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ..reference import smallest
from ..rows import (
    OFFSET_LINE,
    REVERSING_LINE,
    ZERO,
    Amounts,
    Stamp,
    Voucher,
    ledger_line,
    pay_item,
    payment,
    payment_detail,
)
from ..world import Row, Value, document_key
from .chart import Chart

CENT = Decimal("0.01")
RATES = {"EUR": Decimal("0.8532100"), "USD": Decimal("0.7841300"), "JPY": Decimal("0.0052310")}
"""CRR: pounds for one unit."""
TAX_RATES = {"": Decimal(0), "UKSTD": Decimal("0.20"), "UKRED": Decimal("0.05")}
"""TXA1 -> rate."""
_REVERSED_AFTER = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Cost:
    """A line of the distribution: an account (row of F0901), a net amount in the document's currency, a text."""

    account: Row
    net: Decimal
    text: str
    subledger: str = ""


@dataclass(slots=True)
class Document:
    """A voucher as rows, and the labels of what is particular about it."""

    voucher: Voucher
    items: list[Row]
    """F0411."""
    lines: list[Row]
    """F0911."""
    labels: set[str] = field(default_factory=set)
    payments: list[Row] = field(default_factory=list)
    """F0413, with the first of the vouchers that it pays."""
    details: list[Row] = field(default_factory=list)
    """F0414."""

    @property
    def key(self) -> str:
        """ "KCO/DCT/DOC"."""
        return document_key(self.items[0])

    @property
    def costs(self) -> list[Row]:
        """The lines that are costs: what a reader of the distribution has to find."""
        return [line for line in self.lines if line["LT"] == "AA" and line["EXA"] not in _NO_COST and not line["EXTL"]]

    def change_items(self, **values: Value) -> None:
        """Set columns of all pay items."""
        for item in self.items:
            item.update(values)

    def stamp(self, stamp: Stamp) -> None:
        """The pay items were changed then."""
        for item in self.items:
            stamp.onto(item)


# gross, taxable, not taxable and tax of a pay item, and the column of their currency: of the books, and foreign
_TAXED = (("AG", "ATXA", "ATXN", "STAM", "BCRC"), ("ACR", "CTXA", "CTXN", "CTAM", "CRCD"))
_TAX_TEXT, _OFFSET_TEXT = "VAT", "Trade creditors"
_NO_COST = (_TAX_TEXT, _OFFSET_TEXT)


def write(voucher: Voucher, costs: Sequence[Cost], chart: Chart, *, tax_area: str = "", items: int = 1) -> Document:
    """The rows of an open voucher."""
    unit = smallest(voucher.currency)
    net = sum((cost.net for cost in costs), ZERO)
    tax = _rounded(net * TAX_RATES[tax_area], unit)
    bases = [_in_base(voucher, cost.net) for cost in costs]
    base_net, base_tax = sum(bases, ZERO), _in_base(voucher, tax)
    document = Document(voucher, _items(voucher, net, tax, base_net, base_tax, tax_area, items), [])
    lines = document.lines

    def add(account: Row, amount: Decimal, base: Decimal, text: str, mark: str = "", subledger: str = "") -> None:
        foreign = amount if voucher.foreign else ZERO
        lines.append(
            ledger_line(voucher, len(lines) + 1, account, base, text, foreign=foreign, mark=mark, subledger=subledger)
        )

    for cost, base in zip(costs, bases, strict=True):
        add(cost.account, cost.net, base, cost.text, subledger=cost.subledger)
    if tax:
        add(chart.tax[voucher.company], tax, base_tax, _TAX_TEXT)
    add(chart.offset[voucher.company], -net - tax, -base_net - base_tax, _OFFSET_TEXT, OFFSET_LINE)
    if voucher.foreign:
        # JD Edwards keeps the same lines a second time in the currency ledger: its AA is the foreign amount.
        lines += [{**line, "LT": "CA", "AA": line["ACR"], "ACR": ZERO} for line in lines]
    return document


def add_reversal(document: Document) -> None:
    """Lines that take back all others on a later day, as for an accrual."""
    later = document.voucher.posted + _REVERSED_AFTER
    document.lines += [
        {
            **line,
            "EXTL": REVERSING_LINE,
            "AA": -_amount(line, "AA"),
            "ACR": -_amount(line, "ACR"),
            "DGJ": later,
            "FY": later.year % 100,
            "CTRY": later.year // 100,
            "PN": later.month,
        }
        for line in document.lines
    ]


def add_budget_lines(document: Document) -> None:
    """The cost lines a second time, in the budget ledger."""
    document.lines += [{**line, "LT": "BA"} for line in document.costs]


def store_sales_tax(document: Document, area: str, rate: Decimal) -> None:
    """A part of what is owed is sales tax (EXR1 S): a cost, in the lines as it is (jde-ais section 11.3)."""
    for item in document.items:
        for gross, net, none, tax, currency in _TAXED:
            amount, unit = _amount(item, gross), smallest(str(item[currency]))
            part = amount - _rounded(amount / (1 + rate), unit)
            item.update({net: amount - part, none: ZERO, tax: part})
        item.update({"TXA1": area, "EXR1": "S"})


def store_use_tax(document: Document, area: str, rate: Decimal, chart: Chart | None = None) -> None:
    """Use tax is worked out (EXR1 U), which nobody owes to the supplier. With a chart it is posted, in the last line
    and owed to the state; else it is only stored (jde-ais section 11.3). A posted one is meant of a domestic voucher.
    """
    posted = ZERO
    for item in document.items:
        for gross, net, none, tax, currency in _TAXED:
            amount, unit = _amount(item, gross), smallest(str(item[currency]))
            item.update({net: amount, none: ZERO, tax: _rounded(amount * rate, unit)})
        item.update({"TXA1": area, "EXR1": "U"})
        posted += _amount(item, "STAM")
    if chart is not None:
        line, voucher = document.costs[-1], document.voucher
        line["AA"] = _amount(line, "AA") + posted
        owed = ledger_line(
            voucher, len(document.lines) + 1, chart.tax[voucher.company], -posted, "Use tax", mark=OFFSET_LINE
        )
        document.lines.append(owed)


def add_zero_item(document: Document) -> None:
    """A further pay item of nothing."""
    document.items.append(pay_item(document.voucher, len(document.items) + 1, Amounts(ZERO, ZERO)))


def pay(
    number: int,
    documents: Sequence[Document],
    on: date,
    stamp: Stamp,
    *,
    share: Decimal = Decimal(1),
    only_first: bool = False,
    voided: date | None = None,
) -> None:
    """Pay vouchers of one supplier by one payment: all of them, a share of each pay item, or the first item only.

    With `voided` the payment is taken back again: the rows of the payment stay, and the pay items are open as before.
    """
    total, line = ZERO, 0
    for document in documents:
        for item in document.items[:1] if only_first else document.items:
            line += 1
            paid = _rounded(_amount(item, "AAP") * share, smallest(str(item["BCRC"])))
            foreign = _rounded(_amount(item, "FAP") * share, smallest(str(item["CRCD"])))
            document.details.append(payment_detail(number, line, item, paid, foreign, stamp))
            total += paid
            if voided is None:
                item["AAP"] = _amount(item, "AAP") - paid
                item["FAP"] = _amount(item, "FAP") - foreign
                item["PST"] = "A" if item["AAP"] else "P"
            stamp.onto(item)
    first = documents[0]
    first.payments.append(payment(number, first.voucher, on, total, stamp, voided=voided))


def void(document: Document, stamp: Stamp) -> None:
    """Void the voucher: it looks settled, but for VOD (jde-ais section 3.6, traps of F0411)."""
    document.change_items(VOD="V", PST="P", AAP=ZERO, FAP=ZERO)
    document.stamp(stamp)


def _items(
    voucher: Voucher,
    net: Decimal,
    tax: Decimal,
    base_net: Decimal,
    base_tax: Decimal,
    tax_area: str,
    count: int,
) -> list[Row]:
    nets = split(base_net, count, smallest(voucher.base))
    taxes = split(base_tax, count, smallest(voucher.base))
    unit = smallest(voucher.currency)
    foreign_nets = split(net if voucher.foreign else ZERO, count, unit)
    foreign_taxes = split(tax if voucher.foreign else ZERO, count, unit)
    rows = []
    for place in range(count):
        gross = nets[place] + taxes[place]
        foreign = foreign_nets[place] + foreign_taxes[place]
        amounts = Amounts(
            gross=gross,
            open=gross,
            taxable=nets[place] if tax_area else ZERO,
            untaxed=ZERO if tax_area else nets[place],
            tax=taxes[place],
            foreign_gross=foreign,
            foreign_open=foreign,
            foreign_taxable=foreign_nets[place] if tax_area else ZERO,
            foreign_untaxed=ZERO if tax_area else foreign_nets[place],
            foreign_tax=foreign_taxes[place],
        )
        rows.append(pay_item(voucher, place + 1, amounts, tax_area=tax_area))
    return rows


def split(total: Decimal, count: int, unit: Decimal) -> list[Decimal]:
    """`count` equal parts of a total in whole units; the last takes what is left over."""
    part = _rounded(total / count, unit)
    return [part] * (count - 1) + [total - part * (count - 1)]


def _in_base(voucher: Voucher, amount: Decimal) -> Decimal:
    return _rounded(amount * voucher.rate, smallest(voucher.base)) if voucher.foreign else amount


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)


def _amount(row: Row, alias: str) -> Decimal:
    value = row[alias]
    if not isinstance(value, Decimal):
        raise TypeError(f"{alias} is not an amount")
    return value
