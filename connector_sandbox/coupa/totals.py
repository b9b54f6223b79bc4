"""What an invoice computes: totals, taxes, the figures less discount, due dates (coupa sections 3.4.1 to 3.4.5)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from connector_sandbox.coupa.charges import header_amounts
from connector_sandbox.coupa.instance import Change, Instance
from connector_sandbox.coupa.schema import Record, with_places
from connector_sandbox.coupa.values import day_of

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)

DISCOUNT_TAKEN = "discount-taken"
"""Kept with an invoice, and not a field of the API: what Coupa Pay need not pay any more."""


def compute(instance: Instance, change: Change) -> None:
    """Every figure that follows from what was sent. A discount lowers none but those that say so."""
    record = change.record
    currency = instance.tables["currencies"].rows.get(record["currency"])
    places = 2 if currency is None or currency["decimals"] is None else currency["decimals"]
    lines, charges = record["invoice-lines"], record["invoice-charges"]
    for line in lines:
        price = line["price"] or _ZERO
        line["total"] = _rounded(price * (line["quantity"] or _ZERO) if by_quantity(line) else price, places)
    sign = _sign(instance, record)
    for line in lines:
        line["total"] *= sign
        _allocate(line, places)
        line["tax-amount"] = (
            sign * _tax_of(line["tax-lines"], sign * line["total"], places) if record["line-level-taxation"] else None
        )
    for charge in charges:
        if charge["total"] is not None:
            charge["total"] = _signed(charge["total"], sign)
        _allocate(charge, places)
        charge["accounting-total"] = charge["total"]
        charge["accounting-total-currency"] = record["currency"]
    net = sum((line["total"] for line in lines), _ZERO) + sum((each["total"] or _ZERO for each in charges), _ZERO)
    of_lines = sum((line["total"] for line in lines), _ZERO)
    record["tax-amount"] = _signed(_tax(change, of_lines, sign, places), sign)
    # Withheld tax is the payer's matter: how it counts in the totals is not documented, so that it does not.
    _tax_of(record["withholding-tax-lines"], of_lines, places)
    net += sum((_signed(amount, sign) for amount in header_amounts(instance, record)), _ZERO)
    taxes = record["tax-amount"]
    if not record["line-level-taxation"]:
        taxes += _of_charges(record, sign, places)
    total = _rounded(net + taxes, places)
    lowered = (record["discount-amount"] or _ZERO) if instance.options.discounts_lower_totals else _ZERO
    record["gross-total"] = record["total-with-taxes"] = _rounded(total - lowered, places)
    _compute_due_dates(instance, record)
    _compute_less_discount(instance, record, net, taxes, places)


def compute_amount_due(record: Record) -> None:
    """What is still to be paid of an invoice."""
    if record["total-with-taxes"] is not None:
        paid = sum((payment["amount-paid"] or _ZERO for payment in record["payments"]), _ZERO)
        # A discount that Coupa Pay took is settled like money, and no payment of the invoice.
        paid += record.get(DISCOUNT_TAKEN) or _ZERO
        record["amount-due"] = with_places(record["total-with-taxes"] - paid, 2)
        less = record.get("gross-total-less-discount")
        record["amount-due-less-discount"] = None if less is None else with_places(less - paid, 2)


def by_quantity(line: Record) -> bool:
    """Whether a line is a quantity at a price, and not an amount."""
    return bool(line["type"] == "InvoiceQuantityLine")


def _sign(instance: Instance, record: Record) -> int:
    """-1 for a credit note that is written in positive figures where the instance answers with negative ones."""
    positive = sum((line["total"] for line in record["invoice-lines"]), _ZERO) > 0
    return -1 if record["is-credit-note"] and positive and instance.options.credit_notes == "negative" else 1


def _signed(amount: Decimal, sign: int) -> Decimal:
    """An amount that may have been computed before, of a document with that sign."""
    return -abs(amount) if sign < 0 else amount


def _allocate(line: Record, places: int) -> None:
    line["account-allocations"] = [
        {**each, "amount": _rounded((line["total"] or _ZERO) * (each["pct"] or _ZERO) / _HUNDRED, places)}
        for each in line["account-allocations"]
    ]


def _tax_of(taxes: list[Record], net: Decimal, places: int) -> Decimal:
    """The sum of the taxes of a line, a charge or the whole; one with a rate and no amount is computed."""
    for tax in taxes:
        if tax["amount"] is None:
            tax["amount"] = _rounded(net * (tax["rate"] or _ZERO) / _HUNDRED, places)
    return _rounded(sum((tax["amount"] for tax in taxes), _ZERO), places)


def _of_charges(record: Record, sign: int, places: int) -> Decimal:
    """The taxes of the charges, which are their own wherever the rest is taxed."""
    charges = record["invoice-charges"]
    return sum((sign * _tax_of(c["tax-lines"], sign * (c["total"] or _ZERO), places) for c in charges), _ZERO)


def _tax(change: Change, net: Decimal, sign: int, places: int) -> Decimal:
    """The tax of the whole: from the lines and charges where taxation is theirs, else from its own tax lines, else as
    it was given, else by the rate.
    """
    record = change.record
    if record["line-level-taxation"]:
        of_lines = sum((line["tax-amount"] for line in record["invoice-lines"]), Decimal("0.00"))
        return of_lines + _of_charges(record, sign, places)
    if record["tax-lines"]:
        return _tax_of(record["tax-lines"], net, places)
    if record["tax-amount"] is not None and (change.before is None or record["tax-rate"] in (None, _ZERO)):
        return _rounded(record["tax-amount"], places)
    if "tax-amount" in change.sent and record["tax-amount"] is not None:
        return _rounded(record["tax-amount"], places)
    return _rounded(net * (record["tax-rate"] or _ZERO) / _HUNDRED, places)


def _compute_due_dates(instance: Instance, record: Record) -> None:
    term = _term(instance, record)
    for key, days in (("net-due-date", "days-for-net-payment"), ("discount-due-date", "days-for-discount-payment")):
        count = None if term is None else term[days]
        if count is None or record["invoice-date"] is None:
            record[key] = None
        else:
            record[key] = day_of(record["invoice-date"], instance.zone) + timedelta(days=count)


def _compute_less_discount(instance: Instance, record: Record, net: Decimal, taxes: Decimal, places: int) -> None:
    """The totals as they would be with the discount, in the same part of net and taxes (coupa section 3.4.2)."""
    total = net + taxes
    discount: Decimal = record["discount-amount"] or _ZERO
    rate = record["discount-percent"]
    if not discount and rate is None and instance.options.term_discounts:
        rate = (_term(instance, record) or {}).get("discount-rate")
    if not discount:
        discount = total * (rate or _ZERO) / _HUNDRED
    left = (total - discount) / total if total else Decimal(1)
    record["gross-total-less-discount"] = _rounded(total - discount, places)
    record["net-total-less-discount"] = _rounded(net * left, places)
    record["total-taxes-less-discount"] = _rounded(taxes * left, places)


def _term(instance: Instance, record: Record) -> Record | None:
    supplier = instance.tables["suppliers"].rows.get(record["supplier"]) or {}
    number: Any = record["payment-term"] or supplier.get("payment-term")
    return instance.tables["payment_terms"].rows.get(number)


def _rounded(value: Any, places: int) -> Decimal:
    return with_places(value, places, places)
