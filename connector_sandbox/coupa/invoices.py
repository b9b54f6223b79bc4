"""What an invoice computes and insists on (coupa sections 3.4 and 3.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from connector_sandbox.coupa.charges import complete_charges
from connector_sandbox.coupa.documents import PAYMENT
from connector_sandbox.coupa.errors import no_such_reference
from connector_sandbox.coupa.instance import Change, Instance
from connector_sandbox.coupa.intake import unwrapped
from connector_sandbox.coupa.schema import Record
from connector_sandbox.coupa.totals import by_quantity, compute, compute_amount_due
from connector_sandbox.coupa.values import UnfitError, day_of

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_DECIDED = ("approved", "rejected", "abandoned", "voided", "payable_adjustment")
_DEAD = ("rejected", "abandoned", "voided")
_SETTLED_BY_DECISION = (
    "invoice-number", "invoice-date", "supplier", "account-type", "currency", "line-level-taxation", "tax-rate",
    "tax-amount", "shipping-amount", "handling-amount", "misc-amount", "discount-amount", "invoice-lines",
    "invoice-charges", "tax-lines", "withholding-tax-lines",
)  # fmt: skip


def check_invoice(instance: Instance, change: Change) -> None:
    """Complete an invoice that is created or changed, and say what is wrong with it."""
    _keep_the_day(instance, change)
    _check_parties(instance, change)
    _check_lines(instance, change)
    complete_charges(instance, change)
    _check_accounts_of_charges(instance, change)
    _link_order_lines(instance, change)
    _check_credit_note(change)
    if change.messages:
        return
    if change.alters(*_SETTLED_BY_DECISION, "payment-term", "discount-percent") or change.privileged:
        compute(instance, change)
        _stamp_lines(instance, change)
    _keep_what_was_decided(instance, change)
    _append_payments(instance, change)
    _mark_exported(instance, change)
    compute_amount_due(change.record)


def _keep_the_day(instance: Instance, change: Change) -> None:
    """An invoice-date of the same day is no other date, whatever time comes with it (coupa section 3.5.1, X2)."""
    before, sent = (change.before or {}).get("invoice-date"), change.record["invoice-date"]
    if before is not None and sent is not None and day_of(before, instance.zone) == day_of(sent, instance.zone):
        change.record["invoice-date"] = before


def _check_accounts_of_charges(instance: Instance, change: Change) -> None:
    lax = change.before is not None and not instance.options.enforce_invoice_validations
    for charge in change.record["invoice-charges"] if not change.privileged else ():
        where = f"Charge {charge['line-num']}:"
        change.messages += _allocation_problems(charge, where)
        if not lax:
            change.messages += _inactive(instance, where, list(_accounts(charge)))


def problems_on_submit(instance: Instance, invoice: Record) -> list[tuple[str, str, Decimal | None]]:
    """(code, sentence, amount of the breach) of what makes a submitted invoice `invalid`."""
    problems: list[tuple[str, str, Decimal | None]] = []
    if instance.tables["suppliers"].rows[invoice["supplier"]]["status"] != "active":
        problems.append(("supplier_not_active", "Supplier must be active", None))
    if not invoice["invoice-lines"]:
        problems.append(("no_lines", "Invoice must have at least one line", None))
    named = [(f"Line {line['line-num']}:", line) for line in invoice["invoice-lines"]]
    named += [(f"Charge {each['line-num']}:", each) for each in invoice["invoice-charges"] if each["total"]]
    for where, line in named:
        accounts = list(_accounts(line))
        if not accounts:
            problems.append(("no_account", f"{where} Account can't be blank", None))
        elif instance.options.enforce_invoice_validations:
            problems += [("account_inactive", text, None) for text in _inactive(instance, where, accounts)]
    stated = invoice["supplier-total"]
    # nothing and 0 are no control total: a recorded document has 0.00 on a real one (coupa section 3.4.2)
    if stated and stated != invoice["total-with-taxes"]:
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
        wanted = ("description", "price", "quantity") if by_quantity(line) else ("description", "price")
        change.messages += [f"{where} {key.capitalize()} can't be blank" for key in wanted if line[key] in (None, "")]
        change.messages += _allocation_problems(line, where)
        if not lax:
            change.messages += _inactive(instance, where, list(_accounts(line)))


def _link_order_lines(instance: Instance, change: Change) -> None:
    """The order and the line's number in it, from the one field that links them (coupa section 3.4)."""
    for line in change.record["invoice-lines"]:
        number = line["order-line-id"]
        rows = instance.tables["purchase_order_lines"].rows
        if number is None:
            number = line["order-line-id"] = _order_line_by_number(instance, line)
        found = rows.get(number)
        if found is not None:
            order = instance.record("purchase_orders", found["order-header"])
            line["po-number"] = order["po-number"]
            line["order-header-num"] = _without_prefix(order)
            line["order-line-num"] = found["line-num"]
        elif number is not None:
            change.messages.append(no_such_reference("OrderLine", "order_line", {"id": number}, ("id",)))
        elif not change.privileged:
            line["po-number"] = line["order-header-num"] = line["order-line-num"] = None


def _order_line_by_number(instance: Instance, line: Record) -> int | None:
    """The order line of a po-number and an order-line-num. They are documented as read-only, and templates send them:
    what they do not lead to leaves the line without an order (coupa section 3.4)."""
    if line["po-number"] in (None, "") or line["order-line-num"] in (None, ""):
        return None
    orders = instance.tables["purchase_orders"]
    for number in sorted(orders.find(("po-number",), (line["po-number"],))):
        for each in orders.rows[number]["order-lines"]:
            if each["line-num"] == line["order-line-num"]:
                own: int = each["id"]
                return own
    return None


def _without_prefix(order: Record) -> int:
    """The number of an order as an integer, without what stands before it in po-number; its id where there is none."""
    digits = re.search(r"\d+", order["po-number"] or "")
    return int(digits.group()) if digits else int(order["id"])


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


def _inactive(instance: Instance, where: str, accounts: list[int]) -> list[str]:
    rows = instance.tables["accounts"].rows
    return [f"{where} Account {rows[a]['code']} is not active" for a in accounts if not rows[a]["active"]]


def _accounts(line: Record) -> Iterator[int]:
    if line["account"] is not None:
        yield line["account"]
    yield from (each["account"] for each in line["account-allocations"] if each["account"] is not None)


def _stamp_lines(instance: Instance, change: Change) -> None:
    for name in ("invoice-lines", "invoice-charges"):
        before = {line["id"]: line for line in (change.before or {}).get(name, ())}
        for line in change.record[name]:
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
        # The successor of check-number, and where its value lands. Which survives of two is not said (section 3.5.1).
        payment["check-number"] = payment["notes"] = payment["notes"] or payment["check-number"]
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
