"""A Coupa invoice as an ERP books it: its costs by account, its tax by code, and whether they make its total.

Lines and charges (freight, handling, others) have one account, or several by percentage. Tax is on the header, or on
lines and charges, as `line-level-taxation` says (coupa sections 3.4, 3.4.3). A discount for early payment lowers none
of these (`discounts`). Credits come with either sign, and are negative here (coupa section 3.4.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.engine.money import smallest
from connector_resources.coupa.models import CREDIT_NOTE, Invoice, InvoiceCharge, InvoiceLine, TaxLine

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)
# the charges of an invoice: their type, and the older field of the header that holds the same amount
CHARGES = {
    "shipping": ("InvoiceShippingCharge", "shipping_amount"),
    "handling": ("InvoiceHandlingCharge", "handling_amount"),
    "misc": ("InvoiceMiscCharge", "misc_amount"),
}
_CHARGE_NAMES = {type: name for name, (type, _) in CHARGES.items()}


@dataclass(frozen=True, slots=True)
class Cost:
    """One amount for one account, in the invoice's currency, without tax.

    `account_id`, `account_code` and the account's `chart` are Coupa's; `charge` is the name of the charge that it is
    of, '' of a line. `order` and `order_line` name the order line that it is for, '' where it is for none.
    """

    amount: Decimal
    description: str = ""
    account_id: int | None = None
    account_code: str | None = None
    chart: str | None = None
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


@dataclass(frozen=True, slots=True)
class Payable:
    """What is owed: the total with tax and charges, negative for a credit, and what it is made of, in the same sign.

    `untold` says why it cannot be known whether it is owed to or by the supplier; '' where it can.
    """

    total: Decimal
    costs: Sequence[Cost]
    taxes: Sequence[Tax]
    untold: str = ""

    @property
    def tax(self) -> Decimal:
        """All its taxes."""
        return sum((each.amount for each in self.taxes), ZERO)

    @property
    def net(self) -> Decimal:
        """All but its taxes."""
        return sum((each.amount for each in self.costs), ZERO)


def payable_of(invoice: Invoice) -> Payable:
    """An invoice as it is owed.

    A credit note is owed by the supplier, whichever sign its figures are printed in. What stands on its lines is turned
    where that makes the total, so that nothing is turned twice; other invoices keep the signs that they have.
    """
    total, printed = total_of(invoice), printed_total(invoice)
    costs = list(_costs(invoice))
    taxes = _taxes(invoice, costs, {printed, total} if is_credit(invoice) else {printed})
    found = Payable(total, costs, taxes)
    turned = Payable(total, [_turned(cost) for cost in costs], [Tax(x.code, -x.amount, -x.net) for x in taxes])
    if not is_credit(invoice):
        return replace(found, untold=_contradiction(invoice, printed))
    if printed > 0 and found.net + found.tax == printed and any(cost.amount < 0 for cost in costs):
        return replace(turned, untold=f"a credit note of {printed} with lines of both signs")
    if found.net + found.tax == total and total:
        return found
    return turned if printed > 0 or turned.net + turned.tax == total else found


def printed_total(invoice: Invoice) -> Decimal:
    """The total with taxes and charges in the sign in which it is printed."""
    total = invoice.total_with_taxes if invoice.total_with_taxes is not None else invoice.gross_total
    return total if total is not None else ZERO


def total_of(invoice: Invoice) -> Decimal:
    """What is owed, tax and charges included; negative for a credit."""
    return printed_total(invoice) * header_sign(invoice)


def header_sign(invoice: Invoice) -> int:
    """What turns an amount of the header, a payment's for example, into ours: -1 for a credit note that is printed with
    a positive total, as on the paper."""
    return -1 if is_credit(invoice) and printed_total(invoice) > 0 else 1


def is_credit(invoice: Invoice) -> bool:
    """Whether Coupa calls it a credit note. Its type says so; an answer without one by the attribute that makes it."""
    kind = (invoice.document_type or "").strip().casefold()
    return kind == CREDIT_NOTE.casefold() if kind else bool(invoice.is_credit_note)


def _contradiction(invoice: Invoice, printed: Decimal) -> str:
    """Why an invoice that is owed by its type and total may be a credit all the same; '' where it is none."""
    if not invoice.is_credit_note or printed <= 0:
        return ""
    return f"type {invoice.document_type}, but marked as a credit note, of {printed}"


def _turned(cost: Cost) -> Cost:
    return replace(cost, amount=-cost.amount, quantity=None if cost.quantity is None else -cost.quantity)


def withheld(invoice: Invoice) -> Decimal:
    """The sum of its withholding taxes."""
    return sum((line.amount or ZERO for line in invoice.withholding_tax_lines), ZERO)


def _costs(invoice: Invoice) -> Iterator[Cost]:
    """Everything but tax as it is printed, line by line, split by account; then the charges that are not zero."""
    for line in invoice.invoice_lines:
        common: dict[str, Any] = {
            "description": line.description or "",
            "tax_code": _codes(line.tax_lines),
            "order": (line.po_number or "") if line.po_number or line.order_line_id else "",
            "order_line": line.order_line_num or "",
            "quantity": line.quantity,
        }
        if line.order_line_id and not line.po_number:
            # for an order, whichever it is
            common["order"] = f"line {line.order_line_id}"
        yield from _shared(invoice, line, line_total(invoice, line), whole=bool(common["order"]), **common)
    for name, charge in charges_of(invoice):
        if charge.total:
            common = {"description": charge.description or name, "charge": name, "tax_code": _codes(charge.tax_lines)}
            yield from _shared(invoice, charge, charge.total, whole=False, **common)


def _shared(
    invoice: Invoice, part: InvoiceLine | InvoiceCharge, total: Decimal, *, whole: bool, **common: Any
) -> Iterator[Cost]:
    """What a line or charge puts on each of its accounts. What is for an order is booked on the order's, as a whole."""
    if whole or not part.account_allocations:
        account = part.account
        yield Cost(
            total,
            account_id=account.id if account else None,
            account_code=_code(account),
            chart=_chart(account),
            **common,
        )
        return
    left, unit = total, _unit(invoice, part)
    for place, share in enumerate(part.account_allocations, 1):
        last = place == len(part.account_allocations)
        amount = left if last else _share(total, share.amount, share.pct, unit)
        left -= amount
        account = share.account
        yield Cost(
            amount,
            account_id=account.id if account else None,
            account_code=_code(account),
            chart=_chart(account),
            **common,
        )


def charges_of(invoice: Invoice) -> list[tuple[str, InvoiceCharge]]:
    """The charges that are not zero, with their names. Every invoice carries all three of them; the header's amounts
    are the older form of the same, and count where no charge says anything (coupa section 3.4.3). One of another type
    is a miscellaneous one."""
    found = [each for each in invoice.invoice_charges if each.total or tax_of(each.tax_lines)]
    if found:
        return [(_CHARGE_NAMES.get(each.type or "", "misc"), each) for each in found]
    older = {name: getattr(invoice, field) for name, (_, field) in CHARGES.items()}
    return [(name, InvoiceCharge(total=amount)) for name, amount in older.items() if amount]


def _share(total: Decimal, amount: Decimal | None, percentage: Decimal | None, unit: Decimal) -> Decimal:
    """What falls on one account; the last one takes what rounding leaves."""
    if amount is not None:
        # allocations have up to four decimals (coupa section 3.4)
        return amount.quantize(unit, ROUND_HALF_UP)
    return (total * (percentage or ZERO) / HUNDRED).quantize(unit, ROUND_HALF_UP)


def _unit(invoice: Invoice, part: InvoiceLine | InvoiceCharge) -> Decimal:
    """The smallest amount of its currency."""
    currency = part.currency or invoice.currency
    return smallest(currency.code if currency else None)


def line_total(invoice: Invoice, line: InvoiceLine) -> Decimal:
    """A line's own total, else its price by its quantity; an amount line has its amount as price."""
    if line.total is not None:
        return line.total
    price = line.price or ZERO
    quantity = line.quantity if line.type == "InvoiceQuantityLine" and line.quantity is not None else Decimal(1)
    return (price * quantity).quantize(_unit(invoice, line), ROUND_HALF_UP)


def _taxes(invoice: Invoice, costs: Sequence[Cost], totals: set[Decimal]) -> list[Tax]:
    """The taxes by code, the first one with what bears no tax of its own; none where there is neither tax nor code.

    Charges have taxes of their own beside the header's, or beside those of the lines. Whether the header's amount holds
    them as well is not established: what makes one of the `totals` is right.
    """
    net = sum((cost.amount for cost in costs), ZERO)
    whole = invoice.tax_code.code if invoice.tax_code and invoice.tax_code.code else _codes(invoice.tax_lines)
    amounts: dict[str, Decimal] = {}
    bases: dict[str, Decimal] = {}
    for code, tax, base in _taxed_parts(invoice):
        amounts[code] = amounts.get(code, ZERO) + tax
        bases[code] = bases.get(code, ZERO) + base
    own, header = sum(amounts.values(), ZERO), invoice.tax_amount
    within = (header - own if header is not None else ZERO) if invoice.line_level_taxation else header or ZERO
    beside = ZERO if invoice.line_level_taxation else (header or ZERO) - own
    extra = next((each for each in (within, beside, header or ZERO) if net + own + each in totals), within)
    if extra or not invoice.line_level_taxation:
        # taxes of the whole, beside those of the lines and charges
        amounts[whole] = amounts.get(whole, ZERO) + extra
        bases.setdefault(whole, ZERO)
    if not any(amounts.values()) and not any(amounts):
        return []
    first = min(amounts) if invoice.line_level_taxation else whole
    others = sorted(code for code in amounts if code != first)
    rest = net - sum((bases[code] for code in others), ZERO)
    return [Tax(first, amounts[first], rest), *(Tax(code, amounts[code], bases[code]) for code in others)]


def _taxed_parts(invoice: Invoice) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Code, tax and net amount of what bears taxes of its own: lines where taxes are kept by line, and charges."""
    if invoice.line_level_taxation:
        for line in invoice.invoice_lines:
            yield _codes(line.tax_lines), line_tax(line), line_total(invoice, line)
    for _, charge in charges_of(invoice):
        if charge.tax_lines:
            yield _codes(charge.tax_lines), tax_of(charge.tax_lines), charge.total or ZERO


def line_tax(line: InvoiceLine) -> Decimal:
    """The tax of one line."""
    return line.tax_amount if line.tax_amount is not None else tax_of(line.tax_lines)


def tax_of(lines: Sequence[TaxLine]) -> Decimal:
    """The sum of tax lines."""
    return sum((tax.amount or ZERO for tax in lines), ZERO)


def _codes(lines: Sequence[TaxLine]) -> str:
    """The tax code of tax lines; of several the codes joined, which no mapping knows."""
    return "+".join(sorted({tax.tax_code.code for tax in lines if tax.tax_code and tax.tax_code.code}))


def _chart(account: Any) -> str | None:
    """The name of an account's chart, where it is reported: one code may stand in two charts (coupa section 3.2.1)."""
    return account.account_type.name if account is not None and account.account_type is not None else None


def _code(account: Any) -> str | None:
    return account.code if account is not None else None
