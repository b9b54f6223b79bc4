"""What an invoice computes and insists on (coupa sections 3.4 and 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from connector_sandbox.coupa.documents import PAYMENT
from connector_sandbox.coupa.errors import no_such_reference
from connector_sandbox.coupa.instance import Change, Instance
from connector_sandbox.coupa.intake import unwrapped
from connector_sandbox.coupa.schema import Record, with_places
from connector_sandbox.coupa.values import UnfitError, midnight

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_ADDED = ("shipping-amount", "handling-amount", "misc-amount")
_DECIDED = ("approved", "rejected", "abandoned", "voided", "payable_adjustment")
_DEAD = ("rejected", "abandoned", "voided")
_SETTLED_BY_DECISION = (
    "invoice-number", "invoice-date", "supplier", "account-type", "currency", "line-level-taxation", "tax-rate",
    "tax-amount", "shipping-amount", "handling-amount", "misc-amount", "discount-amount", "invoice-lines",
    "tax-lines", "withholding-tax-lines",
)  # fmt: skip

DISCOUNT_TAKEN = "discount-taken"
"""Kept with an invoice, and not a field of the API: what Coupa Pay need not pay any more."""


def check_invoice(instance: Instance, change: Change) -> None:
    """Complete an invoice that is created or changed, and say what is wrong with it."""
    _check_parties(instance, change)
    _check_lines(instance, change)
    _link_order_lines(instance, change)
    _check_credit_note(change)
    if change.messages:
        return
    if change.alters(*_SETTLED_BY_DECISION) or change.privileged:
        _compute(instance, change)
        _stamp_lines(instance, change)
    _keep_what_was_decided(instance, change)
    _append_payments(instance, change)
    _mark_exported(instance, change)
    compute_amount_due(change.record)


def problems_on_submit(instance: Instance, invoice: Record) -> list[tuple[str, str, Decimal | None]]:
    """(code, sentence, amount of the breach) of what makes a submitted invoice `invalid`."""
    problems: list[tuple[str, str, Decimal | None]] = []
    if instance.tables["suppliers"].rows[invoice["supplier"]]["status"] != "active":
        problems.append(("supplier_not_active", "Supplier must be active", None))
    if not invoice["invoice-lines"]:
        problems.append(("no_lines", "Invoice must have at least one line", None))
    for line in invoice["invoice-lines"]:
        accounts = list(_accounts(line))
        if not accounts:
            problems.append(("no_account", f"Line {line['line-num']}: Account can't be blank", None))
        elif instance.options.enforce_invoice_validations:
            problems += [("account_inactive", text, None) for text in _inactive(instance, line, accounts)]
    stated = invoice["supplier-total"]
    if stated is not None and stated != invoice["total-with-taxes"]:
        breach = invoice["total-with-taxes"] - stated
        problems.append(("supplier_total", "Supplier total differs from the calculated total", breach))
    return problems


def _check_parties(instance: Instance, change: Change) -> None:
    record = change.record
    supplier = instance.tables["suppliers"].rows.get(record["supplier"])
    if change.privileged or supplier is None:
        return
    if change.alters("supplier") and supplier["status"] != "active":
        change.messages.append("Supplier must be active")
    if instance.options.unique_invoice_drafts and change.alters("supplier", "invoice-number"):
        table = instance.tables["invoices"]
        same = table.find(("invoice-number",), (record["invoice-number"],))
        same = same & table.find(("supplier",), (supplier["id"],)) - {record["id"]}
        if any(table.rows[number]["status"] not in _DEAD for number in same):
            change.messages.append("Invoice number has already been taken")


def _check_lines(instance: Instance, change: Change) -> None:
    lax = change.before is not None and not instance.options.enforce_invoice_validations
    used = [line["line-num"] for line in change.record["invoice-lines"] if line["line-num"] is not None]
    following = max(used, default=0)
    for line in change.record["invoice-lines"]:
        if line["line-num"] is None:
            following += 1
            line["line-num"] = following
        if change.privileged:
            continue
        where = f"Line {line['line-num']}:"
        wanted = ("description", "price", "quantity") if _by_quantity(line) else ("description", "price")
        change.messages += [f"{where} {key.capitalize()} can't be blank" for key in wanted if line[key] in (None, "")]
        change.messages += _allocation_problems(line, where)
        if not lax:
            change.messages += _inactive(instance, line, list(_accounts(line)))


def _link_order_lines(instance: Instance, change: Change) -> None:
    """The order and the line's number in it, from the one field that links them (coupa section 3.4)."""
    for line in change.record["invoice-lines"]:
        number = line["order-line-id"]
        found = instance.tables["purchase_order_lines"].rows.get(number)
        if found is not None:
            order = instance.record("purchase_orders", found["order-header"])
            line["po-number"] = line["order-header-num"] = order["po-number"]
            line["order-line-num"] = found["line-num"]
        elif number is not None:
            change.messages.append(no_such_reference("OrderLine", "order_line", {"id": number}, ("id",)))
        elif not change.privileged:
            line["po-number"] = line["order-header-num"] = line["order-line-num"] = None


def _allocation_problems(line: Record, where: str) -> list[str]:
    allocations = line["account-allocations"]
    if not allocations:
        return []
    if line["account"] is not None:
        return [f"{where} give either an account or account allocations"]
    if any(each["account"] is None or each["pct"] is None for each in allocations):
        return [f"{where} an account allocation needs account and pct"]
    if sum(each["pct"] for each in allocations) != _HUNDRED:
        return [f"{where} account allocations must add up to 100 percent"]
    return []


def _inactive(instance: Instance, line: Record, accounts: list[int]) -> list[str]:
    rows = instance.tables["accounts"].rows
    return [
        f"Line {line['line-num']}: Account {rows[a]['code']} is not active" for a in accounts if not rows[a]["active"]
    ]


def _accounts(line: Record) -> Iterator[int]:
    if line["account"] is not None:
        yield line["account"]
    yield from (each["account"] for each in line["account-allocations"] if each["account"] is not None)


def _stamp_lines(instance: Instance, change: Change) -> None:
    before = {line["id"]: line for line in (change.before or {}).get("invoice-lines", ())}
    for line in change.record["invoice-lines"]:
        if line != before.get(line["id"]):
            line["created-at"] = line["created-at"] or instance.now()
            line["updated-at"] = instance.now()


def _check_credit_note(change: Change) -> None:
    record = change.record
    record["document-type"] = "Credit Note" if record["is-credit-note"] else "Invoice"
    if record["is-credit-note"] and not change.privileged:
        wanted = {
            "original-invoice-number": "Original invoice number",
            "original-invoice-date": "Original invoice date",
        }
        change.messages += [f"{name} can't be blank" for key, name in wanted.items() if record[key] in (None, "")]


def _compute(instance: Instance, change: Change) -> None:
    record = change.record
    currency = instance.tables["currencies"].rows.get(record["currency"])
    places = 2 if currency is None or currency["decimals"] is None else currency["decimals"]
    for line in record["invoice-lines"]:
        price = line["price"] or _ZERO
        line["total"] = _rounded(price * (line["quantity"] or _ZERO) if _by_quantity(line) else price, places)
        line["account-allocations"] = [
            {**each, "amount": _rounded(line["total"] * (each["pct"] or _ZERO) / _HUNDRED, places)}
            for each in line["account-allocations"]
        ]
        line["tax-amount"] = (
            _tax_of(line["tax-lines"], line["total"], places) if record["line-level-taxation"] else None
        )
    net = sum((line["total"] for line in record["invoice-lines"]), _ZERO)
    record["tax-amount"] = _tax(change, net, places)
    # Withheld tax is the payer's matter: how it counts in the totals is not documented, so that it does not.
    _tax_of(record["withholding-tax-lines"], net, places)
    total = net + record["tax-amount"] + sum((record[key] or _ZERO for key in _ADDED), _ZERO)
    total = _rounded(total - (record["discount-amount"] or _ZERO), places)
    record["gross-total"] = record["total-with-taxes"] = total
    _compute_due_dates(instance, record)


def _tax_of(taxes: list[Record], net: Decimal, places: int) -> Decimal:
    """The sum of the taxes of a line or of the whole; one with a rate and no amount is computed."""
    for tax in taxes:
        if tax["amount"] is None:
            tax["amount"] = _rounded(net * (tax["rate"] or _ZERO) / _HUNDRED, places)
    return _rounded(sum((tax["amount"] for tax in taxes), _ZERO), places)


def _tax(change: Change, net: Decimal, places: int) -> Decimal:
    """The tax of the whole: from the lines where taxation is theirs, else from its own tax lines, else as it was
    given, else by the rate.
    """
    record = change.record
    if record["line-level-taxation"]:
        return sum((line["tax-amount"] for line in record["invoice-lines"]), Decimal("0.00"))
    if record["tax-lines"]:
        return _tax_of(record["tax-lines"], net, places)
    if record["tax-amount"] is not None and (change.before is None or record["tax-rate"] in (None, _ZERO)):
        return _rounded(record["tax-amount"], places)
    if "tax-amount" in change.sent and record["tax-amount"] is not None:
        return _rounded(record["tax-amount"], places)
    return _rounded(net * (record["tax-rate"] or _ZERO) / _HUNDRED, places)


def _compute_due_dates(instance: Instance, record: Record) -> None:
    supplier = instance.tables["suppliers"].rows.get(record["supplier"]) or {}
    number: Any = record["payment-term"] or supplier.get("payment-term")
    term = instance.tables["payment_terms"].rows.get(number)
    for key, days in (("net-due-date", "days-for-net-payment"), ("discount-due-date", "days-for-discount-payment")):
        count = None if term is None else term[days]
        if count is None or record["invoice-date"] is None:
            record[key] = None
        else:
            due = midnight(record["invoice-date"] + timedelta(days=count), instance.zone)
            record[key] = due.astimezone(UTC)


def _keep_what_was_decided(instance: Instance, change: Change) -> None:
    if change.before is None or change.privileged or instance.options.edit_decided_invoices:
        return
    status = change.before["status"]
    altered = change.alters(*_SETTLED_BY_DECISION)
    if status in _DECIDED and altered:
        change.messages.append(f"Invoice cannot be changed in status {status}: {', '.join(altered)}")


def _append_payments(instance: Instance, change: Change) -> None:
    """Payments are added, whatever is there already: they cannot be changed or taken back (coupa section
    3.5).
    """
    if change.privileged:
        return
    record = change.record
    try:
        given = unwrapped(change.sent.get("payments"))
    except UnfitError as error:
        change.messages.append(f"Payments {error}")
        return
    newly_paid = record["paid"] and bool(change.alters("paid"))
    if (given or newly_paid) and record["status"] != "approved":
        change.messages.append("Only approved invoices are payable.")
        return
    for each in given:
        payment = {**instance.intake.blank(PAYMENT), "id": instance.tables.child_id(), "payable-id": record["id"]}
        change.messages += instance.intake.assign("payments", PAYMENT, payment, each)
        if payment["amount-paid"] is None:
            change.messages.append("Amount paid can't be blank")
        # The successor of check-number, and where its value lands.
        payment["notes"] = payment["notes"] or payment["check-number"]
        payment["check-number"] = None
        record["payments"].append(payment)


def _mark_exported(instance: Instance, change: Change) -> None:
    """`exported` goes on by the API and never off (coupa section 3.7)."""
    record, before = change.record, change.before
    if change.privileged:
        return
    if before is None:
        record["exported"] = False
    elif before["exported"]:
        record["exported"] = True
    elif record["exported"]:
        record["last-exported-at"] = instance.now()


def compute_amount_due(record: Record) -> None:
    """What is still to be paid of an invoice."""
    if record["total-with-taxes"] is not None:
        paid = sum((payment["amount-paid"] or _ZERO for payment in record["payments"]), _ZERO)
        # A discount that Coupa Pay took is settled like money, and no payment of the invoice.
        paid += record.get(DISCOUNT_TAKEN) or _ZERO
        record["amount-due"] = with_places(record["total-with-taxes"] - paid, 2)


def _by_quantity(line: Record) -> bool:
    return bool(line["type"] == "InvoiceQuantityLine")


def _rounded(value: Any, places: int) -> Decimal:
    return with_places(value, places, places)
