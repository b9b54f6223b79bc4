"""A Coupa invoice as an ERP books it: what it costs by account, its tax by code, and whether that makes its total.

Lines carry one account or several by percentage; shipping, handling and other charges and the discount stand on the
header without an account; tax is on the header or on the lines, as `line-level-taxation` says (coupa section 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.delivery.money import smallest
from connector_resources.coupa.models import Invoice, InvoiceLine, TaxLine

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)
# the charges of a header, by the field that holds each; a discount lowers the total
CHARGES = {
    "shipping": "shipping_amount",
    "handling": "handling_amount",
    "misc": "misc_amount",
    "discount": "discount_amount",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """One amount for one account, in the invoice's currency, without tax.

    `account_id` and `account_code` are Coupa's; of a charge of the header there is only its name in `charge`.
    `order` and `order_line` name the order line that it is for, '' where it is for none.
    """

    amount: Decimal
    description: str = ""
    account_id: int | None = None
    account_code: str | None = None
    charge: str = ""
    tax_code: str = ""
    order: str = ""
    order_line: str = ""
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of one code, and the net amount that it is on. Of no code: ''."""

    code: str
    amount: Decimal
    net: Decimal


def total_of(invoice: Invoice) -> Decimal:
    """What is owed, tax and charges included; negative for a credit."""
    total = invoice.total_with_taxes if invoice.total_with_taxes is not None else invoice.gross_total
    return total if total is not None else ZERO


def is_credit(invoice: Invoice) -> bool:
    """Whether Coupa calls it a credit note."""
    return bool(invoice.is_credit_note) or (invoice.document_type or "").lower() == "credit note"


def withheld(invoice: Invoice) -> Decimal:
    """The sum of its withholding taxes."""
    return sum((line.amount or ZERO for line in invoice.withholding_tax_lines), ZERO)


def costs_of(invoice: Invoice) -> list[Cost]:
    """Everything but tax, line by line, split by account; then the charges that are not zero."""
    found = [cost for line in invoice.invoice_lines for cost in _costs_of_line(line)]
    for name, field in CHARGES.items():
        amount = getattr(invoice, field)
        if amount:
            found.append(Cost(-amount if name == "discount" else amount, name, charge=name))
    return found


def _costs_of_line(line: InvoiceLine) -> Iterator[Cost]:
    total = line_total(line)
    common: dict[str, Any] = {
        "description": line.description or "",
        "tax_code": _code_of(line),
        "order": (line.po_number or "") if line.po_number or line.order_line_id else "",
        "order_line": line.order_line_num or "",
        "quantity": line.quantity,
    }
    if line.order_line_id and not line.po_number:
        # for an order, whichever it is
        common["order"] = f"line {line.order_line_id}"
    if common["order"] or not line.account_allocations:
        # what is for an order is booked on the order's accounts
        account = line.account
        yield Cost(total, account_id=account.id if account else None, account_code=_code(account), **common)
        return
    left = total
    for place, share in enumerate(line.account_allocations, 1):
        last = place == len(line.account_allocations)
        amount = left if last else _share(total, share.amount, share.pct, _unit(line))
        left -= amount
        account = share.account
        yield Cost(amount, account_id=account.id if account else None, account_code=_code(account), **common)


def _share(total: Decimal, amount: Decimal | None, percentage: Decimal | None, unit: Decimal) -> Decimal:
    """What falls on one account; the last one takes what rounding leaves."""
    if amount is not None:
        # allocations have up to four decimals (coupa section 3.4)
        return amount.quantize(unit, ROUND_HALF_UP)
    return (total * (percentage or ZERO) / HUNDRED).quantize(unit, ROUND_HALF_UP)


def _unit(line: InvoiceLine) -> Decimal:
    """The smallest amount of the line's currency."""
    return smallest(line.currency.code if line.currency else None)


def line_total(line: InvoiceLine) -> Decimal:
    """A line's own total, else its price by its quantity; an amount line has its amount as price."""
    if line.total is not None:
        return line.total
    price = line.price or ZERO
    quantity = line.quantity if line.type == "InvoiceQuantityLine" and line.quantity is not None else Decimal(1)
    return (price * quantity).quantize(_unit(line), ROUND_HALF_UP)


def taxes_of(invoice: Invoice, costs: list[Cost]) -> list[Tax]:
    """The taxes by code, the first one with what bears no tax of its own; none where there is neither tax nor code."""
    net = sum((cost.amount for cost in costs), ZERO)
    own = invoice.tax_code.code if invoice.tax_code and invoice.tax_code.code else _codes(invoice.tax_lines)
    if not invoice.line_level_taxation:
        amount = invoice.tax_amount or ZERO
        return [Tax(own, amount, net)] if amount or own else []
    amounts: dict[str, Decimal] = {}
    bases: dict[str, Decimal] = {}
    for line in invoice.invoice_lines:
        code, tax = _code_of(line), line_tax(line)
        amounts[code] = amounts.get(code, ZERO) + tax
        bases[code] = bases.get(code, ZERO) + line_total(line)
    extra = (invoice.tax_amount or ZERO) - sum(amounts.values(), ZERO) if invoice.tax_amount is not None else ZERO
    if extra:
        # taxes of the whole, beside those of the lines
        amounts[own] = amounts.get(own, ZERO) + extra
        bases.setdefault(own, ZERO)
    if not any(amounts.values()) and not any(amounts):
        return []
    first, *others = sorted(amounts)
    rest = net - sum((bases[code] for code in others), ZERO)
    return [Tax(first, amounts[first], rest), *(Tax(code, amounts[code], bases[code]) for code in others)]


def line_tax(line: InvoiceLine) -> Decimal:
    """The tax of one line."""
    if line.tax_amount is not None:
        return line.tax_amount
    return sum((tax.amount or ZERO for tax in line.tax_lines), ZERO)


def _code_of(line: InvoiceLine) -> str:
    return _codes(line.tax_lines)


def _codes(lines: Sequence[TaxLine]) -> str:
    """The tax code of tax lines; of several the codes joined, which no mapping knows."""
    return "+".join(sorted({tax.tax_code.code for tax in lines if tax.tax_code and tax.tax_code.code}))


def _code(account: Any) -> str | None:
    return account.code if account is not None else None
